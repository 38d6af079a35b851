"""Whether something that was written down may still leave, by either clock.

A deadline is waited for on a clock that may stand still while the computer sleeps, and the wall
clock may be set: an order leaves only while neither of them says that its time has run out. What
runs late is proven not to have been sent, since this is asked right before the first byte.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from datetime import timedelta

from brokerdesk.clock import Clock

WITHIN = timedelta(seconds=30)
LATE = (
    "More than 30 seconds passed before it could leave: the computer slept, or its clock was set. "
    "Nothing was sent."
)


class Hurry:
    """Begins now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at, self._tick = clock.now(), self._ticks()

    def over(self) -> bool:
        """Whether its time has run out, by one clock or the other."""
        passed = max(self._clock.now() - self._at, self._ticks() - self._tick)
        return passed > WITHIN

    def _ticks(self) -> timedelta:
        return timedelta(seconds=self._clock.monotonic())


_current: ContextVar[Hurry | None] = ContextVar("brokerdesk_hurry", default=None)


@contextlib.contextmanager
def in_hurry(hurry: Hurry) -> Iterator[None]:
    """Whatever is sent within has been on its way since ``hurry`` began."""
    token = _current.set(hurry)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Hurry | None:
    """That of what is being sent; None: nobody said when it was written down."""
    return _current.get()
