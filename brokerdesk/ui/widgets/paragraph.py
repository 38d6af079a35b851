"""Wrapped plain text with the design's line pitch, which QLabel cannot give.

A lead (a first sentence in bold) may stand before the text, in one flow. It never reads markup.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.theme import px, theme

_ENDING = re.compile("…(?=\\w)")
"""The ending of an account, …4821, stays in one line."""
WIDEST = 560
NARROWEST = 80


class Paragraph(QWidget):
    """Text that wraps; ``\\n`` begins a new line."""

    def __init__(
        self,
        text: str = "",
        style: str = "body",
        tone: str = "text2",
        *,
        width: int = 0,
        lead: str = "",
        lead_tone: str = "",
        centred: bool = False,
        weight: int | None = None,
    ) -> None:
        super().__init__()
        self._text, self._style, self._tone = text, style, tone
        self._lead, self._lead_tone, self._centred = lead, lead_tone, centred
        self._weight = weight
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if width:
            self.setMaximumWidth(width)
        self._name()
        theme().changed.connect(self._refresh)

    def text(self) -> str:
        """The text with its lead."""
        return " ".join(part for part in (self._lead, self._text) if part)

    def setText(self, text: str) -> None:  # noqa: N802 - as QLabel calls it
        """Show other words."""
        self.set_words("", text)

    def set_words(self, lead: str, text: str) -> None:
        """Show another lead and text."""
        if (lead, text) != (self._lead, self._text):
            self._lead, self._text = lead, text
            self._name()
            self._refresh()

    def set_tone(self, tone: str, lead_tone: str = "") -> None:
        """Change the colour tokens."""
        self._tone, self._lead_tone = tone, lead_tone
        self.update()

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        return self._lay_out(width)[1]

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = QFontMetricsF(self._font())
        wide = min(px(WIDEST), int(metrics.horizontalAdvance(self.text())) + 2)
        if self.maximumWidth() < wide:
            wide = self.maximumWidth()
        return QSize(wide, self._lay_out(wide)[1])

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        least = px(NARROWEST)
        if not self.isVisible():
            return QSize(least, theme().line(self._style))
        return QSize(least, self._lay_out(max(self.width(), least))[1])

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setPen(theme().colour(self._tone))
            for layout in self._lay_out(self.width())[0]:
                layout.draw(painter, QPointF(0, 0))

    def _font(self) -> QFont:
        return theme().font(self._style, weight=600 if self._lead else self._weight)

    def _name(self) -> None:
        self.setAccessibleName(self.text())

    def _refresh(self) -> None:
        self.updateGeometry()
        self.update()

    def _formats(self) -> list[QTextLayout.FormatRange]:
        if not self._lead:
            return []
        bold = QTextCharFormat()
        bold.setFont(theme().font(self._style, weight=600))
        if self._lead_tone:
            bold.setForeground(theme().colour(self._lead_tone))
        part = QTextLayout.FormatRange()
        part.start, part.length, part.format = (
            0,
            len(_whole(self._lead).encode("utf-16-le")) // 2,
            bold,
        )
        return [part]

    def _lay_out(self, width: int) -> tuple[list[QTextLayout], int]:
        layouts = []
        y = 0.0
        pitch = theme().line(self._style)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft and not self._centred:
            option.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignAbsolute)
        room = max(20, width)
        for number, words in enumerate(_whole(self.text()).split("\n")):
            layout = QTextLayout(words, theme().font(self._style, weight=self._weight))
            layout.setTextOption(option)
            if number == 0 and (formats := self._formats()):
                layout.setFormats(formats)
            layout.beginLayout()
            line = layout.createLine()
            if not line.isValid():
                y += pitch
            while line.isValid():
                line.setLineWidth(room)
                lift = (pitch - line.ascent() - line.descent()) / 2
                left = (room - line.naturalTextWidth()) / 2 if self._centred else 0
                line.setPosition(QPointF(left, y + lift))
                y += pitch
                line = layout.createLine()
            layout.endLayout()
            layouts.append(layout)
        return layouts, int(y)


def _whole(text: str) -> str:
    return _ENDING.sub("…\N{WORD JOINER}", text)
