"""How often a broker may be asked.

A bucket of tokens on the injected clock. A token comes back a full window after its request was
answered: the request reached the broker before that, so no window of that length ever holds more
requests than the limit allows, however long they queued on their way. What the user waits for goes
first: background work queues behind it and leaves a reserve untouched. With a book (``rate_book``),
what other processes of the same profile spend counts too.
"""

from __future__ import annotations

import bisect
import contextlib
import hashlib
import itertools
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from enum import IntEnum
from typing import NamedTuple

from brokerdesk.brokers.rate_book import Book
from brokerdesk.clock import Clock
from brokerdesk.facts import dataclass

MINUTE = 60.0
WINDOW = MINUTE + 1.0
"""A second more than the broker's minute: its clock and ours need not agree."""
_BUSY = 0.01
"""Seconds until a page of the book that another process has open is tried again."""
_NO_LIMIT = float("inf")


class Priority(IntEnum):
    """Who is waiting. Lower goes first."""

    USER = 0
    BACKGROUND = 1


_acting_for: ContextVar[Priority] = ContextVar("brokerdesk_acting_for", default=Priority.BACKGROUND)


@contextlib.contextmanager
def asked_by_user() -> Iterator[None]:
    """Everything that is asked within, and in tasks begun there, is what the user waits for."""
    token = _acting_for.set(Priority.USER)
    try:
        yield
    finally:
        _acting_for.reset(token)


def urgency(priority: Priority) -> Priority:
    """``priority``, or the user's where somebody is acting for the user."""
    if _behind.get():
        return Priority.BACKGROUND
    return min(priority, _acting_for.get())


class PausedError(Exception):
    """A pause lasts longer than whoever asks is willing to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__("paused")
        self.seconds = seconds


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


class Spent(NamedTuple):
    """When a token was spent, on both clocks."""

    mono: float
    wall: float


class RateLimiter:
    """At most ``limit`` requests in any ``window`` seconds.

    Args:
        limit: requests per window, at least 1.
        reserve: tokens that background work leaves for the user; below ``limit``.
        book: where the tokens of all processes are written down; ``name`` is its page.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        limit: int = 120,
        window: float = MINUTE,
        reserve: int = 10,
        book: Book | None = None,
        name: str = "",
    ) -> None:
        if limit < 1:
            raise ValueError("a rate limit is at least one request")
        self._clock = clock
        self._limit = limit
        self._window = window
        self._reserve = min(reserve, limit - 1)
        self._book = book
        self._name = name
        self._spent: deque[float] = deque()
        self._queue: list[tuple[Priority, int]] = []
        self._order = itertools.count()
        self._paused_until = 0.0

    async def acquire(
        self, priority: Priority = Priority.BACKGROUND, *, longest_pause: float = _NO_LIMIT
    ) -> Spent:
        """Wait for a token and spend it. ``settle`` it when the answer is there.

        Raises:
            PausedError: the broker asked for more than ``longest_pause`` seconds of silence.
        """
        ticket = (priority, next(self._order))
        bisect.insort(self._queue, ticket)
        try:
            while True:
                paused = self.paused_for()
                if paused > longest_pause:
                    raise PausedError(paused)
                wait, wall = self._seconds_until(ticket), self._wall()
                if wait <= 0:
                    wait = self._claim(ticket, wall)
                if wait <= 0:
                    break
                # A pause may begin meanwhile: whoever will not sit it out looks again soon.
                await self._clock.sleep(min(wait, max(longest_pause, _BUSY)))
            spent = Spent(self._clock.monotonic(), wall)
            self._spent.append(spent.mono)
        finally:
            self._queue.remove(ticket)
        return spent

    def settle(self, spent: Spent) -> None:
        """The request has been answered, or given up: its token counts from now on."""
        now = Spent(self._clock.monotonic(), self._wall())
        with contextlib.suppress(ValueError):
            self._spent.remove(spent.mono)
        self._spent.append(now.mono)
        if self._book is not None:
            self._book.move(self._name, spent.wall, now.wall, self._window)

    def pause(self, seconds: float) -> None:
        """Let nothing through for this long: the broker asked for it. Never shortens a pause."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)
        if self._book is not None:
            self._book.pause(self._name, self._wall(), seconds)

    def paused_for(self) -> float:
        """Seconds that a pause still lasts; 0 when there is none."""
        told = 0.0
        if self._book is not None:
            told = self._book.read(self._name, self._wall(), self._window).pause_left
        return max(told, self._paused_until - self._clock.monotonic())

    def state(self) -> RateState:
        """A picture of this moment."""
        self._return_tokens()
        users = sum(1 for priority, _ in self._queue if priority is Priority.USER)
        spent = len(self._spent)
        if self._book is not None:
            page = self._book.read(self._name, self._wall(), self._window)
            spent = max(spent, len(page.spent))
        return RateState(
            free=max(0, self._limit - spent),
            limit=self._limit,
            waiting_user=users,
            waiting_background=len(self._queue) - users,
            paused_seconds=self.paused_for(),
        )

    def of(self, login: str) -> RateLimiter:
        """This one, whoever signs in. ``Buckets`` have one for each."""
        return self

    def _wall(self) -> float:
        return self._clock.now().timestamp()

    def _needed(self, ticket: tuple[Priority, int]) -> int:
        """Tokens that must be free for ``ticket`` to go, everyone before it served first."""
        reserve = self._reserve if ticket[0] is Priority.BACKGROUND else 0
        return self._queue.index(ticket) + 1 + reserve

    def _seconds_until(self, ticket: tuple[Priority, int]) -> float:
        """How long until ``ticket`` could go, by what this process did."""
        self._return_tokens()
        missing = self._needed(ticket) - (self._limit - len(self._spent))
        wait = max(0.0, self._paused_until - self._clock.monotonic())
        if missing > 0:
            wait = max(wait, self._seconds_until_returned(missing))
        return wait

    def _claim(self, ticket: tuple[Priority, int], now: float) -> float:
        """Spend a token of all processes: 0, or in how many seconds to try again."""
        if self._book is None:
            return 0.0
        with self._book.page(self._name, now, self._window) as page:
            if page is None:
                return _BUSY
            missing = self._needed(ticket) - (self._limit - len(page.spent))
            if page.pause_left > 0:
                return page.pause_left
            if missing > 0:
                if not page.spent:
                    return self._window / self._limit
                due = page.spent[min(missing, len(page.spent)) - 1] + self._window
                return max(_BUSY, due - now)
            page.spent.append(now)
            return 0.0

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


_MOST_SHARED = 512
_shared: dict[tuple[int, int, str, int, int], RateLimiter] = {}
"""By the identity of clock and book, which stay their own as long as their limiter is here."""


def shared_limiter(
    clock: Clock, name: str, limit: int, *, reserve: int = 10, book: Book | None = None
) -> RateLimiter:
    """The one limiter of ``name`` in this process: sessions of one broker share what it allows.

    It outlives them, so that a session opened anew does not begin with a full bucket.
    """
    key = (id(clock), id(book), name, limit, reserve)
    found = _shared.pop(key, None)
    if found is None:
        while len(_shared) >= _MOST_SHARED:
            del _shared[next(iter(_shared))]
        found = RateLimiter(
            clock, limit=limit, window=WINDOW, reserve=reserve, book=book, name=name
        )
    _shared[key] = found  # the last one used is the last to go
    return found


class Buckets:
    """One bucket for each login at one place, because that is how brokers count.

    Args:
        name: the place, such as an origin.
    """

    def __init__(
        self, clock: Clock, name: str, limit: int, *, reserve: int = 10, book: Book | None = None
    ) -> None:
        self._clock = clock
        self._name = name
        self._limit = limit
        self._reserve = reserve
        self._book = book

    def of(self, login: str) -> RateLimiter:
        """The bucket of a login, known by a text that is its own, such as a key's id. The text
        itself is kept nowhere.
        """
        own = hashlib.sha256(login.encode()).hexdigest()[:16] if login else ""
        name = f"{self._name} {own}".rstrip()
        return shared_limiter(
            self._clock, name, self._limit, reserve=self._reserve, book=self._book
        )
