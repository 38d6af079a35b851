"""Live prices over the services: followed while any page shows prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from brokerdesk.services.container import Services
    from brokerdesk.ui.viewmodels.desk import Desk

_NAME = "window"


class LiveGateway(QObject):
    """Says to the quote service what ``desk.live`` is asked for, of each profile that opens."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        desk.live.wanted.connect(self._tell)
        desk.opened.connect(self._on_opened)
        if desk.live.held:
            self._tell(True)

    def _on_opened(self) -> None:
        self._tell(self._desk.live.held)

    def _tell(self, wanted: bool) -> None:
        async def tell(services: Services) -> None:
            if wanted:
                services.quoting.want(_NAME, held=True)
            else:
                services.quoting.release(_NAME)

        if self._desk.ready:
            self._desk.run("prices", tell)
