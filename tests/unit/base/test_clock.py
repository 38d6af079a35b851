"""The computer's clock, and the one for tests that moves by hand."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import START, FakeClock

from brokerdesk.clock import Clock, SystemClock


def test_the_system_clock_is_aware_and_true() -> None:
    clock: Clock = SystemClock()
    before = datetime.now(UTC)
    now = clock.now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.parametrize("seconds", [0, -1, 0.001])
async def test_sleeping_for_nothing_still_yields(seconds: float) -> None:
    order: list[str] = []

    async def other() -> None:
        order.append("other")

    async with asyncio.TaskGroup() as group:
        group.create_task(other())
        await SystemClock().sleep(seconds)
        order.append("sleeper")
    assert order == ["other", "sleeper"]


async def test_sleepers_wake_in_their_order_and_not_before() -> None:
    clock = FakeClock()
    woken: list[tuple[int, float]] = []

    async def sleeper(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        for seconds in (30, 10, 20):
            group.create_task(sleeper(seconds))
        await clock.advance(9.9)
        assert woken == []
        assert clock.sleepers == 3
        await clock.advance(10.1)
        assert woken == [(10, 10.0), (20, 20.0)]
        await clock.advance(100)
    assert woken[-1] == (30, 30.0)
    assert clock.now() == START + timedelta(seconds=120)


async def test_a_sleep_inside_a_sleep_is_woken_in_the_same_advance() -> None:
    clock = FakeClock()
    beats: list[float] = []

    async def beat() -> None:
        for _ in range(5):
            await clock.sleep(60)
            beats.append(clock.monotonic())

    async with asyncio.TaskGroup() as group:
        group.create_task(beat())
        await clock.advance(300)
    assert beats == [60.0, 120.0, 180.0, 240.0, 300.0]


async def test_a_cancelled_sleeper_is_forgotten() -> None:
    clock = FakeClock()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(clock.sleep(5))
        await clock.advance(1)
        task.cancel()
        await asyncio.sleep(0)
        assert clock.sleepers == 0
        await clock.advance(10)


async def test_an_automatic_clock_never_waits() -> None:
    clock = FakeClock(auto=True)
    await clock.sleep(3600)
    await clock.sleep(-5)
    assert clock.slept == [3600, -5]
    assert clock.monotonic() == 3600


@given(st.integers(-(10**6), 10**6))
def test_a_jump_moves_wall_time_alone(seconds: int) -> None:
    clock = FakeClock()
    clock.jump(seconds)
    assert clock.now() - START == timedelta(seconds=seconds)
    assert clock.monotonic() == 0
