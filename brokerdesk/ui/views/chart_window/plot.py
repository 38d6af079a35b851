"""The plot of a line that is explored, on pyqtgraph. Imported with the first such window only.

This is the border at which exact values become floats: what is in sight is thinned as whole
numbers and measured from its own lowest value, so that no digits of large amounts are lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Decimal
from itertools import pairwise
from math import ceil, floor
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsPathItem,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.chart_window import LEAP, PAN, ZOOM, ChartModel
from brokerdesk.ui.views.chart_window.strokes import Area, Line
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.charts.keyed import ringed
from brokerdesk.ui.widgets.charts.labels import axis_labels
from brokerdesk.ui.widgets.charts.line_paint import DOT, MARK, RING, paint_focus, paint_words
from brokerdesk.ui.widgets.charts.pixels import width_of
from brokerdesk.ui.widgets.charts.plot import BOTTOM, GAP, LABEL_WIDTH, LEFT, LINE, STEP_HEIGHT, TOP
from brokerdesk.ui.widgets.charts.reduce import Band, Run, extent, reduced
from brokerdesk.ui.widgets.charts.scale import day_ticks, value_axis

_WIDE = Context(prec=120)
EDGE = 20


class ChartPlot(QWidget):
    """The line of a model. Wheel and drag go along time; the values follow what is in sight."""

    def __init__(self, model: ChartModel) -> None:
        super().__init__()
        self._model = model
        self._ring = self._placing = False
        self._origin, self._base, self._low, self._high = 0, 0, 0.0, 1.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._build()
        model.changed.connect(self._on_changed)
        model.moved.connect(self._draw)
        model.pointed.connect(self._draw_point)
        theme().changed.connect(self._dress)
        self._dress()
        self._on_changed()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 2, 2, 2)  # the ring is drawn around the plot
        sides = ("left", "right", "bottom")
        axes = {side: pg.AxisItem(side) for side in sides}
        self.view: Any = pg.PlotWidget(enableMenu=False, axisItems=axes)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.view.setAccessibleName("Plot")
        column.addWidget(self.view)
        plot = self.view.getPlotItem()
        plot.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # as time runs everywhere
        plot.showAxis("right")
        plot.hideButtons()
        plot.setContentsMargins(px(LEFT), px(TOP), 0, 0)
        self.box = plot.getViewBox()
        self.box.setMouseEnabled(x=True, y=False)
        self.box.disableAutoRange()
        self.box.setDefaultPadding(0)
        # One axis for lines, one for words: an axis with lines cuts words off at its ends.
        self._grid = plot.getAxis("left")
        self.values, self.days = plot.getAxis("right"), plot.getAxis("bottom")
        self._area, self._bridges = Area(), QGraphicsPathItem()
        self.line = Line(connect="finite")
        self.marks = pg.ScatterPlotItem(pxMode=True)
        self.dot = pg.ScatterPlotItem(pxMode=True)
        self.cross = pg.InfiniteLine(angle=90, movable=False)
        self._zero = pg.InfiniteLine(angle=0, movable=False)
        parts = (self._area, self._zero, self._bridges, self.line, self.marks, self.cross, self.dot)
        for part in parts:
            self.box.addItem(part, ignoreBounds=True)
        self.box.sigXRangeChanged.connect(self._on_range)
        self.box.sigResized.connect(self._on_resized)
        self.view.scene().sigMouseMoved.connect(self._on_mouse)
        self.view.viewport().installEventFilter(self)

    # look

    def _dress(self) -> None:
        look = theme()
        self.view.setBackground(look.colour("surface"))
        font = look.font("caption", figures=True)
        for axis in (self._grid, self.values, self.days):
            axis.setPen(pg.mkPen(None))
            axis.setTextPen(look.colour("text3"))
            axis.setTickPen(pg.mkPen(look.colour("line"), width=1))
            axis.setStyle(tickLength=0, tickFont=font, tickAlpha=0, hideOverlappingLabels=False)
        self.values.setStyle(tickTextOffset=px(GAP))
        self.days.setStyle(tickTextOffset=px(6))
        self.days.setHeight(px(BOTTOM))
        self._grid.setStyle(showValues=False, tickAlpha=255)
        self._grid.setWidth(0)
        self._grid.setGrid(255)
        self._grid.setZValue(-1000)  # the area lies over the lines
        self._area.setPen(QPen(Qt.PenStyle.NoPen))
        self._area.setBrush(look.colour("area"))
        bridge = _pen("chart2", 1.4)
        bridge.setDashPattern([4 / 1.4, 3 / 1.4])
        self._bridges.setPen(bridge)
        self.line.setPen(_pen("accent", LINE * look.scale))
        self.cross.setPen(_pen("ctl", 1))
        self._zero.setPen(_pen("ctl", 1))
        self._draw()

    # drawing

    def _on_changed(self) -> None:
        self.setAccessibleName(f"{self._model.subject.title}, chart")
        data = self._model.data
        self.view.setVisible(not self._model.empty)
        if not self._model.empty:
            self._origin = data.xs[0]
        self._draw()
        self.update()

    def _on_resized(self) -> None:
        self._draw()

    def _draw(self) -> None:
        model = self._model
        self.setAccessibleDescription(model.description())
        if model.empty or self.box.width() < 2:
            return
        data = model.data
        begin, end = model.drawn()
        xs, units = data.xs[begin:end], data.units[begin:end]
        low, high = (Decimal(f"{unit}E{data.exponent}") for unit in extent(units))
        axis = value_axis(low, high, max(1, int(self.box.height() // px(STEP_HEIGHT))))
        # The difference of whole numbers is exact; what is left of it is small.
        self._base = min(units)
        self._low, self._high = self._float(axis.low), self._float(axis.high)
        ticks = axis.ticks()
        labels = axis_labels(ticks, axis.step, data.currency)
        self._show_values([(self._float(tick), label) for tick, label in
                           zip(ticks, labels, strict=True)])  # fmt: skip
        self._place()
        self._show_days()
        breaks = tuple(at - begin for at in data.breaks if begin < at < end)
        runs = reduced(xs, units, breaks, max(1, int(self.box.width() * self.devicePixelRatioF())))
        self._show_runs(runs)
        self._zero.setVisible(axis.low < 0 < axis.high)
        self._zero.setValue(self._float(Decimal(0)))
        self._show_marks()
        self._draw_point()

    def _float(self, value: Decimal) -> float:
        """A value in units above the lowest one in sight."""
        return float(
            _WIDE.subtract(_WIDE.scaleb(value, -self._model.data.exponent), Decimal(self._base))
        )

    def _place(self) -> None:
        model = self._model
        self._placing = True
        margin = self._margin * (model.right - model.left)
        self.box.setRange(
            xRange=(model.left - margin - self._origin, model.right + margin - self._origin),
            yRange=(self._low, self._high),
            padding=0,
            disableAutoRange=False,
        )
        self._placing = False

    @property
    def _margin(self) -> float:
        """Room for the last point's dot at each side, as a share of what is between."""
        side, room = px(DOT) + px(RING), float(self.box.width())
        return side / max(1.0, room - 2 * side)

    def _show_values(self, ticks: list[tuple[float, str]]) -> None:
        font = theme().font("caption", figures=True)
        width = max(width_of(font, label) for _, label in ticks)
        self.values.setWidth(ceil(width) + px(GAP) + px(EDGE))
        self._grid.setTicks([[(at, "") for at, _ in ticks]])
        if self._model.private:
            ticks = [(at, "") for at, _ in ticks]
        self.values.setTicks([ticks])

    def _show_days(self) -> None:
        model, font = self._model, theme().font("caption", figures=True)
        room = self.box.width()
        span, margin = model.right - model.left, self._margin
        found: list[tuple[int, str]] = []
        end = 0.0
        most = max(1, int(room // px(LABEL_WIDTH)))
        for x, label in day_ticks(ceil(model.left), floor(model.right), most):
            at = (x - model.left + margin * span) / (span + 2 * margin * span) * room
            half = width_of(font, label) / 2
            if at - half >= end and at + half <= room + px(EDGE):
                found.append((x - self._origin, label))
                end = at + half + px(8)
        self.days.setTicks([found])

    def _show_runs(self, runs: list[Run | Band]) -> None:
        xs: list[float] = []
        ys: list[float] = []
        edges, bridges = [], QPainterPath()
        for run in runs:
            points = self._points(run)
            if xs:
                xs.append(float("nan"))
                ys.append(float("nan"))
            xs += [x for x, _ in points]
            ys += [y for _, y in points]
            edges.append(self._upper(run))
        for one, other in pairwise(runs):
            bridges.moveTo(QPointF(*self._points(one)[-1]))
            bridges.lineTo(QPointF(*self._points(other)[0]))
        self._area.show_edges(edges, self._low)
        self._bridges.setPath(bridges)
        self.line.setData(np.array(xs), np.array(ys))

    def _points(self, run: Run | Band) -> list[tuple[float, float]]:
        """What the line goes through: of a column, its lowest and its highest."""
        if isinstance(run, Run):
            return self._upper(run)
        places = zip(run.xs, run.lows, run.highs, strict=True)
        return [point for x, low, high in places for point in (self._at(x, low), self._at(x, high))]

    def _upper(self, run: Run | Band) -> list[tuple[float, float]]:
        units = run.highs if isinstance(run, Band) else run.units
        return [self._at(x, unit) for x, unit in zip(run.xs, units, strict=True)]

    def _at(self, x: int, unit: int) -> tuple[float, float]:
        return float(x - self._origin), float(unit - self._base)

    def _show_marks(self) -> None:
        model, brush = self._model, pg.mkBrush(theme().colour("text3"))
        tall = (self._high - self._low) * px(MARK / 2) / max(1.0, self.box.height())
        foot = self._low + tall
        both = {mark.x for mark in model.data.marks if mark.amount > 0}
        spots = [
            {
                # What went on a day on which something came stands over it.
                "pos": (
                    mark.x - self._origin,
                    foot + (2 * tall if mark.amount < 0 and mark.x in both else 0),
                ),
                "symbol": "t1" if mark.amount > 0 else "t",
                "size": px(MARK),
                "brush": brush,
                "pen": None,
            }
            for mark in model.data.marks
            if model.left <= mark.x <= model.right
        ]
        self.marks.setData(spots)

    def _draw_point(self) -> None:
        model = self._model
        if model.empty:
            return
        at, look = model.at, theme()
        x, y = self._at(model.data.xs[at], model.data.units[at])
        self.cross.setVisible(model.pointing)
        self.cross.setValue(x)
        hollow = model.data.is_carried(at) > 0
        ring = _pen("accent" if hollow else "surface", px(2))
        fill = look.colour("surface" if hollow else "accent")
        self.dot.setData([x], [y], size=px(DOT) * 2 + 2, symbol="o", pen=ring, brush=fill)

    # hand

    def _on_range(self, _box: object, bounds: tuple[float, float]) -> None:
        if not self._placing and not self._model.empty:
            left, right = bounds
            margin = self._margin / (1 + 2 * self._margin) * (right - left)
            model, before = self._model, (self._model.left, self._model.right)
            model.look(left + margin + self._origin, right - margin + self._origin)
            if (model.left, model.right) == before:
                self._place()  # there is no more of the line

    def _on_mouse(self, place: QPointF) -> None:
        if self._model.empty:
            return
        inside = self.box.sceneBoundingRect().adjusted(-px(8), 0, px(8), 0).contains(place)
        x = float(self.box.mapSceneToView(place).x()) + self._origin
        self._model.point(x if inside else None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Leave:
            self._model.point(None)
        return super().eventFilter(watched, event)

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if not self.take_key(event):
            super().keyPressEvent(event)

    def take_key(self, event: QKeyEvent) -> bool:
        """Do what a key means here; False: nothing."""
        model, key = self._model, Qt.Key(event.key())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and key in _STEPS:
            model.step(_STEPS[key])
            announce(self, model.readout().spoken)
        elif key in _PANS:
            model.pan(_PANS[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            model.zoom(1 / ZOOM, self._middle())
        elif key == Qt.Key.Key_Minus:
            model.zoom(ZOOM, self._middle())
        elif key == Qt.Key.Key_Home:
            model.reset()
        elif key == Qt.Key.Key_Escape and model.pointing:
            model.point(None)
        else:
            return False
        return True

    def _middle(self) -> float | None:
        """Keys zoom around the point that is read out, else around the newest one."""
        return float(self._model.data.xs[self._model.at]) if self._model.pointing else None

    @contextmanager
    def unmarked(self) -> Iterator[None]:
        """Without the focus ring: for a picture of it."""
        ring, self._ring = self._ring, False
        try:
            yield
        finally:
            self._ring = ring

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self._ring = ringed(event.reason(), self._ring)
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:  # noqa: N802
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            rect = QRectF(self.rect())
            painter.fillRect(rect, theme().colour("surface"))
            if self._model.empty:
                paint_words(painter, rect, self._model.nothing)
            if self._ring and self.hasFocus():
                paint_focus(painter, rect)


_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_PANS = {
    Qt.Key.Key_Left: -PAN,
    Qt.Key.Key_Right: PAN,
    Qt.Key.Key_PageUp: -LEAP,
    Qt.Key.Key_PageDown: LEAP,
}


def _pen(token: str, width: float) -> QPen:
    """A pen as wide on the screen whatever part of the line is seen."""
    pen = QPen(theme().colour(token), width)
    pen.setCosmetic(True)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
