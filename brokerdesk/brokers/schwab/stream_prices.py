"""Level one messages made whole: each carries only what changed since the one before.

A message that is older than what is known is left out. One that cannot be understood ends the
telling of its symbol, because whatever is merged after it would be wrong without a sign of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, UnsetType

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import BROKER_ID
from brokerdesk.brokers.schwab.stream_symbols import Symbol
from brokerdesk.brokers.schwab.stream_wire import (
    EQUITIES,
    Amount,
    EquityLevel,
    Millis,
    Named,
    OptionLevel,
)
from brokerdesk.brokers.schwab.times import from_millis
from brokerdesk.brokers.text import clean_name
from brokerdesk.domain.exact import exact
from brokerdesk.domain.kinds import PriceFeed
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.errors import BrokerProtocolError

_EQUITY = JsonDecoder(EquityLevel)
_OPTION = JsonDecoder(OptionLevel)
_NAMED = JsonDecoder(Named)


class SpoiltError(ValueError):
    """A message about one symbol that cannot be understood."""

    def __init__(self, symbol: Symbol) -> None:
        super().__init__("a message that cannot be understood")
        self.symbol = symbol


@dataclass(slots=True)
class _Known:
    """All that was told of one symbol so far. Times are in milliseconds."""

    bid: Decimal | None = None
    ask: Decimal | None = None
    last: Decimal | None = None
    mark: Decimal | None = None
    close: Decimal | None = None
    name: str = ""
    quoted: int | None = None
    traded: int | None = None
    feed: PriceFeed = PriceFeed.UNKNOWN
    told: bool = False

    @property
    def priced(self) -> bool:
        return not (self.bid is self.ask is self.last is self.mark is None)


class Merging:
    """The merged state of every symbol that is subscribed."""

    def __init__(self) -> None:
        self._known: dict[Symbol, _Known] = {}

    def begin(self, symbol: Symbol) -> None:
        """A symbol is subscribed: its first message will be whole."""
        self._known[symbol] = _Known()

    def end(self, symbol: Symbol) -> None:
        self._known.pop(symbol, None)

    def heard(self, symbol: Symbol) -> bool:
        """Whether there is anything to tell of it."""
        known = self._known.get(symbol)
        return known is not None and known.told

    def merge(self, service: str, raw: msgspec.Raw) -> Symbol | None:
        """Take in one record; the symbol whose quote has changed, if one has.

        Raises:
            SpoiltError: it names a symbol, and the rest makes no sense.
            BrokerProtocolError: not even that.
        """
        try:
            level: EquityLevel | OptionLevel
            level = (_EQUITY if service == EQUITIES else _OPTION).decode_checked(raw)
        except BrokerProtocolError as error:
            raise SpoiltError((service, _NAMED.decode_checked(raw).key)) from error
        symbol = (service, level.key)
        known = self._known.get(symbol)
        if known is None:
            return None
        try:
            changed = _merged(known, level, "EQUITY" if service == EQUITIES else "OPTION")
        except ValueError as error:
            raise SpoiltError(symbol) from error
        if not changed or not (known.told or known.priced):
            return None
        known.told = True
        return symbol

    def quote(self, symbol: Symbol, key: QuoteKey, now: datetime) -> Quote:
        """What is known of a symbol by now. Only after it was heard of."""
        known = self._known[symbol]
        times = [time for time in (known.quoted, known.traded) if time]
        return Quote(
            symbol=key.symbol,
            source=BROKER_ID,
            feed=known.feed,
            fetched_at=now,
            as_of=from_millis(max(times)) if times else None,
            bid=known.bid,
            ask=known.ask,
            last=known.last,
            mark=known.mark,
            previous_close=known.close,
            name=known.name,
        )


def _merged(known: _Known, level: EquityLevel | OptionLevel, kind: str) -> bool:
    """Whether the message changed anything.

    Raises:
        ValueError: an amount or a time that no real quote has, or a thing of another kind.
    """
    if level.asset_main_type not in (UNSET, None, kind):
        raise ValueError("another kind of thing")
    if _earlier(level.quoted, known.quoted) or _earlier(level.traded, known.traded):
        return False
    fresh = _Known(
        # A bid of nothing is a real bid; elsewhere 0 stands for "none".
        bid=_amount(level.bid, known.bid, zero=True),
        ask=_amount(level.ask, known.ask),
        last=_amount(level.last, known.last),
        mark=_amount(level.mark, known.mark),
        close=_amount(level.close, known.close),
        name=known.name if not level.description else clean_name(level.description),
        quoted=_time(level.quoted, known.quoted),
        traded=_time(level.traded, known.traded),
        feed=known.feed if level.delayed is UNSET else _feed(delayed=level.delayed is True),
        told=known.told,
    )
    changed = fresh != known
    for name in known.__slots__:
        setattr(known, name, getattr(fresh, name))
    return changed


def _amount(value: Amount, before: Decimal | None, *, zero: bool = False) -> Decimal | None:
    if isinstance(value, UnsetType):
        return before
    if value is None:
        return None
    value = exact(value)
    return value if value or zero else None


def _time(value: Millis, before: int | None) -> int | None:
    if isinstance(value, UnsetType) or value is None:
        return before
    from_millis(value)
    return value or before


def _earlier(value: Millis, before: int | None) -> bool:
    return isinstance(value, int) and before is not None and 0 < value < before


def _feed(*, delayed: bool) -> PriceFeed:
    return PriceFeed.DELAYED if delayed else PriceFeed.REAL_TIME
