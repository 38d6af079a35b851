"""Lines typed while the browser is out: the address that it ended on, pasted by hand.

Standard input cannot be awaited on every system, so a daemon thread reads it and hands each line to
the loop. When nobody types, or there is nothing to type on, it changes nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from brokerdesk.brokers.flow import PasteOutcome
from brokerdesk.cli.output import note
from brokerdesk.tasks import Supervisor

if TYPE_CHECKING:
    from brokerdesk.services.attempt import ConnectAttempt

_NAME = "connect:paste"
_LONGEST = 16 * 1024


class Pasting:
    """Offers pasted addresses to an attempt while it is entered."""

    def __init__(self, attempt: ConnectAttempt, supervisor: Supervisor) -> None:
        self._attempt = attempt
        self._supervisor = supervisor
        self._lines: asyncio.Queue[str] = asyncio.Queue()

    async def __aenter__(self) -> None:
        stdin = sys.stdin
        if stdin is None or stdin.closed:
            return
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, args=(loop, stdin), name="paste", daemon=True).start()
        self._supervisor.spawn(_NAME, self._offer())

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._supervisor.cancel(_NAME)

    def _read(self, loop: asyncio.AbstractEventLoop, stdin: TextIO) -> None:
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            while line := stdin.readline(_LONGEST):
                loop.call_soon_threadsafe(self._lines.put_nowait, line)

    async def _offer(self) -> None:
        unconfirmed = ""
        while True:
            line = (await self._lines.get()).strip()
            if not line:
                continue
            if unconfirmed and line.lower() == "yes":
                outcome = await self._attempt.paste(unconfirmed, confirmed=True)
            else:
                outcome = await self._attempt.paste(line)
            unconfirmed = ""
            match outcome:
                case PasteOutcome.ACCEPTED:
                    return
                case PasteOutcome.WRONG:
                    note("This address is not from this sign-in. Still waiting.")
                case PasteOutcome.CONFIRM:
                    unconfirmed = line
                    note("Nothing in it proves that it is from this sign-in. If it is, type yes.")
