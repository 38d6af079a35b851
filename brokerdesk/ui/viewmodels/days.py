"""A day as a person types it: “14 aug 2026”, “2026-08-14”, “yesterday”, “friday”. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from brokerdesk.domain import market_hours

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})\.?\s+([a-z]{3,9})\.?,?(?:\s+(\d{4}))?")
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})(?:,?\s+(\d{4}))?")
EARLIEST = 1990


def parse_day(text: str, today: date) -> date | None:
    """The past day or today that ``text`` names; None when it names none.

    A day without a year is the last one of that name. Slashes are read as in the US, dots as in
    Europe.
    """
    text = " ".join(text.casefold().split())
    return _named(text, today) or _written(text, today)


def _named(text: str, today: date) -> date | None:
    if text == "today":
        return today
    if text == "yesterday":
        return today - timedelta(days=1)
    name = text.removeprefix("last ")
    if len(name) >= 3:
        for number, weekday in enumerate(_WEEKDAYS):
            if weekday.startswith(name):
                back = (today.weekday() - number) % 7 or 7
                return today - timedelta(days=back)
    return None


def _written(text: str, today: date) -> date | None:
    if found := _ISO.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]), today)
    if found := _DOTTED.fullmatch(text):
        return _day(int(found[3]), int(found[2]), int(found[1]), today)
    if found := _SLASHED.fullmatch(text):
        return _day(int(found[3]), int(found[1]), int(found[2]), today)
    if found := _DAY_FIRST.fullmatch(text):
        return _in_words(found[2], found[1], found[3], today)
    if found := _MONTH_FIRST.fullmatch(text):
        return _in_words(found[1], found[2], found[3], today)
    return None


def _in_words(month: str, day: str, year: str | None, today: date) -> date | None:
    number = next((n for n, short in enumerate(_MONTHS, 1) if month.startswith(short)), None)
    if number is None:
        return None
    if year is not None:
        return _day(int(year), number, int(day), today)
    # Of 29 February the last one may be up to eight years ago.
    years = range(today.year, today.year - 9, -1)
    return next((d for y in years if (d := _day(y, number, int(day), today))), None)


def _day(year: int, month: int, day: int, today: date) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if year >= EARLIEST and found <= today else None


def moment_of(day: date, now: datetime) -> datetime | None:
    """The moment that a day's figures are looked at: its end. None for today, which is now."""
    if day >= market_hours.new_york_day(now):
        return None
    return market_hours.end_of_day(day).astimezone(UTC)
