"""One account's balances and positions made to add up, nothing counted twice. Pure.

The institution's own total is kept where it can be the total of these very figures. Where money
lies in several currencies each has its own sum, because that total is then a conversion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Context, Decimal

from brokerdesk.domain.balance import Balance
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.position import Position

EXACT = Context(prec=160)
Total = tuple[str, Decimal] | None
_CLOSE = Decimal("0.02")
"""A total this share away from the sum of its parts is of another moment."""
_CENT = Decimal("0.01")


def settle(
    total: Total,
    balances: Sequence[Balance],
    positions: Sequence[Position],
    *,
    complete: bool = True,
) -> tuple[tuple[Balance, ...], tuple[Position, ...]]:
    """Balances with the values of their currencies, the base currency first; what is held.

    Args:
        complete: whether these are all figures there are: else nothing is added up from them.
    """
    code = total[0] if total else (balances[0].currency if balances else "USD")
    rows = {one.currency: one for one in balances}
    rows.setdefault(code, Balance(currency=code))
    for held in positions:
        rows.setdefault(held.instrument.currency, Balance(currency=held.instrument.currency))
    kept = list(positions)
    for name, row in rows.items():
        proves = complete and total is not None and total[0] == name and len(rows) == 1
        own = total[1] if proves and total is not None else None
        rows[name], kept = _without_swept(row, kept, own)
    base = [rows.pop(code)]
    alone = not rows
    result = [
        _valued(row, kept, total, alone=alone, complete=complete) for row in (*base, *rows.values())
    ]
    return tuple(result), tuple(kept)


def _without_swept(
    row: Balance, held: list[Position], total: Decimal | None
) -> tuple[Balance, list[Position]]:
    """A fund that the cash lies in goes to the further figures: by SnapTrade's word it is part of
    the cash. It stays a holding where there is no cash figure, where it is worth more than all
    of the cash, or where the total proves that it is counted apart.
    """
    swept = [
        one
        for one in held
        if one.instrument.asset_type is AssetType.CASH_EQUIVALENT
        and one.instrument.currency == row.currency
        and one.market_value is not None
    ]
    value = _sum(swept)
    if not swept or value is None or row.cash is None or not 0 <= value <= row.cash + _CENT:
        return row, held
    whole = _sum(one for one in held if one.instrument.currency == row.currency)
    if total is not None and whole is not None and value > _CENT:
        apart = abs(total - row.cash - whole)
        within = abs(total - row.cash - whole + value)
        if apart < within:
            return row, held
    moved = tuple(
        (f"sweep.{one.instrument.symbol}", one.market_value)
        for one in swept
        if one.market_value is not None
    )
    return replace(row, others=row.others + moved), [one for one in held if one not in swept]


def _valued(
    row: Balance, held: Sequence[Position], total: Total, *, alone: bool, complete: bool
) -> Balance:
    """The row with what is worth in its currency: the total where it is of these figures, else
    their own sum. A total that is not taken is kept beside.
    """
    own = [one for one in held if one.instrument.currency == row.currency]
    # What a future is worth is no part of an account's value.
    worth = _sum(one for one in own if one.instrument.asset_type is not AssetType.FUTURE)
    counted = None
    if complete and row.cash is not None and worth is not None:
        counted = EXACT.add(row.cash, worth)
    if total is None or total[0] != row.currency:
        return replace(row, net_liquidation=counted)
    if alone and (counted is None or _fits(total[1], counted)):
        return replace(row, net_liquidation=total[1])
    given = (("reported.total", total[1]),)
    return replace(row, net_liquidation=counted, others=row.others + given)


def _fits(total: Decimal, counted: Decimal) -> bool:
    return abs(total - counted) <= max(_CENT, abs(total) * _CLOSE)


def _sum(held: Iterable[Position]) -> Decimal | None:
    """What these are worth; None when part of it has no value."""
    found = Decimal(0)
    for one in held:
        if one.market_value is None:
            return None
        found = EXACT.add(found, one.market_value)
    return found
