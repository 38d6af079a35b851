"""Backing up and restoring without a window: what is asked, how far it is, how it ended.

A restore is shown before anything happens: when the backup was made, of what, by which version. It
must not know a widget, the archive's form or who closes and opens the profile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.backup_words import (
    ContentFacts,
    CopyFacts,
    CopyRow,
    Made,
    RestoredFacts,
    Step,
    content_rows,
    copy_row,
    share,
    size_words,
    step_words,
    warning_of,
    what_happened,
    what_happens,
)

__all__ = [
    "BackupViewModel",
    "ContentFacts",
    "CopyFacts",
    "Made",
    "RestoreViewModel",
    "RestoredFacts",
    "Step",
    "size_words",
    "step_words",
]

LAST = "swapping"
"""From here on a restore cannot be stopped."""
CLOSING = "Closing the profile"
Failed = Callable[[BaseException], object]


class BackupPort(Protocol):
    """What a backup asks of the program. Answers come back on the GUI thread."""

    def suggest(self, done: Callable[[str], object]) -> None:
        """A path to offer."""
        ...

    def back_up(
        self,
        target: str,
        tell: Callable[[Step], object],
        done: Callable[[Made], object],
        failed: Failed,
    ) -> None: ...

    def stop(self, done: Callable[[], object]) -> None:
        """Stop the backup; ``done`` when it has tidied up."""
        ...


class RestorePort(Protocol):
    """What a restore asks of the program. Answers come back on the GUI thread."""

    practice: bool
    """Whether this profile holds practice accounts."""

    def copies(self, done: Callable[[tuple[CopyFacts, ...]], object], failed: Failed) -> None: ...

    def look_into(
        self, path: str, done: Callable[[ContentFacts], object], failed: Failed
    ) -> None: ...

    def restore(
        self,
        content: ContentFacts,
        tell: Callable[[Step], object],
        done: Callable[[RestoredFacts | None], object],
        failed: Failed,
    ) -> None:
        """Close the profile, restore, open it again. None: stopped, and all is as it was."""
        ...

    def stop(self) -> None:
        """Stop the restore, as long as it can be."""
        ...


# backing up


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupState:
    """All that a backup shows. ``running`` False and no ``error``: it is not begun or done."""

    running: bool = False
    stopping: bool = False
    words: str = ""
    share: float | None = None
    error: BrokerDeskError | None = None


class BackupViewModel(QObject):
    """State and intents of one backup.

    Signals:
        changed: ``state`` is another one.
        made: a ``Made``; the backup is there and was read back.
        stopped: nothing was written.
    """

    changed = Signal()
    made = Signal(object)
    stopped = Signal()

    def __init__(self, port: BackupPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self.state = BackupState()

    def begin(self, target: str) -> None:
        """Write a backup to ``target``."""
        if not self.state.running and target:
            self._set(running=True, stopping=False, words="Beginning…", share=None, error=None)
            self._port.back_up(target, self._on_step, self._on_made, self._on_failed)

    def stop(self) -> None:
        """Stop it; nothing is left behind."""
        if self.state.running and not self.state.stopping:
            self._set(stopping=True, words="Stopping…", share=None)
            self._port.stop(self._on_stopped)

    def _on_step(self, step: Step) -> None:
        if self.state.running and not self.state.stopping:
            self._set(words=step_words(step), share=share(step))

    def _on_made(self, made: Made) -> None:
        self._set(running=False, stopping=False)
        self.made.emit(made)

    def _on_stopped(self) -> None:
        if self.state.running:  # it may have been done before it could be stopped
            self._set(running=False, stopping=False)
            self.stopped.emit()

    def _on_failed(self, error: BaseException) -> None:
        known = isinstance(error, BrokerDeskError)
        self._set(running=False, stopping=False, error=error if known else None)
        if not known:
            raise error

    def _set(self, **values: object) -> None:
        state = replace(self.state, **values)  # type: ignore[arg-type]
        if state != self.state:
            self.state = state
            self.changed.emit()


# restoring


class Stage(StrEnum):
    """What the restore shows."""

    CHOOSE = "choose"
    LOOKING = "looking"
    ASK = "ask"
    WORKING = "working"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreState:
    """All that a restore shows. ``facts`` are rows of label and value."""

    stage: Stage = Stage.CHOOSE
    copies: tuple[CopyRow, ...] = ()
    copies_known: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    means: tuple[str, ...] = ()
    """What will happen, in sentences; when done, what happened."""
    warning: str = ""
    words: str = ""
    share: float | None = None
    can_stop: bool = True
    error: BrokerDeskError | None = None


class RestoreViewModel(QObject):
    """State and intents of one restore.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, port: RestorePort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self._content: ContentFacts | None = None
        self.state = RestoreState()
        port.copies(self._on_copies, self._on_no_copies)

    def _on_copies(self, found: tuple[CopyFacts, ...]) -> None:
        self._set(copies=tuple(map(copy_row, found)), copies_known=True)

    def _on_no_copies(self, error: BaseException) -> None:
        self._set(copies_known=True)
        self._fail(error, Stage.CHOOSE)

    def look(self, path: str) -> None:
        """Look into a file before anything happens."""
        if path and self.state.stage in (Stage.CHOOSE, Stage.ASK):
            name = tame(Path(path).name)
            self._set(stage=Stage.LOOKING, words=f"Looking into {name}…", error=None)
            self._port.look_into(path, self._on_content, lambda e: self._fail(e, Stage.CHOOSE))

    def back(self) -> None:
        """Choose another one."""
        if self.state.stage is Stage.ASK:
            self._set(stage=Stage.CHOOSE, error=None)

    def _on_content(self, content: ContentFacts) -> None:
        self._content = content
        self._set(
            stage=Stage.ASK,
            facts=content_rows(content),
            means=what_happens(content),
            warning=warning_of(content, practice=self._port.practice),
        )

    def restore(self) -> None:
        """Do it."""
        content = self._content
        if self.state.stage is Stage.ASK and content is not None:
            self._set(stage=Stage.WORKING, words=f"{CLOSING}…", share=None, can_stop=True)
            self._port.restore(
                content, self._on_step, self._on_restored, lambda e: self._fail(e, Stage.ASK)
            )

    def stop(self) -> None:
        """Stop it while it can be."""
        if self.state.stage is Stage.WORKING and self.state.can_stop:
            self._set(words="Stopping…", share=None, can_stop=False)
            self._port.stop()

    def _on_step(self, step: Step) -> None:
        if self.state.stage is Stage.WORKING:
            can_stop = self.state.can_stop and step.stage != LAST
            self._set(words=step_words(step), share=share(step), can_stop=can_stop)

    def _on_restored(self, done: RestoredFacts | None) -> None:
        if done is None:
            self._set(stage=Stage.ASK, words="", share=None)
        else:
            self._set(stage=Stage.DONE, means=what_happened(done), words="", share=None, error=None)

    def _fail(self, error: BaseException, stage: Stage) -> None:
        known = isinstance(error, BrokerDeskError)
        self._set(stage=stage, error=error if known else None, words="", share=None)
        if not known:
            raise error

    def _set(self, **values: object) -> None:
        state = replace(self.state, **values)  # type: ignore[arg-type]
        if state != self.state:
            self.state = state
            self.changed.emit()
