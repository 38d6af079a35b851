"""The Positions page without a widget: which rows, grouped how, and what is said about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from PySide6.QtCore import QObject, Signal

from brokerdesk.turns import steps
from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.base_words import whole_of
from brokerdesk.ui.viewmodels.once import Once
from brokerdesk.ui.viewmodels.position_groups import (
    ACCOUNT,
    CLASS,
    SYMBOL,
    arranged,
    environments,
    is_cash,
    is_group,
)
from brokerdesk.ui.viewmodels.state import (
    AccountRow,
    Action,
    Figures,
    Message,
    PositionRow,
    WindowState,
)

GROUPS = ((SYMBOL, "Symbol"), (ACCOUNT, "Account"), (CLASS, "Class"))
MANY = 2_000
"""From here on the window's thread does not arrange positions itself."""
Aside = Callable[[Callable[[], Any], Callable[[Any], object], Callable[[Any], object]], object]
"""Runs the first beside the window's thread and calls the second, or the third, with what came."""
PARTIAL = "* Cost basis is known for part of the holding; profit covers that part only."
_NOUNS = {
    SYMBOL: ("position", "positions"),
    ACCOUNT: ("account", "accounts"),
    CLASS: ("class", "classes"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionsState:
    """All that the page's table and its words show."""

    rows: tuple[PositionRow, ...] = ()
    by: str = SYMBOL
    environment: str = ""
    environments: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    base: str = ""
    """The currency that the others are converted to; "" where everything stands in one."""
    largest: Decimal | None = None
    summary: str = ""
    foot: str = ""
    nothing: str = ""
    actions: tuple[Action, ...] = ()
    noun: tuple[str, str] = ("position", "positions")
    unread: Message | None = None
    loading: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """Of what a state is made."""

    window: WindowState
    by: str
    environment: str


class PositionsViewModel(QObject):
    """State and intents of the table.

    Signals:
        changed: ``state`` is another one.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = PositionsState()
        self.made: object = None
        """What ``also`` made of ``state`` beside the window's thread; None: nothing was."""
        self.aside: Aside | None = None
        self.also: Callable[[], Callable[[PositionsState], object]] = lambda: lambda _: None
        self._working = False
        self._next: Ask | None = None
        self._window = WindowState()
        self._by = SYMBOL
        self._environment = ""
        self._seen: tuple[object, ...] = ()
        self._row = Once(_row_of)

    def show(self, window: WindowState) -> None:
        """The window's state is this one now. Equal figures cost nothing."""
        self._window = window
        figures = window.figures
        seen = (figures.positions, figures.accounts, figures.totals, figures.combined,
                figures.messages, figures.complete, window.query, self._by,
                self._environment)  # fmt: skip
        if seen != self._seen:
            self._seen = seen
            self._publish()

    def group(self, by: str) -> None:
        """Group by symbol, account or class."""
        if by in dict(GROUPS) and by != self._by:
            self._by = by
            self.show(self._window)

    def look_at(self, environment: str) -> None:
        """Show live, paper or practice positions: they never stand in one sum."""
        if environment != self._environment:
            self._environment = environment
            self.show(self._window)

    def again(self) -> bool:
        """Prices moved: where very much is held, make the same anew beside the window's thread.
        False: it is little, and whoever asks can do it.
        """
        if not self._much():
            return False
        self._publish()
        return True

    def find(self, target: str) -> PositionRow | None:
        """The holding that a target names: its key, else its symbol."""
        held = self._window.figures.positions
        own = [row for row in held if row.environment == self.state.environment]
        for row in (*own, *held):
            if target in (row.key, row.symbol):
                return row
        return None

    def row(self, key: str) -> PositionRow | None:
        """The holding of this key as it is now."""
        return self._row(self._window.figures.positions, key)

    def holding_key(self, row: PositionRow | None) -> str:
        """The key of the holding that a line is of; "" for cash, groups and nothing."""
        if row is None or is_cash(row) or is_group(row):
            return ""
        if self.row(row.key) is not None:
            return row.key
        held = (one for one in self.state.rows if any(c is row for c in one.children))
        parent = next(held, None)
        if parent is not None and not is_group(parent):
            return parent.key
        found = self.find(row.symbol)
        return found.key if found is not None else row.key.partition("\t")[0]

    def first_key(self, shown: Sequence[PositionRow]) -> str:
        """The key of the first holding of a table."""
        first = next((row for row in shown if not is_cash(row)), None)
        while first is not None and is_group(first):
            first = first.children[0] if first.children else None
        return self.holding_key(first)

    def account(self, key: str) -> AccountRow | None:
        rows = (*self._window.figures.accounts, *self._window.everyone)
        return next((row for row in rows if row.key == key), None)

    def _publish(self) -> None:
        ask = Ask(self._window, self._by, self._environment)
        if not self._much():
            self._next = None
            self._take(state_of(ask, self.state), None)
            return
        self._next = ask
        if not self._working:
            self._work()

    def _much(self) -> bool:
        """Whether so much is held that it is arranged beside the window's thread."""
        figures = self._window.figures
        return self.aside is not None and max(figures.held, len(figures.positions)) >= MANY

    def _work(self) -> None:
        """Make the next state beside the window's thread. One at a time, the newest next."""
        ask, self._next = self._next, None
        assert ask is not None
        assert self.aside is not None
        before, also = self.state, self.also()
        self._working = True

        def work() -> tuple[PositionsState, object]:
            state = state_of(ask, before)
            return state, also(state)

        def done(found: tuple[PositionsState, object] | None) -> None:
            self._working = False
            if (ask.by, ask.environment) == (self._by, self._environment) or not self._next:
                self._take(*(found or (state_of(ask, self.state), None)))
            if self._next is not None:
                self._work()

        self.aside(work, done, lambda _: done(None))

    def _take(self, state: PositionsState, made: object) -> None:
        self.state, self.made = state, made
        self.changed.emit()


def _row_of(rows: tuple[PositionRow, ...], key: str) -> PositionRow | None:
    return next((row for row in rows if row.key == key), None)


def state_of(ask: Ask, before: PositionsState) -> PositionsState:
    """What the page shows of a window's state. Pure: made on any thread."""
    window, figures = ask.window, ask.window.figures
    present = environments(figures)
    environment = ask.environment if ask.environment in present else next(iter(present), "")
    rows = arranged(figures, environment, ask.by)
    whole = whole_of(figures, environment)
    held = [row for row in figures.positions if row.environment == environment]
    accounts = [row for row in figures.accounts if row.environment == environment]
    title, actions = nothing_words(window, accounts)
    return PositionsState(
        rows=rows if rows != before.rows else before.rows,
        by=ask.by,
        environment=environment,
        environments=present,
        currencies=tuple(sorted({row.currency for row in rows})),
        base=whole.currency if whole is not None else "",
        largest=max((row.weight for row in rows if row.weight is not None), default=None),
        summary=fmt.count(len(held), "symbol"),
        foot=foot_words(held, accounts),
        nothing=title,
        actions=actions,
        noun=_NOUNS[ask.by],
        unread=unread_words(figures),
        loading=not figures.complete and not held,
    )


def foot_words(held: Sequence[PositionRow], accounts: Sequence[AccountRow]) -> str:
    """What the star means, and who does not report cost."""
    silent = _silent(held, accounts)
    starred = any(row.partial for row in held) or (
        any(row.open_pl is None for row in held) and any(row.open_pl is not None for row in held)
    )
    parts = [PARTIAL] if starred else []
    names = [tame(f"{row.broker} {row.mask}".strip()) for row in silent]
    if len(names) == 1:
        parts.append(f"{names[0]} does not report cost.")
    elif len(names) == 2:
        parts.append(f"{names[0]} and {names[1]} do not report cost.")
    elif names:
        parts.append(f"{len(names)} accounts do not report cost.")
    return " ".join((*_hints(held), *parts))


def _hints(held: Sequence[PositionRow]) -> list[str]:
    """What was split since the past day that is shown."""
    hinted = [tame(row.hint) for row in held if row.hint]
    if not hinted:
        return []
    more = f" {len(hinted) - 1} more split since." if len(hinted) > 1 else ""
    return [f"{hinted[0]}{more} Quantities and prices are as they were."]


def _silent(held: Sequence[PositionRow], accounts: Sequence[AccountRow]) -> list[AccountRow]:
    """Accounts that hold something and report the cost of none of it."""
    holding: set[str] = set()
    telling: set[str] = set()
    for row in steps(held):
        for part in row.children or (row,):
            holding.update(part.accounts)
            if part.average_cost is not None or part.open_pl is not None:
                telling.update(part.accounts)
    return [row for row in accounts if row.key in holding - telling]


def nothing_words(
    window: WindowState, accounts: Sequence[AccountRow]
) -> tuple[str, tuple[Action, ...]]:
    """What a table without positions says. Nothing held, nothing read and no account differ."""
    if window.empty:
        actions = [Action(id="connect", label="Connect a broker")]
        if not window.practice:
            actions.append(Action(id="practice", label="Try practice data"))
        said = words.no_accounts()
        return f"{said.title}\n{said.text}", tuple(actions)
    if window.past is not None and not accounts:
        return f"No snapshot of {fmt.stamp(window.past)}.\nNo account was read until then.", ()
    read = [row for row in accounts if row.fetched_at is not None]
    if not read:
        return "No positions read yet.\nThey appear here after the first refresh.", ()
    oldest = min(row.fetched_at for row in read if row.fetched_at is not None)
    when = fmt.age(oldest, window.now, short=True) if window.now is not None else fmt.stamp(oldest)
    if len(accounts) == 1:
        name = tame(f"{accounts[0].broker} {accounts[0].mask}".strip())
        holds = "holds cash only" if accounts[0].cash is not None else "holds none"
        return f"No positions.\n{name} {holds}, checked {when}.", ()
    unread = len(accounts) - len(read)
    more = f" {fmt.count(unread, 'account was', 'accounts were')} not read yet." if unread else ""
    return (
        f"No positions.\n{fmt.count(len(read), 'account holds', 'accounts hold')} none, "
        f"checked {when}.{more}",
        (),
    )


def unread_words(figures: Figures) -> Message | None:
    """The records that could not be read, of all accounts in one message."""
    found = [one for one in figures.messages if one.key.startswith("unread:")]
    if not found:
        return None
    first = replace(found[0], actions=())
    if len(found) == 1:
        return first
    return Message(
        key="unread",
        kind=first.kind,
        title=f"{fmt.count(len(found), 'account')} have records that could not be read.",
        text=" ".join(f"{one.title} {one.text}" for one in found),
    )
