"""The copies of the database that the program makes by itself, as something to restore.

A copy holds no settings and has no list of contents; both are supplied here, so that it takes the
same way back as a backup does. It knows no window.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from brokerdesk import __version__
from brokerdesk.errors import StorageError
from brokerdesk.paths import ProfilePaths
from brokerdesk.services import backup_words as words
from brokerdesk.services import restoring
from brokerdesk.services.backup_format import DATABASE, SETTINGS, Manifest, Member
from brokerdesk.services.restoring import Restored
from brokerdesk.services.watched import Progress, Stage, Watch, in_thread

if TYPE_CHECKING:
    from brokerdesk.clock import Clock

_COPY = re.compile(r"portfolio-(regular|v(\d+))-(\d{8}T\d{12}Z)\.db")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copy, made weekly or (with ``version``) before a file of that format was upgraded."""

    file: Path
    made: datetime
    size: int
    version: int | None = None


def copies(paths: ProfilePaths) -> tuple[Copy, ...]:
    """The copies in the profile, newest first.

    Raises:
        StorageError: their folder cannot be read.
    """
    found = []
    try:
        files = sorted(paths.backups.iterdir()) if paths.backups.is_dir() else []
        for file in files:
            match = _COPY.fullmatch(file.name)
            if match is not None and file.is_file():
                made = datetime.strptime(match[3], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
                version = int(match[2]) if match[2] else None
                size = file.stat().st_size
                found.append(Copy(file=file, made=made, size=size, version=version))
    except OSError as error:
        raise words.not_read(paths.backups, error) from error
    return tuple(sorted(found, key=lambda one: one.made, reverse=True))


class _CopyArchive:
    """A copy in the shape of an archive; ``settings`` are the profile's present ones."""

    def __init__(self, path: Path, manifest: Manifest, settings: bytes) -> None:
        self.path, self.manifest = path, manifest
        self._settings = settings

    @property
    def size(self) -> int:
        return sum(member.size for member in self.manifest.members.values())

    def extract(
        self, name: str, sink: Callable[[bytes], object], watch: Watch, stage: Stage
    ) -> None:
        """Copy one member into ``sink``.

        Raises:
            StorageError: it changed since it was looked at.
            UserCancelled: it was stopped.
        """
        wanted, digest, done = self.manifest.members[name], hashlib.sha256(), 0
        for chunk in self._chunks(name):
            digest.update(chunk)
            done += len(chunk)
            sink(chunk)
            watch.at(stage, done, wanted.size)
        if digest.hexdigest() != wanted.sha256:
            raise words.damaged(self.path, "it changed while it was read")

    def _chunks(self, name: str) -> Iterator[bytes]:
        if name == SETTINGS:
            yield self._settings
        else:
            yield from _read(self.path)


async def look_into_copy(paths: ProfilePaths, file: Path, clock: Clock) -> Manifest:
    """What a copy holds, for the question before a restore.

    Raises:
        StorageError: it is no database of ours, damaged, or too new.
    """
    return await in_thread(lambda watch: _archive(paths, file, clock, watch).manifest)


async def restore_copy(
    paths: ProfilePaths,
    file: Path,
    clock: Clock,
    tell: Callable[[Progress], None] | None = None,
) -> Restored:
    """Put a copy in the place of the present database. The settings stay as they are.

    As for a backup: nobody may have the profile open, the present data is moved aside, and
    cancelling works until the swap begins.

    Raises:
        StorageError: the profile is as it was before.
    """

    def work(watch: Watch) -> Restored:
        return restoring.restore(paths, _archive(paths, file, clock, watch), clock, watch)

    return await in_thread(work, tell)


def _archive(paths: ProfilePaths, file: Path, clock: Clock, watch: Watch) -> _CopyArchive:
    from brokerdesk.db import moving

    watch.at(Stage.CHECKING)
    with _readable(file):
        if not file.is_file() or not moving.is_readable_anywhere(file):
            raise words.not_a_backup(file)
        content = moving.examine(file)
        digest, size = hashlib.sha256(), 0
        for chunk in _read(file):
            digest.update(chunk)
            size += len(chunk)
            watch.at(Stage.CHECKING, size)
        settings = _settings(paths)
        named = _COPY.fullmatch(file.name)
        made = (
            datetime.strptime(named[3], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
            if named is not None
            else clock.now()
        )
        manifest = Manifest(
            program=__version__,
            created_at=made,
            schema=content.version,
            accounts=content.accounts,
            environments=content.environments,
            members={
                DATABASE: Member(size=size, sha256=digest.hexdigest()),
                SETTINGS: Member(size=len(settings), sha256=hashlib.sha256(settings).hexdigest()),
            },
        )
    return _CopyArchive(file, manifest, settings)


def _settings(paths: ProfilePaths) -> bytes:
    try:
        return paths.settings_file.read_bytes()
    except FileNotFoundError:
        return b"{}"


def _read(file: Path) -> Iterator[bytes]:
    try:
        with file.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise words.not_read(file, error) from error


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        raise words.not_read(file, error) from error
