"""Notices on the desktop, outside of the window: through the desktop's portal, or the tray.

Text only, made harmless for servers that read markup. Where neither is there, nothing is shown and
nothing is said about it: the page of orders and the status bar are the places of truth. Qt's part
for it is imported with the first notice.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from brokerdesk.ui.plain import tame

_log = logging.getLogger(__name__)
PORTAL = ("org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop",
          "org.freedesktop.portal.Notification", "AddNotification")  # fmt: skip
SHOWN_MS = 8000
LONGEST = 240
# Servers may read a notice as markup; these stand for the marks and are none themselves.
_MARKS = {ord("<"): "‹", ord(">"): "›", ord("&"): "＆"}


def harmless(text: str) -> str:
    """One line of plain text, whatever the server takes it for."""
    return tame(text).translate(_MARKS)[:LONGEST]


class DesktopNotices(QObject):
    """Shows notices. None of its calls waits for anybody."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._calls: set[Any] = set()
        self._tray: Any = None
        self._portal = sys.platform.startswith("linux")

    def show(self, key: str, title: str, text: str, *, sound: bool = False) -> None:
        """Show a notice; another one of the same ``key`` takes its place."""
        if sound:
            QApplication.beep()
        if QGuiApplication.platformName() in ("offscreen", "minimal"):
            return  # nobody looks at such a screen
        title, text = harmless(title), harmless(text)
        if not (self._portal and self.call_portal(key, title, text)):
            self._show_in_tray(title, text)

    def call_portal(self, key: str, title: str, text: str) -> bool:
        """Ask the desktop's portal. False: there is none to ask."""
        from PySide6.QtDBus import QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

        bus = QDBusConnection.sessionBus()
        if not bus.isConnected():
            return False
        message = QDBusMessage.createMethodCall(*PORTAL)
        message.setArguments([key, {"title": title, "body": text, "priority": "normal"}])
        watcher = QDBusPendingCallWatcher(bus.asyncCall(message), self)
        self._calls.add(watcher)

        def finished(call: Any) -> None:
            self._calls.discard(watcher)
            if call.isError():
                _log.info("the desktop's portal shows no notices")
                self._portal = False  # the next ones go another way at once
                self._show_in_tray(title, text)
            watcher.deleteLater()

        watcher.finished.connect(finished)
        return True

    def _show_in_tray(self, title: str, text: str) -> None:
        from PySide6.QtWidgets import QSystemTrayIcon

        if not QSystemTrayIcon.isSystemTrayAvailable() or not QSystemTrayIcon.supportsMessages():
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(QApplication.windowIcon(), self)
            self._tray.setToolTip("BrokerDesk")
            self._tray.show()
        self._tray.showMessage(title, text, QApplication.windowIcon(), SHOWN_MS)
