"""Read a history from the cache: daily totals out of the series, one day out of the snapshots.

Never asks a broker. Which accounts count on which day follows the portfolio's own rule: a closed or
disconnected account leaves the totals and its days before stay.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from brokerdesk.domain.exact import utc
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.market_hours import NEW_YORK, end_of_day, new_york_day, session
from brokerdesk.services.booking import FIRST_TRANSACTIONS
from brokerdesk.services.history import AccountSeries, History, total_history
from brokerdesk.services.history_day import DayReadings, day_line
from brokerdesk.services.history_facts import Flow, ValueLine, flows_of

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


class HistoryReader:
    """Makes histories inside a transaction of the caller's. ``accounts`` None: all included."""

    def daily(
        self,
        uow: UnitOfWork,
        environment: Environment,
        currency: str,
        accounts: Collection[AccountId] | None = None,
    ) -> History:
        """Daily totals in ``currency`` with the flows that explain them."""
        members = _members(uow, environment, accounts)
        series = [_series(uow, one, currency) for one in members]
        present = [one for one, its in zip(members, series, strict=True) if its.days]
        flows, known_from, known_until = _flows(uow, present, currency)
        return total_history(
            series,
            currency=currency,
            flows=flows,
            flows_from=known_from,
            flows_until=known_until,
        )

    def day(
        self,
        uow: UnitOfWork,
        environment: Environment,
        currency: str,
        day: date,
        accounts: Collection[AccountId] | None = None,
        *,
        until: datetime | None = None,
    ) -> ValueLine:
        """The total through one New York day, from the close before it, as it was read."""
        start = _midnight(day)
        end = min(end_of_day(day), until) if until is not None else end_of_day(day)
        hours = session(day)
        members = [
            one
            for one in _members(uow, environment, accounts)
            if (ends := _ends(one)) is None or day.toordinal() < ends
        ]
        readings = [_readings(uow, one, currency, day, start, end) for one in members]
        flows, known_from, known_until = _flows(uow, members, currency)
        number = day.toordinal()
        return day_line(
            readings,
            currency=currency,
            day=day,
            opens=hours[0] if hours is not None else start,
            flows=[flow for flow in flows if flow.day == number],
            flows_known=known_from is not None
            and known_until is not None
            and known_from <= number <= known_until,
        )


class HistoryService:
    """Histories for whoever lives on the event loop."""

    def __init__(self, *, database: Database, reader: HistoryReader) -> None:
        self._database = database
        self._reader = reader

    async def daily(
        self,
        environment: Environment,
        currency: str,
        accounts: Collection[AccountId] | None = None,
    ) -> History:
        """Daily totals in ``currency`` with the flows that explain them."""
        return await self._database.read(
            lambda uow: self._reader.daily(uow, environment, currency, accounts)
        )

    async def day(
        self,
        environment: Environment,
        currency: str,
        day: date,
        accounts: Collection[AccountId] | None = None,
        *,
        until: datetime | None = None,
    ) -> ValueLine:
        """The total through one New York day, from the close before it, as it was read."""
        return await self._database.read(
            lambda uow: self._reader.day(uow, environment, currency, day, accounts, until=until)
        )


def _members(
    uow: UnitOfWork, environment: Environment, accounts: Collection[AccountId] | None
) -> list[StoredAccount]:
    return [
        one
        for one in uow.accounts.list(included_only=True)
        if one.account.environment is environment
        and (accounts is None or one.account.id in accounts)
    ]


def _ends(stored: StoredAccount) -> int | None:
    """The first day at whose end the account counts no more."""
    moments = [stored.closed_at] if stored.closed_at is not None else []
    if stored.connection is None:
        moments.append(stored.last_seen)
    return new_york_day(min(moments)).toordinal() if moments else None


def _series(uow: UnitOfWork, stored: StoredAccount, currency: str) -> AccountSeries:
    from brokerdesk.db.repositories.series_exact import exact_years

    key = stored.account.id
    years = exact_years(uow.series, key, currency=currency)
    exponent = min((year.exponent for year in years), default=0)
    days: array[int] = array("i")
    units: list[int] = []
    for year in years:
        days.extend(year.days)
        factor = int(10 ** (year.exponent - exponent))
        units += year.units if factor == 1 else [number * factor for number in year.units]
    return AccountSeries(account=key, days=days, units=units, exponent=exponent, ends=_ends(stored))


def _flows(
    uow: UnitOfWork, members: list[StoredAccount], currency: str
) -> tuple[list[Flow], int | None, int | None]:
    """Flows of all accounts, and the days between which no account's are missing."""
    flows: list[Flow] = []
    first, last = date.min.toordinal(), date.max.toordinal()
    known = bool(members)
    for stored in members:
        key = stored.account.id
        listed = [one for one in uow.transactions.list(key) if one.currency == currency]
        days = {one.id: new_york_day(one.time).toordinal() for one in listed}
        flows += flows_of(listed, days)
        until = uow.meta.get(f"transactions_until:{key}")
        if until is None:
            known = False
            continue
        # The first look goes that far back; who connected later is not asked about the time before.
        first = max(first, new_york_day(stored.first_seen - FIRST_TRANSACTIONS).toordinal() + 1)
        last = min(last, _until(stored, until))
    return (flows, first, last) if known else (flows, None, None)


def _until(stored: StoredAccount, until: str) -> int:
    if _ends(stored) is not None:
        return date.max.toordinal()  # it counts no more: nothing later can be missing
    return new_york_day(utc(datetime.fromisoformat(until))).toordinal()


def _readings(
    uow: UnitOfWork,
    stored: StoredAccount,
    currency: str,
    day: date,
    start: datetime,
    end: datetime,
) -> DayReadings:
    """What one account was worth through the day.

    The list of snapshots carries the value in the account's base currency alone; in another one
    the day's value of the series has to do.
    """
    key = stored.account.id
    series = uow.series.values(key, currency=currency)
    before = next((one for one in reversed(series) if one.day < day), None)
    found = [
        (info.fetched_at, min(info.valid_until, end), info.net_liquidation)
        for info in uow.snapshots.between(key, start, end)
        if info.currency == currency and info.net_liquidation is not None
    ]
    if not found:
        own = next((one for one in reversed(series) if one.day == day), None)
        latest = uow.snapshots.as_of(key, end) if own is not None else None
        if own is not None and latest is not None:
            seen = max(latest.fetched_at, start)
            found = [(seen, max(seen, min(latest.valid_until, end)), own.value)]
    return DayReadings(
        account=key,
        before=before.value if before is not None else None,
        before_day=before.day if before is not None else None,
        readings=tuple(found),
    )


def _midnight(day: date) -> datetime:
    return utc(datetime.combine(day, time(0), tzinfo=NEW_YORK))
