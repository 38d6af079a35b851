"""Where sign-ins are kept, as the window says it."""

from __future__ import annotations

from enum import StrEnum

from brokerdesk.facts import dataclass


class KeepingKind(StrEnum):
    """Where secrets would go."""

    DURABLE = "durable"
    SESSION = "session"
    VAULT_LOCKED = "vault_locked"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class Keeping:
    """The place for secrets and the sentence about it."""

    kind: KeepingKind
    words: str = ""
