"""The row of ranges over a chart: a choice of one, in plain words, without a frame.

Knows nothing of what a range is. Arrow keys move and choose, Tab enters once, at the chosen piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts.keyed import ringed
from brokerdesk.ui.widgets.charts.line_paint import paint_focus
from brokerdesk.ui.widgets.charts.pixels import px


class RangePiece(QAbstractButton):
    """One range."""

    def __init__(self, text: str, spoken: str) -> None:
        super().__init__()
        self.setText(text)
        self.setAccessibleName(spoken)
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAutoExclusive(True)
        self._ring = False
        self.setProperty("ownFocus", True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._on_toggled)
        self._on_toggled(False)
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        wide = QFontMetricsF(theme().font("small", weight=600)).horizontalAdvance(self.text())
        return QSize(int(wide + px(16) + 0.999), int(px(28)))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            self._paint(painter)

    def _paint(self, painter: QPainter) -> None:
        look = theme()
        rect = QRectF(self.rect())
        if self.isChecked() or self.isDown() or (self.underMouse() and self.isEnabled()):
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("inset" if self.isChecked() or self.isDown() else "alt"))
            painter.drawRoundedRect(rect.adjusted(0, px(2), 0, -px(2)), px(5), px(5))
            painter.restore()
        painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        painter.setFont(look.font("small", weight=600 if self.isChecked() else 500))
        token = "text" if self.isChecked() else "text2" if self.isEnabled() else "ctl"
        painter.setPen(look.colour(token))
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), self.text())
        if self._ring and self.hasFocus():
            paint_focus(painter, rect)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self._ring = ringed(event.reason(), self._ring)
        super().focusInEvent(event)

    def _on_toggled(self, on: bool) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus)
        self.update()


class RangeRow(QWidget):
    """All ranges side by side.

    Signals:
        chosen: the user chose the range of this key.
    """

    chosen = Signal(str)

    def __init__(self, ranges: Iterable[tuple[str, str]]) -> None:
        """``ranges``: what is written, which is the key too, and what is read out."""
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._pieces: dict[str, RangePiece] = {}
        for key, spoken in ranges:
            piece = RangePiece(key, spoken)
            self._pieces[key] = piece
            self._group.addButton(piece)
            row.addWidget(piece)
        self._group.buttonClicked.connect(lambda piece: self.chosen.emit(piece.text()))
        self.setAccessibleName("Range")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        # Time runs left to right in every interface, and so do its pieces.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)

    def choose(self, key: str) -> None:
        """Show this range as chosen; says nothing."""
        self._pieces[key].setChecked(True)

    def show_choice(self, key: str) -> None:
        """As ``choose``; "" shows none as chosen, and the last one keeps its place in the tabs."""
        if key:
            self.choose(key)
            return
        self._group.setExclusive(False)
        for piece in self._pieces.values():
            if piece.isChecked():
                piece.setAutoExclusive(False)
                piece.setChecked(False)
                piece.setAutoExclusive(True)
                piece.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._group.setExclusive(True)

    @property
    def choice(self) -> str:
        """The chosen key, "" before the first choice."""
        piece = self._group.checkedButton()
        return piece.text() if piece is not None else ""

    def set_unavailable(self, reasons: Mapping[str, str]) -> None:
        """Dim the ranges in ``reasons``, each with why; all others can be chosen."""
        for key, piece in self._pieces.items():
            piece.setEnabled(key not in reasons)
            piece.setToolTip(tooltip(reasons.get(key, "")))

    def piece(self, key: str) -> RangePiece:
        """The button of one range."""
        return self._pieces[key]
