"""What became of something that was to be sent: the states and the only ways between them.

An intent is the wish to place, replace or cancel, written down before anything leaves. It is sent
at most once: no way leads from any later state back to ``SENDING``. What is not proven is
``UNKNOWN`` and is looked for; it never counts as refused, and never as not sent.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from brokerdesk.domain.draft import Draft
from brokerdesk.domain.exact import check_times
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment, OrderSide
from brokerdesk.facts import dataclass


class IntentKind(StrEnum):
    PLACE = "place"
    REPLACE = "replace"
    CANCEL = "cancel"


class IntentState(StrEnum):
    COMMITTED = "committed"
    """Written down; nothing has left."""
    SENDING = "sending"
    """Written down before the first byte. Found after a crash, it is unknown."""
    ANSWERED = "answered"
    """The broker named an order, which has not been read back yet."""
    ACCEPTED = "accepted"
    """Read back, and it is what was asked for."""
    REJECTED = "rejected"
    """On proof, with the broker's words."""
    NOT_SENT = "not_sent"
    """Proven that no byte left."""
    UNKNOWN = "unknown"
    FOUND = "found"
    """Was unknown, and is at the broker."""
    ABSENT = "absent"
    """Was unknown; looked for long enough, and the user says that it is not there."""


_S = IntentState
EDGES: dict[IntentState, frozenset[IntentState]] = {
    _S.COMMITTED: frozenset({_S.SENDING, _S.NOT_SENT}),
    _S.SENDING: frozenset({_S.ANSWERED, _S.REJECTED, _S.NOT_SENT, _S.UNKNOWN}),
    _S.ANSWERED: frozenset({_S.ACCEPTED, _S.UNKNOWN}),
    _S.UNKNOWN: frozenset({_S.FOUND, _S.ABSENT}),
    _S.ABSENT: frozenset({_S.FOUND}),
    _S.ACCEPTED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.NOT_SENT: frozenset(),
    _S.FOUND: frozenset(),
}
OPEN = frozenset({_S.COMMITTED, _S.SENDING, _S.ANSWERED, _S.UNKNOWN})
"""Not settled: block the same account, symbol and side, and are taken up at every start."""


def check_step(before: IntentState, after: IntentState) -> None:
    """Refuse a way that does not exist.

    Raises:
        ValueError: there is no such way.
    """
    if after not in EDGES[before]:
        raise ValueError(f"an intent does not go from {before} to {after}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One wish, as the journal has it.

    ``request`` are the exact bytes (for a protocol that is not text, their canonical form) and
    ``digest`` the SHA-256 of route and bytes; ``draft`` is what they were made from, None for a
    cancel. ``symbol`` and ``side`` are what it blocks while it is open. ``baseline`` are the ids of
    all orders of the account just before. ``order_id`` is the broker's: the one named in the answer
    or found, or for a cancel or a replace the one concerned. ``words`` are the broker's on a
    refusal, else ours on why.
    """

    id: str
    kind: IntentKind
    connection: ConnectionId
    account: AccountId
    environment: Environment
    symbol: str
    side: OrderSide
    draft: Draft | None
    client_order_id: str
    request: bytes
    digest: str
    baseline: tuple[str, ...]
    state: IntentState
    created_at: datetime
    changed_at: datetime
    order_id: str = ""
    words: str = ""
    checks: int = 0
    """Full reads since it became unknown that did not show it."""

    def __post_init__(self) -> None:
        check_times(self, "created_at", "changed_at")
