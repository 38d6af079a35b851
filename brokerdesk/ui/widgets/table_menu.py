"""The menu of a table and the chooser of its columns, for mouse and keyboard alike."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from brokerdesk.ui.plain import no_mnemonic, tooltip
from brokerdesk.ui.theme import px

if TYPE_CHECKING:
    from brokerdesk.ui.widgets.table import Table

WIDER = 24


def open_table_menu(table: Table, spot: QPoint) -> QMenu:
    """Open the menu at ``spot``; it destroys itself when closed."""
    menu = QMenu(table)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    chosen = bool(table.selected_lines())
    if own := table.actions():  # what the page can do with its rows
        menu.setToolTipsVisible(True)
        menu.addActions(own)
        menu.addSeparator()
    copy = menu.addAction("Copy", QKeySequence.StandardKey.Copy, table.copy_rows)
    more = menu.addAction(
        "Copy with headers", QKeySequence("Ctrl+Shift+C"), partial(table.copy_rows, headers=True)
    )
    copy.setEnabled(chosen)
    more.setEnabled(chosen)
    if table.rows.has_children:
        menu.addSeparator()
        menu.addAction("Expand all", table.expandAll)
        menu.addAction("Collapse all", table.collapseAll)
    menu.addSeparator()
    menu.addMenu(sort_menu(table, menu))
    menu.addMenu(columns_menu(table, menu))
    if table.can_export:
        menu.addSeparator()
        menu.addAction("Export CSV…", partial(table.export_wanted.emit, False))
        if len(table.selected_lines()) > 1:
            menu.addAction("Export selected rows…", partial(table.export_wanted.emit, True))
    menu.popup(spot)
    return menu


def menu_spot(table: Table, event: QContextMenuEvent) -> QPoint:
    """Where the menu opens: at the mouse, or at the current row for who uses keys."""
    index = table.currentIndex()
    if event.reason() != QContextMenuEvent.Reason.Keyboard or not index.isValid():
        return event.globalPos()
    return table.viewport().mapToGlobal(QPoint(px(40), table.visualRect(index).bottom()))


def columns_menu(table: Table, parent: QWidget) -> QMenu:
    """Which columns to show. The first one names the rows and cannot go."""
    menu = QMenu("Columns", parent)
    menu.setToolTipsVisible(True)
    group = ""
    for column, shown in table.columns.choices():
        if column.group != group:
            group = column.group
            menu.addSection(no_mnemonic(group)) if group else menu.addSeparator()
        title, hint = no_mnemonic(column.title), column.hint or column.title
        if table.columns.crowded_out(column.key):  # to tick it is to make room for it
            title, hint, shown = f"{title}\tno room", f"{hint}: no room in this window", False
        action = menu.addAction(title)
        action.setCheckable(True)
        action.setChecked(shown)
        action.setToolTip(tooltip(hint))
        action.toggled.connect(partial(table.columns.choose, column.key))
    menu.addSeparator()
    menu.addMenu(arrange_menu(table, menu))
    menu.addAction("Reset columns", table.columns.reset)
    return menu


def arrange_menu(table: Table, parent: QWidget) -> QMenu:
    """Order and widths without a mouse."""
    menu = QMenu("Arrange", parent)
    mirrored = table.layoutDirection() == Qt.LayoutDirection.RightToLeft
    shown = [slot.column for slot in table.header().slots()]
    for number, place in enumerate(shown):
        column = table.rows.columns[place]
        own = menu.addMenu(no_mnemonic(column.title))
        for title, side in (("Move left", -1), ("Move right", 1)):
            step = -side if mirrored else side
            action = own.addAction(title, partial(table.columns.move, column.key, step))
            action.setEnabled(number > 0 and 1 <= number + step < len(shown))
        for title, by in (("Wider", WIDER), ("Narrower", -WIDER)):
            action = own.addAction(title, partial(table.columns.grow, column.key, by))
            action.setEnabled(not column.stretch)
    return menu


def sort_menu(table: Table, parent: QWidget) -> QMenu:
    """Sorting without a mouse."""
    menu = QMenu("Sort by", parent)
    header = table.header()
    current = header.sortIndicatorSection() if table.isSortingEnabled() else -1
    order = header.sortIndicatorOrder()
    for slot in header.slots():
        action = menu.addAction(no_mnemonic(table.rows.columns[slot.column].title))
        action.setCheckable(True)
        action.setChecked(slot.column == current)
        action.triggered.connect(
            lambda _on=False, place=slot.column: table.sort_by(place, header.sortIndicatorOrder())
        )
    menu.addSeparator()
    for title, way in (
        ("Ascending", Qt.SortOrder.AscendingOrder),
        ("Descending", Qt.SortOrder.DescendingOrder),
    ):
        action = menu.addAction(title)
        action.setCheckable(True)
        action.setChecked(current >= 0 and order == way)
        action.setEnabled(current >= 0)
        action.triggered.connect(lambda _on=False, way=way: table.sort_by(current, way))
    return menu
