"""The table on the screen: keys, mouse, columns, places kept, what it says and what it hides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QContextMenuEvent, QHelpEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QToolTip
from pytestqt.qtbot import QtBot
from support.tables import COLUMNS, Line, line, rows_model
from support.ui import HOSTILE, NOW

from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.theme import theme
from brokerdesk.ui.viewmodels.state import Mark
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_menu import columns_menu, open_table_menu, sort_menu
from brokerdesk.ui.widgets.table_totals import TotalsRow

ROWS = (
    line("AAPL", "49657.70", change="1.24", quantity="185", children=(
        line("AAPL-1", "100", name="Schwab …4821 Individual", mark=Mark.LIVE),
        line("AAPL-2", "200", name="Vanguard …1190 Taxable", mark=Mark.SIGN_IN),
    )),
    line("BND", "94331.30", change="-0.09", quantity="2650.412"),
    line("Cash", "69105.17"),
    line("VTI", None, change="0"),
)  # fmt: skip
Make = Callable[..., Table]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made = []

    def build(rows: tuple[Line, ...] = ROWS, width: int = 900, height: int = 300) -> Table:
        model = rows_model()
        model.set_rows(rows, NOW)
        table = Table(model, "Holdings")
        made.append(model)
        qtbot.addWidget(table)
        table.resize(width, height)
        table.show()
        table.activateWindow()
        table.setFocus()
        QCoreApplication.processEvents()
        return table

    yield build
    privacy().set(False)


def names(table: Table) -> list[str]:
    return [table.rows.cell_at(n, 0).text for n in range(table.rows.rowCount())]


def at(table: Table, name: str) -> int:
    return names(table).index(name)


def shown(table: Table) -> list[str]:
    return [table.rows.columns[slot.column].key for slot in table.header().slots()]


def press(table: Table, key: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
    QTest.keyClick(table, key, held or Qt.KeyboardModifier.NoModifier)


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


# -- keys


def test_rows_open_and_close_by_key(make: Make) -> None:
    table = make()
    table.go_to(0)
    press(table, Qt.Key.Key_Space)
    assert names(table)[:3] == ["AAPL", "Schwab …4821 Individual", "Vanguard …1190 Taxable"]
    press(table, Qt.Key.Key_Right)
    assert table.current_row().key == "AAPL-1"
    press(table, Qt.Key.Key_Down)
    assert table.current_row().key == "AAPL-2"
    press(table, Qt.Key.Key_Left)
    assert table.current_row().key == "AAPL"
    press(table, Qt.Key.Key_Left)
    assert names(table) == ["AAPL", "BND", "Cash", "VTI"]
    press(table, Qt.Key.Key_Right)
    assert len(names(table)) == 6
    press(table, Qt.Key.Key_Minus)
    press(table, Qt.Key.Key_Asterisk)
    assert len(names(table)) == 6


def test_the_focus_goes_to_the_parent_when_its_row_closes(make: Make) -> None:
    table = make()
    table.expandAll()
    table.go_to(2)
    table.setExpanded(table.rows.index(0, 0), False)
    assert table.current_row().key == "AAPL"
    assert table.selected_rows() == [table.current_row()]


def test_home_end_and_letters_find_rows(make: Make) -> None:
    table = make()
    table.go_to(1)
    press(table, Qt.Key.Key_End)
    assert table.current_row().key == "VTI"
    press(table, Qt.Key.Key_Home)
    assert table.current_row().key == "AAPL"
    QTest.keyClicks(table, "c")
    assert table.current_row().key == "Cash"
    QTest.keyClicks(table, "as")
    assert table.current_row().key == "Cash"
    QTest.keyClicks(table, "zzz")
    assert table.current_row().key == "Cash"


def test_the_same_letter_again_goes_to_the_next(make: Make) -> None:
    table = make((line("A1"), line("B1"), line("A2"), line("A3")))
    table.go_to(0)
    for key in ("A2", "A3", "A1"):
        QTest.keyClicks(table, "a")
        assert table.current_row().key == key


def test_enter_says_which_row_is_meant(make: Make, qtbot: QtBot) -> None:
    table = make()
    table.go_to(1)
    with qtbot.waitSignal(table.activated), qtbot.waitSignal(table.row_activated) as heard:
        press(table, Qt.Key.Key_Return)
    assert heard.args[0].key == "BND"


def test_sides_walk_through_the_cells_of_a_plain_row(make: Make) -> None:
    table = make()
    table.go_to(1)
    table.columns.choose("name", False)
    columns = []
    for _ in range(3):
        press(table, Qt.Key.Key_Right)
        columns.append(table.rows.columns[table.currentIndex().column()].key)
    assert columns == ["quantity", "value", "day"]
    assert table.selected_lines() == [1]
    press(table, Qt.Key.Key_Left)
    assert table.currentIndex().column() == 3


def test_sorting_by_key(make: Make) -> None:
    table = make()
    table.sort_by("value", Qt.SortOrder.DescendingOrder)
    assert names(table) == ["BND", "Cash", "AAPL", "VTI"]
    press(table, Qt.Key.Key_Up, ALT | SHIFT)
    assert names(table) == ["AAPL", "Cash", "BND", "VTI"]
    press(table, Qt.Key.Key_Right, ALT | SHIFT)
    assert table.header().sortIndicatorSection() == table.columns.place("day")
    press(table, Qt.Key.Key_Down, ALT | SHIFT)
    assert names(table)[0] == "AAPL"
    press(table, Qt.Key.Key_Left, ALT | SHIFT)
    assert table.header().sortIndicatorSection() == table.columns.place("value")


def test_a_click_on_a_title_sorts(make: Make) -> None:
    table = make()
    table.sort_by("symbol", Qt.SortOrder.AscendingOrder)
    header = table.header()
    place = table.columns.place("value")
    spot = QPoint(header.sectionViewportPosition(place) + 30, 10)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert header.sortIndicatorSection() == place
    assert names(table)[-1] == "VTI"


def test_copies_are_plain_and_in_the_order_of_the_screen(make: Make, qapp: QApplication) -> None:
    table = make()
    table.expandAll()
    table.header().moveSection(table.columns.place("value"), 1)
    table.go_to(at(table, "BND"))
    press(table, Qt.Key.Key_C, CTRL)
    assert qapp.clipboard().text().split("\t")[:3] == ["BND", "94331.30", "BND Corp."]
    press(table, Qt.Key.Key_C, CTRL | SHIFT)
    head, row = qapp.clipboard().text().split("\n")
    assert head.startswith("Symbol\tValue\tName")
    assert row.count("\t") == head.count("\t")


def test_a_copy_loses_nothing_to_a_narrow_window(make: Make, qapp: QApplication) -> None:
    table = make(width=330)
    assert "day" not in shown(table)
    table.selectAll()
    table.copy_rows(headers=True)
    assert "Day" in qapp.clipboard().text()
    table.columns.choose("day", False)
    table.copy_rows(headers=True)
    assert "Day" not in qapp.clipboard().text()


# -- mouse


def test_the_chevron_opens_and_the_row_does_not(make: Make, qtbot: QtBot) -> None:
    table = make()
    box = table.visualRect(table.rows.index(0, 0))
    spot = QPoint(box.left() + 18, box.center().y())
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert len(names(table)) == 6
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot + QPoint(40, 0))
    assert len(names(table)) == 6
    assert table.current_row().key == "AAPL"
    with qtbot.waitSignal(table.row_activated) as heard:
        QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot + QPoint(40, 0))
    assert heard.args[0].key == "AAPL"


def test_a_double_click_on_a_border_fits_the_column(make: Make) -> None:
    table = make((line("A", "12345678901.23"), line("B", "1")))
    place = table.columns.place("value")
    table.setColumnWidth(place, 60)
    header = table.header()
    spot = QPoint(header.sectionViewportPosition(place) + header.sectionSize(place) - 1, 10)
    QTest.mouseDClick(header.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    slot = next(s for s in header.slots() if s.column == place)
    assert table.painter_of_rows.cells.fits(slot, table.rows.cell_at(0, place))
    assert header.sectionSize(place) < 200


def tip(table: Table, line_: int, column: str) -> str:
    return table.tip_text(table.rows.index(line_, table.columns.place(column)))


def test_what_is_cut_off_is_told_in_a_tip(make: Make) -> None:
    table = make((line("A", "1", name="<b>" * 70), line("B", "1", name="<b>x</b>")))
    assert tip(table, 0, "name") == "<b>" * 70
    assert tip(table, 1, "name") == ""
    assert tip(table, 0, "value") == "Exactly 1."
    spot = table.visualRect(table.rows.index(0, 1)).center()
    event = QHelpEvent(QEvent.Type.ToolTip, spot, table.viewport().mapToGlobal(spot))
    QCoreApplication.sendEvent(table.viewport(), event)
    assert QToolTip.text().startswith("<qt>&lt;b&gt;")
    QToolTip.hideText()
    privacy().set(True)
    assert tip(table, 0, "value") == ""


# -- columns


def test_columns_of_least_weight_give_way_first(make: Make) -> None:
    table = make(width=900)
    assert len(shown(table)) == 6
    table.resize(560, 300)
    assert "quantity" not in shown(table)
    assert "value" in shown(table)
    table.resize(300, 300)
    assert shown(table) == ["symbol", "name", "value"]
    table.resize(900, 300)
    assert len(shown(table)) == 6


def test_the_readers_choice_comes_before_room(make: Make) -> None:
    table = make(width=330)
    assert "quantity" not in shown(table)
    table.columns.choose("quantity", True)
    assert "quantity" in shown(table)
    table.columns.choose("symbol", False)
    assert shown(table)[0] == "symbol"
    table.columns.choose("value", False)
    assert "value" not in shown(table)
    table.columns.reset()
    assert shown(table) == ["symbol", "name", "value"]


def test_a_column_left_out_for_a_reason_can_be_asked_for(make: Make) -> None:
    table = make()
    table.hide_column("Day", True)
    assert "day" not in shown(table)
    table.columns.choose("day", True)
    assert "day" in shown(table)


def test_columns_come_back_as_they_were(make: Make) -> None:
    table = make()
    table.header().moveSection(table.columns.place("day"), 1)
    table.columns.choose("quantity", False)
    table.sort_by("day", Qt.SortOrder.DescendingOrder)
    drag_border(table, "value", 40)
    kept = table.save_state()
    again = make()
    assert again.restore_state(kept)
    assert shown(again) == shown(table) == ["symbol", "day", "name", "value", "as-of"]
    assert names(again)[0] == "AAPL"
    assert again.header().sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
    place = again.columns.place("value")
    assert again.columnWidth(place) == table.columnWidth(place) == 140
    assert not again.restore_state(b"nonsense")


def drag_border(table: Table, key: str, by: int) -> None:
    header = table.header()
    place = table.columns.place(key)
    start = QPoint(header.sectionViewportPosition(place) + header.sectionSize(place) - 1, 10)
    QTest.mousePress(header.viewport(), Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(header.viewport(), start + QPoint(by, 0))
    QTest.mouseRelease(header.viewport(), Qt.MouseButton.LeftButton, pos=start + QPoint(by, 0))


def test_memory_outlives_new_columns(qtbot: QtBot, make: Make) -> None:
    table = make()
    table.header().moveSection(table.columns.place("day"), 1)
    kept = table.save_state()
    extra: Column[Line] = Column(
        "Weight",
        lambda _r, _n: Cell("1%", bar=0.5),
        lambda r: r.value,
        lambda _r: "1",
        90,
        bar=True,
    )
    model: TreeRows[Line] = TreeRows((*COLUMNS[:3], extra, *COLUMNS[3:]))
    model.set_rows(ROWS, NOW)
    wider = Table(model, "Wider")
    qtbot.addWidget(wider)
    wider.resize(1_100, 300)
    wider.show()
    assert wider.restore_state(kept)
    assert shown(wider) == ["symbol", "day", "name", "quantity", "weight", "value", "as-of"]


def test_a_figure_that_does_not_fit_widens_its_column(make: Make, qtbot: QtBot) -> None:
    table = make((line("A", "-9876543210123.45"),))
    place = table.columns.place("value")
    table.grab()
    qtbot.waitUntil(lambda: table.columnWidth(place) > 100)
    slot = next(s for s in table.header().slots() if s.column == place)
    assert table.painter_of_rows.cells.fits(slot, table.rows.cell_at(0, place))


def test_a_column_that_the_reader_made_narrow_stays_so(make: Make) -> None:
    table = make((line("A", "-9876543210123.45"),))
    QCoreApplication.processEvents()
    drag_border(table, "value", -100)
    place = table.columns.place("value")
    narrow = table.columnWidth(place)
    table.grab()
    QCoreApplication.processEvents()
    assert table.columnWidth(place) == narrow
    assert "-9876543210123.45" in tip(table, 0, "value")  # the hint of this column


def test_the_chooser_and_the_sorting_menu(make: Make, qtbot: QtBot) -> None:
    table = make()
    menu = columns_menu(table, table)
    titles = [action.text() for action in menu.actions() if action.isCheckable()]
    assert titles == ["Name", "Quantity", "Value", "Day", "As of"]
    next(a for a in menu.actions() if a.text() == "Day").trigger()
    assert "day" not in shown(table)
    sorting = sort_menu(table, table)
    next(a for a in sorting.actions() if a.text() == "Value").trigger()
    assert table.header().sortIndicatorSection() == table.columns.place("value")
    menu.deleteLater()
    sorting.deleteLater()


def test_a_column_without_room_is_not_ticked_and_ticking_it_shows_it(make: Make) -> None:
    table = make(width=330)
    assert "as-of" not in shown(table)
    menu = columns_menu(table, table)
    said = {action.text().partition("\t")[0]: action for action in menu.actions()}
    assert said["As of"].text() == "As of\tno room"
    assert not said["As of"].isChecked()
    assert "no room in this window" in said["As of"].toolTip()
    said["As of"].trigger()
    assert "as-of" in shown(table)
    menu.deleteLater()


def test_columns_are_moved_and_sized_without_a_mouse(make: Make) -> None:
    table = make()
    before = shown(table)
    table.columns.move("value", -1)
    assert shown(table) == [*before[:2], before[3], before[2], *before[4:]]
    table.columns.move("value", -1)
    table.columns.move("value", -1)  # the first names the rows and stays where it is
    assert shown(table)[:2] == [before[0], "value"]
    table.columns.move(before[0], 1)
    assert shown(table)[0] == before[0]
    place = table.columns.place("value")
    width = table.columnWidth(place)
    table.columns.grow("value", 24)
    assert table.columnWidth(place) == width + 24
    for _ in range(40):
        table.columns.grow("value", -24)
    assert table.columnWidth(place) > 0
    kept = table.save_state()
    other = make()
    assert other.restore_state(kept)
    assert shown(other) == shown(table)
    assert other.columnWidth(place) == table.columnWidth(place)
    other.columns.reset()
    assert shown(other) == before
    assert other.columnWidth(place) == width


@pytest.mark.parametrize("mirrored", [False, True])
def test_left_is_left_in_either_direction_of_reading(make: Make, mirrored: bool) -> None:
    table = make()
    if mirrored:
        table.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    menu = columns_menu(table, table)
    arrange = next(m for m in menu.findChildren(QMenu) if m.title() == "Arrange")
    value = next(m for m in arrange.findChildren(QMenu) if m.title() == "Value")
    before = shown(table).index("value")
    next(a for a in value.actions() if a.text() == "Move left").trigger()
    assert shown(table).index("value") == before + (1 if mirrored else -1)
    menu.deleteLater()


def test_the_menu_opens_by_keyboard_at_the_current_row(make: Make) -> None:
    table = make()
    table.go_to(1)
    table.can_export = True
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Keyboard, QPoint(0, 0), table.mapToGlobal(QPoint(0, 0))
    )
    QCoreApplication.sendEvent(table.viewport(), event)
    menu = next(m for m in table.findChildren(QMenu) if m.isVisible())
    texts = [action.text() for action in menu.actions()]
    assert {"Copy", "Copy with headers", "Sort by", "Columns", "Export CSV…"} <= set(texts)
    assert "Export selected rows…" not in texts
    menu.close()
    table.selectAll()
    again = open_table_menu(table, QPoint(10, 10))
    assert "Export selected rows…" in [action.text() for action in again.actions()]
    again.close()


# -- places kept


def test_selection_and_focus_stay_through_a_refresh(make: Make) -> None:
    table = make()
    table.expandAll()
    table.go_to(2)
    fresh = tuple(replace(row, value=Decimal(1)) for row in ROWS)
    table.rows.set_rows((line("AA"), *fresh), NOW)
    assert table.current_row().key == "AAPL-2"
    assert [row.key for row in table.selected_rows()] == ["AAPL-2"]
    assert table.isExpanded(table.rows.index(1, 0))


def test_the_focus_goes_to_the_next_row_when_its_row_goes(make: Make) -> None:
    table = make()
    table.go_to(1)
    table.rows.set_rows((ROWS[0], *ROWS[2:]), NOW)
    assert table.current_row().key == "Cash"
    table.rows.set_rows((ROWS[0],), NOW)
    assert table.current_row().key == "AAPL"


def many(count: int = 3_000) -> tuple[Line, ...]:
    return tuple(line(f"R{n:05}", str(n)) for n in range(count))


def test_place_and_focus_stay_when_everything_is_told_anew(make: Make, qtbot: QtBot) -> None:
    rows = many()
    table = make(rows)
    table.go_to(1_000)
    table.verticalScrollBar().setValue(30 * 990 + 7)
    with qtbot.waitSignal(table.rows.modelReset):
        table.rows.set_rows(tuple(r for n, r in enumerate(rows) if n % 3), NOW)
    assert table.current_row().key == "R01000"
    assert [row.key for row in table.selected_rows()] == ["R01000"]
    top = table.rowAt(0)
    assert table.rows.key_at(top)[0] in ("R00989", "R00991")
    with qtbot.waitSignal(table.rows.modelReset):
        table.rows.set_rows(tuple(r for n, r in enumerate(rows) if n % 2), NOW)
    assert table.current_row().key == "R01001"
    assert [row.key for row in table.selected_rows()] == ["R01001"]


def test_filtering_keeps_the_row_that_is_worked_on(make: Make) -> None:
    table = make(many())
    table.go_to(2_000)
    table.rows.set_filter("0 corp")
    assert table.current_row().key == "R02000"
    table.rows.set_filter("")
    assert table.current_row().key == "R02000"
    assert table.selected_lines() == [2_000]


def test_sorting_thousands_keeps_the_selection(make: Make) -> None:
    table = make(many())
    table.go_to(2)
    table.sort_by("value", Qt.SortOrder.DescendingOrder)
    assert table.current_row().key == "R00002"
    assert table.selected_lines() == [2_997]


def test_going_to_a_child_opens_its_parent(make: Make) -> None:
    table = make()
    assert table.select_row("AAPL", "AAPL-2")
    assert table.current_row().key == "AAPL-2"
    assert not table.select_row("nothing")
    assert not table.select_row("BND", "x")


# -- what it says and hides


def cells_said(table: Table) -> list[str]:
    QAccessible.setActive(True)
    root = QAccessible.queryAccessibleInterface(table)
    parts = [root.child(n) for n in range(root.childCount())]
    corner = QAccessible.Role.Pane  # a table without row titles has one and shows none
    return [part.text(QAccessible.Text.Name) for part in parts if part.role() != corner]


def test_a_screen_reader_hears_column_value_and_state(make: Make) -> None:
    table = make()
    table.setExpanded(table.rows.index(0, 0), True)
    table.sort_by("symbol", Qt.SortOrder.AscendingOrder)
    said = cells_said(table)
    assert "" not in said
    for words in (
        "Symbol, sorted ascending",
        "Symbol, AAPL, expanded",
        "Symbol, Schwab …4821 Individual, up to date",
        "Symbol, Vanguard …1190 Taxable, sign in again",
        "Value, 49,657.70",
        "Day, up 1.24 percent",
        "Day, down 0.09 percent",
        "Value, no data",
        "Day, 0.00 percent",
        "As of, 0 s ago",
    ):
        assert words in said, words
    assert QAccessible.queryAccessibleInterface(table).text(QAccessible.Text.Name) == "Holdings"


def test_hidden_amounts_are_hidden_everywhere(make: Make, qapp: QApplication) -> None:
    table = make()
    totals = TotalsRow(table)
    seen = table.grab().toImage()
    privacy().set(True)
    assert table.grab().toImage() != seen
    said = cells_said(table)
    assert "Value, hidden" in said
    assert "Quantity, hidden" in said
    assert "Day, up 1.24 percent" in said
    assert not any("49,657" in each or "185" in each for each in said)
    table.selectAll()
    table.copy_rows(headers=True)
    text = qapp.clipboard().text()
    assert "49657" not in text
    assert DOTS in text
    assert "1.24" in text
    assert totals.cells()[3].text == DOTS
    assert "213" not in totals.accessibleName()
    privacy().set(False)
    assert table.rows.cell_at(0, 3).text == "49,657.70"
    assert totals.cells()[3].text == "213,094.17"
    assert totals.accessibleName() == "Total; Value, 213,094.17"
    totals.deleteLater()


def test_totals_follow_rows_and_filter(make: Make) -> None:
    table = make()
    totals = TotalsRow(table)
    assert totals.cells()[3].text == "213,094.17"
    table.rows.set_filter("bnd")
    assert totals.cells()[3].text == "94,331.30"
    table.rows.update_rows([replace(ROWS[1], value=Decimal(5))], NOW)
    assert totals.cells()[3].text == "5.00"
    totals.deleteLater()


def test_hover_selection_and_a_window_without_focus_look_different(make: Make) -> None:
    table = make()
    box = table.visualRect(table.rows.index(1, 1))

    def colour() -> str:
        QCoreApplication.processEvents()
        return table.viewport().grab().toImage().pixelColor(box.left() + 2, box.top() + 8).name()

    look = theme()
    assert colour() == look.colour("surface").name()
    spot = QPointF(box.center())
    QTest.mouseMove(table.viewport(), spot.toPoint())
    assert colour() == look.colour("alt").name()
    table.go_to(1)
    expected = "select" if table.isActiveWindow() else "inset"
    assert colour() == look.colour(expected).name()
    theme().apply("dark")
    assert colour() == look.colour(expected).name()


def test_the_hover_follows_the_mouse_when_the_table_scrolls(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = make(many())
    spot = QPoint(100, 45)
    QTest.mouseMove(table.viewport(), spot)
    monkeypatch.setattr(
        "brokerdesk.ui.widgets.table.QCursor.pos", lambda: table.viewport().mapToGlobal(spot)
    )
    table.verticalScrollBar().setValue(600)
    QCoreApplication.processEvents()
    image = table.viewport().grab().toImage()
    alt = theme().colour("alt").name()
    hovered = [y for y in range(5, 200, 30) if image.pixelColor(3, y).name() == alt]
    assert hovered == [35]


def ink(image: QImage, column: range, row: range, background: QColor) -> set[int]:
    """The columns of pixels in which something is drawn."""
    return {
        x for x in column for y in row if image.pixelColor(x, y).rgb() != background.rgb()
    }  # fmt: skip


def test_a_right_to_left_interface_mirrors_words_and_keeps_figures(
    make: Make, qapp: QApplication
) -> None:
    table = make()
    plain = table.grab().toImage()
    table.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QCoreApplication.processEvents()
    mirrored = table.grab().toImage()
    background = theme().colour("surface")
    header = table.header()
    row = range(28 + 8, 28 + 22)
    place = table.columns.place("symbol")
    left = header.sectionViewportPosition(place)
    drawn = ink(mirrored, range(left, left + header.sectionSize(place)), row, background)
    assert max(drawn) > left + header.sectionSize(place) - 40
    # The digits of a figure stand in the same order: its picture is the same in both.
    place = table.columns.place("value")
    new = header.sectionViewportPosition(place)
    width = header.sectionSize(place)
    table.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    QCoreApplication.processEvents()
    old = header.sectionViewportPosition(place)
    assert plain.copy(old + 10, 36, width - 12, 14) == mirrored.copy(new + 10, 36, width - 12, 14)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_drawn_and_spoken_plain(text: str, make: Make) -> None:
    table = make((line(text, "1", name=text), line("b", "2")))
    table.expandAll()
    assert not table.grab().isNull()
    table.selectAll()
    table.copy_rows()


def test_ages_go_on_without_a_word_to_anyone(make: Make) -> None:
    table = make()
    place = table.columns.place("as-of")
    assert table.rows.cell_at(0, place).text == "0 s ago"
    table.rows.set_now(NOW + timedelta(seconds=9))
    assert table.rows.cell_at(0, place).text == "9 s ago"


def test_a_longer_quantity_further_down_moves_the_points(make: Make, qtbot: QtBot) -> None:
    rows = [line(f"R{n:05}", "1", quantity="7") for n in range(4_000)]
    rows[3_900] = replace(rows[3_900], quantity=Decimal("1.23456"))
    table = make(tuple(rows))
    place = table.columns.place("quantity")
    assert table.rows.cell_at(3_999, place).tail == ""
    table.scrollToBottom()
    table.verticalScrollBar().setValue(30 * 3_895)
    table.grab()
    assert table.rows.cell_at(3_899, place).tail == ".00000"


def test_sections_span_the_row_and_keep_their_place(make: Make, qtbot: QtBot) -> None:
    table = make(
        (
            replace(line("g1"), title="Same quantity, price only", children=(
                line("B", "2"), line("A", "3"))),
            replace(line("g2"), title="Bought", children=(line("C", "1", name="Zeta"),)),
        )
    )  # fmt: skip
    model = table.rows
    assert [model.line_kind(n) for n in range(5)] == ["section", "member", "member", "section",
                                                      "member"]  # fmt: skip
    assert (model.shown, model.hidden) == (3, 0)
    table.sort_by("symbol", Qt.SortOrder.AscendingOrder)
    assert [row.key for row in model.rows_of()] == ["g1", "A", "B", "g2", "C"]
    model.set_filter("zeta c")
    assert [row.key for row in model.rows_of()] == ["g2", "C"]
    assert (model.shown, model.hidden) == (1, 2)
    model.set_filter("")
    table.go_to(0)
    with qtbot.assertNotEmitted(table.row_activated):
        press(table, Qt.Key.Key_Return)
    assert [row.key for row in model.rows_of()] == ["g1", "g2", "C"]
    assert "Same quantity, price only, collapsed" in cells_said(table)
    assert [row.key for row in model.shown_rows] == ["A", "B", "C"]


def test_a_table_can_be_destroyed_while_the_theme_and_privacy_go_on(qapp: QApplication) -> None:
    model = rows_model()
    model.set_rows(ROWS, NOW)
    table = Table(model, "Holdings")
    totals = TotalsRow(table)
    table.grab()
    totals.deleteLater()
    table.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    theme().apply("dark")
    privacy().set(True)
    model.set_rows(ROWS[:2], NOW)
    model.set_rows(many(), NOW)
    privacy().set(False)


def test_an_exception_in_a_cell_does_not_end_the_program(qtbot: QtBot) -> None:
    def bad(_row: Line, _now: Any) -> Cell:
        raise ZeroDivisionError

    model: TreeRows[Line] = TreeRows((Column("X", bad, lambda r: r.key, lambda r: r.key, 100),))
    model.set_rows([line("a")], NOW)
    table = Table(model, "Bad")
    qtbot.addWidget(table)
    with qtbot.captureExceptions() as caught:
        table.show()
        QCoreApplication.processEvents()
    assert {kind for kind, *_ in caught} == {ZeroDivisionError}
