"""What state a connection is in after a round, in one word and one sentence, and its row.

The state is what the user must know before trusting figures; it never says more than was proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.connection import Connection, Failure
from brokerdesk.domain.events import ConnectionChanged, Publish
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import (
    AuthError,
    BrokerDeskError,
    BrokerUnavailableError,
    RateLimitedError,
    SecretDamagedError,
    SecretMissingError,
)
from brokerdesk.services import sign_in_log

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork

FAULT = (
    "A fault in BrokerDesk stopped this refresh. The last figures stay, and other connections go "
    "on. Refresh by hand to try again."
)
SIGN_IN_ENDED = "The sign-in has ended. Sign in again to get new figures; the stored ones stay."

_ERROR_STATES: tuple[tuple[type[BrokerDeskError], ConnectionState], ...] = (
    (AuthError, ConnectionState.NEEDS_SIGN_IN),
    (SecretMissingError, ConnectionState.NEEDS_SIGN_IN),
    (SecretDamagedError, ConnectionState.NEEDS_SIGN_IN),
    (RateLimitedError, ConnectionState.RATE_LIMITED),
    (BrokerUnavailableError, ConnectionState.UNAVAILABLE),
)


def judge(
    error: BrokerDeskError | None, *, held: int = 0, vanished: bool = False
) -> ConnectionState:
    """The state after a round that ended with ``error`` and held back ``held`` readings."""
    for kind, state in _ERROR_STATES:
        if isinstance(error, kind):
            return state
    if error is not None:
        return ConnectionState.FAILED
    return ConnectionState.SUSPECT if held or vanished else ConnectionState.OK


def sentence(error: BrokerDeskError | None, failed: Sequence[str]) -> str:
    """Our words for the state: the error's own, else each shortfall; "" when all is well."""
    return error.sentences() if error is not None else " ".join(failed)


def retries(state: ConnectionState) -> bool:
    """Whether the schedule backs off in this state instead of keeping its interval."""
    return state in (
        ConnectionState.UNAVAILABLE,
        ConnectionState.RATE_LIMITED,
        ConnectionState.FAILED,
    )


def paused(until: datetime) -> str:
    """The sentence while the broker's own pause lasts."""
    return f"The broker asked for a pause until {until:%H:%M:%S} UTC. The last figures stay."


async def store(
    database: Database,
    publish: Publish,
    connection: ConnectionId,
    *,
    state: ConnectionState,
    text: str,
    now: datetime,
    attempted: bool = False,
    succeeded: bool = False,
    error: BrokerDeskError | None = None,
    sign_in: tuple[datetime | None, datetime | None] | None = None,
    renewals: int = 0,
) -> None:
    """Write the state into the newest row, so that a rename meanwhile is kept; tell if it changed.

    A connection that was removed meanwhile stays removed.
    """

    def write(uow: UnitOfWork) -> bool:
        row = uow.connections.get(connection)
        if row is None:
            return False
        changed = (row.state, row.state_text) != (state, text)
        new = replace(
            row,
            state=state,
            state_text=text,
            state_since=now
            if row.state is not state or row.state_since is None
            else row.state_since,
            last_attempt=now if attempted else row.last_attempt,
            last_success=now if succeeded else row.last_success,
        )
        if sign_in is not None:
            new = replace(
                new,
                signed_in_at=sign_in[0] or row.signed_in_at,
                sign_in_ends=sign_in[1],
            )
        if new != row:
            uow.connections.update(new)
        if renewals:
            sign_in_log.note_renewals(uow, connection, now, renewals)
        if error is not None:
            uow.connections.record_failure(
                Failure(connection=connection, at=now, code=error.code, text=error.sentences())
            )
        return changed

    if await database.run(write):
        publish(ConnectionChanged(connection=connection, state=state, text=text))


def needs_sign_in(row: Connection, now: datetime) -> bool:
    """True once the sign-in's known end has passed."""
    return row.sign_in_ends is not None and row.sign_in_ends <= now
