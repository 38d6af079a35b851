"""Schwab's ways of writing a moment, read and written in one place."""

from __future__ import annotations

import re
from datetime import UTC, datetime

REQUEST_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(Z|[+-]\d{2}:?\d{2})", re.ASCII
)


def read_time(text: str) -> datetime | None:
    """A request's time, with or without milliseconds; None if it is not one."""
    found = REQUEST_TIME.fullmatch(text)
    if found is None:
        return None
    zone = "+00:00" if found[3] == "Z" else found[3]
    fraction = f".{found[2]:0<6}" if found[2] else ""
    try:
        return datetime.fromisoformat(found[1] + fraction + zone).astimezone(UTC)
    except ValueError:
        return None


def order_time(moment: datetime) -> str:
    """As in orders and transactions: no colon in the offset, no fraction."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
