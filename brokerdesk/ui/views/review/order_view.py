"""One order of the review, from its sentence to the fields that go out."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.review_state import Note, OrderCard
from brokerdesk.ui.views.review.parts import Block, FieldsView, GroupView, NoteView, veiled_pieces
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.sentence import Sentence
from brokerdesk.ui.widgets.tags import Tag


class OrderView(QWidget):
    """An order as it would go out."""

    def __init__(self, card: OrderCard, *, first: bool) -> None:
        super().__init__()
        self.card = card
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = Block(14, 12, lined=not first)
        if card.place:
            line = QHBoxLayout()
            line.setSpacing(px(8))
            line.addWidget(PlainLabel(card.place, "small", "text3", figures=True))
            line.addWidget(Tag(card.environment.upper(), card.environment))
            line.addStretch(1)
            head.column.addLayout(line)
            head.column.addSpacing(px(6))
        self.sentence = Sentence("lead")
        head.column.addWidget(self.sentence)
        head.column.addSpacing(px(6))
        self.quote = Paragraph("", "small", "text2")
        head.column.addWidget(self.quote)
        column.addWidget(head)
        self.groups = [GroupView(group) for group in card.groups]
        for group in self.groups:
            column.addWidget(group)
        self.notes: list[NoteView] = []
        for title, notes, blocks in (
            ("Why this cannot be sent", card.blocking, True),
            ("Before you send", card.warnings, False),
        ):
            if notes:
                column.addWidget(self._listed(title, notes, blocks=blocks))
        self.fields = FieldsView(card.broker, card.route, card.fields)
        column.addWidget(self.fields)
        privacy().changed.connect(self._say)
        self._say()

    def _listed(self, title: str, notes: tuple[Note, ...], *, blocks: bool) -> Block:
        block = Block(10, 12)
        block.column.addWidget(PlainLabel(title, "strong"))
        for note in notes:
            view = NoteView(note, blocks=blocks)
            self.notes.append(view)
            block.column.addWidget(view)
        return block

    def show_age(self, now: datetime) -> None:
        """Say how old the quote is by now."""
        card = self.card
        if card.quote_at is None:
            words = card.quote_source
        else:
            age = fmt.age(card.quote_at, now)
            when = age  # of another day: with its date
            if age.endswith("ago"):
                when = f"{fmt.time_of_day(card.quote_at)}, {age}"
            words = f"{card.quote} · {card.quote_source} · {when}"
        if words != self.quote.text():
            self.quote.set_words("Quote", words) if card.quote_at else self.quote.setText(words)

    def _say(self) -> None:
        self.sentence.show_pieces(veiled_pieces(self.card.sentence))
