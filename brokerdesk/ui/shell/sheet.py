"""The sheet that everything but menus, rail and status bar lies on: a rounded corner, two lines."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.theme import px, theme

RADIUS = 8


class Sheet(QWidget):
    """A column of parts. Its line at the left and above is one pixel, drawn here."""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(1, 1, 0, 0)
        self.column.setSpacing(0)
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            paint_sheet(painter, self)


def paint_sheet(painter: QPainter, sheet: QWidget) -> None:
    """Draw the sheet, in its own coordinates."""
    look, radius = theme(), px(RADIUS)
    painter.save()
    painter.fillRect(sheet.rect(), look.colour("canvas"))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if sheet.layoutDirection() == Qt.LayoutDirection.RightToLeft:
        painter.translate(sheet.width(), 0)
        painter.scale(-1, 1)
    box = QRectF(sheet.rect()).adjusted(0.5, 0.5, 2, 2)
    path = QPainterPath()
    path.moveTo(box.left(), box.bottom())
    path.lineTo(box.left(), box.top() + radius)
    path.arcTo(box.left(), box.top(), 2 * radius, 2 * radius, 180, -90)
    path.lineTo(box.right(), box.top())
    path.lineTo(box.right(), box.bottom())
    path.closeSubpath()
    painter.setPen(QPen(look.colour("line"), 1))
    painter.setBrush(look.colour("surface"))
    painter.drawPath(path)
    painter.restore()


def paint_ground(painter: QPainter, part: QWidget, area: QRect) -> None:
    """Draw what of the sheet lies under ``area`` of one of its parts. That is opaque then: nothing
    under it is painted when something on it changes.
    """
    sheet = part.parentWidget()
    if sheet is None or part.y() + area.top() > px(RADIUS) + 1:
        painter.fillRect(area, theme().colour("surface"))
        return
    painter.save()
    painter.translate(-part.x(), -part.y())
    paint_sheet(painter, sheet)
    painter.restore()
