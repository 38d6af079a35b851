"""What can happen in an account, as facts that are booked once and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class What(StrEnum):
    TRADE = "trade"
    SPLIT = "split"
    DIVIDEND = "dividend"
    INTEREST = "interest"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One booking.

    ``quantity`` is the signed change of the holding (for a split: the ratio), ``price`` per unit,
    ``amount`` the exact change of cash after ``fees`` (positive numbers, already inside it).
    """

    number: int
    at: datetime
    what: What
    symbol: str = ""
    quantity: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)
    fees: tuple[tuple[str, Decimal], ...] = ()
    order: int = 0
    opening: bool = True
    text: str = ""
