"""Sends what was reviewed, and asks for cancels: one click, one intent.

What is refused here was not sent, and the sentence says why. What went on its way comes back as the
intent that the journal holds, whatever became of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from brokerdesk.brokers.trading import Asked, Trades
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.domain.order import Order
from brokerdesk.errors import BrokerDeskError, NotSupportedError
from brokerdesk.services.ledger_rules import cancel_id, cannot_cancel, every, on_side, to_cancel
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.same_account_reach import Reach
from brokerdesk.services.sending import Result, Reviewed, SendingService
from brokerdesk.services.trading_clearing import (
    Hidden,
    accounts_to_clear,
    open_cancels,
    together,
)
from brokerdesk.services.trading_facts import Review, ReviewedOrder, Sent
from brokerdesk.services.trading_questions import Question, Questions
from brokerdesk.services.trading_state import Standing
from brokerdesk.services.volleys import Volley

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database

HALTED = (
    "New orders are halted. Nothing was sent. Lift the halt in the Trade menu. Cancels go through."
)
ENDING = "The program is ending. Nothing was sent."
TWICE = "This review was sent already. It is not sent a second time."
OLD = "This review is too old. Nothing was sent. Review the order again."
UNREAD = "Read and tick each warning first. Nothing was sent."
EARLIER = "Not sent, because the order before it was not accepted."
NO_QUESTION = "The broker waits for no answer here."
UNSEEN = (
    "The broker does not show this order now, which does not mean that it is cancelled. Nothing "
    "was sent."
)


EACH = timedelta(seconds=60)
"""So long after the click each order may begin: a computer that slept sends nothing later."""


class TakesReviews(Protocol):
    """Hands a review out for sending, if it still holds."""

    def take(self, review_id: str, read: frozenset[str]) -> Review: ...


class TradingDesk:
    """All methods belong to one event loop.

    Args:
        orders: the orders of an account as last seen, those told by a stream among them.
        per_minute: how many orders a minute the user allows.
    """

    def __init__(
        self,
        *,
        standing: Callable[[], Standing],
        database: Database,
        pool: SessionPool,
        clock: Clock,
        orders: Callable[[AccountId], Awaitable[Sequence[Order]]],
        per_minute: Callable[[], int],
        changed: Callable[[], object],
    ) -> None:
        self._standing = standing
        self._database, self._pool, self._clock = database, pool, clock
        self._orders, self._per_minute, self._changed = orders, per_minute, changed
        self._taken: set[str] = set()
        self._questions = Questions(clock)
        self._busy = 0
        self._idle = asyncio.Event()
        self._ending = False

    # -- orders ----------------------------------------------------------------------------

    async def send(
        self, reviews: TakesReviews, review_id: str, read: frozenset[str]
    ) -> tuple[Sent, ...]:
        """The orders of a review, one after another until one is not accepted."""
        why = self._obstacle()
        if why:
            return (Sent(failure=why),)
        if review_id in self._taken:
            return (Sent(failure=TWICE),)
        try:
            review = reviews.take(review_id, read)
        except BrokerDeskError as error:
            return (Sent(failure=error.sentences()),)
        why = self._refused(review, read)
        if why:
            return (Sent(failure=why),)
        self._taken.add(review_id)
        self._begin()
        try:
            return await self._basket(review)
        finally:
            self._end()

    async def answer(self, intent: str, *, agreed: bool) -> Sent:
        """The user's answer to the broker's questions. A yes sends the order: what stops orders
        stops it, too. Of an intent that waits for none, it is told how that stands.
        """
        found = self._questions.take(intent)
        if found is None:
            return Sent(intent=await self._of_click(intent), failure=NO_QUESTION)
        self._begin()
        try:
            sender = self._standing().sender()
            connection = await self._connection(found.intent.connection)
            if agreed and (why := await self._against_yes(found)):
                self._questions.keep(found)
                return Sent(intent=found.intent, asked=found.asked, failure=why)
            result = await sender.answer(connection, found.intent, found.asked, agreed=agreed)
            return self._sent(result)
        except BrokerDeskError as error:
            self._questions.keep(found)
            return Sent(intent=found.intent, asked=found.asked, failure=error.sentences())
        finally:
            self._end()

    async def _against_yes(self, question: Question) -> str:
        if self._ending:
            return ENDING
        return await self._questions.against_yes(question, self._standing().keeper.opened)

    def asked(self, intent: str) -> Asked | None:
        """The questions that an intent waits with."""
        return self._questions.asked(intent)

    # -- cancels ---------------------------------------------------------------------------

    async def cancel(self, account: AccountId, order_id: str, click: str) -> Sent:
        """Ask for one order to be cancelled."""
        sent = await self._cancelled(account, order_id, click)
        return replace(sent, account=account, order=order_id)

    async def _cancelled(self, account: AccountId, order_id: str, click: str) -> Sent:
        self._begin()
        try:
            seen = every(await self._orders(account))
            known = next((one for one in seen if one.id == order_id), None)
            sender = self._standing().sender()
            stored = await self._database.read(lambda uow: uow.accounts.get(account))
            if stored is None or stored.connection is None:
                return Sent(failure="This account is reached through no connection any more.")
            connection = await self._connection(stored.connection)
            order = known or await self._at_broker(connection, account, order_id)
            if order is None:
                return Sent(failure=UNSEEN)
            why = cannot_cancel(order)
            if why:
                return Sent(failure=f"{why} Nothing was sent.")
            return await self._asked_for(sender, connection, order, click)
        except BrokerDeskError as error:
            return Sent(failure=error.sentences())
        finally:
            self._end()

    async def cancel_all(
        self, account: AccountId | None, side: OrderSide | None, click: str
    ) -> tuple[Sent, ...]:
        """Ask for every order to be cancelled that can be; one that fails stops no other.

        Left alone are accounts that can only be read, those that are counted through another
        connection, which asks for theirs, and what was asked for already.
        """
        asked = await open_cancels(self._standing().keeper.opened, self._clock.now())
        clearable = await self._database.read(
            lambda uow: accounts_to_clear(uow, self._pool.spec, account)
        )

        async def at_one(connection: ConnectionId, accounts: Hidden) -> tuple[Sent, ...]:
            wanted = [
                order
                for each, hidden in accounts.items()
                for order in to_cancel(o for o in await self._orders(each) if o.id not in hidden)
                if (each, order.id) not in asked and (side is None or on_side(order, side))
            ]
            return await self._volley(connection, wanted, click)

        # A broker that lets us wait keeps no other waiting.
        told = await asyncio.gather(*(at_one(*one) for one in clearable.items()))
        return tuple(one for sent in told for one in sent)

    async def _volley(
        self, connection: ConnectionId, orders: Sequence[Order], click: str
    ) -> tuple[Sent, ...]:
        """All of these are sent before the first is read back."""
        if not orders:
            return ()
        self._begin()
        try:
            sender, row = self._standing().sender(), await self._connection(connection)
            at_once = self._pool.spec(row.broker).capabilities.cancels_at_once
            volley = Volley(self._clock, orders, at_once)
            return await together(
                self._asked_for(sender, row, one, cancel_id(click, one), volley) for one in orders
            )
        except BrokerDeskError as error:
            why = error.sentences()
            return tuple(Sent(failure=why, account=o.account, order=o.id) for o in orders)
        finally:
            self._end()

    async def _asked_for(
        self,
        sender: SendingService,
        connection: Connection,
        order: Order,
        click: str,
        volley: Volley | None = None,
    ) -> Sent:
        """What came of asking for one order, by this click or by the same one before."""
        try:
            sent = self._sent(await sender.cancel(connection, order, click, volley))
        except BrokerDeskError as error:
            earlier = await self._of_click(click)
            sent = Sent(failure=error.sentences()) if earlier is None else Sent(intent=earlier)
        return replace(sent, account=order.account, order=order.id)

    # -- the end ---------------------------------------------------------------------------

    @property
    def in_flight(self) -> int:
        """How much is on its way, and what waits for the user's answer to a broker."""
        sending = self._standing().sending
        running = 0 if sending is None else len(sending.running)
        return max(running, self._busy) + len(self._questions)

    async def finish(self, seconds: float) -> bool:
        """Wait for what is on its way. False: something still is. Nothing new begins any more,
        until ``go_on``.
        """
        self._ending = True
        try:
            async with asyncio.timeout(seconds):
                while self._busy or self._running():
                    if running := self._running():
                        await asyncio.wait(running)
                    else:
                        self._idle.clear()
                        await self._idle.wait()
        except TimeoutError:
            return False
        return not self._questions

    def go_on(self) -> None:
        """The program does not end after all."""
        self._ending = False

    async def stop(self) -> None:
        """End what is on its way: what became of it is unknown then, and looked for at the next
        start.
        """
        self._ending = True
        running = self._running()
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    # -- inside ----------------------------------------------------------------------------

    def _obstacle(self) -> str:
        if self._ending:
            return ENDING
        standing = self._standing()
        return standing.obstacle() or (HALTED if standing.switches.halted else "")

    def _refused(self, review: Review, read: frozenset[str]) -> str:
        """What the review itself has against being sent, looked at once more."""
        blocked = review.blocked
        if blocked:
            return f"{blocked[0].words} Nothing was sent."
        if self._clock.now() > review.until or not review.orders:
            return OLD
        if any(one.code not in read for one in review.warnings):
            return UNREAD
        if any(one.draft.environment is not review.environment for one in review.orders):
            return "These orders are not of one environment. Nothing was sent."
        if any(one.prepared is None for one in review.orders):
            return OLD
        return ""

    async def _basket(self, review: Review) -> tuple[Sent, ...]:
        sent: list[Sent] = []
        until = self._clock.now() + EACH * len(review.orders)
        for one in review.orders:
            if sent and not _accepted(sent[-1]):
                sent.append(Sent(failure=EARLIER))
            elif sent and (why := self._obstacle()):
                sent.append(Sent(failure=why))
            else:
                sent.append(await self._one(one, until))
        return tuple(sent)

    async def _one(self, one: ReviewedOrder, until: datetime) -> Sent:
        from brokerdesk.db.journal.guarding import Guard
        from brokerdesk.db.journal.switches import trading

        assert one.prepared is not None
        try:
            sender = self._standing().sender()
            connection = await self._connection(one.connection)
            account = one.draft.account
            others = await self._database.read(lambda uow: Reach(uow).others(account))
            reviewed = Reviewed(
                id=one.prepared.client_order_id,
                connection=connection,
                draft=one.draft,
                prepared=one.prepared,
                preview=one.preview,
                guard=Guard(
                    switch=trading(one.connection),
                    per_minute=self._per_minute(),
                    until=until,
                    accounts=others,
                ),
            )
            send = sender.replace if one.prepared.replaces else sender.place
            return self._sent(await send(reviewed))
        except BrokerDeskError as error:
            begun = await self._of_click(one.prepared.client_order_id)
            if begun is not None and begun.state is not IntentState.NOT_SENT:
                return Sent(intent=begun)  # it may have left: never "nothing was sent"
            return Sent(failure=error.sentences())

    def _sent(self, result: Result) -> Sent:
        if result.asked is not None:
            self._questions.add(result.intent, result.asked)
        return Sent(intent=result.intent, asked=result.asked)

    async def _connection(self, connection: ConnectionId) -> Connection:
        row = await self._database.read(lambda uow: uow.connections.get(connection))
        if row is None:
            raise NotSupportedError(
                "Its connection was removed. Nothing was sent.", capability="trading"
            )
        return row

    async def _at_broker(
        self, connection: Connection, account: AccountId, order_id: str
    ) -> Order | None:
        session = self._pool.session(connection)
        if not isinstance(session, Trades):
            raise NotSupportedError("This broker takes no orders here.", capability="trading")
        return await session.order(account, order_id)

    async def _of_click(self, click: str) -> Intent | None:
        """The same click came before: what it began."""
        journal = self._standing().keeper.opened
        return None if journal is None else await journal.get(click)

    def _running(self) -> set[asyncio.Task[Result]]:
        sending = self._standing().sending
        return set() if sending is None else set(sending.running)

    def _begin(self) -> None:
        self._busy += 1
        self._changed()

    def _end(self) -> None:
        self._busy -= 1
        if not self._busy:
            self._idle.set()
        self._changed()


def _accepted(sent: Sent) -> bool:
    return sent.intent is not None and sent.intent.state in (
        IntentState.ACCEPTED,
        IntentState.FOUND,
    )
