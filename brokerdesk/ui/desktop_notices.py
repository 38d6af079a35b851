"""Notices on the desktop, outside of the window, and the way back into it by a click.

On Linux through the notification service, else the desktop's portal (in a sandbox it is asked
first), else the tray; elsewhere through the tray's messages. Text only, made harmless for servers
that read markup. Where none of these is there, ``missed`` says so and the window tells it instead.
What speaks to the bus is imported with the first notice.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from brokerdesk.ui.plain import tame

if TYPE_CHECKING:
    from PySide6.QtWidgets import QSystemTrayIcon

    from brokerdesk.ui.desktop_bus import Notice, PortalNotices, ServiceNotices

_log = logging.getLogger(__name__)
SHOWN_MS = 8000
LONGEST = 240
# Servers may read a notice as markup; these stand for the marks and are none themselves.
_MARKS = {ord("<"): "‹", ord(">"): "›", ord("&"): "＆"}


def harmless(text: str) -> str:
    """One line of plain text, whatever the server takes it for."""
    return plain(text).translate(_MARKS)


def plain(text: str) -> str:
    """One line of text for a server that can be asked whether it reads markup.

    Some servers make a link of what looks like an address, so that nothing does.
    """
    return tame(text).replace("://", ": //").replace("www.", "www .")[:LONGEST]


class DesktopNotices(QObject):
    """Shows notices. None of its calls waits for anybody.

    Signals:
        clicked: a notice was clicked; its action, or "" for the tray's icon itself.
        missed: nobody could show this ``Notice``.
    """

    clicked = Signal(str)
    missed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service: ServiceNotices | None = None
        self._portal: PortalNotices | None = None
        self._tray: QSystemTrayIcon | None = None
        self._tray_action = ""

    def show(
        self, key: str, title: str, text: str, *, action: str = "", sound: bool = False
    ) -> None:
        """Show a notice; another one of the same ``key`` takes its place."""
        if sound:
            QApplication.beep()
        if QGuiApplication.platformName() in ("offscreen", "minimal"):
            return  # nobody looks at such a screen
        from brokerdesk.ui.desktop_bus import Notice

        notice = Notice(key, plain(title), plain(text), action)
        if not sys.platform.startswith("linux"):
            self.show_in_tray(notice)
        elif in_sandbox():
            self.call_portal(notice)
        else:
            self.call_service(notice)

    def call_service(self, notice: Notice) -> None:
        """Ask the notification service, and the portal if there is none."""
        if self._service is None:
            from brokerdesk.ui.desktop_bus import ServiceNotices

            self._service = ServiceNotices(self)
            self._service.clicked.connect(self.clicked)
        # Its title is plain for every server; only the body may be read as markup.
        told = _replaced(notice, title=harmless(notice.title))
        if not self._service.show(told, lambda _: self.call_portal(notice)):
            self.show_in_tray(notice)

    def call_portal(self, notice: Notice) -> None:
        """Ask the desktop's portal, and the tray if there is none."""
        if self._portal is None:
            from brokerdesk.ui.desktop_bus import PortalNotices

            self._portal = PortalNotices(self)
            self._portal.clicked.connect(self.clicked)
        if not self._portal.show(_harmless(notice), lambda _: self.show_in_tray(notice)):
            self.show_in_tray(notice)

    def show_in_tray(self, notice: Notice) -> None:
        """Show it as a message of the tray's icon, which comes with the first one."""
        from PySide6.QtWidgets import QSystemTrayIcon

        if not QSystemTrayIcon.isSystemTrayAvailable() or not QSystemTrayIcon.supportsMessages():
            _log.info("this desktop shows no notices")
            self.missed.emit(notice)
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(QApplication.windowIcon(), self)
            self._tray.setToolTip("BrokerDesk")
            self._tray.messageClicked.connect(self._on_tray_message)
            self._tray.activated.connect(self._on_tray)
            self._tray.show()
        told = _harmless(notice)
        self._tray_action = notice.action
        self._tray.showMessage(told.title, told.text, QApplication.windowIcon(), SHOWN_MS)

    @property
    def waiting(self) -> int:
        """How many calls have no answer yet."""
        return sum(each.waiting for each in (self._service, self._portal) if each is not None)

    def _on_tray_message(self) -> None:
        self.clicked.emit(self._tray_action)

    def _on_tray(self) -> None:
        self.clicked.emit("")


def in_sandbox() -> bool:
    """Whether the program runs where only portals reach the desktop."""
    return Path("/.flatpak-info").exists() or "SNAP" in os.environ


def _harmless(notice: Notice) -> Notice:
    return _replaced(notice, title=harmless(notice.title), text=harmless(notice.text))


def _replaced(notice: Notice, **changes: str) -> Notice:
    from dataclasses import replace

    return replace(notice, **changes)
