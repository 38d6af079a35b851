"""What the strokes of a chart mean: the stroke and its word."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts.pixels import px, width_of

SIGNS = {"line": 18, "gap": 18, "up": 9, "down": 9}


class LegendItem(QWidget):
    """One stroke: ``line``, ``gap`` (dashes over what is not known), ``up`` or ``down``."""

    def __init__(self, sign: str, text: str) -> None:
        super().__init__()
        self._sign, self._text = sign, text
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        wide = px(SIGNS[self._sign] + 6) + width_of(theme().font("small"), self._text)
        return QSize(int(wide + 0.999), int(px(16)))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        look = theme()
        wide, middle = px(SIGNS[self._sign]), self.height() / 2
        sign = self._at(QRect(0, 0, round(wide), self.height()))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._sign in ("line", "gap"):
            pen = QPen(look.colour("accent" if self._sign == "line" else "chart2"), px(1.8))
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if self._sign == "gap":
                pen.setWidthF(1.4)
                pen.setDashPattern([4 / 1.4, 3 / 1.4])
            painter.setPen(pen)
            painter.drawLine(QPointF(sign.left(), middle), QPointF(sign.left() + wide, middle))
        else:
            tip = px(-3.5) if self._sign == "up" else px(3.5)
            x = sign.left() + wide / 2
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("text3"))
            corners = [(x, middle + tip), (x + px(4), middle - tip), (x - px(4), middle - tip)]
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        painter.restore()
        painter.setFont(look.font("small"))
        painter.setPen(look.colour("text2"))
        left = round(px(SIGNS[self._sign] + 6))
        text = self._at(QRect(left, 0, self.width() - left, self.height()))
        painter.drawText(QRectF(text), int(Qt.AlignmentFlag.AlignVCenter), self._text)

    def _at(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)
