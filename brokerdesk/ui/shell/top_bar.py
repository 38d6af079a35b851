"""The bar above the pages: which accounts, how current, refresh, search, hidden amounts.

It shows a state and says wishes. When it gets narrow its parts give way in a fixed order; nothing
overlaps and no figure is cut.
"""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.shell.scope_button import ScopeButton, SearchButton
from brokerdesk.ui.shell.sheet import paint_ground
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.freshness import PillWords, pills, refreshing
from brokerdesk.ui.viewmodels.scope import scope_words
from brokerdesk.ui.viewmodels.state import Pill, WindowState
from brokerdesk.ui.widgets.basics import button, icon_button
from brokerdesk.ui.widgets.painted import ProgressLine, StatePill

SIDE = 16
ORDER_HINT = "Write an order (Ctrl+N)"
ORDERS_PAST = "Orders are off while a past day is shown"
SLOW_MS = 100
"""A day that is not here by then is said to be on its way; quicker ones do not flicker."""
FULL, SHORT, TIGHT, SMALL = range(4)
"""Everything; short words; only the refresh's figures beside one pill; a glass for the search."""


class TopBar(QWidget):
    """Says what is wished.

    Signals:
        scope_wanted, connections_wanted: open the choice, the list; at the widget that asked.
        refresh_wanted, stop_wanted, search_wanted, privacy_wanted, order_wanted: as they say.
    """

    scope_wanted = Signal(QWidget)
    connections_wanted = Signal(QWidget)
    refresh_wanted = Signal()
    stop_wanted = Signal()
    search_wanted = Signal()
    privacy_wanted = Signal()
    order_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._state: WindowState | None = None
        self._words: tuple[PillWords, ...] = ()
        self._folded: tuple[object, ...] = ()
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(SLOW_MS)
        self._slow.timeout.connect(self._on_slow)
        self.setFixedHeight(px(theme().tokens.bar["top"]))
        self.setAccessibleName("Top bar")
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._build_ui()
        privacy().changed.connect(self._show_privacy)
        self._show_privacy()

    def _build_ui(self) -> None:
        self.scope = ScopeButton()
        self.scope.clicked.connect(lambda: self.scope_wanted.emit(self.scope))
        self.pills = (StatePill(), StatePill())
        for pill in self.pills:
            pill.clicked.connect(self._on_pill)
            pill.hide()
        self.refresh = button(
            "Refresh", self.refresh_wanted.emit, kind="ghost", picture="refresh",
            hint="Ask the brokers (F5)",
        )  # fmt: skip
        self.stop = button(
            "Esc to stop", self.stop_wanted.emit, kind="ghost", small=True,
            hint="Stop the refresh (Esc)", name="Stop the refresh",
        )  # fmt: skip
        self.search = SearchButton()
        self.search.clicked.connect(self.search_wanted)
        self.eye = icon_button("eye", "Hide amounts", "", self.privacy_wanted.emit, "Ctrl+Shift+H")
        self.order = button("New order", self.order_wanted.emit, kind="primary", hint=ORDER_HINT)
        self.progress = ProgressLine(2, over=("surface", "line"))
        row = QHBoxLayout()
        row.setContentsMargins(px(SIDE), 0, px(SIDE), 0)
        row.setSpacing(px(8))
        for part in (self.scope, *self.pills, self.refresh, self.stop):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.search, 100)
        row.addWidget(self.eye)
        row.addWidget(self.order)
        self._row = row
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row, 1)
        self.progress.setParent(self)
        self.search.set_small(False)

    # state

    def show_state(self, state: WindowState) -> None:
        """Show this state."""
        self._state = state
        words, count = scope_words(state)
        self.scope.show_scope(words, count)
        self.scope.setEnabled(bool(state.everyone))
        self._show_pills(state)
        self.progress.set_share(state.progress)
        self.progress.setVisible(state.progress is not None)
        can = state.ready and not state.offline and state.past is None
        self.refresh.setEnabled(can and bool(state.figures.connections))
        self.refresh.setToolTip(tooltip(self._refresh_hint(state)))
        self.order.setEnabled(state.past is None)
        self.order.setToolTip(tooltip(ORDER_HINT if state.past is None else ORDERS_PAST))
        self._swap_focus(state.refreshing)
        self._fold()

    def _show_pills(self, state: WindowState) -> None:
        if not state.on_the_way:
            self._slow.stop()
        elif not any(one.pill is Pill.REFRESHING for one in self._words):
            if not self._slow.isActive():
                self._slow.start()
            return
        self._words = pills(state)

    def _on_slow(self) -> None:
        if self._state is not None:
            self._words = pills(self._state)
            self._fold()

    @staticmethod
    def _refresh_hint(state: WindowState) -> str:
        if state.past is not None:
            return "Refresh is off while a past day is shown"
        if state.offline:
            return "Refresh is off: the program was started offline"
        return "" if state.refreshing else "Ask the brokers (F5)"

    def _swap_focus(self, running: bool) -> None:
        """The way to stop comes and goes; the focus is not lost with it."""
        if not running and self.stop.hasFocus():
            self.refresh.setFocus(Qt.FocusReason.OtherFocusReason)
        self.stop.setVisible(running)

    def _show_privacy(self) -> None:
        on = privacy().on
        words = "Show amounts" if on else "Hide amounts"
        self.eye.set_picture("eye-off" if on else "eye", "accent" if on else "text2")
        self.eye.setAccessibleName(words)
        self.eye.setToolTip(tooltip(f"{words} (Ctrl+Shift+H)"))

    def _on_pill(self) -> None:
        pill = self.sender()
        if isinstance(pill, QWidget):
            self.connections_wanted.emit(pill)

    # room

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self.progress.setGeometry(QRect(0, self.height() - 2, self.width(), 2))
        self._fold()

    def _fold(self) -> None:
        """Show as much as there is room for."""
        state = self._state
        if state is None:
            return
        running = refreshing(state) if state.refreshing else ""
        told = (
            *(self._words, running, self.scope.words, self.width()),
            *(self.isVisible(), theme().name, theme().scale),
        )
        if told == self._folded:
            return  # told again with every message of a refresh
        self._folded = told
        for level in (FULL, SHORT, TIGHT, SMALL):
            self._show_level(level)
            if self._needed() <= self.width():
                break

    def _show_level(self, level: int) -> None:
        assert self._state is not None
        running = self._state.refreshing
        shown = list(self._words)
        if running and (level >= TIGHT or not shown):
            words = refreshing(self._state)
            shown = [PillWords(Pill.REFRESHING, words, words, "Opens the list of connections.")]
        for place, pill in enumerate(self.pills):
            if place < len(shown):
                one = shown[place]
                pill.show_state(one.pill, one.text if level == FULL else one.short, one.hint)
            else:
                pill.show_state(Pill.NONE, "")
        in_pill = bool(shown) and shown[0].pill is Pill.REFRESHING
        self.refresh.setVisible(not (running and in_pill))
        words = "Refresh" if not running else refreshing(self._state)
        if level >= SMALL and not running:
            words = ""
        _say(self.refresh, words, "Refresh" if not running else words)
        self.stop.setText("Esc to stop" if level == FULL else "Stop")
        self.search.set_small(level >= SMALL)

    def _needed(self) -> int:
        """The width that the visible parts need side by side."""
        parts: list[QWidget] = [
            *(self.scope, *self.pills, self.refresh, self.stop, self.eye, self.order),
        ]
        seen = [part for part in parts if not part.isHidden()]
        width = sum(part.sizeHint().width() for part in seen)
        width += self.search.minimumWidth()
        return width + px(8) * (len(seen) + 1) + 2 * px(SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            paint_ground(painter, self, event.rect())
            painter.fillRect(0, self.height() - 1, self.width(), 1, theme().colour("line"))


def _say(made: QPushButton, words: str, spoken: str) -> None:
    text = f"\N{THIN SPACE}{words}" if words else ""
    if made.text() != text:
        made.setText(text)
        made.setAccessibleName(spoken)
