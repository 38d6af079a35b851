"""Keychains that behave, and some that do not; and a store in a temporary profile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keyring.errors
from support.clock import FakeClock

from brokerdesk.paths import ProfilePaths, profile_at
from brokerdesk.secrets.store import Store, open_store
from brokerdesk.secrets.vault import Cost

CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
"""Argon2id at its floor: tests are about what happens, not about what guessing costs."""

WINDOWS_BYTES = 2560


class FakeKeyring:
    """A keychain in memory that refuses, as Windows does, more than 2,560 bytes of UTF-16."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.calls: list[str] = []
        self.threads: set[int] = set()

    def get_password(self, service: str, username: str) -> str | None:
        self._called("get")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._called("set")
        if len(password.encode("utf-16-le")) > WINDOWS_BYTES:
            raise OSError(1783, "CredWrite", "The stub received bad data")
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._called("delete")
        if (service, username) not in self.entries:
            raise keyring.errors.PasswordDeleteError("not there")
        del self.entries[service, username]

    def _called(self, what: str) -> None:
        self.calls.append(what)
        self.threads.add(threading.get_ident())


class LockedKeyring(FakeKeyring):
    """Refuses everything until ``unlock``, as a Secret Service whose prompt cannot open does."""

    def __init__(self) -> None:
        super().__init__()
        self.locked = True

    def unlock(self) -> None:
        self.locked = False

    def _called(self, what: str) -> None:
        super()._called(what)
        if self.locked:
            raise keyring.errors.KeyringLocked("Failed to unlock the collection!")


class HangingKeyring(FakeKeyring):
    """Answers nothing until ``release``, as one behind an unseen prompt does."""

    def __init__(self) -> None:
        super().__init__()
        self._answer = threading.Event()

    def release(self) -> None:
        self._answer.set()

    def _called(self, what: str) -> None:
        super()._called(what)
        self._answer.wait()


class DroppingKeyring(FakeKeyring):
    """Takes entries and keeps none, as the null backend does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        self._called("set")


@contextmanager
def hanging() -> Iterator[HangingKeyring]:
    """A hanging keychain whose threads end with the test."""
    backend = HangingKeyring()
    try:
        yield backend
    finally:
        backend.release()


def profile(directory: Path) -> ProfilePaths:
    paths = profile_at(directory / "profile")
    paths.ensure()
    return paths


def store_with(
    paths: ProfilePaths,
    backend: FakeKeyring | None,
    *,
    clock: FakeClock | None = None,
    passphrase_file: Path | None = None,
    keyring_timeout: float = 5.0,
    lock_timeout: float = 20.0,
) -> Store:
    """A store on that keychain; ``None`` asks the ``keyring`` library for the system's."""
    return open_store(
        paths,
        clock=clock or FakeClock(),
        backend=backend,
        passphrase_file=passphrase_file,
        keyring_timeout=keyring_timeout,
        lock_timeout=lock_timeout,
    )


def files_under(directory: Path) -> dict[str, bytes]:
    """Every file's bytes, by its path below ``directory``."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
