"""The columns of the list of orders and of the legs and tied orders below each."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded
from brokerdesk.ui.models.option_words import option_words, shown_symbol
from brokerdesk.ui.plain import tame
from brokerdesk.ui.privacy import DOTS, privacy
from brokerdesk.ui.viewmodels.order_rows import LEG, OrderRow, part_filled

BLANK = Cell("")
_PICTURES = {
    "filled": "done",
    "rejected": "error",
    "unknown": "unknown",
    "cancelled": "cross",
    "replaced": "cross",
    "expired": "cross",
    "not_sent": "cross",
    "absent": "cross",
}
_TONES = {"rejected": "loss", "unknown": "warn", "filled": "gain"}
_MODES = ("live", "paper", "practice")


def haystack(row: OrderRow) -> str:
    """What the filter looks at, legs and tied orders included."""
    own = (
        f"{row.side} {row.symbol} {option_words(row.symbol)} {row.name} {row.title} {row.type}"
        f" {row.status} {row.status_text} {row.number} {row.lasts} {row.strategy} {row.mode}"
        f" {row.client_id}"
    )
    return " ".join((own, *map(haystack, row.children)))


def state_tone(row: OrderRow) -> str:
    """The colour of a state: its words and its picture say the same."""
    return "warn" if row.turned_up else _TONES.get(row.state, "text2")


def state_picture(row: OrderRow) -> str:
    """The picture of a state."""
    if row.asked is not None or row.proposed is not None or row.turned_up:
        return "help"
    return _PICTURES.get(row.state, "clock")


def state_words(row: OrderRow, *, private: bool) -> str:
    """The state in words; how much is filled, unless amounts are hidden."""
    if row.asked is not None:
        return "Needs your answer"
    if row.proposed is not None or row.turned_up:
        return "Not there: is one yours?" if row.turned_up else "Unknown: is one yours?"
    if row.state == "rejected" and row.status_text:
        return f"{row.status}: {row.status_text}"
    if row.state == "filled" and row.filled and not private:
        return f"Filled {fmt.quantity(row.filled)} of {fmt.quantity(row.quantity)}"
    if not part_filled(row):
        return f"Accepted, {row.status.lower()}" if _accepted(row) else row.status
    if private:
        return "Partly filled" if row.live else f"{row.status}, partly filled"
    done = f"{fmt.quantity(row.filled)} of {fmt.quantity(row.quantity)}"
    if row.state in ("working", "pending"):
        return f"Partly filled {done}"
    return f"{row.status}, {done} filled"


def _accepted(row: OrderRow) -> bool:
    return row.state == "working" and row.intent_state in ("accepted", "found")


def _state(row: OrderRow, _now: datetime) -> Cell:
    if not row.status:
        return BLANK
    said = tame(state_words(row, private=privacy().on))
    hint = said
    if row.status_text and row.status_text not in said:
        hint = f"{said}. “{tame(row.status_text)}”"
    tone = "warn" if row.asked is not None else state_tone(row)
    strong = row.unknown or row.asked is not None
    return Cell(said, tone, strong=strong, icon=state_picture(row), hint=hint, spoken=hint)


def when(at: datetime, now: datetime) -> str:
    """The minute of a day that is today, else day and minute."""
    local = at.astimezone(fmt.market_zone())
    if local.date() == now.astimezone(fmt.market_zone()).date():
        return f"{local:%H:%M}"
    return fmt.short_stamp(at, now).removesuffix(" ET")


def _time(row: OrderRow, now: datetime) -> Cell:
    if row.time is None:
        return Cell(fmt.NONE, "text3")
    return Cell(when(row.time, now), "text2", hint=fmt.stamp(row.time))


def _first(row: OrderRow, _now: datetime) -> Cell:
    if row.part == LEG:
        return Cell("Leg", "text3")
    return Cell(tame(f"Order {row.number}"), "text2", hint=tame(row.number))


def _mode(row: OrderRow, _now: datetime) -> Cell:
    if row.mode not in _MODES:
        return BLANK
    word = row.mode.upper()
    return Cell("", tags=((word, row.mode),), hint=_MODE_WORDS[row.mode], spoken=row.mode)


_MODE_WORDS = {"live": "Real money", "paper": "The broker’s paper account", "practice": "Practice"}


def size_words(row: OrderRow, *, private: bool = False) -> str:
    """How many, or for how much: 20, $500.00, or dots."""
    if row.notional is not None:
        return DOTS if private else fmt.total(row.notional, row.currency or "USD")
    if row.quantity is None:
        return ""
    return DOTS if private else fmt.quantity(row.quantity)


def order_words(row: OrderRow, *, private: bool) -> str:
    """What is ordered: Buy 20 JPM."""
    parts = (row.side, size_words(row, private=private), shown_symbol(row.symbol))
    return " ".join(part for part in parts if part)


def _order(row: OrderRow, _now: datetime) -> Cell:
    hidden = privacy().on
    rest = [size_words(row, private=hidden), shown_symbol(row.symbol)]
    text = tame(" ".join(part for part in rest if part))
    spoken = " ".join((row.side, "hidden number of" if hidden else rest[0], rest[1]))
    name = f" · {tame(row.name)}" if row.name else ""
    lead = tame(row.side)
    return Cell(
        text, lead=lead, lead_tone=row.way or "text2", hint=f"{lead} {text}{name}".strip(),
        spoken=tame(spoken),
    )  # fmt: skip


def _words(text: str) -> Cell:
    text = tame(text)
    return Cell(text, "text2", hint=text)


def _units(value: Decimal | None, row: OrderRow) -> Cell:
    if value is None:
        return BLANK if row.part == LEG else Cell(fmt.NONE, "text3")
    return Cell(fmt.quantity(value), secret=True)


def price_words(row: OrderRow) -> str:
    """The limit, and the stop that sets it off; by how much a stop trails."""
    parts = [fmt.price(row.limit)] if row.limit is not None else []
    if row.stop is not None:
        parts.append(f"stop {fmt.price(row.stop)}" if parts else fmt.price(row.stop))
    if row.trail:
        parts.append(f"by {row.trail}")
    return " ".join(parts)


def type_words(row: OrderRow) -> str:
    """The type with its price: Limit 309.40."""
    return f"{row.type} {price_words(row)}".strip()


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
    Column("Time", _time, lambda r: r.time, lambda r: r.time.isoformat() if r.time else "", 126,
           child=_first, csv=lambda r: r.time, hint="When it was entered, New York time"),
    Column("Mode", _mode, lambda r: r.mode, lambda r: r.mode, 96, child=lambda _r, _: BLANK,
           hint="Real money, a paper account or practice"),
    Column("Order", _order, lambda r: folded(shown_symbol(r.symbol)) or None,
           lambda r: order_words(r, private=False), 150, stretch=True,
           private=lambda r: order_words(r, private=True), key="symbol"),
    Column("Type", lambda r, _: _words(type_words(r)), lambda r: folded(type_words(r)),
           type_words, 172, rank=2),
    Column("State", _state, lambda r: folded(r.status) or None,
           lambda r: state_words(r, private=False), 190, stretch=True,
           private=lambda r: state_words(r, private=True), key="status"),
    Column("Account", lambda r, _: _words(r.title), lambda r: folded(r.title), lambda r: r.title,
           170, rank=3, child=lambda _r, _: BLANK),
    Column("Time in force", lambda r, _: _words(r.lasts), lambda r: folded(r.lasts) or None,
           lambda r: r.lasts, 112, rank=5),
    Column("Avg price", _average, lambda r: r.average, lambda r: fmt.plain(r.average), 80,
           number=True, rank=4, hint="Average price of the fills"),
    Column("Quantity", lambda r, _: _units(r.quantity, r), lambda r: r.quantity,
           lambda r: fmt.plain(r.quantity), 74, number=True,
           decimals=lambda r: fmt.decimals(r.quantity), rank=7, shown=False),
    Column("Filled", lambda r, _: _units(r.filled, r), lambda r: r.filled,
           lambda r: fmt.plain(r.filled), 66, number=True, rank=8, shown=False,
           decimals=lambda r: fmt.decimals(r.filled)),
    Column("Price", _price, lambda r: r.limit if r.limit is not None else r.stop, price_words,
           134, number=True, rank=9, csv=lambda r: r.limit, hint="Limit and stop", shown=False),
    Column("Order id", lambda r, _: _words(r.number), lambda r: r.number, lambda r: r.number, 110,
           rank=10, shown=False, key="order"),
)  # fmt: skip
