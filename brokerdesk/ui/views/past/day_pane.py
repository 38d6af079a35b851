"""What is known of the day that is shown: each account with its own time, proof, and splits."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.past_day import DayLine, DayWords
from brokerdesk.ui.widgets.basics import Hairline, Paragraph, paint_mark
from brokerdesk.ui.widgets.elided import ElidedLabel
from brokerdesk.ui.widgets.picture import Picture

_WIDTH, _MOST = 320, 420


class DayPane(QWidget):
    """Data on this date."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(px(_WIDTH))
        self._shown: DayWords | None = None
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QScrollArea.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Data on this date")
        self._area.viewport().setAutoFillBackground(False)  # the popover's own ground shows
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._area)

    def show_words(self, words: DayWords) -> None:
        """Show another day."""
        if words == self._shown:
            return
        self._shown = words
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(px(16), px(14), px(16), px(14))
        column.setSpacing(px(8))
        column.addWidget(PlainLabel("Data on this date", "strong"))
        for line in words.lines:
            column.addWidget(_Line(line))
        if words.note:
            column.addWidget(Paragraph(tame(words.note), "small", "text2"))
        if words.splits:
            column.addWidget(Hairline())
            column.addWidget(PlainLabel("Splits since", "strong"))
            for one in words.splits:
                made = Paragraph("", "small", "text2")
                made.set_words(tame(one.title), tame(one.text))
                column.addWidget(made)
        column.addWidget(Hairline())
        column.addLayout(_proof(words.proof))
        column.addStretch(1)
        self._area.setWidget(inside)
        inside.setAutoFillBackground(False)
        height = column.totalHeightForWidth(px(_WIDTH))
        self.setFixedHeight(min(max(height, px(60)), px(_MOST)))


def _proof(words: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(px(8))
    row.addWidget(Picture("lock", "text3"), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(Paragraph(tame(words), "small", "text2"), 1)
    return row


class _Line(QWidget):
    """One account."""

    def __init__(self, line: DayLine) -> None:
        super().__init__()
        self.setAccessibleName(tame(line.spoken))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(8))
        row.addWidget(_Sign(line))
        row.addWidget(ElidedLabel(line.title), 1)
        row.addWidget(PlainLabel(line.when, "small", line.tone, figures=True))


class _Sign(QWidget):
    """The mark before an account: its shape says own, carried or damaged. The line speaks it."""

    def __init__(self, line: DayLine) -> None:
        super().__init__()
        self._line = line
        self.setFixedSize(px(9), px(18))
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        side = self.width()
        with QPainter(self) as painter:
            box = QRectF(0, (self.height() - side) / 2, side, side)
            paint_mark(painter, self._line.mark, box, self._line.token)
