"""Orders without threads, sockets and waiting: thousands of schedules in minutes.

The real journal on a real file, the real services, an exchange that knows the truth, and a clock
that is moved by hand. The journal's worker is the caller's own thread, so that a schedule goes the
same way each time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar
from unittest import mock

from support.clock import FakeClock
from support.trading import CONNECTION, Exchange, Room, a_draft

from brokerdesk.brokers.trading import Answered, Outcome, Prepared, Preview, Unproven
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import EDGES, Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderSide, OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.domain.reading import Batch, Unread

T = TypeVar("T")
S = IntentState
SYMBOLS = ("ABC", "XYZ")
SIDES = (OrderSide.BUY, OrderSide.SELL)


class KilledError(Exception):
    """The program ends here."""


class OwnThread(Executor):
    """Does at once what it is given; nothing more once the program is dead."""

    def __init__(self, *_: object, **__: object) -> None:
        self.dead = False

    def submit(self, work: Callable[..., T], /, *args: Any, **more: Any) -> Future[T]:
        done: Future[T] = Future()
        if self.dead:
            done.set_exception(KilledError())
            return done
        try:
            done.set_result(work(*args, **more))
        except BaseException as error:
            done.set_exception(error)
        return done


@dataclass
class Truth(Exchange):
    """An exchange that also knows whose order is whose, and whose clock may be wrong."""

    made: dict[str, str] = field(default_factory=dict)
    """The exchange's order of each id of ours."""
    ahead: timedelta = timedelta()
    """How far its clock is ahead of ours."""
    lateness: float = 200.0
    partial: bool = False
    """Whether lists come with something that cannot be read."""
    cancels: list[str] = field(default_factory=list)

    def _book(self, prepared: Prepared, *, ours: bool = True) -> Order:
        order = super()._book(prepared, ours=ours)
        entered = self.clock.now() + self.ahead
        self.orders[order.id] = order = replace(order, entered_at=entered)
        if ours:
            assert prepared.client_order_id not in self.made, "one intent, two orders"
            self.made[prepared.client_order_id] = order.id
        return order

    async def place(self, prepared: Prepared, preview: Preview | None = None) -> Outcome:
        if self.fate == "late":
            self.fate = "ok"
            self.sends.append(prepared.client_order_id)
            self.on_send()
            listed = self.clock.now() + timedelta(seconds=self.lateness)
            self.late[self._book(prepared).id] = listed
            return Unproven(why="No answer came.")
        return await super().place(prepared, preview)

    async def replace(self, prepared: Prepared) -> Outcome:
        """Done or not with the order itself: what never arrives replaces nothing."""
        fate = self.fate
        outcome = await self.place(prepared)
        arrived = prepared.client_order_id in self.made
        if arrived or (fate == "ok" and isinstance(outcome, Answered)):
            old = self.orders[prepared.replaces]
            self.orders[old.id] = replace(old, status=OrderStatus.REPLACED)
        return outcome

    async def cancel(self, account: AccountId, order_id: str) -> Outcome:
        self.cancels.append(order_id)
        return await super().cancel(account, order_id)

    async def every_order(self, account: AccountId, since: Any) -> Batch[Order]:
        found = await super().every_order(account, since)
        if not self.partial:
            return found
        return Batch(
            items=found.items[:-1], unread=(Unread(where="orders[0]", reason="unreadable"),)
        )

    def twin(self, draft: Draft) -> Order:
        """The same order by another program, which keeps no ids of ours."""
        made = self.elsewhere(draft)
        kept = replace(made, client_order_id=f"other-{made.id}" if self.keeps_ids else "")
        self.orders[made.id] = kept
        return kept


@contextlib.contextmanager
def no_threads() -> Iterator[None]:
    with mock.patch("brokerdesk.db.journal.store.ThreadPoolExecutor", OwnThread):
        yield


class World:
    """One user's desk over one exchange, driven from outside of its loop."""

    def __init__(self, folder: Path, **exchange: Any) -> None:
        self.loop = asyncio.new_event_loop()
        self.clock = FakeClock()
        self.exchange = Truth(self.clock, **exchange)
        database: Any = SimpleNamespace(read=_the_connection)
        self.intents: dict[str, Draft | None] = {}
        self.reference: dict[str, str] = {}
        self.count = 0
        self.room = Room(folder, self.clock, self.exchange, database)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run to its end; time stands still, unless it waits for time."""
        task = self.loop.create_task(work)

        async def ended() -> T:
            await self._quiet()
            while not task.done():
                await self._next(3600)
            return await task

        return self.loop.run_until_complete(ended())

    def wait(self, seconds: float) -> None:
        async def waits() -> None:
            target = self.clock.monotonic() + seconds
            await self._quiet()
            while (left := target - self.clock.monotonic()) > 0:
                await self._next(left)

        self.loop.run_until_complete(waits())

    async def _next(self, most: float) -> None:
        """Go to the next moment at which somebody wakes, or ``most`` seconds on."""
        parked = [due for due, _, future in self.clock._parked if not future.done()]
        due = min(parked, default=float("inf"))
        await self.clock.advance(min(most, max(0.0, due - self.clock.monotonic())))
        await self._quiet()

    async def _quiet(self) -> None:
        """Until nobody has anything to do but to wait."""
        ready = self.loop._ready  # type: ignore[attr-defined]
        for _ in range(3):
            await asyncio.sleep(0)
            while ready:  # noqa: ASYNC110
                await asyncio.sleep(0)

    def crash(self) -> None:
        """End as a killed program does: from here on it writes nothing."""
        self.room.journal._worker.dead = True  # type: ignore[attr-defined]

        async def ended() -> None:
            for name in self.room.supervisor.names:
                await self.room.supervisor.cancel(name)

        self.loop.run_until_complete(ended())
        self.room.journal._raw.close()

    def restart(self) -> None:
        self.room.at = lambda _: None
        self.room.bugs.clear()
        self.room.start()
        self.do(self.room.settling.begin())

    def dies_at(self, point: str) -> None:
        """The next time that it comes to this point, it writes nothing more."""

        def at(name: str) -> None:
            if name == point:
                self.room.journal._worker.dead = True  # type: ignore[attr-defined]
                raise KilledError

        self.room.at = at

    @property
    def dead(self) -> bool:
        return bool(self.room.journal._worker.dead)  # type: ignore[attr-defined]

    def known(self) -> list[Intent]:
        start = self.clock.now().replace(year=2000)
        return list(self.do(self.room.journal.since(start)))

    def states(self, intent: str) -> list[IntentState]:
        return [one.state for one in self.do(self.room.journal.steps(intent))]

    def answers(self, intent: str) -> str:
        """The user, who knows the truth, says whether what is proposed is theirs: "yes" or "no", or
        "" while nothing is asked. Where nothing is proposed, as of several, they say after a minute
        which it is, or none.
        """
        settling = self.room.settling
        look, mine = settling.looks.get(intent), self.exchange.made.get(intent)
        if look is None:
            return ""
        asked = look.refusable if look.proposed is None else (look.proposed.id,)
        waited = self.clock.now() - look.intent.created_at > timedelta(minutes=1)
        if not asked or (look.proposed is None and not waited):
            return ""
        if mine is not None and mine in asked:
            self.do(settling.choose(intent, mine))
            return "yes"
        self.do(settling.set_aside(intent, asked))
        return "no"

    def check(self) -> None:
        """What holds at every moment, as long as the user answers by the truth or not at all."""
        exchange = self.exchange
        assert len(exchange.sends) == len(set(exchange.sends)), "sent twice"
        known = {one.id: one for one in self.known()}
        for sent in exchange.sends:
            assert sent in known, "sent without being written down"
        for one in known.values():
            states = self.states(one.id)
            assert states.count(S.SENDING) <= 1
            for before, after in pairwise(states):
                assert after in EDGES[before] or before is after is S.UNKNOWN, (before, after)
            if one.kind is IntentKind.CANCEL:
                continue
            mine = exchange.made.get(one.id)
            if one.state in (S.REJECTED, S.NOT_SENT):
                assert mine is None, "told as not there, and it is"
            if one.state in (S.ACCEPTED, S.FOUND):
                assert one.order_id == mine, f"false match: {one}"

    def close(self) -> None:
        if not self.dead:
            self.loop.run_until_complete(self.room.aclose())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


def in_memory() -> str | None:
    """A folder whose files cost nothing to sync, where there is one."""
    quick = Path("/dev/shm")  # noqa: S108
    return str(quick) if quick.is_dir() else None


async def _the_connection(_: object) -> Any:
    return CONNECTION


__all__ = [
    "SIDES",
    "SYMBOLS",
    "KilledError",
    "Truth",
    "World",
    "a_draft",
    "in_memory",
    "no_threads",
]
