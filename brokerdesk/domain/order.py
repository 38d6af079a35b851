"""An order as its broker reports it. Read only here: drafts and intents are other types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLeg:
    """One instrument of an order. ``quantity`` is positive; ``side`` says the direction."""

    instrument: Instrument
    side: OrderSide
    quantity: Decimal
    raw_side: str = ""

    def __post_init__(self) -> None:
        check_amounts(self, "quantity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order at the broker.

    ``average_price`` is over fills alone (a cancelled activity carries price 0 and is not one).
    ``children`` are the orders that this one triggers or that cancel each other.
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

    def __post_init__(self) -> None:
        check_times(self, "entered_at", "closed_at")
        check_amounts(
            self, "quantity", "filled_quantity", "limit_price", "stop_price", "average_price"
        )
