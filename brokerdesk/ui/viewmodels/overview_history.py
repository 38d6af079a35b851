"""When the Overview's history is read anew, and whose it is. No widget; the port is handed in.

Every committed account would be a reason to read it; so one reading runs at a time, and whatever
came meanwhile is one more reading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.facts import dataclass
from brokerdesk.ui.viewmodels.base_words import oldest_day
from brokerdesk.ui.viewmodels.overview import leading
from brokerdesk.ui.viewmodels.state import Figures, Query

if TYPE_CHECKING:
    from brokerdesk.services.history import History
    from brokerdesk.services.history_facts import ValueLine


class HistoryPort(Protocol):
    """Where histories come from."""

    def daily(
        self,
        environment: str,
        currency: str,
        accounts: Sequence[str],
        done: Callable[[History], object],
        failed: Callable[[BaseException], object],
        *,
        together: bool = False,
    ) -> None: ...

    def day(
        self,
        environment: str,
        currency: str,
        accounts: Sequence[str],
        day: date,
        until: datetime | None,
        done: Callable[[ValueLine], object],
        failed: Callable[[BaseException], object],
        *,
        together: bool = False,
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whose history, and what tells that it has grown. ``together``: of all currencies."""

    environment: str
    currency: str
    together: bool
    rated: date | None
    scope: tuple[str, ...]
    past: datetime | None
    value: Decimal | None
    newest: datetime | None
    today: date
    left_out: tuple[str, ...] = ()
    """Accounts that are counted through another one: their days are others' days."""


SELDOM = timedelta(seconds=10)
"""Between two readings of the same history while a refresh runs."""


class HistoryFeed(QObject):
    """Reads the history of the leading total whenever that can have changed.

    Signals:
        shown: a ``History`` and the day on which its ranges end.
        day_shown: a ``ValueLine`` of one day.
        failed: the error for which there is no history.
    """

    shown = Signal(object, object)
    day_shown = Signal(object)
    failed = Signal(object)

    def __init__(self, port: HistoryPort, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self._asked: Asked | None = None
        self._read_at: datetime | None = None
        self._running = self._again = False

    @property
    def asked(self) -> Asked | None:
        """What was asked for last."""
        return self._asked

    def follow(
        self, figures: Figures, query: Query, now: datetime, *, refreshing: bool = False
    ) -> None:
        """Take notice of these figures. While they come in account by account (``refreshing``) the
        same history is read seldom: whoever follows tells the last of them when that has ended.
        """
        asked = _asked(figures, query, now)
        if asked is None or asked == self._asked:
            return
        known = self._asked
        same = known is not None and _whose(known) == _whose(asked) and known.today == asked.today
        if refreshing and same and self._read_at is not None and now - self._read_at < SELDOM:
            return
        self._asked, self._read_at = asked, now
        self._read()

    def restart(self) -> None:
        """The profile was opened (again): what was asked of the one before will not be answered."""
        self._running = self._again = False
        self._asked = None

    def want_day(self) -> None:
        """Read the day on which the ranges end."""
        asked = self._asked
        if asked is None:
            return
        self._port.day(
            asked.environment,
            asked.currency,
            asked.scope,
            asked.today,
            asked.past,
            lambda line: self._on_day(asked, line),
            self._on_day_failed,
            together=asked.together,
        )

    def _read(self) -> None:
        if self._running:
            self._again = True
            return
        asked = self._asked
        assert asked is not None
        self._running = True
        self._port.daily(
            asked.environment,
            asked.currency,
            asked.scope,
            lambda history: self._on_history(asked, history),
            self._on_failed,
            together=asked.together,
        )

    def _on_history(self, asked: Asked, history: History) -> None:
        if not isValid(self):
            return  # the page was built anew meanwhile
        self._running = False
        now = self._asked
        same = now is not None and _whose(now) == _whose(asked)
        if self._again:
            self._again = False
            self._read()
        if same:
            self.shown.emit(history, asked.today)

    def _on_failed(self, error: BaseException) -> None:
        if not isValid(self):
            return
        self._running = self._again = False
        self._asked = None
        self.failed.emit(error)

    def _on_day(self, asked: Asked, line: ValueLine) -> None:
        if isValid(self) and self._asked is not None and _whose(self._asked) == _whose(asked):
            self.day_shown.emit(line)

    def _on_day_failed(self, _error: BaseException) -> None:
        """The days around it stay, and reading the days tells of a cache that cannot be read."""


def _asked(figures: Figures, query: Query, now: datetime) -> Asked | None:
    row = leading(figures)
    if row is None:
        return None
    times = [one.fetched_at for one in figures.accounts if one.fetched_at is not None]
    return Asked(
        environment=row.environment,
        currency=row.currency,
        together=row in figures.combined,
        rated=oldest_day(row.rates),
        scope=query.scope,
        past=query.as_of,
        value=row.value,
        newest=max(times, default=None),
        today=new_york_day(query.as_of or now),
        left_out=tuple(one.key for one in figures.accounts if one.through),
    )


def _whose(asked: Asked) -> tuple[object, ...]:
    return (asked.environment, asked.currency, asked.together, asked.scope, asked.past)
