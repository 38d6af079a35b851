"""The Orders page over a ledger in the test's hand: rows, doubt, cancels, sheets, live changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from support.desk import FakeDesk, sample_figures
from support.ledger import (
    FakeTrading,
    asked_to_cancel,
    filled_row,
    intent,
    ledger_row,
    missing,
    question,
    trouble,
    unknown_row,
    working_row,
)
from support.lists import cash, entry, leg, order
from support.ui import HOSTILE, NOW

from brokerdesk.domain.events import OrderMoved, TradingChanged
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import Environment, OrderSide, OrderStatus, TransactionType
from brokerdesk.services.trading_facts import LedgerRow, Sent, TradingState
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import WindowState
from brokerdesk.ui.views.orders.page import OrdersPage
from brokerdesk.ui.views.orders.sheets import CancelAllSheet, MyselfSheet
from brokerdesk.ui.views.registry import page as spec_of
from brokerdesk.ui.widgets.confirm import ConfirmSheet

D = Decimal
MOVED = OrderMoved(connection=ConnectionId("c1"), account=AccountId("s1"), what="filled")


@dataclass
class Stand:
    page: OrdersPage
    trading: FakeTrading
    desk: Any

    def keys(self) -> list[str]:
        return [row.key for row in self.page.rows.shown_rows]

    def tell(self, *rows: LedgerRow) -> None:
        """The ledger is another one, and the page hears of it."""
        self.trading.rows = rows
        self.desk.happened.emit(MOVED)
        assert self.page._later.isActive()
        self.page._later.stop()
        self.page._refresh()
        QApplication.processEvents()

    def asked(self, *kinds: str) -> list[tuple[Any, ...]]:
        return [one for one in self.trading.asked if one[0] in kinds]

    def button(self, words: str) -> QPushButton:
        QApplication.processEvents()
        found = [
            one for one in self.page.detail.findChildren(QPushButton)
            if one.accessibleName() == words and not one.isHidden()
        ]  # fmt: skip
        assert len(found) == 1, words
        return found[0]


Make = Callable[..., Stand]


@pytest.fixture
def make(qtbot: Any) -> Make:
    def made(*rows: LedgerRow, booked: tuple[Any, ...] = (), **more: Any) -> Stand:
        async def read(fn: Any) -> Any:
            naming = SimpleNamespace(naming=lambda _accounts, _word: booked)
            none = SimpleNamespace(list=lambda *_a: ())
            return fn(SimpleNamespace(transactions=naming, orders=none, same_accounts=none,
                                      accounts=none))  # fmt: skip

        trading = FakeTrading(rows=rows)
        services = SimpleNamespace(trading=trading, database=SimpleNamespace(read=read))
        desk = FakeDesk(sample_figures(), services=services)
        page = spec_of("orders").make(desk)
        assert isinstance(page, OrdersPage)
        qtbot.addWidget(page)
        page.resize(*more.get("size", (1100, 760)))
        page.show()
        page.activateWindow()
        page.enter()
        page.focus_first()
        QApplication.processEvents()
        return Stand(page, trading, desk)

    return made


def cancel_sheet(stand: Stand) -> ConfirmSheet:
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, ConfirmSheet)
    return sheet


def test_the_fake_has_the_signatures_of_the_service() -> None:
    assert missing() == []


# the list


def test_what_was_sent_and_what_brokers_report_stand_in_one_list(make: Make) -> None:
    stand = make(unknown_row(), filled_row(), working_row("w", 40))
    assert stand.keys() == ["lost", "done", "w"]
    line = [stand.page.rows.cell_at(0, n) for n in range(5)]
    assert line[1].tags == (("LIVE", "live"),)
    assert (line[2].lead, line[2].text) == ("Buy", "20 JPM")
    assert line[3].text == "Limit 309.40"
    assert (line[4].icon, line[4].text) == ("unknown", "Outcome unknown")
    kinds = stand.page.bar.kinds
    assert [kinds.piece(key).accessibleName() for key in kinds.keys] == [
        "Working 2",
        "Today 3",
        "All",
    ]


def test_modes_are_never_left_out(make: Make) -> None:
    stand = make(*(working_row(mode.value, 1, id=mode.value, environment=mode)
                   for mode in Environment))  # fmt: skip
    spoken = {stand.page.rows.cell_at(n, 1).spoken for n in range(3)}
    assert spoken == {"live", "paper", "practice"}


def test_without_a_journal_cached_orders_are_shown_and_it_is_said(make: Make) -> None:
    stand = make(working_row())
    stand.trading.standing = TradingState(failure="The journal is damaged.")
    stand.tell(working_row())
    assert stand.keys() == ["open"]
    assert stand.page.note.isVisible()
    assert "The journal is damaged." in stand.page.note.accessibleName()
    assert stand.page.deeds[0].why.startswith("The order journal cannot be used")
    stand.trading.error = trouble()
    stand.page.model.refresh()
    assert "journal" in stand.page.note.accessibleName()
    stand.trading.standing, stand.trading.error = TradingState(ready=True), None
    stand.page.model.refresh()
    assert not stand.page.note.isVisible()


def test_a_row_that_is_filled_keeps_its_place_and_the_choice(make: Make) -> None:
    rows = [working_row(f"w{n}", n + 1, id=f"{n}") for n in range(60)]
    stand = make(*rows)
    table = stand.page.table
    table.select_row("w40")
    before = (table.verticalScrollBar().value(), stand.page.detail.deeds["cancel"])
    resets: list[int] = []
    stand.page.rows.modelReset.connect(lambda: resets.append(1))
    rows[40] = working_row("w40", 41, id="40", status=OrderStatus.FILLED, filled_quantity=D(10))
    stand.tell(*rows)
    assert table.current_row().key == "w40"
    assert table.current_row().state == "filled"
    assert (table.verticalScrollBar().value(), stand.page.detail.deeds["cancel"]) == before
    assert resets == [], "nothing flickers"


def test_in_working_the_one_that_is_looked_at_stays_when_it_is_settled(make: Make) -> None:
    rows = [working_row(f"w{n}", n + 1, id=f"{n}") for n in range(3)]
    stand = make(*rows)
    stand.page.choose_view("working")
    stand.page.table.select_row("w1")
    gone = [working_row(f"w{n}", n + 1, id=f"{n}", status=OrderStatus.FILLED) for n in range(3)]
    stand.tell(rows[0], gone[1], gone[2])
    assert stand.keys() == ["w0", "w1"]
    stand.page.table.select_row("w0")
    stand.tell(rows[0], gone[1], gone[2])
    assert stand.keys() == ["w0"]


def test_events_of_a_moment_are_one_reading_and_none_is_missed(make: Make) -> None:
    stand = make(working_row())
    for _ in range(20):
        stand.desk.happened.emit(MOVED)
        stand.desk.happened.emit(TradingChanged())
    assert stand.page._later.isActive()
    stand.page._later.stop()
    stand.page.leave()
    stand.page.hide()
    stand.trading.rows = (filled_row(),)
    stand.desk.happened.emit(MOVED)
    assert not stand.page._later.isActive()
    stand.page.show()
    stand.page.enter()
    assert stand.keys() == ["done"]
    assert stand.asked("attend") == [
        ("attend", "orders", True),
        ("attend", "orders", False),
        ("attend", "orders", True),
    ]


def test_who_opens_later_hears_that_the_page_is_seen(make: Make) -> None:
    stand = make(working_row())
    stand.trading.asked.clear()
    stand.desk.opened.emit()
    assert stand.asked("attend") == [("attend", "orders", True)]
    stand.page.leave()
    stand.trading.asked.clear()
    stand.desk.opened.emit()
    assert stand.asked("attend") == []


def test_an_order_is_found_by_key_by_number_and_by_intent(make: Make) -> None:
    row = filled_row()
    stand = make(unknown_row(), row)
    assert row.order is not None
    assert row.intent is not None
    for target in ("done", f"s1/{row.order.id}", row.intent.id):
        stand.page.table.select_row("lost")
        stand.page.show_target(target)
        assert stand.page.table.current_row().key == "done"
    stand.page.show_target("s1/none")
    assert stand.desk.sentences[-1] == "That order is not stored here."


# one order


def test_a_doubt_counts_down_and_keeps_its_buttons(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand = make(unknown_row())
    doubt = stand.page.detail.doubt
    assert doubt.message is not None
    assert doubt.message.title == (
        "Outcome unknown. Checking with Schwab; BrokerDesk will not resend."
    )
    assert doubt.message.text == (
        "The order may be live. Next check in 18 s (check 4). "
        "New JPM buys in …4821 are blocked until this is settled."
    )
    check = stand.button("Check now")
    check.setFocus()
    assert stand.page._ticks.isActive()
    monkeypatch.setattr(stand.desk, "clock", lambda: NOW + timedelta(seconds=5))
    stand.page._ticks.timeout.emit()
    assert "Next check in 13 s" in doubt.message.text
    assert stand.button("Check now") is check
    assert check.hasFocus()
    monkeypatch.setattr(stand.desk, "clock", lambda: NOW + timedelta(seconds=40))
    stand.page._ticks.timeout.emit()
    assert "Checking now (check 4)." in doubt.message.text
    check.click()
    assert stand.asked("check_now") == [("check_now", "i1")]
    stand.tell(filled_row())
    assert not stand.page._ticks.isActive()
    assert not doubt.isVisible()


def test_what_the_user_saw_is_asked_for_only_after_enough_looks(make: Make) -> None:
    stand = make(unknown_row())
    stand.button("I have checked myself…").click()
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, MyselfSheet)
    assert sheet.choices == {}
    assert not sheet.yes.isVisible()
    sheet.close_sheet()
    stand.tell(unknown_row(checks=5, can_be_absent=True, next_at=None))
    doubt = stand.page.detail.doubt.message
    assert doubt is not None
    assert doubt.title == "Not found at Schwab."
    assert doubt.text.startswith("Five full checks found no such order.")
    stand.button("I looked: it was not placed…").click()
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, MyselfSheet)
    assert list(sheet.choices) == [""]
    assert not sheet.yes.isEnabled(), "nothing is chosen for the user"
    sheet.choices[""].click()
    sheet.yes.click()
    assert stand.asked("confirm_absent", "choose") == [("confirm_absent", "i1")]


def test_candidates_are_told_apart_by_the_user(make: Make) -> None:
    found = (order(1, id="A", legs=(leg("JPM"),)), order(2, id="B", legs=(leg("JPM"),)))
    stand = make(unknown_row(candidates=found))
    doubt = stand.page.detail.doubt.message
    assert doubt is not None
    assert "2 orders at Schwab could be it." in doubt.text
    stand.button("I have checked myself…").click()
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, MyselfSheet)
    assert list(sheet.choices) == ["A", "B"]
    sheet.choices["B"].click()
    sheet.yes.click()
    assert stand.asked("confirm_absent", "choose") == [("choose", "i1", "B")]


def test_none_of_the_candidates_is_an_answer_once_it_was_looked_for_long_enough(make: Make) -> None:
    found = (order(1, id="A", legs=(leg("JPM"),)),)
    stand = make(unknown_row(candidates=found, checks=5, can_be_absent=True))
    stand.button("I have checked myself…").click()
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, MyselfSheet)
    assert list(sheet.choices) == ["A", ""]
    assert sheet.choices[""].text().startswith("None of these.")
    sheet.choices[""].click()
    sheet.yes.click()
    assert stand.asked("confirm_absent", "choose") == [("confirm_absent", "i1")]


def test_the_request_is_shown_when_asked_for_and_copied_without_hidden_amounts(make: Make) -> None:
    stand = make(filled_row())
    assert stand.asked("request_of") == []
    stand.button("Show request and answer").click()
    assert stand.asked("request_of") == [("request_of", "i2")]
    stand.button("Copy request and answer").click()
    copied = QApplication.clipboard().text()
    assert copied == "symbol\tJPM\nqty\t20\nSchwab named order 10048213377."
    privacy().set(True)
    QApplication.processEvents()
    stand.button("Copy request and answer").click()
    assert "20" not in QApplication.clipboard().text().replace("1004821", "")


def test_a_request_that_cannot_be_told_says_why(make: Make) -> None:
    stand = make(filled_row())
    stand.trading.error = trouble()
    stand.button("Show request and answer").click()
    names = [one.accessibleName() for one in stand.page.detail.findChildren(QWidget)]
    assert any("The journal is damaged." in name for name in names)


def test_fills_price_and_fees_come_from_what_is_booked(make: Make) -> None:
    row = filled_row()
    assert row.order is not None
    booked = (
        entry(1, order_id=row.order.id, quantity=D(20), price=D("27.70"), amount=D("-554.00"),
              fees=D("0.10")),
        entry(2, order_id=row.order.id, quantity=D(100), price=D("27.63"), amount=D("-2763.00"),
              fees=D(0)),
        cash(3, TransactionType.DIVIDEND_OR_INTEREST, "1", order_id=row.order.id),
    )  # fmt: skip
    stand = make(row, booked=booked)
    detail = stand.page.detail.detail
    assert detail is not None
    assert detail.line == "Paid $3,317.00. Fees $0.10."
    fills = next(one for one in detail.sections if one.title == "Fills")
    assert [field.text for field in fills.fields] == [
        "100 at 27.63 · fees $0.00",
        "20 at 27.70 · fees $0.10",
    ]
    privacy().set(True)
    QApplication.processEvents()
    said = [one.accessibleName() for one in stand.page.detail.findChildren(QWidget)
            if one.isVisible()]  # fmt: skip
    assert not [name for name in said if "3,317" in name or "100 at" in name]


def test_half_booked_fills_sum_up_to_nothing(make: Make) -> None:
    row = filled_row()
    assert row.order is not None
    stand = make(row, booked=(entry(1, order_id=row.order.id, quantity=D(20)),))
    assert stand.page.detail.detail is not None
    assert stand.page.detail.detail.line == ""


def test_the_broker_s_question_is_word_for_word_and_the_user_s(make: Make) -> None:
    row = ledger_row(
        intent=intent(state=IntentState.SENDING), asked=question("Price is <b>far</b>. Go on?")
    )
    stand = make(row)
    doubt = stand.page.detail.doubt.message
    assert doubt is not None
    assert doubt.text == "“Price is <b>far</b>. Go on?”"
    assert stand.page.deeds[0].why
    stand.button("No, do not send it").click()
    assert stand.asked("answer") == [("answer", "i1", False)]


# cancel


def test_a_cancel_asks_and_is_sent_once_for_one_click(make: Make) -> None:
    stand = make(working_row())
    QTest.keyClick(
        stand.page.table, Qt.Key.Key_X,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )  # fmt: skip
    sheet = cancel_sheet(stand)
    assert sheet.no.hasFocus(), "the safe answer"
    assert "Live, real money." in sheet.accessibleName()
    stand.trading.hold = True
    sheet.answer(True)
    sheet.answer(True)
    (found,) = stand.asked("cancel")
    assert found[1:3] == ("s1", "10048213391")
    assert len(found[3]) >= 32
    assert stand.page.deeds[0].why == "A cancel of this order is being sent."
    stand.page.cancel_order()
    assert stand.desk.sentences[-1] == "A cancel of this order is being sent."
    stand.trading.hold = False
    stand.desk.runner.settle()
    assert stand.page.deeds[0].why == ""
    assert stand.desk.sentences[-1].startswith("Cancel asked for.")
    assert len(stand.asked("cancel")) == 1


def test_no_is_no(make: Make) -> None:
    stand = make(working_row())
    for way in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
        stand.page.cancel_order()
        QTest.keyClick(cancel_sheet(stand), way)
    assert stand.asked("cancel") == []


def test_two_clicks_are_two_ids(make: Make) -> None:
    stand = make(working_row())
    for _ in range(2):
        stand.page.cancel_order()
        cancel_sheet(stand).answer(True)
    ids = {one[3] for one in stand.asked("cancel")}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        (IntentState.REJECTED, "error", "refused the cancel"),
        (IntentState.UNKNOWN, "warn", "will not resend"),
        (IntentState.NOT_SENT, "error", "Not sent."),
        (IntentState.ACCEPTED, "good", "Cancel asked for."),
    ],
)
def test_what_became_of_a_cancel_is_said(state: IntentState, kind: str, words: str) -> None:
    from brokerdesk.ui.viewmodels.order_deeds import outcome_of

    sent = Sent(intent=asked_to_cancel(AccountId("s1"), "1", state=state, words="Too late."))
    found = outcome_of(sent)
    assert found.kind == kind
    assert words in f"{found.title} {found.text}"
    assert "canceled." not in found.title, "asked is not canceled"
    nothing = outcome_of(Sent(failure="Orders are halted."))
    assert (nothing.title, nothing.text) == ("Not sent.", "Orders are halted.")


def test_what_cannot_be_done_is_dimmed_and_says_why(make: Make) -> None:
    stand = make(filled_row())
    cancel = stand.page.detail.deeds["cancel"]
    assert not cancel.isEnabled()
    assert cancel.accessibleDescription() == "It is filled."
    assert not stand.page.actions_of["cancel"].isEnabled()
    stand.page.cancel_order()
    assert stand.desk.sentences[-1] == "It is filled."
    assert stand.page.acting.sheet is None


@pytest.mark.parametrize("way", ["offline", "past"])
def test_offline_and_in_the_past_nothing_is_cancelled(
    make: Make, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    stand = make(working_row())
    stand.page.cancel_order()
    sheet = cancel_sheet(stand)
    query = replace(stand.desk.state.query, as_of=NOW - timedelta(days=3))
    changes: Any = {"offline": True} if way == "offline" else {"query": query}
    state = replace(stand.desk.state, **changes)
    assert isinstance(state, WindowState)
    stand.desk.portfolio.state = state
    stand.desk.changed.emit()
    sheet.answer(True)
    assert stand.asked("cancel") == []
    assert not stand.page.detail.deeds["cancel"].isEnabled()
    assert not stand.page.detail.deeds["change"].isEnabled()
    stand.page.cancel_all()
    assert stand.asked("cancel_all") == []


def test_change_and_again_are_wishes_for_the_ticket(make: Make) -> None:
    stand = make(working_row())
    stand.button("Change…").click()
    stand.button("Duplicate as new draft").click()
    assert stand.desk.wishes == ["ticket:change:open", "ticket:copy:open"]


def test_a_cancelled_order_s_own_cancel_is_ours(make: Make) -> None:
    gone = working_row(status=OrderStatus.CANCELLED, cancel=asked_to_cancel(AccountId("s1"), "1"))
    lost = working_row(
        "lost", 2, cancel=asked_to_cancel(AccountId("s1"), "1", state=IntentState.UNKNOWN)
    )
    stand = make(gone, lost)
    states = {row.key: row.status for row in stand.page.rows.shown_rows}
    assert states == {"open": "Canceled by you", "lost": "Working, cancel unconfirmed"}
    stand.page.table.select_row("lost")
    doubt = stand.page.detail.doubt.message
    assert doubt is not None
    assert "The order may still be live." in doubt.text
    stand.button("Check now").click()
    assert stand.asked("check_now") == [("check_now", "i9")]


# cancel all


def many() -> tuple[LedgerRow, ...]:
    return (
        working_row("a", 1, id="1"),
        working_row("b", 2, id="2", legs=(leg("TSLA", OrderSide.SELL),)),
        working_row("c", 3, id="3", account=AccountId("p1"), environment=Environment.PAPER),
        filled_row(),
        working_row("d", 4, id="4", cannot_cancel="This connection can only read."),
    )


def opened(stand: Stand) -> CancelAllSheet:
    stand.page.cancel_all()
    sheet = stand.page.acting.sheet
    assert isinstance(sheet, CancelAllSheet)
    return sheet


def test_cancel_all_says_how_many_of_which_mode(make: Make) -> None:
    stand = make(*many())
    sheet = opened(stand)
    assert sheet.no.hasFocus()
    assert sheet.count.text() == "2 live orders and 1 paper order will be canceled."
    assert sheet.more.text() == "1 open order stays, because BrokerDesk cannot cancel it."
    names = [one.accessibleName() for one in sheet.findChildren(QWidget)]
    assert any(name.endswith("This connection can only read.") for name in names)
    sheet.sides.piece("sell").click()
    assert sheet.count.text() == "1 live order will be canceled."
    sheet.sides.piece("").click()
    sheet.accounts.setCurrentIndex(sheet.accounts.findData("p1"))
    assert sheet.count.text() == "1 paper order will be canceled."
    sheet.sides.piece("sell").click()
    assert not sheet.yes.isEnabled()
    assert stand.asked("cancel_all") == []


def test_cancel_all_is_asked_once_and_tells_of_each(make: Make) -> None:
    stand = make(*many())
    stand.trading.cancels = (
        Sent(intent=asked_to_cancel(AccountId("s1"), "1")),
        Sent(intent=asked_to_cancel(AccountId("s1"), "2", state=IntentState.REJECTED,
                                    words="Too late.")),
        Sent(failure="Alpaca is not answering.", account=AccountId("p1"), order="3"),
    )  # fmt: skip
    sheet = opened(stand)
    sheet.sides.piece("buy").click()
    stand.trading.hold = True
    sheet.yes.click()
    sheet.yes.click()
    assert stand.asked("cancel_all") == [("cancel_all", None, OrderSide.BUY, sheet.click)]
    assert sheet.no.isEnabled(), "nobody has to wait for it"
    stand.trading.hold = False
    stand.desk.runner.settle()
    assert sheet.count.text() == "1 cancel of 3 accepted by the brokers."
    each = [one.accessibleName() for one in sheet.findChildren(QWidget)]
    names = " ".join(each)
    assert "in Schwab …4821 Individual: Cancel asked for." in names
    assert "The broker refused the cancel. “Too late.”" in names
    (line,) = {one for one in each if "Not sent. Alpaca is not answering." in one}
    assert "in Alpaca …P7QX" in line, "it names its order"


def test_a_failure_of_all_is_said_in_the_sheet(make: Make) -> None:
    stand = make(*many())
    sheet = opened(stand)
    stand.trading.error = trouble()
    sheet.yes.click()
    assert sheet.trouble.isVisible()
    assert "The journal is damaged." in sheet.trouble.accessibleName()


def test_with_nothing_to_cancel_no_sheet_opens(make: Make) -> None:
    stand = make(filled_row())
    stand.page.cancel_all()
    assert stand.page.acting.sheet is None
    assert stand.desk.sentences[-1] == "There is no working order that can be canceled."


# looks


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_words(make: Make, text: str) -> None:
    row = working_row(
        status=OrderStatus.REJECTED, status_text=text, legs=(leg(text[:30] or "X", name=text),)
    )
    stand = make(replace(row, account_name=text, orders_url="file:///etc/passwd"))
    assert stand.page.table.current_row() is not None
    area = stand.page.detail._area
    inner = area.widget()
    assert inner is not None
    assert inner.width() <= area.viewport().width() + 1
    assert stand.page.grab().width() >= 1100


@pytest.mark.parametrize(("look", "scale"), [("light", 1.0), ("dark", 1.0), ("light", 1.5)])
@pytest.mark.parametrize("size", [(1100, 600), (515, 760)])
def test_it_is_painted_at_any_size(
    make: Make, look: str, scale: float, size: tuple[int, int]
) -> None:
    theme().apply(look)
    theme().set_scale(scale)
    try:
        stand = make(unknown_row(), *many(), size=size)
        area = stand.page.detail._area
        inner = area.widget()
        assert inner is not None
        assert inner.width() <= area.viewport().width() + 1
        assert stand.page.grab().toImage().height() >= size[1]
    finally:
        theme().set_scale(1.0)


def test_every_part_has_a_name_and_secrets_stay_secret(make: Make) -> None:
    stand = make(unknown_row(), working_row("w", 1, quantity=D(8642), legs=(
        leg("AAPL", quantity=D(8642)),)))  # fmt: skip
    stand.page.table.select_row("w")
    privacy().set(True)
    QApplication.processEvents()
    shown = [one for one in stand.page.findChildren(QWidget) if one.isVisible()]
    assert not [one for one in shown if "8,642" in one.accessibleName() + one.toolTip()]
    stand.page.cancel_order()
    assert "8,642" not in cancel_sheet(stand).accessibleName()
    buttons = [one for one in shown if isinstance(one, QPushButton)]
    assert all(one.accessibleName() for one in buttons)
