"""What lies over the pages: nothing connected yet, or a first reading. Imported when it appears."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui import words
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.viewmodels.surroundings import Cover, first_words
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.basics import button
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.loading import LoadingRows


def make(kind: Cover, desk: Desk) -> QWidget | None:
    """The widget for a cover."""
    if kind is Cover.EMPTY:
        return empty(desk)
    return FirstReading(desk) if kind is Cover.FIRST else None


def empty(desk: Desk) -> EmptyState:
    """No accounts yet. The practice profile does not offer itself."""
    actions = [Action(id="connect:", label="Connect a broker")]
    if not desk.state.practice:
        actions.append(Action(id="practice:", label="Try practice data"))
    said = words.no_accounts()
    made = EmptyState("link", said.title, said.text, actions)
    made.acted.connect(desk.wish)
    return made


class FirstReading(QWidget):
    """Still rows while accounts are read for the first time, what goes on, and how to stop it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._words = PlainLabel("", "body", "text2")
        column = QVBoxLayout(self)
        column.setContentsMargins(px(20), px(16), px(20), px(16))
        column.setSpacing(px(12))
        column.addWidget(self._words)
        stop = button("Stop", desk.portfolio.stop, hint="Stop the refresh (Esc)")
        column.addWidget(stop, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(LoadingRows(8))
        column.addStretch(1)
        desk.changed.connect(self._render)
        self._render()

    def _render(self) -> None:
        said = first_words(self._desk.state)
        if said != self._words.text():
            self._words.setText(said)
            self.setAccessibleName(said)
            announce(self, said)
