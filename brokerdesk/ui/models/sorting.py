"""Sortable values of rows per column, read once and kept, and the orders that follow from them.

Figures are exact decimals and slow to compare, so they are ordered by their nearest binary number,
which never turns an order around, and only neighbours that came out equal are compared exactly.
Knows rows and what to ask them; no Qt.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from brokerdesk.turns import steps

R = TypeVar("R")
MANY = 40_000
"""From here on numpy orders in any case. Loading it takes longer than sorting fewer rows, and the
first picture must not wait for it."""
SOME = 4_000
"""From here on numpy orders if it is there already."""

_FEW_TIES = 200

_NEAREST: dict[type, Callable[[Any], float]] = {
    Decimal: float,
    int: float,
    datetime: datetime.timestamp,
    date: date.toordinal,
}


class _Keys:
    """What one column's rows are ordered by. ``nearest`` is None for text: it is compared as is."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values
        self.nearest: Any = None
        self.convert: Callable[[Any], float] | None = None
        kinds = set(map(type, values)) - {type(None)}
        converters = {_NEAREST.get(kind) for kind in kinds}
        if len(converters) == 1 and (convert := converters.pop()) is not None:
            self.convert = convert
            self.nearest = [None if v is None else convert(v) for v in values]
            if _by_numpy(len(values)):
                import numpy as np

                self.nearest = np.array(self.nearest, dtype=float)  # None becomes NaN

    def put(self, place: int, value: Any) -> bool:
        """Another value at ``place``; False when these keys have to be made anew."""
        if self.convert is not None and value is not None:
            if _NEAREST.get(type(value)) is not self.convert:
                return False
            self.nearest[place] = self.convert(value)
        elif self.convert is not None:
            self.nearest[place] = None
        elif value is not None:
            return False
        self.values[place] = value
        return True


class SortKeys(Generic[R]):
    """The orders of one tuple of rows."""

    def __init__(self, rows: Sequence[R], asks: Sequence[Callable[[R], Any]]) -> None:
        self._rows = rows
        self._asks = asks
        self._keys: dict[int, _Keys] = {}
        self._orders: dict[tuple[int, bool], list[int]] = {}

    def order(self, column: int, backwards: bool) -> list[int]:
        """All places in the order of a column; rows without a value are last either way."""
        known = self._orders.get((column, backwards))
        if known is None:
            known = self._orders[column, backwards] = _ordered(self.prepared(column), backwards)
        return known

    @property
    def known(self) -> tuple[int, ...]:
        """The columns whose keys have been read."""
        return tuple(self._keys)

    def prepared(self, column: int) -> _Keys:
        """The keys of a column, read from the rows when first asked for."""
        keys = self._keys.get(column)
        if keys is None:
            ask = self._asks[column]
            keys = self._keys[column] = _Keys([ask(row) for row in steps(self._rows)])
        return keys

    def has_order(self, column: int, backwards: bool) -> bool:
        """Whether the order of a column is known and still holds."""
        return (column, backwards) in self._orders

    def forget(self, *, keys: bool) -> None:
        """Order anew when next asked; with ``keys`` read the rows anew too."""
        self._orders.clear()
        if keys:
            self._keys.clear()

    def replaced(self, rows: Sequence[R], places: Sequence[int]) -> None:
        """The rows at ``places`` are others now. Orders that this does not touch are kept."""
        self._rows = rows
        for column in list(self._keys):
            keys, ask = self._keys[column], self._asks[column]
            moved = False
            for place in places:
                value = ask(rows[place])
                if value == keys.values[place]:
                    continue
                moved = True
                if not keys.put(place, value):
                    del self._keys[column]
                    break
            if moved:
                self._orders.pop((column, False), None)
                self._orders.pop((column, True), None)


def _by_numpy(count: int) -> bool:
    return count >= MANY or (count >= SOME and "numpy" in sys.modules)


def sorted_by(rows: Iterable[R], ask: Callable[[R], Any], backwards: bool) -> list[int]:
    """Places of a few rows in order, as ``SortKeys`` would order many."""
    return _ordered(_Keys([ask(row) for row in rows]), backwards)


def _ordered(keys: _Keys, backwards: bool) -> list[int]:
    values, nearest = keys.values, keys.nearest
    if nearest is not None and not isinstance(nearest, list):
        return _ordered_by_numpy(nearest, values, backwards)
    given = [place for place, value in enumerate(values) if value is not None]
    if nearest is None:
        given.sort(key=values.__getitem__, reverse=backwards)
    else:
        given.sort(key=nearest.__getitem__, reverse=backwards)
        lined = [nearest[place] for place in given]
        equal = [n for n in range(len(lined) - 1) if lined[n] == lined[n + 1]]
        _settle(given, _runs(equal), values, backwards)
    if len(given) < len(values):
        given += [place for place, value in enumerate(values) if value is None]
    return given


def _ordered_by_numpy(nearest: Any, values: list[Any], backwards: bool) -> list[int]:
    import numpy as np

    asked = -nearest if backwards else nearest
    order = np.argsort(asked)
    lined = nearest[order]
    given = len(lined) - int(np.count_nonzero(np.isnan(lined)))
    ties = np.flatnonzero(lined[1:given] == lined[: max(0, given - 1)])
    if len(ties) > _FEW_TIES:
        order = np.argsort(asked, kind="stable")
    order[given:].sort()  # rows without a value keep their own order
    found: list[int] = order.tolist()
    if not len(ties):
        return found
    runs = _runs(ties.tolist())
    if len(ties) <= _FEW_TIES:  # they were ordered by a faster way that mixes equals
        for first, behind in runs:
            found[first:behind] = sorted(found[first:behind])
    _settle(found, runs, values, backwards)
    return found


def _runs(pairs: list[int]) -> list[tuple[int, int]]:
    """Runs (first, behind the last) out of the places that equal their successor."""
    runs: list[tuple[int, int]] = []
    first = previous = -2
    for place in pairs:
        if place != previous + 1:
            if first >= 0:
                runs.append((first, previous + 2))
            first = place
        previous = place
    if first >= 0:
        runs.append((first, previous + 2))
    return runs


def _settle(
    order: list[int], runs: Iterable[tuple[int, int]], values: list[Any], backwards: bool
) -> None:
    """Order runs that the nearest numbers could not tell apart by their exact values."""
    for first, behind in runs:
        run = order[first:behind]
        if any(values[place] != values[run[0]] for place in run):
            run.sort(key=values.__getitem__, reverse=backwards)
            order[first:behind] = run
