"""The status bar: connections, market, where sign-ins are kept, the last sentence, open orders,
the halt, the clock.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.halt import HALT, Switches, can_halt, questions
from brokerdesk.ui.viewmodels.state import WindowState
from brokerdesk.ui.viewmodels.surroundings import status
from brokerdesk.ui.widgets.announce import announce
from brokerdesk.ui.widgets.basics import MarkDot

SAID_MS = 6000
GAP = 18


class _Said(PlainLabel):
    """Takes whatever room is left and is elided in it."""

    def __init__(self) -> None:
        super().__init__("", "small", "text2")
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def say(self, text: str) -> None:
        self._whole = tame(text)
        self.setAccessibleName(self._whole)
        self._fit()

    @property
    def whole(self) -> str:
        return self._whole

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = max(0, self.width())
        mode = Qt.TextElideMode.ElideRight
        self.setText(self.fontMetrics().elidedText(self._whole, mode, room))


class StatusBar(QWidget):
    """Parts give way from the middle when there is no room: where keys are kept, then the market.
    What is said comes before both; open questions about orders and the halt always stay.

    Signals:
        acted: the wish of a button.
    """

    acted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "rail")
        self.setFixedHeight(px(theme().tokens.bar["status"]))
        self.setAccessibleName("Status")
        self._state: WindowState | None = None
        self.questions: QPushButton | None = None
        self.halt: QPushButton | None = None
        self._build_ui()
        self._hush = QTimer(self)
        self._hush.setSingleShot(True)
        self._hush.setInterval(SAID_MS)
        self._hush.timeout.connect(self._on_hush)

    def _build_ui(self) -> None:
        self.mark = MarkDot()
        self.connections = PlainLabel("", "small", "text3")
        self.market = PlainLabel("", "small", "text3", figures=False)
        self.keys = PlainLabel("", "small", "text3")
        self.said = _Said()
        self.clock = PlainLabel("", "small", "text3", figures=True)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(px(14), 0, px(14), 0)
        row.setSpacing(px(GAP))
        first = QHBoxLayout()
        first.setSpacing(px(7))
        first.addWidget(self.mark)
        first.addWidget(self.connections)
        row.addLayout(first)
        row.addWidget(self.market)
        row.addWidget(self.said, 1)
        row.addWidget(self.keys)
        row.addWidget(self.clock)

    def say(self, text: str) -> None:
        """Say something for a while. Never the only place of an error."""
        self.said.say(text)
        self._hush.start()
        self._fold()
        announce(self, tame(text))

    def show_state(self, state: WindowState) -> None:
        """Show this state."""
        self._state = state
        words = status(state)
        self.mark.set_mark(words.mark)
        for label, text in (
            (self.connections, words.connections),
            (self.market, words.market),
            (self.keys, words.keys),
            (self.clock, words.clock),
        ):
            if label.text() != text:
                label.setText(text)
        if not self._hush.isActive() and self.said.whole != tame(state.notice):
            self.said.say(state.notice)
        self._fold()

    def show_trading(self, state: Switches) -> None:
        """Show how many orders nobody knows the fate of, and the halt. Made when first needed."""
        words, halt = questions(state), can_halt(state)
        if words and self.questions is None:
            self.questions = self._button("unknown", lambda: self.acted.emit("go:orders"))
        if halt and self.halt is None:
            self.halt = self._button("", lambda: self.acted.emit(HALT))
            self.halt.setText("Halt new orders")
            self.halt.setAccessibleName("Halt new orders")
        if self.questions is not None:
            self.questions.setText(words)
            self.questions.setAccessibleName(f"{words}: show Orders")
            self.questions.setVisible(bool(words))
        if self.halt is not None:
            self.halt.setVisible(halt)
        self._fold()

    def _button(self, picture: str, act: Callable[[], object]) -> QPushButton:
        from brokerdesk.ui.widgets.buttons import button

        made = button("", act, kind="status", picture=picture)
        self._row.insertWidget(self._row.indexOf(self.keys), made)
        return made

    def _on_hush(self) -> None:
        self.said.say(self._state.notice if self._state else "")
        self._fold()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        metrics = self.fontMetrics()
        wanted = min(px(360), metrics.horizontalAdvance(self.said.whole))
        left = self.width() - 2 * px(14) - wanted - px(GAP)
        for made in (self.questions, self.halt):
            if made is not None and not made.isHidden():
                left -= made.sizeHint().width() + px(GAP)
        shown = bool(self.connections.text())
        self.mark.setVisible(shown)
        self.connections.setVisible(shown)
        for label in (self.clock, self.connections, self.market, self.keys):
            if not label.text():
                label.setVisible(False)
                continue
            width = label.sizeHint().width() + px(GAP)
            fits = width <= left or label is self.clock
            label.setVisible(fits)
            if fits:
                left -= width
        self.mark.setVisible(not self.connections.isHidden())
