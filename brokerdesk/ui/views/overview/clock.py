"""The connection clock: a row a connection with the time to its next sign-in as a bar."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview_clock import Bar, ClockRow
from brokerdesk.ui.widgets.basics import MarkDot

NOTE = "time to next sign-in, of 7 days"


class ClockBar(QWidget):
    """The time left on a scale of a week; dashes when nobody can say."""

    def __init__(self) -> None:
        super().__init__()
        self._row: ClockRow | None = None
        self.setFixedHeight(px(4))
        theme().changed.connect(self._on_theme)

    def show_row(self, row: ClockRow) -> None:
        if row != self._row:
            self._row = row
            self.setAccessibleName(row.left)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        row, look = self._row, theme()
        if row is None:
            return
        with QPainter(self) as painter:
            if row.bar is Bar.DASHED:
                pen = QPen(look.colour("ctl"), 1)
                pen.setDashPattern([3, 2])
                painter.setPen(pen)
                middle = self.height() // 2
                painter.drawLine(0, middle, self.width(), middle)
                return
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("inset"))
            painter.drawRoundedRect(QRectF(self.rect()), 2, 2)
            if row.share > 0:
                bar = self.rect()
                bar.setWidth(max(px(2), round(self.width() * row.share)))
                bar = QStyle.visualRect(self.layoutDirection(), self.rect(), bar)
                painter.setBrush(look.colour("warn" if row.tone == "warn" else "accent"))
                painter.drawRoundedRect(QRectF(bar), 2, 2)

    def _on_theme(self) -> None:
        self.update()


class ToneLink(QAbstractButton):
    """Words in a colour that can be pressed."""

    def __init__(self) -> None:
        super().__init__()
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
    """One connection.

    Signals:
        acted: what its words, being a button, ask for.
    """

    acted = Signal(str)

    def __init__(self, row: ClockRow) -> None:
        super().__init__()
        self.row = row
        self._mark = MarkDot(row.mark)
        self._name = PlainLabel("", "body", weight=500)
        self._name.setMinimumWidth(px(30))
        self._age = PlainLabel("", "small", "text3", figures=True)
        self._left = PlainLabel("", "small", "text2", figures=True)
        self._act = ToneLink()
        self._act.clicked.connect(self._on_act)
        self._bar = ClockBar()
        line = QHBoxLayout()
        line.setSpacing(px(8))
        line.addStrut(px(24))
        for part in (self._mark, self._name, self._age):
            line.addWidget(part)
        line.addStretch(1)
        line.addWidget(self._left)
        line.addWidget(self._act)
        bar = QHBoxLayout()
        bar.setContentsMargins(px(17), 0, 0, 0)
        bar.addWidget(self._bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, px(2), 0, px(6))
        column.setSpacing(px(2))
        column.addLayout(line)
        column.addLayout(bar)
        self.show_row(row)

    def show_row(self, row: ClockRow) -> None:
        self.row = row
        self._mark.set_mark(row.mark)
        self._name.setText(row.name)
        self._age.setText(row.age)
        ended = row.tone == "loss"
        self._left.setVisible(not ended)
        self._left.setText(row.left)
        self._left.set_tone(row.tone)
        self._left.set_style("small", weight=600 if row.strong else 400)
        self._act.setVisible(ended)
        self._act.show_words(row.left, row.tone, f"{row.left}: {row.name}")
        self._bar.show_row(row)
        self.setAccessibleName(row.spoken)

    def _on_act(self) -> None:
        if self.row.action:
            self.acted.emit(self.row.action)


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
