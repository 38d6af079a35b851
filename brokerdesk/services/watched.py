"""Long work in a thread that tells how far it is and can be stopped.

The thread looks for the stop by itself, at places where stopping leaves nothing half done.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from brokerdesk.errors import UserCancelled

T = TypeVar("T")


class Stage(StrEnum):
    COPYING = "copying"
    PACKING = "packing"
    CHECKING = "checking"
    UNPACKING = "unpacking"
    PREPARING = "preparing"
    SWAPPING = "swapping"
    """From here on it cannot be stopped."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes done of this stage; ``total`` 0: not known."""

    stage: Stage
    done: int = 0
    total: int = 0


class Watch:
    """Handed to the work."""

    def __init__(self, tell: Callable[[Progress], None] = lambda _: None) -> None:
        self._tell = tell
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask the work to stop. From any thread."""
        self._stop.set()

    def at(self, stage: Stage, done: int = 0, total: int = 0) -> None:
        """Tell how far it is, and stop here if that was asked.

        Raises:
            UserCancelled: it was.
        """
        if self._stop.is_set():
            raise UserCancelled
        self._tell(Progress(stage, done, total))


async def in_thread(
    work: Callable[[Watch], T], tell: Callable[[Progress], None] | None = None
) -> T:
    """Run ``work`` in a thread; ``tell`` is called on this loop.

    When the task is cancelled, this waits until the work has stopped and tidied up. Work that was
    beyond stopping is finished then, and its result is returned.
    """
    loop = asyncio.get_running_loop()

    def pass_on(progress: Progress) -> None:
        if tell is not None:
            loop.call_soon_threadsafe(tell, progress)

    watch = Watch(pass_on)
    future = loop.run_in_executor(None, work, watch)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        watch.stop()
        while not future.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([future])
        if future.exception() is not None:
            raise
        return future.result()
