"""Notices over the session bus: the desktop's notification service, and its portal.

Neither is waited for: each call is answered later, and whoever asked hears when it was in vain. A
click on a notice comes back as its action.
"""

from __future__ import annotations

import ctypes
import html
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import shiboken6
from PySide6.QtCore import SLOT, QObject, Signal, Slot
from PySide6.QtDBus import QDBusArgument, QDBusConnection, QDBusMessage, QDBusPendingCallWatcher

_log = logging.getLogger(__name__)
SERVICE = "org.freedesktop.Notifications"
SERVICE_PATH = "/org/freedesktop/Notifications"
PORTAL = "org.freedesktop.portal.Desktop"
PORTAL_PATH = "/org/freedesktop/portal/desktop"
PORTAL_FACE = "org.freedesktop.portal.Notification"
ANSWER_MS = 5000
APP = "brokerdesk"
DEFAULT = "default"
"""What the service calls a click on the notice itself."""
_KEPT = 200
# QDBusArgument& QDBusArgument::operator<<(unsigned int)
_LESS_LESS_UNSIGNED = "_ZN13QDBusArgumentlsEj"


@dataclass(frozen=True, slots=True)
class Notice:
    """Plain text, and what a click on it asks for."""

    key: str
    title: str
    text: str
    action: str = ""


Missed = Callable[[Notice], object]


def unsigned(number: int) -> QDBusArgument | None:
    """``number`` as the bus's unsigned type, which the service insists on for its ids.

    Python's numbers go over the bus as signed ones, and the binding has no way around it, so Qt's
    own function is called. None: it is not to be found in this Qt.
    """
    made = QDBusArgument()
    try:
        push = getattr(ctypes.CDLL("libQt6DBus.so.6"), _LESS_LESS_UNSIGNED)
    except (OSError, AttributeError):
        return None
    push.argtypes, push.restype = [ctypes.c_void_p, ctypes.c_uint32], ctypes.c_void_p
    push(shiboken6.getCppPointer(made)[0], number)
    return made if made.currentSignature() == "u" else None


class _OnBus(QObject):
    """Calls that are answered later.

    Signals:
        clicked: a notice was clicked; its action.
    """

    clicked = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._calls: set[QDBusPendingCallWatcher] = set()
        self._listening = False

    @property
    def waiting(self) -> int:
        """How many calls have no answer yet."""
        return len(self._calls)

    def _call(
        self,
        to: tuple[str, str, str, str],
        arguments: list[Any],
        done: Callable[[list[Any]], object],
        failed: Callable[[], object],
    ) -> None:
        message = QDBusMessage.createMethodCall(*to)
        message.setArguments(arguments)
        call = QDBusConnection.sessionBus().asyncCall(message, ANSWER_MS)
        watcher = QDBusPendingCallWatcher(call, self)
        self._calls.add(watcher)

        def finished(_call: QDBusPendingCallWatcher) -> None:
            self._calls.discard(watcher)
            watcher.deleteLater()
            if watcher.isError():
                failed()
            else:
                done(watcher.reply().arguments())

        watcher.finished.connect(finished)

    def _hear(self, service: str, path: str, face: str, *signals: str) -> None:
        """Hear these signals of ``service`` in ``_on_signal``, from the first notice on."""
        if not self._listening:
            self._listening = True
            for name in signals:
                QDBusConnection.sessionBus().connect(
                    service,
                    path,
                    face,
                    name,
                    self,
                    SLOT("_on_signal(QDBusMessage)"),  # type: ignore[call-overload]
                )

    @Slot(QDBusMessage)
    def _on_signal(self, message: QDBusMessage) -> None:
        self.heard(message.member(), message.arguments())

    def heard(self, name: str, arguments: list[Any]) -> None:
        """A signal of the service."""
        raise NotImplementedError


class ServiceNotices(_OnBus):
    """Through the desktop's notification service. Markup is escaped where it is read."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._ids: dict[str, int] = {}
        self._actions: dict[int, str] = {}

    def show(self, notice: Notice, missed: Missed) -> bool:
        """Ask for it. False: there is no bus. ``missed`` is called when nobody shows it."""
        if not QDBusConnection.sessionBus().isConnected():
            return False
        self._hear(
            SERVICE, SERVICE_PATH, SERVICE, "ActionInvoked", "ActivationToken", "NotificationClosed"
        )
        # Asked each time: another service may have taken its place.
        self._call(
            (SERVICE, SERVICE_PATH, SERVICE, "GetCapabilities"),
            [],
            lambda reply: self._notify(notice, frozenset(reply[0] if reply else ()), missed),
            lambda: missed(notice),
        )
        return True

    def _notify(self, notice: Notice, able: frozenset[str], missed: Missed) -> None:
        replaced = unsigned(self._ids.get(notice.key, 0))
        if replaced is None:
            missed(notice)
            return
        body = html.escape(notice.text, quote=False) if "body-markup" in able else notice.text
        actions = [DEFAULT, "Show"] if notice.action and "actions" in able else []
        self._call(
            (SERVICE, SERVICE_PATH, SERVICE, "Notify"),
            ["BrokerDesk", replaced, APP, notice.title, body, _texts(actions),
             {"desktop-entry": APP}, -1],
            lambda reply: self._shown(notice, reply),
            lambda: missed(notice),
        )  # fmt: skip

    def _shown(self, notice: Notice, reply: list[Any]) -> None:
        number = int(reply[0]) if reply else 0
        if len(self._ids) >= _KEPT:
            self._ids.clear()
            self._actions.clear()
        self._ids[notice.key], self._actions[number] = number, notice.action

    def heard(self, name: str, arguments: list[Any]) -> None:
        number = int(arguments[0])
        if number not in self._actions:
            return  # another program's
        if name == "ActivationToken":
            # By it a Wayland desktop knows that the click which raises the window was a click.
            os.environ["XDG_ACTIVATION_TOKEN"] = str(arguments[1])
        elif name == "ActionInvoked":
            if action := self._actions[number]:
                self.clicked.emit(action)
        else:
            del self._actions[number]
            self._ids = {key: kept for key, kept in self._ids.items() if kept != number}


class PortalNotices(_OnBus):
    """Through the desktop's portal, the only way out of a sandbox. Its body is plain text."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._actions: dict[str, str] = {}

    def show(self, notice: Notice, missed: Missed) -> bool:
        """As for ``ServiceNotices``."""
        if not QDBusConnection.sessionBus().isConnected():
            return False
        self._hear(PORTAL, PORTAL_PATH, PORTAL_FACE, "ActionInvoked")
        if len(self._actions) >= _KEPT:
            self._actions.clear()
        self._actions[notice.key] = notice.action
        told = {"title": notice.title, "body": notice.text, "priority": "normal"}
        if notice.action:
            told["default-action"] = DEFAULT
        self._call(
            (PORTAL, PORTAL_PATH, PORTAL_FACE, "AddNotification"),
            [notice.key, told],
            lambda _: None,
            lambda: missed(notice),
        )
        return True

    def heard(self, name: str, arguments: list[Any]) -> None:
        if action := self._actions.get(str(arguments[0])):
            self.clicked.emit(action)


def _texts(texts: list[str]) -> QDBusArgument:
    """A list of texts, also when it is empty: Qt would not know of what it is one."""
    made = QDBusArgument()
    made << texts
    return made
