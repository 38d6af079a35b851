"""The Connections page: all connections at the left, the chosen one closely at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui import words
from brokerdesk.ui.gateways.connection_reach import ConnectionReachGateway
from brokerdesk.ui.gateways.connections import ConnectionsGateway
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.connection_links import ReachPort, ReachViewModel
from brokerdesk.ui.viewmodels.connections import ConnectionsPort, ConnectionsViewModel
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.state import Action
from brokerdesk.ui.views.connections.detail import DetailPane
from brokerdesk.ui.views.connections.disconnect_sheet import DisconnectSheet
from brokerdesk.ui.views.connections.items import ItemList
from brokerdesk.ui.views.connections.question_sheet import QuestionSheet
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.views.trading.box import TradingBox
from brokerdesk.ui.widgets.basics import Hairline, button
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.loading import LoadingRows
from brokerdesk.ui.widgets.pane_head import PaneHead
from brokerdesk.ui.widgets.sheet import Sheet
from brokerdesk.ui.widgets.splitter import Splitter

LIMITS_MS = 2000
"""Between two looks at the limits, while the page is seen."""

HELP = (
    "Each row is one sign-in at one broker. Up and Down choose a row; F6 goes to its details. "
    "Accounts that are ticked are read; the others keep what is saved of them. "
    "Disconnect asks whether to keep or delete the saved days."
)


class ConnectionsPage(Page):
    """Shows ``ConnectionsState``; its target is a connection."""

    name = "connections"

    def __init__(
        self, desk: Desk, port: ConnectionsPort | None = None, reach: ReachPort | None = None
    ) -> None:
        super().__init__(desk)
        self.model = ConnectionsViewModel(desk, port or ConnectionsGateway(desk))
        self.reach = ReachViewModel(desk, reach or ConnectionReachGateway(desk), self)
        self.sheet: Sheet | None = None
        self._ticker = QTimer(self)
        self._ticker.setInterval(LIMITS_MS)
        self._ticker.timeout.connect(self._on_tick)
        self.setAccessibleName("Connections")
        self._build_ui()
        self.model.changed.connect(self._render)
        self.model.asked.connect(self._ask)
        self.reach.changed.connect(self._render_reach)
        self.reach.asked.connect(self._ask_reach)
        privacy().changed.connect(self._on_privacy)
        self._render()

    def _build_ui(self) -> None:
        self._stack = QStackedLayout(self)
        self._split = Splitter()
        self._split.addWidget(self._build_list())
        self.detail = DetailPane(self.model, self.reach, TradingBox(self.desk))
        right = QWidget()
        right.setProperty("role", "sheet")
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.detail)
        self._split.addWidget(right)
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([340, 760])  # shares of what there is, at any text size
        if self.desk.memory is not None:
            self._split.recall(self.desk.memory, "connections/split")
        self._stack.addWidget(self._split)
        said = words.no_accounts()
        self.nothing = EmptyState("link", said.title, said.text, self._ways())
        self.nothing.acted.connect(self.desk.wish)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(LoadingRows(3, 84))

    def _ways(self) -> Sequence[Action]:
        connect = Action(id="connect", label="Connect a broker")
        if self.desk.state.practice:
            return (connect,)
        return (connect, Action(id="practice", label="Try practice data"))

    def _build_list(self) -> QWidget:
        pane = QWidget()
        pane.setProperty("role", "sheet")
        pane.setMinimumWidth(px(230))
        column = QVBoxLayout(pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._head = PaneHead("Connections")
        self.connect_it = button(
            "Connect…",
            self.model.connect_broker,
            picture="plus",
            small=True,
            name="Connect a broker",
            hint="Connect a broker",
        )
        self._head.add(self.connect_it)
        column.addWidget(self._head)
        column.addWidget(Hairline())
        self.list = ItemList()
        self.list.chosen.connect(self.model.choose)
        column.addWidget(self.list, 1)
        return pane

    # state

    def _render(self) -> None:
        state = self.model.state
        place = 0 if state.items else 1 if state.empty else 2
        self._stack.setCurrentIndex(place)
        self._head.set_count(len(state.items) or None)
        self._head.setToolTip(tooltip(fmt.count(len(state.items), "connection")))
        self.list.show_items(state.items, state.chosen)
        self.reach.choose(state.chosen)
        self.detail.show_state(state)

    def _render_reach(self) -> None:
        self.detail.show_state(self.model.state)

    def _on_privacy(self) -> None:
        self.reach.render()

    def _on_tick(self) -> None:
        if self.isVisible():
            self.reach.look()

    def _ask_reach(self) -> None:
        question = self.reach.state.question
        if question is None:
            return
        sheet = self.sheet = QuestionSheet(question)
        sheet.agreed.connect(self.reach.answer)
        sheet.closed.connect(self._on_closed)
        sheet.open_over(self, sheet.no)

    def _ask(self) -> None:
        question = self.model.state.removal
        if question is None:
            return
        sheet = self.sheet = DisconnectSheet(question)
        sheet.answered.connect(self._on_answer)
        sheet.closed.connect(self._on_closed)
        sheet.open_over(self, sheet.no)

    def _on_answer(self, keep: bool) -> None:
        self.model.remove(keep_history=keep)

    def _on_closed(self) -> None:
        self.sheet = None
        self.model.forget_question()
        self.reach.forget_question()

    # page

    def enter(self) -> None:
        self.model.reload()
        self.reach.look()
        self._ticker.start()

    def leave(self) -> None:
        self._ticker.stop()

    def show_target(self, target: str) -> None:
        self.model.choose(target)

    def focus_first(self) -> None:
        if self.model.state.items:
            self.list.focus_chosen()
        elif self.nothing.buttons and self.nothing.isVisible():
            self.nothing.buttons[0].setFocus()
        else:
            super().focus_first()

    def panes(self) -> Sequence[QWidget]:
        return (self.list, self.detail)

    def remember(self) -> None:
        if self.desk.memory is not None:
            self._split.keep(self.desk.memory, "connections/split")

    def help_text(self) -> str:
        return HELP


def build(desk: Desk) -> ConnectionsPage:
    """The page over the real services."""
    return ConnectionsPage(desk)
