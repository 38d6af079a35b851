"""Halting new orders: menu, palette, status bar, the banner over all pages, and lifting it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QPushButton
from support.shell import Make, desk_of, shell
from support.switches import FakeSwitches
from support.ui_widgets import shown_text

from brokerdesk.errors import DiskFullError
from brokerdesk.ui.shell.window import MainWindow
from brokerdesk.ui.viewmodels.halt import Switches, TradingStand, banner, can_halt, questions
from brokerdesk.ui.views.trading.switching import TradingSwitching

__all__ = ["shell"]

ON = Switches(known=True, ready=True, able=frozenset({"c1"}), on=frozenset({"c1"}))


class Bench:
    """A window whose switches are given by hand."""

    def __init__(self, window: MainWindow, state: Switches = ON) -> None:
        self.window, self.desk = window, desk_of(window)
        self.port = FakeSwitches(state)
        self.desk.trading.attach(self.port)
        self.switching = TradingSwitching(window, self.desk)
        self.desk.wished.connect(self._do)

    def _do(self, wish: str) -> None:
        verb, _, target = wish.partition(":")
        if verb == "halt":
            self.switching.halt(target)

    @property
    def over(self) -> str:
        """What the banner over the pages says."""
        QCoreApplication.processEvents()
        shown = self.window.banner_place.trading
        return shown_text(shown) if shown is not None and shown.isVisible() else ""


def test_halting_is_one_click_in_the_menu(shell: Make) -> None:
    bench = Bench(shell())
    action = bench.window.menus.actions["halt"]
    assert action.isEnabled()
    action.trigger()
    assert bench.port.calls[-1] == ("halt", True)
    assert "New orders are halted." in bench.over
    assert "Cancels still pass." in bench.over
    assert action.isChecked()


def test_the_banner_stands_over_every_page(shell: Make) -> None:
    bench = Bench(shell(), replace(ON, halted=True))
    for page in ("overview", "positions", "orders", "activity", "connections", "settings"):
        bench.desk.go(page)
        assert "New orders are halted." in bench.over, page


def test_lifting_asks_first(shell: Make) -> None:
    bench = Bench(shell(), replace(ON, halted=True))
    shown = bench.window.banner_place.trading
    assert shown is not None
    shown.buttons[0].click()
    assert bench.port.calls == [("look",)]
    assert bench.switching.confirm is not None
    bench.switching.confirm.answer(False)
    assert "New orders are halted." in bench.over
    bench.window.menus.actions["halt"].trigger()
    confirm = bench.switching.confirm
    assert confirm is not None
    confirm.answer(True)
    assert bench.port.calls[-1] == ("halt", False)
    assert bench.over == ""


def test_the_menu_shows_what_holds_not_what_was_clicked(shell: Make) -> None:
    bench = Bench(shell(), replace(ON, halted=True))
    action = bench.window.menus.actions["halt"]
    action.trigger()  # asks; nothing has changed yet
    assert action.isChecked()
    assert bench.switching.confirm is not None
    bench.switching.confirm.answer(False)
    assert action.isChecked()


def test_a_halt_that_could_not_be_written_is_said_and_shown_off(shell: Make) -> None:
    bench = Bench(shell())
    bench.port.error = DiskFullError("The disk is full.", "Nothing was changed.")
    bench.window.menus.actions["halt"].trigger()
    assert bench.over == ""
    assert not bench.window.menus.actions["halt"].isChecked()
    assert bench.switching.confirm is not None
    assert bench.desk.sentences == []
    bench.switching.confirm.answer(False)


def test_the_status_bar_halts_while_something_could_send(shell: Make) -> None:
    bench = Bench(shell())
    button = bench.window.status.halt
    assert isinstance(button, QPushButton)
    assert button.isVisible()
    button.click()
    assert bench.port.calls[-1] == ("halt", True)
    assert not button.isVisible()


def test_nothing_to_halt_shows_no_button(shell: Make) -> None:
    bench = Bench(shell(), replace(ON, on=frozenset()))
    assert bench.window.status.halt is None
    assert bench.window.menus.actions["halt"].isEnabled(), "still possible from the menu"


@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_open_questions_stand_in_the_status_bar_and_lead_to_orders(
    shell: Make, size: tuple[int, int]
) -> None:
    bench = Bench(shell(size=size), replace(ON, unknown=2))
    shown = bench.window.status.questions
    assert shown is not None
    assert shown.isVisible()
    assert "Order journal: 2 open questions" in shown.text()
    shown.click()
    assert bench.desk.wishes[-1] == "go:orders"
    bench.desk.trading.show(ON)
    assert not shown.isVisible()


def test_a_journal_that_cannot_be_used_is_said(shell: Make) -> None:
    bench = Bench(shell(), replace(ON, failure="The file is locked by another program."))
    assert "The order journal cannot be used." in bench.over
    assert "No order can be sent." in bench.over


def test_palette_finds_the_halt(shell: Make) -> None:
    from brokerdesk.ui.shell.commands import all_commands

    (command,) = [one for one in all_commands() if one.id == "halt"]
    assert (command.menu, command.palette, command.words) == ("Trade", True, "Halt new orders")


def test_it_is_shown_again_after_the_text_size_changed(shell: Make) -> None:
    bench = Bench(shell(), replace(ON, halted=True, unknown=1))
    bench.window._rebuild()
    assert "New orders are halted." in bench.over
    assert bench.window.status.questions is not None


def test_a_closed_profile_is_not_known() -> None:
    stand = TradingStand()
    stand.attach(FakeSwitches(replace(ON, halted=True, unknown=3)))
    stand.forget()
    assert stand.state == Switches()
    assert banner(stand.state) is None
    assert questions(stand.state) == ""
    assert not can_halt(stand.state)
