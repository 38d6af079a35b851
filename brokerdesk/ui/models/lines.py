"""The lines of a table as plain numbers, so that 100,000 of them are moved without an object each.

A line is the place of its row; the line of a child holds its parent's place and its own. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from brokerdesk.turns import steps
from brokerdesk.ui.models.sorting import SortKeys, sorted_by

_BITS = 20
_CHILD = (1 << _BITS) - 1
MOST_CHILDREN = _CHILD


class RowLike(Protocol):
    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=RowLike)


def child_line(place: int, number: int) -> int:
    """The line of a row's child."""
    return ~(place << _BITS | number)


def split(line: int) -> tuple[int, int]:
    """The place of a line's row, and which of its children it is (-1: the row itself)."""
    if line >= 0:
        return line, -1
    return ~line >> _BITS, ~line & _CHILD


class Arrangement(Generic[R]):
    """Which rows are shown, in which order, and which of them are open.

    ``titled`` rows are sections: they keep their order, their children are sorted and filtered.
    """

    def __init__(
        self,
        children: Callable[[R], Sequence[R]],
        haystack: Callable[[R], str],
        titled: Callable[[R], str] | None,
        asks: Sequence[Callable[[R], Any]],
    ) -> None:
        self.children = children
        self.titled: Callable[[R], str] = titled or (lambda _row: "")
        self._can_title = titled is not None
        self._haystack, self._asks = haystack, asks
        self.rows: tuple[R, ...] = ()
        self.keys: list[str] = []
        self.sort: SortKeys[R] = SortKeys((), asks)
        self.sorted_by: tuple[int, bool] | None = None
        self.words: list[str] = []
        self.sections = False
        self.toggled: set[str] = set()
        """Keys of rows that are open, or closed where they begin open (sections)."""
        self._hay: list[str] | None = None
        self._places: dict[str, int] | None = None
        self.shown = 0

    def like(
        self,
        sorted_by: tuple[int, bool] | None,
        words: Sequence[str],
        toggled: Iterable[str],
    ) -> Arrangement[R]:
        """Another one without rows that asks them the same, arranged so."""
        titled = self.titled if self._can_title else None
        made = Arrangement(self.children, self._haystack, titled, self._asks)
        made.sorted_by, made.words, made.toggled = sorted_by, list(words), set(toggled)
        return made

    @property
    def is_prepared(self) -> bool:
        """Whether what the filter looks at has been read."""
        return self._hay is not None

    def take(self, rows: tuple[R, ...], keys: list[str]) -> None:
        """Other rows altogether."""
        self.rows, self.keys, self._places = rows, keys, None
        self.sort = SortKeys(rows, self._asks)
        self.sections = self._can_title and any(map(self.titled, rows))
        self._hay = self._haystacks() if self.words else None

    def replace(self, rows: tuple[R, ...], places: Sequence[int]) -> bool:
        """The same rows; those at ``places`` have other values. True: the lines may be others."""
        self.rows = rows
        self.sort.replaced(rows, places)
        moved = self.sections or bool(self.toggled)
        if self.sorted_by is not None and not self.sort.has_order(*self.sorted_by):
            moved = True
        if self._hay is not None:
            for place in places:
                hay = self._haystack(rows[place]).casefold()
                moved = moved or (bool(self.words) and hay != self._hay[place])
                self._hay[place] = hay
        return moved

    def places(self) -> dict[str, int]:
        """Where the row of a key is among all rows."""
        if self._places is None:
            self._places = {key: place for place, key in enumerate(self.keys)}
        return self._places

    def place_of(self, key: str) -> int:
        """Where the row of this key is among all rows, -1 when there is none."""
        return self.places().get(key, -1)

    def prepare(self) -> None:
        """Read what the filter looks at, before the first letter is typed."""
        if self._hay is None:
            self._hay = self._haystacks()

    def _haystacks(self) -> list[str]:
        haystack = self._haystack
        return [haystack(row).casefold() for row in steps(self.rows)]

    def is_open(self, place: int) -> bool:
        row = self.rows[place]
        begins_open = self.sections and bool(self.titled(row))
        return (row.key in self.toggled) != begins_open

    def lines(self) -> list[int]:
        """The lines to show."""
        if self.sections:
            return self._section_lines()
        order = self._order()
        self.shown = len(order)
        if not self.toggled:
            return order
        opened = {place for key in self.toggled if (place := self.place_of(key)) >= 0}
        if not opened:
            return order
        lines: list[int] = []
        for place in order:
            lines.append(place)
            if place in opened:
                kids = self.children(self.rows[place])
                lines += [child_line(place, number) for number in self.child_order(kids)]
        return lines

    def child_order(self, kids: Sequence[R]) -> list[int]:
        """The places of a row's children in the table's order."""
        if self.sorted_by is None or len(kids) < 2:
            return list(range(len(kids)))
        column, backwards = self.sorted_by
        return sorted_by(kids, self._asks[column], backwards)

    def _order(self) -> list[int]:
        everyone: Sequence[int] = range(len(self.rows))
        if self.sorted_by is not None:
            everyone = self.sort.order(*self.sorted_by)
        if not self.words:
            return list(everyone)
        passing = self._passing()
        if self.sorted_by is None or len(passing) == len(self.rows):
            return passing if self.sorted_by is None else list(everyone)
        chosen = set(passing)
        return [place for place in everyone if place in chosen]

    def _passing(self) -> list[int]:
        self.prepare()
        assert self._hay is not None
        first, *more = self.words
        found = [place for place, hay in enumerate(self._hay) if first in hay]
        for word in more:
            found = [place for place in found if word in self._hay[place]]
        return found

    def rows_shown(self, lines: Sequence[int]) -> list[R]:
        """The rows of these lines that pass the filter: of sections only their children."""
        if not self.sections:
            return [self.rows[line] for line in lines if line >= 0]
        found = []
        for code in self.every_line():
            place, number = split(code)
            row = self.rows[place]
            if number >= 0:
                found.append(self.children(row)[number])
            elif not self.titled(row):
                found.append(row)
        return found

    def every_line(self) -> list[int]:
        """The lines of sections as if all were open."""
        return self._section_lines(all_open=True)

    def _section_lines(self, *, all_open: bool = False) -> list[int]:
        lines: list[int] = []
        self.shown = 0
        for place, row in enumerate(self.rows):
            if not self.titled(row):  # a plain row among sections
                if self._matches(row):
                    self.shown += 1
                    lines.append(place)
                continue
            kids = self.children(row)
            numbers = [n for n in self.child_order(kids) if self._matches(kids[n])]
            if self.words and not numbers:
                continue
            self.shown += len(numbers)
            lines.append(place)
            if all_open or self.is_open(place):
                lines += [child_line(place, number) for number in numbers]
        return lines

    def _matches(self, row: R) -> bool:
        if not self.words:
            return True
        hay = self._haystack(row).casefold()
        return all(word in hay for word in self.words)

    @property
    def countable(self) -> int:
        """How many rows there would be without a filter."""
        if self.sections:
            return sum(len(self.children(r)) if self.titled(r) else 1 for r in self.rows)
        return len(self.rows)
