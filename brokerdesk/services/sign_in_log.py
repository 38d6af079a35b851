"""When somebody signed in: the last times of each connection, kept with the database's notes.

It knows nothing of how a sign-in works and keeps nothing of it but its moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import ConnectionId

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork

KEPT = 26
"""Half a year of weekly sign-ins."""


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


def forget(uow: UnitOfWork, connection: ConnectionId) -> None:
    """The connection goes."""
    uow.meta.set(_key(connection), "")


def _key(connection: ConnectionId) -> str:
    return f"sign-ins:{connection}"
