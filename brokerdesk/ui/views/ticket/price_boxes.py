"""Bid, ask and last in three boxes, and below them of when and from whom they are."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.ticket_state import PriceBox

HEIGHT = 46


class PriceBoxes(QWidget):
    """Painted; spoken as one sentence. Figures run left to right in any interface."""

    def __init__(self) -> None:
        super().__init__()
        self._box = PriceBox()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("No price")
        theme().changed.connect(self.update)

    def show_prices(self, box: PriceBox) -> None:
        """Show these."""
        if box != self._box:
            self._box = box
            known = [f"{name} {value}" for name, value in self._named() if value]
            of = f"{box.of}: " if box.of else ""
            words = f"{of}{', '.join(known)}" if known else "No price"
            self.setAccessibleName(words)
            self.setToolTip(tooltip(words if known else ""))
            self.update()

    def _named(self) -> tuple[tuple[str, str], ...]:
        return (("Bid", self._box.bid), ("Ask", self._box.ask), ("Last", self._box.last))

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(240), px(HEIGHT))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(180), px(HEIGHT))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        look = theme()
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(look.colour("line"), 1))
            box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.drawRoundedRect(box, px(6), px(6))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            third = self.width() / 3
            for place, (name, value) in enumerate(self._named()):
                left = round(place * third)
                if place:
                    painter.fillRect(left, 1, 1, self.height() - 2, look.colour("line"))
                cell = QRectF(left + px(11), px(4), third - px(15), px(16))
                painter.setFont(look.font("caption"))
                painter.setPen(look.colour("text3"))
                painter.drawText(cell, int(Qt.AlignmentFlag.AlignVCenter), name)
                cell = QRectF(left + px(11), px(20), third - px(13), px(22))
                painter.setFont(look.font("lead", weight=600, figures=True))
                painter.setPen(look.colour("text" if value else "text3"))
                shown = value or fmt.NONE
                wide = painter.fontMetrics().horizontalAdvance(shown) > cell.width()
                painter.drawText(cell, int(Qt.AlignmentFlag.AlignVCenter), "###" if wide else shown)
