"""Saved days: which there are, how many accounts each has of its own, and the ways between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import FakeClock
from support.services import Bench, a_reading, an_account, bench

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.market_hours import end_of_day, new_york_day
from brokerdesk.services.days import SavedDay, SavedDays, Stand, saved_days, weekdays

A, B = AccountId("acme:a"), AccountId("acme:b")
DAY = date(2026, 8, 10)  # a Monday


def at(day: date, hour: int = 20) -> datetime:
    """Four in the afternoon in New York, or another hour of UTC."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def stand(account: AccountId, *days: date, until: datetime | None = None, **more: Any) -> Stand:
    rows = [(day, at(day), at(day)) for day in days]
    if until is not None:
        rows[-1] = (*rows[-1][:2], until)
    return Stand(account=account, days=tuple(rows), **more)


def after(number: int) -> date:
    return DAY + timedelta(days=number)


def test_a_day_counts_its_own_and_its_carried_accounts() -> None:
    found = saved_days([stand(A, DAY, after(1)), stand(B, after(1), after(2))])
    assert [(one.day, one.own, one.carried) for one in found.days] == [
        (DAY, 1, 0),
        (after(1), 2, 0),
        (after(2), 1, 1),
    ]


def test_a_days_moment_is_the_last_reading_of_any_account_whatever_the_scope() -> None:
    late = Stand(account=B, days=((DAY, at(DAY, 22), at(DAY, 22)),))
    stands = [stand(A, DAY), late]
    assert saved_days(stands).days[0].moment == at(DAY, 22)
    assert saved_days(stands, {A}).days[0].moment == at(DAY, 22)


def test_a_scope_has_its_own_days() -> None:
    stands = [stand(A, DAY), stand(B, after(3))]
    assert [one.day for one in saved_days(stands, {B}).days] == [after(3)]
    assert [(one.own, one.accounts) for one in saved_days(stands, {B}).days] == [(1, 1)]
    assert len(saved_days(stands, set())) == 0


def test_a_reading_that_still_stood_saves_the_days_in_between() -> None:
    found = saved_days([stand(A, DAY, until=at(after(2), 14))])
    assert [one.day for one in found.days] == [DAY, after(1), after(2)]
    assert [one.moment for one in found.days] == [
        end_of_day(DAY),
        end_of_day(after(1)),
        at(after(2), 14),
    ]


def test_an_account_that_ended_is_carried_no_further() -> None:
    found = saved_days([stand(A, DAY, ends=after(1)), stand(B, DAY, after(1), after(2))])
    assert [(one.own, one.accounts) for one in found.days] == [(2, 2), (1, 1), (1, 1)]
    beyond = stand(A, DAY, until=at(after(5)), ends=after(1))
    assert [one.day for one in saved_days([beyond]).days] == [DAY]


def days(*offsets: int) -> SavedDays:
    return saved_days([stand(A, *map(after, sorted(offsets)))])


def test_the_ways_between_days() -> None:
    saved = days(0, 1, 4, 40)
    assert saved.at(after(1)) == saved.days[1]
    assert saved.at(after(2)) is None
    assert saved.earlier(after(4)) == saved.days[1]
    assert saved.earlier(after(0)) is None
    assert saved.later(after(1)) == saved.days[2]
    assert saved.later(after(40)) is None
    assert (saved.place(after(3)), saved.place(after(-9)), saved.place(after(99))) == (1, 0, 3)
    assert SavedDays().nearest(DAY) is None


def test_the_nearest_day_of_two_is_the_earlier() -> None:
    saved = days(0, 4)
    assert saved.nearest(after(2)) == saved.days[0]
    assert saved.nearest(after(3)) == saved.days[1]
    assert saved.nearest(after(90)) == saved.days[1]


def test_a_months_step_never_stands_still_nor_turns_round() -> None:
    saved = days(0, 1, 40)
    # The month before has no day at all: the nearest of what lies earlier.
    assert saved.towards(after(40), after(10)) == saved.days[1]
    assert saved.towards(after(0), after(-30)) is None
    assert saved.towards(after(1), after(32)) == saved.days[2]


def test_months_and_weekdays() -> None:
    saved = days(0, 1, 40)
    assert list(saved.in_month(2026, 8)) == [after(0), after(1)]
    assert saved.in_month(2026, 7) == {}
    assert weekdays(2026, 8, date(2026, 12, 31)) == 21
    assert weekdays(2026, 8, date(2026, 8, 10)) == 6
    assert weekdays(2026, 8, date(2026, 7, 1)) == 0


offsets = st.sets(st.integers(0, 400), min_size=1, max_size=40)


@given(offsets, st.integers(-10, 410), st.integers(-40, 40))
def test_steps_are_what_looking_at_every_day_says(known: set[int], here: int, by: int) -> None:
    saved, day = days(*known), after(here)
    before = [n for n in known if n < here]
    behind = [n for n in known if n > here]
    assert saved.earlier(day) == (saved.at(after(max(before))) if before else None)
    assert saved.later(day) == (saved.at(after(min(behind))) if behind else None)
    least = min(known, key=lambda n: (abs(n - here), n))
    assert saved.nearest(day) == saved.at(after(least))
    ahead = before if by < 0 else behind
    goal = min(ahead, key=lambda n: (abs(n - here - by), n), default=None)
    if by:
        expected = None if goal is None else saved.at(after(goal))
        assert saved.towards(day, after(here + by)) == expected


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    clock = FakeClock(datetime(2026, 11, 16, 15, 0, tzinfo=UTC))  # a Monday
    async with bench(tmp_path, clock=clock) as made:
        yield made


async def test_days_of_a_profile_and_the_figures_at_their_moments(desk: Bench) -> None:
    row = await desk.connected()
    account = desk.bank.accounts[0].id
    for value in ("10000", "11000", "11000", "12000"):
        desk.bank.shows(account, value=value)
        await desk.services.refreshing.refresh(row.id)
        await desk.clock.advance(86400)
    saved = await desk.services.days.saved()
    assert [(one.day.day, one.own, one.accounts) for one in saved.days] == [
        (16, 1, 1),
        (17, 1, 1),
        (18, 1, 1),
        (19, 1, 1),
    ]
    totals = []
    for one in saved.days:
        assert isinstance(one, SavedDay)
        view = await desk.services.portfolio.view(one.moment)
        totals.append(view.totals[0].net_liquidation)
        whole = await desk.services.portfolio.view(end_of_day(one.day))
        assert [row.balances for row in whole.accounts] == [row.balances for row in view.accounts]
    assert list(map(str, totals)) == ["10000", "11000", "11000", "12000"]


async def test_a_scope_of_a_profile_and_an_account_that_closed(desk: Bench) -> None:
    desk.bank.accounts.append(an_account("33334444"))
    first, second = (one.id for one in desk.bank.accounts)
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(86400)
    now = desk.clock.now()
    await desk.database.run(lambda uow: uow.accounts.close(second, now))
    reading = a_reading(first, now + timedelta(days=3), value="5")
    await desk.database.run(lambda uow: uow.snapshots.store(reading))
    saved = await desk.services.days.saved()
    last = saved.days[-1]
    assert (last.day, last.own, last.accounts) == (new_york_day(reading.fetched_at), 1, 1)
    assert [one.day.day for one in (await desk.services.days.saved({second})).days] == [16]
    assert len(await desk.services.days.saved(set())) == 0


async def test_an_empty_profile_has_no_days(desk: Bench) -> None:
    assert await desk.services.days.saved() == SavedDays()
