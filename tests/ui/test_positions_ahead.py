"""Very many positions: their picture is made beside the window's thread and taken over whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import Qt
from support.desk import FakeDesk, sample_figures

from brokerdesk.ui.gateways import aside
from brokerdesk.ui.viewmodels import positions
from brokerdesk.ui.viewmodels.state import Figures
from brokerdesk.ui.views.positions.page import PositionsPage

SAMPLE = sample_figures()


def figures(turn: int, count: int = 60, first: int = 0) -> Figures:
    """Holdings whose values and order are others in each turn."""
    base = next(row for row in SAMPLE.positions if row.value is not None and not row.children)
    rows = []
    for number in range(first, first + count):
        value = Decimal((number * 7919 * (turn + 1)) % 10007)
        key, symbol = f"live\tS{number:03}", f"S{number:03}"
        rows.append(replace(base, key=key, symbol=symbol, value=value, day_pl=value / 4))
    return replace(SAMPLE, positions=tuple(rows))


class Aside:
    """Keeps work until a test lets it run, in a thread of its own as in the product."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def run(
        self, name: str, make: Callable[[Any], Coroutine[Any, Any, Any]], done: Any = None,
        failed: Any = None, **_: Any,
    ) -> None:  # fmt: skip
        if name != "positions:arrange":
            return

        def go() -> None:
            found: list[Any] = []
            step = make(None)

            def work() -> None:
                try:
                    step.send(None)
                except StopIteration as end:
                    found.append(end.value)

            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            done(*found) if found else failed(RuntimeError("a bug"))

        self.waiting.append(go)

    def let(self) -> None:
        waiting, self.waiting = self.waiting, []
        for go in waiting:
            go()


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Aside:
    async def at_once(_name: str, work: Callable[[], Any]) -> Any:
        return work()

    monkeypatch.setattr(aside, "run_bulk", at_once)
    monkeypatch.setattr(positions, "MANY", 10)
    return Aside()


@pytest.fixture
def desk(qapp: Any, beside: Aside, monkeypatch: pytest.MonkeyPatch) -> FakeDesk:
    made = FakeDesk(figures(0))
    monkeypatch.setattr(made, "run", beside.run)
    return made


def shown(page: PositionsPage) -> list[tuple[str, Decimal | None]]:
    return [(row.symbol, row.value) for row in page.rows.shown_rows]


def opened(desk: FakeDesk, qtbot: Any) -> PositionsPage:
    page = PositionsPage(desk)
    qtbot.addWidget(page)
    page.enter()
    return page


def test_it_shows_what_the_windows_own_thread_would_show(
    desk: FakeDesk, beside: Aside, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = opened(desk, qtbot)
    beside.let()
    for turn in (1, 2, 3):
        desk.show(figures(turn))
        beside.let()
    desk.show(figures(4, 55, first=20))  # some went, some came
    beside.let()
    monkeypatch.setattr(positions, "MANY", 10**9)  # all of it on the window's thread
    other = opened(desk, qtbot)
    assert shown(page) == shown(other)
    assert [line.cells() for line in page.totals.lines if line.isVisibleTo(page.totals)] == [
        line.cells() for line in other.totals.lines if line.isVisibleTo(other.totals)
    ]
    assert page.model.state == other.model.state


def test_until_it_is_made_the_last_picture_stays(desk: FakeDesk, beside: Aside, qtbot: Any) -> None:
    page = opened(desk, qtbot)
    beside.let()
    before = shown(page)
    assert before
    desk.show(figures(1))
    assert shown(page) == before
    beside.let()
    assert shown(page) != before


def test_only_the_newest_is_made_of_many_that_came_meanwhile(
    desk: FakeDesk, beside: Aside, qtbot: Any
) -> None:
    page = opened(desk, qtbot)
    beside.let()
    for turn in range(1, 6):
        desk.show(figures(turn))
    assert len(beside.waiting) == 1
    beside.let()  # the first of them
    assert len(beside.waiting) == 1
    beside.let()  # the newest
    assert not beside.waiting
    assert dict(shown(page))["S007"] == Decimal((7 * 7919 * 6) % 10007)


def test_what_the_user_did_meanwhile_holds(desk: FakeDesk, beside: Aside, qtbot: Any) -> None:
    page = opened(desk, qtbot)
    beside.let()
    desk.show(figures(1))
    page.table.sort_by("symbol", Qt.SortOrder.AscendingOrder)
    page.rows.set_filter("s00")
    beside.let()
    assert [symbol for symbol, _ in shown(page)] == [f"S00{number}" for number in range(10)]
    assert dict(shown(page))["S007"] == Decimal((7 * 7919 * 2) % 10007)


def test_another_grouping_is_made_next_and_nothing_else_is_shown_under_it(
    desk: FakeDesk, beside: Aside, qtbot: Any
) -> None:
    page = opened(desk, qtbot)
    beside.let()
    desk.show(figures(1))
    page.model.group("account")
    beside.let()
    assert page.model.state.by == "symbol"
    assert dict(shown(page))["S007"] == Decimal((7 * 7919) % 10007), "as before"
    beside.let()
    assert page.model.state.by == "account"
    assert page.rows.shown_rows


def test_work_that_fails_is_done_by_the_window_itself(
    desk: FakeDesk, beside: Aside, qtbot: Any
) -> None:
    page = opened(desk, qtbot)
    beside.let()
    page.model.aside = lambda work, done, failed: failed(RuntimeError("no thread"))
    desk.show(figures(2))
    assert dict(shown(page))["S007"] == Decimal((7 * 7919 * 3) % 10007)


def test_a_line_that_looks_the_same_is_not_drawn_again(
    desk: FakeDesk, beside: Aside, qtbot: Any
) -> None:
    page = opened(desk, qtbot)
    beside.let()
    rows = page.rows
    for line in range(rows.rowCount()):
        for column in range(rows.columnCount()):
            rows.cell_at(line, column)
    told: list[tuple[int, int]] = []
    rows.dataChanged.connect(lambda first, last, *_: told.append((first.row(), last.row())))
    changed, line = rows.shown_rows[1], 1
    was = rows.cell_at(line, 0).text
    now = [replace(one, symbol="OTHER") if one == changed else one for one in figures(0).positions]
    desk.show(replace(SAMPLE, positions=tuple(now)))
    beside.let()
    assert told == [(line, line)]
    assert rows.cell_at(line, 0).text != was
