"""Finding symbols at Alpaca, and its options.

Alpaca searches nothing: it lists everything that can be traded, which is read once a day and looked
through here. The contracts of an underlying are read once a day as well; what they cost is asked
for each time, and without those prices the contracts still stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from brokerdesk.brokers import chain_rows
from brokerdesk.brokers.alpaca import TITLE, loose, wire
from brokerdesk.brokers.alpaca.instruments import Names, contract, instrument, wire_symbol
from brokerdesk.brokers.alpaca.problems import NotSubscribedError, UnknownHereError
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.finding import Chain, ChainQuote
from brokerdesk.brokers.text import clean
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.reading import Batch, Unread
from brokerdesk.errors import BrokerProtocolError

if TYPE_CHECKING:
    from brokerdesk.brokers.alpaca.assets import AssetNames
    from brokerdesk.brokers.alpaca.client import DataClient, TradingClient
    from brokerdesk.clock import Clock

CLASSES = ("us_equity", "crypto")
FARTHEST = timedelta(days=3 * 366)
MOST_PAGES = 40
MOST_KEPT = 20
LONGEST = 40
HUNDRED = Decimal(100)


class Tradable(wire.Wire):
    symbol: str
    id: str | None = None
    name: str | None = None
    asset_class: str | None = msgspec.field(default=None, name="class")
    tradable: bool | None = None


class Contract(wire.Wire):
    symbol: str
    expiration_date: str
    tradable: bool | None = None
    size: msgspec.Raw = msgspec.Raw(b"null")
    open_interest: msgspec.Raw = msgspec.Raw(b"null")


class Contracts(wire.Wire):
    option_contracts: list[msgspec.Raw] | None = None
    next_page_token: str | None = None


class Top(wire.Wire):
    ap: msgspec.Raw = msgspec.Raw(b"null")
    bp: msgspec.Raw = msgspec.Raw(b"null")


class Last(wire.Wire):
    p: msgspec.Raw = msgspec.Raw(b"null")


class Greeks(wire.Wire):
    delta: msgspec.Raw = msgspec.Raw(b"null")


class Snapshot(wire.Wire, rename="camel"):
    latest_trade: Last | None = None
    latest_quote: Top | None = None
    implied_volatility: msgspec.Raw = msgspec.Raw(b"null")
    greeks: Greeks | None = None


class Snapshots(wire.Wire):
    snapshots: dict[str, msgspec.Raw] | None = None
    next_page_token: str | None = None


_TRADABLE = JsonDecoder(Tradable)
_CONTRACTS = JsonDecoder(Contracts)
_CONTRACT = JsonDecoder(Contract)
_SNAPSHOTS = JsonDecoder(Snapshots)
_SNAPSHOT = JsonDecoder(Snapshot)


@dataclass(frozen=True, slots=True)
class Series:
    """The contracts of one underlying by their days; ``unread`` of them could not be read."""

    days: dict[date, tuple[tuple[Instrument, int | None], ...]]
    unread: int


class AlpacaFinding:
    """Mixed into the session. Implements ``finding.FindsSymbols`` and ``finding.HasChains``."""

    _clock: Clock
    _data: DataClient
    _assets: AssetNames
    _listed: tuple[date, Batch[Instrument]] | None
    _series: dict[str, tuple[date, Series]]

    async def _any(self) -> TradingClient:
        raise NotImplementedError

    async def find(self, text: str, most: int = 20) -> Batch[Instrument]:
        """Among all that can be traded: the symbol itself, symbols that begin so, then names."""
        wanted = clean(text, LONGEST).strip().casefold()
        if not wanted:
            return Batch()
        every = await self._everything()
        ranked = [(rank, one) for one in every.items if (rank := _rank(one, wanted)) is not None]
        ranked.sort(key=lambda pair: (pair[0], len(pair[1].symbol), pair[1].symbol))
        return Batch(items=tuple(one for _, one in ranked[:most]), unread=every.unread)

    async def expiries(self, underlying: Instrument) -> tuple[date, ...]:
        """Days on which options of it expire; none where Alpaca lists none."""
        return tuple(sorted((await self._contracts_of(underlying.symbol)).days))

    async def chain(self, underlying: Instrument, expiry: date) -> Chain:
        """The contracts of one day, with Alpaca's indicative prices."""
        series = await self._contracts_of(underlying.symbol)
        told, bad = await self._prices(underlying.symbol, expiry)
        quotes = [
            _quote(one, interest, told.get(wire_symbol(one.symbol)))
            for one, interest in series.days.get(expiry, ())
        ]
        rows, twice = chain_rows.rows(quotes)
        return Chain(
            underlying=underlying.symbol,
            expiry=expiry,
            fetched_at=self._clock.now(),
            feed=PriceFeed.DELAYED if told else PriceFeed.UNKNOWN,
            rows=rows,
            unread=series.unread + twice + bad,
        )

    async def _everything(self) -> Batch[Instrument]:
        today = new_york_day(self._clock.now())
        if self._listed is None or self._listed[0] != today:
            client = await self._any()
            items: list[Instrument] = []
            unread: list[Unread] = []
            for name in CLASSES:
                batch = listed(await client.tradable(name))
                items += batch.items
                unread += batch.unread
            self._listed = (today, Batch(items=tuple(items), unread=tuple(unread)))
        return self._listed[1]

    async def _contracts_of(self, symbol: str) -> Series:
        today = new_york_day(self._clock.now())
        kept = self._series.get(symbol)
        if kept is not None and kept[0] == today:
            return kept[1]
        client, token, seen = await self._any(), "", set[str]()
        pages: list[Contracts] = []
        for _ in range(MOST_PAGES):
            try:
                raw = await client.contracts(symbol, today, today + FARTHEST, token)
            except UnknownHereError:
                break
            pages.append(_CONTRACTS.decode(raw))
            token = pages[-1].next_page_token or ""
            if not token:
                break
            if token in seen:
                raise _endless(symbol)
            seen.add(token)
        else:
            raise _endless(symbol)
        found = series_of(symbol, pages)
        while len(self._series) >= MOST_KEPT:
            self._series.pop(next(iter(self._series)))
        self._series[symbol] = (today, found)
        return found

    async def _prices(self, symbol: str, day: date) -> tuple[dict[str, Snapshot], int]:
        """What is told of each contract, and how many records could not be read."""
        found: dict[str, Snapshot] = {}
        bad, token, seen = 0, "", {""}
        for _ in range(MOST_PAGES):
            try:
                raw = await self._data.chain(symbol, day, token)
            except (NotSubscribedError, UnknownHereError):
                break
            page = _SNAPSHOTS.decode(raw)
            for name, record in (page.snapshots or {}).items():
                try:
                    found[name] = _SNAPSHOT.decode_checked(record)
                except BrokerProtocolError:
                    bad += 1
            token = page.next_page_token or ""
            if token in seen:  # one that comes again would go in circles
                bad += bool(token)
                break
            seen.add(token)
        return found, bad


def _endless(symbol: str) -> BrokerProtocolError:
    return BrokerProtocolError(
        f"{TITLE}'s list of options of {symbol} does not end.",
        "Part of a list would look like all of it, so nothing of it is shown.",
    )


def listed(raw: bytes) -> Batch[Instrument]:
    """What can be traded, out of one list."""
    found, unread = loose.decode_each(raw, _TRADABLE, "assets")
    items: list[Instrument] = []
    for index, given in found:
        if given.tradable is False:
            continue
        try:
            names = Names({given.symbol: given.name})
            items.append(instrument(given.symbol, given.asset_class, names, given.id))
        except ValueError:
            unread.append(Unread(where=f"assets[{index}]", reason=loose.UNREADABLE))
    return Batch(items=tuple(items), unread=tuple(unread))


def series_of(underlying: str, pages: Sequence[Contracts]) -> Series:
    """The ordinary contracts by their days.

    Raises:
        BrokerProtocolError: there are contracts, and none of them can be read.
    """
    days: dict[date, list[tuple[Instrument, int | None]]] = {}
    unread = count = 0
    for record in _records(pages):
        count += 1
        try:
            given = _CONTRACT.decode_checked(record)
            day = date.fromisoformat(given.expiration_date)
            one = _instrument(given, underlying)
        except (BrokerProtocolError, ValueError):
            unread += 1
            continue
        if given.tradable is False:
            continue
        if not chain_rows.plain(one, underlying, day):
            unread += 1
            continue
        days.setdefault(day, []).append((one, chain_rows.count(given.open_interest)))
    if count and unread == count:
        raise BrokerProtocolError(f"{TITLE}'s list of options could not be understood.")
    return Series({day: tuple(found) for day, found in days.items()}, unread)


def _records(pages: Iterable[Contracts]) -> Iterable[msgspec.Raw]:
    return (record for page in pages for record in page.option_contracts or ())


def _instrument(given: Contract, underlying: str) -> Instrument:
    """An option of Alpaca's; the size is that of a contract."""
    found = instrument(given.symbol, "us_option", Names())
    series = contract(given.symbol)
    size = chain_rows.figure(given.size)
    if series is None or size is None or size <= 0:
        raise ValueError("no ordinary option")
    return Instrument(
        symbol=found.symbol,
        asset_type=found.asset_type,
        name=found.name,
        raw_type=found.raw_type,
        multiplier=size,
        underlying=underlying,
        strike=found.strike,
        expiry=found.expiry,
        right=found.right,
    )


def _quote(one: Instrument, interest: int | None, told: Snapshot | None) -> ChainQuote:
    if told is None:
        return ChainQuote(contract=one, open_interest=interest)
    top, trade = told.latest_quote or Top(), told.latest_trade or Last()
    share = chain_rows.price(told.implied_volatility)
    return ChainQuote(
        contract=one,
        bid=chain_rows.bid(top.bp),
        ask=chain_rows.price(top.ap),
        last=chain_rows.price(trade.p),
        volatility=None if share is None else share * HUNDRED,
        delta=chain_rows.delta(told.greeks.delta) if told.greeks is not None else None,
        open_interest=interest,
    )


def _rank(one: Instrument, wanted: str) -> int | None:
    symbol = one.symbol.casefold()
    if symbol == wanted:
        return 0
    if symbol.startswith(wanted):
        return 1
    name = one.name.casefold()
    if name.startswith(wanted):
        return 2
    return 3 if wanted in name or wanted in symbol else None
