"""The bar above the sheet: state pill, refresh and stop, connect."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.text import plain_label
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import WindowState
from brokerdesk.ui.widgets.basics import Hairline, button
from brokerdesk.ui.widgets.painted import ProgressLine, StatePill


class TopBar(QWidget):
    """Shows how current the figures are and starts or stops a refresh."""

    def __init__(
        self,
        refresh: Callable[[], object],
        stop: Callable[[], object],
        connect: Callable[[], object],
    ) -> None:
        super().__init__()
        self._build_ui(refresh, stop, connect)

    def _build_ui(
        self,
        refresh: Callable[[], object],
        stop: Callable[[], object],
        connect: Callable[[], object],
    ) -> None:
        self.setProperty("role", "sheet")
        self.setFixedHeight(theme().tokens.bar["top"] + 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setContentsMargins(16, 0, 16, 0)
        row.setSpacing(8)
        self._pill = StatePill()
        self._refresh = button(
            "Refresh", refresh, kind="ghost", picture="refresh", hint="Ask the brokers (F5)"
        )
        self._stop = button("Stop", stop, kind="ghost", picture="stop", hint="Stop refresh (Esc)")
        self._hint = plain_label("Esc stops", "small", "text3")
        self._connect = button(
            "Connect a broker", connect, picture="plus", hint="Connect a broker (Ctrl+Shift+N)"
        )
        for part in (self._pill, self._refresh, self._stop, self._hint):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self._connect)
        self._progress = ProgressLine(2)
        column.addLayout(row, 1)
        column.addWidget(self._progress)
        column.addWidget(Hairline())

    def show_state(self, state: WindowState) -> None:
        """Show this state."""
        self._pill.show_state(state.pill, state.pill_text)
        self._progress.set_share(state.progress)
        self._refresh.setVisible(not state.refreshing)
        self._stop.setVisible(state.refreshing)
        self._hint.setVisible(state.refreshing)
        can = state.ready and not state.offline and bool(state.figures.connections)
        self._refresh.setEnabled(can)
        self._connect.setEnabled(state.ready and not state.offline)
