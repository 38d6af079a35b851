"""Put a backup in the place of a profile's content, or leave everything as it was.

All work is done on copies in a folder of its own inside the profile. Only when they are whole, ours
and in the present format do they take the old files' names, one rename each, the database first;
until then the old files keep their names, and afterwards they lie in a folder, never deleted. What
lies in the working folder says how far it came, so that a program that was killed in the middle can
be followed by ``finish_interrupted``.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import (
    DatabaseDamagedError,
    DatabaseTooNewError,
    InputError,
    MigrationError,
)
from brokerdesk.paths import (
    RESTORING_PREFIX,
    ProfilePaths,
    open_private,
    private_directory,
    sync_directory,
)
from brokerdesk.services import backup_words as words
from brokerdesk.services.backup_format import (
    DATABASE,
    SETTINGS,
    Manifest,
    with_own,
    write_settings,
)
from brokerdesk.services.origins import loopback_origin
from brokerdesk.services.watched import Stage, Watch
from brokerdesk.settings import SettingsFile

if TYPE_CHECKING:
    from brokerdesk.clock import Clock
    from brokerdesk.db.unit_of_work import UnitOfWork

_WORKING = RESTORING_PREFIX
_REPLACED = "replaced"
_SIDES = ("-wal", "-shm", "-journal")
_ROOM = 3
"""Copies of the database that must fit: the unpacked one, its log, one before a migration."""


class Source(Protocol):
    """What can be restored: a backup's archive, or a copy in the shape of one."""

    @property
    def path(self) -> Path: ...

    @property
    def manifest(self) -> Manifest: ...

    @property
    def size(self) -> int: ...

    def extract(
        self, name: str, sink: Callable[[bytes], object], watch: Watch, stage: Stage
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """``replaced`` is the folder that now holds the old files, None when there were none.

    ``connections`` counts those that need a new sign-in. ``notes`` are sentences to show.
    """

    backup: Manifest
    replaced: Path | None
    connections: int
    notes: tuple[str, ...] = ()


def restore(paths: ProfilePaths, archive: Source, clock: Clock, watch: Watch) -> Restored:
    """Replace the profile's database and settings by those in ``archive``.

    Nobody may have the profile open. Proxy, certificate file, secrets and logs belong to this
    computer and stay as they are.

    Raises:
        StorageError: the profile is as it was before.
        UserCancelled: likewise.
    """
    finish_interrupted(paths)
    with _as_it_was(paths), _working_folder(paths, clock) as folder:
        if shutil.disk_usage(folder).free < archive.size * _ROOM:
            raise words.no_room(archive.path, archive.size * _ROOM)
        _extract(archive, folder, watch)
        watch.at(Stage.PREPARING)
        notes = _prepare_settings(paths, folder)
        connections = _prepare_database(archive, folder, clock, watch)
        watch.at(Stage.SWAPPING)
        _swap(paths, folder)
        replaced = _keep_replaced(paths, folder)
    return Restored(
        backup=archive.manifest, replaced=replaced, connections=connections, notes=notes
    )


def finish_interrupted(paths: ProfilePaths) -> None:
    """Bring a restore to its end that was killed: undone before the swap, completed after it.

    To be called before the database is opened, by whoever owns the profile.

    Raises:
        StorageError: it could not be; nothing was deleted.
    """
    with _as_it_was(paths):
        for folder in sorted(paths.root.glob(f"{_WORKING}*")):
            if (folder / DATABASE).exists() or not (folder / _REPLACED).exists():
                _undo(paths, folder)
            else:
                if (folder / SETTINGS).exists():
                    (folder / SETTINGS).replace(paths.settings_file)
                _keep_replaced(paths, folder)
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _as_it_was(paths: ProfilePaths) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise words.not_restored(paths.root, error) from error


@contextlib.contextmanager
def _working_folder(paths: ProfilePaths, clock: Clock) -> Iterator[Path]:
    """A private folder in the profile. Leaving with an exception puts the old files back."""
    new = not paths.root.exists()
    private_directory(paths.root)
    folder = _unused(paths.root, f"{clock.now():%Y%m%dT%H%M%S%fZ}")
    folder.mkdir(mode=0o700)
    try:
        yield folder
    except BaseException:
        _put_back(paths, folder)
        if new:
            with contextlib.suppress(OSError):
                paths.root.rmdir()
        raise
    shutil.rmtree(folder, ignore_errors=True)


def _unused(root: Path, stamp: str) -> Path:
    """A working folder whose name and whose lasting name are free."""
    number, name = 1, stamp
    while any((root / each).exists() for each in (f"{_WORKING}{name}", f"{_REPLACED}-{name}")):
        number += 1
        name = f"{stamp}-{number}"
    return root / f"{_WORKING}{name}"


def _put_back(paths: ProfilePaths, folder: Path) -> None:
    try:
        _undo(paths, folder)
    except OSError as error:
        raise words.not_undone(folder, error) from error
    shutil.rmtree(folder, ignore_errors=True)


def _extract(archive: Source, folder: Path, watch: Watch) -> None:
    for name, target in ((DATABASE, folder / "new.db"), (SETTINGS, folder / "new.json")):
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(open_private(target, flags), "wb") as stream:
            archive.extract(name, stream.write, watch, Stage.UNPACKING)


def _prepare_settings(paths: ProfilePaths, folder: Path) -> tuple[str, ...]:
    """The backup's settings over this computer's own, ready to take their place."""
    wanted, problem = SettingsFile(folder / "new.json").load_or_default()
    ready = folder / "ready.json"
    with contextlib.suppress(FileNotFoundError):
        # A copy, because reading a damaged file moves it. Keys of other versions stay in it.
        ready.write_bytes(paths.settings_file.read_bytes())
    present, _ = SettingsFile(ready).load_or_default()
    write_settings(ready, with_own(wanted, present))
    return (problem.sentences(),) if problem is not None else ()


def _prepare_database(archive: Source, folder: Path, clock: Clock, watch: Watch) -> int:
    """Check the copy, bring it to the present format and sign its connections out."""
    from brokerdesk.db import moving
    from brokerdesk.db.engine import Database

    copy = folder / "new.db"
    made = f"{archive.manifest.created_at:%d %B %Y}"
    own = folder / "own"
    own.mkdir(mode=0o700)
    try:
        expected = moving.own_schema(own, clock)
        content = moving.examine(copy, expected)
        if content.version != archive.manifest.schema:
            raise words.damaged(archive.path, "the database has another format than was said")
        watch.at(Stage.PREPARING)
        database = Database.open(copy, backups=own, clock=clock)
        try:
            connections = database.run_sync(lambda uow: _sign_out(uow, clock, made))
        finally:
            database.close()
        moving.examine(copy, expected)
        moving.settle(copy)
        moving.make_durable(copy)
    except DatabaseTooNewError as error:
        raise words.too_new(archive.path, archive.manifest.program) from error
    except (DatabaseDamagedError, MigrationError) as error:
        raise words.damaged(archive.path, "the database in it cannot be used") from error
    # Under their final names from here on: that is what a later start goes by.
    (folder / "ready.json").replace(folder / SETTINGS)
    copy.replace(folder / DATABASE)
    sync_directory(folder)
    return connections


def _sign_out(uow: UnitOfWork, clock: Clock, made: str) -> int:
    uow.start.forget()
    rows = uow.connections.list()
    for row in rows:
        uow.connections.update(
            replace(
                row,
                state=ConnectionState.NEEDS_SIGN_IN,
                state_text=(
                    f"Restored from a backup of {made}. Backups hold no sign-in: sign in again to "
                    "get new figures. The stored ones stay."
                ),
                state_since=clock.now(),
                signed_in_at=None,
                sign_in_ends=None,
                practice_url=_own_computer(row.practice_url),
            )
        )
    return len(rows)


def _own_computer(url: str) -> str:
    """Keys are typed into what this address answers, so a backup may not name a stranger's."""
    try:
        return loopback_origin(url) if url else ""
    except InputError:
        return ""


def _swap(paths: ProfilePaths, folder: Path) -> None:
    """Two renames. Before the first the profile is the old one, after the second the new one."""
    from brokerdesk.db import moving

    old = folder / _REPLACED
    old.mkdir(mode=0o700)
    present = paths.portfolio_db
    if present.exists():
        sides = [present.with_name(present.name + suffix) for suffix in _SIDES]
        for side in sides:
            if side.exists():  # SQLite may delete it while trying to open a damaged file
                _second_name(side, old / side.name)
        whole = moving.settled(present)
        for side in sides:
            # A log belongs to its file and would do harm under the new one.
            (old / side.name if whole else side).unlink(missing_ok=True)
        _second_name(present, old / DATABASE)
    if paths.settings_file.exists():
        _second_name(paths.settings_file, old / SETTINGS)
    sync_directory(old)
    (folder / DATABASE).replace(present)
    (folder / SETTINGS).replace(paths.settings_file)
    sync_directory(paths.root)


def _second_name(file: Path, name: Path) -> None:
    """The file under another name too, so that its first name can be taken over in one step."""
    try:
        os.link(file, name)
    except OSError:  # a file system without links
        shutil.copyfile(file, name)
        name.chmod(0o600)


def _undo(paths: ProfilePaths, folder: Path) -> None:
    """Put back what ``_swap`` moved, however far it came."""
    old = folder / _REPLACED
    if not old.exists():
        return
    # The settings were last, so they are first now; without them nobody goes on with this swap.
    for name, place in ((SETTINGS, paths.settings_file), (DATABASE, paths.portfolio_db)):
        if (folder / name).exists():
            (folder / name).unlink()
        elif (old / name).exists():
            (old / name).replace(place)
        else:
            place.unlink(missing_ok=True)
    for side in (old / f"{DATABASE}{suffix}" for suffix in _SIDES):
        place = paths.root / side.name
        if side.exists() and not place.exists():
            side.replace(place)
    sync_directory(paths.root)


def _keep_replaced(paths: ProfilePaths, folder: Path) -> Path | None:
    """Give the old files' folder its lasting name; None when there were no old files."""
    old = folder / _REPLACED
    if not any(old.iterdir()):
        old.rmdir()
        return None
    kept = paths.root / f"{_REPLACED}-{folder.name.removeprefix(_WORKING)}"
    try:
        old.replace(kept)
    except OSError:
        if not kept.exists():  # some network disks tell of failure after the deed
            raise
    with contextlib.suppress(OSError):  # the swap itself is on the disk by now
        sync_directory(paths.root)
    return kept
