"""The packed first picture stands in the file exactly as long as it is true."""

from __future__ import annotations

import dataclasses
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.db import (
    ACCOUNT,
    CONNECTION,
    NOON,
    OTHER,
    add_accounts,
    execute_raw,
    make_account,
    make_reading,
    minutes,
    opened,
)

from brokerdesk.db.engine import Database
from brokerdesk.db.records import SeriesPoint
from brokerdesk.db.start_text import read_start_text
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import DatabaseDamagedError, DatabaseTooNewError

PICTURE = '{"a": "picture", "name": "Ünïcode … \\u2066"}'


@pytest.fixture
def pictured(database: Database) -> Database:
    database.run_sync(lambda work: work.snapshots.store(make_reading()))
    assert keep(database)
    return database


def keep(database: Database, text: str = PICTURE) -> bool:
    stamp = database.read_sync(lambda work: work.start.stamp())
    return database.run_sync(lambda work: work.start.keep(text, stamp))


def test_what_was_left_is_found(pictured: Database) -> None:
    assert read_start_text(pictured.path) == PICTURE
    pictured.close()
    assert read_start_text(pictured.path) == PICTURE


def test_no_file_an_empty_file_and_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.db"
    assert read_start_text(path) is None
    path.touch()
    assert read_start_text(path) is None
    path.unlink()
    with opened(tmp_path) as database:
        assert read_start_text(database.path) is None


def rename_connection(work: UnitOfWork) -> None:
    row = work.connections.get(CONNECTION)
    assert row is not None
    work.connections.update(dataclasses.replace(row, state=ConnectionState.FAILED))


CHANGES: dict[str, Callable[[UnitOfWork], object]] = {
    "a new snapshot": lambda w: w.snapshots.store(make_reading(at=NOON + minutes(1), worth="2")),
    "a confirmed snapshot": lambda w: w.snapshots.store(make_reading(at=NOON + minutes(1))),
    "an older snapshot": lambda w: w.snapshots.store(make_reading(at=NOON - minutes(1), worth="2")),
    "a held reading": lambda w: w.snapshots.hold(make_reading(), "odd", NOON),
    "a nickname": lambda w: w.accounts.rename(ACCOUNT, "Nest egg"),
    "an excluded account": lambda w: w.accounts.include(OTHER, False),
    "a closed account": lambda w: w.accounts.close(OTHER, NOON),
    "a new account": lambda w: w.accounts.save(CONNECTION, make_account(3)),
    "a state": rename_connection,
    "a removed connection": lambda w: w.connections.remove(CONNECTION, keep_history=True),
    "a removed history": lambda w: w.connections.remove(CONNECTION, keep_history=False),
    "a day's value": lambda w: w.series.extend(
        ACCOUNT, [SeriesPoint(day=NOON.date(), value=Decimal(5))]
    ),
    "a note": lambda w: w.meta.set("anything", "else"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_any_change_takes_it_away_in_the_same_commit(
    pictured: Database, change: Callable[[UnitOfWork], object]
) -> None:
    pictured.run_sync(change)
    assert read_start_text(pictured.path) is None
    raw = sqlite3.connect(f"file:{pictured.path}?mode=ro", uri=True)
    try:
        assert raw.execute("SELECT count(*) FROM meta WHERE key = 'start_view'").fetchone() == (0,)
    finally:
        raw.close()


def test_what_changes_nothing_leaves_it(pictured: Database) -> None:
    pictured.read_sync(lambda work: work.accounts.list())
    pictured.run_sync(lambda work: work.accounts.list())
    pictured.run_sync(lambda work: work.snapshots.discard_held(ACCOUNT))
    assert read_start_text(pictured.path) == PICTURE


def test_a_change_that_is_taken_back_leaves_it(pictured: Database) -> None:
    def fail(work: UnitOfWork) -> None:
        work.snapshots.store(make_reading(at=NOON + minutes(1), worth="2"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pictured.run_sync(fail)
    assert read_start_text(pictured.path) == PICTURE


def test_before_the_commit_the_old_picture_stands(pictured: Database) -> None:
    def look(work: UnitOfWork) -> str | None:
        work.snapshots.store(make_reading(at=NOON + minutes(1), worth="2"))
        return read_start_text(pictured.path)

    assert pictured.run_sync(look) == PICTURE
    assert read_start_text(pictured.path) is None


def test_a_picture_of_what_was_is_not_kept(database: Database) -> None:
    stamp = database.read_sync(lambda work: work.start.stamp())
    database.run_sync(lambda work: work.snapshots.store(make_reading()))
    assert not database.run_sync(lambda work: work.start.keep(PICTURE, stamp))
    assert read_start_text(database.path) is None


def test_a_write_of_another_program_in_between_is_seen(database: Database, tmp_path: Path) -> None:
    stamp = database.read_sync(lambda work: work.start.stamp())
    with opened(database.path.parent, database.path.name) as other:
        other.run_sync(lambda work: work.accounts.rename(ACCOUNT, "Elsewhere"))
    assert not database.run_sync(lambda work: work.start.keep(PICTURE, stamp))
    assert keep(database)
    with opened(database.path.parent, database.path.name) as other:
        other.run_sync(lambda work: work.accounts.rename(ACCOUNT, "Again"))
    assert read_start_text(database.path) is None


def test_a_snapshot_of_an_older_program_voids_it(pictured: Database) -> None:
    execute_raw(
        pictured.path,
        "INSERT INTO snapshots SELECT id + 7, account_id, fetched_at + 1, as_of, valid_until,"
        " valid_seal, day, currency, net_liquidation, positions, frame_id, checksum, payload"
        " FROM snapshots",
    )
    assert read_start_text(pictured.path) is None


def test_figures_from_the_future_are_not_pictured(database: Database) -> None:
    database.run_sync(lambda work: work.snapshots.store(make_reading(at=NOON + timedelta(days=2))))
    assert not keep(database)


def test_a_flipped_or_cut_text_is_no_picture(pictured: Database) -> None:
    raw = sqlite3.connect(pictured.path)
    (whole,) = raw.execute("SELECT value FROM meta WHERE key = 'start_view'").fetchone()
    raw.close()
    chance = random.Random(5)
    for _ in range(60):
        at = chance.randrange(len(whole))
        other = chance.choice([c for c in '0123456789aZ }"' if c != whole[at]])
        broken = whole[:at] + other + whole[at + 1 :] if chance.random() < 0.7 else whole[:at]
        raw = sqlite3.connect(pictured.path)
        with raw:
            raw.execute("UPDATE meta SET value = ? WHERE key = 'start_view'", (broken,))
        raw.close()
        assert read_start_text(pictured.path) is None, broken


def test_files_of_other_versions(pictured: Database) -> None:
    path = pictured.path
    pictured.close()
    execute_raw(path, "PRAGMA user_version = 0")
    assert read_start_text(path) is None
    execute_raw(path, "PRAGMA user_version = 99")
    with pytest.raises(DatabaseTooNewError):
        read_start_text(path)


def test_what_is_no_database_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.db"
    path.write_bytes(b"x" * 4096)
    with pytest.raises(DatabaseDamagedError):
        read_start_text(path)


def test_an_encrypted_file_keeps_it_under_its_key(tmp_path: Path) -> None:
    with opened(tmp_path, key=b"k" * 32) as database:
        database.run_sync(add_accounts)
        assert keep(database)
        path = database.path
    assert read_start_text(path, key=b"k" * 32) == PICTURE
    with pytest.raises(DatabaseDamagedError):
        read_start_text(path)
    assert b"picture" not in path.read_bytes()


def test_no_library_that_decodes_is_loaded() -> None:
    heavy = ("msgspec", "sqlalchemy", "numpy", "asyncio")
    code = (
        "import sys, brokerdesk.db.start_text\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
