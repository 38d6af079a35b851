"""What became of an order whose fate is unknown: looked for until it is known.

By our own id where the broker keeps such ids, else by what it is among the orders that were not
there before and that no other intent has. One that was entered while ours was on its way is it,
once there was time for a twin to show; several, and those entered at another time, are the user's
to tell apart. That it is not there is never concluded here: it takes five full reads over two
minutes *and* the user's word, and even then it is looked for a while longer.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.trading import Trades
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.domain.order_match import differences, missing_parts
from brokerdesk.errors import BrokerDeskError, NotSupportedError
from brokerdesk.services.opening import SessionPool
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.db.unit_of_work import UnitOfWork

LOOKS = (2, 5, 10, 30, 60)
"""Seconds after which is looked; then once a minute."""
PAUSES = tuple(b - a for a, b in zip((0, *LOOKS), (*LOOKS, 120), strict=True))
ENOUGH_READS, ENOUGH_TIME = 5, timedelta(seconds=120)
REACH = timedelta(days=1)
"""How far back is read: less than the baseline does, so that what is new is new."""
SLACK = timedelta(minutes=10)
"""Orders entered so long before or after could be it; further away they are others."""
SKEW, UNDER_WAY = timedelta(seconds=30), timedelta(seconds=65)
"""How far the broker's clock may be from ours before the user is told, and how long, with that, an
order may be on its way: entered in between, it was entered while ours was."""
SURE_AFTER = timedelta(seconds=30)
"""Without an id, nothing is found before: a twin of another program may be listed first."""
LATE = timedelta(minutes=15)
"""So long after it was written down an order is looked for that the user says is not there."""
PART = (
    "Only {there} of the {wanted} orders that belong together is seen at the broker. It works "
    "alone until the other is seen: look at the broker's own list."
)
_OTHERS = {"account", "instruments and sides"}
"""An order that differs in these is another one."""
_NAMED = (IntentState.ANSWERED, IntentState.ACCEPTED, IntentState.FOUND)
_GONE = (OrderStatus.CANCELLED, OrderStatus.EXPIRED, OrderStatus.REPLACED, OrderStatus.FILLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The last look for an unknown intent. ``candidates`` are orders that could be it; ``likely``
    says whether one of them was entered while ours was on its way. ``spanned`` is how long complete
    looks have found nothing, since this program began to look.
    """

    intent: Intent
    at: datetime
    next_at: datetime | None
    candidates: tuple[Order, ...] = ()
    failure: str = ""
    likely: bool = False
    spanned: timedelta = timedelta()

    @property
    def can_be_absent(self) -> bool:
        """Whether the user may say now that it is not there."""
        return (
            not self.likely
            and not self.failure
            and self.intent.checks >= ENOUGH_READS
            and self.spanned >= ENOUGH_TIME
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
        seen, failure = _Seen(), ""
        try:
            session = await self._session(intent)
            seen = await self._candidates(session, intent)
            self._at("looked")
            intent = await self._noted(intent, seen, tick)
        except BrokerDeskError as error:
            failure = error.sentences()
        look = Look(
            intent=intent,
            at=at,
            next_at=next_at,
            candidates=seen.orders,
            failure=failure,
            likely=seen.likely,
            spanned=tick - self._looked_since.get(intent.id, tick),
        )
        if intent.state is IntentState.UNKNOWN:
            self.looks[intent.id] = look
        if intent.state is not IntentState.ABSENT:
            self._changed(look)
        return look

    async def _noted(self, intent: Intent, seen: _Seen, tick: timedelta) -> Intent:
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

    async def _candidates(self, session: Trades, intent: Intent) -> _Seen:
        """Orders that could be it, and which one is."""
        if intent.kind is IntentKind.CANCEL:
            order = await session.order(intent.account, intent.order_id)
            # Nothing to send again: a cancel is settled by what its order is now.
            settled = order is not None and order.status in _GONE
            return _Seen(found=order if settled else None)
        try:
            own = await session.by_client_id(intent.account, intent.client_order_id)
        except NotSupportedError:
            own = None
        if own is not None:
            there, wanted = missing_parts(intent.draft, own) if intent.draft is not None else (0, 0)
            part = PART.format(there=there, wanted=wanted) if wanted else ""
            found = None if part else own
            return _Seen(orders=(own,), likely=True, complete=True, found=found, part=part)
        batch = await session.every_order(intent.account, intent.created_at - REACH)
        known = {*intent.baseline, *await self._others(intent)}
        new = [one for one in batch.items if one.id not in known]
        # What the answer named could be it, even if it is not what was asked for.
        fitting = tuple(one for one in new if _fits(intent, one) or one.id == intent.order_id)
        near = tuple(o for o in fitting if _under_way(intent, o) or o.id == intent.order_id)
        ours = tuple(one for one in fitting if one.client_order_id == intent.client_order_id)
        waited = self._clock.now() - intent.created_at >= SURE_AFTER
        # Said to be absent, it may have been sent again meanwhile: later ones are others.
        rest = near if intent.state is IntentState.ABSENT else fitting
        sure = waited and len(near) == len(rest) == 1 and _fits(intent, near[0])
        found = near[0] if sure else ours[0] if len(ours) == 1 else None
        complete = not batch.unread
        alike = tuple(
            o for o in new if o not in fitting and (_alike(intent, o) or _same(intent, o))
        )
        return _Seen(
            orders=fitting + alike,
            likely=bool(near),
            complete=complete,
            found=found if complete else None,
        )

    async def _others(self, intent: Intent) -> set[str]:
        """Orders that are known to be those of other intents."""
        written = await self._journal.since(intent.created_at - REACH)
        return {
            one.order_id
            for one in written
            if one.id != intent.id and one.kind is not IntentKind.CANCEL and one.state in _NAMED
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What one look saw; ``complete``: everything there is."""

    orders: tuple[Order, ...] = ()
    likely: bool = False
    complete: bool = False
    found: Order | None = None
    part: str = ""
    """Why what bears our id is not all of it."""


def _fits(intent: Intent, order: Order) -> bool:
    """Whether an order that was not there before could be this intent's."""
    if order.client_order_id and order.client_order_id != intent.client_order_id:
        return False  # it has an id of its own: another program's
    if not _entered(order, intent.created_at - SLACK, intent.created_at + SLACK):
        return False
    return intent.draft is not None and not differences(intent.draft, order)


def _alike(intent: Intent, order: Order) -> bool:
    """Whether it is of the same instruments and sides at the same time, if not what was asked for:
    shown, and never taken for it.
    """
    if intent.draft is None or not intent.draft.legs or not _under_way(intent, order):
        return False
    other = order.client_order_id not in ("", intent.client_order_id)
    return not other and not _OTHERS & set(differences(intent.draft, order))


def _same(intent: Intent, order: Order) -> bool:
    """Whether it is all that was asked for, at another time: this computer's clock may be wrong.
    It was not there before: shown, and never taken for it.
    """
    if intent.draft is None or order.client_order_id not in ("", intent.client_order_id):
        return False
    near = _entered(order, intent.created_at - REACH, intent.created_at + REACH)
    return near and not differences(intent.draft, order)


def _under_way(intent: Intent, order: Order) -> bool:
    """Whether it was entered while this intent's was on its way."""
    return _entered(order, intent.created_at - SKEW, intent.created_at + UNDER_WAY)


def _entered(order: Order, since: datetime, until: datetime) -> bool:
    return order.entered_at is None or since <= order.entered_at <= until
