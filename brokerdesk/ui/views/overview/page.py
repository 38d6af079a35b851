"""The Overview page: puts the desk's figures into its panes and passes wishes on.

On the way to the first paint: what it imports, every start waits for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.gateways.overview import OverviewGateway
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels import overview as vm
from brokerdesk.ui.viewmodels import overview_notices as needs
from brokerdesk.ui.viewmodels.live import Touched
from brokerdesk.ui.viewmodels.overview_accounts import account_parts
from brokerdesk.ui.viewmodels.overview_clock import clock_rows
from brokerdesk.ui.viewmodels.overview_history import HistoryFeed
from brokerdesk.ui.viewmodels.overview_parts import split
from brokerdesk.ui.viewmodels.pace import Pace, Turns
from brokerdesk.ui.viewmodels.state import AccountRow, ConnectionRow, Figures
from brokerdesk.ui.views.overview.main_pane import MainPane
from brokerdesk.ui.views.overview.side_pane import WIDTH, SidePane
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.widgets.splitter import Splitter
from brokerdesk.ui.widgets.table import Table

if TYPE_CHECKING:
    from brokerdesk.services.history import History
    from brokerdesk.services.history_facts import ValueLine
    from brokerdesk.ui.viewmodels.desk import Desk

PRICES_MS = 500
"""Between two looks at live prices: a total that runs cannot be read."""
MANY = 20
"""From here on other figures of accounts are shown part by part, a turn of the event loop each."""
NARROW = 1040
"""Below this width of the page the side pane is a toggle."""
_ACTS = {
    *("sign_in", "keys", "refresh", "unlock", "dismiss", "accept", "keep", "include", "exclude"),
}
PAST_QUIET = "Today’s Overview says what needs you now."


class OverviewPage(Page):
    """The total, its history, what moved it, the accounts; at the side what needs the user."""

    name = "overview"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._figures: Figures | None = None
        self._drawn: tuple[object, ...] = ()
        self._seen: tuple[object, ...] = ()
        self._accounts: tuple[AccountRow, ...] = ()
        self._turns = Turns(self)
        self._away = False
        self._silent: tuple[tuple[str, int], ...] = ()
        self._narrow = False
        self._wide_wish, self._narrow_wish = True, False
        self._feed = HistoryFeed(OverviewGateway(desk), self)
        self._prices_moved = Pace(self._draw_prices, PRICES_MS, self)
        self._build_ui()
        self._connect()
        self._restore()
        self._on_privacy()

    def _build_ui(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._split = Splitter(Qt.Orientation.Horizontal)
        column.addWidget(self._split)
        self.main, self.side = MainPane(self._split), SidePane(self._split)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 0)
        self._split.setSizes([px(907), px(WIDTH)])

    def _connect(self) -> None:
        self.desk.changed.connect(self._render)
        self.desk.opened.connect(self._on_opened)
        self.desk.live.changed.connect(self._on_prices)
        privacy().changed.connect(self._on_privacy)
        self._feed.shown.connect(self._on_history)
        self._feed.day_shown.connect(self._on_day)
        self._feed.failed.connect(self._on_history_failed)
        main, side = self.main, self.side
        main.history.range_chosen.connect(self._on_range)
        main.history.day_wanted.connect(self._feed.want_day)
        main.history.window_wanted.connect(self._on_chart)
        main.movers.chosen.connect(self._on_mover)
        main.movers.room_changed.connect(self._show_movers)
        main.acted.connect(self._on_action)
        main.accounts.opened.connect(self._on_account)
        main.accounts.table.can_export = True
        main.accounts.table.export_wanted.connect(self._on_export)
        side.attention.acted.connect(self._on_action)
        side.clock.acted.connect(self._on_action)
        side.allocation.by_chosen.connect(self._on_split)
        side.allocation.activated.connect(self._on_part)

    # state

    def _render(self) -> None:
        if not self._away:  # else up to date again when it is entered
            accounts = self.desk.figures.accounts
            others = accounts is not self._accounts and self.isVisible()
            self._draw(apart=others and len(accounts) >= MANY)

    def _draw(self, *, apart: bool = False) -> None:
        """Show the state; ``apart``: not in one turn of the event loop, there is much to show."""
        state = self.desk.state
        now = state.now or self.desk.clock()
        figures, private = state.figures, privacy().on
        seen = (now.replace(microsecond=0), private, state.query, state.refreshing, state.ready,
                figures.totals, figures.combined, figures.accounts, figures.movers,
                figures.classes, figures.messages, _calm(figures), self._silent)  # fmt: skip
        if seen == self._seen:
            return
        self._seen, self._accounts = seen, figures.accounts
        do = self._turns.take if apart or self._turns.busy else self._turns.finish
        do(self._show_total, self._show_accounts, self._show_needs, self._show_parts, self._settle)

    def _show_needs(self) -> None:
        """What needs the user, and when the next sign-ins are due."""
        state = self.desk.state
        figures, now = state.figures, self._now()
        silent = needs.silent_notices(self._silent, figures.accounts)
        told = needs.notices(figures.messages, state.past, figures.connections)
        rows = (*told, *(silent if not state.past else ()))
        quiet = PAST_QUIET if state.past else needs.QUIET
        self.side.attention.show_notices(rows, quiet=quiet)
        clock = () if state.past else clock_rows(figures.connections, now)
        self.side.clock.show_rows(clock)

    def _show_parts(self) -> None:
        """What does not depend on the clock."""
        figures = self.desk.figures
        drawn = (privacy().on, figures.movers, figures.classes, figures.totals, figures.combined,
                 figures.accounts)  # fmt: skip
        if drawn != self._drawn:
            self._drawn = drawn
            self._show_movers()
            self.side.allocation.setVisible(bool(figures.accounts))
            self.side.allocation.show_split(split(figures, self.side.allocation.by))

    def _settle(self) -> None:
        self.side.settle()
        self.main.share_height()
        state = self.desk.state
        self._feed.follow(state.figures, state.query, self._now(), refreshing=state.refreshing)

    def _show_total(self) -> None:
        state, private, figures = self.desk.state, privacy().on, self._at_prices()
        hero = vm.hero(figures, self._now(), state.past, private=private, reading=state.refreshing)
        lines = vm.lesser(figures, private=private)
        self.main.hero.show_hero(hero, vm.blocks(figures), lines)
        self.main.show_empty(needs.nothing(state))

    def _show_accounts(self) -> None:
        self.main.accounts.show_parts(account_parts(self._at_prices()), self._now())

    def _now(self) -> datetime:
        return self.desk.state.now or self.desk.clock()

    def _at_prices(self) -> Figures:
        """The figures as they are shown: today's at the newest prices, past ones as they were."""
        state = self.desk.state
        return state.figures if state.past is not None else self.desk.live.figures(state.figures)

    def _on_prices(self, touched: Touched) -> None:
        if touched.still:
            self._draw_prices()
        elif not self._away:
            self._prices_moved()

    def _draw_prices(self) -> None:
        if self._away or self.desk.state.past is not None:
            return
        self._show_total()
        self._show_accounts()
        self._show_movers()

    def _show_movers(self) -> None:
        rows = vm.movers(self._at_prices(), private=privacy().on, most=self.main.movers.room)
        self.main.movers.show_movers(rows)

    def _on_privacy(self) -> None:
        on = privacy().on
        self.main.history.set_private(on)
        self.side.allocation.bars.set_private(on)
        self._turns.finish()
        self._draw()  # seen or not: what is to be hidden stands nowhere

    def _on_opened(self) -> None:
        self._feed.restart()
        self._seen = ()
        self._render()

    # history

    def _on_history(self, history: History, today: date) -> None:
        self._silent = tuple((str(key), day) for key, day in history.silent)
        self.main.history.chart.set_nothing(
            needs.NO_HISTORY if not len(history) else needs.NO_VALUES
        )
        self.main.history.show_history(history, today)
        self._render()

    def _on_day(self, line: ValueLine) -> None:
        self.main.history.show_day(line)

    def _on_history_failed(self, error: BaseException) -> None:
        self.main.history.chart.set_nothing(needs.history_failed(error))

    # intents

    def _on_range(self, word: str) -> None:
        self._keep("range", word)

    def _on_chart(self) -> None:
        self.desk.wish("chart:value")

    def _on_split(self, word: str) -> None:
        self._keep("split-by", word)
        self._drawn = self._seen = ()
        self._render()

    def _on_mover(self, symbol: str) -> None:
        self.desk.go("positions", symbol)

    def _on_account(self, key: str) -> None:
        self.desk.go("accounts", key)

    def _on_part(self, key: str) -> None:
        kind, _, target = key.partition(":")
        if kind == "account":
            self.desk.go("accounts", target)
        elif kind == "class":
            self.desk.go("positions")

    def _on_action(self, action: str) -> None:
        verb, _, target = action.partition(":")
        if verb == "go":
            page, _, where = target.partition(":")
            self.desk.go(page, where)
        elif verb in _ACTS:
            self.desk.portfolio.act(action)
        else:
            self.desk.wish(action)

    # page

    def enter(self) -> None:
        self._away = False
        self.desk.hold_prices(self.name)
        if self._turns.busy:
            self._turns.finish()
            self._seen = ()
        self._draw()

    def leave(self) -> None:
        self._away = True
        self.desk.release_prices(self.name)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._narrow = self.width() < px(NARROW)
        self._place_side()

    def _place_side(self) -> None:
        self.side.setVisible(self._narrow_wish if self._narrow else self._wide_wish)

    def toggle_side(self) -> bool:
        if self._narrow:
            self._narrow_wish = not self._narrow_wish
        else:
            self._wide_wish = not self._wide_wish
        self._place_side()
        return True

    def side_is_shown(self) -> bool:
        return not self.side.isHidden()

    def panes(self) -> Sequence[QWidget]:
        return (self.main, self.side) if self.side_is_shown() else (self.main,)

    def focus_first(self) -> None:
        self.main.accounts.table.setFocus()

    def tables(self) -> Sequence[Table]:
        return (self.main.accounts.table,)

    def export(self) -> bool:
        self._on_export(False)
        return True

    def _on_export(self, selected: bool) -> None:
        # Who starts the program does not wait for what writes files.
        from brokerdesk.ui.gateways.tables import csv_writer
        from brokerdesk.ui.widgets.table_save import ask_where, taken

        table = self.main.accounts.table
        ask_where(self, taken("Accounts", table, selected=selected), csv_writer(self.desk))

    def help_text(self) -> str:
        return vm.HELP

    # memory

    def remember(self) -> None:
        if self.desk.memory is not None:
            self._split.keep(self.desk.memory, f"{self.name}/splitter")
            self._keep("columns", QByteArray(self.main.accounts.table.save_state()))
        self._keep("side", "shown" if self._wide_wish else "hidden")

    def _keep(self, key: str, value: object) -> None:
        if self.desk.memory is not None:
            self.desk.memory.setValue(f"{self.name}/{key}", value)

    def _restore(self) -> None:
        memory = self.desk.memory
        if memory is None:
            return
        self._split.recall(memory, f"{self.name}/splitter")
        columns = memory.value(f"{self.name}/columns")
        if isinstance(columns, QByteArray):
            self.main.accounts.table.restore_state(bytes(columns.data()))
        self._wide_wish = memory.value(f"{self.name}/side") != "hidden"
        self.side.allocation.choose(str(memory.value(f"{self.name}/split-by") or ""))
        word = str(memory.value(f"{self.name}/range") or "")
        if word in [one.value for one in Range]:
            self.main.history.choose(Range(word))


def _calm(figures: Figures) -> tuple[ConnectionRow, ...]:
    """The connections, without how far the reading of each is: that is seen elsewhere."""
    return tuple(
        one if one.progress is None else replace(one, progress=0.0) for one in figures.connections
    )


def build(desk: Desk) -> OverviewPage:
    """The page."""
    return OverviewPage(desk)
