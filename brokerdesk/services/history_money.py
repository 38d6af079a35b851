"""In which currency a history is told: one alone as it was reported, or all in the base currency.

Converted values are whole millionths of the base currency, rounded half to even, each day by its
own rate: a chart has thousands of days, and none of them needs a ``Decimal``. What stands in the
currency already is not touched. A currency without any rate is left out and named.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from brokerdesk.domain.exchange_rate import EURO, RateColumn
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.facts import dataclass
from brokerdesk.services.amounts import sum_known
from brokerdesk.services.converting import MOST_DAYS, RateTable
from brokerdesk.services.history_facts import Flow, decimal_of, flows_of

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.domain.transaction import Transaction

MILLIONTHS = -6
Column = tuple["array[int]", Sequence[int], int]
"""Days (ordinals), whole numbers, their exponent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayValues:
    """What one source was worth before a day and through it: moments with their values."""

    before: Decimal | None = None
    before_day: date | None = None
    moments: tuple[tuple[datetime, datetime, Decimal], ...] = ()


class Money(Protocol):
    """How values of accounts are read for a history in ``currency``."""

    currency: str

    def column(self, uow: UnitOfWork, account: AccountId) -> Column: ...

    def flows(self, uow: UnitOfWork, account: AccountId) -> tuple[Flow, ...]: ...

    def through(
        self, uow: UnitOfWork, account: AccountId, day: date, start: datetime, end: datetime
    ) -> DayValues: ...


class OneCurrency:
    """What is in one currency, as it was reported."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def column(self, uow: UnitOfWork, account: AccountId) -> Column:
        from brokerdesk.db.repositories.series_exact import exact_years

        years = exact_years(uow.series, account, currency=self.currency)
        exponent = min((year.exponent for year in years), default=0)
        days: array[int] = array("i")
        units: list[int] = []
        for year in years:
            days.extend(year.days)
            factor = int(10 ** (year.exponent - exponent))
            units += year.units if factor == 1 else [number * factor for number in year.units]
        return days, units, exponent

    def flows(self, uow: UnitOfWork, account: AccountId) -> tuple[Flow, ...]:
        listed = [one for one in uow.transactions.list(account) if one.currency == self.currency]
        return _flows(listed)

    def through(
        self, uow: UnitOfWork, account: AccountId, day: date, start: datetime, end: datetime
    ) -> DayValues:
        """The list of snapshots carries the value in the account's base currency alone; in another
        one the day's value of the series has to do.
        """
        series = uow.series.values(account, currency=self.currency)
        before = next((one for one in reversed(series) if one.day < day), None)
        found = [
            (info.fetched_at, min(info.valid_until, end), info.net_liquidation)
            for info in uow.snapshots.between(account, start, end)
            if info.currency == self.currency and info.net_liquidation is not None
        ]
        if not found:
            own = next((one for one in reversed(series) if one.day == day), None)
            latest = uow.snapshots.as_of(account, end) if own is not None else None
            if own is not None and latest is not None:
                seen = max(latest.fetched_at, start)
                found = [(seen, max(seen, min(latest.valid_until, end)), own.value)]
        return DayValues(
            before=before.value if before is not None else None,
            before_day=before.day if before is not None else None,
            moments=tuple(found),
        )


@dataclass(slots=True)
class AllCurrencies:
    """Everything, in the base currency ``currency``, each day by its rate.

    ``without`` are the currencies that had to be left out; ``since`` is the first day on which all
    that is there can be converted.
    """

    currency: str
    table: RateTable
    without: set[str] = field(default_factory=set)
    since: int = 0
    _paths: dict[tuple[AccountId | None, str], _Path | None] = field(default_factory=dict)

    def column(self, uow: UnitOfWork, account: AccountId) -> Column:
        parts = []
        for currency in uow.series.currencies(account):
            column = OneCurrency(currency).column(uow, account)
            if currency == self.currency:
                parts.append(column)
                continue
            path = self._path(uow, account, currency)
            if path is None:
                self.without.add(currency)
                continue
            if column[0] and column[0][0] < path.first:
                self.since = max(self.since, path.first)
            parts.append(path.converted(column))
        return _together([one for one in parts if one[0]])

    def flows(self, uow: UnitOfWork, account: AccountId) -> tuple[Flow, ...]:
        by_currency: dict[str, list[Transaction]] = {}
        for one in uow.transactions.list(account):
            by_currency.setdefault(one.currency, []).append(one)
        found: list[Flow] = []
        for currency, listed in by_currency.items():
            path = None if currency == self.currency else self._path(uow, account, currency)
            if path is None and currency != self.currency:
                continue
            for flow in _flows(listed):
                if path is None or flow.amount is None:
                    found.append(flow)
                else:
                    found.append(replace(flow, amount=path.value(flow.amount, flow.day)))
        return tuple(found)

    def through(
        self, uow: UnitOfWork, account: AccountId, day: date, start: datetime, end: datetime
    ) -> DayValues:
        """Every moment of the account's main currency, with the day's value of the others."""
        parts = []
        for currency in uow.series.currencies(account):
            read = OneCurrency(currency).through(uow, account, day, start, end)
            path = None if currency == self.currency else self._path(uow, account, currency)
            if currency == self.currency:
                parts.append(read)
            elif path is not None:
                parts.append(_converted(read, path, day))
        if not parts:
            return DayValues()
        main, *others = sorted(parts, key=lambda one: -len(one.moments))
        beside = sum_known(_last(one) for one in others) or Decimal(0)
        before = sum_known(one.before for one in parts)
        days = [one.before_day for one in parts if one.before_day is not None]
        return DayValues(
            before=before,
            before_day=max(days, default=None),
            moments=tuple((at, until, value + beside) for at, until, value in main.moments),
        )

    def _path(self, uow: UnitOfWork, account: AccountId, currency: str) -> _Path | None:
        own = uow.rates.own(account)
        where = (account if own else None, currency)
        if where not in self._paths:
            path = _path(self.table, currency, self.currency, own)
            self._paths[where] = path if path.days else None
        return self._paths[where]


@dataclass(frozen=True, slots=True)
class _Path:
    """From one currency to another by day: ``amount * ups[i] / downs[i] * 10**shift`` from the day
    ``days[i]`` on.
    """

    days: Sequence[int]
    ups: Sequence[int]
    downs: Sequence[int]
    shift: int

    @property
    def first(self) -> int:
        return self.days[0]

    def converted(self, column: Column) -> Column:
        """A column in millionths, without the days that have no rate."""
        days, units, exponent = column
        power = exponent + self.shift - MILLIONTHS
        up, down = (10**power, 1) if power >= 0 else (1, 10**-power)
        kept, found = array("i"), list[int]()
        place, last = -1, len(self.days) - 1
        for day, number in zip(days, units, strict=True):
            while place < last and self.days[place + 1] <= day:
                place += 1
            if place < 0 or day - self.days[place] > MOST_DAYS:
                continue
            kept.append(day)
            found.append(_divided(number * self.ups[place] * up, self.downs[place] * down))
        return kept, found, MILLIONTHS

    def value(self, amount: Decimal, day: int) -> Decimal | None:
        """One amount; None on a day without a rate."""
        sign, digits, exponent = amount.as_tuple()
        assert isinstance(exponent, int)
        number = int("".join(map(str, digits)) or "0")
        column = array("i", [day]), [-number if sign else number], exponent
        _, units, power = self.converted(column)
        return decimal_of(units[0], power) if units else None


def _path(table: RateTable, currency: str, base: str, own: Mapping[str, RateColumn]) -> _Path:
    """The reference rates of all days on which both currencies have one, and in their place what
    the account's broker said on the same day or since.
    """
    mine, other = table.column(currency), table.column(base)
    steps: dict[int, tuple[int, int]] = {}
    shift = 0
    if (mine is not None or currency == EURO) and (other is not None or base == EURO):
        ups, downs = _by_day(other), _by_day(mine)
        days = set(ups or downs or ()) & set(downs or ups or ())
        shift = (other.exponent if other else 0) - (mine.exponent if mine else 0)
        steps = {day: ((ups or {}).get(day, 1), (downs or {}).get(day, 1)) for day in days}
    for day, up, down, power in _own_steps(own, currency, base):
        factor = power - shift
        steps[day] = (up * 10**factor, down) if factor >= 0 else (up, down * 10**-factor)
    ordered = sorted(steps)
    return _Path(
        ordered, [steps[day][0] for day in ordered], [steps[day][1] for day in ordered], shift
    )


def _by_day(column: RateColumn | None) -> dict[int, int] | None:
    return None if column is None else dict(zip(column.days, column.units, strict=True))


def _own_steps(
    own: Mapping[str, RateColumn], currency: str, base: str
) -> Iterable[tuple[int, int, int, int]]:
    """Where the broker named both: the day, numerator, denominator and power of ten."""
    mine, other = own.get(currency), own.get(base)
    if mine is None or other is None:
        return
    ups, downs = _by_day(mine) or {}, _by_day(other) or {}
    for day in ups.keys() & downs.keys():
        if ups[day] > 0 and downs[day] > 0:
            yield day, ups[day], downs[day], mine.exponent - other.exponent


def _converted(read: DayValues, path: _Path, day: date) -> DayValues:
    number = day.toordinal()
    moments = []
    for at, until, amount in read.moments:
        value = path.value(amount, number)
        if value is not None:
            moments.append((at, until, value))
    before = None
    if read.before is not None and read.before_day is not None:
        before = path.value(read.before, read.before_day.toordinal())
    return DayValues(
        before=before,
        before_day=read.before_day if before is not None else None,
        moments=tuple(moments),
    )


def _last(read: DayValues) -> Decimal | None:
    return read.moments[-1][2] if read.moments else read.before


def _together(parts: list[Column]) -> Column:
    """Added up by day. A currency that is not listed on a day on which another is holds nothing."""
    if len(parts) == 1:
        return parts[0]
    exponent = min((one[2] for one in parts), default=0)
    sums: dict[int, int] = {}
    for days, units, own in parts:
        factor = int(10 ** (own - exponent))
        for day, number in zip(days, units, strict=True):
            sums[day] = sums.get(day, 0) + number * factor
    ordered = sorted(sums)
    return array("i", ordered), [sums[day] for day in ordered], exponent


def _divided(number: int, by: int) -> int:
    """A whole quotient, half to even."""
    whole, rest = divmod(number, by)
    twice = 2 * rest
    return whole + (twice > by or (twice == by and whole & 1))


def _flows(listed: Iterable[Transaction]) -> tuple[Flow, ...]:
    found = tuple(listed)
    return flows_of(found, {one.id: new_york_day(one.time).toordinal() for one in found})
