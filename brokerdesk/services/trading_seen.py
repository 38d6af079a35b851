"""What changed between an order as it was told and as it is seen now. Pure.

Streams and lists overtake each other: what comes late and tells of earlier is no change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.facts import dataclass
from brokerdesk.services.ledger_rules import CAN_MOVE
from brokerdesk.services.trading_words import PARTLY

NEWS = timedelta(days=1)
"""An order that is seen for the first time and ended longer ago is no news."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as it was last told."""

    status: OrderStatus
    filled: Decimal

    @property
    def open(self) -> bool:
        return self.status in CAN_MOVE


@dataclass(frozen=True, slots=True)
class Change:
    """``what`` is a status, or ``partly_filled``; ``filled``: units changed hands."""

    what: str
    filled: bool


def seen(order: Order) -> Seen:
    return Seen(order.status, order.filled_quantity)


def later(before: Seen, now: Seen) -> bool:
    """Whether ``now`` can have come after ``before``."""
    return now.filled >= before.filled and (before.open or not now.open)


def change(before: Seen | None, order: Order, now: datetime) -> Change | None:
    """What is new of an order; None: nothing, or nothing of interest any more."""
    after = seen(order)
    if before is None:
        ended = order.closed_at or order.entered_at
        if not after.open and ended is not None and now - ended > NEWS:
            return None
        partly = after.open and after.filled > 0
        return Change(PARTLY if partly else order.status.value, after.filled > 0)
    if before == after or not later(before, after):
        return None
    filled = after.filled > before.filled
    if filled and after.open:
        return Change(PARTLY, True)
    if before.status is after.status:
        return None
    return Change(order.status.value, filled)
