"""A month as six weeks from Monday to Sunday, with a dot under every saved day.

Painted, because Qt's own calendar cannot be dressed as needed. It knows which days are saved and
nothing of what happens when one is chosen.
"""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from brokerdesk.services.days import SavedDays, weekdays
from brokerdesk.services.history_ranges import months_before
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.basics import icon_button

_CELL, _ROW, _HEAD = 38, 30, 24
_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_WEEK = 7
_WEEKS = 6


class MonthGrid(QWidget):
    """The days of one month.

    Signals:
        chosen: the user chose this day.
        turned: another month is shown.
    """

    chosen = Signal(object)
    turned = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._saved = SavedDays()
        self._today = date.min
        self._marked: date | None = None
        self.cursor_day = date.min
        """Where the keys are; its month is the one that is shown."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(px(_CELL) * _WEEK, px(_HEAD) + px(_ROW) * _WEEKS)
        theme().changed.connect(self.update)

    def show_days(self, saved: SavedDays, marked: date | None, today: date) -> None:
        """Show which days are saved, and the one whose figures are shown."""
        self._saved, self._today = saved, today
        if marked != self._marked or self.cursor_day == date.min:
            self._marked = marked
            self.cursor_day = marked or today
        self._settle()

    @property
    def month(self) -> tuple[int, int]:
        return self.cursor_day.year, self.cursor_day.month

    def turn(self, by: int) -> None:
        """Another month: ``by`` months later."""
        goal = months_before(self.cursor_day, -by)
        self._put(min(goal, self._today))

    def day_at(self, x: float, y: float) -> date | None:
        """The day of the month under a point."""
        if y < px(_HEAD) or not 0 <= x < px(_CELL) * _WEEK:
            return None
        column = int(x // px(_CELL))
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            column = _WEEK - 1 - column
        place = int((y - px(_HEAD)) // px(_ROW)) * _WEEK + column
        day = self._first() + timedelta(days=place)
        return day if (day.year, day.month) == self.month else None

    def place(self, day: date) -> QRectF:
        """Where a day of the month is drawn."""
        number = (day - self._first()).days
        column = number % _WEEK
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            column = _WEEK - 1 - column
        top = px(_HEAD) + number // _WEEK * px(_ROW)
        return QRectF(column * px(_CELL), top, px(_CELL), px(_ROW))

    def _first(self) -> date:
        """The Monday on or before the first of the month."""
        first = self.cursor_day.replace(day=1)
        return first - timedelta(days=first.weekday())

    def _put(self, day: date) -> None:
        month = self.month
        self.cursor_day = day
        self._settle()
        if month != self.month:
            self.turned.emit()

    def _settle(self) -> None:
        day = self.cursor_day
        kind = "snapshot saved" if self._saved.at(day) is not None else "no snapshot"
        shown = ", shown" if day == self._marked else ""
        self.setAccessibleName(f"Calendar, {day:%A} {fmt.day(day)}, {kind}{shown}")
        self.update()

    # the user

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        key = Qt.Key(event.key())
        ahead = -1 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 1
        days = {
            Qt.Key.Key_Left: -ahead,
            Qt.Key.Key_Right: ahead,
            Qt.Key.Key_Up: -_WEEK,
            Qt.Key.Key_Down: _WEEK,
        }
        if key in days:
            self._put(min(self.cursor_day + timedelta(days=days[key]), self._today))
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.turn(-1 if key == Qt.Key.Key_PageUp else 1)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._to_end(first=key == Qt.Key.Key_Home)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.cursor_day)
        else:
            event.ignore()

    def _to_end(self, *, first: bool) -> None:
        days = self._saved.days
        if days:
            self._put(days[0].day if first else days[-1].day)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        day = self.day_at(event.position().x(), event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and day is not None and day <= self._today:
            self._put(day)
            self.chosen.emit(day)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            day = self.day_at(event.pos().x(), event.pos().y())
            if day is not None:
                QToolTip.showText(event.globalPos(), tooltip(self._said(day)), self)
            return True
        return super().event(event)

    def _said(self, day: date) -> str:
        found = self._saved.at(day)
        if found is None:
            return f"{fmt.day(day)}: no snapshot"
        if found.carried:
            return f"{fmt.day(day)}: {found.own} of {fmt.count(found.accounts, 'account')}"
        return f"{fmt.day(day)}: {fmt.count(found.own, 'account')}"

    # painting

    def sizeHint(self) -> QSize:  # noqa: N802
        return self.minimumSize()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        first = self._first()
        with QPainter(self) as painter:
            painter.setFont(theme().font("caption"))
            painter.setPen(theme().colour("text3"))
            for number, name in enumerate(_DAYS):
                box = self.place(first + timedelta(days=number))
                box.moveTop(0)
                box.setHeight(px(_HEAD))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name)
            painter.setFont(theme().font("body", figures=True))
            for number in range(_WEEK * _WEEKS):
                day = first + timedelta(days=number)
                if (day.year, day.month) == self.month:
                    self._paint_day(painter, day)

    def _paint_day(self, painter: QPainter, day: date) -> None:
        saved, marked = self._saved.at(day) is not None, day == self._marked
        box, look = self.place(day), theme()
        plate = box.adjusted(px(2), px(1), -px(2), -px(1))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if marked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("warn"))
            painter.drawRoundedRect(plate, 6, 6)
        elif day == self._today:
            painter.setPen(QPen(look.colour("line2"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(plate.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if self.hasFocus() and day == self.cursor_day:
            painter.setPen(QPen(look.colour("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(plate.adjusted(1, 1, -1, -1), 6, 6)
        tone = "surface" if marked else "text" if saved else "text3"
        painter.setPen(look.colour(tone))
        painter.drawText(box.adjusted(0, 0, 0, -px(6)), Qt.AlignmentFlag.AlignCenter, str(day.day))
        if saved:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("surface" if marked else "accent"))
            dot = QRectF(0, 0, px(4), px(4))
            dot.moveCenter(box.center())
            dot.moveBottom(box.bottom() - px(3))
            painter.drawEllipse(dot)
        painter.restore()


class Calendar(QWidget):
    """A month with its name, arrows, and how many of its weekdays are saved.

    Signals:
        chosen: the user chose this day.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.grid = MonthGrid()
        self._saved, self._today = SavedDays(), date.min
        self._title = PlainLabel("", "strong")
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._count = PlainLabel("", "small", "text3", figures=True)
        back = icon_button(
            "chevron-left", "Month before", "", lambda: self.grid.turn(-1), small=True
        )
        on = icon_button("chevron-right", "Month after", "", lambda: self.grid.turn(1), small=True)
        head = QHBoxLayout()
        head.addWidget(back)
        head.addWidget(self._title, 1)
        head.addWidget(on)
        foot = QHBoxLayout()
        foot.addWidget(_Key())
        foot.addStretch(1)
        foot.addWidget(self._count)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(4))
        column.addLayout(head)
        column.addWidget(self.grid, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(foot)
        self.grid.turned.connect(self._say)
        self.grid.chosen.connect(self.chosen)

    def show_days(self, saved: SavedDays, marked: date | None, today: date) -> None:
        """Show which days are saved, and the one whose figures are shown."""
        self._saved, self._today = saved, today
        self.grid.show_days(saved, marked, today)
        self._say()

    @property
    def words(self) -> tuple[str, str]:
        """The month, and how many of its weekdays are saved."""
        return self._title.text(), self._count.text()

    def _say(self) -> None:
        year, month = self.grid.month
        self._title.setText(f"{date(year, month, 1):%B} {year}")
        saved = sum(day.weekday() < 5 for day in self._saved.in_month(year, month))
        whole = weekdays(year, month, self._today)
        self._count.setText(f"{saved} of {fmt.count(whole, 'weekday')}" if whole else "")


class _Key(QWidget):
    """What the dots mean."""

    def __init__(self) -> None:
        super().__init__()
        words = PlainLabel("snapshot saved", "small", "text3")
        row = QHBoxLayout(self)
        row.setContentsMargins(px(12), 0, 0, 0)
        row.addWidget(words)
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().colour("accent"))
            left = self.layoutDirection() == Qt.LayoutDirection.LeftToRight
            x = px(2) if left else self.width() - px(6)
            painter.drawEllipse(QRectF(x, (self.height() - px(4)) / 2, px(4), px(4)))
