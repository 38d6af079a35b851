"""The table: lines of ``TreeRows``, painted by hand, worked by keyboard and mouse alike.

A table view rather than a tree view: open rows are lines of the model, so a hundred thousand lines
are sorted and scrolled without a word to Python about each. The view knows cells, columns and
lines; what they mean is the model's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtCore import Signal as QtSignal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QFocusEvent,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QToolTip

from brokerdesk.ui.format import for_clipboard
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.table_cells import CHEVRON, EDGE_TREE, Corner
from brokerdesk.ui.widgets.table_columns import TableColumns
from brokerdesk.ui.widgets.table_header import NoSide, TableHeader
from brokerdesk.ui.widgets.table_keys import TableKeys
from brokerdesk.ui.widgets.table_lines_paint import paint_lines
from brokerdesk.ui.widgets.table_menu import menu_spot, open_table_menu
from brokerdesk.ui.widgets.table_place import TablePlace
from brokerdesk.ui.widgets.table_rows_paint import MIRRORED, RowPainter, indented
from brokerdesk.ui.widgets.viewport import give_viewport

Index = QModelIndex | QPersistentModelIndex
_MOVE = QAbstractItemView.CursorAction
_ALONE = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows


class Table(QTableView):
    """A table of ``TreeRows``.

    Signals:
        copied: text was put on the clipboard; how many rows.
        row_activated: Enter or a double click; the row.
        row_changed: the current line is another one; its row or None.
        columns_changed: other columns are shown, or they are ordered or sized otherwise.
        export_wanted: write this as CSV; True: only the selected rows.
    """

    copied = QtSignal(int)
    row_activated = QtSignal(object)
    row_changed = QtSignal(object)
    columns_changed = QtSignal()
    export_wanted = QtSignal(bool)

    def __init__(self, model: TreeRows[Any], name: str) -> None:
        super().__init__()
        give_viewport(self)
        self._rows = model
        self._painter = RowPainter(model)
        self._hover = -1
        self.can_export = False
        """Whether the menu offers an export; a pane that can write one sets it."""
        self.setAccessibleName(name)
        self._behave()
        self._titles = TableHeader(self)
        self.setHorizontalHeader(self._titles)
        self.setModel(model)
        side = NoSide(self)
        self.setVerticalHeader(side)
        side.setMinimumSectionSize(1)
        side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        side.setDefaultSectionSize(px(theme().row_height))
        self.columns = TableColumns(self, self._titles, model)
        self._keys = TableKeys(self, model)
        self._place = TablePlace(self, model)
        model.set_window(self._visible_lines)
        theme().changed.connect(self._redress)

    def _behave(self) -> None:
        self.setShowGrid(False)
        self.setCornerButtonEnabled(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCornerWidget(Corner())

    # what the outside asks and sets

    @property
    def rows(self) -> TreeRows[Any]:
        """The model."""
        return self._rows

    @property
    def painter_of_rows(self) -> RowPainter:
        return self._painter

    def header(self) -> TableHeader:
        """The column titles."""
        return self._titles

    def sort_by(self, column: int | str, order: Qt.SortOrder) -> None:
        """Sort now and let clicks on the header sort from here on."""
        place = self.columns.place(column) if isinstance(column, str) else column
        if place >= 0:
            self._titles.setSortIndicator(place, order)
            self.setSortingEnabled(True)

    def current_row(self) -> Any:
        """The row that has the focus, or None."""
        return self._rows.row_at(self.currentIndex())

    def selected_lines(self) -> list[int]:
        return sorted({index.row() for index in self.selectionModel().selectedRows()})

    def selected_rows(self) -> list[Any]:
        """The selected rows as they stand."""
        return self._rows.rows_of(self.selected_lines())

    def select_row(self, key: str, child: str = "") -> bool:
        """Go to a row, opening its parent where needed. False: it is not shown."""
        if child and (parent := self._rows.line_of(key)) >= 0:
            self._rows.set_open(self._rows.index(parent, 0), True)
        line = self._rows.line_of(key, child)
        if line < 0:
            return False
        self.go_to(line)
        return True

    def go_to(self, line: int) -> None:
        """Make a line the current and only selected one."""
        index = self._rows.index(line, max(0, self.currentIndex().column()))
        # Not ``selectRow``: that would toggle while Ctrl is held.
        self.selectionModel().setCurrentIndex(index, _ALONE)
        self.scrollTo(index)

    def isExpanded(self, index: Index) -> bool:  # noqa: N802 - as a tree view calls it
        return self._rows.is_open(index)

    def setExpanded(self, index: Index, opened: bool) -> None:  # noqa: N802
        """Open or close a row; a focus inside it goes to the row itself."""
        current = self.currentIndex()
        if not opened and self._rows.is_child(current):
            parent = self._rows.parent_row(current)
            if parent is not None and parent is self._rows.row_at(index):
                self.go_to(index.row())
        self._rows.set_open(index, opened)

    def expandAll(self) -> None:  # noqa: N802
        self._rows.set_all_open(True)

    def collapseAll(self) -> None:  # noqa: N802
        self._rows.set_all_open(False)

    def copy_rows(self, *, headers: bool = False) -> None:
        """Put the selected rows on the clipboard as text, columns as they are shown."""
        chosen = self.selected_lines()
        if chosen:
            columns = self.columns.shown_in_order()
            text = self._rows.lines_as_text(chosen, columns, headers=headers)
            QGuiApplication.clipboard().setText(for_clipboard(text))
            self.copied.emit(len(chosen))

    def hide_column(self, title: str, hidden: bool) -> None:
        """Leave a column (by key or title) out for another reason than room or choice."""
        self.columns.leave_out(title, hidden)

    def save_state(self) -> bytes:
        """Order, widths, choice and sorting of the columns."""
        return self.columns.memory().to_bytes()

    def restore_state(self, data: bytes) -> bool:
        """As they were saved; False leaves everything as it is."""
        return self.columns.restore(data)

    # Qt: painting

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        paint_lines(self, event.rect(), self._painter, hover=self._hover)
        if self._rows.take_widened():
            self.viewport().update()
        if self._painter.cells.wants:
            self.columns.widen(self._painter.cells.wants)

    def sizeHintForColumn(self, column: int) -> int:  # noqa: N802
        """What a double click on a title's border gives the column."""
        return self.columns.fitting(column, self._visible_lines())

    def _visible_lines(self) -> tuple[int, int]:
        height = max(1, self.verticalHeader().defaultSectionSize())
        first = max(0, self.rowAt(0))
        return first, min(first + self.viewport().height() // height + 1,
                          self._rows.rowCount() - 1)  # fmt: skip

    def go_on(self, now: datetime) -> None:
        """Let the ages go on, and paint what looks different."""
        aged = self._rows.aged(now)
        if aged is None:
            self.viewport().update()
            return
        for line, column in aged:
            if column < 0:
                self.repaint_line(line)
            elif not self.isColumnHidden(column):
                x, y = self.columnViewportPosition(column), self.rowViewportPosition(line)
                height = self.verticalHeader().defaultSectionSize()
                self.viewport().update(x, y, self.columnWidth(column), height)

    def repaint_line(self, line: int) -> None:
        """Paint one line anew."""
        if line >= 0:
            y = self.rowViewportPosition(line)
            height = self.verticalHeader().defaultSectionSize()
            self.viewport().update(0, y - 1, self.viewport().width(), height + 2)

    def _redress(self) -> None:
        self._painter.cells.forget()
        self.viewport().update()
        self._titles.viewport().update()

    # Qt: sizes

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.columns.fit()

    # Qt: focus and current line

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        self.repaint_line(previous.row() if previous.isValid() else -1)
        self.repaint_line(current.row() if current.isValid() else -1)
        if current.row() != previous.row() or not previous.isValid():
            self.row_changed.emit(self._rows.row_at(current))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusInEvent(event)
        by_key = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        if by_key and not self.currentIndex().isValid() and self._rows.rowCount():
            # A table that is entered by keyboard shows where one is.
            self.selectionModel().setCurrentIndex(
                self._rows.index(0, 0), QItemSelectionModel.SelectionFlag.NoUpdate
            )
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange:
            self.viewport().update()

    # Qt: mouse

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        super().mouseMoveEvent(event)
        self._hover_over(self.rowAt(int(event.position().y())))

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self._hover_over(-1)

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        super().scrollContentsBy(dx, dy)
        if self._hover >= 0:  # the mouse is over another line now
            self._hover_over(self.rowAt(self.viewport().mapFromGlobal(QCursor.pos()).y()))

    def _hover_over(self, line: int) -> None:
        if line != self._hover:
            before, self._hover = self._hover, line
            self.repaint_line(before)
            self.repaint_line(line)

    def _on_chevron(self, index: QModelIndex, x: int) -> bool:
        if not self._rows.has_kids(index):
            return False
        if self._rows.line_kind(index.row()) == "section":
            return True
        left = self.columnViewportPosition(0)
        if self.layoutDirection() == MIRRORED:
            x, left = -x, -(left + self.columnWidth(0))
        return left <= x < left + px(EDGE_TREE + CHEVRON + 5)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        point = event.position().toPoint()
        index = self.indexAt(point)
        if (
            event.button() == Qt.MouseButton.LeftButton
            and index.isValid()
            and self._on_chevron(index, point.x())
        ):
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.setExpanded(index, not self.isExpanded(index))
            return
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        point = event.position().toPoint()
        index = self.indexAt(point)
        if index.isValid() and self._on_chevron(index, point.x()):
            self.mousePressEvent(event)
            return
        super().mouseDoubleClickEvent(event)
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            self.activate_line(index.row())

    def activate_line(self, line: int) -> None:
        """What Enter does: say which row was meant; a section opens or closes."""
        if not 0 <= line < self._rows.rowCount():
            return
        index = self._rows.index(line, 0)
        if self._rows.line_kind(line) == "section":
            self.setExpanded(index, not self.isExpanded(index))
        else:
            self.row_activated.emit(self._rows.row_at(index))

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tell_more(event)
            return True
        return super().viewportEvent(event)

    def _tell_more(self, event: QHelpEvent) -> None:
        text = self.tip_text(self.indexAt(event.pos()))
        if text:
            QToolTip.showText(event.globalPos(), tooltip(text), self.viewport())
        else:
            QToolTip.hideText()

    def tip_text(self, index: QModelIndex) -> str:
        """What a cell adds, or its text where it was shortened; "" for nothing."""
        slot = next((s for s in self._titles.slots() if s.column == index.column()), None)
        if not index.isValid() or slot is None:
            return ""
        cell = self._rows.cell(index)
        if self._rows.is_child(index) and index.column() == 0:
            slot = indented(slot)
        return cell.hint or ("" if self._painter.cells.fits(slot, cell) else cell.text)

    # Qt: keys and menu

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self._keys.pressed(event):
            super().keyPressEvent(event)

    def moveCursor(  # noqa: N802
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Home and End mean the first and the last line, not the ends of this one."""
        if action in (_MOVE.MoveHome, _MOVE.MoveEnd) and self._rows.rowCount():
            line = 0 if action == _MOVE.MoveHome else self._rows.rowCount() - 1
            return self._rows.index(line, max(0, self.currentIndex().column()))
        return super().moveCursor(action, modifiers)

    def keyboardSearch(self, search: str) -> None:  # noqa: N802
        self._keys.type_ahead(search)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        open_table_menu(self, menu_spot(self, event))
