"""What a table of lines answers: to Qt, to the view that paints it, to the clipboard, to an export.

Its lines are changed elsewhere (``TreeRows``); here they are only read. Knows columns and lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.lines import Arrangement, RowLike, child_line, split
from brokerdesk.ui.models.reading import CellReader
from brokerdesk.ui.plain import tooltip

Index = QModelIndex | QPersistentModelIndex
R = TypeVar("R", bound=RowLike)


class LineTable(QAbstractTableModel, Generic[R]):
    """Lines of rows under one set of columns, to be read."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        children: Callable[[R], tuple[R, ...]] | None,
        haystack: Callable[[R], str],
        titled: Callable[[R], str] | None,
        parent: QObject | None,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._tree = children is not None
        self._plan: Arrangement[R] = Arrangement(
            children or (lambda _row: ()),
            haystack,
            titled,
            [column.order for column in self._columns],
        )
        self._lines: list[int] = []
        self._reader: CellReader[R] = CellReader(self._columns, self._plan.children)

    # what the outside asks

    def take_widened(self) -> bool:
        """Whether alignment changed while cells were read, so that they are to be drawn anew."""
        widened, self._reader.widened = self._reader.widened, False
        return widened

    def is_open(self, index: Index) -> bool:
        """Whether the children of this line are shown."""
        place, number = self._at(index)
        return place >= 0 and number < 0 and self._plan.is_open(place) and self.has_kids(index)

    def has_kids(self, index: Index) -> bool:
        """Whether this line can be opened."""
        place, number = self._at(index)
        return place >= 0 and number < 0 and bool(self._plan.children(self._plan.rows[place]))

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
        return self._plan.rows_shown(self._lines)

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
