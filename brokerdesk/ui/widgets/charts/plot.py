"""Where everything of a value line lies: rectangle, axes, and the line as polygons of pixels.

Computed once per data, size and scale; hovering only draws over it. This is the border at which
exact values become floats.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Context, Decimal
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPolygonF

from brokerdesk.facts import dataclass
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts.data import LineData
from brokerdesk.ui.widgets.charts.labels import axis_labels
from brokerdesk.ui.widgets.charts.pixels import px, width_of
from brokerdesk.ui.widgets.charts.reduce import Band, Run, extent, reduced
from brokerdesk.ui.widgets.charts.scale import day_ticks, time_ticks, value_axis

_WIDE = Context(prec=120)
TOP, BOTTOM, LEFT, RIGHT, GAP = 14, 26, 20, 20, 10
STEP_HEIGHT, LABEL_WIDTH = 55, 62
LINE = 1.8


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at a place of its axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """``pieces`` are the line where it is known; ``bridges`` lead over what is not.

    A piece in ``bands`` has so many points that it is an outline to be filled; its entry in
    ``pieces`` is the upper edge.
    """

    area: QRectF
    values: tuple[Tick, ...]
    places: tuple[Tick, ...]
    zero: float | None
    pieces: tuple[QPolygonF, ...]
    bands: dict[int, QPolygonF]
    bridges: tuple[tuple[QPointF, QPointF], ...]
    first: int
    last: int
    base: int
    offset: float
    length: float

    def x_of(self, x: int) -> float:
        """The pixel of a place; a single one lies at the right, where the newest value is."""
        if self.last == self.first:
            return self.area.right()
        return self.area.left() + (x - self.first) / (self.last - self.first) * self.area.width()

    def y_of(self, unit: int) -> float:
        """The pixel of a value."""
        # The difference of whole numbers is exact, so no digits of huge values are lost.
        share = (unit - self.base - self.offset) / self.length
        return self.area.bottom() - share * self.area.height()

    def crosses(self, box: QRectF) -> bool:
        """Whether the line goes through ``box``."""
        return any(
            box.left() <= point.x() <= box.right() and box.top() <= point.y() <= box.bottom()
            for piece in (*self.pieces, *self.bands.values())
            for point in piece.toList()
        )

    def place_at(self, pixel: float) -> float:
        """The place under a pixel."""
        share = (pixel - self.area.left()) / max(1.0, self.area.width())
        return self.first + share * (self.last - self.first)


def lay_out(data: LineData, size: QSizeF, ratio: float) -> Plot | None:
    """The plot of ``data`` in a widget of that size; None when there is nothing or no room."""
    height = size.height() - px(TOP) - px(BOTTOM)
    if not data or height < 8:
        return None
    low, high = (Decimal(f"{unit}E{data.exponent}") for unit in extent(data.units))
    axis = value_axis(low, high, max(1, int(height // px(STEP_HEIGHT))))
    ticks = axis.ticks()
    labels = axis_labels(ticks, axis.step, data.currency)
    font = theme().font("caption", figures=True)
    margin = px(GAP) + max(width_of(font, label) for label in labels) + px(RIGHT)
    area = QRectF(px(LEFT), px(TOP), size.width() - px(LEFT) - margin, height)
    if area.width() < 8:
        return None
    lowest = _WIDE.scaleb(axis.low, -data.exponent)
    base_unit = int(lowest.to_integral_value(ROUND_FLOOR, context=_WIDE))
    base = Plot(
        area=area,
        values=(),
        places=(),
        zero=None,
        pieces=(),
        bands={},
        bridges=(),
        first=data.xs[0],
        last=data.xs[-1],
        base=base_unit,
        offset=float(_WIDE.subtract(lowest, base_unit)),
        length=float(_WIDE.scaleb(_WIDE.subtract(axis.high, axis.low), -data.exponent)),
    )
    runs = reduced(data.xs, data.units, data.breaks, max(1, int(area.width() * ratio)))
    pieces = [_polygon(base, run) for run in runs]
    rows = [
        Tick(area.bottom() - number / (len(ticks) - 1) * height, label)
        for number, label in enumerate(labels)
    ]
    crosses = axis.low < 0 < axis.high
    return Plot(
        area=area,
        values=tuple(rows),
        places=_place_ticks(base, data.intraday),
        zero=base.y_of(0) if crosses else None,
        pieces=tuple(pieces),
        bands={
            number: _outline(base, run) for number, run in enumerate(runs) if isinstance(run, Band)
        },
        bridges=tuple((_end(base, one), _start(base, other)) for one, other in pairwise(runs)),
        first=base.first,
        last=base.last,
        base=base.base,
        offset=base.offset,
        length=base.length,
    )


def _polygon(plot: Plot, run: Run | Band) -> QPolygonF:
    x_of, y_of = plot.x_of, plot.y_of
    units = run.highs if isinstance(run, Band) else run.units
    return QPolygonF([QPointF(x_of(x), y_of(unit)) for x, unit in zip(run.xs, units, strict=True)])


def _outline(plot: Plot, band: Band) -> QPolygonF:
    """Upper edge forth and lower edge back, as thick as the line would be drawn."""
    x_of, y_of, half = plot.x_of, plot.y_of, px(LINE) / 2
    xs = [x_of(x) for x in band.xs]
    above = [QPointF(x, y_of(unit) - half) for x, unit in zip(xs, band.highs, strict=True)]
    below = [QPointF(x, y_of(unit) + half) for x, unit in zip(xs, band.lows, strict=True)]
    return QPolygonF(above + below[::-1])


def _start(plot: Plot, run: Run | Band) -> QPointF:
    unit = run.first if isinstance(run, Band) else run.units[0]
    return QPointF(plot.x_of(run.xs[0]), plot.y_of(unit))


def _end(plot: Plot, run: Run | Band) -> QPointF:
    unit = run.last if isinstance(run, Band) else run.units[-1]
    return QPointF(plot.x_of(run.xs[-1]), plot.y_of(unit))


def _place_ticks(plot: Plot, intraday: bool) -> tuple[Tick, ...]:
    """Labels below, without those that would be cut off or touch their neighbour."""
    most = int(plot.area.width() // px(LABEL_WIDTH))
    if plot.first == plot.last:
        most = 1
    find = time_ticks if intraday else day_ticks
    font = theme().font("caption", figures=True)
    found: list[Tick] = []
    end = 0.0
    for x, label in find(plot.first, plot.last, most):
        at, half = plot.x_of(x), width_of(font, label) / 2
        if at - half >= max(end, 0) and at + half <= plot.area.right() + px(RIGHT):
            found.append(Tick(at, label))
            end = at + half + px(8)
    return tuple(found)
