"""A past day beside the last figures: both totals, why they differ, and each holding.

Everything in it was worked out before; hidden amounts hide here as everywhere.
"""

from __future__ import annotations

from datetime import datetime

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QStyle, QVBoxLayout, QWidget

from brokerdesk.ui.models.comparison_columns import comparison_columns
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.plain import tame
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.comparison import CompareRow, CompareState, Part
from brokerdesk.ui.widgets.basics import Hairline, Paragraph, button
from brokerdesk.ui.widgets.figures import FigureBlock, SecretLabel
from brokerdesk.ui.widgets.flow import FlowLayout
from brokerdesk.ui.widgets.picture import Picture
from brokerdesk.ui.widgets.sheet import Sheet
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_totals import TotalsRow

WIDTH, MOST_ROWS, PART = 1020, 11, 168


class CompareSheet(Sheet):
    """The comparison. Esc and Close leave it."""

    def __init__(self, state: CompareState, now: datetime) -> None:
        super().__init__(state.title, width=WIDTH)
        self.state = state
        self.body.addLayout(self._totals())
        if state.parts:
            self.body.addWidget(Hairline())
            self.body.addWidget(PlainLabel(f"Why it moved, {state.currency}", "strong"))
            self.body.addWidget(self._why())
        self.body.addWidget(Hairline())
        self.rows: TreeRows[CompareRow] = TreeRows(
            comparison_columns(state.day, lambda: self.state.whole)
        )
        self.table = Table(self.rows, "Holdings then and now")
        self.rows.set_rows(state.rows, now)
        high = px(theme().tokens.row["header"]) + 2
        self.table.setFixedHeight(high + min(MOST_ROWS, len(state.rows)) * px(theme().row_height))
        self.body.addWidget(self.table)
        self.totals = TotalsRow(self.table)
        self.body.addWidget(self.totals)
        for note in state.notes:
            self.body.addWidget(Paragraph(tame(note), "small", "text2"))
        self.shut = button("Close", self.close_sheet)
        self.foot.addWidget(self.shut)

    def _totals(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(px(20))
        for place, (label, value, caption) in enumerate(
            (self.state.then, self.state.last, self.state.moved)
        ):
            if place == 1:
                row.addWidget(Picture("chevron-right", "text3"))
            block = FigureBlock(label, style="figure")
            block.show_figure(value, caption)
            if place == 2 and self.state.prices:
                price = self.state.parts[0]
                block.show_figure(
                    value,
                    f"of which price changes {price.glyph} {self.state.prices}",
                    caption_tone=price.tone if price.glyph else "text3",
                    caption_secret=True,
                )
            row.addWidget(block)
        row.addStretch(1)
        return row

    def _why(self) -> QWidget:
        made = QWidget()
        flow = FlowLayout(px(20), px(10))
        made.setLayout(flow)
        self.parts = tuple(_PartBlock(part) for part in self.state.parts)
        for part in self.parts:
            flow.addWidget(part)
        return made


class _PartBlock(QWidget):
    """One effect with its name, its amount and a bar."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self.part = part
        self.setFixedWidth(px(PART))
        label = PlainLabel(part.label, "small", "text3")
        self.amount = SecretLabel("", "body", part.tone, weight=600)
        self.amount.show_value(f"{part.glyph} {part.text}".strip())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(2))
        for each in (label, self.amount, _Bar(part)):
            column.addWidget(each)


class _Bar(QWidget):
    """How large an effect is beside the largest one."""

    def __init__(self, part: Part) -> None:
        super().__init__()
        self._share = part.share
        self.setFixedHeight(px(8))
        self.setAccessibleName(f"{part.label}: {part.share:.0%} of the largest part")
        theme().changed.connect(self.update)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            box = self.rect().adjusted(0, 0, 0, -1)
            box.setWidth(max(1, round(self._share * box.width())))
            box = QStyle.visualRect(self.layoutDirection(), self.rect(), box)
            painter.fillRect(box, theme().colour("accent" if self._share else "line2"))
