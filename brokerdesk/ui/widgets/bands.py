"""The mode band: whether money is real, over the whole width, by fill, hatch or dashed outline."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QStyle, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.icons import paint_icon

WORDS = {"live": "LIVE", "paper": "PAPER", "practice": "PRACTICE"}
_INKS = {
    "live": ("liveBg", "onLive"),
    "paper": ("paperBg", "onPaper"),
    "practice": ("pracBg", "onPrac"),
}


class ModeBand(QWidget):
    """Says whether money is real here. ``kind``: live, paper or practice. It cannot be closed."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__()
        self._kind, self._text = kind.lower(), tame(text)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._refresh)
        self._name()

    def show_band(self, kind: str, text: str) -> None:
        """Say another mode."""
        self._kind, self._text = kind.lower(), tame(text)
        self._name()
        self._refresh()

    @property
    def kind(self) -> str:
        """The mode it says."""
        return self._kind

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(320), px(theme().tokens.bar["band"]))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(120), px(theme().tokens.bar["band"]))

    def _name(self) -> None:
        self.setAccessibleName(f"{WORDS[self._kind]}: {self._text}")

    def _refresh(self) -> None:
        self.updateGeometry()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look, (fill, ink) = theme(), _INKS[self._kind]
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), look.colour(fill))
            left = {"live": self._live, "paper": self._paper, "practice": self._practice}[
                self._kind
            ](painter)
            painter.setPen(look.colour(ink))
            strong = QFont(look.font("body", weight=700))
            strong.setPixelSize(px(14))
            strong.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, theme().scale)
            self._write(painter, strong, WORDS[self._kind], left)
            left += int(QFontMetricsF(strong).horizontalAdvance(WORDS[self._kind])) + px(10)
            plain = look.font("body", weight=500)
            room = self.width() - left - px(12)
            words = QFontMetricsF(plain).elidedText(
                self._text, Qt.TextElideMode.ElideRight, max(0, room)
            )
            self._write(painter, plain, words, left)

    def _write(self, painter: QPainter, font: QFont, words: str, left: int) -> None:
        painter.setFont(font)
        rect = self.rect().adjusted(left, 0, 0, 0)
        rect = QStyle.visualRect(self.layoutDirection(), self.rect(), rect)
        flags = QStyle.visualAlignment(
            self.layoutDirection(), Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        painter.drawText(rect, int(flags) | int(Qt.TextFlag.TextSingleLine), words)

    def _live(self, painter: QPainter) -> int:
        """A filled dot."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("onLive"))
        middle = self.height() / 2
        dot = QRectF(px(17), middle - px(4), px(8), px(8))
        painter.drawEllipse(self._mirrored(dot))
        painter.restore()
        return px(36)

    def _paper(self, painter: QPainter) -> int:
        """Stripes at the edge, rules above and below."""
        painter.save()
        line = theme().colour("paperLine")
        painter.fillRect(0, 0, self.width(), 1, line)
        painter.fillRect(0, self.height() - 1, self.width(), 1, line)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(self._mirrored(QRectF(0, 0, px(14), self.height())))
        painter.setPen(QPen(line, 3 * theme().scale))
        height, right = self.height(), self.width()
        start = 0 if self.layoutDirection() == Qt.LayoutDirection.LeftToRight else right - px(14)
        for at in range(-height, px(14) + height, px(10)):
            painter.drawLine(QPointF(start + at, height + 2), QPointF(start + at + height + 4, -2))
        painter.restore()
        return px(24)

    def _practice(self, painter: QPainter) -> int:
        """A dashed outline and a sheet of paper."""
        painter.save()
        pen = QPen(theme().colour("pracLine"), 2)
        pen.setDashPattern([3, 2])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        middle = (self.height() - px(14)) / 2
        paint_icon(
            painter, "practice", self._mirrored(QRectF(px(18), middle, px(14), px(14))), "onPrac"
        )
        painter.restore()
        return px(42)

    def _mirrored(self, rect: QRectF) -> QRectF:
        if self.layoutDirection() == Qt.LayoutDirection.LeftToRight:
            return rect
        return QRectF(self.width() - rect.right(), rect.y(), rect.width(), rect.height())
