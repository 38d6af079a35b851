"""The Orders page without a widget: which orders are asked for, which of them shown, the words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.date_ranges import CUSTOM, EVER, RANGES, DateRange
from brokerdesk.ui.viewmodels.order_rows import OrderRow
from brokerdesk.ui.viewmodels.state import Message, WindowState

WORKING, TODAY, ALL = "working", "today", "all"
VIEWS = ((WORKING, "Working"), (TODAY, "Today"), (ALL, "All"))
APPEAR = "Press Ctrl+N to write one."
_EMPTY = {
    WORKING: "No working orders.",
    TODAY: "No orders today.",
    ALL: "No orders in this range.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersQuery:
    """Accounts with their names, and since when; None: as far back as there is anything."""

    accounts: tuple[tuple[str, str], ...] = ()
    since: datetime | None = None
    every_source: bool = False
    """True: also of accounts that are counted through another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersFound:
    """What was read. ``trouble`` says why the journal of orders is not part of it, "" if it is."""

    rows: tuple[OrderRow, ...] = ()
    trouble: str = ""


class OrdersPort(Protocol):
    """Where orders come from."""

    def load(
        self,
        query: OrdersQuery,
        done: Callable[[OrdersFound], object],
        failed: Callable[[BaseException], object],
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersState:
    """All that the page shows."""

    rows: tuple[OrderRow, ...] = ()
    view: str = TODAY
    working: int = 0
    today: int = 0
    range: DateRange = field(default_factory=DateRange)
    first: date | None = None
    last: date | None = None
    problem: str = ""
    note: Message | None = None
    """What is said above the list: the journal cannot be used."""
    loading: bool = False
    summary: str = ""
    nothing: str = ""
    several: bool = False
    left_out: bool = False
    """Whether an account in scope is counted through another one."""
    every_source: bool = False


class OrdersViewModel(QObject):
    """State and intents of the list.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(
        self, port: OrdersPort, clock: Callable[[], datetime], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._port, self._clock = port, clock
        self._window = WindowState()
        self._view = TODAY
        self._range = DateRange()
        self._query: OrdersQuery | None = None
        self._found = OrdersFound()
        self._held = ""
        self._loading = False
        self._every_source = False
        self._problem = ""
        self.state = OrdersState()

    def show(self, window: WindowState) -> None:
        """The window's state is this one now: other accounts are read anew."""
        self._window = window
        self._ask(again=False)

    def refresh(self) -> None:
        """Something was stored: read again."""
        self._ask(again=True)

    def choose(self, view: str) -> None:
        """Working orders, those of today, or all of a range."""
        if view in dict(VIEWS) and view != self._view:
            self._view, self._held = view, ""
            self._ask(again=False)

    def hold(self, key: str) -> None:
        """This one is being looked at: it stays in the list when it is settled meanwhile, until
        another one is looked at and the list is read again.
        """
        self._held = key

    def choose_range(self, key: str) -> None:
        """Another span of all orders; a custom one begins as the one before it."""
        if key not in dict(RANGES) or key == self._range.key:
            return
        first, last = self._range.days(self._today())
        if key == CUSTOM:
            self._range = self._range.with_days(first or last, last)
        else:
            self._range = DateRange(key=key)
        self._ask(again=False)

    def choose_days(self, first: date, last: date) -> None:
        """All orders between these days, both included."""
        self._range = self._range.with_days(first, last)
        self._ask(again=False)

    def start_with(self, view: str, key: str) -> None:
        """The choice of the last time; nothing is read before the page is shown."""
        if view in dict(VIEWS):
            self._view = view
        if key in dict(RANGES) and key != CUSTOM:
            self._range = DateRange(key=key)

    def show_every_source(self, on: bool) -> None:
        """List what accounts report that are counted through another one, too."""
        if on != self._every_source:
            self._every_source = on
            self._ask(again=False)

    def everything(self) -> None:
        """All orders of all times: when one is looked for."""
        self._view = ALL
        self._range = DateRange(key=EVER)
        self._ask(again=False)

    # inside

    @property
    def _accounts(self) -> tuple[tuple[str, str], ...]:
        return tuple((row.key, row.title) for row in self._window.figures.accounts)

    def _now(self) -> datetime:
        return self._window.now or self._clock()

    def _today(self) -> date:
        return _day(self._now())

    def _ask(self, *, again: bool) -> None:
        ranged = self._view == ALL
        self._problem = self._range.problem(self._today()) if ranged else ""
        if self._problem:
            self._publish()
            return
        span = self._range
        if not ranged:
            span = DateRange().with_days(self._today(), self._today())
        since, _ = span.moments(self._now(), open_end=True)
        query = OrdersQuery(accounts=self._accounts, since=since, every_source=self._every_source)
        if query == self._query and not again:
            self._publish()
            return
        if self._query is not None and query.accounts != self._query.accounts:
            self._found = OrdersFound()
        self._query = query
        self._loading = True
        self._publish()
        self._port.load(
            query,
            lambda found: self._on_loaded(query, found),
            lambda error: self._on_failed(query, error),
        )

    def _on_loaded(self, query: OrdersQuery, found: OrdersFound) -> None:
        if isValid(self) and query is self._query:
            self._found, self._loading = found, False
            self._publish()

    def _on_failed(self, query: OrdersQuery, error: BaseException) -> None:
        if isValid(self) and query is self._query:
            self._loading = False
            self._query = None
            known = isinstance(error, BrokerDeskError)
            self._problem = error.title if known else "The orders could not be read."  # type: ignore[attr-defined]
            self._publish()

    def _publish(self) -> None:
        rows = self._same_objects(filter(self._shown, self._found.rows))
        first, last = self._range.days(self._today())
        nothing = _EMPTY[self._view]
        if self._view == ALL and first is None:
            nothing = "No orders."
        if not self._accounts:
            nothing = "No accounts yet."
        today = self._today()
        self.state = OrdersState(
            rows=rows,
            view=self._view,
            working=sum(row.live for row in self._found.rows),
            today=sum(_on_day(row, today) for row in self._found.rows),
            range=self._range,
            first=first,
            last=last,
            problem=self._problem,
            note=_note(self._found.trouble),
            loading=self._loading and not self._found.rows,
            summary=fmt.count(len(rows), "order"),
            nothing=f"{nothing}\n{APPEAR}" if self._accounts else nothing,
            several=len(self._accounts) > 1,
            left_out=any(row.through for row in self._window.figures.accounts),
            every_source=self._every_source,
        )
        self.changed.emit()

    def _same_objects(self, found: filter[OrderRow]) -> tuple[OrderRow, ...]:
        """Rows that are equal to shown ones are those: what did not change is not touched."""
        before = {row.key: row for row in self.state.rows}
        rows = tuple(
            old if (old := before.get(row.key)) is not None and old == row else row for row in found
        )
        return self.state.rows if rows == self.state.rows else rows

    def _shown(self, row: OrderRow) -> bool:
        if self._view == WORKING:
            return row.live or (row.key == self._held and self._was_shown(row.key))
        if self._view == TODAY:
            return row.unknown or _on_day(row, self._today())
        moments = [one for one in (row.time, row.closed) if one is not None]
        first, last = self._range.days(self._today())
        if not moments:
            return True
        entered = _day(row.time or moments[0])
        return (first is None or entered >= first) and entered <= last

    def _was_shown(self, key: str) -> bool:
        return any(row.key == key for row in self.state.rows)


def _note(trouble: str) -> Message | None:
    if not trouble:
        return None
    return Message(
        key="journal",
        kind="error",
        title="The order journal cannot be used.",
        text=f"{trouble} These are the orders that your brokers reported. Nothing can be sent.",
    )


def _on_day(row: OrderRow, today: date) -> bool:
    moments = [one for one in (row.time, row.closed) if one is not None]
    return any(_day(one) == today for one in moments)


def _day(moment: datetime) -> date:
    return moment.astimezone(fmt.market_zone()).date()
