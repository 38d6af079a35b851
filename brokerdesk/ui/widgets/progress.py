"""Progress as a line, time left as a ring."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.theme import px, theme


class ProgressLine(QWidget):
    """Progress as a bar: 2 px under the top bar, 4 px in lists; no progress is no bar.

    ``over`` are the colours of the rows of pixels that it lies over, so that a step of it does not
    have everything beneath it painted as well.
    """

    def __init__(self, height: int = 2, *, track: str = "", over: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._share: float | None = None
        self._track, self._over = track, over
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, bool(over))
        self.setFixedHeight(height)
        self.setAccessibleName("Progress")
        theme().changed.connect(self.update)

    def set_share(self, share: float | None) -> None:
        """Show a share from 0 to 1, or nothing."""
        if share == self._share:
            return
        self._share = share
        said = "" if share is None else f"{int(share * 100)} percent"
        self.setAccessibleDescription(said)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            for row, colour in enumerate(self._over):
                painter.fillRect(0, row, self.width(), 1, theme().colour(colour))
            if self._track:
                painter.fillRect(self.rect(), theme().colour(self._track))
            if self._share is None:
                return
            width = int(self.width() * max(0.0, min(1.0, self._share)))
            left = 0
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                left = self.width() - width
            painter.fillRect(left, 0, width, self.height(), theme().colour("accent"))


class CountdownRing(QWidget):
    """Time left as a ring with minutes and seconds inside."""

    def __init__(self) -> None:
        super().__init__()
        self._share, self._text = 1.0, ""
        self.setFixedSize(px(132), px(132))
        theme().changed.connect(self.update)

    def show_left(self, share: float, text: str) -> None:
        """``share`` of the time is left; ``text`` is written in the middle."""
        self._share, self._text = max(0.0, min(1.0, share)), text
        self.setAccessibleName(f"{text} left to sign in")
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look = theme()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ring = QRectF(self.rect()).adjusted(4, 4, -4, -4)
            painter.setPen(QPen(look.colour("inset"), 6))
            painter.drawEllipse(ring)
            pen = QPen(look.colour("accent" if self._share > 0.2 else "warn"), 6)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawArc(ring, 90 * 16, int(360 * 16 * self._share))
            painter.setPen(look.colour("text"))
            painter.setFont(look.font("figure", figures=True))
            centre = int(Qt.AlignmentFlag.AlignCenter)
            up, down = px(10), px(16)
            painter.drawText(self.rect().adjusted(0, -up, 0, -up), centre, self._text)
            painter.setPen(look.colour("text3"))
            painter.setFont(look.font("small"))
            painter.drawText(self.rect().adjusted(0, down, 0, down), centre, "left to sign in")
