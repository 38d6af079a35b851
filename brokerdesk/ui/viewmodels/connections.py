"""The Connections page without a page: the list, one connection closely, what may be done to it.

It asks before it removes, offers to undo a rename, and says in words what a state means. It must
not know a widget, the database or where keys are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.connection_rows import (
    AccountPick,
    Closely,
    ListItem,
    Removal,
    closely,
    list_items,
    removal,
)
from brokerdesk.ui.viewmodels.connections_state import ConnectionFacts, RemovalFacts
from brokerdesk.ui.viewmodels.desk import Desk, Toast

__all__ = ["AccountPick", "Closely", "ConnectionsState", "ConnectionsViewModel", "ListItem"]

LONGEST_NAME = 60
KEPT = "connections"
Failed = Callable[[BaseException], object]


class ConnectionsPort(Protocol):
    """What the page asks of the program. Answers come back on the GUI thread."""

    def look(self, connection: str, done: Callable[[ConnectionFacts | None], object]) -> None: ...

    def stakes(self, connection: str, done: Callable[[RemovalFacts | None], object]) -> None: ...

    def rename(
        self, connection: str, name: str, done: Callable[[], object], failed: Failed
    ) -> None: ...

    def include(self, account: str, included: bool, done: Callable[[], object]) -> None: ...

    def remove(
        self,
        connection: str,
        keep_history: bool,
        done: Callable[[], object],
        failed: Failed,
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionsState:
    """All that the page shows. ``closely`` None: nothing is chosen, or it is being read."""

    items: tuple[ListItem, ...] = ()
    chosen: str = ""
    closely: Closely | None = None
    removal: Removal | None = None
    """The question whether to remove, while it is open."""
    name_problem: str = ""
    undo: str = ""
    """What can be undone, in words; "" for nothing."""
    empty: bool = False
    can_act: bool = False
    """Whether brokers can be asked now (open and not offline)."""


class ConnectionsViewModel(QObject):
    """State and intents of the page.

    Signals:
        changed: ``state`` is another one.
        asked: the question before a removal is ready in ``state.removal``.
    """

    changed = Signal()
    asked = Signal()

    def __init__(self, desk: Desk, port: ConnectionsPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._port = desk, port
        self._facts: ConnectionFacts | None
        self._before: tuple[str, str] | None = None  # connection and its former name
        self._busy = False
        chosen, self._facts = desk.kept.get(KEPT, ("", None))
        self.state = ConnectionsState(chosen=chosen)
        desk.changed.connect(self._render)
        desk.figures_changed.connect(self.reload)
        self._render()

    # what is shown

    def choose(self, connection: str) -> None:
        """Look closely at a connection."""
        if connection != self.state.chosen:
            self._facts = None
            self._set(chosen=connection, closely=None, name_problem="", removal=None)
        self.reload()

    def reload(self) -> None:
        """Read the chosen connection again; another one is chosen when it is gone."""
        self._render()
        chosen = self.state.chosen
        if chosen:
            self._port.look(chosen, lambda facts: self._on_look(chosen, facts))

    def _on_look(self, asked: str, facts: ConnectionFacts | None) -> None:
        if asked == self.state.chosen:
            self._facts = facts
            self._render()

    # intents

    def refresh(self) -> None:
        """Read the chosen connection now."""
        self._act("refresh")

    def sign_in(self) -> None:
        """Open the sign-in of the chosen connection."""
        self._act("sign_in")

    def change_keys(self) -> None:
        """Open the sign-in with new keys."""
        self._act("keys")

    def connect_broker(self) -> None:
        """Open the connect wizard."""
        self._desk.wish("connect")

    def _act(self, verb: str) -> None:
        if self.state.chosen:
            self._desk.portfolio.act(f"{verb}:{self.state.chosen}")

    def check_name(self, name: str) -> str:
        """Why a name cannot be used, "" when it can."""
        if not name.strip():
            return "A connection needs a name."
        if len(name.strip()) > LONGEST_NAME:
            return f"Use at most {LONGEST_NAME} characters."
        return ""

    def rename(self, name: str) -> bool:
        """Give the chosen connection another name. False: it cannot be used, and why is shown."""
        name, key = name.strip(), self.state.chosen
        problem = self.check_name(name)
        self._set(name_problem=problem)
        facts = self._facts
        if problem or facts is None:
            return False
        if name != facts.name:
            before = facts.name
            self._port.rename(key, name, lambda: self._on_renamed(key, before, name), self._say)
        return True

    def _on_renamed(self, key: str, before: str, name: str) -> None:
        self._before = (key, before)
        self._set(undo=f"Renamed to “{tame(name)}”.")
        self._desk.portfolio.reload()
        self.reload()

    def undo(self) -> None:
        """Take the last rename back."""
        before, self._before = self._before, None
        self._set(undo="")
        if before is not None:
            key, name = before
            self._port.rename(key, name, self._on_undone, self._say)

    def _on_undone(self) -> None:
        self._desk.say("The former name is back.")
        self._desk.portfolio.reload()
        self.reload()

    def include(self, account: str, included: bool) -> None:
        """Read an account of this connection from now on, or leave it out."""
        self._port.include(account, included, lambda: self._on_included(included))

    def _on_included(self, included: bool) -> None:
        self._desk.portfolio.reload()
        self.reload()
        if included:
            self.refresh()

    # removing

    def ask_removal(self) -> None:
        """Count what a removal would keep or delete, then ask."""
        key = self.state.chosen
        if key:
            self._port.stakes(key, lambda facts: self._on_stakes(key, facts))

    def _on_stakes(self, key: str, facts: RemovalFacts | None) -> None:
        if key == self.state.chosen and facts is not None:
            self._set(removal=removal(key, facts))
            self.asked.emit()

    def forget_question(self) -> None:
        """The question was answered with no."""
        self._set(removal=None)

    def remove(self, *, keep_history: bool) -> None:
        """Do what was asked: sign out here, and delete the history unless it is kept."""
        question = self.state.removal
        if question is None or self._busy:
            return
        self._busy = True
        self._set(removal=None)
        self._port.remove(
            question.key,
            keep_history,
            lambda: self._on_removed(question, keep_history),
            self._on_not_removed,
        )

    def _on_removed(self, question: Removal, kept: bool) -> None:
        self._busy = False
        self._facts = None
        if self._before is not None and self._before[0] == question.key:
            self._before = None
            self._set(undo="")
        self._set(chosen="", closely=None)
        words = question.kept if kept else question.deleted
        self._desk.toast(Toast(f"“{tame(question.name)}” is disconnected.", words))
        self._desk.portfolio.reload()
        self._render()

    def _on_not_removed(self, error: BaseException) -> None:
        self._busy = False
        self._say(error)

    def _say(self, error: BaseException) -> None:
        if not isinstance(error, BrokerDeskError):
            raise error
        self._set(name_problem=error.sentences())

    # state

    def _render(self) -> None:
        window = self._desk.state
        rows = window.figures.connections
        keys = [row.key for row in rows]
        chosen = self.state.chosen if self.state.chosen in keys else (keys[0] if keys else "")
        if chosen != self.state.chosen:
            self._facts = None
            self._set(chosen=chosen, closely=None, name_problem="", removal=None)
            if chosen:
                self._port.look(chosen, lambda facts: self._on_look(chosen, facts))
        now = window.now or self._desk.clock()
        row = next((row for row in rows if row.key == chosen), None)
        facts = self._facts
        near = closely(row, facts, now, window.keys_kept) if row and facts else None
        self._set(
            items=list_items(rows, now),
            closely=near,
            empty=not rows and self._desk.ready,
            can_act=window.ready and not window.offline,
        )

    def _set(self, **values: object) -> None:
        state = replace(self.state, **values)  # type: ignore[arg-type]
        self._desk.kept[KEPT] = (state.chosen, self._facts)
        if state != self.state:
            self.state = state
            self.changed.emit()
