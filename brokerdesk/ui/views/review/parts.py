"""What an order's review consists of: figures under their source, notes, and every field sent."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.order_sentence import Piece, Pieces
from brokerdesk.ui.viewmodels.review_state import FieldLine, FigureGroup, FigureLine, Note
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.buttons import PictureButton, button
from brokerdesk.ui.widgets.figures import SecretLabel
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.picture import Picture
from brokerdesk.ui.widgets.tags import Tag

SIDE = 16
LINE = 26
ROOM, LONGEST = 46, 20
"""So many letters of name and figure stand in one line; a figure is never cut."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_TOP = Qt.AlignmentFlag.AlignTop
_FIGURES = re.compile(r"[$€£¥]?\d[\d.,\u00a0\u202f’']*")


def veiled(text: str) -> str:
    """Words without their figures while amounts are hidden."""
    return _FIGURES.sub(DOTS, text) if privacy().on else text


def veiled_pieces(pieces: Pieces) -> Pieces:
    """A sentence without its figures while amounts are hidden. The last strong part is the account:
    it stays.
    """
    if not privacy().on:
        return pieces
    strong = [place for place, piece in enumerate(pieces) if piece.strong]
    account = strong[-1] if strong else -1
    return tuple(
        piece if place == account else Piece(veiled(piece.text), piece.strong)
        for place, piece in enumerate(pieces)
    )


class Block(QWidget):
    """A column with the sheet's side margins and a line above."""

    def __init__(self, above: int = 8, below: int = 8, *, lined: bool = True) -> None:
        super().__init__()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        if lined:
            outer.addWidget(Hairline())
        self.column = QVBoxLayout()
        self.column.setContentsMargins(px(SIDE), px(above), px(SIDE), px(below))
        self.column.setSpacing(0)
        outer.addLayout(self.column)


class Wording(Paragraph):
    """A paragraph whose figures hide with the amounts."""

    def __init__(
        self,
        text: str,
        style: str = "small",
        tone: str = "text2",
        *,
        lead: str = "",
        lead_tone: str = "",
    ) -> None:
        self._whole = (lead, text)
        super().__init__(veiled(text), style, tone, lead=veiled(lead), lead_tone=lead_tone)
        privacy().changed.connect(self._veil)

    def say(self, lead: str, text: str) -> None:
        """Say something else."""
        self._whole = (lead, text)
        self._veil()

    def _veil(self) -> None:
        lead, text = self._whole
        self.set_words(veiled(lead), veiled(text))


class GroupView(Block):
    """Figures of one source under its tag: solid for the broker's own, dashed for ours."""

    def __init__(self, group: FigureGroup) -> None:
        super().__init__(10, 8)
        self.group = group
        self.setAccessibleName(f"{group.title} {group.by}".strip())
        head = QHBoxLayout()
        head.setSpacing(px(8))
        self.tag = Tag(group.title, "estimate" if group.ours else "accent")
        head.addWidget(self.tag)
        by = Paragraph(tame(group.by).replace(" ET", "\N{NO-BREAK SPACE}ET"), "small", "text3")
        head.addWidget(by, 1, Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(PlainLabel(group.currency, "small", "text3"), 0, _TOP)
        self.column.addLayout(head)
        self.column.addSpacing(px(4))
        for line in group.lines:
            self._add(line)
        if group.note:
            self.column.addSpacing(px(2))
            self.column.addWidget(Wording(group.note, "small", "text3"))

    def _add(self, line: FigureLine) -> None:
        if line.strong and self.group.lines[0] is not line:
            self.column.addSpacing(px(3))
            self.column.addWidget(Hairline("line2"))
        long = len(line.label) + len(line.value) > ROOM or len(line.value) > LONGEST
        row = QVBoxLayout() if long else QHBoxLayout()
        row.setSpacing(0 if long else px(12))
        weight = 600 if line.strong else None
        tone = "text" if line.strong else "text2"
        name = Paragraph(line.label, "body", tone, weight=weight)
        name.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        value = SecretLabel(line.value, weight=weight)
        value.show_value(line.value, secret=line.secret)
        value.setAlignment(_RIGHT)
        middle = Qt.AlignmentFlag(0) if long else Qt.AlignmentFlag.AlignVCenter
        row.addWidget(name, 1, middle)
        row.addWidget(value, 0, middle)
        holder = QWidget()
        holder.setMinimumHeight(px(LINE))
        holder.setLayout(row)
        row.setContentsMargins(0, px(3), 0, px(3))
        self.column.addWidget(holder)


class NoteView(QWidget):
    """A warning, or what forbids sending."""

    def __init__(self, note: Note, *, blocks: bool) -> None:
        super().__init__()
        self.note = note
        tone = "loss" if blocks else "warn"
        row = QHBoxLayout(self)
        row.setContentsMargins(0, px(8), 0, 0)
        row.setSpacing(px(8))
        row.addWidget(Picture("error" if blocks else "warning", tone, height=16), 0, _TOP)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(Wording("", "small", tone, lead=note.title, lead_tone=tone))
        if note.text:
            words.addWidget(Wording(note.text, "small", "text2"))
        row.addLayout(words, 1)
        self._kind = "Blocks sending" if blocks else "Warning"
        privacy().changed.connect(self._name)
        self._name()

    def _name(self) -> None:
        words = f"{self._kind}: {self.note.title} {self.note.text}".strip()
        self.setAccessibleName(veiled(words))


class FieldsView(Block):
    """Every field that goes to the broker, behind a button that says how many."""

    def __init__(self, broker: str, words: str, fields: tuple[FieldLine, ...]) -> None:
        super().__init__(6, 8)
        self.fields = fields
        self._broker, self._words = broker, words
        self.toggle: PictureButton = button(  # type: ignore[assignment]
            words, self._turn, kind="link", picture="chevron-right",
            name=f"Every field that goes to {broker}: {words}",
        )  # fmt: skip
        line = QHBoxLayout()
        line.addWidget(self.toggle)
        line.addStretch(1)
        self.column.addLayout(line)
        self.inner = QFrame()
        self.inner.setProperty("role", "note")
        self.inner.setAccessibleName(f"Fields that go to {broker}")
        grid = QGridLayout(self.inner)
        grid.setContentsMargins(px(10), px(8), px(10), px(8))
        grid.setHorizontalSpacing(px(10))
        grid.setVerticalSpacing(px(1))
        grid.setColumnStretch(0, 4)
        grid.setColumnStretch(1, 5)
        for place, field in enumerate(fields):
            name = Paragraph(tame(field.name), "small", "text3")
            value = Wording(tame(field.value), "small", "text")
            grid.addWidget(name, 2 * place, 0, _TOP)
            grid.addWidget(value, 2 * place, 1, _TOP)
            said = Wording(tame(field.words), "caption", "text2")
            grid.addWidget(said, 2 * place + 1, 1, _TOP)
            grid.setRowMinimumHeight(2 * place + 1, px(20))
        grid.setColumnMinimumWidth(0, px(104))
        self.column.addSpacing(px(4))
        self.column.addWidget(self.inner)
        self.inner.hide()

    @property
    def is_open(self) -> bool:
        return not self.inner.isHidden()

    def _turn(self) -> None:
        shown = not self.is_open
        self.inner.setVisible(shown)
        self.toggle.set_picture("chevron-down" if shown else "chevron-right")
        state = "shown" if shown else "hidden"
        self.toggle.setAccessibleDescription(state)
