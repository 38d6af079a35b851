"""The database as the rest of the product sees it: open, run a transaction, close.

One worker thread owns one connection, for reading and writing: that is many times faster than an
async driver, and no connection is ever shared. Other processes may have the same file open.
Everything that SQLite raises leaves here as a ``StorageError``. SQLAlchemy describes the schema and
migrates it; a file that is up to date is used without it (docs/decisions/0013).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import sqlcipher3.dbapi2 as sqlite

from brokerdesk.clock import Clock
from brokerdesk.db import backup, driver, migrate, start_text
from brokerdesk.db.border import damaged, translated
from brokerdesk.db.repositories.instruments import InstrumentBook
from brokerdesk.db.scope import Scope
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.errors import StorageError
from brokerdesk.turns import give_way

T = TypeVar("T")

_CLOSE_SECONDS = 5.0
_WRITING, _READING = "BEGIN IMMEDIATE", "BEGIN"


class Database:
    """One open database file. Made by ``open``; every method may be called from any thread."""

    def __init__(self, path: Path, clock: Clock, key: bytes | None, busy_seconds: float) -> None:
        self.path = path
        self._clock = clock
        self._key = key
        self._busy_seconds = busy_seconds
        self._book = InstrumentBook()
        self._writes = 0
        self._thread: int | None = None
        self._closed = threading.Event()
        self._worker = ThreadPoolExecutor(
            max_workers=1, thread_name_prefix="brokerdesk-db", initializer=self._note_thread
        )

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        backups: Path,
        clock: Clock,
        key: bytes | None = None,
        busy_seconds: float = driver.BUSY_SECONDS,
    ) -> Database:
        """Open ``path``, making it or bringing it to the present format where needed.

        Before a migration the file is copied to ``backups``. ``key`` is 32 raw bytes and opens an
        encrypted file.

        Raises:
            DatabaseTooNewError: written by a newer program; nothing was changed.
            DatabaseDamagedError: not a database, or not under this key.
            DatabaseLockedError: another process held it for longer than ``busy_seconds``.
            MigrationError: the upgrade failed and the old content is back in place.
            StorageError: folder missing or not writable, or SQLite too old.
        """
        database = cls(path, clock, key, busy_seconds)
        try:
            database._call(lambda: database._connect(backups))
        except BaseException:
            database.close()
            raise
        return database

    async def run(self, fn: Callable[[UnitOfWork], T]) -> T:
        """Run ``fn`` in one writing transaction: committed on return, rolled back when it raises.

        What ``fn`` raises comes out unchanged; SQLite's errors come out as ``StorageError``.
        """
        return await asyncio.wrap_future(self._submit(lambda: self._transact(fn, _WRITING)))

    def run_sync(self, fn: Callable[[UnitOfWork], T]) -> T:
        """As ``run``, waiting. Not from inside ``fn`` of another ``run``."""
        return self._call(lambda: self._transact(fn, _WRITING))

    async def read(self, fn: Callable[[UnitOfWork], T]) -> T:
        """As ``run`` for a ``fn`` that only reads: never waits for another process that writes."""
        return await asyncio.wrap_future(self._submit(lambda: self._transact(fn, _READING)))

    def read_sync(self, fn: Callable[[UnitOfWork], T]) -> T:
        """As ``read``, waiting."""
        return self._call(lambda: self._transact(fn, _READING))

    async def quick_check(self) -> None:
        """Check the structure of the whole file (about a second per GB).

        Raises:
            DatabaseDamagedError: with what to do about it.
        """
        await asyncio.wrap_future(self._submit(self._quick_check))

    def backup(self, target: Path) -> None:
        """Write a consistent, checked copy to ``target`` while the file stays in use.

        Raises:
            StorageError: ``target`` was not written.
        """
        self._call(lambda: backup.copy_database(self._raw, target, key=self._key))

    async def backup_when_due(
        self, backups: Path, *, every: timedelta = timedelta(days=7)
    ) -> Path | None:
        """Make a regular copy if the newest one is older than ``every``; the last three stay.

        Past snapshots cannot be fetched again, so the file is worth copies of its own.

        Raises:
            StorageError: no copy was made; the older ones are still there.
        """
        target = backup.regular_backup_due(self.path, backups, now=self._clock.now(), every=every)
        if target is not None:
            await asyncio.wrap_future(
                self._submit(lambda: backup.copy_database(self._raw, target, key=self._key))
            )
            backup.keep_newest(self.path, backups)
        return target

    def file_size(self) -> int:
        """Bytes on disk now: the file and what SQLite keeps beside it."""
        sizes = []
        for file in (self.path, *driver.side_files(self.path)):
            with contextlib.suppress(FileNotFoundError):
                sizes.append(file.stat().st_size)
        return sum(sizes)

    def checkpoint(self) -> None:
        """Move everything from the write-ahead log into the file and empty the log."""
        self._call(self._checkpoint)

    def close(self) -> None:
        """End what is running, close the file. May be called twice, and never hangs."""
        if self._closed.is_set():
            return
        self._closed.set()
        done: Future[None] = self._worker.submit(self._disconnect)
        try:
            done.result(timeout=_CLOSE_SECONDS)
        except TimeoutError:
            raw = getattr(self, "_raw", None)
            if raw is not None:
                raw.interrupt()
            with contextlib.suppress(TimeoutError):
                done.result(timeout=_CLOSE_SECONDS)
        self._worker.shutdown(wait=done.done(), cancel_futures=True)

    async def aclose(self) -> None:
        """As ``close``, without blocking the loop."""
        await asyncio.get_running_loop().run_in_executor(None, self.close)

    # What follows runs on the worker thread.

    def _connect(self, backups: Path) -> None:
        migrate.bring_up_to_date(
            self.path,
            backups=backups,
            clock=self._clock,
            key=self._key,
            busy_seconds=self._busy_seconds,
        )
        with self._border():
            self._raw: driver.RawConnection = driver.connect_prepared(
                self.path, key=self._key, busy_seconds=self._busy_seconds
            )
        driver.make_private(self.path)

    def _disconnect(self) -> None:
        if hasattr(self, "_raw"):
            self._raw.close()

    def _transact(self, fn: Callable[[UnitOfWork], T], begin: str) -> T:
        raw = self._raw
        done = False
        give_way()
        with self._border(writing=begin == _WRITING):
            raw.execute(f"PRAGMA query_only = {int(begin == _READING)}")
            try:
                with driver.transaction(raw, begin):
                    self._forget_if_changed_elsewhere()
                    scope = Scope(
                        raw=raw,
                        path=self.path,
                        now=self._clock.now(),
                        book=self._book,
                        writes=self._writes,
                    )
                    before = raw.total_changes
                    result = fn(UnitOfWork(scope))
                    if raw.total_changes != before and not scope.keeps_start:
                        self._writes += 1
                        start_text.forget(raw)
                done = True
            finally:
                if not done:
                    self._book.clear()
            if scope.pruned or scope.forgotten:
                self._shrink(empty_log=scope.forgotten)
        return result

    def _forget_if_changed_elsewhere(self) -> None:
        version = int(self._raw.execute("PRAGMA data_version").fetchone()[0])
        if version != self._book.data_version:
            self._book.clear()
            self._book.data_version = version

    def _shrink(self, *, empty_log: bool) -> None:
        """Give freed pages back to the file system. Another process at work only postpones it."""
        with contextlib.suppress(sqlite.OperationalError):
            self._raw.execute("PRAGMA query_only = 0")
            self._raw.execute("PRAGMA incremental_vacuum").fetchall()
            if empty_log:
                self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _checkpoint(self) -> None:
        with self._border(writing=True):
            self._raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _quick_check(self) -> None:
        with self._border():
            rows = self._raw.execute("PRAGMA quick_check(1)").fetchall()
        if rows != [("ok",)]:
            raise damaged(self.path)

    # What follows runs on the caller's thread.

    def _submit(self, task: Callable[[], T]) -> Future[T]:
        if self._closed.is_set():
            raise StorageError("The database is closed.", "Nothing was changed.")
        if threading.get_ident() == self._thread:
            raise RuntimeError("a transaction cannot be started from inside another one")
        return self._worker.submit(task)

    def _call(self, task: Callable[[], T]) -> T:
        return self._submit(task).result()

    def _note_thread(self) -> None:
        self._thread = threading.get_ident()

    @contextlib.contextmanager
    def _border(self, *, writing: bool = False) -> Iterator[None]:
        """Where the driver's errors become ours."""
        try:
            yield
        except driver.DRIVER_ERRORS as error:
            raise translated(error, self.path, writing=writing) from error
