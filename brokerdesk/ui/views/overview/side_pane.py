"""The narrow part of the Overview: what needs the user, the connection clock, the allocation."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from brokerdesk.ui.theme import px
from brokerdesk.ui.views.overview.allocation_pane import AllocationPane
from brokerdesk.ui.views.overview.attention import AttentionPane
from brokerdesk.ui.views.overview.clock import ClockPane
from brokerdesk.ui.widgets.basics import Hairline

WIDTH, LEAST = 352, 290


class SidePane(QScrollArea):
    """Three sections, as many as have something to say."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Side pane")
        # Every move to another parent is a walk of the style sheet: outer widgets come first.
        inner = QWidget()
        inner.setProperty("role", "sheet")
        self.setWidget(inner)
        self.setMinimumWidth(px(LEAST))
        self.attention = AttentionPane()
        self.clock = ClockPane()
        self.allocation = AllocationPane()
        self._lines = (Hairline(), Hairline())
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.attention)
        column.addWidget(self._lines[0])
        column.addWidget(self.clock)
        column.addWidget(self._lines[1])
        column.addWidget(self.allocation)
        column.addStretch(1)

    def settle(self) -> None:
        """Draw lines between those sections that are shown."""
        self._lines[0].setVisible(not self.attention.isHidden())
        self._lines[1].setVisible(not (self.clock.isHidden() or self.allocation.isHidden()))
