"""What each command does, and which are possible now.

The window's own deeds are done here; what needs the program behind it goes out as a wish.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import LEAST_SCALE, MOST_SCALE, theme

if TYPE_CHECKING:
    from brokerdesk.ui.shell.window import MainWindow

STEP = 10
_WISHES = ("connect", "compare", "practice", "backup", "restore", "report", "folder", "about",
           "updates")  # fmt: skip
_AFTER_OPENING = ("connect", "refresh", "backup", "restore", "scope", "everyone", "past",
                  "updates")  # fmt: skip


class Deeds:
    """The commands of one window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        desk = window.desk
        self._do: dict[str, Callable[[], object]] = {
            "refresh": desk.portfolio.refresh,
            "stop": desk.portfolio.stop,
            "export": self._export,
            "quit": window.close,
            "copy": lambda: self._copy(headers=False),
            "copy_headers": lambda: self._copy(headers=True),
            "filter": self._filter,
            "palette": window.open_palette,
            "past": self._toggle_past,
            "now": lambda: desk.travel(None),
            "rail": window.toggle_rail,
            "side": self._toggle_side,
            "private": self.toggle_privacy,
            "scope": lambda: window.layers.toggle_scope(window.top.scope),
            "everyone": lambda: desk.look_at(()),
            "connections": lambda: window.layers.toggle_connections(window.top.scope),
            "pane:next": lambda: window.next_pane(1),
            "pane:back": lambda: window.next_pane(-1),
            "minimise": window.showMinimized,
            "full": self._toggle_full,
            "help": window.layers.toggle_help,
            "log": lambda: desk.go("log"),
            "audit": lambda: desk.go("audit"),
            "cancel_order": lambda: self._with_orders("cancel_order"),
            "cancel_all": lambda: self._with_orders("cancel_all"),
            "halt": self._halt,
            "scale:+": lambda: self._scale(self._percent() + STEP),
            "scale:-": lambda: self._scale(self._percent() - STEP),
            "scale:0": lambda: self._scale(100),
        }

    def do(self, command: str) -> None:
        """Do what a menu, a key or the palette says."""
        verb, _, target = command.partition(":")
        if command in self._do:
            self._do[command]()
        elif verb == "go":
            self._window.desk.go(target)
            self._window.focus_page()
        elif verb in (*_WISHES, "theme", "ticket", "chart"):
            self._window.desk.wish(f"{verb}:{target}")
        else:
            raise ValueError(f"no such command: {command}")

    def escape(self) -> bool:
        """One step out: the open layer, the refresh, the past. False: there is nothing to leave."""
        window, state = self._window, self._window.desk.state
        if window.layers.close_top():
            return True
        if window.desk.portfolio.stoppable:
            window.desk.portfolio.stop()
            return True
        if state.past is not None:
            window.desk.travel(None)
            return True
        if window.banner_place.past_bar is not None:
            window.banner_place.ask_past(window.desk, on=False)
            return True
        return False

    def render(self) -> None:
        """Dim what is not possible now."""
        window, state = self._window, self._window.desk.state
        menus = window.menus
        allow = menus.allow
        online = state.ready and not state.offline
        known = bool(state.figures.connections)
        for command in _AFTER_OPENING:
            allow(command, state.ready)
        allow("connect", online)
        allow("refresh", online and known and state.past is None)
        allow("stop", state.refreshing)
        allow("scope", bool(state.everyone))
        allow("everyone", bool(window.desk.portfolio.query.scope))
        allow("connections", known)
        allow("ticket:new", state.past is None)
        allow("now", state.past is not None)
        allow("compare", state.ready and state.past is not None)
        menus.offer("practice", not state.practice)
        trading = window.desk.trading.state
        allow("halt", trading.known)
        menus.check("halt", trading.halted)

    def possible(self, command: str) -> bool:
        """Whether a command exists in this window and can be chosen now."""
        action = self._window.menus.actions[command]
        return action.isVisible() and action.isEnabled()

    # deeds

    def toggle_privacy(self) -> None:
        privacy().set(not privacy().on)
        self._window.say("Amounts are hidden." if privacy().on else "Amounts are shown.")

    def _halt(self) -> None:
        """Halt, or ask whether to lift it; the menu shows what holds, not what was clicked."""
        self._window.desk.wish("halt:")
        self.render()

    def _toggle_past(self) -> None:
        """Ctrl+D: open the bar of past days and go to it; while today is shown, close it again."""
        place, desk = self._window.banner_place, self._window.desk
        if desk.past is None:
            place.ask_past(desk, on=place.past_bar is None)
        if (bar := place.past_bar) is not None:
            bar.take_focus()
        else:
            self._window.focus_page()

    def _with_orders(self, what: str) -> None:
        """Go to Orders and ask there which one, or which ones."""
        self._window.desk.go("orders")
        if (act := getattr(self._window.page, what, None)) is not None:
            act()

    def _toggle_side(self) -> None:
        page = self._window.page
        if page is None or not page.toggle_side():
            self._window.say("This page has no side pane.")
        self._window.menus.check("side", self._window.side_is_shown())

    def _toggle_full(self) -> None:
        window = self._window
        if window.isFullScreen():
            window.showNormal()
        else:
            window.showFullScreen()

    def _export(self) -> None:
        page = self._window.page
        if page is None or not page.export():
            self._window.say("There is no table to export on this page.")

    def _filter(self) -> None:
        page = self._window.page
        if page is None or not page.focus_filter():
            self._window.open_palette()

    def _copy(self, *, headers: bool) -> None:
        """What the focused part would do on its own key."""
        focus = QApplication.focusWidget()
        copy_rows = getattr(focus, "copy_rows", None)
        copy = getattr(focus, "copy", None)
        if callable(copy_rows):
            copy_rows(headers=headers)
        elif callable(copy) and not headers:
            copy()
        else:
            self._window.say("There is nothing to copy here.")

    def _percent(self) -> int:
        return round(theme().scale * 100)

    def _scale(self, percent: int) -> None:
        percent = max(round(LEAST_SCALE * 100), min(round(MOST_SCALE * 100), percent))
        self._window.desk.wish(f"scale:{percent}")
        self._window.say(f"Text size {percent}%.")
