"""One window per profile: the second start raises the first and ends.

A lock file decides who is first (the system frees it when a process dies, so a killed program
leaves nothing in the way); a local socket carries the wish to be raised. Knows no window.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
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

    def __init__(self, socket_name: str, lock_file: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = socket_name
        self._lock = QLockFile(str(lock_file))
        self._lock.setStaleLockTime(0)  # old is not stale: only a dead owner is
        self._server: QLocalServer | None = None

    def claim(self) -> bool:
        """True when this process is the profile's only window now.

        A profile that cannot be written has no lock; then this one opens too, read-only as it is.
        """
        if not self._lock.tryLock(0) and self._lock.error() == QLockFile.LockError.LockFailedError:
            return False
        QLocalServer.removeServer(self._name)  # what a killed process left behind
        server = QLocalServer(self)
        server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        server.newConnection.connect(self._on_connection)
        if server.listen(self._name):
            self._server = server
        return True

    def raise_first(self, timeout_ms: int = ANSWER_MS) -> bool:
        """Ask the window that has the profile to come to the front. False: it does not answer."""
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
        if self._server is not None:
            self._server.close()
            self._server = None
        self._lock.unlock()

    def _on_connection(self) -> None:
        assert self._server is not None
        socket = self._server.nextPendingConnection()
        socket.setParent(self)
        socket.disconnected.connect(socket.deleteLater)
        socket.readyRead.connect(lambda: self._on_bytes(socket))
        if socket.bytesAvailable():
            self._on_bytes(socket)

    def _on_bytes(self, socket: QLocalSocket) -> None:
        said = bytes(socket.read(64).data())
        if said == _RAISE:
            socket.write(_DONE)
            socket.flush()
            self.raise_wanted.emit()
        else:  # a stranger on the socket is not listened to
            socket.abort()
