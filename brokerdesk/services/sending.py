"""The one way by which an order leaves this computer.

Written down first, sent at most once, and told as what was proven. Every step that must survive a
crash is committed to the journal before the next thing happens; what a crash leaves behind is taken
up by ``settling``. Nothing here decides whether an order is wise: that was the review.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

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
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.domain.order import Order
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import (
    BrokerDeskError,
    BrokerUnavailableError,
    NotSupportedError,
    StorageError,
    UserCancelled,
)
from brokerdesk.services.ledger_rules import cannot_replace
from brokerdesk.services.opening import SessionPool
from brokerdesk.tasks import Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.journal.guarding import Guard
    from brokerdesk.db.journal.store import Journal

BASELINE_REACH = timedelta(days=2)
"""Orders of so long before sending are the baseline: more than any order list is late."""
READ_BACK = tuple(timedelta(milliseconds=wait) for wait in (0, 500, 1000, 2000, 4000))
"""How long before each try to read an answered order back."""
READY_WITHIN = 30
"""Seconds for all that is asked before anything is sent."""
READ_WITHIN = 30
"""Seconds for reading back: a broker that lets us wait leaves it unknown, to be looked for."""

_ANOTHER = {"account", "instruments and sides"}
"""An order that differs in these is another one: no change makes one of the other."""
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
    ) -> None:
        self._journal = journal
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

    async def cancel(self, connection: Connection, order: Order, intent: str) -> Result:
        """Ask for an order to be cancelled; ``intent`` is the id of this click.

        Raises:
            NotSupportedError, BrokerError, StorageError: nothing was sent.
        """
        return await self._whole(f"order:{intent}", self._cancel(connection, order, intent))

    async def answer(
        self, connection: Connection, intent: Intent, asked: Asked, *, agreed: bool
    ) -> Result:
        """The user's answer to the broker's questions.

        Raises:
            NotSupportedError, BrokerError, StorageError: nothing was answered.
        """
        session = self._session(connection)

        async def reply() -> Outcome:
            return await session.answer(intent.account, asked.token, agreed=agreed)

        return await self._whole(
            f"order:{intent.id}", self._told(session, intent, reply, agreed=agreed)
        )

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
        async with _before_sending():
            await session.ready(draft.account)
            self._at("ready")
            if prepared.replaces:
                await self._replaceable(session, draft, prepared.replaces)
            baseline = await self._baseline(session, draft.account)
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
            baseline=baseline,
            state=IntentState.COMMITTED,
            created_at=now,
            changed_at=now,
            order_id=prepared.replaces,
        )
        guard = () if reviewed.guard is None else (reviewed.guard,)
        intent = await self._begun(await self._journal.commit(intent, *guard))

        async def send() -> Outcome:
            if prepared.replaces:
                return await session.replace(prepared)
            return await session.place(prepared, reviewed.preview)

        return await self._told(session, intent, send)

    async def _cancel(self, connection: Connection, order: Order, id_: str) -> Result:
        session = self._session(connection)
        async with _before_sending():
            await session.ready(order.account)
        self._at("ready")
        first = order.legs[0] if order.legs else None
        now = self._clock.now()
        self._at("before commit")
        intent = await self._journal.commit(
            Intent(
                id=id_,
                kind=IntentKind.CANCEL,
                connection=connection.id,
                account=order.account,
                environment=connection.environment,
                symbol=first.instrument.symbol if first else "",
                side=first.side if first else OrderSide.UNKNOWN,
                draft=None,
                client_order_id=id_,
                request=order.id.encode(),
                digest="",
                baseline=(),
                state=IntentState.COMMITTED,
                created_at=now,
                changed_at=now,
                order_id=order.id,
            )
        )
        intent = await self._begun(intent)
        return await self._told(session, intent, lambda: session.cancel(order.account, order.id))

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

    async def _replaceable(self, session: Trades, draft: Draft, order_id: str) -> None:
        """The order is there, works, and only its terms become others: asked just before."""
        order = await session.order(draft.account, order_id)
        if order is None:
            why = "The broker does not show the order that is to be changed."
        elif _ANOTHER & set(differences(draft, order)):
            why = "The order that is to be changed is another one."
        else:
            why = cannot_replace(order, trades=True)
        if why:
            raise NotSupportedError(why, capability="trading")

    async def _baseline(self, session: Trades, account: AccountId) -> tuple[str, ...]:
        batch = await session.every_order(account, self._clock.now() - BASELINE_REACH)
        if batch.unread:
            raise NotSupportedError(
                "Some of this account's orders cannot be read, so a lost one could not be found.",
                capability="trading",
            )
        return tuple(sorted(one.id for one in batch.items))

    async def _told(
        self,
        session: Trades,
        intent: Intent,
        send: Callable[[], Coroutine[Any, Any, Outcome]],
        *,
        agreed: bool = True,
    ) -> Result:
        """Send, and note what that proved. Whatever goes wrong in between is unknown."""
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
                    intent = await self._verified(session, intent, target)
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


@contextlib.asynccontextmanager
async def _before_sending() -> AsyncIterator[None]:
    """What is asked before takes no longer than it may: nothing was sent then."""
    try:
        async with asyncio.timeout(READY_WITHIN):
            yield
    except TimeoutError as error:
        raise BrokerUnavailableError(
            f"The broker did not answer within {READY_WITHIN} seconds.", "Nothing was sent."
        ) from error


def blocked_by(draft: Draft) -> tuple[str, OrderSide]:
    """What an open intent of this draft blocks: its symbols and the side of the first."""
    legs = draft.legs or draft.children[0].legs
    return "|".join(leg.instrument.symbol for leg in legs), legs[0].side
