"""Pills, mode bands, tags, progress lines and the countdown ring: shapes that QSS cannot draw."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import Mark, Pill
from brokerdesk.ui.widgets.basics import paint_mark
from brokerdesk.ui.widgets.icons import paint_icon

_PILLS = {
    Pill.LIVE: ("gainSoft", "gain", Mark.LIVE),
    Pill.REFRESHING: ("accentSoft", "accent", "refresh"),
    Pill.STALE: ("warnSoft", "warn", Mark.SUSPECT),
    Pill.OFFLINE: ("warnSoft", "warn", "offline"),
    Pill.PAST: ("warnSoft", "warn", "clock"),
    Pill.FAILED: ("lossSoft", "loss", "error"),
    Pill.SAVED: ("inset", "text2", Mark.SAVED),
    Pill.NONE: ("inset", "text2", Mark.SAVED),
}


class StatePill(QWidget):
    """How current the window's figures are, in a mark and words."""

    def __init__(self) -> None:
        super().__init__()
        self._pill, self._text = Pill.NONE, ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def show_state(self, pill: Pill, text: str) -> None:
        """Say this; empty text hides the pill."""
        if (pill, text) != (self._pill, self._text):
            self._pill, self._text = pill, text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()
        self.setVisible(bool(text))

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = QFontMetricsF(theme().font("body", weight=500))
        return QSize(int(metrics.horizontalAdvance(self._text) + 0.999) + 36, 24)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        fill, ink, shape = _PILLS[self._pill]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(fill))
        painter.drawRoundedRect(QRectF(self.rect()), 12, 12)
        if isinstance(shape, Mark):
            paint_mark(painter, shape, QRectF(10, 8, 8, 8))
        else:
            paint_icon(painter, shape, QRectF(7, 5, 14, 14), ink)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(theme().font("body", weight=500))
        painter.setPen(theme().colour(ink))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(self.rect().adjusted(25, 0, -6, 0), int(flags), self._text)


class ModeBand(QWidget):
    """Says over the whole width that nothing here is real money. It cannot be closed."""

    def __init__(self, word: str, text: str) -> None:
        super().__init__()
        self._word, self._text = word, text
        self.setFixedHeight(theme().tokens.bar["band"])
        self.setAccessibleName(f"{word}: {text}")
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look = theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), look.colour("pracBg"))
        pen = QPen(look.colour("pracLine"), 2)
        pen.setDashPattern([3, 2])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.setPen(look.colour("onPrac"))
        strong = look.font("body", weight=700)
        painter.setFont(strong)
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
        painter.drawText(self.rect().adjusted(18, 0, 0, 0), flags, self._word)
        shift = 18 + int(QFontMetricsF(strong).horizontalAdvance(self._word)) + 12
        painter.setFont(look.font("body"))
        painter.drawText(self.rect().adjusted(shift, 0, -8, 0), flags, self._text)


class Tag(QWidget):
    """A small word with a border. Practice and paper tags are dashed."""

    def __init__(self, text: str, kind: str = "plain") -> None:
        super().__init__()
        self._text, self._kind = text, kind
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = QFontMetricsF(theme().font("caption", weight=600))
        return QSize(int(metrics.horizontalAdvance(self._text) + 0.999) + 12, 18)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        fill, line, ink = {
            "practice": ("pracBg", "pracLine", "onPrac"),
            "paper": ("paperBg", "paperLine", "onPaper"),
            "live": ("liveBg", "liveBg", "onLive"),
            "warn": ("warnSoft", "warnLine", "warn"),
        }.get(self._kind, ("surface", "line2", "text2"))
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme().colour(line), 1)
        if self._kind == "practice":
            pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.setBrush(theme().colour(fill))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setFont(theme().font("caption", weight=600))
        painter.setPen(theme().colour(ink))
        painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self._text)


class ProgressLine(QWidget):
    """Progress as a bar: 2 px under the top bar, 4 px in lists; no progress is no bar."""

    def __init__(self, height: int = 2, *, track: str = "") -> None:
        super().__init__()
        self._share: float | None = None
        self._track = track
        self.setFixedHeight(height)
        self.setAccessibleName("Progress")
        theme().changed.connect(self.update)

    def set_share(self, share: float | None) -> None:
        """Show a share from 0 to 1, or nothing."""
        self._share = share
        said = "" if share is None else f"{int(share * 100)} percent"
        self.setAccessibleDescription(said)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        if self._track:
            painter.fillRect(self.rect(), theme().colour(self._track))
        if self._share is not None:
            width = int(self.width() * max(0.0, min(1.0, self._share)))
            painter.fillRect(0, 0, width, self.height(), theme().colour("accent"))


class CountdownRing(QWidget):
    """Time left as a ring with minutes and seconds inside."""

    def __init__(self) -> None:
        super().__init__()
        self._share, self._text = 1.0, ""
        self.setFixedSize(132, 132)
        theme().changed.connect(self.update)

    def show_left(self, share: float, text: str) -> None:
        """``share`` of the time is left; ``text`` is written in the middle."""
        self._share, self._text = max(0.0, min(1.0, share)), text
        self.setAccessibleName(f"{text} left to sign in")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(4, 4, 124, 124)
        painter.setPen(QPen(look.colour("inset"), 6))
        painter.drawEllipse(ring)
        pen = QPen(look.colour("accent" if self._share > 0.2 else "warn"), 6)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawArc(ring, 90 * 16, int(360 * 16 * self._share))
        painter.setPen(look.colour("text"))
        painter.setFont(look.font("figure", figures=True))
        centre = int(Qt.AlignmentFlag.AlignCenter)
        painter.drawText(self.rect().adjusted(0, -10, 0, -10), centre, self._text)
        painter.setPen(look.colour("text3"))
        painter.setFont(look.font("small"))
        painter.drawText(self.rect().adjusted(0, 16, 0, 16), centre, "left to sign in")
