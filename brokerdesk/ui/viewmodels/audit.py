"""The audit log without a widget: entries as they come, what verifying said, the export's head.

Entries are only ever added, so that what is here is read once; ten thousand cost what is new.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.state import Message

_KINDS = {
    "order committed": "Order journaled",
    "order sending": "Order sent once",
    "order answered": "Order answered",
    "order accepted": "Order accepted",
    "order rejected": "Order refused",
    "order not_sent": "Order not sent",
    "order unknown": "Outcome unknown",
    "order found": "Order found",
    "order absent": "Order confirmed absent",
    "preview": "Broker’s preview asked for",
    "review": "Order reviewed",
    "setting": "Limit changed",
    "halt on": "New orders halted",
    "halt off": "Halt lifted",
}
SHORT = 16
"""So many digits of a hash tell two logs apart at a glance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One entry, ready to show."""

    key: str
    seq: int
    at: datetime
    kind: str
    what: str
    facts: tuple[tuple[str, str], ...]
    hash: str

    @property
    def words(self) -> str:
        """The facts in one line."""
        return " · ".join(f"{name}: {value}" for name, value in self.facts if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """How many entries, and the hash of the last one. ``broken``: the first that is not as it was
    written; None: all are.
    """

    count: int
    hash: str
    broken: int | None = None


class AuditPort(Protocol):
    """Where the log is."""

    def load(
        self, after: int, done: Callable[[tuple[AuditRow, ...]], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip
    def verify(
        self, done: Callable[[AuditHead], object], failed: Callable[[BaseException], object]
    ) -> None: ...
    def export(
        self, path: str, done: Callable[[AuditHead], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """All that the page shows."""

    rows: tuple[AuditRow, ...] = ()
    loading: bool = True
    verifying: bool = False
    exporting: bool = False
    message: Message | None = None
    summary: str = ""


class AuditViewModel(QObject):
    """State and intents of the page.

    Signals:
        changed: ``state`` is another one.
        exported: the head of what was written, to be shown and copied.
    """

    changed = Signal()
    exported = Signal(object)

    def __init__(self, port: AuditPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self._asking = self._again = False
        self.state = AuditState()

    def look(self) -> None:
        """Read what is new. Asked for while that is under way it is read once more."""
        if self._asking:
            self._again = True
            return
        self._asking, self._again = True, False
        after = self.state.rows[-1].seq if self.state.rows else 0
        self._port.load(after, self._on_loaded, self._on_failed)

    def forget(self) -> None:
        """Another profile lies behind the window now."""
        self._asking = False
        self._set(rows=(), loading=True, message=None)

    def verify(self) -> None:
        """Look at every entry."""
        if not self.state.verifying:
            self._set(verifying=True)
            self._port.verify(self._on_verified, self._on_verify_failed)

    def export(self, path: str) -> None:
        """Write all entries to a private file."""
        if path and not self.state.exporting:
            self._set(exporting=True)
            self._port.export(path, self._on_exported, self._on_export_failed)

    # inside

    def _on_loaded(self, rows: tuple[AuditRow, ...]) -> None:
        if not isValid(self):
            return
        self._asking = False
        last = self.state.rows[-1].seq if self.state.rows else 0
        new = tuple(row for row in rows if row.seq > last)
        message = self.state.message
        if message is not None and message.key == "read":
            message = None
        self._set(rows=(*self.state.rows, *new) if new else self.state.rows, loading=False,
                  message=message)  # fmt: skip
        if self._again:
            self.look()

    def _on_failed(self, error: BaseException) -> None:
        if isValid(self):
            self._asking = False
            self._set(
                loading=False, message=_trouble("read", "The audit log cannot be read.", error)
            )

    def _on_verified(self, head: AuditHead) -> None:
        if isValid(self):
            self._set(verifying=False, message=verdict(head))

    def _on_verify_failed(self, error: BaseException) -> None:
        if isValid(self):
            message = _trouble("verify", "The audit log could not be verified.", error)
            self._set(verifying=False, message=message)

    def _on_exported(self, head: AuditHead) -> None:
        if isValid(self):
            self._set(exporting=False)
            self.exported.emit(head)

    def _on_export_failed(self, error: BaseException) -> None:
        if isValid(self):
            message = _trouble("export", "The audit log was not exported.", error)
            self._set(exporting=False, message=message)

    def _set(self, **changes: object) -> None:
        state = replace(self.state, **changes)  # type: ignore[arg-type]
        summary = "" if state.loading else fmt.count(len(state.rows), "entry", "entries")
        self.state = replace(state, summary=summary)
        self.changed.emit()


def row_of(seq: int, at: datetime, kind: str, facts: Mapping[str, str], hash_: bytes) -> AuditRow:
    """An entry as a row; whatever stands in it becomes plain text."""
    return AuditRow(
        key=str(seq),
        seq=seq,
        at=at,
        kind=tame(kind),
        what=kind_words(kind, facts.get("kind", "")),
        facts=tuple((tame(name), tame(value)) for name, value in facts.items()),
        hash=hash_.hex(),
    )


def kind_words(kind: str, about: str = "") -> str:
    """What happened, in our words; a kind without any says itself. ``about``: of an order that was
    placed, replaced or cancelled.
    """
    words = _KINDS.get(kind) or tame(kind.replace("_", " ").capitalize())
    other = {"cancel": "Cancel", "replace": "Change"}.get(about)
    if other is None or not kind.startswith("order "):
        return words
    return words.replace("Order", other) if "Order" in words else f"{other}: {words.lower()}"


def short(hash_: str) -> str:
    """The beginning of a hash, in groups of four."""
    begin = hash_[:SHORT]
    return " ".join(begin[n : n + 4] for n in range(0, len(begin), 4))


def verdict(head: AuditHead) -> Message:
    """What verifying found, in words."""
    if head.broken is not None:
        good = head.broken - 1
        kept = "No entry before it is in doubt." if good else ""
        return Message(
            key="verdict",
            kind="error",
            title=f"The audit log is broken at entry {fmt.whole(head.broken)}.",
            text=f"It is not as it was written, or entries are missing. {kept} "
            "Compare it with a head that you exported earlier.".replace("  ", " "),
        )
    if not head.count:
        return Message(key="verdict", kind="info", title="The audit log is empty.", text="")
    return Message(
        key="verdict",
        kind="info",
        title=f"{fmt.count(head.count, 'entry', 'entries')}, unbroken.",
        text=f"Head {short(head.hash)}…",
    )


def _trouble(key: str, title: str, error: BaseException) -> Message:
    text = "Nothing was changed."
    if isinstance(error, BrokerDeskError):
        text = error.sentences()
    elif isinstance(error, OSError):
        text = f"The file cannot be written: {error.strerror or 'no reason given'}."
    return Message(key=key, kind="error", title=title, text=tame(text))
