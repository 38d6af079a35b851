"""An order's timeline: what happened when, what nobody knows, what is still to come.

A disc with a tick is done, a rounded square with a tick filled, a dashed disc with a question mark
unknown, an octagon refused, an empty circle to come. It knows steps and no order.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.format import upright
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.order_steps import DONE, FAILED, FILLED, TODO, UNKNOWN, Step
from brokerdesk.ui.widgets.announce import alert

DISC = 18
LEAST, MOST = 112, 190
GAP, LINE_GAP = 12, 14
_TONES = {DONE: "accent", FILLED: "gain", UNKNOWN: "warn", FAILED: "loss", TODO: "ctl"}
_WORDS = {UNKNOWN: "warn", FAILED: "loss", TODO: "text3"}


class Timeline(QWidget):
    """The steps, left to right, in as many lines as the width asks for."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: tuple[Step, ...] = ()
        self._key = ""
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Timeline")
        theme().changed.connect(self._refresh)

    def show_steps(self, key: str, steps: tuple[Step, ...]) -> None:
        """Show the steps of the order ``key``. That it becomes unknown is said aloud."""
        if (key, steps) == (self._key, self.steps):
            return
        before, same = self.steps, key == self._key
        self._key, self.steps = key, steps
        spoken = "; ".join(step.spoken for step in steps)
        self.setAccessibleName(f"Timeline: {spoken}." if spoken else "Timeline")
        doubt = next((step for step in steps if step.kind == UNKNOWN), None)
        if doubt is not None and not (same and any(one.kind == UNKNOWN for one in before)):
            alert(self, doubt.spoken)
        self._refresh()

    # sizes

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        rows = self._rows(width)
        return sum(self._row_height(row, width) for row in rows) + px(LINE_GAP) * (len(rows) - 1)

    def sizeHint(self) -> QSize:  # noqa: N802
        width = self.width() if self.width() > px(LEAST) else px(MOST) * max(1, len(self.steps))
        return QSize(width, max(0, self.heightForWidth(width)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(LEAST), max(0, self.heightForWidth(max(self.width(), px(LEAST)))))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _per_row(self, width: int) -> int:
        return max(1, min(len(self.steps), width // px(LEAST)))

    def _rows(self, width: int) -> list[tuple[Step, ...]]:
        if not self.steps:
            return []
        each = self._per_row(width)
        return [self.steps[n : n + each] for n in range(0, len(self.steps), each)]

    def _step_width(self, width: int) -> int:
        return min(px(MOST), width // self._per_row(width)) if self.steps else px(MOST)

    def _row_height(self, row: tuple[Step, ...], width: int) -> int:
        room = self._step_width(width) - px(GAP)
        words = max(sum(self._height(*line, room) for line in self._lines(step)) for step in row)
        return px(DISC + 4) + words

    def _lines(self, step: Step) -> list[tuple[str, QFont, str]]:
        """Text, font and colour of the lines below a mark."""
        look = theme()
        tone = _WORDS.get(step.kind, "text")
        found = [(step.title, look.font("small", weight=400 if step.kind == TODO else 600), tone)]
        if step.time:
            found.append((step.time, look.font("caption", figures=True), "text2"))
        if step.note:
            found.append((step.note, look.font("caption"), "text2"))
        return found

    def _height(self, text: str, font: QFont, _tone: str, room: int) -> int:
        return len(_wrapped(text, font, room)) * self._pitch(font)

    @staticmethod
    def _pitch(font: QFont) -> int:
        small = theme().font("small").pixelSize()
        return theme().line("small" if font.pixelSize() >= small else "caption")

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        width = self.width()
        step_width = self._step_width(width)
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            y, number = 0, 0
            for row in self._rows(width):
                for place, step in enumerate(row):
                    x = place * step_width
                    if mirrored:
                        x = width - x - step_width
                    if number + 1 < len(self.steps) and place + 1 < len(row):
                        self._link(painter, x, y, step_width, self.steps[number + 1], mirrored)
                    self._mark(painter, x, y, step_width, step, mirrored)
                    self._text(painter, x, y + px(DISC + 4), step_width, step, mirrored)
                    number += 1
                y += self._row_height(row, width) + px(LINE_GAP)

    def _link(
        self, painter: QPainter, x: int, y: int, width: int, after: Step, mirrored: bool
    ) -> None:
        todo = after.kind == TODO
        pen = QPen(theme().colour("line2" if todo else "accent"), 2 * theme().scale)
        if todo:
            pen.setDashPattern([2.5, 2])
        painter.setPen(pen)
        middle = y + px(DISC) / 2
        left, right = x + px(DISC + 5), x + width - px(5)
        if mirrored:
            left, right = x + px(5), x + width - px(DISC + 5)
        painter.drawLine(QPointF(left, middle), QPointF(right, middle))

    def _mark(
        self, painter: QPainter, x: int, y: int, width: int, step: Step, mirrored: bool
    ) -> None:
        side = px(DISC)
        box = QRectF(x + width - side if mirrored else x, y, side, side).adjusted(1, 1, -1, -1)
        colour = theme().colour(_TONES.get(step.kind, "accent"))
        if step.kind in (DONE, FILLED, FAILED):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            if step.kind == DONE:
                painter.drawEllipse(box)
            elif step.kind == FILLED:
                painter.drawRoundedRect(box, px(4), px(4))
            else:
                painter.drawPolygon(_octagon(box))
            pen = QPen(theme().colour("surface"), 1.6 * theme().scale)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            for line in _CROSS if step.kind == FAILED else _TICK:
                painter.drawPolyline(_in(box, line))
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(colour, 1.5 * theme().scale)
        if step.kind == UNKNOWN:
            pen.setDashPattern([2, 1.6])
            painter.setBrush(theme().colour("warnSoft"))
        painter.setPen(pen)
        painter.drawEllipse(box)
        if step.kind == UNKNOWN:
            font = QFont(theme().font("small", weight=700))
            painter.setFont(font)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), "?")

    def _text(
        self, painter: QPainter, x: int, y: int, width: int, step: Step, mirrored: bool
    ) -> None:
        room = width - px(GAP)
        for text, font, tone in self._lines(step):
            painter.setFont(font)
            painter.setPen(theme().colour(tone))
            pitch = self._pitch(font)
            metrics = QFontMetricsF(font)
            base = (pitch + metrics.ascent() - metrics.descent()) / 2
            for line in _wrapped(text, font, room):
                left = x + width - metrics.horizontalAdvance(line) if mirrored else x
                painter.drawText(QPointF(left, y + base), upright(line))
                y += pitch

    def _refresh(self) -> None:
        self.updateGeometry()
        self.update()


_TICK = (((0.28, 0.53), (0.44, 0.68), (0.73, 0.35)),)
_CROSS = (((0.34, 0.34), (0.66, 0.66)), ((0.66, 0.34), (0.34, 0.66)))


def _in(box: QRectF, line: tuple[tuple[float, float], ...]) -> list[QPointF]:
    return [QPointF(box.left() + a * box.width(), box.top() + b * box.height()) for a, b in line]


def _octagon(box: QRectF) -> QPolygonF:
    cut = 0.3
    corners = ((cut, 0), (1 - cut, 0), (1, cut), (1, 1 - cut), (1 - cut, 1), (cut, 1),
               (0, 1 - cut), (0, cut))  # fmt: skip
    return QPolygonF(_in(box, corners))


def _wrapped(text: str, font: QFont, room: int) -> list[str]:
    """The lines of a text in so much room; a word that is wider is broken."""
    layout = QTextLayout(text, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    found = []
    raw = text.encode("utf-16-le")  # Qt counts as UTF-16 does
    layout.beginLayout()
    line = layout.createLine()
    while line.isValid():
        line.setLineWidth(max(20, room))
        begin, length = line.textStart() * 2, line.textLength() * 2
        found.append(raw[begin : begin + length].decode("utf-16-le", "replace").strip())
        line = layout.createLine()
    layout.endLayout()
    return found
