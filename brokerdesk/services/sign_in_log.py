"""When somebody signed in, and how often the access was renewed: kept with the database's notes.

It knows nothing of how a sign-in works and keeps nothing of it but its moment. Renewals are counted
by the day, a line for each day that had any.
"""

from __future__ import annotations

import contextlib
from datetime import date, datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.market_hours import new_york_day

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork

KEPT = 26
"""Half a year of weekly sign-ins."""
DAYS = 30
"""How long renewals are remembered."""


def note(uow: UnitOfWork, connection: ConnectionId, at: datetime) -> None:
    """Remember a sign-in."""
    times = [*read(uow, connection), at]
    uow.meta.set(_key(connection), "\n".join(one.isoformat() for one in times[-KEPT:]))


def read(uow: UnitOfWork, connection: ConnectionId) -> tuple[datetime, ...]:
    """The sign-ins that are remembered, oldest first."""
    times = []
    for line in (uow.meta.get(_key(connection)) or "").split("\n"):
        try:
            at = datetime.fromisoformat(line)
        except ValueError:
            continue  # nothing, or what another version wrote
        if at.tzinfo is not None:
            times.append(at)
    return tuple(times)


def note_renewals(uow: UnitOfWork, connection: ConnectionId, at: datetime, count: int) -> None:
    """Remember that the access was renewed so often."""
    today = new_york_day(at)
    days = _renewals(uow, connection)
    days[today] = days.get(today, 0) + count
    kept = sorted(day for day in days if 0 <= (today - day).days < DAYS)
    lines = "\n".join(f"{day} {days[day]}" for day in kept)
    uow.meta.set(_renewals_key(connection), lines)


def renewals(uow: UnitOfWork, connection: ConnectionId, now: datetime) -> int:
    """How often the access was renewed in the last ``DAYS`` days."""
    today = new_york_day(now)
    found = _renewals(uow, connection)
    return sum(count for day, count in found.items() if 0 <= (today - day).days < DAYS)


def forget(uow: UnitOfWork, connection: ConnectionId) -> None:
    """The connection goes."""
    uow.meta.set(_key(connection), "")
    uow.meta.set(_renewals_key(connection), "")


def _renewals(uow: UnitOfWork, connection: ConnectionId) -> dict[date, int]:
    found: dict[date, int] = {}
    for line in (uow.meta.get(_renewals_key(connection)) or "").split("\n"):
        day, _, count = line.partition(" ")
        with contextlib.suppress(ValueError):
            found[date.fromisoformat(day)] = int(count)
    return found


def _renewals_key(connection: ConnectionId) -> str:
    return f"renewals:{connection}"


def _key(connection: ConnectionId) -> str:
    return f"sign-ins:{connection}"
