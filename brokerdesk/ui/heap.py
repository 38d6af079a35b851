"""When the search for cyclic garbage may hold everything up: at calm moments, and never for long.

The search stops every thread, the window's too: 20 to 90 ms for a large portfolio, again and again
while it is read anew. Rows are frozen and refer to no one that refers to them, so counting frees
them at once. What is left for the search is little and can wait: the interpreter still looks
through what is young by itself; a pass over everything is made when nothing is read, nobody moves
the mouse, and there is something to look through (``ui/calm.py``).
"""

from __future__ import annotations

import contextlib
import gc
import sys
import threading
from collections.abc import Iterator

THAW_EVERY = 200
"""Pictures after which everything is looked through once, for cycles that were alive by chance."""
_YOUNG, _OLDER, _NEVER = 700, 10, 1_000_000_000
WORTH = 10
"""Searches among the older since the last whole pass that make another worth its time."""
OVERDUE = 2_000
"""So many, and it is made although somebody is at work."""

_gate = threading.Lock()
"""Building begins and ends on several threads."""
_building = 0
_made = 0


def begin() -> None:
    """What stays for the program's life is not looked through again, and no whole pass is made by
    itself any more.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _NEVER)
    gc.enable()


def waiting() -> int:
    """How many searches among the older there were since the last whole pass."""
    return gc.get_count()[2]


def sweep() -> None:
    """Look through everything that is not left out; what survives is left out from now on."""
    global _made
    with _gate:
        _made += 1
        if _made % THAW_EVERY == 0:
            gc.unfreeze()
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Return to the system what the allocator keeps for later, where it can be asked to.

    After a start or a refresh those are some megabytes. Other threads go on meanwhile.
    """
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    # Another C library than GNU's has no such call.
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def building() -> Iterator[None]:
    """While this lasts nothing is searched; what it made is left out of later searches.

    On any thread, and on several at once: the last to end it ends the rest.
    """
    global _building, _made
    with _gate:
        _building += 1
        gc.disable()
    try:
        yield
    finally:
        with _gate:
            _building -= 1
            if not _building:
                _made += 1
                if _made % THAW_EVERY == 0:
                    gc.unfreeze()
                else:
                    gc.freeze()
                gc.enable()
