"""How single facts are written in a column: times and words.

Times are whole microseconds since 1970 in UTC: exact, ordered, small.
Knows no driver and no SQLAlchemy, because the start-up path uses it too.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from brokerdesk.domain.exact import utc

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_E = TypeVar("_E", bound=StrEnum)


def to_micros(moment: datetime) -> int:
    """Whole microseconds since 1970. Exact: no float on the way.

    Raises:
        ValueError: for a naive datetime.
    """
    return (utc(moment) - EPOCH) // _MICROSECOND


def from_micros(value: object) -> datetime:
    """The aware UTC time of ``value``.

    Raises:
        ValueError, TypeError, OverflowError: not a time; the row is damaged.
    """
    if type(value) is not int:
        raise TypeError("a stored time is an integer")
    return EPOCH + timedelta(microseconds=value)


def micros_or_none(moment: datetime | None) -> int | None:
    """As ``to_micros``, for a time that need not be there."""
    return None if moment is None else to_micros(moment)


def moment_or_none(value: object) -> datetime | None:
    """As ``from_micros``, for a time that need not be there."""
    return None if value is None else from_micros(value)


def word(kind: type[_E], text: str) -> _E:
    """The member of a closed vocabulary for a stored word.

    Raises:
        ValueError: no such word; files of other versions are refused before this can happen.
    """
    return kind(text)
