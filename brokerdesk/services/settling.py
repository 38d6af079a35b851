"""What became of an order whose fate is unknown: looked for until it is known.

By our own id where the broker keeps such ids, or by the id that the broker answered. One that is
merely alike is never taken for it unasked, because another program's may differ in nothing: the
only one that was entered while ours was on its way is proposed, and the user says whose it is. That
it is not there is never concluded here: it takes five full reads over two minutes, each without an
order that could be it but for those of which the user said that they are not, *and* the user's
word; even then it is looked for a while longer.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.trading import Trades
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order_match import missing_parts
from brokerdesk.errors import BrokerDeskError, NotSupportedError
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.settling_looks import ENOUGH_READS, REACH, Look, Seen, weigh
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.db.unit_of_work import UnitOfWork

__all__ = ["Look", "SettlingService"]

LOOKS = (2, 5, 10, 30, 60)
"""Seconds after which is looked; then once a minute."""
PAUSES = tuple(b - a for a, b in zip((0, *LOOKS), (*LOOKS, 120), strict=True))
LATE = timedelta(minutes=15)
"""So long after it was written down an order is looked for that the user says is not there."""
SET_ASIDE = "order set aside"
"""The entry of the audit log: which order is not it, as the user said."""
PART = (
    "Only {there} of the {wanted} orders that belong together is seen at the broker. It works "
    "alone until the other is seen: look at the broker's own list."
)
_NAMED = (IntentState.ANSWERED, IntentState.ACCEPTED, IntentState.FOUND)
_GONE = (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REPLACED, OrderStatus.FILLED)


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
        at: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._database = database
        self._pool = pool
        self._clock = clock
        self._supervisor = supervisor
        self._changed = changed
        self._at = at
        self._looked_since: dict[str, timedelta] = {}
        self._aside: defaultdict[str, set[str]] = defaultdict(set)
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
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
            self._at("taken up")
        for intent in (*found, *await self._said_absent()):
            self.take(intent)
        return tuple(found)

    async def _said_absent(self) -> tuple[Intent, ...]:
        """Those that the user said are not there, a short while ago."""
        recent = await self._journal.since(self._clock.now() - LATE)
        return tuple(one for one in recent if one.state is IntentState.ABSENT)

    def take(self, intent: Intent) -> None:
        """Look for this one until it is settled."""
        self._supervisor.spawn(
            f"settle:{intent.id}", self._until_settled(intent), policy=Policy.SKIP_IF_RUNNING
        )

    async def look_now(self, intent: str) -> Look | None:
        """Look at once, because the user asks."""
        async with self._turns[intent]:
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
        if look is None or look.intent.state is not IntentState.UNKNOWN or not look.can_be_absent:
            raise NotSupportedError(
                f"It takes {ENOUGH_READS} complete looks over two minutes that find nothing.",
                capability="confirm absent",
            )
        words = "Not at the broker, as the user saw."
        settled = await self._journal.step(intent, IntentState.ABSENT, words=words)
        self.looks.pop(intent, None)
        return settled

    async def choose(self, intent: str, order_id: str) -> Intent:
        """The user says which order it is: the one that is proposed, or another that could be it.

        Raises:
            NotSupportedError: that one could not be it.
        """
        look = self.looks.get(intent)
        if look is None or order_id not in {one.id for one in look.candidates}:
            raise NotSupportedError("That order could not be it.", capability="choose")
        if order_id in await self._others(look.intent):
            raise NotSupportedError("That is another order of yours.", capability="choose")
        return await self._found(look.intent, order_id, "Found, as the user said.")

    async def set_aside(self, intent: str, order_ids: Collection[str]) -> Look:
        """The user says that none of these orders is it. They stand against its absence no longer,
        stay among those that can be chosen, and the full reads are counted from the beginning.

        It holds as long as this program runs, and is in the audit log: whoever starts anew is asked
        anew, because a slip must not decide in silence what becomes of an order that is there.

        Raises:
            NotSupportedError: one of them is certain to be it, or is not there any more.
        """
        async with self._turns[intent]:
            look, now = self.looks.get(intent), await self._journal.get(intent)
            ids = set(order_ids)
            if look is None or now is None or not ids or not ids <= {*look.refusable, *look.aside}:
                raise NotSupportedError(
                    "What the broker shows has changed. Look at it again.", capability="set aside"
                )
            if now.state is IntentState.UNKNOWN:
                now = await self._journal.step(now.id, now.state, words=now.words)
            await self._journal.note(SET_ASIDE, {"intent": intent, "order": ", ".join(sorted(ids))})
            self._aside[intent] |= ids
            self._looked_since.pop(intent, None)
            return await self._look(now, look.next_at)

    async def _until_settled(self, intent: Intent) -> None:
        looks = 0
        while True:
            pause = PAUSES[min(looks, len(PAUSES) - 1)]
            await self._clock.sleep(pause)
            looks += 1
            following = PAUSES[min(looks, len(PAUSES) - 1)]
            async with self._turns[intent.id]:
                now = await self._journal.get(intent.id)
                if now is None or not self._looked_for(now):
                    return
                await self._look(now, self._clock.now() + timedelta(seconds=following))

    def _looked_for(self, intent: Intent) -> bool:
        if intent.state is IntentState.ABSENT:
            return self._clock.now() - intent.created_at < LATE
        return intent.state is IntentState.UNKNOWN

    async def _look(self, intent: Intent, next_at: datetime | None) -> Look:
        """One look, noted in the journal when it was complete and found nothing."""
        at, tick = self._clock.now(), timedelta(seconds=self._clock.monotonic())
        seen, failure = Seen(), ""
        try:
            session = await self._session(intent)
            seen = await self._seen(session, intent)
            self._at("looked")
            intent = await self._noted(intent, seen, tick)
        except BrokerDeskError as error:
            failure = error.sentences()
        before = self.looks.get(intent.id) if failure else None
        what: Look | Seen = before or seen
        look = Look(
            intent=intent,
            at=at,
            next_at=next_at,
            candidates=what.candidates,
            proposed=what.proposed,
            refusable=what.refusable,
            aside=frozenset(self._aside.get(intent.id, ())),
            failure=failure,
            likely=what.likely,
            spanned=tick - self._looked_since.get(intent.id, tick),
        )
        self._keep(look)
        return look

    def _keep(self, look: Look) -> None:
        """Of one that the user said is absent, only what has turned up since is news."""
        intent, absent = look.intent, look.intent.state is IntentState.ABSENT
        shown = intent.id in self.looks
        if intent.state is IntentState.UNKNOWN or (absent and look.asks):
            self.looks[intent.id] = look
        elif absent and not look.failure:
            self.looks.pop(intent.id, None)
        if not absent or shown or look.asks:
            self._changed(look)

    async def _noted(self, intent: Intent, seen: Seen, tick: timedelta) -> Intent:
        if seen.found is not None:
            return await self._found(intent, seen.found.id, "Found at the broker.")
        if seen.part and intent.state is IntentState.UNKNOWN and intent.words != seen.part:
            return await self._journal.step(intent.id, IntentState.UNKNOWN, words=seen.part)
        if not seen.complete or seen.likely or intent.state is not IntentState.UNKNOWN:
            return intent
        self._looked_since.setdefault(intent.id, tick)
        return await self._journal.step(
            intent.id, IntentState.UNKNOWN, words=intent.words, checks=intent.checks + 1
        )

    async def _found(self, intent: Intent, order_id: str, words: str) -> Intent:
        settled = await self._journal.step(
            intent.id, IntentState.FOUND, order_id=order_id, words=words
        )
        self._at("found")
        self.looks.pop(intent.id, None)
        self._aside.pop(intent.id, None)
        return settled

    async def _session(self, intent: Intent) -> Trades:
        """The way to its account: by the connection that it went through, or where that was removed
        by the one through which the account is reached now.
        """

        def read(uow: UnitOfWork) -> Connection | None:
            same = uow.connections.get(intent.connection)
            if same is not None:
                return same
            stored = uow.accounts.get(intent.account)
            now = None if stored is None else stored.connection
            other = None if now is None else uow.connections.get(now)
            fits = other is not None and other.environment is intent.environment
            return other if fits else None

        connection = await self._database.read(read)
        if connection is None:
            raise NotSupportedError(
                "Its connection was removed: look for it on the broker's own site.",
                capability="orders",
            )
        session = self._pool.session(connection)
        if not isinstance(session, Trades):
            raise NotSupportedError("This broker takes no orders here.", capability="trading")
        return session

    async def _seen(self, session: Trades, intent: Intent) -> Seen:
        """What the broker shows that could be it, and which one is."""
        if intent.kind is IntentKind.CANCEL:
            order = await session.order(intent.account, intent.order_id)
            # Nothing to send again: a cancel is settled by what its order is now.
            settled = order is not None and order.status in _GONE
            return Seen(found=order if settled else None)
        try:
            own = await session.by_client_id(intent.account, intent.client_order_id)
        except NotSupportedError:
            own = None
        if own is not None:
            there, wanted = missing_parts(intent.draft, own) if intent.draft is not None else (0, 0)
            part = PART.format(there=there, wanted=wanted) if wanted else ""
            found = None if part else own
            return Seen(candidates=(own,), likely=True, complete=True, found=found, part=part)
        batch = await session.every_order(intent.account, intent.created_at - REACH)
        known = {*intent.baseline, *await self._others(intent)}
        return weigh(
            intent,
            (one for one in batch.items if one.id not in known),
            aside=self._aside.get(intent.id, ()),
            complete=not batch.unread,
            now=self._clock.now(),
        )

    async def _others(self, intent: Intent) -> set[str]:
        """Orders that are known to be those of other intents."""
        written = await self._journal.since(intent.created_at - REACH)
        return {
            one.order_id
            for one in written
            if one.id != intent.id and one.kind is not IntentKind.CANCEL and one.state in _NAMED
        }
