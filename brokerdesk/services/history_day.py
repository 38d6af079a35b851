"""The total through one day, out of the moments at which accounts were read. Pure.

A reading stands until the next one of its account. Before an account's first reading of the day its
last value of an earlier day stands, if it is not older than days may be carried.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from brokerdesk.domain.ids import AccountId
from brokerdesk.facts import dataclass
from brokerdesk.services.history import CARRY_DAYS
from brokerdesk.services.history_facts import (
    Flow,
    Mark,
    ValueLine,
    daily_marks,
    exact_sum,
    explain,
    packed_units,
)
from brokerdesk.services.history_ranges import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReadings:
    """``readings``: fetched at, last confirmed at, value; oldest first, all of one day."""

    account: AccountId
    before: Decimal | None
    before_day: date | None
    readings: tuple[tuple[datetime, datetime, Decimal], ...]


def day_line(
    accounts: Sequence[DayReadings],
    *,
    currency: str,
    day: date,
    opens: datetime,
    flows: Iterable[Flow] = (),
    flows_known: bool = False,
) -> ValueLine:
    """The total at every moment at which something was read, after the close of the day before.

    The first point is that close, drawn at ``opens``; it is left out when a value in it is not
    known, and so is every moment at which an account's value is not known.
    """
    now = {one.account: _carried(one, day) for one in accounts}
    due = {one.account for one in accounts if one.before is not None}
    moments = sorted(
        (moment, one.account, value)
        for one in accounts
        for fetched, until, value in one.readings
        for moment in {fetched, until}
    )
    points: list[_Point] = []
    joined: list[Decimal] = []
    if moments and due and all(now[account] is not None for account in due):
        first = min(opens, moments[0][0] - timedelta(minutes=1))
        points.append(_Point(first, exact_sum(now.values()), len(due)))
    fresh: set[AccountId] = set()
    for moment, account, value in moments:
        if account not in due:
            due.add(account)
            joined += [value] if points else []
        now[account] = value
        fresh.add(account)
        if any(now[account] is None for account in due):
            continue
        if points and points[-1].at >= moment:
            points.pop()
        points.append(_Point(moment, exact_sum(now.values()), len(due) - len(fresh)))
    return _line(points, joined, currency, list(flows), flows_known)


class _Point(NamedTuple):
    at: datetime
    value: Decimal
    carried: int


def _carried(one: DayReadings, day: date) -> Decimal | None:
    if one.before_day is None or (day - one.before_day).days > CARRY_DAYS:
        return None
    return one.before


def _line(
    points: list[_Point],
    joined: list[Decimal],
    currency: str,
    flows: list[Flow],
    flows_known: bool,
) -> ValueLine:
    values = [point.value for point in points]
    exponent = min((_exponent(value) for value in values), default=0)
    change = None
    if points:
        change = explain(
            values[0],
            values[-1],
            deposits=exact_sum(flow.amount for flow in flows) if flows_known else None,
            joined=exact_sum(joined),
            unvalued=sum(flow.amount is None for flow in flows),
        )
    return ValueLine(
        range=Range.DAY,
        currency=currency,
        xs=array("q", [int(point.at.timestamp()) for point in points]),
        units=packed_units([_units(value, exponent) for value in values]),
        exponent=exponent,
        carried=[point.carried for point in points],
        marks=_marks(points, flows),
        change=change,
        intraday=True,
    )


def _marks(points: list[_Point], flows: list[Flow]) -> tuple[Mark, ...]:
    """When on the day money came is seldom known to the minute: it is marked at the day's end."""
    if not points:
        return ()
    return tuple(
        Mark(x=int(points[-1].at.timestamp()), amount=mark.amount, count=mark.count)
        for mark in daily_marks(flows)
    )


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return min(0, exponent)


def _units(value: Decimal, exponent: int) -> int:
    sign, digits, own = value.as_tuple()
    assert isinstance(own, int)
    number = int("".join(map(str, digits)) or "0") * int(10 ** (own - exponent))
    return -number if sign else number
