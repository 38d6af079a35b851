"""What services tell the rest of the program, in the past tense.

Services speak outward through one callable ``publish(event)``. Events carry ids and small facts,
never whole portfolios: who wants the figures reads them from the cache.
"""

from __future__ import annotations

from collections.abc import Callable

from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshStarted(Event):
    connection: ConnectionId
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshProgressed(Event):
    """``done`` of ``total`` accounts have an outcome; ``what`` names the section being read."""

    connection: ConnectionId
    done: int
    total: int
    what: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRefreshed(Event):
    """A new or confirmed snapshot of this account has been committed."""

    connection: ConnectionId
    account: AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesChanged(Event):
    """Exchange rates were stored: figures in the base currency are others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasesChanged(Event):
    """Another list of releases was read, or the user has chosen what to hear of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSuspected(Event):
    """An answer was held back as suspect; the last good snapshot stays."""

    connection: ConnectionId
    account: AccountId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshFinished(Event):
    """``failed`` names each shortfall in our words; empty means that everything was read."""

    connection: ConnectionId
    failed: tuple[str, ...] = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChanged(Event):
    connection: ConnectionId
    state: ConnectionState
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionsChanged(Event):
    """Connections or accounts were added, renamed or removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsOffered(Event):
    """Accounts that the broker lists and the user has not yet included or excluded."""

    connection: ConnectionId
    accounts: tuple[AccountId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInDue(Event):
    """The login ends soon or has ended; ``hours_left`` is None once it has."""

    connection: ConnectionId
    hours_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PracticePrepared(Event):
    """Practice data grew; ``done`` of ``total`` days are stored."""

    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderMoved(Event):
    """An order of ours, or one that a broker told of, is another now.

    ``what`` is an ``IntentState`` or an ``OrderStatus`` value, ``partly_filled``, or ``proposed``:
    one may be an order of ours that was lost, and the user is asked. ``text`` is our sentence with
    broker, symbol and side, and without an amount. ``intent`` "": made elsewhere.
    """

    connection: ConnectionId
    account: AccountId
    what: str
    text: str = ""
    intent: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingChanged(Event):
    """A trading switch, the halt, or the number of open questions is another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSkewed(Event):
    """This computer's clock differs from the broker's by ``seconds`` (ours minus theirs)."""

    seconds: int


Publish = Callable[[Event], None]
