"""What a reading says of its day: points of the value line per currency, the broker's own rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.reading import Reading

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork


def note_value(uow: UnitOfWork, reading: Reading) -> None:
    """The account's total of that New York day, per currency, and what its broker says that other
    currencies were worth in it.
    """
    day = new_york_day(reading.fetched_at)
    said = {one.currency: one.own_rate for one in reading.balances if one.own_rate}
    if said:
        own = {reading.balances[0].currency: Decimal(1)}
        uow.rates.note_own(reading.account, day, own | said)
    for balance in reading.balances:
        if balance.net_liquidation is not None:
            uow.series.append(
                reading.account, day, balance.net_liquidation, currency=balance.currency
            )
    _note_emptied(uow, reading, day)


def _note_emptied(uow: UnitOfWork, reading: Reading, day: date) -> None:
    """A currency that is listed no more holds nothing: what was exchanged would be there twice on
    that day, and for ever in a line of that currency alone.
    """
    listed = {one.currency for one in reading.balances}
    if not listed or any(not one.where.startswith("positions") for one in reading.unread):
        return  # it may be what could not be read
    for currency in uow.series.currencies(reading.account):
        if currency in listed:
            continue
        points = uow.series.values(reading.account, currency=currency)
        if points and points[-1].value and points[-1].day <= day:
            uow.series.append(reading.account, day, Decimal(0), currency=currency)
