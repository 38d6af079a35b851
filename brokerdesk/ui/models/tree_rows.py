"""A table of rows with at most one level of children, which sorts and filters itself.

It takes a new tuple of rows, compares by key and emits the least: a row that did not change is not
touched, so selection, expansion and scrolling survive a refresh. To Qt it is a flat table in which
the children of an open row are lines of their own: a tree view would ask Python for every line of
a hundred thousand on each change. Knows columns, not portfolios.

Groups: either the rows given are the groups (one level of children), or ``titled`` names those that
are sections; a section is drawn over the whole width, begins open and keeps its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.line_moves import LineMoves
from brokerdesk.ui.models.lines import Arrangement, RowLike, child_line, split
from brokerdesk.ui.models.reading import CellReader
from brokerdesk.ui.plain import tooltip
from brokerdesk.ui.privacy import privacy

Index = QModelIndex | QPersistentModelIndex
R = TypeVar("R", bound=RowLike)
MANY_CHANGES = 60
"""More separate runs of changed lines than this are told as one change of what is visible."""


class TreeRows(QAbstractTableModel, Generic[R]):
    """Rows and the children of open rows under one set of columns.

    Signals:
        arranged: other rows, values, order or filter; not told for children opened or closed.
    """

    arranged = Signal()

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        children: Callable[[R], tuple[R, ...]] | None = None,
        haystack: Callable[[R], str] = lambda row: row.key,
        titled: Callable[[R], str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._tree = children is not None
        self._plan: Arrangement[R] = Arrangement(
            children or (lambda _row: ()),
            haystack,
            titled or (lambda _row: ""),
            [column.order for column in self._columns],
        )
        self._lines: list[int] = []
        self._reader: CellReader[R] = CellReader(self._columns, self._plan.children)
        self._mover = LineMoves(self)
        self._window: Callable[[], tuple[int, int]] | None = None
        privacy().changed.connect(self._on_privacy)

    # what the outside sets

    def set_rows(self, rows: Iterable[R], now: datetime) -> None:
        """Show these rows; ``now`` is what ages are counted from."""
        rows = tuple(rows)
        plan, before = self._plan, self._plan.rows
        keys = [row.key for row in rows]
        self._reader.now = now
        if keys == plan.keys and all(
            a is b or not self._tree or self._child_keys(a) == self._child_keys(b)
            for a, b in zip(before, rows, strict=True)
        ):
            self._replace(rows, [n for n, row in enumerate(rows) if row is not before[n]])
            return
        same = {old: new for new, key in enumerate(keys) if (old := plan.place_of(key)) >= 0}
        moved = self._moved_lines(before, rows, same)
        changed = {
            new for old, new in same.items()
            if before[old] is not rows[new] and before[old] != rows[new]
        }  # fmt: skip
        self._mover.drop({line for line in self._lines if line not in moved})
        plan.take(rows, keys)
        self._lines[:] = [moved[line] for line in self._lines]
        widened = self._reader.take(rows, before, same)
        self._mover.move_to(plan.lines())
        self._tell(range(len(rows)) if widened else changed)
        self.arranged.emit()

    def update_rows(self, rows: Iterable[R], now: datetime) -> None:
        """Other values for some rows that are here already (prices as they come)."""
        changes = {row.key: row for row in rows}
        every = list(self._plan.rows)
        places = []
        for key, row in changes.items():
            place = self._plan.place_of(key)
            if place >= 0:
                every[place] = row
                places.append(place)
        self._reader.now = now
        before = self._plan.rows
        if self._tree and any(
            self._child_keys(before[n]) != self._child_keys(every[n]) for n in places
        ):
            self.set_rows(every, now)
        else:
            self._replace(tuple(every), places)

    def set_now(self, now: datetime) -> None:
        """Let the ages go on. Says nothing: it is no change of data, the view repaints itself."""
        self._reader.now = now

    def set_filter(self, text: str) -> None:
        """Show only rows in which every word of ``text`` occurs."""
        words = text.casefold().split()
        if words != self._plan.words:
            self._plan.words = words
            self._mover.move_to(self._plan.lines())
            self.arranged.emit()

    def prepare_filter(self) -> None:
        """Read what the filter will look at, so that the first letter finds it ready."""
        self._plan.prepare()

    def set_window(self, window: Callable[[], tuple[int, int]] | None) -> None:
        """Who shows this table says which lines (first, last) are visible."""
        self._window = window

    # open and closed

    def is_open(self, index: Index) -> bool:
        """Whether the children of this line are shown."""
        place, number = self._at(index)
        return place >= 0 and number < 0 and self._plan.is_open(place) and self.has_kids(index)

    def has_kids(self, index: Index) -> bool:
        """Whether this line can be opened."""
        place, number = self._at(index)
        return place >= 0 and number < 0 and bool(self._plan.children(self._plan.rows[place]))

    def set_open(self, index: Index, opened: bool) -> None:
        """Show or hide the children of a line."""
        if self.has_kids(index) and self.is_open(index) != opened:
            line = index.row()
            self._plan.toggled ^= {self._plan.rows[self._lines[line]].key}
            self._mover.move_to(self._plan.lines())
            self._touch(line, line)

    def set_all_open(self, opened: bool) -> None:
        """Open or close every row that has children."""
        plan = self._plan
        toggled = {
            row.key
            for row in plan.rows
            if plan.children(row) and (plan.sections and bool(plan.titled(row))) != opened
        }
        if toggled != plan.toggled:
            plan.toggled = toggled
            self._mover.move_to(plan.lines())
            self._touch(0, len(self._lines) - 1)

    # what the outside asks

    @property
    def shown(self) -> int:
        """Rows that pass the filter, children not counted (in sections: only children)."""
        return self._plan.shown

    @property
    def hidden(self) -> int:
        """Rows that the filter hides."""
        return self._plan.countable - self._plan.shown

    @property
    def countable(self) -> int:
        """Rows without a filter."""
        return self._plan.countable

    @property
    def shown_rows(self) -> list[R]:
        """The rows that pass the filter, in order: without children, or of sections only these."""
        if self._plan.sections:
            return [row for row, _ in self.export_lines(None)]
        rows = self._plan.rows
        return [rows[line] for line in self._lines if line >= 0]

    @property
    def now(self) -> datetime:
        """What ages are counted from."""
        return self._reader.now

    @property
    def columns(self) -> tuple[Column[R], ...]:
        return self._columns

    @property
    def has_children(self) -> bool:
        """Whether rows of this table can have children, so that room is kept for a chevron."""
        return self._tree

    def row_at(self, index: Index) -> R | None:
        """The row that an index stands for."""
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        return self._row(self._lines[index.row()])

    def parent_row(self, index: Index) -> R | None:
        """The row whose child a line is."""
        place, number = self._at(index)
        return self._plan.rows[place] if number >= 0 else None

    def is_child(self, index: Index) -> bool:
        return self._at(index)[1] >= 0

    def line_kind(self, line: int) -> str:
        """How a line is drawn: "row", "child", "section" or "member" (of a section)."""
        place, number = split(self._lines[line])
        titled = self._plan.sections and bool(self._plan.titled(self._plan.rows[place]))
        if number >= 0:
            return "member" if titled else "child"
        return "section" if titled else "row"

    def section_title(self, line: int) -> str:
        """What a section's line says."""
        return self._plan.titled(self._row(self._lines[line]))

    def first_words(self, line: int) -> str:
        """What a line's first column says, to be found by typing."""
        code = self._lines[line]
        if code >= 0 and self._plan.sections:
            return self.section_title(line).casefold()
        return self._columns[0].copy(self._row(code)).casefold()

    def key_at(self, line: int) -> tuple[str, str]:
        """The identity of a line: its row's key, and the child's key or ""."""
        place, number = split(self._lines[line])
        row = self._plan.rows[place]
        return row.key, self._plan.children(row)[number].key if number >= 0 else ""

    def line_of(self, key: str, child: str = "") -> int:
        """The line of a row, or of a child that is shown; -1 when it is not there."""
        try:
            place = self._plan.place_of(key)
            if place < 0:
                return -1
            if not child:
                return self._lines.index(place)
            kids = [row.key for row in self._plan.children(self._plan.rows[place])]
            return self._lines.index(child_line(place, kids.index(child)))
        except ValueError:
            return -1

    def cell(self, index: Index) -> Cell:
        """The cell as it is to be drawn."""
        return self.cell_at(index.row(), index.column())

    def cell_at(self, line: int, column: int) -> Cell:
        """The cell as it is to be drawn; secret ones are dots while amounts are hidden."""
        code = self._lines[line]
        known = self._reader.cells.get(code)
        if known is not None and (cell := known[column]) is not None:
            return cell
        plain_row = code >= 0 or self._plan.sections
        return self._reader.read(code, self._row(code), column, child=not plain_row)

    def as_text(self, indexes: Iterable[Index], *, headers: bool = False) -> str:
        """The rows of ``indexes`` for the clipboard, tab separated, figures plain."""
        lines = sorted({index.row() for index in indexes if index.isValid()})
        return self.lines_as_text(lines, range(len(self._columns)), headers=headers)

    def lines_as_text(
        self, lines: Iterable[int], columns: Iterable[int], *, headers: bool = False
    ) -> str:
        """Some lines and columns for the clipboard. What is hidden is copied as dots."""
        places = list(columns)
        text = ["\t".join(self._columns[place].title for place in places)] if headers else []
        for line in lines:
            row = self._row(self._lines[line])
            text.append("\t".join(self._reader.copied(row, self.cell_at(line, p), p)
                                  for p in places))  # fmt: skip
        return "\n".join(text)

    def export_lines(self, lines: Iterable[int] | None) -> list[tuple[R, str]]:
        """Rows with the title of their section ("" without sections), for an export.

        Without ``lines`` all that pass the filter, children only where rows are sections.
        """
        plan = self._plan
        if lines is None and not plan.sections:
            return [(row, "") for row in self.shown_rows]
        codes = plan.every_line() if lines is None else [self._lines[line] for line in lines]
        found = []
        for code in codes:
            title = plan.titled(plan.rows[split(code)[0]]) if plan.sections else ""
            if code < 0 or not title:
                found.append((self._row(code), title))
        return found

    def rows_of(self, lines: Iterable[int] | None = None) -> list[R]:
        """The rows of these lines, or of all lines, for an export."""
        every = self._lines if lines is None else [self._lines[line] for line in lines]
        return [self._row(line) for line in every]

    # the model's own interface

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self._columns)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._lines):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(self._columns[index.column()].number)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(index).text
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(self.cell(index).hint) or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(index)
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Vertical:
            named = role == Qt.ItemDataRole.AccessibleTextRole and section < len(self._lines)
            return self.cell_at(section, 0).text if named else None
        if not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(column.number)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(column.hint) or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken_title(section)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self._columns):
            return
        self._plan.sorted_by = (column, order == Qt.SortOrder.DescendingOrder)
        self._mover.reorder(self._plan.lines())
        self.arranged.emit()

    # inside

    @property
    def lines(self) -> list[int]:
        """The lines as they stand; only ``LineMoves`` writes here."""
        return self._lines

    def _row(self, code: int) -> R:
        if code >= 0:
            return self._plan.rows[code]
        place, number = split(code)
        return self._plan.children(self._plan.rows[place])[number]

    def _at(self, index: Index) -> tuple[int, int]:
        if not index.isValid() or index.row() >= len(self._lines):
            return -1, -1
        return split(self._lines[index.row()])

    def _child_keys(self, row: R) -> list[str]:
        return [child.key for child in self._plan.children(row)]

    def _moved_lines(
        self, before: tuple[R, ...], rows: tuple[R, ...], same: dict[int, int]
    ) -> dict[int, int]:
        """Which line each present line will be; those that go are missing."""
        moved = dict(same)
        for line in self._lines:
            if line >= 0:
                continue
            place, number = split(line)
            target = same.get(place, -1)
            if target >= 0:
                key = self._plan.children(before[place])[number].key
                kids = self._child_keys(rows[target])
                if key in kids:
                    moved[line] = child_line(target, kids.index(key))
        return moved

    def _replace(self, rows: tuple[R, ...], places: Sequence[int]) -> None:
        """The same rows with other values at ``places``."""
        before = self._plan.rows
        places = [n for n in places if rows[n] is not before[n] and rows[n] != before[n]]
        if not places:
            return
        moved = self._plan.replace(rows, places)
        widened = self._reader.replace(rows, places)
        if moved:
            self._mover.move_to(self._plan.lines())
        self._tell(range(len(rows)) if widened else places)
        self.arranged.emit()

    def _tell(self, places: Iterable[int]) -> None:
        """Say which lines show other values, those of children included."""
        wanted = places if isinstance(places, range | set) else set(places)
        if not wanted:
            return
        # What is not visible is read anew when it comes to be seen.
        first, last = (0, len(self._lines) - 1) if self._window is None else self._window()
        if len(wanted) > MANY_CHANGES and self._window is not None:
            self._touch(max(0, first), min(last, len(self._lines) - 1))
            return
        lines = self._lines[max(0, first) : last + 1]
        found = [n for n, line in enumerate(lines, max(0, first)) if split(line)[0] in wanted]
        start = 0
        for place in range(1, len(found) + 1):
            if place == len(found) or found[place] != found[place - 1] + 1:
                self._touch(found[start], found[place - 1])
                start = place

    def _touch(self, first: int, last: int) -> None:
        if 0 <= first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._columns) - 1))

    def _on_privacy(self) -> None:
        self._reader.forget()
        self._touch(0, len(self._lines) - 1)

    def _spoken(self, index: Index) -> str:
        line, column = index.row(), index.column()
        said = self._reader.spoken(self.cell_at(line, column), column)
        if column:
            return said
        if self.line_kind(line) == "section":
            said = self.section_title(line)
        if self.has_kids(index):
            said += ", expanded" if self.is_open(index) else ", collapsed"
        return said

    def _spoken_title(self, section: int) -> str:
        said = self._columns[section].title
        if self._plan.sorted_by is not None and self._plan.sorted_by[0] == section:
            said += ", sorted descending" if self._plan.sorted_by[1] else ", sorted ascending"
        return said


def _side(number: bool) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
