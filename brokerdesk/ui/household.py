"""Closes and opens the profile behind a window that stays, for a restore.

On the GUI thread it takes the services away from everybody who asks them; on the I/O thread it ends
their work and then them.
"""

from __future__ import annotations

from collections.abc import Callable

from brokerdesk.io_thread import IoThread
from brokerdesk.settings import Settings
from brokerdesk.ui.backstage import RunningBackstage
from brokerdesk.ui.engine import Engine
from brokerdesk.ui.viewmodels.desk import Desk

USERS = ("window:", "page:", "wizard")
"""How the tasks that use the engine are named."""
RESTORING = "care:restore"
"""The task of a restore."""


class RunningHousehold:
    """``care.Household`` over what lives behind one window."""

    def __init__(
        self,
        desk: Desk,
        engine: Engine,
        io: IoThread,
        backstage: RunningBackstage,
        *,
        close_wizard: Callable[[], object],
        reopen: Callable[[], object],
    ) -> None:
        self._desk, self._engine, self._io = desk, engine, io
        self._backstage = backstage
        self._close_wizard, self._reopen = close_wizard, reopen

    def pause(self) -> None:
        self._backstage.hold(True)
        self._close_wizard()
        self._desk.detach()
        self._desk.portfolio.detach()

    async def close_profile(self) -> None:
        supervisor = self._io.supervisor
        for name in supervisor.names:
            if name.startswith(USERS):
                await supervisor.cancel(name)
        await self._engine.aclose()

    async def take_settings(self, settings: Settings) -> None:
        await self._engine.adopt(settings)

    def resume(self, settings: Settings | None) -> None:
        self._backstage.hold(False)
        if settings is not None:
            self._backstage.take(settings)
            # What was looked at may not be there any more.
            self._desk.portfolio.look_at(scope=())
            self._desk.portfolio.travel(None)
        self._reopen()

    def stop(self, task: str) -> None:
        self._io.cancel(task)
