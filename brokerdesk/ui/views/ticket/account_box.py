"""The account of a ticket: chosen by routing with its reason, or by the user."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.ticket import TicketViewModel
from brokerdesk.ui.viewmodels.ticket_state import AccountOption, TicketState
from brokerdesk.ui.views.ticket.choices import AccountCombo, widen
from brokerdesk.ui.widgets.buttons import button
from brokerdesk.ui.widgets.field_row import FieldRow
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.showing import set_shown

ROUTED = "Choose for me"


class AccountBox(QWidget):
    """A combo with every account of the environment; those that cannot are dimmed with why."""

    def __init__(self, model: TicketViewModel) -> None:
        super().__init__()
        self.model = model
        self.combo = AccountCombo()
        self._shown: tuple[object, ...] = ()
        self.row = FieldRow("Account", self.combo)
        self._routing = Paragraph("", "small", "text2")
        self.default = button(
            "Make it my default", self.model.make_default, kind="link", small=True,
            hint="Purchases go to this account first from now on",
        )  # fmt: skip
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(2))
        column.addWidget(self.row)
        column.addWidget(self._routing)
        column.addWidget(self.default, 0, Qt.AlignmentFlag.AlignLeft)
        self.combo.activated.connect(self._on_chosen)

    def _on_chosen(self, _place: int) -> None:
        self.model.choose_account(self.combo.currentData() or "")

    def show_state(self, state: TicketState) -> None:
        """Show the accounts, the one that takes it, and why that one."""
        self._fill(state.accounts)
        at = self.combo.findData(state.account)
        if at != self.combo.currentIndex():
            self.combo.setCurrentIndex(max(0, at))
        mode, words = self._closed(state)
        self.combo.show_account(mode, words)
        self.combo.setEnabled(
            not state.locked and not state.fields.replaces and bool(state.accounts)
        )
        self.row.set_problem(state.account_why)
        self._routing.setText(tame(state.routing))
        set_shown(self._routing, bool(state.routing))
        set_shown(self.default, state.can_default and not state.locked)

    @staticmethod
    def _closed(state: TicketState) -> tuple[str, str]:
        """What stands in the field: the account that takes it, chosen or routed."""
        mode = state.fields.environment.value
        if state.account:
            one = next((one for one in state.accounts if one.key == state.account), None)
            if one is not None:
                return one.environment.value, one.name
        if state.where_names:
            return mode, " + ".join(state.where_names)
        if state.fields.instrument is None:
            return "", "Chosen when there is a symbol"
        return "", "No account can take it" if state.accounts else "No account"

    def _fill(self, accounts: tuple[AccountOption, ...]) -> None:
        shown = (accounts, privacy().on)
        if shown == self._shown:
            return
        self._shown = shown
        model = QStandardItemModel(self.combo)
        first = QStandardItem(ROUTED)
        first.setData("", Qt.ItemDataRole.UserRole)
        model.appendRow(first)
        for one in accounts:
            detail = one.why or (privacy().hide(one.detail) if one.detail else "")
            tag = one.environment.value.upper()
            words = f"{tag}  {one.name}" + (f" — {detail}" if detail else "")
            item = QStandardItem(tame(words))
            item.setData(one.key, Qt.ItemDataRole.UserRole)
            if one.why:
                item.setToolTip(tooltip(one.why))
                item.setEnabled(False)
            model.appendRow(item)
        blocked = self.combo.blockSignals(True)
        self.combo.setModel(model)
        self.combo.blockSignals(blocked)
        widen(self.combo)
