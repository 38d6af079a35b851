"""A table of rows with at most one level of children, which sorts and filters itself.

It takes a new tuple of rows, compares by key and emits the least: a row that did not change is not
touched, so selection, expansion and scrolling survive a refresh. A proxy would call back into
Python for every comparison; sorting here costs one key per row. Knows columns, not portfolios.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.diff import runs_gone, runs_new
from brokerdesk.ui.plain import tooltip

Index = QModelIndex | QPersistentModelIndex
MANY_RUNS = 60
"""More separate removals and insertions than this are cheaper as one reset."""


class RowLike(Protocol):
    @property
    def key(self) -> str: ...


R = TypeVar("R", bound=RowLike)


@dataclass(slots=True, eq=False)
class _Node(Generic[R]):
    row: R
    children: tuple[R, ...]
    serial: int
    place: int = 0


class TreeRows(QAbstractItemModel, Generic[R]):
    """Rows and their children under one set of columns."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        children: Callable[[R], tuple[R, ...]] | None = None,
        haystack: Callable[[R], str] = lambda row: row.key,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._tree = children is not None
        self._children_of = children or (lambda _row: ())
        self._haystack = haystack
        self._rows: tuple[R, ...] = ()
        self._nodes: list[_Node[R]] = []
        self._by_serial: dict[int, _Node[R]] = {}
        self._serial = 0
        self._needle = ""
        self._sorted_by: tuple[int, bool] | None = None
        self._now = datetime.min.replace(tzinfo=UTC)
        self._decimals = [0] * len(self._columns)

    # what the outside sets

    def set_rows(self, rows: Iterable[R], now: datetime) -> None:
        """Show these rows; ``now`` is what ages are counted from."""
        self._rows = tuple(rows)
        self._now = now
        widened = self._measure()
        self._show(self._arranged(), everything=widened)

    def set_now(self, now: datetime) -> None:
        """Let the ages go on. Says nothing: it is no change of data, the view repaints itself."""
        self._now = now

    def set_filter(self, text: str) -> None:
        """Show only rows in which every word of ``text`` occurs."""
        needle = " ".join(text.casefold().split())
        if needle != self._needle:
            self._needle = needle
            self._show(self._arranged(), everything=False)

    # what the outside asks

    @property
    def shown(self) -> int:
        """Rows that pass the filter, children not counted."""
        return len(self._nodes)

    @property
    def hidden(self) -> int:
        """Rows that the filter hides."""
        return len(self._rows) - len(self._nodes)

    @property
    def columns(self) -> tuple[Column[R], ...]:
        return self._columns

    @property
    def has_children(self) -> bool:
        """Whether rows of this table can have children, so that room is kept for a chevron."""
        return self._tree

    def row_at(self, index: Index) -> R | None:
        """The row that an index stands for."""
        if not index.isValid():
            return None
        parent = self._by_serial.get(index.internalId())
        return parent.children[index.row()] if parent else self._nodes[index.row()].row

    def is_child(self, index: Index) -> bool:
        return index.isValid() and index.internalId() != 0

    def cell(self, index: Index) -> Cell:
        """The cell as it is to be drawn."""
        row = self.row_at(index)
        assert row is not None
        place = index.column()
        column = self._columns[place]
        draw = column.child if column.child and self.is_child(index) else column.cell
        cell = draw(row, self._now)
        if column.decimals is None:
            return cell
        own, most = column.decimals(row), self._decimals[place]
        if own >= most:
            return cell
        tail = "0" * (most - own) if own else "." + "0" * most
        return Cell(cell.text, cell.tone, tail=tail, hint=cell.hint, strong=cell.strong)

    def as_text(self, indexes: Iterable[Index], *, headers: bool = False) -> str:
        """The rows of ``indexes`` for the clipboard, tab separated, figures plain."""
        lines = ["\t".join(column.title for column in self._columns)] if headers else []
        seen = set()
        for index in indexes:
            place = (index.internalId(), index.row())
            row = self.row_at(index)
            if row is not None and place not in seen:
                seen.add(place)
                lines.append("\t".join(_one_line(c.copy(row)) for c in self._columns))
        return "\n".join(lines)

    # the model's own interface

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        if not parent.isValid():
            return len(self._nodes)
        if parent.column() != 0 or parent.internalId():
            return 0
        return len(self._nodes[parent.row()].children)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return len(self._columns)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        if not (0 <= column < len(self._columns) and 0 <= row < self.rowCount(parent)):
            return QModelIndex()
        serial = self._nodes[parent.row()].serial if parent.isValid() else 0
        return self.createIndex(row, column, serial)

    def parent(self, index: Index = QModelIndex()) -> Any:  # noqa: B008
        node = self._by_serial.get(index.internalId()) if index.isValid() else None
        return self.createIndex(node.place, 0, 0) if node else QModelIndex()

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(self._columns[index.column()].number)
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(index).text
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(self.cell(index).hint) or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            cell = self.cell(index)
            return f"{self._columns[index.column()].title}, {cell.spoken or cell.text}"
        return None

    def headerData(  # noqa: N802
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(self._columns[section].number)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self._columns):
            return
        self._sorted_by = (column, order == Qt.SortOrder.DescendingOrder)
        self._reorder(self._arranged())

    # inside

    def _arranged(self) -> list[R]:
        words = self._needle.split()
        rows = [
            row
            for row in self._rows
            if not words or all(word in self._haystack(row).casefold() for word in words)
        ]
        if self._sorted_by is None:
            return rows
        return self._ordered(rows)

    def _ordered(self, rows: Iterable[R]) -> list[R]:
        if self._sorted_by is None:
            return list(rows)
        place, backwards = self._sorted_by
        order = self._columns[place].order
        given: list[tuple[Any, R]] = []
        absent: list[tuple[Any, R]] = []
        for row in rows:
            value = order(row)
            (absent if value is None else given).append((value, row))
        given.sort(key=lambda pair: pair[0], reverse=backwards)
        return [row for _, row in (*given, *absent)]

    def _measure(self) -> bool:
        """Find the most decimals per column; True when a column's alignment changed."""
        before = list(self._decimals)
        for place, column in enumerate(self._columns):
            if column.decimals is not None:
                everyone = (r for row in self._rows for r in (row, *self._children_of(row)))
                self._decimals[place] = max((column.decimals(r) for r in everyone), default=0)
        return self._decimals != before

    def _new_node(self, row: R) -> _Node[R]:
        self._serial += 1
        node = _Node(row, tuple(self._ordered(self._children_of(row))), self._serial)
        self._by_serial[node.serial] = node
        return node

    def _number(self, start: int = 0) -> None:
        for place in range(start, len(self._nodes)):
            self._nodes[place].place = place

    def _show(self, target: list[R], *, everything: bool) -> None:
        keys = [row.key for row in target]
        gone = runs_gone([node.row.key for node in self._nodes], set(keys))
        kept = {node.row.key for node in self._nodes} & set(keys)
        new = runs_new(keys, kept)
        if len(gone) + len(new) > MANY_RUNS:
            self._reset(target)
            return
        for first, last in gone:
            self.beginRemoveRows(QModelIndex(), first, last)
            for node in self._nodes[first : last + 1]:
                del self._by_serial[node.serial]
            del self._nodes[first : last + 1]
            self._number(first)
            self.endRemoveRows()
        self._reorder([row for row in target if row.key in kept])
        for first, last in new:
            self.beginInsertRows(QModelIndex(), first, last)
            self._nodes[first:first] = [self._new_node(row) for row in target[first : last + 1]]
            self._number(first)
            self.endInsertRows()
        self._refill(target, kept, everything)

    def _reset(self, target: list[R]) -> None:
        self.beginResetModel()
        self._by_serial.clear()
        self._nodes = [self._new_node(row) for row in target]
        self._number()
        self.endResetModel()

    def _refill(self, target: list[R], kept: set[str], everything: bool) -> None:
        last = len(self._columns) - 1
        for place, row in enumerate(target):
            node = self._nodes[place]
            if row.key not in kept or (node.row == row and not everything):
                continue
            children = tuple(self._ordered(self._children_of(row)))
            same = [c.key for c in children] == [c.key for c in node.children]
            node.row = row
            if same:
                node.children = children
            else:
                self._swap_children(node, children)
            self._touch(place, place, 0, last)

    def _swap_children(self, node: _Node[R], children: tuple[R, ...]) -> None:
        parent = self.createIndex(node.place, 0, 0)
        if node.children:
            self.beginRemoveRows(parent, 0, len(node.children) - 1)
            node.children = ()
            self.endRemoveRows()
        if children:
            self.beginInsertRows(parent, 0, len(children) - 1)
            node.children = children
            self.endInsertRows()

    def _reorder(self, target: list[R]) -> None:
        """Bring the present nodes into the order of ``target`` (the same keys), children too."""
        by_key = {node.row.key: node for node in self._nodes}
        nodes = [by_key[row.key] for row in target]
        children = [tuple(self._ordered(node.children)) for node in nodes]
        unmoved = nodes == self._nodes
        if unmoved and all(node.children == own for node, own in zip(nodes, children, strict=True)):
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        stood = [(self.row_at(i), self.is_child(i)) for i in before]
        self._nodes = nodes
        for node, own in zip(nodes, children, strict=True):
            node.children = own
        self._number()
        after = []
        for index, (row, child) in zip(before, stood, strict=True):
            assert row is not None
            if child:
                place = self._by_serial[index.internalId()].children.index(row)
            else:
                place = by_key[row.key].place
            after.append(self.createIndex(place, index.column(), index.internalId()))
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _touch(self, first: int, last: int, left: int, right: int) -> None:
        self.dataChanged.emit(self.index(first, left), self.index(last, right))
        for place in range(first, last + 1):
            if count := len(self._nodes[place].children):
                parent = self.index(place, 0)
                self.dataChanged.emit(
                    self.index(0, left, parent), self.index(count - 1, right, parent)
                )


def _side(number: bool) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _one_line(text: str) -> str:
    return " ".join(text.split())
