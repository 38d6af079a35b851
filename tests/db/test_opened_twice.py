"""Two programs that make the database at the same moment, or bring it up to date, both have it."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.clock import FakeClock

from brokerdesk.db import backup, driver
from brokerdesk.db.engine import Database

OPENER = Path(__file__).parent.parent / "support" / "scripts" / "open_portfolios.py"
RELEASED = Path(__file__).parent / "databases" / "v1.db"
COUNT = 15


async def opener(folder: Path, first: float) -> tuple[int | None, bytes]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(OPENER), str(folder), str(first), str(COUNT)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode, out


@pytest.mark.timeout(120)
@pytest.mark.parametrize("old", [False, True])
async def test_two_programs_make_a_database_or_bring_it_up_at_once(
    tmp_path: Path, old: bool
) -> None:
    for number in range(COUNT):
        (tmp_path / str(number)).mkdir()
        if old:
            shutil.copy(RELEASED, tmp_path / str(number) / "portfolio.db")
    first = time.monotonic() + 2.5
    ends = list(await asyncio.gather(*(opener(tmp_path, first) for _ in range(2))))
    assert ends == [(0, b"opened")] * 2
    for number in range(COUNT):
        names = sorted(one.name for one in (tmp_path / str(number)).iterdir())
        assert names == (["backups", "portfolio.db"] if old else ["portfolio.db"])
        assert len(list((tmp_path / str(number)).glob("backups/*"))) == old


def test_a_new_file_that_another_program_locks_for_a_moment_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "portfolio.db"
    driver.create_private(path)
    other = driver.connect(path)
    real, busy = driver.connect, 0

    def locked(statement: str) -> None:
        if statement == "PRAGMA journal_mode = WAL" and not busy and not other.in_transaction:
            other.execute("BEGIN IMMEDIATE")

    def connect(*args: Any, **kwargs: Any) -> driver.RawConnection:
        connection = real(*args, **kwargs)
        connection.set_trace_callback(locked)
        return connection

    def let_go(_: float) -> None:
        nonlocal busy
        busy += 1
        other.execute("ROLLBACK")
        other.close()

    monkeypatch.setattr(driver, "connect", connect)
    monkeypatch.setattr(time, "sleep", let_go)
    database = Database.open(path, backups=tmp_path / "backups", clock=FakeClock())
    database.run_sync(lambda uow: uow.meta.set("seen", "yes"))
    database.close()
    assert busy == 1


def test_a_file_that_another_program_is_just_making_is_no_stray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "portfolio.db", driver.side_files

    def made_meanwhile(asked: Path) -> tuple[Path, ...]:
        for one in (asked, *real(asked)[:2]):
            one.touch()
        return real(asked)

    monkeypatch.setattr(driver, "side_files", made_meanwhile)
    backup.set_strays_aside(path, at=FakeClock().now())
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "portfolio.db",
        "portfolio.db-shm",
        "portfolio.db-wal",
    ]
