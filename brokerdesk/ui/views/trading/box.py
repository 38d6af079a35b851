"""The line “Trading” of one connection: how its switch stands, and the button that turns it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.desk import Desk
from brokerdesk.ui.viewmodels.trading_switch import SwitchLine, line
from brokerdesk.ui.widgets.basics import Paragraph, button
from brokerdesk.ui.widgets.tags import Tag


class TradingBox(QWidget):
    """Off until it is turned on. Turning on asks first, turning off is one click."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._key = ""
        self._line: SwitchLine | None = None
        self._titles = broker_titles()
        self.tag = Tag("", "plain")
        self._words = Paragraph("", "body", "text2")
        self.turn = button("Turn on…", self._turn, small=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(8))
        row = QHBoxLayout()
        row.setSpacing(px(8))
        row.addWidget(self.tag, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        column.addLayout(row)
        column.addWidget(self.turn, 0, Qt.AlignmentFlag.AlignLeft)
        desk.trading.changed.connect(self._show)

    def show_connection(self, key: str) -> None:
        """Show the switch of this connection."""
        self._key = key
        self._show()

    def _show(self) -> None:
        rows = self._desk.figures.connections
        row = next((one for one in rows if one.key == self._key), None)
        if row is None:
            return
        broker = self._titles.get(row.broker, row.title)
        said = line(row.key, broker, row.environment, self._desk.trading.state)
        if said == self._line:
            return
        self._line = said
        self.tag.show_tag(row.environment.upper(), row.environment)
        self.tag.setVisible(bool(said.button))
        self._words.setText(said.text)
        self._words.set_tone(said.tone)
        self.turn.setText(said.button)
        what = "Turn off" if said.on else "Turn on"
        self.turn.setAccessibleName(f"{what} trading for {row.title}")
        self.turn.setVisible(bool(said.button))

    def _turn(self) -> None:
        on = self._line is not None and self._line.on
        self._desk.wish(f"{'untrading' if on else 'trading'}:{self._key}")
