"""The time to the next sign-in on a scale of a week; dashes when nobody can say."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QStyle, QWidget

from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview_clock import Bar, ClockRow

HEIGHT = 4


def paint_clock(
    painter: QPainter,
    clock: ClockRow,
    box: QRect,
    direction: Qt.LayoutDirection,
    *,
    share: float | None = None,
    track: str = "inset",
) -> None:
    """Draw the bar into ``box``. ``share`` draws progress in place of the time left."""
    look = theme()
    painter.save()
    if clock.bar is Bar.DASHED and share is None:
        pen = QPen(look.colour("ctl"), 1)
        pen.setDashPattern([3, 2])
        painter.setPen(pen)
        painter.drawLine(box.left(), box.center().y(), box.right(), box.center().y())
    else:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(track))
        painter.drawRoundedRect(QRectF(box), 2, 2)
        part = clock.share if share is None else max(0.0, min(1.0, share))
        if part > 0:
            bar = QRect(box)
            bar.setWidth(max(px(2), round(box.width() * part)))
            soon = clock.tone == "warn" and share is None
            painter.setBrush(look.colour("warn" if soon else "accent"))
            painter.drawRoundedRect(QRectF(QStyle.visualRect(direction, box, bar)), 2, 2)
    painter.restore()


class ClockBar(QWidget):
    """One connection's time left."""

    def __init__(self) -> None:
        super().__init__()
        self._row: ClockRow | None = None
        self.setFixedHeight(px(HEIGHT))
        theme().changed.connect(self._on_theme)

    def show_row(self, row: ClockRow) -> None:
        """Show this one."""
        if row != self._row:
            self._row = row
            self.setAccessibleName(f"Time to next sign-in: {row.left}")
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        if self._row is not None:
            with QPainter(self) as painter:
                paint_clock(painter, self._row, self.rect(), self.layoutDirection())

    def _on_theme(self) -> None:
        self.update()
