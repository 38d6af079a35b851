"""Whole-sheet pages: nothing connected yet, and a profile that cannot be opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.text import PlainLabel, tame
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.basics import button
from brokerdesk.ui.widgets.icons import paint_icon

TEXT_WIDTH = 460
Choice = tuple[str, Callable[[], object]]


class _BigIcon(QWidget):
    def __init__(self, name: str, token: str) -> None:
        super().__init__()
        self._name, self._token = name, token
        self.setFixedSize(32, 32)
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        paint_icon(QPainter(self), self._name, QRectF(0, 0, 32, 32), self._token)


class CentredPage(QWidget):
    """An icon, a bold line, sentences and at most three ways on; the first is the primary one."""

    def __init__(
        self, picture: str, token: str, title: str, sentences: Sequence[str],
        choices: Sequence[Choice],
    ) -> None:  # fmt: skip
        super().__init__()
        self.setProperty("role", "sheet")
        self.setAccessibleName(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.addStretch(2)
        inner = QVBoxLayout()
        inner.setSpacing(8)
        centre = Qt.AlignmentFlag.AlignHCenter
        inner.addWidget(_BigIcon(picture, token), 0, centre)
        inner.addSpacing(4)
        heading = PlainLabel(tame(title), "pane", wrap=False)
        inner.addWidget(heading, 0, centre)
        for sentence in sentences:
            for line in sentence.split("\n"):
                label = PlainLabel(tame(line), "body", "text2", wrap=len(line) > 60)
                label.setAlignment(centre)
                label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                if len(line) > 60:
                    label.setFixedWidth(TEXT_WIDTH)
                    label.setMinimumHeight(label.heightForWidth(TEXT_WIDTH))
                inner.addWidget(label, 0, centre)
        inner.addSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.buttons = []
        for place, (words, do) in enumerate(choices):
            made = button(words, do, kind="" if place else "primary")
            self.buttons.append(made)
            row.addWidget(made)
        row.addStretch(1)
        inner.addLayout(row)
        column.addLayout(inner)
        column.addStretch(3)


def empty_page(connect: Callable[[], object], practice: Callable[[], object] | None) -> CentredPage:
    """No accounts yet. ``practice`` None: this already is the practice profile."""
    choices: list[Choice] = [("Connect a broker", connect)]
    if practice is not None:
        choices.append(("Try practice data", practice))
    return CentredPage(
        "link",
        "text3",
        "No accounts yet.",
        ("Connect a broker to see balances and positions here.",
         "Your figures stay on this computer."),
        choices,
    )  # fmt: skip


def trouble_page(error: BrokerDeskError, choices: Sequence[Choice]) -> CentredPage:
    """The profile cannot be used as it is: what happened, what still holds, what to do."""
    sentences = [part for part in (error.message, error.hint) if part]
    return CentredPage("error", "loss", error.title, sentences, choices)
