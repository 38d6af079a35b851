"""The review sheet on the screen: focus, keys that send and keys that never do, what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from support import reviews as given
from support.ui_widgets import clipped, press, shown_text, unnamed

from brokerdesk.domain.intent import IntentState
from brokerdesk.services.trading_facts import Review, Sent
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.review import ReviewViewModel
from brokerdesk.ui.viewmodels.review_state import Phase
from brokerdesk.ui.views.review.checked_sheet import CheckedSheet
from brokerdesk.ui.views.review.sheet import ReviewSheet

CTRL = Qt.KeyboardModifier.ControlModifier


class Bench(QWidget):
    """A window with the sheet beside something else that can have the focus."""

    def __init__(self) -> None:
        super().__init__()
        self.clock, self.port = given.HandClock(), given.HandTrading()
        self.model = ReviewViewModel(self.port, self.clock)
        self.sheet = ReviewSheet(self.model)
        self.other = QPushButton("Elsewhere")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.other)
        row.addWidget(self.sheet)
        self.closed: list[str] = []
        self.model.closed.connect(self.closed.append)

    def read(self, review: Review | None = None, *, armed: bool = True) -> None:
        review = review or given.plain_review()
        self.model.open(tuple(one.draft for one in review.orders))
        self.port.tell(review)
        if armed:
            self.clock.move(1)
            self.model.tick()

    def send(self, *answer: Sent) -> None:
        self.read()
        assert self.model.send()
        self.port.tell(answer)


Make = Callable[[], Bench]


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = Bench()
    qtbot.addWidget(made)
    made.resize(700, 800)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    privacy().set(False)
    theme().set_scale(1)


def press_key(key: Qt.Key, how: Qt.KeyboardModifier, *, held: bool = False) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    for kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress):
        QApplication.sendEvent(target, QKeyEvent(kind, key, how, "\r", held))


# focus


def test_the_box_has_the_first_focus(bench: Bench) -> None:
    bench.resize(700, 1400)
    bench.read(given.review())
    QApplication.processEvents()
    assert QApplication.focusWidget() is bench.sheet.box
    assert bench.sheet.box.text() == "I have read the 3 warnings"
    assert not bench.sheet.send.isEnabled()
    bench.sheet.box.click()
    assert bench.sheet.send.isEnabled()
    assert bench.sheet.send.text() == "Send live order"


def test_without_warnings_back_has_it(bench: Bench) -> None:
    bench.read()
    assert bench.sheet.box.isHidden() or not bench.sheet.box.isVisible()
    assert QApplication.focusWidget() is bench.sheet.back
    assert bench.sheet.send.isEnabled()


def test_what_is_blocked_offers_no_box(bench: Bench) -> None:
    stop = given.stop("most value", "Worth more than your limit of 10000.")
    bench.read(given.review(given.reviewed(findings=(stop, *given.WARNINGS))))
    assert not bench.sheet.box.isVisible()
    assert QApplication.focusWidget() is bench.sheet.back
    assert "Why this cannot be sent" in shown_text(bench.sheet)
    assert not bench.sheet.send.isEnabled()


def test_send_is_armed_after_a_second(bench: Bench) -> None:
    bench.read(armed=False)
    assert not bench.sheet.send.isEnabled()
    bench.sheet.send.click()
    bench.clock.move(1)
    bench.model.tick()
    assert bench.sheet.send.isEnabled()
    assert bench.port.sends() == []


# keys


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_ctrl_enter_sends_once(bench: Bench, qtbot: QtBot, key: Qt.Key) -> None:
    bench.read()
    qtbot.keyClick(bench.sheet.back, key, CTRL)
    assert len(bench.port.sends()) == 1
    qtbot.keyClick(bench.sheet, key, CTRL)
    bench.port.tell((given.sent(),))
    qtbot.keyClick(bench.sheet.back, key, CTRL)
    assert len(bench.port.sends()) == 1


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_enter_alone_presses_nothing(bench: Bench, qtbot: QtBot, key: Qt.Key) -> None:
    bench.read(given.review())
    qtbot.keyClick(bench.sheet.box, key)
    assert not bench.sheet.box.isChecked()
    bench.sheet.box.click()
    for target in (bench.sheet.box, bench.sheet.send, bench.sheet.back):
        target.setFocus()
        qtbot.keyClick(target, key)
        qtbot.keyClick(target, key, Qt.KeyboardModifier.ShiftModifier)
    assert bench.port.sends() == []
    assert bench.model.state.phase is Phase.READY


def test_a_held_key_sends_nothing(bench: Bench, qtbot: QtBot) -> None:
    bench.read()
    for _ in range(20):
        press_key(Qt.Key.Key_Return, CTRL, held=True)
    assert bench.port.sends() == []


def test_keys_elsewhere_do_not_send(bench: Bench, qtbot: QtBot) -> None:
    bench.read()
    bench.other.setFocus()
    qtbot.keyClick(bench.other, Qt.Key.Key_Return, CTRL)
    assert bench.port.sends() == []


def test_a_double_click_sends_once(bench: Bench, qtbot: QtBot) -> None:
    bench.read()
    qtbot.mouseDClick(bench.sheet.send, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(bench.sheet.send, Qt.MouseButton.LeftButton)
    assert len(bench.port.sends()) <= 1
    bench.sheet.send.click()
    assert len(bench.port.sends()) == 1


def test_space_on_send_sends_where_it_has_the_focus(bench: Bench, qtbot: QtBot) -> None:
    bench.read()
    bench.sheet.send.setFocus()
    qtbot.keyClick(bench.sheet.send, Qt.Key.Key_Space)
    assert len(bench.port.sends()) == 1


def test_esc_goes_back(bench: Bench, qtbot: QtBot) -> None:
    bench.read(given.review())
    qtbot.keyClick(bench.sheet.box, Qt.Key.Key_Escape)
    assert bench.closed == ["back"]
    assert bench.sheet.isHidden()


def test_esc_while_sending_does_nothing(bench: Bench, qtbot: QtBot) -> None:
    bench.read()
    bench.model.send()
    qtbot.keyClick(bench.sheet, Qt.Key.Key_Escape)
    assert bench.closed == []
    assert not bench.sheet.back.isEnabled()
    assert bench.sheet.send.text() == "Sending…"


def test_the_sheet_scrolls_with_the_keys_of_the_box(bench: Bench, qtbot: QtBot) -> None:
    bench.read(given.worst())
    bar = bench.sheet._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert bar.value() == 0
    qtbot.keyClick(bench.sheet.box, Qt.Key.Key_PageDown)
    assert bar.value() > 0
    qtbot.keyClick(bench.sheet.box, Qt.Key.Key_Home)
    assert bar.value() == 0


def test_what_was_not_seen_is_not_ticked_as_read(bench: Bench, qtbot: QtBot) -> None:
    """The warnings stand below the figures: a tick turns the page until their end is seen."""
    bench.read(given.worst())
    sheet, bar = bench.sheet, bench.sheet._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert "not all of it is seen" in sheet.why.text()
    places = []
    for _ in range(20):
        qtbot.keyClick(sheet.box, Qt.Key.Key_Space)
        places.append(bar.value())
        if sheet.box.isChecked():
            break
        assert not bench.model.state.read
        assert not sheet.send.isEnabled()
    assert bench.model.state.read
    assert places[0] > 0, "the first press turned the page"
    last = [note for view in sheet.orders for note in view.notes][-1]
    port = sheet._scroll.viewport()
    assert last.mapTo(port, last.rect().bottomLeft()).y() <= port.height()


# what is shown


def test_sources_are_tagged_apart(bench: Bench) -> None:
    bench.read(given.review())
    tags = [group.tag.text() for group in bench.sheet.orders[0].groups]
    assert tags == ["Broker preview", "Our estimate"]


def test_the_fields_open_and_close(bench: Bench) -> None:
    bench.read()
    fields = bench.sheet.orders[0].fields
    assert not fields.is_open
    fields.toggle.click()
    text = shown_text(fields)
    for field in given.reviewed().fields:
        assert field.name in text
        assert field.value in text
        assert field.words in text
    assert fields.inner.isVisible()
    fields.toggle.click()
    assert not fields.inner.isVisible()


def test_the_quote_grows_older(bench: Bench) -> None:
    bench.read()
    assert "7 s ago" in bench.sheet.orders[0].quote.text()
    bench.clock.move(5)
    bench.model.tick()
    assert "12 s ago" in bench.sheet.orders[0].quote.text()


def test_a_void_review_is_made_again_by_its_button(bench: Bench) -> None:
    bench.read(given.review())
    bench.clock.move(60)
    bench.model.tick()
    assert "This review is void." in shown_text(bench.sheet)
    assert not bench.sheet.send.isEnabled()
    press(bench.sheet, "Review again")
    assert bench.model.state.phase is Phase.MAKING
    bench.port.tell(given.review(at=bench.clock.at))
    assert not bench.sheet.box.isChecked()


def test_hidden_amounts_are_nowhere(bench: Bench) -> None:
    bench.read(given.review())
    bench.sheet.orders[0].fields.toggle.click()
    privacy().set(True)
    QApplication.processEvents()
    text = shown_text(bench.sheet)
    spoken = "\n".join(each.accessibleName() for each in bench.sheet.findChildren(QWidget)
                       if each.isVisible())  # fmt: skip
    for figure in ("64,440", "18,174.56", "11,986.56", "240", "425 shares"):
        assert figure not in text
        assert figure not in spoken
    assert "Schwab" in text
    assert not bench.sheet.send.isEnabled()
    press(bench.sheet, "Show amounts")
    assert "64,440.00" in shown_text(bench.sheet)


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("make", [given.review, given.worst, given.basket])
def test_nothing_is_cut_or_nameless(
    qtbot: QtBot, bench: Bench, make: Callable[[], Review], scale: float
) -> None:
    bench.close()
    theme().set_scale(scale)
    made = Bench()
    qtbot.addWidget(made)
    made.resize(round(700 * scale), 700)
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.read(make())
    for view in made.sheet.orders:
        view.fields.toggle.click()
    QApplication.processEvents()
    assert clipped(made.sheet) == []
    assert unnamed(made.sheet) == []
    inner = made.sheet._scroll.widget()
    assert inner is not None
    assert inner.width() <= made.sheet._scroll.viewport().width(), "nothing runs out at the right"


# outcomes


def test_the_outcome_stands_in_the_sheet(bench: Bench) -> None:
    bench.send(given.sent(IntentState.REJECTED, words="Price is outside of the limits"))
    text = shown_text(bench.sheet)
    assert "Schwab refused this order." in text
    assert "“Price is outside of the limits” Nothing was placed." in text
    assert bench.sheet.send.isHidden()
    press(bench.sheet, "Edit order")
    assert bench.closed == ["back"]


def test_unknown_counts_down_without_pulling_its_buttons_away(bench: Bench) -> None:
    bench.port.rows["i1"] = given.row(IntentState.UNKNOWN, search=given.searched())
    bench.send(given.sent(IntentState.UNKNOWN))
    buttons = bench.sheet.outcomes[0].buttons
    assert [one.text() for one in buttons] == [
        "Check now", "Open Schwab orders", "I have checked myself…",
    ]  # fmt: skip
    bench.clock.move(2)
    bench.model.tick()
    assert "Next check in 15 s" in shown_text(bench.sheet)
    assert bench.sheet.outcomes[0].buttons == buttons


def test_i_have_checked_asks_which_order_it_is(bench: Bench, qtbot: QtBot) -> None:
    other = given.order(id="10048213392")
    search = given.searched(candidates=(given.order(), other))
    bench.port.rows["i1"] = given.row(IntentState.UNKNOWN, search=search)
    bench.send(given.sent(IntentState.UNKNOWN))
    press(bench.sheet, "I have checked myself…")
    (sheet,) = bench.findChildren(CheckedSheet)
    assert not sheet.yes.isEnabled()
    assert sheet.choices[1].text().startswith("10048213392: Buy AAPL, working")
    sheet.choices[1].click()
    sheet.yes.click()
    assert ("choose", "i1", "10048213392") in bench.port.calls


@pytest.mark.parametrize("enough", [False, True])
def test_absence_is_only_taken_after_enough_checks(bench: Bench, enough: bool) -> None:
    search = given.searched(5, can_be_absent=enough)
    bench.port.rows["i1"] = given.row(IntentState.UNKNOWN, search=search)
    bench.send(given.sent(IntentState.UNKNOWN))
    label = "I looked: it was not placed" if enough else "I have checked myself…"
    press(bench.sheet, label)
    (sheet,) = bench.findChildren(CheckedSheet)
    assert sheet.yes.isVisible() is enough
    if enough:
        sheet.sure.click()
        sheet.yes.click()
    assert (("confirm_absent", "i1") in bench.port.calls) is enough
    sheet.close_sheet()


def test_an_order_that_could_be_it_is_never_passed_over_for_absence(bench: Bench) -> None:
    """Five checks settle nothing while an order at the broker could be it: the user says."""
    search = given.searched(5, candidates=(given.order(),), can_be_absent=True)
    bench.port.rows["i1"] = given.row(IntentState.UNKNOWN, search=search)
    bench.send(given.sent(IntentState.UNKNOWN))
    assert "Not found" not in shown_text(bench.sheet)
    assert "1 order there could be it" in shown_text(bench.sheet)
    press(bench.sheet, "I have checked myself…")
    (sheet,) = bench.findChildren(CheckedSheet)
    assert len(sheet.choices) == 2
    assert not sheet.yes.isEnabled()
    sheet.choices[1].click()
    sheet.yes.click()
    assert ("confirm_absent", "i1") in bench.port.calls
    assert not any(call[0] == "choose" for call in bench.port.calls)


# the broker asks


def test_the_question_is_plain_text_and_no_has_the_focus(bench: Bench) -> None:
    bench.send(given.ASKED)
    assert QApplication.focusWidget() is bench.sheet.question.no
    assert "“This order exceeds <b>5%</b> of the market. Continue?”" in shown_text(bench.sheet)
    bench.sheet.question.yes.click()
    assert bench.port.calls[-1] == ("answer", "i1", True)


def test_esc_answers_no(bench: Bench, qtbot: QtBot) -> None:
    bench.send(given.ASKED)
    qtbot.keyClick(bench.sheet.question.no, Qt.Key.Key_Escape)
    assert bench.port.calls[-1] == ("answer", "i1", False)


def test_ctrl_enter_answers_nothing(bench: Bench, qtbot: QtBot) -> None:
    bench.send(given.ASKED)
    before = len(bench.port.calls)
    qtbot.keyClick(bench.sheet.question.yes, Qt.Key.Key_Return, CTRL)
    assert len(bench.port.calls) == before


def test_the_next_review_begins_anew(bench: Bench) -> None:
    bench.read(given.review())
    bench.sheet.box.click()
    bench.model.back()
    bench.clock.move(timedelta(minutes=5).total_seconds())
    bench.read(given.review(at=bench.clock.at, id="r2"), armed=False)
    assert not bench.sheet.box.isChecked()
    assert not bench.sheet.send.isEnabled()
    assert QApplication.focusWidget() is bench.sheet.box


def test_a_sheet_built_anew_goes_on_with_the_review(bench: Bench, qtbot: QtBot) -> None:
    """As for another text size: what was ticked stays, and it is still sent once."""
    bench.read(given.review())
    bench.sheet.box.click()
    row = bench.layout()
    assert row is not None
    row.removeWidget(bench.sheet)
    bench.sheet.hide()
    bench.sheet.deleteLater()
    bench.sheet = ReviewSheet(bench.model)
    row.addWidget(bench.sheet)
    QApplication.processEvents()
    assert bench.sheet.isVisible()
    assert bench.sheet.box.isChecked()
    qtbot.keyClick(bench.sheet.back, Qt.Key.Key_Return, CTRL)
    assert len(bench.port.sends()) == 1
