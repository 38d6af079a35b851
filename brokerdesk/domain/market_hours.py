"""When the US stock market is open, and which New York day a moment belongs to.

Refresh intervals and end-of-day views depend on it. The calendar follows the exchange's published
rules (NYSE rule 7.2 and its holiday pages) and needs no download; closures that no rule foretells
are listed by date. It must not know brokers, accounts or settings.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
OPENS = time(9, 30)
CLOSES = time(16, 0)
CLOSES_EARLY = time(13, 0)

# Mourning days and storms: https://www.nyse.com/markets/hours-calendars and its history.
_UNSCHEDULED = frozenset(
    {
        date(2001, 9, 11),
        date(2001, 9, 12),
        date(2001, 9, 13),
        date(2001, 9, 14),
        date(2004, 6, 11),
        date(2007, 1, 2),
        date(2012, 10, 29),
        date(2012, 10, 30),
        date(2018, 12, 5),
        date(2025, 1, 9),
    }
)

_MONDAY, _THURSDAY, _FRIDAY, _SATURDAY, _SUNDAY = 0, 3, 4, 5, 6


def new_york_day(moment: datetime) -> date:
    """The calendar day in New York at ``moment``."""
    return moment.astimezone(NEW_YORK).date()


def end_of_day(day: date) -> datetime:
    """The last microsecond of that New York day, in UTC. Days of 23 and 25 hours included."""
    midnight = datetime.combine(day + timedelta(days=1), time(0), tzinfo=NEW_YORK)
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


def is_trading_day(day: date) -> bool:
    """True when the exchange holds a regular session on ``day``."""
    return day.weekday() < _SATURDAY and day not in holidays(day.year) and day not in _UNSCHEDULED


def session(day: date) -> tuple[datetime, datetime] | None:
    """Opening and close of the regular session in UTC, None on a day without one."""
    if not is_trading_day(day):
        return None
    closes = CLOSES_EARLY if day in early_closes(day.year) else CLOSES
    return (
        datetime.combine(day, OPENS, tzinfo=NEW_YORK).astimezone(UTC),
        datetime.combine(day, closes, tzinfo=NEW_YORK).astimezone(UTC),
    )


def is_open(moment: datetime) -> bool:
    """True during the regular session: from the opening up to, not including, the close."""
    hours = session(new_york_day(moment))
    return hours is not None and hours[0] <= moment < hours[1]


def next_change(moment: datetime) -> datetime:
    """The next opening or close strictly after ``moment``, in UTC."""
    day = new_york_day(moment)
    while True:
        hours = session(day)
        if hours is not None:
            for edge in hours:
                if edge > moment:
                    return edge
        day += timedelta(days=1)


@lru_cache(maxsize=64)
def holidays(year: int) -> frozenset[date]:
    """The weekdays of ``year`` on which the exchange is shut by rule."""
    days = {
        _nth_weekday(year, 1, _MONDAY, 3),  # Martin Luther King Jr. Day
        _nth_weekday(year, 2, _MONDAY, 3),  # Washington's Birthday
        easter(year) - timedelta(days=2),  # Good Friday
        _last_weekday(year, 5, _MONDAY),  # Memorial Day
        _observed(date(year, 7, 4)),
        _nth_weekday(year, 9, _MONDAY, 1),  # Labor Day
        _nth_weekday(year, 11, _THURSDAY, 4),  # Thanksgiving
        _observed(date(year, 12, 25)),
    }
    new_year = date(year, 1, 1)
    # On a Saturday it is not moved to the Friday before, which closes the books of a year.
    if new_year.weekday() != _SATURDAY:
        days.add(_observed(new_year))
    if year >= 2022:
        days.add(_observed(date(year, 6, 19)))  # Juneteenth
    return frozenset(days)


@lru_cache(maxsize=64)
def early_closes(year: int) -> frozenset[date]:
    """The days of ``year`` on which trading ends at one o'clock."""
    shut = holidays(year)
    days = {_nth_weekday(year, 11, _THURSDAY, 4) + timedelta(days=1)}
    # The day before Independence Day counts only when the holiday itself is a weekday.
    if _MONDAY < date(year, 7, 4).weekday() < _SATURDAY:
        days.add(date(year, 7, 3))
    christmas_eve = date(year, 12, 24)
    if christmas_eve.weekday() < _SATURDAY:
        days.add(christmas_eve)
    return frozenset(days - shut)


def _observed(day: date) -> date:
    if day.weekday() == _SATURDAY:
        return day - timedelta(days=1)
    if day.weekday() == _SUNDAY:
        return day + timedelta(days=1)
    return day


def _nth_weekday(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_weekday(year: int, month: int, weekday: int) -> date:
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday) // 433
    month = (h + weekday - 7 * m + 90) // 25
    return date(year, month, (h + weekday - 7 * m + 33 * month + 19) % 32)
