"""Sentences for a profile that cannot be used. Light: needed before the first paint."""

from __future__ import annotations

from brokerdesk.errors import StorageError
from brokerdesk.paths import ProfilePaths


def unwritable(paths: ProfilePaths, error: OSError) -> StorageError:
    """The profile's directory cannot be used."""
    return StorageError(
        "The profile cannot be written.",
        f"{paths.root}: {error.strerror or 'unknown trouble'}. Nothing was changed.",
        "Check the rights of the directory and the disk's free space, then try again.",
    )
