"""Finding symbols at Schwab, and its options.

Schwab has no list of everything: it is asked for symbols that begin with what was typed, and for
names that contain it. Both answers are kept for the day. Descriptions may hold HTML entities.
"""

from __future__ import annotations

import html
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from brokerdesk.brokers import chain_rows
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.finding import Chain, ChainQuote
from brokerdesk.brokers.schwab import TITLE, wire
from brokerdesk.brokers.schwab.instruments import instrument
from brokerdesk.brokers.schwab.loose import UNREADABLE
from brokerdesk.brokers.schwab.problems import NotThereError, UnknownHereError
from brokerdesk.brokers.text import clean, clean_name, clean_symbol
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, PriceFeed
from brokerdesk.domain.reading import Batch, Unread
from brokerdesk.errors import BrokerProtocolError

if TYPE_CHECKING:
    from brokerdesk.brokers.schwab.client import SchwabClient
    from brokerdesk.clock import Clock

KEPT = timedelta(days=1).total_seconds()
MOST_KEPT = 200
SHORTEST_NAME = 3
LONGEST = 40
_SYMBOL = re.compile(r"[A-Z0-9./$ -]{1,20}", re.ASCII)
_KINDS = {
    "EQUITY": AssetType.EQUITY,
    "ETF": AssetType.ETF,
    "MUTUAL_FUND": AssetType.MUTUAL_FUND,
    "BOND": AssetType.FIXED_INCOME,
    "INDEX": AssetType.INDEX,
}


class Listed(wire.Wire):
    symbol: str | None = None
    cusip: str | None = None
    description: str | None = None
    asset_type: str | None = None


class ListedAnswer(wire.Wire):
    instruments: list[msgspec.Raw] | None = None


class Expiration(wire.Wire):
    expiration_date: str | None = None


class Expirations(wire.Wire):
    expiration_list: list[msgspec.Raw] | None = None


Side = dict[str, dict[str, list[msgspec.Raw]]]
"""Contracts by strike by day."""


class ChainAnswer(wire.Wire):
    status: str | None = None
    is_delayed: bool | None = None
    underlying_price: msgspec.Raw = msgspec.Raw(b"null")
    call_exp_date_map: Side | None = None
    put_exp_date_map: Side | None = None


class Series(wire.Wire):
    """Who a contract is; its figures are read one by one."""

    symbol: str | None = None
    put_call: str | None = None
    description: str | None = None
    non_standard: bool | None = None
    mini: bool | None = None
    multiplier: Decimal | None = None


_LISTED = JsonDecoder(ListedAnswer)
_ONE = JsonDecoder(Listed)
_DAYS = JsonDecoder(Expirations)
_DAY = JsonDecoder(Expiration)
_CHAIN = JsonDecoder(ChainAnswer)
_SERIES = JsonDecoder(Series)
_FIGURES = JsonDecoder(dict[str, msgspec.Raw])


class SchwabFinding:
    """Mixed into the session. Implements ``finding.FindsSymbols`` and ``finding.HasChains``."""

    _clock: Clock
    _client: SchwabClient
    _found: dict[str, tuple[float, Batch[Instrument]]]

    async def find(self, text: str, most: int = 20) -> Batch[Instrument]:
        """Symbols that begin with ``text``, then names that contain it."""
        wanted = clean(text, LONGEST).strip()
        if not wanted:
            return Batch()
        key, now = wanted.casefold(), self._clock.monotonic()
        kept = self._found.get(key)
        if kept is None or now - kept[0] >= KEPT:
            kept = (now, await self._search(wanted))
            while len(self._found) >= MOST_KEPT:
                self._found.pop(next(iter(self._found)))
            self._found[key] = kept
        return Batch(items=kept[1].items[:most], unread=kept[1].unread)

    async def expiries(self, underlying: Instrument) -> tuple[date, ...]:
        """Days on which options of it expire; none where Schwab lists none."""
        try:
            return expiries(await self._client.expirations(underlying.symbol))
        except NotThereError:
            return ()

    async def chain(self, underlying: Instrument, expiry: date) -> Chain:
        """The contracts of one day."""
        raw = await self._client.chain(underlying.symbol, expiry)
        now = self._clock.now()
        given = _CHAIN.decode(raw)
        if given.status not in (None, "SUCCESS"):
            raise BrokerProtocolError(f"{TITLE} has no options of {underlying.symbol} now.")
        quotes, unread = contracts(given, underlying.symbol, expiry)
        rows, twice = chain_rows.rows(quotes)
        feeds = {True: PriceFeed.DELAYED, False: PriceFeed.REAL_TIME}
        return Chain(
            underlying=underlying.symbol,
            expiry=expiry,
            fetched_at=now,
            feed=PriceFeed.UNKNOWN if given.is_delayed is None else feeds[given.is_delayed],
            underlying_price=chain_rows.price(given.underlying_price),
            rows=rows,
            unread=unread + twice,
        )

    async def _search(self, wanted: str) -> Batch[Instrument]:
        items: dict[str, Instrument] = {}
        unread: list[Unread] = []
        asked = []
        if _SYMBOL.fullmatch(wanted.upper()):
            asked.append((re.escape(wanted.upper()) + ".*", "symbol-regex"))
        if len(wanted) >= SHORTEST_NAME:
            asked.append((wanted, "desc-search"))
        for text, projection in asked:
            try:
                batch = listed(await self._client.instruments(text, projection))
            except UnknownHereError:
                continue  # so it says that there is none
            unread += batch.unread
            found = list(batch.items)
            if projection == "symbol-regex":
                found.sort(key=lambda one: (len(one.symbol), one.symbol))
            for one in found:
                items.setdefault(one.symbol, one)
        return Batch(items=tuple(items.values()), unread=tuple(unread))


def listed(raw: bytes) -> Batch[Instrument]:
    """The instruments of one answer."""
    items: list[Instrument] = []
    unread: list[Unread] = []
    for index, record in enumerate(_LISTED.decode(raw).instruments or ()):
        try:
            items.append(_instrument(_ONE.decode_checked(record)))
        except (BrokerProtocolError, ValueError):
            unread.append(Unread(where=f"instruments[{index}]", reason=UNREADABLE))
    return Batch(items=tuple(items), unread=tuple(unread))


def expiries(raw: bytes) -> tuple[date, ...]:
    """The days of one answer; what is no day is left out.

    Raises:
        BrokerProtocolError: it names days, and none can be read.
    """
    given = _DAYS.decode(raw).expiration_list or []
    found = set()
    for record in given:
        try:
            text = _DAY.decode_checked(record).expiration_date or ""
            found.add(date.fromisoformat(text[:10]))
        except (BrokerProtocolError, ValueError):
            continue
    if given and not found:
        raise BrokerProtocolError(f"{TITLE}'s list of expiries could not be understood.")
    return tuple(sorted(found))


def contracts(given: ChainAnswer, underlying: str, expiry: date) -> tuple[list[ChainQuote], int]:
    """The ordinary contracts of a day, and how many others there are."""
    found: list[ChainQuote] = []
    left_out = 0
    for side in (given.call_exp_date_map, given.put_exp_date_map):
        for strikes in (side or {}).values():
            for records in strikes.values():
                for record in records:
                    try:
                        one = _quote(record, underlying)
                    except (BrokerProtocolError, ValueError):
                        one = None
                    if one is None or not chain_rows.plain(one.contract, underlying, expiry):
                        left_out += 1
                    else:
                        found.append(one)
    return found, left_out


def _quote(record: msgspec.Raw, underlying: str) -> ChainQuote | None:
    series = _SERIES.decode_checked(record)
    if series.non_standard or series.mini:
        return None
    contract = instrument(
        wire.Instrument(
            asset_type="OPTION",
            symbol=series.symbol,
            description=series.description,
            put_call=series.put_call,
            underlying_symbol=underlying,
            option_multiplier=series.multiplier,
        )
    )
    figures = _FIGURES.decode_checked(record).get
    volatility = chain_rows.price(figures("volatility"))
    return ChainQuote(
        contract=contract,
        bid=chain_rows.bid(figures("bid")),
        ask=chain_rows.price(figures("ask")),
        last=chain_rows.price(figures("last")),
        mark=chain_rows.price(figures("mark")),
        volatility=volatility,
        delta=chain_rows.delta(figures("delta")),
        open_interest=chain_rows.count(figures("openInterest")),
        volume=chain_rows.count(figures("totalVolume")),
    )


def _instrument(given: Listed) -> Instrument:
    symbol = clean_symbol(given.symbol)
    if not symbol:
        raise ValueError("no symbol")
    return Instrument(
        symbol=symbol,
        asset_type=_KINDS.get(given.asset_type or "", AssetType.UNKNOWN),
        name=clean_name(html.unescape(given.description or "")),
        cusip=clean(given.cusip, 16),
        raw_type=clean(given.asset_type, 64),
    )
