"""What became of the orders, and what the broker asks: in the sheet itself, not in a toast."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.review_state import Outcome, Question
from brokerdesk.ui.views.review.parts import Block, Wording, veiled
from brokerdesk.ui.widgets.announce import alert
from brokerdesk.ui.widgets.buttons import button
from brokerdesk.ui.widgets.flow import FlowLayout
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.picture import Picture
from brokerdesk.ui.widgets.showing import set_shown

ONLY_YOU = "Only you answer this. Without a yes, the order does not go on."
HIDDEN = "Amounts are hidden. Show them (Ctrl+Shift+H) before you say yes."

# kind: frame, picture, token
_LOOKS = {
    "good": ("banner-info", "done", "gain"),
    "bad": ("banner-error", "error", "loss"),
    "not_sent": ("banner-info", "info", "accent"),
    "unknown": ("banner-warn", "unknown", "warn"),
    "waiting": ("banner-info", "clock", "accent"),
}


class OutcomeView(QWidget):
    """One order's outcome.

    Signals:
        acted: the id of a button.
    """

    acted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.outcome: Outcome | None = None
        self.buttons: list[QPushButton] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, px(12))
        column.setSpacing(px(8))
        self._about = Wording("", "body", "text")
        column.addWidget(self._about)
        self._frame = QFrame()
        self._frame.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(px(11), px(9), px(11), px(9))
        row.setSpacing(px(8))
        self._picture = Picture("info", "accent", height=18)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(px(2))
        self._title = Wording("", "small", "text")
        self._text = Wording("", "small", "text")
        words.addWidget(self._title)
        words.addWidget(self._text)
        row.addLayout(words, 1)
        column.addWidget(self._frame)
        self._row = FlowLayout(px(8))
        column.addLayout(self._row)
        privacy().changed.connect(self._name)

    def show_outcome(self, outcome: Outcome) -> None:
        """Show it; the same buttons stay, so that none is pulled from under a finger."""
        before, self.outcome = self.outcome, outcome
        if before == outcome:
            return
        frame, picture, token = _LOOKS[outcome.kind]
        self._frame.setProperty("role", frame)
        self._frame.style().unpolish(self._frame)
        self._frame.style().polish(self._frame)
        self._picture.show_picture(picture, token)
        self._about.say(outcome.about, "")
        set_shown(self._about, bool(outcome.about))
        self._title.say(outcome.title, "")
        self._title.set_tone(token, token)
        self._text.say("", outcome.text)
        self._name()
        if before is None or before.actions != outcome.actions:
            self._set_buttons(outcome)
        if before is None or (before.kind, before.title) != (outcome.kind, outcome.title):
            alert(self, self.accessibleName())

    def _name(self) -> None:
        one = self.outcome
        spoken = f"{one.about}: {one.title} {one.text}".strip(": ") if one is not None else ""
        self.setAccessibleName(veiled(spoken))

    def _set_buttons(self, outcome: Outcome) -> None:
        for old in self.buttons:
            self._row.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.buttons = [
            button(action.label, partial(self.acted.emit, action.id), small=True)
            for action in outcome.actions
        ]
        for each in self.buttons:
            self._row.addWidget(each)


class QuestionView(Block):
    """What the broker asks, word for word. No has the focus, and is what Esc says.

    Signals:
        answered: True for yes.
    """

    answered = Signal(bool)

    def __init__(self) -> None:
        super().__init__(12, 12, lined=False)
        self.question: Question | None = None
        self._title = PlainLabel("", "strong", wrap=True)
        self._about = Wording("", "small", "text2")
        self._said = QVBoxLayout()
        self._said.setSpacing(px(8))
        self._note = Paragraph(ONLY_YOU, "small", "text3")
        self.no = button("No", lambda: self.answered.emit(False), kind="primary")
        self.yes = button("Yes, go on", lambda: self.answered.emit(True))
        row = QHBoxLayout()
        row.setSpacing(px(8))
        row.addStretch(1)
        row.addWidget(self.yes)
        row.addWidget(self.no)
        for part in (self._title, self._about):
            self.column.addWidget(part)
        self.column.addSpacing(px(8))
        self.column.addLayout(self._said)
        self.column.addSpacing(px(10))
        self.column.addWidget(self._note)
        self.column.addSpacing(px(8))
        self.column.addLayout(row)
        privacy().changed.connect(self._on_privacy)

    def _on_privacy(self) -> None:
        """Nobody says yes to figures that are not seen."""
        hidden = privacy().on
        self.yes.setEnabled(not hidden)
        self._note.setText(HIDDEN if hidden else ONLY_YOU)
        if self.question is not None:
            spoken = veiled(" ".join(self.question.questions))
            self.setAccessibleName(f"{self._title.text()}: {spoken}")

    def ask(self, question: Question) -> None:
        """Ask this; No gets the focus."""
        if question == self.question:
            return
        self.question = question
        self._title.setText(f"{question.broker} asks before it takes this order")
        self._about.say("", question.about)
        while (item := self._said.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for words in question.questions:
            frame = QFrame()
            frame.setProperty("role", "banner-warn")
            inner = QVBoxLayout(frame)
            inner.setContentsMargins(px(11), px(8), px(11), px(8))
            inner.addWidget(Wording(f"“{words}”", "body", "text"))
            self._said.addWidget(frame)
        self._on_privacy()
        alert(self, self.accessibleName())
        self.no.setFocus(Qt.FocusReason.OtherFocusReason)
