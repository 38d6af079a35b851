"""The wide part of the Overview: total, history, movers and accounts, one below the other.

The accounts get the height that their rows need, the chart what is left; where both have too
little, the pane scrolls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.views.overview.accounts_table import AccountsTable
from brokerdesk.ui.views.overview.hero import HeroPane
from brokerdesk.ui.views.overview.movers import MoversStrip
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.charts.panel import HistoryPanel
from brokerdesk.ui.widgets.viewport import give_viewport

if TYPE_CHECKING:
    from brokerdesk.ui.widgets.empty import EmptyState

LEAST_CHART = 210
CHART_SHARE = 0.45
"""Of the height that chart and accounts share, the chart keeps this much against a long list."""


Words = tuple[str, str, tuple[Action, ...]]


class MainPane(QScrollArea):
    """Hero, history, movers and accounts.

    Signals:
        acted: the id of the action that is offered where there is nothing.
    """

    acted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        give_viewport(self)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Overview")
        # Every move to another parent is a walk of the style sheet: outer widgets come first.
        inner = QWidget()
        inner.setProperty("role", "sheet")
        self.setWidget(inner)
        self.hero = HeroPane()
        self.history = HistoryPanel()
        self.movers = MoversStrip()
        self.accounts = AccountsTable()
        self._line = Hairline()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.hero)
        column.addWidget(self.history, 1)
        column.addWidget(self._line)
        column.addWidget(self.movers)
        self._second_line = Hairline()
        column.addWidget(self._second_line)
        column.addWidget(self.accounts)
        self._column = column
        self.empty: EmptyState | None = None

    def show_empty(self, words: Words | None) -> None:
        """Say why there is nothing to show, in place of everything; None shows figures."""
        self.history.setVisible(words is None)
        self.accounts.setVisible(words is None)
        self._second_line.setVisible(words is None)
        if words is None:
            if self.empty is not None:
                self.empty.hide()
            return
        self.hero.hide()
        self.movers.hide()
        self._line.hide()
        if self.empty is None:
            from brokerdesk.ui.widgets.empty import EmptyState

            self.empty = EmptyState("overview", "")
            self.empty.acted.connect(self.acted)
            self._column.addWidget(self.empty, 1)
        title, text, actions = words
        self.empty.show_words("overview", title, text, actions)
        self.empty.show()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.share_height()

    def share_height(self) -> None:
        """Give the accounts what they need and the chart the rest."""
        self._line.setVisible(not self.movers.isHidden())
        taken = self.hero.sizeHint().height() + 2
        if not self.movers.isHidden():
            taken += self.movers.sizeHint().height()
        room = self.viewport().height() - taken
        most = room - max(px(LEAST_CHART), round(room * CHART_SHARE))
        wanted = self.accounts.wanted_height()
        if room - wanted >= px(LEAST_CHART):
            most = max(most, min(wanted, room - px(LEAST_CHART)))
        height = max(min(wanted, most), min(wanted, self.accounts.least_height()))
        if room - height < px(LEAST_CHART):
            # The pane scrolls; a second scroll bar inside it would only be for a long list.
            height = min(wanted, self.accounts.most_height())
        self.accounts.setFixedHeight(height)
        self.history.setMinimumHeight(px(LEAST_CHART))
