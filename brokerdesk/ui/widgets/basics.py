"""Small parts: hairlines and the names that most views need, gathered in one place."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.buttons import PictureButton, button, icon_button
from brokerdesk.ui.widgets.marks import MARK_TONES, MarkDot, paint_mark
from brokerdesk.ui.widgets.paragraph import Paragraph

__all__ = [
    "MARK_TONES",
    "Hairline",
    "MarkDot",
    "Paragraph",
    "PictureButton",
    "button",
    "fit_height",
    "icon_button",
    "paint_mark",
]


def fit_height(window: QWidget, width: int) -> None:
    """Give a dialog this width and the height that its wrapped sentences need at it."""
    layout = window.layout()
    assert layout is not None
    window.setFixedWidth(width)
    height = layout.totalHeightForWidth(width)
    window.setMinimumHeight(height)
    window.resize(width, height)


class Hairline(QWidget):
    """A line of whole device pixels, equally thick wherever it stands."""

    def __init__(self, token: str = "line", *, vertical: bool = False) -> None:  # noqa: S107
        super().__init__()
        self._token, self._vertical = token, vertical
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(snapped(self, vertical=self._vertical), theme().colour(self._token))


def snapped(widget: QWidget, *, vertical: bool) -> QRectF:
    """The strip of ``widget`` that begins on a device pixel and is whole device pixels thick."""
    ratio = widget.devicePixelRatioF()
    thick = max(1, int(ratio)) / ratio
    origin = widget.mapTo(widget.window(), widget.rect().topLeft())
    at = origin.x() if vertical else origin.y()
    shift = round(at * ratio) / ratio - at
    if vertical:
        return QRectF(shift, 0, thick, widget.height())
    return QRectF(0, shift, widget.width(), thick)
