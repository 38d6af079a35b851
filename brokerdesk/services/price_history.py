"""What one instrument cost over time, and when it was bought and sold: for the chart of a holding.

Prices come from a broker that tells them, asked only when somebody looks, and are kept in the
cache, so that they can be read offline. Where no broker told any, the prices of the saved snapshots
stand in. Nothing here decides what is drawn.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import DailyPrices
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.exact import utc
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, ConnectionState, Environment, TransactionType
from brokerdesk.domain.market_hours import NEW_YORK, new_york_day, session
from brokerdesk.errors import NotSupportedError
from brokerdesk.services.history_facts import packed_units
from brokerdesk.services.history_ranges import months_before
from brokerdesk.services.opening import SessionPool

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.repositories.prices import StoredPrices
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.domain.transaction import Transaction

MONTHS_BACK = 61
"""How far back prices are asked for: the longest range and a month to begin it with."""
SETTLED = timedelta(minutes=20)
"""So long after a close its price is asked for."""
MOST_SAVED = 260
"""Days of which saved prices are read: one a week for five years."""
SAVED_AT_ONCE = 40
DAILY = "daily prices"
_PRICED = frozenset(
    kind.value for kind in (AssetType.EQUITY, AssetType.ETF, AssetType.MUTUAL_FUND, AssetType.INDEX)
)
_PRICED_IN = "USD"
"""Brokers tell prices by symbol, of the US market. The same letters in another currency, or of
another kind (a coin, an option), are another thing with other prices.
"""
_SIGNED_OUT = (ConnectionState.NEEDS_SIGN_IN,)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAsk:
    """Of what prices are wanted. ``accounts`` hold it; ``until`` is a past moment, None is now."""

    symbol: str
    asset_type: str
    currency: str
    environment: Environment
    accounts: tuple[AccountId, ...]
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """Units that were bought (positive) or sold on a New York day."""

    day: int
    quantity: Decimal
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceHistory:
    """``units[i] * 10**exponent`` is the price of the day with ordinal ``days[i]``, oldest first.

    ``source`` is the broker that told them, "" for prices as saved with the snapshots. ``askable``:
    a broker could tell newer ones. ``instrument`` is the newest that was stored under the symbol.
    """

    ask: PriceAsk
    days: array[int]
    units: Sequence[int]
    exponent: int = 0
    source: str = ""
    fetched_at: datetime | None = None
    askable: bool = False
    instrument: Instrument | None = None
    trades: tuple[Trade, ...] = ()

    def __len__(self) -> int:
        return len(self.days)


class PriceHistoryService:
    """Prices for whoever lives on the event loop."""

    def __init__(self, *, database: Database, pool: SessionPool, clock: Clock) -> None:
        self._database = database
        self._pool = pool
        self._clock = clock

    async def stored(self, ask: PriceAsk) -> PriceHistory:
        """What the cache holds. Never asks a broker."""
        now = self._clock.now()
        prices, connections, trades, instrument = await self._database.read(
            lambda uow: (
                uow.prices.get(ask.environment, ask.symbol),
                uow.connections.list(),
                trades_of(ask, uow.transactions.naming(ask.accounts, ask.symbol)),
                _instrument(uow, ask),
            )
        )
        told = next((one for one in prices if one.days), None) if _told(ask) else None
        able = bool(self._able(ask, connections))
        settled = last_close(now - SETTLED) + SETTLED
        fresh = any(one.fetched_at >= settled for one in prices)
        if told is not None:
            found = _cut(ask, told)
        else:
            found = await self._saved(ask)
        return PriceHistory(
            ask=ask,
            days=found[0],
            units=found[1],
            exponent=found[2],
            source=told.source if told is not None else "",
            fetched_at=told.fetched_at if told is not None else None,
            askable=able and not fresh and ask.until is None,
            instrument=instrument,
            trades=trades,
        )

    async def fetch(self, ask: PriceAsk) -> PriceHistory:
        """Ask a broker, keep its answer, and read it back.

        Raises:
            BrokerError: it did not answer, or no broker could be asked. The cache stays.
        """
        connections = await self._database.read(lambda uow: uow.connections.list())
        holders = await self._database.read(lambda uow: _connections_of(uow, ask.accounts))
        able = self._able(ask, connections)
        if not able:
            raise NotSupportedError("No broker of yours tells past prices.", capability=DAILY)
        chosen = min(able, key=lambda one: one.id not in holders)
        opened = self._pool.session(chosen)
        now = self._clock.now()
        since = months_before(new_york_day(now), MONTHS_BACK)
        if not isinstance(opened, DailyPrices):
            raise NotSupportedError("This broker tells no past prices.", capability=DAILY)
        batch = await opened.daily_prices(ask.symbol, since)
        await self._database.run(
            lambda uow: uow.prices.put(
                chosen.broker,
                ask.environment,
                ask.symbol,
                batch.items,
                since=since,
                fetched_at=now,
            )
        )
        return await self.stored(ask)

    def _able(self, ask: PriceAsk, connections: Iterable[Connection]) -> list[Connection]:
        if not _told(ask) or self._pool.network.offline:
            return []
        return [
            one
            for one in connections
            if one.environment is ask.environment
            and one.state not in _SIGNED_OUT
            and self._pool.spec(one.broker).capabilities.daily_prices
        ]

    async def _saved(self, ask: PriceAsk) -> tuple[array[int], Sequence[int], int]:
        """The prices with which snapshots of one holding account were saved, some at a time."""
        moments = await self._database.read(lambda uow: _saved_moments(uow, ask, self._clock.now()))
        found: dict[int, Decimal] = {}
        for start in range(0, len(moments), SAVED_AT_ONCE):
            part = moments[start : start + SAVED_AT_ONCE]
            found |= await self._database.read(partial(_marks, ask=ask, moments=part))
        return packed_prices(found)


def _told(ask: PriceAsk) -> bool:
    """Whether brokers tell prices of such a thing."""
    return ask.asset_type in _PRICED and ask.currency == _PRICED_IN


def last_close(now: datetime) -> datetime:
    """When the US market last closed."""
    day = new_york_day(now)
    for back in range(15):
        hours = session(day - timedelta(days=back))
        if hours is not None and hours[1] <= now:
            return hours[1]
    return utc(datetime.combine(day, time(0), tzinfo=NEW_YORK))


def trades_of(ask: PriceAsk, transactions: Iterable[Transaction]) -> tuple[Trade, ...]:
    """Purchases and sales of the instrument, oldest first."""
    found = []
    for one in transactions:
        what = one.instrument
        if one.type is not TransactionType.TRADE or what is None or not one.quantity:
            continue
        if (what.symbol, what.currency) != (ask.symbol, ask.currency):
            continue
        if (what.asset_type is AssetType.CRYPTO) != (ask.asset_type == AssetType.CRYPTO.value):
            continue  # a coin and a share of the same letters
        if ask.until is None or one.time <= ask.until:
            day = new_york_day(one.time).toordinal()
            found.append(Trade(day=day, quantity=one.quantity, price=one.price))
    return tuple(sorted(found, key=lambda trade: trade.day))


def packed_prices(prices: dict[int, Decimal]) -> tuple[array[int], Sequence[int], int]:
    """Prices by day as whole numbers with one exponent, without rounding."""
    days = sorted(prices)
    exponents = [_exponent(prices[day]) for day in days]
    exponent = min((0, *exponents))
    units = [_whole(prices[day], exponent) for day in days]
    return array("i", days), packed_units(units), exponent


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _whole(value: Decimal, exponent: int) -> int:
    """``value`` as a whole number of ``10**exponent``, by integers alone: nothing is rounded."""
    sign, digits, own = value.as_tuple()
    assert isinstance(own, int)
    number = int("".join(map(str, digits)) or "0") * int(10 ** (own - exponent))
    return -number if sign else number


def _cut(ask: PriceAsk, told: StoredPrices) -> tuple[array[int], Sequence[int], int]:
    end = len(told.days)
    if ask.until is not None:
        end = bisect_right(told.days, new_york_day(ask.until).toordinal())
    return told.days[:end], told.units[:end], told.exponent


def _connections_of(uow: UnitOfWork, accounts: Sequence[AccountId]) -> set[str]:
    stored = (uow.accounts.get(account) for account in accounts)
    return {one.connection for one in stored if one is not None and one.connection}


def _instrument(uow: UnitOfWork, ask: PriceAsk) -> Instrument | None:
    """The instrument as the newest readings of its holders describe it, the fullest first."""
    found = []
    for account in ask.accounts:
        snapshot = (
            uow.snapshots.latest(account)
            if ask.until is None
            else uow.snapshots.as_of(account, ask.until)
        )
        reading = snapshot.reading if snapshot is not None else None
        for held in reading.positions if reading is not None else ():
            if _is(held.instrument, ask):
                found.append(held.instrument)
    return max(found, key=lambda one: bool(one.isin) + bool(one.cusip), default=None)


def _is(instrument: Instrument, ask: PriceAsk) -> bool:
    same = (instrument.symbol, instrument.currency) == (ask.symbol, ask.currency)
    unknown = ask.asset_type.startswith("UNKNOWN")
    return same and (unknown or instrument.asset_type.value == ask.asset_type)


def _saved_moments(
    uow: UnitOfWork, ask: PriceAsk, now: datetime
) -> list[tuple[AccountId, datetime]]:
    """The last snapshot of each day, of the holder that has the most, thinned evenly."""
    end = ask.until or now
    start = end - timedelta(days=31 * MONTHS_BACK)
    best: list[tuple[AccountId, datetime]] = []
    for account in ask.accounts:
        days: dict[date, datetime] = {}
        for info in uow.snapshots.between(account, start, end):
            days[new_york_day(min(info.valid_until, end))] = info.fetched_at
        if len(days) > len(best):
            best = [(account, days[day]) for day in sorted(days)]
    if len(best) <= MOST_SAVED:
        return best
    last = len(best) - 1
    return [best[last * n // (MOST_SAVED - 1)] for n in range(MOST_SAVED)]


def _marks(
    uow: UnitOfWork, *, ask: PriceAsk, moments: Sequence[tuple[AccountId, datetime]]
) -> dict[int, Decimal]:
    found: dict[int, Decimal] = {}
    for account, moment in moments:
        snapshot = uow.snapshots.as_of(account, moment)
        if snapshot is None or snapshot.reading is None or snapshot.damaged:
            continue
        for held in snapshot.reading.positions:
            if _is(held.instrument, ask) and held.mark is not None:
                found[new_york_day(snapshot.fetched_at).toordinal()] = held.mark
                break
    return found
