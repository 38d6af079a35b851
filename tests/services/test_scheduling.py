"""The clockwork over days of virtual time."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import FakeClock
from support.services import Bench, bench, capabilities

from brokerdesk.brokers.base import SignIn
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.events import RefreshStarted, SignInDue
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import AuthExpiredError, BrokerUnavailableError, RateLimitedError
from brokerdesk.services.pacing import BACKOFF_LIMIT, PAUSE_LIMIT, Pace, interval
from brokerdesk.settings import Settings

OPEN = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)  # a Friday, half an hour after the opening
CLOSED = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


async def pass_time(desk: Bench, seconds: float) -> None:
    """Move in ticks and let the database thread answer in between."""
    import asyncio

    left = seconds
    while left > 0:
        await desk.clock.advance(min(15.0, left))
        left -= 15.0
        for _ in range(200):
            await asyncio.sleep(0.0005)
            if desk.clock.sleepers and not any(
                name.startswith("refresh:")
                or name in ("schedule:wake", "schedule:prune", "schedule:backup")
                for name in desk.supervisor.names
            ):
                break


def rounds(desk: Bench) -> int:
    return len(desk.told(RefreshStarted))


# -- pacing ---------------------------------------------------------------------------------------
def test_intervals_follow_the_market_and_the_users_word() -> None:
    facts = capabilities()
    usual = {"open_minutes": None, "closed_minutes": None}
    assert interval(facts, OPEN, **usual) == 300
    assert interval(facts, CLOSED, **usual) == 3600
    assert interval(facts, OPEN, open_minutes=2, closed_minutes=None) == 120
    assert interval(facts, CLOSED, open_minutes=2, closed_minutes=90) == 5400


@given(failures=st.integers(1, 60), seed=st.integers())
def test_back_off_grows_has_a_limit_and_is_never_at_once(failures: int, seed: int) -> None:
    pace = Pace(jitter=random.Random(seed))
    waits = [pace.failed(0.0) for _ in range(failures)]
    assert all(15.0 <= wait <= BACKOFF_LIMIT for wait in waits)
    assert all(wait >= min(15.0 * 2**n, BACKOFF_LIMIT / 2) for n, wait in enumerate(waits))
    pace.succeeded(0.0)
    assert pace.failed(0.0) <= 30.0


@given(asked=st.floats(-10, 1e9), now=st.floats(0, 1e6))
def test_a_pause_is_kept_to_its_end_and_clamped(asked: float, now: float) -> None:
    pace = Pace(jitter=random.Random(1))
    pace.failed(now, retry_after=asked)
    pause = min(max(0.0, asked), PAUSE_LIMIT)
    assert pace.pause_left(now) == pytest.approx(pause, abs=1e-3)
    pace.hurry()
    assert pace.next_at(now, 300.0) >= now + pause - 1e-3
    assert pace.pause_left(now + pause + 1) == 0


# -- rounds ---------------------------------------------------------------------------------------
async def test_rounds_come_at_once_and_then_at_the_interval(desk: Bench) -> None:
    await desk.connected()
    desk.services.schedule.start()
    await pass_time(desk, 15)
    assert rounds(desk) == 1
    await pass_time(desk, 3600)
    assert 11 <= rounds(desk) <= 13


async def test_outside_market_hours_rounds_are_rare(tmp_path: Path) -> None:
    async with bench(tmp_path, clock=FakeClock(CLOSED)) as desk:
        await desk.connected()
        desk.services.schedule.start()
        await pass_time(desk, 7300)
        assert rounds(desk) == 3


async def test_without_refresh_on_start_the_last_attempt_counts(tmp_path: Path) -> None:
    async with bench(tmp_path, settings=Settings(refresh_on_start=False)) as desk:
        row = await desk.connected()
        await desk.services.refreshing.refresh(row.id)
        await desk.services.refreshing.forget(row.id)
        desk.services.schedule.start()
        await pass_time(desk, 270)
        assert rounds(desk) == 1
        await pass_time(desk, 60)
        assert rounds(desk) == 2


async def test_a_broker_that_is_down_is_asked_less_and_less(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    await desk.connected()
    desk.bank.calls.clear()
    desk.bank.fails["accounts"] = BrokerUnavailableError("Acme does not answer.")
    desk.services.schedule.start()
    await pass_time(desk, 3600)
    tries = desk.bank.calls.count("accounts")
    assert 6 <= tries <= 13, "0, ~0.4, ~1, ~2.5, ~5, ~11, then every 7.5 to 15 minutes"


async def test_nothing_is_asked_while_a_broker_wants_a_pause(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    await desk.connected()
    desk.bank.calls.clear()
    desk.bank.fails["accounts"] = RateLimitedError("Slow down.", retry_after=1800)
    desk.services.schedule.start()
    await pass_time(desk, 900)
    desk.services.schedule.wake()
    await pass_time(desk, 870)
    assert desk.bank.calls.count("accounts") == 1
    desk.bank.fails.clear()
    await pass_time(desk, 60)
    assert rounds(desk) == 1


async def test_a_login_that_ended_is_not_polled(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    await desk.connected()
    desk.bank.calls.clear()
    desk.bank.fails["accounts"] = AuthExpiredError("The login has ended.")
    desk.services.schedule.start()
    await pass_time(desk, 3600)
    assert desk.bank.calls.count("accounts") == 1


async def test_a_defect_stops_one_connection_and_not_the_other(desk: Bench) -> None:
    from support.services import an_account

    first = await desk.connected()
    desk.bank.identity = "who-2"
    other = an_account("33334444")
    desk.bank.accounts = [other]
    await desk.connected()
    desk.bank.accounts = [an_account("11112222"), other]
    desk.bank.fails[f"portfolio {an_account('11112222').id}"] = ZeroDivisionError("boom")
    desk.services.schedule.start()
    await pass_time(desk, 1800)
    reads = [call.split()[1] for call in desk.bank.calls if call.startswith("portfolio")]
    assert reads.count(an_account("11112222").id) == 1
    assert reads.count(other.id) >= 5
    assert desk.services.refreshing.halted(first.id)


# -- waking ---------------------------------------------------------------------------------------
async def test_after_sleep_a_round_comes_at_once(desk: Bench) -> None:
    await desk.connected()
    desk.services.schedule.start()
    await pass_time(desk, 30)
    assert rounds(desk) == 1
    desk.clock.jump(1200)  # wall time ran on, monotonic time stood still
    await pass_time(desk, 30)
    assert rounds(desk) == 2


async def test_a_clock_set_back_causes_nothing(desk: Bench) -> None:
    await desk.connected()
    desk.services.schedule.start()
    await pass_time(desk, 30)
    desk.clock.jump(-7200)
    await pass_time(desk, 60)
    assert rounds(desk) == 1


async def test_the_returning_network_is_used_at_once(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    await desk.connected()
    desk.bank.fails["accounts"] = BrokerUnavailableError("Acme does not answer.")
    desk.services.schedule.start()
    await pass_time(desk, 1800)
    desk.bank.fails.clear()
    desk.services.schedule.wake()
    await pass_time(desk, 1)
    assert rounds(desk) == 1


# -- sign-ins that end ----------------------------------------------------------------------------
async def test_the_end_of_a_sign_in_is_told_once_before_and_once_at_it(desk: Bench) -> None:
    row = await desk.connected()
    ends = desk.clock.now() + timedelta(hours=25)
    desk.bank.sign_in = SignIn(ends=ends)
    await desk.services.refreshing.refresh(row.id)
    desk.services.schedule.start()
    await pass_time(desk, 60)
    assert desk.told(SignInDue) == []
    desk.clock.jump(2 * 3600)
    await pass_time(desk, 60)
    assert [event.hours_left for event in desk.told(SignInDue)] == [22]
    desk.clock.jump(24 * 3600)
    await pass_time(desk, 60)
    assert [event.hours_left for event in desk.told(SignInDue)] == [22, None]
    assert (await desk.rows())[0].state is ConnectionState.NEEDS_SIGN_IN


# -- cleaning -------------------------------------------------------------------------------------
async def test_old_intraday_snapshots_are_dropped_once_a_day_unless_kept(tmp_path: Path) -> None:
    for keep in (True, False):
        directory = tmp_path / str(keep)
        directory.mkdir()
        async with bench(directory, settings=replace(Settings(), keep_all_snapshots=keep)) as desk:
            row = await desk.connected()
            account = desk.bank.accounts[0].id
            for value in ("10000", "10001", "10002"):
                desk.bank.shows(account, value=value)
                await desk.services.refreshing.refresh(row.id)
                await desk.clock.advance(600)
            desk.clock.jump(40 * 86400)
            desk.services.schedule.start()
            await pass_time(desk, 15)
            first = desk.clock.now() - timedelta(days=60)
            left = await desk.database.read(partial(_between, account=account, first=first))
            assert len(left) == 3, "no answer has said yet that 40 days are over"
            desk.clock.jump(86400)
            await pass_time(desk, 15)
            left = await desk.database.read(partial(_between, account=account, first=first))
            assert len(left) == (3 if keep else 1)


async def test_a_clock_that_is_years_ahead_drops_nothing(
    desk: Bench, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings("is down")
    row = await desk.connected()
    account = desk.bank.accounts[0].id
    for value in ("10000", "10001", "10002"):
        desk.bank.shows(account, value=value)
        await desk.services.refreshing.refresh(row.id)
        await desk.clock.advance(600)
    first = desk.clock.now() - timedelta(days=1)
    desk.bank.fails["accounts"] = AuthExpiredError("The login has ended.")
    desk.clock.jump(4 * 365 * 86400)
    desk.services.schedule.start()
    for _ in range(3):
        await pass_time(desk, 15)
        desk.clock.jump(86400)
    left = await desk.database.read(partial(_between, account=account, first=first))
    assert len(left) == 3


async def test_a_last_attempt_in_the_future_does_not_stop_the_schedule(tmp_path: Path) -> None:
    settings = replace(Settings(), refresh_on_start=False)
    async with bench(tmp_path, settings=settings) as desk:
        row = await desk.connected()
        desk.clock.jump(365 * 86400)
        await desk.services.refreshing.refresh(row.id)
        desk.clock.jump(-365 * 86400)
        desk.services.schedule.start()
        await pass_time(desk, 400)
        assert rounds(desk) == 2


def _between(uow: UnitOfWork, *, account: AccountId, first: datetime) -> tuple[object, ...]:
    return uow.snapshots.between(account, first, first + timedelta(days=30))


async def test_a_regular_copy_of_the_cache_is_made_when_due(desk: Bench) -> None:
    """Past snapshots cannot be fetched again: losing the file must not lose them all."""

    def copies() -> list[str]:
        return sorted(file.name for file in desk.paths.backups.glob("portfolio-regular-*.db"))

    await desk.connected()
    desk.services.schedule.start()
    await pass_time(desk, 60)
    assert len(copies()) == 1
    desk.clock.jump(3 * 86400)
    await pass_time(desk, 60)
    assert len(copies()) == 1
    desk.clock.jump(5 * 86400)
    await pass_time(desk, 60)
    assert len(copies()) == 2
