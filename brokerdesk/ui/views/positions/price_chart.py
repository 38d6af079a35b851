"""The price of one holding as a line, with what was paid and when it was bought and sold.

Prices stay visible while amounts are hidden; how many were bought does not. It shows what it is
given and knows no source.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.position_prices import EMPTY, PriceLine, change_words
from brokerdesk.ui.widgets.charts import line_paint as strokes
from brokerdesk.ui.widgets.charts.keyed import ringed
from brokerdesk.ui.widgets.charts.pixels import px, width_of
from brokerdesk.ui.widgets.charts.reduce import Band, extent, reduced
from brokerdesk.ui.widgets.charts.scale import day_ticks

HEIGHT = 152
TOP, BOTTOM, LEFT, GAP = 10, 22, 16, 8
LINE = 1.6
PLACES = 12
FAR = 1.2
"""A cost farther from the line than this many of its heights is told, not drawn to scale."""
_ONE = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_LEAPS = 20


@dataclass(frozen=True, slots=True)
class _Lay:
    area: QRectF
    first: int
    last: int
    low: int
    high: int
    cost: float | None

    def x_of(self, x: int) -> float:
        if self.first == self.last:
            return self.area.right()
        share = (x - self.first) / (self.last - self.first)
        return self.area.left() + share * self.area.width()

    def y_of(self, unit: int) -> float:
        if self.low == self.high:
            return self.area.center().y()
        share = (unit - self.low) / (self.high - self.low)
        return self.area.bottom() - share * self.area.height()


class PriceChart(QWidget):
    """The line. Left and Right read it out."""

    def __init__(self) -> None:
        super().__init__()
        self._line, self._words, self._symbol = EMPTY, "", ""
        self._at = -1
        self._ring = self._focused = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        privacy().changed.connect(self.update)
        self._describe()

    def show_line(self, line: PriceLine, words: str, symbol: str) -> None:
        """Show a line, or words in its place. The same again is not drawn again."""
        if line is self._line and (words, symbol) == (self._words, self._symbol):
            return
        if line is not self._line:
            self._at = -1
        self._line, self._words, self._symbol = line, words, symbol
        self._describe()
        self.update()

    @property
    def line(self) -> PriceLine:
        return self._line

    @property
    def current(self) -> int:
        """The index of the point that is read out, -1 when none is."""
        return self._at

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(int(px(318)), int(px(HEIGHT)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(int(px(160)), int(px(HEIGHT)))

    def readout(self, index: int) -> list[str]:
        """What is written beside a point: day, price, what was traded."""
        line = self._line
        lines = [fmt.day(date.fromordinal(line.xs[index])), fmt.price(line.value(index))]
        for mark in line.marks:
            if mark.x == line.xs[index]:
                word = "Bought" if mark.quantity > 0 else "Sold"
                lines.append(f"{word} {privacy().hide(fmt.quantity(abs(mark.quantity)))}")
        return lines

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            lay = self._lay_out()
            if lay is None:
                strokes.paint_words(painter, QRectF(self.rect()).adjusted(px(16), 0, -px(16), 0),
                                    self._words)  # fmt: skip
            else:
                self._paint(painter, lay)
            if self._ring and self._focused:
                strokes.paint_focus(painter, QRectF(self.rect()))

    def _lay_out(self) -> _Lay | None:
        line = self._line
        if len(line) < 2:
            return None
        low, high = extent(line.units)
        cost = self._cost_unit(low, high)
        if cost is not None:
            low, high = min(low, int(cost)), max(high, int(cost))
        font = theme().font("caption", figures=True)
        label = width_of(font, fmt.price(line.value(len(line) - 1)))
        right = self.width() - px(LEFT) - label - px(GAP)
        area = QRectF(px(LEFT), px(TOP), right - px(LEFT), self.height() - px(TOP) - px(BOTTOM))
        if area.width() < 20 or area.height() < 20:
            return None
        return _Lay(area, line.xs[0], line.xs[-1], low, high, cost)

    def _cost_unit(self, low: int, high: int) -> float | None:
        """The average cost in units of the line, when it lies near enough to be drawn with it."""
        line = self._line
        if line.cost is None or line.cost <= 0:
            return None
        unit = float(line.cost.scaleb(-line.exponent))
        room = max(1, high - low) * FAR
        return unit if low - room <= unit <= high + room else None

    def _paint(self, painter: QPainter, lay: _Lay) -> None:
        look = theme()
        painter.setFont(look.font("caption", figures=True))
        self._paint_days(painter, lay)
        self._paint_cost(painter, lay)
        self._paint_line(painter, lay)
        self._paint_cost_words(painter, lay)
        self._paint_marks(painter, lay)
        last = len(self._line) - 1
        end = self._point_of(lay, last)
        strokes.paint_dot(painter, end, hollow=False)
        painter.setFont(look.font("caption", figures=True))
        painter.setPen(look.colour("text"))
        y = min(max(end.y(), px(9)), self.height() - px(BOTTOM) - px(4))
        words = fmt.price(self._line.value(last))
        painter.drawText(QRectF(end.x() + px(GAP), y - px(8), px(200), px(16)), _ONE, words)
        if self._at >= 0:
            self._paint_readout(painter, lay)

    def _paint_days(self, painter: QPainter, lay: _Lay) -> None:
        painter.setPen(theme().colour("text3"))
        font = theme().font("caption", figures=True)
        end = 0.0
        most = max(2, int(lay.area.width() // px(48)))
        for x, label in day_ticks(lay.first, lay.last, most):
            half = width_of(font, label) / 2
            at = lay.x_of(x)
            if at - half >= end and at + half <= self.width() - px(4):
                place = QRectF(at - half - 2, self.height() - px(18), half * 2 + 4, px(16))
                painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), label)
                end = at + half + px(8)

    def _paint_cost(self, painter: QPainter, lay: _Lay) -> None:
        """The dotted line at what was paid."""
        if lay.cost is None:
            return
        y = round(lay.y_of(int(lay.cost)))
        pen = QPen(theme().colour("ctl"), 1)
        pen.setDashPattern([1.5, 2.5])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(lay.area.left(), y + 0.5), QPointF(lay.area.right(), y + 0.5))

    def _paint_cost_words(self, painter: QPainter, lay: _Lay) -> None:
        """What was paid in words, where the price does not run; else on a patch of surface."""
        cost = self._line.cost
        if cost is None or cost <= 0:
            return
        words = f"Your average cost {fmt.price(cost)}"
        area, height = lay.area, px(15)
        if lay.cost is None:
            under = float(cost.scaleb(-self._line.exponent)) < lay.low
            words += ", below" if under else ", above"
            tops = [area.bottom() - height] if under else [area.top() - px(8)]
        else:
            y = round(lay.y_of(int(lay.cost)))
            floor = self.height() - px(BOTTOM) + px(2)
            tops = [top for top in (y - px(16), y + px(2)) if 0 <= top <= floor - height]
        font = theme().font("caption", figures=True)
        wide = width_of(font, words)
        free = max(0.0, area.width() - wide)
        lefts = [area.left() + free * step / PLACES for step in range(PLACES + 1)]
        boxes = [QRectF(left, top, wide, height) for left in lefts for top in tops or [0.0]]
        box = next((one for one in boxes if not self._crossed(lay, one)), None)
        if box is None:
            box = boxes[0]
            painter.fillRect(box.adjusted(-2, 1, 2, -1), theme().colour("surface"))
        painter.setFont(font)
        painter.setPen(theme().colour("text3"))
        painter.drawText(box.adjusted(0, 0, 4, 0), _ONE, words)

    def _crossed(self, lay: _Lay, box: QRectF) -> bool:
        """Whether the price runs through a box."""
        before: float | None = None
        for x, unit in zip(self._line.xs, self._line.units, strict=True):
            at, y = lay.x_of(x), lay.y_of(unit)
            if at >= box.left() - 2:
                low, high = (y, y) if before is None else (min(y, before), max(y, before))
                if low <= box.bottom() and high >= box.top():
                    return True
            if at > box.right() + 2:
                return False
            before = y
        return False

    def _paint_line(self, painter: QPainter, lay: _Lay) -> None:
        look = theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(look.colour("accent"), px(LINE))
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pixels = max(1, int(lay.area.width() * self.devicePixelRatioF()))
        for run in reduced(self._line.xs, self._line.units, (), pixels):
            if isinstance(run, Band):
                above = [QPointF(lay.x_of(x), lay.y_of(high) - px(LINE) / 2)
                         for x, high in zip(run.xs, run.highs, strict=True)]  # fmt: skip
                below = [QPointF(lay.x_of(x), lay.y_of(low) + px(LINE) / 2)
                         for x, low in zip(run.xs, run.lows, strict=True)]  # fmt: skip
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(look.colour("accent"))
                painter.drawPolygon(QPolygonF(above + below[::-1]))
            else:
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                points = [QPointF(lay.x_of(x), lay.y_of(unit))
                          for x, unit in zip(run.xs, run.units, strict=True)]  # fmt: skip
                painter.drawPolyline(QPolygonF(points))
        painter.restore()

    def _paint_marks(self, painter: QPainter, lay: _Lay) -> None:
        """A disc with B or S where it was traded; discs that would overlap are left out."""
        look = theme()
        radius = px(7.5)
        drawn: list[QPointF] = []
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.font("caption", weight=600))
        for mark in self._line.marks:
            at = self._point_of(lay, bisect_left(self._line.xs, mark.x))
            if any((at - other).manhattanLength() < radius * 2 for other in drawn):
                continue
            drawn.append(at)
            painter.setPen(QPen(look.colour("text2"), 1))
            painter.setBrush(look.colour("surface"))
            painter.drawEllipse(at, radius, radius)
            painter.setPen(look.colour("text"))
            box = QRectF(at.x() - radius, at.y() - radius, radius * 2, radius * 2)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), mark.letter)
        painter.restore()

    def _paint_readout(self, painter: QPainter, lay: _Lay) -> None:
        look = theme()
        at = self._point_of(lay, self._at)
        top = lay.area.top()
        painter.fillRect(QRectF(round(at.x()), top, 1, lay.area.height()), look.colour("ctl"))
        strokes.paint_dot(painter, at, hollow=False)
        lines = self.readout(self._at)
        fonts = [look.font("caption", figures=True), look.font("body", weight=600, figures=True)]
        fonts += [look.font("caption", figures=True)] * (len(lines) - 2)
        wide = max(width_of(font, text) for font, text in zip(fonts, lines, strict=True)) + px(16)
        left = at.x() + px(10)
        if left + wide > self.width() - px(4):
            left = at.x() - px(10) - wide
        box = QRectF(round(max(px(2), left)), round(top), round(wide), px(17) * len(lines) + px(8))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(look.colour("line2"), 1))
        painter.setBrush(look.colour("raised"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.restore()
        y = box.top() + px(4)
        for number, (font, text) in enumerate(zip(fonts, lines, strict=True)):
            painter.setFont(font)
            painter.setPen(look.colour("text" if number == 1 else "text3"))
            painter.drawText(QRectF(box.left() + px(8), y, box.width(), px(17)), _ONE, text)
            y += px(17)

    def _point_of(self, lay: _Lay, index: int) -> QPointF:
        return QPointF(lay.x_of(self._line.xs[index]), lay.y_of(self._line.units[index]))

    # going along the line

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        lay = self._lay_out()
        if lay is None:
            return
        share = (event.position().x() - lay.area.left()) / lay.area.width()
        day = lay.first + share * (lay.last - lay.first)
        after = min(bisect_left(self._line.xs, day), len(self._line) - 1)
        before = max(0, after - 1)
        xs = self._line.xs
        self._point(before if day - xs[before] < xs[after] - day else after)

    def leaveEvent(self, _event: QEvent) -> None:  # noqa: N802
        self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        last = len(self._line) - 1
        leap = max(1, last // _LEAPS)
        here = self._at if self._at >= 0 else last + 1
        goal = {
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_PageUp: here - leap,
            Qt.Key.Key_PageDown: here + leap,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if goal is not None and last > 0:
            self._point(max(0, min(last, goal)), speak=True)
        elif event.key() == Qt.Key.Key_Escape and self._at >= 0:
            self._point(-1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self._ring = ringed(event.reason(), self._ring)
        self._focused = True
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:  # noqa: N802
        self._focused = False
        self._point(-1)
        self.update()

    def _point(self, index: int, *, speak: bool = False) -> None:
        if index == self._at:
            return
        self._at = index
        self.update()
        if speak and QAccessible.isActive():
            said = ", ".join(self.readout(index))
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))

    def _describe(self) -> None:
        self.setAccessibleName(f"Price of {self._symbol}, chart" if self._symbol else "Price chart")
        line = self._line
        if len(line) < 2:
            self.setAccessibleDescription(self._words)
            return
        change, share = change_words(line)
        ends = f"{line.span}: {fmt.price(line.value(0))} to {fmt.price(line.value(len(line) - 1))}"
        words = [f"{ends}, {change}" + (f", {fmt.percent(share)}" if share is not None else "")]
        if line.cost is not None:
            words.append(f"Your average cost is {fmt.price(line.cost)}")
        words.append("Left and Right read the prices out.")
        self.setAccessibleDescription(". ".join(words))
