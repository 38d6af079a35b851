"""What positions gained: today and since they were bought, over those whose figures are known.

Pure arithmetic over positions. What is not known is left out and counted, never taken for zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from brokerdesk.domain.position import Position
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import (
    EXACT,
    ZERO,
    day_percent,
    divided,
    open_percent,
    percent,
    sum_known,
)
from brokerdesk.services.converting import Rate


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


class HeldSums:
    """What a total says of its positions, added up as they come by; none of them is kept.

    ``moved`` are the accounts that the change of the day comes from.
    """

    __slots__ = ("_cost", "_cost_known", "_day", "_days", "_gain", "_gains", "_worth", "_worths",
                 "count", "moved")  # fmt: skip

    def __init__(self, held: Iterable[Position] = ()) -> None:
        self.count = self._days = self._gains = 0
        self._day = self._gain = self._cost = self._worth = self._worths = ZERO
        self._cost_known = True
        self.moved: set[str] = set()
        self.add(held)

    def add(self, held: Iterable[Position], account: str = "") -> None:
        plus = EXACT.add
        for one in held:
            self.count += 1
            size = abs(one.market_value) if one.market_value is not None else ZERO
            self._worth = plus(self._worth, size)
            if one.day_pl is not None:
                self._days += 1
                self._day = plus(self._day, one.day_pl)
                if one.day_pl:
                    self.moved.add(account)
            if one.open_pl is None:
                continue
            self._gains += 1
            self._gain = plus(self._gain, one.open_pl)
            self._worths = plus(self._worths, size)
            if one.cost_basis is None:
                self._cost_known = False
            else:
                self._cost = plus(self._cost, abs(one.cost_basis))

    def add_converted(self, one: Position, account: str, rate: Rate) -> None:
        """As ``add``, of a position in another currency."""
        plus, times = EXACT.add, rate.of
        self.count += 1
        size = times(abs(one.market_value)) if one.market_value is not None else ZERO
        self._worth = plus(self._worth, size)
        if one.day_pl is not None:
            self._days += 1
            self._day = plus(self._day, times(one.day_pl))
            if one.day_pl:
                self.moved.add(account)
        if one.open_pl is None:
            return
        self._gains += 1
        self._gain = plus(self._gain, times(one.open_pl))
        self._worths = plus(self._worths, size)
        if one.cost_basis is None:
            self._cost_known = False
        else:
            self._cost = plus(self._cost, times(abs(one.cost_basis)))

    def take(self, other: HeldSums) -> HeldSums:
        """Both together, in this one."""
        plus = EXACT.add
        self.count += other.count
        self._days += other._days
        self._gains += other._gains
        self._day = plus(self._day, other._day)
        self._gain = plus(self._gain, other._gain)
        self._cost = plus(self._cost, other._cost)
        self._worth = plus(self._worth, other._worth)
        self._worths = plus(self._worths, other._worths)
        self._cost_known = self._cost_known and other._cost_known
        self.moved |= other.moved
        return self

    def change(
        self, whole: Decimal | None, unread: int = 0, within: Collection[str] | None = None
    ) -> DayChange:
        """As ``change_within``. ``whole`` is of the accounts ``within`` (None: of all): a change of
        others is no part of it, and has no percentage of it.
        """
        if within is not None and not self.moved.issubset(within):
            whole = None
        left_out = self.count - self._days + unread
        amount = self._day if self._days or not left_out else None
        return DayChange(amount, day_percent(amount, whole), left_out)

    def cost(self) -> KnownCost:
        """As ``known_cost``."""
        if not self._gains:
            share = percent(ZERO, self._worth) if self.count > 1 else None
            return KnownCost(share=share, unknown=self.count)
        cost = self._cost if self._cost_known else None
        whole = self.count == self._gains
        share = _ALL if whole else percent(self._worths, self._worth)
        return KnownCost(
            self._gain, open_percent(self._gain, cost), share, self.count - self._gains
        )


def change_within(held: Sequence[Position], whole: Decimal | None, unread: int = 0) -> DayChange:
    """The change of an account's or a total's positions, in percent of ``whole`` before it.

    ``unread`` positions could not be understood; they are left out, too. Without any position
    nothing changed.
    """
    return HeldSums(held).change(whole, unread)


def known_cost(held: Sequence[Position]) -> KnownCost:
    """The gain of some positions of one currency."""
    if len(held) == 1:
        one = held[0]
        if one.open_pl is None:
            return KnownCost(unknown=1)
        return KnownCost(one.open_pl, open_percent(one.open_pl, one.cost_basis), _ALL)
    return HeldSums(held).cost()


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
