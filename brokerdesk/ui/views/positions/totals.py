"""Pinned totals below a table, one line a currency: amounts of two currencies are never added."""

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
    """The totals of the shown rows of one currency; "" takes all rows."""

    def __init__(
        self, table: Table, columns: Sequence[Column[Any]], currency_of: Callable[[Any], str]
    ) -> None:
        self._columns, self._currency_of = columns, currency_of
        self.currency, self.alone = "", True
        super().__init__(table)

    def cells(self) -> list[Cell]:
        """The totals by column."""
        if self._cells is None:
            model = self._table.rows
            rows = [
                row for row in model.shown_rows if self.currency in ("", self._currency_of(row))
            ]
            found = [self._cell(column, rows) for column in self._columns]
            if not self.alone:
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
    """As many lines as there are currencies."""

    def __init__(
        self, table: Table, columns: Sequence[Column[Any]], currency_of: Callable[[Any], str]
    ) -> None:
        super().__init__()
        self._table = table
        self._make = partial(CurrencyTotals, table, columns, currency_of)
        self.lines: list[CurrencyTotals] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        table.rows.arranged.connect(self._settle)
        self.show_currencies(())

    def show_currencies(self, currencies: Sequence[str]) -> None:
        """Sum these up, one below the other."""
        while len(self.lines) < len(currencies):
            self.lines.append(self._make())
            self._column.addWidget(self.lines[-1])
        for place, line in enumerate(self.lines):
            line.currency = currencies[place] if place < len(currencies) else ""
            line.alone = len(currencies) < 2
            line.forget()
            line.setVisible(place < len(currencies))
        self._settle()

    def _settle(self) -> None:
        self.setVisible(bool(self._table.rows.shown))
