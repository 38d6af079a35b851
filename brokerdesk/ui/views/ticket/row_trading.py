"""T on a row and the menu of a position: the ways from a table into the ticket.

It listens to a table from outside; the table knows nothing of orders. T is trade only where no word
is being typed: after another letter it goes on with the search for a row.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent

from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.state import PositionRow
from brokerdesk.ui.viewmodels.ticket_trades import Trade, target_of, trades
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_keys import PAUSE_MS


class RowTrading(QObject):
    """``current`` gives the row that is meant."""

    def __init__(self, table: Table, desk: Desk, current: Callable[[], PositionRow | None]) -> None:
        super().__init__(table)
        self._table, self._desk, self._current = table, desk, current
        self._since = QElapsedTimer()
        self._actions: list[QAction] = []
        table.installEventFilter(self)
        table.viewport().installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if event.type() == QEvent.Type.ContextMenu:
            self._offer()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        letter = plain and event.text().isprintable() and bool(event.text())
        typing = self._since.isValid() and self._since.elapsed() < PAUSE_MS
        if plain and event.key() == Qt.Key.Key_T and not typing:
            if not event.isAutoRepeat():
                self.trade("trade")
            return True
        if letter:
            self._since.start()
        return False

    def trade(self, verb: str) -> None:
        """Write a ticket for the row."""
        row = self._current()
        if row is not None and any(one.verb == verb for one in trades(row) if not one.why):
            self._desk.wish(f"ticket:{verb}:{target_of(row)}")
        elif row is not None:
            self._desk.say("That cannot be traded here.")

    def _offer(self) -> None:
        """The menu of the table shows these first."""
        for old in self._actions:
            self._table.removeAction(old)
            old.deleteLater()
        row = self._current()
        self._actions = [self._action(one) for one in (trades(row) if row is not None else ())]
        self._table.addActions(self._actions)

    def _action(self, one: Trade) -> QAction:
        action = QAction(one.label, self._table)
        action.setEnabled(not one.why)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(partial(self._on_chosen, one.verb))
        return action

    def _on_chosen(self, verb: str, _checked: bool = False) -> None:
        self.trade(verb)
