"""Notices that the network is back, where the system tells. Knows nothing of what is then done."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QNetworkInformation

Reachability = QNetworkInformation.Reachability


class NetworkWatch(QObject):
    """Watches the system's own opinion of the network.

    Signals:
        returned: the internet can be reached again after it could not.
        lost: it could be reached, and cannot any more.
    """

    returned = Signal()
    lost = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._online = True

    def start(self) -> bool:
        """Begin to watch. False: this system does not tell (the schedule's back-off serves)."""
        if not QNetworkInformation.loadDefaultBackend():
            return False
        told = QNetworkInformation.instance()
        self.on_reachability(told.reachability())
        told.reachabilityChanged.connect(self.on_reachability)
        return True

    def on_reachability(self, reachability: Reachability) -> None:
        """Take what the system says now."""
        if reachability is Reachability.Unknown:
            return
        online = reachability is Reachability.Online
        before, self._online = self._online, online
        if online and not before:
            self.returned.emit()
        elif before and not online:
            self.lost.emit()
