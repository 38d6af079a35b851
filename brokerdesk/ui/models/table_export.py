"""A table as it is exported: rows and columns taken now, written out elsewhere. No Qt.

What is taken are frozen rows, so that reading their cells can happen in another thread. While
amounts are hidden the file hides them too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Context, Decimal
from typing import Any, Generic, TypeVar

from brokerdesk.services.csv_table import Cell, Table
from brokerdesk.ui.models.columns import Column

R = TypeVar("R")
HIDDEN = "hidden"
FINEST = 18
"""Decimal places of the finest figure that any broker reports: a coin's smallest part."""
_QUOTIENT = Context(prec=15)
"""As many digits as a spreadsheet keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableExport(Generic[R]):
    """``sections`` are the titles of the rows' groups, or empty; ``hide`` leaves amounts out."""

    title: str
    columns: tuple[Column[R], ...]
    rows: Sequence[R]
    now: datetime
    hide: bool
    sections: Sequence[str] = ()

    def table(self) -> Table:
        """The cells. Slow for many rows: not for the thread that paints."""
        heads = tuple(column.title for column in self.columns)
        lines = [tuple(self._cell(column, row) for column in self.columns) for row in self.rows]
        if self.sections:
            heads = ("Group", *heads)
            lines = [(title, *line) for title, line in zip(self.sections, lines, strict=True)]
        return Table(columns=heads, rows=lines)

    def _cell(self, column: Column[R], row: R) -> Cell:
        if self.hide and (cell := column.cell(row, self.now)).secret and cell.text:
            return HIDDEN
        if self.hide and column.private is not None:
            return column.private(row)
        return exported(column, row)


def exported(column: Column[R], row: R) -> Cell:
    """One exported cell: what the column says, else a sortable number or time, else its copy."""
    if column.csv is not None:
        value: Any = column.csv(row)
        if isinstance(value, Decimal):
            return sensible(value)
        return value  # type: ignore[no-any-return]  # to_csv refuses what is no cell
    if column.number or column.time:
        value = column.order(row)
        if isinstance(value, Decimal):
            return sensible(value)
        if isinstance(value, date | datetime) or type(value) is int:
            return value
        if value is None:
            return None
    return column.copy(row)


def sensible(value: Decimal) -> Decimal:
    """What was reported as it is; what a division made without the digits that say nothing."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -FINEST:
        return value
    return _QUOTIENT.plus(value) if value else Decimal(0)
