"""How often a day an account is read without anybody's click, where the broker limits that.

The broker's record says how often (``Capabilities.background_per_day``); what was read is kept with
the database's notes, so that a restart and another process count on. A day is a day of UTC. What
the user asks for is always read, and counts: there is that much less to read in the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.domain.ids import AccountId
from brokerdesk.facts import dataclass

if TYPE_CHECKING:
    from brokerdesk.db.unit_of_work import UnitOfWork

APART = 4
"""What may be read n times a day is read no sooner than a quarter of an n-th day after the last
time, so that an outage does not use up the day within minutes."""
_DAY = timedelta(days=1)
_AHEAD = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One kind of reading of one account. ``read`` times of ``per_day`` today, last at ``last``.

    ``next_at`` is when it is read without a click again; a past moment: with the next round.
    """

    kind: str
    read: int
    per_day: int
    last: datetime | None
    next_at: datetime


@dataclass(frozen=True, slots=True)
class _Tally:
    day: date
    read: int
    last: datetime


def take(
    uow: UnitOfWork,
    account: AccountId,
    kinds: Iterable[str],
    per_day: Mapping[str, int],
    now: datetime,
    *,
    by_user: bool,
) -> bool:
    """Whether all of ``kinds`` may be read now; if so they count as read, whatever comes of it."""
    limited = [kind for kind in kinds if kind in per_day]
    if not limited:
        return True
    tallies = _load(uow, account, now)
    if not by_user:
        for kind in limited:
            if _next(tallies.get(kind), per_day[kind], now) > now:
                return False
    for kind in limited:
        before = tallies.get(kind)
        read = before.read if before is not None and before.day == _day(now) else 0
        tallies[kind] = _Tally(_day(now), read + 1, now)
    lines = (f"{kind} {one.day} {one.read} {one.last.isoformat()}" for kind, one in tallies.items())
    uow.meta.set(_key(account), "\n".join(lines))
    return True


def look(
    uow: UnitOfWork, account: AccountId, per_day: Mapping[str, int], now: datetime
) -> tuple[Allowance, ...]:
    """How it stands with every limited kind, in the record's order."""
    tallies = _load(uow, account, now)
    found = []
    for kind, limit in per_day.items():
        one = tallies.get(kind)
        found.append(
            Allowance(
                kind=kind,
                read=one.read if one is not None and one.day == _day(now) else 0,
                per_day=limit,
                last=one.last if one is not None else None,
                next_at=_next(one, limit, now),
            )
        )
    return tuple(found)


def _next(one: _Tally | None, per_day: int, now: datetime) -> datetime:
    if one is None:
        return now
    soonest = one.last + _DAY / (APART * max(1, per_day))
    if one.day == _day(now) and one.read >= per_day:
        return max(soonest, datetime.combine(_day(now) + _DAY, datetime.min.time(), UTC))
    return soonest


def _load(uow: UnitOfWork, account: AccountId, now: datetime) -> dict[str, _Tally]:
    found: dict[str, _Tally] = {}
    for line in (uow.meta.get(_key(account)) or "").split("\n"):
        parts = line.split(" ")
        try:
            kind, day, read, last = parts
            at = datetime.fromisoformat(last).astimezone(UTC)
            one = _Tally(date.fromisoformat(day), int(read), at)
        except ValueError:
            continue  # nothing, or what another version wrote
        if at <= now + _AHEAD:
            found[kind] = one
        elif at <= now + _DAY:  # the clock was set back: what was read today was read all the same
            found[kind] = _Tally(_day(now), one.read, now - _DAY)
        # Further ahead: a clock that was wrong must not lock an account for years.
    return found


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _key(account: AccountId) -> str:
    return f"reads:{account}"
