"""What is said when a backup or a restore cannot be done. Words only."""

from __future__ import annotations

import errno
from pathlib import Path

from brokerdesk.errors import (
    DatabaseDamagedError,
    DatabaseTooNewError,
    DiskFullError,
    SettingsError,
    StorageError,
)

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_UNTOUCHED = "This profile was left as it was."


def not_a_backup(file: Path) -> StorageError:
    return StorageError(
        "This file is not a BrokerDesk backup.",
        f"{file.name} cannot be read as one. {_UNTOUCHED}",
        "Choose a file that BrokerDesk wrote with “Back up”.",
    )


def damaged(file: Path, what: str) -> DatabaseDamagedError:
    return DatabaseDamagedError(
        "The backup is damaged.",
        f"{file.name}: {what}. {_UNTOUCHED}",
        "Copy the file again from where it came, or choose another backup.",
    )


def too_new(file: Path, program: str) -> DatabaseTooNewError:
    made_by = f"BrokerDesk {program}" if program else "a newer BrokerDesk"
    return DatabaseTooNewError(
        "The backup was written by a newer BrokerDesk.",
        f"{file.name} was made by {made_by}, in a form that this program does not know. "
        f"{_UNTOUCHED}",
        "Install the newer version, then restore.",
    )


def no_room(file: Path, needed: int) -> DiskFullError:
    return DiskFullError(
        "There is not enough room on the disk.",
        f"Restoring {file.name} needs about {needed / (1 << 20):,.0f} MB. {_UNTOUCHED}",
        "Free some space, then try again.",
    )


def encrypted() -> StorageError:
    return StorageError(
        "An encrypted profile cannot be backed up this way.",
        "Its key is in this computer's keychain and does not go into backups, so the file could "
        "not be opened on another computer.",
        "Turn the encryption of the database off first, or copy the whole profile folder.",
    )


def inside_profile(target: Path) -> StorageError:
    return StorageError(
        "A backup cannot be written there.",
        f"{target} is a place of the profile itself. Nothing was written.",
        "Choose a folder outside the profile, better on another disk.",
    )


def not_written(target: Path, error: OSError | ValueError) -> StorageError:
    if isinstance(error, OSError) and error.errno in _FULL:
        return DiskFullError(
            "The disk is full.",
            f"The backup {target.name} could not be written. Nothing was left behind.",
            "Free some space, or back up to another disk.",
        )
    return StorageError(
        "The backup could not be written.",
        f"{target}: {_reason(error)}. Nothing was left behind.",
        "Choose another folder or name.",
    )


def not_read(file: Path, error: OSError | ValueError) -> StorageError:
    return StorageError(
        "The backup cannot be read.",
        f"{file}: {_reason(error)}. {_UNTOUCHED}",
        "Check that the file is there and that you may read it.",
    )


def not_restored(root: Path, error: OSError) -> StorageError:
    if error.errno in _FULL:
        return DiskFullError(
            "The disk is full.",
            f"The backup was not restored. {_UNTOUCHED}",
            "Free some space, then try again.",
        )
    return StorageError(
        "The backup could not be restored.",
        f"{root}: {_reason(error)}. {_UNTOUCHED}",
        "Check the rights of the profile's folder, and that no other program uses it.",
    )


def settings(error: SettingsError) -> StorageError:
    return StorageError(
        "The settings could not be copied.", f"{error.title} {_UNTOUCHED}", error.hint
    )


def does_not_read_back(target: Path) -> StorageError:
    return StorageError(
        "The backup could not be written.",
        f"What was written to {target} does not read back as it was. Nothing was left behind.",
        "The disk may be failing: back up to another one.",
    )


def not_undone(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        "The backup could not be restored, and the old files could not be put back.",
        f"{_reason(error)}. Nothing was deleted: the old files are in {folder}.",
        "Close BrokerDesk, free the disk or its rights, and start it again: it puts them back.",
    )


def _reason(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "the name cannot be used"
