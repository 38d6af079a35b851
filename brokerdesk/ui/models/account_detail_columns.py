"""The columns of one account's positions and of its transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.plain import tame

_ASSETS = {"etf": "ETF", "cash_equivalent": "Cash equivalent"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingRow:
    """One position of the account."""

    key: str
    symbol: str
    name: str
    kind: str
    currency: str
    quantity: Decimal
    average_cost: Decimal | None
    price: Decimal | None
    value: Decimal | None
    day_pl: Decimal | None
    open_pl: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One transaction of the account."""

    key: str
    time: datetime
    kind: str
    text: str
    symbol: str
    quantity: Decimal | None
    price: Decimal | None
    fees: Decimal | None
    amount: Decimal
    currency: str


def kind_words(kind: str) -> str:
    """A type as a word; ``UNKNOWN(text)`` stays as it is."""
    if kind.startswith("UNKNOWN"):
        return kind
    return _ASSETS.get(kind) or kind.replace("_", " ").capitalize()


def _words(text: str, tone: str = "text2") -> Cell:
    shown = tame(text)
    return Cell(shown, tone, hint=shown)


def _secret(text: str, value: Any, tone: str = "text", **more: Any) -> Cell:
    absent = value is None
    return Cell(text, "text3" if absent else tone, secret=not absent, **more)


def _amount(value: Decimal | None, *, absent: str = fmt.NONE, **more: Any) -> Cell:
    return _secret(fmt.amount(value, absent=absent), value, **more)


def _gain(value: Decimal | None, *, glyph: bool) -> Cell:
    if value is None:
        return Cell(fmt.NO_DATA, "text3")
    sign = fmt.glyph(value) if glyph else ""
    return Cell(fmt.change(value), gain_tone(value), sign, secret=True)


def _price(value: Decimal | None) -> Cell:
    return Cell(fmt.price(value), "text3" if value is None else "text")


def _sum(pick: Callable[[HoldingRow], Decimal | None], gain: bool) -> Any:
    """The total of a column, where all rows are in one currency and all are known."""

    def total(rows: Sequence[HoldingRow], _now: datetime) -> Cell:
        values = [pick(row) for row in rows]
        known = [value for value in values if value is not None]
        if len({row.currency for row in rows}) != 1 or len(known) != len(values):
            return Cell("")
        whole = sum(known, Decimal(0))
        if gain:
            return Cell(fmt.change(whole), gain_tone(whole), strong=True, secret=True)
        return Cell(fmt.amount(whole), strong=True, secret=True)

    return total


def _count(rows: Sequence[HoldingRow], _now: datetime) -> Cell:
    return Cell(fmt.count(len(rows), "position"), strong=True)


HOLDING_COLUMNS: tuple[Column[HoldingRow], ...] = (
    Column("Symbol", lambda r, _: Cell(tame(r.symbol), strong=True, hint=tame(r.symbol)),
           lambda r: folded(r.symbol), lambda r: r.symbol, 110, total=_count),
    Column("Name", lambda r, _: _words(r.name), lambda r: folded(r.name), lambda r: r.name, 180,
           stretch=True, rank=2),
    Column("Type", lambda r, _: _words(kind_words(r.kind)), lambda r: r.kind, lambda r: r.kind,
           96, rank=6),
    Column("Quantity", lambda r, _: Cell(fmt.quantity(r.quantity), secret=True),
           lambda r: r.quantity, lambda r: fmt.plain(r.quantity), 96, number=True,
           decimals=lambda r: fmt.decimals(r.quantity)),
    Column("Avg cost", lambda r, _: _price(r.average_cost), lambda r: r.average_cost,
           lambda r: fmt.plain(r.average_cost), 84, number=True, rank=5),
    Column("Last", lambda r, _: _price(r.price), lambda r: r.price, lambda r: fmt.plain(r.price),
           84, number=True, rank=3),
    Column("Value", lambda r, _: _amount(r.value, absent=fmt.NO_DATA, strong=True),
           lambda r: r.value, lambda r: fmt.plain(r.value), 108, number=True,
           total=_sum(lambda r: r.value, False)),
    Column("Day P/L", lambda r, _: _gain(r.day_pl, glyph=True), lambda r: r.day_pl,
           lambda r: fmt.plain(r.day_pl), 104, number=True, rank=1,
           total=_sum(lambda r: r.day_pl, True)),
    Column("Unrealized", lambda r, _: _gain(r.open_pl, glyph=False), lambda r: r.open_pl,
           lambda r: fmt.plain(r.open_pl), 108, number=True, rank=4,
           total=_sum(lambda r: r.open_pl, True)),
    Column("Currency", lambda r, _: Cell(r.currency, "text2"), lambda r: r.currency,
           lambda r: r.currency, 74, rank=9),
)  # fmt: skip


def _moment(row: EntryRow) -> Cell:
    return Cell(fmt.stamp(row.time), "text2", small=True)


ENTRY_COLUMNS: tuple[Column[EntryRow], ...] = (
    Column("When", lambda r, _: _moment(r), lambda r: r.time, lambda r: r.time.isoformat(), 166),
    Column("Type", lambda r, _: _words(kind_words(r.kind), "text"), lambda r: r.kind,
           lambda r: r.kind, 150),
    Column("Symbol", lambda r, _: Cell(tame(r.symbol), strong=True), lambda r: folded(r.symbol),
           lambda r: r.symbol, 90, rank=2),
    Column("Description", lambda r, _: _words(r.text), lambda r: folded(r.text), lambda r: r.text,
           180, stretch=True, rank=1),
    Column("Quantity",
           lambda r, _: _secret(fmt.quantity(r.quantity, absent=""), r.quantity),
           lambda r: r.quantity, lambda r: fmt.plain(r.quantity), 92, number=True, rank=3,
           decimals=lambda r: fmt.decimals(r.quantity)),
    Column("Price", lambda r, _: Cell(fmt.price(r.price, absent="")), lambda r: r.price,
           lambda r: fmt.plain(r.price), 84, number=True, rank=4),
    Column("Fees", lambda r, _: _amount(r.fees, absent=""), lambda r: r.fees,
           lambda r: fmt.plain(r.fees), 72, number=True, rank=5),
    Column("Amount", lambda r, _: Cell(fmt.change(r.amount), secret=True), lambda r: r.amount,
           lambda r: fmt.plain(r.amount), 110, number=True),
    Column("Currency", lambda r, _: Cell(r.currency, "text2"), lambda r: r.currency,
           lambda r: r.currency, 74, rank=9),
)  # fmt: skip
