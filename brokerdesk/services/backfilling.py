"""Days of an account's past that nobody was there to save, as the broker tells them.

Read once when an account is connected, and again when trading days are missing. A told value is a
point of the account's line and nothing else: there are no positions behind it, a saved day is never
touched, and the day says that it was told. It must not know what draws the line.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import DailyValues
from brokerdesk.db.records import SeriesPoint
from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import new_york_day, session

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork

FIRST_REACH = timedelta(days=5 * 366)
_DAY = timedelta(days=1)


async def backfill(teller: DailyValues, database: Database, account: Account, now: datetime) -> int:
    """Ask for what is missing, at most once a day, and keep it; how many days were added.

    Raises:
        BrokerError: it could not be read; it is asked for again with the next round.
        StorageError: it could not be kept.
    """
    today = new_york_day(now)
    since = await database.read(lambda uow: missing_since(uow, account, today))
    if since is None:
        return 0
    told = await teller.daily_values(account.id, since)

    def keep(uow: UnitOfWork) -> int:
        there = _there(uow, account)
        new = [
            SeriesPoint(day=one.day, value=one.value)
            for one in told.items
            if one.day < today and one.day not in there
        ]
        if new:
            uow.series.extend(account.id, new, currency=account.currency)
            days = told_days(uow, account.id) | {point.day.toordinal() for point in new}
            uow.meta.set(_told(account.id), _packed(days))
        uow.meta.set(_asked(account.id), today.isoformat())
        return len(new)

    return await database.run(keep)


def missing_since(uow: UnitOfWork, account: Account, today: date) -> date | None:
    """The first trading day before ``today`` that has no value; None: none, or asked today."""
    asked = _date(uow.meta.get(_asked(account.id)))
    if asked is None or asked > today:
        return today - FIRST_REACH
    if asked == today:
        return None
    there = _there(uow, account)
    day = asked
    while day < today:
        if session(day) is not None and day not in there:
            return day
        day += _DAY
    return None


def told_days(uow: UnitOfWork, account: AccountId) -> set[int]:
    """The days, as ordinals, of which the value is what the broker told."""
    found: set[int] = set()
    for part in (uow.meta.get(_told(account)) or "").split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last.isdecimal() or not last):
            found.update(range(int(first), int(last or first) + 1))
    return found


def _there(uow: UnitOfWork, account: Account) -> set[date]:
    """Days that have a value, or a snapshot that still stood."""
    points = uow.series.values(account.id, currency=account.currency)
    return {point.day for point in points} | set(uow.snapshots.days(account.id))


def _packed(days: Iterable[int]) -> str:
    """Runs of days, such as ``739000-739004,739007``."""
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and day == runs[-1][1] + 1:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    return ",".join(f"{first}-{last}" if last > first else f"{first}" for first, last in runs)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _asked(account: AccountId) -> str:
    return f"values_asked:{account}"


def _told(account: AccountId) -> str:
    return f"values_told:{account}"
