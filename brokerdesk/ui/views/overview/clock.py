"""The connection clock: a row a connection with the time to its next sign-in as a bar."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview_clock import Bar, ClockRow
from brokerdesk.ui.widgets.basics import paint_mark

ROW, LINE, INDENT, GAP = 38, 24, 17, 8
NOTE = "time to next sign-in, of 7 days"


class ToneLink(QAbstractButton):
    """Words in a colour that can be pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._tone = "accent"
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._on_theme)

    def show_words(self, text: str, tone: str, spoken: str) -> None:
        self._tone = tone
        self.setText(text)
        self.setAccessibleName(spoken)
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        wide = QFontMetricsF(self._font()).horizontalAdvance(self.text())
        return QSize(max(px(24), int(wide + 0.999)), px(24))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            font = self._font()
            if self.underMouse():
                font.setUnderline(True)
            painter.setFont(font)
            painter.setPen(theme().colour(self._tone))
            painter.drawText(self.rect(), int(Qt.AlignmentFlag.AlignCenter), self.text())

    @staticmethod
    def _font() -> QFont:
        return QFont(theme().font("small", weight=600))

    def _on_theme(self) -> None:
        self.update()


class ClockView(QWidget):
    """One connection, painted; only an ended sign-in has a button.

    Signals:
        acted: what the button asks for.
    """

    acted = Signal(str)

    def __init__(self, row: ClockRow) -> None:
        super().__init__()
        self.row = row
        self.link: ToneLink | None = None
        self.setFixedHeight(px(ROW))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self._on_theme)
        self.show_row(row)

    def show_row(self, row: ClockRow) -> None:
        if row != self.row or not self.accessibleName():
            self.row = row
            self.setAccessibleName(row.spoken)
            self.setToolTip(tooltip(f"{row.name}: {row.left}"))
            self.update()
        if row.tone == "loss" and self.link is None:
            self.link = ToneLink(self)
            self.link.clicked.connect(self._on_act)
        if self.link is not None:
            self.link.setVisible(row.tone == "loss")
            self.link.show_words(row.left, row.tone, f"{row.left}: {row.name}")
            self._place_link()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(180), px(ROW))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._place_link()

    def _place_link(self) -> None:
        if self.link is not None:
            size = self.link.sizeHint()
            rect = QRect(self.width() - size.width(), px(2), size.width(), size.height())
            self.link.setGeometry(self._at(rect))

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            self._paint_words(painter)
            self._paint_bar(painter)

    def _paint_words(self, painter: QPainter) -> None:
        row, look = self.row, theme()
        mark = QRect(0, px(2) + (px(LINE) - px(9)) // 2, px(9), px(9))
        paint_mark(painter, row.mark, QRectF(self._at(mark)))
        small = look.font("small", figures=True)
        strong = look.font("small", weight=600, figures=True) if row.strong else small
        left = ceil(QFontMetricsF(strong).horizontalAdvance(row.left))
        age = ceil(QFontMetricsF(small).horizontalAdvance(row.age))
        bold = look.font("body", weight=500)
        room = self.width() - px(INDENT) - left - age - 2 * px(GAP)
        metrics = QFontMetricsF(bold)
        name = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, max(px(40), room))
        wide = ceil(metrics.horizontalAdvance(name))
        if row.tone != "loss":  # else these words are the button
            self._write(painter, strong, row.tone, self.width() - left, left, row.left)
        self._write(painter, bold, "text", px(INDENT), wide, name)
        self._write(painter, small, "text3", px(INDENT) + wide + px(GAP), age, row.age)

    def _write(
        self, painter: QPainter, font: QFont, tone: str, left: int, width: int, text: str
    ) -> None:
        painter.setFont(font)
        painter.setPen(theme().colour(tone))
        flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
        painter.drawText(self._at(QRect(left, px(2), width + 1, px(LINE))), flags, text)

    def _paint_bar(self, painter: QPainter) -> None:
        row, look = self.row, theme()
        top = px(2) + px(LINE) + px(2)
        track = self._at(QRect(px(INDENT), top, self.width() - px(INDENT), px(4)))
        if row.bar is Bar.DASHED:
            pen = QPen(look.colour("ctl"), 1)
            pen.setDashPattern([3, 2])
            painter.setPen(pen)
            painter.drawLine(track.left(), track.center().y(), track.right(), track.center().y())
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("inset"))
        painter.drawRoundedRect(QRectF(track), 2, 2)
        if row.share > 0:
            bar = QRect(track)
            bar.setWidth(max(px(2), round(track.width() * row.share)))
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                bar.moveRight(track.right())
            painter.setBrush(look.colour("warn" if row.tone == "warn" else "accent"))
            painter.drawRoundedRect(QRectF(bar), 2, 2)

    def _at(self, rect: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), rect)

    def _on_act(self) -> None:
        if self.row.action:
            self.acted.emit(self.row.action)

    def _on_theme(self) -> None:
        self.update()


class ClockPane(QWidget):
    """All connections.

    Signals:
        acted: the id of an action.
    """

    acted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Connection clock")
        self.views: dict[str, ClockView] = {}
        head = QHBoxLayout()
        head.addWidget(PlainLabel("Connection clock", "strong"))
        head.addStretch(1)
        head.addWidget(PlainLabel(NOTE, "small", "text3"))
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(px(16), px(14), px(16), px(12))
        column.setSpacing(px(4))
        column.addLayout(head)
        column.addLayout(self._list)

    def show_rows(self, rows: tuple[ClockRow, ...]) -> None:
        """Show these; without a connection there is no clock."""
        self.setVisible(bool(rows))
        for key in self.views.keys() - {row.key for row in rows}:
            gone = self.views.pop(key)
            self._list.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for place, row in enumerate(rows):
            view = self.views.get(row.key)
            if view is None:
                view = self.views[row.key] = ClockView(row)
                view.acted.connect(self.acted)
                self._list.insertWidget(place, view)
            view.show_row(row)
