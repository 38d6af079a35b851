"""Figures where nobody was asked anew. Pure, on the way to the first paint."""

from __future__ import annotations

from dataclasses import replace

from brokerdesk.ui.viewmodels.state import Figures, Mark, PositionRow


def saved(figures: Figures) -> Figures:
    """The same figures where nobody was asked anew: nothing in them is up to date."""

    def temper(mark: Mark) -> Mark:
        return Mark.SAVED if mark is Mark.LIVE else mark

    def temper_row(row: PositionRow) -> PositionRow:
        if not any(one.mark is Mark.LIVE for one in row.children):
            return row  # most rows: there may be very many
        children = tuple(replace(one, mark=temper(one.mark)) for one in row.children)
        return replace(row, children=children)

    return replace(
        figures,
        accounts=tuple(replace(row, mark=temper(row.mark)) for row in figures.accounts),
        connections=tuple(replace(row, mark=temper(row.mark)) for row in figures.connections),
        everyone=tuple(replace(row, mark=temper(row.mark)) for row in figures.everyone),
        positions=tuple(map(temper_row, figures.positions)),
    )
