"""The secrets directory: sealed files, the vault file, and the profile's public key list.

It reads and writes bytes and plain facts. It must not hold a key or know what is sealed.
"""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path

from brokerdesk.facts import dataclass
from brokerdesk.paths import private_directory, sweep_temporaries, sync_directory, write_private
from brokerdesk.secrets import words

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_SEALED = ".sealed"
_VERSION = 1
_MAX_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """That a key with this public ``id`` is kept in ``place``. Holds nothing secret."""

    id: str
    place: str


@dataclass(frozen=True, slots=True)
class Profile:
    """``id`` is the user name of this profile's entry in the keychain. Newest key last."""

    id: str
    keys: tuple[KeyRecord, ...] = ()

    @classmethod
    def new(cls) -> Profile:
        return cls(id=secrets.token_hex(8))

    def place_of(self, key_id: str) -> str:
        return next((record.place for record in self.keys if record.id == key_id), "")

    @property
    def last_place(self) -> str:
        return self.keys[-1].place if self.keys else ""

    def with_key(self, record: KeyRecord) -> Profile:
        others = tuple(known for known in self.keys if known.id != record.id)
        return Profile(id=self.id, keys=(*others, record))


class SecretFiles:
    """Synchronous; called in a worker thread. Every ``OSError`` comes out in our words."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._profile = directory / "profile.json"
        self._vault = directory / "vault.json"

    def sealed(self, name: str) -> Path:
        """Where the blob of that name lies.

        Raises:
            ValueError: it is no name that we give, such as one that climbs out.
        """
        if not _NAME.fullmatch(name) or name in ("profile", "vault"):
            raise ValueError("not a name for a sealed file")
        return self.directory / f"{name}{_SEALED}"

    def names(self) -> tuple[str, ...]:
        found = (path.name.removesuffix(_SEALED) for path in self.directory.glob(f"*{_SEALED}"))
        return tuple(sorted(name for name in found if _NAME.fullmatch(name)))

    def read_sealed(self, name: str) -> bytes | None:
        return _read(self.sealed(name))

    def write_sealed(self, name: str, blob: bytes) -> None:
        self._write(self.sealed(name), blob)

    def remove_sealed(self, name: str) -> bool:
        try:
            self.sealed(name).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise words.disk(error) from error
        sync_directory(self.directory)
        return True

    def has_vault(self) -> bool:
        return self._vault.exists()

    def read_vault(self) -> bytes | None:
        return _read(self._vault)

    def write_vault(self, data: bytes) -> None:
        self._write(self._vault, data)

    def read_profile(self) -> Profile | None:
        """None when there is none yet.

        Raises:
            SecretDamagedError: the file is there and cannot be understood.
        """
        data = _read(self._profile)
        if data is None:
            return None
        try:
            raw = json.loads(data)
            if raw["version"] != _VERSION:
                raise words.damaged("The list of its keys is from another version.")
            keys = tuple(KeyRecord(str(key["id"]), str(key["place"])) for key in raw["keys"])
            return Profile(id=str(raw["profile"]), keys=keys)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise words.damaged("The file that names its key cannot be understood.") from error

    def write_profile(self, profile: Profile) -> None:
        keys = [{"id": key.id, "place": key.place} for key in profile.keys]
        raw = {"version": _VERSION, "profile": profile.id, "keys": keys}
        self._write(self._profile, (json.dumps(raw, indent=2) + "\n").encode())

    def set_profile_aside(self) -> None:
        """Keep a file that cannot be understood under another name."""
        for number in range(1, 1000):
            aside = self._profile.with_name(f"profile.json.damaged-{number}")
            if not aside.exists():
                try:
                    self._profile.replace(aside)
                except OSError as error:
                    raise words.disk(error) from error
                return

    def sweep(self, before: float) -> None:
        """Remove the temporaries of writers that crashed before that moment."""
        sweep_temporaries(self.directory, before=before)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            private_directory(self.directory)
            write_private(path, data)
        except OSError as error:
            raise words.disk(error) from error


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as stream:
            return stream.read(_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise words.disk(error) from error
