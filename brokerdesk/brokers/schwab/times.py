"""Schwab writes times in several ways; here they become aware UTC and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WIRE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)


def from_wire(text: str | None) -> datetime | None:
    """A time such as ``2026-11-20T14:31:05+0000`` in UTC; None for None.

    Raises:
        ValueError: it is no time, or has no zone.
    """
    if text is None:
        return None
    if not _WIRE.fullmatch(text):
        raise ValueError("not a time with a zone")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time of this world") from error


def from_millis(value: int | None) -> datetime | None:
    """Epoch milliseconds in UTC; None for None and for the placeholder 0.

    Raises:
        ValueError: it is far outside any calendar.
    """
    if not value:
        return None
    try:
        return _EPOCH + timedelta(milliseconds=value)
    except OverflowError as error:
        raise ValueError("not a time of this world") from error


def to_wire(moment: datetime) -> str:
    """A time as requests carry it: UTC, milliseconds, ``Z``."""
    moment = moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def to_millis(moment: datetime) -> str:
    """A time as market data requests carry it: epoch milliseconds."""
    return str((moment - _EPOCH) // timedelta(milliseconds=1))
