"""What pages share that are a table with a pane at its side which shows the current row.

The pane can be closed, gives way in a narrow window until it is asked for, and all of it is
remembered. What the pane shows is the page's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from brokerdesk.ui import format as fmt
from brokerdesk.ui.theme import px
from brokerdesk.ui.views.page import Page
from brokerdesk.ui.widgets.splitter import Splitter
from brokerdesk.ui.widgets.table import Table
from brokerdesk.ui.widgets.table_pane import TablePane

if TYPE_CHECKING:
    from brokerdesk.ui.viewmodels.desk import Desk

MAIN_WIDTH = 1000


class ListPage(Page):
    """A page of one table. ``narrow`` is the width below which the side waits to be asked for."""

    name = ""
    narrow = 1100
    pane: TablePane
    side: QWidget

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._narrow = False
        self._wide_wish, self._narrow_wish = True, False

    # for the pages

    def place(self, main: QWidget, side: QWidget, width: int, *, below: bool = False) -> None:
        """Put the side pane beside or ``below`` ``main``; it is shown once the width is known."""
        self.side = side
        self.side.hide()
        way = Qt.Orientation.Vertical if below else Qt.Orientation.Horizontal
        self._split = Splitter(way)
        self._split.addWidget(main)
        self._split.addWidget(side)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 0)
        self._split.setSizes([px(width if below else MAIN_WIDTH), px(width)])
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._split)

    def offer_trades(self) -> None:
        """T on a row and the menu of the table write tickets for the positions in it."""
        from brokerdesk.ui.views.ticket.row_trading import RowTrading

        RowTrading(self.table, self.desk, self.table.current_row)

    def wish_chart(self) -> None:
        """Explore the price of the current row in a window of its own."""
        from brokerdesk.ui.viewmodels.ticket_trades import target_of

        if (row := self.table.current_row()) is not None:
            self.desk.wish(f"chart:price:{target_of(row)}")

    def say_copied(self, rows: int) -> None:
        """Tell how many rows are on the clipboard."""
        self.desk.say(f"Copied {fmt.count(rows, 'row')}.")

    def show_side(self) -> None:
        """Bring what the side pane shows up to date; called when it appears or goes."""

    def has_side(self) -> bool:
        """Whether there is anything that the side pane could show."""
        return True

    def set_side(self, shown: bool) -> None:
        """Open or close the side pane, as the user wishes it at this width."""
        if self._narrow:
            self._narrow_wish = shown
        else:
            self._wide_wish = shown
        self.place_side()

    def place_side(self) -> None:
        """Show or hide the side pane as wished, where there is something to show."""
        wished = self._narrow_wish if self._narrow else self._wide_wish
        shown = wished and self.has_side()
        if shown == self.side.isHidden():
            self.side.setVisible(shown)
            self.show_side()

    def close_side(self) -> None:
        """Close the side pane; the focus goes back to the table."""
        self.set_side(False)
        self.table.setFocus()

    def keep(self, key: str, value: object) -> None:
        """Remember a choice of this page."""
        if self.desk.memory is not None:
            self.desk.memory.setValue(f"{self.name}/{key}", value)

    def kept(self, key: str) -> str:
        """A remembered choice; "" where there is none."""
        return "" if self.desk.memory is None else str(self.desk.memory.value(self._at(key)) or "")

    def recall(self) -> None:
        """Columns, splitter and side pane as they were left."""
        memory = self.desk.memory
        if memory is None:
            return
        self.pane.recall(memory)
        self._split.recall(memory, self._at("splitter"))
        self._wide_wish = self.kept("side") != "hidden"

    def _at(self, key: str) -> str:
        return f"{self.name}/{key}"

    # the page

    @property
    def table(self) -> Table:
        return self.pane.table

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        super().resizeEvent(event)
        self._narrow = self.width() < px(self.narrow)
        self.place_side()

    def toggle_side(self) -> bool:
        self.set_side(not self.side_is_shown())
        return True

    def side_is_shown(self) -> bool:
        return not self.side.isHidden()

    def panes(self) -> Sequence[QWidget]:
        return (self.pane, self.side) if self.side_is_shown() else (self.pane,)

    def focus_filter(self) -> bool:
        return self.pane.focus_filter()

    def focus_first(self) -> None:
        self.table.setFocus()

    def tables(self) -> Sequence[Table]:
        return (self.table,)

    def export(self) -> bool:
        return self.pane.export_csv()

    def remember(self) -> None:
        self.pane.remember(self.desk.memory)
        if self.desk.memory is not None:
            self._split.keep(self.desk.memory, self._at("splitter"))
        self.keep("side", "shown" if self._wide_wish else "hidden")
