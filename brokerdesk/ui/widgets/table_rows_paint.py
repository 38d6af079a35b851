"""Paints the lines of a table: fill, cells, hairline, the edge of what is chosen, the focus.

One pass over what is to be seen, without an object per cell; Qt's own painting would make several
for each. Knows the model's lines and where columns stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter

from brokerdesk.ui.models.columns import Cell
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.table_cells import (
    CHEVRON,
    EDGE_FLAT,
    EDGE_TREE,
    INDENT,
    CellPainter,
    Slot,
)

BLANK = Cell("")


class RowPainter:
    """Draws lines of one model."""

    def __init__(self, model: TreeRows[Any]) -> None:
        self._model = model
        self.cells = CellPainter()

    def line(
        self, painter: QPainter, line: int, area: QRect, slots: Sequence[Slot], seen: range, *,
        fill: str, mirrored: bool,
    ) -> None:  # fmt: skip
        """Draw one line into ``area``; columns outside of the pixels ``seen`` are left out."""
        model = self._model
        look = theme()
        kind = model.line_kind(line)
        y, height = area.top(), area.height()
        if not fill and kind == "child":
            fill = "alt"
        if fill:
            painter.fillRect(area, look.colour(fill))
        if kind == "section":
            self._section(painter, line, area, mirrored)
        else:
            self._cells(painter, line, y, height, slots, seen, kind, mirrored)
        painter.fillRect(area.left(), y + height - 1, area.width(), 1, look.colour("line"))

    def _cells(
        self, painter: QPainter, line: int, y: int, height: int, slots: Sequence[Slot],
        seen: range, kind: str, mirrored: bool,
    ) -> None:  # fmt: skip
        model, cells = self._model, self.cells
        child = kind == "child"
        for number, slot in enumerate(slots):
            if slot.column != 0 and (slot.x >= seen.stop or slot.x + slot.width <= seen.start):
                continue
            cell = model.cell_at(line, slot.column)
            if slot.column == 0:
                if child:
                    slot = indented(slot)
                elif model.has_children and kind == "row":
                    self._chevron(painter, line, slot, y, height, mirrored)
                reach = self._reach(line, slots, number)
                cells.draw(painter, slot, y, height, cell, dim=child, mirrored=mirrored,
                           reach=reach)  # fmt: skip
            else:
                cells.draw(painter, slot, y, height, cell, dim=child, mirrored=mirrored)

    def _reach(self, line: int, slots: Sequence[Slot], number: int) -> int:
        """The width of the blank cells that follow."""
        found = 0
        for slot in slots[number + 1 :]:
            cell = self._model.cell_at(line, slot.column)
            if cell.text or cell.tags or cell.mark is not None or cell.bar is not None:
                break
            found += slot.width
        return found

    def _chevron(
        self, painter: QPainter, line: int, slot: Slot, y: int, height: int, mirrored: bool
    ) -> None:
        index = self._model.index(line, 0)
        if not self._model.has_kids(index):
            return
        x = slot.x + px(EDGE_TREE)
        if mirrored:
            x = slot.x + slot.width - px(EDGE_TREE) - px(CHEVRON)
        opened = self._model.is_open(index)
        self.cells.chevron(painter, x, y, height, opened=opened, mirrored=mirrored)

    def _section(self, painter: QPainter, line: int, area: QRect, mirrored: bool) -> None:
        model = self._model
        painter.fillRect(area, theme().colour("alt"))
        index = model.index(line, 0)
        left = area.left() + px(EDGE_TREE)
        right = area.right() + 1 - px(EDGE_TREE)
        x = right - px(CHEVRON) if mirrored else left
        self.cells.chevron(
            painter, x, area.top(), area.height(), opened=model.is_open(index), mirrored=mirrored
        )
        step = px(CHEVRON + 6)
        low, high = (left, right - step) if mirrored else (left + step, right)
        cell = Cell(model.section_title(line))
        self.cells.words(
            painter, low, high, area.top(), area.height(), cell, "text", 600, mirrored=mirrored
        )

    def marks(
        self, painter: QPainter, area: QRect, *, chosen: bool, focused: bool, mirrored: bool
    ) -> None:
        """The accent edge of a chosen line and the lines around the one with the focus."""
        accent = theme().colour("accent")
        if chosen:
            x = area.right() - 2 if mirrored else area.left()
            painter.fillRect(x, area.top(), 3, area.height(), accent)
        if focused:
            painter.fillRect(area.left(), area.top(), area.width(), 2, accent)
            painter.fillRect(area.left(), area.bottom() - 1, area.width(), 2, accent)


def indented(slot: Slot) -> Slot:
    """The first slot as a child's cell stands in it."""
    return Slot(
        column=slot.column, x=slot.x, width=slot.width, left=px(INDENT), right=slot.right,
        number=slot.number, time=slot.time, bar=slot.bar,
    )  # fmt: skip


def edge(model: TreeRows[Any]) -> int:
    """Left of the first column's words."""
    return px(EDGE_TREE + CHEVRON + 6) if model.has_children else px(EDGE_FLAT)


MIRRORED = Qt.LayoutDirection.RightToLeft
