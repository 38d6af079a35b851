"""The Overview's accounts: counted ones, their totals row, and simulated ones beneath it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.models.account_columns import Totals, account_columns
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview_accounts import AccountParts
from brokerdesk.ui.viewmodels.state import AccountRow
from brokerdesk.ui.widgets.table import Table


class AccountsTable(QWidget):
    """The table. Enter or a double click goes to the account.

    Signals:
        opened: the key of an account.
    """

    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._totals = Totals()
        self.model: TreeRows[AccountRow] = TreeRows(account_columns(self._totals))
        self.table = Table(self.model, "Accounts")
        self._shown: AccountParts | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.table, 1)
        self.table.activated.connect(self._on_activated)

    def show_parts(self, parts: AccountParts, now: datetime) -> None:
        """Show these; the same ones again only let the ages go on."""
        if parts == self._shown:
            self.model.set_now(now)
            self.table.viewport().update()
            return
        self._shown = parts
        self._totals.row, self._totals.buying_power = parts.total, parts.buying_power
        self.model.set_rows((*parts.counted, *parts.apart), now)

    def wanted_height(self) -> int:
        """The height in which every row is seen."""
        rows = theme().tokens.row
        return px(rows["header"]) + px(rows["table"]) * (self.model.shown + 1) + 2

    def least_height(self) -> int:
        """The height below which the page scrolls."""
        rows = theme().tokens.row
        return px(rows["header"]) + px(rows["table"]) * (min(self.model.shown, 3) + 1) + 2

    def _on_activated(self, index: QModelIndex) -> None:
        row = self.model.row_at(index)
        if row is not None:
            self.opened.emit(row.key)
