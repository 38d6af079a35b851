"""An order's whole life without a mouse, on practice data: every key goes where the focus is.

Trading is turned on, an order is written, reviewed and sent once, its result is read, an order is
cancelled, a position is traded. Nothing but keys acts; the market's own truth says what arrived.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from support.practice_window import PracticeWindow, start
from support.shell import key
from support.ui_widgets import shown_text

from brokerdesk.paths import ProfilePaths
from brokerdesk.ui.viewmodels.review_state import Phase
from brokerdesk.ui.viewmodels.ticket_fields import Kind
from brokerdesk.ui.views.review.sheet import ReviewSheet
from brokerdesk.ui.views.ticket.pane import TicketPane
from brokerdesk.ui.widgets.table import Table

pytestmark = pytest.mark.timeout(180)


class Hands:
    """Ten fingers and no mouse."""

    def __init__(self, running: PracticeWindow, qtbot: QtBot) -> None:
        self.running, self.qtbot = running, qtbot
        self.window, self.desk, self.market = running.window, running.desk, running.market
        self.until = running.until

    def press(self, *keys: str) -> None:
        for one in keys:
            key(self.qtbot, self.window, one)

    def type(self, text: str) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        self.qtbot.keyClicks(focus, text)

    def hold(self, what: str) -> None:
        """A key that repeats."""
        focus = QApplication.focusWidget()
        assert focus is not None
        assert what == "Ctrl+Return"
        for _ in range(20):
            for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
                event = QKeyEvent(kind, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier,
                                  "\r", True)  # fmt: skip
                QApplication.sendEvent(focus, event)

    def tab_to(self, name: str, *, back: bool = False, most: int = 40) -> None:
        """Tab until what is spoken so has the focus."""
        for _ in range(most):
            if self.focus == name:
                return
            self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"Tab never comes to {name!r}")

    @property
    def focus(self) -> str:
        focus = QApplication.focusWidget()
        return focus.accessibleName() if focus is not None else ""

    @property
    def ticket(self) -> TicketPane:
        pane = self.running.life.tickets.pane
        assert pane is not None
        return pane

    @property
    def phase(self) -> Phase:
        return self.running.life.tickets.review.state.phase

    @property
    def sheet(self) -> ReviewSheet:
        (found,) = [one for one in self.window.findChildren(ReviewSheet) if one.isVisible()]
        return found

    def turn_on(self) -> None:
        """From the ticket's own note: it is where one finds out."""
        self.until(lambda: self.ticket.banner.isVisible())
        self.tab_to("Turn on trading…", back=True)
        self.press("Space")
        self.until(lambda: self.focus == "Leave it off")
        self.tab_to("Turn on practice trading")
        self.press("Space")
        self.until(lambda: self.desk.trading.state.on)

    def symbol(self, text: str) -> None:
        """Typed, marked in the list, taken."""
        self.type(text)
        self.until(lambda: self.ticket.search.state.rows and not self.ticket.search.state.looking)
        self.press("Down")
        rows, marked = self.ticket.search.state.rows, self.ticket.body.symbol.results.list
        while rows[marked.currentRow()].symbol != text:
            self.press("Down")
        self.press("Return")
        self.until(lambda: self.ticket.model.fields.instrument is not None)

    def review(self) -> None:
        self.until(lambda: self.ticket.review.isEnabled())
        self.press("Ctrl+Return")
        self.until(lambda: self.phase not in (Phase.CLOSED, Phase.MAKING))

    def send(self) -> None:
        if self.sheet.box.isVisible():
            self.until(lambda: QApplication.focusWidget() is self.sheet.box)
            self.press("Space")
        self.until(lambda: self.sheet.send.isEnabled())
        self.hold("Ctrl+Return")
        assert self.phase is Phase.READY, "a held key sends nothing"
        self.press(*["Ctrl+Return"] * 5)
        self.hold("Ctrl+Return")
        self.until(lambda: self.phase is Phase.SENT)


@pytest.fixture
def hands(
    profile: ProfilePaths, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
    allow_warnings: Callable[..., None],
) -> Iterator[Hands]:  # fmt: skip
    # The market's clock is not this computer's; it is asked until the window closes.
    allow_warnings("brokerdesk.clock", r"^aiohttp\.server")
    running = start(profile, qtbot, monkeypatch)
    yield Hands(running, qtbot)
    running.window.close()
    assert running.life.close()
    running.market.stop()
    assert running.shown == []


def inside(widget: QWidget) -> bool:
    focus = QApplication.focusWidget()
    return focus is not None and widget.isAncestorOf(focus)


def test_an_order_from_nothing_to_filled_and_another_to_cancelled(hands: Hands) -> None:
    hands.press("Ctrl+N")
    hands.until(lambda: hands.running.life.tickets.pane is not None)
    hands.until(lambda: QApplication.focusWidget() is hands.ticket.body.symbol)
    hands.symbol("AAPL")
    assert QApplication.focusWidget() is hands.ticket.body.quantity
    hands.turn_on()
    hands.until(lambda: inside(hands.ticket))
    assert QApplication.focusWidget() is hands.ticket.body.quantity, "back where one was asked"

    hands.press("Up", "Up", "Shift+Up", "Down")  # 1, 2, 12, 11
    assert hands.ticket.body.quantity.text() == "11"
    hands.tab_to("Buy", back=True) if hands.focus == "Quantity" else None
    hands.press("S")
    assert hands.ticket.model.fields.main_side == "sell"
    hands.press("B")
    assert hands.ticket.model.fields.main_side == "buy"
    kinds = (Kind.MARKET, Kind.LIMIT, Kind.STOP, Kind.STOP_LIMIT, Kind.TRAILING)
    for place, kind in enumerate(kinds, 1):
        hands.press(f"Alt+{place}")
        assert hands.ticket.model.fields.kind is kind
    hands.press("Alt+1")
    hands.review()
    hands.send()
    hands.until(lambda: "filled 11 of 11" in shown_text(hands.sheet))
    (arrived,) = hands.market.orders()
    assert json.loads(arrived["body"])["qty"] == "11"
    hands.press("Escape")
    assert hands.phase is Phase.CLOSED
    assert hands.ticket.model.fields.empty
    assert QApplication.focusWidget() is hands.ticket.body.symbol

    hands.symbol("AAPL")
    hands.type("2")
    hands.press("Alt+2")
    hands.tab_to("Limit price")
    hands.type("200")
    hands.press("Up", "Up", "Down")
    assert hands.ticket.model.fields.limit == "200.01"
    hands.review()
    hands.send()
    hands.press("Escape", "Ctrl+4")
    hands.until(lambda: hands.window.stack.current == "orders")
    hands.until(lambda: isinstance(QApplication.focusWidget(), Table))
    hands.press("Home", "Ctrl+Shift+X")
    hands.until(lambda: hands.focus == "Keep it")
    hands.tab_to("Cancel order")
    hands.press("Space")
    hands.until(lambda: hands.market.orders("DELETE"))
    assert len(hands.market.orders("DELETE")) == 1


def test_positions_panes_chain_and_window(hands: Hands) -> None:
    hands.press("Ctrl+2")
    hands.until(lambda: isinstance(QApplication.focusWidget(), Table))
    table = QApplication.focusWidget()
    hands.press("Home", "Down", "T")
    hands.until(lambda: hands.running.life.tickets.pane is not None)
    hands.until(lambda: QApplication.focusWidget() is hands.ticket.body.quantity)
    hands.type("3")
    hands.press("Shift+F6")
    assert QApplication.focusWidget() is table, "where the focus was in it"
    hands.press("F6")
    assert QApplication.focusWidget() is hands.ticket.body.quantity
    hands.press("Ctrl+N")
    assert QApplication.focusWidget() is hands.ticket.body.symbol
    assert hands.ticket.body.symbol.selectedText() == hands.ticket.body.symbol.text()
