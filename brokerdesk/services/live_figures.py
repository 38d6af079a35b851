"""What a newer price makes of a holding's figures: an overlay, never stored. Pure arithmetic.

A figure moves only where it is proven how the broker made it (quantity times multiplier times
mark) and where the price is newer than the broker's. Everything else stays the broker's own.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.quote import Quote
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT, divided

_TOLERANCE = Decimal("0.02")
_CENTS = Decimal("0.05")
_TWO = Decimal(2)


@dataclass(frozen=True, slots=True)
class Base:
    """A holding as its broker reported it. ``at`` is of when the broker's own price is."""

    quantity: Decimal | None
    multiplier: Decimal
    mark: Decimal | None
    value: Decimal | None
    day_pl: Decimal | None
    open_pl: Decimal | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Moved:
    """The same holding at another price. ``delta`` is what its value changed by."""

    price: Decimal
    value: Decimal
    delta: Decimal
    day_pl: Decimal | None
    open_pl: Decimal | None


def price_of(asset_type: AssetType | str, quote: Quote) -> Decimal | None:
    """The price by which a holding is valued: options between bid and ask, all else as last traded.

    None when the quote has no price.
    """
    middle = None
    if quote.bid and quote.ask and quote.bid > 0 and quote.ask > 0:
        middle = divided(EXACT.add(quote.bid, quote.ask), _TWO)
    if asset_type == AssetType.OPTION:
        found = (quote.mark, middle, quote.last)
    else:
        found = (quote.last, quote.mark, middle)
    return next((price for price in found if price is not None and price > 0), None)


def time_of(quote: Quote) -> datetime:
    """Of when a quote is. A source's time that lies ahead of ours proves nothing."""
    if quote.as_of is None or quote.as_of > quote.fetched_at:
        return quote.fetched_at
    return quote.as_of


def moved(base: Base, price: Decimal | None, at: datetime, close: Decimal | None) -> Moved | None:
    """The figures at ``price`` of the moment ``at``; None where the broker's own stay.

    ``close`` is the close before that day: from it the day's change counts when the broker's
    figures are of an earlier day. Bought or sold today counts as if it had been held since.
    """
    if price is None or base.quantity is None or base.mark is None or base.value is None:
        return None
    if base.at is None or at <= base.at or not proven(base):
        return None
    units = EXACT.multiply(base.quantity, base.multiplier)
    value = EXACT.multiply(units, price)
    delta = EXACT.subtract(value, base.value)
    if new_york_day(base.at) == new_york_day(at):
        day = None if base.day_pl is None else EXACT.add(base.day_pl, delta)
    elif close:
        day = EXACT.multiply(units, EXACT.subtract(price, close))
    else:
        day = None
    gain = None if base.open_pl is None else EXACT.add(base.open_pl, delta)
    return Moved(price, value, delta, day, gain)


def proven(base: Base) -> bool:
    """Whether the broker's value is what quantity, multiplier and mark make. A bond's price is in
    percent, and some brokers value by another price than they show.
    """
    if base.quantity is None or base.mark is None or base.value is None:
        return False
    made = EXACT.multiply(EXACT.multiply(base.quantity, base.multiplier), base.mark)
    room = EXACT.add(EXACT.multiply(abs(base.value), _TOLERANCE), _CENTS)
    return abs(EXACT.subtract(made, base.value)) <= room
