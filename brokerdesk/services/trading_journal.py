"""Holds the journal: opened when it is first wanted, never on the way to the first paint.

A journal that cannot be used stops orders and nothing else: figures are read and shown as ever.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brokerdesk.clock import Clock
from brokerdesk.domain.intent import Intent
from brokerdesk.errors import StorageError
from brokerdesk.tasks import Supervisor, run_blocking

if TYPE_CHECKING:
    from brokerdesk.db.journal.store import Journal

_log = logging.getLogger(__name__)
NOTE = "journal:note"
"""How the tasks are named that write what is to be remembered."""


class JournalKeeper:
    """All methods belong to one event loop.

    Args:
        told: hears of each state of an intent that was written down.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        supervisor: Supervisor,
        told: Callable[[Intent], object] = lambda _: None,
    ) -> None:
        self.path = path
        self.failure = ""
        self._clock, self._supervisor, self._told = clock, supervisor, told
        self._journal: Journal | None = None
        self._opening = asyncio.Lock()
        self._notes: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def opened(self) -> Journal | None:
        """The journal if it is open."""
        return self._journal

    async def open(self) -> Journal:
        """The open journal. What went wrong before is tried again.

        Raises:
            StorageError: it cannot be used; ``failure`` says why.
        """
        async with self._opening:
            if self._journal is None:
                try:
                    self._journal = await self._open()
                except StorageError as error:
                    self.failure = error.sentences()
                    _log.warning("the journal of orders cannot be used: %s", error.code)
                    raise
                self._journal.told = self._told
                self.failure = ""
            return self._journal

    def note(self, kind: str, facts: Mapping[str, str]) -> None:
        """Write this into the audit log soon; a journal that cannot be used has said so already."""
        self.later(self._note(kind, dict(facts)))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Write something soon; the journal is not closed before. What cannot be written is told in
        the program's log alone.
        """
        task = self._supervisor.spawn(
            NOTE, work, on_error=lambda error: _log.warning("not written: %s", error)
        )
        if task is not None:
            self._notes.add(task)
            task.add_done_callback(self._notes.discard)

    async def aclose(self) -> None:
        """Wait for what is being written, and close the file. Twice is fine."""
        while self._notes:
            await asyncio.wait(self._notes)
        self._closed = True
        async with self._opening:
            journal, self._journal = self._journal, None
        if journal is not None:
            await run_blocking("brokerdesk-journal-close", journal.close, to_the_end=True)

    async def _note(self, kind: str, facts: Mapping[str, str]) -> None:
        await (await self.open()).note(kind, facts)

    async def _open(self) -> Journal:
        from brokerdesk.db.journal.store import Journal

        if self._closed:
            raise StorageError("The program is ending.", "Nothing was sent.")
        opened: list[Journal] = []
        try:
            await run_blocking(
                "brokerdesk-journal-open",
                lambda: opened.append(Journal(self.path, self._clock)),
                to_the_end=True,
            )
        except asyncio.CancelledError:
            for each in opened:  # nobody is left who would close it
                each.close()
            raise
        return opened[0]
