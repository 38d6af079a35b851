"""The Positions page: the table of holdings, and beside it the inspector of one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.gateways.aside import beside_the_window
from brokerdesk.ui.gateways.letting_go import LettingGo
from brokerdesk.ui.gateways.positions import PriceGateway
from brokerdesk.ui.gateways.tables import csv_writer
from brokerdesk.ui.models.position_columns import PositionLook, haystack, position_columns
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.base_rows import rated
from brokerdesk.ui.viewmodels.live import Touched
from brokerdesk.ui.viewmodels.live_rows import LiveRows, live_summary
from brokerdesk.ui.viewmodels.pace import Pace, Turns
from brokerdesk.ui.viewmodels.position_groups import SYMBOL, is_group
from brokerdesk.ui.viewmodels.position_prices import RANGES, PriceFeed
from brokerdesk.ui.viewmodels.positions import GROUPS, MANY, PositionsState, PositionsViewModel
from brokerdesk.ui.viewmodels.state import PositionRow
from brokerdesk.ui.views.list_page import ListPage
from brokerdesk.ui.views.positions.ahead import Ahead, how_to_make
from brokerdesk.ui.views.positions.inspector import WIDTH, Inspector
from brokerdesk.ui.views.positions.side import Side
from brokerdesk.ui.views.positions.totals import TotalsStack
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.segments import Segments
from brokerdesk.ui.widgets.table_pane import TablePane

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

_ENVIRONMENT_WORDS = {"live": "Live", "paper": "Paper", "practice": "Practice"}
SUMS_MS, SIDE_MS, MARK_MS = 2_000, 500, 600
"""Between two looks at live prices: sums and order, the inspector; how long a change is marked."""
HELP = (
    "Positions lists what you hold, added up over all accounts in scope. "
    "Right opens a row to show its accounts, Enter shows it in the inspector. "
    "Ctrl+F filters, Ctrl+I shows or hides the inspector."
)


class PositionsPage(ListPage):
    """Holdings by symbol, account or class."""

    name = "positions"
    narrow = 1140

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.model = PositionsViewModel(self)
        self.model.aside = partial(beside_the_window, desk, "positions:arrange")
        self.model.also = self._ahead
        titles = broker_titles()
        self.prices = PriceFeed(
            PriceGateway(desk), desk.clock, lambda key: titles.get(key, key), self
        )
        self._away = False
        self._live = LiveRows(desk.live)
        self._sums = Pace(self._settle_prices, SUMS_MS, self)
        self._side_moved = Pace(self.show_side, SIDE_MS, self)
        self._in_sight_moved = Pace(self._on_scrolled, SIDE_MS, self)
        self._unmark = QTimer(self)
        self._unmark.setSingleShot(True)
        self._unmark.setInterval(MARK_MS)
        self._unmark.timeout.connect(self._on_unmark)
        self._meanwhile: set[str] = set()
        self._adopted: Ahead | None = None
        self._key = self._wanted = ""
        self._opened: tuple[str, str] = ("", "")
        self._told: tuple[object, ...] = ()
        self._turns, self._spare = Turns(self), LettingGo(desk, self)
        self._build_ui()
        self._connect()
        self._restore()
        self._show()

    # building

    def _build_ui(self) -> None:
        self._look = PositionLook()
        columns = position_columns(self._look)
        self.rows: TreeRows[PositionRow] = TreeRows(
            [replace(column, total=None) for column in columns],
            children=lambda row: row.children,
            haystack=haystack,
            parent=self,
        )
        self.pane = TablePane(
            "Positions",
            self.rows,
            self._summary,
            nothing="No positions read yet.",
            filter_name="Filter positions",
            noun=("position", "positions"),
            columns_button=True,
            memory_key="positions/columns",
            export=csv_writer(self.desk),
        )
        self.totals = TotalsStack(self.table, columns, lambda row: row.currency, rated)
        layout = self.pane.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(layout.count() - 1, self.totals.holder)  # above the foot
        self._build_tools()
        self.banner = Banner(bar=True)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self.pane, 1)
        self.inspector = Inspector()
        self._inspected = Side(self.inspector, self.model)
        self.place(left, self.inspector, WIDTH)
        self.table.sort_by("value", Qt.SortOrder.DescendingOrder)
        self.offer_trades()

    def _build_tools(self) -> None:
        self.environments = Segments(tuple(_ENVIRONMENT_WORDS.items()), "Which positions")
        self.pane.add_tool(self.environments)
        self._by_words = PlainLabel("Group by", "small", "text3")
        self.pane.add_tool(self._by_words)
        self.groups = Segments(GROUPS, "Group by")
        self.pane.add_tool(self.groups)

    def _connect(self) -> None:
        self.desk.changed.connect(self._on_desk)
        self.desk.opened.connect(self.prices.again)
        self.desk.live.changed.connect(self._on_prices)
        self.table.verticalScrollBar().valueChanged.connect(self._on_scroll)
        self.model.changed.connect(self._show)
        self.prices.changed.connect(self._show_prices)
        self.groups.chosen.connect(self._on_group)
        self.environments.chosen.connect(self.model.look_at)
        self.pane.said.connect(self.desk.say)
        self.pane.acted.connect(self.desk.wish)
        self.table.row_changed.connect(self._on_row)
        self.table.row_activated.connect(self._on_activated)
        self.inspector.closed.connect(self.close_side)
        self.inspector.range_chosen.connect(self._on_range)
        self.inspector.copied.connect(self.say_copied)
        self.inspector.window_wanted.connect(self.wish_chart)
        privacy().changed.connect(self.show_side)

    # state

    def _on_desk(self) -> None:
        if self._away and self.desk.figures.complete:
            return  # nobody sees it: up to date again when it is entered
        state = self.desk.state
        self.model.show(state)
        told = (self._now().replace(microsecond=0), state.query, state.figures.positions,
                state.figures.accounts, state.everyone, self.model.state)  # fmt: skip
        if told != self._told:  # a step of a refresh is no other second
            at_once = not self._told or state.figures.held < MANY
            self._told = told
            (self._turns.finish if at_once else self._turns.take)(self._tick)

    def _tick(self) -> None:
        """Ages go on, whether or not figures changed."""
        self.pane.show_rows(self._rows_now(), self._now())
        self.show_side()

    def _rows_now(self) -> tuple[PositionRow, ...]:
        past = self.desk.past is not None
        return self._live.take(self.model.state.rows, past=past)

    def _now(self) -> datetime:
        return self.desk.state.now or self.desk.clock()

    def _rate_day(self) -> datetime:
        """The moment that rates have to be of."""
        return self.desk.past or self._now()

    def _summary(self, _rows: int) -> str:
        return self.model.state.summary + live_summary(self._live.told, self._live.stale)

    def _show(self) -> None:
        state = self.model.state
        self._look.by, self._look.largest = state.by, state.largest
        mixed = len(state.currencies) > 1
        self.pane.single_currency = state.currencies[0] if len(state.currencies) == 1 else ""
        self.table.hide_column("currency", not mixed or bool(state.base))  # beside the values
        self.table.hide_column("converted", not state.base)
        several = len(state.environments) > 1
        self.environments.setVisible(several)
        if several:
            off = [key for key in _ENVIRONMENT_WORDS if key not in state.environments]
            self.environments.set_unavailable(off, "No such accounts.")
            self.environments.choose(state.environment)
        self.groups.choose(state.by)
        arrangement = (state.by, state.environment)
        regrouped = arrangement != self._opened
        if state.loading:
            self.pane.show_loading()
            self._opened = ("", "")
        else:
            self._show_rows()
        if regrouped and state.rows:
            self._opened = arrangement
            self.rows.set_all_open(state.by != SYMBOL)
        self.totals.show_currencies(state.currencies if state.rows else (), state.base)
        if self._adopted is not None:
            self.totals.give(self._adopted.sums)
        self.pane.set_nothing(state.nothing, state.actions)
        self.pane.set_foot(bool(state.foot) and bool(state.rows), state.foot)
        self.banner.show_message(state.unread)
        if not state.loading:
            self._settle_current()
        self.show_side()
        if self._wanted and state.rows:
            wanted, self._wanted = self._wanted, ""
            self.show_target(wanted)

    def _ahead(self) -> Callable[[PositionsState], Ahead]:
        """How the next picture is made beside this thread."""
        self._meanwhile.clear()
        past = self.desk.past is not None
        return how_to_make(self.rows, self._live, self.totals.sums, past=past, now=self._now())

    def _show_rows(self) -> None:
        """The rows of the state, as they were made or by this thread itself."""
        made = self.model.made
        self.model.made = self._adopted = None
        if not isinstance(made, Ahead) or made.past != (self.desk.past is not None):
            self.pane.show_rows(self._rows_now(), self._now())
            return
        self._spare.soon(self._live.held)
        if self.pane.adopt(self._live.become(made.live), made.made, self._now()):
            self._adopted = made
        if self._meanwhile:  # prices that came while it was made
            names, self._meanwhile = frozenset(self._meanwhile), set()
            self._on_prices(Touched(names=names, still=True))

    def _settle_current(self) -> None:
        """The inspector is never empty while something is held."""
        if not self._key or self.model.row(self._key) is None:
            self._key = self.model.first_key(self.rows.shown_rows)
        if self._key and not self.table.currentIndex().isValid():
            self._go_to(self._key)

    def show_side(self) -> None:
        row = self.model.row(self._key) if self._key else None
        shown = self.side_is_shown()
        self.prices.show(row if shown else None, self.desk.past)
        if not shown:
            return
        if row is None:
            self.inspector.show_nothing("Select a position to see it here.")
            return
        self._inspected.show(self._live.now(row), self.desk.state, self._now())
        self._show_prices()

    def _show_prices(self) -> None:
        row = self.model.row(self._key) if self._key else None
        if row is None:
            return
        self._inspected.show_prices(self._live.now(row), self.prices.state, self._rate_day())

    # live prices

    def _on_prices(self, touched: Touched) -> None:
        """Only what these prices touch is drawn anew, and stays where it is."""
        if self._away or self.desk.past is not None:
            return
        self._meanwhile |= touched.names
        changed = self._live.moved(
            touched.names, None if touched.still else self.rows.keys_in_sight()
        )
        self._sums()
        if not changed:
            return
        self._look.fresh.update(row.key for row in changed if row.live)
        self.rows.update_rows(changed, self.rows.now, settle=False)
        if not self._unmark.isActive():
            self._unmark.start()
        if any(row.key == self._key for row in changed):
            self._side_moved()

    def _on_scroll(self, _value: int) -> None:
        self._in_sight_moved()

    def _on_scrolled(self) -> None:
        """What comes into sight is as it is now."""
        waiting = self._live.waiting()
        if waiting and not self._away:
            self.rows.update_rows(waiting, self.rows.now, settle=False)

    def _on_unmark(self) -> None:
        """What changed some time ago is marked no more."""
        self._look.fresh.clear()
        self.rows.redraw()

    def _settle_prices(self) -> None:
        """From time to time: what is out of sight, sums, order and how many prices are live."""
        if self._away or self.model.again():
            return
        self.rows.update_rows(self._live.waiting(), self.rows.now, settle=False)
        self.rows.settle()
        self.pane.refresh_words()

    # intents

    def _on_group(self, by: str) -> None:
        self.model.group(by)
        self.keep("group", by)

    def _on_row(self, row: PositionRow | None) -> None:
        key = self.model.holding_key(row)
        if key and key != self._key:
            self._key = key
            self.show_side()

    def _on_activated(self, row: PositionRow) -> None:
        if is_group(row):
            index = self.table.currentIndex()
            self.table.setExpanded(index, not self.table.isExpanded(index))
            return
        self._on_row(row)
        self.set_side(True)

    def _on_range(self, word: str) -> None:
        self.prices.choose(Range(word))
        self.keep("range", word)

    # page

    def enter(self) -> None:
        self._away, self._told = False, ()
        self.desk.hold_positions(self.name)
        self.desk.hold_prices(self.name)
        self._on_desk()

    def leave(self) -> None:
        self._away = True
        self.desk.release_positions(self.name)
        self.desk.release_prices(self.name)

    def show_target(self, target: str) -> None:
        """Show a holding by its key or symbol."""
        if not target:
            return
        found = self.model.find(target)
        if found is None:
            figures = self.desk.figures
            if figures.complete and (figures.positions or figures.accounts):
                self.desk.say("That position is not held now.")
            else:
                self._wanted = target  # positions are still being read
            return
        if found.environment != self.model.state.environment:
            self.model.look_at(found.environment)
        if self.pane.filter_field is not None and self.pane.filter_field.text():
            self.pane.clear_filter()
        self._key = found.key
        self._go_to(found.key)
        self.set_side(True)
        self.table.setFocus()

    def _go_to(self, key: str) -> None:
        """Make a holding's line the current one, alone or inside its group."""
        if self.table.select_row(key):
            return
        for row in self.rows.shown_rows:
            if any(child.key == key for child in row.children):
                self.table.select_row(row.key, key)
                return

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._by_words.setVisible(self.pane.width() >= px(780))

    def help_text(self) -> str:
        return HELP

    def _restore(self) -> None:
        self.recall()
        self.model.group(self.kept("group") or SYMBOL)
        word = self.kept("range")
        if word in [one.value for one in RANGES]:
            self.prices.choose(Range(word))


def build(desk: Desk) -> PositionsPage:
    """The page."""
    return PositionsPage(desk)
