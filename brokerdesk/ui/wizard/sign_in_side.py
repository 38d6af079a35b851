"""Beside and below the wait for the browser: what a sign-in allows, for how long, how far it is.

Every fact about a broker comes from its card; nothing here names one.
"""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.wizard_state import BrokerCard, Has, Paste, WizardState
from brokerdesk.ui.widgets.basics import Paragraph
from brokerdesk.ui.widgets.icons import paint_icon
from brokerdesk.ui.wizard.parts import IconMark, card

WIDTH = 270
AGAIN = "Sign in again"
NEVER = "BrokerDesk cannot move money out"
_MARKS = {Has.YES: ("tick", "gain"), Has.PART: ("half", "warn"), Has.NO: ("cross", "text3")}


class SidePane(QWidget):
    """What the sign-in allows, and for how long."""

    def __init__(self, broker: BrokerCard) -> None:
        super().__init__()
        self.setFixedWidth(px(WIDTH))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(12))
        allows, inner = card()
        inner.addWidget(PlainLabel("What this sign-in allows", "body", weight=600))
        inner.addSpacing(px(2))
        for name, has, words in broker.facts:
            if has is not Has.WORDS:
                inner.addLayout(_fact(*_MARKS[has], _allowed(name, has, words), has))
        inner.addLayout(_fact("cross", "text3", NEVER, Has.NO))
        column.addWidget(allows)
        again = next((words for name, _, words in broker.facts if name == AGAIN), "")
        if again:
            lasts, inner = card()
            inner.addWidget(PlainLabel("How long it lasts", "body", weight=600))
            text = (
                f"{tame(broker.title)} asks for a new sign-in: {tame(again)[:1].lower()}"
                f"{tame(again)[1:]}. BrokerDesk reminds you before, and keeps your data if it "
                "lapses."
            )
            inner.addWidget(Paragraph(text, "body", "text2"))
            column.addWidget(lasts)
        column.addStretch(1)


def _allowed(name: str, has: Has, words: str) -> str:
    if has is Has.YES:
        return f"{name}: read" if words == "Yes" else f"{name}: {words}"
    return f"{name}: {words[:1].lower()}{words[1:]}" if words else name


def _fact(picture: str, token: str, words: str, has: Has) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(px(8))
    line.addWidget(IconMark(picture, token), 0, Qt.AlignmentFlag.AlignTop)
    tone = "text2" if has is Has.NO else "text"
    line.addWidget(Paragraph(tame(words), "body", tone), 1)
    return line


class Way(Enum):
    """How far a step of the sign-in is."""

    DONE = "done"
    NOW = "under way"
    LATER = "to come"


class WayMark(QWidget):
    """A ring, a clock or a tick."""

    def __init__(self) -> None:
        super().__init__()
        self._way = Way.LATER
        self.setFixedSize(px(16), px(18))
        theme().changed.connect(self._on_theme)

    def show_way(self, way: Way) -> None:
        self._way = way
        self.setAccessibleName(way.value)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        size = px(16)
        box = QRectF(0, (self.height() - size) / 2, size, size)
        with QPainter(self) as painter:
            if self._way is Way.LATER:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(theme().colour("line2"), 1.5))
                painter.drawEllipse(box.adjusted(1.5, 1.5, -1.5, -1.5))
            elif self._way is Way.NOW:
                paint_icon(painter, "clock", box, "accent")
            else:
                paint_icon(painter, "done", box, "gain")

    def _on_theme(self) -> None:
        self.update()


class SignInWay(QWidget):
    """The four steps of a sign-in in the browser."""

    def __init__(self, broker: str) -> None:
        super().__init__()
        name = tame(broker) or "the broker"
        steps = (
            ("Page opened", "in your own browser"),
            (f"You sign in at {name}", "BrokerDesk never sees your password"),
            ("A one-time code comes back", "to this computer only"),
            ("The connection is tested", "only then the key is kept"),
        )
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(px(20))
        grid.setVerticalSpacing(px(12))
        self._marks: list[WayMark] = []
        self._heads: list[PlainLabel] = []
        for place, (head, text) in enumerate(steps):
            line = QHBoxLayout()
            line.setSpacing(px(10))
            mark, words = WayMark(), PlainLabel(head, "body", weight=500)
            words.setMinimumWidth(px(60))
            told = QVBoxLayout()
            told.setSpacing(0)
            told.addWidget(words)
            told.addWidget(Paragraph(text, "small", "text3"))
            line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
            line.addLayout(told, 1)
            grid.addLayout(line, place % 2, place // 2)
            self._marks.append(mark)
            self._heads.append(words)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)

    def show_state(self, state: WizardState) -> None:
        """Mark how far it is."""
        back = state.paste is Paste.ACCEPTED
        opened = state.browser_opened is not False
        ways = (
            Way.DONE if opened else Way.NOW,
            Way.DONE if back else Way.NOW if opened else Way.LATER,
            Way.DONE if back else Way.LATER,
            Way.NOW if back else Way.LATER,
        )
        for mark, head, way in zip(self._marks, self._heads, ways, strict=True):
            mark.show_way(way)
            head.set_tone("text3" if way is Way.LATER else "text")
            head.setAccessibleName(f"{head.text()}, {way.value}")
