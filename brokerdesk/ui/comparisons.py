"""Opens the comparison of the past day that is shown with the last figures. One sheet at a time."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from brokerdesk.ui.gateways.comparing import ComparingGateway
from brokerdesk.ui.viewmodels.comparison import NOTHING, CompareState
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.views.past.compare_sheet import CompareSheet


class Comparisons(QObject):
    """The sheet of one window."""

    def __init__(
        self, window: QWidget, desk: Desk, gateway: ComparingGateway | None = None
    ) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self._gateway = gateway or ComparingGateway(desk)
        self._asked: datetime | None = None
        self.sheet: CompareSheet | None = None

    def ask(self, _target: str = "") -> None:
        """Compare the day that is shown; while today is, there is nothing to compare."""
        moment = self._desk.past
        if moment is None:
            self._desk.say("Choose a past day first (Ctrl+D).")
        elif self.sheet is None and self._desk.ready:
            self._asked = moment
            self._desk.say("Comparing…")
            self._gateway.compare(moment, self._desk.portfolio.query.scope, self._open)

    def _open(self, state: CompareState | None) -> None:
        if self.sheet is not None or self._desk.past != self._asked:
            return  # the window went elsewhere meanwhile
        if state is None:
            self._desk.say(NOTHING)
            return
        self._desk.say("")
        self.sheet = CompareSheet(state, self._desk.state.now or self._desk.clock())
        self.sheet.closed.connect(self._on_closed)
        self.sheet.open_over(self._window, self.sheet.table)

    def _on_closed(self) -> None:
        self.sheet = None
