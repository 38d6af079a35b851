"""The strip of movers: the positions that changed the total most today, each a way to its row."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview import BY_IMPACT, MOST_MOVERS, MoverRow
from brokerdesk.ui.widgets.charts.figure_line import GLYPH_GAP, GLYPH_RAISE, GLYPH_SIZE
from brokerdesk.ui.widgets.charts.keyed import ringed

PAD, GAP, SYMBOL = 12, 8, 72
"""Padding and gap inside a piece; room that a symbol gets at least, then it is cut."""


class Mover(QAbstractButton):
    """One position: its symbol, its change in percent, and beneath what that is in money."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place
        self._row: MoverRow | None = None
        self._ring = False
        self.setProperty("ownFocus", True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        theme().changed.connect(self._on_theme)

    @property
    def row(self) -> MoverRow | None:
        return self._row

    def show_mover(self, row: MoverRow) -> None:
        if row == self._row:
            return
        self._row = row
        self.setText(row.symbol)
        self.setAccessibleName(f"{row.symbol}, {row.change.spoken}")
        self.setAccessibleDescription("Show in positions")
        self.setToolTip(tooltip(f"{row.symbol}: show in positions"))
        self.updateGeometry()
        self.update()

    def needed(self) -> int:
        """The least width in which every figure is whole."""
        if self._row is None:
            return 0
        symbol = min(QFontMetricsF(_symbol()).horizontalAdvance(self._row.symbol), px(SYMBOL))
        first = symbol + px(GAP) + self._percent_width()
        second = QFontMetricsF(_small()).horizontalAdvance(self._row.change.amount)
        return int(max(first, second) + (px(PAD) if self._place else 0) + 1)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(self.needed(), px(34))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(40), px(34))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            if self._row is not None:
                self._paint(painter, self._row)

    def _paint(self, painter: QPainter, row: MoverRow) -> None:
        look = theme()
        if self.underMouse() or self.isDown():
            painter.fillRect(self.rect(), look.colour("inset" if self.isDown() else "alt"))
        left = 0
        if self._place:
            painter.fillRect(QRect(0, 0, 1, self.height()), look.colour("line"))
            left = px(PAD)
        metrics = QFontMetricsF(_symbol())
        room = self.width() - left - px(GAP) - self._percent_width() - 1
        text = metrics.elidedText(row.symbol, Qt.TextElideMode.ElideRight, max(0, room))
        base = round((px(18) + metrics.ascent() - metrics.descent()) / 2)
        painter.setFont(_symbol())
        painter.setPen(look.colour("text"))
        painter.drawText(QPointF(left, base), text)
        self._paint_percent(painter, row, left + metrics.horizontalAdvance(text) + px(GAP), base)
        small = QFontMetricsF(_small())
        painter.setFont(_small())
        painter.setPen(look.colour("text2"))
        base = px(18) + round((px(16) + small.ascent() - small.descent()) / 2)
        painter.drawText(QPointF(left, base), row.change.amount)
        if self._ring and self.hasFocus():
            for edge in (0, 1):
                painter.setPen(look.colour("accent"))
                painter.drawRect(self.rect().adjusted(edge, edge, -1 - edge, -1 - edge))

    def _paint_percent(self, painter: QPainter, row: MoverRow, x: float, base: int) -> None:
        change, font = row.change, _small()
        painter.setPen(theme().colour(change.tone))
        if change.glyph and change.percent:
            glyph = _glyph(font)
            painter.setFont(glyph)
            painter.drawText(QPointF(x, base - round(GLYPH_RAISE * font.pixelSize())), change.glyph)
            x += QFontMetricsF(glyph).horizontalAdvance(change.glyph)
            x += GLYPH_GAP * font.pixelSize()
        painter.setFont(font)
        painter.drawText(QPointF(x, base), change.percent)

    def _percent_width(self) -> float:
        if self._row is None or not self._row.change.percent:
            return 0
        font, change = _small(), self._row.change
        wide = QFontMetricsF(font).horizontalAdvance(change.percent)
        if change.glyph:
            wide += QFontMetricsF(_glyph(font)).horizontalAdvance(change.glyph)
            wide += GLYPH_GAP * font.pixelSize()
        return wide

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self._ring = ringed(event.reason(), self._ring)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _on_theme(self) -> None:
        self.update()


class MoversStrip(QWidget):
    """As many movers as have room.

    Signals:
        chosen: the symbol of the mover that was pressed.
        room_changed: another number of movers fits now.
    """

    chosen = Signal(str)
    room_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Movers of the day")
        self.movers: list[Mover] = []
        self.room = MOST_MOVERS
        self._settling = False
        title = QVBoxLayout()
        title.setSpacing(0)
        title.addWidget(PlainLabel("Movers", "strong"))
        title.addWidget(PlainLabel(BY_IMPACT, "small", "text3"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(px(20), px(8), px(20), px(9))
        self._row.setSpacing(px(12))
        self._row.addLayout(title)
        self._title = title

    def show_movers(self, rows: tuple[MoverRow, ...]) -> None:
        """Show these, and nothing at all of none."""
        self.setVisible(bool(rows))
        while len(self.movers) < len(rows):
            made = Mover(len(self.movers))
            made.clicked.connect(self._on_clicked)
            self.movers.append(made)
            self._row.addWidget(made, 1)
        for place, mover in enumerate(self.movers):
            mover.setVisible(place < len(rows))
            if place < len(rows):
                mover.show_mover(rows[place])
        self._measure()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._measure()

    def _measure(self) -> None:
        """How many have room when each is as wide as the widest of those shown.

        One more may be wider than all of them and leave no room for itself: then it goes again.
        """
        needed = max((m.needed() for m in self.movers if not m.isHidden()), default=0)
        if not needed or self.width() < px(100):
            return
        spare = self.width() - 2 * px(20) - self._title.sizeHint().width()
        room = max(1, min(MOST_MOVERS, spare // (max(needed, px(96)) + px(12))))
        if room < self.room or (room > self.room and not self._settling):
            outer, self._settling, self.room = self._settling, True, room
            self.room_changed.emit()
            self._settling = outer

    def _on_clicked(self) -> None:
        mover = self.sender()
        if isinstance(mover, Mover) and mover.row is not None:
            self.chosen.emit(mover.row.symbol)


def _symbol() -> QFont:
    return theme().font("strong")


def _small() -> QFont:
    return theme().font("small", figures=True)


def _glyph(font: QFont) -> QFont:
    made = QFont(font)
    made.setPixelSize(max(1, round(font.pixelSize() * GLYPH_SIZE)))
    return made
