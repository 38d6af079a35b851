"""Tells long work on other threads that the window works (``brokerdesk.turns``).

The window's work begins with a message from elsewhere, a tick, or the wish to be painted; it ends
when the event loop has nothing else to do, so what such a message leads to is part of it: layouts,
and the painting that follows.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from brokerdesk import turns

_rest: QTimer | None = None


def working() -> None:
    """The window's thread has something to do now."""
    global _rest
    if turns.window.busy:
        return
    if _rest is None:
        _rest = QTimer()
        _rest.setSingleShot(True)
        _rest.setInterval(0)
        _rest.timeout.connect(turns.window.end)
    turns.window.begin()
    _rest.start()


class PaintsFirst(QObject):
    """Watches a window: that it is painted is work too."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.UpdateRequest:
            working()
        return False
