"""The bar of a list of the past: what kind is shown, and which days, fixed or chosen by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from PySide6.QtCore import QDate, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.date_ranges import CUSTOM, RANGES, DateRange
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.flow import FlowLayout
from brokerdesk.ui.widgets.pickers import date_box
from brokerdesk.ui.widgets.segments import Segments

SOURCES_HINT = (
    "An account that is reached through several connections is listed once, through the one that "
    "is counted. Tick this to see what the others report, too."
)


class RangeBar(QWidget):
    """Kinds at the left, ranges beside them; the days of a custom range with their problem.

    Signals:
        kind_chosen: the key of a kind.
        range_chosen: the key of a range.
        days_chosen: first and last day of a custom range.
        sources_chosen: whether sources that are left out of totals are listed, too.
    """

    kind_chosen = Signal(str)
    range_chosen = Signal(str)
    days_chosen = Signal(object, object)
    sources_chosen = Signal(bool)

    def __init__(self, kinds: Sequence[tuple[str, str]], name: str, *, look: str = "chips") -> None:
        super().__init__()
        self._filling = False
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.kinds = Segments(kinds, name, look=look)
        self._ranged = True
        self.ranges = Segments(RANGES, "Dates", look="chips")
        self.first = date_box("First day", QDate(2026, 1, 1))
        self.last = date_box("Last day", QDate(2026, 1, 1))
        self._days = QWidget()
        row = QHBoxLayout(self._days)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(px(6))
        row.addWidget(self.first)
        row.addWidget(PlainLabel("to", "small", "text3"))
        row.addWidget(self.last)
        self.problem = PlainLabel("", "small", "loss")
        self.sources = QCheckBox("Sources left out")
        self.sources.setAccessibleName("List sources that are left out of totals, too")
        self.sources.setToolTip(tooltip(SOURCES_HINT))
        self.sources.hide()
        holder = QWidget()
        flow = FlowLayout(px(16), px(4))
        flow.setContentsMargins(px(12), px(5), px(12), px(5))
        holder.setLayout(flow)
        for part in (self.kinds, self.ranges, self._days, self.sources, self.problem):
            flow.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(holder)
        column.addWidget(Hairline())
        self.kinds.chosen.connect(self.kind_chosen)
        self.ranges.chosen.connect(self.range_chosen)
        self.first.dateChanged.connect(self._on_days)
        self.last.dateChanged.connect(self._on_days)
        self.sources.clicked.connect(self.sources_chosen)

    def show_choice(
        self, kind: str, chosen: DateRange, first: date | None, last: date | None, problem: str
    ) -> None:
        """Show what is chosen; says nothing."""
        self._filling = True
        self.kinds.choose(kind)
        self.ranges.choose(chosen.key)
        custom = chosen.key == CUSTOM
        self._days.setVisible(custom and self._ranged)
        if custom:
            first, last = chosen.first, chosen.last
        for box, day in ((self.first, first), (self.last, last)):
            if day is not None:
                box.setDate(QDate(day.year, day.month, day.day))
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.first.setAccessibleDescription(problem)
        self.first.setProperty("problem", "true" if problem and custom else "false")
        self.first.style().unpolish(self.first)
        self.first.style().polish(self.first)
        self._filling = False

    def show_sources(self, possible: bool, on: bool) -> None:
        """Whether there are sources that are left out, and whether they are listed."""
        self.sources.setVisible(possible)
        self.sources.setChecked(on)

    def show_ranges(self, on: bool) -> None:
        """Whether days can be chosen at all."""
        self._ranged = on
        self.ranges.setVisible(on)
        self._days.setVisible(on and self.ranges.choice == CUSTOM)

    def _on_days(self) -> None:
        if not self._filling:
            first, last = self.first.date().toPython(), self.last.date().toPython()
            self.days_chosen.emit(first, last)
