"""The Activity page: what happened in the accounts in scope, and one entry of it in full."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QVBoxLayout

from brokerdesk.ui.gateways.activity import ActivityGateway
from brokerdesk.ui.gateways.tables import csv_writer
from brokerdesk.ui.models.activity_columns import ACTIVITY_COLUMNS, haystack
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.viewmodels.activity import ActivityViewModel
from brokerdesk.ui.viewmodels.activity_detail import detail_of
from brokerdesk.ui.viewmodels.activity_rows import KINDS, ActivityRow
from brokerdesk.ui.viewmodels.date_ranges import CUSTOM
from brokerdesk.ui.views.activity.sums_bar import SumsBar
from brokerdesk.ui.views.list_page import ListPage
from brokerdesk.ui.widgets.detail_pane import WIDTH, DetailPane
from brokerdesk.ui.widgets.range_bar import RangeBar
from brokerdesk.ui.widgets.table_pane import TablePane

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

REST_MS = 250
"""Several readings of a refresh cost one reading of the list."""
HELP = (
    "Activity lists what your brokers booked in the accounts in scope, the newest first. "
    "Choose a kind and dates above the list; Ctrl+F filters it by words. "
    "Enter or Ctrl+I shows every field of an entry."
)


class ActivityPage(ListPage):
    """Transactions of all accounts."""

    name = "activity"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.model = ActivityViewModel(ActivityGateway(desk), desk.clock, self)
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
        self.rows: TreeRows[ActivityRow] = TreeRows(
            ACTIVITY_COLUMNS, haystack=haystack, parent=self
        )
        self.pane = TablePane(
            "Activity",
            self.rows,
            lambda _rows: self.model.state.summary,
            nothing="No activity yet.",
            filter_name="Filter activity",
            noun=("entry", "entries"),
            picture="activity",
            columns_button=True,
            memory_key="activity/columns",
            export=csv_writer(self.desk),
        )
        self.bar = RangeBar(KINDS, "Kind")
        self.sums = SumsBar()
        layout = self.pane.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(2, self.bar)  # below the head and its line
        layout.insertWidget(layout.count() - 1, self.sums.holder)  # above the foot
        self.detail = DetailPane("Entry", "activity", "Select an entry to see all of it.")
        self.place(self.pane, self.detail, WIDTH)
        self.table.sort_by("time", Qt.SortOrder.DescendingOrder)

    def _connect(self) -> None:
        self.desk.figures_changed.connect(self._on_figures)
        self.desk.happened.connect(self._on_event)
        self.desk.opened.connect(self._on_opened)
        self._later.timeout.connect(self._refresh)
        self.model.changed.connect(self._show)
        self.bar.kind_chosen.connect(self._on_kind)
        self.bar.range_chosen.connect(self._on_range)
        self.bar.days_chosen.connect(self._on_days)
        self.bar.sources_chosen.connect(self.model.show_every_source)
        self.rows.arranged.connect(self._on_arranged)
        self.pane.said.connect(self.desk.say)
        self.table.row_changed.connect(self._on_row)
        self.table.row_activated.connect(self._on_activated)
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
        """Whatever happened may have stored entries; ask once when it is quiet."""
        if self._seen and self.isVisible():
            self._later.start()

    def _refresh(self) -> None:
        self.model.refresh()

    def _show(self) -> None:
        state = self.model.state
        self.bar.show_choice(state.kind, state.range, state.first, state.last, state.problem)
        self.bar.show_sources(state.left_out, state.every_source)
        self.pane.single_currency = state.currencies[0] if len(state.currencies) == 1 else ""
        self.table.hide_column("currency", len(state.currencies) < 2)
        self.table.hide_column("account", not state.several)
        if state.loading:
            self.pane.show_loading()
        else:
            self.pane.set_nothing(state.nothing)
            self.pane.show_rows(state.rows, self.desk.state.now or self.desk.clock())
        self.place_side()
        self._show_wanted()
        self.show_side()

    def _on_arranged(self) -> None:
        self.sums.show_rows(self.rows.shown_rows)

    def show_side(self) -> None:
        if not self.side_is_shown():
            return
        row = self.table.current_row()
        if row is None and self.rows.shown:
            self.table.go_to(0)
            row = self.table.current_row()
        self.detail.show_detail(detail_of(row) if row is not None else None)

    def _show_wanted(self) -> None:
        if self._wanted and not self.model.state.loading:
            wanted, self._wanted = self._wanted, ""
            if wanted.startswith("entry/"):
                self.table.select_row(wanted.removeprefix("entry/"))
            elif self.rows.shown:
                self.table.go_to(0)

    # intents

    def _on_kind(self, key: str) -> None:
        self.model.choose_kind(key)
        self.keep("kind", key)

    def _on_range(self, key: str) -> None:
        self.model.choose_range(key)
        if key != CUSTOM:
            self.keep("range", key)

    def _on_days(self, first: date, last: date) -> None:
        self.model.choose_days(first, last)

    def _on_row(self, _row: ActivityRow | None) -> None:
        self.show_side()

    def _on_activated(self, _row: ActivityRow) -> None:
        self.set_side(True)

    def _on_act(self, action: str) -> None:
        kind, _, target = action.partition(":")
        if kind == "order":
            self.desk.go("orders", target)
        elif kind == "symbol":
            self.desk.go("positions", target)

    # page

    def enter(self) -> None:
        self._seen = True
        self.model.show(self.desk.state)

    def show_target(self, target: str) -> None:
        """``order/<account>/<id>``: what an order led to; ``entry/<account>/<id>``: one entry;
        anything else is filtered for, such as a symbol.
        """
        if not target:
            return
        kind, _, rest = target.partition("/")
        words = "" if kind == "entry" else rest.rpartition("/")[2] if kind == "order" else target
        self._wanted = target
        self.model.everything()
        if self.pane.filter_field is not None:
            self.pane.filter_field.setText(words)
            self.pane.apply_filter()
        self.set_side(True)
        self._show_wanted()

    def has_side(self) -> bool:
        return bool(self.rows.countable)  # beside nothing there is nothing to show

    def help_text(self) -> str:
        return HELP

    def _restore(self) -> None:
        self.recall()
        self.model.choose_kind(self.kept("kind"))
        self.model.start_with(self.kept("range"))


def build(desk: Desk) -> ActivityPage:
    """The page."""
    return ActivityPage(desk)
