"""Rows in the base currency: what a line in another one adds to a sum of all. Exact, over rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from brokerdesk.services.amounts import EXACT, sum_all, sum_known
from brokerdesk.ui.viewmodels.state import AccountRow, InBase, PositionRow, RateRow


def in_base(row: PositionRow) -> Decimal | None:
    """A row's value in the base currency; None when it is not known or there is no rate."""
    return row.value if row.worth is None else row.worth.value


def order_of(row: PositionRow, name: str) -> Decimal | None:
    """A figure to sort by: amounts of different currencies compare by what they are worth."""
    own: Decimal | None = getattr(row, name)
    if row.worth is None:
        return own
    worth: Decimal | None = getattr(row.worth, name)
    return own if worth is None else worth


def rated(rows: Iterable[PositionRow]) -> list[PositionRow]:
    """The rows in the base currency, without those that have no rate."""
    return [_rebased(row) for row in rows if not _unrated(row)]


def _unrated(row: PositionRow) -> bool:
    return row.worth is not None and row.worth.value is None and row.value is not None


def _rebased(row: PositionRow) -> PositionRow:
    worth = row.worth
    if worth is None:
        return row
    return replace(
        row,
        value=worth.value,
        day_pl=worth.day_pl if row.day_pl is not None else None,
        open_pl=worth.open_pl if row.open_pl is not None else None,
        children=tuple(_rebased(one) for one in row.children),
        currency=worth.currency,
        worth=None,
    )


def group_worth(rows: Iterable[PositionRow]) -> InBase | None:
    """What the rows of a group come to; None when all stand in the base currency."""
    listed = tuple(rows)
    first = next((row.worth for row in listed if row.worth is not None), None)
    if first is None:
        return None
    return InBase(
        currency=first.currency,
        value=sum_known(map(in_base, listed)),
        day_pl=sum_known(row.worth.day_pl if row.worth else row.day_pl for row in listed),
        open_pl=sum_known(row.worth.open_pl if row.worth else row.open_pl for row in listed),
        rates=tuple(dict.fromkeys(one for row in listed if row.worth for one in row.worth.rates)),
    )


def cash_worth(
    amount: Decimal | None, currency: str, base: str, rates: Iterable[RateRow]
) -> InBase | None:
    """Cash in the base currency. Where accounts are converted by different rates the amount has no
    value of its own.
    """
    if currency == base or not base:
        return None
    found = [rate for rate in rates if rate.currency == currency]
    if len(found) != 1 or amount is None:
        return InBase(currency=base)
    return InBase(currency=base, value=EXACT.multiply(amount, found[0].value), rates=(found[0],))


def moved(before: PositionRow, after: PositionRow) -> PositionRow:
    """``after`` with its worth in the base currency, at another price than ``before``."""
    worth = before.worth
    if worth is None:
        return after
    if after.children:
        new = replace(
            worth,
            value=sum_all(in_base(one) for one in after.children),
            day_pl=sum_known(one.worth.day_pl for one in after.children if one.worth),
            open_pl=sum_known(one.worth.open_pl for one in after.children if one.worth),
        )
    elif len(worth.rates) == 1:
        rate = worth.rates[0].value
        new = replace(
            worth,
            value=_times(rate, after.value),
            day_pl=_times(rate, after.day_pl),
            open_pl=_times(rate, after.open_pl),
        )
    else:
        return after
    return replace(after, worth=new)


def account_worth(row: AccountRow, change: Decimal, day: Decimal | None) -> InBase | None:
    """An account's worth when its own figures moved by so much, in the account's currency."""
    worth = row.worth
    if worth is None or worth.value is None:
        return worth
    found = [rate.value for rate in worth.rates if rate.currency == row.currency]
    if row.currency != worth.currency and len(found) != 1:
        return worth
    rate = found[0] if row.currency != worth.currency else Decimal(1)
    gained = _times(rate, day)
    return replace(
        worth,
        value=EXACT.add(worth.value, EXACT.multiply(change, rate)),
        day_pl=worth.day_pl
        if worth.day_pl is None or gained is None
        else EXACT.add(worth.day_pl, gained),
    )


def day_of(row: AccountRow) -> Decimal | None:
    """An account's change of the day in the base currency."""
    return row.day_pl if row.worth is None else row.worth.day_pl


def _times(rate: Decimal, amount: Decimal | None) -> Decimal | None:
    return None if amount is None else EXACT.multiply(amount, rate)
