"""A damaged journal: told or harmless, never a crash, never thrown away."""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.clock import FakeClock
from support.trading import a_draft, trading_room

from brokerdesk.db.journal.audit import Head
from brokerdesk.db.journal.store import Journal
from brokerdesk.errors import BrokerDeskError

Facts = tuple[Any, ...]
FILES = ("journal.db", "journal.db-wal")


async def facts(journal: Journal) -> Facts:
    """Everything that the product asks of it."""
    known = await journal.since(FakeClock().now().replace(year=2000))
    steps = [await journal.steps(one.id) for one in known]
    return (known, steps, await journal.unsettled(), await journal.log(), await journal.halted())


async def a_journal(folder: Path) -> tuple[Facts, Head]:
    """A copy of the files as a killed program leaves them: the newest only in the -wal."""
    work = folder / "work"
    work.mkdir()
    async with trading_room(work) as room:
        for number in range(12):
            room.exchange.fate = ("ok", "refused", "swallowed")[number % 3]
            await room.place(a_draft(f"S{number}"), f"o{number}")
            for name in room.supervisor.names:
                await room.supervisor.cancel(name)
            if number == 6:
                room.journal._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for name in FILES:
            shutil.copy(work / name, folder / name)
        return await facts(room.journal), (await room.journal.verify()).head


def damage(dice: random.Random, data: bytes, way: str) -> bytes:
    if way == "cut":
        return data[: dice.randrange(len(data))]
    if way == "zeros":
        start = dice.randrange(len(data)) // 512 * 512
        return data[:start] + bytes(min(512, len(data) - start)) + data[start + 512 :]
    place = dice.randrange(len(data))
    changed = data[place] ^ (1 << dice.randrange(8))
    return data[:place] + bytes([changed]) + data[place + 1 :]


async def outcome(folder: Path, good: Facts, head: Head) -> str:
    """What the program makes of it."""
    try:
        journal = Journal(folder / "journal.db", FakeClock())
    except BrokerDeskError:
        return "refused to open"
    try:
        try:
            found = await facts(journal)
            alone = await journal.verify()
            verdict = await journal.verify(head)
        except BrokerDeskError:
            return "told when read"
        if alone.broken is not None:
            return "told by the audit log"
        if verdict.broken is not None:
            return "told against the head"
        return "harmless" if found == good else "silent"
    finally:
        journal.close()


def run(folder: Path, trials: int, capsys: pytest.CaptureFixture[str]) -> None:
    good, head = asyncio.run(a_journal(folder))
    images = {name: (folder / name).read_bytes() for name in FILES}
    seed = random.randrange(10**6)
    dice, seen = random.Random(seed), Counter[str]()
    for number in range(trials):
        where = folder / "damaged"
        where.mkdir()
        hurt = FILES[number % 2]
        way = ("flip", "flip", "flip", "zeros", "cut")[number // 2 % 5]
        for name, data in images.items():
            (where / name).write_bytes(damage(dice, data, way) if name == hurt else data)
        size = (where / "journal.db").stat().st_size
        told = asyncio.run(outcome(where, good, head))
        seen[f"{hurt} {told}"] += 1
        assert told != "silent", f"seed {seed}, trial {number}: {hurt} {way}"
        kept = where / "journal.db"
        assert kept.exists(), "thrown away"
        assert kept.stat().st_size >= size or told == "harmless", "shortened"
        shutil.rmtree(where)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{trials} damaged journals, seed {seed}: {dict(seen)}; 0 crashes, 0 thrown away. "
            f"0 failures in {trials} shows only a rate below {3 / trials:.4f}\n"
        )


def test_some_damaged_journals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, 100, capsys)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_a_thousand_damaged_journals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, 1000, capsys)
