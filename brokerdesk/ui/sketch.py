"""What the Overview needs of all positions: made once with the figures, not by looking each time.

Exact sums over rows. Knows no widget and no word but the name for what has no class.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Context, Decimal
from heapq import nsmallest
from operator import is_, itemgetter

from brokerdesk.turns import steps
from brokerdesk.ui.viewmodels.state import ClassRow, Figures, PositionRow

MOST_MOVERS = 12
"""Of each environment and currency."""
OTHER = "Other"
_KEPT = ("totals", "combined", "accounts", "connections", "messages", "movers", "classes")
_EXACT = Context(prec=400)
_TOGETHER = 40 * MOST_MOVERS
_Moved = tuple[Decimal, str, str, PositionRow]


def movers(positions: Iterable[PositionRow]) -> tuple[PositionRow, ...]:
    """The positions with the largest change of the day, whatever its sign; the largest first."""
    groups: dict[tuple[str, str], list[_Moved]] = {}
    for row in steps(positions):
        change = row.day_pl
        if change is not None and change:
            found = groups.setdefault((row.environment, row.currency), [])
            found.append((-abs(change), row.symbol, row.key, row))
            if len(found) >= _TOGETHER:  # to order and free all of them at once takes long
                found[:] = _first(found)
    return tuple(
        replace(one[-1], children=(), lots=())
        for where in sorted(groups)
        for one in _first(groups[where])
    )


def _first(found: list[_Moved]) -> list[_Moved]:
    return nsmallest(MOST_MOVERS, found, key=itemgetter(0, 1, 2))


def classes(positions: Iterable[PositionRow]) -> tuple[ClassRow, ...]:
    """What positions are worth by asset class, the largest first."""
    sums: dict[tuple[str, str, str], tuple[Decimal, int]] = {}
    for row in positions:
        where = (row.environment, row.currency, row.asset_class or OTHER)
        value, unknown = sums.get(where, (Decimal(0), 0))
        if row.value is None:
            sums[where] = (value, unknown + 1)
        else:
            sums[where] = (_EXACT.add(value, row.value), unknown)
    rows = [
        ClassRow(environment=environment, currency=currency, name=name, value=value, unknown=count)
        for (environment, currency, name), (value, count) in sums.items()
    ]
    return tuple(
        sorted(rows, key=lambda row: (row.environment, row.currency, -row.value, row.name))
    )


def same_objects(new: Figures, old: Figures) -> Figures:
    """``new`` with the rows of ``old`` wherever they are equal.

    Made beside the window's thread, so that there a glance tells what has changed.
    """
    known = {row.key: row for row in old.positions}
    positions = tuple(
        before if (before := known.get(row.key)) == row and before is not None else row
        for row in steps(new.positions)
    )
    if len(positions) == len(old.positions) and all(map(is_, positions, old.positions)):
        positions = old.positions
    kept = {name: getattr(old, name) for name in _KEPT if getattr(old, name) == getattr(new, name)}
    return replace(new, positions=positions, **kept)
