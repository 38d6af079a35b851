"""The backup file: a zip of ``portfolio.db``, ``settings.json`` and a manifest about them.

Written in one pass, read with suspicion: only these members, of the sizes and digests that the
manifest names, never more bytes than announced. The digests find damage and mix-ups; a forger can
write a manifest too, so nothing in here is a reason to trust the content. Knows no profile.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated

import msgspec

from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import SettingsError
from brokerdesk.services import backup_words as words
from brokerdesk.services.watched import Stage, Watch
from brokerdesk.settings import Settings, SettingsFile

FORMAT = "brokerdesk-backup"
VERSION = 1
MANIFEST, DATABASE, SETTINGS = "manifest.json", "portfolio.db", "settings.json"
LIMITS = {MANIFEST: 1 << 16, SETTINGS: 1 << 20, DATABASE: 1 << 36}
"""Bytes that a member may have."""

HARMLESS, RATIO = 1 << 26, 200
"""Beyond so many bytes, a member that shrank to less than a 200th is taken for a bomb."""

_CHUNK = 1 << 20
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,  # encrypted, or packed in a way that this library does not know
    ValueError,
    LookupError,
    OverflowError,
    struct.error,
    msgspec.MsgspecError,
)

_Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
_Count = Annotated[int, msgspec.Meta(ge=0)]
_ProgramVersion = Annotated[str, msgspec.Meta(pattern="^[0-9A-Za-z.+-]{1,40}$")]


class Member(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    size: _Count
    sha256: _Digest


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``schema`` is the database's format. ``seal`` is the digest of all other fields."""

    format: str = FORMAT
    version: int = VERSION
    program: _ProgramVersion
    created_at: Annotated[datetime, msgspec.Meta(tz=True)]
    schema: _Count
    accounts: _Count
    environments: tuple[Environment, ...]
    members: dict[str, Member] = {}
    seal: str = ""

    def digest(self) -> str:
        """What ``seal`` has to be."""
        bare = msgspec.structs.replace(self, seal="")
        return hashlib.sha256(msgspec.json.encode(bare, order="deterministic")).hexdigest()


class _Head(msgspec.Struct):
    """What every version's manifest says, so that a newer one is known for what it is."""

    format: str
    version: int
    program: str = ""


def pack(stream: IO[bytes], files: Mapping[str, Path], manifest: Manifest, watch: Watch) -> None:
    """Write an archive of ``files``; ``manifest`` still lacks members and seal.

    Raises:
        OSError: a file cannot be read or ``stream`` not written.
        UserCancelled: it was stopped.
    """
    total, done = sum(path.stat().st_size for path in files.values()), 0
    members: dict[str, Member] = {}
    with zipfile.ZipFile(stream, "w") as archive:
        for name, path in files.items():
            digest, size = hashlib.sha256(), 0
            with path.open("rb") as source, archive.open(_entry(name, path, manifest), "w") as sink:
                while chunk := source.read(_CHUNK):
                    sink.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                    watch.at(Stage.PACKING, done + size, total)
            done += size
            members[name] = Member(size=size, sha256=digest.hexdigest())
        whole = msgspec.structs.replace(manifest, members=members)
        whole = msgspec.structs.replace(whole, seal=whole.digest())
        text = msgspec.json.format(msgspec.json.encode(whole), indent=2)
        archive.writestr(_entry(MANIFEST, None, manifest), text)


def _entry(name: str, path: Path | None, manifest: Manifest) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, manifest.created_at.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    if path is not None:
        entry.file_size = path.stat().st_size  # tells whether 32 bits suffice
    return entry


def with_own(settings: Settings, own: Settings) -> Settings:
    """``settings`` but for what belongs to a computer, which comes from ``own``."""
    return replace(settings, proxy=own.proxy, ca_file=own.ca_file, backup_folder=own.backup_folder)


def write_settings(path: Path, settings: Settings) -> None:
    """The settings as they go into an archive or come out of one.

    Raises:
        OSError: they could not be written.
    """
    try:
        SettingsFile(path).save(settings)
    except SettingsError as error:
        if isinstance(error.__cause__, OSError):
            raise OSError(*error.__cause__.args) from error
        raise words.settings(error) from error


class Archive:
    """An open backup whose manifest and sizes have been found sound."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self.manifest = self._read_manifest()
        self._check_members()

    @property
    def size(self) -> int:
        """Bytes of all members when unpacked."""
        return sum(member.size for member in self.manifest.members.values())

    def extract(
        self, name: str, sink: Callable[[bytes], object], watch: Watch, stage: Stage
    ) -> None:
        """Unpack one member into ``sink``, checking it on the way.

        Raises:
            StorageError: it is not what the manifest says; what ``sink`` got must not be used.
            UserCancelled: it was stopped.
        """
        wanted = self.manifest.members[name]
        digest, size = hashlib.sha256(), 0
        for chunk in self._chunks(name):
            size += len(chunk)
            if size > wanted.size:
                break
            digest.update(chunk)
            sink(chunk)
            watch.at(stage, size, wanted.size)
        if size != wanted.size or digest.hexdigest() != wanted.sha256:
            raise words.damaged(self.path, f"{name} is not the file that was backed up")

    def _chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(name) as source:
                while chunk := source.read(_CHUNK):
                    yield chunk
        except OSError as error:
            raise words.not_read(self.path, error) from error
        except _BROKEN as error:
            raise words.damaged(self.path, f"{name} cannot be unpacked") from error

    def _read_manifest(self) -> Manifest:
        entry = self._archive.getinfo(MANIFEST)
        _check_size(self.path, entry)
        with self._archive.open(entry) as source:
            text = source.read(LIMITS[MANIFEST] + 1)
        head = msgspec.json.decode(text, type=_Head)
        if head.format != FORMAT:
            raise words.not_a_backup(self.path)
        if head.version > VERSION:
            known = (
                len(head.program) <= 40 and head.program.isascii() and head.program.isprintable()
            )
            raise words.too_new(self.path, head.program if known else "")
        manifest = msgspec.json.decode(text, type=Manifest)
        if manifest.version != VERSION or manifest.seal != manifest.digest():
            raise words.damaged(self.path, "its list of contents was changed")
        return manifest

    def _check_members(self) -> None:
        entries = self._archive.infolist()
        wanted = {DATABASE, SETTINGS}
        names = [entry.filename for entry in entries]
        if sorted(names) != sorted({*wanted, MANIFEST}) or set(self.manifest.members) != wanted:
            raise words.damaged(self.path, "it does not hold what a backup holds")
        for entry in entries:
            _check_size(self.path, entry)
            member = self.manifest.members.get(entry.filename)
            if member is not None and member.size != entry.file_size:
                raise words.damaged(self.path, f"{entry.filename} has another size")


def _check_size(path: Path, entry: zipfile.ZipInfo) -> None:
    """Refuse what would fill the disk or the memory, before a byte of it is unpacked."""
    bomb = entry.file_size > HARMLESS and entry.file_size > RATIO * entry.compress_size
    known = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if bomb or not known or entry.file_size > LIMITS.get(entry.filename, 0):
        raise words.damaged(path, "it is packed in a way that no backup is")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The backup at ``path``, checked as far as that is possible without unpacking it.

    Raises:
        DatabaseTooNewError: a newer program wrote it.
        StorageError: it is no backup, damaged, or cannot be read.
    """
    with contextlib.ExitStack() as stack:
        try:
            if not path.is_file():  # a pipe would never end
                raise words.not_a_backup(path)
            stream = stack.enter_context(path.open("rb"))
            archive = Archive(path, stack.enter_context(zipfile.ZipFile(stream)))
        except OSError as error:
            raise words.not_read(path, error) from error
        except _BROKEN as error:
            raise words.not_a_backup(path) from error
        yield archive


def verify(path: Path, watch: Watch) -> Manifest:
    """Read the whole file back; its manifest.

    Raises:
        StorageError: a restore would refuse it.
        UserCancelled: it was stopped.
    """
    with opened(path) as archive:
        for name in archive.manifest.members:
            archive.extract(name, len, watch, Stage.CHECKING)
        return archive.manifest
