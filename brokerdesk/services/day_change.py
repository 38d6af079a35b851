"""What positions gained: today and since they were bought, over those whose figures are known.

Pure arithmetic over positions. What is not known is left out and counted, never taken for zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from brokerdesk.domain.position import Position
from brokerdesk.services.amounts import (
    EXACT,
    ZERO,
    day_percent,
    divided,
    open_percent,
    percent,
    sum_known,
)


@dataclass(frozen=True, slots=True)
class DayChange:
    """The change of the day over the known positions; ``left_out`` counts the others.

    ``percent`` is of the value before the change, None where that is not above zero.
    """

    amount: Decimal | None = None
    percent: Decimal | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class KnownCost:
    """The gain since buying over the positions whose gain is known.

    ``percent`` is of their cost. ``share`` is how much of the positions' value they make up, in
    percent. ``unknown`` counts the others.
    """

    gain: Decimal | None = None
    percent: Decimal | None = None
    share: Decimal | None = None
    unknown: int = 0


_ALL = Decimal(100)
UNKNOWN_CHANGE = DayChange()
UNKNOWN_COST = KnownCost()


def change_of(held: Sequence[Position]) -> DayChange:
    """The change of some positions of one currency, in percent of what they were worth before."""
    if len(held) == 1:
        one = held[0]
        if one.day_pl is None:
            return DayChange(left_out=1)
        return DayChange(one.day_pl, day_percent(one.day_pl, one.market_value))
    known = [one for one in held if one.day_pl is not None]
    amount = sum_known(one.day_pl for one in known)
    worth = [one.market_value for one in known]
    value = None if None in worth else sum_known(worth)
    return DayChange(amount, day_percent(amount, value), len(held) - len(known))


def change_within(held: Sequence[Position], whole: Decimal | None, unread: int = 0) -> DayChange:
    """The change of an account's or a total's positions, in percent of ``whole`` before it.

    ``unread`` positions could not be understood; they are left out, too. Without any position
    nothing changed.
    """
    known = [one.day_pl for one in held if one.day_pl is not None]
    left_out = len(held) - len(known) + unread
    amount = sum_known(known) if known or left_out else ZERO
    return DayChange(amount, day_percent(amount, whole), left_out)


def known_cost(held: Sequence[Position]) -> KnownCost:
    """The gain of some positions of one currency."""
    if len(held) == 1:
        one = held[0]
        if one.open_pl is None:
            return KnownCost(unknown=1)
        return KnownCost(one.open_pl, open_percent(one.open_pl, one.cost_basis), _ALL)
    known = [one for one in held if one.open_pl is not None]
    gain = sum_known(one.open_pl for one in known)
    costs = [one.cost_basis for one in known]
    cost = None if None in costs else sum_known(map(_size, costs))
    return KnownCost(gain, open_percent(gain, cost), _share(held, known), len(held) - len(known))


def average_cost(held: Sequence[Position]) -> Decimal | None:
    """Per unit as the broker counts it: the average of the known ones, weighted by quantity.

    None when none is known, or when the same thing is held long here and short there.
    """
    if len(held) == 1:
        return held[0].average_cost
    known = [
        (one.average_cost, one.quantity)
        for one in held
        if one.average_cost is not None and one.quantity
    ]
    if not known or len({quantity > 0 for _, quantity in known}) > 1:
        return None
    cost = sum_known(EXACT.multiply(average, quantity) for average, quantity in known)
    return divided(cost, sum_known(quantity for _, quantity in known))


def _share(held: Sequence[Position], known: Sequence[Position]) -> Decimal | None:
    if len(held) == len(known):
        return _ALL if held else None
    return percent(_worth(known), _worth(held))


def _worth(held: Iterable[Position]) -> Decimal:
    return sum_known(map(_size, (one.market_value for one in held))) or ZERO


def _size(value: Decimal | None) -> Decimal | None:
    return None if value is None else abs(value)
