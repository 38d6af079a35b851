"""Rows and columns for the tests of tables: the least that has a name, figures and children."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from support.ui import NOW

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.viewmodels.state import Mark


@dataclass(frozen=True)
class Line:
    key: str
    name: str = ""
    value: Decimal | None = None
    change: Decimal | None = None
    quantity: Decimal | None = None
    mark: Mark | None = None
    at: datetime = NOW
    title: str = ""
    children: tuple[Line, ...] = ()


def line(key: str, value: str | None = None, **more: Any) -> Line:
    figures: dict[str, Any] = {
        k: Decimal(v) for k, v in more.items() if k in ("change", "quantity")
    }
    others = {k: v for k, v in more.items() if k not in figures}
    amount = None if value is None else Decimal(value)
    return Line(key, more.get("name", f"{key} Corp."), amount, **figures, **{
        k: v for k, v in others.items() if k != "name"
    })  # fmt: skip


def _total(rows: Any, _now: datetime) -> Cell:
    return Cell(fmt.amount(sum((row.value or Decimal() for row in rows), Decimal())), secret=True)


COLUMNS: tuple[Column[Line], ...] = (
    Column("Symbol", lambda r, _: Cell(r.key, strong=True), lambda r: folded(r.key),
           lambda r: r.key, 110, child=lambda r, _: Cell(r.name, mark=r.mark),
           total=lambda _r, _n: Cell("Total")),
    Column("Name", lambda r, _: Cell(r.name, "text2"), lambda r: folded(r.name), lambda r: r.name,
           200, stretch=True, child=lambda _r, _n: Cell("")),
    Column("Quantity", lambda r, _: Cell(fmt.quantity(r.quantity), secret=True),
           lambda r: r.quantity, lambda r: fmt.plain(r.quantity), 90, number=True,
           decimals=lambda r: fmt.decimals(r.quantity), rank=3),
    Column("Value", lambda r, _: Cell(fmt.amount(r.value, absent=fmt.NO_DATA), secret=True,
                                      hint=f"Exactly {fmt.plain(r.value)}."),
           lambda r: r.value, lambda r: fmt.plain(r.value), 100, number=True, total=_total),
    Column("Day", lambda r, _: Cell(fmt.percent(r.change), gain_tone(r.change),
                                    fmt.glyph(r.change)),
           lambda r: r.change, lambda r: fmt.plain(r.change), 90, number=True, rank=1,
           hint="Since the last close"),
    Column("As of", lambda r, now: Cell(fmt.age(r.at, now, short=True), "text3", small=True),
           lambda r: r.at, lambda r: r.at.isoformat(), 110, number=True, time=True,
           ages=True, rank=2),
)  # fmt: skip


def rows_model() -> TreeRows[Line]:
    return TreeRows(
        COLUMNS,
        children=lambda row: row.children,
        haystack=lambda row: f"{row.key} {row.name}",
        titled=lambda row: row.title,
    )
