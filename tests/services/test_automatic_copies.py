"""The program's own copies are listed and take the same way back as a backup."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.backups import OURS, content, make_profile, open_profile, rows
from support.clock import FakeClock
from support.db import ACCOUNT, NOON, make_reading

from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.errors import DatabaseLockedError, StorageError, UserCancelled
from brokerdesk.paths import ProfilePaths
from brokerdesk.services import automatic_copies, restoring
from brokerdesk.services.automatic_copies import copies, look_into_copy, restore_copy
from brokerdesk.services.watched import Progress, Stage, Watch
from brokerdesk.settings import SettingsFile

CLOCK = FakeClock(NOON)


@pytest.fixture
async def paths(tmp_path: Path) -> ProfilePaths:
    """A profile worth 1,000 when its copy was made, and 42 now."""
    made = make_profile(tmp_path / "profile")
    database = open_profile(made)
    with closing(database):
        await database.backup_when_due(made.backups)
        later = make_reading(worth="42", at=NOON + timedelta(hours=1))
        database.run_sync(lambda work: work.snapshots.store(later))
    return made


def worth(paths: ProfilePaths) -> Decimal | None:
    """The last value that is stored, though it is later than the test's clock."""
    with closing(open_profile(paths)) as database:
        last = NOON + timedelta(days=1)
        found = database.read_sync(lambda work: work.snapshots.as_of(ACCOUNT, last))
    assert found is not None
    assert found.reading is not None
    return found.reading.balances[0].net_liquidation


def only(paths: ProfilePaths) -> Path:
    (copy,) = copies(paths)
    return copy.file


async def test_copies_are_listed_newest_first(paths: ProfilePaths) -> None:
    old = paths.backups / "portfolio-v1-20250102T030405000000Z.db"
    old.write_bytes(only(paths).read_bytes())
    for other in ("portfolio-regular-x.db", "journal-v1-20250102T030405000000Z.db", "notes.txt"):
        (paths.backups / other).write_text("x")
    (paths.backups / "portfolio-v1-20250102T030405000001Z.db").mkdir()
    found = copies(paths)
    assert [(one.made.year, one.version) for one in found] == [(2026, None), (2025, 1)]
    assert found[1].size == old.stat().st_size


async def test_no_folder_has_no_copies(tmp_path: Path) -> None:
    assert copies(ProfilePaths(tmp_path / "nothing")) == ()


async def test_a_copy_says_what_it_holds(paths: ProfilePaths) -> None:
    manifest = await look_into_copy(paths, only(paths), CLOCK)
    assert manifest.created_at == NOON
    assert (manifest.accounts, manifest.environments) == (2, (Environment.LIVE,))


async def test_a_copy_comes_back_and_the_present_is_kept_aside(paths: ProfilePaths) -> None:
    SettingsFile(paths.settings_file).save(replace(OURS, theme="light"))
    present = content(paths)["portfolio.db"]
    seen: list[Progress] = []
    done = await restore_copy(paths, only(paths), CLOCK, seen.append)
    assert worth(paths) == Decimal("1000.00")
    assert done.replaced is not None
    assert rows(done.replaced / "portfolio.db") == present
    assert SettingsFile(paths.settings_file).load() == replace(OURS, theme="light")
    assert done.connections == 1
    assert only(paths).exists()
    assert {one.stage for one in seen} >= {Stage.CHECKING, Stage.UNPACKING, Stage.SWAPPING}
    with closing(open_profile(paths)) as database:
        (row,) = database.read_sync(lambda work: work.connections.list())
    assert row.state is ConnectionState.NEEDS_SIGN_IN


async def test_without_settings_the_defaults_stay(paths: ProfilePaths) -> None:
    paths.settings_file.unlink()
    await restore_copy(paths, only(paths), CLOCK)
    assert worth(paths) == Decimal("1000.00")


@pytest.mark.parametrize("data", [b"", b"not a database", b"SQLite format 3\x00" + b"\x00" * 4096])
async def test_what_is_no_copy_changes_nothing(paths: ProfilePaths, data: bytes) -> None:
    bad = paths.backups / "portfolio-regular-20260101T000000000000Z.db"
    bad.write_bytes(data)
    with pytest.raises(StorageError):
        await restore_copy(paths, bad, CLOCK)
    with pytest.raises(StorageError):
        await look_into_copy(paths, bad, CLOCK)
    assert worth(paths) == Decimal("42")
    assert bad.read_bytes() == data
    assert not paths.restore_was_killed()


async def test_a_missing_copy_is_said_in_words(paths: ProfilePaths) -> None:
    with pytest.raises(StorageError):
        await restore_copy(paths, paths.backups / "gone.db", CLOCK)


async def test_a_profile_in_use_is_refused(paths: ProfilePaths) -> None:
    with closing(open_profile(paths)), pytest.raises(DatabaseLockedError):
        await restore_copy(paths, only(paths), CLOCK)
    assert worth(paths) == Decimal("42")


async def test_a_copy_that_changes_while_it_is_read_is_refused(
    paths: ProfilePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = automatic_copies._archive

    def altered(*arguments: object) -> object:
        made = archive(*arguments)  # type: ignore[arg-type]
        with made.path.open("ab") as stream:
            stream.write(b"more")
        return made

    monkeypatch.setattr(automatic_copies, "_archive", altered)
    with pytest.raises(StorageError, match="damaged"):
        await restore_copy(paths, only(paths), CLOCK)
    assert worth(paths) == Decimal("42")


async def test_stopping_before_the_swap_leaves_the_present(paths: ProfilePaths) -> None:
    watch = Watch(lambda progress: watch.stop() if progress.stage is Stage.UNPACKING else None)
    source = automatic_copies._archive(paths, only(paths), CLOCK, Watch())
    with pytest.raises(UserCancelled):
        restoring.restore(paths, source, CLOCK, watch)
    assert worth(paths) == Decimal("42")
    assert not paths.restore_was_killed()


async def test_a_killed_restore_is_known_before_the_database_opens(paths: ProfilePaths) -> None:
    assert not paths.restore_was_killed()
    (paths.root / ".restoring-20261120T170000000000Z").mkdir()
    assert paths.restore_was_killed()
    restoring.finish_interrupted(paths)
    assert not paths.restore_was_killed()
    assert worth(paths) == Decimal("42")
