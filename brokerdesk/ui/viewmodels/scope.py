"""Which accounts are shown: the words for it, the choice among all, and what it leaves of figures.

Pure rows and one small model behind the popover; nothing here knows a widget.
"""

from __future__ import annotations

from collections.abc import Iterable

from brokerdesk.facts import dataclass
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.state import AccountRow, WindowState

ALL = "All accounts"
_ENVIRONMENTS = {"live": "Live", "paper": "Paper", "practice": "Practice"}


def scope_words(state: WindowState) -> tuple[str, int]:
    """What the scope button says of what is *shown*, and how many accounts that are.

    Paper accounts beside real ones are not counted: no total counts them.
    """
    everyone = [row for row in state.everyone if not row.closed and not row.through]
    scope = set(counted_keys(state.everyone, state.query.scope))
    if not scope:
        real = [row for row in everyone if row.environment == "live"]
        return (ALL if everyone else "No accounts", len(real or everyone))
    chosen = [row for row in state.everyone if row.key in scope]
    if len(chosen) == 1:
        return chosen[0].title, 0
    brokers = {row.broker for row in chosen}
    if len(brokers) == 1:
        broker = brokers.pop()
        whole = {row.key for row in everyone if row.broker == broker}
        if whole == scope:
            return broker, len(chosen)
    return fmt.count(len(chosen), "account"), 0


def counted_keys(rows: Iterable[AccountRow], scope: Iterable[str]) -> tuple[str, ...]:
    """``scope`` with the account that is counted in the stead of each that is left out."""
    through = {row.key: row.through for row in rows if row.through}
    return tuple(dict.fromkeys(through.get(key, key) for key in scope))


@dataclass(frozen=True, slots=True)
class ScopeGroup:
    """Accounts that are chosen together: those of one connection or one environment."""

    title: str
    keys: tuple[str, ...]


def by_connection(rows: Iterable[AccountRow], titles: dict[str, str]) -> tuple[ScopeGroup, ...]:
    """One group per connection, named as the connection is."""
    found: dict[str, list[AccountRow]] = {}
    for row in rows:
        found.setdefault(row.connection, []).append(row)
    return tuple(
        ScopeGroup(titles.get(key) or group[0].broker, tuple(row.key for row in group))
        for key, group in found.items()
    )


def by_environment(rows: Iterable[AccountRow]) -> tuple[ScopeGroup, ...]:
    """One group per environment, when there are several."""
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.environment, []).append(row.key)
    if len(found) < 2:
        return ()
    return tuple(
        ScopeGroup(_ENVIRONMENTS.get(name, name), tuple(keys)) for name, keys in found.items()
    )


class ScopeChoice:
    """What is ticked. All ticked and none named are the same: every account."""

    def __init__(self, rows: Iterable[AccountRow], scope: Iterable[str]) -> None:
        listed = tuple(rows)
        # A source that is left out is no account of its own: the counted one stands for it.
        own = (row for row in listed if not row.through)
        self.rows = tuple(sorted(own, key=lambda row: row.closed))
        keys = {row.key for row in self.rows}
        named = keys & set(counted_keys(listed, scope))
        self.ticked = named or keys

    @property
    def everyone(self) -> bool:
        return len(self.ticked) == len(self.rows)

    @property
    def scope(self) -> tuple[str, ...]:
        """The scope that the ticks mean, in the order of the rows."""
        if self.everyone:
            return ()
        return tuple(row.key for row in self.rows if row.key in self.ticked)

    @property
    def usable(self) -> bool:
        """Nothing ticked is nothing to show."""
        return bool(self.ticked)

    def tick(self, keys: Iterable[str], on: bool) -> None:
        if on:
            self.ticked = self.ticked | set(keys)
        else:
            self.ticked = self.ticked - set(keys)

    def only(self, keys: Iterable[str]) -> None:
        self.ticked = set(keys)

    def state_of(self, keys: Iterable[str]) -> bool | None:
        """True, False, or None when only some of them are ticked."""
        wanted = set(keys)
        inside = wanted & self.ticked
        return None if inside and inside != wanted else bool(inside)

    def found(self, text: str) -> tuple[AccountRow, ...]:
        """The rows whose title, broker, type or environment holds every word of ``text``."""
        words = text.casefold().split()
        return tuple(row for row in self.rows if all(word in _held(row) for word in words))


def _held(row: AccountRow) -> str:
    return f"{row.title} {row.type} {row.environment} {row.currency}".casefold()
