"""Waiting for one thing, but not for ever, on the injected clock."""

from __future__ import annotations

import asyncio

from brokerdesk.clock import Clock


async def happens_within(event: asyncio.Event, seconds: float, clock: Clock) -> bool:
    """Whether ``event`` is set before ``seconds`` have passed. Leaves nothing running."""
    if event.is_set():
        return True
    if seconds <= 0:
        return False
    async with asyncio.TaskGroup() as group:
        waiter = group.create_task(event.wait())
        timer = group.create_task(_sleep(clock, seconds))
        waiter.add_done_callback(lambda _: timer.cancel())
        timer.add_done_callback(lambda _: waiter.cancel())
    return event.is_set()


async def _sleep(clock: Clock, seconds: float) -> None:
    await clock.sleep(seconds)
