"""Whether a line is drawn at all: for the self test of a program that may lack a part."""

from __future__ import annotations

from array import array
from datetime import date

from brokerdesk.clock import SystemClock
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.chart_window import ChartModel, Subject
from brokerdesk.ui.views.chart_window.plot import ChartPlot
from brokerdesk.ui.widgets.charts.data import LineData

_DAYS = range(739_000, 739_020)


def draws() -> bool:
    """Draw a line that rises, and look for its colour in the picture."""
    model = ChartModel(Subject(title="Self test"), SystemClock().now)
    model.show_line(LineData(xs=array("i", _DAYS), units=_DAYS), date.fromordinal(_DAYS[-1]))
    plot = ChartPlot(model)
    plot.resize(320, 200)
    picture = plot.grab().toImage()
    accent = theme().colour("accent").rgb()
    seen = any(
        picture.pixel(x, y) == accent
        for x in range(picture.width())
        for y in range(picture.height())
    )
    plot.deleteLater()
    return seen
