"""The columns of the accounts and the positions table."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.plain import tame
from brokerdesk.ui.viewmodels.state import MARK_WORDS, AccountRow, PositionRow

_ASSETS = {"etf": "ETF", "cash_equivalent": "Cash equivalent"}


def asset_words(kind: str) -> str:
    """An asset type as a word; ``UNKNOWN(text)`` stays as it is."""
    if kind.startswith("UNKNOWN"):
        return kind
    return _ASSETS.get(kind) or kind.replace("_", " ").capitalize()


def _figure(value: Decimal | None, *, strong: bool = False, absent: str = fmt.NONE) -> Cell:
    return Cell(
        fmt.amount(value, absent=absent),
        "text3" if value is None else "text",
        strong=strong,
        secret=value is not None,
    )


def _gain(value: Decimal | None, *, with_glyph: bool, hanging: str = "") -> Cell:
    return Cell(
        fmt.change(value),
        gain_tone(value),
        fmt.glyph(value) if with_glyph else "",
        hanging=hanging if value is not None else "",
        secret=value is not None,
    )


def _as_of(row: AccountRow | PositionRow, now: datetime) -> Cell:
    at = row.as_of or row.fetched_at
    if at is None:
        return Cell("never read", "text3")
    said = fmt.age(at, now, short=True)
    hint = f"Figures of {fmt.stamp(at)}."
    if row.fetched_at is not None:
        hint += f" Fetched {fmt.stamp(row.fetched_at)}."
    if row.stale:
        return Cell(f"{row.stale}, {said}", "warn", hint=hint)
    return Cell(said, "text3", hint=hint)


def _words(text: str) -> Cell:
    text = tame(text)
    return Cell(text, "text2", hint=text)


def _account_name(row: AccountRow, _now: datetime) -> Cell:
    state = "closed" if row.closed else MARK_WORDS[row.mark]
    title = tame(row.title)
    return Cell(title, "text", mark=row.mark, spoken=f"{title}, {state}", hint=title)


def _fetched(row: AccountRow, now: datetime) -> Cell:
    return Cell(fmt.age(row.fetched_at, now, short=True) if row.fetched_at else fmt.NONE, "text3")


ACCOUNT_COLUMNS: tuple[Column[AccountRow], ...] = (
    Column(
        "Account", _account_name, lambda r: folded(r.title), lambda r: r.title, 260, stretch=True
    ),
    Column(
        "Type",
        lambda r, _: _words(r.type),
        lambda r: folded(r.type),
        lambda r: r.type,
        132,
        rank=2,
    ),
    Column(
        "Value",
        lambda r, _: _figure(r.net, strong=True, absent=fmt.NO_DATA),
        lambda r: r.net,
        lambda r: fmt.plain(r.net),
        124,
        number=True,
    ),
    Column(
        "Day P/L",
        lambda r, _: _gain(r.day_pl, with_glyph=True),
        lambda r: r.day_pl,
        lambda r: fmt.plain(r.day_pl),
        112,
        number=True,
    ),
    Column(
        "Cash",
        lambda r, _: _figure(r.cash),
        lambda r: r.cash,
        lambda r: fmt.plain(r.cash),
        112,
        number=True,
    ),
    Column("Currency", lambda r, _: Cell(r.currency, "text2"), lambda r: r.currency,
           lambda r: r.currency, 78, rank=9),
    Column("As of", _as_of, lambda r: r.as_of or r.fetched_at,
           lambda r: r.as_of.isoformat() if r.as_of else "", 152, number=True,
           time=True, ages=True),
    Column("Fetched", _fetched, lambda r: r.fetched_at,
           lambda r: r.fetched_at.isoformat() if r.fetched_at else "", 128, number=True,
           time=True, ages=True, rank=5),
)  # fmt: skip


def _about(row: PositionRow) -> str:
    return f"{row.symbol} {row.name} {row.holders} {row.hint}".strip()


def _symbol(row: PositionRow, _now: datetime) -> Cell:
    return Cell(tame(row.symbol), strong=True, hint=tame(_about(row)))


def _holder(row: PositionRow, _now: datetime) -> Cell:
    name = tame(row.account)
    return Cell(name, "text2", mark=row.mark, hint=name, spoken=f"{name}, {MARK_WORDS[row.mark]}")


def _price(value: Decimal | None) -> Cell:
    return Cell(fmt.price(value), "text3" if value is None else "text")


def _holder_count(row: PositionRow) -> int:
    return max(1, len(row.children))


def _holders(row: PositionRow, _now: datetime) -> Cell:
    return Cell(str(_holder_count(row)), "text2")


def _blank(_row: PositionRow, _now: datetime) -> Cell:
    return Cell("")


def _star(row: PositionRow) -> str:
    return "*" if row.partial else ""


POSITION_COLUMNS: tuple[Column[PositionRow], ...] = (
    Column("Symbol", _symbol, lambda r: folded(r.symbol), lambda r: r.symbol, 124, child=_holder),
    Column("Name", lambda r, _: _words(r.name), lambda r: folded(r.name),
           lambda r: r.account or r.name, 240, stretch=True, child=_blank),
    Column("Type", lambda r, _: _words(asset_words(r.asset_type)), lambda r: r.asset_type,
           lambda r: r.asset_type, 104, child=_blank, rank=6),
    Column("Quantity", lambda r, _: Cell(fmt.quantity(r.quantity), secret=r.quantity is not None),
           lambda r: r.quantity,
           lambda r: fmt.plain(r.quantity), 100, number=True,
           decimals=lambda r: fmt.decimals(r.quantity)),
    Column("Avg cost", lambda r, _: _price(r.average_cost), lambda r: r.average_cost,
           lambda r: fmt.plain(r.average_cost), 88, number=True, rank=4),
    Column("Last", lambda r, _: _price(r.mark_price), lambda r: r.mark_price,
           lambda r: fmt.plain(r.mark_price), 88, number=True, rank=2),
    Column("Value", lambda r, _: _figure(r.value, strong=not r.account, absent=fmt.NO_DATA),
           lambda r: r.value, lambda r: fmt.plain(r.value), 116, number=True),
    Column("Day P/L", lambda r, _: _gain(r.day_pl, with_glyph=True), lambda r: r.day_pl,
           lambda r: fmt.plain(r.day_pl), 108, number=True, rank=1),
    Column("Unrealized", lambda r, _: _gain(r.open_pl, with_glyph=False, hanging=_star(r)),
           lambda r: r.open_pl, lambda r: fmt.plain(r.open_pl), 116, number=True),
    Column("Currency", lambda r, _: Cell(r.currency, "text2"), lambda r: r.currency,
           lambda r: r.currency, 78, child=_blank, rank=9),
    Column("Accts", _holders, _holder_count, lambda r: str(_holder_count(r)), 92,
           number=True, child=_as_of, time=True, ages=True, rank=3),
)  # fmt: skip


def accounts_model() -> TreeRows[AccountRow]:
    """An empty accounts table."""
    return TreeRows(ACCOUNT_COLUMNS, haystack=lambda r: f"{r.title} {r.type} {r.environment}")


def positions_model() -> TreeRows[PositionRow]:
    """An empty positions table: one row a symbol, its accounts below it."""
    return TreeRows(
        POSITION_COLUMNS,
        children=lambda r: r.children,
        haystack=lambda r: f"{r.symbol} {r.name} {r.holders}",
    )
