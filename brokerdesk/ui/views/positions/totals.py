"""Pinned totals below a table, one line a currency, and above them one of all in the base currency:
amounts of two currencies are never added up unconverted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.reading import HIDDEN
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.widgets.giving import Giving
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_totals import TotalsRow

_LEAST = 31
"""One line is always seen; the others scroll where the window is low."""
Lines = dict[tuple[str, str], list[Cell]]
"""The sums of lines by currency and base."""


class Sums:
    """What the columns add up to, nothing hidden. Knows no widget and works on any thread.

    ``rated`` gives rows in the base currency, without those that have no rate.
    """

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        currency_of: Callable[[Any], str],
        rated: Callable[[list[Any]], list[Any]],
    ) -> None:
        self._columns, self._currency_of, self._rated = columns, currency_of, rated

    def of(self, shown: list[Any], now: datetime, currency: str, base: str) -> list[Cell]:
        """Of the rows of one currency; "" takes all rows, in ``base`` if that is set."""
        rows = [row for row in shown if currency in ("", self._currency_of(row))]
        if base:
            rows = self._rated(rows)
        return [
            Cell("") if column.total is None else column.total(rows, now)
            for column in self._columns
        ]

    def lines(self, shown: list[Any], now: datetime, currencies: Sequence[str], base: str) -> Lines:
        """Of all lines that a stack shows for these currencies."""
        return {line: self.of(shown, now, *line) for line in _lines(currencies, base)}


class CurrencyTotals(TotalsRow):
    """The totals of the shown rows of one currency, or of all of them."""

    def __init__(self, table: Table, sums: Sums) -> None:
        self._sums = sums
        self.currency, self.alone, self.base = "", True, ""
        super().__init__(table)

    def cells(self) -> list[Cell]:
        """The totals by column."""
        if self._cells is None:
            model = self._table.rows
            self.give(self._sums.of(model.shown_rows, model.now, self.currency, self.base))
        assert self._cells is not None
        return self._cells

    def give(self, sums: list[Cell]) -> None:
        """These are the sums now."""
        found = [self._hidden(cell) for cell in sums]
        if self.base:
            found[0] = replace(found[0], text=f"Total in {self.base}")
        elif not self.alone:
            found[0] = replace(found[0], text=f"Total {self.currency}")
        self._cells = found
        self.setAccessibleName(self._spoken(found))
        self.update()

    def _hidden(self, cell: Cell) -> Cell:
        return HIDDEN if cell.secret and cell.text and privacy().on else cell


class TotalsStack(QWidget):
    """As many lines as there are currencies, and one of all where they are converted. It stands in
    ``holder``, which goes into a layout.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[Column[Any]],
        currency_of: Callable[[Any], str],
        rated: Callable[[list[Any]], list[Any]] = lambda rows: rows,
    ) -> None:
        super().__init__()
        self._table = table
        self.sums = Sums(columns, currency_of, rated)
        self._make = partial(CurrencyTotals, table, self.sums)
        self.lines: list[CurrencyTotals] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.holder = Giving(self, _LEAST)
        table.rows.arranged.connect(self._settle)
        self.show_currencies(())

    def show_currencies(self, currencies: Sequence[str], base: str = "") -> None:
        """Sum these up, one below the other; with a ``base``, first all of them in that."""
        lines = _lines(currencies, base)
        while len(self.lines) < len(lines):
            self.lines.append(self._make())
            self._column.addWidget(self.lines[-1])
        for place, line in enumerate(self.lines):
            line.currency, line.base = lines[place] if place < len(lines) else ("", "")
            line.alone = len(lines) < 2
            line.forget()
            line.setVisible(place < len(lines))
        self._settle()

    def give(self, found: Lines) -> None:
        """Sums that were made elsewhere, for the lines that are shown."""
        for line in self.lines:
            sums = found.get((line.currency, line.base))
            if sums is not None:
                line.give(sums)

    def _settle(self) -> None:
        self.setVisible(bool(self._table.rows.shown))


def _lines(currencies: Sequence[str], base: str) -> list[tuple[str, str]]:
    """Currency and base of each line, from the top."""
    return [*([("", base)] if base else []), *((one, "") for one in currencies)]
