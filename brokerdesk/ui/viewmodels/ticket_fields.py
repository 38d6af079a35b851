"""What a ticket has in its fields, word for word as it was typed or chosen. Frozen, no widget.

This is the draft that is kept: through another theme or text size, a closed and reopened dock, a
review that was left. Only the user's own doing changes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from brokerdesk.domain.draft import Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OrderSide,
    OrderType,
    TimeInForce,
    TradingSession,
)


class Kind(StrEnum):
    """The five kinds of a ticket; whether they are of an auction stands in ``Lasts``."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"
    STOP_LIMIT = "stop_limit"
    TRAILING = "trailing_stop"


KIND_WORDS = {
    Kind.MARKET: "Market",
    Kind.LIMIT: "Limit",
    Kind.STOP: "Stop",
    Kind.STOP_LIMIT: "Stop limit",
    Kind.TRAILING: "Trailing stop",
}


class Lasts(StrEnum):
    """How long an order lasts, with the two auctions of the day."""

    DAY = "day"
    GTC = "gtc"
    GTD = "gtd"
    IOC = "ioc"
    FOK = "fok"
    OPEN = "open"
    CLOSE = "close"
    UNSAID = "unsaid"
    """A copied order does not say: the user has to choose."""


LASTS_WORDS = {
    Lasts.DAY: "Day",
    Lasts.GTC: "Until canceled",
    Lasts.GTD: "Until a date",
    Lasts.IOC: "Immediate or cancel",
    Lasts.FOK: "Fill or kill",
    Lasts.OPEN: "On the open",
    Lasts.CLOSE: "On the close",
}
SESSION_WORDS = {
    TradingSession.REGULAR: "Regular hours",
    TradingSession.EXTENDED: "Extended hours",
    TradingSession.PRE_MARKET: "Before the open",
    TradingSession.POST_MARKET: "After hours",
}
LINK_WORDS = {
    Link.SINGLE: "None",
    Link.BRACKET: "Bracket: profit and stop",
    Link.EITHER: "One cancels the other",
    Link.TRIGGERS: "One triggers the other",
}
_FORCES = {
    Lasts.DAY: TimeInForce.DAY,
    Lasts.GTC: TimeInForce.GTC,
    Lasts.GTD: TimeInForce.GTD,
    Lasts.IOC: TimeInForce.IOC,
    Lasts.FOK: TimeInForce.FOK,
    Lasts.OPEN: TimeInForce.DAY,
    Lasts.CLOSE: TimeInForce.DAY,
    Lasts.UNSAID: TimeInForce.UNKNOWN,
}
_TYPES = {
    Kind.MARKET: OrderType.MARKET,
    Kind.LIMIT: OrderType.LIMIT,
    Kind.STOP: OrderType.STOP,
    Kind.STOP_LIMIT: OrderType.STOP_LIMIT,
    Kind.TRAILING: OrderType.TRAILING_STOP,
}
_AUCTIONS = {
    (Kind.MARKET, Lasts.OPEN): OrderType.MARKET_ON_OPEN,
    (Kind.MARKET, Lasts.CLOSE): OrderType.MARKET_ON_CLOSE,
    (Kind.LIMIT, Lasts.OPEN): OrderType.LIMIT_ON_OPEN,
    (Kind.LIMIT, Lasts.CLOSE): OrderType.LIMIT_ON_CLOSE,
}
WITH_LIMIT = frozenset({Kind.LIMIT, Kind.STOP_LIMIT})
WITH_STOP = frozenset({Kind.STOP, Kind.STOP_LIMIT})
MOST_LEGS = 4
OPPOSITE = {
    OrderSide.BUY: OrderSide.SELL,
    OrderSide.SELL: OrderSide.BUY,
    OrderSide.SELL_SHORT: OrderSide.BUY_TO_COVER,
    OrderSide.BUY_TO_COVER: OrderSide.SELL_SHORT,
    OrderSide.BUY_TO_OPEN: OrderSide.SELL_TO_CLOSE,
    OrderSide.SELL_TO_CLOSE: OrderSide.BUY_TO_OPEN,
    OrderSide.SELL_TO_OPEN: OrderSide.BUY_TO_CLOSE,
    OrderSide.BUY_TO_CLOSE: OrderSide.SELL_TO_OPEN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LegFields:
    """One option of the order; ``ratio`` as typed."""

    instrument: Instrument
    side: OrderSide
    ratio: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFields:
    """All fields. ``instrument`` is what was looked up; ``legs`` are options of it."""

    environment: Environment = Environment.LIVE
    instrument: Instrument | None = None
    search: str = ""
    options: bool = False
    legs: tuple[LegFields, ...] = ()
    credit: bool = False
    """Of several legs: whether the net price is received."""
    side: OrderSide = OrderSide.BUY
    quantity: str = ""
    dollars: bool = False
    kind: Kind = Kind.LIMIT
    limit: str = ""
    stop: str = ""
    trail: str = ""
    trail_percent: bool = True
    lasts: Lasts = Lasts.DAY
    good_till: date | None = None
    session: TradingSession = TradingSession.REGULAR
    link: Link = Link.SINGLE
    profit: str = ""
    """The limit of a bracket's profit taker."""
    loss: str = ""
    """The stop of a bracket, or of the order that is cancelled by this one."""
    loss_limit: str = ""
    then_side: OrderSide | None = None
    """None: the other side of the order that triggers it."""
    then_kind: Kind = Kind.LIMIT
    then_price: str = ""
    account: AccountId | None = None
    """Chosen by the user; None: wherever it is routed to."""
    replaces: str = ""
    """The order that this one takes the place of, for the review."""
    replaces_words: str = ""

    @property
    def several(self) -> bool:
        """Whether it is one order of several legs."""
        return self.options and len(self.legs) > 1

    @property
    def type(self) -> OrderType:
        """The order type that kind, duration and legs add up to."""
        if self.several:
            if self.kind is Kind.MARKET:
                return OrderType.MARKET
            return OrderType.NET_CREDIT if self.credit else OrderType.NET_DEBIT
        return _AUCTIONS.get((self.kind, self.lasts), _TYPES[self.kind])

    @property
    def force(self) -> TimeInForce:
        return _FORCES[self.lasts]

    @property
    def traded(self) -> tuple[Instrument, ...]:
        """What would be traded."""
        if self.options:
            return tuple(leg.instrument for leg in self.legs)
        return () if self.instrument is None else (self.instrument,)

    @property
    def main_side(self) -> OrderSide:
        """The side of the order, by its first leg."""
        return self.legs[0].side if self.options and self.legs else self.side

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it that could be lost."""
        kept = replace(TicketFields(), environment=self.environment, side=self.side)
        return self == kept

    def cleared(self) -> TicketFields:
        """An empty ticket of the same world."""
        return TicketFields(environment=self.environment)


def optionable(instrument: Instrument | None) -> bool:
    """Whether there may be options of it."""
    return instrument is not None and instrument.asset_type in (
        AssetType.EQUITY, AssetType.ETF, AssetType.INDEX,
    )  # fmt: skip


def is_option(instrument: Instrument | None) -> bool:
    return instrument is not None and instrument.asset_type is AssetType.OPTION
