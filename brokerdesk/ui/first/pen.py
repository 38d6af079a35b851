"""What the first picture is drawn with: words, figures, boxes and pictures at given places.

A painter with the theme's colours and fonts; it says alignment by Qt's numbers.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen

from brokerdesk.ui.models.names import shortened
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.table_sizes import GAP, GLYPH, LIFT

LEFT, RIGHT, CENTRE = 0x1, 0x2, 0x4
_MIDDLE, _SINGLE = 0x80, 0x100
MNEMONIC = 0x800


_measured: dict[int, tuple[QFont, QFontMetricsF, dict[str, float]]] = {}
"""Fonts by identity, each held with what was measured in it: shaping is most of what a picture
costs, and every text is asked for more than once.
"""


def _ruler(font: QFont) -> tuple[QFont, QFontMetricsF, dict[str, float]]:
    found = _measured.get(id(font))
    if found is None:
        found = _measured[id(font)] = (font, QFontMetricsF(font), {})
    return found


def wide(font: QFont, text: str) -> float:
    """The width of a text."""
    _, metrics, known = _ruler(font)
    width = known.get(text)
    if width is None:
        width = known[text] = metrics.horizontalAdvance(text)
    return width


def metrics_of(font: QFont) -> QFontMetricsF:
    return _ruler(font)[1]


def forget() -> None:
    """Let go of everything that was measured; the picture is not seen any more."""
    _measured.clear()
    _made.clear()


_made: dict[tuple[int, int], QFont] = {}


def _in_size(font: QFont, pixels: int) -> QFont:
    made = _made.get((id(font), pixels))
    if made is None:
        _ruler(font)  # held, so that its identity stays its own
        made = _made[id(font), pixels] = QFont(font)
        made.setPixelSize(pixels)
    return made


def fitted(font: QFont, text: str, room: float) -> str:
    """``text`` as it has room."""
    if wide(font, text) <= room:
        return text
    return shortened(text, room, metrics_of(font).horizontalAdvance)


class Pen:
    """Draws with ``painter``; icons are left out without ``icons``."""

    def __init__(self, painter: QPainter, *, icons: bool = True) -> None:
        self.painter, self._icons = painter, icons
        self._none = QColor(0, 0, 0, 0)

    def fill(self, x: float, y: float, width: float, height: float, token: str) -> None:
        self.painter.fillRect(QRectF(x, y, width, height), theme().colour(token))

    def box(
        self, x: float, y: float, width: float, height: float, radius: float, *,
        fill: str = "", line: str = "",
    ) -> None:  # fmt: skip
        """A box with round corners; its line is one pixel, inside."""
        painter, look, half = self.painter, theme(), 0.5 if line else 0.0
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(look.colour(line), 1) if line else self._none)
        painter.setBrush(look.colour(fill) if fill else QBrush())
        rect = QRectF(x, y, width, height).adjusted(half, half, -half, -half)
        painter.drawRoundedRect(rect, radius, radius)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def line(self, x: float, y: float, width: float, token: str, thick: float) -> None:
        """A level line with its middle at ``y``."""
        self.fill(x, y - thick / 2, width, thick, token)

    def words(
        self, x: float, y: float, width: float, height: float, text: str, font: QFont,
        token: str = "text",  # noqa: S107 - a colour
        flags: int = LEFT, *, elide: bool = False,
    ) -> None:  # fmt: skip
        """One line of words in the middle of a box."""
        if elide:
            text = fitted(font, text, width + 1)
        self.painter.setFont(font)
        self.painter.setPen(theme().colour(token))
        self.painter.drawText(QRectF(x, y, width, height), flags | _MIDDLE | _SINGLE, text)

    def at(self, x: float, base: float, text: str, font: QFont, token: str) -> None:
        """Words on a base line."""
        self.painter.setFont(font)
        self.painter.setPen(theme().colour(token))
        self.painter.drawText(QPointF(x, base), text)

    def run(self, x: float, base: float, text: str, font: QFont, token: str) -> float:
        """Words on a base line; where they end."""
        self.at(x, base, text, font, token)
        return x + wide(font, text)

    def sign(self, x: float, base: float, text: str, font: QFont, token: str) -> float:
        """A small raised sign before a figure in ``font``; where the figure begins."""
        if not text:
            return x
        end = self.run(x, base - round(LIFT * font.pixelSize()), text, smaller(font), token)
        return end + GAP / GLYPH * font.pixelSize()

    def icon(self, name: str, x: float, y: float, side: float, token: str) -> None:
        if not self._icons:
            return
        from brokerdesk.ui.widgets.icons import paint_icon

        paint_icon(self.painter, name, QRectF(x, y, side, side), token)


def smaller(font: QFont) -> QFont:
    """The font of a sign beside a figure."""
    return _in_size(font, max(1, round(font.pixelSize() * GLYPH)))


def sized(font: QFont, size: float) -> QFont:
    """The same font in another size of the design."""
    return _in_size(font, px(size))


def base_of(font: QFont, y: float, height: float) -> int:
    """The base line of a text in the middle of a line."""
    metrics = metrics_of(font)
    return round(y + (height + metrics.ascent() - metrics.descent()) / 2)
