"""The symbol field with its list of what is found: held, traded lately, at the brokers."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QKeyEvent, QPainter
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
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        small = look.font("small")
        painter.setFont(small)
        painter.setPen(look.colour("text3"))
        wide = int(QFontMetricsF(small).horizontalAdvance(row.source)) + px(10)
        painter.drawText(inner, middle | int(Qt.AlignmentFlag.AlignRight), row.source)
        inner.setRight(inner.right() - wide)
        strong = look.font("body", weight=600)
        metrics = QFontMetricsF(strong)
        symbol = metrics.elidedText(row.symbol, Qt.TextElideMode.ElideRight, inner.width())
        painter.setFont(strong)
        painter.setPen(look.colour("text"))
        painter.drawText(inner, middle, symbol)
        inner.setLeft(inner.left() + int(metrics.horizontalAdvance(symbol)) + px(8))
        plain = look.font("body")
        name = QFontMetricsF(plain).elidedText(
            row.name, Qt.TextElideMode.ElideRight, max(0, inner.width())
        )
        painter.setFont(plain)
        painter.setPen(look.colour("text2"))
        painter.drawText(inner, middle, name)
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
        self.setGeometry(corner.x(), corner.y(), max(px(240), wide), high + px(10))


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
