"""The Overview's accounts: counted ones, their totals row, and simulated ones beneath it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.models.account_columns import Totals, account_columns
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview_accounts import AccountParts
from brokerdesk.ui.viewmodels.state import AccountRow
from brokerdesk.ui.views.overview.apart_row import ApartRow
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_totals import TotalsRow

FEW, MANY = 3, 12
"""So many rows are seen at least; of more, the rest is scrolled to."""


class AccountsTable(QWidget):
    """The table. Enter or a double click goes to the account.

    Signals:
        opened: the key of an account.
    """

    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._totals = Totals()
        self.model: TreeRows[AccountRow] = TreeRows(
            account_columns(self._totals), haystack=lambda row: row.title
        )
        self.table = Table(self.model, "Accounts")
        self.totals = TotalsRow(self.table)
        self.apart: list[ApartRow] = []
        self._shown: AccountParts | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.table, 1)
        self._column.addWidget(self.totals)
        self.table.row_activated.connect(self._on_activated)

    def show_parts(self, parts: AccountParts, now: datetime) -> None:
        """Show these; the same ones again only let the ages go on."""
        self._totals.row, self._totals.buying_power = parts.total, parts.buying_power
        self._totals.mixed = len({row.currency for row in parts.counted}) > 1
        self._totals.converted = parts.converted
        self.table.hide_column("original", not parts.converted)
        if parts == self._shown:
            self.table.go_on(now)
        else:
            self._shown = parts
            self.model.set_rows(parts.counted, now)
        self.totals.go_on()
        self.totals.setVisible(parts.total is not None and bool(parts.counted))
        self._show_apart(parts.apart, now)

    def _show_apart(self, rows: tuple[AccountRow, ...], now: datetime) -> None:
        while len(self.apart) < len(rows):
            made = ApartRow(self.table)
            made.opened.connect(self.opened)
            self.apart.append(made)
            self._column.addWidget(made)
        for place, view in enumerate(self.apart):
            view.setVisible(place < len(rows))
            if place < len(rows):
                view.show_row(rows[place], now)

    def wanted_height(self) -> int:
        """The height in which every row is seen."""
        return self._height_of(self.model.shown)

    def least_height(self) -> int:
        """The height below which the page scrolls."""
        return self._height_of(min(self.model.shown, FEW))

    def most_height(self) -> int:
        """The height beyond which the table scrolls inside a page that scrolls itself."""
        return self._height_of(MANY)

    def _height_of(self, rows: int) -> int:
        tokens = theme().tokens.row
        beneath = sum(not view.isHidden() for view in self.apart)
        beneath += not self.totals.isHidden()
        return px(tokens["header"]) + px(tokens["table"]) * (rows + beneath) + 1

    def _on_activated(self, row: AccountRow) -> None:
        self.opened.emit(row.key)
