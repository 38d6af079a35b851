"""What keys do in a table. Every wish of the mouse has a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView

from brokerdesk.ui.models.tree_rows import TreeRows

if TYPE_CHECKING:
    from brokerdesk.ui.widgets.table import Table

PAUSE_MS = 900
"""Letters closer together than this are one word."""
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier
_SIDES = (Qt.Key.Key_Left, Qt.Key.Key_Right)


class TableKeys(QObject):
    """The keys of one table."""

    def __init__(self, table: Table, model: TreeRows[Any]) -> None:
        super().__init__(table)
        self._table, self._model = table, model
        self._typed = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._forget)

    def pressed(self, event: QKeyEvent) -> bool:
        """Do what the key means; False leaves it to Qt."""
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        table = self._table
        if event.matches(QKeySequence.StandardKey.Copy):
            table.copy_rows()
        elif key == Qt.Key.Key_C and held == _CTRL | _SHIFT:
            table.copy_rows(headers=True)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not held:
            if not event.isAutoRepeat() and table.currentIndex().isValid():
                table.activated.emit(table.currentIndex())
                table.activate_line(table.currentIndex().row())
        elif key == Qt.Key.Key_Space and not held and not self._typed:
            return self._toggle()
        elif held == _ALT | _SHIFT and key in (*_SIDES, Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._sort(Qt.Key(key))
        elif key in _SIDES and not held:
            return self._sideways(forward=(key == Qt.Key.Key_Right) != self._mirrored())
        elif key in _SIDES and held == _CTRL:
            self._step(1 if (key == Qt.Key.Key_Right) != self._mirrored() else -1)
        elif key in (Qt.Key.Key_Asterisk, Qt.Key.Key_Plus, Qt.Key.Key_Minus) and not held:
            return self._unfold(Qt.Key(key))
        else:
            return False
        event.accept()
        return True

    def _mirrored(self) -> bool:
        return self._table.layoutDirection() == Qt.LayoutDirection.RightToLeft

    def _toggle(self) -> bool:
        index = self._table.currentIndex()
        if not self._model.has_kids(index):
            return False
        self._table.setExpanded(index, not self._model.is_open(index))
        return True

    def _unfold(self, key: Qt.Key) -> bool:
        if not self._model.has_children:
            return False
        if key == Qt.Key.Key_Asterisk:
            self._table.expandAll()
            return True
        index = self._table.currentIndex()
        if not self._model.has_kids(index):
            return False
        self._table.setExpanded(index, key == Qt.Key.Key_Plus)
        return True

    def _sideways(self, *, forward: bool) -> bool:
        """Right opens or goes to the first child, Left closes or goes to the parent.

        In rows without children they go from cell to cell, for those who hear the table.
        """
        table, model = self._table, self._model
        index = table.currentIndex()
        if not index.isValid():
            return False
        if model.has_kids(index):
            opened = model.is_open(index)
            if forward and opened:
                table.go_to(index.row() + 1)
            elif forward or opened:
                table.setExpanded(index, forward)
            return True
        if not forward and model.is_child(index) and index.column() == 0:
            line = index.row()
            while line > 0 and model.is_child(model.index(line, 0)):
                line -= 1
            table.go_to(line)
            return True
        self._step(1 if forward else -1)
        return True

    def _step(self, step: int) -> None:
        """Go to the next or previous visible cell of the line; the selection stays."""
        table = self._table
        header, index = table.header(), table.currentIndex()
        if not index.isValid():
            return
        visual = header.visualIndex(index.column()) + step
        while 0 <= visual < header.count() and header.isSectionHidden(header.logicalIndex(visual)):
            visual += step
        if 0 <= visual < header.count():
            cell = self._model.index(index.row(), header.logicalIndex(visual))
            table.selectionModel().setCurrentIndex(
                cell, table.selectionModel().SelectionFlag.NoUpdate
            )
            table.scrollTo(cell, QAbstractItemView.ScrollHint.EnsureVisible)

    def _sort(self, key: Qt.Key) -> None:
        """Alt+Shift with Left and Right changes the column, with Up and Down the direction."""
        table = self._table
        header = table.header()
        order = header.sortIndicatorOrder()
        section = header.sortIndicatorSection()
        if key in _SIDES:
            shown = [slot.column for slot in header.slots()]
            if not shown:
                return
            step = 1 if (key == Qt.Key.Key_Right) != self._mirrored() else -1
            at = shown.index(section) if section in shown else -1 if step > 0 else len(shown)
            section = shown[(at + step) % len(shown)]
        elif key == Qt.Key.Key_Up:
            order = Qt.SortOrder.AscendingOrder
        else:
            order = Qt.SortOrder.DescendingOrder
        if 0 <= section < len(self._model.columns):
            table.sort_by(section, order)
            table.scrollTo(table.currentIndex())

    def type_ahead(self, text: str) -> None:
        """Go to the next row whose first column begins with what is being typed."""
        again = self._pause.isActive()
        self._pause.start()
        if not text.isprintable() or not text:
            return
        typed = (self._typed if again else "") + text.casefold()
        count = self._model.rowCount()
        if not count or not typed.strip():
            return
        one_letter = len(set(typed)) == 1
        self._typed = typed
        wanted = typed[0] if one_letter else typed
        start = max(0, self._table.currentIndex().row()) + (1 if one_letter else 0)
        for step in range(count):
            line = (start + step) % count
            if self._model.first_words(line).startswith(wanted):
                self._table.go_to(line)
                return

    def _forget(self) -> None:
        self._typed = ""
