"""An order as its broker reports it. Read only here: drafts and intents are other types."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from brokerdesk.domain.exact import check_amounts, check_times
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLeg:
    """One instrument of an order. ``quantity`` is positive; ``side`` says the direction.

    ``ratio`` is how many units of it there are for each unit of the order, and ``opens`` whether it
    opens a position or closes one; None where the broker does not tell. ``as_entered``: the side is
    word for word the one that was entered, and nothing that the broker made of what is held.
    """

    instrument: Instrument
    side: OrderSide
    quantity: Decimal
    raw_side: str = ""
    ratio: Decimal | None = None
    opens: bool | None = None
    as_entered: bool = False

    def __post_init__(self) -> None:
        check_amounts(self, "quantity", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order at the broker.

    ``average_price`` is over fills alone (a cancelled activity carries price 0 and is not one).
    ``children`` are the orders that this one triggers or that cancel each other.

    None in what follows ``children`` means that the broker does not tell it. ``notional`` is the
    money that the order is for; zero where the broker says that it is for units. ``trail_percent``
    5 means five percent; ``raw_trail`` is a distance in a measure that is neither. ``good_till`` is
    the last day of an order that has one.
    """

    id: str
    account: AccountId
    status: OrderStatus
    type: OrderType
    time_in_force: TimeInForce
    session: TradingSession
    legs: tuple[OrderLeg, ...]
    quantity: Decimal
    filled_quantity: Decimal
    entered_at: datetime | None = None
    closed_at: datetime | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    average_price: Decimal | None = None
    strategy: str = ""
    status_text: str = ""
    client_order_id: str = ""
    raw_status: str = ""
    raw_type: str = ""
    children: tuple[Order, ...] = ()
    notional: Decimal | None = None
    trail_amount: Decimal | None = None
    trail_percent: Decimal | None = None
    good_till: date | None = None
    all_or_none: bool | None = None
    raw_session: str = ""
    raw_trail: str = ""

    def __post_init__(self) -> None:
        check_times(self, "entered_at", "closed_at")
        check_amounts(
            self, "quantity", "filled_quantity", "limit_price", "stop_price", "average_price",
            "notional", "trail_amount", "trail_percent",
        )  # fmt: skip
