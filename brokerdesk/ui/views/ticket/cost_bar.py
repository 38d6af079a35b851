"""The figures above the Review button: side by side, or one below the other when they are long."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px
from brokerdesk.ui.viewmodels.ticket_state import CostLine
from brokerdesk.ui.widgets.figures import SecretLabel
from brokerdesk.ui.widgets.showing import set_shown

PLACES, GAP = 2, 4


class CostBar(QWidget):
    """Two figures with their names. A figure is never cut."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(px(GAP))
        self._pairs: list[tuple[QWidget, PlainLabel, SecretLabel]] = []
        for place in range(PLACES):
            label, value = PlainLabel("", "small", "text3"), SecretLabel("", "small", weight=500)
            box = QWidget()
            box.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
            pair = QHBoxLayout(box)
            pair.setContentsMargins(0, 0, 0, 0)
            pair.setSpacing(px(6))
            pair.addWidget(label)
            pair.addStretch(1)
            pair.addWidget(value)
            self._pairs.append((box, label, value))
            if place:
                self._row.addStretch(1)
            self._row.addWidget(box)
        self.setMinimumHeight(px(18))

    def show_costs(self, costs: Sequence[CostLine]) -> None:
        """Show these, at most two."""
        for place, (box, label, value) in enumerate(self._pairs):
            cost = costs[place] if place < len(costs) else None
            label.setText(cost.label if cost else "")
            value.show_value(cost.value if cost else "", secret=bool(cost and cost.secret))
            set_shown(box, cost is not None)
        set_shown(self, bool(costs))
        self._fit()

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        shown = [box for box, _, _ in self._pairs if not box.isHidden()]
        needed = sum(box.sizeHint().width() for box in shown) + px(GAP)
        wide = needed <= self.width()
        way = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._row.direction() != way:
            self._row.setDirection(way)
            self._row.setSpacing(px(GAP if wide else 2))
            across = QSizePolicy.Policy.Maximum if wide else QSizePolicy.Policy.Preferred
            for box, _, _ in self._pairs:
                box.setSizePolicy(across, QSizePolicy.Policy.Preferred)
            self.updateGeometry()
