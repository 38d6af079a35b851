"""Tidies the memory up when nobody would notice that the window stands still.

That is the whole pass for cyclic garbage, of which ``ui/heap.py`` says why it is not left to the
interpreter, and what the allocator can give back.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication

from brokerdesk.ui import heap

LOOK_MS = 5_000
QUIET_LOOKS = 3
"""So many looks in a row find nobody at work before the whole pass, which stops every thread."""


class Calm(QObject):
    """Looks every few seconds.

    Args:
        busy: whether something is being read or shown anew.
    """

    def __init__(self, busy: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._busy = busy
        self._mouse = QCursor.pos()
        self._worked = True
        """Something was read or shown since memory was given back."""
        self._quiet = self._due = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Tidy up if it is worth its time and nobody is at work, or if it is overdue."""
        mouse, before = QCursor.pos(), self._mouse
        self._mouse = mouse
        pressed = QGuiApplication.mouseButtons() != Qt.MouseButton.NoButton
        due, known = heap.waiting(), self._due
        # What came and went between two looks was work too.
        working = self._busy() or due - known >= heap.WORTH
        calm = not (pressed or mouse != before or working)
        self._due = due
        self._quiet = self._quiet + 1 if calm else 0
        quiet = self._quiet >= QUIET_LOOKS
        if due >= heap.OVERDUE or (quiet and due >= heap.WORTH):
            heap.sweep()
            self._worked = True
        elif calm and self._worked:
            heap.give_back()
            self._worked = False
        else:
            self._worked = self._worked or working
