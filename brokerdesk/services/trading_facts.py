"""What the ticket, the review and the orders page are told. Facts only: frozen, without Qt.

``None`` is "not known" everywhere, never zero. Sentences are ours and in plain words; what a broker
said stands in fields named so and is shown as plain text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.domain.kinds import Environment, OrderSide, OrderType, TimeInForce, TradingSession
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.brokers.trading import Asked, Prepared, Preview, SentField
    from brokerdesk.services.order_limits import Finding
    from brokerdesk.services.routing import Obstacle, Route


class Found(StrEnum):
    """Where a symbol in the search comes from."""

    HELD = "held"
    RECENT = "recent"
    BROKER = "broker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One line of the symbol search. ``told_by`` is the broker's title, "" for what is held."""

    instrument: Instrument
    found: Found
    told_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAccount:
    """One account as a ticket offers it.

    ``name`` is broker, last four and nickname; ``obstacle`` what keeps it from taking *this* order,
    with our sentence in ``why``. ``power`` is buying power in ``currency`` as of ``power_at``.
    """

    account: AccountId
    connection: ConnectionId
    broker_title: str
    name: str
    environment: Environment
    currency: str
    obstacle: Obstacle | None = None
    why: str = ""
    held: Decimal = Decimal(0)
    sellable: Decimal = Decimal(0)
    power: Decimal | None = None
    power_at: datetime | None = None
    is_default: bool = False

    @property
    def short(self) -> Decimal:
        """How much of it is owed, so that it can be bought back; 0 where it is held."""
        return max(Decimal(0), -self.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """Where an order would go, and all accounts of its environment, able ones first."""

    route: Route
    accounts: tuple[TicketAccount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What one account can do with what is in the ticket: by choice the reason against it, "" if it
    can. Out of the broker's own rules for drafts, so that the ticket and the sending never differ.
    """

    account: AccountId
    types: Mapping[OrderType, str]
    times: Mapping[TimeInForce, str]
    sessions: Mapping[TradingSession, str]
    sides: Mapping[OrderSide, str]
    links: Mapping[Link, str]
    dollars: str = ""
    fractions: str = ""
    trail_amount: str = ""
    trail_percent: str = ""
    replaces: str = ""
    """Why an order of this account cannot be changed at the broker."""
    tick: Decimal | None = None
    """The smallest step of a price near the market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketQuote:
    """A price asked for just now. ``source`` is the broker's title; ``failure`` says why none."""

    quote: Quote | None = None
    source: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Our own reckoning, in the currency of the order; never mixed with a broker's figures.

    ``exact`` False: it leans on a price that may move. ``held_after`` are units over all counted
    accounts of the environment, ``weight_after`` percent of their value.
    """

    currency: str
    value: Decimal | None = None
    power_before: Decimal | None = None
    power_after: Decimal | None = None
    power_if_open_fill: Decimal | None = None
    """What is left when the working and unsettled purchases of the account go through, too."""
    held_after: Decimal | None = None
    weight_after: Decimal | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedOrder:
    """One order as it would go out. ``fields`` are all that the broker gets, and no others."""

    draft: Draft
    connection: ConnectionId
    broker_title: str
    account_name: str
    fields: tuple[SentField, ...]
    quote: Quote | None
    estimate: Estimate
    preview: Preview | None = None
    preview_failure: str = ""
    """Why the broker's own preview is missing, where it has one."""
    findings: tuple[Finding, ...] = ()
    prepared: Prepared | None = field(default=None, repr=False)
    """What goes out, to the last byte; its own id is the intent's. Every sendable one has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What the user is to read. It holds until ``until`` and until anything is edited.

    One order, or the orders of a basket in the order in which they are sent.
    """

    id: str
    at: datetime
    until: datetime
    environment: Environment
    orders: tuple[ReviewedOrder, ...]
    replaces: str = ""

    @property
    def blocked(self) -> tuple[Finding, ...]:
        """What forbids sending."""
        return tuple(one for order in self.orders for one in order.findings if one.blocks)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What has to be read and ticked before."""
        return tuple(one for order in self.orders for one in order.findings if not one.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """How one order of a review stands. ``failure``: nothing was sent, and why.

    ``account`` and ``order`` name the broker's order that was to be cancelled.
    """

    intent: Intent | None = None
    asked: Asked | None = None
    failure: str = ""
    account: AccountId | None = None
    order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One point of an order's timeline. ``at`` None: still to come, or nobody said when."""

    state: str
    at: datetime | None
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How an order of unknown fate is looked for."""

    checks: int
    looked_at: datetime | None
    next_at: datetime | None
    candidates: tuple[Order, ...] = ()
    failure: str = ""
    can_be_absent: bool = False
    proposed: Order | None = None
    """The one order that is exactly what was asked for. Whose it is only the user can say."""
    refusable: tuple[str, ...] = ()
    """Ids of which the user may say that they are not it: until then it cannot be absent."""
    aside: frozenset[str] = frozenset()
    """Ids of which that was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """One order: ours (``intent``), the broker's (``order``), or both once they are known to be the
    same. ``key`` is stable over both.

    ``cannot_cancel`` and ``cannot_replace`` say why not; "" means that it can be tried.
    """

    key: str
    connection: ConnectionId | None
    account: AccountId
    account_name: str
    environment: Environment
    intent: Intent | None = None
    order: Order | None = None
    moments: tuple[Moment, ...] = ()
    search: Search | None = None
    asked: Asked | None = None
    cannot_cancel: str = ""
    cannot_replace: str = ""
    orders_url: str = ""
    """The broker's own page of orders."""
    cancel: Intent | None = None
    """The last wish to cancel it; one whose fate is open comes before a later one."""
    replaces: str = ""
    """The key of the row that it took the place of; ``replaced_by`` is the other way round."""
    replaced_by: str = ""

    @property
    def open_question(self) -> bool:
        """Whether nobody knows yet what became of it."""
        return self.intent is not None and self.intent.state is IntentState.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingState:
    """The switches, and what stands open. ``on`` are connections that may send orders."""

    halted: bool = False
    on: frozenset[ConnectionId] = field(default_factory=frozenset)
    ready: bool = False
    """Whether what an earlier run left open has been taken up; before that nothing is sent."""
    in_flight: int = 0
    unknown: int = 0
    failure: str = ""
    """Why the journal cannot be used: nothing can be sent then."""
