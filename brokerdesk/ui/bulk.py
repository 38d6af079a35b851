"""Work on very many rows beside the I/O loop, one piece at a time in the whole program.

Python works on one thread at a time anyway: two pieces at once would end no sooner, and take the
window's turns from it twice. Each gets a daemon thread, which nobody waits for at the end. Also how
very many objects are let go: all at once no other thread gets its turn meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from brokerdesk.tasks import run_blocking
from brokerdesk.turns import give_way

T = TypeVar("T")

SLICE = 8
"""So many rows are freed at once. A row of the positions holds one of each account: with fifty
accounts that is a quarter of a millisecond."""
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


def let_go(rows: list[Any]) -> None:
    """Free what only this list still holds, a slice at a time; the list is empty afterwards."""
    while rows:
        give_way()
        del rows[-SLICE:]
