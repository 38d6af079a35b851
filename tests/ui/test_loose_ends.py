"""What driving the real window by hand has found: focus, words and figures at the edges."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot
from support.db import CONNECTION, NOON, make_account, make_position, make_reading
from support.desk import sample_figures
from support.shell import Make, desk_of, key, shell
from support.ui import HandRunner

from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.services.portfolio_view import AccountRow, PortfolioView, PositionRow, assemble
from brokerdesk.services.splits import Split
from brokerdesk.ui import picturing
from brokerdesk.ui.gateway import PortfolioGateway
from brokerdesk.ui.shell.finding import Finder
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.state import Action, Figures, Message, Query
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.table import Table

__all__ = ["shell"]


def test_the_first_start_begins_on_connect_a_broker(shell: Make, qtbot: QtBot) -> None:
    window = shell(Figures())
    focus = QApplication.focusWidget()
    assert isinstance(focus, QPushButton)
    assert focus.text() == "Connect a broker"
    assert isinstance(window.stack.cover, EmptyState)
    desk_of(window).portfolio.tick()
    assert QApplication.focusWidget() is focus
    key(qtbot, window, "Return")
    assert desk_of(window).wishes == ["connect:"]


def test_the_same_words_keep_their_buttons(qtbot: QtBot) -> None:
    words = "link", "No accounts yet.", "", (Action(id="connect", label="Connect a broker"),)
    state = EmptyState(*words)
    qtbot.addWidget(state)
    first = state.buttons
    state.show_words(*words)
    assert state.buttons is first
    state.show_words("link", "Other words.")
    assert state.buttons == []


# a past day that takes a while


def test_a_day_that_takes_a_while_is_said_to_be_on_its_way(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk, pill = desk_of(window), window.top.pills[0]
    desk.port.hold = []
    before = pill.accessibleName()
    desk.travel(datetime(2026, 8, 14, 20, 0, tzinfo=UTC))
    assert pill.accessibleName() == before, "quick ones do not flicker"
    qtbot.waitUntil(lambda: "Reading 14 Aug 2026" in pill.accessibleName())
    desk.portfolio.tick()
    assert "Reading 14 Aug 2026" in pill.accessibleName()
    desk.port.hold.pop()(desk.port.figures)
    assert "Past" in pill.accessibleName()
    desk.travel(None)
    qtbot.waitUntil(lambda: "Returning to now" in pill.accessibleName())
    desk.portfolio.reload_failed()
    assert "Past" in pill.accessibleName()


class Splits:
    """``services.splits`` that has not looked yet; ``looks`` counts."""

    def __init__(self, one: Split) -> None:
        self.one, self.looks = one, 0
        self.known: dict[Any, Any] = {}

    def remembered(self, accounts: Any) -> dict[Any, Any]:
        return {key: self.known[key] for key in accounts if key in self.known}

    async def splits(self, accounts: Any) -> dict[Any, Any]:
        self.looks += 1
        self.known = dict.fromkeys(accounts, (self.one,))
        return dict(self.known)


def test_a_past_day_does_not_wait_for_its_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The day is shown from what is read at once; splits are told when they are found."""

    async def at_once(_name: str, work: Any) -> Any:
        return work()

    monkeypatch.setattr(picturing, "run_bulk", at_once)
    account = make_account(1)
    row = AccountRow(
        account=account, name="A", connection=CONNECTION, connection_name="Fake", counts=True,
        balances=make_reading().balances, as_of=NOON, fetched_at=NOON, age=timedelta(0),
        stale=False, state=ConnectionState.OK, state_text="",
    )  # fmt: skip
    held = make_position("ACME", "1")
    one = Split(instrument=held.instrument.key, symbol="ACME", day=NOON.date(), units=10, each=1)
    then = NOON - timedelta(days=30)
    view = assemble(
        taken_at=NOON,
        as_of=then,
        connections=(),
        accounts=(row,),
        positions=(
            PositionRow(
                account=row.id,
                account_name="A",
                environment=account.environment,
                position=held,
                as_of=NOON,
                fetched_at=NOON,
            ),
        ),
    )
    splits = Splits(one)

    async def read(_work: object) -> tuple[()]:
        return ()

    async def look(*_a: object, **_k: object) -> PortfolioView:
        return view

    services = SimpleNamespace(
        database=SimpleNamespace(read=read), portfolio=SimpleNamespace(view=look), splits=splits
    )
    shown: list[Figures] = []
    query = Query(as_of=then)
    runner: Any = HandRunner()
    gateway = PortfolioGateway(
        cast(Any, SimpleNamespace(services=services)),
        runner,
        load_failed=lambda: None,
        more_known=lambda: gateway.load(query, shown.append),
    )
    looks: list[int] = []

    def on_shown(found: Figures) -> None:
        shown.append(found)
        looks.append(splits.looks)

    gateway.load(query, on_shown)
    first, second = shown
    assert looks == [0], "the day waited for all snapshots to be looked through"
    assert not first.messages
    assert [told.title for told in second.messages] == ["ACME split 10 for 1 on 20 Nov 2026."]
    assert splits.looks == 2, "what is known already is not told a third time"


# what search finds


def finder_of(window: MainWindow) -> Finder:
    finder = window.layers._finder
    assert finder is not None
    return finder


def found_titles(window: MainWindow, text: str) -> list[tuple[str, str]]:
    window.open_palette()
    palette = window.layers._palette
    assert palette is not None
    palette.field.setText(text)
    QApplication.processEvents()
    return [(row.title, row.action) for row in palette.model.rows]


def test_settings_are_found_and_their_editor_has_the_focus(shell: Make, qtbot: QtBot) -> None:
    window = shell(real=True)
    for text, name in (("base currency", "base_currency"), ("live prices", "live_prices")):
        entry = next(one for one in found_titles(window, text) if one[1] == f"setting:{name}")
        assert entry[0]
        window.close_palette()
        finder_of(window).choose(f"setting:{name}")
        assert window.stack.current == "settings"
        page = cast(Any, window.page)
        view = page.views[name]
        focus = QApplication.focusWidget()
        assert focus is not None
        assert view.isAncestorOf(focus), name


def test_what_waits_for_the_user_is_found_by_its_words(shell: Make) -> None:
    message = Message(
        key="double", kind="warn", title="Counted twice?", text="Both count.",
        actions=(Action(id="source:a|b", label="Choose source"),),
    )  # fmt: skip
    window = shell(sample_figures(messages=(message,)))
    assert ("Choose source", "act:source:a|b") in found_titles(window, "twice")
    window.close_palette()
    finder_of(window).choose("act:source:a|b")
    assert desk_of(window).wishes == ["source:a|b"]


# the inspector's small tables


def cut_columns(table: Table) -> list[str]:
    """Titles of shown columns that end beyond the table's edge."""
    model, room = table.rows, table.viewport().width()
    return [
        column.title
        for place, column in enumerate(model.columns)
        if not table.isColumnHidden(place)
        and table.columnViewportPosition(place) + table.columnWidth(place) > room
    ]


def test_huge_holdings_are_not_cut_and_leave_nothing_behind(shell: Make, qtbot: QtBot) -> None:
    figures = sample_figures()
    first, second = figures.positions[0], figures.positions[2]
    huge = Decimal("49382716054938.27")
    parts = tuple(
        replace(one, quantity=Decimal("617283945.06172839"), value=huge) for one in first.children
    )
    big = replace(first, value=huge * len(parts), children=parts)
    window = shell(replace(figures, positions=(big, *figures.positions[1:])), real=True)
    desk_of(window).go("positions", big.symbol)
    page = cast(Any, window.page)
    holders, lots = page.inspector.holders, page.inspector.lots
    qtbot.waitUntil(lambda: holders.columnWidth(2) > px(100))
    window.grab()
    qtbot.wait(20)
    assert cut_columns(holders) == []
    assert not holders.isColumnHidden(2)
    assert page.tables()[0].select_row(second.key)
    qtbot.waitUntil(lambda: page.inspector._rows == second.children)
    window.grab()
    qtbot.wait(20)
    assert cut_columns(holders) == []
    assert not holders.isColumnHidden(1), "small figures have room again"
    assert cut_columns(lots) == []
