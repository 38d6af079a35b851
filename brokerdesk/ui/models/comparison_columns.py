"""The columns of a comparison: each holding on a past day and now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.viewmodels.comparison import CASH, CompareRow

Whole = Callable[[], tuple[Decimal | None, Decimal | None, Decimal | None]]


def comparison_columns(day: date, whole: Whole) -> tuple[Column[CompareRow], ...]:
    """Of a day beside now; ``whole`` are the totals."""
    short = f"{day.day} {day:%b}"
    return (
        Column("Symbol", _symbol, lambda row: folded(row.symbol), lambda row: row.symbol, 96,
               stretch=True, total=lambda _rows, _now: Cell("Total")),
        Column("What changed", _changed, lambda row: folded(row.change),
               lambda row: row.change, 104),
        _quantity(f"Qty {short}", 0),
        _quantity("Qty last", 1),
        Column("Diff.", _units, lambda row: row.units, lambda row: fmt.plain(row.units), 76,
               number=True, rank=2, hint="How many more are held"),
        _price(f"Price {short}", 0),
        _price("Price last", 1),
        _value(f"Value {short}", 0, whole),
        _value("Value last", 1, whole),
        Column("Difference", _difference, lambda row: row.difference,
               lambda row: fmt.plain(row.difference), 116, number=True,
               total=lambda _rows, _now: _secret(fmt.change(whole()[2], absent=fmt.NO_DATA))),
    )  # fmt: skip


def _secret(text: str, tone: str = "text") -> Cell:
    return Cell(text, tone, secret=any(one.isdigit() for one in text))


def _changed(row: CompareRow, _now: datetime) -> Cell:
    """In words; those with a number of units are hidden with the amounts."""
    return _secret(row.change, "text2")


def _symbol(row: CompareRow, _now: datetime) -> Cell:
    return Cell(row.symbol, strong=True, hint=row.name)


def _quantity(title: str, side: int) -> Column[CompareRow]:
    def cell(row: CompareRow, _now: datetime) -> Cell:
        if row.key == CASH:
            return Cell("")
        return _secret(fmt.quantity(row.quantity[side]), "text" if side else "text2")

    return Column(title, cell, lambda row: row.quantity[side],
                  lambda row: fmt.plain(row.quantity[side]), 84, number=True, rank=2,
                  key=("quantity-then", "quantity-last")[side],
                  decimals=lambda row: fmt.decimals(row.quantity[side]))  # fmt: skip


def _units(row: CompareRow, _now: datetime) -> Cell:
    if row.units is None:
        return Cell("")
    sign = "+" if row.units > 0 else ""
    return _secret(f"{sign}{fmt.quantity(row.units)}")


def _price(title: str, side: int) -> Column[CompareRow]:
    def cell(row: CompareRow, _now: datetime) -> Cell:
        if row.key == CASH:
            return Cell("")
        absent = fmt.NONE if row.gone[side] else fmt.NO_DATA
        return Cell(fmt.price(row.price[side], absent=absent), "text" if side else "text2")

    return Column(title, cell, lambda row: row.price[side],
                  lambda row: fmt.plain(row.price[side]), 88, number=True, rank=1,
                  key=("price-then", "price-last")[side])  # fmt: skip


def _value(title: str, side: int, whole: Whole) -> Column[CompareRow]:
    def cell(row: CompareRow, _now: datetime) -> Cell:
        absent = fmt.NONE if row.gone[side] else fmt.NO_DATA
        return _secret(fmt.amount(row.value[side], absent=absent), "text" if side else "text2")

    def total(_rows: Sequence[CompareRow], _now: datetime) -> Cell:
        return _secret(fmt.amount(whole()[side], absent=fmt.NO_DATA))

    return Column(title, cell, lambda row: row.value[side],
                  lambda row: fmt.plain(row.value[side]), 108, number=True, total=total,
                  key=("value-then", "value-last")[side])  # fmt: skip


def _difference(row: CompareRow, _now: datetime) -> Cell:
    text = fmt.change(row.difference, absent=fmt.NO_DATA)
    if not row.price_only:
        return _secret(text, "text" if row.difference is not None else "text3")
    tone, glyph = gain_tone(row.difference), fmt.glyph(row.difference)
    return Cell(text, tone, glyph, secret=row.difference is not None)
