"""A profile goes into one file and comes back, here or elsewhere, without anything secret."""

from __future__ import annotations

import asyncio
import errno
import os
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.backups import (
    OURS,
    SECRET,
    back_up,
    content,
    copy_profile,
    make_profile,
    members,
    open_profile,
    rows,
    worth,
)
from support.clock import FakeClock
from support.db import NOON, execute_raw, make_connection, make_reading

from brokerdesk import __version__
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.errors import DatabaseLockedError, DiskFullError, StorageError
from brokerdesk.paths import ProfilePaths, profile_at
from brokerdesk.services.backing_up import BackingUpService, look_into, restore
from brokerdesk.services.restoring import finish_interrupted
from brokerdesk.services.watched import Progress, Stage
from brokerdesk.settings import Settings, SettingsFile

CLOCK = FakeClock(NOON)


@pytest.fixture
def paths(tmp_path: Path) -> ProfilePaths:
    return make_profile(tmp_path / "profile")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    return tmp_path / "outside" / "x.brokerdesk-backup"


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def put(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def got(file: Path) -> bytes:
    return file.read_bytes()


async def test_a_backup_says_what_it_is(paths: ProfilePaths, file: Path) -> None:
    manifest = await back_up(paths, file)
    assert manifest == await look_into(file)
    assert (manifest.program, manifest.created_at, manifest.accounts) == (__version__, NOON, 2)
    assert manifest.environments == (Environment.LIVE,)
    assert set(members(file)) == {"portfolio.db", "settings.json", "manifest.json"}
    assert os.stat(file).st_mode & 0o777 == 0o600  # noqa: PTH116
    assert names(file.parent) == [file.name]
    assert names(paths.backups) == []


async def test_nothing_secret_goes_in(paths: ProfilePaths, file: Path) -> None:
    await back_up(paths, file)
    assert SECRET.encode() not in got(file)
    for data in members(file).values():
        assert SECRET.encode() not in data
        assert b"/etc/ours.pem" not in data


async def test_an_empty_profile_elsewhere_gets_everything(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    await back_up(paths, file)
    other = profile_at(tmp_path / "new" / "profile")
    done = await restore(other, file, CLOCK)
    assert (done.replaced, done.connections, done.notes) == (None, 1, ())
    assert names(other.root) == ["portfolio.db", "settings.json"]
    assert other.root.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in other.root.iterdir()} == {0o600}
    assert worth(other) == Decimal("1000.00")
    settings = SettingsFile(other.settings_file).load()
    assert settings == replace(OURS, proxy="", ca_file="", backup_folder="")


async def test_every_connection_needs_a_sign_in(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    practice = make_connection(2, environment=Environment.PRACTICE, practice_url="http://evil:80")
    own = replace(make_connection(3), practice_url="http://127.0.0.1:4321")
    with closing(open_profile(paths)) as database:
        for row in (practice, own):
            database.run_sync(partial(lambda row, work: work.connections.add(row), row))
    await back_up(paths, file)
    other = profile_at(tmp_path / "new")
    assert (await restore(other, file, CLOCK)).connections == 3
    with closing(open_profile(other)) as database:
        found = database.read_sync(lambda work: work.connections.list())
    for row in found:
        assert row.state is ConnectionState.NEEDS_SIGN_IN
        assert "20 November 2026" in row.state_text
        assert (row.signed_in_at, row.sign_in_ends) == (None, None)
    # Keys are typed into what answers there, so only this computer may.
    assert [row.practice_url for row in found] == ["", "", "http://127.0.0.1:4321"]


async def test_an_existing_profile_keeps_its_old_files_and_its_own_network(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    await back_up(paths, file)
    here = Settings(
        theme="light", proxy="http://here:1", ca_file="/here.pem", backup_folder="/here"
    )
    other = make_profile(tmp_path / "other", worth="7", settings=here)
    before = content(other)
    done = await restore(other, file, CLOCK)
    assert done.replaced is not None
    assert worth(other) == Decimal("1000.00")
    assert SettingsFile(other.settings_file).load() == replace(
        OURS, proxy="http://here:1", ca_file="/here.pem", backup_folder="/here"
    )
    assert rows(done.replaced / "portfolio.db") == before["portfolio.db"]
    assert (done.replaced / "settings.json").read_bytes().hex() == before["settings.json"]
    untouched = {"window.ini", "loopback-cert.pem", "logs/brokerdesk.log"}
    after = content(other)
    for name in (*untouched, "secrets/fake-00000001.sealed"):
        assert after[name] == before[name]
    assert names(other.root) == sorted([*names(paths.root), done.replaced.name])
    again = await restore(other, file, CLOCK)
    assert again.replaced not in (None, done.replaced)


async def test_keys_of_another_version_stay_in_the_settings(
    paths: ProfilePaths, file: Path
) -> None:
    await back_up(paths, file)
    paths.settings_file.write_text('{"from_the_future": 1, "theme": "light"}')
    await restore(paths, file, CLOCK)
    assert '"from_the_future": 1' in paths.settings_file.read_text()
    assert SettingsFile(paths.settings_file).load().theme == "dark"


async def test_it_goes_on_being_used_meanwhile(paths: ProfilePaths, file: Path) -> None:
    """The copy is of one moment, though somebody writes all the time."""
    with closing(open_profile(paths)) as database:
        service = BackingUpService(paths=paths, database=database, clock=CLOCK)
        backup = asyncio.ensure_future(service.back_up(file, OURS))
        count = 0
        while not backup.done():
            count += 1
            reading = make_reading(worth=str(count))
            await database.run(
                partial(lambda reading, work: work.snapshots.store(reading), reading)
            )
        await backup
    await restore(paths, file, CLOCK)
    assert count > 1
    value = worth(paths)
    assert value is not None
    assert value <= count or value == 1000


async def test_a_profile_in_use_is_refused(paths: ProfilePaths, file: Path) -> None:
    await back_up(paths, file)
    with closing(open_profile(paths)) as database:
        before = content(paths)
        with pytest.raises(DatabaseLockedError):
            await restore(paths, file, CLOCK)
        assert content(paths) == before
        assert database.read_sync(lambda work: work.meta.get("x")) is None
    assert names(paths.root) == sorted(
        [
            *("backups", "logs", "loopback-cert.pem", "portfolio.db"),
            *("secrets", "settings.json", "window.ini"),
        ]
    )


async def test_what_a_crash_left_in_the_log_is_kept_too(
    paths: ProfilePaths, file: Path, tmp_path: Path
) -> None:
    await back_up(paths, file)
    with closing(open_profile(paths)) as database:
        database.run_sync(lambda work: work.snapshots.store(make_reading(worth="42")))
        crashed = copy_profile(paths, tmp_path / "crashed")
    assert (crashed.root / "portfolio.db-wal").exists()
    done = await restore(crashed, file, CLOCK)
    assert worth(crashed) == Decimal("1000.00")
    assert done.replaced is not None
    assert names(done.replaced) == ["portfolio.db", "settings.json"]
    assert rows(done.replaced / "portfolio.db") == rows(paths.portfolio_db)


@pytest.mark.parametrize("damage", ["header", "noise", "short", "empty"])
async def test_a_damaged_database_is_replaced_and_kept(
    paths: ProfilePaths, file: Path, damage: str
) -> None:
    await back_up(paths, file)
    whole = paths.portfolio_db.read_bytes()
    broken = {
        "header": b"X" * 100 + whole[100:],
        "noise": os.urandom(8192),
        "short": whole[:700],
        "empty": b"",
    }[damage]
    paths.portfolio_db.write_bytes(broken)
    log = paths.root / "portfolio.db-wal"
    log.write_bytes(b"a log that belongs to it")
    done = await restore(paths, file, CLOCK)
    assert done.replaced is not None
    assert worth(paths) == Decimal("1000.00")
    if damage in ("header", "noise"):
        assert (done.replaced / "portfolio.db").read_bytes() == broken
        assert (done.replaced / log.name).read_bytes() == b"a log that belongs to it"
    assert not log.exists()


async def test_settings_that_cannot_be_read_do_not_stop_it(paths: ProfilePaths, file: Path) -> None:
    await back_up(paths, file)
    paths.settings_file.write_bytes(b"{broken")
    done = await restore(paths, file, CLOCK)
    assert done.replaced is not None
    assert (done.replaced / "settings.json").read_bytes() == b"{broken"
    assert SettingsFile(paths.settings_file).load().theme == "dark"


# -- places and full disks


@pytest.mark.parametrize("place", ["portfolio.db", "settings.json", "secrets/x", "logs/x", "x"])
async def test_no_backup_over_the_profile_itself(paths: ProfilePaths, place: str) -> None:
    before = content(paths)
    with pytest.raises(StorageError, match="cannot be written there"):
        await back_up(paths, paths.root / place)
    assert content(paths) == before


async def test_the_backups_folder_is_a_fine_place(paths: ProfilePaths) -> None:
    await back_up(paths, paths.backups / "x")
    assert names(paths.backups) == ["x"]
    await restore(paths, paths.backups / "x", CLOCK)


@pytest.mark.parametrize("name", ["missing/x", "folder", "a\x00b", "y" * 300])
async def test_places_that_cannot_be_written(paths: ProfilePaths, file: Path, name: str) -> None:
    (file.parent / "folder").mkdir()
    with pytest.raises(StorageError) as told:
        await back_up(paths, file.parent / name)
    assert told.value.hint
    assert names(file.parent) == ["folder"]
    assert names(paths.backups) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
async def test_a_disk_that_fails_at_any_step(
    paths: ProfilePaths, file: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The older backup or a whole new one is there, and no piece of either."""
    failures = 0
    with closing(open_profile(paths)) as database:
        service = BackingUpService(paths=paths, database=database, clock=CLOCK)
        for step in range(1, 50):
            put(file, b"older")
            with monkeypatch.context() as patch:
                failing = FailingSync(step, number)
                patch.setattr(os, "fsync", failing)
                if not await fails(service.back_up(file, OURS), full=number == errno.ENOSPC):
                    break
            failures += 1
            assert got(file) == b"older" or (failing.count == step and members(file))
            assert names(file.parent) == [file.name]
            assert names(paths.backups) == []
    assert failures > 3
    assert members(file)


class FailingSync:
    """``os.fsync`` that fails once."""

    def __init__(self, step: int, number: int) -> None:
        self._step, self._number, self._real = step, number, os.fsync
        self.count = 0

    def __call__(self, descriptor: int) -> None:
        self.count += 1
        if self.count == self._step:
            raise OSError(self._number, "no")
        self._real(descriptor)


async def fails(work: Any, *, full: bool) -> bool:
    try:
        await work
    except StorageError as error:
        return isinstance(error, DiskFullError) is full or pytest.fail(error.sentences())
    return False


async def test_what_a_killed_backup_left_goes(paths: ProfilePaths, file: Path) -> None:
    old, young = paths.backups / ".backing-up-old", paths.backups / ".backing-up-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "portfolio.db").write_bytes(b"x")
    day = NOON.timestamp() - 2 * 86400
    os.utime(old, (day, day))
    await back_up(paths, file)
    assert names(paths.backups) == [young.name]


# -- stopping


@pytest.mark.parametrize("stage", [Stage.COPYING, Stage.PACKING, Stage.CHECKING])
async def test_a_stopped_backup_leaves_nothing(
    paths: ProfilePaths, file: Path, stage: Stage
) -> None:
    put(file, b"older")
    with closing(open_profile(paths)) as database:
        service = BackingUpService(paths=paths, database=database, clock=CLOCK)
        assert await stopped_at(stage, lambda tell: service.back_up(file, OURS, tell))
    assert names(file.parent) == [file.name]
    assert got(file) == b"older"
    assert names(paths.backups) == []


@pytest.mark.parametrize("stage", [Stage.UNPACKING, Stage.PREPARING])
async def test_a_stopped_restore_leaves_the_old_state(
    paths: ProfilePaths, file: Path, stage: Stage
) -> None:
    await back_up(paths, file)
    before = content(paths)
    assert await stopped_at(stage, lambda tell: restore(paths, file, CLOCK, tell))
    assert content(paths) == before


async def stopped_at(stage: Stage, begin: Any) -> bool:
    """Whether the task ended as cancelled when it was told to stop on reaching ``stage``."""
    from brokerdesk.errors import UserCancelled
    from brokerdesk.services import watched

    reached: list[Stage] = []
    real = watched.Watch.at

    def at(self: watched.Watch, here: Stage, done: int = 0, total: int = 0) -> None:
        if here is stage:
            self.stop()  # what cancelling does, at exactly this place
            reached.append(here)
        real(self, here, done, total)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watched.Watch, "at", at)
        with pytest.raises(UserCancelled):
            await begin(None)
    return bool(reached)


async def test_cancelling_the_task_waits_until_everything_is_tidy(
    paths: ProfilePaths, file: Path
) -> None:
    with closing(open_profile(paths)) as database:
        service = BackingUpService(paths=paths, database=database, clock=CLOCK)
        task = asyncio.ensure_future(service.back_up(file, OURS))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()  # impatience changes nothing
        with pytest.raises(asyncio.CancelledError):
            await task
    assert names(file.parent) == []
    assert names(paths.backups) == []


async def test_progress_is_told_on_the_loop(paths: ProfilePaths, file: Path) -> None:
    import threading

    told: list[tuple[Progress, int]] = []

    def tell(progress: Progress) -> None:
        told.append((progress, threading.get_ident()))

    with closing(open_profile(paths)) as database:
        service = BackingUpService(paths=paths, database=database, clock=CLOCK)
        await service.back_up(file, OURS, tell)
    await restore(paths, file, CLOCK, tell)
    await asyncio.sleep(0)
    assert {ident for _, ident in told} == {threading.get_ident()}
    stages = list(dict.fromkeys(progress.stage for progress, _ in told))
    assert stages == list(Stage)
    assert all(p.done <= p.total for p, _ in told)


async def test_finishing_nothing_changes_nothing(paths: ProfilePaths, tmp_path: Path) -> None:
    before = content(paths)
    finish_interrupted(paths)
    finish_interrupted(profile_at(tmp_path / "nowhere"))
    assert content(paths) == before
    assert not (tmp_path / "nowhere").exists()


async def test_an_encrypted_database_is_not_backed_up(paths: ProfilePaths, file: Path) -> None:
    from brokerdesk.db.engine import Database

    paths.portfolio_db.unlink()
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=CLOCK, key=b"k" * 32)
    with closing(database):
        service = BackingUpService(paths=paths, database=database, clock=CLOCK)
        with pytest.raises(StorageError, match="encrypted profile"):
            await service.back_up(file, OURS)
    assert names(file.parent) == []
    assert names(paths.backups) == []


async def test_the_restored_file_is_whole_and_works(paths: ProfilePaths, file: Path) -> None:
    await back_up(paths, file)
    await restore(paths, file, CLOCK)
    with closing(open_profile(paths)) as database:
        await database.quick_check()
        database.run_sync(lambda work: work.snapshots.store(make_reading(worth="5")))
    assert worth(paths) == Decimal(5)
    assert execute_raw(paths.portfolio_db, "PRAGMA journal_mode") == [("wal",)]
