"""Paints the part of a table that Qt asks for: which lines, and how each of them is marked.

The table knows what is chosen, what has the focus and what the mouse is over; how one line looks
is ``RowPainter``'s. Lines are all of one height, so nothing is asked about each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QRect
from PySide6.QtGui import QPainter

from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.table_rows_paint import MIRRORED, RowPainter

if TYPE_CHECKING:
    from brokerdesk.ui.widgets.table import Table

_NOWHERE = QModelIndex()


def paint_lines(table: Table, area: QRect, painter_of: RowPainter, *, hover: int) -> None:
    """Draw what of the table's lines lies in ``area``; ``hover`` is the line under the mouse."""
    rows = table.rows
    painter_of.cells.begin()
    mirrored = table.layoutDirection() == MIRRORED
    slots = table.header().slots()
    seen = range(area.left(), area.right() + 1)
    width = table.viewport().width()
    chosen_fill = "select" if table.isActiveWindow() else "inset"
    focus = table.currentIndex().row() if table.hasFocus() else -1
    selection = table.selectionModel()
    height = table.verticalHeader().defaultSectionSize()
    with QPainter(table.viewport()) as painter:
        painter.fillRect(area, theme().colour("surface"))
        first = table.rowAt(area.top())
        if first < 0:
            return
        y = table.rowViewportPosition(first)
        for line in range(first, rows.rowCount()):
            if y > area.bottom():
                break
            box = QRect(0, y, width, height)
            chosen = selection.isRowSelected(line, _NOWHERE)
            fill = chosen_fill if chosen else "alt" if line == hover else ""
            painter_of.line(painter, line, box, slots, seen, fill=fill, mirrored=mirrored)
            if chosen or line == focus:
                painter_of.marks(
                    painter, box, chosen=chosen, focused=line == focus, mirrored=mirrored
                )
            y += height
