"""The symbol field with its list of what is found: held, traded lately, at the brokers."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
)

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.ticket_search import SearchRow, SearchState, SymbolSearch
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.picture import Picture

ROW, MOST_ROWS = 30, 8
_ROW = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class _Lines(QStyledItemDelegate):
    """Symbol bold, name beside it, where it comes from at the right."""

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:  # noqa: N802
        return QSize(px(200), px(ROW))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: SearchRow = index.data(_ROW)
        look = theme()
        rect: QRect = option.rect
        state = option.state
        painter.save()
        if state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.fillRect(rect, look.colour("inset"))
        inner = rect.adjusted(px(10), 0, -px(10), 0)
        mirrored = option.direction == Qt.LayoutDirection.RightToLeft
        small, strong, plain = look.font("small"), look.font("body", weight=600), look.font("body")

        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # sides are reckoned here

        def write(text: str, font: QFont, tone: str, room: int, *, end: bool = False) -> int:
            """Write at the near or far end of what is left, as it is read; how wide it is."""
            elide = Qt.TextElideMode.ElideRight
            text = QFontMetricsF(font).elidedText(text, elide, max(0, room))
            side = Qt.AlignmentFlag.AlignRight if end != mirrored else Qt.AlignmentFlag.AlignLeft
            painter.setFont(font)
            painter.setPen(look.colour(tone))
            painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter | side), text)
            return int(QFontMetricsF(font).horizontalAdvance(text))

        wide = write(row.source, small, "text3", inner.width() * 2 // 5, end=True) + px(10)
        inner.adjust(*((wide, 0, 0, 0) if mirrored else (0, 0, -wide, 0)))
        wide = write(row.symbol, strong, "text", inner.width()) + px(8)
        inner.adjust(*((0, 0, -wide, 0) if mirrored else (wide, 0, 0, 0)))
        write(row.name, plain, "text2", inner.width())
        painter.restore()


class _Results(QFrame):
    """A child of the window under the field; it never takes the focus."""

    def __init__(self, field: SymbolField) -> None:
        super().__init__()
        self._field = field
        self.setProperty("role", "float")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Symbols found")
        column = QVBoxLayout(self)
        column.setContentsMargins(1, px(4), 1, px(4))
        column.setSpacing(0)
        self.words = PlainLabel("", "small", "text3", wrap=True)
        self.words.setContentsMargins(px(10), px(4), px(10), px(4))
        self.list = QListWidget()
        self.list.setAccessibleName("Symbols found")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Lines(self.list))
        self.list.itemClicked.connect(lambda item: field.search.choose(self.list.row(item)))
        column.addWidget(self.words)
        column.addWidget(self.list)
        self.hide()

    def show_state(self, state: SearchState) -> None:
        self.list.clear()
        for row in state.rows:
            item = QListWidgetItem(row.spoken)
            item.setData(_ROW, row)
            self.list.addItem(item)
        self.words.setText(state.words)
        self.words.setVisible(bool(state.words))
        self.list.setVisible(bool(state.rows))
        self.list.setFixedHeight(px(ROW) * min(MOST_ROWS, len(state.rows)) + 2)
        self.place()

    def place(self) -> None:
        """Below the field, as wide as the ticket lets it be."""
        field = self._field
        window = field.window()
        if self.parentWidget() is not window:
            self.setParent(window)
        pane = field.parentWidget()
        wide = pane.width() - 2 * px(16) if pane is not None else field.width()
        corner = field.mapTo(window, QPoint(0, field.height() + px(4)))
        layout = self.layout()
        assert layout is not None
        layout.activate()
        high = self.list.height() if self.list.isVisibleTo(self) else 0
        if self.words.isVisibleTo(self):
            high += self.words.heightForWidth(wide - 2)
        wide = max(px(240), wide)
        left = corner.x()
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            left += field.width() - wide
        self.setGeometry(left, corner.y(), wide, high + px(10))


class SymbolField(QLineEdit):
    """Typing looks up; Up and Down mark, Enter takes, Esc closes the list.

    Signals:
        typed: the text, by the user's own doing.
    """

    typed = Signal(str)

    def __init__(self, search: SymbolSearch) -> None:
        super().__init__()
        self.search = search
        self.setAccessibleName("Symbol")
        self.setPlaceholderText("Symbol")
        self.setMaxLength(60)
        self._glass = Picture("search", "text3")
        self._glass.setParent(self)
        self._glass.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextMargins(0, 0, px(22), 0)
        self.results = _Results(self)
        self._dress()
        theme().changed.connect(self._dress)
        self.textEdited.connect(self._on_edited)
        search.changed.connect(self._on_found)
        self.destroyed.connect(self.results.deleteLater)

    def _dress(self) -> None:
        self.setFont(theme().font("body", weight=600))

    def show_text(self, text: str) -> None:
        """Show what stands in the ticket."""
        if text != self.text():
            self.setText(text)

    @property
    def is_open(self) -> bool:
        return self.results.isVisible()

    def close_list(self) -> None:
        self.search.stop()
        self.results.hide()

    def _on_edited(self, text: str) -> None:
        self.typed.emit(text)
        self.search.look(text)

    def _on_found(self) -> None:
        if not self.hasFocus():
            return
        state = self.search.state
        self.results.show_state(state)
        self.results.show()
        self.results.raise_()
        found = len(state.rows)
        announce(self, state.words or f"{found} found")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = event.key()
        marks = self.results.list
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            if not self.is_open:
                self.search.look("" if not self.isModified() else self.text())
            elif marks.count():
                step = 1 if key == Qt.Key.Key_Down else -1
                at = (marks.currentRow() + step) % marks.count()
                marks.setCurrentRow(at)
                announce(self, self.search.state.rows[at].spoken)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat() and not event.modifiers() & (
                Qt.KeyboardModifier.ControlModifier
            ):
                self.search.enter(marks.currentRow() if self.is_open else -1)
        elif key == Qt.Key.Key_Escape and self.is_open:
            self.close_list()
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        super().focusOutEvent(event)
        self.close_list()

    def resizeEvent(self, event: object) -> None:  # noqa: N802
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._glass.move(
            self.width() - self._glass.width() - px(9), (self.height() - self._glass.height()) // 2
        )
