"""The whole-sheet page of a profile that cannot be opened: what happened and the ways on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.picture import Picture

TEXT_WIDTH = 460
Choice = tuple[str, Callable[[], object]]


class CentredPage(QWidget):
    """A picture, a bold line, sentences and the ways on; the first is the primary one."""

    def __init__(
        self,
        picture: str,
        token: str,
        title: str,
        sentences: Sequence[str],
        choices: Sequence[Choice],
    ) -> None:
        super().__init__()
        self.setAccessibleName(tame(title))
        column = QVBoxLayout(self)
        column.setContentsMargins(px(24), px(24), px(24), px(24))
        column.addStretch(2)
        inner = QVBoxLayout()
        inner.setSpacing(px(8))
        centre = Qt.AlignmentFlag.AlignHCenter
        inner.addWidget(Picture(picture, token, size=32), 0, centre)
        inner.addSpacing(px(4))
        inner.addWidget(PlainLabel(tame(title), "pane"), 0, centre)
        lines = [tame(line) for sentence in sentences for line in sentence.split("\n")]
        for line in filter(None, lines):
            words = Paragraph(line, "body", "text2", centred=True)
            words.setFixedWidth(px(TEXT_WIDTH))
            words.setMinimumHeight(words.heightForWidth(px(TEXT_WIDTH)))
            inner.addWidget(words, 0, centre)
        inner.addSpacing(px(8))
        row = QHBoxLayout()
        row.setSpacing(px(8))
        row.addStretch(1)
        self.buttons = [
            button(words, do, kind="" if place else "primary")
            for place, (words, do) in enumerate(choices)
        ]
        for made in self.buttons:
            row.addWidget(made)
        row.addStretch(1)
        inner.addLayout(row)
        column.addLayout(inner)
        column.addStretch(3)


def trouble_page(error: BrokerDeskError, choices: Sequence[Choice]) -> CentredPage:
    """The profile cannot be used as it is: what happened, what still holds, what to do."""
    sentences = [part for part in (error.message, error.hint) if part]
    return CentredPage("error", "loss", error.title, sentences, choices)
