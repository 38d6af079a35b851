"""The Accounts page over a fake desk: list, head, facts, tables, keys, ears, privacy, the past."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, sample_figures
from support.overview import FakeAccounts, a_card, a_detail, a_position, an_entry, another
from support.ui import HOSTILE, account
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.reading import Unread
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import Action, Figures, Message
from brokerdesk.ui.views.accounts.page import AccountsPage

D = Decimal
PAST = datetime(2026, 8, 14, 20, 0, tzinfo=UTC)
AMOUNT = re.compile(r"\d[\d,]*\.\d\d(?!\d|%| percent)")


@pytest.fixture(autouse=True)
def _plain() -> Any:
    yield
    privacy().set(False)
    theme().set_scale(1.0)


def figures(*keys: str, **changes: Any) -> Figures:
    rows = tuple(account(key, connection="c-Schwab", broker="Schwab") for key in keys)
    return Figures(**{"accounts": rows, "connections": sample_figures().connections[:1], **changes})


def shown(
    qtbot: QtBot,
    port: FakeAccounts | None = None,
    given: Figures | None = None,
    *,
    size: tuple[int, int] = (1260, 798),
    memory: QSettings | None = None,
) -> tuple[AccountsPage, FakeDesk, FakeAccounts]:
    port = port or FakeAccounts(a_detail(), a_detail("schwab:2"))
    desk = FakeDesk(figures("schwab:1", "schwab:2") if given is None else given)
    desk.memory = memory
    page = AccountsPage(desk, port)
    page.kept = desk  # type: ignore[attr-defined]
    qtbot.addWidget(page)
    page.resize(*size)
    page.show()
    QCoreApplication.processEvents()
    return page, desk, port


def heard(page: QWidget) -> str:
    QCoreApplication.processEvents()
    return "\n".join(
        f"{each.accessibleName()} {each.accessibleDescription()} {each.toolTip()}"
        for each in page.findChildren(QWidget)
        if each.isVisibleTo(page)
    )


def test_the_chosen_account_is_shown_whole(qtbot: QtBot) -> None:
    page, _, _ = shown(qtbot)
    assert page.head.title.text() == "Schwab …4821 Individual"
    assert "$300.00" in page.head.value.text()
    text = shown_text(page)
    assert "Broker’s total 300.00 = cash 95.00 + positions 205.00 + residual 0.00 USD." in text
    for words in ("accruedInterest", "Buying power, stock", "not reported", "no data", "blocked"):
        assert words in text, words
    assert page.tabs.piece("positions").text() == "Positions 2"


def test_up_and_down_choose_and_headings_are_passed_over(qtbot: QtBot) -> None:
    page, _, port = shown(qtbot)
    page.focus_first()
    assert page.list.lines.rows[0].heading
    QTest.keyClick(page.list, Qt.Key.Key_Down)
    assert page.model.chosen == "schwab:2"
    QTest.keyClick(page.list, Qt.Key.Key_Up)
    QTest.keyClick(page.list, Qt.Key.Key_Up)
    assert page.model.chosen == "schwab:1"
    assert ("detail", "schwab:2", None) in port.asked


def test_the_ages_among_the_facts_go_on(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    page, desk, _ = shown(qtbot, FakeAccounts(a_detail(), a_detail("schwab:2")))
    later = desk.clock() + timedelta(minutes=7)
    ages = [line for line in shown_text(page).split("\n") if "ago)" in line]
    monkeypatch.setattr(desk.portfolio, "clock", lambda: later)
    desk.portfolio.tick()
    now = [line for line in shown_text(page).split("\n") if "ago)" in line]
    assert ages
    assert all(before != after for before, after in zip(ages, now, strict=True))


def test_a_target_is_shown(qtbot: QtBot) -> None:
    page, _, _ = shown(qtbot)
    page.show_target("schwab:2")
    assert page.model.chosen == "schwab:2"
    assert page.list.lines.rows[page.list.currentIndex().row()].key == "schwab:2"
    page.show_target("nobody")
    page.grab()


def test_positions_and_transactions_are_tables(qtbot: QtBot) -> None:
    port = FakeAccounts(a_detail())
    port.kept_entries = (an_entry(), an_entry("t2", kind="UNKNOWN(ODD)", amount=D("-3.5")))
    page, _, _ = shown(qtbot, port, figures("schwab:1"))
    page.tabs.piece("positions").click()
    model = page.positions.table.rows
    assert model.cell_at(0, 0).text == "AAPL"
    assert model.cell_at(0, 6).text == "200.00"
    page.tabs.piece("transactions").click()
    entries = page.entries.table.rows
    assert [entries.cell_at(line, 7).text for line in (0, 1)] == ["+5,000.00", "−3.50"]
    assert entries.cell_at(1, 1).text == "UNKNOWN(ODD)"
    page.spans.piece("All").click()
    assert port.asked[-1] == ("entries", "schwab:1", None, None)
    assert page.focus_filter()
    page.tabs.piece("details").click()
    assert not page.focus_filter()


def test_an_account_of_cash_says_so_with_its_time(qtbot: QtBot) -> None:
    page, _, _ = shown(qtbot, FakeAccounts(a_detail(positions=())), figures("schwab:1"))
    page.show_tab("positions")
    text = shown_text(page)
    assert "No positions." in text
    assert "Schwab …4821 Individual holds cash only, checked 11:42 ET." in text


def test_renaming_is_kept_by_enter_dropped_by_esc_and_undone(qtbot: QtBot) -> None:
    page, _, port = shown(qtbot)
    page.head.rename.click()
    assert page.head.field.isVisible()
    page.head.field.setText("House")
    QTest.keyClick(page.head.field, Qt.Key.Key_Escape)
    assert not page.head.field.isVisible()
    assert port.names == []
    page.head.rename.click()
    page.head.field.setText("House")
    QTest.keyClick(page.head.field, Qt.Key.Key_Return)
    assert page.head.title.text() == "Schwab …4821 House"
    press(page, "Undo rename")
    assert page.head.title.text() == "Schwab …4821 Individual"
    assert port.names == [("schwab:1", "House"), ("schwab:1", "")]
    assert not page.head.undo.isVisible()


def test_leaving_out_and_including_are_asked_of_the_portfolio(qtbot: QtBot) -> None:
    port = FakeAccounts(a_detail(), a_detail("schwab:2", card=a_card("schwab:2", included=False)))
    port.kept_others = (another("schwab:2"),)
    page, desk, _ = shown(qtbot, port, figures("schwab:1"))
    press(page, "Leave out this account")
    assert "exclude:schwab:1" in desk.port.calls
    page.show_target("schwab:2")
    assert "This account is left out." in shown_text(page)
    press(page, "Include this account")
    assert "include:schwab:2" in desk.port.calls


def test_a_held_answer_is_kept_or_accepted_here(qtbot: QtBot) -> None:
    held = Message(
        key="suspect:schwab:1",
        kind="warn",
        title="Schwab …4821 returned no positions.",
        text="The last good sync had 2. Kept those until you decide.",
        actions=(
            Action(id="keep:schwab:1@x", label="Keep last good"),
            Action(id="accept:schwab:1@x", label="Accept as empty"),
        ),
    )
    page, desk, _ = shown(qtbot, given=figures("schwab:1", messages=(held,)))
    press(page, "Accept as empty")
    press(page, "Keep last good")
    done = [call for call in desk.port.calls if call != "load"]
    assert done == ["accept:schwab:1@x", "keep:schwab:1@x"]


def test_the_focus_goes_to_the_list_with_the_message_that_had_it(qtbot: QtBot) -> None:
    told = Message(
        key="suspect:schwab:1", kind="warn", title="Returned no positions.", text="",
        actions=(Action(id="accept:schwab:1@x", label="Accept as empty"),),
    )  # fmt: skip
    page, desk, _ = shown(qtbot, given=figures("schwab:1", messages=(told,)))
    page.activateWindow()
    pressed = next(
        one for one in page.findChildren(QAbstractButton) if one.text() == "Accept as empty"
    )
    pressed.setFocus()
    qtbot.waitUntil(pressed.hasFocus)
    desk.show(figures("schwab:1"))
    QCoreApplication.processEvents()
    assert page.list.hasFocus()


def test_unread_records_are_listed_when_asked_for(qtbot: QtBot) -> None:
    unread = (Unread(where="positions[3]", reason="The quantity is not a number.", label="XYZ"),)
    told = Message(
        key="unread:schwab:1",
        kind="warn",
        title="1 of 3 positions could not be read.",
        text="It is listed as unread and left out of totals.",
        actions=(Action(id="go:accounts:schwab:1", label="Show it"),),
    )
    port = FakeAccounts(a_detail(unread=unread))
    page, _, _ = shown(qtbot, port, figures("schwab:1", messages=(told,)))
    page.show_tab("positions")
    assert "XYZ" not in shown_text(page)
    press(page, "Show it")
    assert "1. XYZ: The quantity is not a number." in shown_text(page)
    assert page.tabs.choice == "details"


def test_details_are_copied_masked(qtbot: QtBot) -> None:
    page, desk, _ = shown(qtbot)
    press(page, "Copy details")
    text = QGuiApplication.clipboard().text()
    assert "Number: …4821" in text
    assert "Total value: 300.00" in text
    assert desk.sentences == ["Copied the account’s details."]
    privacy().set(True)
    press(page, "Copy details")
    assert "300.00" not in QGuiApplication.clipboard().text()


def test_privacy_hides_every_amount_drawn_or_spoken(qtbot: QtBot) -> None:
    page, _, _ = shown(qtbot)
    privacy().set(True)
    for tab in ("details", "positions", "transactions"):
        page.show_tab(tab)
        for text in (heard(page), shown_text(page)):
            assert AMOUNT.search(text) is None, (tab, AMOUNT.search(text))
    lines = page.list.lines
    roles = Qt.ItemDataRole.AccessibleTextRole
    assert "hidden" in lines.data(lines.index(1), roles)
    assert "245,173" not in lines.data(lines.index(1), roles)
    assert page.positions.table.rows.cell_at(0, 3).text == DOTS
    assert page.positions.table.rows.cell_at(0, 5).text == "100.00"


def test_every_part_has_a_name(qtbot: QtBot) -> None:
    page, _, _ = shown(qtbot)
    for tab in ("details", "positions", "transactions"):
        page.show_tab(tab)
        assert unnamed(page) == [], tab
    assert "Total value, $300.00, day change up $614.40" in heard(page)


def test_a_past_moment_is_read_only_and_named(qtbot: QtBot) -> None:
    page, desk, port = shown(qtbot)
    desk.travel(PAST)
    QCoreApplication.processEvents()
    assert ("detail", "schwab:1", PAST) in port.asked
    assert "Snapshot of" in page.head.times.text()
    assert not page.head.choice.isVisible()
    assert not page.head.rename.isVisible()
    desk.travel(None)
    QCoreApplication.processEvents()
    assert page.head.choice.isVisible()


def test_without_any_account_the_page_says_so(qtbot: QtBot) -> None:
    page, _, _ = shown(qtbot, FakeAccounts(), Figures())
    assert "No accounts yet." in shown_text(page)


def test_while_an_account_is_read_its_name_stands_already(qtbot: QtBot) -> None:
    port = FakeAccounts(a_detail())
    port.hold = True
    page, _, _ = shown(qtbot, port, figures("schwab:1"))
    assert page.head.title.text() == "Schwab …4821 Individual"
    assert page.head.times.text() == "Reading…"
    port.hold = False
    port.settle()
    assert page.head.times.text().startswith("As of")


@pytest.mark.parametrize(
    ("size", "scale"),
    # The smallest window: with its rail, and with larger text, for which the rail is folded.
    [((1260, 798), 1.0), ((920, 598), 1.0), ((1260, 798), 1.5), ((1028, 598), 1.5)],
)
def test_hostile_and_huge_figures_fit(qtbot: QtBot, size: tuple[int, int], scale: float) -> None:
    theme().set_scale(scale)
    huge = D("-9876543210123456789012345.99")
    given = Balance(
        currency="USD", cash=huge, net_liquidation=huge,
        others=tuple((name, huge) for name in HOSTILE),
    )  # fmt: skip
    card = a_card(nickname=HOSTILE[3], connection_name=HOSTILE[0])
    card = replace(card, account=replace(card.account, institution=HOSTILE[3], name=HOSTILE[1]))
    positions = tuple(
        a_position(f"S{n}", "1", "1", market_value=huge, open_pl=None) for n in range(400)
    )
    port = FakeAccounts(
        a_detail(card=card, balances=(given,), positions=positions),
        others=tuple(another(f"schwab:{n}", name=HOSTILE[n % 5]) for n in range(10, 60)),
    )
    page, _, _ = shown(qtbot, port, figures("schwab:1"), size=size)
    for tab in ("details", "positions", "transactions"):
        page.show_tab(tab)
        QCoreApplication.processEvents()
        assert clipped(page) == []
        page.grab()
    assert page.minimumSizeHint().height() <= size[1]
    assert page.minimumSizeHint().width() <= size[0]
    assert page.head.width() <= size[0]


def test_choices_are_remembered(qtbot: QtBot, tmp_path: Path) -> None:
    memory = QSettings(str(tmp_path / "memory.ini"), QSettings.Format.IniFormat)
    page, _, _ = shown(qtbot, memory=memory)
    page.spans.piece("All").click()
    page.remember()
    again, _, port = shown(qtbot, memory=memory)
    assert again.model.span == "All"
    assert again.spans.choice == "All"
    assert port.asked[-1] == ("entries", "schwab:1", None, None)


def test_a_page_that_was_thrown_away_hears_nothing(qtbot: QtBot) -> None:
    port = FakeAccounts(a_detail())
    port.hold = True
    desk = FakeDesk(figures("schwab:1"))
    page = AccountsPage(desk, port)
    page.deleteLater()
    QCoreApplication.sendPostedEvents(None, 52)
    port.settle()
    desk.show(figures())
    privacy().set(True)
