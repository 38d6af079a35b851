"""One window per profile: the second start raises the first and ends.

A lock file decides who is first (the system frees it when a process dies, so a killed program
leaves nothing in the way); a local socket carries the wish to be raised. Knows no window.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile, QObject, Signal

if TYPE_CHECKING:  # loaded when a socket is needed, which is after the first paint
    from PySide6.QtNetwork import QLocalServer, QLocalSocket

_RAISE = b"raise\n"
_DONE = b"raised\n"
ANSWER_MS = 3000
_TRY_MS = 250


class SingleInstance(QObject):
    """This process's claim to a profile.

    Signals:
        raise_wanted: another start of the program asks this one to come to the front.
    """

    raise_wanted = Signal()

    def __init__(
        self,
        socket_name: str | Callable[[], str],
        lock_file: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._socket_name = socket_name
        self._lock = QLockFile(str(lock_file))
        self._lock.setStaleLockTime(0)  # old is not stale: only a dead owner is
        self._server: QLocalServer | None = None
        self._callers: list[QLocalSocket] = []

    @property
    def _name(self) -> str:
        name = self._socket_name
        return name if isinstance(name, str) else name()

    def claim(self, *, listen: bool = True) -> bool:
        """True when this process is the profile's only window now.

        A profile that cannot be written has no lock; then this one opens too, read-only as it is.
        Without ``listen`` the wish to be raised is heard once ``listen`` is called; until then
        another start waits for it.
        """
        if not self._lock.tryLock(0) and self._lock.error() == QLockFile.LockError.LockFailedError:
            return False
        if listen:
            self.listen()
        return True

    def listen(self) -> None:
        """Hear other starts of the program from now on."""
        from PySide6.QtNetwork import QLocalServer

        QLocalServer.removeServer(self._name)  # what a killed process left behind
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_connection)
        if server.listen(self._name):
            self._server = server

    def raise_first(self, timeout_ms: int = ANSWER_MS) -> bool:
        """Ask the window that has the profile to come to the front. False: it does not answer."""
        from PySide6.QtNetwork import QLocalSocket

        for _ in range(max(1, timeout_ms // _TRY_MS)):
            socket = QLocalSocket()
            socket.connectToServer(self._name)
            if socket.waitForConnected(_TRY_MS):
                socket.write(_RAISE)
                socket.flush()
                answered = socket.waitForReadyRead(timeout_ms)
                socket.disconnectFromServer()
                return answered
            # It may have taken the lock a moment ago and not listen yet.
            socket.waitForReadyRead(_TRY_MS)
            self.thread().msleep(_TRY_MS // 2)
        return False

    def release(self) -> None:
        """Let another window have the profile."""
        for caller in tuple(self._callers):
            self._forget(caller)
        if self._server is not None:
            self._server.close()
            self._server = None
        self._lock.unlock()

    def _on_connection(self) -> None:
        server = self._server
        while server is not None and server.hasPendingConnections():
            caller = server.nextPendingConnection()
            # Held here and nowhere else: the server owns it, and Python must not end it first.
            self._callers.append(caller)
            caller.readyRead.connect(self._on_bytes)
            caller.disconnected.connect(self._on_left)
        self._on_bytes()

    def _on_bytes(self) -> None:
        for caller in tuple(self._callers):
            if not caller.bytesAvailable():
                continue
            if bytes(caller.read(64).data()) == _RAISE:
                caller.write(_DONE)
                caller.flush()
                self.raise_wanted.emit()
            else:  # a stranger on the socket is not listened to
                self._forget(caller)

    def _on_left(self) -> None:
        from PySide6.QtNetwork import QLocalSocket

        unconnected = QLocalSocket.LocalSocketState.UnconnectedState
        for caller in tuple(self._callers):
            if caller.state() == unconnected:
                self._forget(caller)

    def _forget(self, caller: QLocalSocket) -> None:
        if caller in self._callers:
            self._callers.remove(caller)
            caller.readyRead.disconnect(self._on_bytes)
            caller.disconnected.disconnect(self._on_left)
            caller.abort()
            caller.deleteLater()
