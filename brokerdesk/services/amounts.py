"""Sums, shares and percentages of amounts, with every digit; ``None`` is "not known", never zero.

The usual context of ``Decimal`` rounds to 28 digits, which ten-digit amounts with many decimals
can exceed in a sum. Only a division rounds here, far behind what anybody writes down.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal

EXACT = Context(prec=400)
"""Wide enough that adding amounts never rounds."""
_RATIO = Context(prec=40)
ZERO = Decimal(0)
_HUNDRED = Decimal(100)


def sum_known(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None when nothing is."""
    total, found = ZERO, False
    for value in values:
        if value is not None:
            total, found = EXACT.add(total, value), True
    return total if found else None


def sum_all(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum, or None when any part is unknown."""
    total = ZERO
    for value in values:
        if value is None:
            return None
        total = EXACT.add(total, value)
    return total


def divided(amount: Decimal | None, by: Decimal | None) -> Decimal | None:
    """A quotient; None when one is not known or the divisor is zero."""
    return None if amount is None or not by else _RATIO.divide(amount, by)


def percent(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """``part`` in percent of ``whole``; None when one is not known or the whole is not above 0."""
    if part is None or whole is None or whole <= 0:
        return None
    return _RATIO.divide(_RATIO.multiply(part, _HUNDRED), whole)


def day_percent(change: Decimal | None, value: Decimal | None) -> Decimal | None:
    """A change of the day in percent of the value before it, None where that is not above zero."""
    if change is None or value is None:
        return None
    return percent(change, EXACT.subtract(value, change))


def open_percent(gain: Decimal | None, cost: Decimal | None) -> Decimal | None:
    """A gain in percent of what was paid, or received for what was sold short."""
    return None if cost is None else percent(gain, abs(cost))
