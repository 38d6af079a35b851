"""Which accounts are shown: the words, the choice and its popover."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk, sample_accounts, sample_figures
from support.shell import Make, desk_of, esc, key, shell
from support.ui import account
from support.ui_widgets import press, shown_text

from brokerdesk.ui.shell.scope_popover import ScopePanel
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.viewmodels.scope import (
    ScopeChoice,
    by_connection,
    by_environment,
    scope_words,
)

__all__ = ["shell"]


def asked(desk: FakeDesk, *keys: str) -> tuple[str, int]:
    desk.look_at(keys)
    return scope_words(desk.state)


def test_the_words_name_what_is_shown() -> None:
    desk = FakeDesk()
    assert scope_words(desk.state) == ("All accounts", 6)  # the paper account stands apart
    assert asked(desk, "s2") == ("Schwab …7730 Roth IRA", 0)
    assert asked(desk, "s1", "s2") == ("Schwab", 2)
    assert asked(desk, "s1", "i1") == ("2 accounts", 0)
    assert asked(desk) == ("All accounts", 6)


def test_closed_accounts_are_not_counted_among_all() -> None:
    desk = FakeDesk(sample_figures(accounts=(account("a"), account("b", closed=True))))
    assert scope_words(desk.state) == ("All accounts", 1)


def test_groups_are_by_connection_and_by_environment() -> None:
    rows = sample_accounts()
    titles = {"c-Schwab": "My Schwab"}
    groups = {group.title: group.keys for group in by_connection(rows, titles)}
    assert groups["My Schwab"] == ("s1", "s2")
    assert groups["Fidelity"] == ("f1",)
    assert [(g.title, len(g.keys)) for g in by_environment(rows)] == [("Live", 6), ("Paper", 1)]
    assert by_environment(rows[:2]) == ()


def test_a_choice_of_all_is_no_scope() -> None:
    choice = ScopeChoice(sample_accounts(), ())

    def after(keys: tuple[str, ...], *, on: bool) -> tuple[str, ...]:
        choice.tick(keys, on=on)
        return choice.scope

    assert choice.everyone
    assert choice.scope == ()
    assert after(("p1",), on=False) == ("s1", "s2", "i1", "a1", "f1", "v1")
    assert choice.state_of(("a1", "p1")) is None
    assert after(("p1",), on=True) == ()
    assert after(("s1", "s2", "i1", "a1", "v1", "p1"), on=False) == ("f1",)
    choice.only(())
    assert not choice.usable


def test_a_scope_of_accounts_that_are_gone_begins_with_all() -> None:
    assert ScopeChoice(sample_accounts(), ("gone",)).everyone


@pytest.mark.parametrize(
    ("text", "keys"),
    [("roth", {"s2"}), ("SCHWAB 48", {"s1"}), ("paper", {"p1"}), ("", 7), ("zzz", set())],
)
def test_accounts_are_found_by_any_of_their_words(text: str, keys: set[str] | int) -> None:
    found = {row.key for row in ScopeChoice(sample_accounts(), ()).found(text)}
    assert len(found) == keys if isinstance(keys, int) else found == keys


# the popover


def panel_of(window: MainWindow) -> ScopePanel:
    (panel,) = window.findChildren(ScopePanel)
    return panel


def box(window: MainWindow, name: str) -> QCheckBox:
    (found,) = [
        one for one in panel_of(window).findChildren(QCheckBox) if one.accessibleName() == name
    ]
    return found


def test_accounts_are_chosen_one_by_one(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk = desk_of(window)
    key(qtbot, window, "Ctrl+L")
    assert "7 of 7 accounts shown" in shown_text(window)
    press(window, "Tick none")
    assert "Tick at least one account." in shown_text(window)
    box(window, "IBKR …5508 Margin").click()
    box(window, "Schwab").click()
    assert "3 of 7 accounts shown" in shown_text(window)
    qtbot.waitUntil(lambda: desk.portfolio.query.scope == ("s1", "s2", "i1"))
    assert window.top.scope.text() == "3 accounts"
    press(window, "Only this: Fidelity …3306 401(k)")
    qtbot.waitUntil(lambda: desk.portfolio.query.scope == ("f1",))
    assert window.top.scope.text() == "Fidelity …3306 401(k)"
    press(window, "Tick all")
    qtbot.waitUntil(lambda: desk.portfolio.query.scope == ())


def test_what_was_ticked_last_counts_when_it_closes(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    key(qtbot, window, "Ctrl+L")
    press(window, "Only this: Paper")
    esc(qtbot, window)
    assert desk_of(window).portfolio.query.scope == ("p1",)


def test_nothing_ticked_changes_nothing(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk_of(window).look_at(("s1",))
    key(qtbot, window, "Ctrl+L")
    press(window, "Tick none")
    esc(qtbot, window)
    assert desk_of(window).portfolio.query.scope == ("s1",)


def test_a_connection_of_which_some_are_ticked_is_neither(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    desk_of(window).look_at(("s1",))
    key(qtbot, window, "Ctrl+L")
    schwab = box(window, "Schwab")
    assert schwab.isTristate()
    schwab.click()
    assert not schwab.isTristate()
    qtbot.waitUntil(lambda: desk_of(window).portfolio.query.scope == ("s1", "s2"))


def test_search_and_enter_show_what_was_found(shell: Make, qtbot: QtBot) -> None:
    window = shell()
    key(qtbot, window, "Ctrl+L")
    panel = panel_of(window)
    assert panel.field.hasFocus()
    qtbot.keyClicks(panel.field, "ibkr")
    text = shown_text(panel)
    assert "Connections" not in text
    assert box(window, "IBKR …5508 Margin").isVisible()
    assert not box(window, "Vanguard …1190 Taxable").isVisible()
    key(qtbot, window, "Return")
    qtbot.waitUntil(lambda: desk_of(window).portfolio.query.scope == ("i1",))
    qtbot.keyClicks(panel.field, " zzz")
    assert "Nothing matches “ibkr zzz”." in shown_text(panel)


def test_a_menu_shows_one_account_alone(shell: Make) -> None:
    window = shell()
    window._fill_accounts()
    (action,) = [one for one in window.menus._accounts if one.text() == "Fidelity …3306 401(k)"]
    action.trigger()
    assert desk_of(window).portfolio.query.scope == ("f1",)
    window.deeds.do("everyone")
    assert desk_of(window).portfolio.query.scope == ()


def test_two_hundred_accounts_fit(shell: Make, qtbot: QtBot) -> None:
    rows = tuple(account(f"k{n}", name=f"Account {n}", mask=f"…{n:04}") for n in range(200))
    window = shell(replace(sample_figures(), accounts=rows), size=(1100, 700))
    key(qtbot, window, "Ctrl+L")
    panel = panel_of(window)
    assert panel.height() < window.height()
    assert not window.grab().isNull()
