"""kill -9 at random instants: an old or a new state, whole, never something between.

This shows what a process that dies leaves behind; it is no test of losing power.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import db_released as released
from support.db import execute_raw, integrity, make_account, opened
from support.db_victim import ACCOUNTS, bring, copy_all, reading, widen

from brokerdesk.db.migrations import VERSION
from brokerdesk.db.start_view import read_start_view

VICTIM = Path(__file__).parents[1] / "support" / "db_victim.py"
DATABASES = Path(__file__).parent / "databases"
RUNS = 10
DEEP_RUNS = 200
LONGEST = 0.4
OLD = 1
"""The format of the file that is migrated under fire."""


def run_and_kill(task: str, folder: Path, delay: float) -> list[str]:
    """What the victim wrote until it was killed ``delay`` seconds after it began to work."""
    with subprocess.Popen(
        [sys.executable, str(VICTIM), task, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        try:
            child.wait(delay)
        except subprocess.TimeoutExpired:
            child.kill()
        output, errors = child.communicate()
    assert child.returncode in (0, -9), errors.decode()
    # A last line that was cut short says nothing.
    return output.decode().split("\n")[:-1]


def kill_while_storing(with_two_accounts: Path, folder: Path, runs: int, seed: int) -> int:
    chance = random.Random(seed)
    shutil.copy(with_two_accounts, folder)
    path = folder / "portfolio.db"
    with opened(folder) as database:
        connection = database.read_sync(lambda work: work.connections.list()[0].id)
        third = make_account(ACCOUNTS)
        database.run_sync(lambda work: work.accounts.save(connection, third, included=True))
    acknowledged = 0
    for run in range(runs):
        known = run_and_kill("store", folder, chance.uniform(0, LONGEST))
        told = {tuple(map(int, line.split())) for line in known}
        acknowledged += len(told)
        view = read_start_view(path)  # the first reader after the kill recovers the log
        assert view is not None
        assert integrity(path) == "ok", f"seed {seed}, run {run}"
        with opened(folder) as database:
            assert database.read_sync(lambda work: work.snapshots.verify()) == ()
            for account in view.accounts:
                number = int(account.id[-1])
                last = max((n for a, n in told if a == number), default=-1)
                if account.snapshot is None:
                    assert last == -1, f"seed {seed}, run {run}: a told commit is gone"
                    continue
                found = account.snapshot.reading
                assert found is not None
                worth = found.balances[0].net_liquidation
                assert worth is not None
                assert int(worth) >= last, f"seed {seed}, run {run}: a told commit is gone"
                assert found == reading(number, int(worth))
        path.unlink()
        shutil.copy(with_two_accounts, folder)
        with opened(folder) as database:
            database.run_sync(lambda work: work.accounts.save(connection, third, included=True))
    return acknowledged


def test_killed_while_storing(with_two_accounts: Path, tmp_path: Path) -> None:
    told = kill_while_storing(with_two_accounts, tmp_path, RUNS, seed=random.randrange(10**6))
    assert told > 0, "nothing was ever stored: the test shows nothing"


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_killed_while_storing_deep(with_two_accounts: Path, tmp_path: Path) -> None:
    told = kill_while_storing(with_two_accounts, tmp_path, DEEP_RUNS, seed=20261120)
    assert told > DEEP_RUNS


def kill_while_migrating(folder: Path, task: str, runs: int, seed: int) -> set[int]:
    """Versions that were found after the kills."""
    chance = random.Random(seed)
    path = folder / "portfolio.db"
    whole = time.monotonic()
    shutil.copy(DATABASES / f"v{OLD}.db", path)
    run_and_kill(task, folder, 60)
    whole = min(time.monotonic() - whole, 2.0)
    found = set()
    for run in range(runs):
        shutil.rmtree(folder)
        folder.mkdir()
        shutil.copy(DATABASES / f"v{OLD}.db", path)
        run_and_kill(task, folder, chance.uniform(0, whole))
        where = f"seed {seed}, run {run}"
        assert integrity(path) == "ok", where
        version = execute_raw(path, "PRAGMA user_version")[0][0]
        found.add(version)
        for copy in (folder / "backups").glob("*.db"):
            assert integrity(copy) == "ok", where
            assert execute_raw(copy, "PRAGMA user_version") == [(OLD,)], where
        tables = execute_raw(path, "SELECT count(*) FROM sqlite_master WHERE name = 'copies'")
        if task == "migrate":
            assert tables == [(int(version == VERSION + 2),)], where
            if version == VERSION + 2:
                assert execute_raw(path, "SELECT DISTINCT extra FROM accounts") == [("step two",)]
            bring(folder, widen, copy_all)
            assert execute_raw(path, "PRAGMA user_version") == [(VERSION + 2,)], where
            assert execute_raw(path, "SELECT count(*) FROM copies") == [(3 * 2**8,)], where
            execute_raw(path, f"PRAGMA user_version = {VERSION}")
        with opened(folder) as database:
            database.read_sync(released.check)
    return found


def test_killed_while_migrating(tmp_path: Path) -> None:
    folder = tmp_path / "profile"
    folder.mkdir()
    found = kill_while_migrating(folder, "migrate", RUNS, random.randrange(10**6))
    assert found <= {OLD, VERSION + 2}


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("task", ["migrate", "restore"])
def test_killed_while_migrating_deep(tmp_path: Path, task: str) -> None:
    folder = tmp_path / "profile"
    folder.mkdir()
    found = kill_while_migrating(folder, task, DEEP_RUNS, 20261120)
    assert OLD in found
