"""What a step of a refresh, a second and other figures have painted and worked out: counted, since
a window that does the same work ten times a second has no time for its user.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from support.desk import sample_figures
from support.shell import Make, desk_of, shell
from support.ui import NOW, account

from brokerdesk.domain.events import RefreshProgressed, RefreshStarted
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.ui.models.reading import CellReader
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.viewmodels import freshness
from brokerdesk.ui.viewmodels.once import Once
from brokerdesk.ui.viewmodels.pace import Turns
from brokerdesk.ui.viewmodels.state import AccountRow, Figures
from brokerdesk.ui.views.overview.page import MANY, OverviewPage

__all__ = ["shell"]


class Painted(QObject):
    """Which widgets were painted, by the name of their class."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[str] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Paint:
            self.seen[type(watched).__name__] += 1
        return False


@pytest.fixture
def painted(qapp: QApplication) -> Iterator[Painted]:
    watch = Painted()
    qapp.installEventFilter(watch)
    yield watch
    qapp.removeEventFilter(watch)


def many(turn: int = 0) -> Figures:
    """More accounts than are shown in one turn, days old, so that no age goes on by the second."""
    old = NOW - timedelta(days=3)
    rows = tuple(
        account(f"m{n}", mask=f"…{1000 + n}", net=Decimal(1000 * n + turn), as_of=old,
                fetched_at=old, connection="c-Schwab")
        for n in range(MANY + 5)
    )  # fmt: skip
    sample = sample_figures()
    calm = tuple(
        replace(one, last_success=old, last_attempt=old, sign_in_ends=None, no_expiry=True)
        for one in sample.connections
    )
    return replace(sample, accounts=rows, totals=sample.totals[:1], connections=calm)


class Told:
    """A window in which a refresh runs, with a clock in the hand of the test."""

    def __init__(self, window: MainWindow, settle: Callable[[], None]) -> None:
        self.window, self.settle = window, settle
        self.now: datetime = NOW
        self.desk = desk_of(window)
        self.desk.clock = self.desk.portfolio.clock = lambda: self.now
        window._ticker.stop()
        key = self.desk.figures.connections[0].key
        self.connection = ConnectionId(key)
        self.desk.portfolio.on_event(RefreshStarted(connection=self.connection, accounts=50))
        self.desk.portfolio._tell_progress._pause.setInterval(0)
        self.step(1)

    def step(self, done: int) -> None:
        event = RefreshProgressed(connection=self.connection, done=done, total=50)
        self.desk.portfolio.on_event(event)
        self.settle()

    def tick(self, seconds: int = 1) -> None:
        self.now += timedelta(seconds=seconds)
        self.desk.portfolio.tick()
        self.settle()


@pytest.fixture
def told(shell: Make, qtbot: Any) -> Callable[[str, Figures], Told]:
    def settle() -> None:
        for _ in range(12):
            qtbot.wait(1)

    def make(page: str, figures: Figures) -> Told:
        window = shell(figures, real=True)
        window.go(page)
        settle()
        return Told(window, settle)

    return make


def counted(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str) -> list[str]:
    """The calls of something from now on."""
    calls: list[str] = []
    before = getattr(owner, name)

    def call(*args: Any, **more: Any) -> Any:
        calls.append(name)
        return before(*args, **more)

    monkeypatch.setattr(owner, name, call)
    return calls


@pytest.mark.parametrize("page", ["overview", "positions"])
def test_a_step_of_a_refresh_paints_its_progress_alone(
    told: Callable[[str, Figures], Told], painted: Painted, monkeypatch: pytest.MonkeyPatch,
    page: str,
) -> None:  # fmt: skip
    here = told(page, sample_figures())
    read = counted(monkeypatch, CellReader, "fresh")
    hints = counted(monkeypatch, freshness._kept_hint, "_make")
    painted.seen.clear()
    here.step(2)
    assert painted.seen.keys() <= {"TopBar", "PictureButton", "QPushButton", "ProgressLine",
                                   "StatePill"}  # fmt: skip
    assert painted.seen["ProgressLine"] == 1
    assert painted.seen.total() <= 6
    assert not read, "no cell of the page is worked out"
    assert not hints
    painted.seen.clear()
    here.step(2)
    assert not painted.seen, "the same step again is nothing"


def test_a_second_in_which_no_age_reads_otherwise_paints_the_clock_alone(
    told: Callable[[str, Figures], Told], painted: Painted
) -> None:
    here = told("overview", many())
    here.tick()
    painted.seen.clear()
    here.tick()
    page = here.window.page
    assert isinstance(page, OverviewPage)
    assert not painted.seen.keys() & {"OverviewPage", "AccountsTable", "HeroPane", "MoversStrip",
                                      "FigureLine", "TotalsRow", "TopBar", "Sheet"}  # fmt: skip
    assert painted.seen["StatusBar"] == 1


def test_an_age_that_reads_otherwise_paints_its_own_cell(
    told: Callable[[str, Figures], Told], painted: Painted
) -> None:
    figures = many()
    young = replace(figures.accounts[0], as_of=NOW, fetched_at=NOW, net=Decimal(10**9))
    here = told("overview", replace(figures, accounts=(young, *figures.accounts[1:])))
    page = here.window.page
    assert isinstance(page, OverviewPage)
    table = page.main.accounts.table
    areas: list[tuple[int, int]] = []

    class Areas(QObject):
        def eventFilter(self, _watched: QObject, event: Any) -> bool:  # noqa: N802
            if event.type() == QEvent.Type.Paint:
                areas.append((event.rect().width(), event.rect().height()))
            return False

    watch = Areas(table)
    here.tick(30)
    table.viewport().installEventFilter(watch)
    here.tick(2)
    column = [one.key for one in table.rows.columns].index("as-of")
    height = table.verticalHeader().defaultSectionSize()
    assert areas == [(table.columnWidth(column), height)]


def test_many_accounts_are_shown_part_by_part_and_few_at_once(
    told: Callable[[str, Figures], Told],
) -> None:
    here = told("overview", many())
    page = here.window.page
    assert isinstance(page, OverviewPage)

    def first() -> AccountRow:
        return page.main.accounts.model.shown_rows[0]

    before = {row.key: row.net for row in page.main.accounts.model.shown_rows}
    here.desk.show(many(turn=7))
    assert {r.key: r.net for r in page.main.accounts.model.shown_rows} == before, "in a later turn"
    here.settle()
    assert first().net == before[first().key] + 7  # type: ignore[operator]
    here.desk.show(many(turn=8))
    here.window.go("positions")
    here.window.go("overview")
    assert first().net == before[first().key] + 8, "who enters meets what is"  # type: ignore[operator]
    here.desk.show(sample_figures())
    assert first().key in {row.key for row in sample_figures().accounts}, "few: at once"


def test_pieces_are_done_in_their_order_and_newer_ones_take_their_place(qtbot: Any) -> None:
    parent, done = QObject(), list[str]()
    turns = Turns(parent)
    turns.take(lambda: done.append("a"), lambda: done.append("b"))
    assert (done, turns.busy) == ([], True)
    qtbot.waitUntil(lambda: done == ["a", "b"])
    assert not turns.busy
    turns.take(lambda: done.append("old"))
    turns.take(lambda: done.append("c"))
    qtbot.waitUntil(lambda: len(done) == 3)
    turns.take(lambda: done.append("left"))
    turns.finish(lambda: done.append("d"))
    qtbot.wait(8)
    assert done == ["a", "b", "c", "d"]


def test_the_same_of_the_same_is_made_once() -> None:
    made: list[tuple[int, ...]] = []

    def total(*of: int) -> int:
        made.append(of)
        return sum(of)

    once = Once(total)
    assert [once(1, 2), once(1, 2), once(1), once(1, 2)] == [3, 3, 1, 3]
    assert made == [(1, 2), (1,), (1, 2)]
