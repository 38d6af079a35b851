"""The Activity page without a widget: which entries are asked for, filtered how, and the words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.activity_rows import ALL, KINDS, ActivityRow
from brokerdesk.ui.viewmodels.date_ranges import CUSTOM, EVER, RANGES, DateRange
from brokerdesk.ui.viewmodels.state import WindowState


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityQuery:
    """Accounts with their names, and the span of time."""

    accounts: tuple[tuple[str, str], ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    every_source: bool = False
    """True: also of accounts that are counted through another one."""


class ActivityPort(Protocol):
    """Where entries come from."""

    def load(
        self,
        query: ActivityQuery,
        done: Callable[[tuple[ActivityRow, ...]], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityState:
    """All that the page shows."""

    rows: tuple[ActivityRow, ...] = ()
    kind: str = ALL
    range: DateRange = field(default_factory=DateRange)
    first: date | None = None
    last: date | None = None
    problem: str = ""
    loading: bool = False
    summary: str = ""
    nothing: str = ""
    currencies: tuple[str, ...] = ()
    several: bool = False
    """Whether there is more than one account, so that each row names its own."""
    left_out: bool = False
    """Whether an account in scope is counted through another one."""
    every_source: bool = False


class ActivityViewModel(QObject):
    """State and intents of the list.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(
        self, port: ActivityPort, clock: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._port, self._clock = port, clock
        self._window = WindowState()
        self._range = DateRange()
        self._kind = ALL
        self._query: ActivityQuery | None = None
        self._all: tuple[ActivityRow, ...] = ()
        self._loading = False
        self._every_source = False
        self._problem = ""
        self.state = ActivityState()

    def show(self, window: WindowState) -> None:
        """The window's state is this one now: other accounts or another moment are read anew."""
        self._window = window
        self._ask(again=False)

    def refresh(self) -> None:
        """Something was stored: read again."""
        self._ask(again=True)

    def choose_kind(self, kind: str) -> None:
        """Show only entries of this kind."""
        if kind in dict(KINDS) and kind != self._kind:
            self._kind = kind
            self._publish()

    def choose_range(self, key: str) -> None:
        """Show another span; a custom one begins as the one before it."""
        if key not in dict(RANGES) or key == self._range.key:
            return
        first, last = self._range.days(self._today())
        if key == CUSTOM:
            self._range = self._range.with_days(first or self._oldest(last), last)
        else:
            self._range = DateRange(key=key)
        self._ask(again=False)

    def start_with(self, key: str) -> None:
        """The range of the last time; nothing is read before the page is shown."""
        if key in dict(RANGES) and key != CUSTOM:
            self._range = DateRange(key=key)

    def choose_days(self, first: date, last: date) -> None:
        """Show the days between these two, both included."""
        self._range = self._range.with_days(first, last)
        self._ask(again=False)

    def show_every_source(self, on: bool) -> None:
        """List what accounts report that are counted through another one, too."""
        if on != self._every_source:
            self._every_source = on
            self._ask(again=False)

    def everything(self) -> None:
        """All kinds, all times: when one entry is looked for."""
        self._kind = ALL
        self._range = DateRange(key=EVER)
        self._ask(again=False)

    @property
    def accounts(self) -> tuple[tuple[str, str], ...]:
        """Keys and names of the accounts in scope."""
        return tuple((row.key, row.title) for row in self._window.figures.accounts)

    # inside

    def _end(self) -> datetime:
        return self._window.past or self._window.now or self._clock()

    def _today(self) -> date:
        return self._end().astimezone(fmt.market_zone()).date()

    def _oldest(self, last: date) -> date:
        if self._all:
            return self._all[-1].time.astimezone(fmt.market_zone()).date()
        return last

    def _ask(self, *, again: bool) -> None:
        self._problem = self._range.problem(self._today())
        if self._problem:
            self._publish()
            return
        past = self._window.past
        since, until = self._range.moments(self._end(), open_end=past is None)
        query = ActivityQuery(
            accounts=self.accounts, since=since, until=until, every_source=self._every_source
        )
        if query == self._query and not again:
            self._publish()
            return
        if self._query is not None and query.accounts != self._query.accounts:
            self._all = ()
        self._query = query
        self._loading = True
        self._publish()
        self._port.load(
            query,
            lambda rows: self._on_loaded(query, rows),
            lambda error: self._on_failed(query, error),
        )

    def _on_loaded(self, query: ActivityQuery, rows: tuple[ActivityRow, ...]) -> None:
        if isValid(self) and query is self._query:
            self._all, self._loading = rows, False
            self._publish()

    def _on_failed(self, query: ActivityQuery, error: BaseException) -> None:
        if isValid(self) and query is self._query:
            self._loading = False
            self._query = None
            known = isinstance(error, BrokerDeskError)
            self._problem = error.title if known else "The entries could not be read."  # type: ignore[attr-defined]
            self._publish()

    def _publish(self) -> None:
        rows = self._all
        if self._kind != ALL:
            rows = tuple(row for row in rows if row.kind == self._kind)
        if rows == self.state.rows:
            rows = self.state.rows
        first, last = self._range.days(self._today())
        self.state = ActivityState(
            rows=rows,
            kind=self._kind,
            range=self._range,
            first=first,
            last=last,
            problem=self._problem,
            loading=self._loading and not self._all,
            summary=fmt.count(len(rows), "entry", "entries"),
            nothing=self._nothing(),
            currencies=tuple(sorted({row.currency for row in rows})),
            several=len(self.accounts) > 1,
            left_out=any(row.through for row in self._window.figures.accounts),
            every_source=self._every_source,
        )
        self.changed.emit()

    def _nothing(self) -> str:
        if not self.accounts:
            return "No accounts yet.\nTransactions appear here after the first refresh."
        kind = dict(KINDS)[self._kind].lower()
        what = "activity" if self._kind == ALL else "other entries" if kind == "other" else kind
        accounts = self.accounts
        where = tame(accounts[0][1]) if len(accounts) == 1 else fmt.count(len(accounts), "account")
        first, last = self._range.days(self._today())
        span = (
            f"{fmt.day(first)} to {fmt.day(last)}" if first is not None else f"to {fmt.day(last)}"
        )
        if first is None and self._kind == ALL:
            return f"No {what}.\nNothing is stored for {where} up to {fmt.day(last)}."
        return f"No {what} in this range.\nNothing is stored for {where}, {span}."
