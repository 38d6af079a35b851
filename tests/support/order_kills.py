"""``kill -9`` while orders are sent, at one broker: what was killed, and what it came to.

The simulator runs here, so that its truth log is at hand; the victim is a process of its own with
the real services, journal and adapter. What differs between brokers is in ``order_houses``.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.clock import FakeClock
from support.db import opened
from support.fast_clock import FastClock
from support.order_houses import HOUSES, account_of, changes_an_order, credentials, is_of, unlimited
from support.rigs import RIGS
from support.trading import CONNECTION

from brokerdesk.db.journal.store import Journal
from brokerdesk.domain.intent import Intent, IntentKind, IntentState

S = IntentState
TESTS = Path(__file__).parents[1]
TIMES = 40.0
"""How much faster than real the clocks of the broker and of the victims go."""
FRESH_AFTER = 40
"""Trials after which the broker begins anew: its day would end."""


BROKERS = HOUSES
"""Brokers that take orders."""

POINTS = (
    *("ready", "before commit", "committed", "sending", "answered", "noted", "read back", "told"),
    *("journal: written", "journal: committed"),
)
"""Named points of sending; each is met by every order, replacement and cancel."""
SETTLING_POINTS = ("taken up", "looked", "found", "journal: written", "journal: committed")
AT_THE_BROKER = ("arrived", "done")
"""The broker has the whole request, and has done what it asks for, before it answers."""


@dataclass
class Tally:
    """What a campaign saw."""

    amid: int = 0
    sent: int = 0
    chosen: int = 0
    """Orders without an id of ours that were proposed; the user said that they are."""
    states: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)

    @property
    def kills(self) -> int:
        return sum(self.points.values())


class Victims:
    """The process that forks victims."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = 0

    async def begin(self, job: dict[str, Any]) -> None:
        """A victim is at work when this returns."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job).encode() + b"\n")
        await self._process.stdin.drain()
        told = [await self._line(), await self._line()]
        self.pid = int(next(one for one in told if one.startswith("PID")).split()[1])
        assert "GO" in told, told

    async def end(self) -> tuple[str, list[str]]:
        """ "killed" or its exit status, and what it said."""
        said = []
        while not (line := await self._line()).startswith("END"):
            said.append(line)
        return line.split()[1], said

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    async def _line(self) -> str:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 60)
        assert line, "the victims' process ended"
        return line.decode().strip()


@asynccontextmanager
async def victims(*prefix: str) -> AsyncIterator[Victims]:
    """``prefix`` is a program that watches it, such as a tracer."""
    process = await asyncio.create_subprocess_exec(
        *prefix,
        sys.executable,
        *("-m", "support.order_victim"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )
    try:
        yield Victims(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


@dataclass
class Bench:
    """One broker with a signed-in account, and victims in front of it."""

    rig: Any
    job: dict[str, Any]
    price: Decimal
    victims: Victims
    template: Path
    number: int = 0

    def orders(self) -> list[dict[str, str]]:
        """Two orders, a replacement of the first and a cancel of the second."""
        self.number += 1
        made: list[dict[str, str]] = []
        for name, do, symbol, of in (
            *(("a", "place", "AAPL", ""), ("b", "place", "MSFT", "")),
            *(("c", "replace", "AAPL", "a"), ("d", "cancel", "", "b")),
        ):
            cents = 4 * self.number + len(made)
            price = (self.price / 2).quantize(Decimal("0.01")) + Decimal(cents) / 100
            id_ = f"t{self.number}-{name}"
            ofs = f"t{self.number}-{of}"
            made.append({"id": id_, "do": do, "symbol": symbol, "price": str(price), "of": ofs})
        return made

    def folder(self, where: Path) -> Path:
        made = where / f"trial-{self.number}"
        shutil.copytree(self.template, made)
        return made

    def truth(self) -> list[dict[str, Any]]:
        return [one for one in self.rig.sim.truth.entries if changes_an_order(one)]


@asynccontextmanager
async def bench(broker: str, where: Path, served: Victims, seed: int = 301) -> AsyncIterator[Bench]:
    """A fresh broker, in the morning."""
    began = time.monotonic()
    clock: Any = FastClock(TIMES, began)
    async with RIGS[broker](seed=seed, clock=clock) as rig:
        port = await credentials(rig)
        unlimited(rig)
        session: Any = rig.session(port)
        try:
            accounts = (await session.accounts()).items
            (quote,) = (await session.quotes(["AAPL"])).items
        finally:
            await session.aclose()
        account = account_of(rig, accounts)
        template = where / f"template-{broker}"
        if not template.exists():
            template.mkdir(parents=True)
            with opened(template, "portfolio.db") as database:
                database.run_sync(lambda uow: uow.connections.add(CONNECTION))
        job = {
            "broker": broker,
            "times": TIMES,
            "began": began,
            "credentials": dict(port.credentials),
            "practice_url": rig.origin.base_url,
            "account": account.id,
        }
        yield Bench(rig, job, quote.last, served, template)


async def trial(
    made: Bench,
    where: Path,
    tally: Tally,
    *,
    after: float | None = None,
    point: str = "",
    nth: int = 1,
    again: str = "",
) -> bool:
    """Send, be killed (``after`` seconds, or at a point), settle, and hold it against the truth.

    ``again`` is a point at which the one that settles is killed as well. Whether it was killed.
    """
    before, orders = len(made.truth()), made.orders()
    folder = made.folder(where)
    job = {**made.job, "folder": str(folder), "do": "send", "orders": orders}
    own = point if point not in AT_THE_BROKER else ""
    with Striking(made, point, nth):
        await made.victims.begin({**job, "point": own, "nth": nth})
        if after is not None:
            await asyncio.sleep(after)
            made.victims.kill()
        status, said = await made.victims.end()
    killed = status == "killed"
    assert killed or after is not None, (point, nth, said)
    assert killed or status == "0", said
    tally.points[point or "random"] += killed
    await _left(folder, tally)
    if again:
        await made.victims.begin({**job, "do": "settle", "point": again})
        tally.points[f"settling: {again}"] += (await made.victims.end())[0] == "killed"
    await made.victims.begin({**job, "do": "settle", "point": ""})
    status, said = await made.victims.end()
    assert status == "0", said
    tally.chosen += sum(line.startswith("CHOSE") for line in said)
    tally.sent += len(made.truth()) - before
    await check(folder, made.truth()[before:], tally)
    shutil.rmtree(folder)
    return killed


class Striking:
    """While in force, the broker kills the victim when it has an order for the ``nth`` time."""

    def __init__(self, made: Bench, point: str, nth: int) -> None:
        self._made, self._point, self._nth = made, point, nth
        self._truth = made.rig.sim.truth

    def __enter__(self) -> None:
        if self._point not in AT_THE_BROKER:
            return
        real, seen = self._truth.arrived, 0

        def arrived(broker: str, method: str, path: str, body: bytes) -> Any:
            nonlocal seen
            entry = real(broker, method, path, body)
            if "preview" not in path:
                seen += 1
                if seen == self._nth:
                    if self._point == "arrived":
                        self._made.victims.kill()
                    else:  # once the handler has done its work, and before the answer leaves
                        asyncio.get_running_loop().call_soon(self._made.victims.kill)
            return entry

        self._truth.arrived = arrived

    def __exit__(self, *_: object) -> None:
        self._truth.__dict__.pop("arrived", None)


async def intents(folder: Path) -> dict[str, Intent]:
    if not (folder / "journal.db").exists():
        return {}
    journal = Journal(folder / "journal.db", FakeClock())
    try:
        assert (await journal.verify()).broken is None, "the audit log is whole"
        found = await journal.since(FakeClock().now().replace(year=2000))
        for one in found:
            states = [step.state for step in await journal.steps(one.id)]
            assert states.count(S.SENDING) <= 1
            assert S.SENDING not in states[states.index(S.UNKNOWN) :] if S.UNKNOWN in states else 1
        return {one.id: one for one in found}
    finally:
        journal.close()


async def _left(folder: Path, tally: Tally) -> None:
    """How the kill found it."""
    states = {one.state for one in (await intents(folder)).values()}
    amid = states & {S.COMMITTED, S.SENDING, S.ANSWERED, S.UNKNOWN}
    tally.amid += bool(amid)
    tally.left.update(one.value for one in amid)


async def check(folder: Path, truth: list[dict[str, Any]], tally: Tally) -> None:
    """Nothing doubled, nothing lost: each arrival has one intent, and each intent is as it was."""
    known = await intents(folder)
    entries: dict[str, list[dict[str, Any]]] = {one: [] for one in known}
    for entry in truth:
        owners = [one.id for one in known.values() if not entries[one.id] and is_of(one, entry)]
        assert owners, f"arrived, and nothing is known of it: {entry}"
        entries[owners[0]].append(entry)
    for one in known.values():
        tally.states[one.state.value] += 1
        done = [entry for entry in entries[one.id] if entry["executed"]]
        assert one.state not in (S.COMMITTED, S.SENDING, S.ANSWERED, S.UNKNOWN), one
        if done and one.kind is not IntentKind.CANCEL:
            assert one.state in (S.ACCEPTED, S.FOUND), (one.state, one.words, done)
            assert one.order_id == done[0]["orders"][0]
        elif one.kind is not IntentKind.CANCEL:
            assert one.state in (S.NOT_SENT, S.ABSENT, S.REJECTED), (one.state, one.words)
    bodies = Counter(
        (entry["method"], entry["path"].partition("?")[0], entry["body"]) for entry in truth
    )
    for (method, path, _), count in bodies.items():
        clicks = sum(one.kind is IntentKind.CANCEL for one in known.values())
        cancels = method == "DELETE" or path.endswith("/cancel")
        assert count <= (clicks if cancels else 1), f"sent twice: {method} {path}"


async def campaign(
    broker: str,
    where: Path,
    *,
    kills: int,
    nths: tuple[int, ...],
    seed: int,
    settling: tuple[str, ...] = SETTLING_POINTS,
) -> Tally:
    """Every named point at each of ``nths``, those of settling, then ``kills`` random instants."""
    tally, dice = Tally(), random.Random(seed)
    plan: list[dict[str, Any]] = [
        {"point": point, "nth": nth} for point in (*POINTS, *AT_THE_BROKER) for nth in nths
    ]
    plan += [{"point": "noted", "again": one} for one in settling]
    plan += [{"after": None}] * kills
    longest = 0.0
    async with victims() as served:
        while plan:
            async with bench(broker, where, served) as made:
                if not longest:
                    longest = await _duration(made, where)
                for _ in range(min(FRESH_AFTER, len(plan))):
                    step = plan.pop(0)
                    if "after" in step:
                        step = {"after": dice.uniform(0, longest)}
                    if not await trial(made, where, tally, **step):
                        plan.append({"after": None})  # it had ended before
                        longest = (longest + step["after"]) / 2
    return tally


async def _duration(made: Bench, where: Path) -> float:
    """How long it takes when nobody is killed."""
    began = time.monotonic()
    orders = made.orders()
    folder = made.folder(where)
    job = {**made.job, "folder": str(folder), "do": "send", "orders": orders}
    await made.victims.begin({**job, "point": ""})
    status, said = await made.victims.end()
    assert status == "0", said
    await check(folder, made.truth(), Tally())
    shutil.rmtree(folder)
    return time.monotonic() - began
