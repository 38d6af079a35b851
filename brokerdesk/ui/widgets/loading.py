"""First load only: still blocks in the heights of the rows to come. No shimmer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui.theme import px, theme

ROW = 30
_LEFT = (44, 120)
_RIGHT = (64, 52)
_UNEVEN = (1.0, 0.8, 1.12, 0.9)


class LoadingRows(QWidget):
    """``rows`` rows; ``heights`` is the height of each, or one for all."""

    def __init__(self, rows: int = 3, heights: int | Sequence[int] = ROW) -> None:
        super().__init__()
        self._heights = (heights,) * rows if isinstance(heights, int) else tuple(heights)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Loading")
        theme().changed.connect(self._refresh)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(320), sum(px(height) for height in self._heights))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        top = 0
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("inset"))
            for number, height in enumerate(self._heights):
                self._row(painter, top, px(height), _UNEVEN[number % len(_UNEVEN)])
                top += px(height)

    def _row(self, painter: QPainter, top: int, height: int, uneven: float) -> None:
        thick, gap = px(8), px(20)
        y = top + (height - thick) / 2
        x = float(px(14))
        for number, width in enumerate(_LEFT):
            wide = px(width) * (uneven if number else 1)
            painter.drawRoundedRect(QRectF(x, y, wide, thick), 2, 2)
            x += wide + gap
        right = float(self.width() - px(14))
        for width in reversed(_RIGHT):
            if right - px(width) < x:
                break
            painter.drawRoundedRect(QRectF(right - px(width), y, px(width), thick), 2, 2)
            right -= px(width) + gap

    def _refresh(self) -> None:
        self.updateGeometry()
        self.update()
