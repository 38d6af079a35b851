"""Past days: the view-model, what is said of a day, and the bar with its calendar and slider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, extreme_figures, sample_figures
from support.ui import NOW
from support.ui_widgets import press, shown_text, unnamed

from brokerdesk.domain.events import RefreshFinished, RefreshStarted
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.market_hours import end_of_day, new_york_day
from brokerdesk.services.days import SavedDay, SavedDays
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.past import Days, PastViewModel
from brokerdesk.ui.viewmodels.past_day import day_words
from brokerdesk.ui.viewmodels.state import Message, Pill
from brokerdesk.ui.views.past.bar import PastBar
from brokerdesk.ui.views.past.calendar import Calendar
from brokerdesk.ui.views.past.scale import labels, steps
from brokerdesk.ui.views.past.slider import DaySlider

TODAY = new_york_day(NOW)
MONDAY = date(2026, 8, 10)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 20, 0, 11, tzinfo=UTC)


def after(number: int) -> date:
    return MONDAY + timedelta(days=number)


def saved(*days: date) -> SavedDays:
    return SavedDays(
        tuple(SavedDay(day=day, moment=at(day), own=2, accounts=2) for day in sorted(days))
    )


def some_days(*days: date) -> Days:
    found = saved(*days)
    return Days(found, tuple(Decimal(100 + n) for n in range(len(found))), "USD")


class FakeDays:
    """``DaysPort`` that answers at once, or later when ``hold``."""

    def __init__(self, *days: date) -> None:
        self.days = some_days(*days)
        self.asked: list[tuple[str, ...]] = []
        self.hold = False
        self.waiting: list[Callable[[Days], object]] = []

    def load(self, scope: tuple[str, ...], done: Callable[[Days], object]) -> None:
        self.asked.append(scope)
        if self.hold:
            self.waiting.append(done)
        else:
            done(self.days)


def model(*days: date) -> tuple[PastViewModel, list[datetime | None], FakeDays]:
    port, went = FakeDays(*days), list[datetime | None]()
    made = PastViewModel(lambda: NOW, went.append, port)
    made.look(())
    return made, went, port


# the view-model


def test_now_is_no_past_day_and_earlier_goes_from_today() -> None:
    made, went, _ = model(after(0), after(1), TODAY)
    assert (made.state.title, made.state.index) == ("Now", 2)
    made.earlier()
    assert went == [at(after(1))]
    made.follow(None, None)
    made.later()  # nothing lies behind today
    assert len(went) == 1


def test_a_saved_day_is_shown_as_of_its_own_moment_and_another_as_of_its_end() -> None:
    made, went, _ = model(after(0), after(4))
    made.go(after(4))
    made.go(after(2))
    made.go(TODAY)
    assert went == [at(after(4)), end_of_day(after(2)), None]


def test_a_day_without_a_snapshot_says_so_and_shows_the_nearest() -> None:
    made, _, _ = model(after(0), after(4))
    made.follow(end_of_day(after(1)), None)
    assert made.state.problem is not None
    assert made.state.problem.title == "No snapshot on 11 Aug 2026."
    assert made.state.problem.labels == ("Show 10 Aug",)
    assert made.state.way_out == after(0)
    made.follow(at(after(4)), None)
    assert made.state.problem is None


def test_a_day_that_was_chosen_elsewhere_is_shown_as_of_its_own_moment() -> None:
    made, went, port = model(after(0))
    made.follow(end_of_day(after(0)), None)
    assert went == [at(after(0))]
    made.follow(at(after(0)), None)
    assert len(went) == 1  # it is there: no second way
    port.hold = True
    late = PastViewModel(lambda: NOW, went.append, port)
    late.look(())
    late.follow(end_of_day(after(0)), None)
    assert len(went) == 1
    port.waiting[0](port.days)
    assert went[1:] == [at(after(0))]


def test_months_first_and_last() -> None:
    made, went, _ = model(after(0), after(3), after(35), after(70))
    made.follow(at(after(35)), at(after(35)))
    made.month(-1)
    made.follow(at(after(35)), at(after(35)))
    made.month(1)
    made.first()
    made.last()
    made.go_to(99)
    assert went == [at(after(3)), at(after(70)), at(after(0)), at(after(70)), at(after(70))]


def test_what_was_asked_for_and_what_is_shown_are_two() -> None:
    made, _, _ = model(after(0), after(1))
    made.follow(at(after(1)), at(after(0)))
    assert made.state.loading
    made.follow(at(after(1)), at(after(1)))
    assert not made.state.loading


def test_days_of_an_older_scope_that_come_late_are_not_shown() -> None:
    made, _, port = model(after(0))
    port.hold = True
    made.look(("a",))
    made.look(("b",))
    port.waiting[1](some_days(after(1)))
    port.waiting[0](some_days(after(2)))
    assert [one.day for one in made.state.saved.days] == [after(1)]
    made.look(("b",))
    assert port.asked == [(), ("a",), ("b",)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("14 Aug 2026", date(2026, 8, 14)),
        ("2026-08-14", date(2026, 8, 14)),
        ("14.8.2026", date(2026, 8, 14)),
        ("yesterday", TODAY - timedelta(days=1)),
        ("  14 AUG 2026 ", date(2026, 8, 14)),
    ],
)
def test_days_are_typed_in_many_ways(text: str, day: date) -> None:
    made, went, _ = model(day)
    assert made.type(text) == ""
    assert went == [at(day)]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "Type a day"),
        ("32 Aug 2026", "That is no day since 1990"),
        ("31 Feb 2026", "That is no day"),
        ("nonsense", "Write it as 14 Aug 2026"),
        ("14 Aug 2030", "14 Aug 2030 is still to come."),
        ("9" * 200, "That is no day"),
    ],
)
def test_what_is_wrong_with_a_typed_day_is_said(text: str, part: str) -> None:
    made, went, _ = model(MONDAY)
    assert part in made.type(text)
    assert went == []


def test_without_any_day_nothing_breaks() -> None:
    made, went, _ = model()
    for step in (made.earlier, made.later, made.first, made.last):
        step()
    made.month(-1)
    made.go_to(3)
    assert went == []
    made.follow(end_of_day(MONDAY), None)
    assert made.state.problem is not None
    assert made.state.problem.text == "No day has been saved yet."
    assert made.state.way_out is None


# the window's view-model in the past


def test_a_past_day_is_marked_and_nothing_is_refreshed(qapp: Any) -> None:
    desk = FakeDesk(sample_figures())
    desk.travel(at(MONDAY))
    assert desk.state.pill == Pill.PAST
    assert desk.state.pill_text == "Past · snapshot of 10 Aug 2026 16:00 ET"
    desk.port.calls.clear()
    desk.portfolio.refresh()
    desk.portfolio.act("refresh:c-Schwab")
    assert desk.port.calls == []
    desk.portfolio.on_event(RefreshStarted(connection=ConnectionId("c-Schwab"), accounts=2))
    assert desk.state.pill == Pill.PAST
    assert not desk.state.refreshing
    desk.travel(None)
    assert str(desk.state.pill) == Pill.REFRESHING.value


def test_the_newest_wish_wins_and_the_figures_shown_stay(qapp: Any) -> None:
    desk = FakeDesk(sample_figures())
    before = desk.figures
    desk.port.hold = []
    for number in range(5):
        desk.travel(at(after(number)))
    assert desk.figures is before or desk.figures == before
    assert len(desk.port.hold) == 1
    desk.port.hold.pop()(desk.port.figures)
    assert len(desk.port.hold) == 1
    assert desk.port.queries[-1].as_of == at(after(4))
    desk.port.hold.pop()(desk.port.figures)
    assert desk.past == at(after(4))
    assert not desk.port.hold


# what is said of a day


def test_a_day_names_its_own_and_its_carried_accounts() -> None:
    figures = sample_figures()
    moment = at(after(4))
    rows = [replace(row, fetched_at=moment) for row in figures.accounts]
    rows[3] = replace(rows[3], fetched_at=at(after(3)))
    said = day_words(replace(figures, accounts=tuple(rows)), moment)
    assert said.caption == "6 of 7 accounts"
    assert said.lines[0].when == "16:00 ET"
    assert (said.lines[3].when, said.lines[3].tone) == ("13 Aug, carried", "warn")
    assert said.note == (
        "Alpaca …9F2C Margin has no snapshot of 14 Aug. "
        "Its figures are carried from 13 Aug 16:00 ET."
    )
    assert said.proof == (
        "Snapshots are never rewritten. This one was saved on 14 Aug 2026 at 16:00:11 ET "
        "and its checksum matches."
    )


def test_a_damaged_snapshot_and_a_missing_one_are_told_apart() -> None:
    figures = sample_figures()
    moment = at(MONDAY)
    rows = (
        replace(figures.accounts[0], fetched_at=moment, stale="damaged"),
        replace(figures.accounts[1], fetched_at=None),
        replace(figures.accounts[2], fetched_at=moment, closed=True),
    )
    said = day_words(replace(figures, accounts=rows), moment)
    assert [line.when for line in said.lines] == ["damaged", "no snapshot yet"]
    assert "The snapshot of 10 Aug 2026 fails its checksum." in said.proof
    assert (said.carried, said.damaged) == (1, 1)


# the bar


@pytest.fixture
def port() -> FakeDays:
    return FakeDays(*(after(n) for n in (0, 1, 2, 3, 4, 7, 8)), TODAY - timedelta(days=1))


@pytest.fixture
def desk(qapp: Any) -> FakeDesk:
    return FakeDesk(sample_figures())


@pytest.fixture
def bar(qtbot: QtBot, desk: FakeDesk, port: FakeDays) -> Iterator[PastBar]:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    made = PastBar(desk, port)
    column.addWidget(made)
    column.addStretch(1)
    window.resize(1000, 640)
    window.show()
    yield made
    window.close()


def test_the_bar_opens_on_now(bar: PastBar, port: FakeDays) -> None:
    assert bar.day.text().strip() == "Now"
    assert port.asked == [()]
    assert bar.slider.maximum() == 7
    assert bar.earlier.isEnabled()
    assert not bar.later.isEnabled()
    assert not bar.data.isVisible()
    assert unnamed(bar) == []


def test_earlier_and_later_travel(bar: PastBar, desk: FakeDesk) -> None:
    press(bar, "Earlier")
    assert desk.past == at(TODAY - timedelta(days=1))
    press(bar, "Earlier")
    assert desk.past == at(after(8))
    press(bar, "Later")
    assert desk.past == at(TODAY - timedelta(days=1))
    assert bar.day.text().strip() == f"{TODAY - timedelta(days=1):%a} 19 Nov 2026"


def test_the_slider_goes_by_keys(qtbot: QtBot, bar: PastBar, desk: FakeDesk) -> None:
    slider = bar.slider
    for key, day in (
        (Qt.Key.Key_Home, after(0)),
        (Qt.Key.Key_Right, after(1)),
        (Qt.Key.Key_Right, after(2)),
        (Qt.Key.Key_Left, after(1)),
        (Qt.Key.Key_End, TODAY - timedelta(days=1)),
        (Qt.Key.Key_PageUp, after(8)),
        (Qt.Key.Key_PageDown, TODAY - timedelta(days=1)),
    ):
        qtbot.keyClick(slider, key)
        assert desk.past == at(day), key
    assert "19 Nov 2026, 8 of 8" in slider.accessibleName()


def test_the_slider_goes_by_mouse_to_the_nearest_day(
    qtbot: QtBot, bar: PastBar, desk: FakeDesk
) -> None:
    slider = bar.slider
    middle = QPointF(slider._x(3), slider.height() / 2).toPoint()
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=middle)
    assert desk.past == at(after(3))
    far = QPointF(slider.width() - 1, 5).toPoint()
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=far)
    assert desk.past == at(TODAY - timedelta(days=1))


def test_a_typed_day_without_snapshot_offers_the_nearest(bar: PastBar, desk: FakeDesk) -> None:
    bar.day.click()
    bar.typed.setText("15 Aug 2026")
    bar.typed.returnPressed.emit()
    assert desk.past == end_of_day(after(5))
    assert "No snapshot on 15 Aug 2026. The nearest is 14 Aug, 16:00 ET." in shown_text(bar)
    press(bar, "Show 14 Aug")
    assert desk.past == at(after(4))
    assert "No snapshot" not in shown_text(bar)


def test_a_wrong_day_stays_in_the_field_with_its_problem(bar: PastBar, desk: FakeDesk) -> None:
    bar.day.click()
    bar.typed.setText("32 Aug")
    bar.typed.returnPressed.emit()
    assert "That is no day" in bar._typed_row.problem
    assert bar._choice.is_open
    assert desk.past is None
    bar.typed.textEdited.emit("3")
    assert bar._typed_row.problem == ""


def test_the_calendar_chooses_and_closes(qtbot: QtBot, bar: PastBar, desk: FakeDesk) -> None:
    desk.travel(at(after(4)))
    bar.day.click()
    assert bar.calendar.words == ("August 2026", "7 of 21 weekdays")
    grid = bar.calendar.grid
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert "13 Aug 2026, snapshot saved" in grid.accessibleName()
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert desk.past == at(after(3))
    assert not bar._choice.is_open


def test_splits_and_carried_accounts_are_told(bar: PastBar, desk: FakeDesk) -> None:
    moment = at(after(4))
    splits = tuple(
        Message(key=f"split:{name}", kind="past", title=f"{name} split 2 for 1 on 1 Sep 2026.",
                text="Quantities and prices are as they were.")
        for name in ("NVDA", "KO")
    )  # fmt: skip
    rows = tuple(replace(row, fetched_at=moment) for row in sample_figures().accounts)
    desk.show(sample_figures(accounts=rows, messages=splits))
    desk.travel(moment)
    assert "NVDA split 2 for 1 on 1 Sep 2026. 1 more since." in shown_text(bar)
    bar.data.click()
    text = shown_text(bar.window())
    assert "KO split 2 for 1" in text
    assert "its checksum matches" in text


def test_new_snapshots_bring_new_days(bar: PastBar, desk: FakeDesk, port: FakeDays) -> None:
    port.days = some_days(after(0), TODAY)
    desk.happened.emit(RefreshFinished(connection=ConnectionId("c")))
    assert bar.slider.maximum() == 1
    bar.hide()
    desk.happened.emit(RefreshFinished(connection=ConnectionId("c")))
    assert len(port.asked) == 2


def test_another_scope_has_its_own_days(bar: PastBar, desk: FakeDesk, port: FakeDays) -> None:
    desk.look_at(("s1",))
    assert port.asked[-1] == ("s1",)


def test_a_bar_that_goes_takes_its_layers_along(qtbot: QtBot, desk: FakeDesk) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    bar = PastBar(desk, FakeDays(MONDAY))
    column.addWidget(bar)
    window.show()
    bar.day.click()
    assert bar._choice.parent() is window
    bar.hide()
    bar.deleteLater()
    qtbot.waitUntil(lambda: not window.findChildren(QWidget))
    desk.travel(at(MONDAY))  # nobody is there to listen


@pytest.mark.parametrize("look", ["light", "dark"])
def test_everything_paints_with_any_data(qtbot: QtBot, look: str) -> None:
    theme().apply(look)
    desk = FakeDesk(extreme_figures())
    for days in ((), (MONDAY,), tuple(after(n) for n in range(1500) if after(n) < TODAY)):
        window = QWidget()
        qtbot.addWidget(window)
        column = QVBoxLayout(window)
        bar = PastBar(desk, FakeDays(*days))
        column.addWidget(bar)
        window.resize(760, 500)
        window.show()
        desk.travel(at(MONDAY))
        bar.day.click()
        assert not window.grab().isNull()
        bar.data.click()
        assert not window.grab().isNull()
        window.hide()


# the parts by themselves


def test_the_line_breaks_where_weeks_are_missing() -> None:
    days = [MONDAY.toordinal() + n for n in (0, 1, 4, 30, 31)]
    values = [Decimal(n) for n in (1, 2, 3, 4, 5)]
    pieces = steps(days, values, (0.0, 310.0))
    assert [len(piece) for piece in pieces] == [3, 2]
    assert pieces[0][0] == (0.0, 1.0)
    assert pieces[1][-1] == (310.0, 0.0)
    assert steps(days, [None] * 5, (0.0, 1.0)) == []
    flat = steps(days[:2], [Decimal(7)] * 2, (0.0, 1.0))
    assert [height for _, height in flat[0]] == [0.5, 0.5]


@pytest.mark.parametrize("span", [1, 20, 40, 400, 1500, 4000])
@pytest.mark.parametrize("width", [200.0, 600.0, 1200.0])
def test_labels_never_run_into_one_another(qapp: Any, span: int, width: float) -> None:
    days = [MONDAY.toordinal() - n for n in range(span, -1, -1)]
    found = labels(days, (14.0, width), theme().font("caption"))
    for one, other in pairwise(found):
        assert one.left + one.width <= other.left
    assert found
    assert all(one.left >= 0 for one in found)


def test_a_calendar_month_reaches_every_day_and_none_beyond_today(qtbot: QtBot) -> None:
    made = Calendar()
    qtbot.addWidget(made)
    made.show_days(saved(after(0)), after(0), after(5))
    chosen: list[date] = []
    made.chosen.connect(chosen.append)
    grid = made.grid
    for number in range(1, 32):
        day = date(2026, 8, number)
        box = grid.place(day)
        assert box.width() >= 24
        assert box.height() >= 24
        assert grid.day_at(box.center().x(), box.center().y()) == day
        qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert chosen == [date(2026, 8, n) for n in range(1, 16)]
    grid.turn(1)
    assert grid.cursor_day == after(5)
    grid.turn(-1)
    assert made.words[0] == "July 2026"
    assert made.words[1] == "0 of 23 weekdays"


def test_a_calendar_from_right_to_left_is_mirrored(qtbot: QtBot) -> None:
    made = Calendar()
    qtbot.addWidget(made)
    made.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    made.show_days(saved(after(0)), after(0), TODAY)
    box = made.grid.place(after(0))
    assert box.left() > made.grid.width() / 2
    assert made.grid.day_at(box.center().x(), box.center().y()) == after(0)


def test_a_slider_without_days_is_off(qtbot: QtBot) -> None:
    slider = DaySlider()
    qtbot.addWidget(slider)
    slider.show_days(SavedDays(), ())
    assert not slider.isEnabled()
    assert slider.accessibleName() == "Saved days: none yet"
