"""The review sheet, left of the ticket: everything that is read before an order goes, and Send.

Its first focus is the box (or Back), never Send. Ctrl+Enter sends once; Enter alone and a held key
never do. What became of the orders stands here, too, until the user goes back.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels import review_outcome as words
from brokerdesk.ui.viewmodels.review import ReviewViewModel
from brokerdesk.ui.viewmodels.review_state import OrderCard, Phase, ReviewState
from brokerdesk.ui.views.review.checked_sheet import CheckedSheet
from brokerdesk.ui.views.review.keys import KeyButton
from brokerdesk.ui.views.review.order_view import OrderView
from brokerdesk.ui.views.review.outcomes import OutcomeView, QuestionView
from brokerdesk.ui.views.review.parts import Block
from brokerdesk.ui.views.review.sheet_words import VOID, spoken, title
from brokerdesk.ui.widgets.announce import alert, announce
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.loading import LoadingRows
from brokerdesk.ui.widgets.mode_band import OrderBand, spoken_mode
from brokerdesk.ui.widgets.pane_head import PaneHead
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.showing import set_shown

WIDTH, LEAST, HIGH = 350, 300, 600
TICK_MS = 200
JOURNAL = "Written to the journal on this computer first. Sent once, never resent."
_SCROLLS = {
    Qt.Key.Key_Down: 40,
    Qt.Key.Key_Up: -40,
    Qt.Key.Key_PageDown: 320,
    Qt.Key.Key_PageUp: -320,
    Qt.Key.Key_Home: -100_000,
    Qt.Key.Key_End: 100_000,
}
_AFTER = (Phase.SENDING, Phase.ASKED, Phase.SENT)


class ReviewSheet(QFrame):
    """The sheet. Hidden until the view-model opens; whoever holds it puts it beside the ticket."""

    def __init__(self, model: ReviewViewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self.setProperty("role", "sheet")
        self.setMinimumWidth(px(LEAST))
        self.setMaximumWidth(px(WIDTH))
        self._cards: tuple[OrderCard, ...] = ()
        self._phase = Phase.CLOSED
        self.orders: list[OrderView] = []
        self.outcomes: list[OutcomeView] = []
        self._build_ui()
        self._connect()
        self.hide()
        self._show()

    # building

    def _build_ui(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(Hairline("line2", vertical=True))
        column = QVBoxLayout()
        column.setSpacing(0)
        row.addLayout(column, 1)
        self.head = PaneHead("Review order")
        self.cross = icon_button(
            "cross", "Back to the ticket", "Back to the ticket", self._leave, "Esc"
        )
        self.head.add(self.cross)
        column.addWidget(self.head)
        self.band = OrderBand("practice")
        column.addWidget(self.band)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setProperty("role", "page")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._build_body()
        self._scroll.setWidget(inner)
        column.addWidget(self._scroll, 1)
        self._build_read(column)
        self._build_foot(column)

    def _build_body(self) -> None:
        self._problem = Block(14, 14, lined=False)
        self._problem_words = Paragraph("", "body", "text")
        self._problem.column.addWidget(self._problem_words)
        self.again = button("Review again", self.model.again)
        line = QHBoxLayout()
        line.addWidget(self.again)
        line.addStretch(1)
        self._problem.column.addSpacing(px(10))
        self._problem.column.addLayout(line)
        self._loading = Block(14, 14, lined=False)
        self._loading.column.addWidget(
            Paragraph("Asking for a fresh price and the broker’s own preview…", "body", "text2")
        )
        self._loading.column.addSpacing(px(10))
        self._loading.column.addWidget(LoadingRows(5))
        self.question = QuestionView()
        self._results = Block(14, 4, lined=False)
        self._notice = Paragraph("", "small", "text2")
        self._results.column.addWidget(self._notice)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self._orders = QVBoxLayout()
        self._orders.setSpacing(0)
        self._list.addLayout(self._orders)
        for part in (self._problem, self._loading, self.question, self._results):
            self._column.addWidget(part)
        self._column.addLayout(self._list)
        self._column.addStretch(1)

    def _build_read(self, column: QVBoxLayout) -> None:
        """The box stands below the scrolled part: it is seen however long the warnings are."""
        self._read = Block(8, 8)
        self.box = QCheckBox()
        self.box.toggled.connect(self._on_tick)
        self._read.column.addWidget(self.box)
        column.addWidget(self._read)

    def _build_foot(self, column: QVBoxLayout) -> None:
        foot = Block(12, 14)
        self.why = Paragraph("", "small", "text2")
        foot.column.addWidget(self.why)
        self._show_amounts = button("Show amounts", lambda: privacy().set(False), small=True)
        foot.column.addWidget(self._show_amounts)
        self._gap = QWidget()
        self._gap.setFixedHeight(px(8))
        foot.column.addWidget(self._gap)
        self.back = KeyButton("Back", "Esc")
        self.back.clicked.connect(self._leave)
        self.send = KeyButton("Send", "Ctrl+Enter", kind="primary", grows=True)
        self.send.clicked.connect(self._send)
        row = QHBoxLayout()
        row.setSpacing(px(8))
        row.addWidget(self.back)
        row.addWidget(self.send, 1)
        row.addStretch()
        foot.column.addLayout(row)
        foot.column.addSpacing(px(8))
        self.left = PlainLabel("", "small", "text3", figures=True)
        foot.column.addWidget(self.left)
        self._journal = Paragraph(JOURNAL, "small", "text3")
        foot.column.addWidget(self._journal)
        column.addWidget(foot)

    def _connect(self) -> None:
        self.model.changed.connect(self._show)
        self.question.answered.connect(self._answer)
        self._scroll.verticalScrollBar().valueChanged.connect(self._say_why)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._say_why)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.model.tick)
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(self._send)
        for each in (self.box, self.back, self.send, self.cross):
            each.installEventFilter(self)

    # state

    def _show(self) -> None:
        state, before = self.model.state, self._phase
        self._phase = state.phase
        anew = state.phase is not before
        if state.phase is Phase.CLOSED:
            self._timer.stop()
            self._forget()
            set_shown(self, False)
            return
        self._timer.start()
        self.head.set_title(title(state))
        self.band.show_mode(state.environment or "practice", state.mode)
        self._show_body(state)
        self._show_foot(state)
        set_shown(self, True)
        if anew:
            self._on_phase(state)

    def _on_phase(self, state: ReviewState) -> None:
        """Another part of the way begins: where the focus goes, and what is read out."""
        if state.phase is Phase.READY:
            self._scroll.verticalScrollBar().setValue(0)
            alert(self, f"{spoken_mode(state.environment, 'order review')}. {spoken(state)}")
        elif state.phase is Phase.SENDING:
            announce(self, "Sending")
        elif state.phase is Phase.SENT:
            self._scroll.verticalScrollBar().setValue(0)
        self.take_focus()

    def take_focus(self) -> None:
        """The box, or Back where there is none; never Send."""
        state = self.model.state
        if state.phase is Phase.ASKED:
            self.question.no.setFocus(Qt.FocusReason.OtherFocusReason)
        elif state.phase is Phase.READY and state.warnings and self.box.isEnabled():
            self.box.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.back.isEnabled():
            self.back.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget(self) -> None:
        self._cards = ()
        for view in (*self.orders, *self.outcomes):
            view.hide()
            view.deleteLater()
        self.orders, self.outcomes = [], []
        self.box.blockSignals(True)
        self.box.setChecked(False)
        self.box.blockSignals(False)

    def _show_body(self, state: ReviewState) -> None:
        phase = state.phase
        set_shown(self._loading, phase is Phase.MAKING)
        if phase is Phase.MAKING:
            self._forget()
        void = phase is Phase.VOID
        set_shown(self._problem, phase is Phase.REFUSED or void)
        if phase is Phase.REFUSED:
            self._problem_words.set_words(state.problem, state.advice)
        elif void:
            self._problem_words.set_words("This review is void.", VOID)
        set_shown(self.question, phase is Phase.ASKED and state.question is not None)
        if state.question is not None:
            self.question.ask(state.question)
        if state.orders != self._cards:
            self._show_orders(state.orders)
        now = self.model.now()
        for view in self.orders:
            set_shown(view, phase is Phase.READY or phase is Phase.SENDING)
            view.show_age(now)
        shows = phase is Phase.SENT or (phase is Phase.ASKED and len(state.outcomes) > 1)
        set_shown(self._results, shows)
        set_shown(self._notice, bool(state.notice))
        self._notice.setText(state.notice)
        self._show_outcomes(state)

    def _show_orders(self, cards: tuple[OrderCard, ...]) -> None:
        self._forget()
        self._cards = cards
        for card in cards:
            view = OrderView(card, first=card is cards[0])
            self.orders.append(view)
            self._orders.addWidget(view)
            for part in view.findChildren(QWidget):
                if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
                    part.installEventFilter(self)

    def _show_outcomes(self, state: ReviewState) -> None:
        while len(self.outcomes) < len(state.outcomes):
            view = OutcomeView()
            view.acted.connect(self._act)
            self.outcomes.append(view)
            self._results.column.addWidget(view)
        for view, outcome in zip(self.outcomes, state.outcomes, strict=False):
            view.show_outcome(outcome)

    def _show_foot(self, state: ReviewState) -> None:
        phase, after = state.phase, state.phase in _AFTER
        ready = phase is Phase.READY
        blocked = any(one.blocking for one in state.orders)
        set_shown(self._read, ready and state.warnings > 0 and not blocked)
        self.box.setText(state.read_words)
        self.box.setAccessibleName(state.read_words)
        self.box.setEnabled(ready and not blocked)
        if self.box.isChecked() != state.read:
            self.box.blockSignals(True)  # what is known is shown, not ticked anew
            self.box.setChecked(state.read)
            self.box.blockSignals(False)
        why = state.why_not if ready else state.left if phase is Phase.SENDING else ""
        set_shown(self.why, bool(why))
        self._say_why()
        hidden = ready and privacy().on
        set_shown(self._show_amounts, hidden)
        set_shown(self._gap, bool(why) or hidden)
        kind = "sell" if state.sells else "primary"
        sending = phase in (Phase.SENDING, Phase.ASKED)
        self.send.show_words("Sending…" if sending else state.send or "Send", kind, why)
        self.send.setEnabled(state.can_send)
        set_shown(self.send, phase not in (Phase.SENT, Phase.REFUSED))
        leaving = not sending
        self.back.setEnabled(leaving)
        self.cross.setEnabled(leaving)
        self.back.show_words("Done" if state.settled else "Back to ticket" if after else "Back")
        self.left.setText(state.left if ready else "")
        set_shown(self.left, ready)
        set_shown(self._journal, (not after or sending) and self.height() >= px(HIGH))

    def _say_why(self) -> None:
        """Why Send is off; what has to be read may stand below what is seen."""
        state = self.model.state
        why = state.why_not if state.phase is Phase.READY else state.left
        if state.phase is Phase.READY and why and not state.read and self._more_below():
            why = f"{why} Scroll down: not all of it is seen."
        self.why.setText(why)

    def _more_below(self) -> bool:
        notes = [note for view in self.orders for note in view.notes if note.isVisible()]
        port = self._scroll.viewport()
        return any(note.mapTo(port, note.rect().bottomLeft()).y() > port.height() for note in notes)

    # intents

    def _on_tick(self, on: bool) -> None:
        """What was not seen has not been read: until its end is seen, a tick turns the page."""
        if not on or self.model.state.read or not self._more_below():
            self.model.tick_read(on)
            return
        self.box.blockSignals(True)
        self.box.setChecked(False)
        self.box.blockSignals(False)
        bar = self._scroll.verticalScrollBar()
        bar.setValue(bar.value() + bar.pageStep() * 4 // 5)

    def _send(self) -> None:
        self.model.send()

    def _leave(self) -> None:
        if self.model.state.phase is Phase.ASKED:
            self._answer(False)
        else:
            self.model.back()

    def _answer(self, agreed: bool) -> None:
        self.model.answer(agreed=agreed)

    def _act(self, action: str) -> None:
        verb, _, intent = action.partition(":")
        if verb == words.CHECKED:
            self._ask_checked(intent)
        else:
            self.model.act(action)

    def _ask_checked(self, intent: str) -> None:
        """What the user saw at the broker: which order it is, or that it is not there."""
        row = self.model.row(intent)
        found = words.choices(row) if row is not None else ()
        absent = row is not None and row.search is not None and row.search.can_be_absent
        refusable = row.search.refusable if row is not None and row.search is not None else ()
        sheet = CheckedSheet(found, can_be_absent=absent, can_refuse=bool(refusable))
        sheet.chosen.connect(partial(self.model.choose, intent))
        sheet.absent.connect(partial(self.model.confirm_absent, intent))
        sheet.refused.connect(partial(self.model.set_aside, intent, refusable))
        sheet.open_over(self)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() == Qt.Key.Key_Escape and not event.isAutoRepeat():
            self._leave()
        elif event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape):
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """The sheet is read with the keys from wherever the focus is; Enter presses nothing."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        step = _SCROLLS.get(Qt.Key(event.key()))
        if step is not None:
            bar = self._scroll.verticalScrollBar()
            bar.setValue(bar.value() + px(step))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return watched in (self.box, self.back, self.send)
        return False

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(WIDTH), super().sizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        self.take_focus()
