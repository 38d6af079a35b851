"""A one-line label that shortens its text to the room it gets, instead of asking for more room."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.plain import tame, tooltip
from brokerdesk.ui.text import PlainLabel


class ElidedLabel(PlainLabel):
    """The whole text is its tool tip and what is read out; the ending of an account is kept."""

    def __init__(
        self, text: str = "", style: str = "body", tone: str = "text", *, weight: int | None = None
    ) -> None:
        self._whole, self._shown = "", ("", QFont())
        super().__init__("", style, tone, weight=weight)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.show_text(text)

    @property
    def whole(self) -> str:
        """The text as it was given."""
        return self._whole

    def show_text(self, text: str) -> None:
        """Show another text; the same one again asks nobody for room."""
        told = (tame(text), self.font())
        if told == self._shown:
            return
        self._shown, self._whole = told, told[0]
        self.setAccessibleName(self._whole)
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:  # noqa: N802
        wide = int(QFontMetricsF(self.font()).horizontalAdvance(self._whole) + 2)
        return QSize(wide, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics = QFontMetricsF(self.font())
        shown = shortened(self._whole, max(0, self.width() - 1), metrics.horizontalAdvance)
        self.setText(shown)
        self.setToolTip(tooltip(self._whole if shown != self._whole else ""))
