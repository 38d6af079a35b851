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
        action = menu.addAction(no_mnemonic(column.title))
        action.setCheckable(True)
        action.setChecked(shown)
        action.setToolTip(tooltip(column.hint or column.title))
        action.toggled.connect(partial(table.columns.choose, column.key))
    menu.addSeparator()
    menu.addAction("Reset columns", table.columns.reset)
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
