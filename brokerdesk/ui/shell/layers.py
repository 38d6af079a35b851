"""What opens over the window: palette, popovers, toasts. Each is imported when it first opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from brokerdesk.ui.viewmodels.desk import Toast
from brokerdesk.ui.viewmodels.state import Action

if TYPE_CHECKING:
    from brokerdesk.ui.shell.finding import Finder
    from brokerdesk.ui.shell.palette import Palette
    from brokerdesk.ui.shell.window import MainWindow
    from brokerdesk.ui.widgets.popover import Popover
    from brokerdesk.ui.widgets.toast import ToastStack


class Layers:
    """One popover at a time."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._popover: Popover | None = None
        self._kind = ""
        self._palette: Palette | None = None
        self._finder: Finder | None = None
        self._toasts: ToastStack | None = None

    # popovers

    def toggle_scope(self, anchor: QWidget) -> None:
        """Choose accounts."""
        if self._closes("scope"):
            return
        from brokerdesk.ui.shell.scope_popover import ScopePanel

        desk = self._window.desk
        if not desk.state.everyone:
            self._window.say("There are no accounts to choose from yet.")
            return
        panel = ScopePanel(desk.state, desk.portfolio.query.scope)
        panel.looked.connect(desk.look_at)
        self._open("scope", "Accounts shown", panel, anchor).closed.connect(panel.settle)

    def toggle_connections(self, anchor: QWidget) -> None:
        """The connections with the age of each."""
        if self._closes("connections"):
            return
        from brokerdesk.ui.shell.connections_popover import ConnectionsPanel

        panel = ConnectionsPanel(self._window.desk)
        self._open("connections", "Connections", panel, anchor)

    def toggle_help(self) -> None:
        """What F1 says about this page."""
        if self._closes("help"):
            return
        from brokerdesk.ui.shell.help_popover import HelpPanel

        window = self._window
        spec = window.stack.spec(window.stack.current)
        text = window.page.help_text() if window.page is not None else ""
        possible = [name for name, one in window.menus.actions.items() if one.isVisible()]
        panel = HelpPanel(spec.title if spec else "BrokerDesk", text, possible)
        self._open("help", "Help", panel, window.top.eye)

    def _closes(self, kind: str) -> bool:
        """Close what is open; True when it was this."""
        same = self._kind == kind and self._popover is not None and self._popover.is_open
        self.close_top()
        return same

    def _open(self, kind: str, name: str, content: QWidget, anchor: QWidget) -> Popover:
        from brokerdesk.ui.widgets.popover import Popover

        popover = Popover(name, content)
        popover.closed.connect(self._on_closed)
        self._popover, self._kind = popover, kind
        popover.open_at(anchor)
        return popover

    def _on_closed(self) -> None:
        popover, self._popover = self._popover, None
        if popover is not None:
            popover.deleteLater()

    # the palette

    def open_palette(self) -> None:
        """Search and commands."""
        from brokerdesk.ui.shell.finding import Finder
        from brokerdesk.ui.shell.palette import Palette

        self.close_top()
        if self._palette is None:
            finder = Finder(self._window)
            palette = Palette(self._window, finder.find)
            palette.chosen.connect(finder.choose)
            palette.closed.connect(finder.end)
            finder.more.connect(palette.search_again)
            self._palette, self._finder = palette, finder
        assert self._finder is not None
        self._finder.begin()
        self._palette.open_palette()

    def close_palette(self) -> None:
        """Close it and give the focus back."""
        if self._palette is not None:
            self._palette.close_palette()

    # all

    def close_top(self) -> bool:
        """Close what lies over the window. False: nothing does."""
        if self._palette is not None and self._palette.is_open:
            self._palette.close_palette()
            return True
        if self._popover is not None and self._popover.is_open:
            self._popover.close_popover()
            return True
        return False

    def aside(self) -> tuple[QWidget, ...]:
        """What lies over the window and leaves it usable, newest last."""
        return () if self._toasts is None else tuple(self._toasts.toasts)

    def close_all(self) -> None:
        """The window is built anew: nothing of the old one stays."""
        while self.close_top():
            pass
        palette, self._palette = self._palette, None
        finder, self._finder = self._finder, None
        if palette is not None and finder is not None:
            palette.deleteLater()
            finder.deleteLater()
        if self._toasts is not None:
            self._toasts.clear()

    # toasts

    def toast(self, toast: Toast) -> None:
        """Show good news or a reminder."""
        if self._toasts is None:
            from brokerdesk.ui.widgets.toast import ToastStack

            self._toasts = ToastStack(self._window)
            self._toasts.acted.connect(self._window.act)
            self._toasts.set_bottom(self._window.status.height())
        action = Action(id=toast.action, label=toast.label) if toast.action else None
        self._toasts.say(toast.title, toast.text, action=action, kind=toast.kind)
