"""The power goes: no intent that was committed is lost, whatever of the rest reached the disk."""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from support import power_loss
from support.clock import FakeClock

from brokerdesk.db.journal.store import Journal
from brokerdesk.errors import BrokerDeskError

pytestmark = pytest.mark.skipif(not power_loss.available(), reason="strace is not installed")


def promised(said: list[bytes]) -> dict[str, str]:
    """The last state of each intent that the program was told is committed."""
    found = {}
    for line in b"".join(said).decode().splitlines():
        _, intent, state = line.split()
        found[intent] = state
    return found


async def look(path: Path) -> dict[str, list[str]]:
    journal = Journal(path, FakeClock())
    try:
        assert (await journal.verify()).broken is None
        known = await journal.since(FakeClock().now().replace(year=2000))
        return {one.id: [s.state.value for s in await journal.steps(one.id)] for one in known}
    finally:
        journal.close()


def run(folder: Path, intents: int, images: int, capsys: pytest.CaptureFixture[str]) -> None:
    work = folder / "work"
    work.mkdir()
    steps = power_loss.traced(work, "support.journal_victim", str(work), str(intents))
    assert sum(one.what == "said" for one in steps) == 4 * intents
    seed = random.randrange(10**6)
    dice, seen = random.Random(seed), Counter[str]()
    cuts = Counter(dice.randrange(1, len(steps) + 1) for _ in range(images))
    disk, said = power_loss.Disk(), []
    for number, step in enumerate(steps, 1):
        if step.what == "said":
            said.append(step.data)
        else:
            disk.do(step, str(work))
        for _ in range(cuts[number]):
            where = folder / "image"
            where.mkdir()
            files = disk.after_the_cut(dice)
            for name, data in files.items():
                (where / Path(name).name).write_bytes(data)
            pending = sum(map(len, disk.pending.values()))
            seen["with unsynced writes"] += pending > 0
            wanted = promised(said)
            try:
                found = asyncio.run(look(where / "journal.db"))
            except BrokerDeskError:
                seen["not opened"] += 1
                found = {}
            for intent, state in wanted.items():
                assert state in found.get(intent, ()), f"seed {seed}, step {number}: {intent}"
            seen["intents promised and there"] += len(wanted)
            shutil.rmtree(where)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{images} power cuts in {len(steps)} steps of writing {intents} intents, seed "
            f"{seed}: {dict(seen)}; 0 lost. 0 failures in {images} shows only a rate below "
            f"{3 / images:.4f}\n"
        )
    assert seen["with unsynced writes"] > images / 4


def test_some_power_cuts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, 8, 60, capsys)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_five_hundred_power_cuts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, 60, 520, capsys)
