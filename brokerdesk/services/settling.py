"""What became of an order whose fate is unknown: looked for until it is known.

By our own id where the broker keeps such ids, else by what it is among the orders that were not
there before. One that is it is found; several are the user's to tell apart. That it is not there is
never concluded here: it takes five full reads over two minutes *and* the user's word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.trading import Trades
from brokerdesk.clock import Clock
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import BrokerDeskError, NotSupportedError
from brokerdesk.services.opening import SessionPool
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal

PAUSES = (2, 5, 10, 30, 60)
"""Seconds before the first looks; then one a minute."""
ENOUGH_READS, ENOUGH_TIME = 5, timedelta(seconds=120)
SLACK = timedelta(minutes=5)
"""How far the broker's clock may be from ours, and how late an order may be listed as entered."""
_GONE = (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REPLACED, OrderStatus.FILLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The last look for an unknown intent. ``candidates`` are orders that could be it."""

    intent: Intent
    at: datetime
    next_at: datetime | None
    candidates: tuple[Order, ...] = ()
    failure: str = ""

    @property
    def can_be_absent(self) -> bool:
        """Whether the user may say now that it is not there."""
        waited = self.at - self.intent.created_at
        return (
            not self.candidates
            and not self.failure
            and self.intent.checks >= ENOUGH_READS
            and waited >= ENOUGH_TIME
        )


class SettlingService:
    """Takes up what is open at every start, and what becomes unknown since."""

    def __init__(
        self,
        *,
        journal: Journal,
        database: Database,
        pool: SessionPool,
        clock: Clock,
        supervisor: Supervisor,
        changed: Callable[[Look], object] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._database = database
        self._pool = pool
        self._clock = clock
        self._supervisor = supervisor
        self._changed = changed
        self.looks: dict[str, Look] = {}

    async def begin(self) -> tuple[Intent, ...]:
        """Take up what an earlier run left open. No ticket unlocks before this has returned.

        What was written down and never began to be sent was not sent. What began is unknown.
        """
        found = []
        for intent in await self._journal.unsettled():
            match intent.state:
                case IntentState.COMMITTED:
                    words = "The program ended before it was sent."
                    await self._journal.step(intent.id, IntentState.NOT_SENT, words=words)
                case IntentState.SENDING | IntentState.ANSWERED:
                    words = "The program ended while it was being sent."
                    unknown = await self._journal.step(intent.id, IntentState.UNKNOWN, words=words)
                    found.append(unknown)
                case _:
                    found.append(intent)
        for intent in found:
            self.take(intent)
        return tuple(found)

    def take(self, intent: Intent) -> None:
        """Look for this one until it is settled."""
        self._supervisor.spawn(
            f"settle:{intent.id}", self._until_settled(intent), policy=Policy.SKIP_IF_RUNNING
        )

    async def look_now(self, intent: str) -> Look | None:
        """Look at once, because the user asks."""
        found = await self._journal.get(intent)
        if found is None or found.state is not IntentState.UNKNOWN:
            return None
        return await self._look(found, None)

    async def confirm_absent(self, intent: str) -> Intent:
        """The user says that it is not at the broker.

        Raises:
            NotSupportedError: it has not been looked for long enough, or something could be it.
        """
        look = await self.look_now(intent)
        if look is None or not look.can_be_absent:
            raise NotSupportedError(
                f"It takes {ENOUGH_READS} complete looks over two minutes that find nothing.",
                capability="confirm absent",
            )
        words = "Not at the broker, as the user saw."
        settled = await self._journal.step(intent, IntentState.ABSENT, words=words)
        self.looks.pop(intent, None)
        return settled

    async def choose(self, intent: str, order_id: str) -> Intent:
        """The user says which of several orders it is.

        Raises:
            NotSupportedError: that one could not be it.
        """
        look = self.looks.get(intent)
        if look is None or order_id not in {one.id for one in look.candidates}:
            raise NotSupportedError("That order could not be it.", capability="choose")
        return await self._found(look.intent, order_id, "Found, as the user said.")

    async def _until_settled(self, intent: Intent) -> None:
        looks = 0
        while True:
            pause = PAUSES[min(looks, len(PAUSES) - 1)]
            await self._clock.sleep(pause)
            looks += 1
            now = await self._journal.get(intent.id)
            if now is None or now.state is not IntentState.UNKNOWN:
                return
            following = PAUSES[min(looks, len(PAUSES) - 1)]
            await self._look(now, self._clock.now() + timedelta(seconds=following))

    async def _look(self, intent: Intent, next_at: datetime | None) -> Look:
        """One look, noted in the journal when it was complete and found nothing."""
        at = self._clock.now()
        candidates: tuple[Order, ...] = ()
        failure = ""
        try:
            session = await self._session(intent)
            candidates, complete = await self._candidates(session, intent)
        except BrokerDeskError as error:
            failure, complete = error.sentences(), False
        if len(candidates) == 1 and complete:
            intent = await self._found(intent, candidates[0].id, "Found at the broker.")
        elif complete and not candidates:
            intent = await self._journal.step(
                intent.id, IntentState.UNKNOWN, words=intent.words, checks=intent.checks + 1
            )
        look = Look(intent=intent, at=at, next_at=next_at, candidates=candidates, failure=failure)
        if intent.state is IntentState.UNKNOWN:
            self.looks[intent.id] = look
        self._changed(look)
        return look

    async def _found(self, intent: Intent, order_id: str, words: str) -> Intent:
        settled = await self._journal.step(
            intent.id, IntentState.FOUND, order_id=order_id, words=words
        )
        self.looks.pop(intent.id, None)
        return settled

    async def _session(self, intent: Intent) -> Trades:
        connection = await self._database.read(lambda uow: uow.connections.get(intent.connection))
        if connection is None:
            raise NotSupportedError(
                "Its connection was removed: look for it on the broker's own site.",
                capability="orders",
            )
        session = self._pool.session(connection)
        if not isinstance(session, Trades):
            raise NotSupportedError("This broker takes no orders here.", capability="trading")
        return session

    async def _candidates(self, session: Trades, intent: Intent) -> tuple[tuple[Order, ...], bool]:
        """Orders that could be it, and whether everything there is was seen."""
        if intent.kind is IntentKind.CANCEL:
            order = await session.order(intent.account, intent.order_id)
            # Nothing to send again: a cancel is settled by what its order is now.
            settled = order is not None and order.status in _GONE
            return ((order,) if order is not None and settled else ()), settled
        try:
            own = await session.by_client_id(intent.account, intent.client_order_id)
        except NotSupportedError:
            own = None
        if own is not None:
            return (own,), True
        batch = await session.every_order(intent.account, intent.created_at - SLACK)
        before = set(intent.baseline)
        new = [one for one in batch.items if one.id not in before]
        fitting = tuple(one for one in new if _fits(intent, one))
        return fitting, not batch.unread


def _fits(intent: Intent, order: Order) -> bool:
    """Whether an order that was not there before could be this intent's."""
    if order.client_order_id and order.client_order_id != intent.client_order_id:
        return False  # it has an id of its own: another program's
    if order.entered_at is not None and order.entered_at < intent.created_at - SLACK:
        return False
    return intent.draft is not None and not differences(intent.draft, order)
