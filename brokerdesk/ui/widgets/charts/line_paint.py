"""The strokes of a value line: grid, area, line, marks, crosshair, read-out.

Colours are read when they are drawn, so a change of theme is one repaint. Figures run left to
right in every interface, and so does time.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts.data import LineData
from brokerdesk.ui.widgets.charts.pixels import px, width_of
from brokerdesk.ui.widgets.charts.plot import BOTTOM, GAP, LINE, Plot

DOT, RING, MARK = 3.5, 2.0, 8.0
_LABEL = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)


def paint_grid(painter: QPainter, plot: Plot, *, private: bool) -> None:
    """Grid lines with values at the right and days below. Private: without values."""
    look, area = theme(), plot.area
    for tick in plot.values:
        _hairline(painter, area.left(), area.right(), tick.at, "line")
    if plot.zero is not None:
        _hairline(painter, area.left(), area.right(), plot.zero, "ctl")
    painter.setFont(look.font("caption", figures=True))
    painter.setPen(look.colour("text3"))
    if not private:
        left = area.right() + px(GAP)
        for tick in plot.values:
            painter.drawText(QRectF(left, tick.at - px(8), px(400), px(16)), _LABEL, tick.label)
    middle = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine)
    below = area.bottom() + px(BOTTOM) - px(19)
    for tick in plot.places:
        painter.drawText(QRectF(tick.at - px(60), below, px(120), px(16)), middle, tick.label)


def paint_line(painter: QPainter, plot: Plot) -> None:
    """The flat area and the line over it; dashes lead over the time that is not known."""
    look = theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("area"))
    for piece in plot.pieces:
        if piece.count() > 1:
            bottom = plot.area.bottom()
            outline = QPolygonF(piece)
            outline.append(QPointF(piece.last().x(), bottom))
            outline.append(QPointF(piece.first().x(), bottom))
            painter.drawPolygon(outline)
    # The fill covers the grid; the picture shows the lines above the curve only, as here.
    painter.setBrush(Qt.BrushStyle.NoBrush)
    bridge = QPen(look.colour("chart2"), 1.4)
    bridge.setDashPattern([4 / 1.4, 3 / 1.4])
    bridge.setCapStyle(Qt.PenCapStyle.FlatCap)
    painter.setPen(bridge)
    for one, other in plot.bridges:
        painter.drawLine(one, other)
    pen = QPen(look.colour("accent"), px(LINE))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    alone = []
    for number, piece in enumerate(plot.pieces):
        if number in plot.bands:
            continue
        if piece.count() > 1:
            painter.drawPolyline(piece)
        else:
            alone.append(piece.first())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("accent"))
    for band in plot.bands.values():
        painter.drawPolygon(band)
    for point in alone:
        painter.drawEllipse(point, px(1.5), px(1.5))
    painter.restore()


def paint_marks(painter: QPainter, plot: Plot, data: LineData) -> None:
    """A triangle on the base line per day with deposits (up) or withdrawals (down)."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().colour("text3"))
    drawn: set[tuple[int, bool]] = set()
    foot, half, tall = plot.area.bottom() - px(1), px(MARK / 2), px(MARK - 1)
    for mark in data.marks:
        at, up = plot.x_of(mark.x), mark.amount > 0
        if (round(at), up) in drawn:
            continue
        drawn.add((round(at), up))
        tip, base = (foot - tall, foot) if up else (foot, foot - tall)
        painter.drawPolygon(
            QPolygonF([QPointF(at, tip), QPointF(at + half, base), QPointF(at - half, base)])
        )
    painter.restore()


def paint_dot(painter: QPainter, at: QPointF, *, hollow: bool) -> None:
    """A point of the line with a ring of surface; hollow when part of its value is older."""
    look = theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("surface"))
    painter.drawEllipse(at, px(DOT) + px(RING) / 2, px(DOT) + px(RING) / 2)
    radius = px(DOT) - px(RING) / 2
    painter.setBrush(look.colour("surface" if hollow else "accent"))
    if hollow:
        painter.setPen(QPen(look.colour("accent"), px(1.5)))
    painter.drawEllipse(at, radius, radius)
    painter.restore()


def paint_crosshair(painter: QPainter, plot: Plot, at: QPointF) -> None:
    look = theme()
    x = round(at.x())
    painter.fillRect(QRectF(x, plot.area.top(), 1, plot.area.height()), look.colour("ctl"))


def paint_readout(painter: QPainter, plot: Plot, at: QPointF, lines: list[str]) -> None:
    """A box beside the crosshair: when, how much, and what is to be said about it."""
    look = theme()
    fonts = [look.font("caption", figures=True), look.font("strong", figures=True)]
    fonts += [look.font("caption", figures=True)] * (len(lines) - 2)
    heights = [px(18 if number == 1 else 16) for number in range(len(lines))]
    width = max(width_of(font, line) for font, line in zip(fonts, lines, strict=True)) + px(20)
    left = at.x() + px(12)
    if left + width > plot.area.right() + px(4):
        left = at.x() - px(12) - width
    left = max(plot.area.left(), left)
    height = round(sum(heights) + px(12))
    box = QRectF(round(left), round(plot.area.top()), round(width), height)
    if plot.crosses(box) and not plot.crosses(low := _lowered(box, plot)):
        box = low
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.colour("line2"), 1))
    painter.setBrush(look.colour("raised"))
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
    painter.restore()
    top = box.top() + px(6)
    for number, (font, line) in enumerate(zip(fonts, lines, strict=True)):
        painter.setFont(font)
        painter.setPen(look.colour("text" if number == 1 else "text3"))
        painter.drawText(
            QRectF(box.left() + px(10), top, box.width(), heights[number]), _LABEL, line
        )
        top += heights[number]


def _lowered(box: QRectF, plot: Plot) -> QRectF:
    """The same box above the marks on the base line."""
    return box.translated(0, round(plot.area.bottom() - px(MARK + 6) - box.bottom()))


def paint_words(painter: QPainter, rect: QRectF, words: str) -> None:
    """What stands in place of a line."""
    look = theme()
    painter.setFont(look.font("body"))
    painter.setPen(look.colour("text3"))
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(rect, int(flags), words)


def paint_focus(painter: QPainter, rect: QRectF) -> None:
    """The ring on the edge."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme().colour("accent"), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)
    painter.restore()


def _hairline(painter: QPainter, left: float, right: float, y: float, token: str) -> None:
    """A filled rectangle is equally thick at every scaling; a drawn line is not."""
    painter.fillRect(QRectF(left, round(y), right - left, 1), theme().colour(token))
