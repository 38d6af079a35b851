"""At once, then no more often than one can see: for what may be told very many times in a row."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class Pace(QObject):
    """Calls ``call`` when it is called itself: the first time at once, then every ``pause_ms``; the
    last wish is always met.
    """

    def __init__(self, call: Callable[[], object], pause_ms: int, parent: QObject) -> None:
        super().__init__(parent)
        self._call, self._behind = call, False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(pause_ms)
        self._pause.timeout.connect(self._on_pause)

    def __call__(self) -> None:
        if self._pause.isActive():
            self._behind = True
            return
        self._behind = False
        self._pause.start()
        self._call()

    def _on_pause(self) -> None:
        if self._behind:
            self()
