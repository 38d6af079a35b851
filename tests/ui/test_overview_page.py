"""The Overview page over a fake desk: what stands there, what it says aloud, what its keys do."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, extreme_figures, sample_figures
from support.overview import FakeHistories, a_history
from support.ui import account
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.models.columns import spoken
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.overview import Change, Hero
from brokerdesk.ui.viewmodels.state import Figures
from brokerdesk.ui.views.overview.hero import HeroPane
from brokerdesk.ui.views.overview.page import OverviewPage, build

WIDE, NARROW = (1260, 798), (920, 598)
AMOUNT = re.compile(r"\d[\d,]*\.\d\d(?!\d|%| percent)")
PAST = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)


@pytest.fixture
def histories() -> FakeHistories:
    return FakeHistories()


@pytest.fixture(autouse=True)
def _plain() -> Any:
    yield
    privacy().set(False)
    theme().set_scale(1.0)


def shown(
    qtbot: QtBot,
    figures: Figures | None = None,
    *,
    histories: FakeHistories | None = None,
    size: tuple[int, int] = WIDE,
    memory: QSettings | None = None,
) -> tuple[OverviewPage, FakeDesk]:
    desk = FakeDesk(figures, services=SimpleNamespace(history=histories or FakeHistories()))
    desk.memory = memory
    page = build(desk)
    page.desk_kept = desk  # type: ignore[attr-defined]
    qtbot.addWidget(page)
    page.resize(*size)
    page.show()
    QCoreApplication.processEvents()
    return page, desk


def names(root: QWidget) -> str:
    """Everything that a screen reader could say of this page."""
    QCoreApplication.processEvents()
    return "\n".join(
        f"{each.accessibleName()} {each.accessibleDescription()} {each.toolTip()}"
        for each in root.findChildren(QWidget)
        if each.isVisibleTo(root)
    )


def test_it_shows_the_total_the_accounts_and_what_needs_the_user(qtbot: QtBot) -> None:
    page, _ = shown(qtbot)
    assert page.main.hero.value.text() == "$943,590 .17"
    assert "today" in page.main.hero.change.text()
    model = page.main.accounts.model
    assert [model.cell_at(0, place).text for place in (0, 1, 3, 4, 5, 6)] == [
        "Schwab …4821 Individual",
        "245,173.98",
        "+614.40",
        "+0.25%",
        "41,307.28",
        "82,614.56",
    ]
    totals = [cell.text for cell in page.main.accounts.totals.cells()]
    assert totals[:4] == ["6 accounts", "943,590.17", "", "+2,238.85"]
    assert "Oldest figure: 18 Nov 09:42 ET" in totals
    assert next(view.row.title for view in page.side.attention.views).startswith("Vanguard …1190")
    assert len(page.side.clock.views) == 5
    assert next(row.label for row in page.side.allocation.bars.rows) == "US stocks"


def test_no_data_none_and_blank_are_told_apart(qtbot: QtBot) -> None:
    page, _ = shown(qtbot)
    model = page.main.accounts.model
    line = model.line_of("v1")
    assert [model.cell_at(line, place).text for place in (3, 4, 6)] == ["no data", "", "—"]
    assert model.cell_at(line, 8).tone == "loss"
    assert spoken(model.cell_at(line, 8)) == "18 Nov 09:42 ET, old"
    assert model.cell_at(model.line_of("f1"), 8).text == "kept, 12 min ago"


def test_the_history_comes_after_the_page_and_moves_nothing(qtbot: QtBot) -> None:
    desk = FakeDesk(services=SimpleNamespace(history=FakeHistories()))
    desk.detach()
    page = build(desk)
    qtbot.addWidget(page)
    page.resize(*WIDE)
    page.show()
    QCoreApplication.processEvents()
    before = [part.geometry() for part in (page.main.history.chart, page.main.accounts)]
    assert len(page.main.history.chart.data) == 0
    desk.attach(desk.backstage)
    QCoreApplication.processEvents()
    assert len(page.main.history.chart.data) > 100
    assert [part.geometry() for part in (page.main.history.chart, page.main.accounts)] == before


def test_it_asks_for_the_history_of_what_it_shows(qtbot: QtBot, histories: FakeHistories) -> None:
    _, desk = shown(qtbot, histories=histories)
    assert histories.asked == [("daily", "live", "USD", None)]
    desk.look_at(["s1", "i1"])
    assert histories.asked[-1] == ("daily", "live", "USD", ["s1", "i1"])
    count = len(histories.asked)
    desk.portfolio.tick()
    desk.portfolio.reload()
    assert len(histories.asked) == count


def test_an_empty_history_says_how_one_begins(qtbot: QtBot) -> None:
    page, _ = shown(qtbot, histories=FakeHistories(a_history(0)))
    assert page.main.history.chart.accessibleDescription().startswith("No history yet.")


def test_a_silent_account_is_one_more_notice(qtbot: QtBot) -> None:
    figures = sample_figures(accounts=(*sample_figures().accounts, account("acme:2")))
    page, _ = shown(qtbot, figures, histories=FakeHistories(a_history(quiet=20)))
    titles = [view.row.title for view in page.side.attention.views]
    assert titles[-1] == "Broker …4821 Individual: no value since 31 Oct 2026"
    assert titles[:-1] == [view.row.title for view in page.side.attention.views[:3]]


def test_the_day_is_read_when_it_is_chosen(qtbot: QtBot, histories: FakeHistories) -> None:
    page, _ = shown(qtbot, histories=histories)
    page.main.history.ranges.piece("1D").click()
    assert histories.asked[-1][:3] == ("day", "live", "USD")
    assert page.main.history.line is not None


def test_choices_are_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    memory = QSettings(str(tmp_path / "memory.ini"), QSettings.Format.IniFormat)
    page, _ = shown(qtbot, memory=memory)
    page.main.history.ranges.piece("5Y").click()
    page.side.allocation.menu().actions()[1].trigger()
    page.toggle_side()
    page.remember()
    again, _ = shown(qtbot, memory=memory)
    assert again.main.history.ranges.choice == Range.FIVE_YEARS.value
    assert again.side.allocation.bars.rows[0].label == "Schwab …4821 Individual"
    assert not again.side_is_shown()
    memory.setValue("overview/range", "nonsense")
    memory.setValue("overview/split-by", "nonsense")
    third, _ = shown(qtbot, memory=memory)
    assert third.main.history.ranges.choice == Range.YEAR.value


# ways on


def test_enter_and_clicks_lead_on(qtbot: QtBot) -> None:
    page, desk = shown(qtbot)
    table = page.main.accounts.table
    table.select_row("i1")
    QTest.keyClick(table, Qt.Key.Key_Return)
    page.main.accounts.apart[0].setFocus()
    QTest.keyClick(page.main.accounts.apart[0], Qt.Key.Key_Return)
    page.main.movers.movers[0].click()
    page.side.allocation.bars.activated.emit("class:US stocks")
    assert desk.ways == [
        ("accounts", "i1"),
        ("accounts", "p1"),
        ("positions", "NVDA"),
        ("positions", ""),
    ]


def test_buttons_of_notices_are_passed_on(qtbot: QtBot) -> None:
    page, desk = shown(qtbot)
    signed: list[str] = []
    desk.portfolio.sign_in_wanted.connect(signed.append)
    press(page, "Sign in: Vanguard …1190: sign in again")
    press(page, "Sign in now: Plaid")
    press(page, "Review: Fidelity …3306 returned no positions")
    assert signed == ["c-Vanguard", "c-Vanguard"]
    assert desk.ways == [("accounts", "f1")]
    page.side.attention.acted.emit("keep:f1@2026")
    assert "keep:f1@2026" in desk.port.calls
    page.side.attention.acted.emit("report:x")
    assert desk.wishes == ["report:x"]


def test_a_notice_that_stays_keeps_the_focus(qtbot: QtBot) -> None:
    page, desk = shown(qtbot)
    qtbot.waitUntil(lambda: page.isVisible())
    button = page.side.attention.views[2].buttons[0]
    button.setFocus()
    desk.show(replace(desk.figures, messages=desk.figures.messages[1:]))
    assert page.side.attention.views[1].buttons[0] is button
    assert len(page.side.attention.views) == 2


def test_without_notices_one_quiet_line(qtbot: QtBot) -> None:
    page, _ = shown(qtbot, sample_figures(messages=()))
    assert "Nothing needs you now." in shown_text(page)
    assert page.side.attention.views == []


# room


def test_a_narrow_window_has_the_side_as_a_toggle(qtbot: QtBot) -> None:
    page, _ = shown(qtbot, size=NARROW)
    assert not page.side_is_shown()
    assert page.panes() == (page.main,)
    assert page.toggle_side()
    assert page.side_is_shown()
    page.resize(*WIDE)
    QCoreApplication.processEvents()
    assert page.side_is_shown()


@pytest.mark.parametrize("size", [WIDE, NARROW, (700, 560)])
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_nothing_is_wider_than_its_pane(qtbot: QtBot, size: tuple[int, int], scale: float) -> None:
    theme().set_scale(scale)
    page, _ = shown(qtbot, extreme_figures(), size=size)
    inner = page.main.widget()
    assert inner is not None
    assert inner.width() == page.main.viewport().width()
    assert page.main.history.height() >= page.main.history.minimumSizeHint().height()
    assert clipped(page) == []
    page.grab()


def test_fewer_movers_where_there_is_less_room(qtbot: QtBot) -> None:
    page, _ = shown(qtbot)
    assert len([one for one in page.main.movers.movers if one.isVisible()]) == 6
    page.resize(760, 700)
    QCoreApplication.processEvents()
    seen = [one for one in page.main.movers.movers if one.isVisible()]
    assert 1 <= len(seen) < 6
    assert seen[0].row is not None
    assert seen[0].row.symbol == "NVDA"


def test_without_movers_there_is_no_strip(qtbot: QtBot) -> None:
    page, _ = shown(qtbot, sample_figures(movers=()))
    assert not page.main.movers.isVisible()


def test_many_accounts_leave_room_for_the_chart_and_few_get_all_they_need(qtbot: QtBot) -> None:
    many = tuple(account(f"a{n}") for n in range(50))
    page, _ = shown(qtbot, sample_figures(accounts=many))
    assert page.main.history.height() >= 210
    assert page.main.accounts.height() < page.main.accounts.wanted_height()
    few, _ = shown(qtbot)
    assert few.main.accounts.height() == few.main.accounts.wanted_height()


def test_nothing_at_all_is_shown_without_harm(qtbot: QtBot) -> None:
    page, _ = shown(qtbot, Figures())
    assert not page.main.hero.isVisible()
    assert not page.main.accounts.isVisible()
    text = shown_text(page)
    assert "No accounts yet." in text
    page.grab()


def test_a_connection_without_an_account_leads_to_the_accounts(qtbot: QtBot) -> None:
    page, desk = shown(qtbot, sample_figures(accounts=(), totals=(), positions=(), movers=()))
    press(page, "Show accounts")
    assert desk.ways == [("accounts", "")]
    desk.show(sample_figures())
    assert page.main.accounts.isVisible()
    assert page.main.hero.isVisible()
    assert page.main.movers.isVisible()
    desk.show(sample_figures(accounts=(), totals=()))
    desk.travel(PAST)
    assert "Nothing was saved up to 14 Aug 2026 16:00 ET." in shown_text(page)


# privacy, ears, past


def test_privacy_hides_every_amount_drawn_or_spoken(qtbot: QtBot) -> None:
    page, _ = shown(qtbot)
    privacy().set(True)
    QCoreApplication.processEvents()
    heard = names(page)
    assert AMOUNT.search(heard) is None, AMOUNT.search(heard)
    model = page.main.accounts.model
    for line in range(6):
        for place in (1, 3, 5, 6):
            text = model.cell_at(line, place).text
            assert text in (DOTS, "no data", "—"), text
    assert model.cell_at(0, 4).text == "+0.25%"
    assert page.main.accounts.apart[0].cells()[1].text == DOTS
    assert page.main.hero.value.text() == DOTS
    assert DOTS in page.main.hero.change.text()
    assert "$" not in page.main.history.words.text()
    assert page.main.history.chart._private
    privacy().set(False)
    QCoreApplication.processEvents()
    assert page.main.hero.value.text() == "$943,590 .17"


def test_every_part_has_a_name(qtbot: QtBot) -> None:
    page, _ = shown(qtbot)
    assert unnamed(page) == []
    heard = names(page)
    for words in (
        "Total value, USD, oldest figure 18 Nov 09:42 ET: $943,590.17, up $2,238.85, 0.24 percent",
        "NVDA, up $1,021.84, 2.60 percent",
        "Paper, Alpaca …P7QX, up to date; Value, 99,997.50",
        "Schwab, up to date, 12 s ago, 1 d 6 h to next sign-in",
        "6 accounts; Value, 943,590.17",
    ):
        assert words in heard, words


def test_a_past_moment_has_its_words_and_no_list_of_now(qtbot: QtBot) -> None:
    histories = FakeHistories()
    page, desk = shown(qtbot, histories=histories)
    desk.travel(PAST)
    QCoreApplication.processEvents()
    assert "Snapshot of 14 Aug 2026 16:00 ET" in page.main.hero.value.accessibleName()
    assert page.side.attention.views == []
    assert not page.side.clock.isVisible()
    assert page.main.history.line is not None
    assert page.main.history.line.xs[-1] == PAST.date().toordinal()
    desk.travel(None)
    QCoreApplication.processEvents()
    assert len(page.side.attention.views) == 3
    assert page.side.clock.isVisible()


def test_a_second_that_passes_changes_ages_only(qtbot: QtBot) -> None:
    page, desk = shown(qtbot)
    rows = page.side.allocation.bars.rows
    views = list(page.side.attention.views)
    desk.portfolio.tick()
    assert page.side.allocation.bars.rows == rows
    assert page.side.attention.views == views


def test_a_page_that_was_thrown_away_hears_nothing(qtbot: QtBot) -> None:
    histories = FakeHistories()
    desk = FakeDesk(services=SimpleNamespace(history=histories))
    page = build(desk)
    page.deleteLater()
    QCoreApplication.sendPostedEvents(None, 52)  # deferred deletes
    desk.show(extreme_figures())
    privacy().set(True)
    desk.portfolio.tick()


def test_the_total_needs_no_library_of_charts_or_numbers() -> None:
    code = "import sys, brokerdesk.ui.views.overview.page\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    heavy = {"numpy", "pyqtgraph", "sqlalchemy", "httpx", "qasync", "asyncio", "keyring", "ssl"}
    assert not loaded & heavy
    assert "brokerdesk.services.history" not in done.stdout.split()


def test_amounts_of_other_currencies_name_them(qtbot: QtBot) -> None:
    euro = account("e", currency="EUR", net=Decimal("1204.5"), cash=None)
    page, _ = shown(qtbot, sample_figures(accounts=(*sample_figures().accounts, euro)))
    model = page.main.accounts.model
    assert model.cell_at(model.line_of("e"), 1).text == "1,204.50 EUR"
    assert page.main.accounts.totals.cells()[0].text == "6 accounts in USD"


def test_practice_money_is_shown_as_any_other_where_there_is_no_other(qtbot: QtBot) -> None:
    rows = tuple(replace(row, environment="practice") for row in sample_figures().accounts)
    lead = replace(sample_figures().totals[0], environment="practice")
    page, _ = shown(qtbot, sample_figures(accounts=rows, totals=(lead,)))
    model = page.main.accounts.model
    assert model.cell_at(0, 0).mark is not None
    assert model.cell_at(0, 3).tone == "gain"
    assert model.cell_at(0, 7).tags == (("Margin", ""), ("PRACTICE", "practice"))
    assert page.main.hero.value.accessibleName().startswith("Practice value, USD")
    live, _ = shown(qtbot)
    assert live.main.accounts.apart[0].cells()[0].tags == (("PAPER", "paper"),)
    assert live.main.accounts.apart[0].cells()[3].tone == "text2"


def test_a_page_built_while_amounts_are_hidden_hides_them(qtbot: QtBot) -> None:
    privacy().set(True)
    page, _ = shown(qtbot)
    assert AMOUNT.search(names(page)) is None
    assert {row.amount_text for row in page.side.allocation.bars.rows} == {DOTS}


def test_the_accounts_can_be_written_to_a_file(qtbot: QtBot) -> None:
    page, _ = shown(qtbot)
    assert page.export()
    (dialog,) = page.findChildren(QFileDialog)
    assert dialog.isVisible()
    dialog.reject()


def test_a_note_that_has_no_room_behind_the_change_stands_beneath_it(qtbot: QtBot) -> None:
    hero = Hero(
        caption=("Value, USD",), whole="$2,667,731", cents=".79", when="on 20 Nov", spoken="",
        change=Change(glyph="▼", amount="−$19,787.59", percent="−0.74%", tone="loss", spoken=""),
        notes=("$137,627.51 of it may be counted twice", "one more"),
    )  # fmt: skip
    pane = HeroPane()
    qtbot.addWidget(pane)
    pane.show()
    for width, beneath in ((900, ["one more"]), (380, list(hero.notes)), (900, ["one more"])):
        pane.resize(width, 200)
        pane.show_hero(hero, (), ())
        assert pane.change.toolTip() == ""
        labels = [one.text() for one in pane.findChildren(PlainLabel) if one.isVisibleTo(pane)]
        assert labels == beneath
