"""Requests of several processes count together, and a damaged book stops nobody."""

from __future__ import annotations

import asyncio
import os
import stat
from array import array
from pathlib import Path

import pytest
from filelock import FileLock
from support.clock import FakeClock

from brokerdesk.brokers.rate import PausedError, Priority, RateLimiter
from brokerdesk.brokers.rate_book import FileBook


def limiters(
    directory: Path, clock: FakeClock, *, limit: int = 5, reserve: int = 0, count: int = 2
) -> list[RateLimiter]:
    """As many processes with one login: each has a book of its own over the same directory."""
    return [
        RateLimiter(
            clock, limit=limit, window=60, reserve=reserve, book=FileBook(directory), name="login"
        )
        for _ in range(count)
    ]


def pages(directory: Path) -> list[Path]:
    return list(directory.glob("*.rate"))


async def test_two_processes_have_one_limit(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = limiters(tmp_path, clock)
    for _ in range(3):
        await one.acquire()
    for _ in range(2):
        await two.acquire()
    assert (one.state().free, two.state().free) == (0, 0)
    sixth = asyncio.ensure_future(two.acquire())
    await clock.advance(59)
    assert not sixth.done()
    await clock.advance(2)
    assert sixth.done()


async def test_no_window_holds_more_than_the_limit_however_many_ask(tmp_path: Path) -> None:
    clock = FakeClock()
    times: list[float] = []

    async def ask(limiter: RateLimiter, gap: float) -> None:
        for _ in range(9):
            await clock.sleep(gap)
            await limiter.acquire()
            times.append(clock.monotonic())

    asking = [
        asyncio.ensure_future(ask(each, gap))
        for each, gap in zip(limiters(tmp_path, clock, count=3), (0.3, 7.0, 11.0), strict=True)
    ]
    while not all(task.done() for task in asking):
        await clock.advance(5)
    assert len(times) == 27
    assert all(sum(1 for at in times if start <= at < start + 60 - 1e-6) <= 5 for start in times)


async def test_the_users_request_goes_ahead_of_another_process_that_waits(tmp_path: Path) -> None:
    clock = FakeClock()
    window, command = limiters(tmp_path, clock, limit=4, reserve=1)
    for _ in range(3):
        await command.acquire()
    background = asyncio.ensure_future(command.acquire(Priority.BACKGROUND))
    await asyncio.sleep(0)
    await window.acquire(Priority.USER)  # the reserve
    user = asyncio.ensure_future(window.acquire(Priority.USER))
    await clock.advance(61)
    assert user.done()
    await clock.advance(61)
    assert background.done()


async def test_a_pause_binds_the_other_process_and_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = limiters(tmp_path, clock)
    one.pause(300)
    two.pause(5)
    assert two.paused_for() == 300
    with pytest.raises(PausedError):
        await two.acquire(longest_pause=60)
    (after,) = limiters(tmp_path, clock, count=1)
    assert after.state().paused_seconds == 300
    waiting = asyncio.ensure_future(after.acquire(Priority.USER))
    await clock.advance(301)
    assert waiting.done()


async def test_a_clock_that_was_set_back_locks_nobody_out(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = limiters(tmp_path, clock)
    for _ in range(5):
        await one.acquire()
    one.pause(100)
    clock.jump(-3600)
    assert two.paused_for() <= 100
    waiting = asyncio.ensure_future(two.acquire(Priority.USER))
    for _ in range(20):
        await clock.advance(10)
    assert waiting.done()


async def test_whoever_finds_the_book_open_tries_again(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = limiters(tmp_path, clock)
    await one.acquire()
    with FileLock(tmp_path / "book.lock"):
        waiting = asyncio.ensure_future(two.acquire())
        await clock.advance(1)
        assert not waiting.done()
        two.pause(3)  # kept by this process at least
    assert two.paused_for() > 0
    await clock.advance(5)
    assert waiting.done()


@pytest.mark.parametrize(
    "damage",
    [b"", b"x", b"\xff" * 24, b"\x00" * 16, array("d", [float("nan")] * 5).tobytes(), b"1" * 80000],
    ids=["empty", "short", "nan", "zero", "nans", "huge"],
)
async def test_a_damaged_page_stops_nobody(tmp_path: Path, damage: bytes) -> None:
    clock = FakeClock()
    one, two = limiters(tmp_path, clock)
    await one.acquire()
    (page,) = pages(tmp_path)
    page.write_bytes(damage)
    await two.acquire()
    assert two.state().paused_seconds == 0
    assert two.state().free >= 3


@pytest.mark.allow_warnings(r"^brokerdesk.brokers.rate_book: the book of requests cannot be used")
async def test_without_a_place_to_write_each_process_counts_for_itself(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no directory")
    clock = FakeClock()
    one, two = limiters(blocked, clock, limit=2)
    for each in (one, two):
        await each.acquire()
        await each.acquire()
        assert each.state().free == 0
        each.pause(4)
    assert one.paused_for() == 4


async def test_pages_are_private_name_nobody_and_are_forgotten(tmp_path: Path) -> None:
    clock = FakeClock()
    directory = tmp_path / "rates"
    book = FileBook(directory)
    await RateLimiter(clock, book=book, name="https://api.invalid SECRET-KEY").acquire()
    old = directory / "00.rate"
    old.write_bytes(b"\x00" * 16)
    os.utime(old, (1, 1))
    for file in directory.iterdir():
        assert "SECRET" not in file.name
        assert b"SECRET" not in file.read_bytes()
        if os.name != "nt" and file != old:
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    await RateLimiter(clock, book=FileBook(directory), name="another").acquire()
    assert not old.exists()
    assert len(list(directory.glob("*.rate"))) == 2


async def test_an_answer_moves_its_token_for_the_others_too(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = limiters(tmp_path, clock, limit=2)
    spent = await one.acquire()
    await two.acquire()
    await clock.advance(40)
    one.settle(spent)
    await clock.advance(21)
    assert (one.state().free, two.state().free) == (1, 1)
    await clock.advance(40)
    assert (one.state().free, two.state().free) == (2, 2)
