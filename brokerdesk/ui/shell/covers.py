"""What lies over or above the pages: nothing connected yet, a first reading, the banner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.state import Action, Message, WindowState
from brokerdesk.ui.viewmodels.surroundings import Cover, first_words
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.banner import Banner
from brokerdesk.ui.widgets.basics import button
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.loading import LoadingRows

if TYPE_CHECKING:
    from brokerdesk.ui.views.past.bar import PastBar


def make(kind: Cover, desk: Desk) -> QWidget | None:
    """The widget for a cover."""
    if kind is Cover.EMPTY:
        return empty(desk)
    return FirstReading(desk) if kind is Cover.FIRST else None


def empty(desk: Desk) -> EmptyState:
    """No accounts yet. The practice profile does not offer itself."""
    actions = [Action(id="connect:", label="Connect a broker")]
    if not desk.state.practice:
        actions.append(Action(id="practice:", label="Try practice data"))
    made = EmptyState(
        "link",
        "No accounts yet.",
        "Connect a broker to see balances and positions here. Your figures stay on this computer.",
        actions,
    )
    made.acted.connect(desk.wish)
    return made


class FirstReading(QWidget):
    """Still rows while accounts are read for the first time, what goes on, and how to stop it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._words = PlainLabel("", "body", "text2")
        column = QVBoxLayout(self)
        column.setContentsMargins(px(20), px(16), px(20), px(16))
        column.setSpacing(px(12))
        column.addWidget(self._words)
        stop = button("Stop", desk.portfolio.stop, hint="Stop the refresh (Esc)")
        column.addWidget(stop, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(LoadingRows(8))
        column.addStretch(1)
        self.show_state(desk.state)

    def show_state(self, state: WindowState) -> None:
        """Say how many accounts are read."""
        words = first_words(state)
        if words != self._words.text():
            self._words.setText(words)
            self.setAccessibleName(words)
            announce(self, words)


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
        self.banner = Banner(bar=True)
        self.banner.acted.connect(self.acted)
        self._column.addWidget(self.banner)
        self._past: PastBar | None = None
        self._asked = False
        self.setVisible(False)

    def show_message(self, message: Message | None) -> None:
        """Show a message, or none."""
        if message == self.banner.message:
            return
        self.banner.show_message(message)
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

    def _settle(self) -> None:
        self.setVisible(self.banner.message is not None or self.past_bar is not None)
