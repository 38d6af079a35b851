"""At once, then no more often than one can see: for what may be told very many times in a row."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

TURN_MS = 2
"""Between two turns: long enough for a part of a page to be painted."""


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


class Turns(QObject):
    """Pieces of one piece of work, each in a turn of the event loop of its own, after what the last
    one changed has been painted: what the user does in between is not kept waiting.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: list[Callable[[], object]] = []
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(TURN_MS)
        self._next.timeout.connect(self._on_next)

    def take(self, *pieces: Callable[[], object]) -> None:
        """Do these from now on, in place of what is left of earlier ones."""
        self._left = list(pieces)
        self._next.start()

    def finish(self, *pieces: Callable[[], object]) -> None:
        """Do these now, in place of what is left of earlier ones."""
        self._left = []
        self._next.stop()
        for piece in pieces:
            piece()

    @property
    def busy(self) -> bool:
        """Whether anything is left to do."""
        return bool(self._left)

    def _on_next(self) -> None:
        if self._left:
            piece = self._left.pop(0)
            if self._left:
                self._next.start()
            piece()
