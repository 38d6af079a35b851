"""Where foreign storage errors become ours.

SQLite's result codes are the contract: texts change between versions. Knows neither SQLAlchemy nor
the driver's classes, only the code that an error carries.
"""

from __future__ import annotations

import errno
from pathlib import Path

from brokerdesk.errors import (
    DatabaseDamagedError,
    DatabaseLockedError,
    DatabaseTooNewError,
    DiskFullError,
    StorageError,
)

_BUSY = {5, 6, 15}
_CORRUPT = {11, 26}
_DENIED = {3, 8, 14, 23}
_FULL, _IO, _INTERRUPT, _CONSTRAINT = 13, 10, 9, 19
_FULL_ERRNO = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def translated(error: BaseException, path: Path, *, writing: bool = False) -> StorageError:
    """Our error for one of SQLite's or the system's. ``error`` carries ``sqlite_errorcode``.

    The driver tells of failed input and output without saying which (no extended codes). While
    ``writing`` it means a quota, a size limit or a full disk; otherwise a file that does not read.
    """
    if isinstance(error, OSError):
        return _from_system(error, path)
    if isinstance(error, UnicodeDecodeError):
        return damaged(path)
    code = _code(error)
    text = str(error)
    if code in _BUSY:
        return locked(path)
    if code in _CORRUPT or "decode to UTF-8" in text or text.startswith("no such "):
        return damaged(path)
    if code == _FULL:
        return disk_full(path)
    if code == _IO:
        return disk_full(path) if writing else damaged(path)
    if code in _DENIED:
        return denied(path)
    if code == _INTERRUPT:
        return StorageError("The database was closed while it was working.", "Nothing was changed.")
    if code == _CONSTRAINT:
        return StorageError(
            "The database refused a change that would contradict what it holds.",
            "Nothing was changed. The account or connection may have been removed meanwhile.",
            "Try again.",
        )
    return StorageError(
        "The database could not do what was asked.", "Nothing was changed.", "Try again."
    )


def is_busy(error: BaseException) -> bool:
    """Whether SQLite says that another program holds the file at this moment."""
    return _code(error) in _BUSY


def _code(error: BaseException) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def _from_system(error: OSError, path: Path) -> StorageError:
    if error.errno in _FULL_ERRNO:
        return disk_full(path)
    return denied(path)


def locked(path: Path) -> DatabaseLockedError:
    return DatabaseLockedError(
        "Another program is using the database.",
        f"{path.name} stayed locked. Nothing was changed and nothing is lost.",
        "Wait until the other program has finished, then try again.",
    )


def damaged(path: Path) -> DatabaseDamagedError:
    return DatabaseDamagedError(
        "The database is damaged.",
        f"{path.name} cannot be read in full. It is kept as it is; your money at the broker is not "
        "affected.",
        "Restore a backup from the profile's backups folder, or move the damaged file aside and "
        "let BrokerDesk fetch the present figures anew.",
    )


def disk_full(path: Path) -> DiskFullError:
    return DiskFullError(
        "The disk is full.",
        f"{path.name} could not be written. What was stored before is still there.",
        "Free some space (or raise your quota), then refresh again.",
    )


def denied(path: Path) -> StorageError:
    return StorageError(
        "The database cannot be opened or written.",
        f"BrokerDesk may not use {path}. Nothing was changed.",
        "Check that the folder exists, belongs to you and is not read-only.",
    )


def too_new(path: Path, found: int, known: int) -> DatabaseTooNewError:
    return DatabaseTooNewError(
        "The database was written by a newer BrokerDesk.",
        f"{path.name} has format {found}; this program knows formats up to {known}. "
        "Nothing was changed.",
        "Install the newer version again, or use another profile.",
    )
