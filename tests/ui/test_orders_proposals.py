"""An order that may be the lost one, as the user meets it: asked, and answered by no slip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from support import reviews as given
from support.desk import FakeDesk, sample_figures
from support.ledger import FakeTrading, intent, ledger_row, trouble, unknown_row
from support.lists import leg, order
from support.secrets_shown import told
from support.ui import HOSTILE, NOW

from brokerdesk.domain.events import OrderMoved
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.services.trading_facts import LedgerRow, Search
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels import review_outcome as words
from brokerdesk.ui.viewmodels.notices_orders import OrderNotices
from brokerdesk.ui.views.orders.page import OrdersPage
from brokerdesk.ui.views.orders.sheets import NONE, MyselfSheet
from brokerdesk.ui.views.registry import page as spec_of
from brokerdesk.ui.views.review.checked_sheet import NOT_MINE, CheckedSheet

D = Decimal
MOVED = OrderMoved(connection=ConnectionId("c1"), account=AccountId("s1"), what="filled")
YES, NO = "Yes, it is mine", "No"


def one(number: int = 1, **changes: Any) -> Order:
    return order(number, legs=(leg("JPM"),), quantity=D(4321), **changes)


def asked(found: Order | None = None, **changes: Any) -> LedgerRow:
    """One order is proposed."""
    found = found or one()
    return unknown_row(candidates=(found,), proposed=found, refusable=(found.id,), **changes)


class Stand:
    def __init__(self, page: OrdersPage, trading: FakeTrading) -> None:
        self.page, self.trading = page, trading

    def tell(self, *rows: LedgerRow) -> None:
        self.trading.rows = rows
        self.page._refresh()
        QApplication.processEvents()

    @property
    def said(self) -> list[tuple[Any, ...]]:
        deeds = ("choose", "set_aside", "confirm_absent", "check_now")
        return [what for what in self.trading.asked if what[0] in deeds]

    def buttons(self) -> list[str]:
        QApplication.processEvents()
        found = self.page.detail.findChildren(QPushButton)
        return [each.accessibleName() for each in found if each.isVisible()]

    def button(self, name: str) -> QPushButton:
        QApplication.processEvents()
        found = self.page.detail.findChildren(QPushButton)
        (made,) = [each for each in found if each.accessibleName() == name and each.isVisible()]
        return made

    @property
    def doubt(self) -> tuple[str, str]:
        message = self.page.detail.doubt.message
        assert message is not None
        return message.title, message.text


@pytest.fixture
def make(qtbot: Any) -> Iterator[Callable[..., Stand]]:
    def made(*rows: LedgerRow) -> Stand:
        async def read(fn: Any) -> Any:
            none = SimpleNamespace(list=lambda *_a: ())
            return fn(SimpleNamespace(orders=none, same_accounts=none, accounts=none))

        trading = FakeTrading(rows=rows)
        services = SimpleNamespace(trading=trading, database=SimpleNamespace(read=read))
        page = spec_of("orders").make(FakeDesk(sample_figures(), services=services))
        assert isinstance(page, OrdersPage)
        qtbot.addWidget(page)
        page.resize(1100, 760)
        page.show()
        page.activateWindow()
        page.enter()
        page.focus_first()
        QApplication.processEvents()
        return Stand(page, trading)

    yield made
    privacy().set(False)


def focused() -> QWidget:
    focus = QApplication.focusWidget()
    assert focus is not None
    return focus


def line(stand: Stand) -> tuple[str, str, str]:
    (row,) = stand.page.rows.shown_rows
    cells = [column.cell(row, NOW) for column in stand.page.rows.columns]
    (cell,) = [each for each in cells if "yours" in each.text]
    return cell.icon, cell.text, cell.tone


def test_the_row_and_the_pane_ask_in_words(make: Callable[..., Stand]) -> None:
    stand = make(asked())
    assert line(stand) == ("help", "Unknown: is one yours?", "warn")
    title, text = stand.doubt
    assert title == "Is this order yours?"
    assert text == (
        "One order at Schwab is exactly what you asked for, entered while yours was on its way: "
        "10048213391, entered 11:41:20 ET, working. BrokerDesk cannot tell it from one that "
        "another program sent: only you can say. New JPM buys in …4821 are blocked until "
        "this is settled."
    )
    assert stand.page.detail.doubt.accessibleName() == f"{title} {text}"
    assert not stand.page._ticks.isActive(), "nothing counts down below a question"


def test_yes_says_which_one_it_is_and_no_sets_it_aside(make: Callable[..., Stand]) -> None:
    stand = make(asked())
    assert stand.button(YES).property("kind") == "primary"
    stand.button(YES).click()
    assert stand.said == [("choose", "i1", one().id)]
    stand.button(NO).click()
    assert stand.said[1:] == [("set_aside", "i1", (one().id,))]


def test_all_of_it_by_keyboard(make: Callable[..., Stand]) -> None:
    stand = make(asked())
    stand.page.detail.close_button.setFocus()
    names = []
    for _ in range(8):
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
        names.append(focused().accessibleName())
        if names[-1] == YES:
            break
    assert NO in names, "before the yes, so that who holds a key says no first"
    QTest.keyClick(focused(), Qt.Key.Key_Space)
    assert stand.said == [("choose", "i1", one().id)]


def test_no_button_turns_into_a_yes_under_a_finger(make: Callable[..., Stand]) -> None:
    """The buttons below stay what they are; those of the question stand in the message."""
    stand = make(unknown_row())
    before = [stand.button("Check now"), stand.button("I have checked myself…")]
    stand.tell(asked())
    after = [stand.button("Check now"), stand.button("I have checked myself…")]
    assert before == after
    yes = stand.button(YES)
    assert yes.parent() is stand.page.detail.doubt
    assert all(yes.x() > each.geometry().right() for each in after)
    yes.setFocus()
    stand.tell(asked(checks=9))
    assert stand.button(YES) is yes, "a look that says the same leaves them alone"
    assert yes.hasFocus()


def test_after_a_no_it_goes_on_and_can_be_taken_back(make: Callable[..., Stand]) -> None:
    stand = make(unknown_row(candidates=(one(),), aside=frozenset({one().id})))
    assert YES not in stand.buttons()
    assert "Checks are counted anew since you said what is not yours." in stand.doubt[1]
    assert "could be it" not in stand.doubt[1]
    stand.button("I have checked myself…").click()
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, MyselfSheet)
    assert list(sheet.choices) == [one().id]
    label = sheet.choices[one().id].text()
    assert label.startswith(f"{one().id} · not yours, you said · 11:41:20 ET")
    sheet.choices[one().id].click()
    sheet.yes.click()
    assert stand.said == [("choose", "i1", one().id)]


def test_absence_beside_a_twin_that_is_not_theirs(make: Callable[..., Stand]) -> None:
    row = unknown_row(
        candidates=(one(),), aside=frozenset({one().id}), checks=5, can_be_absent=True
    )
    stand = make(row)
    title, text = stand.doubt
    assert title == "Not found at Schwab."
    assert text.startswith(
        "Five full checks found no such order besides order 10048213391, which is not yours."
    )
    stand.button("I looked: it was not placed…").click()
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, MyselfSheet)
    sheet.choices[""].click()
    sheet.yes.click()
    assert stand.said == [("confirm_absent", "i1")]


def test_of_several_it_can_be_said_that_none_is_theirs(make: Callable[..., Stand]) -> None:
    two = (one(1), one(2))
    stand = make(unknown_row(candidates=two, refusable=(two[0].id, two[1].id)))
    assert YES not in stand.buttons()
    stand.button("I have checked myself…").click()
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, MyselfSheet)
    assert sheet.choices[NONE].text() == "None of these is mine."
    sheet.choices[NONE].click()
    sheet.yes.click()
    assert stand.said == [("set_aside", "i1", (two[0].id, two[1].id))]


def test_what_turns_up_after_it_was_said_to_be_absent_is_asked(make: Callable[..., Stand]) -> None:
    absent = replace(asked(), intent=intent(state=IntentState.ABSENT))
    stand = make(absent)
    assert line(stand) == ("help", "Not there: is one yours?", "warn")
    assert stand.doubt[1].startswith("You said that it is not there. Since then, one has turned up")
    assert "blocked" not in stand.doubt[1]
    stand.button(YES).click()
    assert stand.said == [("choose", "i1", one().id)]
    two = (one(1), one(2))
    search = Search(checks=0, looked_at=NOW, next_at=None, candidates=two,
                    refusable=(two[0].id, two[1].id))  # fmt: skip
    stand.tell(replace(absent, search=search))
    assert stand.doubt[0] == "Is one of them yours?"
    assert "2 orders at Schwab turned up that could be it" in stand.doubt[1]
    assert YES not in stand.buttons()


def test_an_order_without_a_time_is_not_said_to_have_been_entered_then(
    make: Callable[..., Stand],
) -> None:
    stand = make(asked(one(entered_at=None)))
    assert (
        "exactly what you asked for, and was not there before: 10048213391, working."
        in (stand.doubt[1])
    )


@pytest.mark.parametrize("number", HOSTILE)
def test_amounts_stay_hidden_and_hostile_words_are_harmless(
    make: Callable[..., Stand], number: str
) -> None:
    privacy().set(True)
    found = one(id=number, filled_quantity=D(1234), status=OrderStatus.WORKING)
    stand = make(asked(found))
    assert not [each for each in told(stand.page) if "4,321" in each or "1,234" in each]
    assert "Partly filled".lower() in stand.doubt[1]
    stand.button(YES).click()
    assert stand.said == [("choose", "i1", number)]


def test_a_failure_is_told_and_the_question_stays(make: Callable[..., Stand]) -> None:
    stand = make(asked())
    stand.trading.error = trouble()
    stand.button(NO).click()
    QApplication.processEvents()
    assert stand.said == [("set_aside", "i1", (one().id,))]
    assert YES in stand.buttons()


def test_orders_without_a_question_have_none(make: Callable[..., Stand]) -> None:
    stand = make(ledger_row(intent=intent(state=IntentState.ABSENT)))
    assert YES not in stand.buttons()
    assert stand.page.detail.doubt.message is None


# outside of the page


class Heard:
    def __init__(self) -> None:
        self.shown: list[tuple[str, str, str, str, bool]] = []

    def show(
        self, key: str, title: str, text: str, *, action: str = "", sound: bool = False
    ) -> None:
        self.shown.append((key, title, text, action, sound))


def moved(what: str, text: str) -> OrderMoved:
    return replace(MOVED, what=what, text=text, intent="i1")


def test_a_proposal_is_told_on_the_desktop_once(qapp: Any) -> None:
    del qapp
    heard, desk = Heard(), FakeDesk(sample_figures())
    desk.change_settings({"order_sound": True})
    notices = OrderNotices(desk, heard)
    sentence = "One at Schwab is exactly your order to buy JPM. Say whether it is yours."
    for text in (sentence, "", sentence):
        desk.happened.emit(moved("proposed", text))
    notices.tell()
    desk.clock = lambda: NOW + timedelta(minutes=30)
    desk.happened.emit(moved("unknown", ""))
    notices.tell()
    assert heard.shown == [("order-i1", "Is this order yours?", sentence, "order:i1", True)]


# in the review


def test_the_review_asks_and_offers_to_say_whose_it_is() -> None:
    found = given.order()
    search = given.searched(candidates=(found,), proposed=found, refusable=(found.id,))
    row = given.row(IntentState.UNKNOWN, search=search)
    told = words.outcome(given.reviewed(), given.sent(IntentState.UNKNOWN), row, NOW)
    assert told.title == "Is an order at Schwab yours?"
    assert "exactly what you asked for, entered while yours was on its way: 10048213391" in (
        told.text
    )
    assert "Next check" not in told.text
    assert told.actions[-1].label == "Say whose it is…"
    later = given.row(IntentState.ABSENT, search=search)
    told = words.outcome(given.reviewed(), given.sent(IntentState.UNKNOWN), later, NOW)
    assert told.kind == "unknown"
    assert told.title.startswith("You said that it is not there.")
    said = replace(row, search=given.searched(candidates=(found,), aside=frozenset({found.id})))
    told = words.outcome(given.reviewed(), given.sent(IntentState.UNKNOWN), said, NOW)
    assert "could be it" not in told.text
    assert words.choices(said)[0][1].endswith("(not yours, you said)")


def test_none_of_these_is_mine_is_another_answer_than_not_placed(qtbot: Any) -> None:
    answers: list[str] = []
    for absent, wanted in ((False, "refused"), (True, "absent")):
        sheet = CheckedSheet((("A", "A: Buy"),), can_be_absent=absent, can_refuse=True)
        qtbot.addWidget(sheet)
        sheet.refused.connect(lambda: answers.append("refused"))
        sheet.absent.connect(lambda: answers.append("absent"))
        sheet.choices[-1].click()
        sheet.yes.click()
        assert answers[-1] == wanted
    assert (sheet.choices[-1].text() == NOT_MINE) is False
