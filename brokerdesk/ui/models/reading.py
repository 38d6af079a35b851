"""Reads cells from rows: aligned on the point, hidden when they are secret, kept while they hold.

A cell holds until its row or the hiding of amounts changes, or the quarter of an hour: that is when
a day may end somewhere. Only cells that say an age are read anew with each second. No Qt here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Generic, TypeVar

from brokerdesk.turns import steps
from brokerdesk.ui.models.columns import Cell, Column, spoken
from brokerdesk.ui.models.lines import child_line
from brokerdesk.ui.privacy import DOTS, SPOKEN, privacy

R = TypeVar("R")
MOST_KEPT = 4_000
MEASURED = 2_000
HIDDEN = Cell(DOTS, "text2", spoken=SPOKEN, secret=True)


class CellReader(Generic[R]):
    """The cells of one table."""

    def __init__(self, columns: Sequence[Column[R]], children: Callable[[R], Sequence[R]]) -> None:
        self._columns = columns
        self._children = children
        self._now = datetime.min.replace(tzinfo=UTC)
        self.cells: dict[int, list[Cell | None]] = {}
        """What was read, by line and column."""
        self._aligned = [n for n, column in enumerate(columns) if column.decimals is not None]
        self._ageing = [n for n, column in enumerate(columns) if column.ages]
        self.widened = False
        """A figure was longer than those measured: what is drawn already is out of line."""
        self._most: dict[int, int] = dict.fromkeys(self._aligned, 0)

    @property
    def now(self) -> datetime:
        return self._now

    @now.setter
    def now(self, now: datetime) -> None:
        self.advance(now)

    def advance(self, now: datetime) -> list[tuple[int, int, Cell]] | None:
        """Another second. What said an age is forgotten and told, by line and column; None: all
        is forgotten, since a day may have ended.
        """
        before, self._now = self._now, now
        if now == before:
            return []
        if _block(now) != _block(before):
            self.forget()
            return None
        aged = []
        for code, known in self.cells.items():
            for column in self._ageing:
                if (cell := known[column]) is not None:
                    known[column] = None
                    aged.append((code, column, cell))
        return aged

    def forget(self) -> None:
        """Read every cell anew."""
        self.cells.clear()

    # the decimals of aligned columns

    def take(self, rows: Sequence[R]) -> bool:
        """Other rows, or other values. True: columns are aligned otherwise now.

        Of very many rows the first are measured; a longer figure among the others widens its
        column when it comes to be seen.
        """
        return self.adopt(self.measured(rows))

    def measured(self, rows: Sequence[R]) -> dict[int, int]:
        """How many decimals the columns need for these rows. Changes nothing."""
        widths: dict[int, int] = {}
        for column in self._aligned:
            decimals = self._columns[column].decimals
            assert decimals is not None
            most = 0
            for row in steps(rows[:MEASURED]):
                most = max(most, decimals(row), *map(decimals, self._children(row)))
            widths[column] = most
        return widths

    def adopt(self, widths: dict[int, int]) -> bool:
        """Other rows whose widths were measured. True: columns are aligned otherwise now."""
        self.forget()
        before, self._most = self._most, widths
        return self._most != before

    def replace(self, changed: Mapping[int, R]) -> bool:
        """Other values of a few rows, by their place. True: columns are aligned otherwise now."""
        for place, row in changed.items():
            self.cells.pop(place, None)
            for number in range(len(self._children(row))):
                self.cells.pop(child_line(place, number), None)
        widened = False
        for column in self._aligned:
            decimals = self._columns[column].decimals
            assert decimals is not None
            most = self._most[column]
            for row in changed.values():
                most = max(most, decimals(row), *map(decimals, self._children(row)))
            if most > self._most[column]:
                self._most[column], widened = most, True
        if widened:
            self.forget()
        return widened

    # cells

    def read(self, code: int, row: R, column: int, *, child: bool) -> Cell:
        """Read a cell and keep it."""
        known = self.cells.get(code)
        if known is None:
            if len(self.cells) >= MOST_KEPT:
                self.forget()
            known = self.cells[code] = [None] * len(self._columns)
        cell = self.fresh(row, column, child=child)
        known[column] = cell
        return cell

    def fresh(self, row: R, column: int, *, child: bool = False) -> Cell:
        """A cell as it is to be drawn now."""
        asked = self._columns[column]
        cell = (asked.child if asked.child and child else asked.cell)(row, self._now)
        if cell.secret and privacy().on:
            return HIDDEN if cell.text else cell
        if asked.decimals is None:
            return cell
        own, most = asked.decimals(row), self._most[column]
        if own > most:
            self._most[column] = own
            self.forget()
            self.widened = True
        if own >= most or not cell.text[-1:].isdigit():
            return cell
        return replace(cell, tail="0" * (most - own) if own else "." + "0" * most)

    def copied(self, row: R, cell: Cell, column: int) -> str:
        """A cell for the clipboard."""
        if cell.secret and privacy().on:
            return cell.text
        hidden = self._columns[column].private if privacy().on else None
        return " ".join((hidden or self._columns[column].copy)(row).split())

    def spoken(self, cell: Cell, column: int) -> str:
        """A cell for a screen reader: column, value, state."""
        return f"{self._columns[column].title}, {spoken(cell)}"


def _block(moment: datetime) -> int:
    """Which quarter of an hour: in every time zone a day ends with one."""
    return int(moment.timestamp()) // 900
