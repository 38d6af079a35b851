"""The table: frames, sorting, filtering, live prices, against bare models and numpy.

The base is a ``QTableView`` of Qt's own painting over the least model that Python can give it: the
same visible cells as texts that are ready. Ours makes its texts out of ``Decimal`` rows, keeps
figures on their point and paints marks, bars and lines. Everything is offscreen; a frame is what
the viewport paints anew.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView

from benchmarks.harness import Case, run
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.theme import theme
from brokerdesk.ui.widgets.table import Table

FEW, MANY, LIVE = 10_000, 100_000, 1_000
WIDTH, HEIGHT = 1_200, 800
NOW = datetime(2026, 11, 20, 16, 42, tzinfo=UTC)
WIDTHS = (110, 220, 110, 110, 130, 130, 130, 110)
FRAME_MS = 1000 / 60


@dataclass(frozen=True, slots=True)
class Holding:
    key: str
    name: str
    account: str
    quantity: Decimal
    price: Decimal
    value: Decimal
    gain: Decimal
    percent: Decimal


Index = QModelIndex | QPersistentModelIndex


def figure(title: str, get: Callable[[Holding], Decimal], change: bool = False) -> Column[Holding]:
    def cell(row: Holding, _now: datetime) -> Cell:
        value = get(row)
        if change:
            return Cell(fmt.change(value), gain_tone(value), fmt.glyph(value), secret=True)
        return Cell(fmt.amount(value), secret=True)

    return Column(title, cell, get, lambda row: fmt.plain(get(row)), 110, number=True)


COLUMNS: tuple[Column[Holding], ...] = (
    Column("Symbol", lambda r, _: Cell(r.key, strong=True), lambda r: folded(r.key),
           lambda r: r.key, 110),
    Column("Name", lambda r, _: Cell(r.name, "text2"), lambda r: folded(r.name),
           lambda r: r.name, 220),
    Column("Account", lambda r, _: Cell(r.account, "text2"), lambda r: folded(r.account),
           lambda r: r.account, 110),
    Column("Quantity", lambda r, _: Cell(fmt.quantity(r.quantity)), lambda r: r.quantity,
           lambda r: fmt.plain(r.quantity), 110, number=True,
           decimals=lambda r: fmt.decimals(r.quantity)),
    figure("Price", lambda r: r.price),
    figure("Value", lambda r: r.value),
    figure("Gain", lambda r: r.gain, change=True),
    figure("Percent", lambda r: r.percent, change=True),
)  # fmt: skip
VALUE = 5


def holdings(count: int) -> list[Holding]:
    chance = random.Random(7)
    found = []
    for number in range(count):
        quantity = Decimal(chance.randint(1, 4_000_000)) / 1000
        price = Decimal(chance.randint(100, 90_000)) / 100
        found.append(
            Holding(
                key=f"S{number:06}",
                name=f"{chance.choice(('Vanguard', 'First', 'United'))} Holdings {number}",
                account=f"…{number % 9000 + 1000}",
                quantity=quantity,
                price=price,
                value=quantity * price,
                gain=Decimal(chance.randint(-900_000, 900_000)) / 100,
                percent=Decimal(chance.randint(-9_000, 9_000)) / 100,
            )
        )
    return found


class Bare(QAbstractTableModel):
    """The least model: texts that are ready, an order, figures in numpy."""

    def __init__(self, rows: list[Holding]) -> None:
        super().__init__()
        self.texts = [[column.cell(row, NOW).text for column in COLUMNS] for row in rows]
        self.values = np.array([float(row.value) for row in rows])
        self.order = list(range(len(rows)))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, _parent: Index = QModelIndex()) -> int:  # noqa: N802, B008
        return len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return self.texts[self.order[index.row()]][index.column()]
        return None

    def argsort(self, backwards: bool) -> None:
        self.layoutAboutToBeChanged.emit()
        self.order = np.argsort(-self.values if backwards else self.values).tolist()
        self.layoutChanged.emit()

    def reset(self) -> None:
        self.beginResetModel()
        self.endResetModel()


def shown(view: QTableView) -> QTableView:
    view.resize(WIDTH, HEIGHT)
    for place, width in enumerate(WIDTHS):
        view.setColumnWidth(place, width)
    view.show()
    QApplication.processEvents()
    return view


def bare_view(model: Bare) -> QTableView:
    view = QTableView()
    view.setModel(model)
    side = view.verticalHeader()
    side.hide()
    side.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    side.setDefaultSectionSize(30)
    view.setShowGrid(False)
    view.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    return shown(view)


class Ours:
    """Our model and view over so many rows."""

    def __init__(self, rows: list[Holding]) -> None:
        self.rows = rows
        self.model: TreeRows[Holding] = TreeRows(
            COLUMNS, haystack=lambda row: f"{row.key} {row.name} {row.account}"
        )
        self.model.set_rows(rows, NOW)
        self.view = Table(self.model, "Holdings")
        shown(self.view)

    def sort(self, backwards: bool) -> None:
        way = Qt.SortOrder.DescendingOrder if backwards else Qt.SortOrder.AscendingOrder
        self.model.sort(VALUE, way)

    def forget_painted(self) -> None:
        """Cells and shaped texts are made anew, as in a table that is scrolled the first time."""
        self.model.set_now(self.model.now + timedelta(seconds=1))
        self.view.painter_of_rows.cells.forget()

    def forget_orders(self) -> bool:
        """What was ordered before is ordered again; the keys stay, as numpy's array does."""
        self.model.forget_orders()
        return True

    def forget_keys(self) -> bool:
        self.model.forget_orders(keys=True)
        return True


def scroll(view: QTableView, at: list[int]) -> None:
    """Twenty frames, each a page further down: every cell is another one."""
    bar = view.verticalScrollBar()
    for _ in range(20):
        at[0] = (at[0] + 791) % max(1, bar.maximum())
        bar.setValue(at[0])
        view.viewport().repaint()


def main() -> int:
    app = QApplication.instance() or QApplication([])
    theme().apply("light")
    few, many = holdings(FEW), holdings(MANY)
    bare_few, bare_many = Bare(few), Bare(many)
    view_few, view_many = bare_view(bare_few), bare_view(bare_many)
    ours_few, ours_many = Ours(few), Ours(many)
    places = {name: [0] for name in ("a", "b", "c", "d")}
    turn = [False]
    chance = random.Random(3)
    keep = (app, view_few, view_many)

    def flip() -> bool:
        turn[0] = not turn[0]
        return turn[0]

    def bare_sort(backwards: bool) -> None:
        bare_many.argsort(backwards)
        view_many.viewport().repaint()

    def our_sort(backwards: bool) -> None:
        ours_many.sort(backwards)
        ours_many.view.viewport().repaint()

    def ready() -> bool:
        ours_many.forget_orders()
        return flip()

    def cold() -> bool:
        ours_many.forget_keys()
        return flip()

    def live(rows: list[Holding]) -> list[Holding]:
        return [
            replace(rows[place], price=rows[place].price + chance.randint(1, 99))
            for place in chance.sample(range(len(rows)), LIVE)
        ]

    def bare_live(changes: list[Holding]) -> None:
        for row in changes:
            bare_many.texts[int(row.key[1:])][4] = fmt.amount(row.price)
        first, last = view_many.rowAt(0), view_many.rowAt(view_many.viewport().height() - 1)
        bare_many.dataChanged.emit(
            bare_many.index(first, 0), bare_many.index(last, len(COLUMNS) - 1)
        )
        view_many.viewport().repaint()

    def our_live(changes: list[Holding]) -> None:
        ours_many.model.update_rows(changes, NOW)
        ours_many.view.viewport().repaint()

    words = ("van", "united 1", "…4821", "holdings 77", "x")

    def filtered(_: Any) -> None:
        for word in words:
            ours_few.model.set_filter(word)
        ours_few.model.set_filter("")

    def bare_filter(_: Any) -> None:
        """A frame of sixty a second for each of the six."""
        end = clock() + 6 * FRAME_MS / 1000
        while clock() < end:
            pass

    def bare_reset(_: Any) -> None:
        bare_many.reset()
        view_many.viewport().repaint()

    def our_reset(rows: list[Holding]) -> None:
        ours_many.model.set_rows(rows, NOW)
        ours_many.view.viewport().repaint()

    ours_few.model.prepare_filter()
    assert keep
    return run(
        "The table",
        [
            Case(
                name="20 frames of scrolling 10,000 rows, against a minimal model",
                base=lambda _: scroll(view_few, places["a"]),
                ours=lambda _: scroll(ours_few.view, places["b"]),
                before_ours=ours_few.forget_painted,
                gate=1.2,
            ),
            Case(
                name="20 frames of scrolling, 100,000 rows against 10,000",
                base=lambda _: scroll(ours_few.view, places["c"]),
                ours=lambda _: scroll(ours_many.view, places["d"]),
                before_base=ours_few.forget_painted,
                before_ours=ours_many.forget_painted,
                gate=1.1,
            ),
            Case(
                name="100,000 rows sorted by value and painted, against numpy.argsort",
                base=bare_sort,
                ours=our_sort,
                before_base=flip,
                before_ours=ready,
                gate=1.3,
            ),
            Case(
                name="the same with the values read from the rows first",
                base=bare_sort,
                ours=our_sort,
                before_base=flip,
                before_ours=cold,
                gate=None,
            ),
            Case(
                name="six filters over 10,000 rows, against six frames of 16.7 ms",
                base=bare_filter,
                ours=filtered,
                gate=1.0,
            ),
            Case(
                name="1,000 prices among 100,000 rows, against one visible-range emit",
                base=bare_live,
                ours=our_live,
                before_base=lambda: live(many),
                before_ours=lambda: live(many),
                gate=1.2,
            ),
            Case(
                name="100,000 other rows, against a bare reset",
                base=bare_reset,
                ours=our_reset,
                before_ours=lambda: [replace(row, key=f"T{chance.random()}") for row in many],
                gate=None,
            ),
        ],
    )


def clock() -> float:
    import time

    return time.perf_counter()


if __name__ == "__main__":
    sys.exit(main())
