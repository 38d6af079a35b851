"""How often a broker may be asked.

A bucket of tokens on the injected clock. A token comes back a full window after it was spent, so no
window of that length ever holds more requests than the limit allows, not even around a burst. What
the user waits for goes first: background work queues behind it and leaves a reserve untouched.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from enum import IntEnum

from brokerdesk.clock import Clock


class Priority(IntEnum):
    """Who is waiting. Lower goes first."""

    USER = 0
    BACKGROUND = 1


_behind: ContextVar[bool] = ContextVar("behind", default=False)


@contextlib.contextmanager
def in_background() -> Iterator[None]:
    """Whatever is asked in here stands behind what the user waits for, however it is usually
    asked: a quote that somebody looks at and one that is read every minute are the same request.
    """
    token = _behind.set(True)
    try:
        yield
    finally:
        _behind.reset(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateState:
    """What the limiter would say now: free tokens, who queues, how long a pause still lasts."""

    free: int
    limit: int
    waiting_user: int
    waiting_background: int
    paused_seconds: float


class RateLimiter:
    """At most ``limit`` requests in any ``window`` seconds.

    Args:
        limit: requests per window, at least 1.
        reserve: tokens that background work leaves for the user; below ``limit``.
    """

    def __init__(
        self, clock: Clock, *, limit: int = 120, window: float = 60.0, reserve: int = 10
    ) -> None:
        if limit < 1:
            raise ValueError("a rate limit is at least one request")
        self._clock = clock
        self._limit = limit
        self._window = window
        self._reserve = min(reserve, limit - 1)
        self._spent: deque[float] = deque()
        self._queue: list[tuple[Priority, int]] = []
        self._order = itertools.count()
        self._paused_until = 0.0

    async def acquire(self, priority: Priority = Priority.BACKGROUND) -> None:
        """Wait for a token and spend it."""
        if _behind.get():
            priority = Priority.BACKGROUND
        ticket = (priority, next(self._order))
        bisect.insort(self._queue, ticket)
        try:
            while (wait := self._seconds_until(ticket)) > 0:
                await self._clock.sleep(wait)
            self._spent.append(self._clock.monotonic())
        finally:
            self._queue.remove(ticket)

    def pause(self, seconds: float) -> None:
        """Let nothing through for this long: the broker asked for it. Never shortens a pause."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    def paused_for(self) -> float:
        """Seconds that a pause still lasts; 0 when there is none."""
        return max(0.0, self._paused_until - self._clock.monotonic())

    def state(self) -> RateState:
        """A picture of this moment."""
        self._return_tokens()
        users = sum(1 for priority, _ in self._queue if priority is Priority.USER)
        return RateState(
            free=self._limit - len(self._spent),
            limit=self._limit,
            waiting_user=users,
            waiting_background=len(self._queue) - users,
            paused_seconds=self.paused_for(),
        )

    def _seconds_until(self, ticket: tuple[Priority, int]) -> float:
        """How long until ``ticket`` could go, everyone before it in the queue served first."""
        self._return_tokens()
        needed = self._queue.index(ticket) + 1
        if ticket[0] is Priority.BACKGROUND:
            needed += self._reserve
        missing = needed - (self._limit - len(self._spent))
        wait = self.paused_for()
        if missing > 0:
            wait = max(wait, self._seconds_until_returned(missing))
        return wait

    def _seconds_until_returned(self, count: int) -> float:
        """When ``count`` spent tokens will be back. If fewer are out, because those ahead in the
        queue have yet to take theirs, it is when to look again.
        """
        if not self._spent:
            return self._window / self._limit
        index = min(count, len(self._spent)) - 1
        return self._spent[index] + self._window - self._clock.monotonic()

    def _return_tokens(self) -> None:
        oldest_kept = self._clock.monotonic() - self._window
        while self._spent and self._spent[0] <= oldest_kept:
            self._spent.popleft()


_MOST_SHARED = 256
_shared: dict[tuple[int, str, int, int], RateLimiter] = {}
"""By the clock's identity, which stays its own as long as its limiter is here."""


def shared_limiter(clock: Clock, name: str, limit: int, *, reserve: int = 10) -> RateLimiter:
    """The one limiter of ``name`` in this process: sessions of one broker share what it allows.

    It outlives them, so that a session opened anew does not begin with a full bucket.
    """
    key = (id(clock), name, limit, reserve)
    found = _shared.get(key)
    if found is None:
        while len(_shared) >= _MOST_SHARED:
            del _shared[next(iter(_shared))]
        found = _shared[key] = RateLimiter(clock, limit=limit, reserve=reserve)
    return found
