"""What a session can do besides when its ``Capabilities`` say ``streaming``: tell unasked.

A stream is one attempt: it connects, tells, and ends with an error when the line is lost. Trying
again, backing off, choosing between brokers and falling back to asking are the quote service's
business, so that every broker behaves alike. Nothing that a stream tells is ever the only source of
a stored figure: it moves prices on the screen and says *when* to read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from brokerdesk.domain.exact import check_times
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.facts import dataclass


class LineState(StrEnum):
    CONNECTING = "connecting"
    LIVE = "live"
    """Signed in; what was subscribed is told from now on."""
    SILENT = "silent"
    """Connected, but the broker said that prices stand still (farm broken, feed paused)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How the line is. ``note`` is our sentence on it, or ""."""

    state: LineState
    at: datetime
    note: str = ""

    def __post_init__(self) -> None:
        check_times(self, "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A quote with everything known of it by now: what a message left out is carried on."""

    key: QuoteKey
    quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTold:
    """What the broker will not tell on this line, with our sentence why: ask it or another."""

    keys: frozenset[QuoteKey]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMoved:
    """Something happened in an account: its orders, and after a fill its portfolio, want reading.

    ``account`` None: the broker did not say in which. ``order`` is the order as told, where it was
    told whole. ``filled``: units changed hands. ``recovered``: it happened while nobody listened.
    """

    account: AccountId | None
    at: datetime
    order: Order | None = None
    filled: bool = False
    recovered: bool = False

    def __post_init__(self) -> None:
        check_times(self, "at")


StreamEvent = Line | Told | NotTold | AccountMoved
Tell = Callable[[StreamEvent], None]
"""Called on the I/O loop, once per event, in the order of arrival. Must return at once."""


class QuoteStream(Protocol):
    """One line for prices."""

    @property
    def most(self) -> int | None:
        """How many keys this line carries at most; None: no limit is known."""
        ...

    def carries(self, key: QuoteKey) -> bool:
        """Whether this broker streams such a thing at all. Never goes to the network."""
        ...

    def want(self, keys: frozenset[QuoteKey]) -> None:
        """What is wanted from now on, instead of what was. Before ``run`` and at any time in it."""
        ...

    async def run(self, tell: Tell) -> None:
        """Connect, subscribe what is wanted, tell until cancelled. One attempt.

        Raises:
            BrokerError: the line could not be made, or was lost (also by silence: a stream knows
                how long its broker may say nothing). An ``AuthError`` is not to be tried again.
        """
        ...


class AccountStream(Protocol):
    """One line for what happens in the accounts of a login."""

    async def run(self, tell: Tell) -> None:
        """As ``QuoteStream.run``, telling ``Line`` and ``AccountMoved``."""
        ...


@runtime_checkable
class StreamsQuotes(Protocol):
    """A session that has a line for prices."""

    def quote_stream(self) -> QuoteStream:
        """A new line, not connected yet. Only one of a session may run at a time."""
        ...


@runtime_checkable
class StreamsAccounts(Protocol):
    """A session that has a line for its accounts. It may share its socket with the other."""

    def account_stream(self) -> AccountStream:
        """A new line, not connected yet. Only one of a session may run at a time."""
        ...
