"""The review of an order or a basket, from asking for it to what became of it.

It is the only way to Send: after one second, with every warning read, within the review's time, and
once. It decides nothing about money; what it shows was made by the services. It must not know a
widget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from PySide6.QtCore import QObject, Signal

from brokerdesk.domain.draft import Draft
from brokerdesk.domain.events import Event, OrderMoved, TradingChanged
from brokerdesk.domain.intent import OPEN, IntentState
from brokerdesk.errors import BrokerDeskError, InputError
from brokerdesk.services.trading_facts import LedgerRow, Review, Sent
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels import review_outcome as words
from brokerdesk.ui.viewmodels.review_ports import ReviewPort
from brokerdesk.ui.viewmodels.review_rows import card, read_words, sells, send_words, where_words
from brokerdesk.ui.viewmodels.review_state import Outcome, Phase, ReviewState

ARMING = timedelta(seconds=1)
"""Between seeing a review and being able to send it."""
PATIENCE = timedelta(seconds=45)
"""Longer than one attempt may take: then it is said that there is still no answer."""
HIDDEN = "Amounts are hidden. Show them to read what you send."


class ReviewViewModel(QObject):
    """State and intents of the review sheet.

    Signals:
        changed: ``state`` is another one.
        opened: a review is being made; the ticket locks.
        closed: back to the ticket with everything kept: "back", or "done" when the orders are at
            their brokers.
        refused: the field of the ticket that keeps a review from being made.
        sent: what became of the orders, once.
        showing: the key of an order to be shown in Orders.
        visiting: the address of the broker's page of orders.
    """

    changed = Signal()
    opened = Signal()
    closed = Signal(str)
    refused = Signal(str)
    sent = Signal(tuple)
    showing = Signal(str)
    visiting = Signal(str)

    def __init__(
        self, port: ReviewPort, clock: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._port, self._clock = port, clock
        self._asked_for: tuple[tuple[Draft, ...], str] = ((), "")
        self._turn = 0
        self._review: Review | None = None
        self._shown_at: datetime | None = None
        self._sent: tuple[Sent, ...] = ()
        self._rows: dict[str, LedgerRow] = {}
        self._failed: tuple[Outcome, ...] = ()
        self.state = ReviewState()
        privacy().changed.connect(self._on_privacy)

    @property
    def is_open(self) -> bool:
        """Whether the sheet is seen and the ticket locked."""
        return self.state.phase is not Phase.CLOSED

    @property
    def warnings(self) -> frozenset[str]:
        """The codes of everything that the user ticks."""
        return frozenset(note.code for order in self.state.orders for note in order.warnings)

    def now(self) -> datetime:
        """The time by the program's clock."""
        return self._clock()

    # making

    def open(self, drafts: tuple[Draft, ...], replaces: str = "") -> None:
        """Ask for a review of these orders. Not while one is being sent."""
        if self.state.phase in (Phase.SENDING, Phase.ASKED) or not drafts:
            return
        self._drop()
        self._asked_for = (drafts, replaces)
        many = len(drafts) > 1
        self.state = ReviewState(
            phase=Phase.MAKING,
            title=f"Review {len(drafts)} orders" if many else "Review order",
            environment=drafts[0].environment.value,
            send=send_words(drafts[0].environment.value, len(drafts), replaces=bool(replaces)),
        )
        turn = self._turn
        self.opened.emit()
        self.changed.emit()
        self._port.review(
            drafts,
            replaces,
            lambda review: self._on_review(turn, review),
            lambda error: self._on_refused(turn, error),
        )

    def again(self) -> None:
        """Make the review anew, with a fresh quote: the old one is void."""
        if self.state.phase in (Phase.VOID, Phase.REFUSED, Phase.READY):
            self.open(*self._asked_for)

    def _drop(self) -> None:
        """No answer of an earlier review counts any more, and it can no longer be sent."""
        self._turn += 1
        review, self._review = self._review, None
        if review is not None and self.state.phase in (Phase.READY, Phase.VOID):
            self._port.void(review.id)
        self._sent, self._rows, self._failed = (), {}, ()

    def _on_review(self, turn: int, review: Review) -> None:
        if turn != self._turn:
            self._port.void(review.id)  # nobody reads it
            return
        self._review = review
        self._shown_at = self._clock()
        cards = tuple(
            card(order, place, len(review.orders), review)
            for place, order in enumerate(review.orders, 1)
        )
        warnings = sum(len(one.warnings) for one in cards)
        self._set(
            phase=Phase.READY,
            environment=review.environment.value,
            mode=where_words(review),
            orders=cards,
            warnings=warnings,
            read=False,
            read_words=read_words(warnings) if warnings else "",
            send=send_words(
                review.environment.value, len(cards), replaces=bool(self._asked_for[1])
            ),
            sells=all(sells(order.draft) for order in review.orders),
        )

    def _on_refused(self, turn: int, error: BaseException) -> None:
        if turn != self._turn:
            return
        if isinstance(error, BrokerDeskError):
            problem, advice = tame(error.title), tame(f"{error.message} {error.hint}".strip())
        else:
            problem = "BrokerDesk itself failed while it made the review."
            advice = "Nothing was sent. A report is offered."
        self._set(phase=Phase.REFUSED, problem=problem, advice=advice)
        if isinstance(error, InputError):
            self.refused.emit(error.field)

    # reading

    def tick_read(self, on: bool) -> None:
        """The user says that the warnings are read."""
        if self.state.phase is Phase.READY:
            self._set(read=on)

    def tick(self) -> None:
        """Time went on: arm Send, count down, void."""
        if self.state.phase in (Phase.READY, Phase.SENDING, Phase.SENT):
            self._set()

    def _on_privacy(self) -> None:
        if self.is_open:
            self._set()

    # sending

    def send(self) -> bool:
        """Send what was read. False: not now, and nothing was."""
        self.tick()  # the time may be over since it was last looked at
        review = self._review
        if self.state.phase is not Phase.READY or not self.state.can_send or review is None:
            return False
        turn, self._shown_at = self._turn, self._clock()
        self._set(phase=Phase.SENDING)
        self._port.send(
            review.id,
            self.warnings,
            lambda sent: self._on_sent(turn, sent),
            lambda error: self._on_failed(turn, error),
        )
        return True

    def _on_sent(self, turn: int, sent: tuple[Sent, ...]) -> None:
        if turn != self._turn or self._review is None:
            return
        self._sent = sent
        asks = any(one.asked is not None for one in sent)
        self._set(phase=Phase.ASKED if asks else Phase.SENT)
        self._follow_all()
        if not asks:
            self.sent.emit(sent)

    def _on_failed(self, turn: int, error: BaseException) -> None:
        if turn == self._turn:
            self._failed = words.failed(error)
            self._set(phase=Phase.SENT)
            self.sent.emit(())

    def answer(self, *, agreed: bool) -> None:
        """The user's answer to the broker's questions, given once."""
        question = self.state.question
        if self.state.phase is not Phase.ASKED or question is None:
            return
        turn, self._shown_at = self._turn, self._clock()
        self._set(phase=Phase.SENDING)
        self._port.answer(
            question.intent,
            agreed,
            lambda sent: self._on_answered(turn, question.intent, sent),
            lambda error: self._on_not_answered(turn, error),
        )

    def _on_answered(self, turn: int, intent: str, sent: Sent) -> None:
        if turn == self._turn:
            self._on_sent(turn, words.answered(self._sent, intent, sent))
            if self.state.phase is Phase.ASKED and sent.failure:
                self._set(notice=f"Not answered. {tame(sent.failure)}")

    def _on_not_answered(self, turn: int, error: BaseException) -> None:
        """The question stands as it did; why the answer did not go is said beside it."""
        if turn != self._turn:
            return
        if isinstance(error, BrokerDeskError):
            self._set(phase=Phase.ASKED, notice=f"Not answered. {tame(error.sentences())}")
        else:
            self._on_failed(turn, error)

    # afterwards

    def on_event(self, event: Event) -> None:
        """An order moved: what the sheet says about it follows."""
        if self.state.phase not in (Phase.SENT, Phase.ASKED):
            return
        ours = {one.intent.id for one in self._sent if one.intent is not None}
        if isinstance(event, OrderMoved) and event.intent in ours:
            self._follow(event.intent)
        elif isinstance(event, OrderMoved) and not event.intent and event.order:
            known = [key for key, row in self._rows.items() if words.tells_of(row, event.order)]
            for key in known:
                self._follow(key)
        elif isinstance(event, TradingChanged):
            for intent in self._unknown():
                self._follow(intent)

    def _follow_all(self) -> None:
        for one in self._sent:
            if one.intent is not None and one.intent.state not in (
                IntentState.REJECTED,
                IntentState.NOT_SENT,
            ):
                self._follow(one.intent.id)

    def _follow(self, intent: str) -> None:
        turn = self._turn
        self._port.follow(intent, lambda row: self._on_row(turn, intent, row))

    def _on_row(self, turn: int, intent: str, row: LedgerRow | None) -> None:
        if turn == self._turn and row is not None:
            self._rows[intent] = row
            self._set()

    def _unknown(self) -> tuple[str, ...]:
        return tuple(one.key for one in self.state.outcomes if one.kind == "unknown" and one.key)

    def row(self, intent: str) -> LedgerRow | None:
        """What the journal and the broker say of one order of this review."""
        return self._rows.get(intent)

    def act(self, action: str) -> None:
        """What a button of an outcome does, apart from asking ``checked``."""
        verb, _, intent = action.partition(":")
        if verb in (words.EDIT, words.BACK):
            self.back()
        elif verb == words.SHOW:
            self.showing.emit(intent)
        elif verb == words.SITE:
            row = self._rows.get(intent)
            if row is not None and row.orders_url:
                self.visiting.emit(row.orders_url)
        elif verb == words.CHECK:
            self._set(notice="Checking now…")
            self._port.check_now(intent, lambda: self._looked(intent), self._on_not_done)

    def confirm_absent(self, intent: str) -> None:
        """The user looked at the broker and says that the order is not there."""
        self._port.confirm_absent(intent, lambda: self._looked(intent), self._on_not_done)

    def choose(self, intent: str, order: str) -> None:
        """The user says which of the broker's orders it is."""
        self._port.choose(intent, order, lambda: self._looked(intent), self._on_not_done)

    def set_aside(self, intent: str, orders: tuple[str, ...]) -> None:
        """The user says that none of these is it."""
        self._port.set_aside(intent, orders, lambda: self._looked(intent), self._on_not_done)

    def _looked(self, intent: str) -> None:
        self._set(notice="")
        self._follow(intent)

    def _on_not_done(self, error: BaseException) -> None:
        told = error.sentences() if isinstance(error, BrokerDeskError) else "That failed."
        self._set(notice=tame(told))

    # leaving

    def back(self) -> None:
        """Return to the ticket, which keeps everything. While something is sent: not."""
        if self.state.phase in (Phase.CLOSED, Phase.SENDING, Phase.ASKED):
            return
        how = "done" if self.state.settled else "back"
        self._drop()
        self.state = ReviewState()
        self.changed.emit()
        self.closed.emit(how)

    # state

    def _set(self, **values: object) -> None:
        values.setdefault("notice", self.state.notice)
        state = replace(self.state, **values)  # type: ignore[arg-type]
        now = self._clock()
        if state.phase is Phase.READY:
            state = self._ready(state, now)
        elif state.phase in (Phase.SENDING, Phase.ASKED, Phase.SENT):
            state = self._after(state, now)
        if state != self.state:
            self.state = state
            self.changed.emit()

    def _ready(self, state: ReviewState, now: datetime) -> ReviewState:
        review = self._review
        assert review is not None
        if self._shown_at is None or now < self._shown_at:
            self._shown_at = now  # a clock that was set back arms anew
        if now >= review.until:
            return replace(
                state, phase=Phase.VOID, can_send=False, left="", read=False,
                why_not="This review is void after a minute. Review it again.",
            )  # fmt: skip
        left = fmt.duration(review.until - now)
        why, armed = "", now - self._shown_at >= ARMING
        if any(order.blocking for order in state.orders):
            why = "This cannot be sent as it is. What to change stands above."
        elif privacy().on:
            why = HIDDEN
        elif state.warnings and not state.read:
            why = f"Tick that you have read the {fmt.count(state.warnings, 'warning')}."
        return replace(
            state, can_send=armed and not why, why_not=why, left=f"This review holds for {left}."
        )

    def _after(self, state: ReviewState, now: datetime) -> ReviewState:
        review = self._review
        assert review is not None
        if state.phase is Phase.SENDING:
            waits = self._shown_at is not None and now - self._shown_at > PATIENCE
            left = "There is still no answer. Nothing is sent twice." if waits else ""
            return replace(state, can_send=False, why_not="", left=left, question=None)
        if self._failed:
            return replace(state, outcomes=self._failed, can_send=False, left="", question=None)
        sent: list[Sent | None] = list(self._sent)
        sent += [None] * (len(review.orders) - len(sent))
        outcomes = tuple(
            words.outcome(order, one, self._row_of(one), now)
            for order, one in zip(review.orders, sent, strict=False)
        )
        question = None
        if state.phase is Phase.ASKED:
            pairs = zip(review.orders, self._sent, strict=False)
            asked = (words.question(order, one) for order, one in pairs)
            question = next(filter(None, asked), None)
        settled = bool(outcomes) and all(one.kind == "good" for one in outcomes)
        return replace(
            state, outcomes=outcomes, question=question, settled=settled, can_send=False, left=""
        )

    def _row_of(self, sent: Sent | None) -> LedgerRow | None:
        if sent is None or sent.intent is None:
            return None
        row = self._rows.get(sent.intent.id)
        if row is not None and row.intent is not None and row.intent.state in OPEN:
            older = sent.intent.state not in OPEN
            return replace(row, intent=sent.intent) if older else row
        return row
