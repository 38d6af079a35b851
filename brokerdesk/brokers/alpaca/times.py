"""Alpaca's times: up to nine digits of a second, ``Z`` or an offset; and dates without a time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from brokerdesk.domain.market_hours import NEW_YORK

_WIRE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def from_wire(text: str | None) -> datetime | None:
    """A time in UTC, cut to microseconds; None for None and "".

    Raises:
        ValueError: it is no time, or has no zone.
    """
    if not text:
        return None
    if not _WIRE.fullmatch(text):
        raise ValueError("not a time with a zone")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time of this world") from error


def day_of(text: str | None) -> date | None:
    """A date, also in front of a time; None for None and "".

    Raises:
        ValueError: it is no date.
    """
    if not text:
        return None
    found = _DAY.match(text)
    if found is None:
        raise ValueError("not a date")
    return date.fromisoformat(found[0])


def begins(day: date) -> datetime:
    """The midnight with which a day begins in New York."""
    return datetime.combine(day, time(0), NEW_YORK).astimezone(UTC)


def to_wire(moment: datetime) -> str:
    """A time as requests carry it: UTC, microseconds, ``Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
