"""Between the top bar and the pages: one message, what stops trading, and the bar of past days.

All are imported and made when they are first needed; most starts need none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.state import Message

if TYPE_CHECKING:
    from brokerdesk.ui.views.past.bar import PastBar
    from brokerdesk.ui.widgets.banner import Banner


class BannerPlace(QWidget):
    """Under the top bar: one message, and the bar of past days while one is shown.

    Signals:
        acted: the id of the action whose button was pressed.
    """

    acted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.banner: Banner | None = None
        self.trading: Banner | None = None
        self._past: PastBar | None = None
        self._asked = False
        self.setVisible(False)

    def show_message(self, message: Message | None) -> None:
        """Show a message, or none."""
        if self.banner is None:
            if message is None:
                return
            from brokerdesk.ui.widgets.banner import Banner

            self.banner = Banner(bar=True)
            self.banner.acted.connect(self.acted)
            self.banner.closed.connect(self._on_closed)
            self._column.insertWidget(0 if self.trading is None else 1, self.banner)
        if message != self.banner.message:
            self.banner.show_message(message)
            self._settle()

    def show_trading(self, message: Message | None) -> None:
        """Show what stops new orders, above any other message, or nothing."""
        if self.trading is None:
            if message is None:
                return
            from brokerdesk.ui.widgets.banner import Banner

            self.trading = Banner(bar=True)
            self.trading.acted.connect(self.acted)
            self._column.insertWidget(0, self.trading)
        if message != self.trading.message:
            self.trading.show_message(message)
            self._settle()

    @property
    def past_bar(self) -> PastBar | None:
        """The bar of past days, while it is seen."""
        return self._past if self._past is not None and not self._past.isHidden() else None

    def ask_past(self, desk: Desk, on: bool) -> None:
        """Open the bar though today is shown (Ctrl+D), or close it again."""
        self._asked = on
        self.show_past(desk)

    def show_past(self, desk: Desk) -> None:
        """The bar is there when a past day is shown or was asked for."""
        wanted = self._asked or desk.past is not None
        if wanted and self._past is None:
            from brokerdesk.ui.views.past.bar import PastBar

            self._past = PastBar(desk)
            self._past.hide()
            self._column.addWidget(self._past)
        if self._past is not None and self._past.isHidden() == wanted:
            self._past.setVisible(wanted)
            self._settle()

    def _on_closed(self, key: str) -> None:
        """Whoever said it is told: it would come back with the next second otherwise."""
        self.acted.emit(f"closed:{key}")
        self._settle()

    def _settle(self) -> None:
        banners = (self.banner, self.trading)
        said = any(one is not None and one.message is not None for one in banners)
        self.setVisible(said or self.past_bar is not None)
