"""What a market data socket has to tell: trades, quotes and minute bars, each when it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.alpaca.data import STOCKS, bar_answer, quote_answer, trade_answer
from brokerdesk.simulator.alpaca.words import nano, own_symbol
from brokerdesk.simulator.market import candles, noise
from brokerdesk.simulator.market.listings import all_listings
from brokerdesk.simulator.market.market import Market, phase

TRADES, QUOTES, BARS, STATUSES = "trades", "quotes", "bars", "statuses"
HALT = {"sc": "H", "sm": "Trading Halt", "rc": "T12",
        "rm": "Trading Halted; For information requested by NASDAQ"}  # fmt: skip
RESUMPTION = {"sc": "T", "sm": "Trading Resumption", "rc": "", "rm": ""}
CTA_HALT = {"sc": "2", "sm": "Trading Halt", "rc": "D", "rm": "News Released"}
CTA_RESUMPTION = {"sc": "3", "sm": "Resume", "rc": "", "rm": ""}
LATE = timedelta(minutes=15)
OLD = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
CENT = Decimal("0.01")
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path. ``paid`` names what has to be subscribed to; ``packed``: MessagePack alone."""

    path: str
    kind: str
    channels: tuple[str, ...]
    late: bool = False
    paid: bool = False
    packed: bool = False

    def takes(self, market: Market, name: str) -> str | None:
        """The market's own symbol for one that is told here."""
        symbol = own_symbol(market, name)
        if symbol is None or (self.kind == "crypto") != (market.coin(symbol) is not None):
            return None
        if self.kind == "us_option":
            return symbol if market.option(symbol) is not None else None
        listing = all_listings().get(symbol)
        if self.kind == "us_equity" and (listing is None or listing.kind not in STOCKS):
            return None
        return symbol if self.kind != "crypto" or "/" in name else None


_STOCK_CHANNELS = (
    *(TRADES, QUOTES, BARS, "updatedBars", "dailyBars", "statuses", "lulds"),
    *("corrections", "cancelErrors"),
)
_COIN_CHANNELS = (TRADES, QUOTES, "orderbooks", BARS, "updatedBars", "dailyBars")
ENDPOINTS = {
    one.path: one
    for one in (
        Endpoint("/v2/iex", "us_equity", _STOCK_CHANNELS),
        Endpoint("/v2/sip", "us_equity", _STOCK_CHANNELS, paid=True),
        Endpoint("/v2/delayed_sip", "us_equity", _STOCK_CHANNELS, late=True),
        Endpoint("/v1beta3/crypto/us", "crypto", _COIN_CHANNELS),
        Endpoint("/v1beta1/indicative", "us_option", (TRADES, QUOTES), packed=True),
        Endpoint("/v1beta1/opra", "us_option", (TRADES, QUOTES), paid=True, packed=True),
    )
}


class Records:
    """What one connection has been told, so that only what is new is told."""

    def __init__(
        self, market: Market, endpoint: Endpoint, halted: Callable[[], Iterable[str]]
    ) -> None:
        self._halted = halted
        self._known_halts = frozenset(halted())
        self._market = market
        self._endpoint = endpoint
        self._told: dict[tuple[str, str], Record] = {}
        self._turn = 0

    def news(self, subscribed: Mapping[str, Iterable[str]], now: datetime) -> Iterator[Record]:
        """Everything that is not as it was told last."""
        moment = now - LATE if self._endpoint.late else now
        makers = {TRADES: self._trade, QUOTES: self._quote, BARS: self._bar}
        for channel, make in makers.items():
            for name in subscribed.get(channel, ()):
                symbol = self._endpoint.takes(self._market, name)
                record = make(symbol, moment) if symbol is not None else None
                if record is not None and self._told.get((channel, name)) != record:
                    self._told[channel, name] = record
                    yield {"T": record["T"], "S": name, **record}
        yield from self._statuses(frozenset(subscribed.get(STATUSES, ())), now)

    def _statuses(self, names: frozenset[str], now: datetime) -> Iterator[Record]:
        """Halts and resumptions as they happen; what is halted already is not told."""
        halted, before = frozenset(self._halted()), self._known_halts
        self._known_halts = halted
        for name in sorted(halted ^ before):
            listing = all_listings().get(name)
            if listing is None or not names & {name, "*"}:
                continue
            nasdaq, stops = listing.exchange == "NASDAQ", name in halted
            if nasdaq:
                words = HALT if stops else RESUMPTION
            else:
                words = CTA_HALT if stops else CTA_RESUMPTION
            tape = "C" if nasdaq else "A" if listing.exchange == "NYSE" else "B"
            yield {"T": "s", "S": name, **words, "t": nano(now), "z": tape}

    def load(
        self, subscribed: Mapping[str, Iterable[str]], now: datetime, count: int
    ) -> Iterator[Record]:
        """So many records one after the other, wherever the market stands: prices by a cent."""
        pairs = [
            (channel, name)
            for channel in (TRADES, QUOTES)
            for name in subscribed.get(channel, ())
            if self._endpoint.takes(self._market, name) is not None
        ]
        for _ in range(count if pairs else 0):
            channel, name = pairs[self._turn % len(pairs)]
            self._turn += 1
            symbol = self._endpoint.takes(self._market, name)
            assert symbol is not None
            record = (self._trade if channel == TRADES else self._quote)(symbol, now)
            shift = CENT * (noise.key(symbol, self._turn) % 5)
            at = now + timedelta(microseconds=self._turn % 1000)
            record["t"] = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z"
            for field in ("p", "bp", "ap"):
                if field in record:
                    record[field] += shift
            yield {"T": record["T"], "S": name, **record}

    def _trade(self, symbol: str, moment: datetime) -> Record:
        return {"T": "t", **trade_answer(self._market, symbol, moment)}

    def _quote(self, symbol: str, moment: datetime) -> Record:
        return {"T": "q", **quote_answer(self._market, symbol, moment)}

    def _bar(self, symbol: str, moment: datetime) -> Record | None:
        """The last whole minute."""
        listing = all_listings().get(symbol)
        if listing is None:
            return None
        until = phase(moment).traded_at.replace(second=0, microsecond=0)
        found = list(candles.minutes(self._market, listing, until - MINUTE, until, 1))
        return {"T": "b", **bar_answer(found[-1], found[-1].begins)} if found else None


def aged(record: Record) -> Record:
    """The same with a time of an hour before."""
    at = datetime.fromisoformat(record["t"]) - OLD
    return {**record, "t": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}


def packable(record: Record) -> Record:
    """With a time that MessagePack has a type for."""
    if "t" not in record:
        return record
    return {**record, "t": datetime.fromisoformat(record["t"])}
