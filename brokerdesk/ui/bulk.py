"""Work on very many rows beside the I/O loop, one piece at a time in the whole program.

Python works on one thread at a time anyway: two pieces at once would end no sooner, and take the
window's turns from it twice. Each gets a daemon thread, which nobody waits for at the end. Also how
very many objects are let go: all at once no other thread gets its turn meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from sys import getrefcount
from typing import Any, TypeVar

from brokerdesk.tasks import run_blocking
from brokerdesk.turns import give_way

T = TypeVar("T")

_OURS = 2
"""Who holds a row that is let go: the name it has meanwhile, and the question who does."""
_turn = threading.Lock()


class GivenUpError(RuntimeError):
    """Nobody waits for this work any more; told to nobody."""


async def run_bulk(name: str, work: Callable[[], T]) -> T:
    """Run ``work`` in a thread when no other work of this kind runs; what it returns or raises.

    A cancelled caller goes on at once. Work that had not begun then does not begin; what had ends,
    and its outcome is dropped.
    """
    given_up = threading.Event()

    def in_turn() -> T:
        with _turn:
            if given_up.is_set():
                raise GivenUpError(name)
            return work()

    try:
        return await run_blocking(f"brokerdesk {name}", in_turn)
    except asyncio.CancelledError:
        given_up.set()
        raise


def let_go(rows: list[Any]) -> list[Any]:
    """Free what only this list holds, one after the other; the list is empty afterwards.

    A row of the positions may hold one of each account, so even a hundred rows are many.

    Returns: those that somebody else holds too, each once.
    """
    held: dict[int, Any] = {}
    while rows:
        give_way()
        row = rows.pop()
        if getrefcount(row) > _OURS:
            held[id(row)] = row
    return list(held.values())
