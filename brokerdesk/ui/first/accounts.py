"""The first picture of the Overview's accounts: the table as its parts will draw it.

The same columns and cells as the table's; where they stand follows the table's rules for a reader
who has not changed them, which is all the Overview remembers.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from brokerdesk.ui.first.pen import Pen, fitted, metrics_of, smaller, wide
from brokerdesk.ui.models.account_columns import Totals, account_columns
from brokerdesk.ui.models.columns import Cell, Column
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.theme import px, theme
from brokerdesk.ui.viewmodels.overview_accounts import AccountParts
from brokerdesk.ui.widgets.marks import paint_mark
from brokerdesk.ui.widgets.table_sizes import (
    EDGE_END,
    EDGE_FLAT,
    GAP,
    LEAD,
    LEAST_NAME,
    LEAST_STRETCH,
    LIFT,
    PAD,
)
from brokerdesk.ui.widgets.tags import paint_tag, tag_size

BAR = 10
"""The width of a scroll bar."""


class Accounts:
    """The table for ``parts``, as it looks at ``now`` in a place of ``width`` by ``height``."""

    def __init__(self, parts: AccountParts, now: datetime) -> None:
        self._parts, self._now = parts, now
        totals = Totals(parts.total, parts.buying_power)
        totals.mixed = len({row.currency for row in parts.counted}) > 1
        totals.converted = parts.converted
        self._columns = tuple(
            column
            for column in account_columns(totals)
            if column.key != "original" or parts.converted
        )
        self._has_totals = parts.total is not None and bool(parts.counted)

    def height_of(self, rows: int) -> int:
        """The height in which so many rows are seen."""
        tokens = theme().tokens.row
        return px(tokens["header"]) + px(tokens["table"]) * (rows + self._has_totals) + 1

    def draw(self, pen: Pen, x: int, y: int, width: int, height: int) -> None:
        """All of it."""
        head, step = px(theme().tokens.row["header"]), px(theme().row_height)
        foot = step + 1 if self._has_totals else 0
        room = height - head - foot
        scrolls = len(self._parts.counted) * step > room
        wide_ = width - (px(BAR) if scrolls else 0)
        count = min(len(self._parts.counted), -(-room // step))
        cells = [
            [_guarded(column.cell(row, self._now)) for column in self._columns]
            for row in self._parts.counted[:count]
        ]
        total = [self._total(column) for column in self._columns]
        slots = _Slots(self._columns, cells, total, wide_)
        pen.painter.save()
        pen.painter.setClipRect(QRectF(x, y, width, head + room))
        self._head(pen, slots, x, y, wide_, head)
        for place, line in enumerate(cells):
            top = y + head + place * step
            for column in slots.shown:
                _cell(pen, slots, column, line, x, top, step)
            pen.fill(x, top + step - 1, wide_, 1, "line")
        pen.painter.restore()
        if scrolls:
            whole = height - foot - px(20)
            thumb = max(px(28), round(whole * room / (len(self._parts.counted) * step)))
            pen.box(x + width - px(8), y + px(2), px(6), thumb, px(3), fill="line2")
        if foot:
            self._foot(pen, slots, total, x, y + height - foot, width, foot)

    def _total(self, column: Column[Any]) -> Cell:
        return Cell("") if column.total is None else _guarded(column.total((), self._now))

    def _head(self, pen: Pen, slots: _Slots, x: int, y: int, width: int, height: int) -> None:
        font = theme().font("small", weight=500)
        base = _base(metrics_of(font), y, height)
        for column in slots.shown:
            left, right = x + slots.left(column), x + slots.right(column)
            title = fitted(font, self._columns[column].title, right - left + 1)
            number = self._columns[column].number
            pen.at(right - wide(font, title) if number else left, base, title, font, "text3")
        pen.fill(x, y + height - 1, width, 1, "line")

    def _foot(
        self, pen: Pen, slots: _Slots, total: list[Cell], x: int, y: int, width: int, height: int
    ) -> None:
        pen.fill(x, y, width, height, "alt")
        pen.fill(x, y, width, 1, "line2")
        for column in slots.shown:
            _cell(pen, slots, column, total, x, y + 1, height - 1, strong=not total[column].small)


class _Slots:
    """Where the columns stand."""

    def __init__(
        self,
        columns: tuple[Column[Any], ...],
        cells: list[list[Cell]],
        total: list[Cell],
        room: int,
    ) -> None:
        self._columns = columns
        self._widths = [px(column.width) for column in columns]
        everything = [*((line, False) for line in cells), (total, True)]
        self.shown = self._fitting(room)
        self._place(room)
        for line, strong in everything:
            for place in self.shown:
                self._widen(place, line[place], strong and not line[place].small)
        self.shown = self._fitting(room)
        self._place(room)

    def _fitting(self, room: int) -> list[int]:
        shown = {place for place, column in enumerate(self._columns) if column.shown} | {0}
        for place in sorted(shown, key=lambda p: (-self._columns[p].rank, -p)):
            if self._columns[place].rank == 0 or self._needs(shown, LEAST_NAME) <= room:
                break
            shown.discard(place)
        return sorted(shown)

    def _needs(self, shown: set[int], name: int) -> int:
        return sum(
            px(min(name, self._columns[p].width)) if self._columns[p].stretch else self._widths[p]
            for p in shown
        )

    def _place(self, room: int) -> None:
        rest = room - sum(self._widths[p] for p in self.shown if not self._columns[p].stretch)
        for place in self.shown:
            if self._columns[place].stretch:
                least = px(min(LEAST_STRETCH, self._columns[place].width))
                self._widths[place] = max(rest, least)
        self._x, x = {}, 0
        for place in self.shown:
            self._x[place] = x
            x += self._widths[place]

    def left(self, place: int) -> int:
        return self._x[place] + self._paddings(place)[0]

    def right(self, place: int) -> int:
        return self._x[place] + self._widths[place] - self._paddings(place)[1]

    def start(self, place: int) -> int:
        return self._x[place]

    def _paddings(self, place: int) -> tuple[int, int]:
        at = self.shown.index(place)
        before = self.shown[at - 1] if at else 0
        left = px(LEAD) if at and self._columns[before].number else px(PAD)
        left = px(EDGE_FLAT) if not place else px(2) if self._columns[place].number else left
        return left, px(EDGE_END) if at == len(self.shown) - 1 else px(PAD)

    def reach(self, place: int, line: list[Cell]) -> int:
        """The width of the blank cells behind."""
        found = 0
        for after in self.shown[self.shown.index(place) + 1 :]:
            if line[after].text or line[after].tags:
                break
            found += self._widths[after]
        return found

    def number(self, place: int) -> bool:
        return self._columns[place].number

    def time(self, place: int) -> bool:
        return self._columns[place].time

    def _widen(self, place: int, cell: Cell, strong: bool) -> None:
        column = self._columns[place]
        if not column.number or column.time or not any(map(str.isdigit, cell.text)):
            return
        font = _font(cell, 600 if cell.strong or strong else 400, figures=True)
        width = wide(font, cell.text)
        left, right = self._paddings(place)
        if width > self._widths[place] - right - 2:
            needed = width + left + right
            if cell.glyph:
                needed += wide(_sign_font(), cell.glyph) + GAP * font.pixelSize()
            self._widths[place] = max(self._widths[place], int(needed + 0.999))


def _guarded(cell: Cell) -> Cell:
    return Cell(DOTS, "text2") if cell.secret and cell.text and privacy().on else cell


def _font(cell: Cell, weight: int, *, figures: bool = False) -> QFont:
    return theme().font("small" if cell.small else "body", weight=weight, figures=figures)


def _sign_font() -> QFont:
    return smaller(theme().font("body"))


def _cell(
    pen: Pen, slots: _Slots, place: int, line: list[Cell], x: int, y: int, height: int, *,
    strong: bool = False,
) -> None:  # fmt: skip
    cell = line[place]
    weight = 600 if cell.strong or strong else 400
    if slots.number(place):
        _figure(pen, slots, place, cell, x, y, height, weight)
        return
    left, right = x + slots.left(place), x + slots.right(place)
    if not place or strong or cell.small:
        right += slots.reach(place, line)
    if not place and weight == 400:
        weight = 500
    _words(pen, cell, left, right, y, height, weight)


def _base(metrics: QFontMetricsF, y: int, height: int) -> int:
    return round(y + (height - 1 + metrics.ascent() - metrics.descent()) / 2)


def _figure(
    pen: Pen, slots: _Slots, place: int, cell: Cell, x: int, y: int, height: int, weight: int
) -> None:
    if not cell.text:
        return
    font = _font(cell, weight, figures=True)
    text = fitted(font, cell.text, slots.right(place) - slots.start(place) - 2)
    left = x + slots.right(place) - wide(font, text)
    base = _base(metrics_of(font), y, height)
    pen.at(left, base, text, font, cell.tone)
    if cell.glyph:
        sign = _sign_font()
        at = left - GAP * font.pixelSize() - wide(sign, cell.glyph)
        if at >= x + slots.start(place):
            pen.at(at, base - LIFT * font.pixelSize(), cell.glyph, sign, cell.tone)


def _words(pen: Pen, cell: Cell, x: float, right: float, y: int, height: int, weight: int) -> None:
    if cell.mark is not None:
        side = px(9)
        paint_mark(pen.painter, cell.mark, QRectF(x, y + (height - 1 - side) / 2, side, side))
        x += px(18)
    if cell.text:
        font = _font(cell, weight)
        text = fitted(font, cell.text, max(0.0, right - x))
        x = pen.run(x, _base(metrics_of(font), y, height), text, font, cell.tone) + px(PAD)
    for word, kind in cell.tags:
        size = tag_size(word, kind)
        if x + size.width() > right + 1:
            break
        top = y + (height - 1 - size.height()) // 2
        box = QRectF(round(x), top, size.width(), size.height())
        paint_tag(pen.painter, box, word, kind)
        x += size.width() + px(5)
