"""What a broker is to the rest of the product.

A session receives HTTP settings, a clock and a credential port. It never sees the database, the
event bus, the settings file or Qt. It returns data or raises one of ``errors.BrokerError``; there
are no ``(ok, reason)`` answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from brokerdesk.clock import Clock
from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.daily_value import DailyValue
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment, OrderType, TimeInForce, TradingSession
from brokerdesk.domain.order import Order
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Reading
from brokerdesk.domain.transaction import Transaction
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.brokers.flow import ConnectFlow, FlowContext
    from brokerdesk.brokers.rate import RateState
    from brokerdesk.brokers.rate_book import Book

Credentials = Mapping[str, str]
"""What a session needs to sign in: short names to secret texts. Never logged, never in ``repr``."""


class CredentialPort(Protocol):
    """One connection's secrets, shared by tasks and processes."""

    async def read(self) -> Credentials:
        """The newest stored credentials.

        Raises:
            SecretStoreError: the store is missing, locked or damaged, or has no such secret.
        """
        ...

    async def replace(self, credentials: Credentials) -> None:
        """Store new credentials durably, replacing all of the old ones in one step.

        Raises:
            SecretStoreError: nothing was changed.
        """
        ...

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Hold while reading, exchanging and replacing: excludes other tasks *and* processes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How this computer reaches the outside.

    ``proxy`` is a URL or "" for none; ``ca_file`` an extra CA bundle in PEM or "". TLS trusts the
    system's store; there is no switch to ignore certificate errors.
    """

    proxy: str = ""
    ca_file: str = ""
    offline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionContext:
    """All that a session is given."""

    environment: Environment
    clock: Clock
    credentials: CredentialPort
    network: Network = field(default_factory=Network)
    practice_url: str = ""
    token_buffer: timedelta = timedelta(seconds=60)
    on_clock_skew: Callable[[float], None] | None = None
    """Called with seconds (ours minus the broker's ``Date``) whenever an answer tells it."""
    on_renewed: Callable[[], None] | None = None
    """Called when the access was renewed without the user, such as an hourly token."""
    book: Book | None = None
    """Where requests are counted for all processes of the profile; None: this one counts alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Until when the present login lasts. ``ends`` None: no fixed date."""

    signed_in_at: datetime | None = None
    ends: datetime | None = None


class BrokerSession(Protocol):
    """An open relation to one broker. Every method may raise any ``BrokerError``."""

    async def accounts(self) -> Batch[Account]:
        """All accounts that this login may see, closed ones left out by the broker."""
        ...

    async def portfolio(self, account: AccountId) -> Reading:
        """Balances and positions of one account, out of one answer so that they belong together."""
        ...

    async def transactions(
        self, account: AccountId, since: datetime, until: datetime
    ) -> Batch[Transaction]:
        """Everything booked in ``[since, until]``; longer spans are split as the broker needs."""
        ...

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        """Orders entered in ``[since, until]``."""
        ...

    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        """One quote per symbol that the broker knows; unknown symbols are in ``unread``."""
        ...

    async def sign_in(self) -> SignIn:
        """When the present login began and ends. Never goes to the network."""
        ...

    async def aclose(self) -> None:
        """Release everything. May be called twice."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One limit of a broker and what is left of it now. ``account`` None: that of the login."""

    free: int
    limit: int
    seconds: float = 60.0
    """How long the broker counts."""
    waiting: int = 0
    paused_seconds: float = 0.0
    account: AccountId | None = None
    what: str = ""
    """What is counted, where it is not all requests: our word, such as ``market data``."""


def as_rates(
    state: RateState | None, *, account: AccountId | None = None, what: str = ""
) -> tuple[Rate, ...]:
    """A bucket's state as a fact; nothing before its first use."""
    if state is None:
        return ()
    waiting = state.waiting_user + state.waiting_background
    return (
        Rate(
            free=state.free,
            limit=state.limit,
            waiting=waiting,
            paused_seconds=state.paused_seconds,
            account=account,
            what=what,
        ),
    )


@runtime_checkable
class Paced(Protocol):
    """A session that tells how much of the broker's limits is left."""

    def rates(self) -> tuple[Rate, ...]:
        """The limits that were used so far, that of the login first. Never asks the broker."""
        ...


@runtime_checkable
class DailyPrices(Protocol):
    """What a session can do besides when its ``Capabilities`` say ``daily_prices``."""

    async def daily_prices(self, symbol: str, since: date) -> Batch[DailyPrice]:
        """Closing prices from ``since`` on, oldest first; none for a symbol that is not known.

        Asked only when the user wants to see them. May raise any ``BrokerError``.
        """
        ...


@runtime_checkable
class DailyValues(Protocol):
    """What a session can do besides when its ``Capabilities`` say ``daily_values``."""

    async def daily_values(self, account: AccountId, since: date) -> Batch[DailyValue]:
        """What the account was worth at the end of each day from ``since`` until yesterday, oldest
        first. May raise any ``BrokerError``.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One institution that is reached through a broker which gathers several.

    ``working`` False: the institution wants a new sign-in, and what it answers is old.
    ``trades`` None: not known. ``notes`` are our sentences on what cannot be had there.
    """

    id: str
    institution: str
    working: bool
    since: datetime | None = None
    trades: bool | None = None
    live: bool | None = None
    """Whether figures are asked for anew each time; False: as of the institution's last sync."""
    notes: tuple[str, ...] = ()


@runtime_checkable
class Gatherer(Protocol):
    """What the session of a broker that gathers institutions can do besides.

    All of it only when the user says so: a refresh may be billed, a removal cannot be undone.
    """

    async def links(self) -> Batch[Link]:
        """The institutions of this login, in the broker's order."""
        ...

    async def refresh_link(self, link: str) -> None:
        """Have the broker read an institution anew; figures follow some time later."""
        ...

    async def remove_link(self, link: str) -> None:
        """Take an institution out of this login, for every program that uses it."""
        ...


@runtime_checkable
class SignsOut(Protocol):
    """What a session can do besides when signing out here leaves something running over there."""

    async def sign_out(self) -> None:
        """End at the broker what signing in began, such as a subscription that is billed.

        Asked when the connection is removed, or thrown away before it was saved. Nothing to end is
        no error. May raise any ``BrokerError``.
        """
        ...


@runtime_checkable
class BilledBalances(Protocol):
    """What a session can do besides when its ``Capabilities.billed`` has ``live_balances``."""

    async def live_balances(self, account: AccountId) -> tuple[Balance, ...]:
        """The balances of this moment, which the vendor bills. Only ever on the user's click."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a broker can do, as data: the connect cards, the ticket, the README table and the
    contract tests read this one record. ``checked_on`` says how old the facts are.
    """

    environments: tuple[Environment, ...]
    reads: tuple[str, ...]
    trading: bool
    order_types: tuple[OrderType, ...]
    times_in_force: tuple[TimeInForce, ...]
    sessions: tuple[TradingSession, ...]
    fractional: bool
    notional: bool
    preview: bool
    streaming: bool
    server_checked_client_id: bool
    sign_in: str
    sign_in_lasts: timedelta | None
    needs: str
    requests_per_minute: int
    refresh_open: timedelta
    refresh_closed: timedelta
    history: str
    fees: str
    checked_on: str
    notes: tuple[str, ...] = ()
    daily_prices: bool = False
    """Whether its sessions tell closing prices of the past (``DailyPrices``)."""
    daily_values: bool = False
    """Whether its sessions tell what an account was worth on past days (``DailyValues``)."""
    background_per_day: tuple[tuple[str, int], ...] = ()
    """How often a day something of ``reads`` may be read without a click, such as
    ``("transactions", 1)``; nothing named here is without such a limit."""
    signs_out: bool = False
    """Whether its sessions end something at the broker when a connection goes (``SignsOut``)."""
    billed: tuple[str, ...] = ()
    """Calls that the vendor bills one by one: never made without the user's click."""
    sign_in_until_revoked: bool = False
    """Whether a sign-in lasts until somebody takes it back at the broker, as keys do. Without it
    and without ``sign_in_lasts`` nobody can say when it ends."""
    sign_in_again: str = ""
    """When a new sign-in is wanted, in words, where a rule says so that is no length of time."""
    account_requests_per_minute: int | None = None
    """The limit for one account, where there is one beside that for all."""
    quotes_every: timedelta | None = timedelta(seconds=60)
    """How often prices may be asked for in the background; None: there are none to be had."""
    gathers: bool = False
    """Whether accounts of other institutions come through it, which may be connected directly."""
    cancels_at_once: int = 4
    """How many cancels may be on their way at a time; 1 where each waits for the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSpec:
    """One broker. ``hosts`` lists, per environment, the only hosts its sessions may reach.

    ``replay`` decodes one recorded portfolio answer (as the wire carried it) into a reading: the
    practice profile builds its past from such recordings, through the same mapping as live data.

    ``check_draft`` raises the ``NotSupportedError`` or ``InputError`` with which a session of this
    broker would refuse to prepare the draft for that account; pure, and None where nothing is sent.

    ``orders_url`` is the broker's own page where its customers see their orders (https), or "".
    """

    id: str
    title: str
    capabilities: Capabilities
    open_session: Callable[[SessionContext], BrokerSession]
    connect_flow: Callable[[FlowContext], ConnectFlow]
    docs_url: str
    hosts: Mapping[Environment, tuple[str, ...]] = field(default_factory=dict)
    replay: Callable[[bytes, Environment, datetime], Reading] | None = None
    check_draft: Callable[[Draft, Account], None] | None = None
    orders_url: str = ""
