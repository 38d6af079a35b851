"""What the Connections page is told of one connection: frozen facts, with times and no words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """An account of the connection. ``included`` None: the user has not been asked yet."""

    key: str
    mask: str
    name: str
    type: str
    included: bool | None
    closed: bool
    days: int
    newest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFacts:
    """A failed attempt: when, its stable code, and our sentence."""

    at: datetime
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionFacts:
    """One connection as stored. ``strip`` counts failures by day, today last."""

    key: str
    name: str
    broker: str
    environment: str
    since: datetime
    signed_in_at: datetime | None
    sign_in_ends: datetime | None
    sign_in_days: int | None
    renewals: int = 0
    """How often the access was renewed without the user, in the days of ``strip``."""
    last_attempt: datetime | None
    accounts: tuple[AccountFacts, ...] = ()
    sign_ins: tuple[datetime, ...] = ()
    failures: tuple[FailureFacts, ...] = ()
    strip: tuple[int, ...] = ()
    today: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalFacts:
    """What hangs on a connection, in numbers."""

    name: str
    accounts: int
    days: int
    first: date | None
    snapshots: int
    transactions: int
    orders: int
