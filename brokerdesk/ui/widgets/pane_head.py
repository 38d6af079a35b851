"""The head of a pane: title, count, a note, and room at the right for its tools."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from brokerdesk.ui.format import whole
from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme


class PaneHead(QWidget):
    """46 high. ``style`` is "pane" for main panes, "strong" for those at the side."""

    def __init__(self, title: str, *, style: str = "pane", height: int = 0) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._height = height or theme().tokens.bar["pane"]
        self._title = PlainLabel(tame(title), style)
        self._count = PlainLabel("", "body", "text3", figures=True)
        self._note = PlainLabel("", "small", "text3")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(px(16), 0, px(16), 0)
        self._row.setSpacing(px(8))
        self._row.addWidget(self._title)
        self._row.addWidget(self._count)
        self._row.addStretch(1)
        self._row.addWidget(self._note)
        self._refresh()
        theme().changed.connect(self._refresh)
        self.set_count(None)
        self.set_note("")

    def set_title(self, title: str) -> None:
        """Name the pane anew."""
        self._title.setText(tame(title))

    def set_count(self, count: int | str | None) -> None:
        """Show how many there are; None shows nothing."""
        text = "" if count is None else whole(count) if isinstance(count, int) else count
        self._count.setText(text)
        self._count.setVisible(bool(text))

    def set_note(self, text: str) -> None:
        """A short remark at the right, before the tools."""
        self._note.setText(tame(text))
        self._note.setVisible(bool(text))

    def add(self, widget: QWidget) -> None:
        """Put a tool at the right."""
        self._row.addWidget(widget)

    def _refresh(self) -> None:
        self.setFixedHeight(px(self._height))
