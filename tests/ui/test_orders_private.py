"""Hidden amounts stay hidden in everything that writes, sends, lists and tells of orders.

In the ticket, what the user types and its own value are seen: who writes an order has to see it.
All that is known of accounts is hidden, in a review the order too, and it is not sent unseen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication, QWidget
from support import reviews
from support.order_stops import Stand, order_stops
from support.secrets_shown import told
from support.shell import Make
from support.shell import shell as shell

from brokerdesk.brokers.trading import Asked
from brokerdesk.domain.intent import IntentState
from brokerdesk.services.trading_facts import Sent
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.ticket_fields import Kind
from brokerdesk.ui.views.review.sheet import ReviewSheet
from brokerdesk.ui.views.ticket.chain_sheet import open_chain

ACCOUNTS = (
    r"82,?614|188,?402|18,?174|11,?986|\b425\b|\b120\b|\b40 (held|shares)|"
    r"1,?524,?157|9,?876,?543|1,?234,?567,?890|2,?685|3,?200\b"
)
"""What is known of the stand's accounts: power, holdings, worth."""
ORDER = r"64,?440|\b240\b"
Begin = Callable[[], Stand]


@pytest.fixture
def begin(shell: Make) -> Iterator[Begin]:
    made: list[Stand] = []

    def build() -> Stand:
        made.append(Stand(shell()))
        return made[-1]

    yield build
    privacy().set(False)
    for one in made:
        one.leave()


def seen(root: QWidget, what: str = f"{ACCOUNTS}|{ORDER}") -> list[str]:
    QApplication.processEvents()
    return [text for text in told(root, typed=True) if re.search(what, text)]


def sheet_of(stand: Stand) -> ReviewSheet:
    (sheet,) = stand.window.findChildren(ReviewSheet)
    return sheet


@pytest.mark.parametrize("kind", [Kind.MARKET, Kind.LIMIT, Kind.STOP_LIMIT, Kind.TRAILING])
def test_the_ticket_tells_what_is_typed_and_nothing_else(begin: Begin, kind: Kind) -> None:
    stand = begin()
    stand.write()
    stand.model.choose_kind(kind)
    stand.model.press_side(False)
    pane = stand.tickets.pane
    assert pane is not None
    assert seen(pane, ACCOUNTS), "there is something to hide"
    privacy().set(True)
    assert seen(pane, ACCOUNTS) == []
    assert pane.body.quantity.text() == "240"
    stand.model.edit(quantity="241", limit="268.51")
    stand.model.edit(quantity="240")
    assert seen(pane, ACCOUNTS) == [], "and a change tells nothing"


def test_its_own_window_and_the_chain_tell_nothing(begin: Begin) -> None:
    stand = begin()
    stand.write()
    stand.tickets.pop()
    privacy().set(True)
    assert stand.tickets.own is not None
    assert seen(stand.tickets.own, ACCOUNTS) == []
    sheet = open_chain(stand.tickets.own, stand.model)
    assert sheet is not None
    assert seen(sheet) == []
    sheet.close_sheet()


@pytest.mark.parametrize("which", ["plain", "worst", "basket"])
def test_a_review_tells_nothing_and_is_not_sent(begin: Begin, which: str) -> None:
    stand = begin()
    stand.write()
    made = {"plain": reviews.plain_review, "worst": reviews.worst, "basket": reviews.basket}
    stand.read(made[which]())
    assert seen(sheet_of(stand))
    privacy().set(True)
    assert seen(sheet_of(stand)) == []
    for view in sheet_of(stand).orders:
        assert seen(view) == []
    assert not stand.tickets.review.send()
    assert stand.trading.sends() == []


@pytest.mark.parametrize(
    "state", [IntentState.ACCEPTED, IntentState.REJECTED, IntentState.UNKNOWN, IntentState.NOT_SENT]
)
def test_what_became_of_it_tells_nothing(begin: Begin, state: IntentState) -> None:
    stand = begin()
    stand.write()
    words = "You have 82,614.56 and need 64,440.00 for 240 shares."
    row = reviews.row(state, intent=reviews.intent(state, words=words))
    stand.sent(row, reviews.sent(state, words=words))
    privacy().set(True)
    assert seen(sheet_of(stand)) == []


def test_a_question_is_not_agreed_to_unseen(begin: Begin) -> None:
    stand = begin()
    stand.write()
    words = "You have 82,614.56. Do you want to buy 240 shares?"
    asked = Sent(intent=reviews.ASKED.intent, asked=Asked(questions=(words,), token="t"))
    stand.sent(None, asked)
    sheet = sheet_of(stand)
    assert "82,614.56" in sheet.question.accessibleName()
    assert sheet.question.yes.isEnabled()
    privacy().set(True)
    assert seen(sheet) == []
    assert not sheet.question.yes.isEnabled()
    assert "Ctrl+Shift+H" in sheet.question._note.text()
    assert sheet.question.no.isEnabled(), "no can be said without reading"
    privacy().set(False)
    assert sheet.question.yes.isEnabled()


def test_every_other_place_tells_nothing(shell: Make) -> None:
    """Sheets and pages of orders: quantities of orders are the user's too."""
    quantity = re.compile(r"\b(Buy|Sell|buy|sell) (10|20)\b|\b40 of 10\b|\bof (10|20)\b")
    window = shell()
    privacy().set(True)
    for stop in order_stops():
        if stop.name not in ("cancel-all", "orders-worst", "audit-worst"):
            continue
        widget = stop.arrive(window, None)  # type: ignore[arg-type]
        QApplication.processEvents()
        found = [text for text in told(widget) if quantity.search(text)]
        stop.leave(window, None)  # type: ignore[arg-type]
        assert found == [], stop.name
