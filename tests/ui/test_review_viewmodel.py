"""The review without a sheet: what it says, when it can be sent, once, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from support import reviews as given
from support.ui import HOSTILE, NOW

from brokerdesk.brokers.trading import Asked
from brokerdesk.domain.events import OrderMoved, TradingChanged
from brokerdesk.domain.intent import IntentState as S
from brokerdesk.domain.kinds import Environment, OrderSide, OrderStatus
from brokerdesk.errors import (
    BrokerUnavailableError,
    InputError,
    NotSupportedError,
    StorageError,
)
from brokerdesk.services.trading_facts import Review, Sent
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.review import HIDDEN, ReviewViewModel
from brokerdesk.ui.viewmodels.review_state import Phase


class Desk:
    """A view-model over hands, and what it signalled."""

    def __init__(self) -> None:
        self.clock, self.port = given.HandClock(), given.HandTrading()
        self.model = ReviewViewModel(self.port, self.clock)
        self.closed: list[str] = []
        self.refused: list[str] = []
        self.told: list[tuple[Sent, ...]] = []
        self.shown: list[str] = []
        self.visited: list[str] = []
        self.model.closed.connect(self.closed.append)
        self.model.refused.connect(self.refused.append)
        self.model.sent.connect(self.told.append)
        self.model.showing.connect(self.shown.append)
        self.model.visiting.connect(self.visited.append)

    def read(self, review: Review | None = None, *, replaces: str = "") -> None:
        """A review, old enough to be armed."""
        review = review or given.plain_review()
        self.model.open(tuple(one.draft for one in review.orders), replaces)
        self.port.tell(review)
        self.clock.move(1)
        self.model.tick()

    def send(self, *answer: Sent, review: Review | None = None) -> None:
        self.read(review)
        self.model.tick_read(True)
        assert self.model.send()
        self.port.tell(answer)


def moved(intent: str) -> OrderMoved:
    return OrderMoved(
        connection=given.CONNECTION, account=given.ACCOUNT, what="filled", intent=intent
    )


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield Desk()
    privacy().set(False)


# making


def test_a_review_is_asked_for_and_shown(desk: Desk) -> None:
    desk.model.open((given.draft(),))
    assert desk.model.state.phase is Phase.MAKING
    assert desk.model.is_open
    assert not desk.model.send()
    desk.port.tell(given.review())
    state = desk.model.state
    assert state.phase is Phase.READY
    assert state.warnings == 3
    assert state.read_words == "I have read the 3 warnings"
    assert state.mode == "Schwab …4821 Individual"
    (card,) = state.orders
    assert "".join(piece.text for piece in card.sentence).startswith("Buy 240 shares of AAPL at")


def test_nothing_to_review_opens_nothing(desk: Desk) -> None:
    desk.model.open(())
    assert not desk.model.is_open
    assert desk.port.calls == []


@pytest.mark.parametrize(
    ("environment", "orders", "words"),
    [
        (Environment.LIVE, 1, "Send live order"),
        (Environment.PAPER, 1, "Send paper order"),
        (Environment.PRACTICE, 1, "Send practice order"),
        (Environment.LIVE, 3, "Send 3 live orders"),
        (Environment.PRACTICE, 2, "Send 2 practice orders"),
    ],
)
def test_send_names_the_mode(desk: Desk, environment: Environment, orders: int, words: str) -> None:
    one = given.reviewed(findings=(), draft=given.draft(environment=environment))
    desk.read(given.review(*[one] * orders, environment=environment))
    assert desk.model.state.send == words


def test_a_change_of_an_order_is_named_so(desk: Desk) -> None:
    desk.read(replaces="10048213391")
    assert desk.port.calls[0] == ("review", (given.draft(),), "10048213391")
    assert desk.model.state.send == "Send live change"


@pytest.mark.parametrize(
    ("error", "field"),
    [
        (InputError("quantity", "Schwab takes whole shares here.", "Round it."), ["quantity"]),
        (NotSupportedError("Orders cannot be drafted here.", capability="trading"), []),
        (BrokerUnavailableError("Schwab is not answering.", "Nothing was sent."), []),
        (RuntimeError("a defect"), []),
    ],
)
def test_a_review_that_cannot_be_made_says_why(
    desk: Desk, error: Exception, field: list[str]
) -> None:
    desk.model.open((given.draft(),))
    desk.port.tell(error)
    state = desk.model.state
    assert state.phase is Phase.REFUSED
    assert state.problem
    assert "a defect" not in state.problem + state.advice
    assert desk.refused == field
    assert not desk.model.send()
    desk.model.again()
    assert desk.model.state.phase is Phase.MAKING


def test_a_late_review_of_an_older_wish_is_void_and_not_shown(desk: Desk) -> None:
    desk.model.open((given.draft(),))
    desk.model.open((given.draft("MSFT"),))
    desk.port.tell(given.review(id="old"))
    assert desk.model.state.phase is Phase.MAKING
    assert ("void", "old") in desk.port.calls
    desk.port.tell(given.review(given.reviewed(draft=given.draft("MSFT")), id="new"))
    assert "MSFT" in "".join(piece.text for piece in desk.model.state.orders[0].sentence)


def test_going_back_while_it_is_made_forgets_it(desk: Desk) -> None:
    desk.model.open((given.draft(),))
    desk.model.back()
    assert desk.closed == ["back"]
    desk.port.tell(given.review())
    assert not desk.model.is_open
    assert ("void", "r1") in desk.port.calls


# what is read


def test_figures_stand_under_their_source_and_never_under_both(desk: Desk) -> None:
    desk.read(given.review())
    theirs, ours = desk.model.state.orders[0].groups
    assert (theirs.title, theirs.ours, theirs.by) == (
        "Broker preview", False, "Schwab · 11:42:20 ET",
    )  # fmt: skip
    assert [(one.label, one.value) for one in theirs.lines] == [
        ("Commission", "0.00"),
        ("Fees", "0.00"),
        ("Total cost", "64,440.00"),
        ("Buying power after", "18,174.56"),
    ]
    assert (ours.title, ours.ours, ours.by) == ("Our estimate", True, "")
    assert [(one.label, one.value) for one in ours.lines] == [
        ("Buying power if open orders fill", "11,986.56"),
        ("AAPL after, all accounts", "425 shares · 12.1%"),
    ]


def test_an_estimate_on_moving_prices_is_led_by_about(desk: Desk) -> None:
    estimate = replace(given.reviewed().estimate, value=Decimal("64400.1"), exact=False)
    desk.read(given.review(given.reviewed(estimate=estimate, preview=None)))
    (ours,) = desk.model.state.orders[0].groups
    assert ours.ours
    assert ours.lines[0].value.startswith("≈")
    assert "64,400.10" in ours.lines[0].value


def test_what_the_broker_did_not_say_is_not_zero(desk: Desk) -> None:
    desk.read(given.review(given.with_preview(fees=None, total=None)))
    theirs = desk.model.state.orders[0].groups[0]
    assert [one.label for one in theirs.lines] == ["Commission", "Buying power after"]
    assert theirs.note == "Schwab does not say: fees, total cost."


def test_a_preview_that_failed_is_named_and_ours_stands_apart(desk: Desk) -> None:
    desk.read(
        given.review(given.reviewed(preview=None, preview_failure="Schwab is not answering."))
    )
    theirs, ours = desk.model.state.orders[0].groups
    assert (theirs.lines, theirs.note) == ((), "No preview: Schwab is not answering.")
    assert ours.ours


def test_every_field_that_goes_out_is_listed(desk: Desk) -> None:
    desk.read(given.review())
    (card,) = desk.model.state.orders
    told = [(one.name, one.value, one.words) for one in card.fields]
    assert told == [(one.name, one.value, one.words) for one in given.reviewed().fields]
    assert card.route == "All 6 fields that go out"


def test_the_quote_has_source_and_time(desk: Desk) -> None:
    desk.read(given.review())
    (card,) = desk.model.state.orders
    assert card.quote == "bid 268.40, ask 268.44, last 268.42"
    assert card.quote_source == "Schwab, real-time"
    assert card.quote_at == NOW - timedelta(seconds=6)


def test_the_brokers_own_warnings_are_read_too(desk: Desk) -> None:
    words = "Your order <b>may</b> be worked by hand."
    desk.read(given.review(given.with_preview(warnings=(words,))))
    state = desk.model.state
    assert state.warnings == 4
    assert state.orders[0].warnings[-1].text == f"“{words}”"
    told = given.warning("preview:0", f"Schwab: {words}")
    told_already = replace(given.with_preview(warnings=(words,)), findings=(*given.WARNINGS, told))
    desk.read(given.review(told_already))
    assert desk.model.state.warnings == 4


# what blocks


def test_what_forbids_sending_says_what_to_change(desk: Desk) -> None:
    blocked = given.stop("most value", "Worth more than your limit of 10000.")
    desk.read(given.review(given.reviewed(findings=(blocked, *given.WARNINGS))))
    state = desk.model.state
    (note,) = state.orders[0].blocking
    assert note.title == "Worth more than your limit of 10000."
    assert "Settings, Trading" in note.text
    desk.model.tick_read(True)
    assert not desk.model.state.can_send
    assert not desk.model.send()
    assert desk.port.sends() == []


def test_a_brokers_refusal_of_the_preview_blocks(desk: Desk) -> None:
    desk.read(
        given.review(replace(given.with_preview(refusals=("No <i>margin</i>.",)), findings=()))
    )
    (note,) = desk.model.state.orders[0].blocking
    assert note.title == "Schwab refuses this order."
    assert "“No <i>margin</i>.”" in note.text
    assert not desk.model.send()


def test_one_blocked_order_blocks_its_basket(desk: Desk) -> None:
    blocked = given.reviewed(findings=(given.stop("pace", "10 orders in the last minute."),))
    desk.read(given.review(given.reviewed(findings=()), blocked))
    assert not desk.model.send()


# sending


def test_send_waits_a_second_and_for_the_box(desk: Desk) -> None:
    desk.model.open((given.draft(),))
    desk.port.tell(given.review())
    desk.model.tick_read(True)
    assert not desk.model.send(), "not in the first second"
    desk.clock.move(0.9)
    assert not desk.model.send()
    desk.clock.move(0.1)
    desk.model.tick_read(False)
    assert not desk.model.send(), "not unread"
    assert desk.model.state.why_not == "Tick that you have read the 3 warnings."
    desk.model.tick_read(True)
    assert desk.model.send()
    assert desk.port.sends() == [
        ("send", "r1", frozenset({"hours", "usual size", "share of power"}))
    ]


def test_a_review_is_sent_once_however_often_it_is_asked(desk: Desk) -> None:
    desk.read()
    assert desk.model.send()
    assert not any(desk.model.send() for _ in range(5))
    desk.port.tell((given.sent(),))
    desk.clock.move(5)
    desk.model.tick()
    assert not any(desk.model.send() for _ in range(5))
    assert len(desk.port.sends()) == 1
    desk.model.back()
    assert not desk.model.send()


def test_after_a_minute_it_is_void_and_made_anew(desk: Desk) -> None:
    desk.read()
    desk.clock.move(58)
    desk.model.tick()
    assert desk.model.state.can_send
    assert desk.model.state.left == "This review holds for 1 s."
    desk.clock.move(1)
    assert not desk.model.send(), "the last look at the clock counts"
    assert desk.model.state.phase is Phase.VOID
    assert desk.port.sends() == []
    desk.model.again()
    assert desk.port.calls[-2:] == [("void", "r1"), ("review", (given.draft(),), "")]
    desk.port.tell(given.plain_review(at=desk.clock.at, id="r2"))
    state = desk.model.state
    assert (state.phase, state.read) == (Phase.READY, False)


def test_a_clock_that_is_set_back_arms_anew(desk: Desk) -> None:
    desk.read()
    desk.clock.move(-3600)
    assert not desk.model.send()
    desk.clock.move(1)
    assert desk.model.send()


def test_hidden_amounts_cannot_be_sent(desk: Desk) -> None:
    desk.read()
    privacy().set(True)
    assert desk.model.state.why_not == HIDDEN
    assert not desk.model.send()
    privacy().set(False)
    assert desk.model.send()


def test_going_back_voids_it_and_keeps_the_ticket(desk: Desk) -> None:
    desk.read()
    desk.model.back()
    assert desk.closed == ["back"]
    assert desk.port.calls[-1] == ("void", "r1")


def test_while_it_is_sent_there_is_no_way_back(desk: Desk) -> None:
    desk.read()
    desk.model.send()
    desk.model.back()
    desk.model.open((given.draft("MSFT"),))
    assert desk.model.state.phase is Phase.SENDING
    assert desk.closed == []
    desk.clock.move(46)
    desk.model.tick()
    assert desk.model.state.left == "There is still no answer. Nothing is sent twice."


# what became of it


def test_accepted_and_filled_follow_the_order(desk: Desk) -> None:
    desk.port.rows["i1"] = given.row(order=given.order())
    desk.send(given.sent())
    (told,) = desk.model.state.outcomes
    assert (told.kind, told.title) == ("good", "Accepted.")
    assert told.text == "Schwab has this order: 10048213391, working."
    filled = given.order(
        OrderStatus.FILLED, filled_quantity=Decimal(240), average_price=Decimal("268.45")
    )
    desk.port.rows["i1"] = given.row(order=filled)
    moved = OrderMoved(
        connection=given.CONNECTION, account=given.ACCOUNT, what="filled", intent="i1"
    )
    desk.model.on_event(moved)
    (told,) = desk.model.state.outcomes
    assert told.text.endswith("filled 240 of 240 at 268.45.")
    assert desk.model.state.settled
    desk.model.act(told.actions[0].id)
    assert desk.shown == ["i1"]
    desk.model.back()
    assert desk.closed == ["done"]
    assert desk.told == [(given.sent(),)]


def test_a_refusal_is_in_the_brokers_words(desk: Desk) -> None:
    desk.send(given.sent(S.REJECTED, words="Price is outside <b>limits</b>"))
    (told,) = desk.model.state.outcomes
    assert told.title == "Schwab refused this order."
    assert told.text == "“Price is outside <b>limits</b>” Nothing was placed."
    assert [one.label for one in told.actions] == ["Edit order"]
    desk.model.act(told.actions[0].id)
    assert desk.closed == ["back"]


@pytest.mark.parametrize(
    "sent",
    [
        given.sent(S.NOT_SENT, words="No connection could be made."),
        Sent(failure="New orders are halted."),
        Sent(),
    ],
)
def test_what_was_not_sent_says_that_nothing_was_placed(desk: Desk, sent: Sent) -> None:
    desk.send(sent)
    (told,) = desk.model.state.outcomes
    assert (told.kind, told.title) == ("not_sent", "Not sent.")
    assert told.text.endswith("Nothing was placed.")
    assert not desk.model.state.settled


def test_an_error_of_ours_before_sending_says_not_sent(desk: Desk) -> None:
    desk.read()
    desk.model.send()
    desk.port.tell(BrokerUnavailableError("Schwab is not answering.", "Nothing was sent."))
    (told,) = desk.model.state.outcomes
    assert told.kind == "not_sent"
    assert "Schwab is not answering" in told.text


def test_a_defect_while_sending_proves_nothing(desk: Desk) -> None:
    desk.read()
    desk.model.send()
    desk.port.tell(RuntimeError("a defect"))
    (told,) = desk.model.state.outcomes
    assert told.kind == "unknown"
    assert "Nothing was placed" not in told.text
    assert not desk.model.send()


def test_unknown_is_told_with_its_next_check_and_never_sent_again(desk: Desk) -> None:
    desk.port.rows["i1"] = given.row(S.UNKNOWN, search=given.searched())
    desk.send(given.sent(S.UNKNOWN))
    (told,) = desk.model.state.outcomes
    assert told.title == ("Outcome unknown. Checking with Schwab; BrokerDesk will not resend.")
    assert told.text == (
        "The order may be live. Next check in 17 s (check 4). New AAPL buys in Schwab …4821 "
        "Individual are blocked until this is settled."
    )
    labels = [one.label for one in told.actions]
    assert labels == ["Check now", "Open Schwab orders", "I have checked myself…"]
    desk.clock.move(1)
    desk.model.tick()
    assert "Next check in 16 s" in desk.model.state.outcomes[0].text
    desk.model.act(told.actions[0].id)
    assert ("check_now", "i1") in desk.port.calls
    desk.model.act(told.actions[1].id)
    assert desk.visited == ["https://client.schwab.test/orders"]
    assert not desk.model.send()
    assert len(desk.port.sends()) == 1


def test_unknown_then_found(desk: Desk) -> None:
    desk.port.rows["i1"] = given.row(S.UNKNOWN, search=given.searched())
    desk.send(given.sent(S.UNKNOWN))
    desk.port.rows["i1"] = given.row(S.FOUND, order=given.order())
    desk.model.on_event(TradingChanged())
    (told,) = desk.model.state.outcomes
    assert told.title == "Found."
    assert told.text == ("Schwab has this order: 10048213391, working. Nothing was sent twice.")


def test_absence_needs_the_users_word(desk: Desk) -> None:
    found_none = given.searched(5, can_be_absent=True)
    desk.port.rows["i1"] = given.row(S.UNKNOWN, search=found_none)
    desk.send(given.sent(S.UNKNOWN))
    (told,) = desk.model.state.outcomes
    assert told.title == "Not found at Schwab."
    assert told.actions[-1].label == "I looked: it was not placed"
    desk.port.error = NotSupportedError("It takes five complete looks.", capability="absent")
    desk.model.confirm_absent("i1")
    assert "five complete looks" in desk.model.state.notice
    desk.port.error = None
    desk.port.rows["i1"] = given.row(S.ABSENT)
    desk.model.confirm_absent("i1")
    (told,) = desk.model.state.outcomes
    assert told.title == "Closed as not placed."
    assert desk.model.state.notice == ""


def test_events_of_other_orders_change_nothing(desk: Desk) -> None:
    desk.send(given.sent())
    before = len(desk.port.calls)
    desk.model.on_event(
        OrderMoved(
            connection=given.CONNECTION, account=given.ACCOUNT, what="filled", intent="other"
        )
    )
    assert len(desk.port.calls) == before


# the broker asks


def test_a_question_is_the_users_alone(desk: Desk) -> None:
    desk.send(given.ASKED)
    state = desk.model.state
    assert state.phase is Phase.ASKED
    assert state.question is not None
    assert state.question.questions == ("This order exceeds <b>5%</b> of the market. Continue?",)
    assert not any(call[0] == "answer" for call in desk.port.calls)
    assert desk.told == []
    desk.model.answer(agreed=True)
    desk.model.answer(agreed=True)
    assert [call for call in desk.port.calls if call[0] == "answer"] == [("answer", "i1", True)]
    desk.port.tell(given.sent())
    assert desk.model.state.outcomes[0].title == "Accepted."
    assert len(desk.told) == 1


def test_a_second_question_follows_the_first(desk: Desk) -> None:
    desk.send(given.ASKED)
    desk.model.answer(agreed=True)
    again = replace(given.ASKED, asked=Asked(questions=("And this?",), token="t2"))
    desk.port.tell(again)
    assert desk.model.state.phase is Phase.ASKED
    assert desk.model.state.question is not None
    assert desk.model.state.question.questions == ("And this?",)


def test_a_yes_that_was_refused_here_says_why_and_leaves_the_question(desk: Desk) -> None:
    desk.send(given.ASKED)
    desk.model.answer(agreed=True)
    desk.port.tell(replace(given.ASKED, failure="New orders are halted. Nothing was sent."))
    assert desk.model.state.phase is Phase.ASKED
    assert desk.model.state.question is not None
    assert desk.model.state.notice == "Not answered. New orders are halted. Nothing was sent."


def test_an_answer_that_tells_of_no_order_never_says_that_none_was_placed(desk: Desk) -> None:
    """It was answered on the page of orders meanwhile."""
    desk.send(given.ASKED)
    desk.model.answer(agreed=False)
    desk.port.tell(Sent(failure="The broker waits for no answer here."))
    assert not any(one.kind == "not_sent" for one in desk.model.state.outcomes)
    assert desk.model.state.notice == "Not answered. The broker waits for no answer here."


def test_a_file_that_failed_while_sending_proves_nothing(desk: Desk) -> None:
    """The first of a basket may be at its broker by then."""
    desk.read()
    desk.model.tick_read(True)
    assert desk.model.send()
    desk.port.tell(StorageError("The order journal cannot be written."))
    (told,) = desk.model.state.outcomes
    assert (told.kind, told.title) == ("unknown", "Outcome unknown.")
    assert "Nothing was placed" not in told.text


def test_an_answer_that_could_not_go_leaves_the_question(desk: Desk) -> None:
    desk.send(given.ASKED)
    desk.model.answer(agreed=False)
    desk.port.tell(BrokerUnavailableError("IBKR is not answering.", ""))
    assert desk.model.state.phase is Phase.ASKED
    assert desk.model.state.notice.startswith("Not answered.")


# baskets


def test_a_basket_stops_at_the_first_that_is_not_accepted(desk: Desk) -> None:
    desk.port.rows["i1"] = given.row(order=given.order())
    desk.send(
        given.sent(),
        given.sent(S.REJECTED, id="i2", words="No shares"),
        review=given.basket(4),
    )
    kinds = [one.kind for one in desk.model.state.outcomes]
    assert kinds == ["good", "bad", "not_sent", "not_sent"]
    assert "order before it was not accepted" in desk.model.state.outcomes[3].text
    assert not desk.model.state.settled


def test_a_basket_sells_only_when_all_do(desk: Desk) -> None:
    desk.read(given.basket(3))
    assert desk.model.state.sells
    sale = given.reviewed(draft=given.draft(side=OrderSide.SELL), findings=())
    desk.model.back()
    desk.read(given.review(sale, given.reviewed(findings=())))
    assert not desk.model.state.sells


# words of others


@pytest.mark.parametrize("hostile", HOSTILE)
def test_words_of_others_are_tamed(desk: Desk, hostile: str) -> None:
    desk.read(
        given.review(
            given.reviewed(
                broker_title=hostile, account_name=hostile,
                preview=replace(
                    given.reviewed().preview, warnings=(hostile,)  # type: ignore[type-var]
                ),
            )
        )
    )  # fmt: skip
    (card,) = desk.model.state.orders
    words = [note.title + note.text for note in card.warnings] + [card.quote_source]
    words += [card.broker, desk.model.state.mode, *[group.by for group in card.groups]]
    assert not any(mark in one for one in words for mark in "\n\x00\u202e\u200f")
