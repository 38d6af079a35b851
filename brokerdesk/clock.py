"""Time as a dependency.

Nothing else in the product reads the wall clock, the monotonic clock or sleeps: deadlines,
expiries and schedules take a ``Clock``, so that tests move time by hand and never wait.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for facts, monotonic time for deadlines, and the one way to wait."""

    def now(self) -> datetime:
        """The current moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back. Only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait on this clock. Zero or less yields once."""
        ...


class SystemClock:
    """The computer's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        import asyncio  # late: the window is painted before anything needs a loop

        await asyncio.sleep(max(0.0, seconds))
