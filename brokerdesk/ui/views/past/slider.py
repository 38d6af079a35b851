"""The slider of past days: a tick per saved day, the value line behind it, a handle on the day.

Its value is the number of the saved day, so that keys go from one to the next; its place is by
date, so that gaps show. Shape only: no amount is written here.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QSlider, QToolTip

from brokerdesk.services.days import SavedDays
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.views.past.scale import Label, labels, place_of, steps

_MARGIN, _TOP, _LINE, _TICK, _LABELS = 14, 8, 34, 5, 18


class DaySlider(QSlider):
    """The saved days from the first to the last.

    Signals:
        chosen: the number of the saved day that the user went to.
        month_wanted: a month earlier (-1) or later (1).
    """

    chosen = Signal(int)
    month_wanted = Signal(int)

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # time runs so everywhere
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._saved = SavedDays()
        self._ordinals: list[int] = []
        self._values: tuple[Decimal | None, ...] = ()
        self._pieces: list[QPolygonF] = []
        self._ticks: list[float] = []
        self._labels: list[Label] = []
        self._key: object = None
        self._past = False
        self._known = False
        theme().changed.connect(self.update)
        self.setRange(0, 0)
        self._describe()

    # what is shown

    def show_days(
        self, saved: SavedDays, values: Sequence[Decimal | None], *, known: bool = True
    ) -> None:
        """Show these days with the total value on each; not ``known``: they are being read."""
        self._known = known
        self._saved, self._values = saved, tuple(values)
        self._ordinals = [one.day.toordinal() for one in saved.days]
        self._key = None
        self.blockSignals(True)
        self.setRange(0, max(0, len(saved) - 1))
        self.blockSignals(False)
        self.setEnabled(bool(saved))
        self._describe()
        self.update()

    def show_place(self, index: int, *, past: bool) -> None:
        """Put the handle on a day; ``past``: it is not today's."""
        self.blockSignals(True)
        self.setValue(index)
        self.blockSignals(False)
        self._past = past
        self._describe()
        self.update()

    def _describe(self) -> None:
        days = self._saved.days
        if not days:
            words = "none yet" if self._known else "being read"
            self.setAccessibleName(f"Saved days: {words}")
            return
        day = fmt.day(days[self.value()].day)
        place = f"{fmt.whole(self.value() + 1)} of {fmt.whole(len(days))}"
        self.setAccessibleName(f"Saved days: {day}, {place}")
        self.setAccessibleDescription(
            "Left and Right go by a day, Page Up and Page Down by a month, Home and End to the "
            "first and the last."
        )

    # the user

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        goals = {
            Qt.Key.Key_Left: self.value() - 1,
            Qt.Key.Key_Right: self.value() + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self.maximum(),
        }
        key = Qt.Key(event.key())
        if key in goals:
            self._go(goals[key])
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.month_wanted.emit(-1 if key == Qt.Key.Key_PageUp else 1)
        else:
            event.ignore()  # Esc, Up and Down belong to the window

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self._ordinals:
            self._go(self._index_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if not self._ordinals:
            return
        index = self._index_at(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(index)
        else:
            day = self._saved.days[index].day
            words = tooltip(f"{day:%a} {fmt.day(day)}")
            QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        event.accept()

    def _go(self, index: int) -> None:
        index = max(0, min(index, self.maximum()))
        if self._ordinals and index != self.value():
            self.setValue(index)
            self._past = True
            self._describe()
            self.chosen.emit(index)

    def _index_at(self, x: float) -> int:
        first, last = self._ordinals[0], self._ordinals[-1]
        left, right = self._span()
        wanted = first + (x - left) / max(1.0, right - left) * (last - first)
        place = bisect_left(self._ordinals, wanted)
        if place == 0:
            return 0
        if place == len(self._ordinals):
            return place - 1
        before, after = self._ordinals[place - 1], self._ordinals[place]
        return place - 1 if wanted - before <= after - wanted else place

    # painting

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(400), px(_TOP + _LINE + 6 + _TICK + _LABELS))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(200), self.sizeHint().height())

    def _span(self) -> tuple[float, float]:
        return float(px(_MARGIN)), float(self.width() - px(_MARGIN))

    def _x(self, index: int) -> float:
        return place_of(self._ordinals[index], self._ordinals, self._span())

    def _lay_out(self) -> None:
        key = (self.width(), self.height(), theme().scale)
        if key == self._key:
            return
        self._key = key
        self._pieces = [
            QPolygonF([QPointF(x, px(_TOP) + y * px(_LINE)) for x, y in piece])
            for piece in steps(self._ordinals, self._values, self._span())
        ]
        self._ticks = sorted({float(round(self._x(n))) for n in range(len(self._ordinals))})
        font = theme().font("caption")
        self._labels = labels(self._ordinals, self._span(), font)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        self._lay_out()
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            if not self._ordinals:
                painter.setFont(theme().font("small"))
                painter.setPen(theme().colour("text3"))
                words = "No day is saved yet." if self._known else "Reading the saved days…"
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, words)
                return
            at = self._x(self.value())
            self._paint_line(painter, at)
            self._paint_ticks(painter)
            self._paint_handle(painter, at)

    def _paint_line(self, painter: QPainter, at: float) -> None:
        """In full up to the day, dim after it."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for token, left, right in (("accent", 0.0, at), ("line2", at, float(self.width()))):
            painter.setClipRect(QRectF(left, 0, right - left, self.height()))
            pen = QPen(theme().colour(token), px(16) / 10)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            painter.setPen(pen)
            for piece in self._pieces:
                if piece.count() > 1:
                    painter.drawPolyline(piece)
                else:
                    painter.drawPoint(piece.first())
        painter.restore()

    def _paint_ticks(self, painter: QPainter) -> None:
        top = px(_TOP + _LINE) + px(6)
        left, right = self._span()
        # Where they would run into one another they are a rail that shows the gaps alone.
        dense = len(self._ticks) * 2 > right - left
        colour = theme().colour("line2" if dense else "ctl")
        for x in self._ticks:
            painter.fillRect(QRectF(x, top, 1, px(3 if dense else _TICK)), colour)
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().colour("text3"))
        for label in self._labels:
            box = QRectF(label.left, top + px(_TICK) + px(1), label.width, px(16))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label.text)

    def _paint_handle(self, painter: QPainter, at: float) -> None:
        token = "warn" if self._past else "accent"
        colour = theme().colour(token)
        bottom = px(_TOP + _LINE) + px(6 + _TICK)
        painter.fillRect(QRectF(round(at), px(2), max(1, px(2)), bottom - px(2)), colour)
        y = px(_TOP) + self._height_at(at)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        centre = QPointF(round(at) + px(2) / 2, y)
        painter.setBrush(theme().colour("surface"))
        painter.drawEllipse(centre, px(8), px(8))
        painter.setBrush(colour)
        painter.drawEllipse(centre, px(5), px(5))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme().colour("accent"), 2))
            painter.drawEllipse(centre, px(9), px(9))
        painter.restore()

    def _height_at(self, at: float) -> float:
        """Where the line is below a place; in the middle where there is none."""
        points = [point for piece in self._pieces for point in piece.toList()]
        if not points:
            return px(_LINE) / 2
        nearest = min(points, key=lambda point: abs(point.x() - at))
        return nearest.y() - px(_TOP)

    def day_at(self, index: int) -> date:
        """The saved day of this number."""
        return self._saved.days[index].day
