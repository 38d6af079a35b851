"""A table of rows with at most one level of children, which sorts and filters itself.

It takes a new tuple of rows, compares by key and emits the least: a row that did not change is not
touched, so selection, expansion and scrolling survive a refresh. To Qt it is a flat table in which
the children of an open row are lines of their own: a tree view would ask Python for every line of
a hundred thousand on each change. Knows columns, not portfolios.

Groups: either the rows given are the groups (one level of children), or ``titled`` names those that
are sections; a section is drawn over the whole width, begins open and keeps its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, KeysView, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.models.diff import runs_gone
from brokerdesk.ui.models.line_moves import MANY_RUNS, LineMoves
from brokerdesk.ui.models.line_table import Index, LineTable
from brokerdesk.ui.models.lines import RowLike, child_line, split
from brokerdesk.ui.privacy import privacy

if TYPE_CHECKING:
    from brokerdesk.ui.models.ahead import Made, Recipe

R = TypeVar("R", bound=RowLike)
MANY_CHANGES = 60
"""More changed rows than this are told as one change of what is visible."""
AT_ONCE = 5
"""So many visible lines are told of in one turn of the event loop."""
PAUSE_MS = 3
"""Between two such turns: long enough for the lines to be painted first."""


class TreeRows(LineTable[R], Generic[R]):
    """Rows and the children of open rows under one set of columns.

    Signals:
        arranged: other rows, values or filter; not told for another order, nor for children that
            are opened or closed.
        leaving: these lines (first, last) are about to go; told before Qt is, which would take the
            focus to the line above.
    """

    arranged = Signal()
    leaving = Signal(int, int)

    def __init__(
        self,
        columns: Sequence[Column[R]],
        *,
        children: Callable[[R], tuple[R, ...]] | None = None,
        haystack: Callable[[R], str] = lambda row: row.key,
        titled: Callable[[R], str] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, children, haystack, titled, parent)
        self._mover = LineMoves(self)
        self._window: Callable[[], tuple[int, int]] | None = None
        self._behind: list[int] = []
        self._drawn: dict[int, list[Cell | None]] = {}
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
        places = plan.places()
        same = {places[key]: new for new, key in enumerate(keys) if key in places}
        moved = self._moved_lines(before, rows, same)
        gone = {line for line in self._lines if line not in moved}
        if not moved or (gone and len(runs_gone(self._lines, moved.keys())) > MANY_RUNS):
            self._start_over(rows, keys)
            return
        changed = {
            new for old, new in same.items()
            if before[old] is not rows[new] and before[old] != rows[new]
        }  # fmt: skip
        self._mover.drop(gone)
        plan.take(rows, keys)
        self._lines[:] = [moved[line] for line in self._lines]
        widened = self._reader.take(rows)
        self._mover.move_to(plan.lines())
        self._tell(range(len(rows)) if widened else changed)
        self.arranged.emit()

    def recipe(self) -> Recipe[R]:
        """How to make the next picture anywhere else, for ``adopt``."""
        from brokerdesk.ui.models.ahead import Recipe  # the first picture does without

        return Recipe(self._plan, self._reader, tree=self._tree)

    def adopt(self, made: Made[R], now: datetime) -> bool:
        """Show rows whose picture was made elsewhere. False: this table stands otherwise by now, so
        it is ``set_rows`` that has to show them.
        """
        from brokerdesk.ui.models.ahead import stand_of

        if made.stand != stand_of(self._plan) or made.keys_before is not self._plan.keys:
            return False
        self._reader.now = now
        if not made.same:
            self.beginResetModel()
            self._plan = made.plan
            self._reader.adopt(made.widths)
            self._lines[:] = made.lines
            self.endResetModel()
        else:
            before = self._looks()
            self._plan = made.plan
            widened = self._reader.adopt(made.widths)
            moved = self._lines != made.lines
            self._mover.move_to(made.lines)
            if moved or widened:
                self._touch_visible()
            else:
                self._touch_changed(before)
        self.arranged.emit()
        return True

    def update_rows(self, rows: Iterable[R], now: datetime, *, settle: bool = True) -> None:
        """Other values for some rows that are here already (prices as they come).

        Without ``settle`` every row stays where it is and nobody is told that sums are others: many
        prices a second must not shake the table. ``settle`` then does both.
        """
        before = self._plan.rows
        places_of = self._plan.places()
        changed: dict[int, R] = {}
        for row in rows:
            place = places_of.get(row.key, -1)
            if place >= 0 and row is not before[place] and row != before[place]:
                changed[place] = row
        self._reader.now = now
        if not changed:
            return
        every = list(before)
        for place, row in changed.items():
            every[place] = row
        if self._tree and any(
            self._child_keys(before[place]) != self._child_keys(row)
            for place, row in changed.items()
        ):
            self.set_rows(every, now)
            return
        places = list(changed)
        moved = self._plan.replace(tuple(every), places)
        widened = self._reader.replace(changed)
        if settle and moved:
            self._mover.move_to(self._plan.lines())
        self._tell(range(len(every)) if widened else changed.keys())
        if settle:
            self.arranged.emit()

    def settle(self) -> None:
        """Let rows go where they belong by their present values, and sums be made anew."""
        self._mover.move_to(self._plan.lines())
        self.arranged.emit()

    def set_now(self, now: datetime) -> list[int]:
        """Let the ages go on; the visible lines that look different now.

        Says nothing: it is no change of data, the view repaints those lines itself.
        """
        aged = self.aged(now)
        return list(self._seen()) if aged is None else sorted({line for line, _ in aged})

    def aged(self, now: datetime) -> list[tuple[int, int]] | None:
        """As ``set_now``: the visible cells that look different now, by line and column (-1: all of
        the line). None: every one of them may.
        """
        aged = self._reader.advance(now)
        if aged is None:
            return None
        line_of = {self._lines[line]: line for line in self._seen()} if aged else {}
        found = []
        for code, column, before in aged:
            line = line_of.get(code, -1)
            if line >= 0 and not before.looks_like(cell := self.cell_at(line, column)):
                # Words of the first column run into cells that are blank.
                found.append((line, column if before.text and cell.text else -1))
        return found

    def keys_in_sight(self) -> set[str]:
        """The keys of the rows that are visible, also through their children."""
        if self._window is None:
            return set(self._plan.keys)
        first, last = self._window()
        keys = self._plan.keys
        return {keys[split(line)[0]] for line in self._lines[max(0, first) : last + 1]}

    def redraw(self) -> None:
        """Read what is visible anew: something that cells depend on is another."""
        self._reader.forget()
        self._touch_visible()

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

    def forget_orders(self, *, keys: bool = False) -> None:
        """Order anew when next asked (also reading the sortable values anew). For measuring."""
        self._plan.sort.forget(keys=keys)

    def set_window(self, window: Callable[[], tuple[int, int]] | None) -> None:
        """Who shows this table says which lines (first, last) are visible."""
        self._window = window

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if not 0 <= column < len(self._columns):
            return
        self._plan.sorted_by = (column, order == Qt.SortOrder.DescendingOrder)
        self._mover.reorder(self._plan.lines())

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

    # inside

    def _start_over(self, rows: tuple[R, ...], keys: list[str]) -> None:
        """So much is different that the view is told to look anew."""
        self.beginResetModel()
        self._plan.take(rows, keys)
        self._reader.take(rows)
        self._lines[:] = self._plan.lines()
        self.endResetModel()
        self.arranged.emit()

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
        widened = self._reader.take(rows)
        if moved:
            self._mover.move_to(self._plan.lines())
        self._tell(range(len(rows)) if widened else places)
        self.arranged.emit()

    def _tell(self, places: Iterable[int]) -> None:
        """Say which lines show other values, those of children included."""
        wanted = places if isinstance(places, range | set | KeysView) else set(places)
        if not wanted:
            return
        # What is not visible is read anew when it comes to be seen.
        first, last = (0, len(self._lines) - 1) if self._window is None else self._window()
        if len(wanted) > MANY_CHANGES and self._window is not None:
            self._touch_lines(self._seen())
            return
        lines = self._lines[max(0, first) : last + 1]
        self._touch_lines(
            [n for n, line in enumerate(lines, max(0, first)) if split(line)[0] in wanted]
        )

    def _touch_visible(self) -> None:
        self._touch_lines(self._seen())

    def _touch_lines(self, lines: Sequence[int]) -> None:
        """Tell of these lines. Of many that somebody sees, some in each turn of the event loop: to
        read and to paint all of them would keep the window busy for too long at a time.
        """
        self._drawn = {}
        self._behind = sorted({*self._behind, *lines}) if self._behind else list(lines)
        self._catch_up()

    def _catch_up(self) -> None:
        most = len(self._behind) if self._window is None else AT_ONCE
        next_ones, self._behind = self._behind[:most], self._behind[most:]
        found = [line for line in next_ones if line < len(self._lines) and self._differs(line)]
        start = 0
        for place in range(1, len(found) + 1):
            if place == len(found) or found[place] != found[place - 1] + 1:
                self._touch(found[start], found[place - 1])
                start = place
        if self._behind:
            QTimer.singleShot(PAUSE_MS, self, self._catch_up)

    def _differs(self, line: int) -> bool:
        """Whether a line is to look otherwise than it was drawn, if that is known."""
        drawn = self._drawn.pop(line, None)
        return drawn is None or any(
            cell is not None and not cell.looks_like(self.cell_at(line, column))
            for column, cell in enumerate(drawn)
        )

    def _looks(self) -> dict[int, list[Cell | None]]:
        """The cells as they were drawn, of each visible line that was."""
        known = self._reader.cells
        return {line: known[code] for line in self._seen() if (code := self._lines[line]) in known}

    def _seen(self) -> range:
        first, last = (0, len(self._lines) - 1) if self._window is None else self._window()
        return range(max(0, first), min(last + 1, len(self._lines)))

    def _touch_changed(self, before: dict[int, list[Cell | None]]) -> None:
        """Tell of the visible lines that are to look otherwise: what looks the same is not drawn
        again while the threads that read are at work.
        """
        behind = set(self._behind)  # these are not drawn as they were read
        self._drawn = {line: cells for line, cells in before.items() if line not in behind}
        self._behind = sorted({*behind, *self._seen()})
        self._catch_up()

    def _touch(self, first: int, last: int) -> None:
        if 0 <= first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._columns) - 1))

    def _on_privacy(self) -> None:
        self._reader.forget()
        self._touch(0, len(self._lines) - 1)
