"""What a session can do besides when its ``Capabilities`` say ``trading``.

A session sends what it is told to, once, and says what that proved. It keeps no journal, decides
nothing and never tries again: whatever it cannot prove is ``Unproven``. Reads stay reads.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Protocol, runtime_checkable

from brokerdesk.domain.draft import Draft
from brokerdesk.domain.exact import check_amounts, check_times
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.order import Order
from brokerdesk.domain.reading import Batch
from brokerdesk.facts import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SentField:
    """One field that goes to the broker: its name there, its value there, and our words for it."""

    name: str
    value: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What will go out, to the last byte. ``fields`` are all of its fields and no others.

    ``route`` is method and path, or the message's name; ``body`` the exact bytes, or for a protocol
    that is not text their canonical form. The same draft and id always give the same bytes.
    """

    account: AccountId
    client_order_id: str
    route: str
    body: bytes
    fields: tuple[SentField, ...]
    replaces: str = ""
    """The broker's id of the order that this one takes the place of."""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.route.encode() + b"\n" + self.body).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What the broker itself says that it would cost. None: it did not say, which is not zero.

    ``warnings`` and ``refusals`` are the broker's words, shown word for word as plain text.
    """

    at: datetime
    commission: Decimal | None = None
    fees: Decimal | None = None
    total: Decimal | None = None
    buying_power_after: Decimal | None = None
    margin_change: Decimal | None = None
    warnings: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    expires: datetime | None = None
    token: str = ""
    """What the broker wants to see again with the order that was previewed."""

    def __post_init__(self) -> None:
        check_times(self, "at", "expires")
        check_amounts(self, "commission", "fees", "total", "buying_power_after", "margin_change")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The broker took it and named the order. Not verified until it has been read back."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Proven: the broker said no, in a way that its documents call final."""

    words: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Proven: no byte of it left this computer."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unproven:
    """Anything else. ``why`` is our sentence; ``order_id`` what the answer named, if it did."""

    why: str
    order_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The broker asks before it takes the order. Only the user answers."""

    questions: tuple[str, ...]
    token: str


Outcome = Answered | Refused | NotSent | Unproven | Asked


@runtime_checkable
class Trades(Protocol):
    """A session that can send orders. Reads may raise any ``BrokerError``; sending never does: its
    outcome is a value. What is cancelled while it sends is the caller's to call unproven.
    """

    def prepare(self, draft: Draft, client_order_id: str, *, replaces: str = "") -> Prepared:
        """The exact request for a draft. Pure.

        Raises:
            NotSupportedError: this broker cannot do that; the sentence says what.
            InputError: the draft contradicts itself; ``field`` names where.
        """
        ...

    async def preview(self, prepared: Prepared) -> Preview | None:
        """The broker's own preview; None where it has none."""
        ...

    async def ready(self, account: AccountId) -> None:
        """Prove within five seconds that the connection works and the login has two minutes left.

        Raises:
            BrokerError: it does not; nothing is to be sent.
        """
        ...

    async def place(self, prepared: Prepared, preview: Preview | None = None) -> Outcome:
        """Send it: one attempt, no redirect, 30 seconds in all."""
        ...

    async def replace(self, prepared: Prepared) -> Outcome:
        """Send ``prepared`` in place of the order ``prepared.replaces``. As ``place``."""
        ...

    async def cancel(self, account: AccountId, order_id: str) -> Outcome:
        """Ask for an order to be cancelled. ``Answered`` means asked, never cancelled."""
        ...

    async def answer(self, account: AccountId, token: str, *, agreed: bool) -> Outcome:
        """The user's answer to ``Asked``. As ``place``."""
        ...

    async def order(self, account: AccountId, order_id: str) -> Order | None:
        """One order as it is now; None when the broker says that there is none of this id."""
        ...

    async def by_client_id(self, account: AccountId, client_order_id: str) -> Order | None:
        """The order with our own id, where the broker keeps such ids.

        Raises:
            NotSupportedError: it does not: orders are found by what they are.
        """
        ...

    async def every_order(self, account: AccountId, since: datetime) -> Batch[Order]:
        """All orders entered since then, closed ones too, complete or an error."""
        ...


@runtime_checkable
class KnowsObstacles(Protocol):
    """A session whose broker takes orders of some accounts and of others does not."""

    def cannot_send(self, account: AccountId) -> str:
        """Why no order can go out for an account, "" if nothing is known. Asks nobody."""
        ...
