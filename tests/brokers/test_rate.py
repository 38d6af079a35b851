"""How often a broker may be asked, on a clock that moves by hand."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.clock import FakeClock

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.rate import (
    Buckets,
    PausedError,
    Priority,
    RateLimiter,
    asked_by_user,
    shared_limiter,
    urgency,
)
from brokerdesk.brokers.schwab.client import build_http
from brokerdesk.domain.kinds import Environment


async def test_a_burst_up_to_the_limit_goes_at_once_and_the_rest_waits() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock, limit=5, window=60, reserve=0)
    for _ in range(5):
        await limiter.acquire()
    sixth = asyncio.ensure_future(limiter.acquire())
    await clock.advance(59)
    assert not sixth.done()
    await clock.advance(1.1)
    assert sixth.done()


async def test_the_user_goes_before_background_work() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock, limit=1, window=60, reserve=0)
    await limiter.acquire()
    order: list[str] = []

    async def take(name: str, priority: Priority) -> None:
        await limiter.acquire(priority)
        order.append(name)

    tasks = [asyncio.ensure_future(take(f"background {i}", Priority.BACKGROUND)) for i in range(3)]
    await asyncio.sleep(0)
    tasks.append(asyncio.ensure_future(take("user", Priority.USER)))
    await asyncio.sleep(0)
    assert limiter.state().waiting_user == 1
    assert limiter.state().waiting_background == 3
    await clock.advance(61)
    assert order[0] == "user"
    await clock.advance(240)
    await asyncio.gather(*tasks)
    assert len(order) == 4


async def test_background_work_leaves_a_reserve() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock, limit=5, window=60, reserve=2)
    for _ in range(3):
        await limiter.acquire(Priority.BACKGROUND)
    background = asyncio.ensure_future(limiter.acquire(Priority.BACKGROUND))
    await asyncio.sleep(0)
    assert not background.done()
    await limiter.acquire(Priority.USER)
    await limiter.acquire(Priority.USER)
    assert limiter.state().free == 0
    background.cancel()
    await asyncio.gather(background, return_exceptions=True)
    assert limiter.state().waiting_background == 0


async def test_a_pause_holds_everyone_and_is_never_shortened() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock)
    limiter.pause(30)
    limiter.pause(10)
    assert limiter.state().paused_seconds == 30
    waiting = asyncio.ensure_future(limiter.acquire(Priority.USER))
    await clock.advance(29)
    assert not waiting.done()
    await clock.advance(2)
    assert waiting.done()


async def test_a_cancelled_waiter_does_not_hold_up_the_others() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock, limit=1, window=60, reserve=0)
    await limiter.acquire()
    first = asyncio.ensure_future(limiter.acquire())
    second = asyncio.ensure_future(limiter.acquire())
    await asyncio.sleep(0)
    first.cancel()
    await clock.advance(61)
    await clock.advance(61)
    assert second.done()
    await asyncio.gather(first, return_exceptions=True)


@given(
    limit=st.integers(1, 8),
    gaps=st.lists(st.floats(0, 30), min_size=1, max_size=30),
)
@settings(deadline=None, max_examples=60)
def test_no_window_ever_holds_more_than_the_limit(limit: int, gaps: list[float]) -> None:
    async def run() -> list[float]:
        clock = FakeClock(auto=True)
        limiter = RateLimiter(clock, limit=limit, window=60, reserve=0)
        times = []
        for gap in gaps:
            await clock.sleep(gap)
            await limiter.acquire()
            times.append(clock.monotonic())
        return times

    times = asyncio.run(run())
    for start in times:
        assert sum(1 for time in times if start <= time < start + 60 - 1e-6) <= limit


def test_a_limit_is_at_least_one() -> None:
    with pytest.raises(ValueError):
        RateLimiter(FakeClock(), limit=0)


def test_sessions_of_one_broker_share_one_limit_for_as_long_as_the_process_lives() -> None:
    clock = FakeClock()
    one = shared_limiter(clock, "https://one.invalid", 5)
    assert shared_limiter(clock, "https://one.invalid", 5) is one
    assert shared_limiter(clock, "https://two.invalid", 5) is not one
    assert shared_limiter(FakeClock(), "https://one.invalid", 5) is not one


async def test_a_session_opened_anew_does_not_begin_with_a_full_bucket() -> None:
    clock = FakeClock(auto=True)
    network = Network()
    first, second, third = (
        build_http(Environment.LIVE, "", network=network, clock=clock) for _ in range(3)
    )
    buckets = {id(http._buckets.of("one key")) for http in (first, second)}
    assert len(buckets) == 1
    assert {id(third._buckets.of("one key"))} == buckets
    assert {id(third._buckets.of("another key"))} != buckets
    for http in (first, second, third):
        await http.aclose()


def test_each_login_has_a_bucket_and_its_key_is_kept_nowhere() -> None:
    clock = FakeClock()
    place = Buckets(clock, "https://one.invalid", 5)
    assert place.of("key-1") is place.of("key-1")
    assert place.of("key-1") is not place.of("key-2")
    assert "key-1" not in repr(vars(place.of("key-1")))


async def test_who_acts_for_the_user_goes_ahead_in_tasks_begun_meanwhile_too() -> None:
    async def asked() -> Priority:
        return urgency(Priority.BACKGROUND)

    with asked_by_user():
        begun = asyncio.ensure_future(asked())
    assert urgency(Priority.BACKGROUND) is Priority.BACKGROUND
    assert await begun is Priority.USER


async def test_who_will_not_sit_out_a_pause_is_told_even_when_it_begins_later() -> None:
    clock = FakeClock()
    limiter = RateLimiter(clock, limit=1, window=60, reserve=0)
    await limiter.acquire()
    waiting = asyncio.ensure_future(limiter.acquire(longest_pause=10))
    patient = asyncio.ensure_future(limiter.acquire())
    await asyncio.sleep(0)
    limiter.pause(300)
    await clock.advance(20)
    with pytest.raises(PausedError) as told:
        waiting.result()
    assert 280 <= told.value.seconds <= 300
    assert not patient.done()
    await clock.advance(290)
    assert patient.done()


async def test_a_token_comes_back_a_window_after_the_answer() -> None:
    """A request that queued for a connection reaches the broker late."""
    clock = FakeClock()
    limiter = RateLimiter(clock, limit=1, window=60, reserve=0)
    spent = await limiter.acquire()
    await clock.advance(15)
    limiter.settle(spent)
    waiting = asyncio.ensure_future(limiter.acquire())
    await clock.advance(59)
    assert not waiting.done()
    await clock.advance(2)
    assert waiting.done()
