"""Figures of rows at newer prices than their broker's. Pure functions over frozen rows.

Loaded when the first price arrives: the first picture has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.services.amounts import EXACT, day_percent, open_percent, sum_known
from brokerdesk.services.live_figures import Base, moved, price_of, time_of
from brokerdesk.services.quoting_book import LivePrice
from brokerdesk.ui import format as fmt
from brokerdesk.ui.viewmodels.base_rows import account_worth, day_of
from brokerdesk.ui.viewmodels.base_rows import moved as at_worth
from brokerdesk.ui.viewmodels.base_words import value_of
from brokerdesk.ui.viewmodels.position_groups import is_group, sums
from brokerdesk.ui.viewmodels.state import AccountRow, Figures, PositionRow, TotalRow

if TYPE_CHECKING:
    from brokerdesk.services.quoting_holdings import AccountMove
    from brokerdesk.services.quoting_rules import Priced

_WORST = ("stale", "polled", "delayed", "live")
Prices = Mapping[str, LivePrice]
Moves = Mapping[str, "AccountMove"]


def priced_as(of: Priced) -> str:
    """What a price is of, as rows name it."""
    key = of.key
    return "\t".join((of.environment.value, key.symbol, key.asset_type.value, key.currency))


def row_at(row: PositionRow, prices: Prices) -> PositionRow:
    """A holding, a part or a group at the newest prices; itself where none is newer."""
    if row.children:
        children = tuple(row_at(one, prices) for one in row.children)
        if all(new is old for new, old in zip(children, row.children, strict=True)):
            return row
        return at_worth(row, _whole(row, children))
    price = prices.get(row.priced_as) if row.priced_as else None
    if price is None:
        return row
    new = _single(row, price)
    return row if new is row else at_worth(row, new)


def _single(row: PositionRow, price: LivePrice) -> PositionRow:
    quote = price.quote
    at = time_of(quote)
    base = Base(row.quantity, row.multiplier, row.mark_price, row.value, row.day_pl, row.open_pl,
                row.as_of or row.fetched_at)  # fmt: skip
    new = moved(base, price_of(price.of.key.asset_type, quote), at, quote.previous_close)
    if new is None:
        return row
    cost = None
    if row.value is not None and row.open_pl is not None:
        cost = EXACT.subtract(row.value, row.open_pl)
    return replace(
        row,
        mark_price=new.price,
        value=new.value,
        day_pl=new.day_pl,
        open_pl=new.open_pl,
        day_percent=day_percent(new.day_pl, new.value),
        open_percent=open_percent(new.open_pl, cost) if new.open_pl is not None else None,
        as_of=at,
        live=price.state.value,
        price_from=(quote.source, quote.feed.value),
        own_price=row.mark_price,
        own_as_of=row.as_of or row.fetched_at,
    )


def _whole(row: PositionRow, children: tuple[PositionRow, ...]) -> PositionRow:
    """A row whose parts have other figures. Groups are sums; a holding moves by what its parts do,
    so that what is not known of a part stays out of it as before.
    """
    told = [one for one in children if one.live]
    worst = next((one for one in _WORST if any(child.live == one for child in told)), "")
    if is_group(row):
        made: dict[str, Any] = sums(children)
        return replace(row, children=children, live=worst, **made)
    value = _shifted(row.value, row.children, children, lambda one: one.value)
    day = _shifted(row.day_pl, row.children, children, lambda one: one.day_pl)
    gain = _shifted(row.open_pl, row.children, children, lambda one: one.open_pl)
    costs = [
        EXACT.subtract(one.value, one.open_pl)
        for one in row.children
        if one.value is not None and one.open_pl is not None
    ]
    _, newest = max(
        ((one.as_of, one) for one in told if one.as_of is not None), key=lambda pair: pair[0]
    )
    return replace(
        row,
        children=children,
        mark_price=newest.mark_price,
        value=value,
        day_pl=day,
        open_pl=gain,
        day_percent=day_percent(day, value),
        open_percent=open_percent(gain, sum_known(costs)) if gain is not None else None,
        live=worst,
        price_from=newest.price_from,
        price_as_of=newest.as_of,
        own_price=row.mark_price,
        own_as_of=newest.own_as_of,
    )


def _shifted(
    whole: Decimal | None,
    before: Sequence[PositionRow],
    after: Sequence[PositionRow],
    figure: Callable[[PositionRow], Decimal | None],
) -> Decimal | None:
    """``whole`` moved by what its parts moved; None when a part is not known any more."""
    if whole is None:
        return None
    for old, new in zip(before, after, strict=True):
        if new is old:
            continue
        was, now = figure(old), figure(new)
        if was is None:
            continue
        if now is None:
            return None
        whole = EXACT.add(whole, EXACT.subtract(now, was))
    return whole


def account_at(row: AccountRow, moves: Moves) -> AccountRow:
    """An account with its positions at the newest prices."""
    move = moves.get(row.key)
    if move is None or not move.priced or row.net is None:
        return row
    if (move.net, move.currency) != (row.net, row.currency):
        return row  # it belongs to another reading
    net = EXACT.add(row.net, move.value)
    worth = account_worth(row, move.value, move.day)
    day = row.day_pl
    if day is not None and move.day is not None:
        day = EXACT.add(day, move.day)
    as_of = row.as_of
    if as_of is not None and move.at is not None and new_york_day(move.at) > new_york_day(as_of):
        as_of = move.at  # the change is of another day now
    return replace(
        row,
        net=net,
        worth=worth,
        as_of=as_of,
        day_pl=day,
        day_percent=day_percent(day, net),
        live=live_words(move.priced, move.count, move.stale),
    )


def figures_at(figures: Figures, prices: Prices, moves: Moves) -> Figures:
    """Accounts, totals and movers at the newest prices; itself where none is newer."""
    accounts = tuple(account_at(row, moves) for row in figures.accounts)
    movers = tuple(row_at(row, prices) for row in figures.movers)
    if accounts == figures.accounts and movers == figures.movers:
        return figures
    pairs = list(zip(figures.accounts, accounts, strict=True))
    return replace(
        figures,
        accounts=accounts,
        totals=tuple(_total(total, pairs, moves) for total in figures.totals),
        combined=tuple(_total(total, pairs, moves, whole=True) for total in figures.combined),
        movers=tuple(sorted(movers, key=_mover_order)),
    )


def _total(
    total: TotalRow,
    pairs: Sequence[tuple[AccountRow, AccountRow]],
    moves: Moves,
    *,
    whole: bool = False,
) -> TotalRow:
    """A total at the newest prices; ``whole``: of all currencies, in the base currency."""
    if total.value is None:
        return total
    value, day, gain = total.value, total.day_pl, total.open_pl
    priced = stale = count = 0
    for old, new in pairs:
        same = old.environment == total.environment and (whole or old.currency == total.currency)
        move = moves.get(old.key)
        if not same or not old.counts or move is None:
            continue
        before, now = (value_of(old), value_of(new)) if whole else (old.net, new.net)
        if whole and before is None:
            continue  # without an exchange rate it is no part of this
        count += move.count
        if new is old or before is None or now is None:
            continue
        change = EXACT.subtract(now, before)
        value = EXACT.add(value, change)
        gain = None if gain is None else EXACT.add(gain, change)
        was, gained = (day_of(old), day_of(new)) if whole else (old.day_pl, new.day_pl)
        if day is not None and gained is not None and was is not None:
            day = EXACT.add(day, EXACT.subtract(gained, was))
        priced, stale = priced + move.priced, stale + move.stale
    if not priced:
        return total
    return replace(
        total,
        value=value,
        day_pl=day,
        day_percent=day_percent(day, value),
        open_pl=gain,
        live=live_words(priced, count, stale),
    )


def live_words(priced: int, count: int, stale: int) -> str:
    """How much of a figure is at newer prices than its broker's."""
    if not priced:
        return ""
    told = f"newer prices for {fmt.whole(priced)} of {fmt.count(max(count, priced), 'position')}"
    if stale == priced:
        return f"{told}, standing still"
    return f"{told}, {fmt.whole(stale)} standing still" if stale else told


def _mover_order(row: PositionRow) -> tuple[str, str, Decimal, str]:
    return (row.environment, row.currency, -abs(row.day_pl or Decimal(0)), row.symbol)
