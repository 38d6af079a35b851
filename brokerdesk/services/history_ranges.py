"""The ranges a history is looked at in, and the day on which each begins. Pure dates."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from enum import StrEnum


class Range(StrEnum):
    """By the words on their buttons."""

    DAY = "1D"
    WEEK = "1W"
    MONTH = "1M"
    QUARTER = "3M"
    YEAR_TO_DATE = "YTD"
    YEAR = "1Y"
    FIVE_YEARS = "5Y"
    ALL = "All"


SPOKEN = {
    Range.DAY: "1 day",
    Range.WEEK: "1 week",
    Range.MONTH: "1 month",
    Range.QUARTER: "3 months",
    Range.YEAR_TO_DATE: "Year to date",
    Range.YEAR: "1 year",
    Range.FIVE_YEARS: "5 years",
    Range.ALL: "All time",
}
_MONTHS = {Range.MONTH: 1, Range.QUARTER: 3, Range.YEAR: 12, Range.FIVE_YEARS: 60}


def starts(chosen: Range, today: date) -> date | None:
    """The day whose closing value the range begins with; None: the first there is."""
    match chosen:
        case Range.ALL:
            return None
        case Range.DAY:
            return today - timedelta(days=1)
        case Range.WEEK:
            return today - timedelta(days=7)
        case Range.YEAR_TO_DATE:
            return date(today.year - 1, 12, 31)
    return months_before(today, _MONTHS[chosen])


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last one; never before the year 1."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    if year < 1:
        return date.min
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
