"""Sends orders until somebody kills it, or settles what a killed one left. A process of its own.

Started as ``python -m support.order_victim``: it loads everything once and forks a child for each
job that it reads from standard input, so that a kill costs milliseconds. It tells the child's
number (``PID``), that sending begins (``GO``), and the end (``END``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.brokers import MemoryCredentials
from support.db import opened
from support.drafts import draft, share
from support.fast_clock import FastClock
from support.trading import CONNECTION, Room

from brokerdesk.brokers import hurry
from brokerdesk.brokers.base import Network, SessionContext
from brokerdesk.brokers.registry import spec
from brokerdesk.db import driver
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerDeskError, BrokerUnavailableError, NotSupportedError

PATIENCE = 45.0
"""Seconds of real time that settling may take."""
LET_IN = 30.0
"""Seconds of real time until a victim may be connected: another one may have to end before."""


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def die_at(point: str, nth: int) -> Callable[[str], None]:
    """Kills this process when it comes to ``point`` for the ``nth`` time."""
    seen: Counter[str] = Counter()

    def at(name: str) -> None:
        seen[name] += 1
        if name == point and seen[name] == nth:
            say("POINT", name)
            os.kill(os.getpid(), signal.SIGKILL)

    return at


@contextlib.contextmanager
def points_in_the_journal(at: Callable[[str], None]) -> Iterator[None]:
    """Two points more for each write: before it is committed, and right after."""
    real = driver.transaction

    @contextlib.contextmanager
    def told(connection: Any, begin: str) -> Iterator[None]:
        writing = begin != "BEGIN"
        with real(connection, begin):
            yield
            if writing:
                at("journal: written")
        if writing:
            at("journal: committed")

    driver.transaction = told
    try:
        yield
    finally:
        driver.transaction = real


async def main(job: dict[str, Any]) -> None:
    clock = FastClock(job["times"], job["began"])
    hurry.WITHIN = timedelta(seconds=30 * job["times"])  # of real time, on a busy computer
    session: Any = spec(job["broker"]).open_session(
        SessionContext(
            environment=Environment.PRACTICE,
            clock=clock,
            credentials=MemoryCredentials(job["credentials"]),
            network=Network(),
            practice_url=job["practice_url"],
        )
    )
    at = die_at(job.get("point", ""), job.get("nth", 1))
    folder = Path(job["folder"])
    with opened(folder, "portfolio.db") as database:
        room = Room(folder, clock, session, database)  # type: ignore[arg-type]
        room.at = room.settling._at = at
        try:
            with points_in_the_journal(at):
                await (send if job["do"] == "send" else settle)(room, session, job)
            assert not room.bugs, room.bugs
        finally:
            await room.aclose()
            await session.aclose()


def wish(job: dict[str, Any], one: dict[str, Any]) -> Draft:
    return draft(
        AccountId(job["account"]),
        share(one["symbol"]),
        quantity=Decimal(1),
        limit_price=Decimal(one["price"]),
    )


async def send(room: Room, session: Any, job: dict[str, Any]) -> None:
    """The reviewed orders one after the other; later ones may replace or cancel earlier ones."""
    await let_in(session)
    say("GO")
    await asyncio.sleep(max(0.0, job.get("start", 0.0) - time.monotonic()))
    made: dict[str, str] = {}
    for one in job["orders"]:
        try:
            if one["do"] == "cancel":
                order = await session.order(AccountId(job["account"]), made[one["of"]])
                await room.sending.cancel(CONNECTION, order, one["id"])
                continue
            old = made[one["of"]] if one["do"] == "replace" else ""
            reviewed = room.reviewed(wish(job, one), one["id"], old)
            place = room.sending.replace if old else room.sending.place
            intent = (await place(reviewed)).intent
            assert intent.state is IntentState.ACCEPTED, intent.words
            made[one["id"]] = intent.order_id
        except BrokerDeskError as error:
            say("FAILED", one["id"], error.sentences())
            raise


async def let_in(session: Any) -> None:
    """Ask for the accounts: some brokers' requests name them in words of their own. Where a login
    is taken once at a time, another victim may have it now, for longer than the session waits: its
    clock goes many times as fast as the other's work.
    """
    async with asyncio.timeout(LET_IN):
        while True:
            try:
                await session.accounts()
            except BrokerUnavailableError:
                await asyncio.sleep(0.05)
            else:
                return


async def settle(room: Room, session: Any, job: dict[str, Any]) -> None:
    """What the next start does, and then the user: says what is theirs and what is not there,
    cancels once more.
    """
    say("GO")
    await room.settling.begin()
    again: set[str] = set()
    async with asyncio.timeout(PATIENCE):
        while left := await room.journal.unsettled():
            await asyncio.sleep(0.05)
            for intent in left:
                await _as_a_user(room, session, intent, again)


async def _as_a_user(room: Room, session: Any, intent: Intent, again: set[str]) -> None:
    if intent.kind is IntentKind.CANCEL and intent.checks == 0 and intent.id not in again:
        order = await session.order(intent.account, intent.order_id)
        again.add(intent.id)
        with contextlib.suppress(BrokerDeskError):
            await room.sending.cancel(CONNECTION, order, f"{intent.id}-again")
        return
    look = room.settling.looks.get(intent.id)
    if look is not None and look.proposed is not None:
        # Nobody else sends orders here, so it is: whoever kills holds it against the truth.
        with contextlib.suppress(BrokerDeskError):
            await room.settling.choose(intent.id, look.proposed.id)
            say("CHOSE", intent.id)
        return
    waited = room.clock.now() - intent.created_at
    if look is not None and waited.total_seconds() > 122 and not look.likely:
        with contextlib.suppress(NotSupportedError):
            await room.settling.confirm_absent(intent.id)


def serve() -> None:
    ended = None
    for line in sys.stdin:
        if ended is not None:
            os.waitpid(ended, 0)  # only now: until then its number is nobody else's
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                asyncio.run(main(job))
                code = 0
            except BaseException:  # nobody else would print it: the child ends here
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        say("PID", child)
        ended = child
        how = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        assert how is not None
        say("END", "killed" if how.si_code == os.CLD_KILLED else how.si_status)


if __name__ == "__main__":
    serve()
