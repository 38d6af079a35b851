"""From the click on Send to the first byte, and what writing an order down costs.

Each figure stands beside a floor of the same run: a bare SQLite commit of one row with
synchronous=FULL in the same folder, and one bare httpx POST on a connection of its own to the same
loopback server. Writing down among a long history stands beside the same in a journal that is all
but empty. Before the first byte it is asked whether the login works, the account's orders are
read, and two commits are made: what has to be done before an order may leave.
"""

from __future__ import annotations

import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import sqlcipher3.dbapi2 as sqlite

from benchmarks.harness import Outcome, arguments, report

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

BROKERS = ("alpaca", "schwab")
PER_ROUND = 10
SETTLED = 20_000
AMONG = f"write one down among {SETTLED:,} settled"
LEFT = f"look for what is left open among {SETTLED:,}"
GATES = {"write an intent down": 6.0, "step to sending": 6.0, AMONG: 1.5, LEFT: 1.5}
"""Times of a bare commit, and of the same in a journal that is all but empty: a history must not
make the next order slower. What the network does is reported, not judged."""


class Floor:
    """Bare commits."""

    def __init__(self, path: Path) -> None:
        self._raw = sqlite.connect(str(path), isolation_level=None)
        self._raw.execute("PRAGMA journal_mode = WAL")
        self._raw.execute("PRAGMA synchronous = FULL")
        self._raw.execute("CREATE TABLE intents (id INTEGER PRIMARY KEY, request BLOB)")

    def commit(self) -> None:
        self._raw.execute("BEGIN IMMEDIATE")
        self._raw.execute("INSERT INTO intents (request) VALUES (?)", (b"x" * 700,))
        self._raw.execute("COMMIT")


async def post(url: str) -> None:
    """A bare POST on a connection of its own."""
    async with httpx.AsyncClient(verify=False, trust_env=False) as client:  # noqa: S501
        await client.post(url, content=b"x" * 200)


Pair = tuple[list[float], list[float]]


class Bench:
    """Seconds of floors and of ours, taken in turns."""

    def __init__(self) -> None:
        self.pairs: dict[str, Pair] = {}
        self._numbers = itertools.count()

    def take(self, name: str, floor: float, ours: float) -> None:
        floors, own = self.pairs.setdefault(name, ([], []))
        floors.append(floor)
        own.append(ours)

    async def commits(self, folder: Path, rounds: int) -> None:
        from support.clock import FakeClock
        from support.journal_victim import intent

        from brokerdesk.db.journal.store import Journal
        from brokerdesk.domain.intent import IntentState

        clock, floor = FakeClock(), Floor(folder / "floor.db")
        journal = Journal(folder / "journal.db", clock)
        try:
            for _ in range((rounds + 1) * PER_ROUND):
                began = time.perf_counter()
                floor.commit()
                bare = time.perf_counter() - began
                wish = intent(next(self._numbers), clock)
                began = time.perf_counter()
                await journal.commit(wish)
                written = time.perf_counter() - began
                began = time.perf_counter()
                await journal.step(wish.id, IntentState.SENDING)
                sending = time.perf_counter() - began
                await journal.step(wish.id, IntentState.REJECTED)
                self.take("write an intent down", bare, written)
                self.take("step to sending", bare, sending)
            began = time.perf_counter()
            journal.close()
            journal = Journal(folder / "journal.db", clock)
            opened = (time.perf_counter() - began) * 1e3
            count = (rounds + 1) * PER_ROUND
            print(f"a journal of {count} intents is closed and opened in {opened:.1f} ms")
        finally:
            journal.close()

    async def history(self, folder: Path, rounds: int) -> None:
        """The same in two journals: one with a few orders, one with a long history."""
        from support.clock import FakeClock
        from support.journal_victim import intent

        from brokerdesk.db.journal.store import Journal
        from brokerdesk.domain.intent import IntentState

        clock = FakeClock()
        (folder / "few").mkdir()
        (folder / "many").mkdir()
        few = Journal(folder / "few" / "journal.db", clock)
        many = Journal(folder / "many" / "journal.db", clock)
        try:
            await _settled(many, clock)
            for _ in range((rounds + 1) * PER_ROUND):
                taken: dict[str, list[float]] = {AMONG: [], LEFT: []}
                for journal in (few, many):
                    wish = intent(next(self._numbers), clock)
                    began = time.perf_counter()
                    await journal.commit(wish)
                    taken[AMONG].append(time.perf_counter() - began)
                    began = time.perf_counter()
                    await journal.unsettled()
                    taken[LEFT].append(time.perf_counter() - began)
                    await journal.step(wish.id, IntentState.NOT_SENT)
                for name, (bare, ours) in taken.items():
                    self.take(name, bare, ours)
            began = time.perf_counter()
            many.close()
            many = Journal(folder / "many" / "journal.db", clock)
            opened = (time.perf_counter() - began) * 1e3
            print(f"a journal of {SETTLED:,} intents is closed and opened in {opened:.0f} ms")
        finally:
            few.close()
            many.close()

    async def first_bytes(self, folder: Path, broker: str, rounds: int) -> None:
        async with _desk(folder, broker) as desk:
            url = desk.rig.origin.base_url + "/nothing"
            reached: list[float] = []
            real = desk.rig.sim.truth.arrived

            def arrived(*given: Any) -> Any:
                reached.append(time.perf_counter())
                return real(*given)

            desk.rig.sim.truth.arrived = arrived
            for _ in range((rounds + 1) * PER_ROUND):
                began = time.perf_counter()
                await post(url)
                bare = time.perf_counter() - began
                number = next(self._numbers)
                reviewed = desk.room.reviewed(
                    desk.wish(limit_price=desk.price("0.5")), f"b{number}"
                )
                reached.clear()
                began = time.perf_counter()
                made = (await desk.room.sending.place(reviewed)).intent
                done = time.perf_counter()
                self.take(f"click until the order is at {broker}", bare, reached[0] - began)
                self.take(f"click until read back at {broker}", bare, done - began)
                await desk.cancel(await desk.order(made.order_id), f"c{number}")


async def _settled(journal: Any, clock: Any) -> None:
    """A long history, written without waiting for the disk each time."""
    from support.journal_victim import intent

    from brokerdesk.db.journal.store import Guard
    from brokerdesk.domain.intent import IntentState

    ways = (IntentState.SENDING, IntentState.ANSWERED, IntentState.ACCEPTED)

    def write(raw: Any) -> None:
        for number in range(SETTLED):
            wish = intent(-1 - number, clock)
            journal._commit(raw, wish, Guard())
            for state in ways:
                journal._step(raw, wish.id, state, "", "", 0)

    await journal._write(write)


@asynccontextmanager
async def _desk(folder: Path, broker: str) -> AsyncIterator[Any]:
    from support.order_desk import order_desk

    where = folder / broker
    where.mkdir()
    async with order_desk(where, broker) as desk:
        yield desk


async def measured(bench: Bench, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        await bench.commits(Path(name), rounds)
        await bench.history(Path(name), rounds)
        for broker in BROKERS:
            await bench.first_bytes(Path(name), broker, rounds)


def outcome(name: str, pair: Pair) -> Outcome:
    floors, ours = (one[PER_ROUND:] for one in pair)  # the first round warms up
    return Outcome(
        name=name,
        base_ms=statistics.median(floors) * 1e3,
        ours_ms=statistics.median(ours) * 1e3,
        ratio=statistics.median(own / floor for floor, own in zip(floors, ours, strict=True)),
        gate=GATES.get(name),
    )


def main() -> int:
    title = "Orders: bare SQLite commit and bare POST as floors"
    options = arguments(title)
    bench = Bench()
    asyncio.run(measured(bench, options.rounds))
    outcomes = [outcome(name, pair) for name, pair in bench.pairs.items()]
    print(title)
    for one in outcomes:
        gate = (
            "" if one.gate is None else f"  gate {one.gate:.1f}" + ("" if one.held else "  MISSED")
        )
        print(
            f"{one.name:45} {one.ours_ms:8.2f} ms, floor {one.base_ms:7.2f} ms, "
            f"ratio {one.ratio:6.2f}{gate}"
        )
    report(title, options, [vars_of(one) for one in outcomes], {"per_round": PER_ROUND})
    return 0 if all(one.held for one in outcomes) else 1


def vars_of(one: Outcome) -> dict[str, Any]:
    return {
        "name": one.name,
        "base_ms": one.base_ms,
        "ours_ms": one.ours_ms,
        "ratio": one.ratio,
        "gate": one.gate,
        "held": one.held,
    }


if __name__ == "__main__":
    sys.exit(main())
