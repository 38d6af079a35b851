"""What File > Back up and Restore do behind the window, also where the profile has to be closed.

A restore closes the engine, puts the backup in place and opens the profile again, whatever came of
it; the window stays and this process keeps the profile's lock all the time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from brokerdesk.clock import Clock
from brokerdesk.paths import ProfilePaths
from brokerdesk.settings import Settings, SettingsFile
from brokerdesk.ui.bus import IoRunner
from brokerdesk.ui.gateways.backup import BackupGateway, RestoreLooks, Teller, is_own_copy
from brokerdesk.ui.household import RESTORING
from brokerdesk.ui.viewmodels.backup import (
    BackupViewModel,
    ContentFacts,
    CopyFacts,
    Made,
    RestoredFacts,
    RestoreViewModel,
    Step,
    size_words,
)
from brokerdesk.ui.viewmodels.desk import Desk, Toast
from brokerdesk.ui.views.backup.sheets import BackupSheet, RestoreSheet, ask_target

_log = logging.getLogger(__name__)
Failed = Callable[[BaseException], object]


class Household(Protocol):
    """What whoever runs the window does for a restore."""

    def pause(self) -> None:
        """Nobody may ask the engine for anything from now on. On the GUI thread."""
        ...

    async def close_profile(self) -> None:
        """End what uses the engine, then the engine. On the I/O thread."""
        ...

    async def take_settings(self, settings: Settings) -> None:
        """These are in force when the profile opens again. On the I/O thread."""
        ...

    def resume(self, settings: Settings | None) -> None:
        """Open the profile again; ``settings`` None: those before. On the GUI thread."""
        ...

    def stop(self, task: str) -> None:
        """Cancel a task on the I/O thread, without waiting."""
        ...


class Restoring:
    """``RestorePort`` over a household."""

    def __init__(
        self,
        desk: Desk,
        household: Household,
        runner: IoRunner,
        paths: ProfilePaths,
        clock: Clock,
    ) -> None:
        self._desk, self._household, self._runner = desk, household, runner
        self._paths, self._clock = paths, clock
        self._looks = RestoreLooks(desk)
        self._teller: Teller | None = None
        self.practice = desk.state.practice

    def copies(self, done: Callable[[tuple[CopyFacts, ...]], object], failed: Failed) -> None:
        self._looks.copies(done, failed)

    def look_into(self, path: str, done: Callable[[ContentFacts], object], failed: Failed) -> None:
        self._looks.look_into(path, done, failed)

    def restore(
        self,
        content: ContentFacts,
        tell: Callable[[Step], object],
        done: Callable[[RestoredFacts | None], object],
        failed: Failed,
    ) -> None:
        household, teller = self._household, Teller(tell)
        self._teller = teller
        household.pause()

        def on_done(answer: tuple[RestoredFacts, Settings] | None) -> None:
            household.resume(None if answer is None else answer[1])
            done(None if answer is None else answer[0])

        def on_failed(error: BaseException) -> None:
            household.resume(None)
            failed(error)

        self._runner.run(RESTORING, lambda: self._restore(content, teller), on_done, on_failed)

    async def _restore(
        self, content: ContentFacts, teller: Teller
    ) -> tuple[RestoredFacts, Settings] | None:
        from brokerdesk.services.automatic_copies import restore_copy
        from brokerdesk.services.backing_up import restore

        work = restore_copy if is_own_copy(content.path) else restore
        task = asyncio.current_task()
        try:
            await self._household.close_profile()
            done = await work(self._paths, Path(content.path), self._clock, teller.tell)
        except asyncio.CancelledError:
            if task is not None:  # stopped by the user: what follows is the way back
                task.uncancel()
            return None
        _log.info("a backup was restored; the former data is kept aside")
        settings, _problem = SettingsFile(self._paths.settings_file).load_or_default()
        await self._household.take_settings(settings)
        facts = RestoredFacts(
            made=done.backup.created_at,
            connections=done.connections,
            aside="" if done.replaced is None else str(done.replaced),
            notes=done.notes,
        )
        return facts, settings

    def stop(self) -> None:
        self._household.stop(RESTORING)


class Care(QObject):
    """Opens the sheets. One of them at a time."""

    def __init__(
        self,
        window: Any,
        desk: Desk,
        household: Household,
        runner: IoRunner,
        *,
        paths: ProfilePaths,
        clock: Clock,
    ) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self._household, self._runner = household, runner
        self._paths, self._clock = paths, clock
        self.dialog: QFileDialog | None = None
        self.backing: BackupViewModel | None = None
        self.backup_sheet: BackupSheet | None = None
        self.restore_sheet: RestoreSheet | None = None

    @property
    def busy(self) -> bool:
        """Whether a sheet is open."""
        return self.backup_sheet is not None or self.restore_sheet is not None

    # backing up

    def back_up(self, _target: str = "") -> None:
        """Ask where to, then write a backup."""
        if not self.busy and self._desk.ready:
            BackupGateway(self._desk).suggest(self._ask_target)

    def _ask_target(self, suggested: str) -> None:
        if not self.busy:
            self.dialog = ask_target(self._window, suggested, self.back_up_to)

    def back_up_to(self, target: str) -> None:
        """Write a backup to ``target`` and show how far it is."""
        if self.busy or not target:
            return
        model = self.backing = BackupViewModel(BackupGateway(self._desk))
        model.made.connect(self._on_made)
        model.stopped.connect(self._on_stopped)
        sheet = self.backup_sheet = BackupSheet(model, target)
        sheet.closed.connect(self._on_backup_closed)
        sheet.open_over(self._window, sheet.cancel)
        model.begin(target)

    def _on_made(self, made: Made) -> None:
        file = Path(made.file)
        text = f"{file.name}, {size_words(made.size)}, in {file.parent}. It was read back whole."
        self._desk.toast(Toast("The profile is backed up.", text))

    def _on_stopped(self) -> None:
        self._desk.say("The backup was stopped. Nothing was written.")

    def _on_backup_closed(self) -> None:
        self.backup_sheet = None

    # restoring

    def restore(self, _target: str = "") -> None:
        """Choose a backup, look into it, ask, restore."""
        if self.busy or not self._desk.ready:
            return
        port = Restoring(self._desk, self._household, self._runner, self._paths, self._clock)
        sheet = self.restore_sheet = RestoreSheet(RestoreViewModel(port))
        sheet.closed.connect(self._on_restore_closed)
        sheet.open_over(self._window, sheet.go)

    def _on_restore_closed(self) -> None:
        self.restore_sheet = None
