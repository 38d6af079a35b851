"""The Orders page: what was sent and what brokers report as one list, and one order in full.

It shows, asks and passes on; what can be done to an order and what became of it are told to it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QVBoxLayout

from brokerdesk.ui.gateways.orders import OrdersGateway
from brokerdesk.ui.gateways.tables import csv_writer
from brokerdesk.ui.models.order_columns import ORDER_COLUMNS, haystack
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.plain import no_mnemonic, tooltip
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.date_ranges import CUSTOM
from brokerdesk.ui.viewmodels.order_deeds import CANCEL, Deed, deeds_of
from brokerdesk.ui.viewmodels.order_detail import Fill, counts_down, detail_of
from brokerdesk.ui.viewmodels.order_rows import OrderRow
from brokerdesk.ui.viewmodels.orders import ALL, TODAY, VIEWS, WORKING, OrdersViewModel
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.views.list_page import ListPage
from brokerdesk.ui.views.orders.acting import OrderActing
from brokerdesk.ui.views.orders.detail import HEIGHT, OrderPane
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.buttons import icon_button
from brokerdesk.ui.widgets.range_bar import RangeBar
from brokerdesk.ui.widgets.showing import set_shown
from brokerdesk.ui.widgets.table_menu import columns_menu
from brokerdesk.ui.widgets.table_pane import TablePane

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

REST_MS = 120
"""Several events of one moment cost one reading of the list."""
TICK_MS = 1000
NEW_ORDER = "ticket:new"
HELP = (
    "Orders lists what you sent and what brokers report, for the accounts in scope. "
    "Enter or Ctrl+I shows the timeline, the figures and the request of an order. "
    "Ctrl+Shift+X asks whether to cancel the selected one. "
    "An order of unknown outcome is looked for until it is found or you say that it is not there; "
    "it is never sent again. A state that BrokerDesk does not know stands in the broker’s own word."
)


class OrdersPage(ListPage):
    """Orders of all accounts."""

    name = "orders"
    narrow = 0  # the order stands below the list, where any width has room for it

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.port = OrdersGateway(desk)
        self.model = OrdersViewModel(self.port, desk.clock, self)
        self.acting = OrderActing(desk, self.port, self)
        self._wanted = ""
        self._seen = self._missed = self._entered = False
        self._fills: tuple[str, tuple[Fill, ...]] = ("", ())
        self._fills_asked: tuple[object, ...] = ()
        self._later = self._timer(REST_MS, self._refresh, once=True)
        self._ticks = self._timer(TICK_MS, self.show_side)
        self._build_ui()
        self._build_actions()
        self._connect()
        self._restore()

    def _timer(self, pause: int, do: Callable[[], object], *, once: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(once)
        timer.setInterval(pause)
        timer.timeout.connect(do)
        return timer

    # building

    def _build_ui(self) -> None:
        self.rows: TreeRows[OrderRow] = TreeRows(
            ORDER_COLUMNS, children=lambda row: row.children, haystack=haystack, parent=self
        )
        self.pane = TablePane(
            "Orders",
            self.rows,
            lambda _rows: "",
            nothing="No orders today.",
            filter_name="Filter orders",
            noun=("order", "orders"),
            picture="orders",
            memory_key="orders/columns",
            export=csv_writer(self.desk),
        )
        self.bar = RangeBar(VIEWS, "Which orders", look="track")
        self.pane.add_tool(self.bar.kinds)  # beside the filter; the rest of the bar below
        self.more = icon_button("more", "More", "More for orders", self.open_more, small=True)
        self.pane.add_tool(self.more)
        self.note = Banner(bar=True)
        layout = self.pane.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(2, self.bar)  # below the head and its line
        layout.insertWidget(2, self.note)
        self.detail = OrderPane()
        self.place(self.pane, self.detail, HEIGHT, below=True)
        self.table.sort_by("time", Qt.SortOrder.DescendingOrder)

    def _build_actions(self) -> None:
        """The deeds of the menu of a row; their keys work all over the page."""
        self.actions_of: dict[str, QAction] = {}
        for deed in deeds_of(None):
            action = QAction(self)
            action.triggered.connect(partial(self.do, deed.id))
            self.actions_of[deed.id] = action
            self.table.addAction(action)
            if deed.key:
                key = QShortcut(QKeySequence(deed.key), self)
                key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                key.setAutoRepeat(False)
                key.activated.connect(partial(self.do, deed.id))
        self._show_deeds()

    def _connect(self) -> None:
        self.desk.figures_changed.connect(self._on_figures)
        self.desk.changed.connect(self._show_deeds)
        self.desk.happened.connect(self._on_event)
        self.desk.opened.connect(self._on_opened)
        self.acting.changed.connect(self._on_acted)
        self.model.changed.connect(self._show)
        self.bar.kind_chosen.connect(self.choose_view)
        self.bar.range_chosen.connect(self._on_range)
        self.bar.days_chosen.connect(self._on_days)
        self.bar.sources_chosen.connect(self.model.show_every_source)
        self.pane.said.connect(self.desk.say)
        self.pane.acted.connect(self.desk.wish)
        self.table.row_changed.connect(self._on_row)
        self.table.row_activated.connect(self._on_activated)
        privacy().changed.connect(self.show_side)
        self.detail.closed.connect(self.close_side)
        self.detail.acted.connect(self._on_act)
        self.detail.did.connect(self.do)
        self.detail.settled.connect(self._on_settle)
        self.detail.request_wanted.connect(self._on_request)
        self.detail.said.connect(self.desk.say)

    # state

    def _on_figures(self) -> None:
        if self._seen:
            self.model.show(self.desk.state)

    def _on_opened(self) -> None:
        """Another profile may lie behind the window now, as after a restore."""
        if self._entered:
            self.acting.attend(True)  # whoever was told before is another one
        if self._seen:
            self.model.refresh()

    def _on_event(self, _event: object) -> None:
        """Whatever happened may have moved orders; ask once for all events of a moment."""
        if not self.isVisible():
            self._missed = True
        elif self._seen and not self._later.isActive():
            self._later.start()

    def _on_acted(self) -> None:
        self._show_deeds()
        if self._seen and not self._later.isActive():
            self._later.start()

    def _refresh(self) -> None:
        self.model.refresh()

    def _show(self) -> None:
        state = self.model.state
        self.bar.show_choice(state.view, state.range, state.first, state.last, state.problem)
        self.bar.show_sources(state.left_out, state.every_source)
        self.bar.show_ranges(state.view == ALL)
        set_shown(self.bar, state.view == ALL or state.left_out or bool(state.problem))
        for key, words, number in (
            (WORKING, "Working", state.working),
            (TODAY, "Today", state.today),
        ):
            self.bar.kinds.relabel(key, f"{words} {number}" if number else words)
        self.note.show_message(state.note)
        self.table.hide_column("account", not state.several)
        if state.loading:
            self.pane.show_loading()
        else:
            ways = (Action(id=NEW_ORDER, label="New order"),) if self.desk.figures.accounts else ()
            self.pane.set_nothing(state.nothing, ways)
            self.pane.show_rows(state.rows, self.desk.state.now or self.desk.clock())
        self.place_side()
        self._show_wanted()
        self.show_side()

    def current(self) -> OrderRow | None:
        """The order that is looked at; a leg's is the order that it belongs to."""
        row: OrderRow | None = self.table.current_row()
        if row is not None and row.part:
            row = self.rows.parent_row(self.table.currentIndex()) or row
        return row

    def show_side(self) -> None:
        if self.rows.shown and self.side_is_shown() and not self.table.selected_lines():
            self.table.go_to(max(0, self.table.currentIndex().row()))  # what is shown is chosen
        row = self.current()
        self._show_deeds()
        shown = self.side_is_shown()
        ticking = shown and self.isVisible() and counts_down(row)
        if ticking != self._ticks.isActive():
            self._ticks.start() if ticking else self._ticks.stop()
        if not shown:
            return
        if row is None:
            self.detail.show_detail(None)
            return
        fills = self._fills[1] if self._fills[0] == row.key else ()
        self.detail.show_detail(detail_of(row, self.desk.clock(), fills))
        self._ask_fills(row)

    def _show_deeds(self) -> None:
        self.deeds = self.acting.deeds(self.table.current_row())
        self.detail.show_deeds(self.deeds)
        for deed in self.deeds:
            action = self.actions_of[deed.id]
            text = no_mnemonic(deed.label) + (f"\t{deed.key}" if deed.key else "")
            action.setText(text)
            action.setEnabled(not deed.why)
            action.setToolTip(tooltip(deed.why))

    def _ask_fills(self, row: OrderRow) -> None:
        """The bookings of an order, asked for when it is looked at and when more is filled."""
        wanted = (row.key, row.filled, row.state)
        if not row.filled or not row.number or wanted == self._fills_asked:
            return
        self._fills_asked = wanted
        self.port.fills(row.account, row.number, partial(self._on_fills, row.key), _quiet)

    def _on_fills(self, key: str, fills: tuple[Fill, ...]) -> None:
        self._fills = (key, fills)
        self.show_side()

    def _show_wanted(self) -> None:
        """Go to the order that was asked for, as an order of its own or below another."""
        if not self._wanted or self.model.state.loading:
            return
        wanted, self._wanted = self._wanted, ""
        if self.table.select_row(wanted):
            return
        account, _, number = wanted.rpartition("/")
        for row in self.rows.shown_rows:
            if wanted in (row.intent, row.cancel) or (row.account, row.number) == (account, number):
                self.table.select_row(row.key)
                return
            for child in row.children:
                if (child.account, child.number) == (account, number):
                    self.table.select_row(row.key, child.key)
                    return
        self.desk.say("That order is not stored here.")

    # intents

    def do(self, deed: str, _checked: bool = False) -> None:
        """Do something with the order that is looked at, or say why it cannot be done."""
        row = self.table.current_row()
        found: Deed = next(one for one in self.acting.deeds(row) if one.id == deed)
        if found.why or row is None:
            self.desk.say(found.why)
            return
        self.acting.do(deed, row)

    def cancel_order(self) -> None:
        """Ask whether to cancel the order that is looked at."""
        self.do(CANCEL)

    def cancel_all(self) -> None:
        """Ask which orders to cancel."""
        self.acting.ask_all()

    def open_more(self) -> None:
        """What concerns all orders."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        every = menu.addAction("Cancel all…", self.cancel_all)
        why = self.acting.why_not_all(self.model.state.working)
        every.setEnabled(not why)
        every.setToolTip(tooltip(why))
        menu.addSeparator()
        menu.addAction("Audit log", partial(self.desk.go, "audit"))
        menu.addAction("Export CSV…", self.export)
        menu.addMenu(columns_menu(self.table, menu))
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def _on_settle(self, what: str) -> None:
        row = self.current()
        if row is not None:
            self.acting.settle(what, row)

    def _on_request(self) -> None:
        if (row := self.current()) is not None and row.intent:
            self.acting.ask_request(row.intent, self.detail.show_request)

    def choose_view(self, key: str) -> None:
        """Working orders, those of today, or all."""
        self.model.choose(key)
        self.keep("view", key)

    def _on_range(self, key: str) -> None:
        self.model.choose_range(key)
        if key != CUSTOM:
            self.keep("range", key)

    def _on_days(self, first: date, last: date) -> None:
        self.model.choose_days(first, last)

    def _on_row(self, row: OrderRow | None) -> None:
        if row is not None:
            self.model.hold(row.key)
        self.show_side()

    def _on_activated(self, _row: OrderRow) -> None:
        self.set_side(True)

    def _on_act(self, action: str) -> None:
        page, _, target = action.partition(":")
        self.desk.go(page, target)

    # page

    def enter(self) -> None:
        self._seen = self._entered = True
        self.acting.attend(True)
        self.model.show(self.desk.state)
        if self._missed:  # something happened while another page was seen
            self._missed = False
            self.model.refresh()

    def leave(self) -> None:
        self._ticks.stop()
        self._entered = False
        self.acting.attend(False)

    def show_target(self, target: str) -> None:
        """Show the order ``<account>/<id>``, of this key or of this intent."""
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


def _quiet(_error: BaseException) -> None:
    """Bookings that cannot be read are not shown; the order itself says what is filled."""


def build(desk: Desk) -> OrdersPage:
    """The page."""
    return OrdersPage(desk)
