"""The Activity page: what happened in the accounts in scope, and one entry of it in full."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.gateways.activity import ActivityGateway
from brokerdesk.ui.gateways.tables import csv_writer
from brokerdesk.ui.models.activity_columns import ACTIVITY_COLUMNS, haystack
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.activity import ActivityViewModel
from brokerdesk.ui.viewmodels.activity_detail import detail_of
from brokerdesk.ui.viewmodels.activity_rows import KINDS, ActivityRow
from brokerdesk.ui.viewmodels.date_ranges import CUSTOM
from brokerdesk.ui.views.activity.sums_bar import SumsBar
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.widgets.detail_pane import WIDTH, DetailPane
from brokerdesk.ui.widgets.range_bar import RangeBar
from brokerdesk.ui.widgets.splitter import Splitter
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_pane import TablePane

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

NARROW = 1100
"""Below this width of the page the side pane is shown only when asked for."""
REST_MS = 250
"""Several readings of a refresh cost one reading of the list."""
HELP = (
    "Activity lists what your brokers booked in the accounts in scope, the newest first. "
    "Choose a kind and dates above the list; Ctrl+F filters it by words. "
    "Enter or Ctrl+I shows every field of an entry."
)


class ActivityPage(Page):
    """Transactions of all accounts."""

    name = "activity"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.model = ActivityViewModel(ActivityGateway(desk), desk.clock, self)
        self._wanted = ""
        self._seen = False
        self._narrow = False
        self._wide_wish, self._narrow_wish = True, False
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
        self.table = self.pane.table
        self.bar = RangeBar(KINDS, "Kind")
        self.sums = SumsBar()
        layout = self.pane.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(2, self.bar)  # below the head and its line
        layout.insertWidget(layout.count() - 1, self.sums)  # above the foot
        self.side = DetailPane("Entry", "activity", "Select an entry to see all of it.")
        self.side.hide()  # until the width is known
        self._split = Splitter(Qt.Orientation.Horizontal)
        self._split.addWidget(self.pane)
        self._split.addWidget(self.side)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 0)
        self._split.setSizes([px(1000), px(WIDTH)])
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._split)
        self.table.sort_by("time", Qt.SortOrder.DescendingOrder)

    def _connect(self) -> None:
        self.desk.figures_changed.connect(self._on_figures)
        self.desk.happened.connect(self._on_event)
        self.desk.opened.connect(self._on_figures)
        self._later.timeout.connect(self._refresh)
        self.model.changed.connect(self._show)
        self.bar.kind_chosen.connect(self._on_kind)
        self.bar.range_chosen.connect(self._on_range)
        self.bar.days_chosen.connect(self._on_days)
        self.rows.arranged.connect(self._on_arranged)
        self.pane.said.connect(self.desk.say)
        self.table.row_changed.connect(self._on_row)
        self.table.row_activated.connect(self._on_activated)
        self.side.closed.connect(self._on_closed)
        self.side.acted.connect(self._on_act)

    # state

    def _on_figures(self) -> None:
        if self._seen:
            self.model.show(self.desk.state)

    def _on_event(self, _event: object) -> None:
        """Whatever happened may have stored entries; ask once when it is quiet."""
        if self._seen and self.isVisible():
            self._later.start()

    def _refresh(self) -> None:
        self.model.refresh()

    def _show(self) -> None:
        state = self.model.state
        self.bar.show_choice(state.kind, state.range, state.first, state.last, state.problem)
        self.pane.single_currency = state.currencies[0] if len(state.currencies) == 1 else ""
        self.table.hide_column("currency", len(state.currencies) < 2)
        self.table.hide_column("account", not state.several)
        if state.loading:
            self.pane.show_loading()
        else:
            self.pane.set_nothing(state.nothing)
            self.pane.show_rows(state.rows, self.desk.state.now or self.desk.clock())
        self._place_side()
        self._show_wanted()
        self._show_detail()

    def _on_arranged(self) -> None:
        self.sums.show_rows(self.rows.shown_rows)

    def _show_detail(self) -> None:
        if not self.side_is_shown():
            return
        row = self.table.current_row()
        if row is None and self.rows.shown:
            self.table.go_to(0)
            row = self.table.current_row()
        self.side.show_detail(detail_of(row) if row is not None else None)

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
        self._keep("kind", key)

    def _on_range(self, key: str) -> None:
        self.model.choose_range(key)
        if key != CUSTOM:
            self._keep("range", key)

    def _on_days(self, first: date, last: date) -> None:
        self.model.choose_days(first, last)

    def _on_row(self, _row: ActivityRow | None) -> None:
        self._show_detail()

    def _on_activated(self, _row: ActivityRow) -> None:
        self._set_side(True)

    def _on_closed(self) -> None:
        self._set_side(False)
        self.table.setFocus()

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
        self._set_side(True)
        self._show_wanted()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._narrow = self.width() < px(NARROW)
        self._place_side()

    def _set_side(self, shown: bool) -> None:
        if self._narrow:
            self._narrow_wish = shown
        else:
            self._wide_wish = shown
        self._place_side()

    def _place_side(self) -> None:
        wished = self._narrow_wish if self._narrow else self._wide_wish
        shown = wished and bool(self.rows.countable)  # beside nothing there is nothing to show
        if shown == self.side.isHidden():
            self.side.setVisible(shown)
            self._show_detail()

    def toggle_side(self) -> bool:
        self._set_side(not self.side_is_shown())
        return True

    def side_is_shown(self) -> bool:
        return not self.side.isHidden()

    def panes(self) -> Sequence[QWidget]:
        return (self.pane, self.side) if self.side_is_shown() else (self.pane,)

    def focus_filter(self) -> bool:
        return self.pane.focus_filter()

    def focus_first(self) -> None:
        self.table.setFocus()

    def tables(self) -> Sequence[Table]:
        return (self.table,)

    def export(self) -> bool:
        return self.pane.export_csv()

    def help_text(self) -> str:
        return HELP

    # memory

    def remember(self) -> None:
        self.pane.remember(self.desk.memory)
        self._keep("splitter", self._split.saveState())
        self._keep("side", "shown" if self._wide_wish else "hidden")

    def _keep(self, key: str, value: object) -> None:
        if self.desk.memory is not None:
            self.desk.memory.setValue(f"{self.name}/{key}", value)

    def _restore(self) -> None:
        memory = self.desk.memory
        if memory is None:
            return
        self.pane.recall(memory)
        kept = memory.value(f"{self.name}/splitter")
        if isinstance(kept, QByteArray) and not kept.isEmpty():
            self._split.restoreState(kept)
        self._wide_wish = memory.value(f"{self.name}/side") != "hidden"
        self.model.choose_kind(str(memory.value(f"{self.name}/kind") or ""))
        self.model.start_with(str(memory.value(f"{self.name}/range") or ""))


def build(desk: Desk) -> ActivityPage:
    """The page."""
    return ActivityPage(desk)
