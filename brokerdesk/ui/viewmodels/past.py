"""Past days without a widget: which day is shown, which can be, and how to get from one to another.

The days themselves come through a port; the figures of a day come with the desk's, as always. It
must not know a widget, the database or a broker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from brokerdesk.domain.market_hours import end_of_day, new_york_day
from brokerdesk.services.days import SavedDay, SavedDays
from brokerdesk.services.history_ranges import months_before
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.viewmodels.days import EARLIEST, parse_day

EXAMPLES = "14 Aug 2026, 2026-08-14, 14.8.2026 or yesterday"


@dataclass(frozen=True, slots=True)
class Days:
    """Saved days, and the total value on each in ``currency`` (None: not known)."""

    saved: SavedDays = SavedDays()  # noqa: RUF009 - immutable
    values: tuple[Decimal | None, ...] = ()
    currency: str = ""


class DaysPort(Protocol):
    """Where saved days come from."""

    def load(self, scope: tuple[str, ...], done: Callable[[Days], object]) -> None:
        """Read the saved days of these accounts (none named: of all)."""
        ...


@dataclass(frozen=True, slots=True)
class PastState:
    """What the bar shows.

    ``day`` is the day that was asked for last; ``shown`` the one whose figures are there (None:
    now). ``index`` is its place among the days, or that of the last one before it. ``problem``
    says why there is no such day, with ``way_out`` for the day that is nearest.
    """

    days: Days = Days()
    day: date | None = None
    shown: date | None = None
    index: int = 0
    today: date = date.min
    loaded: bool = False
    problem: words.Words | None = None
    way_out: date | None = None

    @property
    def saved(self) -> SavedDays:
        return self.days.saved

    @property
    def here(self) -> date:
        """The day from which Earlier and Later go: the one asked for, else today."""
        return self.day or self.today

    @property
    def loading(self) -> bool:
        """Whether other figures were asked for than those that are shown."""
        return self.day != self.shown

    @property
    def title(self) -> str:
        """The day on the button: Fri 14 Aug 2026."""
        if self.day is None:
            return "Now"
        return f"{self.day:%a} {fmt.day(self.day)}"

    @property
    def current(self) -> SavedDay | None:
        """What is known of the day asked for, or of today."""
        return self.saved.at(self.here)


class PastViewModel(QObject):
    """State and intents of the bar of past days.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(
        self,
        clock: Callable[[], datetime],
        travel: Callable[[datetime | None], object],
        port: DaysPort,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock, self._travel, self._port = clock, travel, port
        self._scope: tuple[str, ...] | None = None
        self._asked: datetime | None = None
        self.state = PastState(today=new_york_day(clock()))

    # what happens around it

    def look(self, scope: tuple[str, ...], *, anew: bool = False) -> None:
        """Read the days of these accounts, if they are not those that are known."""
        if scope == self._scope and not anew:
            return
        self._scope = scope
        self._port.load(scope, lambda days: self._on_days(scope, days))

    def follow(self, asked: datetime | None, shown: datetime | None) -> None:
        """The window goes, or went, to a moment: by this bar or in any other way."""
        self._asked = asked
        today = new_york_day(self._clock())
        self._settle(
            replace(
                self.state,
                day=None if asked is None else new_york_day(asked),
                shown=None if shown is None else new_york_day(shown),
                today=today,
            )
        )
        self._straighten()

    # intents

    def go(self, day: date) -> None:
        """Show a day: as of its own moment, or of its end when nothing was saved on it."""
        if day >= self.state.today:
            self._set_out(None)
            return
        found = self.state.saved.at(day)
        self._set_out(found.moment if found is not None else end_of_day(day))

    def go_to(self, index: int) -> None:
        """Show the saved day of this number; the last one when it is beyond."""
        days = self.state.saved.days
        if days:
            self.go(days[max(0, min(index, len(days) - 1))].day)

    def earlier(self) -> None:
        self._step(self.state.saved.earlier(self.state.here))

    def later(self) -> None:
        self._step(self.state.saved.later(self.state.here))

    def month(self, by: int) -> None:
        """A month earlier (-1) or later (1), to the nearest saved day in that direction."""
        here = self.state.here
        self._step(self.state.saved.towards(here, months_before(here, -by)))

    def first(self) -> None:
        self.go_to(0)

    def last(self) -> None:
        self.go_to(len(self.state.saved) - 1)

    def type(self, text: str) -> str:
        """Go to the day that was typed. What is wrong with it, "" when it was understood."""
        text = text.strip()
        if not text:
            return f"Type a day, such as {EXAMPLES}."
        today = self.state.today
        day = parse_day(text, today)
        if day is None:
            future = parse_day(text, today + timedelta(days=365 * 50))
            if future is not None and future > today:
                return f"{fmt.day(future)} is still to come."
            return f"That is no day since {EARLIEST}. Write it as {EXAMPLES}."
        self.go(day)
        return ""

    # inside

    def _set_out(self, moment: datetime | None) -> None:
        """The next key counts from the day that was asked for, whether its figures are here or
        not.
        """
        self._travel(moment)
        self._asked = moment
        self._settle(replace(self.state, day=None if moment is None else new_york_day(moment)))

    def _step(self, found: SavedDay | None) -> None:
        if found is not None:
            self.go(found.day)

    def _on_days(self, scope: tuple[str, ...], days: Days) -> None:
        if not isValid(self) or scope != self._scope:
            return  # the bar was built anew, or another scope chosen, meanwhile
        self._settle(replace(self.state, days=days, loaded=True))
        self._straighten()

    def _straighten(self) -> None:
        """A day that was chosen elsewhere is shown as of its own moment, not of its midnight."""
        if self._asked is None or not self.state.loaded:
            return
        found = self.state.saved.at(new_york_day(self._asked))
        if found is not None and self._asked == end_of_day(found.day) != found.moment:
            self._travel(found.moment)

    def _settle(self, state: PastState) -> None:
        state = replace(state, index=state.saved.place(state.here), problem=None, way_out=None)
        if state.loaded and state.day is not None and state.saved.at(state.day) is None:
            nearest = state.saved.nearest(state.day)
            state = replace(
                state,
                problem=words.no_snapshot(state.day, nearest.moment if nearest else None),
                way_out=nearest.day if nearest else None,
            )
        if state != self.state:
            self.state = state
            self.changed.emit()
