"""Line and area of the plot, drawn so that dense ones take milliseconds.

Measured with a point or two per pixel, each at another height: Qt takes a second to stroke a path
wider than a pixel, a tenth of one to stroke its pieces under a transformation or to fill what lies
below; piece by piece, in pixels, it takes some 10 ms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite

import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPainter, QPainterPath, QPolygonF
from PySide6.QtWidgets import QGraphicsPathItem, QStyleOptionGraphicsItem, QWidget

_TOGETHER = 16
"""Points that are stroked or filled at once."""
_DENSE = 600
"""A line of more points is drawn stroke by stroke."""


class Line(pg.PlotCurveItem):  # type: ignore[misc]  # the library tells no types
    """A line whose pieces are drawn in pixels."""

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        xs, ys = self.getData()
        if xs is None or len(xs) < 2:
            return
        at = painter.worldTransform()
        across, down = xs * at.m11() + at.dx(), ys * at.m22() + at.dy()
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self.opts["pen"])
        places = list(zip(across.tolist(), down.tolist(), strict=True))
        if len(places) > _DENSE:
            painter.drawLines(_strokes(places))
        else:
            for piece in _pieces(places):
                painter.drawPolyline(piece)
        painter.restore()


def _strokes(places: Sequence[tuple[float, float]]) -> list[QLineF]:
    """Each stroke by itself, where corners are too near to each other to be seen."""
    return [
        QLineF(*one, *other)
        for one, other in pairwise(places)
        if isfinite(one[1]) and isfinite(other[1])
    ]


def _pieces(places: Sequence[tuple[float, float]]) -> Iterator[QPolygonF]:
    """The line in short pieces; each goes back to the stroke before, so that corners stay round."""
    piece: list[QPointF] = []
    for x, y in places:
        if not isfinite(y):
            if len(piece) > 1:
                yield QPolygonF(piece)
            piece = []
            continue
        piece.append(QPointF(x, y))
        if len(piece) > _TOGETHER:
            yield QPolygonF(piece)
            piece = piece[-2:]
    if len(piece) > 1:
        yield QPolygonF(piece)


class Area(QGraphicsPathItem):
    """What lies under edges. The line covers them, so smoothing would only take time."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[QPolygonF] = []

    def show_edges(self, edges: Sequence[Sequence[tuple[float, float]]], foot: float) -> None:
        """Fill from each of these edges down to ``foot``."""
        self._pieces = []
        whole = QPainterPath()
        for edge in edges:
            for begin in range(0, len(edge) - 1, _TOGETHER):
                part = [QPointF(x, y) for x, y in edge[begin : begin + _TOGETHER + 1]]
                down = [QPointF(part[-1].x(), foot), QPointF(part[0].x(), foot)]
                self._pieces.append(QPolygonF([*part, *down]))
        for piece in self._pieces:
            whole.addRect(piece.boundingRect())
        self.setPath(whole)  # tells the scene how far it reaches

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self.pen())
        painter.setBrush(self.brush())
        for piece in self._pieces:
            painter.drawPolygon(piece)
        painter.restore()
