"""Newer releases in one window: the message under the top bar and the dialog. One at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.gateways.updates import UpdatesGateway
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.updates import UpdatesModel, UpdatesPort

if TYPE_CHECKING:
    from brokerdesk.ui.views.updates import UpdatesDialog


class Updates(QObject):
    """``verbs`` are what menus and messages ask for."""

    def __init__(self, window: QWidget, desk: Desk, port: UpdatesPort | None = None) -> None:
        super().__init__(window)
        self._window = window
        self.model = UpdatesModel(desk, port or UpdatesGateway(desk), self)
        self.dialog: UpdatesDialog | None = None
        self.verbs: dict[str, Callable[[str], object]] = {
            "updates": self.ask,
            "closed": self._on_closed,
        }

    def ask(self, target: str = "") -> None:
        """Look for new versions and show the outcome; ``known``: show what is known already."""
        if target == "known":
            self.model.show_known()
        else:
            self.model.look()
        if self.dialog is None:
            from brokerdesk.ui.views.updates import UpdatesDialog

            self.dialog = UpdatesDialog(self.model, self._window)
            self.dialog.destroyed.connect(self._on_gone)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _on_closed(self, key: str) -> None:
        if key == "updates":
            self.model.not_now()

    def _on_gone(self) -> None:
        self.dialog = None
