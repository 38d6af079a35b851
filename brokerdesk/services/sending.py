"""The one way by which an order leaves this computer.

Written down first, sent at most once, and told as what was proven. Every step that must survive a
crash is committed to the journal before the next thing happens; what a crash leaves behind is taken
up by ``settling``. Nothing here decides whether an order is wise: that was the review.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from brokerdesk.brokers.hurry import Hurry, in_hurry
from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.brokers.trading import (
    Answered,
    Asked,
    NotSent,
    Outcome,
    Prepared,
    Preview,
    Refused,
    Trades,
    Unproven,
)
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.order import Order
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import (
    BrokerDeskError,
    NotSupportedError,
    StorageError,
    UserCancelled,
)
from brokerdesk.facts import dataclass
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.sending_before import (
    baseline,
    before_sending,
    blocked_by,
    cancelling,
    check_replaceable,
)
from brokerdesk.services.volleys import Volley
from brokerdesk.tasks import Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.journal.guarding import Guard
    from brokerdesk.db.journal.store import Journal

READ_BACK = tuple(timedelta(milliseconds=wait) for wait in (0, 500, 1000, 2000, 4000))
"""How long before each try to read an answered order back."""
READ_WITHIN = 30
"""Seconds for reading back: a broker that lets us wait leaves it unknown, to be looked for."""

NOT_SHOWN = (
    "The broker named an order that it does not show yet.",
    "The broker was asked to cancel, and does not show the order yet.",
)
UNWRITTEN = "What became of it could not be written down. It is looked for at the next start."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What the user saw and agreed to. ``id`` was made with the review: it can be sent once."""

    id: str
    connection: Connection
    draft: Draft
    prepared: Prepared
    preview: Preview | None = None
    guard: Guard | None = None
    """What has to hold still when it is written down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an intent stands; ``asked`` are the broker's questions while it waits for answers."""

    intent: Intent
    asked: Asked | None = None


class SendingService:
    """Place, replace and cancel. Belongs to one event loop.

    Args:
        at: told the name of every point at which a crash must be harmless; for tests.
        settle: takes up an intent that is unknown now.
        remember: keeps elsewhere how far the journal has come, before an order's first byte.
    """

    def __init__(
        self,
        *,
        journal: Journal,
        pool: SessionPool,
        clock: Clock,
        supervisor: Supervisor,
        settle: Callable[[Intent], object] = lambda _: None,
        at: Callable[[str], object] = lambda _: None,
        remember: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        self._journal = journal
        self._remember = remember
        self._pool = pool
        self._clock = clock
        self._supervisor = supervisor
        self._settle = settle
        self._at = at
        self.running: set[asyncio.Task[Result]] = set()
        """What is on its way, whoever waits for it."""

    async def place(self, reviewed: Reviewed) -> Result:
        """Send a reviewed order.

        Raises:
            NotSupportedError, BrokerError, StorageError: nothing was sent.
        """
        return await self._whole(f"order:{reviewed.id}", self._place(reviewed))

    async def replace(self, reviewed: Reviewed) -> Result:
        """Send a reviewed order in place of ``reviewed.prepared.replaces``. As ``place``."""
        if not reviewed.prepared.replaces:
            raise ValueError("what is it to replace?")
        return await self._whole(f"order:{reviewed.id}", self._place(reviewed))

    async def cancel(
        self, connection: Connection, order: Order, intent: str, volley: Volley | None = None
    ) -> Result:
        """Ask for an order to be cancelled; ``intent`` is the id of this click. In a volley it is
        read back once all of it were sent.

        Raises:
            NotSupportedError, BrokerError, StorageError: nothing was sent.
        """
        alone = volley or Volley(self._clock, (order,), 1)
        return await self._whole(f"order:{intent}", self._cancel(connection, order, intent, alone))

    async def answer(
        self, connection: Connection, intent: Intent, asked: Asked, *, agreed: bool
    ) -> Result:
        """The user's answer to the broker's questions.

        Raises:
            NotSupportedError, BrokerError, StorageError: nothing was answered.
        """
        session, hurry = self._session(connection), Hurry(self._clock)

        async def reply() -> Outcome:
            with in_hurry(hurry) if agreed else contextlib.nullcontext():
                return await session.answer(intent.account, asked.token, agreed=agreed)

        return await self._whole(f"order:{intent.id}", self._told(session, intent, reply))

    async def _whole(self, name: str, work: Coroutine[Any, Any, Result]) -> Result:
        """Run to the end, whatever becomes of the window or task that waits for it."""
        with asked_by_user():  # what it asks goes before what is read in the background
            task = self._supervisor.spawn(name, work, on_error=lambda _: None)
        assert task is not None
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return await asyncio.shield(task)

    def _session(self, connection: Connection) -> Trades:
        session = self._pool.session(connection)
        if not self._pool.spec(connection.broker).capabilities.trading:
            raise NotSupportedError("This broker takes no orders here.", capability="trading")
        if not isinstance(session, Trades):
            raise NotSupportedError("This broker takes no orders here.", capability="trading")
        return session

    async def _place(self, reviewed: Reviewed) -> Result:
        draft, prepared = reviewed.draft, reviewed.prepared
        if draft.environment is not reviewed.connection.environment:
            raise NotSupportedError(
                "This order is for another environment than the connection.", capability="trading"
            )
        session = self._session(reviewed.connection)
        async with before_sending():
            await session.ready(draft.account)
            self._at("ready")
            if prepared.replaces:
                await check_replaceable(session, draft, prepared.replaces)
            known = await baseline(session, draft.account, self._clock.now())
        kind = IntentKind.REPLACE if prepared.replaces else IntentKind.PLACE
        symbol, side = blocked_by(draft)
        now = self._clock.now()
        self._at("before commit")
        intent = Intent(
            id=reviewed.id,
            kind=kind,
            connection=reviewed.connection.id,
            account=draft.account,
            environment=draft.environment,
            symbol=symbol,
            side=side,
            draft=draft,
            client_order_id=prepared.client_order_id,
            request=prepared.body,
            digest=prepared.digest,
            baseline=known,
            state=IntentState.COMMITTED,
            created_at=now,
            changed_at=now,
            order_id=prepared.replaces,
        )
        guard = () if reviewed.guard is None else (reviewed.guard,)
        intent = await self._journal.commit(intent, *guard)
        hurry = Hurry(self._clock)
        intent = await self._begun(intent)

        async def send() -> Outcome:
            if self._remember is not None:
                await self._remember()
            with in_hurry(hurry):
                if prepared.replaces:
                    return await session.replace(prepared)
                return await session.place(prepared, reviewed.preview)

        return await self._told(session, intent, send)

    async def _cancel(
        self, connection: Connection, order: Order, id_: str, volley: Volley
    ) -> Result:
        async with volley.shot() as shot:
            session = self._session(connection)
            await volley.prove(session, order.account)
            self._at("ready")
            intent = cancelling(connection, order, id_, self._clock.now())
            self._at("before commit")
            intent = await self._begun(await self._journal.commit(intent))

            async def send() -> Outcome:
                return await session.cancel(order.account, order.id)

            async def seen(answered: Intent) -> Intent:
                shot.went()
                await volley.all_gone()
                if await volley.shows(session, order):
                    self._at("read back")
                    return await self._journal.step(answered.id, IntentState.ACCEPTED)
                async with volley.reading():
                    return await self._verified(session, answered, order.id)

            return await self._told(session, intent, send, seen)

    async def _begun(self, intent: Intent) -> Intent:
        """The last note before the first byte. What was stopped before it was not sent."""
        from brokerdesk.db.journal.guarding import refuse_if_late

        self._at("committed")
        try:
            refuse_if_late(intent, self._clock.now())
            intent = await self._journal.step(intent.id, IntentState.SENDING)
        except StorageError as error:
            with contextlib.suppress(StorageError):
                await self._journal.step(intent.id, IntentState.NOT_SENT, words=error.title)
            raise
        self._at("sending")
        return intent

    async def _told(
        self,
        session: Trades,
        intent: Intent,
        send: Callable[[], Coroutine[Any, Any, Outcome]],
        seen: Callable[[Intent], Coroutine[Any, Any, Intent]] | None = None,
    ) -> Result:
        """Send, and note what that proved; ``seen`` reads back. Whatever goes wrong in between is
        unknown.
        """
        step, target = self._journal.step, intent.order_id
        done = False
        try:
            outcome = await send()
            self._at("answered")
            match outcome:
                case Asked():
                    done = True
                    return Result(intent=intent, asked=outcome)
                case Refused(words=words):
                    intent = await step(intent.id, IntentState.REJECTED, words=words)
                case NotSent(why=why):
                    intent = await step(intent.id, IntentState.NOT_SENT, words=why)
                case Unproven(why=why, order_id=order_id):
                    intent = await step(
                        intent.id, IntentState.UNKNOWN, order_id=order_id, words=why
                    )
                case Answered(order_id=order_id):
                    intent = await step(intent.id, IntentState.ANSWERED, order_id=order_id)
                    self._at("noted")
                    if seen is None:
                        intent = await self._verified(session, intent, target)
                    else:
                        intent = await seen(intent)
            self._at("told")
            done = True
        except StorageError:
            # It may have left. That it is not written down makes it unknown, never not sent.
            done = True
            with contextlib.suppress(StorageError):
                await self._lost(intent)
            return Result(intent=replace(intent, state=IntentState.UNKNOWN, words=UNWRITTEN))
        finally:
            if not done:
                await self._lost(intent)
        if intent.state is IntentState.UNKNOWN:
            self._settle(intent)
        return Result(intent=intent)

    async def _lost(self, intent: Intent) -> None:
        """Something broke after the first byte may have left."""
        words = "The program was interrupted while it was being sent."
        found = await self._journal.get(intent.id)
        if found is not None and found.state in (IntentState.SENDING, IntentState.ANSWERED):
            self._settle(await self._journal.step(intent.id, IntentState.UNKNOWN, words=words))

    async def _verified(self, session: Trades, intent: Intent, target: str) -> Intent:
        """Read the order back: it is accepted once it is seen to be what was asked for.

        Some brokers keep the id of an order (``target``) that was replaced.
        """
        step, why = self._journal.step, NOT_SHOWN[intent.kind is IntentKind.CANCEL]
        order = await self._read_back(session, intent)
        if order is None:
            return await step(intent.id, IntentState.UNKNOWN, words=why)
        self._at("read back")
        if intent.kind is IntentKind.CANCEL:
            return await step(intent.id, IntentState.ACCEPTED)
        differing = differences(intent.draft, order) if intent.draft is not None else ()
        kept = intent.kind is IntentKind.REPLACE and order.id == target
        if not differing and (kept or order.id not in intent.baseline):
            return await step(intent.id, IntentState.ACCEPTED, order_id=order.id)
        why = (
            "The broker named an order that was there before."
            if order.id in intent.baseline
            else f"The order that the broker named differs in {', '.join(differing)}."
        )
        return await step(intent.id, IntentState.UNKNOWN, words=why)

    async def _read_back(self, session: Trades, intent: Intent) -> Order | None:
        """The order that the broker named; None: it was not shown in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READ_WITHIN):
                for pause in READ_BACK:
                    if pause:
                        await self._clock.sleep(pause.total_seconds())
                    try:
                        order = await session.order(intent.account, intent.order_id)
                    except (BrokerDeskError, UserCancelled):
                        continue
                    if order is not None:
                        return order
        return None
