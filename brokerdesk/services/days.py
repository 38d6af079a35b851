"""Which days are saved, and the ways from one to the next. The store of days is pure.

A day is saved when at least one account in scope was read on it, or a reading of it still stood.
Every day has one moment: the last at which anything was read then, by whatever account, so that a
change of scope does not move the view in time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import end_of_day, new_york_day
from brokerdesk.domain.same_accounts import Group, groups, widened
from brokerdesk.services.same_account_sources import by_account

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork

_WEEKEND = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedDay:
    """``own`` of the ``accounts`` that were there were read on this day, the others are carried."""

    day: date
    moment: datetime
    own: int
    accounts: int

    @property
    def carried(self) -> int:
        return self.accounts - self.own


@dataclass(frozen=True, slots=True)
class SavedDays:
    """Saved days, oldest first."""

    days: tuple[SavedDay, ...] = ()

    def __len__(self) -> int:
        return len(self.days)

    def at(self, day: date) -> SavedDay | None:
        """The saved day itself; None when nothing was saved on it."""
        place = bisect_left(self.days, day, key=_day)
        found = self.days[place] if place < len(self.days) else None
        return found if found is not None and found.day == day else None

    def place(self, day: date) -> int:
        """The number of this day, or of the last one before it; 0 when there is none before."""
        return max(0, bisect_right(self.days, day, key=_day) - 1)

    def nearest(self, day: date) -> SavedDay | None:
        """The saved day with the fewest days between; of two, the earlier one."""
        return min(self.days, key=lambda one: (abs(one.day - day), one.day), default=None)

    def earlier(self, day: date) -> SavedDay | None:
        """The last saved day before ``day``."""
        place = bisect_left(self.days, day, key=_day)
        return self.days[place - 1] if place else None

    def later(self, day: date) -> SavedDay | None:
        """The first saved day after ``day``."""
        place = bisect_right(self.days, day, key=_day)
        return self.days[place] if place < len(self.days) else None

    def towards(self, day: date, goal: date) -> SavedDay | None:
        """From ``day`` as far as ``goal`` in its direction: the nearest to it, never ``day`` itself
        nor one that lies the other way.
        """
        ahead = [one for one in self.days if (one.day < day if goal < day else one.day > day)]
        return SavedDays(tuple(ahead)).nearest(goal)

    def in_month(self, year: int, month: int) -> dict[date, SavedDay]:
        """The saved days of one month."""
        begin = bisect_left(self.days, date(year, month, 1), key=_day)
        found = {}
        for one in self.days[begin:]:
            if (one.day.year, one.day.month) != (year, month):
                break
            found[one.day] = one
        return found


def _day(one: SavedDay) -> date:
    return one.day


def weekdays(year: int, month: int, until: date) -> int:
    """How many Mondays to Fridays a month has, up to and including ``until``."""
    day, count = date(year, month, 1), 0
    while day.month == month and day <= until:
        count += day.weekday() < _WEEKEND
        day += timedelta(days=1)
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """One account: when it was read per day, and from when on it counted no more."""

    account: AccountId
    days: tuple[tuple[date, datetime, datetime], ...]
    ends: date | None = None


def saved_days(stands: Iterable[Stand], scope: Collection[AccountId] | None = None) -> SavedDays:
    """The days of the accounts in ``scope`` (None: of all), each with its moment."""
    moments: dict[date, datetime] = {}
    own: dict[date, int] = {}
    begins: list[date] = []
    ends: list[date] = []
    for stand in stands:
        read = _read_on(stand)
        for day, moment in read.items():
            moments[day] = max(moment, moments.get(day, moment))
        if not read or (scope is not None and stand.account not in scope):
            continue
        begins.append(min(read))
        if stand.ends is not None:
            ends.append(stand.ends)
        for day in read:
            own[day] = own.get(day, 0) + 1
    begins.sort()
    ends.sort()
    return SavedDays(
        tuple(
            SavedDay(
                day=day,
                moment=moments[day],
                own=count,
                accounts=bisect_right(begins, day) - bisect_right(ends, day),
            )
            for day, count in sorted(own.items())
        )
    )


def _read_on(stand: Stand) -> dict[date, datetime]:
    """Each day on which the account was read, or its reading still stood, with the last moment."""
    found: dict[date, datetime] = {}
    for day, fetched, until in stand.days:
        last = new_york_day(until)
        if stand.ends is not None:
            last = min(last, stand.ends - timedelta(days=1))
        found[day] = fetched if last < day else max(fetched, min(until, end_of_day(day)))
        for back in range((last - day).days):
            later = day + timedelta(days=back + 1)
            found.setdefault(later, min(until, end_of_day(later)))
    if stand.ends is not None:
        return {day: moment for day, moment in found.items() if day < stand.ends}
    return found


class DaysService:
    """Saved days for whoever lives on the event loop. Never asks a broker."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def saved(self, accounts: Collection[AccountId] | None = None) -> SavedDays:
        """The saved days of these accounts; None: of all."""

        def read(uow: UnitOfWork) -> SavedDays:
            known = groups(uow.same_accounts.list())
            scope = None if accounts is None else widened(accounts, known)
            return saved_days(_stands(uow, known), scope)

        return await self._database.read(read)


def _stands(uow: UnitOfWork, known: tuple[Group, ...]) -> list[Stand]:
    """One per account, whatever its sources: each day as the source that counted on it was read."""
    stands = []
    for of in by_account(uow, uow.accounts.list(included_only=True), known):
        own = [(one, _stand(uow, one.stored)) for one in of]
        if len(own) == 1:
            stands.append(own[0][1])
            continue
        ends = [stand.ends for _, stand in own]
        stands.append(
            Stand(
                account=of[0].stored.account.id,
                days=tuple(
                    sorted(
                        (day, fetched, until)
                        for member, stand in own
                        for day, fetched, until in _until_it_ends(stand)
                        if member.counts_on(day.toordinal())
                    )
                ),
                ends=None if None in ends else max(day for day in ends if day is not None),
            )
        )
    return stands


def _until_it_ends(stand: Stand) -> Iterable[tuple[date, datetime, datetime]]:
    return (one for one in stand.days if stand.ends is None or one[0] < stand.ends)


def _stand(uow: UnitOfWork, stored: StoredAccount) -> Stand:
    key = stored.account.id
    return Stand(account=key, days=uow.snapshots.stands(key), ends=_ends(stored))


def _ends(stored: StoredAccount) -> date | None:
    """The day after the last on which the account counts."""
    moments = [stored.closed_at] if stored.closed_at is not None else []
    if stored.connection is None:
        moments.append(stored.last_seen)
    return new_york_day(min(moments)) + timedelta(days=1) if moments else None
