"""An order as a person gives it: ticket, review, Send, and what becomes of it, on practice data.

The real window over the real services, journal and adapters; the market is the practice exchange,
whose own truth says what arrived.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from support.practice_window import PracticeWindow, start
from support.ui_widgets import press, shown_text

from brokerdesk.domain.kinds import Environment
from brokerdesk.paths import ProfilePaths
from brokerdesk.services.container import Services
from brokerdesk.simulator.dialects import TakesOrders
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.ui.viewmodels.review_state import Phase
from brokerdesk.ui.viewmodels.ticket_fields import Kind
from brokerdesk.ui.views.review.sheet import ReviewSheet
from brokerdesk.ui.views.ticket.pane import TicketPane

SYMBOL = "AAPL"
CTRL = Qt.KeyboardModifier.ControlModifier
pytestmark = pytest.mark.timeout(180)
Begin = Callable[..., "Trader"]


class Trader:
    """A person at the window."""

    def __init__(self, running: PracticeWindow, qtbot: QtBot) -> None:
        self.running, self.qtbot = running, qtbot
        self.window, self.desk = running.window, running.desk
        self.until = running.until
        self.market = running.market
        (self.connection,) = self.desk.trading.state.able

    @property
    def ticket(self) -> TicketPane:
        pane = self.running.life.tickets.pane
        assert pane is not None
        return pane

    @property
    def sheet(self) -> ReviewSheet:
        (found,) = [one for one in self.window.findChildren(ReviewSheet) if one.isVisible()]
        return found

    @property
    def phase(self) -> Phase:
        return self.running.life.tickets.review.state.phase

    def turn_on(self) -> None:
        """Trading, in Connections."""
        self.desk.go("connections", self.connection)
        self.until(lambda: "Off. Nothing is sent" in shown_text(self.window))
        press(self.window, "Turn on trading for Alpaca")
        press(self.window, "Turn on practice trading")
        self.until(lambda: self.connection in self.desk.trading.state.on)

    def write(self, quantity: str, kind: Kind = Kind.MARKET, limit: str = "") -> None:
        """An order of the symbol, typed into the ticket."""
        self.window.menus.actions["ticket:new"].trigger()
        self.until(lambda: self.running.life.tickets.pane is not None)
        ticket = self.ticket
        self.until(lambda: ticket.model.fields.environment is Environment.PRACTICE)
        if ticket.model.fields.instrument is None:
            ticket.body.symbol.setFocus()
            self.qtbot.keyClicks(ticket.body.symbol, SYMBOL)
            self.until(lambda: any(row.symbol == SYMBOL for row in ticket.search.state.rows))
            self.qtbot.keyClick(ticket.body.symbol, Qt.Key.Key_Return)
        self.until(lambda: ticket.model.fields.instrument is not None)
        ticket.model.choose_kind(kind)
        ticket.body.quantity.setFocus()
        ticket.body.quantity.selectAll()
        self.qtbot.keyClicks(ticket.body.quantity, quantity)
        if limit:
            ticket.model.edit(limit=limit)
        self.until(lambda: ticket.review.isEnabled())

    def review(self) -> ReviewSheet:
        """Ctrl+Enter in the ticket; the review is made."""
        self.qtbot.keyClick(self.ticket.body.quantity, Qt.Key.Key_Return, CTRL)
        self.until(lambda: self.phase not in (Phase.CLOSED, Phase.MAKING))
        return self.sheet

    def read_and_send(self) -> None:
        """Tick what has to be read, wait out the arming, and press Ctrl+Enter."""
        sheet = self.sheet
        if sheet.box.isVisible():
            sheet.box.click()
        self.until(lambda: sheet.send.isEnabled())
        self.qtbot.keyClick(sheet.back, Qt.Key.Key_Return, CTRL)
        self.until(lambda: self.phase is Phase.SENT)

    def halt_elsewhere(self) -> None:
        """The halt is set behind this window's back, as the command line sets it."""

        async def halt(services: Services) -> None:
            journal = services.trading.journal()
            assert journal is not None
            await journal.halt(True)

        self.running.services(halt)

    def says(self, words: str) -> Callable[[], bool]:
        return lambda: words in shown_text(self.sheet)

    def held(self) -> Decimal:
        rows = [row for row in self.desk.figures.positions if row.symbol == SYMBOL]
        return sum((row.quantity or Decimal(0) for row in rows), Decimal(0))


@pytest.fixture
def begin(
    profile: ProfilePaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
) -> Iterator[Begin]:  # fmt: skip
    running: list[PracticeWindow] = []
    # The market's clock is not this computer's; it is asked until the window closes.
    allow_warnings("brokerdesk.clock", r"^aiohttp\.server")

    def make(**more: object) -> Trader:
        made = start(profile, qtbot, monkeypatch, **more)  # type: ignore[arg-type]
        running.append(made)
        return Trader(made, qtbot)

    yield make
    for each in running:
        each.window.close()
        assert each.life.close()
    if running:
        running[0].market.stop()
        assert [line for each in running for line in each.shown] == []


def test_from_the_ticket_to_a_filled_order(begin: Begin) -> None:
    trader = begin()
    trader.turn_on()
    trader.desk.go("positions")
    before = trader.held()
    trader.write("3")
    sheet = trader.review()
    text = shown_text(sheet)
    assert "Buy 3 shares of AAPL at market" in text
    assert sheet.send.text() == "Send practice order"
    assert not sheet.send.isEnabled(), "not in the first second"
    assert QApplication.focusWidget() in (sheet.box, sheet.back)
    assert not trader.ticket.review.isEnabled()
    fields = sheet.orders[0].fields
    fields.toggle.click()
    told = {field.name: field.value for field in fields.fields}
    trader.read_and_send()
    assert "Accepted." in shown_text(trader.sheet)
    trader.until(trader.says("filled 3 of 3"))
    trader.until(lambda: trader.held() == before + 3)
    (arrived,) = trader.market.orders()
    body = json.loads(arrived["body"])
    assert {name: str(value) for name, value in body.items()} == told, "what was shown was sent"
    assert arrived["outcome"] == "placed"
    trader.qtbot.keyClick(trader.sheet.back, Qt.Key.Key_Return, CTRL)
    assert len(trader.market.orders()) == 1
    press(trader.sheet, "Show in Orders")
    trader.until(lambda: trader.window.stack.current == "orders")
    trader.sheet.back.click()
    assert trader.phase is Phase.CLOSED
    assert trader.ticket.model.fields.empty


def test_going_back_keeps_the_ticket_and_an_edit_needs_a_new_review(
    begin: Begin, qtbot: QtBot
) -> None:
    trader = begin()
    trader.turn_on()
    trader.write("3")
    first = trader.review()
    qtbot.keyClick(first.back, Qt.Key.Key_Escape)
    assert trader.phase is Phase.CLOSED
    assert trader.ticket.model.fields.quantity == "3"
    trader.write("4")
    sheet = trader.review()
    assert "Buy 4 shares of AAPL" in shown_text(sheet)
    trader.read_and_send()
    trader.until(trader.says("filled 4 of 4"))
    (arrived,) = trader.market.orders()
    assert '"qty":"4"' in arrived["body"]


def test_halted_nothing_goes_and_the_halt_survives_the_window(begin: Begin) -> None:
    trader = begin()
    trader.turn_on()
    trader.write("3")
    trader.window.menus.actions["halt"].trigger()
    trader.until(lambda: trader.desk.trading.state.halted)
    assert "New orders are halted." in shown_text(trader.window)
    trader.until(lambda: not trader.ticket.review.isEnabled())
    trader.qtbot.keyClick(trader.ticket.body.quantity, Qt.Key.Key_Return, CTRL)
    assert trader.phase is Phase.CLOSED
    assert trader.market.orders() == []
    trader.running.window.close()
    assert trader.running.life.close()
    again = begin(market=trader.market)
    assert again.desk.trading.state.halted
    assert "New orders are halted." in shown_text(again.window)
    again.window.menus.actions["halt"].trigger()
    confirm = again.running.life.switching.confirm
    assert confirm is not None
    confirm.yes.click()
    again.until(lambda: not again.desk.trading.state.halted)
    again.write("3")
    again.review()
    again.read_and_send()
    again.until(again.says("filled 3 of 3"))
    assert len(again.market.orders()) == 1


def test_a_halt_after_the_review_stops_the_send(begin: Begin) -> None:
    trader = begin()
    trader.turn_on()
    trader.write("3")
    sheet = trader.review()
    if sheet.box.isVisible():
        sheet.box.click()
    trader.until(lambda: sheet.send.isEnabled())
    trader.halt_elsewhere()
    sheet.send.click()
    trader.until(lambda: trader.phase is Phase.SENT)
    text = shown_text(trader.sheet)
    assert "Not sent." in text
    assert "New orders are halted." in text
    assert trader.market.orders() == []


def test_an_answer_that_is_lost_is_unknown_and_found_and_never_sent_again(
    begin: Begin, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("brokerdesk")
    trader = begin()
    trader.turn_on()
    trader.write("3", Kind.LIMIT, "150.00")
    trader.review()
    lost = {
        "kind": "reset_after", "method": "POST", "path": r"^/alpaca/(live|paper)/v2/orders",
        "times": 1, "args": {},
    }  # fmt: skip
    trader.market.ask(lambda sim: sim.faults.add([lost]))
    sheet = trader.sheet
    if sheet.box.isVisible():
        sheet.box.click()
    trader.until(lambda: sheet.send.isEnabled())
    sheet.send.click()
    trader.until(lambda: trader.phase is Phase.SENT)
    assert "Outcome unknown. Checking with Alpaca; BrokerDesk will not resend." in shown_text(
        trader.sheet
    )
    trader.until(lambda: trader.desk.trading.state.unknown == 1)
    questions = trader.window.status.questions
    assert questions is not None
    assert "Order journal: 1 open question" in questions.text()
    press(trader.sheet, "Check now")
    trader.until(trader.says("Found."))
    assert "Nothing was sent twice." in shown_text(trader.sheet)
    trader.until(lambda: trader.desk.trading.state.unknown == 0)
    assert len(trader.market.orders("POST")) == 1


def test_what_the_broker_refuses_is_told_in_its_words(begin: Begin) -> None:
    trader = begin()
    trader.turn_on()
    trader.write("3", Kind.LIMIT, "150.00")
    trader.review()
    trader.market.ask(_halt_symbol)
    trader.read_and_send()
    text = shown_text(trader.sheet)
    assert "Alpaca refused this order." in text
    assert "“asset AAPL is halted” Nothing was placed." in text
    press(trader.sheet, "Edit order")
    assert trader.ticket.model.fields.quantity == "3"


def _halt_symbol(sim: SimulatorServer) -> None:
    """The exchange stops trading in the symbol after the review."""
    dialect = sim.dialect("alpaca")
    assert isinstance(dialect, TakesOrders)
    dialect.floor.knobs.halted.append(SYMBOL)
