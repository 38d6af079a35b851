"""The inspector: one holding with its price, its figures, its accounts and its lots.

It shows rows and words that it is given; what they are is the view-models'.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from brokerdesk.services.history_ranges import SPOKEN, Range
from brokerdesk.ui.models.lot_columns import HOLDER_COLUMNS, LOT_COLUMNS
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.position_detail import NO_LOTS, Head, LotLine, Value
from brokerdesk.ui.viewmodels.position_prices import RANGES, PriceState
from brokerdesk.ui.viewmodels.state import PositionRow
from brokerdesk.ui.views.positions.price_chart import PriceChart
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.buttons import icon_button
from brokerdesk.ui.widgets.charts.panel import OPEN
from brokerdesk.ui.widgets.charts.ranges import RangeRow
from brokerdesk.ui.widgets.elided import ElidedLabel
from brokerdesk.ui.widgets.empty import EmptyState
from brokerdesk.ui.widgets.figures import KeyValues, SecretLabel
from brokerdesk.ui.widgets.pane_head import PaneHead
from brokerdesk.ui.widgets.paragraph import Paragraph
from brokerdesk.ui.widgets.showing import set_shown
from brokerdesk.ui.widgets.table import Table

WIDTH, LEAST = 364, 300
SIDE = 16
LOW_ROW = 26
MOST_LOTS, MOST_HOLDERS = 12, 8


class SmallTable(Table):
    """A table as high as its rows, up to so many; of more it scrolls by itself."""

    def __init__(self, model: TreeRows[Any], name: str, most: int) -> None:
        super().__init__(model, name)
        self._most = most
        self.verticalHeader().setDefaultSectionSize(px(LOW_ROW))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def narrow(self) -> None:
        """Forget what the figures of other rows needed."""
        self.columns.narrow()

    def fit(self) -> None:
        """Take the height that the rows need."""
        rows = min(self._most, self.rows.rowCount())
        self.setFixedHeight(px(theme().tokens.row["header"]) + rows * px(LOW_ROW) + 1)


class Inspector(QFrame):
    """The pane.

    Signals:
        closed: the user closed it.
        range_chosen: another range of the chart (its word).
        window_wanted: the chart is to be explored in a window of its own.
        lots_copied: so many rows were copied.
    """

    closed = Signal()
    range_chosen = Signal(str)
    window_wanted = Signal()
    copied = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "sheet")
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(px(LEAST))
        self._rows: tuple[PositionRow, ...] = ()
        self._lots: tuple[LotLine, ...] | None = None
        self._head: Head | None = None
        self._values: tuple[Value, ...] = ()
        self._build_ui()
        self.show_nothing("Select a position to see it here.")

    # building

    def _build_ui(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._build_head())
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setAccessibleName("Position")
        self._area.setWidget(self._build_body())
        column.addWidget(self._area, 1)
        self._empty = EmptyState("positions", "")
        column.addWidget(self._empty, 1)

    def _build_head(self) -> QWidget:
        top = QWidget()
        row = QHBoxLayout(top)
        row.setContentsMargins(px(SIDE), px(10), px(10), 0)
        row.setSpacing(px(8))
        self._symbol = ElidedLabel("", "symbol")
        self._name = ElidedLabel("", "body", "text2")
        row.addWidget(self._symbol)
        row.addWidget(self._name, 1)
        self.close_button = icon_button(
            "cross", "Close the inspector", "Close the inspector", self.closed.emit, "Ctrl+I"
        )
        row.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        return top

    def _build_body(self) -> QWidget:
        inner = QWidget()
        inner.setProperty("role", "sheet")
        inner.setMinimumWidth(px(LEAST) - px(20))  # whatever is in it, nothing runs out of the pane
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, px(12))
        column.setSpacing(0)
        column.addWidget(self._build_price())
        column.addWidget(Hairline())
        column.addWidget(self._build_chart())
        column.addWidget(Hairline())
        self.values = KeyValues()
        column.addWidget(_padded(self.values, 10, 10))
        column.addWidget(Hairline())
        self.holder_model: TreeRows[PositionRow] = TreeRows(HOLDER_COLUMNS)
        self.holders = SmallTable(self.holder_model, "Accounts of this position", MOST_HOLDERS)
        self.holders.copied.connect(self.copied)
        self._holders_head = PaneHead("Accounts", style="strong", height=38)
        column.addWidget(self._holders_head)
        column.addWidget(self.holders)
        self._lots_head = PaneHead("Lots", style="strong", height=38)
        self._lots_head.set_note("as reported by broker")
        column.addWidget(self._lots_head)
        self.lot_model: TreeRows[LotLine] = TreeRows(LOT_COLUMNS)
        self.lots = SmallTable(self.lot_model, "Lots", MOST_LOTS)
        self.lots.copied.connect(self.copied)
        column.addWidget(self.lots)
        self._no_lots = PlainLabel(NO_LOTS, "small", "text3")
        column.addWidget(_padded(self._no_lots, 0, 4))
        column.addStretch(1)
        return inner

    def _build_price(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(px(SIDE), px(2), px(SIDE), px(10))
        column.setSpacing(0)
        row = QHBoxLayout()
        row.setSpacing(px(8))
        self._price = SecretLabel("", "figure")
        self._change = SecretLabel("", "body", weight=500)
        row.addWidget(self._price)
        row.addWidget(self._change, 1, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(row)
        self._source = ElidedLabel("", "small", "text3")
        column.addWidget(self._source)
        return box

    def _build_chart(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, px(8), 0, px(8))
        column.setSpacing(px(2))
        self.ranges = RangeRow([(one.value, SPOKEN[one]) for one in RANGES])
        self.ranges.choose(Range.YEAR.value)
        self.ranges.chosen.connect(self.range_chosen)
        self.open_button = icon_button("open", OPEN, OPEN, self.window_wanted.emit, small=True)
        top = QHBoxLayout()
        top.setContentsMargins(px(8), 0, px(10), 0)
        top.addWidget(self.ranges)
        top.addStretch(1)
        top.addWidget(self.open_button)
        column.addLayout(top)
        self.chart = PriceChart()
        action = QAction(OPEN, self)
        action.triggered.connect(self.window_wanted)
        self.chart.addAction(action)
        self.chart.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        column.addWidget(self.chart)
        self._told = Paragraph("", "caption", "text3")
        self._told_box = _padded(self._told, 2, 0)
        column.addWidget(self._told_box)
        return box

    # state

    @property
    def tables(self) -> tuple[Table, ...]:
        return (self.holders, self.lots)

    def show_nothing(self, words: str) -> None:
        """No holding is looked at."""
        self._head = None
        self._symbol.show_text("")
        self._name.show_text("")
        self._empty.show_words("positions", words)
        set_shown(self._area, False)
        set_shown(self._empty, True)

    def show_head(self, head: Head) -> None:
        """Symbol, name, price, change, age and source."""
        if head == self._head:
            return
        self._head = head
        self._symbol.show_text(head.symbol)
        self._name.show_text(head.name)
        self._price.show_value(head.price, secret=False)
        self._change.set_tone(head.change_tone)
        self._change.show_value(f"{head.glyph} {head.change}".strip(), secret=False)
        self._source.set_tone("warn" if head.stale else "text3")
        self._source.show_text(head.source)
        set_shown(self._area, True)
        set_shown(self._empty, False)

    def show_values(self, values: tuple[Value, ...]) -> None:
        """The key values; others than before are made anew."""
        if values == self._values:
            return
        self._values = values
        if tuple(one.label for one in values) != self.values.labels:
            self.values.clear()
        for one in values:
            self.values.set_value(
                one.label, one.text, tone=one.tone, secret=one.secret, hint=one.hint
            )

    def show_parts(
        self, rows: tuple[PositionRow, ...], lots: tuple[LotLine, ...], now: datetime
    ) -> None:
        """The accounts that hold it, and the lots."""
        if rows != self._rows:
            others = [row.key for row in rows] != [row.key for row in self._rows]
            self._rows = rows
            if others:
                self.holders.narrow()
                self.lots.narrow()
            self.holder_model.set_rows(rows, now)
            self._holders_head.set_count(len(rows))
            self.holders.fit()
        if lots != self._lots:
            self._lots = lots
            self.lot_model.set_rows(lots, now)
            self._lots_head.set_count(len(lots) or None)
            self.lots.fit()
            set_shown(self.lots, bool(lots))
            set_shown(self._no_lots, not lots)

    def show_prices(self, state: PriceState, symbol: str) -> None:
        """The chart and where its prices come from."""
        self.ranges.choose(state.range.value)
        self.chart.show_line(state.line, state.words, symbol)
        self._told.setText(state.source)
        set_shown(self._told_box, bool(state.source))


def _padded(widget: QWidget, top: int, bottom: int, *, left: int = SIDE) -> QWidget:
    box = QWidget()
    row = QHBoxLayout(box)
    row.setContentsMargins(px(left), px(top), px(SIDE), px(bottom))
    row.addWidget(widget)
    if widget.sizePolicy().horizontalPolicy() == QSizePolicy.Policy.Maximum:
        row.addStretch(1)
    return box
