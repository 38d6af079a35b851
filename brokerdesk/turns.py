"""Whose turn it is: while the window works, long work on other threads lets it go first.

Threads share one interpreter. A window that works for five milliseconds beside two threads that
read needs fifteen, because each of them gets its turn as often as it does, and every call into Qt
and back is another turn to wait for. So the window says when its work begins and ends, and long
work elsewhere asks at every step: a question of some ten nanoseconds while the window rests.

Nobody ever waits for long: a window that works longer than ``PATIENCE`` seconds is not waited for
again until it has rested, so that it may itself wait for what another thread does.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 0.025


class Turns:
    """``begin`` and ``end`` belong to the window's thread, ``give_way`` to all others."""

    __slots__ = ("_ended", "_stuck", "_thread", "busy")

    def __init__(self) -> None:
        self.busy = False
        """The window works. Only a hint: it may be read without a lock."""
        self._thread: int | None = None
        self._stuck = False
        self._ended = threading.Lock()
        """Held while the window works."""

    def begin(self) -> None:
        """The window has work to do. Told again before the end it changes nothing."""
        if self.busy:
            return
        self._thread = threading.get_ident()
        self._stuck = False
        # Without waiting: whoever has it at this moment passes on, and the next one waits.
        if self._ended.acquire(blocking=False):
            self.busy = True

    def end(self) -> None:
        """The window rests."""
        if self.busy:
            self.busy = False
            self._ended.release()

    def give_way(self) -> None:
        """Let the window finish what it does, if it does anything. Does nothing on its own thread,
        and must not be called with a lock that the window may want.
        """
        if not self.busy or self._stuck or self._thread == threading.get_ident():
            return
        if self._ended.acquire(timeout=PATIENCE):
            self._ended.release()
        else:
            self._stuck = True


window = Turns()
"""Of the one window that a program has. Without a window nobody ever waits."""


def give_way() -> None:
    """Between two steps of long work: the window goes first."""
    if window.busy:
        window.give_way()


def steps(rows: Iterable[T]) -> Iterator[T]:
    """The rows, with a step for the window before each of them."""
    for row in rows:
        if window.busy:
            window.give_way()
        yield row
