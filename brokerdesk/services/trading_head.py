"""How far the journal has come, remembered in the other file of the profile.

The chain of the audit log cannot show that its newest entries are gone: an older copy that was put
back, or another computer's, is whole in itself. It may have forgotten an order whose fate is not
known, or a halt. So it is held against the head that was seen last, and where it is behind that,
new orders are halted until the user lifts it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from brokerdesk.errors import StorageError
from brokerdesk.services.trading_journal import JournalKeeper

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.journal.store import Journal
    from brokerdesk.db.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)
KEY = "journal head"
NOTE = "journal behind"
"""The entry of the audit log that says why orders were halted."""
WAITED_FOR = 0.5
"""Seconds for which an order waits until the head is remembered."""


class HeadMemory:
    """All methods belong to one event loop."""

    def __init__(self, keeper: JournalKeeper, database: Database) -> None:
        self._keeper, self._database = keeper, database
        self._due = False

    async def check(self, journal: Journal) -> None:
        """Halt new orders where entries are missing that were there before.

        Raises:
            StorageError: it cannot be told, or not be halted.
        """
        known = await self._database.read(lambda uow: uow.meta.get(KEY))
        count, _, mark = (known or "").partition(":")
        if not count.isdecimal() or await self._has(journal, int(count), mark):
            return
        head = await journal.head()
        _log.warning("the journal has %s entries of %s: new orders are halted", head.count, count)
        if not await journal.halted():
            await journal.halt(True)
        await journal.note(NOTE, {"entries": str(head.count), "were": count})
        await self._write(journal, behind=True)

    def moved(self) -> None:
        """Something was written: remember it soon."""
        if not self._due and self._keeper.opened is not None:
            self._due = True
            self._keeper.later(self._remember())

    async def before_sending(self) -> None:
        """Remember what has just been written, unless that would keep the order waiting: it is
        remembered soon anyway.
        """
        try:
            async with asyncio.timeout(WAITED_FOR):
                await self._remember()
        except (StorageError, TimeoutError) as error:
            _log.info("the journal's head is not remembered yet: %s", type(error).__name__)

    async def _has(self, journal: Journal, count: int, mark: str) -> bool:
        if count == 0:
            return True
        found = await journal.log(count - 1, 1)
        return bool(found) and found[0].seq == count and found[0].hash.hex() == mark

    async def _remember(self) -> None:
        self._due = False
        journal = self._keeper.opened
        if journal is not None:
            await self._write(journal)

    async def _write(self, journal: Journal, *, behind: bool = False) -> None:
        """Remember how far it has come; ``behind``: less far than it was, as was told."""
        head = await journal.head()

        def forward(uow: UnitOfWork) -> None:
            # Another program may have written more since, and have remembered that.
            if behind or _count(uow.meta.get(KEY)) <= head.count:
                uow.meta.set(KEY, f"{head.count}:{head.hash.hex()}")

        await self._database.run(forward)


def _count(known: str | None) -> int:
    count = (known or "").partition(":")[0]
    return int(count) if count.isdecimal() else 0
