"""The window in which a line is explored: hand and keys, words, looks, and what it takes along."""

from __future__ import annotations

import csv
import gc
import json
import os
import subprocess
import sys
import weakref
from array import array
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk
from support.overview import TODAY, FakeHistories, a_history
from support.ui_widgets import press, shown_text, unnamed

from brokerdesk.services.csv_table import to_csv
from brokerdesk.services.history_ranges import Range
from brokerdesk.services.price_history import PriceAsk, PriceHistory, Trade
from brokerdesk.ui import charts
from brokerdesk.ui.charts import Charts
from brokerdesk.ui.models.chart_columns import chart_export, chart_rows
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels import overview_notices as needs
from brokerdesk.ui.viewmodels.state import Figures, PositionRow
from brokerdesk.ui.viewmodels.ticket_trades import target_of
from brokerdesk.ui.views.chart_window import library
from brokerdesk.ui.views.chart_window.plot import ChartPlot
from brokerdesk.ui.views.chart_window.strokes import _pieces, _strokes
from brokerdesk.ui.views.chart_window.window import NOT_LOADED, ChartWindow
from brokerdesk.ui.views.overview.page import OverviewPage
from brokerdesk.ui.views.positions.inspector import Inspector
from brokerdesk.ui.widgets.charts.data import FlowMark, LineData

D = Decimal
LAST = TODAY.toordinal()
PAST = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)
Open = Callable[..., ChartWindow]


@pytest.fixture(autouse=True)
def _plain() -> Iterator[None]:
    library.load()
    yield
    privacy().set(False)
    theme().set_scale(1.0)
    theme().apply("light")


class FakePrices:
    """A ``PricePort`` that answers at once; ``asked`` lists until when."""

    def __init__(self, days: int = 300) -> None:
        self.asked: list[datetime | None] = []
        self.days = days

    def stored(self, ask: PriceAsk, done: Callable[[PriceHistory], object], failed: Any) -> None:
        del failed
        self.asked.append(ask.until)
        first = LAST - self.days + 1
        done(
            PriceHistory(
                ask=ask,
                days=array("i", range(first, LAST + 1)),
                units=[10_000 + 10 * n for n in range(self.days)],
                exponent=-2,
                trades=(Trade(day=LAST - 5, quantity=D(7)),),
            )
        )

    def fetch(self, ask: PriceAsk, done: Any, failed: Any) -> None:
        raise AssertionError("nothing newer was offered")


class Desktop:
    """A window with its charts, over figures and a history of the test's own."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.histories = FakeHistories(a_history(400))
        self.memory: QSettings | None = None
        self.prices = FakePrices()
        self.desk: FakeDesk
        self.charts: Charts

    def start(self, figures: Figures | None = None) -> None:
        self.desk = FakeDesk(figures, services=SimpleNamespace(history=self.histories))
        self.desk.memory = self.memory
        self.window = QWidget()
        self.qtbot.addWidget(self.window)
        self.window.show()
        self.charts = Charts(self.window, self.desk, prices=self.prices)

    def open(self, target: str = "value") -> ChartWindow:
        if not hasattr(self, "charts"):
            self.start()
        self.charts.do(target)
        window = self.charts.windows[target]
        self.qtbot.waitExposed(window)
        QCoreApplication.processEvents()
        return window


@pytest.fixture
def desktop(qtbot: QtBot) -> Iterator[Desktop]:
    made = Desktop(qtbot)
    yield made
    for window in list(made.charts.windows.values()):
        window.close()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


LONG = [(float(n), float(n % 3)) for n in range(5, 45)]


def colours(plot: ChartPlot) -> set[int]:
    QCoreApplication.processEvents()
    picture = plot.grab().toImage()
    return {
        picture.pixel(x, y)
        for x in range(0, picture.width(), 2)
        for y in range(0, picture.height(), 2)
    }


def plot_of(window: ChartWindow) -> ChartPlot:
    assert window.plot is not None
    return window.plot


def axis_words(plot: ChartPlot) -> list[str]:
    """What stands at the values."""
    return [label for _, label in plot.values._tickLevels[0]]


def wheel(plot: ChartPlot, notches: int) -> None:
    view = plot.view.viewport()
    middle = QPointF(view.width() / 2, view.height() / 2)
    event = QWheelEvent(
        middle, view.mapToGlobal(middle), QPoint(), QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def drag(view: QWidget, place: QPoint) -> None:
    at = QPointF(place)
    move = QMouseEvent(
        QEvent.Type.MouseMove, at, view.mapToGlobal(at), Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(view, move)


def test_it_shows_the_last_year_and_reads_the_newest_value_out(desktop: Desktop) -> None:
    window = desktop.open()
    model, plot = window.model, plot_of(window)
    assert window.windowTitle() == "Total value — BrokerDesk"
    assert model.choice is Range.YEAR
    assert window.ranges.choice == "1Y"
    assert (model.left, model.right) == (LAST - 365, LAST)
    assert "20 Nov 2026" in window.readout.text()
    assert "$100,399.00" in window.readout.text()
    assert "+$365.00" in window.readout.text()
    assert "since 20 Nov 2025" in window.readout.text()
    assert plot.accessibleName() == "Total value, chart"
    for words in ("1 year: 20 Nov 2025 $100,034.00 to 20 Nov 2026 $100,399.00", "up $365.00"):
        assert words in plot.accessibleDescription()
    assert all(word.startswith("$") for word in axis_words(plot))
    assert not unnamed(window)


def test_wheel_and_keys_zoom_and_go_along_time(desktop: Desktop, qtbot: QtBot) -> None:
    window = desktop.open()
    model, plot = window.model, plot_of(window)
    wide = model.right - model.left
    wheel(plot, 3)
    assert model.right - model.left < wide
    assert model.choice is None
    assert window.ranges.choice == ""
    qtbot.keyClick(plot, Qt.Key.Key_Home)
    assert (model.left, model.right) == (LAST - 399, LAST)
    assert window.ranges.choice == "All"
    qtbot.keyClick(plot, Qt.Key.Key_Plus)
    left, right = model.left, model.right
    assert right == LAST
    assert left > LAST - 399
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert model.left < left
    assert model.right < right
    assert model.right - model.left == pytest.approx(right - left)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert model.right == pytest.approx(right)
    qtbot.keyClick(plot, Qt.Key.Key_Minus)
    qtbot.keyClick(plot, Qt.Key.Key_Minus)
    assert (model.left, model.right) == (LAST - 399, LAST), "there is no more than all of it"
    window.copy_button.setFocus()
    qtbot.keyClick(window.copy_button, Qt.Key.Key_Plus)
    assert model.left > LAST - 399, "from a button, too"
    press(window, "1 month")
    assert (model.left, model.right) == (date(2026, 10, 20).toordinal(), LAST)
    press(window, "Reset, show all of it")
    assert model.left == LAST - 399


def test_a_drag_goes_along_time_and_the_values_follow(desktop: Desktop, qtbot: QtBot) -> None:
    window = desktop.open()
    model, plot = window.model, plot_of(window)
    press(window, "3 months")
    before, words = model.left, axis_words(plot)
    view, middle = plot.view.viewport(), plot.view.viewport().rect().center()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(20, 180, 20):
        drag(view, middle + QPoint(step, 0))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=middle + QPoint(160, 0))
    assert model.left < before
    assert axis_words(plot) != words
    low, high = plot.box.viewRange()[1]
    units = model.data.units[model.begin : model.last + 1]
    base = min(model.data.units[slice(*model.drawn())])
    assert low <= min(units) - base
    assert max(units) - base <= high


def test_the_crosshair_reads_out_what_it_is_over(desktop: Desktop, qtbot: QtBot) -> None:
    window = desktop.open()
    model, plot = window.model, plot_of(window)
    newest = window.readout.text()
    box = plot.box.sceneBoundingRect()
    plot.view.scene().sigMouseMoved.emit(box.center())
    assert plot.cross.isVisible()
    assert window.readout.text() != newest
    assert model.data.xs[model.at] == pytest.approx(LAST - 365 / 2, abs=2)
    QApplication.sendEvent(plot.view.viewport(), QEvent(QEvent.Type.Leave))
    assert not plot.cross.isVisible()
    assert window.readout.text() == newest
    shift = Qt.KeyboardModifier.ShiftModifier
    for _ in range(11):
        qtbot.keyClick(plot, Qt.Key.Key_Left, shift)
    assert model.data.xs[model.at] == LAST - 10
    assert "Deposit $5,000.00" in window.readout.text()
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert not model.pointing
    assert window.isVisible()
    qtbot.keyClick(plot, Qt.Key.Key_Escape)
    assert not desktop.charts.windows


def test_hidden_amounts_are_nowhere(desktop: Desktop) -> None:
    window = desktop.open()
    plot = plot_of(window)
    privacy().set(True)
    assert set(axis_words(plot)) == {""}
    told = " ".join((window.readout.text(), window.readout.accessibleName(), shown_text(window),
                     plot.accessibleDescription()))  # fmt: skip
    assert "$" not in told
    assert "100,399" not in told
    assert DOTS in window.readout.text()
    assert "+0.36%" in window.readout.text()
    assert "Amounts are hidden." in plot.accessibleDescription()
    rows = chart_export(window.model, desktop.desk.clock()).table().rows
    assert {row[1] for row in rows} == {"hidden"}
    assert {row[3] for row in rows} <= {
        "hidden",
        "",
        None,
    }
    privacy().set(False)
    assert "$" in axis_words(plot)[0]


def test_the_look_follows_the_theme_while_it_is_open(desktop: Desktop) -> None:
    window = desktop.open()
    plot = plot_of(window)
    for name in ("dark", "light"):
        theme().apply(name)
        assert plot.line.opts["pen"].color() == theme().colour("accent")
        assert plot.view.backgroundBrush().color() == theme().colour("surface")
        assert plot.values.textPen().color() == theme().colour("text3")
        assert plot.grab().toImage().pixelColor(4, 4) == theme().colour("surface")
        seen = colours(plot)
        assert theme().colour("area").rgb() in seen
        assert theme().colour("accent").rgb() in seen


def test_another_text_size_builds_it_anew_with_the_same_part_in_sight(desktop: Desktop) -> None:
    window = desktop.open()
    window.model.look(LAST - 50, LAST - 20)
    theme().set_scale(1.5)
    bigger = desktop.charts.windows["value"]
    assert bigger is not window
    assert bigger.model is window.model
    assert (bigger.model.left, bigger.model.right) == (LAST - 50, LAST - 20)
    assert (
        plot_of(bigger).values.style["tickFont"].pixelSize() == theme().font("caption").pixelSize()
    )


def test_no_values_are_said(desktop: Desktop) -> None:
    desktop.histories.history = a_history(0)
    window = desktop.open()
    plot = plot_of(window)
    assert window.model.empty
    assert not plot.view.isVisible()
    assert plot.accessibleDescription() == needs.NO_HISTORY
    assert window.readout.text() == ""
    assert not window.save_button.isEnabled()
    assert not window.copy_button.isEnabled()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Plus, Qt.Key.Key_Home):
        desktop.qtbot.keyClick(plot, key)
    plot.grab()


def test_figures_without_a_total_have_no_chart(desktop: Desktop) -> None:
    desktop.start(Figures())
    window = desktop.open()
    assert plot_of(window).accessibleDescription() == needs.NO_HISTORY


def test_it_follows_what_is_read_later(desktop: Desktop) -> None:
    window = desktop.open()
    model = window.model
    model.look(LAST - 100, LAST - 60)
    model.show_line(line(500, last=LAST + 1), date.fromordinal(LAST + 1))
    assert (model.left, model.right) == (LAST - 100, LAST - 60), "what is looked at stays"
    model.look(LAST - 40, LAST + 1)
    model.show_line(line(500, last=LAST + 3), date.fromordinal(LAST + 3))
    assert model.right == LAST + 3, "whoever looks at the newest goes on doing so"
    assert model.right - model.left == 41


def line(days: int, *, last: int = LAST, exponent: int = -2) -> LineData:
    return LineData(
        xs=array("i", range(last - days + 1, last + 1)),
        units=array("q", [1_000_000 + n * 7 % 9_000 for n in range(days)]),
        exponent=exponent,
    )


def test_a_past_day_shows_no_later_one(desktop: Desktop) -> None:
    window = desktop.open()
    model, day = window.model, PAST.date().toordinal()
    desktop.desk.travel(PAST)
    assert model.data.xs[-1] == day == model.right
    assert "14 Aug 2026" in window.readout.text()
    assert "to 14 Aug 2026" in plot_of(window).accessibleDescription()
    model.look(day - 30, LAST)
    assert model.right == day
    assert chart_rows(model)[-1].day == PAST.date()
    desktop.desk.travel(None)
    assert model.data.xs[-1] == LAST
    price = desktop.open(f"price:{target_of(aapl(desktop))}")
    desktop.desk.travel(PAST)
    assert desktop.prices.asked == [None, PAST]
    price.close()


def aapl(desktop: Desktop) -> PositionRow:
    return next(row for row in desktop.desk.figures.positions if row.symbol == "AAPL")


def test_a_range_begins_with_the_value_that_held_on_its_first_day(desktop: Desktop) -> None:
    """As in the small chart: on a day without a value, with the one before; not after a gap."""
    window = desktop.open()
    start = date(2026, 8, 20).toordinal()
    xs = array("i", [start - 200, start - 2, start + 3, LAST])
    window.model.show_line(LineData(xs=xs, units=[1, 5, 9, 9]), TODAY)
    press(window, "3 months")
    assert window.model.left == start - 2
    xs = array("i", [start - 200, start - 20, start + 3, LAST])
    window.model.show_line(LineData(xs=xs, units=[1, 5, 9, 9]), TODAY)
    assert window.model.left == start
    assert window.model.data.xs[window.model.begin] == start + 3


def test_the_small_charts_offer_it(desktop: Desktop, qtbot: QtBot) -> None:
    desktop.start()
    page = OverviewPage(desktop.desk)
    qtbot.addWidget(page)
    page.resize(1260, 798)
    page.show()
    press(page.main.history, "Open chart in a window")
    page.main.history.chart.actions()[0].trigger()
    assert desktop.desk.wishes == ["chart:value", "chart:value"]
    pane = Inspector()
    qtbot.addWidget(pane)
    with qtbot.waitSignals([pane.window_wanted, pane.window_wanted]):
        pane.open_button.click()
        pane.chart.actions()[0].trigger()


def test_a_library_that_is_not_there_is_said(
    desktop: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    desktop.start()

    def beside(_desk: object, _name: str, work: object, done: object, failed: Any) -> None:
        del work, done
        failed(ImportError("no such library"))

    monkeypatch.setattr(library, "is_loaded", lambda: False)
    monkeypatch.setattr(charts, "beside_the_window", beside)
    window = desktop.open()
    assert window.plot is None
    assert NOT_LOADED in shown_text(window)
    assert not window.copy_button.isEnabled()
    window.copy_picture()
    assert not desktop.desk.sentences
    desktop.qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not desktop.charts.windows


def test_a_hundred_years_are_a_few_strokes(desktop: Desktop) -> None:
    window = desktop.open()
    model, plot = window.model, plot_of(window)
    model.show_line(line(36_500), TODAY)
    model.reset()
    assert model.right - model.left == 36_499
    drawn = len(plot.line.getData()[0])
    assert 100 < drawn <= 4 * plot.width() * plot.devicePixelRatioF()
    low, high = min(model.data.units), max(model.data.units)
    ys = plot.line.getData()[1]
    assert (min(ys), max(ys)) == (0, high - low), "no extreme is lost"
    assert theme().colour("accent").rgb() in colours(plot)
    model.zoom(0.001)
    assert model.right - model.left == pytest.approx(36.5, abs=1)
    assert len(plot.line.getData()[0]) <= 45


def test_amounts_beyond_what_a_float_holds_keep_their_steps(desktop: Desktop) -> None:
    window = desktop.open()
    huge = 10**30
    data = LineData(xs=array("i", range(LAST - 9, LAST + 1)), units=[huge + n for n in range(10)])
    window.model.show_line(data, TODAY)
    window.model.reset()
    assert list(plot_of(window).line.getData()[1]) == [float(n) for n in range(10)]


def test_the_line_is_broken_where_nothing_was_known(desktop: Desktop) -> None:
    window = desktop.open()
    xs = array("i", [*range(LAST - 100, LAST - 60), *range(LAST - 20, LAST + 1)])
    data = LineData(xs=xs, units=array("q", range(len(xs))), breaks=(40,))
    window.model.show_line(data, TODAY)
    window.model.reset()
    plot = plot_of(window)
    ys = plot.line.getData()[1]
    assert [str(y) for y in ys].count("nan") == 1
    assert plot._bridges.path().elementCount() == 2


def test_days_with_deposits_are_marked(desktop: Desktop) -> None:
    window = desktop.open()
    data = line(60)
    marks = (FlowMark(x=LAST - 30, amount=D(10)), FlowMark(x=LAST - 20, amount=D(-4)))
    window.model.show_line(LineData(xs=data.xs, units=data.units, exponent=-2, marks=marks), TODAY)
    window.model.reset()
    plot = plot_of(window)
    assert list(plot.marks.data["symbol"]) == ["t1", "t"]
    window.model.look(LAST - 25, LAST)
    assert list(plot.marks.data["symbol"]) == ["t"]
    (row,) = [row for row in chart_rows(window.model) if row.flow is not None]
    assert (row.day, row.flow) == (date.fromordinal(LAST - 20), D(-4))


def test_a_picture_and_a_file_can_be_taken_along(
    desktop: Desktop, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = desktop.open()
    window.copy_button.setFocus()
    plot_of(window).setFocus(Qt.FocusReason.TabFocusReason)
    ringed = plot_of(window).grab().toImage()
    assert ringed.pixelColor(1, ringed.height() // 2) == theme().colour("accent")
    qtbot.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    picture = QGuiApplication.clipboard().image()
    assert picture.width() == round(window.width() * window.devicePixelRatioF())
    accent = theme().colour("accent")
    assert picture.pixelColor(0, picture.height() // 2) != accent, "no focus ring in it"
    assert desktop.desk.sentences[-1] == "The chart is on the clipboard as a picture."
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda self: opened.append(self))
    press(window, "1 month")
    press(window, "Save as CSV")
    (dialog,) = opened
    assert dialog.selectedFiles()[0].endswith("brokerdesk-total-value-chart-2026-11-20.csv")
    dialog.deleteLater()
    table = chart_export(window.model, desktop.desk.clock()).table()
    text = to_csv(table).decode("utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    assert rows[0] == ["Date", "Value", "Currency", "Deposits, withdrawals"]
    assert len(rows) == 1 + 32
    assert rows[-1][:3] == ["2026-11-20", "100399", "USD"]
    assert [row[3] for row in rows[1:] if row[3]] == ["5000"]


def test_it_is_remembered_where_it_stood(desktop: Desktop, tmp_path: Path) -> None:
    desktop.memory = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    window = desktop.open()
    window.resize(700, 420)
    QCoreApplication.processEvents()
    window.close()
    assert not desktop.charts.windows
    assert desktop.open().size().toTuple() == (700, 420)


def test_a_closed_window_leaves_nothing(desktop: Desktop) -> None:
    window = desktop.open()
    parts: tuple[QObject, ...] = (window, plot_of(window), window.model)
    alive = [weakref.ref(part) for part in parts]
    del parts
    desktop.charts.do("value")
    assert len(desktop.charts.windows) == 1, "one window for one line"
    window.close()
    del window
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QCoreApplication.processEvents()
    gc.collect()
    assert [one() for one in alive] == [None, None, None]
    theme().apply("dark")
    privacy().set(True)


def test_no_stroke_leads_over_a_gap(qapp: QApplication) -> None:
    del qapp
    nan = float("nan")
    places = [(0.0, 1.0), (1.0, 2.0), (2.0, nan), (3.0, 4.0), (4.0, nan), *LONG]
    strokes = [(one.x1(), one.x2()) for one in _strokes(places)]
    assert strokes == [(0, 1), *((n, n + 1) for n in range(5, 44))]
    pieces = [[point.x() for point in piece.toList()] for piece in _pieces(places)]
    assert pieces[0] == [0, 1]
    assert all(piece[0] >= 5 for piece in pieces[1:]), "a point alone has no stroke"
    seen = {pair for piece in pieces for pair in pairwise(piece)}
    assert seen == set(strokes), "both ways draw the same"
    assert all(one[-2:] == other[:2] for one, other in pairwise(pieces[1:])), "corners are round"


def test_the_price_of_a_holding_stays_while_amounts_are_hidden(desktop: Desktop) -> None:
    desktop.start()
    window = desktop.open(f"price:{target_of(aapl(desktop))}")
    assert window.windowTitle() == "AAPL price — BrokerDesk"
    assert desktop.prices.asked == [None]
    privacy().set(True)
    assert any("$" in words for words in axis_words(plot_of(window)))
    model = window.model
    model.point(LAST - 5)
    assert model.readout().more == f"Bought {DOTS}"
    assert "amount hidden" in model.readout().spoken
    privacy().set(False)
    assert model.readout().more == "Bought 7"
    desktop.desk.show(Figures())
    assert not window.model.empty, "what was sold is still looked at"


def test_what_is_not_held_has_no_window(desktop: Desktop) -> None:
    desktop.start()
    desktop.charts.do("price:live\tNONE\tequity\tUSD")
    assert desktop.desk.sentences[-1] == "That position is not held now."
    assert not desktop.charts.windows


CODE = """
import json, sys
from pathlib import Path
from brokerdesk.app import GuiOptions, run_gui

def conduct(window, life):
    from PySide6.QtCore import QTimer

    seen = {}

    def look():
        if "first" not in seen:
            if life.busy() or not window.desk.figures.held:
                return
            seen["before"] = "pyqtgraph" in sys.modules
            window.desk.wish("chart:value")
            chart = life.charts.windows["value"]
            seen["first"] = [chart.isVisible(), chart.plot is None]
            return
        chart = life.charts.windows["value"]
        if chart.plot is None or chart.model.empty:
            return
        timer.stop()
        seen["points"] = len(chart.model.data)
        seen["drawn"] = len(chart.plot.line.getData()[0])
        seen["said"] = chart.plot.accessibleDescription()
        print(json.dumps(seen), flush=True)
        life.end()

    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(50)

options = GuiOptions(data_dir=Path(sys.argv[1]), practice=True)
sys.exit(run_gui(options, conduct))
"""


@pytest.mark.timeout(300)
def test_on_practice_data_the_window_is_there_before_its_library(tmp_path: Path) -> None:
    place = {key: value for key, value in os.environ.items() if key != "WAYLAND_DISPLAY"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path / "profile")],
        env={**place, "QT_QPA_PLATFORM": "offscreen", "PYQTGRAPH_QT_LIB": "PyQt5"},
        capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["before"] is False
    assert seen["first"] == [True, True]
    assert seen["points"] > 300
    assert seen["drawn"] > 200
    assert seen["said"].startswith("1 year: ")


def test_the_library_uses_the_program_s_own_binding() -> None:
    import pyqtgraph as pg

    assert pg.Qt.QT_LIB == "PySide6"
    wanted = {"antialias": True, "useOpenGL": False, "useNumba": False, "useCupy": False}
    assert {key: pg.getConfigOption(key) for key in wanted} == wanted
