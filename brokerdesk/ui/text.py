"""The gate for text that others wrote: broker names, symbols, error words, account names.

Qt guesses whether a string is HTML. Every label and tool tip of the program is made here, so that
the guess is never taken: a symbol called ``<b>`` is shown as ``<b>``.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QStyle, QWidget

from brokerdesk.ui.plain import no_mnemonic, tame, tooltip
from brokerdesk.ui.theme import theme

__all__ = ["PlainLabel", "no_mnemonic", "plain_label", "tame", "tooltip"]


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
        self._wanted = self.alignment()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._style, self._tone, self._weight, self._figures = style, tone, weight, figures
        self.setWordWrap(wrap)
        self._dress()
        theme().changed.connect(self._dress)
        self.setText(text)
        self.setAlignment(self._wanted)

    def set_tone(self, tone: str) -> None:
        """Change the colour token."""
        if tone != self._tone:
            self._tone = tone
            self._dress()

    def set_style(self, style: str, *, weight: int | None = None) -> None:
        """Change the step of the type scale."""
        if (style, weight) != (self._style, self._weight):
            self._style, self._weight = style, weight
            self._dress()

    def setAlignment(self, alignment: Qt.AlignmentFlag) -> None:  # noqa: N802
        """Left is where reading begins: in a mirrored window, words stand at the right.

        Qt goes by the direction of the words themselves, and most of ours are read from the left.
        What stands right are figures, which end beneath each other either way.
        """
        self._wanted = alignment
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        if mirrored and alignment & Qt.AlignmentFlag.AlignLeft:
            alignment = QStyle.visualAlignment(self.layoutDirection(), alignment)
            alignment |= Qt.AlignmentFlag.AlignAbsolute
        super().setAlignment(alignment)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        super().changeEvent(event)
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self.setAlignment(self._wanted)

    def _dress(self) -> None:
        if not self.wordWrap():
            self.setMinimumHeight(theme().line(self._style))
        self.setFont(theme().font(self._style, weight=self._weight, figures=self._figures))
        palette = self.palette()
        palette.setColor(self.foregroundRole(), theme().colour(self._tone))
        self.setPalette(palette)


def plain_label(
    text: str = "", style: str = "body", tone: str = "text", **more: bool
) -> PlainLabel:
    """A plain-text label; ``wrap`` and ``figures`` may be given."""
    return PlainLabel(
        text, style, tone, wrap=more.get("wrap", False), figures=more.get("figures", False)
    )
