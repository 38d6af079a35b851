"""Pinned totals below a table, one line a currency, and above them one of all in the base currency:
amounts of two currencies are never added up unconverted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.reading import HIDDEN
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_totals import TotalsRow


class CurrencyTotals(TotalsRow):
    """The totals of the shown rows of one currency; "" takes all rows, in ``base`` if that is set.

    ``rated`` gives rows in the base currency, without those that have no rate.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[Column[Any]],
        currency_of: Callable[[Any], str],
        rated: Callable[[list[Any]], list[Any]] = lambda rows: rows,
    ) -> None:
        self._columns, self._currency_of, self._rated = columns, currency_of, rated
        self.currency, self.alone, self.base = "", True, ""
        super().__init__(table)

    def cells(self) -> list[Cell]:
        """The totals by column."""
        if self._cells is None:
            model = self._table.rows
            rows = [
                row for row in model.shown_rows if self.currency in ("", self._currency_of(row))
            ]
            if self.base:
                rows = self._rated(rows)
            found = [self._cell(column, rows) for column in self._columns]
            if self.base:
                found[0] = replace(found[0], text=f"Total in {self.base}")
            elif not self.alone:
                found[0] = replace(found[0], text=f"Total {self.currency}")
            self._cells = found
            self.setAccessibleName(self._spoken(found))
        return self._cells

    def _cell(self, column: Column[Any], rows: list[Any]) -> Cell:
        if column.total is None:
            return Cell("")
        cell = column.total(rows, self._table.rows.now)
        return HIDDEN if cell.secret and cell.text and privacy().on else cell


class TotalsStack(QWidget):
    """As many lines as there are currencies, and one of all where they are converted."""

    def __init__(
        self,
        table: Table,
        columns: Sequence[Column[Any]],
        currency_of: Callable[[Any], str],
        rated: Callable[[list[Any]], list[Any]] = lambda rows: rows,
    ) -> None:
        super().__init__()
        self._table = table
        self._make = partial(CurrencyTotals, table, columns, currency_of, rated)
        self.lines: list[CurrencyTotals] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        table.rows.arranged.connect(self._settle)
        self.show_currencies(())

    def show_currencies(self, currencies: Sequence[str], base: str = "") -> None:
        """Sum these up, one below the other; with a ``base``, first all of them in that."""
        lines = [*([("", base)] if base else []), *((one, "") for one in currencies)]
        while len(self.lines) < len(lines):
            self.lines.append(self._make())
            self._column.addWidget(self.lines[-1])
        for place, line in enumerate(self.lines):
            line.currency, line.base = lines[place] if place < len(lines) else ("", "")
            line.alone = len(lines) < 2
            line.forget()
            line.setVisible(place < len(lines))
        self._settle()

    def _settle(self) -> None:
        self.setVisible(bool(self._table.rows.shown))
