"""The totals: one per environment and currency, each with the age of its oldest figure."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.viewmodels.state import TotalRow, WindowState
from brokerdesk.ui.widgets.basics import Hairline

_WORDS = {"live": "Total value", "paper": "Paper value", "practice": "Practice value"}


class _Total(QWidget):
    """One total."""

    def __init__(self, *, first: bool) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        style = "hero" if first else "figure"
        self._caption = PlainLabel("", "small", "text3")
        self._whole = PlainLabel("", style, "text", figures=True)
        self._cents = PlainLabel("", "figure" if first else "lead", "text3", figures=True)
        self._age = PlainLabel("", "small", "text3")
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(self._whole)
        line.addWidget(self._cents)
        line.addStretch(1)
        column.addWidget(self._caption)
        column.addLayout(line)
        column.addWidget(self._age)
        if not first:
            column.addStretch(1)

    def show_state(self, row: TotalRow, state: WindowState) -> None:
        assert state.now is not None
        self._caption.setText(f"{_WORDS.get(row.environment, 'Total value')}, {row.currency}")
        text = fmt.total(row.value, row.currency)
        whole, point, cents = text.partition(".")
        self._whole.setText(fmt.upright(whole))
        self._cents.setText(fmt.upright(point + cents) if cents else "")
        parts = [fmt.count(row.accounts, "account")]
        if row.left_out:
            parts.append(f"{row.left_out} left out: no value given")
        if row.oldest is not None:
            old = fmt.age(row.oldest, state.now)
            stamp = fmt.stamp(row.oldest)
            parts.append(f"oldest figure {stamp}" + ("" if old == stamp else f" ({old})"))
        self._age.setText(" · ".join(parts))
        self.setAccessibleName(f"{self._caption.text()}: {text}. {self._age.text()}")


class Totals(QWidget):
    """All totals side by side; live first."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "sheet")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 14, 16, 14)
        self._row.setSpacing(24)
        self._row.addStretch(1)
        self._shown: list[_Total] = []

    def show_state(self, state: WindowState) -> None:
        """Show this state."""
        totals = state.figures.totals
        if len(totals) != len(self._shown):
            self._rebuild(len(totals))
        for part, row in zip(self._shown, totals, strict=True):
            part.show_state(row, state)
        self.setVisible(bool(totals))

    def _rebuild(self, count: int) -> None:
        while self._row.count() > 1:
            item = self._row.takeAt(0)
            widget = item.widget() if item else None
            if widget is not None:
                widget.deleteLater()
        self._shown = [_Total(first=place == 0) for place in range(count)]
        for place, part in enumerate(self._shown):
            if place:
                self._row.insertWidget(self._row.count() - 1, Hairline(vertical=True))
            self._row.insertWidget(self._row.count() - 1, part)
