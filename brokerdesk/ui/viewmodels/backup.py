"""Backing up and restoring without a window: what is asked, how far it is, how it ended.

A restore is shown before anything happens: when the backup was made, of what, by which version. It
must not know a widget, the archive's form or who closes and opens the profile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame

_STAGES = {
    "copying": "Copying the database",
    "packing": "Packing",
    "checking": "Reading it back",
    "unpacking": "Unpacking",
    "preparing": "Checking and preparing",
    "swapping": "Putting it in place",
}
LAST = "swapping"
"""From here on a restore cannot be stopped."""
CLOSING = "Closing the profile"
Failed = Callable[[BaseException], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far it is: a stage of ``services.watched`` and the bytes done of it."""

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A finished backup."""

    file: str
    size: int
    accounts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyFacts:
    """One of the program's own copies."""

    path: str
    made: datetime
    size: int
    before_upgrade: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentFacts:
    """What a backup says of itself. ``size`` is that of the file, in bytes."""

    path: str
    own_copy: bool
    made: datetime
    program: str
    accounts: int
    environments: tuple[str, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredFacts:
    """How a restore ended. ``aside`` is the folder with the former data, "" when there was none."""

    made: datetime
    connections: int
    aside: str
    notes: tuple[str, ...] = ()


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


def size_words(size: int) -> str:
    """Bytes for people: 12.4 MB."""
    if size < 1000:
        return f"{size} bytes"
    for unit, factor in (("kB", 1000), ("MB", 1000**2), ("GB", 1000**3)):
        if size < factor * 1000 or unit == "GB":
            tenths = (size * 10 + factor // 2) // factor
            return f"{tenths // 10}.{tenths % 10} {unit}"
    raise AssertionError


def step_words(step: Step) -> str:
    """A stage in words, with the share done where it is known."""
    words = _STAGES.get(step.stage, step.stage)
    return f"{words}, {step.done * 100 // step.total}%" if step.total else f"{words}…"


def share(step: Step) -> float | None:
    """How much of the stage is done, None where nobody knows."""
    return min(1.0, step.done / step.total) if step.total else None


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
        if not isinstance(error, BrokerDeskError):
            raise error
        self._set(running=False, stopping=False, error=error)

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
class CopyRow:
    """One of the program's own copies, ready to show."""

    path: str
    title: str
    note: str


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
        self._set(copies=tuple(map(_copy_row, found)), copies_known=True)

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
            facts=_facts(content),
            means=_means(content),
            warning=_warning(content, practice=self._port.practice),
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
            self._set(stage=Stage.DONE, means=_result(done), words="", share=None, error=None)

    def _fail(self, error: BaseException, stage: Stage) -> None:
        if not isinstance(error, BrokerDeskError):
            raise error
        self._set(stage=stage, error=error, words="", share=None)

    def _set(self, **values: object) -> None:
        state = replace(self.state, **values)  # type: ignore[arg-type]
        if state != self.state:
            self.state = state
            self.changed.emit()


# words


def _copy_row(copy: CopyFacts) -> CopyRow:
    kind = "before an upgrade" if copy.before_upgrade else "weekly copy"
    return CopyRow(
        path=copy.path, title=fmt.stamp(copy.made), note=f"{kind}, {size_words(copy.size)}"
    )


def _facts(content: ContentFacts) -> tuple[tuple[str, str], ...]:
    program = "" if content.own_copy else f"BrokerDesk {tame(content.program)}"
    accounts = fmt.count(content.accounts, "account")
    kinds = " and ".join(content.environments)
    return tuple(
        (label, value)
        for label, value in (
            ("Made", fmt.stamp(content.made)),
            ("Made by", program or "this computer, by itself"),
            ("Holds", f"{accounts}, {kinds}" if kinds else accounts),
            ("Size", size_words(content.size)),
            ("File", tame(Path(content.path).name)),
        )
    )


def _means(content: ContentFacts) -> tuple[str, ...]:
    settings = "The settings stay as they are." if content.own_copy else (
        "The settings come from the backup, but for proxy, certificate file and backup folder."
    )  # fmt: skip
    return (
        "The profile is closed for a moment and shows the figures of that time afterwards.",
        "The present data is not deleted: it is moved into a folder of its own in the profile.",
        "Sign-ins are not in it: you sign in again at each connection.",
        settings,
    )


def _warning(content: ContentFacts, *, practice: bool) -> str:
    only_practice = set(content.environments) == {"practice"}
    if practice and content.environments and "practice" not in content.environments:
        return "This backup holds real accounts. This window is for practice data."
    if not practice and only_practice:
        return "This backup holds practice accounts only."
    if not content.accounts:
        return "This backup holds no accounts."
    return ""


def _result(done: RestoredFacts) -> tuple[str, ...]:
    sentences = [f"The figures of {fmt.stamp(done.made)} are back."]
    if done.connections:
        where = fmt.count(done.connections, "connection")
        sentences.append(f"Sign in again at {where} to get new figures.")
    if done.aside:
        sentences.append(f"The former data is kept in {tame(Path(done.aside).name)}.")
    return (*sentences, *(tame(note) for note in done.notes))
