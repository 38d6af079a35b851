"""Very many rows that a page has shown are let go on another thread: the window has no time."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

from brokerdesk.ui.bulk import let_go
from brokerdesk.ui.gateways.aside import beside_the_window

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

PAUSE_MS = 1000
MOST_LOOKS = 30
"""So often it is looked whether anybody shows them still; then they are whose they are."""


class LettingGo(QObject):
    """Of one page."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._rows: list[Any] = []
        self._looks = 0
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(PAUSE_MS)
        self._later.timeout.connect(self._look)

    def soon(self, rows: Iterable[Any]) -> None:
        """These were replaced."""
        self._rows.extend(rows)
        self._looks = 0
        if not self._later.isActive():
            self._later.start()

    def _look(self) -> None:
        rows, self._rows = self._rows, []
        work = partial(let_go, rows)
        beside_the_window(self._desk, "window:let-go", work, self._on_held, lambda _: None)

    def _on_held(self, held: list[Any]) -> None:
        if not isValid(self):
            return  # the page was built anew meanwhile
        self._looks += 1
        if self._looks < MOST_LOOKS:
            self._rows += held
        if self._rows and not self._later.isActive():
            self._later.start()
