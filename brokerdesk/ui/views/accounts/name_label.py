"""A name in one line whose account ending is never cut."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import theme


class NameLabel(QWidget):
    """An account's title in the page style; in full in its tool tip."""

    def __init__(self, style: str = "symbol") -> None:
        super().__init__()
        self._style, self._text = style, ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._on_theme)

    def text(self) -> str:
        return self._text

    def show_name(self, text: str) -> None:
        """Show this name, already tame."""
        self._text = text
        self.setAccessibleName(text)
        self.setToolTip(tooltip(text))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = QFontMetricsF(theme().font(self._style))
        return QSize(int(metrics.horizontalAdvance(self._text)) + 2, theme().line(self._style))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(60, theme().line(self._style))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        font = theme().font(self._style)
        metrics = QFontMetricsF(font)
        text = shortened(self._text, self.width(), metrics.horizontalAdvance)
        base = round((self.height() + metrics.ascent() - metrics.descent()) / 2)
        left = 0.0
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            left = max(0.0, self.width() - metrics.horizontalAdvance(text))
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            painter.setFont(font)
            painter.setPen(theme().colour("text"))
            painter.drawText(QPointF(left, base), text)

    def _on_theme(self) -> None:
        self.update()
