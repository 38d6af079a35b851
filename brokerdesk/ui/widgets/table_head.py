"""The line above a table: title, count, filter, tools, columns.

Beside wide docks there is no room for all of it. Then the tools stand whole in a line of their own,
instead of cut.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.elided import ElidedLabel

_LEFT, _RIGHT, _GAP, _LEAST_FILTER = 16, 14, 10, 110
_NO_LIMIT = 16_777_215


class TableHead(QWidget):
    """``name`` and ``count`` are its labels; ``add_tool`` puts something beside the filter."""

    def __init__(self, title: str, field: QWidget | None) -> None:
        super().__init__()
        self._field = field
        self.name = PlainLabel(title, "pane")
        self.count = ElidedLabel("", "small", "text3")
        self._last: QPushButton | None = None
        self._folded = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(px(_LEFT), 0, px(_RIGHT), 0)
        self._row.setSpacing(px(_GAP))
        column.addLayout(self._row, 1)
        self._row.addWidget(self.name)
        self._row.addWidget(self.count)
        self._row.addStretch(1)
        if field is not None:
            self._row.addWidget(field, 100)
        self._tools = QWidget()
        self._tools.setVisible(False)
        self._tools.installEventFilter(self)
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(px(_GAP))
        self._row.addWidget(self._tools)
        self._tall()

    def add_tool(self, widget: QWidget) -> None:
        """Put something beside the filter (group by, a date range)."""
        layout = self._tools.layout()
        assert layout is not None
        layout.addWidget(widget)
        self._tools.setVisible(True)
        self._fold()

    def add_button(self, made: QPushButton) -> None:
        """Put a button at the end."""
        self._last = made
        self._row.addWidget(made)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._fold()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.LayoutRequest:  # a tool came or went
            self._fold()
        return False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:  # the count says more or less
            self._fold()
        return super().event(event)

    def _fold(self) -> None:
        """The count stands whole or not at all, and the tools in a line of their own."""
        room = self.width() - self._needed(tools=not self._folded)
        self.count.setVisible(self.count.sizeHint().width() + px(_GAP) <= room)
        folded = self._needed() > self.width() and not self._tools.isHidden()
        if folded == self._folded:
            return
        self._folded = folded
        column, tools = self.layout(), self._tools.layout()
        assert isinstance(column, QVBoxLayout)
        assert isinstance(tools, QHBoxLayout)
        if folded:
            self._row.removeWidget(self._tools)
            column.addWidget(self._tools)
            tools.setContentsMargins(px(_LEFT), 0, px(_RIGHT), 0)
            tools.setAlignment(Qt.AlignmentFlag.AlignLeading)
            self._tools.setFixedHeight(px(theme().tokens.bar["pane"]) - 1)
        else:
            column.removeWidget(self._tools)
            place = self._row.count() - (self._last is not None)
            self._row.insertWidget(place, self._tools)
            tools.setContentsMargins(0, 0, 0, 0)
            tools.setAlignment(Qt.AlignmentFlag(0))
            self._tools.setMinimumHeight(0)
            self._tools.setMaximumHeight(_NO_LIMIT)
        self._tall()

    def _tall(self) -> None:
        self.setFixedHeight(px(theme().tokens.bar["pane"]) * (1 + self._folded) - 1)

    def _needed(self, *, tools: bool = True) -> int:
        """What all of it needs side by side, when the count gives way."""
        parts = [self.name.sizeHint().width(), px(_LEFT), px(_RIGHT)]
        if tools and not self._tools.isHidden():
            layout = self._tools.layout()
            assert layout is not None
            margins = layout.contentsMargins()
            parts.append(layout.sizeHint().width() - margins.left() - margins.right())
        if self._field is not None:
            parts.append(px(_LEAST_FILTER))
        if self._last is not None:
            parts.append(self._last.sizeHint().width())
        return sum(parts) + px(_GAP) * 5
