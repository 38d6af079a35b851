"""Transactions, threads, locks and every way in which a file can refuse."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlcipher3.dbapi2 as sqlite
from support.clock import FakeClock
from support.db import (
    ACCOUNT,
    CONNECTION,
    NOON,
    add_accounts,
    execute_raw,
    integrity,
    make_account,
    make_reading,
    minutes,
    open_database,
    opened,
    raw_connection,
)

from brokerdesk.db import driver
from brokerdesk.db.border import translated
from brokerdesk.db.engine import Database
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.errors import (
    DatabaseDamagedError,
    DatabaseLockedError,
    DiskFullError,
    StorageError,
)

TESTS = str(Path(__file__).parents[1])


def count(database: Database) -> int:
    return len(database.read_sync(lambda work: work.snapshots.between(ACCOUNT, NOON, NOON)))


async def test_run_commits_what_it_returns_from(database: Database) -> None:
    stored = await database.run(lambda work: work.snapshots.store(make_reading()))
    assert stored.new
    assert await database.read(lambda work: work.snapshots.latest(ACCOUNT)) is not None
    await database.quick_check()
    await database.aclose()


def test_what_fn_raises_comes_out_unchanged_and_nothing_is_kept(database: Database) -> None:
    mine = LookupError("mine")

    def fail(work: UnitOfWork) -> None:
        work.snapshots.store(make_reading())
        work.meta.set("x", "y")
        raise mine

    with pytest.raises(LookupError) as caught:
        database.run_sync(fail)
    assert caught.value is mine
    assert count(database) == 0
    assert database.read_sync(lambda work: work.meta.get("x")) is None
    assert execute_raw(database.path, "SELECT count(*) FROM instruments") == [(0,)]
    assert database.run_sync(lambda work: work.snapshots.store(make_reading())).new
    assert count(database) == 1


def test_reading_transactions_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError):
        database.read_sync(lambda work: work.meta.set("x", "y"))
    database.run_sync(lambda work: work.meta.set("x", "y"))


async def test_calls_from_many_threads_and_tasks_take_turns(database: Database) -> None:
    def bump(work: UnitOfWork) -> None:
        work.meta.set("n", str(int(work.meta.get("n") or 0) + 1))

    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(database.run_sync, bump) for _ in range(40)]
        await asyncio.gather(*(database.run(bump) for _ in range(40)))
        for future in waiting:
            future.result()
    assert await database.read(lambda work: work.meta.get("n")) == "80"


async def test_a_cancelled_caller_leaves_a_whole_transaction(database: Database) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(work: UnitOfWork) -> None:
        entered.set()
        assert go_on.wait(10)
        work.meta.set("slow", "done")

    waiting = asyncio.ensure_future(database.run(slow))
    assert await asyncio.to_thread(entered.wait, 10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    go_on.set()
    assert await database.read(lambda work: work.meta.get("slow")) == "done"


def test_a_transaction_inside_a_transaction_is_a_bug(database: Database) -> None:
    with pytest.raises(RuntimeError, match="inside"):
        database.run_sync(lambda work: database.run_sync(lambda inner: None))


def test_closed_is_closed(database: Database) -> None:
    database.close()
    database.close()
    with pytest.raises(StorageError, match="closed"):
        database.run_sync(lambda work: None)


def test_closing_leaves_one_file_and_no_thread(tmp_path: Path) -> None:
    before = threading.active_count()
    with opened(tmp_path) as database:
        database.run_sync(add_accounts)
    assert threading.active_count() == before
    assert [path.name for path in tmp_path.iterdir()] == ["portfolio.db"]


def test_closing_interrupts_a_statement_that_does_not_end(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("brokerdesk.db.engine._CLOSE_SECONDS", 0.2)
    started = threading.Event()

    def endless(work: UnitOfWork) -> None:
        started.set()
        work.meta._raw.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
        ).fetchall()

    with ThreadPoolExecutor(1) as threads:
        future = threads.submit(database.run_sync, endless)
        assert started.wait(10)
        database.close()
        with pytest.raises(StorageError, match="closed while"):
            future.result(10)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_every_file_is_private_whatever_the_umask(tmp_path: Path, mask: int) -> None:
    folder = tmp_path / "profile"
    before = os.umask(mask)
    try:
        with opened(folder) as database:
            database.run_sync(add_accounts)
            database.backup(folder / "backups" / "copy.db")
            files = [path for path in folder.rglob("*") if path.is_file()]
            assert {path.name for path in files} == {
                "portfolio.db",
                "portfolio.db-wal",
                "portfolio.db-shm",
                "copy.db",
            }
            assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
            assert stat.S_IMODE((folder / "backups").stat().st_mode) == 0o700
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_a_file_that_others_could_read_is_tightened(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        path = database.path
    path.chmod(0o644)
    with opened(tmp_path) as database:
        database.run_sync(add_accounts)
        modes = {stat.S_IMODE(p.stat().st_mode) for p in (path, *driver.side_files(path)[:2])}
    assert modes == {0o600}


def test_the_settings_of_the_connection(database: Database) -> None:
    def pragma(work: UnitOfWork, name: str) -> object:
        return work.meta._raw.execute(f"PRAGMA {name}").fetchone()[0]

    expected = {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "auto_vacuum": 2,
        "secure_delete": 1,
        "recursive_triggers": 1,
    }
    found = database.run_sync(lambda work: {name: pragma(work, name) for name in expected})
    assert found == expected


def test_the_library_is_a_sound_one() -> None:
    driver.check_version()
    assert sqlite.sqlite_version_info >= (3, 51, 3)
    for version in ((3, 40, 1), (3, 51, 2)):
        with pytest.raises(StorageError, match="too old"):
            driver.check_version(version)
    driver.check_version((3, 51, 3))


def test_locked_by_another_process_waits_then_says_so(tmp_path: Path) -> None:
    with opened(tmp_path, busy_seconds=0.1) as database:
        database.run_sync(add_accounts)
        other = raw_connection(database.path)
        try:
            other.execute("BEGIN IMMEDIATE")
            start = time.monotonic()
            with pytest.raises(DatabaseLockedError) as caught:
                database.run_sync(lambda work: work.snapshots.store(make_reading()))
            assert time.monotonic() - start >= 0.09
            assert "nothing is lost" in caught.value.sentences()
            assert database.read_sync(lambda work: work.accounts.list()), "reading goes on"
            other.execute("ROLLBACK")
            assert database.run_sync(lambda work: work.snapshots.store(make_reading())).new
        finally:
            other.close()


def test_a_short_lock_is_waited_out(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        database.run_sync(add_accounts)
        holder = sqlite.connect(str(database.path), isolation_level=None, check_same_thread=False)
        holder.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.2, lambda: holder.execute("ROLLBACK"))
        release.start()
        try:
            assert database.run_sync(lambda work: work.snapshots.store(make_reading())).new
        finally:
            release.join()
            holder.close()


def test_two_processes_see_each_others_work(database: Database) -> None:
    """A second ``Database`` on the file is what a command beside the window is."""
    folder = database.path.parent
    with opened(folder) as other:
        database.run_sync(lambda work: work.snapshots.store(make_reading()))
        again = other.run_sync(lambda w: w.snapshots.store(make_reading(at=NOON + minutes(5))))
        assert not again.new
        other.run_sync(lambda w: w.snapshots.store(make_reading(at=NOON + minutes(6), worth="2")))
        stored = database.run_sync(
            lambda work: work.snapshots.store(make_reading(at=NOON + minutes(7), worth="2"))
        )
        assert not stored.new, "the newest known from memory is not the newest in the file"
        other.run_sync(lambda work: work.connections.remove(CONNECTION, keep_history=False))
        other.run_sync(add_accounts)
        database.run_sync(lambda work: work.snapshots.store(make_reading()))
        assert other.read_sync(lambda work: work.snapshots.verify()) == ()
        assert execute_raw(database.path, "PRAGMA foreign_key_check") == []


def test_many_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import pathlib, sys
        sys.path.insert(0, sys.argv[2])
        from support.db import make_connection, open_database
        database = open_database(pathlib.Path(sys.argv[1]))
        database.run_sync(lambda work: work.connections.add(make_connection(int(sys.argv[3]))))
        database.close()
    """)
    children = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), TESTS, str(n)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(1, 5)
    ]
    for child in children:
        _, errors = child.communicate(timeout=60)
        assert child.returncode == 0, errors
    with opened(tmp_path) as database:
        assert len(database.read_sync(lambda work: work.connections.list())) == 4
    assert integrity(tmp_path / "portfolio.db") == "ok"


FULL_DISK = textwrap.dedent("""
    import pathlib, resource, sys
    sys.path.insert(0, sys.argv[2])
    from support.db import ACCOUNT, NOON, make_position, make_reading, minutes, open_database
    from brokerdesk.errors import DiskFullError
    database = open_database(pathlib.Path(sys.argv[1]))
    size = database.path.stat().st_size
    limit = size + int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    stored = 0
    try:
        for n in range(10_000):
            positions = tuple(make_position(f"S{n}{i}") for i in range(50))
            reading = make_reading(at=NOON + minutes(n), worth=f"{n}.00", positions=positions)
            database.run_sync(lambda work: work.snapshots.store(reading))
            stored += 1
    except DiskFullError as error:
        print(stored, "full", error.title)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    end = NOON + minutes(1e5)
    print(len(database.read_sync(lambda work: work.snapshots.between(ACCOUNT, NOON, end))))
    reading = make_reading(at=NOON + minutes(1e5), worth="1.00")
    print(database.run_sync(lambda work: work.snapshots.store(reading)).new)
    database.close()
""")


@pytest.mark.skipif(os.name == "nt", reason="limits are POSIX")
@pytest.mark.parametrize("room", [0, 5_000, 50_000, 300_000, 1_000_000])
def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, room: int) -> None:
    with opened(tmp_path) as database:
        database.run_sync(add_accounts)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), TESTS, str(room)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, found, new = done.stdout.splitlines()
    assert first.endswith("full The disk is full.")
    assert found == first.split()[0], "all that was reported as stored is there, and no more"
    assert new == "True", "with space again it goes on"
    assert integrity(tmp_path / "portfolio.db") == "ok"
    with opened(tmp_path) as database:
        assert database.read_sync(lambda work: work.snapshots.verify()) == ()


TINY_DISK = """
mount -t tmpfs -o size=600k tmpfs "$1" && "$2" -c "$3" "$1" "$4"
"""
ON_TINY_DISK = textwrap.dedent("""
    import pathlib, sys
    sys.path.insert(0, sys.argv[2])
    from support.db import *
    from brokerdesk.errors import DiskFullError
    database = open_database(pathlib.Path(sys.argv[1]))
    database.run_sync(add_accounts)
    stored = 0
    try:
        for n in range(10_000):
            reading = make_reading(at=NOON + minutes(n), worth=f"{n}.00")
            database.run_sync(lambda work: work.snapshots.store(reading))
            stored += 1
    except DiskFullError as error:
        print(error.title)
    end = NOON + minutes(1e5)
    print(len(database.read_sync(lambda w: w.snapshots.between(ACCOUNT, NOON, end))) - stored)
    print(database.read_sync(lambda work: work.snapshots.verify()))
    database.close()
    print(integrity(database.path))
""")


def can_mount() -> bool:
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return False
    probe = ["unshare", "-m", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="needs the right to mount a small disk")
def test_a_disk_that_fills_up_is_told_and_loses_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            "unshare",
            "-m",
            "sh",
            "-c",
            TINY_DISK,
            "sh",
            tmp_path,
            sys.executable,
            ON_TINY_DISK,
            TESTS,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["The disk is full.", "0", "()", "ok"], done.stderr


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
@pytest.mark.parametrize("which", ["new", "old"])
def test_a_folder_that_may_not_be_written_is_told(which: str) -> None:
    program = textwrap.dedent("""
        import os, pathlib, sys
        sys.path.insert(0, sys.argv[2])
        from support.db import open_database
        import brokerdesk.db.alchemy, alembic.migration, alembic.operations  # while it may
        import brokerdesk.db.migrations; brokerdesk.db.migrations.steps()
        from brokerdesk.errors import StorageError
        folder = pathlib.Path(sys.argv[1])
        if os.geteuid() == 0:
            os.setgid(65534); os.setuid(65534)
        try:
            open_database(folder, sys.argv[3])
        except StorageError as error:
            print(type(error).__name__, error.sentences())
    """)
    # Not pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with opened(folder, "old.db") as database:
            database.run_sync(add_accounts)
        (folder / "old.db").chmod(0o644)
        folder.chmod(0o555)
        try:
            done = subprocess.run(
                [sys.executable, "-c", program, str(folder), TESTS, f"{which}.db"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            folder.chmod(0o755)
        assert done.stdout.startswith("StorageError The database cannot be opened"), done.stderr
        with opened(folder, "old.db") as database:
            assert len(database.read_sync(lambda work: work.accounts.list())) == 2


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "portfolio.db").mkdir()
    with pytest.raises(StorageError):
        open_database(tmp_path)


@pytest.mark.parametrize(
    "content", [b"not a database at all" * 400, b"SQLite format 3\x00" + b"\x00" * 4080, b"x"]
)
def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "portfolio.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseDamagedError) as caught:
        open_database(tmp_path)
    assert "kept as it is" in caught.value.sentences()
    assert "backups folder" in caught.value.hint
    assert path.read_bytes() == content


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "portfolio.db"
    execute_raw(path, "CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (1)")
    content = path.read_bytes()
    with pytest.raises(DatabaseDamagedError):
        open_database(tmp_path)
    assert path.read_bytes() == content


def test_quick_check_finds_a_torn_page(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        database.run_sync(lambda work: add_accounts(work, 200))
        path = database.path
    content = path.read_bytes()
    pages = [content[start : start + 4096] for start in range(0, len(content), 4096)]
    torn = [page[:8] + bytes(4088) if b"Account 100" in page else page for page in pages]
    assert torn != pages
    path.write_bytes(b"".join(torn))
    with opened(tmp_path) as database, pytest.raises(DatabaseDamagedError):
        asyncio.run(database.quick_check())


def test_backup_while_in_use_is_whole_and_opens(database: Database, tmp_path: Path) -> None:
    database.run_sync(lambda work: work.snapshots.store(make_reading()))
    target = tmp_path / "elsewhere" / "copy.db"
    database.backup(target)
    assert [path.name for path in target.parent.iterdir()] == ["copy.db"]
    with opened(target.parent, "copy.db") as copy:
        assert copy.read_sync(lambda work: work.snapshots.verify()) == ()
        assert count(copy) == 1


async def test_regular_backups_come_when_due_and_three_stay(
    database: Database, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    clock = database._clock
    assert isinstance(clock, FakeClock)
    made = []
    for day in range(40):
        target = await database.backup_when_due(backups)
        made += [] if target is None else [day]
        clock.jump(86_400)
    assert made == [0, 7, 14, 21, 28, 35]
    names = sorted(path.name for path in backups.iterdir())
    assert [name[:26] for name in names] == [
        f"portfolio-regular-{day}" for day in ("20261211", "20261218", "20261225")
    ]
    with opened(backups, names[-1]) as copy:
        assert len(copy.read_sync(lambda work: work.accounts.list())) == 2


def test_a_backup_that_cannot_be_written_says_so(database: Database, tmp_path: Path) -> None:
    (tmp_path / "in the way").touch()
    with pytest.raises(StorageError):
        database.backup(tmp_path / "in the way" / "copy.db")


def test_size_and_checkpoint(database: Database) -> None:
    database.run_sync(lambda work: add_accounts_more(work))
    wal = database.path.with_name("portfolio.db-wal")
    assert wal.stat().st_size > 0
    database.checkpoint()
    assert wal.stat().st_size == 0
    side = driver.side_files(database.path)[1].stat().st_size
    assert database.file_size() == database.path.stat().st_size + side


def add_accounts_more(work: UnitOfWork) -> None:
    for n in range(3, 50):
        work.accounts.save(CONNECTION, make_account(n))


class FakeSqliteError(Exception):
    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(text)
        self.sqlite_errorcode = code


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (FakeSqliteError(5), DatabaseLockedError),
        (FakeSqliteError(261), DatabaseLockedError),  # BUSY_RECOVERY
        (FakeSqliteError(517), DatabaseLockedError),  # BUSY_SNAPSHOT
        (FakeSqliteError(6), DatabaseLockedError),
        (FakeSqliteError(11), DatabaseDamagedError),
        (FakeSqliteError(779), DatabaseDamagedError),  # CORRUPT_INDEX
        (FakeSqliteError(26), DatabaseDamagedError),
        (FakeSqliteError(266), DatabaseDamagedError),  # IOERR_READ
        (FakeSqliteError(1, "no such table: snapshots"), DatabaseDamagedError),
        (FakeSqliteError(0, "Could not decode to UTF-8 column 'name'"), DatabaseDamagedError),
        (FakeSqliteError(13), DiskFullError),
        (OSError(28, "No space left on device"), DiskFullError),
        (OSError(13, "Permission denied"), StorageError),
        (FakeSqliteError(8), StorageError),
        (FakeSqliteError(14), StorageError),
        (FakeSqliteError(787), StorageError),  # CONSTRAINT_FOREIGNKEY
        (FakeSqliteError(21), StorageError),  # MISUSE
    ],
)
def test_each_result_code_has_its_kind_and_sentences(
    error: Exception, kind: type[StorageError]
) -> None:
    found = translated(error, Path("portfolio.db"))
    assert type(found) is kind
    assert found.title.endswith(".")
    assert found.message


def test_failed_output_while_writing_is_a_disk_that_takes_no_more() -> None:
    error = FakeSqliteError(10, "disk I/O error")
    assert type(translated(error, Path("x.db"), writing=True)) is DiskFullError
    assert type(translated(error, Path("x.db"))) is DatabaseDamagedError


def test_a_file_that_is_up_to_date_is_used_without_sqlalchemy(tmp_path: Path) -> None:
    """It takes more memory than everything else of ours, and nothing but a migration needs it."""
    with opened(tmp_path, "old.db") as database:
        database.run_sync(add_accounts)
    program = textwrap.dedent("""
        import pathlib, sys
        sys.path.insert(0, sys.argv[2])
        from brokerdesk.clock import SystemClock
        from brokerdesk.db.engine import Database
        folder = pathlib.Path(sys.argv[1])
        database = Database.open(folder / "old.db", backups=folder, clock=SystemClock())
        print(len(database.read_sync(lambda work: work.accounts.list())))
        first = database.read_sync(lambda work: work.accounts.list())[0].account
        database.run_sync(lambda work: work.accounts.rename(first.id, "Savings"))
        database.close()
        print(sorted({"sqlalchemy", "alembic"} & set(sys.modules)))
    """)
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), TESTS],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["2", "[]"], done.stderr
