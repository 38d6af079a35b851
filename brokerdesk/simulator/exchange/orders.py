"""Orders of the past as timelines: what an order looked like at any moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    WORKING = "WORKING"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    at: datetime
    number: int
    quantity: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order from entry to end. ``ends`` is when it left the book, with status ``outcome``."""

    number: int
    symbol: str
    instruction: str
    opening: bool
    quantity: Decimal
    entered: datetime
    ends: datetime
    outcome: Status
    limit: Decimal | None = None
    stop: Decimal | None = None
    good_till_cancel: bool = False
    fills: tuple[Fill, ...] = ()
    reason: str = ""
    words: dict[str, Any] = field(default_factory=dict, compare=False)
    """Of an own order: what its broker was told besides, and its state."""

    def status(self, moment: datetime) -> Status:
        """The status at a moment not before ``entered``."""
        return self.outcome if moment >= self.ends else Status.WORKING

    def filled(self, moment: datetime) -> tuple[Fill, ...]:
        return tuple(fill for fill in self.fills if fill.at <= moment)
