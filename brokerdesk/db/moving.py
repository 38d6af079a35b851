"""A database file that comes from elsewhere, and one that is about to leave its name.

What came from elsewhere is not trusted: its schema must be ours to the letter, before any of it is
evaluated, for a trigger of somebody else's would run in our transactions. Knows no archive and no
profile.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from brokerdesk.clock import Clock
from brokerdesk.db import driver
from brokerdesk.db.border import damaged, locked, too_new
from brokerdesk.db.decoding import decoding
from brokerdesk.db.migrations import VERSION
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import DatabaseDamagedError

Schema = frozenset[tuple[str, str, str, str]]
_HEADER = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a file holds, in numbers. ``version`` is its format."""

    version: int
    accounts: int
    environments: tuple[Environment, ...]


def is_readable_anywhere(path: Path) -> bool:
    """Whether ``path`` is a database that opens without a key."""
    with driver.at_border(path), path.open("rb") as stream:
        return stream.read(len(_HEADER)) == _HEADER


def examine(path: Path, expected: Schema | None = None) -> Content:
    """Check the whole file without writing a byte into it.

    ``expected`` is what a file of the present format must consist of (see ``own_schema``); one of
    an older format is compared after its migration.

    Raises:
        DatabaseTooNewError: a newer program wrote it.
        DatabaseDamagedError: it is no database of ours, or not whole.
    """
    with _reading(path) as raw:
        version = driver.user_version(raw, path)
        if version > VERSION:
            raise too_new(path, version, VERSION)
        if version < 1 or (version == VERSION and expected not in (None, _schema(raw))):
            raise damaged(path)
        with decoding(path):
            if raw.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
                raise damaged(path)
            rows = raw.execute(
                "SELECT environment, count(*) FROM accounts GROUP BY environment ORDER BY 1"
            ).fetchall()
            return Content(
                version=version,
                accounts=sum(count for _, count in rows),
                environments=tuple(Environment(word) for word, _ in rows),
            )


def own_schema(folder: Path, clock: Clock) -> Schema:
    """Everything that a new file of the present format consists of, made in ``folder``."""
    from brokerdesk.db.engine import Database

    path = folder / "new.db"
    Database.open(path, backups=folder, clock=clock).close()
    with _reading(path) as raw:
        return _schema(raw)


def settle(path: Path) -> None:
    """Bring the file and its log into one piece, and make sure that nobody has it open.

    Its content stays as it is. The next program that opens it begins a new log.

    Raises:
        DatabaseLockedError: a program has it open.
        DatabaseDamagedError: it cannot be brought into one piece.
    """
    raw = driver.connect(path, busy_seconds=0)
    try:
        with driver.at_border(path, writing=True):
            if raw.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                raise locked(path)
            raw.execute("BEGIN EXCLUSIVE")
            raw.execute("ROLLBACK")
    finally:
        raw.close()


def settled(path: Path) -> bool:
    """As ``settle``; False when the file is too damaged for it. Locked files are refused."""
    try:
        settle(path)
    except DatabaseDamagedError:
        return False
    return True


def make_durable(path: Path) -> None:
    """Force the file's content to the disk.

    Raises:
        StorageError: it could not be, or the file is not in one piece.
    """
    if any(side.exists() for side in driver.side_files(path)):
        raise damaged(path)
    with driver.at_border(path, writing=True), path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[driver.RawConnection]:
    raw = driver.connect(path, read_only=True)
    try:
        with driver.at_border(path):
            raw.execute("PRAGMA trusted_schema = OFF")
            raw.execute("PRAGMA cell_size_check = ON")
            yield raw
    finally:
        raw.close()


def _schema(raw: driver.RawConnection) -> Schema:
    """Tables, indexes, triggers and views, but for what SQLite makes by itself."""
    return frozenset(
        raw.execute(
            "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master"
            " WHERE name NOT LIKE 'sqlite_%'"
        ).fetchall()
    )
