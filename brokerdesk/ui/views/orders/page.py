"""The Orders page, read-only: orders as the brokers report them, and one of them in full."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QVBoxLayout

from brokerdesk.ui.gateways.orders import OrdersGateway
from brokerdesk.ui.gateways.tables import csv_writer
from brokerdesk.ui.models.order_columns import ORDER_COLUMNS, haystack
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.date_ranges import CUSTOM
from brokerdesk.ui.viewmodels.order_detail import detail_of
from brokerdesk.ui.viewmodels.order_rows import OrderRow
from brokerdesk.ui.viewmodels.orders import ALL, VIEWS, OrdersViewModel
from brokerdesk.ui.views.list_page import ListPage
from brokerdesk.ui.widgets.detail_pane import WIDTH, DetailPane
from brokerdesk.ui.widgets.range_bar import RangeBar
from brokerdesk.ui.widgets.table_pane import TablePane

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

REST_MS = 250
"""Several readings of a refresh cost one reading of the list."""
HELP = (
    "Orders lists what was placed at your brokers for the accounts in scope. "
    "Right opens an order with several legs or tied orders; Enter or Ctrl+I shows every field. "
    "BrokerDesk shows a state that it does not know in the broker’s own word."
)


class OrdersPage(ListPage):
    """Orders of all accounts."""

    name = "orders"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.model = OrdersViewModel(OrdersGateway(desk), desk.clock, self)
        self._wanted = ""
        self._seen = False
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REST_MS)
        self._build_ui()
        self._connect()
        self._restore()

    # building

    def _build_ui(self) -> None:
        self.rows: TreeRows[OrderRow] = TreeRows(
            ORDER_COLUMNS, children=lambda row: row.children, haystack=haystack, parent=self
        )
        self.pane = TablePane(
            "Orders",
            self.rows,
            lambda _rows: self.model.state.summary,
            nothing="No orders today.",
            filter_name="Filter orders",
            noun=("order", "orders"),
            picture="orders",
            columns_button=True,
            memory_key="orders/columns",
            export=csv_writer(self.desk),
        )
        self.bar = RangeBar(VIEWS, "Which orders", look="track")
        layout = self.pane.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(2, self.bar)  # below the head and its line
        self.detail = DetailPane("Order", "orders", "Select an order to see all of it.")
        self.place(self.pane, self.detail, WIDTH)
        self.table.sort_by("time", Qt.SortOrder.DescendingOrder)

    def _connect(self) -> None:
        self.desk.figures_changed.connect(self._on_figures)
        self.desk.happened.connect(self._on_event)
        self.desk.opened.connect(self._on_opened)
        self._later.timeout.connect(self._refresh)
        self.model.changed.connect(self._show)
        self.bar.kind_chosen.connect(self._on_view)
        self.bar.range_chosen.connect(self._on_range)
        self.bar.days_chosen.connect(self._on_days)
        self.bar.sources_chosen.connect(self.model.show_every_source)
        self.pane.said.connect(self.desk.say)
        self.table.row_changed.connect(self._on_row)
        self.table.row_activated.connect(self._on_activated)
        privacy().changed.connect(self.show_side)
        self.detail.closed.connect(self.close_side)
        self.detail.acted.connect(self._on_act)

    # state

    def _on_figures(self) -> None:
        if self._seen:
            self.model.show(self.desk.state)

    def _on_opened(self) -> None:
        """Another profile may lie behind the window now, as after a restore."""
        if self._seen:
            self.model.refresh()

    def _on_event(self, _event: object) -> None:
        """Whatever happened may have stored orders; ask once when it is quiet."""
        if self._seen and self.isVisible():
            self._later.start()

    def _refresh(self) -> None:
        self.model.refresh()

    def _show(self) -> None:
        state = self.model.state
        self.bar.show_choice(state.view, state.range, state.first, state.last, state.problem)
        self.bar.show_sources(state.left_out, state.every_source)
        self.bar.show_ranges(state.view == ALL)
        self.table.hide_column("account", not state.several)
        if state.loading:
            self.pane.show_loading()
        else:
            self.pane.set_nothing(state.nothing)
            self.pane.show_rows(state.rows, self.desk.state.now or self.desk.clock())
        self.place_side()
        self._show_wanted()
        self.show_side()

    def show_side(self) -> None:
        if not self.side_is_shown():
            return
        row = self.table.current_row()
        if row is None and self.rows.shown:
            self.table.go_to(0)
            row = self.table.current_row()
        elif row is not None and row.part:
            row = self.rows.parent_row(self.table.currentIndex()) or row
        self.detail.show_detail(detail_of(row) if row is not None else None)

    def _show_wanted(self) -> None:
        """Go to the order that was asked for, as an order of its own or below another."""
        if not self._wanted or self.model.state.loading:
            return
        wanted, self._wanted = self._wanted, ""
        if self.table.select_row(wanted):
            return
        account, _, number = wanted.rpartition("/")
        for row in self.rows.shown_rows:
            for child in row.children:
                if (child.account, child.number) == (account, number):
                    self.table.select_row(row.key, child.key)
                    return
        self.desk.say("That order is not stored here.")

    # intents

    def _on_view(self, key: str) -> None:
        self.model.choose(key)
        self.keep("view", key)

    def _on_range(self, key: str) -> None:
        self.model.choose_range(key)
        if key != CUSTOM:
            self.keep("range", key)

    def _on_days(self, first: date, last: date) -> None:
        self.model.choose_days(first, last)

    def _on_row(self, _row: OrderRow | None) -> None:
        self.show_side()

    def _on_activated(self, _row: OrderRow) -> None:
        self.set_side(True)

    def _on_act(self, action: str) -> None:
        page, _, target = action.partition(":")
        self.desk.go(page, target)

    # page

    def enter(self) -> None:
        self._seen = True
        self.model.show(self.desk.state)

    def show_target(self, target: str) -> None:
        """Show the order ``<account>/<id>``."""
        if not target:
            return
        self._wanted = target
        if self.pane.filter_field is not None and self.pane.filter_field.text():
            self.pane.clear_filter()
        self.model.everything()
        self.set_side(True)
        self._show_wanted()

    def has_side(self) -> bool:
        return bool(self.rows.countable)  # beside nothing there is nothing to show

    def help_text(self) -> str:
        return HELP

    def _restore(self) -> None:
        self.recall()
        self.model.start_with(self.kept("view"), self.kept("range"))


def build(desk: Desk) -> OrdersPage:
    """The page."""
    return OrdersPage(desk)
