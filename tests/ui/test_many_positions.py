"""Many positions are in memory only while somebody lists them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import QObject
from support.desk import FakeDesk, sample_figures
from support.ui import FakePortfolio

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.pace import Pace
from brokerdesk.ui.viewmodels.state import Figures, Query
from brokerdesk.ui.views.overview.page import OverviewPage
from brokerdesk.ui.views.positions.page import PositionsPage

WHOLE = sample_figures()
LEAN = replace(WHOLE, positions=(), complete=False)


class Many(FakePortfolio):
    """Gives positions to those alone who ask for them."""

    def load(self, query: Query, done: Any) -> None:
        self.figures = WHOLE if query.positions else LEAN
        super().load(query, done)


@pytest.fixture
def desk(qapp: Any) -> FakeDesk:
    made = FakeDesk(Figures())
    made.port = Many()
    made.portfolio.attach(made.port)
    return made


def whole(desk: FakeDesk) -> bool:
    return desk.figures.complete and bool(desk.figures.positions)


def test_positions_come_when_asked_for_and_go_a_while_after(desk: FakeDesk) -> None:
    model = desk.portfolio
    assert not whole(desk)
    assert desk.figures.movers == WHOLE.movers
    desk.hold_positions("a")
    assert whole(desk)
    desk.hold_positions("b")
    desk.release_positions("a")
    assert not model._unlisted.isActive()
    desk.release_positions("b")
    assert whole(desk)
    assert model._unlisted.isActive()
    model._unlisted.timeout.emit()
    assert not whole(desk)
    assert not desk.figures.positions


def test_who_comes_back_in_time_finds_them_still_here(desk: FakeDesk) -> None:
    desk.hold_positions("a")
    reads = len(desk.port.queries)
    desk.release_positions("a")
    desk.hold_positions("a")
    assert not desk.portfolio._unlisted.isActive()
    assert len(desk.port.queries) == reads


def test_few_positions_are_here_without_being_read_again(qapp: Any) -> None:
    desk = FakeDesk(WHOLE)
    reads = len(desk.port.queries)
    desk.hold_positions("a")
    assert len(desk.port.queries) == reads
    assert desk.figures.positions


def test_the_wish_for_positions_is_no_other_question_to_the_pages(desk: FakeDesk) -> None:
    before = desk.state.query
    desk.hold_positions("a")
    assert desk.state.query == before


def test_the_page_asks_while_it_is_shown_and_lets_go_of_its_rows(
    desk: FakeDesk, qtbot: Any
) -> None:
    page = PositionsPage(desk)
    qtbot.addWidget(page)
    assert not page.model.state.rows
    page.enter()
    assert page.rows.rowCount() > 0
    page.leave()
    rows = page.model.state.rows
    assert rows
    desk.portfolio._unlisted.timeout.emit()
    assert not page.model.state.rows
    assert page.rows.rowCount() == 0
    page.enter()
    assert page.model.state.rows == rows
    assert page.rows.rowCount() > 0


def test_a_page_that_nobody_sees_does_no_work(desk: FakeDesk, qtbot: Any) -> None:
    page = PositionsPage(desk)
    qtbot.addWidget(page)
    page.enter()
    page.leave()
    published: list[bool] = []
    page.model.changed.connect(lambda: published.append(True))
    fewer = replace(WHOLE, positions=WHOLE.positions[:3])
    desk.portfolio.show(fewer)
    assert not published
    page.enter()
    assert published


def test_an_overview_that_nobody_sees_is_not_drawn_but_hides_amounts_at_once(
    qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = FakeDesk(WHOLE)
    monkeypatch.setattr(desk, "run", lambda *_, **__: None)
    page = OverviewPage(desk)
    qtbot.addWidget(page)
    before = page.main.hero.value.accessibleName()
    assert "USD" in before or "$" in before
    page.leave()
    desk.show(replace(WHOLE, totals=(replace(WHOLE.totals[0], value=Decimal(7)),)))
    assert page.main.hero.value.accessibleName() == before
    privacy().set(True)
    try:
        assert "hidden" in page.main.hero.value.accessibleName()
    finally:
        privacy().set(False)
    page.enter()
    assert "$7.00" in page.main.hero.value.accessibleName()


def test_what_is_told_often_happens_at_once_then_seldom_and_never_too_little(qtbot: Any) -> None:
    told: list[int] = []
    holder = QObject()
    pace = Pace(lambda: told.append(1), 30, holder)
    pace()
    assert told == [1]
    for _ in range(50):
        pace()
    assert told == [1]
    qtbot.waitUntil(lambda: len(told) == 2)
    qtbot.wait(80)
    assert told == [1, 1]
    pace()
    assert len(told) == 3


def test_a_closed_window_asks_for_nothing_any_more(desk: FakeDesk) -> None:
    """The timer that lets positions go ran on, and asked a thread that had ended."""
    desk.hold_positions("a")
    desk.release_positions("a")
    reads = len(desk.port.queries)
    desk.portfolio.end()
    assert not desk.portfolio._unlisted.isActive()
    desk.portfolio.reload()
    assert len(desk.port.queries) == reads
