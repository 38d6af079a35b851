"""Keeps the reader's place when a table's lines are told anew: selection, focus, scrolling.

Qt keeps all three through single insertions and removals; after a reset it forgets them. They are
remembered by the keys of the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QObject

from brokerdesk.ui.models.tree_rows import TreeRows

if TYPE_CHECKING:
    from brokerdesk.ui.widgets.table import Table

MOST_SELECTED = 5_000
NEAR = 200
"""How far a lost focus looks for a row that is still there."""

_SELECT = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows

Key = tuple[str, str]


class TablePlace(QObject):
    """The place of one table's reader."""

    def __init__(self, table: Table, model: TreeRows[Any]) -> None:
        super().__init__(table)
        self._table, self._model = table, model
        self._selected: list[Key] = []
        self._current: list[Key] = []
        self._was_selected = False
        self._column = 0
        self._top: list[tuple[Key, int]] = []
        self._scrolled = False
        model.leaving.connect(self._on_leaving)
        model.modelAboutToBeReset.connect(self._keep)
        model.modelReset.connect(self._find)

    def _keep(self) -> None:
        table, model = self._table, self._model
        chosen = table.selected_lines()[:MOST_SELECTED]
        self._selected = [model.key_at(line) for line in chosen]
        index = table.currentIndex()
        self._current = []
        if index.isValid():
            line, count = index.row(), model.rowCount()
            self._column = index.column()
            self._was_selected = line in chosen
            near = [*range(line, min(count, line + NEAR)), *range(line - 1, line - NEAR, -1)]
            self._current = [model.key_at(each) for each in near if 0 <= each < count]
        self._scrolled = table.verticalScrollBar().value() > 0
        self._top = []
        if self._scrolled and (top := table.rowAt(0)) >= 0:
            behind = min(model.rowCount(), top + NEAR)
            self._top = [
                (model.key_at(each), table.rowViewportPosition(each)) for each in range(top, behind)
            ]

    def _on_leaving(self, first: int, last: int) -> None:
        """The focus goes to the row behind those that go."""
        table, model = self._table, self._model
        index = table.currentIndex()
        if not index.isValid() or not first <= index.row() <= last:
            return
        line = last + 1 if last + 1 < model.rowCount() else first - 1
        if line >= 0:
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            if table.selectionModel().isRowSelected(index.row(), QModelIndex()):
                flag = _SELECT
            bar = table.verticalScrollBar()
            seen = bar.value()
            table.selectionModel().setCurrentIndex(model.index(line, index.column()), flag)
            bar.setValue(seen)  # the view ran after the focus, to where that row stands only now

    def _find(self) -> None:
        table, model = self._table, self._model
        selection = table.selectionModel()
        if self._selected:
            found = QItemSelection()
            for key in self._selected:
                if (line := model.line_of(*key)) >= 0:
                    found.select(model.index(line, 0), model.index(line, 0))
            flags = QItemSelectionModel.SelectionFlag
            selection.select(found, flags.ClearAndSelect | flags.Rows)
        for number, key in enumerate(self._current):
            if (line := model.line_of(*key)) >= 0:
                flag = QItemSelectionModel.SelectionFlag.NoUpdate
                if number and self._was_selected:  # the focus went on; so does the selection
                    flag = _SELECT
                selection.setCurrentIndex(model.index(line, self._column), flag)
                break
        self._scroll_back()
        self._selected, self._current, self._top = [], [], []

    def _scroll_back(self) -> None:
        table = self._table
        table.executeDelayedItemsLayout()  # the range of the scroll bar is that of the new lines
        if not self._scrolled:
            table.verticalScrollBar().setValue(0)
            return
        height = table.verticalHeader().defaultSectionSize()
        for key, y in self._top:
            if (line := self._model.line_of(*key)) >= 0:
                table.verticalScrollBar().setValue(line * height - y)
                return
