"""The style of a mirrored window: each text keeps its own order of words.

In a right-to-left window Qt lays every text out from the right, so that an English “Cancel order…”
would end at its left side. Each line is isolated by its own first letter. Made only when the
window is mirrored; nothing else pays for it.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QProxyStyle

_FIRST_STRONG, _POP = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


class MirroredStyle(QProxyStyle):
    """Fusion, with isolated texts on labels, buttons and boxes to tick."""

    def __init__(self) -> None:
        super().__init__("Fusion")

    def drawItemText(  # noqa: N802 - as Qt calls it
        self, painter: QPainter, rect: QRect, flags: Any, pal: Any, enabled: bool,
        text: str, role: QPalette.ColorRole = QPalette.ColorRole.NoRole,
    ) -> None:  # fmt: skip
        super().drawItemText(painter, rect, flags, pal, enabled, own_order(text), role)


def own_order(text: str) -> str:
    """The text, each line of it in its own order of words wherever it is drawn."""
    return "\n".join(f"{_FIRST_STRONG}{line}{_POP}" if line else "" for line in text.split("\n"))
