"""An account whose money is not in the totals: a line beneath them, under the same columns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.models.columns import Cell, spoken
from brokerdesk.ui.models.reading import HIDDEN
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.state import AccountRow
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_cells import CellPainter, Slot
from brokerdesk.ui.widgets.tags import paint_tag, tag_size


class ApartRow(QWidget):
    """One account under the columns of ``table``. Enter or a double click opens it.

    Signals:
        opened: the key of the account.
    """

    opened = Signal(str)

    def __init__(self, table: Table) -> None:
        super().__init__()
        self._table = table
        self._row: AccountRow | None = None
        self._cells: list[Cell] = []
        self._painter = CellPainter()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        table.columns_changed.connect(self.update)
        table.header().geometriesChanged.connect(self.update)
        privacy().changed.connect(self._on_privacy)
        theme().changed.connect(self._redress)

    @property
    def row(self) -> AccountRow | None:
        return self._row

    def cells(self) -> list[Cell]:
        """The cells by column, with what is secret hidden while it is to be."""
        on = privacy().on
        return [HIDDEN if on and cell.secret and cell.text else cell for cell in self._cells]

    def show_row(self, row: AccountRow, now: datetime) -> None:
        self._row = row
        columns = self._table.rows.columns
        cells = [column.cell(row, now) for column in columns]
        if cells != self._cells:
            self._cells = cells
            self._speak()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(400), px(theme().row_height))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, cells = theme(), self.cells()
        self._painter.begin()
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        slots = self._table.header().slots()
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), look.colour("alt" if self.underMouse() else "surface"))
            for number, slot in enumerate(slots):
                reach = 0
                for after in slots[number + 1 :]:
                    if cells[after.column].text or cells[after.column].tags:
                        break
                    reach += after.width
                cell = cells[slot.column]
                if slot.column == 0 and cell.tags:
                    slot, cell = self._paint_tag(painter, slot, cell, mirrored)
                self._painter.draw(
                    painter, slot, 0, self.height(), cell, dim=True, mirrored=mirrored,
                    reach=0 if mirrored else reach,
                )  # fmt: skip
            if self.hasFocus():
                for top in (0, self.height() - 2):
                    painter.fillRect(QRect(0, top, self.width(), 2), look.colour("accent"))
        if self._painter.wants:
            self._table.columns.widen(self._painter.wants)

    def _paint_tag(
        self, painter: QPainter, slot: Slot, cell: Cell, mirrored: bool
    ) -> tuple[Slot, Cell]:
        """The mode stands before the name; what is left of the slot and of the cell."""
        word, kind = cell.tags[0]
        size = tag_size(word, kind)
        left = slot.x + slot.left
        if mirrored:
            left = slot.x + slot.width - slot.left - size.width()
        top = (self.height() - size.height()) // 2
        paint_tag(painter, QRectF(left, top, size.width(), size.height()), word, kind)
        return replace(slot, left=slot.left + size.width() + px(8)), replace(cell, tags=())

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._open()
        elif event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self._open()

    def mousePressEvent(self, _event: QMouseEvent) -> None:  # noqa: N802
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.update()

    def _open(self) -> None:
        if self._row is not None:
            self.opened.emit(self._row.key)

    def _speak(self) -> None:
        cells, columns = self.cells(), self._table.rows.columns
        said = [
            f"{column.title}, {spoken(cell)}" if place else spoken(cell)
            for place, (column, cell) in enumerate(zip(columns, cells, strict=True))
            if cell.text or cell.tags
        ]
        self.setAccessibleName("; ".join(said))
        self.setToolTip(tooltip(cells[0].hint if cells else ""))

    def _on_privacy(self) -> None:
        self._speak()
        self.update()

    def _redress(self) -> None:
        self._painter.forget()
        self.update()
