"""Money of one currency in another, by dated rates; each figure can say which rate made it. Pure.

Reference rates are for one euro, so any two currencies meet there: of an amount in A, *base per
euro / A per euro* is taken, with both rates of the same day. That quotient is rounded once, to 50
significant digits; multiplying by it is exact, so that a sum of converted parts is the converted
sum. Nothing else is rounded before it is written down.

A day is converted with its own rate, else with the last one before it, never with a later one. A
rate older than ``FRESH_DAYS`` says so; one older than ``MOST_DAYS`` is none. What an account's
broker says that a currency is worth comes first for that account's money, unless it is older than
the reference rate. Where there is no rate there is no figure: None, never a guess.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Context, Decimal
from enum import StrEnum

from brokerdesk.domain.exchange_rate import EURO, RateColumn
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import EXACT

FRESH_DAYS = 7
"""Up to so many days after its own a rate counts as the day's. Easter and Christmas pass."""
MOST_DAYS = 366
_QUOTIENT = Context(prec=50)
ONE = Decimal(1)
REFERENCE = "ECB"
PRACTICE = "practice rates"
BROKER = "broker"


class Quality(StrEnum):
    """How well a rate fits its day."""

    SAME = "same"  # nothing had to be converted
    BROKER = "broker"  # the account's own broker said so
    DAY = "day"  # the reference rate of that day, or of the last one that had any
    OLD = "old"  # older than FRESH_DAYS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One unit of ``currency`` is ``value`` units of ``base``. ``day`` is whose rate it is; None
    and a value of one where both are the same currency.
    """

    currency: str
    base: str
    value: Decimal
    source: str = ""
    day: date | None = None
    quality: Quality = Quality.SAME

    def of(self, amount: Decimal) -> Decimal:
        """``amount`` in the base currency, with every digit."""
        return EXACT.multiply(amount, self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """``original`` in another currency. ``amount`` and ``rate`` None: there is no rate."""

    original: Decimal
    currency: str
    base: str
    amount: Decimal | None
    rate: Rate | None


Columns = Callable[[str], RateColumn | None]


class RateTable:
    """The reference rates of one source. ``columns`` gives what one euro bought of a currency, None
    for one without rates; each is asked for once, when it is first needed.
    """

    def __init__(self, columns: Columns = lambda _: None, source: str = REFERENCE) -> None:
        self._find, self.source = columns, source
        self._columns: dict[str, RateColumn | None] = {}

    def column(self, currency: str) -> RateColumn | None:
        """What one euro bought, by day; None without rates (and for the euro itself)."""
        if currency not in self._columns:
            found = None if currency == EURO else self._find(currency)
            self._columns[currency] = found if found is not None and found.days else None
        return self._columns[currency]

    def rate(self, currency: str, base: str, on: date) -> Rate | None:
        """The rate of the day ``on``, else of the last day before it that has both currencies."""
        if currency == base:
            return Rate(currency=currency, base=base, value=ONE)
        place = self._places(currency, base, on.toordinal())
        if place is None:
            return None
        mine, other, ordinal = place
        age = on.toordinal() - ordinal
        if age > MOST_DAYS:
            return None
        return Rate(
            currency=currency,
            base=base,
            value=_QUOTIENT.divide(other, mine),
            source=self.source,
            day=date.fromordinal(ordinal),
            quality=Quality.DAY if age <= FRESH_DAYS else Quality.OLD,
        )

    def _places(self, currency: str, base: str, on: int) -> tuple[Decimal, Decimal, int] | None:
        """Both rates for one euro, of the last day up to ``on`` that has both."""
        mine, other = self.column(currency), self.column(base)
        if (mine is None and currency != EURO) or (other is None and base != EURO):
            return None
        if mine is None or other is None:
            column = mine or other
            assert column is not None
            at = bisect_right(column.days, on) - 1
            if at < 0:
                return None
            rate = column.at(at)
            return (ONE, rate, column.days[at]) if mine is None else (rate, ONE, column.days[at])
        i, j = bisect_right(mine.days, on) - 1, bisect_right(other.days, on) - 1
        while i >= 0 and j >= 0 and mine.days[i] != other.days[j]:
            if mine.days[i] > other.days[j]:
                i = bisect_right(mine.days, other.days[j]) - 1
            else:
                j = bisect_right(other.days, mine.days[i]) - 1
        return (mine.at(i), other.at(j), mine.days[i]) if i >= 0 and j >= 0 else None


def own_rate(
    rates: Mapping[str, Decimal], currency: str, base: str, day: date, on: date
) -> Rate | None:
    """The rate by what an account's broker said on ``day``; ``rates`` are worth in one and the same
    currency, which is among them. None when it named one of the two not.
    """
    mine, other = rates.get(currency), rates.get(base)
    if not mine or not other or mine < 0 or other < 0 or day > on or currency == base:
        return None
    age = (on - day).days
    return Rate(
        currency=currency,
        base=base,
        value=_QUOTIENT.divide(mine, other),
        source=BROKER,
        day=day,
        quality=Quality.BROKER if age <= FRESH_DAYS else Quality.OLD,
    )


def better(own: Rate | None, reference: Rate | None) -> Rate | None:
    """The broker's own rate for its account's money, unless the reference rate is newer."""
    if own is None or reference is None:
        return own or reference
    assert own.day is not None
    newer = reference.day is not None and reference.day > own.day
    return reference if newer else own


def convert(amount: Decimal, currency: str, base: str, on: date, table: RateTable) -> Converted:
    """``amount`` of a day in the currency ``base``."""
    rate = table.rate(currency, base, on)
    return Converted(
        original=amount,
        currency=currency,
        base=base,
        amount=None if rate is None else rate.of(amount),
        rate=rate,
    )


def oldest_of(rates: Sequence[Rate]) -> date | None:
    """The day of the oldest rate; None where nothing had to be converted."""
    return min((rate.day for rate in rates if rate.day is not None), default=None)


def is_fresh(day: date, on: date) -> bool:
    """Whether a rate of ``day`` still counts as that of the day ``on``."""
    return on - day <= timedelta(days=FRESH_DAYS)
