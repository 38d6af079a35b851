"""Which option series are listed: expirations and strikes, by rule.

Weekly ones for the next weeks, monthly ones for a year. Any well-formed symbol has a price in the
simulated market; these are the ones that a chain shows.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.listings import Kind, Listing

WEEKS = 6
MONTHS = 12
FRIDAY = 4
REACH = Decimal("0.3")
"""How far from the price, as a share of it, strikes are listed."""
STEPS = ((25, "0.5"), (100, "1"), (250, "2.5"), (600, "5"), (2000, "10"))
WIDEST = Decimal(50)


def optionable(listing: Listing) -> bool:
    """Whether options on it are listed at all."""
    return listing.kind in (Kind.EQUITY, Kind.ETF)


def expirations(today: date) -> dict[date, bool]:
    """The days from today on at which series expire, in order; True: a monthly one."""
    friday = today + timedelta(days=(FRIDAY - today.weekday()) % 7)
    found = {_open_day(friday + timedelta(weeks=week)): False for week in range(WEEKS)}
    for step in range(MONTHS + 1):
        year, month = divmod(today.year * 12 + today.month - 1 + step, 12)
        found[_open_day(calendar.third_friday(year, month + 1))] = True
    return {day: found[day] for day in sorted(found) if day >= today}


def strikes(price: Decimal) -> list[Decimal]:
    """The strikes around a price, lowest first."""
    step = next((Decimal(text) for most, text in STEPS if price < most), WIDEST)
    lowest = max(1, int(price * (1 - REACH) / step))
    highest = int(price * (1 + REACH) / step) + 1
    return [step * place for place in range(lowest, highest + 1)]


def _open_day(day: date) -> date:
    """A Friday on which the exchange is shut expires the day before."""
    return day if calendar.is_trading_day(day) else calendar.previous_trading_day(day)
