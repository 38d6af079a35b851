"""The parts of the window in their places; thrown away and built anew for another text size."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.shell.banner_place import BannerPlace
from brokerdesk.ui.shell.beside import Beside
from brokerdesk.ui.shell.rail import Rail
from brokerdesk.ui.shell.sheet import Sheet
from brokerdesk.ui.shell.stack import PageStack
from brokerdesk.ui.shell.status import StatusBar
from brokerdesk.ui.shell.top_bar import TopBar
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.halt import banner
from brokerdesk.ui.widgets.bands import ModeBand

BAND = "made-up data on this computer, no real money"


class Frame(QWidget):
    """Rail at the left; on the sheet the top bar, the banner and the pages; status below."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.stack = PageStack(desk)
        self.rail = Rail(self.stack.specs)
        self.top = TopBar()
        self.status = StatusBar()
        self.banner_place = BannerPlace()
        sheet = Sheet()
        if desk.state.practice:
            sheet.column.addWidget(ModeBand("practice", BAND))
        for part in (self.top, self.banner_place):
            sheet.column.addWidget(part)
        self.beside = Beside(self.stack, desk.beside)
        sheet.column.addWidget(self.beside, 1)
        body = QHBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addWidget(sheet, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(body, 1)
        column.addWidget(self.status)
        self.status.acted.connect(desk.wish)
        self.top.order_wanted.connect(self._new_order)
        desk.trading.changed.connect(self._show_trading)
        self._show_trading()

    def _new_order(self) -> None:
        self._desk.wish("ticket:new")

    def _show_trading(self) -> None:
        """The halt and open questions stand over and under every page."""
        state = self._desk.trading.state
        self.banner_place.show_trading(banner(state))
        self.status.show_trading(state)
