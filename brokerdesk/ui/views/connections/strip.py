"""Failures of the last 30 days as a strip: a bar a day, its height the failed attempts."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme

HEIGHT = 36
GAP = 3
CEILING = 8
"""So many failures of one day fill the height; a day with one is still seen."""


class FailureStrip(QWidget):
    """Days without a failure are short and grey, others tall and red: the height says it too."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: tuple[int, ...] = ()
        self._tips: tuple[str, ...] = ()
        self.setFixedHeight(px(HEIGHT))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._on_theme)

    def show_days(self, counts: tuple[int, ...], tips: tuple[str, ...], words: str) -> None:
        """A count a day, today last; ``words`` say it all at once."""
        self._counts, self._tips = counts, tips
        self.setAccessibleName(words)
        bad = [tip for tip, number in zip(tips, counts, strict=True) if number]
        self.setAccessibleDescription("; ".join(bad))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look = theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for place, number in enumerate(self._counts):
                painter.setBrush(look.colour("loss" if number else "line2"))
                painter.drawRoundedRect(self._bar(place, number), 1, 1)

    def _bar(self, place: int, number: int) -> QRectF:
        step = (self.width() + px(GAP)) / max(1, len(self._counts))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            place = len(self._counts) - 1 - place
        least = px(3)
        share = min(1.0, number / CEILING)
        tall = least if not number else max(px(10), round(self.height() * share))
        return QRectF(place * step, self.height() - tall, max(1.0, step - px(GAP)), tall)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self._counts:
            step = (self.width() + px(GAP)) / len(self._counts)
            place = int(event.pos().x() / step)
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                place = len(self._counts) - 1 - place
            if 0 <= place < len(self._tips):
                QToolTip.showText(event.globalPos(), tooltip(self._tips[place]), self)
                return True
        return super().event(event)

    def _on_theme(self) -> None:
        self.update()
