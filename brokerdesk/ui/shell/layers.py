"""What opens over the window: palette, popovers, toasts. Each is imported when it first opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from brokerdesk.ui.viewmodels.desk import Toast
from brokerdesk.ui.viewmodels.state import Action

if TYPE_CHECKING:
    from brokerdesk.ui.shell.window import MainWindow
    from brokerdesk.ui.widgets.popover import Popover
    from brokerdesk.ui.widgets.toast import ToastStack


class Layers:
    """One popover at a time."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._popover: Popover | None = None
        self._kind = ""
        self._toasts: ToastStack | None = None

    # popovers

    def toggle_scope(self, anchor: QWidget) -> None:
        """Choose accounts."""

    def toggle_connections(self, anchor: QWidget) -> None:
        """The connections with the age of each."""

    def toggle_help(self) -> None:
        """What F1 says about this page."""

    def open_palette(self) -> None:
        """Search and commands."""

    def close_palette(self) -> None:
        """Close it and give the focus back."""

    def close_top(self) -> bool:
        """Close what lies over the window. False: nothing does."""
        popover, self._popover = self._popover, None
        if popover is not None and popover.is_open:
            popover.close_popover()
            return True
        return False

    def close_all(self) -> None:
        while self.close_top():
            pass

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
