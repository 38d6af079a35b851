"""Plaid's dates and times."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from brokerdesk.domain.exact import utc


def moment(text: str | None) -> datetime | None:
    """A time in UTC; None when there is none, or none that can be understood."""
    if not text or len(text) > 64:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    try:
        return utc(found)
    except (ValueError, OverflowError):
        return None


def day(text: str | None) -> date | None:
    """A date; None when there is none, or none that can be understood."""
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None


def noon(when: date) -> datetime:
    """A date as a moment that lies on that date all over America and Europe."""
    return datetime.combine(when, time(12), UTC)
