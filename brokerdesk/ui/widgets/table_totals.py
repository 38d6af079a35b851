"""The pinned totals: one line under a table whose cells stand under its columns.

It reads widths and order from the table's header when it paints, so that it cannot be out of step.
The sums are the columns'.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.models.columns import Cell, spoken
from brokerdesk.ui.models.reading import HIDDEN
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_cells import CellPainter, Slot
from brokerdesk.ui.widgets.table_rows_paint import BLANK, MIRRORED


class TotalsRow(QWidget):
    """The totals of a table's shown rows. Columns without a total are blank."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._cells: list[Cell] | None = None
        self._painter = CellPainter()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(px(theme().row_height) + 1)
        table.columns_changed.connect(self.update)
        self._stood: tuple[list[Slot], int] = ([], 0)
        table.header().geometriesChanged.connect(self._on_geometry)
        table.horizontalScrollBar().valueChanged.connect(self.update)
        table.rows.arranged.connect(self.forget)
        privacy().changed.connect(self.forget)
        theme().changed.connect(self._redress)

    def forget(self) -> None:
        """Sum anew when next seen."""
        self._cells = None
        self.update()

    def go_on(self) -> None:
        """Sum anew now, and paint only what looks otherwise."""
        before, self._cells = self._cells, None
        drawn = before is not None and self.isVisible()
        if not (drawn and all(map(Cell.looks_like, before or (), self.cells()))):
            self.update()

    def cells(self) -> list[Cell]:
        """The totals by column."""
        if self._cells is None:
            model = self._table.rows
            rows, now = model.shown_rows, model.now
            self._cells = [
                _guarded(column.total(rows, now)) if column.total is not None else BLANK
                for column in model.columns
            ]
            self.setAccessibleName(self._spoken(self._cells))
        return self._cells

    def _spoken(self, cells: list[Cell]) -> str:
        first, *rest = cells
        columns = self._table.rows.columns
        said = [
            f"{columns[number].title}, {spoken(cell)}"
            for number, cell in enumerate(rest, 1)
            if cell.text
        ]
        return "; ".join([first.text or "Total", *said])

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look = theme()
        cells = self.cells()
        self._painter.begin()
        self._stood = self._stand()
        slots = self._stood[0]
        mirrored = self.layoutDirection() == MIRRORED
        shift = self.width() - self._table.header().viewport().width() if mirrored else 0
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), look.colour("alt"))
            painter.fillRect(QRect(0, 0, self.width(), 1), look.colour("line2"))
            for number, slot in enumerate(slots):
                cell = cells[slot.column]
                at = slot if not shift else _moved(slot, shift)
                self._painter.draw(
                    painter, at, 1, self.height() - 1, cell, strong=not cell.small,
                    mirrored=mirrored, reach=_blank(cells, slots[number + 1 :]),
                )  # fmt: skip
        if self._painter.wants:
            self._table.columns.widen(self._painter.wants)

    def _on_geometry(self) -> None:
        """Told with every new order of the rows, too."""
        if self._stand() != self._stood:
            self.update()

    def _stand(self) -> tuple[list[Slot], int]:
        header = self._table.header()
        return header.slots(), header.viewport().width()

    def _redress(self) -> None:
        self._painter.forget()
        self.update()


def _guarded(cell: Cell) -> Cell:
    return HIDDEN if cell.secret and cell.text and privacy().on else cell


def _blank(cells: list[Cell], slots: list[Slot]) -> int:
    found = 0
    for slot in slots:
        if cells[slot.column].text or cells[slot.column].tags:
            break
        found += slot.width
    return found


def _moved(slot: Slot, shift: int) -> Slot:
    return Slot(
        column=slot.column, x=slot.x + shift, width=slot.width, left=slot.left, right=slot.right,
        number=slot.number, time=slot.time, bar=slot.bar,
    )  # fmt: skip


def has_totals(model: Any) -> bool:
    """Whether any column has a total."""
    return any(column.total is not None for column in model.columns)
