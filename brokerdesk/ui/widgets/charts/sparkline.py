"""A line without axes for a row or a corner: the shape of a value over time, and its end."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts.data import LineData, change_percent
from brokerdesk.ui.widgets.charts.labels import spoken_change
from brokerdesk.ui.widgets.charts.pixels import px
from brokerdesk.ui.widgets.charts.reduce import Band, extent, reduced


def paint_sparkline(painter: QPainter, rect: QRectF, xs: array[int], units: Sequence[int]) -> None:
    """Draw the line into ``rect``; for delegates too. Nothing is drawn of nothing."""
    if not xs:
        return
    look = theme()
    inner = rect.adjusted(px(2), px(3), -px(3), -px(3))
    low, high = extent(units)
    length, height = max(1, xs[-1] - xs[0]), high - low

    def point(x: int, unit: int) -> QPointF:
        across = (x - xs[0]) / length if len(xs) > 1 else 1.0
        up = (unit - low) / height if height else 0.5
        return QPointF(inner.left() + across * inner.width(), inner.bottom() - up * inner.height())

    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(look.colour("accent"), px(1.4))
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for run in reduced(xs, units, (), max(1, int(inner.width()))):
        pairs = _zigzag(run) if isinstance(run, Band) else zip(run.xs, run.units, strict=True)
        painter.drawPolyline(QPolygonF([point(x, unit) for x, unit in pairs]))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("accent"))
    painter.drawEllipse(point(xs[-1], units[-1]), px(2), px(2))
    painter.restore()


def _zigzag(band: Band) -> list[tuple[int, int]]:
    points = []
    for x, low, high in zip(band.xs, band.lows, band.highs, strict=True):
        points += [(x, low), (x, high)]
    return [(band.xs[0], band.first), *points, (band.xs[-1], band.last)]


class Sparkline(QWidget):
    """A sparkline as a widget. It says by its name what it shows and how that changed."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name, self._data, self._private = name, LineData(), False
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)
        self._describe()

    def show_data(self, data: LineData) -> None:
        self._data = data
        self._describe()
        self.update()

    def set_private(self, private: bool) -> None:
        """Keep amounts from screen readers; nothing of them is drawn anyway."""
        self._private = private
        self._describe()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(int(px(96)), int(px(28)))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            paint_sparkline(painter, QRectF(self.rect()), self._data.xs, self._data.units)

    def _describe(self) -> None:
        data = self._data
        said = "no data"
        if data:
            first, last = data.value(0), data.value(len(data) - 1)
            share = change_percent(first, last)
            said = spoken_change(last - first, share, data.currency, private=self._private)
        span = f", {data.span}" if data.span else ""
        self.setAccessibleName(f"{self._name}{span}: {said}")
