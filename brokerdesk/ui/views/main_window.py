"""The main window: menus, top bar, connections, totals, messages, accounts and positions.

It shows a ``WindowState`` and passes wishes on. It must not know services, brokers or the database;
what it cannot do itself (the wizard, about, leaving) it says as a signal.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.portfolio_columns import accounts_model, positions_model
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import CHOICES, theme
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.views.connection_list import RAIL_WIDTH, ConnectionList
from brokerdesk.ui.views.messages import Messages
from brokerdesk.ui.views.pages import empty_page
from brokerdesk.ui.views.tables import Pane
from brokerdesk.ui.views.top_bar import TopBar
from brokerdesk.ui.views.totals import Totals
from brokerdesk.ui.widgets.focus_ring import FocusRing
from brokerdesk.ui.widgets.painted import ModeBand

TICK_MS = 1000
SAID_MS = 6000


class MainWindow(QMainWindow):
    """The window.

    Signals:
        connect_wanted, practice_wanted, about_wanted, report_wanted: menu wishes.
        theme_wanted: ``system``, ``light`` or ``dark`` was chosen.
        painted: the first paint event has been delivered.
        closing: the window was closed; the program should end.
    """

    connect_wanted = Signal()
    practice_wanted = Signal()
    about_wanted = Signal()
    report_wanted = Signal()
    theme_wanted = Signal(str)
    painted = Signal()
    closing = Signal()

    def __init__(self, model: PortfolioViewModel, memory: QSettings | None = None) -> None:
        super().__init__()
        self._vm, self._memory = model, memory
        self._was_painted = False
        self.trouble: BrokerDeskError | None = None
        """What keeps the profile from being used; shown as a page before the first paint."""
        self.connect_asked = False
        """A broker was asked for, maybe before anything behind the window was there to answer."""
        self._page: QWidget | None = None
        self.connect_wanted.connect(self._on_connect_wanted)
        self._build_ui()
        self._build_menus()
        self._connect()
        self._restore()
        self._render()

    def _on_connect_wanted(self) -> None:
        self.connect_asked = True

    # building

    def _build_ui(self) -> None:
        practice = self._vm.state.practice
        self.setWindowTitle("BrokerDesk — practice" if practice else "BrokerDesk")
        self.setMinimumSize(960, 620)
        self.resize(1280, 800)
        self._accounts, self._positions = accounts_model(), positions_model()
        self._rail = ConnectionList(self._vm.sign_in_wanted.emit, self.connect_wanted.emit)
        self._rail.setMinimumWidth(180)
        self._top = TopBar(self._vm.refresh, self._vm.stop, self.connect_wanted.emit)
        self._totals = Totals()
        self._messages = Messages(self._vm.act)
        self._accounts_pane = Pane(
            "Accounts", self._accounts, lambda n: fmt.count(n, "account"),
            nothing="No accounts are included.\nConnect a broker or include an offered account.",
        )  # fmt: skip
        self._positions_pane = Pane(
            "Positions", self._positions, lambda n: fmt.count(n, "symbol"),
            nothing="No positions.\nThe accounts shown hold cash only.",
            filter_name="Filter positions",
            foot="* The cost is known for part of the holding; the profit covers that part only.",
        )  # fmt: skip
        self._panes = QSplitter(Qt.Orientation.Vertical)
        self._panes.setHandleWidth(1)
        self._panes.setChildrenCollapsible(False)
        self._panes.addWidget(self._accounts_pane)
        self._panes.addWidget(self._positions_pane)
        self._panes.setStretchFactor(0, 2)
        self._panes.setStretchFactor(1, 3)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._figures_page())
        self._pages.addWidget(
            empty_page(self.connect_wanted.emit, None if practice else self.practice_wanted.emit)
        )
        self.setCentralWidget(self._sheet(practice))
        self._build_status()
        self._ring = FocusRing(self)
        self._accounts_pane.table.setFocus()

    def _figures_page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self._totals, self._messages):
            column.addWidget(part)
        column.addWidget(self._panes, 1)
        return page

    def _sheet(self, practice: bool) -> QWidget:
        sheet = QWidget()
        sheet.setProperty("role", "sheet")
        column = QVBoxLayout(sheet)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if practice:
            column.addWidget(ModeBand("PRACTICE", "made-up data on this computer, no real money"))
        column.addWidget(self._top)
        column.addWidget(self._pages, 1)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setHandleWidth(1)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self._rail)
        self._split.addWidget(sheet)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([RAIL_WIDTH, 1044])
        return self._split

    def _build_status(self) -> None:
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        bar.setFixedHeight(theme().tokens.bar["status"])
        self._said = PlainLabel("", "small", "text3")
        self._keys = PlainLabel("", "small", "text3")
        self._time = PlainLabel("", "small", "text3", figures=True)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(14, 0, 14, 0)
        row.setSpacing(18)
        row.addWidget(self._said, 1)
        row.addWidget(self._keys)
        row.addWidget(self._time)
        bar.addWidget(holder, 1)

    def _build_menus(self) -> None:
        bar = self.menuBar()
        bar.setFixedHeight(theme().tokens.bar["menu"])
        keys = QKeySequence
        file = bar.addMenu("&File")
        self._act_connect = self._action(
            file, "&Connect a broker…", self.connect_wanted.emit, "Ctrl+Shift+N"
        )
        self._act_practice = self._action(file, "Open &practice data", self.practice_wanted.emit)
        self._act_practice.setVisible(not self._vm.state.practice)
        file.addSeparator()
        self._act_refresh = self._action(file, "&Refresh", self._vm.refresh, "F5", "Ctrl+R")
        self._act_stop = self._action(file, "&Stop refresh", self._vm.stop, "Esc")
        file.addSeparator()
        self._action(file, "&Quit", self.close, keys(keys.StandardKey.Quit), "Ctrl+Q")
        edit = bar.addMenu("&Edit")
        self._action(edit, "&Find in positions", self._positions_pane.focus_filter, "Ctrl+F")
        view = bar.addMenu("&View")
        looks = QActionGroup(self)
        self._looks: dict[str, QAction] = {}
        for choice, words in zip(CHOICES, ("&System theme", "&Light", "&Dark"), strict=True):
            action = self._action(view, words, partial(self.theme_wanted.emit, choice))
            action.setCheckable(True)
            looks.addAction(action)
            self._looks[choice] = action
        help_menu = bar.addMenu("&Help")
        self._action(help_menu, "Copy &report (redacted)", self.report_wanted.emit)
        self._action(help_menu, "&About BrokerDesk", self.about_wanted.emit)

    def _action(
        self, menu: QMenu, text: str, do: Callable[[], object], *shortcuts: str | QKeySequence
    ) -> QAction:
        action = menu.addAction(text)
        action.triggered.connect(lambda _checked=False: do())
        action.setShortcuts(list(dict.fromkeys(QKeySequence(key) for key in shortcuts)))
        return action

    def _connect(self) -> None:
        self._vm.changed.connect(self._render)
        theme().changed.connect(self._mark_look)
        for pane in (self._accounts_pane, self._positions_pane):
            pane.said.connect(self.say)
        self._hush = QTimer(self)
        self._hush.setSingleShot(True)
        self._hush.timeout.connect(self._render)
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(self._vm.tick)
        self._ticker.start(TICK_MS)
        self._mark_look()

    # state

    def say(self, text: str) -> None:
        """Say something in the status bar for a while. Never the only place of an error."""
        self._said.setText(text)
        self._hush.start(SAID_MS)

    def _render(self) -> None:
        state = self._vm.state
        assert state.now is not None
        self._top.show_state(state)
        self._rail.show_state(state)
        self._totals.show_state(state)
        self._messages.show_state(state)
        self._accounts_pane.show_rows(state.figures.accounts, state.now)
        self._positions_pane.show_rows(state.figures.positions, state.now)
        self._name_currency()
        self._accounts_pane.refresh_words()
        self._positions_pane.refresh_words()
        self._positions_pane.set_foot(any(row.partial for row in state.figures.positions))
        if self._page is None:
            self._pages.setCurrentIndex(1 if state.empty else 0)
        self._top.setVisible(self._page is None)
        can = state.ready and not state.offline
        self._act_connect.setEnabled(can)
        self._act_refresh.setEnabled(can and bool(state.figures.connections))
        self._act_stop.setEnabled(state.refreshing)
        if not self._hush.isActive():
            self._said.setText(state.notice)
        self._keys.setText(state.keys_kept)
        self._time.setText(fmt.stamp(state.now))

    def _name_currency(self) -> None:
        """Name a single currency once, in the pane titles, and leave its column out."""
        figures = self._vm.state.figures
        for pane, rows in (
            (self._accounts_pane, figures.accounts),
            (self._positions_pane, figures.positions),
        ):
            currencies = {row.currency for row in rows}
            pane.single_currency = currencies.pop() if len(currencies) == 1 else ""
            pane.table.hide_column("Currency", bool(pane.single_currency))

    def _mark_look(self) -> None:
        self._looks[theme().choice].setChecked(True)

    @property
    def rows_shown(self) -> int:
        """Rows of both tables, for the start-up report."""
        return self._accounts.shown + self._positions.shown

    def show_page(self, page: QWidget) -> None:
        """Put a page over the whole sheet (trouble with the profile)."""
        self.hide_page()
        self._page = page
        self._pages.setCurrentIndex(self._pages.addWidget(page))
        self._render()

    def hide_page(self) -> None:
        """Show the figures again."""
        page, self._page = self._page, None
        if page is not None:
            self._pages.removeWidget(page)
            page.deleteLater()
            self._render()

    # memory

    def _restore(self) -> None:
        self._accounts_pane.table.sort_by(2, Qt.SortOrder.DescendingOrder)
        self._positions_pane.table.sort_by(6, Qt.SortOrder.DescendingOrder)
        if self._memory is None:
            return
        for key, restore in (
            ("window/geometry", self.restoreGeometry),
            ("window/rail", self._split.restoreState),
            ("window/panes", self._panes.restoreState),
            ("window/accounts", self._accounts_pane.table.header().restoreState),
            ("window/positions", self._positions_pane.table.header().restoreState),
        ):
            kept = self._memory.value(key)
            if isinstance(kept, QByteArray) and not kept.isEmpty():
                restore(kept)

    def _remember(self) -> None:
        if self._memory is None:
            return
        self._memory.setValue("window/geometry", self.saveGeometry())
        self._memory.setValue("window/rail", self._split.saveState())
        self._memory.setValue("window/panes", self._panes.saveState())
        for name, pane in (
            ("accounts", self._accounts_pane),
            ("positions", self._positions_pane),
        ):
            self._memory.setValue(f"window/{name}", pane.table.header().saveState())
        self._memory.sync()

    # Qt

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            # After this event the whole window, children included, is on the screen.
            QTimer.singleShot(0, self, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        self._ticker.stop()
        self._remember()
        self.closing.emit()
        event.accept()
