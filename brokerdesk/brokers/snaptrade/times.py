"""SnapTrade writes times with a ``T`` or a blank, and some as a mere date."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MICROSECONDS = re.compile(r"(\.\d{6})\d+")


def moment(text: str | None) -> datetime | None:
    """A time in UTC; None for None and "". A mere date is its noon.

    Raises:
        ValueError: it is no time, or has no zone.
    """
    if not text:
        return None
    if _DAY.fullmatch(text):
        return _noon(date.fromisoformat(text))
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a time with a zone")
    try:
        return datetime.fromisoformat(_MICROSECONDS.sub(r"\1", text)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time of this world") from error


def booked(text: str | None) -> datetime | None:
    """The time of an entry. Midnight UTC stands for "that day": moved to noon, it keeps its date
    wherever it is read.

    Raises:
        ValueError: it is no time, or has no zone.
    """
    found = moment(text)
    if found is None or (found.hour, found.minute, found.second, found.microsecond) != (0, 0, 0, 0):
        return found
    return _noon(found.date())


def lenient(text: str | None) -> datetime | None:
    """A time that is an ornament: None when it cannot be read."""
    try:
        return moment(text)
    except ValueError:
        return None


def day(text: str | None) -> date | None:
    """The date at the front of a time; None when there is none."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def _noon(when: date) -> datetime:
    return datetime(when.year, when.month, when.day, 12, tzinfo=UTC)
