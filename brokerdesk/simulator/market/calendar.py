"""When the US stock market is open, by rule, for 2015 to 2035.

The simulator must answer for any past day and for years to come without a downloaded table, so
holidays are computed. The three unscheduled closings of the range are listed by name.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
FIRST_DAY = date(2015, 1, 1)
LAST_DAY = date(2035, 12, 31)

MONDAY, THURSDAY, SATURDAY, SUNDAY = 0, 3, 5, 6
JUNETEENTH_SINCE = 2022
UNSCHEDULED = frozenset({date(2018, 12, 5), date(2025, 1, 9)})  # days of national mourning


@dataclass(frozen=True, slots=True)
class Session:
    """One regular session; ``opens`` and ``closes`` are in UTC."""

    day: date
    opens: datetime
    closes: datetime
    early: bool


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous computus)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return date(year, month, day + 1)


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The ``nth`` such weekday of a month; ``nth`` -1 is the last."""
    if nth < 0:
        following = date(year + month // 12, month % 12 + 1, 1)
        last = following - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def third_friday(year: int, month: int) -> date:
    return nth_weekday(year, month, 4, 3)


def _observed(day: date) -> date:
    if day.weekday() == SATURDAY:
        return day - timedelta(days=1)
    return day + timedelta(days=1) if day.weekday() == SUNDAY else day


@lru_cache(maxsize=64)
def holidays(year: int) -> dict[date, str]:
    """Days of a year on which the exchange stays shut although it is a weekday."""
    new_year = date(year, 1, 1)
    days = {
        nth_weekday(year, 1, MONDAY, 3): "Martin Luther King Jr. Day",
        nth_weekday(year, 2, MONDAY, 3): "Washington's Birthday",
        easter(year) - timedelta(days=2): "Good Friday",
        nth_weekday(year, 5, MONDAY, -1): "Memorial Day",
        _observed(date(year, 7, 4)): "Independence Day",
        nth_weekday(year, 9, MONDAY, 1): "Labor Day",
        nth_weekday(year, 11, THURSDAY, 4): "Thanksgiving Day",
        _observed(date(year, 12, 25)): "Christmas Day",
    }
    # A New Year's Day on a Saturday is not made up for on the Friday: that is the old year's end.
    if new_year.weekday() != SATURDAY:
        days[_observed(new_year)] = "New Year's Day"
    if year >= JUNETEENTH_SINCE:
        days[_observed(date(year, 6, 19))] = "Juneteenth"
    for day in UNSCHEDULED:
        if day.year == year:
            days[day] = "National Day of Mourning"
    return days


def is_trading_day(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in holidays(day.year)


def is_early_close(day: date) -> bool:
    """The exchange shuts at 13:00: before Independence Day, after Thanksgiving, Christmas Eve."""
    if not is_trading_day(day):
        return False
    if (day.month, day.day) == (7, 3):
        return date(day.year, 7, 4).weekday() < SATURDAY
    if day == nth_weekday(day.year, 11, THURSDAY, 4) + timedelta(days=1):
        return True
    return (day.month, day.day) == (12, 24)


@lru_cache(maxsize=8192)
def session(day: date) -> Session | None:
    """The regular session of a day, or None."""
    if not is_trading_day(day):
        return None
    early = is_early_close(day)
    opens = datetime.combine(day, time(9, 30), NEW_YORK).astimezone(UTC)
    closes = datetime.combine(day, time(13 if early else 16), NEW_YORK).astimezone(UTC)
    return Session(day, opens, closes, early)


@lru_cache(maxsize=1)
def all_trading_days() -> tuple[date, ...]:
    count = (LAST_DAY - FIRST_DAY).days + 1
    days = (FIRST_DAY + timedelta(days=step) for step in range(count))
    return tuple(day for day in days if is_trading_day(day))


@lru_cache(maxsize=1)
def _index() -> dict[date, int]:
    return {day: place for place, day in enumerate(all_trading_days())}


def place_of(day: date) -> int:
    """The place of a trading day among all of them.

    Raises:
        KeyError: not a trading day, or outside the range.
    """
    return _index()[day]


def last_place(day: date) -> int:
    """The place of the newest trading day that is not after ``day``."""
    place = bisect_right(all_trading_days(), day) - 1
    if place < 1:
        raise ValueError("the simulated market begins in January 2015")
    return place


def trading_days(start: date, end: date) -> tuple[date, ...]:
    """Trading days from ``start`` to ``end``, both included."""
    days = all_trading_days()
    return days[bisect_right(days, start - timedelta(days=1)) : bisect_right(days, end)]


def next_trading_day(day: date) -> date:
    days = all_trading_days()
    return days[bisect_right(days, day)]


def previous_trading_day(day: date) -> date:
    days = all_trading_days()
    return days[bisect_right(days, day - timedelta(days=1)) - 1]


def new_york_day(moment: datetime) -> date:
    return moment.astimezone(NEW_YORK).date()
