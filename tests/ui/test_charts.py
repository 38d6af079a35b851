"""The charts as widgets: painted without a warning, pointed at, gone along by keys, read out."""

from __future__ import annotations

import random
from array import array
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPointF, QSizeF, Qt, qInstallMessageHandler
from PySide6.QtGui import QAccessible, QColor, QFocusEvent, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from support.ui import HOSTILE
from support.ui_widgets import unnamed

from brokerdesk.domain.ids import AccountId
from brokerdesk.services.history import AccountSeries, History, total_history
from brokerdesk.services.history_facts import Flow
from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts.allocation import AllocationBars
from brokerdesk.ui.widgets.charts.data import FlowMark, LineData
from brokerdesk.ui.widgets.charts.from_history import UNKNOWN_DEPOSITS, change_words, line_data
from brokerdesk.ui.widgets.charts.labels import HIDDEN
from brokerdesk.ui.widgets.charts.line_chart import NOTHING, LineChart
from brokerdesk.ui.widgets.charts.panel import HistoryPanel
from brokerdesk.ui.widgets.charts.plot import lay_out
from brokerdesk.ui.widgets.charts.ranges import RangeRow
from brokerdesk.ui.widgets.charts.shares import Part, shares
from brokerdesk.ui.widgets.charts.sparkline import Sparkline

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

TODAY = date(2026, 11, 20)
LAST = TODAY.toordinal()


@pytest.fixture(autouse=True)
def _no_word_from_qt() -> Iterator[None]:
    """Whatever Qt has to complain about while painting fails the test."""
    said: list[str] = []
    before = qInstallMessageHandler(lambda _kind, _where, text: said.append(text))
    yield
    qInstallMessageHandler(before)
    assert [text for text in said if "propagateSizeHints" not in text] == []


def days(units: Sequence[int], **more: object) -> LineData:
    xs = array("q", range(LAST - len(units) + 1, LAST + 1))
    return LineData(xs=xs, units=units, exponent=-2, **more)  # type: ignore[arg-type]


def picture(widget: QWidget) -> QImage:
    """The widget as painted on the theme's surface."""
    image = QImage(widget.size(), QImage.Format.Format_RGB32)
    image.fill(theme().colour("surface"))
    widget.render(image, renderFlags=QWidget.RenderFlag.DrawChildren)
    return image


def count(image: QImage, colour: QColor) -> int:
    """How many pixels are exactly of that colour."""
    return array("I", bytes(image.constBits())).count(colour.rgb())


def is_on_the_line(image: QImage, at: QPointF) -> bool:
    """Whether a pixel at or beside the point is more like the line than what lies around it."""

    def distance(pixel: QColor, token: str) -> int:
        other = theme().colour(token)
        pairs = [(pixel.red(), other.red()), (pixel.green(), other.green())]
        return sum(abs(one - two) for one, two in [*pairs, (pixel.blue(), other.blue())])

    near = [(at + QPointF(dx, dy)).toPoint() for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return any(
        distance(pixel, "accent") < min(distance(pixel, "area"), distance(pixel, "surface"))
        for pixel in (QColor(image.pixel(point)) for point in near)
    )


def chart_with(qtbot: QtBot, data: LineData, size: tuple[int, int] = (500, 240)) -> LineChart:
    chart = LineChart()
    qtbot.addWidget(chart)
    chart.resize(*size)
    chart.show_data(data)
    return chart


def hover(chart: QWidget, at: QPointF) -> None:
    none = Qt.MouseButton.NoButton
    kind = QEvent.Type.MouseMove
    chart.mouseMoveEvent(
        QMouseEvent(kind, at, chart.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier)
    )


WALK = [100_000 + (number * 7919) % 9_000 for number in range(60)]
LINES = {
    "none": days([]),
    "one": days([94_359_017]),
    "two": days([1, 2]),
    "constant": days([94_359_017] * 90),
    "zero": days([0] * 9),
    "negative": days([-5_000 - number for number in range(90)]),
    "both signs": days([(number - 45) * 999 for number in range(90)]),
    "huge": days([10**37 + number * 10**33 for number in range(90)], currency="CHF"),
    "huge and many": days([10**37 + number % 97 for number in range(12_000)]),
    "narrow": days([94_359_017_000_000 + number for number in range(90)]),
    "broken": days(WALK, breaks=(1, 30, 59), carried=[number % 2 for number in range(60)]),
    "marked": days(WALK, marks=(FlowMark(x=LAST - 9, amount=Decimal("-5")),) * 3),
    "one day": LineData(
        xs=array("q", [1_795_185_000 + 300 * number for number in range(78)]),
        units=WALK + WALK[:18],
        exponent=-2,
        intraday=True,
    ),
}


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("name", LINES)
def test_any_line_is_painted(qtbot: QtBot, name: str, look: str) -> None:
    theme().apply(look)
    chart = chart_with(qtbot, LINES[name])
    QTest.keyClick(chart, Qt.Key.Key_End)
    for size in ((500, 240), (1600, 700), (90, 40), (2, 2)):
        chart.resize(*size)
        image = picture(chart)
        if len(LINES[name]) > 2 and size[0] >= 500:
            assert is_on_the_line(image, chart.position_of(len(LINES[name]) // 2))


@pytest.mark.parametrize("points", [36_500, 1_000_000])
def test_very_many_points(qtbot: QtBot, points: int) -> None:
    chance, value = random.Random(1), 10**9
    units = array("q")
    for _ in range(points):
        value += chance.randint(-(10**5), 10**5)
        units.append(value)
    xs = array("q", range(700_000, 700_000 + points))
    chart = chart_with(qtbot, LineData(xs=xs, units=units, exponent=-2), (900, 300))
    assert count(picture(chart), theme().colour("accent")) > 1000
    middle = points // 2
    assert abs(chart.index_at(chart.position_of(middle).x()) - middle) <= 1
    QTest.keyClick(chart, Qt.Key.Key_Home)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.current == 1


def test_the_line_lies_where_its_values_are(qtbot: QtBot) -> None:
    chart = chart_with(qtbot, days([10_000, 20_000, 15_000, 30_000]))
    points = [chart.position_of(index) for index in range(4)]
    assert [point.x() for point in points] == sorted(point.x() for point in points)
    assert points[3].y() < points[1].y() < points[2].y() < points[0].y()
    half_way = (points[0].y() + points[3].y()) / 2
    assert points[1].y() == pytest.approx(half_way)
    image = picture(chart)
    at = points[1].toPoint()
    assert QColor(image.pixel(at.x(), at.y() + 60)) == theme().colour("area")


def test_differences_in_the_last_digit_of_huge_values_are_drawn(qtbot: QtBot) -> None:
    chart = chart_with(qtbot, days([10**30, 10**30 + 100, 10**30 + 50]))
    first, top, middle = (chart.position_of(index).y() for index in range(3))
    assert middle == pytest.approx((first + top) / 2)
    assert first - top > 50


def test_a_gap_is_no_line(qtbot: QtBot) -> None:
    data = LineData(xs=array("q", [LAST - 90, LAST - 89, LAST - 1, LAST]), units=[1, 2, 1, 2])
    broken = LineData(xs=data.xs, units=data.units, breaks=(2,))
    accent = theme().colour("accent")
    whole, pieces = (picture(chart_with(qtbot, one)) for one in (data, broken))
    assert count(pieces, accent) < count(whole, accent)
    assert count(pieces, theme().colour("area")) < count(whole, theme().colour("area")) / 4


def test_the_mouse_points_at_the_nearest_day(qtbot: QtBot) -> None:
    chart = chart_with(qtbot, days(WALK))
    pointed: list[int] = []
    chart.pointed.connect(pointed.append)
    for index in (0, 17, 59):
        hover(chart, chart.position_of(index) + QPointF(1, 0))
    assert pointed == [0, 17, 59]
    before = picture(chart)
    hover(chart, QPointF(499, 100))
    assert (pointed[-1], chart.current) == (-1, -1)
    assert before != picture(chart)
    hover(chart, chart.position_of(5))
    chart.leaveEvent(QEvent(QEvent.Type.Leave))
    assert chart.current == -1


def test_keys_go_along_the_line(qtbot: QtBot) -> None:
    chart = chart_with(qtbot, days(WALK))
    steps = [
        (Qt.Key.Key_Left, 59),
        (Qt.Key.Key_Left, 58),
        (Qt.Key.Key_Right, 59),
        (Qt.Key.Key_Right, 59),
        (Qt.Key.Key_Home, 0),
        (Qt.Key.Key_Left, 0),
        (Qt.Key.Key_PageDown, 2),
        (Qt.Key.Key_PageUp, 0),
        (Qt.Key.Key_End, 59),
        (Qt.Key.Key_Escape, -1),
    ]
    for key, index in steps:
        QTest.keyClick(chart, key)
        assert chart.current == index
    QTest.keyClick(chart, Qt.Key.Key_Home)
    chart.show_data(days(WALK))
    assert chart.current == -1


@pytest.mark.parametrize("name", ["none", "one"])
def test_keys_on_a_short_line(qtbot: QtBot, name: str) -> None:
    chart = chart_with(qtbot, LINES[name])
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_PageDown):
        QTest.keyClick(chart, key)
        assert chart.current == len(LINES[name]) - 1
    assert chart.index_at(100) == len(LINES[name]) - 1


def test_keys_that_mean_nothing_here_go_on_to_the_window(qtbot: QtBot) -> None:
    outer = QWidget()
    qtbot.addWidget(outer)
    chart = LineChart()
    chart.setParent(outer)
    seen: list[int] = []
    outer.keyPressEvent = lambda event: seen.append(event.key())  # type: ignore[method-assign]
    QTest.keyClick(chart, Qt.Key.Key_Escape)
    QTest.keyClick(chart, Qt.Key.Key_Up)
    assert seen == [Qt.Key.Key_Escape, Qt.Key.Key_Up]


def test_what_is_read_out(qtbot: QtBot) -> None:
    marks = (FlowMark(x=LAST - 2, amount=Decimal("50")), FlowMark(x=LAST, amount=Decimal("-9.5")))
    xs = array("q", [LAST - 4, LAST - 1, LAST])
    data = LineData(
        xs=xs, units=[10_000, 15_000, 14_000], exponent=-2, marks=marks, carried=[0, 0, 2]
    )
    chart = chart_with(qtbot, data)
    assert chart.readout(0) == ["16 Nov 2026", "$100.00"]
    assert chart.readout(1) == [
        "19 Nov 2026",
        "$150.00",
        "+$50.00  +50.00% since 16 Nov 2026",
        "Deposit $50.00",
    ]
    assert chart.readout(2)[3:] == ["Withdrawal $9.50", "2 accounts as read before"]


def test_privacy_hides_amounts_everywhere(qtbot: QtBot) -> None:
    marks = (FlowMark(x=LAST, amount=Decimal("50")),)
    chart = chart_with(qtbot, days([12_345, 67_890], marks=marks, notes="Deposits $50.00."))
    shown = picture(chart)
    chart.set_private(True)
    hidden = picture(chart)
    margin = range(chart.width() - 50, chart.width())

    def ink(image: QImage) -> int:
        surface = theme().colour("surface").rgb()
        return sum(image.pixel(x, y) != surface for x in margin for y in range(20, 200))

    assert ink(shown) > 50
    assert ink(hidden) == 0
    said = [*chart.readout(0), *chart.readout(1), chart.accessibleName()]
    said.append(chart.accessibleDescription())
    assert not [text for text in said if "$" in text or "123" in text or "678" in text]
    assert chart.readout(1)[1] == HIDDEN
    assert "+449.94%" in chart.readout(1)[2]
    assert "Amounts are hidden" in chart.accessibleDescription()
    chart.set_private(False)
    assert picture(chart) == shown


def test_a_chart_says_what_it_shows(qtbot: QtBot) -> None:
    chart = chart_with(qtbot, days([10_000, 8_000], span="1 week", notes="Net deposits $0.00."))
    assert chart.accessibleName() == "Total value, chart"
    assert chart.accessibleDescription() == (
        "1 week: 19 Nov 2026 $100.00 to 20 Nov 2026 $80.00, down $20.00, 20.00 percent."
        " Net deposits $0.00. Left and Right read the values out."
    )
    chart.show_data(days([10_000]))
    assert chart.accessibleDescription() == "20 Nov 2026 $100.00."
    chart.show_data(LineData())
    assert chart.accessibleDescription() == NOTHING
    chart.set_nothing("No account is connected.")
    assert chart.accessibleDescription() == "No account is connected."


def test_a_screen_reader_hears_the_point(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(
        QAccessible, "updateAccessibility", lambda event: heard.append(event.message())
    )
    chart = chart_with(qtbot, days([10_000, 8_000]))
    QTest.keyClick(chart, Qt.Key.Key_Home)
    chart.set_private(True)
    QTest.keyClick(chart, Qt.Key.Key_End)
    hover(chart, chart.position_of(0))
    assert heard == [
        "19 Nov 2026, $100.00",
        "20 Nov 2026, amount hidden, −20.00% since 19 Nov 2026",
    ]


def test_the_ring_is_for_keys(qtbot: QtBot) -> None:
    chart = chart_with(qtbot, days([]))
    accent = theme().colour("accent")

    def focused(reason: Qt.FocusReason) -> bool:
        chart.focusInEvent(QFocusEvent(QEvent.Type.FocusIn, reason))
        seen = count(picture(chart), accent) > 500
        chart.focusOutEvent(QFocusEvent(QEvent.Type.FocusOut, reason))
        assert count(picture(chart), accent) == 0
        return seen

    assert not focused(Qt.FocusReason.ActiveWindowFocusReason)
    assert focused(Qt.FocusReason.TabFocusReason)
    assert focused(Qt.FocusReason.ActiveWindowFocusReason), "it had the ring before"
    assert not focused(Qt.FocusReason.MouseFocusReason)


def test_a_theme_is_a_repaint(qtbot: QtBot) -> None:
    chart = chart_with(qtbot, days(WALK))
    picture(chart)
    light = theme().colour("accent")
    theme().apply("dark")
    image = picture(chart)
    assert count(image, light) == 0
    assert count(image, theme().colour("accent")) > 100


def test_right_to_left_changes_nothing_of_a_chart(qtbot: QtBot) -> None:
    chart = chart_with(qtbot, days([-5_000, 5_000, -2_500]))
    QTest.keyClick(chart, Qt.Key.Key_Home)
    before = picture(chart)
    chart.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert picture(chart) == before


# ranges


def test_ranges_are_chosen_by_mouse_and_arrows(qtbot: QtBot) -> None:
    row = RangeRow([("1D", "1 day"), ("1W", "1 week"), ("All", "All time")])
    qtbot.addWidget(row)
    row.show()
    chosen: list[str] = []
    row.chosen.connect(chosen.append)
    assert row.choice == ""
    row.choose("1W")
    assert (row.choice, chosen) == ("1W", [])
    QTest.mouseClick(row.piece("All"), Qt.MouseButton.LeftButton)
    row.set_unavailable({"1W": "No reading in that week."})
    with qtbot.waitActive(row):
        row.activateWindow()
    row.piece("All").setFocus()
    QTest.keyClick(row.piece("All"), Qt.Key.Key_Left)
    assert row.choice == "1D"
    assert chosen == ["All", "1D"]
    tabbed = [
        key
        for key in ("1D", "1W", "All")
        if row.piece(key).focusPolicy() == Qt.FocusPolicy.StrongFocus
    ]
    assert tabbed == ["1D"]
    assert "No reading" in row.piece("1W").toolTip()
    assert row.piece("1W").accessibleName() == "1 week"
    picture(row)


# sparkline


@pytest.mark.parametrize("name", LINES)
def test_any_sparkline_is_painted(qtbot: QtBot, name: str) -> None:
    line = Sparkline("ABC")
    qtbot.addWidget(line)
    line.show_data(LINES[name])
    line.resize(line.sizeHint())
    drawn = count(picture(line), theme().colour("surface")) < line.width() * line.height()
    assert drawn is bool(LINES[name])


def test_a_sparkline_says_its_change(qtbot: QtBot) -> None:
    line = Sparkline("ABC")
    qtbot.addWidget(line)
    assert line.accessibleName() == "ABC: no data"
    line.show_data(days([10_000, 12_500], span="3 months"))
    assert line.accessibleName() == "ABC, 3 months: up $25.00, 25.00 percent"
    line.set_private(True)
    assert line.accessibleName() == "ABC, 3 months: up 25.00 percent"


# allocation


def bars_with(qtbot: QtBot, *parts: tuple[str, str | None]) -> AllocationBars:
    bars = AllocationBars("Allocation by class")
    qtbot.addWidget(bars)
    bars.show_parts(
        shares(
            Part(key=label, label=label, value=None if value is None else Decimal(value))
            for label, value in parts
        )
    )
    bars.resize(320, 24 * len(parts))
    bars.show()
    return bars


def accent_of(bars: AllocationBars, row: int) -> int:
    return count(picture(bars.rows[row]), theme().colour("accent"))


def test_bars_are_sorted_and_on_one_scale(qtbot: QtBot) -> None:
    bars = bars_with(qtbot, ("Bonds", "250"), ("Stocks", "500"), ("Cash", "0"), ("Odd", None))
    assert [row.label for row in bars.rows] == ["Stocks", "Bonds", "Cash", "Odd"]
    long, short, nothing, unknown = (accent_of(bars, row) for row in range(4))
    assert long == pytest.approx(2 * short, rel=0.1)
    assert (nothing, unknown) == (0, 0)
    assert [row.share_text for row in bars.rows] == ["66.7%", "33.3%", "0.0%", "—"]
    assert [row.amount_text for row in bars.rows] == ["$500.00", "$250.00", "$0.00", "no data"]
    assert unnamed(bars) == []


def test_debt_goes_to_the_other_side(qtbot: QtBot) -> None:
    bars = bars_with(qtbot, ("Stocks", "900"), ("Margin", "-300"))
    image = picture(bars.rows[1])
    loss = theme().colour("loss").rgb()
    red = [x for x in range(image.width()) if image.pixel(x, image.height() // 2) == loss]
    image = picture(bars.rows[0])
    accent = theme().colour("accent").rgb()
    blue = [x for x in range(image.width()) if image.pixel(x, image.height() // 2) == accent]
    assert red
    assert max(red) <= min(blue)
    assert bars.rows[1].share_text == "−50.0%"


def test_rows_are_reached_by_keys(qtbot: QtBot) -> None:
    bars = bars_with(qtbot, ("a", "3"), ("b", "2"), ("c", "1"))
    activated: list[str] = []
    bars.activated.connect(activated.append)
    with qtbot.waitActive(bars):
        bars.activateWindow()
    bars.rows[0].setFocus()
    qtbot.waitUntil(bars.rows[0].hasFocus)
    for key, goal in (
        (Qt.Key.Key_Down, 1),
        (Qt.Key.Key_End, 2),
        (Qt.Key.Key_Down, 2),
        (Qt.Key.Key_Up, 1),
        (Qt.Key.Key_Home, 0),
    ):
        here = next(row for row in bars.rows if row.hasFocus())
        QTest.keyClick(here, key)
        assert [row.hasFocus() for row in bars.rows].index(True) == goal
    QTest.keyClick(bars.rows[0], Qt.Key.Key_Space)
    QTest.keyClick(bars.rows[0], Qt.Key.Key_Return)
    assert activated == ["a", "a"]
    policies = [row.focusPolicy() for row in bars.rows]
    assert policies.count(Qt.FocusPolicy.StrongFocus) == 1
    old = bars.rows[0]
    bars.show_parts(shares([Part(key="a", label="a", value=Decimal(9))]))
    qtbot.waitUntil(bars.rows[0].hasFocus)
    assert old is not bars.rows[0]


def test_rows_say_name_share_and_amount(qtbot: QtBot) -> None:
    bars = bars_with(qtbot, ("Stocks", "750"), ("Cash", "250.5"), ("Odd", None))
    assert [row.accessibleName() for row in bars.rows] == [
        "Stocks: 75.0 percent, $750.00",
        "Cash: 25.0 percent, $250.50",
        "Odd: no data",
    ]
    bars.set_private(True)
    assert bars.rows[0].accessibleName() == "Stocks: 75.0 percent, amount hidden"
    assert bars.rows[0].amount_text == HIDDEN
    assert bars.rows[2].amount_text == "no data"


def test_names_give_way_to_figures(qtbot: QtBot) -> None:
    bars = bars_with(qtbot, (HOSTILE[0] * 3, "9298100555.5"), (HOSTILE[1], "1"), (HOSTILE[4], "2"))
    row = bars.rows[0]
    assert row.shown_label.endswith("…")
    assert "&lt;b&gt;" in row.toolTip()
    assert all("\u202e" not in one.label and "\n" not in one.label for one in bars.rows)
    for direction in (Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft):
        bars.setLayoutDirection(direction)
        for width in (600, 200, 20):
            bars.resize(width, 72)
            picture(bars)
    bars.resize(2000, 72)
    assert row.shown_label == row.label
    assert row.toolTip() == ""


# the panel


def history(values: dict[int, int], flows: Sequence[Flow] = (), **more: int) -> History:
    """By how many days ago."""
    ordinals = sorted(LAST - ago for ago in values)
    series = AccountSeries(
        account=AccountId("acme:1"),
        days=array("i", ordinals),
        units=[values[LAST - day] for day in ordinals],
        exponent=-2,
    )
    return total_history([series], currency="USD", flows=flows, **more)


KNOWN = {"flows_from": LAST - 999, "flows_until": LAST}
DEPOSIT = Flow(account=AccountId("acme:1"), day=LAST - 3, amount=Decimal(30))


def test_a_panel_shows_the_range_that_is_chosen(qtbot: QtBot) -> None:
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.resize(700, 340)
    panel.show()
    told: list[str] = []
    panel.range_chosen.connect(told.append)
    panel.show_history(history({300: 10_000, 5: 11_000, 0: 14_000}, [DEPOSIT], **KNOWN), TODAY)
    assert len(panel.chart.data) == 3
    assert "1 year: 24 Jan 2026 $100.00" in panel.chart.accessibleDescription()
    assert "Price change +$10.00, net deposits +$30.00." in panel.chart.accessibleDescription()
    QTest.mouseClick(panel.ranges.piece("1W"), Qt.MouseButton.LeftButton)
    assert told == ["1W"]
    assert len(panel.chart.data) == 2
    panel.choose(Range.ALL)
    assert told == ["1W"]
    assert len(panel.chart.data) == 3
    assert unnamed(panel) == []
    picture(panel)


def test_one_day_is_asked_for(qtbot: QtBot) -> None:
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    wanted: list[None] = []
    panel.day_wanted.connect(lambda: wanted.append(None))
    panel.show_history(history({1: 10_000, 0: 10_500}), TODAY)
    assert not wanted
    panel.choose(Range.DAY)
    assert len(wanted) == 1
    assert not panel.chart.data.intraday
    assert len(panel.chart.data) == 2
    assert panel.line is not None
    day = total_history([], currency="USD").over(Range.DAY, TODAY)
    panel.show_day(day)
    assert len(panel.chart.data) == 2, "a day without readings does not blank what is known"
    panel.show_history(history({1: 10_000, 0: 10_700}), TODAY)
    assert len(wanted) == 2


def test_a_panel_keeps_amounts_private(qtbot: QtBot) -> None:
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.show_history(history({5: 11_000, 0: 14_000}, [DEPOSIT], **KNOWN), TODAY)
    panel.set_private(True)
    words = change_words(panel.line, private=True) if panel.line else None
    assert words is not None
    assert (words.glyph, words.headline, words.tone, words.parts) == (
        "▲",
        f"{HIDDEN}  +27.27%",
        "gain",
        "",
    )
    assert "$" not in panel.chart.accessibleDescription()


@pytest.mark.parametrize(
    ("last", "glyph", "headline", "tone"),
    [
        (11_000, "▲", "+$10.00  +10.00%", "gain"),
        (9_000, "▼", "−$10.00  −10.00%", "loss"),
        (10_000, "", "$0.00  0.00%", "text"),
    ],
)
def test_a_change_has_sign_glyph_and_tone(last: int, glyph: str, headline: str, tone: str) -> None:
    words = change_words(history({1: 10_000, 0: last}).over(Range.ALL, TODAY))
    assert (words.glyph, words.headline, words.tone) == (glyph, headline, tone)
    assert words.parts == UNKNOWN_DEPOSITS


def test_one_value_has_no_change() -> None:
    line = history({0: 5}).over(Range.ALL, TODAY)
    assert change_words(line).headline == ""
    assert line_data(line).notes == ""


def test_transfers_without_a_value_are_told() -> None:
    odd = Flow(account=AccountId("acme:1"), day=LAST, amount=None)
    words = change_words(history({1: 1, 0: 2}, [odd], **KNOWN).over(Range.ALL, TODAY))
    assert words.parts.endswith("1 transfer of unknown value inside the price change")


def test_a_scale_between_two_units_puts_the_value_where_its_labels_say(qtbot: QtBot) -> None:
    xs = array("q", [LAST - 1, LAST])
    chart = chart_with(qtbot, LineData(xs=xs, units=[7, 7]))
    plot = lay_out(chart.data, QSizeF(chart.size()), 1.0)
    assert plot is not None
    labels = {tick.label: tick.at for tick in plot.values}
    assert labels["$7.00"] == pytest.approx(chart.position_of(0).y())
    assert len(labels) >= 3
