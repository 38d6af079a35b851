"""The columns of the activity list."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.amounts import EXACT
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded
from brokerdesk.ui.models.option_words import option_words, shown_symbol
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.activity_rows import ActivityRow
from brokerdesk.ui.viewmodels.base_words import rate_words


def haystack(row: ActivityRow) -> str:
    """What the filter looks at."""
    return (
        f"{row.words} {row.raw_type} {row.symbol} {option_words(row.symbol)} {row.name}"
        f" {row.description} {row.title} {row.order} {row.number} {row.currency}"
    )


def when(at: datetime) -> str:
    """Day and minute; a booking at midnight has only a day."""
    local = at.astimezone(fmt.market_zone())
    day = f"{local.day} {local:%b %Y}"
    if (local.hour, local.minute) == (0, 0) or (at.hour, at.minute) == (0, 0):
        return day
    return f"{day} {local:%H:%M}"


def _when(row: ActivityRow, _now: datetime) -> Cell:
    return Cell(when(row.time), "text2", hint=fmt.stamp(row.time))


def _words(text: str, tone: str = "text2") -> Cell:
    text = tame(text)
    return Cell(text, tone, hint=text)


def _symbol(row: ActivityRow, _now: datetime) -> Cell:
    text = tame(short_symbol(row.symbol))
    hint = tame(f"{shown_symbol(row.symbol)} {row.name}".strip())
    return Cell(text, strong=True, hint=hint)


def short_symbol(symbol: str) -> str:
    """A symbol for a narrow column: of an option the root, its terms stand in the description."""
    return option_words(symbol).partition(" ")[0] or symbol


def _told(row: ActivityRow) -> str:
    option = option_words(row.symbol)
    return " · ".join(part for part in (option, row.description or row.name) if part)


def _secret(text: str, value: Decimal | None, tone: str = "text") -> Cell:
    absent = value is None
    return Cell(text, "text3" if absent else tone, secret=not absent)


def _amount(row: ActivityRow, _now: datetime) -> Cell:
    # Money that comes and goes is no gain and no loss: the sign says it, no colour.
    return Cell(fmt.change(row.amount), strong=True, secret=True, hint=_converted(row))


def _converted(row: ActivityRow) -> str:
    if not row.base:
        return ""
    if row.rate is None:
        return f"There is no exchange rate to {row.base} for this day."
    amount = fmt.change(EXACT.multiply(row.amount, row.rate.value))
    return f"{amount} {row.base}. {rate_words(row.rate, new_york_day(row.time))}."


ACTIVITY_COLUMNS: tuple[Column[ActivityRow], ...] = (
    Column("Time", _when, lambda r: r.time, lambda r: r.time.isoformat(), 154, csv=lambda r: r.time,
           hint="New York time"),
    Column("Type", lambda r, _: _words(r.words, "text"), lambda r: folded(r.words),
           lambda r: r.words, 138, rank=1),
    Column("Symbol", _symbol, lambda r: folded(r.symbol) or None, lambda r: r.symbol, 92, rank=2),
    Column("Description", lambda r, _: _words(_told(r)), lambda r: folded(_told(r)), _told, 180,
           stretch=True),
    Column("Account", lambda r, _: _words(r.title), lambda r: folded(r.title), lambda r: r.title,
           160, rank=4),
    Column("Quantity", lambda r, _: _secret(fmt.quantity(r.quantity), r.quantity),
           lambda r: r.quantity, lambda r: fmt.plain(r.quantity), 90, number=True, rank=3,
           decimals=lambda r: fmt.decimals(r.quantity)),
    Column("Price", lambda r, _: Cell(fmt.price(r.price),
                                      "text" if r.price is not None else "text3"),
           lambda r: r.price, lambda r: fmt.plain(r.price), 84, number=True, rank=5),
    Column("Fees", lambda r, _: _secret(fmt.amount(r.fees), r.fees), lambda r: r.fees,
           lambda r: fmt.plain(r.fees), 70, number=True, rank=6),
    Column("Amount", _amount, lambda r: r.amount, lambda r: fmt.plain(r.amount), 110, number=True,
           hint="Change of cash"),
    Column("Currency", lambda r, _: Cell(r.currency, "text2"), lambda r: r.currency,
           lambda r: r.currency, 84, rank=1),
    Column("Settles", lambda r, _: Cell(fmt.day(r.settles) if r.settles else fmt.NONE,
                                        "text2" if r.settles else "text3"),
           lambda r: r.settles, lambda r: r.settles.isoformat() if r.settles else "", 104,
           number=True, time=True, rank=8, shown=False),
    Column("Order", lambda r, _: _words(r.order), lambda r: r.order or None, lambda r: r.order, 104,
           rank=9, shown=False),
)  # fmt: skip
