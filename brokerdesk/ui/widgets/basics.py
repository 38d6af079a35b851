"""Small parts: buttons by kind, hairlines, wrapped paragraphs, the painted connection mark."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QBrush,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy, QWidget

from brokerdesk.ui.text import no_mnemonic, tooltip
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import MARK_WORDS, Mark
from brokerdesk.ui.widgets.icons import icon

MARK_TONES = {
    Mark.LIVE: "gain",
    Mark.SAVED: "text3",
    Mark.SUSPECT: "warn",
    Mark.SIGN_IN: "loss",
    Mark.FAILED: "loss",
}


class PictureButton(QPushButton):
    """A push button whose icon follows the theme."""

    def __init__(self, text: str, picture: str, token: str) -> None:
        # The gap between icon and text is fixed and small; a thin space widens it.
        super().__init__(("\N{THIN SPACE}" if text else "") + text)
        self._picture, self._token = picture, token
        self._dress()
        theme().changed.connect(self._dress)

    def _dress(self) -> None:
        self.setIcon(icon(self._picture, self._token))


def button(
    text: str,
    on_click: Callable[[], object],
    *,
    kind: str = "",
    picture: str = "",
    hint: str = "",
    small: bool = False,
    name: str = "",
) -> QPushButton:
    """A button; ``kind`` is "primary", "ghost", "link" or "" for the default look."""
    if picture:
        token = "onAccent" if kind == "primary" else "text2"
        made: QPushButton = PictureButton(no_mnemonic(text), picture, token)
    else:
        made = QPushButton(no_mnemonic(text))
    made.setProperty("kind", kind)
    if small:
        made.setProperty("sz", "small")
    made.setToolTip(tooltip(hint))
    made.setAccessibleName(name or text)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _checked=False: on_click())
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def fit_height(window: QWidget, width: int) -> None:
    """Give a dialog this width and the height that its wrapped sentences need at it."""
    layout = window.layout()
    assert layout is not None
    window.setFixedWidth(width)
    height = layout.totalHeightForWidth(width)
    window.setMinimumHeight(height)
    window.resize(width, height)


class Hairline(QWidget):
    """A line that is one device pixel-grid step thick at any scaling."""

    def __init__(self, token: str = "line", *, vertical: bool = False) -> None:  # noqa: S107
        super().__init__()
        self._token, self._vertical = token, vertical
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        QPainter(self).fillRect(self.rect(), theme().colour(self._token))


class Paragraph(QWidget):
    """Wrapped plain text with the design's line pitch, which QLabel cannot give."""

    def __init__(
        self, text: str = "", style: str = "body", tone: str = "text2", *, width: int = 0
    ) -> None:
        super().__init__()
        self._text, self._style, self._tone = text, style, tone
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if width:
            self.setMaximumWidth(width)
        self.setAccessibleName(text)
        theme().changed.connect(self.update)

    def text(self) -> str:
        return self._text

    def setText(self, text: str) -> None:  # noqa: N802 - as QLabel calls it
        """Show other words."""
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def set_tone(self, tone: str) -> None:
        self._tone = tone
        self.update()

    def hasHeightForWidth(self) -> bool:  # noqa: N802
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802
        return self._lay_out(width)[1]

    def sizeHint(self) -> QSize:  # noqa: N802
        metrics = QFontMetricsF(theme().font(self._style))
        wide = min(560, int(metrics.horizontalAdvance(self._text)) + 2)
        if self.maximumWidth() < wide:
            wide = self.maximumWidth()
        return QSize(wide, self._lay_out(wide)[1])

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        width = max(self.width(), 80) if self.isVisible() else 80
        return QSize(80, self._lay_out(width)[1] if self.isVisible() else self._pitch)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setPen(theme().colour(self._tone))
        for layout in self._lay_out(self.width())[0]:
            layout.draw(painter, QPointF(0, 0))

    @property
    def _pitch(self) -> int:
        return theme().tokens.text[self._style].line

    def _lay_out(self, width: int) -> tuple[list[QTextLayout], int]:
        layouts = []
        y = 0.0
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        for paragraph in self._text.split("\n"):
            layout = QTextLayout(paragraph, theme().font(self._style))
            layout.setTextOption(option)
            layout.beginLayout()
            line = layout.createLine()
            if not line.isValid():
                y += self._pitch
            while line.isValid():
                line.setLineWidth(max(20, width))
                lift = (self._pitch - line.ascent() - line.descent()) / 2
                line.setPosition(QPointF(0, y + lift))
                y += self._pitch
                line = layout.createLine()
            layout.endLayout()
            layouts.append(layout)
        return layouts, int(y)


def paint_mark(painter: QPainter, mark: Mark, rect: QRectF) -> None:
    """Draw a connection mark: filled dot, half dot, triangle, ring or octagon-like cross."""
    colour = theme().colour(MARK_TONES[mark])
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    dot = rect.adjusted(0.5, 0.5, -0.5, -0.5)
    if mark is Mark.LIVE:
        painter.drawEllipse(dot)
    elif mark is Mark.SUSPECT:
        painter.drawPolygon(
            QPolygonF([QPointF(rect.center().x(), rect.top()), rect.bottomRight(),
                       rect.bottomLeft()])
        )  # fmt: skip
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour, 1.5))
        ring = rect.adjusted(0.75, 0.75, -0.75, -0.75)
        if mark is Mark.FAILED:
            painter.drawLine(ring.topLeft(), ring.bottomRight())
            painter.drawLine(ring.topRight(), ring.bottomLeft())
        else:
            painter.drawEllipse(ring)
        if mark is Mark.SAVED:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(colour))
            painter.drawPie(ring, 90 * 16, 180 * 16)
    painter.restore()


class MarkDot(QWidget):
    """A connection mark as a widget."""

    def __init__(self, mark: Mark = Mark.SAVED) -> None:
        super().__init__()
        self._mark = mark
        self.setFixedSize(9, 18)
        theme().changed.connect(self.update)
        self.set_mark(mark)

    def set_mark(self, mark: Mark) -> None:
        self._mark = mark
        self.setAccessibleName(MARK_WORDS[mark])
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        paint_mark(QPainter(self), self._mark, QRectF(0, 4.5, 9, 9))
