"""The table: a tree view whose rows, figures and focus are painted by hand.

Figures stay in line because sign, glyph and hanging mark are drawn apart from the digits. The view
knows cells and columns; what they mean is the model's.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFontMetricsF,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from brokerdesk.ui.format import for_clipboard
from brokerdesk.ui.models.columns import Cell
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.basics import paint_mark
from brokerdesk.ui.widgets.icons import paint_icon

PAD = 12
EDGE = 16
LEAST_NAME = 190
Index = QModelIndex | QPersistentModelIndex


class CellDelegate(QStyledItemDelegate):
    """Draws one cell: text left, figures right and in line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, TreeRows)
        cell = model.cell(index)
        rect: QRect = option.rect
        painter.save()
        # Figures, symbols and endings keep their order in a right-to-left interface too.
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        if model.columns[index.column()].number:
            self._figure(painter, rect, cell, time=model.columns[index.column()].time)
        else:
            self._words(painter, rect, cell, model, index)
        painter.restore()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return QSize(40, theme().tokens.row["table"])

    def _figure(self, painter: QPainter, rect: QRect, cell: Cell, *, time: bool) -> None:
        look = theme()
        font = look.font("body", weight=600 if cell.strong else 400, figures=True)
        metrics = QFontMetricsF(font)
        width = metrics.horizontalAdvance(cell.text)
        room = rect.width() - PAD
        text = cell.text
        if width > room + 4:  # never a figure with its end cut off; a time may be shortened
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room) if time else "###"
            width = metrics.horizontalAdvance(text)
        right = rect.right() + 1 - PAD - metrics.horizontalAdvance(cell.tail)
        base = round(rect.top() + (rect.height() + metrics.ascent() - metrics.descent()) / 2)
        painter.setFont(font)
        painter.setPen(look.colour(cell.tone))
        painter.drawText(QPointF(right - width, base), text)
        if cell.hanging:
            painter.drawText(QPointF(right + 1, base), cell.hanging)
        if cell.glyph:
            small = look.font("caption")
            gap = 0.28 * font.pixelSize()
            painter.setFont(small)
            glyph = QFontMetricsF(small).horizontalAdvance(cell.glyph)
            painter.drawText(QPointF(right - width - gap - glyph, base - 1), cell.glyph)

    def _words(
        self, painter: QPainter, rect: QRect, cell: Cell, model: TreeRows[Any], index: Index
    ) -> None:
        look = theme()
        left = rect.left() + (PAD if index.column() else EDGE)
        if index.column() == 0 and model.has_children:
            row = model.index(index.row(), 0, index.parent())
            if model.rowCount(row):
                view = self.parent()
                opened = isinstance(view, QTreeView) and view.isExpanded(row)
                name = "chevron-down" if opened else "chevron-right"
                paint_icon(painter, name, QRectF(left - 2, rect.center().y() - 6, 12, 12), "text3")
            left += 18
        if cell.mark is not None:
            paint_mark(painter, cell.mark, QRectF(left, rect.center().y() - 3.5, 8, 8))
            left += 17
        weight = 600 if cell.strong else 500 if index.column() == 0 else 400
        font = look.font("body", weight=weight)
        metrics = QFontMetricsF(font)
        text = metrics.elidedText(
            cell.text, Qt.TextElideMode.ElideRight, max(0, rect.right() - 6 - left)
        )
        base = round(rect.top() + (rect.height() + metrics.ascent() - metrics.descent()) / 2)
        painter.setFont(font)
        painter.setPen(look.colour(cell.tone))
        painter.drawText(QPointF(left, base), text)


class TableHeader(QHeaderView):
    """Column titles; the sorted one is dark and bold with a chevron before the word."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)
        self.setSectionsMovable(True)
        self.setHighlightSections(False)
        self.setMinimumSectionSize(48)
        self.setFixedHeight(theme().tokens.row["header"])
        self.setAccessibleName("Column titles")

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:  # noqa: N802
        model = self.model()
        look = theme()
        painter.fillRect(rect, look.colour("surface"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.colour("line"))
        title = str(model.headerData(section, Qt.Orientation.Horizontal) or "")
        chosen = self.sortIndicatorSection() == section
        font = look.font("small", weight=600 if chosen else 500)
        metrics = QFontMetricsF(font)
        number = isinstance(model, TreeRows) and model.columns[section].number
        inner = rect.adjusted(
            (PAD if section else EDGE) if not number else 4, 0, -PAD if number else -2, 0
        )
        if section == 0 and isinstance(model, TreeRows) and model.has_children:
            inner.setLeft(inner.left() + 18)
        text = metrics.elidedText(title, Qt.TextElideMode.ElideRight, inner.width())
        width = metrics.horizontalAdvance(text)
        left = inner.right() + 1 - width if number else inner.left()
        painter.setFont(font)
        painter.setPen(look.colour("text" if chosen else "text3"))
        base = round(rect.top() + (rect.height() + metrics.ascent() - metrics.descent()) / 2)
        painter.drawText(QPointF(left, base), text)
        if chosen:
            up = self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
            place = QRectF(left - 13 if number else left + width + 4, rect.center().y() - 5, 10, 10)
            painter.save()
            if up:  # the one drawing serves both ways
                painter.translate(place.center())
                painter.rotate(180)
                painter.translate(-place.center())
            paint_icon(painter, "chevron-down", place, "text")
            painter.restore()


class Table(QTreeView):
    """A table of ``TreeRows``.

    Signals:
        copied: text was put on the clipboard; how many rows.
    """

    copied = QtSignal(int)

    def __init__(self, model: TreeRows[Any], name: str) -> None:
        super().__init__()
        self._rows = model
        self._hover = QPersistentModelIndex()
        self._left_out: set[str] = set()
        self.setModel(model)
        self.setAccessibleName(name)
        self.setHeader(TableHeader(self))
        self.setItemDelegate(CellDelegate(self))
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self._size_columns()
        theme().changed.connect(self.viewport().update)

    def sort_by(self, column: int, order: Qt.SortOrder) -> None:
        """Sort now and let clicks on the header sort from here on."""
        self.header().setSortIndicator(column, order)
        self.setSortingEnabled(True)

    def copy_rows(self, *, headers: bool = False) -> None:
        """Put the selected rows on the clipboard as text."""
        chosen = sorted(self.selectionModel().selectedRows(), key=self._visual_place)
        if chosen:
            text = self._rows.as_text(chosen, headers=headers)
            QGuiApplication.clipboard().setText(for_clipboard(text))
            self.copied.emit(len(chosen))

    def _visual_place(self, index: QModelIndex) -> tuple[int, int]:
        parent = index.parent()
        return (parent.row(), index.row() + 1) if parent.isValid() else (index.row(), 0)

    def _size_columns(self) -> None:
        header = self.header()
        header.setStretchLastSection(False)
        for place, column in enumerate(self._rows.columns):
            self.setColumnWidth(place, column.width)
            mode = QHeaderView.ResizeMode.Stretch if column.stretch else None
            header.setSectionResizeMode(place, mode or QHeaderView.ResizeMode.Interactive)

    def hide_column(self, title: str, hidden: bool) -> None:
        """Leave a column out for another reason than room (one currency for all rows)."""
        (self._left_out.add if hidden else self._left_out.discard)(title)
        self._fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Hide the columns of least weight until the stretching one has room for a name."""
        columns = self._rows.columns
        shown = {p for p, column in enumerate(columns) if column.title not in self._left_out}
        room = self.viewport().width()
        for place in sorted(shown, key=lambda p: -columns[p].rank):
            if columns[place].rank == 0:
                break
            needed = sum(LEAST_NAME if columns[p].stretch else self._width(p) for p in shown)
            if needed > room:
                shown.discard(place)
        for place in range(len(columns)):
            if self.isColumnHidden(place) == (place in shown):
                self.setColumnHidden(place, place not in shown)

    def _width(self, place: int) -> int:
        return self.columnWidth(place) or self._rows.columns[place].width

    # painting

    def drawBranches(self, painter: QPainter, rect: QRect, index: Index) -> None:  # noqa: N802
        """The chevron is part of the first cell."""

    def drawRow(  # noqa: N802
        self, painter: QPainter, option: QStyleOptionViewItem, index: Index
    ) -> None:
        look = theme()
        rect: QRect = option.rect
        full = QRect(0, rect.top(), self.viewport().width(), rect.height())
        chosen = self.selectionModel().isRowSelected(index.row(), index.parent())
        fill = None
        if chosen:
            fill = "select" if self.isActiveWindow() else "inset"
        elif self._same_row(self._hover, index) or self._rows.is_child(index):
            fill = "alt"
        if fill:
            painter.fillRect(full, look.colour(fill))
        line = QRect(0, full.bottom(), full.width(), 1)
        painter.fillRect(line, look.colour("line"))
        super().drawRow(painter, option, index)
        if chosen:
            painter.fillRect(0, full.top(), 3, full.height(), look.colour("accent"))
        if self.hasFocus() and self._same_row(self.currentIndex(), index):
            painter.fillRect(0, full.top(), full.width(), 2, look.colour("accent"))
            painter.fillRect(0, full.bottom() - 1, full.width(), 2, look.colour("accent"))

    @staticmethod
    def _same_row(one: Index, other: Index) -> bool:
        return one.isValid() and one.row() == other.row() and one.parent() == other.parent()

    # mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseMoveEvent(event)
        self._hover_over(self.indexAt(event.position().toPoint()))

    def leaveEvent(self, event: Any) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._hover_over(QModelIndex())

    def _hover_over(self, index: QModelIndex) -> None:
        if not self._same_row(self._hover, index):
            self._hover = QPersistentModelIndex(index)
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        index = self.indexAt(event.position().toPoint())
        first = index.siblingAtColumn(0)
        on_chevron = event.position().x() - self.visualRect(first).left() < EDGE + 18
        if index.isValid() and on_chevron and self._rows.rowCount(first):
            self.setExpanded(first, not self.isExpanded(first))
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        first = self.currentIndex().siblingAtColumn(0)
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        elif event.key() == Qt.Key.Key_C and event.modifiers() == (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        ):
            self.copy_rows(headers=True)
        elif event.key() == Qt.Key.Key_Space and self._rows.rowCount(first):
            self.setExpanded(first, not self.isExpanded(first))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Copy rows", QKeySequence.StandardKey.Copy, self.copy_rows)
        menu.addAction("Copy with headers", lambda: self.copy_rows(headers=True))
        menu.popup(event.globalPos())
