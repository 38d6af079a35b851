"""A line that is explored: which part of it is seen, what is read out of it, and in which words.

Places are days; between two of them lies what hand and keys move. Values stay whole numbers and
exact amounts: they become pixels where they are drawn.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from PySide6.QtCore import QObject, Signal

from brokerdesk.facts import dataclass
from brokerdesk.services.history import CARRY_DAYS
from brokerdesk.services.history_ranges import SPOKEN, Range, starts
from brokerdesk.ui import format as fmt
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.widgets.charts.data import LineData, change_percent
from brokerdesk.ui.widgets.charts.labels import (
    glyph,
    moment_label,
    money,
    percent,
    signed_money,
    spoken_change,
)

RANGES = (Range.MONTH, Range.QUARTER, Range.YEAR_TO_DATE, Range.YEAR, Range.FIVE_YEARS, Range.ALL)
LEAST = 6
"""Days that are seen at the least."""
PAN, LEAP, ZOOM = 0.1, 0.9, 1.4
READING = "Reading the history…"
HINT = (
    "Left and Right move along time, plus and minus zoom, Home shows all, "
    "Shift with Left or Right reads the values out."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What the line is of. Prices stay visible while amounts are hidden; quantities do not."""

    title: str
    priced: bool = False
    came: str = "Deposit"
    went: str = "Withdrawal"

    @property
    def column(self) -> str:
        """The title of the values in a table."""
        return "Price" if self.priced else "Value"

    @property
    def flows(self) -> str:
        """The title of what came and went in a table."""
        return "Bought, sold" if self.priced else "Deposits, withdrawals"


@dataclass(frozen=True, slots=True)
class Readout:
    """One point in words: the change since the left edge has its sign, arrow and colour."""

    day: str
    value: str
    change: str = ""
    glyph: str = ""
    tone: str = "text"
    since: str = ""
    more: str = ""
    spoken: str = ""


NO_READOUT = Readout("", "")


class ChartModel(QObject):
    """One line and the part of it that is seen.

    Signals:
        changed: another line, other words, or amounts are hidden or shown.
        moved: another part of the line is seen.
        pointed: another point is read out.
    """

    changed = Signal()
    moved = Signal()
    pointed = Signal()

    def __init__(
        self, subject: Subject, clock: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.subject, self.clock = subject, clock
        self.data = LineData()
        self.nothing = READING
        self.choice: Range | None = Range.YEAR
        """The range that is seen; None: hand or keys chose another part."""
        self.left = self.right = 0.0
        self._today = date.min
        self._at = -1
        privacy().changed.connect(self._on_privacy)

    # what is shown

    def show_line(self, data: LineData, today: date, nothing: str = "") -> None:
        """Show this line, which ends ``today`` at the latest; what was looked at stays in sight."""
        if data == self.data and today == self._today and nothing == self.nothing:
            return
        at_end = bool(self.data) and self.right >= self.data.xs[-1]
        span = self.right - self.left
        self.data, self._today, self.nothing = data, today, nothing
        self._at = -1
        if data and self.choice is not None:
            self.left, self.right = self._bounds(self.choice)
        elif data:
            self._set(self.left if not at_end else data.xs[-1] - span,
                      self.right if not at_end else float(data.xs[-1]))  # fmt: skip
        self.changed.emit()

    def set_nothing(self, words: str) -> None:
        """Why there is no line."""
        if words != self.nothing:
            self.nothing = words
            self.changed.emit()

    def set_subject(self, subject: Subject) -> None:
        if subject != self.subject:
            self.subject = subject
            self.changed.emit()

    @property
    def empty(self) -> bool:
        """Whether there are too few points for a line."""
        return len(self.data) < 2

    @property
    def private(self) -> bool:
        """Whether the line's values are hidden."""
        return privacy().on and not self.subject.priced

    def _on_privacy(self) -> None:
        self.changed.emit()

    # the part that is seen

    def choose(self, chosen: Range) -> None:
        """Show a range that ends with the line."""
        self.choice = chosen
        if not self.empty:
            self.left, self.right = self._bounds(chosen)
            self.moved.emit()

    def reset(self) -> None:
        """Show all of it."""
        self.choose(Range.ALL)

    def look(self, left: float, right: float) -> None:
        """Show this part, or as much of it as there is."""
        if self.empty:
            return
        before = (self.left, self.right)
        self._set(left, right)
        if (self.left, self.right) != before:
            self.choice = None
            self.moved.emit()

    def pan(self, share: float) -> None:
        """Move along time by a share of what is seen; below zero: back."""
        step = (self.right - self.left) * share
        self.look(self.left + step, self.right + step)

    def zoom(self, factor: float, around: float | None = None) -> None:
        """See so many times more (above 1) or less of it, around a place, else the right end."""
        place = self.right if around is None else around
        self.look(place - (place - self.left) * factor, place + (self.right - place) * factor)

    def _bounds(self, chosen: Range) -> tuple[float, float]:
        first, last = self.data.xs[0], self.data.xs[-1]
        start = starts(chosen, max(self._today, date.fromordinal(last)))
        left = first if start is None else max(first, min(start.toordinal(), last - LEAST))
        # As the small chart: it begins with the last value up to the range's first day.
        before = self.data.xs[max(0, bisect_right(self.data.xs, left) - 1)]
        left = before if left - before <= CARRY_DAYS else left
        return float(min(left, last - 1)), float(last)

    def _set(self, left: float, right: float) -> None:
        first, last = self.data.xs[0], self.data.xs[-1]
        span = max(min(right - left, last - first), min(LEAST, last - first))
        left = min(max(left, first), last - span)
        self.left, self.right = left, left + span

    @property
    def begin(self) -> int:
        """The first point in sight; the one that a change is measured from."""
        return min(bisect_left(self.data.xs, self.left), len(self.data) - 1)

    @property
    def last(self) -> int:
        """The last point in sight."""
        return max(bisect_right(self.data.xs, self.right) - 1, 0)

    def drawn(self) -> tuple[int, int]:
        """The points in sight and a neighbour at each side, to which the line leads."""
        return max(0, self.begin - 1), min(len(self.data), self.last + 2)

    # one point

    @property
    def at(self) -> int:
        """The point that is read out; the last one in sight until hand or keys choose another."""
        return self._at if self._at >= 0 else self.last

    @property
    def pointing(self) -> bool:
        """Whether hand or keys chose a point."""
        return self._at >= 0

    def point(self, x: float | None) -> None:
        """Read out the point nearest to a place; None: none is pointed at."""
        at = -1
        if x is not None and not self.empty:
            at = max(self.begin, min(self.last, self.data.nearest(x)))
        self._point(at)

    def step(self, by: int) -> None:
        """Go to the next point, or the one before, and along with it."""
        if self.empty:
            return
        here = self._at if self._at >= 0 else self.last + (1 if by < 0 else 0)
        goal = max(0, min(len(self.data) - 1, here + by))
        x, span = self.data.xs[goal], self.right - self.left
        if x < self.left:
            self.look(x, x + span)
        elif x > self.right:
            self.look(x - span, x)
        self._point(goal)

    def _point(self, at: int) -> None:
        if at != self._at:
            self._at = at
            self.pointed.emit()

    def readout(self) -> Readout:
        """What is written over the line."""
        if self.empty:
            return NO_READOUT
        data, at, begin = self.data, self.at, min(self.begin, self.at)
        value, first = data.value(at), data.value(begin)
        day = moment_label(data.xs[at], intraday=False)
        shown = self._value(value)
        spoken = [day, "amount hidden" if self.private else shown]
        change, tone, arrow, since = "", "text", "", ""
        if at > begin:
            share, moved = change_percent(first, value), value - first
            words = [] if self.private else [self._change(moved)]
            words += [percent(share)] if share is not None else []
            change, arrow = "  ".join(words) or DOTS, glyph(moved)
            tone = "text" if not arrow else "gain" if moved > 0 else "loss"
            since = f"since {moment_label(data.xs[begin], intraday=False)}"
            spoken.append(
                spoken_change(moved, share, data.currency, private=self.private) + f" {since}"
            )
        more = self._remarks(at)
        spoken += [one.replace(DOTS, "amount hidden") for one in more]
        return Readout(day, shown, change, arrow, tone, since, " · ".join(more), ", ".join(spoken))

    def _remarks(self, at: int) -> list[str]:
        data = self.data
        before = data.xs[at - 1] if at else data.xs[0] - 1
        found = []
        for mark in data.marks:
            if before < mark.x <= data.xs[at]:
                word = self.subject.came if mark.amount > 0 else self.subject.went
                found.append(f"{word} {self._flow(abs(mark.amount))}")
        if carried := data.is_carried(at):
            found.append(f"{fmt.count(carried, 'account')} as read before")
        if data.xs[at] in data.told:
            found.append("In part as told by the broker later")
        return found

    def _value(self, value: Decimal) -> str:
        if self.subject.priced:
            return fmt.price(value)
        return money(value, self.data.currency, private=self.private)

    def _change(self, value: Decimal) -> str:
        if self.subject.priced:
            return fmt.change(value)
        return signed_money(value, self.data.currency, private=self.private)

    def _flow(self, amount: Decimal) -> str:
        if self.subject.priced:
            return privacy().hide(fmt.quantity(amount))
        return money(amount, self.data.currency, private=privacy().on)

    # for screen readers

    def description(self) -> str:
        """What is seen, in a sentence: range, first and last value, change."""
        if self.empty:
            return self.nothing
        data, begin, last = self.data, self.begin, self.last
        ends = []
        for at in (begin, last):
            day = moment_label(data.xs[at], intraday=False)
            ends.append(day if self.private else f"{day} {self._value(data.value(at))}")
        first, newest = data.value(begin), data.value(last)
        change = spoken_change(
            newest - first, change_percent(first, newest), data.currency, private=self.private
        )
        span = f"{SPOKEN[self.choice]}: " if self.choice is not None else ""
        hidden = " Amounts are hidden." if self.private else ""
        return f"{span}{ends[0]} to {ends[1]}, {change}.{hidden} {HINT}"
