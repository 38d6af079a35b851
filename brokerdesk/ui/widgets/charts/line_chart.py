"""The value over time as a line, to look at, to go along with the mouse, and to go along with keys.

Shows what it is given; knows neither where it comes from nor which range was chosen.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.charts import line_paint as strokes
from brokerdesk.ui.widgets.charts.data import LineData, change_percent
from brokerdesk.ui.widgets.charts.keyed import ringed
from brokerdesk.ui.widgets.charts.labels import (
    HIDDEN,
    moment_label,
    money,
    signed_money,
    spoken_change,
)
from brokerdesk.ui.widgets.charts.labels import percent as shown_percent
from brokerdesk.ui.widgets.charts.pixels import px
from brokerdesk.ui.widgets.charts.plot import Plot, lay_out

NOTHING = "No values in this range."
_LEAPS = 20


class LineChart(QWidget):
    """A line of values with a crosshair.

    Signals:
        pointed: the index of the point that is read out, -1 when none is.
    """

    pointed = Signal(int)

    def __init__(self, name: str = "Total value", *, nothing: str = NOTHING) -> None:
        super().__init__()
        self._name, self._nothing = name, nothing
        self._data = LineData()
        self._private = False
        self._at = -1
        self._plot: Plot | None = None
        self._key: object = None
        self._ring = self._focused = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self.update)
        self._describe()

    def show_data(self, data: LineData) -> None:
        """Show another line. The point that was read out is let go."""
        self._data, self._key = data, None
        self._point(-1)
        self._describe()
        self.update()

    def set_private(self, private: bool) -> None:
        """Hide amounts: on the axis, in the read-out and from screen readers."""
        if private != self._private:
            self._private = private
            self._describe()
            self.update()

    def set_nothing(self, words: str) -> None:
        """What to say when there is no point."""
        self._nothing = words
        self._describe()
        self.update()

    @property
    def data(self) -> LineData:
        return self._data

    @property
    def current(self) -> int:
        """The index of the point that is read out, -1 when none is."""
        return self._at

    def index_at(self, pixel: float) -> int:
        """The point nearest to a horizontal position; -1 on an empty chart."""
        plot = self._laid_out()
        return self._data.nearest(plot.place_at(pixel)) if plot is not None else -1

    def position_of(self, index: int) -> QPointF:
        """Where a point is drawn."""
        plot = self._laid_out()
        if plot is None:
            return QPointF()
        return QPointF(plot.x_of(self._data.xs[index]), plot.y_of(self._data.units[index]))

    def readout(self, index: int) -> list[str]:
        """What is written beside a point: when, how much, change since the start, remarks."""
        data = self._data
        value, first = data.value(index), data.value(0)
        lines = [
            moment_label(data.xs[index], intraday=data.intraday),
            money(value, data.currency, private=self._private),
        ]
        if index:
            parts = [signed_money(value - first, data.currency, private=self._private)]
            share = change_percent(first, value)
            parts += [shown_percent(share)] if share is not None else []
            since = moment_label(data.xs[0], intraday=data.intraday)
            lines.append("  ".join(parts if not self._private else parts[1:] or [HIDDEN]))
            lines[-1] += f" since {since}"
        before = data.xs[index - 1] if index else data.xs[0] - 1
        for mark in data.marks:
            # What came on a day without a point is inside the next one.
            if before < mark.x <= data.xs[index]:
                word = "Deposit" if mark.amount > 0 else "Withdrawal"
                amount = money(abs(mark.amount), data.currency, private=self._private)
                lines.append(f"{word} {amount}")
        carried = data.is_carried(index)
        if carried:
            lines.append(f"{fmt.count(carried, 'account')} as read before")
        if data.xs[index] in data.told:
            lines.append("In part as told by the broker later")
        return lines

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(int(px(640)), int(px(314)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(int(px(240)), int(px(120)))

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        plot = self._laid_out()
        # Ended by the block even when something fails: a painter left open ends the process.
        with QPainter(self) as painter:
            painter.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
            if plot is not None:
                self._paint(painter, plot)
            elif not self._data:
                strokes.paint_words(painter, QRectF(self.rect()), self._nothing)
            if self._ring and self._focused:
                strokes.paint_focus(painter, QRectF(self.rect()))

    def _paint(self, painter: QPainter, plot: Plot) -> None:
        strokes.paint_grid(painter, plot, private=self._private)
        strokes.paint_line(painter, plot)
        strokes.paint_marks(painter, plot, self._data)
        last, at = len(self._data) - 1, self._at
        if at >= 0:
            strokes.paint_crosshair(painter, plot, self.position_of(at))
        for index in sorted({last, at} - {-1}, reverse=True):
            hollow = self._data.is_carried(index) > 0
            strokes.paint_dot(painter, self.position_of(index), hollow=hollow)
        if at >= 0:
            strokes.paint_readout(painter, plot, self.position_of(at), self.readout(at))

    def _laid_out(self) -> Plot | None:
        key = (id(self._data), self.size().toTuple(), self.devicePixelRatioF(), px(100))
        if key != self._key:
            self._plot = lay_out(self._data, QSizeF(self.size()), self.devicePixelRatioF())
            self._key = key
        return self._plot

    # going along the line

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        plot = self._laid_out()
        x = event.position().x()
        if plot is not None and plot.area.left() - px(8) <= x <= plot.area.right() + px(8):
            self._point(self.index_at(x))
        else:
            self._point(-1)

    def leaveEvent(self, _event: QEvent) -> None:  # noqa: N802
        self._point(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        last = len(self._data) - 1
        leap = max(1, last // _LEAPS)
        here = self._at if self._at >= 0 else last + 1
        goal = {
            Qt.Key.Key_Left: here - 1,
            Qt.Key.Key_Right: here + 1,
            Qt.Key.Key_PageUp: here - leap,
            Qt.Key.Key_PageDown: here + leap,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if goal is not None and last >= 0:
            self._point(max(0, min(last, goal)), speak=True)
        elif event.key() == Qt.Key.Key_Escape and self._at >= 0:
            self._point(-1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        self._ring = ringed(event.reason(), self._ring)
        self._focused = True
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:  # noqa: N802
        self._focused = False
        self._point(-1)
        self.update()

    def _point(self, index: int, *, speak: bool = False) -> None:
        if index == self._at:
            return
        self._at = index
        self.update()
        self.pointed.emit(index)
        if speak and index >= 0 and QAccessible.isActive():
            said = ", ".join(self.readout(index)).replace(HIDDEN, "amount hidden")
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))

    def _describe(self) -> None:
        self.setAccessibleName(f"{self._name}, chart")
        self.setAccessibleDescription(self._description())

    def _description(self) -> str:
        data = self._data
        if not data:
            return self._nothing
        last = len(data) - 1
        ends = []
        for index in sorted({0, last}):
            amount = money(data.value(index), data.currency, private=False)
            when = moment_label(data.xs[index], intraday=data.intraday)
            ends.append(when if self._private else f"{when} {amount}")
        words = [f"{data.span}: " if data.span else "", " to ".join(ends)]
        if last:
            first, newest = data.value(0), data.value(last)
            share = change_percent(first, newest)
            change = spoken_change(newest - first, share, data.currency, private=self._private)
            words.append(f", {change}")
        words.append(".")
        notes = data.private_notes if self._private else data.notes
        hidden = "Amounts are hidden." if self._private else ""
        hint = "Left and Right read the values out." if last else ""
        return " ".join(part for part in ("".join(words), notes, hidden, hint) if part)
