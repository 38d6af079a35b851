"""Where every fixed length of the charts passes, so that the text scale reaches it."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontMetricsF

from brokerdesk.ui.theme import theme


def px(length: float) -> float:
    """A length of the design at the present text scale. Not rounded: lines may be 1.8 wide."""
    return length * theme().scale


def width_of(font: QFont, text: str) -> float:
    """How wide ``text`` is drawn."""
    return QFontMetricsF(font).horizontalAdvance(text)
