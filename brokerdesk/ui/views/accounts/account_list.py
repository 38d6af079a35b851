"""The list of accounts: a mark, the name with its kept ending, the value and how old it is."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.accounts_list import ListRow, spoken
from brokerdesk.ui.widgets.marks import paint_mark
from brokerdesk.ui.widgets.tags import paint_tag, tag_size

Index = QModelIndex | QPersistentModelIndex
ROW, HEADING, PAD, INDENT = 48, 32, 16, 33


class ListModel(QAbstractListModel):
    """The lines. Headings cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[ListRow, ...] = ()

    def show_rows(self, rows: tuple[ListRow, ...]) -> None:
        """Show these. The same lines with other figures keep choice and scrolling."""
        same = [(row.key, row.title) for row in rows] == [(r.key, r.title) for r in self.rows]
        if same:
            before, self.rows = self.rows, rows
            for place, (one, other) in enumerate(zip(before, rows, strict=True)):
                if one != other:
                    self.dataChanged.emit(self.index(place), self.index(place))
            return
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def row_of(self, key: str) -> int:
        """The line of an account, -1 when it is not listed."""
        return next((place for place, row in enumerate(self.rows) if row.key == key), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.rows)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or self.rows[index.row()].heading:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(row.title) or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            value = privacy().speak(row.value) if row.amount is not None else row.value
            return spoken(row, value=value)
        return None


class ListDelegate(QStyledItemDelegate):
    """Draws a line."""

    _way = Qt.LayoutDirection.LeftToRight

    def sizeHint(self, _option: QStyleOptionViewItem, index: Index) -> QSize:  # noqa: N802
        model = index.model()
        assert isinstance(model, ListModel)
        return QSize(px(200), px(HEADING if model.rows[index.row()].heading else ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        assert isinstance(model, ListModel)
        row = model.rows[index.row()]
        self._way = option.direction
        painter.save()
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        if row.heading:
            self._heading(painter, option, row)
        else:
            self._account(painter, option, row)
        painter.restore()

    def _heading(self, painter: QPainter, option: QStyleOptionViewItem, row: ListRow) -> None:
        rect: QRect = option.rect
        font = theme().font("small", weight=600)
        room = rect.width() - 2 * px(PAD)
        text = QFontMetricsF(font).elidedText(row.title, Qt.TextElideMode.ElideRight, room)
        line = rect.adjusted(0, px(8), 0, 0)
        self._write(painter, font, "text3", rect.left() + px(PAD), line, text)

    def _account(self, painter: QPainter, option: QStyleOptionViewItem, row: ListRow) -> None:
        look, rect = theme(), option.rect
        view = option.widget
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            active = view.isActiveWindow()
            painter.fillRect(rect, look.colour("select" if active else "inset"))
            edge = QRect(rect.left(), rect.top(), 3, rect.height())
            edge = QStyle.visualRect(option.direction, rect, edge)
            painter.fillRect(edge, look.colour("accent"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, look.colour("alt"))
        painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, look.colour("line"))
        first = QRect(rect.left(), rect.top() + px(5), rect.width(), px(18))
        second = QRect(rect.left(), rect.top() + px(24), rect.width(), px(17))
        if row.mark is not None:
            mark = QRect(rect.left() + px(PAD), first.center().y() - px(4), px(9), px(9))
            paint_mark(painter, row.mark, QRectF(self._placed(mark, rect)))
        self._names(painter, row, first)
        self._figures(painter, row, second)
        if view.hasFocus() and option.state & QStyle.StateFlag.State_HasFocus:
            painter.fillRect(rect.left(), rect.top(), rect.width(), 2, look.colour("accent"))
            painter.fillRect(rect.left(), rect.bottom() - 1, rect.width(), 2, look.colour("accent"))

    def _names(self, painter: QPainter, row: ListRow, line: QRect) -> None:
        look = theme()
        right = line.right() - px(PAD)
        if row.tag is not None:
            size = tag_size(*row.tag)
            right -= size.width()
            top = line.top() + (line.height() - size.height()) / 2
            box = QRect(round(right), round(top), round(size.width()), round(size.height()))
            paint_tag(painter, QRectF(self._placed(box, line)), *row.tag)
            right -= px(8)
        font = look.font("body", weight=500)
        width = QFontMetricsF(font).horizontalAdvance
        left = line.left() + px(INDENT)
        text = shortened(row.title, right - left, width)
        self._write(painter, font, "text2" if row.dim else "text", left, line, text)

    def _figures(self, painter: QPainter, row: ListRow, line: QRect) -> None:
        look = theme()
        value = privacy().hide(row.value) if row.amount is not None else row.value
        font = look.font("small", weight=600 if row.amount is not None else 400, figures=True)
        wide = QFontMetricsF(font).horizontalAdvance(value)
        right = line.right() - px(PAD)
        tone = "text3" if row.amount is None else "text2" if row.dim else "text"
        self._write(painter, font, tone, right - wide, line, value)
        small = look.font("small", figures=True)
        left = line.left() + px(INDENT)
        room = right - wide - px(8) - left
        text = _said_in(row.below, QFontMetricsF(small), room)
        self._write(painter, small, row.tone, left, line, text)

    def _placed(self, box: QRect, within: QRect) -> QRect:
        """Where it stands in a mirrored window."""
        return QStyle.visualRect(self._way, within, box)

    def _write(
        self, painter: QPainter, font: QFont, tone: str, left: float, line: QRect, text: str
    ) -> None:
        metrics = QFontMetricsF(font)
        if self._way == Qt.LayoutDirection.RightToLeft:
            left = line.left() + line.right() + 1 - left - metrics.horizontalAdvance(text)
        base = round(line.top() + (line.height() + metrics.ascent() - metrics.descent()) / 2)
        painter.setFont(font)
        painter.setPen(theme().colour(tone))
        painter.drawText(QPointF(left, base), text)


def _said_in(text: str, metrics: QFontMetricsF, room: float) -> str:
    """As much as there is room for: without the words behind a time, then the day alone; a time is
    not cut.
    """
    first = text.partition(" · ")[0]
    day = first.rsplit(" ", 2)[0] if ":" in first else first
    for words in (text, first, day):
        if metrics.horizontalAdvance(words) <= room:
            return words
    return metrics.elidedText(day, Qt.TextElideMode.ElideRight, room)


class AccountList(QListView):
    """The list.

    Signals:
        chosen: the key of the account that the user went to.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.lines = ListModel()
        self.setModel(self.lines)
        self.setItemDelegate(ListDelegate(self))
        self.setAccessibleName("Accounts")
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setMinimumWidth(px(200))
        self._quiet = False
        theme().changed.connect(self._repaint)
        privacy().changed.connect(self._repaint)

    def show_rows(self, rows: tuple[ListRow, ...], chosen: str) -> None:
        """Show these lines, with this account as the chosen one."""
        if rows != self.lines.rows:
            self.lines.show_rows(rows)
        self.choose(chosen)

    def choose(self, key: str) -> None:
        """Mark an account as chosen; says nothing."""
        place = self.lines.row_of(key)
        if place >= 0 and self.currentIndex().row() != place:
            self._quiet = True
            self.setCurrentIndex(self.lines.index(place))
            self._quiet = False

    def currentChanged(self, current: Index, previous: Index) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if current.isValid() and not self._quiet:
            row = self.lines.rows[current.row()]
            if not row.heading:
                self.chosen.emit(row.key)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        # Lists float in menus elsewhere and are raised; this one is part of the sheet.
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), theme().colour("surface"))
        super().paintEvent(event)

    def _repaint(self) -> None:
        self.viewport().update()
