"""The next picture of a large table, made beside the window's thread and taken over in one step.

Sorting keys, lines and widths of 25,000 rows take a tenth of a second of Python. A ``Recipe`` notes
on the window's thread how the table stands, makes all of that anywhere, and the table takes it over
if it still stands so. Pure; what is handed over is new and nobody else's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from brokerdesk.ui.models.lines import Arrangement, RowLike
from brokerdesk.ui.models.reading import CellReader

R = TypeVar("R", bound=RowLike)


@dataclass(frozen=True, slots=True)
class Stand:
    """How a table was arranged: what was made for another stand is of no use."""

    sorted_by: tuple[int, bool] | None
    words: tuple[str, ...]
    toggled: frozenset[str]


@dataclass(frozen=True, slots=True)
class Made(Generic[R]):
    """What a table takes over. ``same``: the same rows and children in the same places."""

    stand: Stand
    keys_before: list[str]
    plan: Arrangement[R]
    lines: list[int]
    widths: dict[int, int]
    same: bool

    @property
    def shown_rows(self) -> list[R]:
        """As the table's, once it has taken this over."""
        return self.plan.rows_shown(self.lines)


def stand_of(plan: Arrangement[R]) -> Stand:
    return Stand(plan.sorted_by, tuple(plan.words), frozenset(plan.toggled))


class Recipe(Generic[R]):
    """How a table stands now. Made on the window's thread; ``make`` runs on any."""

    def __init__(self, plan: Arrangement[R], reader: CellReader[R], *, tree: bool) -> None:
        self._plan, self._reader, self._tree = plan, reader, tree
        self._stand = stand_of(plan)
        self._keys, self._rows = plan.keys, plan.rows
        self._known = plan.sort.known
        self._filtered = plan.is_prepared

    def make(self, rows: Sequence[R]) -> Made[R]:
        """Everything that the table needs to show these rows as it stands."""
        rows = tuple(rows)
        keys = [row.key for row in rows]
        plan = self._plan.like(self._stand.sorted_by, self._stand.words, self._stand.toggled)
        plan.take(rows, keys)
        for column in self._known:
            plan.sort.prepared(column)
        if self._filtered:
            plan.prepare()
        return Made(
            stand=self._stand,
            keys_before=self._keys,
            plan=plan,
            lines=plan.lines(),
            widths=self._reader.measured(rows),
            same=keys == self._keys and self._same_children(rows, plan.children),
        )

    def _same_children(self, rows: tuple[R, ...], children: Callable[[R], Sequence[R]]) -> bool:
        if not self._tree:
            return True
        return all(
            a is b or [kid.key for kid in children(a)] == [kid.key for kid in children(b)]
            for a, b in zip(self._rows, rows, strict=True)
        )
