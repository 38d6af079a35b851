"""Search and commands (Ctrl+K): a field over a list, laid over the window.

A child of the window, not a pop-up: nothing waits for it. It knows entries and says which was
chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.palette import KIND_WORDS, MOST, Entry, counted
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.icons import paint_icon
from brokerdesk.ui.widgets.search_field import SearchField

WIDTH, TOP, ROW, ROWS = 600, 72, 34, 10
Find = Callable[[str], tuple[Sequence[Entry], int]]
_Index = QModelIndex | QPersistentModelIndex
_STEPS = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: -ROWS,
    Qt.Key.Key_PageDown: ROWS,
}


class _Entries(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: tuple[Entry, ...] = ()

    def show_rows(self, rows: Sequence[Entry]) -> None:
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: N802
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return tame(entry.title)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return tame(entry.spoken)
        return None


class _Painter(QStyledItemDelegate):
    """Picture, title, detail; at the right the key, or what kind of thing it is."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:  # noqa: N802
        return QSize(px(200), px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        if not isinstance(model, _Entries):
            return
        entry, look = model.rows[index.row()], theme()
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        mirrored: Qt.LayoutDirection = option.direction
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, look.colour("select"))
            edge = QStyle.visualRect(mirrored, box, QRect(box.x(), box.y(), 3, box.height()))
            painter.fillRect(edge, look.colour("accent"))
        self._icon(painter, entry, box, mirrored)
        right = self._tail(painter, entry, box, mirrored)
        room = QRect(box.x() + px(40), box.y(), right - box.x() - px(40) - px(12), box.height())
        font = look.font("body", weight=500)
        used = self._text(painter, entry.title, font, "text", room, box, mirrored)
        left = used + px(10)
        if entry.detail and room.width() - left > px(40):
            rest = room.adjusted(left, 0, 0, 0)
            self._text(painter, entry.detail, look.font("small"), "text3", rest, box, mirrored)
        painter.restore()

    @staticmethod
    def _icon(painter: QPainter, entry: Entry, box: QRect, mirrored: Qt.LayoutDirection) -> None:
        if not entry.picture:
            return
        side = px(16)
        place = QRect(box.x() + px(14), box.y() + (box.height() - side) // 2, side, side)
        paint_icon(
            painter, entry.picture, QStyle.visualRect(mirrored, box, place).toRectF(), "text2"
        )

    def _tail(
        self, painter: QPainter, entry: Entry, box: QRect, mirrored: Qt.LayoutDirection
    ) -> int:
        words = entry.key or KIND_WORDS[entry.kind]
        font = theme().font("caption")
        width = int(QFontMetricsF(font).horizontalAdvance(words)) + 2
        place = QRect(box.right() - px(14) - width, box.y(), width, box.height())
        self._text(painter, words, font, "text3", place, box, mirrored)
        return place.x()

    @staticmethod
    def _text(
        painter: QPainter, words: str, font: object, token: str, room: QRect, box: QRect,
        mirrored: Qt.LayoutDirection,
    ) -> int:  # fmt: skip
        painter.setFont(font)  # type: ignore[arg-type]
        painter.setPen(theme().colour(token))
        metrics = QFontMetricsF(painter.font())
        shown = metrics.elidedText(tame(words), Qt.TextElideMode.ElideRight, room.width() + 1)
        flags = QStyle.visualAlignment(
            mirrored, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        place = QStyle.visualRect(mirrored, box, room)
        painter.drawText(place, int(flags) | int(Qt.TextFlag.TextSingleLine), shown)
        return int(metrics.horizontalAdvance(shown))


class Palette(QFrame):
    """The field and the list.

    Signals:
        chosen: the action of the entry that was chosen; the palette is closed by then.
        closed: it is gone from the screen.
    """

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, window: QWidget, find: Find) -> None:
        super().__init__(window)
        self._find = find
        self._came_from: QWidget | None = None
        self.setProperty("role", "float")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Search and commands")
        self._build_ui()
        self.hide()

    def _build_ui(self) -> None:
        self.field = SearchField("Search or run a command")
        self.model = _Entries(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.setAccessibleName("Results")
        self.list.clicked.connect(self._choose)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.note = PlainLabel("", "small", "text3")
        column = QVBoxLayout(self)
        column.setContentsMargins(px(8), px(8), px(8), px(8))
        column.setSpacing(px(6))
        column.addWidget(self.field)
        column.addWidget(self.list)
        column.addWidget(self.note)
        self.field.textChanged.connect(self._search)
        self.field.installEventFilter(self)

    # opening and closing

    @property
    def is_open(self) -> bool:
        return not self.isHidden()

    def open_palette(self) -> None:
        """Show everything one can choose, with the caret in the field."""
        if not self.is_open:
            self._came_from = QApplication.focusWidget()
            app = QApplication.instance()
            assert app is not None
            app.installEventFilter(self)
        self.field.clear()
        self._search("")
        self.show()
        self.raise_()
        self._place()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_palette(self, *, focus: bool = True) -> None:
        """Close and give the focus back."""
        if not self.is_open:
            return
        app = QApplication.instance()
        assert app is not None
        app.removeEventFilter(self)
        self.hide()
        target, self._came_from = self._came_from, None
        if focus and target is not None and isValid(target) and target.isVisible():
            target.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    # searching

    def search_again(self) -> None:
        """There is more to be found for what stands in the field."""
        if self.is_open:
            self._search(self.field.text())

    def _search(self, text: str) -> None:
        rows, count = self._find(text)
        self.model.show_rows(rows)
        if rows:
            self.list.setCurrentIndex(self.model.index(0))
        words = counted(count)
        if not count:
            self.note.setText(f"Nothing matches “{tame(text)[:80]}”.")
        elif count > MOST:
            self.note.setText(f"The first {MOST} of {fmt.whole(count)} results")
        else:
            self.note.setText(words)
        announce(self.field, f"{words}. {tame(rows[0].spoken)}" if rows else words)
        self._place()

    def _move(self, step: int) -> None:
        last = len(self.model.rows) - 1
        if last < 0:
            return
        at = self.list.currentIndex().row()
        if abs(step) == 1 and not 0 <= at + step <= last:
            at = 0 if step > 0 else last  # round the corner
        else:
            at = max(0, min(last, at + step))
        self.list.setCurrentIndex(self.model.index(at))
        announce(self.field, tame(self.model.rows[at].spoken))

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            action = self.model.rows[index.row()].action
            self.close_palette()
            self.chosen.emit(action)

    # Qt

    def focusNextPrevChild(self, _next: bool) -> bool:  # noqa: N802
        """Tab does not leave what lies over the window."""
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        kind = event.type()
        if watched is self.field and kind == QEvent.Type.KeyPress:
            assert isinstance(event, QKeyEvent)
            return self._key(event)
        if kind == QEvent.Type.Resize and watched is self.parentWidget():
            self._place()
        elif kind == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            outside = watched is not self and not self.isAncestorOf(watched)
            if self.is_open and outside and watched.window() is self.window():
                self.close_palette(focus=False)
        return False

    def _key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._move(_STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.close_palette()
        else:  # Tab does not leave what lies over the window
            return key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        return True

    def _place(self) -> None:
        window = self.parentWidget()
        if window is None:
            return
        width = min(px(WIDTH), window.width() - px(32))
        rows = min(len(self.model.rows), ROWS)
        self.list.setFixedHeight(rows * px(ROW))
        self.list.setVisible(bool(rows))
        height = self.sizeHint().height()
        self.setGeometry((window.width() - width) // 2, px(TOP), width, height)
