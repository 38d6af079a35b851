"""Round numbers for the axes: steps of value, and days, months and hours that fit the width. Pure.

Values stay exact here, so that an axis from 38-digit amounts is as right as one from cents.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.format import market_zone

_WIDE = Context(prec=120)
_STEPS = tuple(map(Decimal, ("1", "2", "2.5", "5", "10")))
_MINUTES = (1, 5, 15, 30, 60, 120, 180, 240, 360, 720)
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 60000, 120000)


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """Round values from ``low`` to ``high`` in equal steps; all data lie between."""

    low: Decimal
    high: Decimal
    step: Decimal

    def ticks(self) -> tuple[Decimal, ...]:
        count = int(
            _WIDE.divide(_WIDE.subtract(self.high, self.low), self.step).to_integral_value()
        )
        return tuple(
            _WIDE.add(self.low, _WIDE.multiply(self.step, Decimal(number)))
            for number in range(count + 1)
        )


def value_axis(low: Decimal, high: Decimal, parts: int) -> ValueAxis:
    """An axis around ``low`` to ``high`` in about ``parts`` steps."""
    if low == high:
        # A line that never moves lies in the middle, on a scale that fits its size.
        around = abs(low) / 10 or Decimal(1)
        low, high = _WIDE.subtract(low, around), _WIDE.add(high, around)
    step = _round_step(_WIDE.divide(_WIDE.subtract(high, low), Decimal(max(1, parts))))
    bottom = _WIDE.divide(low, step).to_integral_value(ROUND_FLOOR, context=_WIDE)
    top = _WIDE.divide(high, step).to_integral_value(ROUND_CEILING, context=_WIDE)
    return ValueAxis(_WIDE.multiply(bottom, step), _WIDE.multiply(top, step), step)


def _round_step(least: Decimal) -> Decimal:
    power = Decimal(1).scaleb(least.adjusted())
    return next(one * power for one in _STEPS if one * power >= least)


def day_ticks(first: int, last: int, most: int) -> list[tuple[int, str]]:
    """Ordinals with their labels between two days, ``most`` at the most."""
    span = max(1, last - first)
    most = max(1, most)
    for days in (1, 2):
        if span / days <= most:
            found = range(first, last + 1, days)
            return [(day, _day(date.fromordinal(day))) for day in found]
    for days in (7, 14):
        if span / days <= most:
            monday = first + (1 - first) % 7
            found = range(monday, last + 1, days)
            return [(day, _day(date.fromordinal(day))) for day in found]
    months = next((one for one in _MONTHS if span / (one * 30.44) <= most), _MONTHS[-1])
    return [
        (day.toordinal(), _month(day, months, span)) for day in _month_starts(first, last, months)
    ]


def _month_starts(first: int, last: int, months: int) -> Iterator[date]:
    begin = date.fromordinal(first)
    number = (begin.year * 12 + begin.month - 1) // months * months
    while True:
        year, month = divmod(number, 12)
        if year > 9999:
            return
        if year >= 1:
            day = date(year, month + 1, 1)
            if day.toordinal() > last:
                return
            if day.toordinal() >= first:
                yield day
        number += months


def _day(day: date) -> str:
    return fmt.day(day).rpartition(" ")[0]


def _month(day: date, months: int, span: int) -> str:
    if months >= 12:
        return str(day.year)
    words = fmt.day(day).partition(" ")[2]
    return words.partition(" ")[0] if span <= 400 else words


def time_ticks(first: int, last: int, most: int) -> list[tuple[int, str]]:
    """UTC seconds with their New York times between two moments of about one day."""
    span = max(60, last - first)
    minutes = next((one for one in _MINUTES if span / (one * 60) <= max(1, most)), 1440)
    zone = market_zone()
    at = datetime.fromtimestamp(first, UTC).astimezone(zone)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[tuple[int, str]] = []
    number = 0
    while True:
        # In UTC, so that a night in which the clocks change keeps its distances.
        moment = midnight.astimezone(UTC) + timedelta(minutes=minutes * number)
        second = int(moment.timestamp())
        if second > last:
            return found
        if second >= first:
            found.append((second, f"{moment.astimezone(zone):%H:%M}"))
        number += 1
