"""What the shown entries come to, by kind and currency, in one line below the list."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.text import PlainLabel, tooltip
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.activity_rows import ActivityRow, Sum, sums_of
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.figures import SecretLabel
from brokerdesk.ui.widgets.flow import FlowLayout
from brokerdesk.ui.widgets.giving import Giving

_LEAST = 54
"""One line of blocks is always seen; the others scroll where the window is low."""
CONVERTED = "; those in other currencies converted, each by the rate of its day"


class _Block(QWidget):
    """A label with its sum below."""

    def __init__(self) -> None:
        super().__init__()
        self._label = PlainLabel("", "small", "text3")
        self._value = SecretLabel("", "body", weight=600)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(1))
        column.addWidget(self._label)
        column.addWidget(self._value)
        privacy().changed.connect(self._speak)

    def show_sum(self, label: str, amount: str, count: int, note: str = "") -> None:
        """Show what ``count`` entries come to."""
        self._label.setText(label)
        self._value.show_value(amount)
        self.setToolTip(tooltip(fmt.count(count, "entry", "entries") + note))
        self._speak()

    def _speak(self) -> None:
        self.setAccessibleName(f"{self._label.text()}, {self._value.accessibleName()}")


class SumsBar(QWidget):
    """One block a kind and currency. It stands in ``holder``, which goes into a layout."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Totals of the entries shown")
        self.setProperty("role", "sums")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self._holder = QWidget()
        self._flow = FlowLayout(px(28), px(6))
        self._flow.setContentsMargins(px(16), px(8), px(16), px(8))
        self._holder.setLayout(self._flow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Hairline("line2"))
        column.addWidget(self._holder)
        self.holder = Giving(self, _LEAST)
        self._blocks: list[_Block] = []
        self.sums: tuple[Sum, ...] = ()

    def show_rows(self, rows: Iterable[ActivityRow]) -> None:
        """Sum these up."""
        sums = sums_of(rows)
        if sums == self.sums and self._blocks:
            return
        self.sums = sums
        mixed = len({one.currency for one in sums}) > 1 or any(one.converted for one in sums)
        while len(self._blocks) < len(sums):
            block = _Block()
            self._blocks.append(block)
            self._flow.addWidget(block)
        for place, block in enumerate(self._blocks):
            block.setVisible(place < len(sums))
            if place < len(sums):
                one = sums[place]
                label = f"{one.label} {one.currency}" if mixed else one.label
                note = CONVERTED if one.converted else ""
                block.show_sum(label, fmt.change(one.amount), one.count, note)
        self.setVisible(bool(sums))
        self._holder.updateGeometry()
        self.updateGeometry()
