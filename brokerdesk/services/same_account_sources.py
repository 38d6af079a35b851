"""Which source of an account is counted, at a moment and day by day, out of the user's choices.

The rule is the domain's (``same_accounts``): of all sources of one account the most preferred one
that could be counted is. This module knows when each of them could: from its first reading on until
it was closed or its connection removed. So a past day shows what was read of the account then, by
whatever source, and no day shows it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.same_accounts import Group, PairChoice, counted_through, groups, widened
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The user's choices, and for each account that is left out the one that is counted."""

    choices: tuple[PairChoice, ...] = ()
    groups: tuple[Group, ...] = ()
    through: Mapping[AccountId, AccountId]

    def widened(self, scope: Collection[AccountId] | None) -> Collection[AccountId] | None:
        """A scope with all sources of what is in it."""
        return None if scope is None else widened(scope, self.groups)


def sources(uow: UnitOfWork, as_of: datetime | None = None) -> Sources:
    """What is counted now, or at a past moment."""
    said = uow.same_accounts.list()
    known = groups(said)
    members = {one for group in known for one in group}
    able = [
        key
        for key in members
        if (stored := uow.accounts.get(key)) is not None and _able(uow, stored, as_of)
    ]
    return Sources(choices=said, groups=known, through=counted_through(known, able))


def still_there(stored: StoredAccount, as_of: datetime | None) -> bool:
    """Whether the account existed then and somebody read it."""
    closed = stored.closed_at
    if closed is not None and (as_of is None or closed <= as_of):
        return False
    # After its connection was removed nobody reads it.
    return stored.connection is not None or (as_of is not None and as_of <= stored.last_seen)


def _able(uow: UnitOfWork, stored: StoredAccount, as_of: datetime | None) -> bool:
    if not stored.included or not still_there(stored, as_of):
        return False
    began = uow.snapshots.began(stored.account.id)
    return began is not None and (as_of is None or began <= as_of)


def ends(stored: StoredAccount) -> int | None:
    """The first day (its ordinal) at whose end the account counts no more; None: it goes on."""
    moments = [stored.closed_at] if stored.closed_at is not None else []
    if stored.connection is None:
        moments.append(stored.last_seen)
    return new_york_day(min(moments)).toordinal() if moments else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The days on which a source could be counted, as ordinals: ``begins <= day < ends``."""

    account: AccountId
    begins: int | None
    ends: int | None

    def covers(self, day: int) -> bool:
        if self.begins is None or day < self.begins:
            return False
        return self.ends is None or day < self.ends


@dataclass(frozen=True, slots=True)
class Member:
    """A source of an account, with the lives of those that go before it."""

    stored: StoredAccount
    life: Life
    before: tuple[Life, ...] = ()

    def counts_on(self, day: int) -> bool:
        """Whether no preferred source is counted on that day."""
        return not any(life.covers(day) for life in self.before)


class Shown:
    """Whose records are shown: those of a source that is left out only from before the time that a
    preferred source knows of, so that nothing is listed twice and nothing is lost.

    ``oldest`` gives the moment of a source's oldest record; what it lists it knows of, though it
    was connected later.
    """

    def __init__(self, uow: UnitOfWork, oldest: Callable[[AccountId], datetime | None]) -> None:
        self._before: dict[AccountId, tuple[Life, ...]] = {}
        for group in groups(uow.same_accounts.list()):
            lives: list[Life] = []
            for key in group:
                stored = uow.accounts.get(key)
                if stored is None or not stored.included:
                    continue
                self._before[key] = tuple(lives)
                life, first = _life(uow, stored), oldest(key)
                if first is not None and life.begins is not None:
                    begins = min(life.begins, new_york_day(first).toordinal())
                    life = Life(account=key, begins=begins, ends=life.ends)
                lives.append(life)

    def at(self, account: AccountId, moment: datetime | None) -> bool:
        """Whether a record of this account is shown; None: nobody knows when it was."""
        lives = self._before.get(account)
        if not lives:
            return True
        if moment is None:
            return all(life.begins is None for life in lives)
        day = new_york_day(moment).toordinal()
        return not any(life.covers(day) for life in lives)


def by_account(
    uow: UnitOfWork, stored: Iterable[StoredAccount], known: Sequence[Group]
) -> list[tuple[Member, ...]]:
    """One entry per real account: its sources among ``stored``, the preferred one first."""
    listed = {one.account.id: one for one in stored}
    of = {key: group for group in known for key in group}
    found: list[tuple[Member, ...]] = []
    done: set[AccountId] = set()
    for key, one in listed.items():
        if key in done:
            continue
        group = [two for two in of.get(key, (key,)) if two in listed]
        done.update(group)
        if len(group) == 1:
            found.append((Member(one, Life(account=key, begins=None, ends=ends(one))),))
            continue
        lives = [_life(uow, listed[two]) for two in group]
        found.append(
            tuple(
                Member(listed[life.account], life, tuple(lives[:place]))
                for place, life in enumerate(lives)
            )
        )
    return found


def _life(uow: UnitOfWork, stored: StoredAccount) -> Life:
    key = stored.account.id
    began = uow.snapshots.began(key)
    days: list[date] = [new_york_day(began)] if began is not None else []
    first = uow.series.first_day(key)
    if first is not None:
        days.append(first)
    return Life(account=key, begins=min(days).toordinal() if days else None, ends=ends(stored))
