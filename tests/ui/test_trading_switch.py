"""The trading switch of a connection: off until it is turned on, with its meaning explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from support.desk import FakeDesk
from support.switches import FakeSwitches
from support.ui import HOSTILE, connection, some_figures
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.errors import NotSupportedError
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.halt import Switches
from brokerdesk.ui.viewmodels.trading_switch import line, question
from brokerdesk.ui.views.trading.box import TradingBox
from brokerdesk.ui.views.trading.switching import TradingSwitching

KNOWN = Switches(known=True, able=frozenset({"c1", "p1"}), ready=True)


class Bench(QWidget):
    """A window with the line of one connection."""

    def __init__(self, desk: FakeDesk) -> None:
        super().__init__()
        self.desk, self.port = desk, FakeSwitches(KNOWN)
        desk.trading.attach(self.port)
        self.switching = TradingSwitching(self, desk)
        self.box = TradingBox(desk)
        desk.wished.connect(self._do)
        QVBoxLayout(self).addWidget(self.box)
        self.box.show_connection("c1")

    def _do(self, wish: str) -> None:
        verb, _, target = wish.partition(":")
        does = {"trading": self.switching.trading, "untrading": self.switching.turn_off}
        does[verb](target)


Make = Callable[..., Bench]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    def build(**changes: object) -> Bench:
        figures = some_figures(connections=(connection("c1", **changes), connection("r1")))
        made = Bench(FakeDesk(figures))
        qtbot.addWidget(made)
        made.resize(900, 700)
        with qtbot.waitActive(made):
            made.show()
            made.activateWindow()
        return made

    yield build
    theme().set_scale(1)


def test_a_connection_is_off_until_it_is_turned_on(make: Make) -> None:
    bench = make()
    assert "Off. Nothing is sent through this connection." in shown_text(bench)
    bench.box.turn.click()
    sheet = bench.switching.sheet
    assert sheet is not None
    assert bench.desk.ways == [("connections", "c1")]
    assert bench.port.calls == [("look",)], "asking changes nothing"
    assert QApplication.focusWidget() is sheet.no


def test_live_needs_the_tick(make: Make) -> None:
    bench = make()
    bench.box.turn.click()
    sheet = bench.switching.sheet
    assert sheet is not None
    assert "real money" in sheet.sure.text()
    assert not sheet.yes.isEnabled()
    sheet.yes.click()
    assert ("turn", "c1", True) not in bench.port.calls
    sheet.sure.click()
    sheet.yes.click()
    assert bench.port.calls[-1] == ("turn", "c1", True)
    assert bench.switching.sheet is None
    assert bench.box.turn.text() == "Turn off"


@pytest.mark.parametrize("environment", ["paper", "practice"])
def test_others_are_explained_and_need_no_tick(make: Make, environment: str) -> None:
    bench = make(environment=environment)
    bench.box.turn.click()
    sheet = bench.switching.sheet
    assert sheet is not None
    assert not sheet.sure.isVisible()
    assert sheet.yes.text() == f"Turn on {environment} trading"
    sheet.yes.click()
    assert bench.port.calls[-1] == ("turn", "c1", True)


def test_turning_off_is_one_click(make: Make) -> None:
    bench = make()
    bench.desk.trading.show(replace(KNOWN, on=frozenset({"c1"})))
    bench.port.state = bench.desk.trading.state
    bench.box.turn.click()
    assert bench.port.calls[-1] == ("turn", "c1", False)
    assert bench.switching.sheet is None
    assert "Off." in shown_text(bench)


def test_a_switch_that_does_not_turn_says_why_in_the_sheet(make: Make) -> None:
    bench = make(environment="paper")
    bench.port.error = NotSupportedError("Broker takes no orders here.", capability="trading")
    bench.box.turn.click()
    sheet = bench.switching.sheet
    assert sheet is not None
    sheet.yes.click()
    assert "Broker takes no orders here." in sheet.problem.text()
    assert sheet.yes.isEnabled()
    sheet.no.click()
    assert bench.switching.sheet is None


def test_what_can_only_be_read_offers_no_switch(make: Make) -> None:
    bench = make()
    bench.box.show_connection("r1")
    assert "can only be read from here" in shown_text(bench)
    assert not bench.box.turn.isVisible()
    bench.switching.trading("r1")
    assert bench.switching.sheet is None


def test_a_wish_for_a_connection_that_is_gone_does_nothing(make: Make) -> None:
    bench = make()
    bench.switching.trading("gone")
    assert bench.switching.sheet is None
    assert bench.desk.ways == []


def test_the_desk_wish_opens_one_sheet(make: Make) -> None:
    bench = make()
    bench.desk.wish("trading:c1")
    first = bench.switching.sheet
    bench.desk.wish("trading:c1")
    assert bench.switching.sheet is first


def test_nothing_is_on_before_it_is_known() -> None:
    assert line("c1", "Broker", "live", Switches()).button == ""


def test_on_and_halted_is_said() -> None:
    halted = replace(KNOWN, on=frozenset({"c1"}), halted=True)
    assert "new orders are halted" in line("c1", "Broker", "live", halted).text


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_the_sheet_holds_any_name(make: Make, hostile: str, scale: float) -> None:
    theme().set_scale(scale)
    bench = make(title=hostile)
    bench.box.turn.click()
    sheet = bench.switching.sheet
    assert sheet is not None
    assert clipped(sheet) == []
    assert unnamed(sheet) == []
    press(sheet, "Leave it off")
    asked = question("c1", hostile, hostile, "live")
    words = " ".join((asked.title, asked.sure, *asked.points))
    assert not any(mark in words for mark in "\n\x00\u202e\u200f")
