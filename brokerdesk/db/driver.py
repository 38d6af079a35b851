"""The one door to SQLite: raw connections of the SQLCipher driver, with our settings.

Python's own ``sqlite3`` is often linked to a SQLite that can corrupt a WAL database used by two
connections (3.7.0 to 3.51.2), so the driver that the product ships is used always, with a key only
when the user turned encryption on. Nothing here knows SQLAlchemy, tables or the domain: the
start-up path reads through this module alone.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlcipher3.dbapi2 as sqlite

from brokerdesk.db.border import is_busy, translated
from brokerdesk.errors import StorageError

OLDEST_SQLITE = (3, 51, 3)
BUSY_SECONDS = 5.0
_PAUSE = 0.01
SIDE_FILES = ("-wal", "-shm", "-journal")

DRIVER_ERRORS: tuple[type[Exception], ...] = (sqlite.Error, sqlite.Warning, UnicodeDecodeError)
"""What the driver raises; the last when SQLite quotes a damaged name in an error message."""

FOREIGN_ERRORS: tuple[type[Exception], ...] = (*DRIVER_ERRORS, OSError)
"""What can come out of the driver and of file work around it."""

RawConnection = Any
"""A ``sqlcipher3.dbapi2.Connection``; the driver carries no type information."""


def check_version(version: tuple[int, ...] | None = None) -> None:
    """Refuse a SQLite that is known to corrupt WAL files.

    Raises:
        StorageError: the linked library is older than 3.51.3.
    """
    found = tuple(sqlite.sqlite_version_info) if version is None else version
    if found < OLDEST_SQLITE:
        raise StorageError(
            "The database library on this computer is too old.",
            f"SQLite {'.'.join(map(str, found))} can damage files; 3.51.3 or later is needed. "
            "Nothing was opened.",
            "Reinstall BrokerDesk, which brings its own.",
        )


def connect(
    path: Path,
    *,
    key: bytes | None = None,
    read_only: bool = False,
    busy_seconds: float = BUSY_SECONDS,
) -> RawConnection:
    """Open ``path`` without changing anything in it.

    The driver never begins a transaction by itself (``isolation_level=None``).

    Raises:
        StorageError: the library is too old or the file cannot be opened.
    """
    check_version()
    mode = "ro" if read_only else "rw"
    uri = f"file:{quote(str(path.absolute()))}?mode={mode}"
    with at_border(path):
        connection = sqlite.connect(
            uri,
            uri=True,
            timeout=busy_seconds,
            isolation_level=None,
            check_same_thread=False,
        )
        if key is not None:
            # A raw 32-byte key: no slow derivation, nothing of it in a statement cache.
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


def connect_prepared(
    path: Path, *, key: bytes | None = None, busy_seconds: float = BUSY_SECONDS
) -> RawConnection:
    """As ``connect``, with the settings that all writers share."""
    connection = connect(path, key=key, busy_seconds=busy_seconds)
    with contextlib.ExitStack() as on_failure:
        on_failure.callback(connection.close)
        _prepare(connection, path, busy_seconds)
        on_failure.pop_all()
    return connection


def _prepare(connection: RawConnection, path: Path, busy_seconds: float) -> None:
    with at_border(path):
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA recursive_triggers = ON")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        # KiB of pages. The driver keeps 8,000, which buys nothing that can be measured: the
        # system keeps the file's pages anyway.
        connection.execute("PRAGMA cache_size = -1024")
        # What the user removes is overwritten, not just marked free.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        write_ahead(connection, busy_seconds)
        # Bounds what stays on disk after a large write.
        connection.execute("PRAGMA journal_size_limit = 4194304")


def write_ahead(connection: RawConnection, busy_seconds: float) -> None:
    """Switch to WAL. SQLite does not wait for another program that opens the new file as well."""
    until = time.monotonic() + busy_seconds
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite.OperationalError as error:
            if not is_busy(error) or time.monotonic() >= until:
                raise
            time.sleep(_PAUSE)


def create_private(path: Path) -> None:
    """Make an empty file that only its owner can read, or tighten one that is there.

    SQLite gives ``-wal`` and ``-shm`` the mode of the main file.
    """
    with at_border(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        make_private(path)


def make_private(path: Path) -> None:
    """Give ``path`` and its side files mode 0600 where they are wider."""
    for file in (path, *side_files(path)):
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def side_files(path: Path) -> tuple[Path, ...]:
    """The files that SQLite keeps beside ``path``, whether they exist or not."""
    return tuple(path.with_name(path.name + suffix) for suffix in SIDE_FILES)


def user_version(connection: RawConnection, path: Path) -> int:
    """The schema version in the file's header."""
    with at_border(path):
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextlib.contextmanager
def at_border(path: Path, *, writing: bool = False) -> Iterator[None]:
    """Turn the driver's and the system's errors into ours, once. See ``border.translated``."""
    try:
        yield
    except FOREIGN_ERRORS as error:
        raise translated(error, path, writing=writing) from error


@contextlib.contextmanager
def transaction(connection: RawConnection, begin: str) -> Iterator[None]:
    """Say ``begin``, then COMMIT when the block ends well and ROLLBACK when it or COMMIT fails."""
    connection.execute(begin)
    done = False
    try:
        yield
        connection.execute("COMMIT")
        done = True
    finally:
        # SQLite may have rolled back by itself, as after a full disk.
        if not done and connection.in_transaction:
            connection.execute("ROLLBACK")
