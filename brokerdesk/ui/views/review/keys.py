"""Buttons that name their key, and that Enter alone never presses."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.buttons import restyle

HEIGHT = 36
SIDE, GAP = 10, 8
_INKS = {"primary": "onAccent", "sell": "onSell", "": "text"}


class KeyButton(QPushButton):
    """``words`` and the key beside them. Space presses it where it has the focus; Enter does not:
    a held Enter must never go through a sheet.
    """

    def __init__(self, words: str, key: str, *, kind: str = "", grows: bool = False) -> None:
        super().__init__()
        self._words, self._key = words, key
        self.setProperty("kind", kind)
        self.setProperty("sz", "large")
        self.setAutoDefault(False)
        self.setAutoRepeat(False)
        self.setFixedHeight(px(HEIGHT))
        across = QSizePolicy.Policy.Expanding if grows else QSizePolicy.Policy.Maximum
        self.setSizePolicy(across, QSizePolicy.Policy.Fixed)
        self.show_words(words)

    def show_words(self, words: str, kind: str | None = None, why: str = "") -> None:
        """Say something else; ``why`` it cannot be pressed."""
        self._words = words
        self.setAccessibleName(words)
        self.setAccessibleDescription(why)
        self.setToolTip(tooltip(why))
        if kind is not None and kind != self.property("kind"):
            restyle(self, kind=kind)
        self.updateGeometry()
        self.update()

    def text(self) -> str:
        return self._words

    def sizeHint(self) -> QSize:  # noqa: N802
        width = self._width(self._words, self._strong())
        return QSize(int(width + px(GAP) + self._key_width() + 2 * px(SIDE) + 1), px(HEIGHT))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        width = self._width(self._words, self._strong())
        return QSize(int(width + 2 * px(SIDE) + 1), px(HEIGHT))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Select):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _strong(self) -> QFont:
        plain = not self.property("kind")
        font = QFont(theme().font("body", weight=500 if plain or not self.isEnabled() else 600))
        if not plain:
            font.setPixelSize(px(14))
        return font

    def _width(self, words: str, font: QFont) -> float:
        return QFontMetricsF(font).horizontalAdvance(words)

    def _key_width(self) -> float:
        return self._width(self._key, theme().font("caption", weight=500)) + px(9)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        ink = "text3" if not self.isEnabled() else _INKS[str(self.property("kind"))]
        strong, small = self._strong(), theme().font("caption", weight=500)
        words, key = self._width(self._words, strong), self._key_width()
        whole = words + px(GAP) + key
        fits = whole <= self.width() - px(8)
        left = (self.width() - (whole if fits else words)) / 2
        mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        with QPainter(self) as painter:
            self.style().drawControl(QStyle.ControlElement.CE_PushButton, option, painter, self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(theme().colour(ink))
            painter.setFont(strong)
            flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine)
            at = left + (px(GAP) + key if mirrored and fits else 0)
            painter.drawText(QRectF(at, 0, words, self.height()), flags, self._words)
            if not fits:
                return
            at = left if mirrored else left + words + px(GAP)
            box = QRectF(at, (self.height() - px(18)) / 2, key, px(18))
            painter.setPen(QPen(theme().colour("line2" if ink in ("text", "text3") else ink), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4))
            painter.setPen(theme().colour("text3" if ink == "text" else ink))
            painter.setFont(small)
            painter.drawText(box, flags, self._key)
