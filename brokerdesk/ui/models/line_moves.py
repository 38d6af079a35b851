"""Turns one list of lines into another with the fewest signals that a view has to follow.

Runs that go, an order that changes, runs that come; where too many runs would have to be told one
by one, the whole table is told to look anew (its view keeps selection, focus and scrolling by key).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex

from brokerdesk.ui.models.diff import runs_gone, runs_new

if TYPE_CHECKING:
    from brokerdesk.ui.models.tree_rows import TreeRows

MANY_RUNS = 60
"""More separate removals and insertions than this are cheaper as one reset."""
_FEW = 8


class LineMoves:
    """Moves the lines of one model."""

    def __init__(self, model: TreeRows[Any]) -> None:
        self._model = model
        self._gone: list[tuple[int, int]] | None = None

    def drop(self, gone: set[int]) -> None:
        """Take these lines out, under the old rows."""
        if gone:
            self.move_to([line for line in self._model.lines if line not in gone])

    def move_to(self, target: list[int]) -> None:
        """Show these lines."""
        model = self._model
        lines = model.lines
        if target == lines:
            return
        present, wanted = set(lines), set(target)
        gone = runs_gone(lines, wanted) if present - wanted else []
        new = runs_new(target, present) if wanted - present else []
        if len(gone) + len(new) > MANY_RUNS:
            model.beginResetModel()
            lines[:] = target
            model.endResetModel()
            return
        nothing = QModelIndex()
        for first, last in gone:
            model.leaving.emit(first, last)
            model.beginRemoveRows(nothing, first, last)
            del lines[first : last + 1]
            model.endRemoveRows()
        if new:
            self.reorder([line for line in target if line in present])
        else:
            self.reorder(target)
        for first, last in new:
            model.beginInsertRows(nothing, first, last)
            lines[first:first] = target[first : last + 1]
            model.endInsertRows()

    def reorder(self, target: list[int]) -> None:
        """Bring the present lines into this order."""
        model = self._model
        lines = model.lines
        if target == lines:
            return
        model.layoutAboutToBeChanged.emit()
        before = model.persistentIndexList()
        wanted = [lines[index.row()] for index in before]
        lines[:] = target
        if len(set(wanted)) <= _FEW:
            found = {line: lines.index(line) for line in set(wanted)}
        else:
            chosen = set(wanted)
            found = {line: place for place, line in enumerate(lines) if line in chosen}
        after = [
            model.index(found[line], index.column())
            for line, index in zip(wanted, before, strict=True)
        ]
        model.changePersistentIndexList(before, after)
        model.layoutChanged.emit()
