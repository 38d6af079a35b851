"""The ticket in hasty, deaf and keyboard-only hands: what is spoken, what keys reach, what fits."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from support import reviews
from support.order_stops import Stand
from support.shell import Make, key
from support.shell import shell as shell
from support.tickets import AAPL, FakeTicketPort

from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import Environment
from brokerdesk.ui.viewmodels.state import Action, Message
from brokerdesk.ui.viewmodels.ticket_search import SymbolSearch
from brokerdesk.ui.views.review import outcomes
from brokerdesk.ui.views.ticket import pane as ticket_pane
from brokerdesk.ui.views.ticket.chain_sheet import ChainSheet
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.sheet import Sheet

LONG = "Trading is off for the accounts that could take it. Turn it on in Connections."


@pytest.fixture
def stand(shell: Make) -> Iterator[Stand]:
    made = Stand(shell())
    yield made
    made.leave()


def test_what_is_typed_before_the_accounts_are_known_is_kept(stand: Stand) -> None:
    stand.port.environments = (Environment.PRACTICE,)
    stand.port.held = []
    stand.tickets.open()
    stand.model.edit(search="AAPL", quantity="3")
    modes = [stand.model.fields.environment]
    stand.port.settle()
    modes.append(stand.model.fields.environment)
    assert modes == [Environment.LIVE, Environment.PRACTICE]
    assert (stand.model.fields.search, stand.model.fields.quantity) == ("AAPL", "3")


def test_a_search_is_asked_anew_among_other_accounts() -> None:
    port = FakeTicketPort()
    search = SymbolSearch(port)
    search.look("AAPL")
    search._ask()
    search.ask_in(Environment.PRACTICE)
    search._ask()
    assert [environment for _, environment in port.found] == [
        Environment.LIVE,
        Environment.PRACTICE,
    ]


def test_the_mode_is_spoken_first(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(ticket_pane, "announce", lambda _widget, words: said.append(words))
    stand.tickets.open()
    QApplication.processEvents()
    assert said[0] == "Live order ticket, real money"
    assert stand.tickets.pane is not None
    stand.tickets.pane.body.quantity.setFocus()
    assert len(said) == 1, "once, not at every field"


@pytest.mark.parametrize("state", [IntentState.UNKNOWN, IntentState.REJECTED])
def test_what_became_of_it_is_an_alert(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, state: IntentState
) -> None:
    alerts: list[str] = []
    monkeypatch.setattr(outcomes, "alert", lambda _widget, words: alerts.append(words))
    stand.write()
    stand.sent(reviews.row(state), reviews.sent(state))
    (spoken,) = alerts
    assert {"unknown": "Outcome unknown", "rejected": "refused"}[state.value] in spoken


def test_alt_c_leads_from_a_stock_to_its_chain_and_the_focus_is_in_it(
    stand: Stand, qtbot: QtBot
) -> None:
    stand.write(instrument=AAPL, search="AAPL")
    stand.port.held = []
    assert stand.tickets.pane is not None
    stand.tickets.pane.body.quantity.setFocus()
    key(qtbot, stand.window, "Alt+C")
    (sheet,) = stand.window.findChildren(ChainSheet)
    assert QApplication.focusWidget() is sheet.done, "not behind the sheet while it is read"
    stand.port.settle()
    stand.port.settle()
    assert QApplication.focusWidget() is sheet.view
    sheet.close_sheet()


def test_who_is_asked_from_the_ticket_goes_on_in_it(stand: Stand) -> None:
    stand.write()
    asked = Sheet("Turn it on?")
    desk = stand.tickets._desk
    desk.wished.connect(lambda _wish: asked.open_over(stand.window))
    stand.tickets._on_acted("trading:c1")
    assert asked.isVisible()
    asked.close_sheet()
    assert stand.tickets.pane is not None
    assert QApplication.focusWidget() is stand.tickets.pane.body.quantity


def test_a_banner_is_as_high_as_its_next_words(qtbot: QtBot) -> None:
    holder = QWidget()
    holder.setFixedWidth(360)
    qtbot.addWidget(holder)
    banner = Banner()
    column = QVBoxLayout(holder)
    column.addWidget(banner)
    column.addStretch(1)
    holder.resize(360, 500)
    holder.show()
    for words, label in (("Short.", "Turn on trading…"), (LONG, "Connections")):
        banner.show_message(
            Message(key=words, kind="warn", title="No account for this order.", text=words,
                    actions=(Action(id="x", label=label),))
        )  # fmt: skip
        QCoreApplication.processEvents()
    layout = banner.layout()
    assert layout is not None
    qtbot.waitUntil(lambda: banner.height() >= layout.totalHeightForWidth(banner.width()))
