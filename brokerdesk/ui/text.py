"""The gate for text that others wrote: broker names, symbols, error words, account names.

Qt guesses whether a string is HTML. Every label and tool tip of the program is made here, so that
the guess is never taken: a symbol called ``<b>`` is shown as ``<b>``.
"""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from brokerdesk.ui.theme import theme

_MAX = 2000
# Marks that could turn the rest of a line around when a name carries them unclosed.
_BIDI = dict.fromkeys([0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x200E, 0x200F, 0x061C])
_CONTROLS = {code: " " for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)}


def tame(text: str) -> str:
    """Text of others as one harmless line: no control marks, no direction overrides, no novels."""
    return text[:_MAX].translate({**_CONTROLS, **_BIDI}).strip()


def tooltip(text: str) -> str:
    """A tool tip that shows exactly ``text`` (and wraps when it is long)."""
    return f"<qt>{html.escape(text)}</qt>" if text else ""


def no_mnemonic(text: str) -> str:
    """``text`` for a button, check box, tab or menu, where ``&`` would underline a letter."""
    return text.replace("&", "&&")


class PlainLabel(QLabel):
    """A label that shows its text and nothing else, in one text style and one colour token."""

    def __init__(
        self,
        text: str = "",
        style: str = "body",
        tone: str = "text",
        *,
        weight: int | None = None,
        figures: bool = False,
        wrap: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._style, self._tone, self._weight, self._figures = style, tone, weight, figures
        self.setWordWrap(wrap)
        if not wrap:
            self.setMinimumHeight(theme().tokens.text[style].line)
        self._dress()
        theme().changed.connect(self._dress)
        self.setText(text)

    def set_tone(self, tone: str) -> None:
        """Change the colour token."""
        if tone != self._tone:
            self._tone = tone
            self._dress()

    def _dress(self) -> None:
        self.setFont(theme().font(self._style, weight=self._weight, figures=self._figures))
        palette = self.palette()
        palette.setColor(self.foregroundRole(), theme().colour(self._tone))
        self.setPalette(palette)


def plain_label(text: str = "", style: str = "body", tone: str = "text", **more: bool) -> PlainLabel:
    """A plain-text label; ``wrap`` and ``figures`` may be given."""
    return PlainLabel(
        text, style, tone, wrap=more.get("wrap", False), figures=more.get("figures", False)
    )
