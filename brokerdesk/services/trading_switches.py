"""Who may send orders: a switch for each connection, and one that stops all.

The journal decides at the moment of sending. What is kept here is what the window shows; it is read
again now and then, because the command line may turn a switch, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.errors import InputError, NotSupportedError
from brokerdesk.services.opening import Specs
from brokerdesk.services.trading_journal import JournalKeeper

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database


class Switches:
    """``halted`` and ``on`` as last read. ``changed`` is called when they are others."""

    def __init__(
        self,
        *,
        keeper: JournalKeeper,
        database: Database,
        specs: Specs,
        changed: Callable[[], object],
    ) -> None:
        self._keeper, self._database = keeper, database
        self._specs, self._changed = specs, changed
        self.halted = False
        self.on: frozenset[ConnectionId] = frozenset()

    async def turn(self, connection: ConnectionId, on: bool) -> None:
        """Let a connection send orders, or no longer.

        Raises:
            InputError: there is no such connection.
            NotSupportedError: its broker takes no orders here.
            StorageError: nothing was changed.
        """
        row = await self._database.read(lambda uow: uow.connections.get(connection))
        if row is None:
            raise InputError("connection", "There is no such connection.")
        spec = self._specs(row.broker)
        if on and not spec.capabilities.trading:
            raise NotSupportedError(
                f"{spec.title} takes no orders here.", capability="trading", broker_id=spec.id
            )
        journal = await self._keeper.open()
        facts = {"broker": row.broker, "environment": row.environment.value}
        await journal.turn(connection, on, facts)
        await self.read()

    async def halt(self, on: bool) -> None:
        """Stop new orders, or let them go again.

        Raises:
            StorageError: nothing was changed.
        """
        await (await self._keeper.open()).halt(on)
        await self.read()

    async def forget(self, connection: ConnectionId) -> None:
        """The connection was removed: one of the same id begins with its switch off."""
        journal = self._keeper.opened
        if journal is not None and connection in await journal.trading_on():
            await journal.turn(connection, False, {"why": "removed"})
            await self.read()

    async def read(self) -> None:
        """What the journal says now."""
        journal = self._keeper.opened
        if journal is None:
            return
        now = await journal.halted(), await journal.trading_on()
        if now != (self.halted, self.on):
            self.halted, self.on = now
            self._changed()
