"""Gallery: rail entries, pane heads, figures with labels, text styles, colours."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from brokerdesk.ui.gallery.parts import as_hovered, framed, row, section
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.text import PlainLabel
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.basics import Hairline
from brokerdesk.ui.widgets.buttons import icon_button
from brokerdesk.ui.widgets.figures import FigureBlock, KeyValues, SecretLabel
from brokerdesk.ui.widgets.nav_item import NavItem
from brokerdesk.ui.widgets.pane_head import PaneHead
from brokerdesk.ui.widgets.progress import ProgressLine
from brokerdesk.ui.widgets.search_field import SearchField
from brokerdesk.ui.widgets.splitter import Splitter

_ENTRIES = (
    ("positions", "Positions", "positions"), ("hover", "Hover", "accounts"),
    ("selected", "Selected", "orders"), ("focus", "Focus", "activity"), ("badge", "Badge", "link"),
)  # fmt: skip
_SHOWN = ("accent", "gain", "loss", "warn", "buy", "sell", "inset", "select", "line2", "ctl",
          "chart2", "area")  # fmt: skip


def rail() -> QWidget:
    """Rail entries, wide and collapsed."""
    return section("Nav item", row(_rail(False), _rail(True), gap=24))


def _rail(collapsed: bool) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(px(1))
    for key, text, picture in _ENTRIES:
        item = NavItem(key, text, picture, "Ctrl+2")
        item.set_collapsed(collapsed)
        item.setChecked(key == "selected")
        if key == "hover":
            as_hovered(item)
        if key == "badge":
            item.set_badge(2)
        if not collapsed:
            item.setFixedWidth(px(170))
        column.addWidget(item)
    return made


def panes() -> QWidget:
    """A pane with its head, a splitter and progress."""
    head = PaneHead("Positions")
    head.set_count(16)
    head.add(SearchField("Filter", "Ctrl+F", picture="filter"))
    head.add(icon_button("columns", "Columns", "Choose columns", lambda: None))
    side = PaneHead("Connection clock", style="strong", height=36)
    side.set_note("time to next sign-in, of 7 days")
    done = ProgressLine(4, track="inset")
    done.set_share(0.4)
    split = Splitter(Qt.Orientation.Horizontal)
    for words in ("left", "right"):
        label = PlainLabel(words, "small", "text3")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        split.addWidget(label)
    split.setFixedHeight(px(30))
    return section("Pane head, splitter, progress", framed(head, Hairline(), side, done, split))


def numbers() -> QWidget:
    """Blocks and rows of figures; amounts hide with the switch for that."""
    cash, profit = FigureBlock("Cash"), FigureBlock("Unrealized P/L")
    cash.show_figure("$69,105.17", "7.3% of total")
    profit.show_figure("+$209,801.72", "cost known for 86.2%", tone="gain")
    rows = KeyValues()
    rows.set_value("Market value", "$154,725.00", secret=True)
    rows.set_value("Average cost", "174.31")
    rows.set_value("Day change", "−$1,063.30", tone="loss", secret=True)
    rows.set_value("Settled", "no data", tone="text3")
    hero = SecretLabel("$943,590.17", "hero")
    blocks = QWidget()
    line = QHBoxLayout(blocks)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(px(20))
    line.addWidget(cash)
    line.addWidget(Hairline(vertical=True))
    line.addWidget(profit)
    line.addStretch(1)
    return section("Figures", hero, blocks, rows)


def styles() -> QWidget:
    """Each step of the type scale, in words and in figures."""
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setSpacing(px(4))
    for number, (name, step) in enumerate(theme().tokens.text.items()):
        words = f"{name} {step.size}"
        grid.addWidget(PlainLabel(words, name), number, 0)
        sample = "−1,063.30" if step.size < 30 else "1,063"
        grid.addWidget(PlainLabel(sample, name, figures=True), number, 1)
    return section("Type scale", made)


def colours() -> QWidget:
    """The tokens as patches."""
    return section("Colours", row(*(_Patch(token) for token in _SHOWN), gap=4))


class _Patch(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self._token = name
        self.setAccessibleName(name)
        self.setToolTip(tooltip(name))
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(px(20), px(20))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), theme().colour(self._token))
