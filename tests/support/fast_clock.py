"""Real time some times faster: minutes of two processes pass in seconds of a test."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


class FastClock:
    """A ``Clock``. Processes that are given the same ``began`` (monotonic) have the same time."""

    def __init__(self, times: float, began: float) -> None:
        self._times, self._began = times, began

    def monotonic(self) -> float:
        return (time.monotonic() - self._began) * self._times

    def now(self) -> datetime:
        return START + timedelta(seconds=self.monotonic())

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._times)
