"""What all processes of a profile have asked of a broker lately.

The window and a command may run side by side with one login, and the broker counts both. Each
bucket has a small private file with the times of its last requests and of a pause; one lock file
excludes the others for the moment of a claim. Nothing here waits: whoever finds the book open tries
again. A book that cannot be read or written is left alone, and each process then counts for itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
from array import array
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from brokerdesk.facts import dataclass
from brokerdesk.paths import open_private, private_directory

if TYPE_CHECKING:
    from filelock import BaseFileLock

_log = logging.getLogger(__name__)

LONGEST_PAUSE = 24 * 3600.0
_FORGOTTEN = 2 * 24 * 3600.0
"""Seconds after which a page that nobody wrote on is removed."""
_HEAD = 2
"""A page begins with when a pause was set and until when it lasts."""
_BYTES = 8
_AHEAD = 60.0
_MOST = 64 * 1024


@dataclass(slots=True)
class Page:
    """One bucket: when tokens were spent, oldest first, in seconds of wall time, and the pause."""

    spent: list[float] = field(default_factory=list)
    pause_left: float = 0.0


class Book(Protocol):
    """Where spent tokens are written down. ``name`` says whose, ``now`` is wall time."""

    def page(self, name: str, now: float, window: float) -> AbstractContextManager[Page | None]:
        """A page for this moment alone; what is added to ``spent`` is kept. None: try again."""
        ...

    def read(self, name: str, now: float, window: float) -> Page:
        """What stands there now."""
        ...

    def move(self, name: str, spent: float, now: float, window: float) -> None:
        """A token that was spent then counts as spent now."""
        ...

    def pause(self, name: str, now: float, seconds: float) -> None:
        """Nobody is to ask for so long. Never shortens a pause."""
        ...


class FileBook:
    """A book in a directory of the profile. Nothing is made before the first claim."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock: BaseFileLock | None = None
        self._told = False

    @contextlib.contextmanager
    def page(self, name: str, now: float, window: float) -> Iterator[Page | None]:
        try:
            taken = self._take(now)
        except OSError as error:
            self._tell(error)
            yield Page()
            return
        if not taken:
            yield None
            return
        try:
            raw = self._load(name)
            page = _page(raw, now, window)
            before = len(page.spent)
            yield page
            if len(page.spent) != before:
                self._save(name, [*_head(raw), *page.spent])
        finally:
            self._release()

    def read(self, name: str, now: float, window: float) -> Page:
        return _page(self._load(name), now, window)

    def move(self, name: str, spent: float, now: float, window: float) -> None:
        with self._held(now) as held:
            if held:
                raw = self._load(name)
                others = _page(raw, now, window).spent
                if spent in others:
                    others.remove(spent)
                self._save(name, [*_head(raw), *others, now])

    def pause(self, name: str, now: float, seconds: float) -> None:
        until = now + min(max(0.0, seconds), LONGEST_PAUSE)
        with self._held(now) as held:
            if not held:
                return  # this process keeps the pause all the same
            raw = self._load(name)
            left = _page(raw, now, 0.0).pause_left
            if now + left < until:
                self._save(name, [now, until, *raw[_HEAD:]])

    # -- files -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _held(self, now: float) -> Iterator[bool]:
        """The lock, for what should not be left out because somebody has it for a moment."""
        try:
            taken = self._take(now, patience=0.02)
        except OSError as error:
            self._tell(error)
            taken = False
        try:
            yield taken
        finally:
            if taken:
                self._release()

    def _take(self, now: float, patience: float = 0.0) -> bool:
        """Others hold the book for less than a millisecond; a pause is worth waiting for them."""
        from filelock import FileLock, Timeout

        if self._lock is None:
            private_directory(self._directory)
            self._forget_old(now)
            path = self._directory / "book.lock"
            self._lock = FileLock(path, mode=0o600, thread_local=False)
        try:
            self._lock.acquire(timeout=patience, poll_interval=0.001)
        except Timeout:
            return False
        return True

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _path(self, name: str) -> Path:
        return self._directory / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.rate"

    def _load(self, name: str) -> list[float]:
        """The numbers of a page; none where it is missing or damaged."""
        numbers = array("d")
        try:
            raw = self._path(name).read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            self._tell(error)
            return []
        if len(raw) % _BYTES or not _HEAD * _BYTES <= len(raw) <= _MOST:
            return []
        numbers.frombytes(raw)
        return numbers.tolist()

    def _save(self, name: str, numbers: list[float]) -> None:
        """Write a page where it lies: it holds nothing that would be missed after a crash."""
        try:
            descriptor = open_private(
                self._path(name), os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
            )
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(array("d", numbers).tobytes())
                stream.truncate()
        except OSError as error:
            self._tell(error)

    def _forget_old(self, now: float) -> None:
        before = now - _FORGOTTEN
        for each in self._directory.glob("*.rate"):
            with contextlib.suppress(OSError):
                if each.stat().st_mtime < before:
                    each.unlink()

    def _tell(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            _log.warning("the book of requests cannot be used: %s", type(error).__name__)


def _head(raw: list[float]) -> list[float]:
    return raw[:_HEAD] if len(raw) >= _HEAD else [0.0, 0.0]


def _page(raw: list[float], now: float, window: float) -> Page:
    """What of a page still counts. After the clock was set back, times to come within a minute or
    the window count as now and later ones not at all.
    """
    set_at, until = _head(raw)
    known = set_at < until < set_at + LONGEST_PAUSE + 1 and set_at < now + _AHEAD
    left = until - max(now, set_at) if known else 0.0
    spent = sorted(min(at, now) for at in raw[_HEAD:] if now - window < at < now + window)
    return Page(spent=spent, pause_left=max(0.0, left))
