"""The list of connections: each item is a radio button with mark, words and the sign-in's clock."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QScrollArea,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.connections import ListItem
from brokerdesk.ui.views.connections.clock_bar import paint_clock
from brokerdesk.ui.widgets.marks import paint_mark
from brokerdesk.ui.widgets.tags import paint_tag, tag_size

HEIGHT = 84
SIDE = 16
INDENT = 18
_ONE_LINE = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)


class ConnectionItem(QAbstractButton):
    """One connection."""

    def __init__(self, item: ListItem) -> None:
        super().__init__()
        self.item = item
        self.setCheckable(True)
        self.setAutoExclusive(True)  # else screen readers hear a check box
        self.setProperty("ownFocus", True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(px(HEIGHT))
        self.setMinimumWidth(px(180))
        theme().changed.connect(self._on_theme)
        self.show_item(item)

    def show_item(self, item: ListItem) -> None:
        """Show this."""
        self.item = item
        self.setText(item.title.replace("&", "&&"))
        self.setAccessibleName(item.spoken)
        self.setToolTip(tooltip(f"{item.title}. {item.state}"))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(300), px(HEIGHT))

    def enterEvent(self, event: QEnterEvent) -> None:  # noqa: N802
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # boxes flip, figures never
            self._paint_ground(painter)
            self._paint_words(painter)
            self._paint_clock(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        look, chosen = theme(), self.isChecked()
        active = self.isActiveWindow()
        fill = ("select" if active else "inset") if chosen else "alt" if self.underMouse() else ""
        if fill:
            painter.fillRect(self.rect(), look.colour(fill))
        if chosen:
            painter.fillRect(self._mirrored(0, 0, px(3), self.height()), look.colour("accent"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line"))
        if self.hasFocus():
            painter.fillRect(0, 0, self.width(), 2, look.colour("accent"))
            painter.fillRect(0, self.height() - 2, self.width(), 2, look.colour("accent"))

    def _paint_words(self, painter: QPainter) -> None:
        look, item = theme(), self.item
        left, room = px(SIDE + INDENT), self.width() - px(2 * SIDE + INDENT)
        dot = px(9)
        paint_mark(
            painter, item.mark, QRectF(self._mirrored(px(SIDE), px(15) - dot // 2, dot, dot))
        )
        first = room
        if item.tag:
            size = tag_size(item.tag.upper(), item.tag)
            first -= size.width() + px(8)
            box = self._mirrored(left + first + px(8), px(6), size.width(), size.height())
            paint_tag(painter, QRectF(box), item.tag.upper(), item.tag)
        name = look.font("body", weight=600)
        self._line(painter, QRect(left, px(6), first, px(18)), item.title, name, "text")
        small = look.font("small")
        self._line(painter, QRect(left, px(25), room, px(16)), item.state, small, item.tone)
        figures = look.font("small", figures=True)
        self._line(painter, QRect(left, px(42), room, px(16)), item.facts, figures, "text3")

    def _line(self, painter: QPainter, box: QRect, text: str, font: QFont, tone: str) -> None:
        painter.setFont(font)
        painter.setPen(theme().colour(tone))
        shown = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        side = Qt.AlignmentFlag.AlignLeft
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            side = Qt.AlignmentFlag.AlignRight
        flags = _ONE_LINE | int(side | Qt.AlignmentFlag.AlignAbsolute)
        painter.drawText(self._flip(box), flags, shown)

    def _paint_clock(self, painter: QPainter) -> None:
        look, clock, item = theme(), self.item.clock, self.item
        left, room = px(SIDE + INDENT), self.width() - px(2 * SIDE + INDENT)
        top = px(62)
        font = look.font("small", weight=600 if clock.strong else 400, figures=True)
        words = item.clock.left
        wide = int(QFontMetricsF(font).horizontalAdvance(words)) + 2
        bar = QRect(left, top + px(6), max(px(20), room - wide - px(10)), px(4))
        track = "line2" if self.isChecked() else "inset"
        paint_clock(
            painter,
            clock,
            self._flip(bar),
            self.layoutDirection(),
            share=item.progress,
            track=track,
        )
        box = QRect(left + room - wide, top, wide, px(16))
        self._line(painter, box, words, font, clock.tone if clock.strong else "text2")

    def _mirrored(self, x: int, y: int, width: int, height: int) -> QRect:
        return self._flip(QRect(x, y, width, height))

    def _flip(self, box: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), box)

    def _on_theme(self) -> None:
        self.update()


class ItemList(QScrollArea):
    """All connections, one of them chosen.

    Signals:
        chosen: the key of the connection that the user chose.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Connections")
        inner = QWidget()
        inner.setProperty("role", "page")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(self._on_clicked)
        self._group.buttonToggled.connect(self._on_toggled)
        self.setWidget(inner)
        self.items: list[ConnectionItem] = []
        self._showing = False

    def show_items(self, items: tuple[ListItem, ...], chosen: str) -> None:
        """Show these; existing ones are changed in place."""
        self._showing = True
        while len(self.items) > len(items):
            gone = self.items.pop()
            self._group.removeButton(gone)
            self._column.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for place, item in enumerate(items):
            if place == len(self.items):
                made = ConnectionItem(item)
                self.items.append(made)
                self._group.addButton(made)
                self._column.insertWidget(place, made)
            elif self.items[place].item != item:
                self.items[place].show_item(item)
        for each in self.items:
            each.setChecked(each.item.key == chosen)
            stop = each.item.key == chosen
            each.setFocusPolicy(Qt.FocusPolicy.StrongFocus if stop else Qt.FocusPolicy.ClickFocus)
        self._showing = False

    def focus_chosen(self) -> None:
        """Give the focus to the chosen connection."""
        for each in self.items:
            if each.isChecked():
                each.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_clicked(self, made: QAbstractButton) -> None:
        if isinstance(made, ConnectionItem):
            self.chosen.emit(made.item.key)

    def _on_toggled(self, made: QAbstractButton, on: bool) -> None:
        made.update()
        if on and not self._showing and isinstance(made, ConnectionItem):
            self.ensureWidgetVisible(made, 0, px(8))
