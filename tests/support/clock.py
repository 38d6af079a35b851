"""A clock that only moves when a test says so."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


class FakeClock:
    """Wall and monotonic time that advance together, by hand.

    With ``auto`` a sleep moves the time at once instead of parking, which lets retry and back-off
    loops run to their end without a second task.
    """

    def __init__(self, start: datetime = START, *, auto: bool = False) -> None:
        self._start = start
        self._elapsed = 0.0
        self.auto = auto
        self.slept: list[float] = []
        self._order = itertools.count()
        self._parked: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    @property
    def sleepers(self) -> int:
        return sum(1 for _, _, future in self._parked if not future.done())

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if self.auto or seconds <= 0:
            self._elapsed += max(0.0, seconds)
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._parked, (self._elapsed + seconds, next(self._order), future))
        await future

    def jump(self, seconds: float) -> None:
        """Move wall time without waking sleepers: a computer that slept or a clock set anew."""
        self._start += timedelta(seconds=seconds)

    async def advance(self, seconds: float) -> None:
        """Move time and wake, in order, everyone whose moment has come."""
        target = self._elapsed + seconds
        await _settle()
        while self._parked and self._parked[0][0] <= target:
            due, _, future = heapq.heappop(self._parked)
            self._elapsed = max(self._elapsed, due)
            if not future.done():
                future.set_result(None)
            await _settle()
        self._elapsed = target
        await _settle()


async def _settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
