"""Read a history from the cache: daily totals out of the series, one day out of the snapshots.

Never asks a broker. Which accounts count on which day follows the portfolio's own rule: a closed or
disconnected account leaves the totals and its days before stay. Sources of one account are one
series: each day is of the source that counted on it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING

from brokerdesk.domain.exact import utc
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.market_hours import NEW_YORK, end_of_day, new_york_day, session
from brokerdesk.domain.same_accounts import groups, widened
from brokerdesk.services.backfilling import told_days
from brokerdesk.services.booking import FIRST_TRANSACTIONS
from brokerdesk.services.history import AccountSeries, History, total_history
from brokerdesk.services.history_day import DayReadings, day_line
from brokerdesk.services.history_facts import Flow, ValueLine
from brokerdesk.services.history_money import AllCurrencies, Money, OneCurrency
from brokerdesk.services.rates import tables_in
from brokerdesk.services.same_account_sources import Member, by_account, ends

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
        *,
        together: bool = False,
    ) -> History:
        """Daily totals in ``currency`` with the flows that explain them: of what stands in it, or
        ``together`` of all currencies, each day by its own rate.
        """
        members = _members(uow, environment, accounts)
        money = _money(uow, environment, currency, together=together)
        series = [_series(uow, one, money) for one in members]
        if isinstance(money, AllCurrencies):
            series = [_from(one, money.since) for one in series]
        present = [one for one, its in zip(members, series, strict=True) if its.days]
        flows, known_from, known_until = _flows(uow, present, money)
        found = total_history(
            series,
            currency=currency,
            flows=flows,
            flows_from=known_from,
            flows_until=known_until,
        )
        return replace(found, told=_told(uow, present))

    def day(
        self,
        uow: UnitOfWork,
        environment: Environment,
        currency: str,
        day: date,
        accounts: Collection[AccountId] | None = None,
        *,
        until: datetime | None = None,
        together: bool = False,
    ) -> ValueLine:
        """The total through one New York day, from the close before it, as it was read."""
        money = _money(uow, environment, currency, together=together)
        start = _midnight(day)
        end = min(end_of_day(day), until) if until is not None else end_of_day(day)
        hours = session(day)
        members = [
            one
            for one in _members(uow, environment, accounts)
            if (last := _ends(one)) is None or day.toordinal() < last
        ]
        readings = [_day_readings(uow, one, money, day, start, end) for one in members]
        flows, known_from, known_until = _flows(uow, members, money)
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
        *,
        together: bool = False,
    ) -> History:
        """Daily totals in ``currency`` with the flows that explain them; ``together`` of all
        currencies, converted.
        """
        return await self._database.read(
            lambda uow: self._reader.daily(uow, environment, currency, accounts, together=together)
        )

    async def day(
        self,
        environment: Environment,
        currency: str,
        day: date,
        accounts: Collection[AccountId] | None = None,
        *,
        until: datetime | None = None,
        together: bool = False,
    ) -> ValueLine:
        """The total through one New York day, from the close before it, as it was read."""
        return await self._database.read(
            lambda uow: self._reader.day(
                uow, environment, currency, day, accounts, until=until, together=together
            )
        )


_Sources = tuple[Member, ...]
"""The sources of one account, the preferred one first."""


def _money(uow: UnitOfWork, environment: Environment, currency: str, *, together: bool) -> Money:
    if together:
        return AllCurrencies(currency, tables_in(uow)(environment))
    return OneCurrency(currency)


def _told(uow: UnitOfWork, members: list[_Sources]) -> frozenset[int]:
    """The days on which a counting source has a value that its broker told later."""
    return frozenset(
        day
        for of in members
        for member in of
        for day in told_days(uow, member.stored.account.id)
        if member.counts_on(day)
    )


def _from(one: AccountSeries, day: int) -> AccountSeries:
    """Without the days before ``day``, on which not all could be converted."""
    cut = bisect_left(one.days, day)
    return one if not cut else replace(one, days=one.days[cut:], units=one.units[cut:])


def _members(
    uow: UnitOfWork, environment: Environment, accounts: Collection[AccountId] | None
) -> list[_Sources]:
    known = groups(uow.same_accounts.list())
    scope = None if accounts is None else widened(accounts, known)
    stored = [
        one
        for one in uow.accounts.list(included_only=True)
        if one.account.environment is environment and (scope is None or one.account.id in scope)
    ]
    return by_account(uow, stored, known)


def _ends(of: _Sources) -> int | None:
    """The first day at whose end no source of the account counts any more."""
    last = [one.life.ends for one in of]
    return None if None in last else max(day for day in last if day is not None)


def _series(uow: UnitOfWork, of: _Sources, money: Money) -> AccountSeries:
    """The days of all sources, each from the one that counted on it."""
    parts = [money.column(uow, one.stored.account.id) for one in of]
    key, last = of[0].stored.account.id, _ends(of)
    if len(parts) == 1:
        days, units, exponent = parts[0]
        return AccountSeries(account=key, days=days, units=units, exponent=exponent, ends=last)
    exponent = min(one[2] for one in parts)
    values: dict[int, int] = {}
    for member, (days, units, own) in zip(of, parts, strict=True):
        factor = int(10 ** (own - exponent))
        for day, number in zip(days, units, strict=True):
            if member.life.ends is not None and day >= member.life.ends:
                continue
            if member.counts_on(day):
                values.setdefault(day, number * factor)
    ordered = sorted(values)
    return AccountSeries(
        account=key,
        days=array("i", ordered),
        units=[values[day] for day in ordered],
        exponent=exponent,
        ends=last,
    )


def _flows(
    uow: UnitOfWork, accounts: list[_Sources], money: Money
) -> tuple[list[Flow], int | None, int | None]:
    """Flows of all accounts, and the days between which no account's are missing."""
    flows: list[Flow] = []
    first, last = date.min.toordinal(), date.max.toordinal()
    known = bool(accounts)
    for of in accounts:
        leader = of[0].stored.account.id
        spans = []
        for member in of:
            flows += (
                replace(flow, account=leader)
                for flow in money.flows(uow, member.stored.account.id)
                if member.counts_on(flow.day)
            )
            spans.append(known_span(uow, member.stored))
        span = _joined(of, spans)
        if span is None:
            known = False
            continue
        first, last = max(first, span[0]), min(last, span[1])
    return (flows, first, last) if known else (flows, None, None)


def known_span(uow: UnitOfWork, stored: StoredAccount) -> tuple[int, int] | None:
    """The days between which the source's transactions are known; None: they never were read."""
    until = uow.meta.get(f"transactions_until:{stored.account.id}")
    if until is None:
        return None
    # The first look goes that far back; who connected later is not asked about the time before.
    first = new_york_day(stored.first_seen - FIRST_TRANSACTIONS).toordinal() + 1
    if ends(stored) is not None:  # it counts no more: nothing later can be missing
        return first, date.max.toordinal()
    return first, new_york_day(utc(datetime.fromisoformat(until))).toordinal()


def _joined(of: _Sources, spans: list[tuple[int, int] | None]) -> tuple[int, int] | None:
    """The days on which the flows of the source that counted then are known.

    A source that goes before covers the days from its beginning; what was before that is the
    matter of the others.
    """
    if len(of) == 1:
        return spans[0]
    counting = [
        (member, span)
        for member, span in zip(of, spans, strict=True)
        if member.life.begins is not None and member.counts_on(member.life.begins)
    ]
    if not counting or any(span is None for _, span in counting):
        return None
    oldest = min(counting, key=lambda pair: pair[0].life.begins or 0)
    newest = max(counting, key=lambda pair: pair[0].life.ends or date.max.toordinal())
    assert oldest[1] is not None
    assert newest[1] is not None
    return oldest[1][0], newest[1][1]


def _day_readings(
    uow: UnitOfWork, of: _Sources, money: Money, day: date, start: datetime, end: datetime
) -> DayReadings:
    """One account through the day. On the day on which a source takes over, the others' readings
    stand until its first.
    """
    number = day.toordinal()
    own = [_readings(uow, one, money, day, start, end) for one in of]
    if len(own) == 1:
        return own[0]
    found: list[Moments] = []
    for member, readings in zip(of, own, strict=True):
        if any(life.covers(number) and life.covers(number - 1) for life in member.before):
            continue  # a preferred source counted all day long
        first = found[0][0] if found else None
        earlier = [
            (fetched, until if first is None else min(until, first), value)
            for fetched, until, value in readings.readings
            if first is None or fetched < first
        ]
        found = [*earlier, *found]
    before = [
        one
        for member, one in zip(of, own, strict=True)
        if one.before_day is not None and member.counts_on(one.before_day.toordinal())
    ]
    last = max(before, key=lambda one: one.before_day or date.min, default=None)
    return DayReadings(
        account=of[0].stored.account.id,
        before=last.before if last is not None else None,
        before_day=last.before_day if last is not None else None,
        readings=tuple(found),
    )


Moments = tuple[datetime, datetime, Decimal]


def _readings(
    uow: UnitOfWork, member: Member, money: Money, day: date, start: datetime, end: datetime
) -> DayReadings:
    """What one source was worth through the day."""
    key, last = member.stored.account.id, member.life.ends
    gone = last is not None and day.toordinal() >= last
    read = money.through(uow, key, day, start, end)
    return DayReadings(
        account=key,
        before=read.before,
        before_day=read.before_day,
        readings=() if gone else read.moments,
    )


def _midnight(day: date) -> datetime:
    return utc(datetime.combine(day, time(0), tzinfo=NEW_YORK))
