"""The columns of the accounts and the positions table."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.models.tree_rows import TreeRows
from brokerdesk.ui.viewmodels.state import MARK_WORDS, AccountRow, PositionRow

_ASSETS = {"etf": "ETF", "cash_equivalent": "Cash equivalent"}


def asset_words(kind: str) -> str:
    """An asset type as a word; ``UNKNOWN(text)`` stays as it is."""
    if kind.startswith("UNKNOWN"):
        return kind
    return _ASSETS.get(kind) or kind.replace("_", " ").capitalize()


def _figure(value: Decimal | None, *, strong: bool = False, absent: str = fmt.NONE) -> Cell:
    return Cell(
        fmt.amount(value, absent=absent), "text3" if value is None else "text", strong=strong
    )


def _gain(value: Decimal | None, *, with_glyph: bool, hanging: str = "") -> Cell:
    glyph = fmt.glyph(value) if with_glyph else ""
    way = {fmt.UP: "up ", fmt.DOWN: "down "}.get(glyph, "")
    text = fmt.change(value)
    return Cell(
        text, gain_tone(value), glyph, hanging=hanging if value is not None else "",
        spoken=f"{way}{text}",
    )  # fmt: skip


def _as_of(row: AccountRow | PositionRow, now: datetime) -> Cell:
    at = row.as_of or row.fetched_at
    if at is None:
        return Cell("never read", "text3")
    said = fmt.age(at, now)
    hint = f"Figures of {fmt.stamp(at)}."
    if row.fetched_at is not None:
        hint += f" Fetched {fmt.stamp(row.fetched_at)}."
    if row.stale:
        return Cell(f"{row.stale}, {said}", "warn", hint=hint)
    return Cell(said, "text3", hint=hint)


def _account_name(row: AccountRow, _now: datetime) -> Cell:
    state = "closed" if row.closed else MARK_WORDS[row.mark]
    return Cell(row.title, "text", mark=row.mark, spoken=f"{row.title}, {state}", hint=row.title)


def _fetched(row: AccountRow, now: datetime) -> Cell:
    return Cell(fmt.age(row.fetched_at, now) if row.fetched_at else fmt.NONE, "text3")


ACCOUNT_COLUMNS: tuple[Column[AccountRow], ...] = (
    Column(
        "Account", _account_name, lambda r: folded(r.title), lambda r: r.title, 260, stretch=True
    ),
    Column(
        "Type",
        lambda r, _: Cell(r.type, "text2", hint=r.type),
        lambda r: folded(r.type),
        lambda r: r.type,
        140,
    ),
    Column(
        "Value",
        lambda r, _: _figure(r.net, strong=True, absent=fmt.NO_DATA),
        lambda r: r.net,
        lambda r: fmt.plain(r.net),
        130,
        number=True,
    ),
    Column(
        "Day P/L",
        lambda r, _: _gain(r.day_pl, with_glyph=True),
        lambda r: r.day_pl,
        lambda r: fmt.plain(r.day_pl),
        120,
        number=True,
    ),
    Column(
        "Cash",
        lambda r, _: _figure(r.cash),
        lambda r: r.cash,
        lambda r: fmt.plain(r.cash),
        120,
        number=True,
    ),
    Column("Currency", lambda r, _: Cell(r.currency, "text2"), lambda r: r.currency,
           lambda r: r.currency, 80),
    Column("As of", _as_of, lambda r: r.as_of or r.fetched_at,
           lambda r: r.as_of.isoformat() if r.as_of else "", 150, number=True, ages=True),
    Column("Fetched", _fetched, lambda r: r.fetched_at,
           lambda r: r.fetched_at.isoformat() if r.fetched_at else "", 130, number=True, ages=True),
)  # fmt: skip


def _symbol(row: PositionRow, _now: datetime) -> Cell:
    return Cell(row.symbol, strong=True, hint=f"{row.symbol} {row.name}".strip())


def _holder(row: PositionRow, _now: datetime) -> Cell:
    return Cell(row.account, "text2", mark=row.mark, hint=row.account,
                spoken=f"{row.account}, {MARK_WORDS[row.mark]}")  # fmt: skip


def _price(value: Decimal | None) -> Cell:
    return Cell(fmt.price(value), "text3" if value is None else "text")


def _holders(row: PositionRow, _now: datetime) -> Cell:
    return Cell(str(max(1, len(row.children))), "text2")


def _blank(_row: PositionRow, _now: datetime) -> Cell:
    return Cell("")


def _star(row: PositionRow) -> str:
    return "*" if row.partial else ""


POSITION_COLUMNS: tuple[Column[PositionRow], ...] = (
    Column("Symbol", _symbol, lambda r: folded(r.symbol), lambda r: r.symbol, 130, child=_holder),
    Column("Name", lambda r, _: Cell(r.name, "text2", hint=r.name), lambda r: folded(r.name),
           lambda r: r.account or r.name, 240, stretch=True, child=_blank),
    Column("Type", lambda r, _: Cell(asset_words(r.asset_type), "text2"), lambda r: r.asset_type,
           lambda r: r.asset_type, 96, child=_blank),
    Column("Quantity", lambda r, _: Cell(fmt.quantity(r.quantity)), lambda r: r.quantity,
           lambda r: fmt.plain(r.quantity), 110, number=True,
           decimals=lambda r: fmt.decimals(r.quantity)),
    Column("Avg cost", lambda r, _: _price(r.average_cost), lambda r: r.average_cost,
           lambda r: fmt.plain(r.average_cost), 96, number=True),
    Column("Last", lambda r, _: _price(r.mark_price), lambda r: r.mark_price,
           lambda r: fmt.plain(r.mark_price), 96, number=True),
    Column("Value", lambda r, _: _figure(r.value, strong=not r.account, absent=fmt.NO_DATA),
           lambda r: r.value, lambda r: fmt.plain(r.value), 120, number=True),
    Column("Day P/L", lambda r, _: _gain(r.day_pl, with_glyph=True), lambda r: r.day_pl,
           lambda r: fmt.plain(r.day_pl), 116, number=True),
    Column("Unrealized", lambda r, _: _gain(r.open_pl, with_glyph=False, hanging=_star(r)),
           lambda r: r.open_pl, lambda r: fmt.plain(r.open_pl), 116, number=True),
    Column("Currency", lambda r, _: Cell(r.currency, "text2"), lambda r: r.currency,
           lambda r: r.currency, 80, child=_blank),
    Column("Accts", _holders, lambda r: len(r.children), lambda r: str(max(1, len(r.children))),
           64, number=True, child=_as_of, ages=True),
)  # fmt: skip


def accounts_model() -> TreeRows[AccountRow]:
    """An empty accounts table."""
    return TreeRows(ACCOUNT_COLUMNS, haystack=lambda r: f"{r.title} {r.type} {r.environment}")


def positions_model() -> TreeRows[PositionRow]:
    """An empty positions table: one row a symbol, its accounts below it."""
    return TreeRows(
        POSITION_COLUMNS,
        children=lambda r: r.children,
        haystack=lambda r: " ".join((r.symbol, r.name, *(c.account for c in r.children))),
    )
