"""Two accounts side by side, why they look like one, and a button for each answer.

Nothing is decided here: the answer comes as a signal. Esc leaves everything as it is.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.same_account import SourceQuestion
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.sheet import Sheet

WIDTH = 640
_FIGURES = frozenset({"Number", "Value", "Cash", "Holdings", "As of"})


class SourceSheet(Sheet):
    """The question.

    Signals:
        answered: the key of the account to count; "" when they are two accounts.
    """

    answered = Signal(str)

    def __init__(self, question: SourceQuestion) -> None:
        super().__init__(question.title, width=WIDTH)
        self.question = question
        self._lead = Paragraph(question.lead, "body", "text2")
        self.body.addWidget(self._lead)
        self.body.addSpacing(px(4))
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(4))
        for column, stretch in ((0, 0), (1, 1), (2, 1)):
            self._grid.setColumnStretch(column, stretch)
        self.body.addLayout(self._grid)
        self._cells: list[QWidget] = []
        if question.reasons:
            self.body.addSpacing(px(4))
            self.body.addWidget(PlainLabel("Why they look like one", "strong"))
            self.body.addWidget(Paragraph("\n".join(question.reasons), "body", "text2"))
        self.answers: tuple[QPushButton, ...] = tuple(
            button(
                one.label,
                partial(self._answer, one.key),
                kind="primary" if place == 0 and question.chosen is None else "",
                name=f"{one.label}. {one.text}",
            )
            for place, one in enumerate(question.choices)
        )
        for one, made in zip(question.choices, self.answers, strict=True):
            made.setEnabled(one.key != question.chosen)
        last = len(question.facts) + 1
        self._grid.setRowMinimumHeight(last, px(4))
        for column, made in enumerate(self.answers[:2], 1):  # each below what it counts
            self._grid.addWidget(made, last + 1, column, Qt.AlignmentFlag.AlignLeft)
        self.foot.addWidget(self.answers[2])
        self.later = button(
            "Decide later" if question.chosen is None else "Close", self.close_sheet
        )
        self.later.setProperty("kind", "ghost")
        self.foot.addWidget(self.later)
        self.show_question(question)

    def show_question(self, question: SourceQuestion) -> None:
        """The same question with other figures, such as hidden ones."""
        for old in self._cells:
            old.hide()
            old.deleteLater()
        self._cells = []
        for column, (key, title) in enumerate(zip(question.keys, question.heads, strict=True), 1):
            counted = question.chosen == key
            text = f"{title} · counted" if counted else title
            self._put(Paragraph(text, "strong", "text"), 0, column)
        for row, (word, *values) in enumerate(question.facts, 1):
            self._put(PlainLabel(word, "small", "text3"), row, 0)
            for column, value in enumerate(values, 1):
                cell = PlainLabel(value, "body", "text", figures=word in _FIGURES, wrap=True)
                cell.setAccessibleName(f"{word}, {question.heads[column - 1]}: {value}")
                self._put(cell, row, column)

    def _put(self, cell: QWidget, row: int, column: int) -> None:
        self._cells.append(cell)
        self._grid.addWidget(cell, row, column, Qt.AlignmentFlag.AlignTop)

    def _answer(self, key: str) -> None:
        self.answered.emit(key)
        self.close_sheet()
