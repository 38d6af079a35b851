"""Keeps the reader's place when a table's lines are told anew: selection, focus, scrolling.

Qt keeps all three through single insertions and removals; after a reset it forgets them. They are
remembered by the keys of the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QObject

from brokerdesk.ui.models.tree_rows import TreeRows

if TYPE_CHECKING:
    from brokerdesk.ui.widgets.table import Table

MOST_SELECTED = 5_000
NEAR = 200
"""How far a lost focus looks for a row that is still there."""

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
        self._top: Key | None = None
        self._shift = 0
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
        top = table.rowAt(0)
        self._top = None
        if top > 0 or (top == 0 and table.rowViewportPosition(0) < 0):
            self._top, self._shift = model.key_at(top), table.rowViewportPosition(top)

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
                    flag = (
                        QItemSelectionModel.SelectionFlag.Select
                        | QItemSelectionModel.SelectionFlag.Rows
                    )
                selection.setCurrentIndex(model.index(line, self._column), flag)
                break
        if self._top is not None and (line := model.line_of(*self._top)) >= 0:
            height = table.verticalHeader().defaultSectionSize()
            table.verticalScrollBar().setValue(line * height - self._shift)
        self._selected, self._current, self._top = [], [], None
