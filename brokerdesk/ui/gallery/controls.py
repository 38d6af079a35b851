"""Gallery: buttons, fields, segmented controls, check boxes, combos, spin fields."""

from __future__ import annotations

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QSlider,
    QWidget,
)

from brokerdesk.ui.gallery.parts import as_hovered, captioned, evenly, row, section
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.widgets.buttons import button, icon_button
from brokerdesk.ui.widgets.field_row import FieldRow, field
from brokerdesk.ui.widgets.pickers import combo, date_box, number_box
from brokerdesk.ui.widgets.search_field import SearchField
from brokerdesk.ui.widgets.segments import Segments


def _nothing() -> None:
    """The gallery's buttons do nothing."""


def _off(made: QPushButton, why: str) -> QPushButton:
    made.setEnabled(False)
    made.setToolTip(tooltip(why))
    return made


def buttons(ringed: list[QWidget]) -> QWidget:
    """Buttons in their states; those to be ringed are put into ``ringed``."""
    focused = button("Primary", _nothing, kind="primary")
    ringed.append(focused)
    pressed = button("Secondary", _nothing)
    pressed.setDown(True)
    states = (
        captioned(button("Primary", _nothing, kind="primary"), "rest"),
        captioned(as_hovered(button("Primary", _nothing, kind="primary")), "hover"),
        captioned(focused, "focus"),
        captioned(button("Secondary", _nothing), "rest"),
        captioned(pressed, "pressed"),
        captioned(_off(button("Disabled", _nothing), "No broker answers."), "disabled"),
    )
    more = (
        button("Refresh", _nothing, kind="ghost", picture="refresh"),
        button("Connect", _nothing, picture="plus"),
        button("Sell", _nothing, kind="sell"),
        button("Plan rebalance", _nothing, kind="link"),
        button("Review", _nothing, small=True),
    )
    last = (
        icon_button("eye", "Hide amounts", "", _nothing, "Ctrl+Shift+H"),
        icon_button("columns", "Columns", "Choose columns", _nothing, small=True),
        _off(button("Primary", _nothing, kind="primary"), "Nothing to send."),
    )
    return section("Buttons", row(*states), row(*more), row(*last))


def fields() -> QWidget:
    """Fields at rest, with the focus, with a problem, disabled."""
    rest = QLineEdit("240")
    wrong = FieldRow("Limit price", QLineEdit("0.00"))
    wrong.set_problem("Price must be above 0.00")
    unused = QLineEdit("Not used")
    unused.setEnabled(False)
    focused = QLineEdit("268.50")
    focused.setObjectName("focused")
    return section(
        "Fields",
        evenly(
            field("Quantity", rest, "rest"),
            field("Limit price", focused, "focus"),
            wrong,
            field("Stop price", unused, "disabled"),
        ),
        evenly(SearchField("Search or run a command", "Ctrl+K"), _filled_search()),
    )


def _filled_search() -> SearchField:
    made = SearchField("Filter positions", "Ctrl+F", picture="filter")
    made.setText("NVDA")
    return made


def segments(ringed: list[QWidget]) -> QWidget:
    """Segmented controls; the second is to be ringed."""
    ways = Segments((("symbol", "Symbol"), ("account", "Account"), ("class", "Class")), "Group by")
    units = Segments((("shares", "Shares"), ("dollars", "Dollars")), "Unit", choice="dollars")
    ringed.append(units)
    ranges = Segments(
        (("1m", "1M"), ("1y", "1Y"), ("all", "All")), "Range", choice="1y", look="chips"
    )
    types = Segments(
        (("limit", "Limit"), ("market", "Market"), ("stop", "Stop")), "Type", look="form"
    )
    types.set_unavailable(("market", "stop"), "After hours: limit only")
    sides = Segments((("buy", "Buy"), ("sell", "Sell")), "Side", look="large")
    return section(
        "Segmented control, range chips",
        row(ways, units, ranges, gap=12),
        row(FieldRow("Type", types, note=types.reason), sides, gap=12),
    )


def choices() -> QWidget:
    """Check boxes, radio buttons, combos, spin fields, dates, a slider."""
    on, half, off = QCheckBox("Checked"), QCheckBox("In part"), QCheckBox("Not checked")
    on.setChecked(True)
    half.setTristate(True)
    half.setCheckState(Qt.CheckState.PartiallyChecked)
    locked = QCheckBox("Locked")
    locked.setChecked(True)
    locked.setEnabled(False)
    first, second = QRadioButton("Automatic"), QRadioButton("By hand")
    first.setChecked(True)
    third = QRadioButton("Not here")
    third.setEnabled(False)
    return section(
        "Check boxes, radio buttons, combos, spin fields",
        row(on, half, off, locked, gap=16),
        row(first, second, third, gap=16),
        evenly(*_pickers()),
        evenly(_slider(), _notes()),
    )


def _pickers() -> tuple[QWidget, ...]:
    ways = (("class", "By class"), ("account", "By account"), ("sector", "By sector"))
    off = combo("Source", (("none", "Not available"),))
    off.setEnabled(False)
    return (
        combo("Group by", ways),
        off,
        number_box("Refresh every", 1, 60, 15, unit="min"),
        date_box("Date", QDate(2026, 8, 14)),
    )


def _slider() -> QSlider:
    made = QSlider(Qt.Orientation.Horizontal)
    made.setValue(40)
    made.setAccessibleName("Text size")
    return made


def _notes() -> QPlainTextEdit:
    made = QPlainTextEdit("A note of several lines.")
    made.setAccessibleName("Note")
    made.setFixedHeight(56)
    made.setTabChangesFocus(True)
    return made
