"""Trading as the window sees it: one object, thin over the parts that do the work.

Nothing is sent before ``begin`` has taken up what an earlier run left open, and nothing here
decides what is wise: a review was read, the journal holds, the switches are on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.events import Event
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import Environment, OrderSide
from brokerdesk.errors import NotSupportedError, StorageError
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.brokers.finding import Chain
    from brokerdesk.brokers.trading import SentField
    from brokerdesk.db.journal.audit import AuditEntry, Head, Verdict
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.services.ledger import LedgerService
    from brokerdesk.services.routing import Wish
    from brokerdesk.services.trading_after import AfterSending
    from brokerdesk.services.trading_audit import AuditService
    from brokerdesk.services.trading_desk import TradingDesk
    from brokerdesk.services.trading_facts import (
        LedgerRow,
        Match,
        Offers,
        Review,
        Routed,
        Sent,
        TicketQuote,
        TradingState,
    )
    from brokerdesk.services.trading_state import Standing
    from brokerdesk.settings import Settings

_log = logging.getLogger(__name__)


class Tickets(Protocol):
    """What a ticket asks for."""

    async def find(self, text: str, environment: Environment) -> tuple[Match, ...]: ...
    async def environments(self) -> tuple[Environment, ...]: ...
    async def route(self, wish: Wish, draft: Draft | None = None) -> Routed: ...
    async def offers(self, draft: Draft) -> Offers: ...
    async def quote(
        self, instrument: Instrument, environment: Environment, account: AccountId | None
    ) -> TicketQuote: ...
    async def expiries(self, underlying: Instrument, account: AccountId) -> tuple[date, ...]: ...
    async def chain(self, underlying: Instrument, expiry: date, account: AccountId) -> Chain: ...
    async def set_default(self, account: AccountId | None) -> None: ...


class Reviews(Protocol):
    """What is read before anything is sent."""

    async def review(self, drafts: tuple[Draft, ...], *, replaces: str = "") -> Review: ...
    def void(self, review_id: str) -> None: ...
    def take(self, review_id: str, read: frozenset[str]) -> Review: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What stands behind the face."""

    standing: Standing
    desk: TradingDesk
    after: AfterSending
    ledger: Callable[[], LedgerService]
    """Made when it is first asked for."""
    audit: AuditService


class TradingService:
    """All methods belong to one event loop."""

    def __init__(
        self, parts: Parts, drafting: Callable[[], tuple[Tickets, Reviews]] | None = None
    ) -> None:
        self._parts, self._drafting = parts, drafting
        self._drafts: tuple[Tickets, Reviews] | None = None
        """Made with the first ticket: most runs of the program open none."""

    # -- switches and standing -------------------------------------------------------------

    def state(self) -> TradingState:
        """The switches, and what stands open."""
        return self._parts.standing.state()

    async def begin(self) -> None:
        """Open the journal and take up what an earlier run left open. A journal that cannot be used
        is told in ``state().failure`` and stops nothing but orders.
        """
        await self._parts.standing.begin()
        try:
            await self._parts.after.begin()
        except StorageError as error:
            _log.warning("orders that move are not told: %s", error.code)

    async def aclose(self) -> None:
        """End what looks and waits, what is on its way included (it is unknown then), and close the
        journal. Twice is fine.
        """
        await self._parts.after.aclose()
        await self._parts.desk.stop()
        await self._parts.standing.aclose()

    def notice(self, event: Event) -> None:
        """Something happened elsewhere in the program."""
        self._parts.after.notice(event)

    def journal(self) -> Journal | None:
        """The open journal; None while it is not open or cannot be used."""
        return self._parts.standing.keeper.opened

    def is_on(self, connection: ConnectionId) -> bool:
        """Whether a connection may send orders."""
        return connection in self._parts.standing.switches.on

    async def turn(self, connection: ConnectionId, on: bool) -> TradingState:
        """Let a connection send orders, or no longer.

        Raises:
            InputError, NotSupportedError, StorageError: nothing was changed.
        """
        await self._parts.standing.switches.turn(connection, on)
        return self.state()

    async def halt(self, on: bool) -> TradingState:
        """Stop all new orders, or let them go again. Cancels pass.

        Raises:
            StorageError: nothing was changed.
        """
        await self._parts.standing.switches.halt(on)
        return self.state()

    def attend(self, what: str, on: bool) -> None:
        """A ticket or the page of orders is open (``what`` names which), or no longer: orders that
        no broker tells of are asked for more often meanwhile.
        """
        self._parts.after.attend(what, on)

    # -- sending ---------------------------------------------------------------------------

    async def send(self, review_id: str, read: frozenset[str]) -> tuple[Sent, ...]:
        """Send the orders of a review, one after another until one is not accepted.

        ``read`` are the codes of the warnings that were ticked. What is not sent says why.
        """
        return await self._parts.desk.send(self._reviews(), review_id, read)

    async def answer(self, intent: str, *, agreed: bool) -> Sent:
        """The user's answer to a broker's questions."""
        return await self._parts.desk.answer(intent, agreed=agreed)

    async def cancel(self, account: AccountId, order_id: str, click: str) -> Sent:
        """Ask for an order to be cancelled; ``click`` is the id of this click."""
        return await self._parts.desk.cancel(account, order_id, click)

    async def cancel_all(
        self, account: AccountId | None, side: OrderSide | None, click: str
    ) -> tuple[Sent, ...]:
        """Ask for all working orders to be cancelled, of one account or side or of all."""
        return await self._parts.desk.cancel_all(account, side, click)

    @property
    def in_flight(self) -> int:
        """How many orders are on their way, or wait for an answer to a broker's question."""
        return self._parts.desk.in_flight

    async def finish(self, seconds: float) -> bool:
        """Wait for what is on its way. False: something still is."""
        return await self._parts.desk.finish(seconds)

    def go_on(self) -> None:
        """The program does not end after all: orders may be sent again."""
        self._parts.desk.go_on()

    # -- after sending ---------------------------------------------------------------------

    async def ledger(
        self, accounts: Collection[AccountId], since: datetime | None
    ) -> tuple[LedgerRow, ...]:
        """Orders of brokers and our own intents as one list, newest first."""
        return await self._parts.ledger().rows(accounts, since)

    async def detail(self, key: str) -> LedgerRow | None:
        """One row of the ledger as it is now."""
        return await self._parts.ledger().row(key)

    async def request_of(self, intent: str) -> tuple[tuple[SentField, ...], str]:
        """What went out, without what is secret, and what came back in our words."""
        return await self._parts.ledger().request_of(intent)

    async def check_now(self, intent: str) -> None:
        """Look at once for an order of unknown fate."""
        await self._parts.standing.settled().look_now(intent)

    async def confirm_absent(self, intent: str) -> None:
        """The user says that an order is not at the broker.

        Raises:
            NotSupportedError: it has not been looked for long enough, or something could be it.
        """
        await self._parts.standing.settled().confirm_absent(intent)

    async def choose(self, intent: str, order_id: str) -> None:
        """The user says which order it is: the one that is proposed, or another that could be it.

        Raises:
            NotSupportedError: that one could not be it.
        """
        await self._parts.standing.settled().choose(intent, order_id)

    async def set_aside(self, intent: str, order_ids: Collection[str]) -> None:
        """The user says that none of these orders is it. It is looked for further.

        Raises:
            NotSupportedError: one of them is certain to be it, or is not there any more.
        """
        await self._parts.standing.settled().set_aside(intent, order_ids)

    # -- the audit log ---------------------------------------------------------------------

    async def audit(self, after: int = 0, most: int = 1000) -> tuple[AuditEntry, ...]:
        """Entries after number ``after``, oldest first."""
        return await self._parts.audit.entries(after, most)

    async def verify(self) -> Verdict:
        """Look at the whole audit log."""
        return await self._parts.audit.verify()

    async def export_audit(self, path: Path) -> Head:
        """Write the audit log to a private file; its head is to be kept elsewhere."""
        return await self._parts.audit.export(path)

    def signed_in(self, what: str, connection: Connection) -> None:
        """Note in the audit log that a connection was made, signed in again or removed."""
        self._parts.audit.signed_in(
            what, connection.id, connection.broker, connection.environment.value
        )
        if what == "removed":
            self._parts.standing.keeper.later(self._parts.standing.switches.forget(connection.id))

    def settings_changed(self, before: Settings, after: Settings) -> None:
        """Note the limits that the user changed."""
        self._parts.audit.settings_changed(before, after)

    # -- tickets and reviews ---------------------------------------------------------------

    async def find(self, text: str, environment: Environment) -> tuple[Match, ...]:
        return await self.tickets.find(text, environment)

    async def environments(self) -> tuple[Environment, ...]:
        return await self.tickets.environments()

    async def route(self, wish: Wish, draft: Draft | None = None) -> Routed:
        return await self.tickets.route(wish, draft)

    async def offers(self, draft: Draft) -> Offers:
        return await self.tickets.offers(draft)

    async def quote(
        self, instrument: Instrument, environment: Environment, account: AccountId | None
    ) -> TicketQuote:
        return await self.tickets.quote(instrument, environment, account)

    async def expiries(self, underlying: Instrument, account: AccountId) -> tuple[date, ...]:
        return await self.tickets.expiries(underlying, account)

    async def chain(self, underlying: Instrument, expiry: date, account: AccountId) -> Chain:
        return await self.tickets.chain(underlying, expiry, account)

    async def set_default(self, account: AccountId | None) -> None:
        await self.tickets.set_default(account)

    async def review(self, drafts: tuple[Draft, ...], *, replaces: str = "") -> Review:
        """What the user is to read before anything is sent.

        Raises:
            InputError, NotSupportedError: the draft cannot be sent; ``field`` names where.
        """
        return await self._reviews().review(drafts, replaces=replaces)

    def void(self, review_id: str) -> None:
        self._reviews().void(review_id)

    @property
    def tickets(self) -> Tickets:
        """What writes orders.

        Raises:
            NotSupportedError: orders cannot be written here.
        """
        return self._made()[0]

    def _reviews(self) -> Reviews:
        return self._made()[1]

    def _made(self) -> tuple[Tickets, Reviews]:
        if self._drafts is None:
            if self._drafting is None:
                raise _not_here()
            self._drafts = self._drafting()
        return self._drafts


def _not_here() -> NotSupportedError:
    return NotSupportedError("Orders cannot be drafted here.", capability="trading")
