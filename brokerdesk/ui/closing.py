"""Closing the window while an order is on its way: waits for its outcome, or says what is left.

The user may close anyway. What became of the order is then unknown; it is looked for at the next
start, and until it is found no second one like it can be sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.widgets.confirm import ConfirmSheet

FINISH_SECONDS = 45.0
"""Longer than any order may be on its way and be read back."""
TITLE = "An order is on its way"
TEXT = (
    "BrokerDesk closes by itself once the broker has answered. If you close it now, what became of "
    "the order is unknown: it is looked for at the next start, and until then no second one like "
    "it can be sent."
)
ASKED = "A broker waits for your answer"
ASKED_TEXT = (
    "It has not taken the order yet and asked something first. If you close now, the order counts "
    "as unknown and is looked for at the next start."
)
CLOSE, STAY = "Close now", "Keep open"


class Orders(Protocol):
    """What is on its way behind the window."""

    @property
    def in_flight(self) -> int:
        """How many orders are on their way or wait for an answer."""
        ...

    def finish(self, seconds: float, done: Callable[[bool], object]) -> None:
        """Wait for them; nothing new begins meanwhile."""
        ...

    def go_on(self) -> None:
        """The window stays: orders may be sent again."""
        ...


class Closing(QObject):
    """Stands before the window when it is to close.

    Signals:
        may_now: what kept it open is over, or the user closes anyway.
    """

    may_now = Signal()

    def __init__(self, window: QWidget, orders: Orders) -> None:
        super().__init__(window)
        self._window, self._orders = window, orders
        self._forced = False
        self._sheet: ConfirmSheet | None = None
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Close and watched is self._window and not self.allowed():
            event.ignore()
            return True
        return False

    def allowed(self) -> bool:
        """Whether the window may close at once. If not, the user is told why."""
        if self._forced or not self._orders.in_flight:
            return True
        if self._sheet is None:
            self._ask(TITLE, TEXT)
            self._orders.finish(FINISH_SECONDS, self._on_finished)
        return False

    def force(self) -> None:
        """Close whatever is on its way."""
        self._forced = True

    def _ask(self, title: str, text: str) -> None:
        self._sheet = ConfirmSheet(title, text, CLOSE, STAY, kind="danger")
        self._sheet.answered.connect(self._on_answered)
        self._sheet.open_over(self._window)

    def _on_answered(self, close: bool) -> None:
        self._sheet = None
        if close:
            self.force()
            # After the sheet has gone, whose click this is.
            QTimer.singleShot(0, self, self.may_now.emit)
        else:
            self._orders.go_on()

    def _on_finished(self, ended: bool) -> None:
        if self._sheet is None:  # the user has decided meanwhile
            return
        sheet, self._sheet = self._sheet, None
        sheet.blockSignals(True)
        sheet.answer(False)
        if ended:
            self.force()
            self.may_now.emit()
        else:
            self._ask(ASKED, ASKED_TEXT)
