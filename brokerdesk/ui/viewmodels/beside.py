"""What stands at the right of the pages, whatever page is shown: the ticket, and left of it its
review. Which are open outlives the parts of the window, that are built anew for another text size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

ORDER = ("review", "ticket")
"""From left to right."""


class BesideModel(QObject):
    """Panes by name, each with how it is made.

    Signals:
        changed: another pane is open, or one less.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._makers: dict[str, Callable[[], Any]] = {}

    @property
    def open(self) -> dict[str, Callable[[], Any]]:
        """The open panes in the order in which they stand."""
        return {name: self._makers[name] for name in ORDER if name in self._makers}

    def shows(self, name: str) -> bool:
        return name in self._makers

    def show(self, name: str, make: Callable[[], Any]) -> None:
        """Have a pane beside the pages from now on."""
        if name not in self._makers:
            self._makers[name] = make
            self.changed.emit()

    def hide(self, name: str) -> None:
        """Have it there no more."""
        if self._makers.pop(name, None) is not None:
            self.changed.emit()
