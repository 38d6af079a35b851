"""Which columns of a table are shown, how wide and in which order.

The reader's choice comes first; then what somebody leaves out for a reason (one currency for all
rows); then, where there is no room, the columns of least weight give way. Knows columns by their
keys, not what they mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QHeaderView

from brokerdesk.ui.models.columns import Column
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.widgets.table_header import LEAST, TableHeader
from brokerdesk.ui.widgets.table_memory import TableMemory, merged, read_memory
from brokerdesk.ui.widgets.table_rows_paint import indented
from brokerdesk.ui.widgets.table_sizes import LEAST_NAME, LEAST_STRETCH

if TYPE_CHECKING:
    from brokerdesk.ui.widgets.table import Table

MEASURED = 200


class TableColumns(QObject):
    """The columns of one table."""

    def __init__(self, table: Table, header: TableHeader, model: TreeRows[Any]) -> None:
        super().__init__(table)
        self._table, self._header, self._columns = table, header, model.columns
        self._chosen: dict[str, bool] = {}
        self._left_out: set[str] = set()
        self._by_hand: set[str] = set()
        self._needed: dict[int, int] = {}
        self._busy = False
        header.setStretchLastSection(False)
        for place, column in enumerate(self._columns):
            table.setColumnWidth(place, px(column.width))
        header.sectionResized.connect(self._on_resized)
        header.sectionMoved.connect(self._on_moved)
        self.fit()

    # asking

    def place(self, key: str) -> int:
        """The place of a column by its key or title, -1 when there is none."""
        for place, column in enumerate(self._columns):
            if key in (column.key, column.title):
                return place
        return -1

    def wanted(self, column: Column[Any]) -> bool:
        """Whether a column is to be shown if there is room."""
        if column.key in self._chosen:
            return self._chosen[column.key]
        return column.shown and column.key not in self._left_out

    def shown_in_order(self) -> list[int]:
        """Places of the columns that are to be shown, as the reader ordered them.

        Those that only lack room are among them: a copy loses nothing to a narrow window.
        """
        header = self._header
        order = (header.logicalIndex(n) for n in range(header.count()))
        return [place for place in order if self.wanted(self._columns[place])]

    def choices(self) -> list[tuple[Column[Any], bool]]:
        """The columns that may be shown or hidden, and whether they are wanted."""
        return [(each, self.wanted(each)) for each in self._columns[1:]]

    def crowded_out(self, key: str) -> bool:
        """Whether a column is to be shown and there is no room for it."""
        place = self.place(key)
        return place > 0 and self.wanted(self._columns[place]) and self._table.isColumnHidden(place)

    def fitting(self, place: int, visible: tuple[int, int]) -> int:
        """The width in which a column's visible cells, and those of the first lines, fit."""
        slot = next((each for each in self._header.slots() if each.column == place), None)
        if slot is None:
            return -1
        model, cells = self._table.rows, self._table.painter_of_rows.cells
        first, last = visible
        lines = {*range(max(0, first), last + 1), *range(min(MEASURED, model.rowCount()))}
        needed = []
        for line in lines:
            kind = model.line_kind(line)
            if kind != "section":
                at = indented(slot) if place == 0 and kind == "child" else slot
                needed.append(cells.needed(at, model.cell_at(line, place)))
        return max(needed, default=-1)

    # changing

    def choose(self, key: str, shown: bool) -> None:
        """The reader wants this column, or does not."""
        place = self.place(key)
        if place > 0:  # the first names the rows and stays
            self._chosen[self._columns[place].key] = shown
            self.fit()
            self._table.columns_changed.emit()

    def move(self, key: str, step: int) -> None:
        """Past its neighbour among the visible columns; the first one stays where it is."""
        place, header = self.place(key), self._header
        shown = [slot.column for slot in header.slots()]
        if place not in shown[1:] or not 1 <= (at := shown.index(place) + step) < len(shown):
            return
        header.moveSection(header.visualIndex(place), header.visualIndex(shown[at]))

    def grow(self, key: str, by: int) -> None:
        """The reader wants a column wider by so many design pixels, or narrower."""
        place = self.place(key)
        if place < 0 or self._columns[place].stretch:
            return
        self._by_hand.add(self._columns[place].key)
        self._busy = True
        self._resize(place, max(px(LEAST), self._width(place) + px(by)))
        self._busy = False
        self.fit()
        self._table.columns_changed.emit()

    def leave_out(self, key: str, hidden: bool) -> None:
        """Leave a column out until the reader asks for it."""
        place = self.place(key)
        if place >= 0 and (self._columns[place].key in self._left_out) != hidden:
            change = self._left_out.add if hidden else self._left_out.discard
            change(self._columns[place].key)
            self.fit()

    def reset(self) -> None:
        """Columns as they were before anyone chose."""
        self._chosen.clear()
        self._by_hand.clear()
        self._order([column.key for column in self._columns])
        self._busy = True
        for place, column in enumerate(self._columns):
            self._resize(place, px(column.width))
        self._busy = False
        self.fit()
        self._table.columns_changed.emit()

    def narrow(self) -> None:
        """Other rows: columns that figures made wide are as wide again as they were meant."""
        self._needed = {}
        self._busy = True
        for place, column in enumerate(self._columns):
            if column.key not in self._by_hand and not column.stretch:
                self._resize(place, px(column.width))
        self._busy = False
        self.fit()

    def widen(self, needed: dict[int, int]) -> None:
        """Figures did not fit: give these columns room, but for those that the reader sized."""
        asked = {p: w for p, w in needed.items() if self._columns[p].key not in self._by_hand}
        if asked and not self._needed:
            QTimer.singleShot(0, self, self._widen)
        for place, width in asked.items():
            self._needed[place] = max(width, self._needed.get(place, 0))

    def _widen(self) -> None:
        needed, self._needed = self._needed, {}
        self._busy = True
        for place, width in needed.items():
            if not self._table.isColumnHidden(place) and self._table.columnWidth(place) < width:
                self._resize(place, width)
        self._busy = False
        self.fit()

    def fit(self) -> None:
        """Hide the columns of least weight until the stretching one has room for a name."""
        columns, table = self._columns, self._table
        shown = {p for p, column in enumerate(columns) if self.wanted(column)}
        shown.add(0)
        room = table.viewport().width()
        for place in sorted(shown, key=lambda p: (-columns[p].rank, -p)):
            if columns[place].rank == 0 or self._needs(shown, LEAST_NAME) <= room:
                break
            if not self._chosen.get(columns[place].key):
                shown.discard(place)
        for place in range(len(columns)):
            if table.isColumnHidden(place) == (place in shown):
                table.setColumnHidden(place, place not in shown)
        self._stretch(self._needs(shown, LEAST_STRETCH) <= room)
        self._header.viewport().update()
        table.viewport().update()

    def _needs(self, shown: set[int], name: int) -> int:
        columns = self._columns
        return sum(
            px(min(name, columns[p].width)) if columns[p].stretch else self._width(p) for p in shown
        )

    def _stretch(self, fits: bool) -> None:
        """Without room for everything the stretching column takes its least, and one scrolls."""
        mode = QHeaderView.ResizeMode.Stretch if fits else QHeaderView.ResizeMode.Interactive
        for place, column in enumerate(self._columns):
            if column.stretch and self._header.sectionResizeMode(place) != mode:
                self._header.setSectionResizeMode(place, mode)
                if not fits:
                    self._busy = True
                    self._table.setColumnWidth(place, px(min(LEAST_STRETCH, column.width)))
                    self._busy = False

    def _width(self, place: int) -> int:
        return self._table.columnWidth(place) or px(self._columns[place].width)

    def _resize(self, place: int, width: int) -> None:
        hidden = self._table.isColumnHidden(place)
        if hidden:
            self._table.setColumnHidden(place, False)
        self._table.setColumnWidth(place, width)
        if hidden:
            self._table.setColumnHidden(place, True)

    def _on_resized(self, place: int, _before: int, width: int) -> None:
        column = self._columns[place]
        if width and self._header.held and not self._busy and not column.stretch:
            self._by_hand.add(column.key)
        self._table.columns_changed.emit()
        self._header.viewport().update()

    def _on_moved(self) -> None:
        self._table.viewport().update()
        self._table.columns_changed.emit()

    # memory

    def memory(self) -> TableMemory:
        """What is worth remembering."""
        header, columns = self._header, self._columns
        scale = theme().scale
        order = [columns[header.logicalIndex(n)].key for n in range(header.count())]
        widths = {
            column.key: max(1, round(self._width(place) / scale))
            for place, column in enumerate(columns)
            if column.key in self._by_hand
        }
        sort = None
        if self._table.isSortingEnabled() and 0 <= header.sortIndicatorSection() < len(columns):
            backwards = header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
            sort = (columns[header.sortIndicatorSection()].key, backwards)
        return TableMemory(order=tuple(order), widths=widths, shown=dict(self._chosen), sort=sort)

    def restore(self, data: bytes) -> bool:
        """Bring the columns back as they were; False for what was not written by ``memory``."""
        kept = read_memory(bytes(data))
        if kept is None:
            return False
        known = {column.key: place for place, column in enumerate(self._columns)}
        self._chosen = {key: flag for key, flag in kept.shown.items() if known.get(key, 0) > 0}
        self._order(merged(kept.order, [column.key for column in self._columns]))
        self._busy = True
        for key, width in kept.widths.items():
            if key in known:
                self._resize(known[key], px(width))
                self._by_hand.add(key)
        self._busy = False
        if kept.sort is not None and kept.sort[0] in known:
            way = Qt.SortOrder.DescendingOrder if kept.sort[1] else Qt.SortOrder.AscendingOrder
            self._table.sort_by(known[kept.sort[0]], way)
        self.fit()
        return True

    def _order(self, keys: list[str]) -> None:
        header = self._header
        if keys and keys[0] != self._columns[0].key:
            keys.remove(self._columns[0].key)
            keys.insert(0, self._columns[0].key)
        places = {column.key: place for place, column in enumerate(self._columns)}
        header.blockSignals(True)
        for visual, key in enumerate(keys):
            header.moveSection(header.visualIndex(places[key]), visual)
        header.blockSignals(False)
        self._on_moved()
