"""One signed-in relation to one broker, and what the user has to know about it."""

from __future__ import annotations

from datetime import datetime

from brokerdesk.domain.exact import check_times
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A connection as stored.

    ``identity`` is a digest of who signed in: the same identity twice is refused unless it is a
    new sign-in of this connection. ``practice_url`` is one loopback origin, set only in the
    practice environment when it is not the built-in simulator. ``state_text`` is our sentence.
    """

    id: ConnectionId
    broker: str
    environment: Environment
    name: str
    identity: str
    created_at: datetime
    practice_url: str = ""
    state: ConnectionState = ConnectionState.NEW
    state_text: str = ""
    state_since: datetime | None = None
    last_success: datetime | None = None
    last_attempt: datetime | None = None
    signed_in_at: datetime | None = None
    sign_in_ends: datetime | None = None

    def __post_init__(self) -> None:
        check_times(
            self,
            "created_at",
            "state_since",
            "last_success",
            "last_attempt",
            "signed_in_at",
            "sign_in_ends",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failed attempt, kept 30 days: when, of what kind, and our sentence for it."""

    connection: ConnectionId
    at: datetime
    code: str
    text: str
    account: str = ""

    def __post_init__(self) -> None:
        check_times(self, "at")
