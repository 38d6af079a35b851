"""The list of log entries: a line each, painted, so that a hundred thousand cost what is seen."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.log import LogRow, LogViewModel

HEIGHT = 24
TIME, LEVEL, WHERE = 184, 72, 210
_TONES = {"WARNING": "warn", "ERROR": "loss", "CRITICAL": "loss", "DEBUG": "text3"}
_WORDS = {"WARNING": "Warning", "ERROR": "Error", "CRITICAL": "Critical", "DEBUG": "Debug",
          "INFO": "Info", "": ""}  # fmt: skip
Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class EntryModel(QAbstractListModel):
    """The rows of the view-model."""

    def __init__(self, model: LogViewModel) -> None:
        super().__init__()
        self._vm = model
        self._count = 0
        model.reset.connect(self._on_reset)
        model.prepended.connect(self._on_prepended)
        model.appended.connect(self._on_appended)

    def row(self, index: Index) -> LogRow:
        return self._vm.rows[index.row()]

    def rowCount(self, parent: Index = _ROOT) -> int:  # noqa: N802
        return 0 if parent.isValid() else self._count

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._vm.rows):
            return None
        row = self._vm.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.first
        if role == Qt.ItemDataRole.AccessibleTextRole:
            parts = (_WORDS.get(row.level, row.level), row.at, tame(row.where), row.first)
            return ", ".join(part for part in parts if part)
        return None

    def _on_reset(self) -> None:
        self.beginResetModel()
        self._count = len(self._vm.rows)
        self.endResetModel()

    def _on_prepended(self, number: int) -> None:
        self.beginInsertRows(QModelIndex(), 0, number - 1)
        self._count = len(self._vm.rows)
        self.endInsertRows()

    def _on_appended(self, number: int) -> None:
        first = self._count
        self.beginInsertRows(QModelIndex(), first, first + number - 1)
        self._count = len(self._vm.rows)
        self.endInsertRows()


class EntryDelegate(QStyledItemDelegate):
    """Time, level, origin and the first line."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return QSize(px(600), px(HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        if not isinstance(model, EntryModel):
            return
        row, look = model.row(index), theme()
        rect: QRect = option.rect
        state = option.state
        painter.save()
        # Figures and code run left to right in any interface.
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        if state & QStyle.StateFlag.State_Selected:
            active = bool(state & QStyle.StateFlag.State_Active)
            painter.fillRect(rect, look.colour("select" if active else "inset"))
            painter.fillRect(QRect(rect.left(), rect.top(), px(3), rect.height()),
                             look.colour("accent"))  # fmt: skip
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, look.colour("alt"))
        tone = _TONES.get(row.level, "text2")
        x = rect.left() + px(16)
        narrow = rect.width() < px(760)
        cells = (
            (row.at, TIME, "text3"),
            (_WORDS.get(row.level, row.level), LEVEL, tone),
            (tame(row.where), 0 if narrow else WHERE, "text3"),
        )
        font = look.font("small", figures=True)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
        for text, width, token in cells:
            if width:
                room = px(width) - px(10)
                shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
                painter.setPen(look.colour(token))
                painter.drawText(QRect(x, rect.top(), room + px(4), rect.height()), flags, shown)
                x += px(width)
        room = rect.right() - px(12) - x
        shown = metrics.elidedText(row.first, Qt.TextElideMode.ElideRight, room)
        loud = tone in ("warn", "loss")
        painter.setPen(look.colour(tone if loud else "text"))
        painter.drawText(QRect(x, rect.top(), room + px(4), rect.height()), flags, shown)
        painter.restore()


class EntryList(QListView):
    """The list. Its current row is shown whole beside it."""

    def __init__(self, model: EntryModel) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(EntryDelegate(self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName("Log entries")
        self.setProperty("role", "sheet")

    def chosen(self) -> list[LogRow]:
        """The rows that are selected, in order."""
        model = self.model()
        assert isinstance(model, EntryModel)
        indexes = sorted(self.selectionModel().selectedIndexes(), key=lambda one: one.row())
        return [model.row(index) for index in indexes]

    def at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - px(HEIGHT)
