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
    waits = {asyncio.ensure_future(event.wait()), asyncio.ensure_future(_sleep(clock, seconds))}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    return event.is_set()


async def _sleep(clock: Clock, seconds: float) -> bool:
    await clock.sleep(seconds)
    return True
