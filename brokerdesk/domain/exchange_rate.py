"""What currencies were worth on a day, and on which days the European Central Bank says so.

Reference rates are for one euro. The calendar follows the central bank's own: its payment system is
open on weekdays but for six holidays (https://www.ecb.europa.eu/ecb/contacts/working-hours), and on
each such day rates are published at about 16:00 in Frankfurt. It must not know who asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from brokerdesk.domain.exact import check_amount
from brokerdesk.domain.market_hours import easter
from brokerdesk.facts import dataclass

EURO = "EUR"
PUBLISHED = time(16, 15)
"""Rates are promised for about 16:00; whoever asks at that minute may be too early."""
CURRENCIES = (
    ("USD", "US dollar"),
    ("EUR", "Euro"),
    ("GBP", "British pound"),
    ("JPY", "Japanese yen"),
    ("CHF", "Swiss franc"),
    ("CAD", "Canadian dollar"),
    ("AUD", "Australian dollar"),
    ("NZD", "New Zealand dollar"),
    ("SEK", "Swedish krona"),
    ("NOK", "Norwegian krone"),
    ("DKK", "Danish krone"),
    ("ISK", "Icelandic krona"),
    ("PLN", "Polish zloty"),
    ("CZK", "Czech koruna"),
    ("HUF", "Hungarian forint"),
    ("RON", "Romanian leu"),
    ("TRY", "Turkish lira"),
    ("ILS", "Israeli shekel"),
    ("ZAR", "South African rand"),
    ("BRL", "Brazilian real"),
    ("MXN", "Mexican peso"),
    ("CNY", "Chinese yuan"),
    ("HKD", "Hong Kong dollar"),
    ("SGD", "Singapore dollar"),
    ("INR", "Indian rupee"),
    ("IDR", "Indonesian rupiah"),
    ("KRW", "South Korean won"),
    ("MYR", "Malaysian ringgit"),
    ("PHP", "Philippine peso"),
    ("THB", "Thai baht"),
)
"""Currencies that the European Central Bank gives reference rates for, and the euro."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRates:
    """One day's reference rates: how much of each currency one euro bought."""

    day: date
    per_euro: tuple[tuple[str, Decimal], ...]

    def __post_init__(self) -> None:
        for currency, rate in self.per_euro:
            if len(currency) != 3:
                raise ValueError("a currency is its three-letter code")
            check_amount(currency, rate)
            if rate <= 0:
                raise ValueError("a rate is above zero")


@lru_cache(maxsize=1)
def frankfurt() -> ZoneInfo:
    """The central bank's zone; not read before somebody asks, the first picture needs none."""
    return ZoneInfo("Europe/Berlin")


def is_rate_day(day: date) -> bool:
    """Whether reference rates are published on this day."""
    if day.weekday() >= _SATURDAY:
        return False
    if (day.month, day.day) in ((1, 1), (5, 1), (12, 25), (12, 26)):
        return False
    sunday = easter(day.year)
    return day not in (sunday - timedelta(days=2), sunday + timedelta(days=1))


def newest_rate_day(moment: datetime) -> date:
    """The last day whose rates are published at ``moment``."""
    local = moment.astimezone(frankfurt())
    day = local.date() if local.time() >= PUBLISHED else local.date() - timedelta(days=1)
    while not is_rate_day(day):
        day -= timedelta(days=1)
    return day


def published_at(day: date) -> datetime:
    """From when on the rates of a day can be had."""
    return datetime.combine(day, PUBLISHED, tzinfo=frankfurt())


@dataclass(frozen=True, slots=True, kw_only=True)
class RateColumn:
    """Rates by day, oldest first: ``units[i] * 10**exponent`` on the day with ordinal ``days[i]``.

    Whole numbers, so that a chart's thousand days are looked up without a thousand ``Decimal``.
    """

    days: Sequence[int]
    units: Sequence[int]
    exponent: int

    def at(self, place: int) -> Decimal:
        """The exact rate of one day."""
        return Decimal(self.units[place]).scaleb(self.exponent)
