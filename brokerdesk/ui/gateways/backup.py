"""Backups over the services: the work runs on the I/O thread, its progress comes back queued."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QStandardPaths, Qt, Signal

from brokerdesk.ui.viewmodels.backup import ContentFacts, CopyFacts, Made, Step
from brokerdesk.ui.viewmodels.desk import Desk

if TYPE_CHECKING:
    from brokerdesk.services.backup_format import Manifest
    from brokerdesk.services.container import Services
    from brokerdesk.services.watched import Progress

Failed = Callable[[BaseException], object]
_TASK = "backup:run"


class Teller(QObject):
    """Carries progress from the I/O thread to whoever listens on this one."""

    _told = Signal(object)

    def __init__(self, listen: Callable[[Step], object]) -> None:
        super().__init__()
        self._listen = listen
        self._told.connect(self._on_told, Qt.ConnectionType.QueuedConnection)

    def tell(self, progress: Progress) -> None:
        """May be called from any thread."""
        step = Step(stage=progress.stage.value, done=progress.done, total=progress.total)
        self._told.emit(step)

    def _on_told(self, step: Step) -> None:
        self._listen(step)


class BackupGateway:
    """``BackupPort`` through the desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._teller: Teller | None = None

    def suggest(self, done: Callable[[str], object]) -> None:
        places = QStandardPaths.StandardLocation
        documents = QStandardPaths.writableLocation(places.DocumentsLocation)

        async def suggest(services: Services) -> str:
            folder = services.current_settings().backup_folder or documents
            return str(Path(folder) / services.backing_up.suggested_name())

        self._desk.run("backup:suggest", suggest, done)

    def back_up(
        self,
        target: str,
        tell: Callable[[Step], object],
        done: Callable[[Made], object],
        failed: Failed,
    ) -> None:
        teller = self._teller = Teller(tell)

        async def back_up(services: Services) -> Made:
            file = Path(target)
            settings = services.current_settings()
            manifest = await services.backing_up.back_up(file, settings, teller.tell)
            size = (await asyncio.to_thread(file.stat)).st_size
            return Made(file=target, size=size, accounts=manifest.accounts)

        self._desk.run(_TASK, back_up, done, failed)

    def stop(self, done: Callable[[], object]) -> None:
        async def stop(services: Services) -> None:
            await services.supervisor.cancel(f"page:{_TASK}")

        self._desk.run("backup:stop", stop, lambda _: done())


class RestoreLooks:
    """The part of ``RestorePort`` that only looks; the profile stays open meanwhile."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def copies(self, done: Callable[[tuple[CopyFacts, ...]], object], failed: Failed) -> None:
        async def copies(services: Services) -> tuple[CopyFacts, ...]:
            from brokerdesk.services.automatic_copies import copies
            from brokerdesk.tasks import run_blocking

            found = await run_blocking("brokerdesk-copies", lambda: copies(services.paths))
            return tuple(
                CopyFacts(
                    path=str(one.file),
                    made=one.made,
                    size=one.size,
                    before_upgrade=one.version is not None,
                )
                for one in found
            )

        self._desk.run("restore:copies", copies, done, failed)

    def look_into(self, path: str, done: Callable[[ContentFacts], object], failed: Failed) -> None:
        async def look(services: Services) -> ContentFacts:
            from brokerdesk.services.automatic_copies import look_into_copy
            from brokerdesk.services.backing_up import look_into

            file = Path(path)
            own = is_own_copy(path)
            if own:
                manifest = await look_into_copy(services.paths, file, services.clock)
            else:
                manifest = await look_into(file)
            size = (await asyncio.to_thread(file.stat)).st_size
            return content_facts(path, manifest, size, own_copy=own)

        self._desk.run("restore:look", look, done, failed)


def is_own_copy(path: str) -> bool:
    """A bare database rather than a backup's archive."""
    return path.endswith(".db")


def content_facts(path: str, manifest: Manifest, size: int, *, own_copy: bool) -> ContentFacts:
    """What is shown before a restore."""
    return ContentFacts(
        path=path,
        own_copy=own_copy,
        made=manifest.created_at,
        program=manifest.program,
        accounts=manifest.accounts,
        environments=tuple(one.value for one in manifest.environments),
        size=size,
    )
