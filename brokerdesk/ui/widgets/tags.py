"""Small words in boxes: tags, the count badge, key hints."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.showing import set_shown

_CENTRE = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine)
# kind: fill, border, ink, weight, dashed
_LOOKS = {
    "plain": ("", "line2", "text2", 500, False),
    "live": ("liveBg", "liveBg", "onLive", 700, False),
    "paper": ("paperBg", "paperLine", "onPaper", 700, False),
    "practice": ("pracBg", "pracLine", "onPrac", 700, True),
    "accent": ("accentSoft", "accent", "accent", 500, False),
    "estimate": ("", "ctl", "text2", 500, True),
    "warn": ("warnSoft", "warnLine", "warn", 500, False),
    "error": ("lossSoft", "loss", "loss", 500, False),
}
MODES = ("live", "paper", "practice")


class Tag(QWidget):
    """A small word with a border. ``kind``: plain, live, paper, practice, accent (the broker's own
    figure), estimate (ours, dashed), warn or error.
    """

    def __init__(self, text: str, kind: str = "plain") -> None:
        super().__init__()
        self._text, self._kind = tame(text), kind
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self._text)
        theme().changed.connect(self._refresh)

    def text(self) -> str:
        """What it says."""
        return self._text

    def show_tag(self, text: str, kind: str = "plain") -> None:
        """Say something else."""
        self._text, self._kind = tame(text), kind
        self.setAccessibleName(self._text)
        self._refresh()

    def sizeHint(self) -> QSize:  # noqa: N802
        return tag_size(self._text, self._kind)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            paint_tag(painter, QRectF(self.rect()), self._text, self._kind)

    def _refresh(self) -> None:
        self.updateGeometry()
        self.update()


def tag_size(text: str, kind: str = "plain") -> QSize:
    """How large a tag is drawn."""
    width = QFontMetricsF(_font(kind)).horizontalAdvance(text)
    return QSize(min(px(240), int(width + 0.999) + px(12)), px(18))


def paint_tag(painter: QPainter, rect: QRectF, text: str, kind: str = "plain") -> None:
    """Draw a tag, for delegates too."""
    fill, line, ink, _weight, dashed = _LOOKS.get(kind, _LOOKS["plain"])
    look = theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(look.colour(line), 1)
    if dashed:
        pen.setDashPattern([3, 2])
    painter.setPen(pen)
    painter.setBrush(look.colour(fill) if fill else Qt.BrushStyle.NoBrush)
    radius = px(4)
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
    font = _font(kind)
    painter.setFont(font)
    painter.setPen(look.colour(ink))
    room = rect.width() - px(8)
    words = QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, room + 1)
    painter.drawText(rect, _CENTRE, words)
    painter.restore()


def _font(kind: str) -> QFont:
    font = theme().font("caption", weight=_LOOKS.get(kind, _LOOKS["plain"])[3])
    if kind in MODES:
        font = QFont(font)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.4 * theme().scale)
    return font


class Badge(QWidget):
    """How many things need the user. It hides at zero."""

    def __init__(self, count: int = 0, what: str = "need you") -> None:
        super().__init__()
        self._count, self._what = 0, what
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._refresh)
        self.set_count(count)

    @property
    def count(self) -> int:
        """The number shown."""
        return self._count

    def set_count(self, count: int) -> None:
        """Show another number."""
        self._count = max(0, count)
        self.setAccessibleName(f"{self._count} {self._what}")
        set_shown(self, self._count > 0)
        self._refresh()

    def sizeHint(self) -> QSize:  # noqa: N802
        return badge_size(self._count)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            paint_badge(painter, QRectF(self.rect()), self._count)

    def _refresh(self) -> None:
        self.updateGeometry()
        self.update()


def _badge_text(count: int) -> str:
    return str(count) if count < 100 else "99+"


def badge_size(count: int) -> QSize:
    """How large a badge is drawn."""
    font = theme().font("caption", weight=600, figures=True)
    width = QFontMetricsF(font).horizontalAdvance(_badge_text(count)) + px(12)
    return QSize(max(px(18), int(width + 0.999)), px(18))


def paint_badge(painter: QPainter, rect: QRectF, count: int) -> None:
    """Draw a count badge, for painted items too."""
    look = theme()
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(look.colour("warnLine"), 1))
    painter.setBrush(look.colour("warnSoft"))
    round_ = rect.height() / 2
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), round_, round_)
    painter.setPen(look.colour("warn"))
    painter.setFont(look.font("caption", weight=600, figures=True))
    painter.drawText(rect, _CENTRE, _badge_text(count))
    painter.restore()


class Kbd(QWidget):
    """A key hint such as Ctrl+K."""

    def __init__(self, keys: str) -> None:
        super().__init__()
        self._keys = keys
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(keys)
        theme().changed.connect(self._refresh)

    def sizeHint(self) -> QSize:  # noqa: N802
        width = QFontMetricsF(theme().font("caption")).horizontalAdvance(self._keys)
        return QSize(int(width + 0.999) + px(10), px(18))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look = theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour("line2"), 1))
            box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(box, px(4), px(4))
            painter.setPen(look.colour("text3"))
            painter.setFont(look.font("caption"))
            painter.drawText(self.rect(), _CENTRE, self._keys)

    def _refresh(self) -> None:
        self.updateGeometry()
        self.update()
