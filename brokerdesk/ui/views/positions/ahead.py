"""The next picture of the page, made beside the window's thread when very much is held."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from brokerdesk.ui.models.ahead import Made
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.viewmodels.live_rows import LiveRows
from brokerdesk.ui.viewmodels.positions import PositionsState
from brokerdesk.ui.viewmodels.state import PositionRow
from brokerdesk.ui.views.positions.totals import Lines, Sums


@dataclass(frozen=True, slots=True)
class Ahead:
    """What was made for one state: rows at the newest prices, their lines, the sums."""

    past: bool
    live: LiveRows
    made: Made[PositionRow]
    sums: Lines


def how_to_make(
    rows: TreeRows[PositionRow], live: LiveRows, sums: Sums, *, past: bool, now: datetime
) -> Callable[[PositionsState], Ahead]:
    """What makes it on any thread, for a table that stands as it does now."""
    recipe = rows.recipe()

    def make(state: PositionsState) -> Ahead:
        taken = live.ahead(state.rows, past=past)
        made = recipe.make(taken.shown)
        lines = sums.lines(made.shown_rows, now, state.currencies, state.base)
        return Ahead(past=past, live=taken, made=made, sums=lines)

    return make
