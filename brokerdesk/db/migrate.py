"""From any older file format to the present one, so that nothing can be lost on the way.

Lock out other writers; backup, checked and durable; all steps in one transaction with the new
format's number; verify; commit. Killed at any instant the file is at the old or at the new format.
When a step fails the transaction is rolled back, and if anything was committed all the same, the
backup goes back in. A file from a newer program is refused before anything is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.db import driver
from brokerdesk.db.backup import (
    backup_before_migration,
    copy_database,
    quarantine,
    set_strays_aside,
)
from brokerdesk.db.border import damaged, too_new, translated
from brokerdesk.db.migrations import VERSION, Step, steps
from brokerdesk.errors import (
    DatabaseLockedError,
    DiskFullError,
    MigrationError,
    StorageError,
)

if TYPE_CHECKING:
    import sqlalchemy


_SMALLEST = 512
"""Bytes of the smallest database there can be."""


def bring_up_to_date(
    path: Path,
    *,
    backups: Path,
    clock: Clock,
    key: bytes | None,
    busy_seconds: float = driver.BUSY_SECONDS,
    migrations: Sequence[Step] | None = None,
) -> None:
    """Make sure that ``path`` is there and at the present format.

    Raises:
        DatabaseTooNewError, DatabaseDamagedError, DatabaseLockedError, DiskFullError: nothing was
            changed.
        MigrationError: the old content is in place; ``backup_path`` holds a copy.
    """
    latest = VERSION if migrations is None else len(migrations)
    set_strays_aside(path, at=clock.now())
    version = _version_of(path, key, busy_seconds)
    if version > latest:
        raise too_new(path, version, latest)
    if version == latest:
        return
    wanted = steps() if migrations is None else migrations
    if version == 0:
        driver.create_private(path)
        _make_growable(path, key, busy_seconds)
    _Upgrade(path, backups, clock, key, busy_seconds, wanted).run()


def _version_of(path: Path, key: bytes | None, busy_seconds: float) -> int:
    """The format of the file, 0 when it is missing or empty, found without writing a byte."""
    with driver.at_border(path):
        size = path.stat().st_size if path.exists() else 0
    if size == 0:
        driver.check_version()
        return 0
    if size < _SMALLEST:
        # SQLite would take it for an empty file and write over it.
        raise damaged(path)
    raw = driver.connect(path, key=key, read_only=True, busy_seconds=busy_seconds)
    try:
        with driver.at_border(path):
            version = driver.user_version(raw, path)
            if version == 0 and raw.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                # Somebody else's database: it has tables, and no number of ours.
                raise damaged(path)
            return version
    finally:
        raw.close()


def _make_growable(path: Path, key: bytes | None, busy_seconds: float) -> None:
    """Set on an empty file what cannot be set later: freed pages can be given back."""
    raw = driver.connect(path, key=key, busy_seconds=busy_seconds)
    try:
        with driver.at_border(path, writing=True):
            raw.execute("PRAGMA auto_vacuum = INCREMENTAL")
            driver.write_ahead(raw, busy_seconds)
    finally:
        raw.close()


class _Upgrade:
    """One run of the ritual. Whatever goes wrong in it ends with the old content in place.

    Even a bug in a step has to end so; that is why leaving looks at every exception.
    """

    def __init__(
        self,
        path: Path,
        backups: Path,
        clock: Clock,
        key: bytes | None,
        busy_seconds: float,
        wanted: Sequence[Step],
    ) -> None:
        self._path = path
        self._backups = backups
        self._clock = clock
        self._key = key
        self._busy_seconds = busy_seconds
        self._wanted = wanted
        self._backup: Path | None = None
        self._watcher: driver.RawConnection = None
        self._seen = -1

    def run(self) -> None:
        # Only a file that needs it pays for this import.
        from brokerdesk.db.alchemy import make_engine

        with self:
            engine = make_engine(self._path, key=self._key, busy_seconds=self._busy_seconds)
            try:
                with engine.connect() as connection:
                    # A step may rebuild tables; references are checked before the commit.
                    raw: driver.RawConnection = connection.connection.driver_connection
                    raw.execute("PRAGMA foreign_keys = OFF")
                    with connection.begin():
                        self._step_up(connection)
            finally:
                engine.dispose()

    def _step_up(self, connection: sqlalchemy.Connection) -> None:
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        # Another process may have done it while this one waited for the lock.
        version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
        if version >= len(self._wanted):
            return
        if version > 0:
            self._make_backup(version)
        operations = Operations(MigrationContext.configure(connection))
        for step in self._wanted[version:]:
            step(operations)
        _verify(connection, self._path)
        connection.exec_driver_sql(f"PRAGMA user_version = {len(self._wanted)}")

    def _make_backup(self, version: int) -> None:
        """Copy what is there now; the lock is held, so nobody adds to it afterwards."""
        self._watcher = driver.connect(self._path, key=self._key, busy_seconds=self._busy_seconds)
        self._backup = backup_before_migration(
            self._watcher,
            self._path,
            self._backups,
            version=version,
            now=self._clock.now(),
            key=self._key,
        )
        self._seen = self._commits()

    def _commits(self) -> int:
        """A number that changes when any other connection commits."""
        with driver.at_border(self._path):
            return int(self._watcher.execute("PRAGMA data_version").fetchone()[0])

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        untouched = self._backup is None or self._commits() == self._seen
        if self._watcher is not None:
            self._watcher.close()
        if not isinstance(error, Exception):
            return
        known = _known(error, self._path)
        if self._backup is None:
            # Nothing was begun: a new file, or the lock or the backup could not be had.
            raise known or _failed(self._path, None) from error
        if not untouched:
            restore(self._path, self._backup, key=self._key, clock=self._clock)
        elif isinstance(known, DatabaseLockedError | DiskFullError):
            raise known from error
        raise _failed(self._path, self._backup) from error


def _verify(connection: sqlalchemy.Connection, path: Path) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise damaged(path)
    if connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() != "ok":
        raise damaged(path)


def _known(error: Exception, path: Path) -> StorageError | None:
    """The storage error that ``error`` is or carries, None for a bug in a step."""
    if isinstance(error, StorageError):
        return error
    cause = getattr(error, "orig", None) or error  # SQLAlchemy wraps the driver's error
    if isinstance(cause, driver.FOREIGN_ERRORS):
        return translated(cause, path, writing=True)
    return None


def restore(path: Path, backup: Path, *, key: bytes | None, clock: Clock) -> None:
    """Put the content of ``backup`` back into ``path``, in one transaction of the file itself.

    A process that is killed meanwhile leaves the one or the other. Only a file that cannot even be
    written to is moved aside (never deleted) and replaced by a copy.
    """
    source = driver.connect(backup, key=key, read_only=True)
    try:
        try:
            _write_over(source, path, key)
        except StorageError:
            quarantine(path, at=clock.now())
            copy_database(source, path, key=key)
    finally:
        source.close()


def _write_over(source: driver.RawConnection, path: Path, key: bytes | None) -> None:
    target = driver.connect(path, key=key)
    try:
        with driver.at_border(path, writing=True):
            source.backup(target)
            if target.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
                raise damaged(path)
    finally:
        target.close()


def _failed(path: Path, backup: Path | None) -> MigrationError:
    kept = (
        f"The old content of {path.name} is back in place and complete; a copy is at {backup}."
        if backup is not None
        else f"{path.name} was left as it was."
    )
    return MigrationError(
        "The database could not be brought to the new format.", kept, backup_path=backup
    )
