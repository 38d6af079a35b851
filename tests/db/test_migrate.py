"""From any older format to the present one, and back when that fails."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from support import db_released as released
from support.clock import FakeClock
from support.db import (
    NOON,
    add_accounts,
    execute_raw,
    integrity,
    open_database,
    opened,
    raw_connection,
)

from brokerdesk.db import backup, driver, migrate
from brokerdesk.db.alchemy import make_engine
from brokerdesk.db.migrations import VERSION, steps
from brokerdesk.db.tables import metadata
from brokerdesk.errors import (
    DatabaseDamagedError,
    DatabaseLockedError,
    DatabaseTooNewError,
    MigrationError,
)

DATABASES = Path(__file__).parent / "databases"
SCHEMA = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"


def dump(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The schema and every row of every table."""
    schema = execute_raw(path, SCHEMA)
    tables = [name for kind, name, _ in schema if kind == "table"]
    rows = {name: execute_raw(path, f"SELECT * FROM {name}") for name in tables}  # noqa: S608
    return {"": schema} | rows


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of format 1 with something of everything."""
    path = tmp_path / "portfolio.db"
    shutil.copy(DATABASES / "v1.db", path)
    return path


def bring(path: Path, *more: Callable[[Operations], None], **options: Any) -> None:
    """Migrate by what is released and ``more`` steps after it."""
    migrate.bring_up_to_date(
        path,
        backups=path.parent / "backups",
        clock=options.pop("clock", FakeClock(NOON)),
        key=options.pop("key", None),
        migrations=(*steps(), *more),
        **options,
    )


def add_table(op: Operations) -> None:
    op.create_table("fresh", sqlalchemy.Column("x", sqlalchemy.Integer))
    op.execute("INSERT INTO fresh VALUES (1)")
    op.execute("UPDATE accounts SET nickname = 'migrated'")


def add_then_fail(op: Operations) -> None:
    add_table(op)
    raise KeyError("a bug in a step")


def add_then_fail_in_sql(op: Operations) -> None:
    add_table(op)
    op.execute("INSERT INTO nowhere VALUES (1)")


def break_a_reference(op: Operations) -> None:
    op.execute("UPDATE accounts SET connection_id = 'gone'")


def commit_then_fail(op: Operations) -> None:
    """The worst step: half of it is in the file for good."""
    add_table(op)
    op.execute("COMMIT")
    raise ValueError("after the commit")


def test_the_number_of_steps_is_the_version() -> None:
    assert len(steps()) == VERSION


def test_the_migrated_file_has_the_schema_that_the_tables_describe(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        path = database.path
    engine = make_engine(path, key=None)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, metadata) == []
    finally:
        engine.dispose()
    described = {
        (table.name, column.name, bool(column.primary_key), bool(column.nullable))
        for table in metadata.tables.values()
        for column in table.columns
    }
    found = {
        (table, row[1], bool(row[5]), not row[3])
        for table in metadata.tables
        for row in execute_raw(path, f"PRAGMA table_info({table})")
    }
    assert found == described


def test_a_released_step_never_changes(tmp_path: Path) -> None:
    """The file of format 1 was made by its own program; today's steps still make the same."""
    with opened(tmp_path):
        pass
    fresh = execute_raw(tmp_path / "portfolio.db", SCHEMA)
    if VERSION == 1:
        assert fresh == execute_raw(DATABASES / "v1.db", SCHEMA)
    else:
        migrated = tmp_path / "old.db"
        shutil.copy(DATABASES / "v1.db", migrated)
        bring(migrated)
        assert execute_raw(migrated, SCHEMA) == fresh


@pytest.mark.parametrize("name", [f"v{n}.db" for n in range(1, VERSION + 1)])
def test_every_released_format_opens_with_all_it_holds(tmp_path: Path, name: str) -> None:
    shutil.copy(DATABASES / name, tmp_path / "portfolio.db")
    version = int(name.removeprefix("v").removesuffix(".db"))
    with opened(tmp_path) as database:
        database.read_sync(lambda work: released.check(work, version))
    assert execute_raw(tmp_path / "portfolio.db", "PRAGMA user_version") == [(VERSION,)]


def test_every_released_format_has_its_file() -> None:
    files = {path.name for path in DATABASES.glob("*.db")}
    assert files == {f"v{n}.db" for n in range(1, VERSION + 1)}


def test_an_upgrade_keeps_everything_and_a_copy_of_before(old: Path) -> None:
    bring(old, add_table)
    assert execute_raw(old, "PRAGMA user_version") == [(VERSION + 1,)]
    assert execute_raw(old, "SELECT x FROM fresh") == [(1,)]
    copies = list((old.parent / "backups").iterdir())
    assert [path.name for path in copies] == ["portfolio-v1-20261120T170000000000Z.db"]
    assert dump(copies[0]) == dump(DATABASES / "v1.db")
    assert execute_raw(copies[0], "PRAGMA user_version") == [(1,)]


def test_a_new_file_needs_no_backup(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    assert not (tmp_path / "backups").exists()


@pytest.mark.parametrize(
    "step", [add_then_fail, add_then_fail_in_sql, break_a_reference, commit_then_fail]
)
def test_a_failing_step_leaves_the_old_content_and_a_copy(
    old: Path, step: Callable[[Operations], None]
) -> None:
    before = dump(old)
    with pytest.raises(MigrationError) as caught:
        bring(old, step)
    assert dump(old) == before
    assert execute_raw(old, "PRAGMA user_version") == [(1,)]
    copy = caught.value.backup_path
    assert copy is not None
    assert dump(copy) == before
    assert str(copy) in caught.value.message
    with opened(old.parent) as database:
        database.read_sync(released.check)


@pytest.mark.parametrize("content", [b"garbage" * 3000, b""])
def test_a_file_beyond_writing_is_moved_aside_and_replaced(old: Path, content: bytes) -> None:
    copy = old.parent / "copy.db"
    shutil.copy(old, copy)
    old.write_bytes(content)
    migrate.restore(old, copy, key=None, clock=FakeClock(NOON))
    assert dump(old) == dump(copy)
    aside = [path.read_bytes() for path in old.parent.glob("*.damaged-*/portfolio.db")]
    assert aside == ([content] if content else [])


def test_a_failing_step_on_a_new_file_leaves_nothing_half_made(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.db"
    with pytest.raises(MigrationError) as caught:
        bring(path, add_then_fail)
    assert caught.value.backup_path is None
    with opened(tmp_path) as database:
        database.run_sync(add_accounts)


def test_the_last_three_copies_are_kept(old: Path) -> None:
    backups = old.parent / "backups"
    backups.mkdir()
    (backups / "notes.txt").write_text("mine")
    (backups / "portfolio-v1-20200101T000000000000Z.db.partial").write_bytes(b"cut short")
    for day in range(5):
        clock = FakeClock(NOON)
        clock.jump(86_400 * day)
        with pytest.raises(MigrationError):
            bring(old, add_then_fail, clock=clock)
    names = sorted(path.name for path in backups.glob("*.db"))
    assert [name[13:21] for name in names] == ["20261122", "20261123", "20261124"]
    assert (backups / "notes.txt").exists()
    assert not list(backups.glob("*.partial"))


def test_a_newer_file_is_refused_and_not_touched(old: Path) -> None:
    execute_raw(old, "PRAGMA user_version = 99")
    before = old.read_bytes()
    with pytest.raises(DatabaseTooNewError) as caught:
        open_database(old.parent)
    assert "newer BrokerDesk" in caught.value.title
    assert old.read_bytes() == before
    assert [path.name for path in old.parent.iterdir()] == ["portfolio.db"]


def test_a_newer_file_with_a_log_beside_it_is_refused_and_not_touched(old: Path) -> None:
    writer = raw_connection(old)
    try:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("PRAGMA user_version = 99")
        before, log = old.read_bytes(), old.with_name("portfolio.db-wal").read_bytes()
        with pytest.raises(DatabaseTooNewError):
            open_database(old.parent)
        assert old.read_bytes() == before
        assert old.with_name("portfolio.db-wal").read_bytes() == log
    finally:
        writer.close()


def test_a_file_in_use_elsewhere_is_not_migrated(old: Path) -> None:
    other = raw_connection(old)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseLockedError):
            bring(old, add_table, busy_seconds=0.05)
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert dump(old) == dump(DATABASES / "v1.db")
    bring(old, add_table)


def test_a_damaged_file_is_not_migrated(old: Path) -> None:
    content = old.read_bytes()
    old.write_bytes(content[:4096] + bytes(len(content) - 4096))
    with pytest.raises((DatabaseDamagedError, MigrationError)):
        bring(old, add_table)
    assert old.read_bytes()[4096:] == bytes(len(content) - 4096), "nothing was written to it"


def test_an_encrypted_file_migrates_and_its_copy_is_encrypted(tmp_path: Path) -> None:
    key = b"k" * 32
    with opened(tmp_path, key=key) as database:
        database.run_sync(released.fill)
        path = database.path
    with pytest.raises(MigrationError):
        bring(path, commit_then_fail, key=key)
    with opened(tmp_path, key=key) as database:
        database.read_sync(released.check)
    (copy,) = (tmp_path / "backups").iterdir()
    assert b"Nest egg" not in copy.read_bytes() + path.read_bytes()
    assert not copy.read_bytes().startswith(b"SQLite format 3")


def test_quarantine_moves_the_three_files_together(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        database.run_sync(add_accounts)
        path = database.path
        live = {p.name: p.read_bytes() for p in (path, *driver.side_files(path)) if p.exists()}
        shutil.copytree(tmp_path, tmp_path / "copy")
    assert len(live) == 3
    moved = backup.quarantine(tmp_path / "copy" / "portfolio.db", at=NOON)
    assert {p.name: p.read_bytes() for p in moved.iterdir()} == live
    assert [p.name for p in (tmp_path / "copy").iterdir()] == [moved.name]
    with opened(tmp_path / "copy") as database:
        assert database.read_sync(lambda work: work.accounts.list()) == ()
    with opened(moved) as database:
        assert len(database.read_sync(lambda work: work.accounts.list())) == 2


def test_a_log_without_its_file_is_never_another_files_log(tmp_path: Path) -> None:
    """A quarantine that was cut short after moving the main file."""
    with opened(tmp_path / "first") as database:
        database.run_sync(add_accounts)
        log = driver.side_files(database.path)[0].read_bytes()
    path = tmp_path / "portfolio.db"
    path.with_name("portfolio.db-wal").write_bytes(log)
    with opened(tmp_path) as database:
        assert database.read_sync(lambda work: work.accounts.list()) == ()
        database.run_sync(add_accounts)
    assert integrity(path) == "ok"
    (aside,) = tmp_path.glob("portfolio.db.damaged-*")
    assert (aside / "portfolio.db-wal").read_bytes() == log


def test_quarantining_twice_in_a_moment_keeps_both(tmp_path: Path) -> None:
    contents = set()
    for n in range(2):
        with opened(tmp_path) as database:
            database.run_sync(partial(add_accounts, count=2 + n))
        contents.add((tmp_path / "portfolio.db").read_bytes())
        backup.quarantine(tmp_path / "portfolio.db", at=NOON)
    kept = {path.read_bytes() for path in tmp_path.glob("portfolio.db.damaged-*/portfolio.db")}
    assert kept == contents
