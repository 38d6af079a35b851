"""The main window: menus, rail, top bar, banner, pages, status bar.

It shows the desk's state around the pages and passes wishes on. It must not know services, brokers
or the database; what it cannot do itself it says through ``desk.wish``. Before the first paint it
builds the rail, the bars and the one page that is seen; everything else comes when asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.shell.memory import WindowMemory
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.portfolio import PortfolioViewModel
from brokerdesk.ui.viewmodels.state import Message
from brokerdesk.ui.viewmodels.surroundings import Cover, banner, cover, needing

if TYPE_CHECKING:
    from brokerdesk.ui.shell.layers import Layers
    from brokerdesk.ui.viewmodels.desk import Desk
    from brokerdesk.ui.views.page import Page

TICK_MS = 1000
FOLDS_BELOW = 1180
"""Narrower than this the rail shows pictures alone, unless the user opened it there."""


class MainWindow(QMainWindow):
    """The window.

    Signals:
        painted: the first paint event has been delivered.
        closing: the window was closed; the program should end.
    """

    painted = Signal()
    closing = Signal()

    def __init__(
        self,
        model: PortfolioViewModel,
        memory: QSettings | None = None,
        *,
        desk: Desk | None = None,
        later: bool = False,
    ) -> None:
        """``later``: a picture stands in it until ``furnish``."""
        super().__init__()
        self._model, self._settings, self._memory = model, memory, WindowMemory(memory)
        self._was_painted = False
        self.trouble: BrokerDeskError | None = None
        """What keeps the profile from being used; shown as a page before the first paint."""
        self.early: list[str] | None = []
        """What was wished before anything behind the window was there to answer; None: it is."""
        self.network_lost = False
        self._trouble_page: QWidget | None = None
        self._covered = Cover.NONE
        self._narrow_wish: bool | None = None
        self.furnished = False
        self._wide_narrow = self._memory.text("rail") == "narrow"
        self.setWindowTitle("Practice — BrokerDesk" if model.state.practice else "BrokerDesk")
        self._memory.restore_geometry(self)
        if not later:
            self.furnish(desk)

    # building

    def furnish(self, desk: Desk | None = None) -> None:
        """Build what the window consists of, in place of the picture in it."""
        from brokerdesk.ui.shell.deeds import Deeds
        from brokerdesk.ui.shell.layers import Layers
        from brokerdesk.ui.shell.menus import Menus
        from brokerdesk.ui.shell.panes import PaneRound
        from brokerdesk.ui.viewmodels.desk import Desk
        from brokerdesk.ui.widgets.focus_ring import FocusRing

        model, memory = self._model, self._settings
        self.desk = desk or Desk(model, model.clock, memory=memory, parent=self)
        self._round = PaneRound()
        self.layers: Layers = Layers(self)
        self.deeds = Deeds(self)
        self.menus = Menus(self)
        self._build_ui()
        self.furnished = True
        self._ring = FocusRing(self)
        self._connect()
        self._restore()
        self._render()
        self.focus_page()

    def _build_ui(self) -> None:
        from brokerdesk.ui.shell.frame import Frame

        frame = Frame(self.desk)
        self.stack, self.rail, self.top = frame.stack, frame.rail, frame.top
        self.status, self.banner_place, self.beside = frame.status, frame.banner_place, frame.beside
        self.setCentralWidget(frame)
        self._connect_parts()

    def _connect_parts(self) -> None:
        self.stack.turned.connect(self._on_turned)
        self.rail.chosen.connect(self._on_rail)
        self.rail.folded.connect(self.toggle_rail)
        self.top.scope_wanted.connect(self.layers.toggle_scope)
        self.top.connections_wanted.connect(self.layers.toggle_connections)
        self.top.refresh_wanted.connect(self.desk.portfolio.refresh)
        self.top.stop_wanted.connect(self.desk.portfolio.stop)
        self.top.search_wanted.connect(self.open_palette)
        self.top.privacy_wanted.connect(self.deeds.toggle_privacy)
        self.banner_place.acted.connect(self.act)

    def _connect(self) -> None:
        self.desk.changed.connect(self._render)
        self.desk.trading.changed.connect(self._render)
        self.desk.went.connect(self.go)
        self.desk.said.connect(self.say)
        self.desk.toasted.connect(self.layers.toast)
        self.desk.wished.connect(self._on_wished)
        self.menus.chosen.connect(self.deeds.do)
        self.menus.only.connect(self._on_only)
        self.menus.filling.connect(self._fill_accounts)
        theme().changed.connect(self._mark_look)
        theme().scaled.connect(self._on_scaled)
        privacy().changed.connect(self._mark_look)
        self._rebuilding = QTimer(self)
        self._rebuilding.setSingleShot(True)
        self._rebuilding.setInterval(0)
        self._rebuilding.timeout.connect(self._rebuild)
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(self.desk.portfolio.tick)
        self._ticker.start(TICK_MS)
        self._mark_look()

    # going about

    def go(self, page: str, target: str = "") -> None:
        """Show a page, at a target."""
        if self._trouble_page is None and not self.stack.turn_to(page, target):
            self.say("This page is not part of this version.")

    def _on_rail(self, page: str) -> None:
        self.desk.go(page)

    def _on_turned(self, page: str) -> None:
        self.rail.mark(page)
        self._render()
        self.menus.check("side", self.side_is_shown())

    @property
    def page(self) -> Page | None:
        """The page that is seen."""
        return self.stack.page

    def focus_page(self) -> None:
        """Give the focus to where work on the shown page begins."""
        if (page := self.stack.page) is not None:
            page.focus_first()
        elif self.stack.cover is not None:
            self._round.enter(self.stack.cover)

    def next_pane(self, step: int) -> None:
        """F6."""
        page = self.stack.page
        inner = list(page.panes()) if page is not None else [self.stack]
        bars: list[QWidget] = [self.top, self.banner_place, self.rail]
        self._round.move([*bars, *inner, *self.beside.panes()], step)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab goes as the window is read."""
        from brokerdesk.ui.widgets import tab_order

        parts = [self.top, self.banner_place, self.rail, self.beside, *self.layers.aside()]
        return tab_order.move(parts, forward=forward) or super().focusNextPrevChild(forward)

    def side_is_shown(self) -> bool:
        page = self.stack.page
        return page is not None and page.side_is_shown()

    def open_palette(self) -> None:
        """Search and commands."""
        if self._trouble_page is None:
            self.layers.open_palette()

    def close_palette(self) -> None:
        self.layers.close_palette()

    def act(self, action: str) -> None:
        """Do what a banner's or a message's button says."""
        if action == "now:":
            self.desk.travel(None)
            self.focus_page()
        else:
            self.desk.wish(action)

    def _on_wished(self, action: str) -> None:
        if self.early is not None:
            self.early.append(action)

    def say(self, text: str) -> None:
        """Say something in the status bar for a while. Never the only place of an error."""
        self.status.say(text)

    def show_network(self, *, lost: bool) -> None:
        """The system says whether there is a network at all."""
        self.network_lost = lost
        self._render()

    # state

    def _render(self) -> None:
        state = self.desk.state
        self.top.show_state(state)
        self.status.show_state(state)
        self.rail.set_badge("connections", needing(state))
        self.banner_place.show_message(self._banner())
        self.banner_place.show_past(self.desk)
        self._render_cover()
        self.deeds.render()
        self._prune_scope()

    def _banner(self) -> Message | None:
        return None if self._trouble_page else banner(self.desk.state, lost=self.network_lost)

    def _render_cover(self) -> None:
        if self._trouble_page is not None:
            return
        spec = self.stack.spec(self.stack.current)
        wanted = cover(self.desk.state) if spec is None or spec.rail == 1 else Cover.NONE
        if wanted is not self._covered:
            self._covered = wanted
            from brokerdesk.ui.shell.panes import holds

            held = (now := QApplication.focusWidget()) is None or holds(self.stack, now)
            self.stack.lay_over(_cover(wanted, self.desk) if wanted is not Cover.NONE else None)
            if held:
                self.focus_page()

    def _mark_look(self) -> None:
        for choice in ("system", "light", "dark"):
            self.menus.check(f"theme:{choice}", theme().choice == choice)
        self.menus.check("private", privacy().on)

    def _fill_accounts(self) -> None:
        rows = [(row.key, row.title) for row in self.desk.state.everyone if not row.closed]
        self.menus.show_accounts(rows, self.desk.portfolio.query.scope)

    def _on_only(self, account: str) -> None:
        self.desk.look_at((account,))

    def _prune_scope(self) -> None:
        """Accounts that are no more do not keep the window empty."""
        state, scope = self.desk.state, self.desk.portfolio.query.scope
        if not (scope and state.ready and state.everyone and state.query.scope == scope):
            return
        there = {row.key for row in state.everyone}
        left = tuple(key for key in scope if key in there)
        if left != scope:
            self.desk.look_at(left)

    @property
    def rows_shown(self) -> int:
        """Rows of the page's tables, for the start-up report."""
        tables = self.page.tables() if self.page is not None else ()
        return sum(table.model().rowCount() for table in tables)

    def show_page(self, page: QWidget) -> None:
        """Put a page over the whole sheet (trouble with the profile)."""
        self._trouble_page = page
        self._covered = Cover.NONE
        self.stack.lay_over(page)
        self._troubled(True)
        self._render()

    @property
    def troubled(self) -> bool:
        """Whether the profile cannot be used and a page says so."""
        return self._trouble_page is not None

    def hide_page(self) -> None:
        """Show the pages again."""
        page, self._trouble_page = self._trouble_page, None
        if page is not None:
            self._covered = Cover.NONE
            self.stack.lay_over(None)
            self._troubled(False)
            self._render()

    def _troubled(self, on: bool) -> None:
        self.layers.close_all()
        self.top.setVisible(not on)
        self.rail.setEnabled(not on)

    # the rail's width

    def toggle_rail(self) -> None:
        """Make the rail narrow or wide; what is chosen in a narrow window counts there alone."""
        narrow = not self.rail.narrow
        if self._is_narrow():
            self._narrow_wish = narrow
        else:
            self._wide_narrow = narrow
        self._fit_rail()

    def _is_narrow(self) -> bool:
        return self.width() < px(FOLDS_BELOW)

    def _fit_rail(self) -> None:
        narrow = self._wide_narrow
        if self._is_narrow():
            narrow = True if self._narrow_wish is None else self._narrow_wish
        if narrow != self.rail.narrow:
            self.rail.set_narrow(narrow)
        self.menus.check("rail", narrow)

    # another text size

    def _on_scaled(self) -> None:
        self._rebuilding.start()  # whoever asked may be one of the parts that go

    def _rebuild(self) -> None:
        from brokerdesk.ui.shell.panes import give_focus, place_of_focus

        current, focus = self.stack.current, place_of_focus(self)
        trouble, self._trouble_page = self._trouble_page, None
        self.layers.close_all()
        self.stack.fell()
        if trouble is not None:
            trouble.setParent(None)
        self._round.forget()
        self.menus.fit()
        old = self.takeCentralWidget()
        self._build_ui()
        if old is not None:
            old.deleteLater()
        self._covered = Cover.NONE
        self.stack.turn_to(current)
        self._fit_rail()
        if trouble is not None:
            self.show_page(trouble)
        self._render()
        if focus is not None and not give_focus(self, focus):
            self.focus_page()

    # memory

    def _restore(self) -> None:
        self._fit_rail()
        if scope := self._memory.words("scope"):
            self.desk.look_at(scope)
        spec = self.stack.spec(self._memory.text("page"))
        first = self.stack.specs[0].id if self.stack.specs else ""
        self.stack.turn_to(spec.id if spec is not None and spec.rail == 1 else first)

    def _remember(self) -> None:
        self.stack.remember()
        self._memory.keep_geometry(self)
        self._memory.keep("rail", "narrow" if self._wide_narrow else "wide")
        self._memory.keep("page", self.stack.current)
        self._memory.keep("scope", list(self.desk.portfolio.query.scope))
        self._memory.save()

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Esc, when nothing that has the focus took it: one layer at a time."""
        if self.furnished and event.key() == Qt.Key.Key_Escape and self.deeds.escape():
            event.accept()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        if self.furnished:
            self._fit_rail()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            # After this event the whole window, children included, is on the screen.
            QTimer.singleShot(0, self, self.painted.emit)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self.furnished:
            self._ticker.stop()
            self._remember()
        self.closing.emit()
        event.accept()


def _cover(kind: Cover, desk: Desk) -> QWidget | None:
    from brokerdesk.ui.shell import covers

    return covers.make(kind, desk)
