"""Exclusion by name, across the tasks of this process and across processes.

A rotating refresh token may be exchanged by one caller only. It must not know what is protected.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from brokerdesk.paths import private_directory
from brokerdesk.secrets import words
from brokerdesk.tasks import run_blocking

LIMIT_SECONDS = 60.0
_PAUSE = 0.02


class Locks:
    """Locks as files in ``directory``. ``limit`` seconds is the longest wait for one.

    The wait is in real time: it guards against a holder that hangs, and no schedule depends on it.
    The operating system releases a lock when its process dies.
    """

    def __init__(self, directory: Path, *, limit: float = LIMIT_SECONDS) -> None:
        self._directory = directory
        self._limit = limit
        self._tasks: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def hold(self, name: str, *, last: bool = False) -> AsyncIterator[None]:
        """Hold the lock of that name. Not re-entrant. ``last``: its file is removed at the end.

        Raises:
            SecretStoreLockedError: somebody held it for longer than the limit.
            SecretStoreError: the lock file cannot be made.
        """
        mine = self._tasks.setdefault(name, asyncio.Lock())
        end = time.monotonic() + self._limit
        try:
            async with asyncio.timeout(self._limit):
                await mine.acquire()
        except TimeoutError as error:
            raise words.busy(self._limit) from error
        try:
            claim = _Claim(self._directory, name, end)
            try:
                await self._take(claim)
                yield
            finally:
                # Also after a cancelled wait, whose thread would otherwise still get the lock.
                claim.drop(remove=last)
        finally:
            mine.release()

    async def _take(self, claim: _Claim) -> None:
        try:
            await run_blocking("brokerdesk-lock", claim.take)
        except TimeoutError as error:
            raise words.busy(self._limit) from error
        except OSError as error:
            raise words.disk(error) from error


class _Claim:
    """One attempt to take the file lock, made in a thread that may outlive its caller."""

    def __init__(self, directory: Path, name: str, end: float) -> None:
        from filelock import FileLock

        self._directory = directory
        self._end = end
        self._gate = threading.Lock()
        self._dropped = False
        self._lock = FileLock(directory / f"{name}.lock", mode=0o600, thread_local=False)

    def take(self) -> None:
        from filelock import Timeout

        private_directory(self._directory)
        while True:
            with self._gate:
                if self._dropped:
                    return
                try:
                    self._lock.acquire(timeout=0)
                except Timeout:
                    if time.monotonic() >= self._end:
                        raise TimeoutError from None
                else:
                    return
            time.sleep(_PAUSE)

    def drop(self, *, remove: bool = False) -> None:
        with self._gate:
            self._dropped = True
            if remove and self._lock.is_locked:
                # While held: whoever waits on the unlinked file notices and takes the next one.
                with contextlib.suppress(OSError):
                    Path(self._lock.lock_file).unlink()
            self._lock.release()
