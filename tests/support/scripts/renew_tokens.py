"""A process that asks for tokens on command: one half of the renewal race.

Arguments: credentials file, Schwab's address, number of callers. For each line on standard input it
reads the stored token, calls it refused from all callers at once, and prints what they got.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from filelock import FileLock

from brokerdesk.brokers.base import Credentials, Network
from brokerdesk.brokers.schwab.client import build_http
from brokerdesk.brokers.schwab.tokens import TokenEndpoint, Tokens
from brokerdesk.clock import SystemClock
from brokerdesk.domain.kinds import Environment


class FileCredentials:
    """A ``CredentialPort`` on a plain file, locked across processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = asyncio.Lock()

    async def read(self) -> Credentials:
        credentials: Credentials = json.loads(self._path.read_text())
        return credentials

    async def replace(self, credentials: Credentials) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(dict(credentials)))
        fresh.replace(self._path)

    @asynccontextmanager
    async def lock(self) -> AsyncIterator[None]:
        async with self._lock:
            lock = FileLock(self._path.with_suffix(".lock"), thread_local=False)
            await asyncio.to_thread(lock.acquire)
            try:
                yield
            finally:
                await asyncio.to_thread(lock.release)


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main(path: Path, url: str, callers: int) -> None:
    clock = SystemClock()
    port = FileCredentials(path)
    http = build_http(Environment.PRACTICE, url, network=Network(), clock=clock)
    tokens = Tokens(port, TokenEndpoint(http, clock), clock, timedelta(seconds=60))
    tell("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        refused = line.strip()
        got = await asyncio.gather(*(tokens.bearer(refused=refused) for _ in range(callers)))
        tell(json.dumps(sorted(set(got))))
    await tokens.aclose()
    await http.aclose()


asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
