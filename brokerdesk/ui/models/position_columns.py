"""The columns of the positions table, its child rows, its groups, its cash and its totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.amounts import sum_known
from brokerdesk.ui import format as fmt
from brokerdesk.ui.models.columns import Cell, Column, folded, gain_tone
from brokerdesk.ui.models.option_words import option_words, shown_symbol
from brokerdesk.ui.plain import tame
from brokerdesk.ui.start import broker_titles
from brokerdesk.ui.viewmodels.base_rows import in_base, order_of
from brokerdesk.ui.viewmodels.base_words import is_old, oldest_day, rates_words, worth_hint
from brokerdesk.ui.viewmodels.position_groups import (
    ACCOUNT,
    SYMBOL,
    is_cash,
    is_group,
    part_unknown,
    parts_of,
    sum_of,
)
from brokerdesk.ui.viewmodels.state import MARK_WORDS, Mark, PositionRow

_ASSETS = {"etf": "ETF", "cash_equivalent": "Cash equivalent"}
_STATES = {
    "live": "Live price",
    "delayed": "Delayed price",
    "polled": "Price asked for",
    "stale": "This price stands still",
}
BLANK = Cell("")
Draw = Callable[[PositionRow, datetime], Cell]


@dataclass
class PositionLook:
    """How the table is arranged: what groups it, and the largest weight, to which bars scale."""

    by: str = SYMBOL
    largest: Decimal | None = None
    fresh: set[str] = field(default_factory=set)
    """The keys of rows whose price has just changed."""


def asset_words(kind: str) -> str:
    """An asset type as a word; ``UNKNOWN(text)`` stays as it is."""
    if kind.startswith("UNKNOWN"):
        return kind
    return _ASSETS.get(kind) or kind.replace("_", " ").capitalize()


def haystack(row: PositionRow) -> str:
    """What the filter looks at: everything by which a holding or its accounts are called."""
    own = (
        f"{row.symbol} {option_words(row.symbol)} {row.name} {row.holders} {row.account}"
        f" {row.asset_class} {row.underlying} {asset_words(row.asset_type)}"
    )
    if not is_group(row):
        return own
    return " ".join((own, *map(haystack, row.children)))


# cells


def _words(text: str, tone: str = "text2") -> Cell:
    text = tame(text)
    return Cell(text, tone, hint=text)


def _amount(value: Decimal | None, *, strong: bool = False, absent: str = fmt.NONE) -> Cell:
    tone = "text3" if value is None else "text"
    return Cell(fmt.amount(value, absent=absent), tone, strong=strong, secret=value is not None)


def _value(row: PositionRow, now: datetime, *, strong: bool = False) -> Cell:
    """A value in its own currency; the tip says what it comes to in the base currency."""
    cell = _amount(row.value, strong=strong, absent=fmt.NO_DATA)
    worth = row.worth
    if worth is None or row.value is None:
        return cell
    cell = replace(cell, text=f"{cell.text} {row.currency}")
    if worth.value is None:
        return replace(cell, hint=f"There is no exchange rate to {worth.currency}.")
    told = f"{fmt.amount(worth.value)} {worth.currency}"
    return replace(cell, hint=f"{told}. {rates_words(worth.rates, new_york_day(now))}")


def _converted(row: PositionRow, now: datetime) -> Cell:
    """The value in the base currency, where the row stands in another one."""
    worth = row.worth
    if worth is None:
        return BLANK
    own = f"{fmt.amount(row.value)} {row.currency}"
    if worth.value is None and row.value is not None:
        hint = f"There is no exchange rate from {row.currency} to {worth.currency}."
        return Cell("no rate", "warn", hint=hint, spoken="no exchange rate", small=True)
    cell = _amount(worth.value, absent=fmt.NO_DATA)
    day = oldest_day(worth.rates)
    tone = "warn" if day is not None and is_old(day, new_york_day(now)) else cell.tone
    return replace(cell, tone=tone, hint=worth_hint(worth, own, new_york_day(now)))


def _price(value: Decimal | None, absent: str = fmt.NONE, *, dim: bool = False) -> Cell:
    tone = "text3" if value is None or dim else "text"
    return Cell(fmt.price(value, absent=absent), tone, small=value is None and absent != fmt.NONE)


def _last(row: PositionRow, *, fresh: bool) -> Cell:
    """The price, with its source when it is newer than the broker's own. One that stands still is
    dimmed, and says so.
    """
    cell = _price(row.mark_price, dim=row.live == "stale" or (row.stale == "old" and not row.live))
    if not row.live:
        return cell
    return replace(cell, hint=price_note(row), spoken=f"{cell.text}, {row.live}", changed=fresh)


def price_note(row: PositionRow) -> str:
    """Where a newer price comes from, of when it is, and what the broker's own is."""
    source, feed = row.price_from
    told = f"{_STATES[row.live]}: {tame(_titles().get(source, source))}"
    if feed != "unknown":
        told += f", {feed.replace('_', ' ')}"
    at = row.price_as_of or row.as_of
    if at is not None:
        told += f", as of {fmt.day(at.astimezone(fmt.market_zone()).date())} {fmt.time_of_day(at)}"
    own = f"The account’s broker: {fmt.price(row.own_price)}"
    if row.own_as_of is not None:
        own += f" of {fmt.stamp(row.own_as_of)}"
    return f"{told}. {own}."


@cache
def _titles() -> dict[str, str]:
    return broker_titles()


def _gain(
    value: Decimal | None, *, glyph: bool = False, hanging: str = "", absent: str = fmt.NONE
) -> Cell:
    return Cell(
        fmt.change(value, absent=absent),
        gain_tone(value),
        fmt.glyph(value) if glyph else "",
        hanging=hanging if value is not None else "",
        secret=value is not None,
    )


def _percent(value: Decimal | None, *, glyph: bool = False, absent: str = fmt.NONE) -> Cell:
    return Cell(
        fmt.percent(value, absent=absent), gain_tone(value), fmt.glyph(value) if glyph else ""
    )


def _symbol(row: PositionRow, _now: datetime) -> Cell:
    symbol = tame(shown_symbol(row.symbol))
    hint = tame(" ".join(part for part in (symbol, row.name, row.holders) if part))
    if is_group(row) and row.accounts and row.key.startswith("group:account:"):
        return Cell(symbol, strong=True, mark=row.mark, hint=hint,
                    spoken=f"{symbol}, {MARK_WORDS[row.mark]}")  # fmt: skip
    return Cell(symbol, strong=True, hint=hint)


def _holder(row: PositionRow, _now: datetime) -> Cell:
    name = tame(row.account)
    return Cell(name, "text2", mark=row.mark, hint=name, spoken=f"{name}, {MARK_WORDS[row.mark]}")


def _absent_day(row: PositionRow) -> str:
    """Cash has no change of the day; a holding without one was asked for it and did not answer."""
    return fmt.NONE if is_cash(row) else fmt.NO_DATA


def _holders(row: PositionRow, _now: datetime) -> Cell:
    return Cell(fmt.whole(_holder_count(row)), "text2")


def _holder_count(row: PositionRow) -> int:
    return max(
        1, len(row.accounts), len({c.accounts for c in row.children} if row.children else ())
    )


def _dated(row: PositionRow, now: datetime) -> Cell:
    """Nothing while a part is as current as it should be, else the date of its figures."""
    at = row.as_of or row.fetched_at
    if at is None:
        return Cell("never read", "text3", small=True)
    hint = f"Figures of {fmt.stamp(at)}."
    if row.fetched_at is not None:
        hint += f" Fetched {fmt.stamp(row.fetched_at)}."
    if not row.stale:
        return Cell("", hint=hint, spoken=fmt.age(at, now, short=True))
    ended = row.mark in (Mark.SIGN_IN, Mark.FAILED)
    zone = fmt.market_zone()
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    said = f"{local:%H:%M}" if local.date() == today else f"{local.day} {local:%b}"
    if local.year != today.year:
        said = f"{local:%b %Y}"
    return Cell(
        said, "loss" if ended else "warn", hint=hint, small=True,
        spoken=f"as of {fmt.stamp(at)}, {row.stale}",
    )  # fmt: skip


def _star(row: PositionRow) -> str:
    return "*" if row.partial else ""


def _order(value: Callable[[PositionRow], Any]) -> Callable[[PositionRow], Any]:
    """Sorts by ``value``; cash has none, so that it stays at the end either way round."""
    return lambda row: None if is_cash(row) else value(row)


def _column(
    title: str, cell: Draw, value: Callable[[PositionRow], Any], width: int, **more: Any
) -> Column[PositionRow]:
    """A column of figures: sorted, copied and exported by its exact value. Amounts named by
    ``order`` are sorted by what they are worth in the base currency.
    """
    more.setdefault("number", True)
    name = more.pop("order", "")
    ranked = (lambda row: order_of(row, name)) if name else value
    return Column(
        title, cell, _order(ranked), lambda row: fmt.plain(value(row)), width, csv=value, **more
    )


def _text(
    title: str, cell: Draw, value: Callable[[PositionRow], str], width: int, **more: Any
) -> Column[PositionRow]:
    return Column(title, cell, _order(lambda row: folded(value(row))), value, width, **more)


# totals


def _total(key: str, draw: Callable[[Decimal | None], Cell]) -> Callable[..., Cell]:
    return lambda rows, _now: draw(sum_of(rows, key))


def _total_open(rows: Sequence[PositionRow], _now: datetime) -> Cell:
    return _gain(sum_of(rows, "open_pl"), hanging="*" if part_unknown(rows) else "")


def _total_value(rows: Sequence[PositionRow], _now: datetime) -> Cell:
    value = sum_of(rows, "value")
    unknown = sum(row.value is None for row in parts_of(rows))
    hint = f"{fmt.count(unknown, 'value is', 'values are')} not known." if unknown else ""
    cell = _amount(value, strong=True, absent=fmt.NO_DATA)
    return Cell(cell.text, cell.tone, strong=True, secret=cell.secret, hint=hint)


def _total_converted(rows: Sequence[PositionRow], _now: datetime) -> Cell:
    return _amount(sum_known(map(in_base, parts_of(rows))), strong=True)


def _total_holders(rows: Sequence[PositionRow], _now: datetime) -> Cell:
    accounts = {key for row in rows if not is_cash(row) for key in row.accounts}
    most = max((len(row.accounts) for row in rows if is_cash(row)), default=0)
    return Cell(fmt.whole(max(len(accounts), most)))


def position_columns(look: PositionLook) -> tuple[Column[PositionRow], ...]:
    """The columns; ``look`` is read whenever a cell is."""

    def child_name(row: PositionRow, now: datetime) -> Cell:
        if look.by == SYMBOL:
            return _holder(row, now)
        return Cell(tame(shown_symbol(row.symbol)), "text", strong=False, hint=tame(row.name))

    def child_words(row: PositionRow, now: datetime) -> Cell:
        return BLANK if look.by == SYMBOL else _words(row.name)

    def child_cost(row: PositionRow, _now: datetime) -> Cell:
        absent = fmt.NONE if is_cash(row) else "not reported"
        return _price(row.average_cost, absent)

    def bar(row: PositionRow, _now: datetime) -> Cell:
        share = None
        if row.weight is not None and look.largest:
            share = min(1.0, max(0.0, float(row.weight / look.largest)))
        return Cell(fmt.weight(row.weight), "text" if row.weight is not None else "text3",
                    bar=share)  # fmt: skip

    def child_bar(row: PositionRow, now: datetime) -> Cell:
        return Cell(fmt.weight(row.weight), "text2" if row.weight is not None else "text3")

    def last(row: PositionRow, _now: datetime) -> Cell:
        return BLANK if is_group(row) else _last(row, fresh=row.key in look.fresh)

    def quantity(row: PositionRow, _now: datetime) -> Cell:
        if is_group(row):
            return Cell(row.name, "text3", small=True)
        tone = "text3" if row.quantity is None else "text"
        return Cell(fmt.quantity(row.quantity), tone, secret=row.quantity is not None)

    def name(row: PositionRow, _now: datetime) -> Cell:
        return BLANK if is_group(row) else _words(row.name)

    def cost(row: PositionRow, _now: datetime) -> Cell:
        return BLANK if is_group(row) else _price(row.average_cost)

    def last_column(row: PositionRow, now: datetime) -> Cell:
        return _dated(row, now) if look.by == SYMBOL else _holders(row, now)

    def holders(row: PositionRow, now: datetime) -> Cell:
        dated = look.by == ACCOUNT and is_group(row)
        return _dated(row, now) if dated else _holders(row, now)

    return (
        _text("Symbol", _symbol, lambda r: shown_symbol(r.symbol), 98, child=child_name,
              total=lambda rows, _now: Cell("Total")),
        Column("Name", name, _order(lambda r: folded(r.name)),
               lambda r: r.account or r.name, 170, stretch=True, child=child_words),
        _text("Type", lambda r, _: _words(asset_words(r.asset_type)),
              lambda r: asset_words(r.asset_type), 96, rank=9,
              child=lambda r, _: BLANK if look.by == SYMBOL else _words(asset_words(r.asset_type))),
        _column("Quantity", quantity, lambda r: r.quantity, 84,
                decimals=lambda r: fmt.decimals(r.quantity), rank=2),
        _column("Avg cost", cost, lambda r: r.average_cost, 84, rank=5, child=child_cost),
        _column("Last", last, lambda r: r.mark_price, 70, rank=3, hint="Last known price"),
        _column("Day", lambda r, _: _percent(r.day_percent, glyph=True, absent=_absent_day(r)),
                lambda r: r.day_percent, 84, rank=4, hint="Change of the day in percent",
                total=_total("day_percent", lambda v: _percent(v, glyph=True))),
        _column("Day P/L", lambda r, _: _gain(r.day_pl, glyph=True, absent=_absent_day(r)),
                lambda r: r.day_pl, 100, rank=8, order="day_pl", hint="Profit or loss of the day",
                total=_total("day_pl", lambda v: _gain(v, glyph=True))),
        _column("Value", lambda r, now: _value(r, now, strong=True),
                lambda r: r.value, 98, total=_total_value, order="value",
                child=lambda r, now: _value(r, now)),
        _column("Converted", _converted, in_base, 104, total=_total_converted, rank=2,
                hint="Value in the base currency", child=_converted),
        _column("Unrealized", lambda r, _: _gain(r.open_pl, hanging=_star(r)), lambda r: r.open_pl,
                108, rank=1, order="open_pl", hint="Profit or loss since it was bought",
                total=_total_open),
        _column("P/L %", lambda r, _: _percent(r.open_percent), lambda r: r.open_percent, 84,
                rank=6, key="open-percent", hint="Unrealized profit or loss in percent of the cost",
                total=_total("open_percent", _percent)),
        _column("Weight", bar, lambda r: r.weight, 104, rank=7, bar=True, child=child_bar,
                hint="Share of the total value",
                total=_total("weight", lambda v: Cell(fmt.weight(v)))),
        Column("Accts", holders, _order(_holder_count), lambda r: str(_holder_count(r)), 62,
               number=True, time=True, ages=True, rank=3, child=last_column, total=_total_holders,
               csv=_holder_count, hint="How many accounts hold it"),
        _text("Currency", lambda r, _: Cell(r.currency, "text2"), lambda r: r.currency, 84, rank=1),
    )  # fmt: skip
