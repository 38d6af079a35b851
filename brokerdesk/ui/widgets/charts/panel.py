"""The value chart with its ranges, its legend and its change in words, ready to be placed.

Given a history, it answers a change of range by itself. One day is asked for by ``day_wanted``,
because it comes from other figures than the daily ones.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.services.history_ranges import SPOKEN, Range
from brokerdesk.ui.widgets.buttons import icon_button
from brokerdesk.ui.widgets.charts.figure_line import FigureLine, Run
from brokerdesk.ui.widgets.charts.from_history import ChangeWords, change_words, line_data
from brokerdesk.ui.widgets.charts.legend import LegendItem
from brokerdesk.ui.widgets.charts.line_chart import LineChart
from brokerdesk.ui.widgets.charts.pixels import px
from brokerdesk.ui.widgets.charts.ranges import RangeRow

if TYPE_CHECKING:
    from brokerdesk.services.history import History
    from brokerdesk.services.history_facts import ValueLine

READING = "Reading the history…"
OPEN = "Open chart in a window"


class HistoryPanel(QWidget):
    """The total value over a range that the user chooses.

    Signals:
        range_chosen: the user chose this range (its word), to be remembered.
        day_wanted: one day was chosen; answer with ``show_day``. Until then days are shown.
        window_wanted: the chart is to be explored in a window of its own.
    """

    range_chosen = Signal(str)
    day_wanted = Signal()
    window_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.ranges = RangeRow([(one.value, SPOKEN[one]) for one in Range])
        self.chart = LineChart(nothing=READING)
        self.words = FigureLine(18)
        self._legend = {
            "line": LegendItem("line", "Total value"),
            "gap": LegendItem("gap", "Not known"),
            "up": LegendItem("up", "Deposit"),
            "down": LegendItem("down", "Withdrawal"),
        }
        self._signs = frozenset(("line",))
        self._history: History | None = None
        self._day: ValueLine | None = None
        self._today = date.min
        self._line: ValueLine | None = None
        self._private = False
        self.open_button = icon_button(
            "open", OPEN, OPEN, self.window_wanted.emit, "Ctrl+Shift+G", small=True
        )
        action = QAction(OPEN, self)
        action.triggered.connect(self.window_wanted)
        self.chart.addAction(action)
        self.chart.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._lay_out()
        self.ranges.choose(Range.YEAR.value)
        self.ranges.chosen.connect(self._on_chosen)
        self._show()

    def show_history(self, history: History, today: date) -> None:
        """Show this from now on, in the range that is chosen. ``today`` ends every range."""
        self._history, self._today, self._day = history, today, None
        self._show()
        if self.ranges.choice == Range.DAY:
            self.day_wanted.emit()

    def show_day(self, line: ValueLine) -> None:
        """The day that was wanted; without figures of its own the days around it stay."""
        self._day = line if len(line) > 1 else None
        self._show()

    def choose(self, chosen: Range) -> None:
        """Show another range, as when the one of the last time is restored."""
        self.ranges.choose(chosen.value)
        self._on_chosen(chosen.value, told=False)

    def set_private(self, private: bool) -> None:
        """Hide amounts; percentages and shapes stay."""
        self._private = private
        self.chart.set_private(private)
        self._say()

    @property
    def line(self) -> ValueLine | None:
        """What is shown."""
        return self._line

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        # The first piece's words stand over the chart's edge, not its padding.
        top.setContentsMargins(int(px(12)), int(px(6)), int(px(20)), 0)
        top.setSpacing(int(px(12)))
        top.addWidget(self.ranges)
        top.addWidget(self.open_button)
        top.addStretch(1)
        for item in self._legend.values():
            top.addWidget(item)
        words = QHBoxLayout()
        words.setContentsMargins(int(px(20)), int(px(2)), int(px(20)), 0)
        words.setSpacing(int(px(10)))
        # It keeps its height without words, so that nothing moves when they come.
        words.addWidget(self.words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addLayout(words)
        column.addWidget(self.chart, 1)

    def _on_chosen(self, key: str, *, told: bool = True) -> None:
        if told:
            self.range_chosen.emit(key)
        self._show()
        if key == Range.DAY and self._day is None:
            self.day_wanted.emit()

    def _show(self) -> None:
        chosen = Range(self.ranges.choice)
        if chosen is Range.DAY and self._day is not None:
            self._line = self._day
        elif self._history is not None:
            self._line = self._history.over(chosen, self._today)
        if self._line is not None:
            self.chart.show_data(line_data(self._line))
            marks = [mark.amount for mark in self._line.marks]
            shown = {
                "line": True,
                "gap": bool(self._line.breaks),
                "up": any(amount > 0 for amount in marks),
                "down": any(amount < 0 for amount in marks),
            }
            self._signs = frozenset(sign for sign, on in shown.items() if on)
        else:
            self._signs = frozenset(("line",))
        self._fit_legend()
        self._say()

    def _say(self) -> None:
        words = ChangeWords("", "", "text", "", "")
        if self._line is not None:
            words = change_words(self._line, private=self._private)
        spoken = ". ".join(part for part in (words.spoken, words.parts) if part)
        self.words.show_runs(
            (
                Run(words.glyph, "strong", words.tone, glyph=True),
                Run(words.headline, "strong", words.tone),
                Run(words.parts, "small", "text3", gap=10),
            ),
            spoken,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit_legend()

    def _fit_legend(self) -> None:
        """Where there is no room the legend goes; the chart says the same to a screen reader."""
        wide = sum(
            item.sizeHint().width() + px(12)
            for sign, item in self._legend.items()
            if sign in self._signs
        )
        room = self.width() - px(32) - self.ranges.sizeHint().width() - px(12)
        room -= self.open_button.sizeHint().width() + px(12)
        for sign, item in self._legend.items():
            item.setVisible(sign in self._signs and wide <= room)
