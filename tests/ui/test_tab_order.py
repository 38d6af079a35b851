"""Tab goes through the window as it is read, also through rows that came later."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot
from support.shell import Make, key, page_of, shell

from brokerdesk.ui.widgets import tab_order
from brokerdesk.ui.widgets.popover import Popover

__all__ = ["shell"]

__all__ = ["shell"]


def knobs(*names: str) -> list[QPushButton]:
    return [QPushButton(name) for name in names]


def walk(qtbot: QtBot, window: QWidget, count: int, combination: str = "Tab") -> list[str]:
    seen = []
    for _ in range(count):
        key(qtbot, window, combination)
        focus = QApplication.focusWidget()
        seen.append("" if focus is None else focus.accessibleName() or str(focus.property("text")))
    return seen


def test_panes_side_by_side_are_read_one_after_the_other(qtbot: QtBot) -> None:
    window = QWidget()
    row = QHBoxLayout(window)
    left, right = QWidget(), QWidget()
    row.addWidget(left)
    row.addWidget(right)
    low, high, side = knobs("low", "high", "side")
    QVBoxLayout(right).addWidget(side)
    column = QVBoxLayout(left)
    column.addWidget(low)
    column.insertWidget(0, high)  # made later, stands above
    qtbot.addWidget(window)
    window.show()
    assert tab_order.stops([window]) == [high, low, side]
    window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QApplication.processEvents()
    assert tab_order.stops([window]) == [high, low, side]


def test_what_is_hidden_or_dimmed_is_passed_and_what_is_scrolled_away_comes_to_view(
    qtbot: QtBot,
) -> None:
    area, inner = QScrollArea(), QWidget()
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    buttons = knobs("a", "b", "c", "d")
    column = QVBoxLayout(inner)
    for one in buttons:
        one.setMinimumHeight(200)
        column.addWidget(one)
    buttons[1].setEnabled(False)
    buttons[2].hide()
    area.setWidget(inner)
    area.resize(300, 250)
    qtbot.addWidget(area)
    with qtbot.waitActive(area):
        area.show()
        area.activateWindow()
    buttons[0].setFocus()
    assert tab_order.move([area], forward=True)
    assert buttons[3].hasFocus()
    assert not buttons[3].visibleRegion().isEmpty()


def test_the_window_is_read_from_the_top_bar_over_the_rail_to_the_page(
    qtbot: QtBot, shell: Make
) -> None:
    from support.desk import sample_figures

    window = shell(sample_figures())
    window.top.eye.setFocus()
    rail = [item.accessibleName() for item in window.rail.items.values() if item.isChecked()]
    seen = walk(qtbot, window, 6)
    assert seen[:2] == ["New order", rail[0]]
    assert seen[3:] == ["Filter overview", "Knob overview", "Side overview"]
    assert walk(qtbot, window, 1)[0].startswith("Accounts shown")
    assert walk(qtbot, window, 1, "Shift+Tab") == ["Side overview"]


def test_tab_stays_in_an_open_popover(qtbot: QtBot) -> None:
    window, content = QWidget(), QWidget()
    anchor, inside, more = knobs("anchor", "inside", "more")
    QVBoxLayout(window).addWidget(anchor)
    column = QVBoxLayout(content)
    column.addWidget(inside)
    column.addWidget(more)
    qtbot.addWidget(window)
    window.resize(400, 300)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    popover = Popover("Choice", content)
    popover.open_at(anchor)
    assert inside.hasFocus()
    assert walk(qtbot, window, 3) == ["more", "inside", "more"]
    popover.close_popover()


def test_who_goes_to_another_page_from_a_page_stands_where_work_begins(
    qtbot: QtBot, shell: Make
) -> None:
    from support.desk import sample_figures

    window = shell(sample_figures())
    page_of(window).side.setFocus()
    window.desk.go("positions", "VOO")
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus.property("text") == "Knob positions"
    window.top.eye.setFocus()
    window.desk.go("accounts")
    assert window.top.eye.hasFocus()
