"""An order is written down before its first byte, and goes once whatever is done to the button."""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.order_desk import OrderDesk, order_desk
from support.order_kills import BROKERS, bench, victims
from support.trading import CONNECTION, a_draft, trading_room

from brokerdesk.db import driver
from brokerdesk.db.journal.store import RefusedByJournalError
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.errors import BrokerDeskError

S = IntentState
FRESH_AFTER = 200
"""Orders after which the broker begins anew: its lists would grow long."""


SOME = {"ibkr": 40, "snaptrade": 40}
"""Orders of the short form where it is not 80."""


def told(capsys: pytest.CaptureFixture[str], n: int, words: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{words}. 0 failures in {n} shows only a rate below {3 / n:.4f}\n")


class Looking:
    """The broker opens the journal when an order arrives, and looks for it."""

    def __init__(self, desk: OrderDesk) -> None:
        self.seen: Counter[str] = Counter()
        self.cancelling = ""
        self._path = desk.room.journal.path
        self._real = desk.rig.sim.truth.arrived
        desk.rig.sim.truth.arrived = self._arrived

    def _arrived(self, broker: str, method: str, path: str, body: bytes) -> Any:
        if "preview" not in path.lower():
            raw = driver.connect(self._path, read_only=True)
            try:
                rows = raw.execute(
                    "SELECT i.id, s.state FROM intents i JOIN steps s ON s.intent_id = i.id"
                    " WHERE i.rowid = (SELECT max(rowid) FROM intents"
                    "  WHERE request = ? OR client_order_id = ?) ORDER BY s.seq",
                    (body or path.rpartition("/")[2].encode(), self._label(method, path, body)),
                ).fetchall()
            finally:
                raw.close()
            states = tuple(state for _, state in rows)
            self.seen[f"{method} {' '.join(states)}"] += 1
        return self._real(broker, method, path, body)

    def _label(self, method: str, path: str, body: bytes) -> str:
        """At TWS the label stands for the whole; of a cancel the click is known."""
        if method != "TWS":
            return self.cancelling if path.partition("?")[0].endswith("/trading/cancel") else ""
        parts = body.decode(errors="replace").split("|")
        return parts[26] if len(parts) > 26 else self.cancelling


async def durable(broker: str, folder: Path, sends: int) -> Counter[str]:
    seen: Counter[str] = Counter()
    number = 0
    while seen.total() < sends:
        where = folder / f"{number}"
        where.mkdir()
        async with order_desk(where, broker) as desk:
            looking = Looking(desk)
            while looking.seen.total() < min(FRESH_AFTER, sends - seen.total()):
                number += 1
                cents = Decimal(number % 999) / 100
                wish = desk.wish(quantity=Decimal(1), limit_price=desk.price("0.5") + cents)
                placed = await desk.place(wish, f"n{number}")
                assert placed.state is S.ACCEPTED, placed.words
                if number % 3 == 0:
                    changed = replace(wish, limit_price=wish.limit_price + Decimal("0.5"))  # type: ignore[operator]
                    placed = await desk.place(changed, f"r{number}", replaces=placed.order_id)
                order = await desk.order(placed.order_id)
                looking.cancelling = f"c{number}"
                await desk.cancel(order, looking.cancelling)
            seen += looking.seen
        number += 1
        shutil.rmtree(where)
    return seen


async def durably(
    tmp_path: Path, broker: str, sends: int, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await durable(broker, tmp_path, sends)
    n = seen.total()
    told(capsys, n, f"{n} requests at {broker}, the journal as the broker found it: {dict(seen)}")
    assert {one.partition(" ")[2] for one in seen} == {"committed sending"}


@pytest.mark.parametrize("broker", BROKERS)
async def test_the_broker_finds_the_intent_in_the_journal(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await durably(tmp_path, broker, SOME.get(broker, 80), capsys)


@pytest.mark.deep
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("broker", BROKERS)
async def test_the_broker_always_finds_the_intent_in_the_journal(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await durably(tmp_path, broker, 25 * SOME.get(broker, 80), capsys)


_CALL = re.compile(r'(pwrite64|fsync|fdatasync|sendto|sendmsg)\(\d+<([^>]*)>(?:, "([^"]*)")?')
_ORDER = re.compile(
    rb"(?:POST|PATCH|PUT|DELETE) [^ ]*/(?:orders(?!/details)|trade/place|trading/)|.{4}[34]\x00",
    re.DOTALL,
)
"""How an order begins: over HTTP, or as TWS's messages 3 and 4."""


def _bytes(printed: str) -> bytes:
    return bytes.fromhex(printed.replace("\\x", ""))


def synced_before_each(trace: Path) -> int:
    """How many orders left, each after the journal's last write was synced."""
    clean, sends = True, 0
    with trace.open(errors="replace") as lines:
        for line in lines:
            found = _CALL.search(line)
            if found is None:
                continue
            if _bytes(found[2]).endswith(b"journal.db-wal"):
                clean = found[1] != "pwrite64"
            elif found[1].startswith("send") and _ORDER.match(_bytes(found[3] or "")):
                sends += 1
                assert clean, "sent before it was on the disk"
    return sends


async def traced(
    tmp_path: Path, broker: str, runs: int, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    calls = "trace=pwrite64,fsync,fdatasync,sendto,sendmsg"
    watcher = ("strace", "-f", "-y", "-xx", "-s", "120", "-e", calls, "-o", str(trace))
    async with victims(*watcher) as served, bench(broker, tmp_path, served) as made:
        for _ in range(runs):
            orders = made.orders()
            folder = made.folder(tmp_path)
            job = {**made.job, "folder": str(folder), "do": "send", "orders": orders}
            await made.victims.begin(job)
            status, said = await made.victims.end()
            assert status == "0", said
    sends = synced_before_each(trace)
    assert sends == 4 * runs
    told(capsys, sends, f"{sends} orders at {broker} under strace: synced before the first byte")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("broker", BROKERS)
async def test_the_system_syncs_before_it_sends(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await traced(tmp_path, broker, 2, capsys)


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("broker", BROKERS)
async def test_the_system_syncs_before_it_sends_each_time(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await traced(tmp_path, broker, 20, capsys)


async def clicks(folder: Path, broker: str, trials: int) -> int:
    """Double clicks, held keys and two windows of one program; how many tries there were."""
    with pytest.MonkeyPatch.context() as patch:
        # Clicks that wait for their turn to ask move the one clock of all by minutes.
        patch.setattr("brokerdesk.brokers.hurry.WITHIN", timedelta(hours=1))
        patch.setattr("brokerdesk.db.journal.guarding.AT_ONCE", timedelta(hours=1))
        return await _clicked(folder, broker, trials)


async def _clicked(folder: Path, broker: str, trials: int) -> int:
    dice, tries = random.Random(), 0
    async with order_desk(folder, broker) as desk:
        for number in range(trials):
            wish = desk.wish(quantity=Decimal(1), limit_price=desk.price("0.5"))
            before, times = len(desk.truth()), dice.randrange(2, 9)
            works = [desk.place(wish, f"n{number}") for _ in range(times)]
            if number % 2:
                results: list[Any] = [await _tried(one) for one in works]
            else:
                results = await asyncio.gather(*works, return_exceptions=True)
            tries += times
            assert len(desk.truth()) == before + 1
            (intent,) = [one for one in results if isinstance(one, Intent)]
            assert sum(isinstance(one, RefusedByJournalError) for one in results) == times - 1
            await desk.cancel(await desk.order(intent.order_id), f"c{number}")
    return tries


async def _tried(work: Any) -> Any:
    try:
        return await work
    except BrokerDeskError as error:
        return error


async def two_programs(folder: Path, broker: str, trials: int) -> Counter[str]:
    """Two processes with one journal send the same review at the same moment."""
    seen: Counter[str] = Counter()
    async with AsyncExitStack() as stack:
        one = await stack.enter_async_context(victims())
        two = await stack.enter_async_context(victims())
        made = await stack.enter_async_context(bench(broker, folder, one))
        for _ in range(trials):
            orders = made.orders()[:1]
            where = made.folder(folder)
            before = len(made.truth())
            job = {**made.job, "folder": str(where), "do": "send", "orders": orders}
            job["start"] = time.monotonic() + 0.25
            await asyncio.gather(one.begin(job), two.begin(job))
            ends = await asyncio.gather(one.end(), two.end())
            assert len(made.truth()) == before + 1, ends
            codes = sorted(code for code, _ in ends)
            seen[" and ".join(codes)] += 1
            assert codes == ["0", "1"], ends
            shutil.rmtree(where)
    return seen


async def often(
    tmp_path: Path, broker: str, trials: int, capsys: pytest.CaptureFixture[str]
) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir()
    shared.mkdir()
    tries = await clicks(own, broker, trials)
    seen = await two_programs(shared, broker, trials)
    n = 2 * trials
    told(
        capsys,
        n,
        f"{trials} orders at {broker} with {tries} clicks or keys, and {trials} by two programs at "
        f"once (their ends: {dict(seen)}): {n} requests arrived, one for each",
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.timeout(120)
@pytest.mark.parametrize("broker", BROKERS)
async def test_clicks_keys_windows_and_programs_send_once(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await often(tmp_path, broker, 6, capsys)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("broker", BROKERS)
async def test_clicks_keys_windows_and_programs_always_send_once(
    tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await often(tmp_path, broker, 125, capsys)


async def halts(folder: Path, trials: int) -> Counter[str]:
    """Halted at any moment of sending; over a restart; cancels pass."""
    seen: Counter[str] = Counter()
    dice = random.Random()
    async with trading_room(folder) as room:
        for number in range(trials):
            working = await room.place(a_draft(f"A{number}"), f"a{number}")
            point = dice.choice(["ready", "before commit", "committed", "", "restart"])
            before = len(room.exchange.sends)
            if point in ("", "restart"):
                await room.journal.halt(True)
            else:
                room.at = lambda name, point=point: _halt_now(room, name == point)  # type: ignore[misc]
            if point == "restart":
                await room.crash()
                room.start()
            with pytest.raises(RefusedByJournalError):
                await room.place(a_draft(f"B{number}"), f"b{number}")
            room.at = lambda _: None
            assert len(room.exchange.sends) == before
            assert await room.journal.halted()
            order = room.exchange.orders[working.order_id]
            cancelled = (await room.sending.cancel(CONNECTION, order, f"c{number}")).intent
            assert cancelled.state is S.ACCEPTED
            await room.settling.begin()
            await room.journal.halt(False)
            assert (await room.place(a_draft(f"B{number}"), f"d{number}")).state is S.ACCEPTED
            seen[point or "before"] += 1
    return seen


def _halt_now(room: Any, now: bool) -> None:
    if now:
        raw = driver.connect_prepared(room.journal.path)
        try:
            raw.execute("BEGIN IMMEDIATE")
            raw.execute(
                "INSERT INTO switches VALUES ('halt', 'on')"
                " ON CONFLICT (name) DO UPDATE SET value = 'on'"
            )
            raw.execute("COMMIT")
        finally:
            raw.close()


async def test_a_halt_stops_what_is_not_on_its_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = await halts(tmp_path, 100)
    told(capsys, 100, f"100 halts {dict(seen)}: no new order left, each held, each cancel passed")
