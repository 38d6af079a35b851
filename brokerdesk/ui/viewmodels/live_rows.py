"""The rows of a table of holdings at live prices: only what is in sight is made anew at once.

What is out of sight waits until there is time, at most some seconds; what is live no more does not
wait.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from brokerdesk.turns import steps
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.live import LivePrices
from brokerdesk.ui.viewmodels.state import PositionRow


class LiveRows:
    """Rows as they were read, and the same at the newest prices."""

    def __init__(self, live: LivePrices) -> None:
        self._live = live
        self._base: tuple[PositionRow, ...] = ()
        self._shown: tuple[PositionRow, ...] = ()
        self._places: dict[str, list[int]] = {}
        self._told: dict[int, str] = {}
        self._waiting: set[int] = set()
        self._past = False

    def take(self, rows: tuple[PositionRow, ...], *, past: bool) -> tuple[PositionRow, ...]:
        """These rows, at the newest prices unless they are of a past day. The same again give the
        same tuple, whatever prices did since: who shows it was told of them one by one.
        """
        if rows is self._base and past == self._past:
            return self._shown
        self._base, self._past = rows, past
        self._places, self._told, self._waiting = {}, {}, set()
        if past:
            self._shown = (*rows,)  # another object: what is shown may have moved since
            return self._shown
        for place, row in enumerate(steps(rows)):
            for name in set(_names(row)):
                self._places.setdefault(name, []).append(place)
        self._shown = (*self._live.rows(rows),)
        self._told = {place: row.live for place, row in enumerate(self._shown) if row.live}
        return self._shown

    def ahead(self, rows: tuple[PositionRow, ...], *, past: bool) -> LiveRows:
        """Another one that has taken these rows: made anywhere, for ``become``."""
        made = LiveRows(self._live)
        made.take(rows, past=past)
        return made

    def become(self, made: LiveRows) -> tuple[PositionRow, ...]:
        """Stand as ``made`` does; the rows to show. Those ``held`` before are no more."""
        self._base, self._shown, self._places = made._base, made._shown, made._places
        self._told, self._waiting, self._past = made._told, made._waiting, made._past
        return self._shown

    @property
    def held(self) -> tuple[PositionRow, ...]:
        """All rows that this holds: as they were taken, and at the newest prices."""
        return (*self._base, *self._shown)

    @property
    def shown(self) -> tuple[PositionRow, ...]:
        """The rows as they were taken."""
        return self._shown

    def moved(self, names: Iterable[str], seen: Collection[str] | None = None) -> list[PositionRow]:
        """The rows that these prices touch, as they are now: those whose key is ``seen``, or all.
        The others wait for ``waiting``.
        """
        places = {place for name in names for place in self._places.get(name, ())}
        if seen is not None:
            shown = {place for place in places if self._base[place].key in seen}
            self._waiting |= places - shown
            places = shown
        self._waiting -= places
        return [self._remade(place) for place in sorted(places)]

    def waiting(self) -> list[PositionRow]:
        """The rows that were left for later, as they are now."""
        places, self._waiting = self._waiting, set()
        return [self._remade(place) for place in sorted(places)]

    def _remade(self, place: int) -> PositionRow:
        row = self._live.row(self._base[place])
        self._told.pop(place, None)
        if row.live:
            self._told[place] = row.live
        return row

    def now(self, row: PositionRow) -> PositionRow:
        """One row as it is now."""
        return row if self._past else self._live.row(row)

    @property
    def told(self) -> int:
        """How many rows stand at a newer price than their broker's."""
        return len(self._told)

    @property
    def stale(self) -> int:
        """How many of these nobody tells now."""
        return sum(state == "stale" for state in self._told.values())


def live_summary(told: int, stale: int) -> str:
    """What the table's head says of newer prices, behind how much is held."""
    if not told:
        return ""
    if stale == told:
        return f" · {fmt.count(told, 'price stands', 'prices stand')} still"
    still = f", {fmt.whole(stale)} standing still" if stale else ""
    return f" · {fmt.count(told, 'newer price')}{still}"


def _names(row: PositionRow) -> Iterator[str]:
    if row.priced_as:
        yield row.priced_as
    for child in row.children:
        yield from _names(child)
