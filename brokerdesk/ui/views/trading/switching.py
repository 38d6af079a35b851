"""Opens the questions about trading: a connection's switch, and lifting the halt. One at a time.

Halting and turning off are done at once; turning on and lifting ask.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.browser import may_open
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.viewmodels import halt
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.trading_switch import question
from brokerdesk.ui.views.trading.switch_sheet import SwitchSheet
from brokerdesk.ui.widgets.confirm import ConfirmSheet


class TradingSwitching(QObject):
    """The questions of one window."""

    def __init__(self, window: QWidget, desk: Desk) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self.sheet: SwitchSheet | None = None
        self.confirm: ConfirmSheet | None = None

    def halt(self, target: str) -> None:
        """``on`` halts at once; ``off`` asks; anything else takes the other one."""
        halted = self._desk.trading.state.halted
        if target == "on" or (target != "off" and not halted):
            self._halt(True)
        elif halted and self.confirm is None:
            self.confirm = ConfirmSheet(
                halt.LIFT_TITLE, halt.LIFT_TEXT, "Lift the halt", "Keep it halted"
            )
            self.confirm.answered.connect(self._on_lift)
            self.confirm.open_over(self._window)

    def _on_lift(self, yes: bool) -> None:
        self.confirm = None
        if yes:
            self._halt(False)

    def _halt(self, on: bool) -> None:
        said = halt.SAID_HALTED if on else halt.SAID_LIFTED
        self._desk.trading.halt(on, self._on_not_halted, partial(self._desk.say, said))

    def _on_not_halted(self, error: BaseException) -> None:
        if not isinstance(error, BrokerDeskError):
            return
        self.confirm = ConfirmSheet(error.title, error.sentences(), "Open the log", "Close")
        self.confirm.answered.connect(self._on_read)
        self.confirm.open_over(self._window)

    def _on_read(self, log: bool) -> None:
        self.confirm = None
        if log:
            self._desk.go("log")

    def trading(self, connection: str) -> None:
        """Show a connection and ask whether its trading is to be turned on."""
        row = next((one for one in self._desk.figures.connections if one.key == connection), None)
        if row is None:
            return
        self._desk.go("connections", connection)
        state = self._desk.trading.state
        if self.sheet is not None or connection not in state.able or connection in state.on:
            return
        broker = broker_titles().get(row.broker, row.title)
        sheet = SwitchSheet(question(connection, row.title, broker, row.environment))
        sheet.agreed.connect(partial(self._turn_on, connection))
        sheet.closed.connect(self._on_closed)
        self.sheet = sheet
        sheet.open_over(self._window, sheet.no)

    def _turn_on(self, connection: str) -> None:
        self._desk.trading.turn(connection, True, self._on_not_turned, self._on_turned)

    def _on_turned(self) -> None:
        if self.sheet is not None:
            self.sheet.close_sheet()

    def _on_not_turned(self, error: BaseException) -> None:
        known = isinstance(error, BrokerDeskError)
        words = error.sentences() if isinstance(error, BrokerDeskError) else ""
        if self.sheet is not None:
            self.sheet.refuse(words if known else "That failed. Nothing was changed.")

    def _on_closed(self) -> None:
        self.sheet = None

    def turn_off(self, connection: str) -> None:
        """At once."""
        self._desk.trading.turn(connection, False, self._on_not_halted)

    def visit(self, url: str) -> None:
        """Open a broker's own page in the browser."""
        if may_open(url):
            QDesktopServices.openUrl(QUrl(url))
