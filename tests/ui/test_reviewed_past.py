"""Past days under quick hands: keys count from the day asked for, and words say what is shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, sample_figures

from brokerdesk.domain.market_hours import end_of_day
from brokerdesk.services.days import SavedDay, SavedDays
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.past import Days
from brokerdesk.ui.viewmodels.surroundings import past_banner
from brokerdesk.ui.views.past.bar import PastBar


class LatePort:
    """Saved days that come when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[Days], object]] = []

    def load(self, _scope: tuple[str, ...], done: Callable[[Days], object]) -> None:
        self.waiting.append(done)

    def answer(self, days: Days) -> None:
        waiting, self.waiting = self.waiting, []
        for done in waiting:
            done(days)


def saved(desk: FakeDesk, count: int = 200) -> Days:
    today = desk.clock().date()
    days = [today - timedelta(days=n) for n in range(count, 0, -1)]
    eight = timedelta(hours=8)
    return Days(
        SavedDays(
            tuple(
                SavedDay(day=day, moment=end_of_day(day) - eight, own=1, accounts=1) for day in days
            )
        ),
        tuple(Decimal(100 + n) for n in range(count)),
        "USD",
    )


def bar_of(qtbot: QtBot) -> tuple[PastBar, FakeDesk, LatePort, QWidget]:
    desk, port = FakeDesk(sample_figures()), LatePort()
    bar = PastBar(desk, port)
    qtbot.addWidget(bar)
    with qtbot.waitActive(bar):
        bar.show()
        bar.activateWindow()
    return bar, desk, port, bar.slider


def test_months_add_up_while_the_figures_of_the_first_are_still_read(qtbot: QtBot) -> None:
    bar, desk, port, _ = bar_of(qtbot)
    port.answer(saved(desk))
    asked: list[datetime | None] = []
    bar.model._travel = asked.append  # the figures never come
    today = bar.model.state.today
    for _ in range(3):
        bar.model.month(-1)
    bar.model.earlier()
    assert len(set(asked)) == 4
    assert bar.model.state.day is not None
    assert (today - bar.model.state.day).days > 88
    assert bar.day.text().strip().endswith(fmt.day(bar.model.state.day))


def test_the_slider_waits_for_the_days_and_then_has_the_focus(qtbot: QtBot) -> None:
    bar, desk, port, slider = bar_of(qtbot)
    bar.take_focus()
    assert bar.day.hasFocus()
    assert slider.accessibleName() == "Saved days: being read"
    port.answer(saved(desk))
    assert slider.hasFocus()


def test_who_went_on_meanwhile_keeps_the_focus(qtbot: QtBot) -> None:
    bar, desk, port, slider = bar_of(qtbot)
    bar.take_focus()
    bar.data.show()
    bar.data.setFocus()
    port.answer(saved(desk))
    assert not slider.hasFocus()
    bar.model.look(("other",), anew=True)
    bar.day.setFocus()
    port.answer(saved(desk))
    assert bar.day.hasFocus()


def test_none_saved_is_said_only_when_it_is_known(qtbot: QtBot) -> None:
    _bar, _desk, port, slider = bar_of(qtbot)
    assert "none yet" not in slider.accessibleName()
    port.answer(Days())
    assert slider.accessibleName() == "Saved days: none yet"


def test_the_banner_claims_no_snapshot_on_a_day_without_one() -> None:
    end = end_of_day(date(2026, 7, 11))
    words = past_banner(end)
    assert words.title == "Viewing the end of 11 Jul 2026."
    assert "snapshot" not in f"{words.title} {words.text}"
    assert fmt.moment(end) == "end of 11 Jul 2026"
    own = past_banner(end - timedelta(hours=8))
    assert own.title == "Viewing snapshot of 11 Jul 2026."
