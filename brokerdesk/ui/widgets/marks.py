"""Connection marks: the shape says the state, colour repeats it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.state import MARK_WORDS, Mark

MARK_TONES = {
    Mark.LIVE: "gain",
    Mark.SAVED: "text3",
    Mark.SUSPECT: "warn",
    Mark.SIGN_IN: "loss",
    Mark.FAILED: "loss",
}


def paint_mark(painter: QPainter, mark: Mark, rect: QRectF, token: str = "") -> None:
    """Draw a connection mark: filled dot, half dot, triangle, ring or cross."""
    colour = theme().colour(token or MARK_TONES[mark])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    dot = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    if mark is Mark.LIVE:
        painter.drawEllipse(dot)
    elif mark is Mark.SUSPECT:
        top = QPointF(rect.center().x(), rect.top())
        painter.drawPolygon(QPolygonF([top, rect.bottomRight(), rect.bottomLeft()]))
    else:
        _paint_ring(painter, mark, rect)
    painter.restore()


def _paint_ring(painter: QPainter, mark: Mark, rect: QRectF) -> None:
    colour = painter.brush().color()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, 1.5 * theme().scale))
    ring = rect.adjusted(0.75, 0.75, -0.75, -0.75)
    if mark is Mark.FAILED:
        painter.drawLine(ring.topLeft(), ring.bottomRight())
        painter.drawLine(ring.topRight(), ring.bottomLeft())
    else:
        painter.drawEllipse(ring)
    if mark is Mark.SAVED:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(colour))
        painter.drawPie(ring, 90 * 16, 180 * 16)


class MarkDot(QWidget):
    """A connection mark as a widget."""

    def __init__(self, mark: Mark = Mark.SAVED) -> None:
        super().__init__()
        self._mark = mark
        self.setFixedSize(px(9), px(18))
        theme().changed.connect(self._refresh)
        self.set_mark(mark)

    def set_mark(self, mark: Mark) -> None:
        """Show another state."""
        if mark is self._mark and self.accessibleName():
            return
        self._mark = mark
        self.setAccessibleName(MARK_WORDS[mark])
        self.update()

    def _refresh(self) -> None:
        self.setFixedSize(px(9), px(18))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        side = self.width()
        with QPainter(self) as painter:
            paint_mark(painter, self._mark, QRectF(0, (self.height() - side) / 2, side, side))
