"""The columns of the list of orders and of the legs and tied orders below each."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.activity_columns import when
from brokerdesk.ui.models.columns import Cell, Column, folded
from brokerdesk.ui.models.option_words import option_words, shown_symbol
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import privacy
from brokerdesk.ui.viewmodels.order_rows import LEG, OrderRow, part_filled
from brokerdesk.ui.viewmodels.state import Mark

BLANK = Cell("")
_MARKS = {
    "filled": Mark.LIVE,
    "pending": Mark.SAVED,
    "working": Mark.SAVED,
    "cancel_pending": Mark.SAVED,
    "replace_pending": Mark.SAVED,
    "rejected": Mark.FAILED,
    "unknown": Mark.SUSPECT,
}
_TONES = {"rejected": "loss", "unknown": "warn"}


def haystack(row: OrderRow) -> str:
    """What the filter looks at, legs and tied orders included."""
    own = (
        f"{row.side} {row.symbol} {option_words(row.symbol)} {row.name} {row.title} {row.type}"
        f" {row.status} {row.status_text} {row.number} {row.lasts} {row.strategy}"
    )
    return " ".join((own, *map(haystack, row.children)))


def status_text(row: OrderRow, *, private: bool) -> str:
    """The state; a partial fill says how much, unless amounts are hidden."""
    if not part_filled(row):
        return row.status
    if private:
        return f"{row.status}, part filled"
    return f"{row.status}, {fmt.quantity(row.filled)} of {fmt.quantity(row.quantity)} filled"


def _status(row: OrderRow, _now: datetime) -> Cell:
    if not row.status:
        return BLANK
    said = tame(status_text(row, private=privacy().on))
    # Quantities are in their own columns; here the words have to fit.
    text = tame(f"{row.status}, part filled" if part_filled(row) else row.status)
    hint = f"{said}. “{tame(row.status_text)}”" if row.status_text else said
    return Cell(text, _TONES.get(row.state, "text"), mark=_MARKS.get(row.state), hint=hint,
                spoken=hint)  # fmt: skip


def _time(row: OrderRow, _now: datetime) -> Cell:
    if row.time is None:
        return Cell(fmt.NONE, "text3")
    return Cell(when(row.time), "text2", hint=fmt.stamp(row.time))


def _first(row: OrderRow, _now: datetime) -> Cell:
    if row.part == LEG:
        return Cell("Leg", "text3")
    return Cell(tame(f"Order {row.number}"), "text2", hint=tame(row.number))


def _side(row: OrderRow, _now: datetime) -> Cell:
    return Cell(tame(row.side), row.way or "text2", strong=bool(row.way))


def _symbol(row: OrderRow, _now: datetime) -> Cell:
    text = tame(shown_symbol(row.symbol))
    return Cell(text, strong=True, hint=tame(f"{text} {row.name}".strip()))


def _child_symbol(row: OrderRow, _now: datetime) -> Cell:
    text = tame(shown_symbol(row.symbol))
    return Cell(text, hint=tame(f"{text} {row.name}".strip()))


def _words(text: str) -> Cell:
    text = tame(text)
    return Cell(text, "text2", hint=text)


def _units(value: Decimal | None, row: OrderRow) -> Cell:
    if value is None:
        return BLANK if row.part == LEG else Cell(fmt.NONE, "text3")
    return Cell(fmt.quantity(value), secret=True)


def price_words(row: OrderRow) -> str:
    """The limit, and the stop that sets it off."""
    parts = [fmt.price(row.limit)] if row.limit is not None else []
    if row.stop is not None:
        parts.append(f"stop {fmt.price(row.stop)}")
    return " ".join(parts)


def _price(row: OrderRow, _now: datetime) -> Cell:
    text = price_words(row)
    if row.part == LEG:
        return BLANK
    return Cell(text) if text else Cell(fmt.NONE, "text3")


def _average(row: OrderRow, _now: datetime) -> Cell:
    if row.part == LEG:
        return BLANK
    return Cell(fmt.price(row.average), "text" if row.average is not None else "text3")


ORDER_COLUMNS: tuple[Column[OrderRow], ...] = (
    Column("Time", _time, lambda r: r.time, lambda r: r.time.isoformat() if r.time else "", 166,
           child=_first, csv=lambda r: r.time, hint="When it was entered, New York time"),
    Column("Side", _side, lambda r: folded(r.side) or None, lambda r: r.side, 92),
    Column("Symbol", _symbol, lambda r: folded(shown_symbol(r.symbol)) or None,
           lambda r: shown_symbol(r.symbol), 110, stretch=True, child=_child_symbol),
    Column("Account", lambda r, _: _words(r.title), lambda r: folded(r.title), lambda r: r.title,
           150, rank=5, child=lambda _r, _: BLANK),
    Column("Quantity", lambda r, _: _units(r.quantity, r), lambda r: r.quantity,
           lambda r: fmt.plain(r.quantity), 74, number=True,
           decimals=lambda r: fmt.decimals(r.quantity)),
    Column("Filled", lambda r, _: _units(r.filled, r), lambda r: r.filled,
           lambda r: fmt.plain(r.filled), 66, number=True, rank=3,
           decimals=lambda r: fmt.decimals(r.filled)),
    Column("Type", lambda r, _: _words(r.type), lambda r: folded(r.type), lambda r: r.type, 96,
           rank=4),
    Column("Price", _price, lambda r: r.limit if r.limit is not None else r.stop, price_words,
           134, number=True, rank=2, csv=lambda r: r.limit, hint="Limit and stop"),
    Column("Time in force", lambda r, _: _words(r.lasts), lambda r: folded(r.lasts) or None,
           lambda r: r.lasts, 116, rank=6),
    Column("Status", _status, lambda r: folded(r.status) or None, lambda r: r.status, 204, rank=1),
    Column("Avg price", _average, lambda r: r.average, lambda r: fmt.plain(r.average), 80,
           number=True, rank=7, hint="Average price of the fills"),
    Column("Order", lambda r, _: _words(r.number), lambda r: r.number, lambda r: r.number, 110,
           rank=9, shown=False),
)  # fmt: skip
