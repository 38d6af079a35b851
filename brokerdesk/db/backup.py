"""Copies of the database that can be trusted, and putting damaged files aside.

A copy is made by SQLite's backup API (never a file copy, which would miss the write-ahead log),
checked, made durable, and only then given its name. A damaged file is moved, never deleted.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from brokerdesk.db import driver
from brokerdesk.db.border import damaged

KEPT = 3
_STAMP = "%Y%m%dT%H%M%S%fZ"
_PARTIAL = ".partial"
_REGULAR = "-regular"
_COPY = r"-(\d{8}T\d{12}Z)\.db(\.partial)?"


def copy_database(
    source: driver.RawConnection,
    target: Path,
    *,
    key: bytes | None,
    after_write: Callable[[], None] = lambda: None,
) -> None:
    """Write the content of ``source`` to ``target``: whole and checked, or not at all.

    Raises:
        StorageError: ``target`` is as it was before.
    """
    partial = target.with_name(target.name + _PARTIAL)
    with driver.at_border(target, writing=True):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove(partial)
        driver.create_private(partial)
        try:
            copy = driver.connect(partial, key=key)
            try:
                source.backup(copy)
                # One self-contained file: no log beside it.
                copy.execute("PRAGMA journal_mode = DELETE")
                rows = copy.execute("PRAGMA quick_check(1)").fetchall()
            finally:
                copy.close()
            if rows != [("ok",)]:
                raise damaged(target)
            _sync(partial)
            after_write()
            partial.replace(target)
            _sync(target.parent)
        finally:
            _remove(partial)


def regular_backup_due(
    path: Path, backups: Path, *, now: datetime, every: timedelta
) -> Path | None:
    """Where the next regular copy goes, None while the newest is younger than ``every``.

    The names tell the times, so that nothing has to be remembered elsewhere.
    """
    with driver.at_border(path):
        names = [file.name for file in backups.glob("*.db")] if backups.is_dir() else []
    pattern = re.compile(re.escape(path.stem) + _REGULAR + _COPY)
    stamps = [match[1] for name in names if (match := pattern.fullmatch(name))]
    if stamps and now - datetime.strptime(max(stamps), _STAMP).replace(tzinfo=UTC) < every:
        return None
    return backups / f"{path.stem}{_REGULAR}-{now.strftime(_STAMP)}.db"


def keep_newest(path: Path, backups: Path, kind: str = "-regular") -> None:
    """Let go of all copies of this kind but the last three, and of those that were cut short."""
    pattern = re.compile(re.escape(path.stem) + kind + _COPY)
    with driver.at_border(path):
        found = [m for file in backups.iterdir() if (m := pattern.fullmatch(file.name))]
        whole = sorted((match[1], match[0]) for match in found if not match[2])
        cut_short = [match[0] for match in found if match[2]]
        for name in (*cut_short, *(name for _, name in whole[:-KEPT])):
            _remove(backups / name)


def backup_before_migration(
    source: driver.RawConnection,
    path: Path,
    backups: Path,
    *,
    version: int,
    now: datetime,
    key: bytes | None,
) -> Path:
    """Copy ``path`` to ``backups`` and keep the last three such copies; where it is."""
    target = backups / f"{path.stem}-v{version}-{now.strftime(_STAMP)}.db"
    copy_database(source, target, key=key)
    keep_newest(path, backups, r"-v\d+")
    return target


def quarantine(path: Path, *, at: datetime) -> Path:
    """Move a damaged database aside with its side files; the folder that now holds them.

    They keep their names, so the folder's content can still be opened by a repair tool. Nobody may
    have the database open.

    Raises:
        StorageError: not everything could be moved; nothing was deleted.
    """
    with driver.at_border(path):
        folder = _new_folder(path.with_name(f"{path.name}.damaged-{at.strftime(_STAMP)}"))
        # The main file first: alone, the rest cannot be taken for another database's log, because
        # opening refuses side files without a main file.
        for file in (path, *driver.side_files(path)):
            with contextlib.suppress(FileNotFoundError):
                file.replace(folder / file.name)
        _sync(path.parent)
    return folder


def _new_folder(wanted: Path) -> Path:
    """A folder of this name, or with a number after it: what is there is never overwritten."""
    folder, number = wanted, 1
    while True:
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
            folder = wanted.with_name(f"{wanted.name}-{number}")
        else:
            return folder


def set_strays_aside(path: Path, *, at: datetime) -> None:
    """Finish a quarantine that was cut short: side files without their main file."""
    with driver.at_border(path):
        # In this order: who makes a database at this moment makes the main file first.
        sides = any(file.exists() for file in driver.side_files(path))
        strays = sides and not path.exists()
    if strays:
        quarantine(path, at=at)


def _remove(file: Path) -> None:
    for name in (file, *driver.side_files(file)):
        name.unlink(missing_ok=True)


def _sync(target: Path) -> None:
    """Make a file or the entries of a folder durable. Windows syncs no folders."""
    if os.name == "nt" and target.is_dir():
        return
    handle = os.open(target, os.O_RDWR if target.is_file() else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
