"""Makes what the window shows of one look at the portfolio, beside the I/O loop.

25,000 rows take a third of a second of Python: as long would orders, cancels and time limits wait
for the loop. So the loop only asks and hands on; rows are made, compared and let go in a thread
(``ui/bulk.py``). A look that was read goes in the hands of that thread alone, so that freeing it
is its work too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.splits import InstrumentKey, Split, since
from brokerdesk.ui import heap, sketch
from brokerdesk.ui.bulk import let_go, run_bulk
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.translate import figures
from brokerdesk.ui.viewmodels.state import Figures, PositionRow

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.services.portfolio_sketch import Sketch
    from brokerdesk.services.portfolio_view import PortfolioView

FEW = 50
"""So few rows the window may let go at once."""

Known = Mapping[AccountId, tuple[Split, ...]]


class Look:
    """What was read and not yet shown. ``take`` it once: then it is nobody else's."""

    def __init__(
        self, view: PortfolioView, offered: tuple[StoredAccount, ...], lean: Sketch | None = None
    ) -> None:
        self.view = view
        self.offered, self.lean = offered, lean

    def free(self) -> None:
        """Let go of the rows a slice at a time: holdings first, which hold the positions."""
        view = self.view
        many: list[list[Any]] = [list(view.holdings), list(view.positions), list(view.aside)]
        del view, self.view
        for rows in many:
            let_go(rows)


class Picturing:
    """Of one window. Used on the I/O thread; remembers the last picture."""

    def __init__(self) -> None:
        self._titles = broker_titles()
        self._last = Figures()
        self.replaced: list[PositionRow] = []
        """Rows of earlier pictures that are in no later one; whoever shows them may have them
        still. To be let go when it has not."""

    async def holders(self, look: Look) -> list[AccountId]:
        """The accounts that hold something, sorted."""
        return await run_bulk(
            "window:holders", lambda: sorted({row.account for row in look.view.positions})
        )

    async def picture(
        self, look: Look, scope: tuple[str, ...] = (), splits: Known | None = None
    ) -> Figures:
        """What is shown of ``look``, which is used up; ``splits`` by account, of a past day."""
        work = partial(_made, look, self._titles, self._last, scope, splits)
        found, replaced = await run_bulk("window:load", work)
        if len(replaced) > FEW:
            self.replaced += replaced
        self._last = found
        return found

    async def tidy(self) -> None:
        """Let go of the rows that were replaced, but for those that are still shown."""
        rows, self.replaced = self.replaced, []
        self.replaced += await run_bulk("window:let-go", partial(let_go, rows))


def _made(
    look: Look,
    titles: Mapping[str, str],
    last: Figures,
    scope: tuple[str, ...],
    splits: Known | None,
) -> tuple[Figures, list[PositionRow]]:
    """The picture, and the rows of the ``last`` one that it has no more."""
    with heap.building():
        try:
            later = _later(look.view, splits) if splits else {}
            made = figures(look.view, titles, look.offered, later, look.lean)
        finally:
            look.free()
        if scope:
            made = replace(made, scope=scope)
        found = sketch.same_objects(made, last)
        spare = list(made.positions)
        del made
        let_go(spare)  # those that were made again only to find that they are the same
        return found, _gone(last, found)


def _later(view: PortfolioView, splits: Known) -> dict[InstrumentKey, tuple[Split, ...]]:
    """What was split between the day of the view and now, of what was held then."""
    assert view.as_of is not None
    held = ((row.account, row.position.instrument) for row in view.positions)
    return since(splits, held, new_york_day(view.as_of))


def _gone(last: Figures, found: Figures) -> list[PositionRow]:
    if found.positions is last.positions:
        return []
    kept = {id(row) for row in found.positions}
    return [row for row in last.positions if id(row) not in kept]
