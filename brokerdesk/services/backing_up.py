"""Manual backup of a profile into one file, and the way back, also on another computer.

A backup holds the database and the settings. Secrets, keys, certificates and logs never go in, nor
do proxy, certificate file and backup folder, which belong to a computer (a proxy may carry a
password).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk import __version__
from brokerdesk.errors import StorageError
from brokerdesk.paths import ProfilePaths, open_private, private_directory, sync_directory
from brokerdesk.services import backup_words as words
from brokerdesk.services import restoring
from brokerdesk.services.backup_format import (
    DATABASE,
    SETTINGS,
    Manifest,
    opened,
    pack,
    verify,
    with_own,
    write_settings,
)
from brokerdesk.services.restoring import Restored
from brokerdesk.services.watched import Progress, Stage, Watch, in_thread
from brokerdesk.settings import Settings

if TYPE_CHECKING:
    from brokerdesk.clock import Clock
    from brokerdesk.db.engine import Database

SUFFIX = ".brokerdesk-backup"
_LEFT = ".backing-up-"
_OLD_SECONDS = 24 * 3600


class BackingUpService:
    """Backups of an open profile. The program goes on meanwhile."""

    def __init__(self, *, paths: ProfilePaths, database: Database, clock: Clock) -> None:
        self._paths = paths
        self._database = database
        self._clock = clock

    async def back_up(
        self,
        target: Path,
        settings: Settings,
        tell: Callable[[Progress], None] | None = None,
    ) -> Manifest:
        """Write a checked backup to ``target``; what it holds.

        Cancelling the task leaves nothing behind. A file that was at ``target`` stays until the
        new one is whole.

        Raises:
            StorageError: nothing was written.
        """
        return await in_thread(lambda watch: self._back_up(target, settings, watch), tell)

    def suggested_name(self) -> str:
        return f"BrokerDesk {self._clock.now():%Y-%m-%d}{SUFFIX}"

    def _back_up(self, target: Path, settings: Settings, watch: Watch) -> Manifest:
        self._refuse_own_places(target)
        watch.at(Stage.COPYING)
        try:
            with self._working_folder() as folder:
                made = self._copy(folder, settings)
                files = {DATABASE: folder / DATABASE, SETTINGS: folder / SETTINGS}
                with _in_place_of(target) as part:
                    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
                    with os.fdopen(open_private(part, flags), "w+b") as stream:
                        pack(stream, files, made, watch)
                        stream.flush()
                        os.fsync(stream.fileno())
                    return self._read_back(part, target, watch)
        except OSError as error:
            raise words.not_written(target, error) from error

    def _read_back(self, part: Path, target: Path, watch: Watch) -> Manifest:
        try:
            return verify(part, watch)
        except StorageError as error:
            raise words.does_not_read_back(target) from error

    def _copy(self, folder: Path, settings: Settings) -> Manifest:
        """Database and settings as they are now, and what is in them."""
        from brokerdesk.db import moving

        copy = folder / DATABASE
        self._database.backup(copy)
        if not moving.is_readable_anywhere(copy):
            raise words.encrypted()
        content = moving.examine(copy, moving.own_schema(folder, self._clock))
        write_settings(folder / SETTINGS, with_own(settings, Settings()))
        return Manifest(
            program=__version__,
            created_at=self._clock.now(),
            schema=content.version,
            accounts=content.accounts,
            environments=content.environments,
        )

    def _refuse_own_places(self, target: Path) -> None:
        """A slip in a file dialog must not put a backup over the database or among secrets."""
        try:
            place = Path(os.path.realpath(target))
        except ValueError as error:  # a name that no system takes
            raise words.not_written(target, error) from error
        root = Path(os.path.realpath(self._paths.root))
        backups = Path(os.path.realpath(self._paths.backups))
        if place.is_relative_to(root) and not place.is_relative_to(backups):
            raise words.inside_profile(target)

    @contextlib.contextmanager
    def _working_folder(self) -> Iterator[Path]:
        """A private folder beside the profile's own copies; what a killed backup left goes."""
        private_directory(self._paths.backups)
        now = self._clock.now().timestamp()
        for left in self._paths.backups.glob(f"{_LEFT}*"):
            if left.stat().st_mtime < now - _OLD_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
        folder = self._paths.backups / f"{_LEFT}{secrets.token_hex(6)}"
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _in_place_of(target: Path) -> Iterator[Path]:
    """A name beside ``target`` that becomes ``target`` when all went well, and goes otherwise."""
    part = target.with_name(f".{target.name[:60]}.{secrets.token_hex(6)}.tmp")
    try:
        yield part
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    sync_directory(target.parent)


async def look_into(file: Path) -> Manifest:
    """What a backup says of itself, for the question before a restore. Nothing is unpacked.

    Raises:
        StorageError: it is none, damaged, or too new.
    """

    def look(_watch: Watch) -> Manifest:
        with opened(file) as archive:
            return archive.manifest

    return await in_thread(look)


async def restore(
    paths: ProfilePaths,
    file: Path,
    clock: Clock,
    tell: Callable[[Progress], None] | None = None,
) -> Restored:
    """Replace the content of a profile that nobody has open, or make one at ``paths``.

    Cancelling works until the swap begins (``Stage.SWAPPING``).

    Raises:
        StorageError: the profile is as it was before.
    """

    def work(watch: Watch) -> Restored:
        with opened(file) as archive:
            return restoring.restore(paths, archive, clock, watch)

    return await in_thread(work, tell)
