"""The total value of some accounts over time, and what its change over a range is made of.

Pure: facts in, facts out. All sums are sums of whole numbers with one exponent, so nothing is
rounded and 36,500 points need no ``Decimal`` each. Knows no storage (``history_reader``) and no
pixel. Totals are of one currency and of the accounts they are given; nothing is converted.

A day without an own reading of an account carries the one before it forward, for ``CARRY_DAYS`` at
most; then the account's value is not known and the day has no total, instead of a wrong one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import field, replace
from datetime import date
from functools import reduce
from itertools import pairwise
from operator import add, sub

from brokerdesk.domain.ids import AccountId
from brokerdesk.facts import dataclass
from brokerdesk.services.history_facts import (
    Change,
    Flow,
    ValueLine,
    daily_marks,
    decimal_of,
    exact_sum,
    explain,
    packed_units,
)
from brokerdesk.services.history_ranges import Range, starts

CARRY_DAYS = 7
"""The longest time for which a value stands in for days without one. A closed week passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSeries:
    """Daily values of one account: ``units[i] * 10**exponent`` on the day ``days[i]`` (ordinals).

    ``ends`` is the first day on which the account counts no more (closed, disconnected).
    """

    account: AccountId
    days: array[int]
    units: Sequence[int]
    exponent: int = 0
    ends: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An account that began to count (its first value) or ceased to (its last one)."""

    account: AccountId
    day: int
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Daily totals of some accounts in one currency, oldest first.

    ``flows_from`` and ``flows_until`` are the days between which all transactions are known;
    None: they are not known at all. ``silent`` accounts are still counted but were not read for so
    long that no later day has a total; with the day of their last reading.
    """

    currency: str
    days: array[int]
    units: Sequence[int]
    exponent: int
    carried: Sequence[int]
    breaks: tuple[int, ...] = ()
    joined: tuple[Step, ...] = ()
    left: tuple[Step, ...] = ()
    flows: tuple[Flow, ...] = ()
    flows_from: int | None = None
    flows_until: int | None = None
    silent: tuple[tuple[AccountId, int], ...] = ()
    told: frozenset[int] = frozenset()
    """Days on which an account's value is what its broker told later, not what was read then."""

    def __len__(self) -> int:
        return len(self.days)

    @property
    def first_day(self) -> date | None:
        return date.fromordinal(self.days[0]) if self.days else None

    @property
    def last_day(self) -> date | None:
        return date.fromordinal(self.days[-1]) if self.days else None

    def over(self, chosen: Range, today: date) -> ValueLine:
        """The days of a range that ends ``today``; of one day, the last two totals.

        It begins with the last total up to the range's first day, so that the change is the
        change since then; when there is none, with the first total after it.
        """
        end = bisect_right(self.days, today.toordinal())
        begin = self._begin(starts(chosen, self._recent(today, end, chosen)), end)
        line = ValueLine(
            range=chosen,
            currency=self.currency,
            xs=self.days[begin:end],
            units=self.units[begin:end],
            exponent=self.exponent,
            carried=self.carried[begin:end],
            breaks=tuple(at - begin for at in self.breaks if begin < at < end),
            told=self.told.intersection(self.days[begin:end]) if self.told else self.told,
        )
        if not line.xs:
            return line
        first, last = line.xs[0], line.xs[-1]
        flows = [flow for flow in self.flows if first < flow.day <= last]
        return replace(line, marks=daily_marks(flows), change=self._change(line, flows))

    def _recent(self, today: date, end: int, chosen: Range) -> date:
        """The day that a single day means: on a day without a total, the one before it."""
        if chosen is Range.DAY and end and today.toordinal() - self.days[end - 1] <= CARRY_DAYS:
            return date.fromordinal(self.days[end - 1])
        return today

    def _begin(self, start: date | None, end: int) -> int:
        if start is None:
            return 0
        begin = bisect_right(self.days, start.toordinal(), 0, end)
        if begin == 0 or begin in self.breaks:
            return begin
        return begin - 1 if start.toordinal() - self.days[begin - 1] <= CARRY_DAYS else begin

    def _change(self, line: ValueLine, flows: list[Flow]) -> Change:
        first, last = line.xs[0], line.xs[-1]
        joined = sum(step.units for step in self.joined if first < step.day <= last)
        left = sum(step.units for step in self.left if first < step.day <= last)
        known = (
            self.flows_from is not None
            and self.flows_until is not None
            and self.flows_from <= first + 1
            and last <= self.flows_until
        )
        return explain(
            line.value(0),
            line.value(-1),
            deposits=exact_sum(flow.amount for flow in flows) if known or first == last else None,
            joined=decimal_of(joined, self.exponent),
            left=decimal_of(left, self.exponent),
            unvalued=sum(flow.amount is None for flow in flows),
        )


def total_history(
    series: Iterable[AccountSeries],
    *,
    currency: str,
    carry_days: int = CARRY_DAYS,
    flows: Iterable[Flow] = (),
    flows_from: int | None = None,
    flows_until: int | None = None,
) -> History:
    """Add up daily values. A point is a day on which at least one counted account was read."""
    present = [one for one in map(_counted, series) if one.days]
    exponent = min((one.exponent for one in present), default=0)
    present = [_rescaled(one, exponent) for one in present]
    sweep = _Sweep(carry_days)
    for group in _alike(present):
        sweep.take(group)
    days, units, carried, breaks = sweep.run()
    ends = {one.account: (one.days[0], one.ends) for one in present}
    last = days[-1] if days else 0
    return History(
        currency=currency,
        days=days,
        units=packed_units(units),
        exponent=exponent,
        carried=carried,
        breaks=breaks,
        joined=tuple(
            Step(account=one.account, day=one.days[0], units=one.units[0]) for one in present
        ),
        left=tuple(
            Step(account=one.account, day=one.ends, units=one.units[-1])
            for one in present
            if one.ends is not None
        ),
        flows=tuple(flow for flow in flows if _counts(flow, *ends.get(flow.account, (None, None)))),
        flows_from=flows_from,
        flows_until=flows_until,
        silent=tuple(
            (one.account, one.days[-1])
            for one in present
            if one.ends is None and sweep.newest - one.days[-1] > carry_days and sweep.newest > last
        ),
    )


@dataclass
class _Sweep:
    """Changes by day, of value and of how many accounts are there, read and not known."""

    carry_days: int
    steps: dict[int, int] = field(default_factory=dict)
    read: Counter[int] = field(default_factory=Counter)
    there: Counter[int] = field(default_factory=Counter)
    unknown: Counter[int] = field(default_factory=Counter)
    newest: int = 0

    def take(self, group: list[AccountSeries]) -> None:
        """Accounts that were read on the same days are added up first, which is most of them."""
        days, ends, count = group[0].days, group[0].ends, len(group)
        units = reduce(lambda one, other: list(map(add, one, other)), [g.units for g in group])
        steps = self.steps
        for day, step in zip(days, [units[0], *map(sub, units[1:], units)], strict=True):
            steps[day] = steps.get(day, 0) + step
        if count == 1:
            self.read.update(days)
        else:
            self.read.update(dict.fromkeys(days, count))
        self.there[days[0]] += count
        self.newest = max(self.newest, days[-1])
        if max(map(sub, days[1:], days), default=0) > self.carry_days:
            for before, after in pairwise(days):
                if after - before > self.carry_days:
                    self.unknown[before + self.carry_days + 1] += count
                    self.unknown[after] -= count
        silence = days[-1] + self.carry_days + 1
        if ends is None:
            self.unknown[silence] += count
            return
        steps[ends] = steps.get(ends, 0) - units[-1]
        self.there[ends] -= count
        if silence < ends:
            self.unknown[silence] += count
            self.unknown[ends] -= count

    def run(self) -> tuple[array[int], list[int], list[int], tuple[int, ...]]:
        days, units, carried, breaks = array("i"), list[int](), list[int](), list[int]()
        total = there = unknown = 0
        lost = False
        for day in sorted({*self.steps, *self.there, *self.unknown}):
            total += self.steps.get(day, 0)
            there += self.there.get(day, 0)
            unknown += self.unknown.get(day, 0)
            read = self.read.get(day, 0)
            if not read:
                continue
            if unknown:
                lost = True
                continue
            if days and (lost or day - days[-1] > self.carry_days):
                breaks.append(len(days))
            lost = False
            days.append(day)
            units.append(total)
            carried.append(there - read)
        return days, units, carried, tuple(breaks)


def _counts(flow: Flow, first: int | None, ends: int | None) -> bool:
    """A flow on the day of the first value is inside that value."""
    return first is not None and first < flow.day and (ends is None or flow.day < ends)


def _counted(one: AccountSeries) -> AccountSeries:
    """Without the days on which the account counted no more."""
    if one.ends is None or not one.days or one.days[-1] < one.ends:
        return one
    cut = bisect_left(one.days, one.ends)
    return AccountSeries(
        account=one.account,
        days=one.days[:cut],
        units=one.units[:cut],
        exponent=one.exponent,
        ends=one.ends,
    )


def _rescaled(one: AccountSeries, exponent: int) -> AccountSeries:
    if one.exponent == exponent:
        return one
    factor = int(10 ** (one.exponent - exponent))
    return AccountSeries(
        account=one.account,
        days=one.days,
        units=[number * factor for number in one.units],
        exponent=exponent,
        ends=one.ends,
    )


def _alike(series: Iterable[AccountSeries]) -> Iterable[list[AccountSeries]]:
    groups: dict[tuple[bytes, int | None], list[AccountSeries]] = {}
    for one in series:
        groups.setdefault((one.days.tobytes(), one.ends), []).append(one)
    return groups.values()
