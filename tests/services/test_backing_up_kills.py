"""A restore that fails or is killed at every step there is: the old state or the new one, whole."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.backups import back_up, content, copy_profile, make_profile, rows, worth
from support.clock import FakeClock
from support.db import NOON
from support.steps import Steps, watched

from brokerdesk.errors import StorageError
from brokerdesk.paths import ProfilePaths, profile_at
from brokerdesk.services.backup_format import opened
from brokerdesk.services.restoring import finish_interrupted, restore
from brokerdesk.services.watched import Watch
from brokerdesk.settings import Settings, SettingsFile

TESTS = Path(__file__).parents[1]
LEAVE_A_FOLDER = ("mkdir", "rmdir", "unlink", "open")
"""Where failing can leave an empty or half removed working folder, for the next start to remove."""


@pytest.fixture
def present(tmp_path: Path) -> ProfilePaths:
    return make_profile(tmp_path / "present", worth="7", settings=Settings(theme="light"))


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    target = tmp_path / "good.brokerdesk-backup"
    await back_up(make_profile(tmp_path / "source"), target)
    return target


def run(paths: ProfilePaths, file: Path) -> None:
    with opened(file) as archive:
        restore(paths, archive, FakeClock(NOON), Watch())


def is_new(paths: ProfilePaths) -> bool:
    return SettingsFile(paths.settings_file).load().theme == "dark" and worth(paths) == 1000


@pytest.mark.parametrize("after", [False, True], ids=["instead of it", "after it"])
@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
async def test_a_failure_at_each_step(
    present: ProfilePaths, file: Path, tmp_path: Path, after: bool, damaged: bool
) -> None:
    if damaged:
        present.portfolio_db.write_bytes(b"X" * 8192)
        (present.root / "portfolio.db-wal").write_bytes(b"its log")
    before = plain(present) if damaged else content(present)
    met: set[str] = set()
    failures = 0
    for step in range(1, 500):
        paths = copy_profile(present, tmp_path / f"copy{step}")

        def fail() -> None:
            raise OSError(errno.EIO, "no")

        with watched(Steps(step, fail, after=after)) as steps:
            try:
                run(paths, file)
                failed = False
            except StorageError:
                failed = True
        if not steps.met:
            break
        met.add(steps.met)
        failures += failed
        if failed:
            assert not is_there(paths, ".restoring-") or steps.met in LEAVE_A_FOLDER
            finish_interrupted(paths)
            assert (plain(paths) if damaged else content(paths)) == before, (step, steps.met)
        else:
            finish_interrupted(paths)
            assert is_new(paths), (step, steps.met)
        assert not is_there(paths, ".restoring-")
    assert failures >= 10
    assert {"replace", "link", "mkdir", "fsync"} <= met


def plain(paths: ProfilePaths) -> dict[str, bytes]:
    return {
        str(file.relative_to(paths.root)): file.read_bytes()
        for file in paths.root.rglob("*")
        if file.is_file()
    }


def is_there(paths: ProfilePaths, prefix: str) -> bool:
    return any(each.name.startswith(prefix) for each in paths.root.iterdir())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
async def test_a_kill_at_each_step(present: ProfilePaths, file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    done = subprocess.run(  # noqa: ASYNC221
        [sys.executable, "-m", "support.restore_victim", present.root, file, folder],
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])},
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    killed = [name for name, code in lines if code == "9"]
    assert sorted(code for _, code in lines if code != "9") == ["0", "0"]
    assert len(killed) >= 40
    before = content(present)
    old = rows(present.portfolio_db)
    states = []
    for name in killed:
        paths = profile_at(folder / name)
        swapped = rows(paths.portfolio_db) != old  # readable as it lies, before anything is mended
        finish_interrupted(paths)
        finish_interrupted(paths)
        if swapped:
            assert is_new(paths), name
            kept = [each for each in paths.root.iterdir() if each.name.startswith("replaced-")]
            assert [rows(each / "portfolio.db") for each in kept] == [old], name
        else:
            assert content(paths) == before, name
        assert not is_there(paths, ".restoring-")
        states.append((name[:5], swapped))
    # Each run has one step before which all is old and after which all is new.
    assert states == sorted(states)
    assert {swapped for _, swapped in states} == {False, True}


async def test_an_empty_profile_is_empty_again(file: Path, tmp_path: Path) -> None:
    for step in range(1, 500):
        paths = profile_at(tmp_path / f"new{step}")

        def fail() -> None:
            raise OSError(errno.ENOSPC, "no")

        with watched(Steps(step, fail)) as steps:
            try:
                run(paths, file)
                failed = False
            except StorageError:
                failed = True
        if not steps.met:
            break
        finish_interrupted(paths)
        if failed:
            assert not paths.root.exists() or list(paths.root.iterdir()) == [], (step, steps.met)
        else:
            assert is_new(paths)
    assert step > 10


async def test_no_links_on_this_file_system(
    present: ProfilePaths, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    old = rows(present.portfolio_db)
    monkeypatch.setattr(os, "link", fail)
    run(present, file)
    assert is_new(present)
    (kept,) = (each for each in present.root.iterdir() if each.name.startswith("replaced-"))
    assert rows(kept / "portfolio.db") == old
    assert {each.stat().st_mode & 0o777 for each in kept.iterdir()} == {0o600}
