"""Whether amounts are hidden: one switch that everything which draws, speaks or copies asks.

Prices and percentages stay; amounts, quantities and balances become dots. It must not know what is
shown where. Painted parts read it at paint time, labels re-render on ``changed``.
"""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QObject, Signal

DOTS = "\N{BULLET}" * 6
SPOKEN = "hidden"


class Privacy(QObject):
    """The switch of the running program.

    Signals:
        changed: amounts are hidden or shown from now on.
    """

    changed = Signal()
    _current: ClassVar[Privacy | None] = None

    def __init__(self) -> None:
        super().__init__()
        self._on = False

    @classmethod
    def current(cls) -> Privacy:
        """The one switch, made when first asked for."""
        if cls._current is None:
            cls._current = cls()
        return cls._current

    @property
    def on(self) -> bool:
        """Whether amounts are hidden."""
        return self._on

    def set(self, on: bool) -> None:
        """Hide or show amounts everywhere."""
        if on != self._on:
            self._on = on
            self.changed.emit()

    def hide(self, text: str) -> str:
        """``text``, or dots of a fixed number that do not tell how long it is."""
        return DOTS if self._on and text else text

    def speak(self, text: str) -> str:
        """``text`` for a screen reader, or the word that it is hidden."""
        return SPOKEN if self._on and text else text


def privacy() -> Privacy:
    """The running program's switch."""
    return Privacy.current()
