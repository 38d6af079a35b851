"""What rows are in the base currency, from what services know to what the window shows.

It chooses words for sources; every amount was made below.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from brokerdesk.services import portfolio_view as pv
from brokerdesk.services.base_money import CombinedTotal, Without
from brokerdesk.services.converting import BROKER, PRACTICE, Rate
from brokerdesk.ui.viewmodels.state import AmountRow, InBase, PartRow, RateRow, TotalRow

_SOURCES = {BROKER: "the broker\u2019s own rate", PRACTICE: "practice rate"}
_REFERENCE = "ECB reference rate"


def combined_row(total: CombinedTotal) -> TotalRow:
    """A total of all currencies."""
    return TotalRow(
        environment=total.environment.value,
        currency=total.currency,
        value=total.net_liquidation,
        accounts=total.accounts,
        oldest=total.oldest,
        left_out=total.missing,
        cash=total.cash,
        day_pl=total.day.amount,
        day_percent=total.day.percent,
        day_left_out=total.day.left_out,
        open_pl=total.cost.gain,
        cost_known=total.cost.share,
        doubled=total.doubled,
        rates=_rates(total.rates),
        without=_without(total.without),
        parts=tuple(
            PartRow(currency=one.currency, original=one.original, value=one.value, cash=one.cash)
            for one in total.parts
        ),
    )


def account_worth(row: pv.AccountRow) -> InBase | None:
    worth = row.worth
    if worth is None:
        return None
    return InBase(
        currency=worth.currency,
        value=worth.net,
        cash=worth.cash,
        buying_power=worth.buying_power,
        day_pl=worth.day,
        rates=_rates(worth.rates),
        without=_without(worth.without),
    )


def holding_worth(holding: pv.Holding) -> InBase | None:
    worth = holding.worth
    if worth is None:
        return None
    return InBase(
        currency=worth.currency,
        value=worth.value,
        day_pl=worth.day,
        open_pl=worth.gain,
        rates=_rates(worth.rates),
    )


def part_worth(holding: pv.Holding, part: pv.PositionRow) -> InBase | None:
    """One part of a holding, by its own rate."""
    if holding.worth is None:
        return None
    one, rate = part.position, holding.rate_of(part.position)
    return InBase(
        currency=holding.worth.currency,
        value=_times(rate, one.market_value),
        day_pl=_times(rate, one.day_pl),
        open_pl=_times(rate, one.open_pl),
        rates=_rates([rate]),
    )


def _times(rate: Rate | None, amount: Decimal | None) -> Decimal | None:
    return None if rate is None or amount is None else rate.of(amount)


def rate_row(one: Rate | None) -> RateRow | None:
    """A rate as the window shows it; None for none, and where nothing had to be converted."""
    if one is None or one.day is None:
        return None
    return RateRow(
        currency=one.currency,
        base=one.base,
        value=one.value,
        source=_SOURCES.get(one.source, _REFERENCE),
        day=one.day,
        own=one.source == BROKER,
    )


def _rates(rates: Iterable[Rate | None]) -> tuple[RateRow, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys(row for one in rates if (row := rate_row(one)) is not None))


def _without(found: Without) -> tuple[AmountRow, ...]:
    return tuple(
        AmountRow(currency=currency, amount=amount, accounts=count)
        for currency, amount, count in found
    )
