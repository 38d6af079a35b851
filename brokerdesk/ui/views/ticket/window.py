"""The same ticket in a window of its own, beside the main window and closed with it."""

from __future__ import annotations

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.theme import px
from brokerdesk.ui.views.ticket.pane import WIDTH, TicketPane
from brokerdesk.ui.widgets import tab_order
from brokerdesk.ui.widgets.focus_ring import FocusRing

_HIGH, _LEAST = 760, 520
_KEPT = "ticket/geometry"


class TicketWindow(QWidget):
    """Holds one pane.

    Signals:
        gone: the window was closed; the ticket stays as it is.
    """

    gone = Signal()

    def __init__(self, pane: TicketPane, over: QWidget, memory: QSettings | None) -> None:
        super().__init__(over, Qt.WindowType.Window)
        self.pane, self._memory = pane, memory
        self.setWindowTitle("Order ticket — BrokerDesk")
        self.setProperty("role", "sheet")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(pane)
        self.setMinimumSize(px(WIDTH), px(_LEAST))
        self.resize(px(WIDTH), px(_HIGH))
        if memory is not None and (kept := memory.value(_KEPT)) is not None:
            self.restoreGeometry(kept)
        self._ring = FocusRing(self)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        """Tab goes as the ticket is read."""
        return tab_order.move([self.pane], forward=forward) or super().focusNextPrevChild(forward)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if self._memory is not None:
            self._memory.setValue(_KEPT, self.saveGeometry())
        self.pane.done()
        self.gone.emit()
        event.accept()
