"""Handing orders to TWS, once, and waiting for what it says about them.

Until the bytes are given to the socket every failure proves that nothing was sent; from then on
none does. Nobody else's question is on the way meanwhile, so that no failure of it can end the
connection under an order.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Protocol

from brokerdesk.brokers import hurry
from brokerdesk.brokers.ibkr import order_answers, problems
from brokerdesk.brokers.ibkr.answers import Answers, Ears
from brokerdesk.brokers.ibkr.link import Wire
from brokerdesk.brokers.ibkr.order_answers import Verdict
from brokerdesk.brokers.trading import NotSent, Outcome

DEADLINE = 30.0
ROOM_WITHIN = 3.0
"""How long a message waits for its place among those that TWS counts in a second."""
_LOOK = 0.05


class Hears(Protocol):
    """Who is told what TWS says, and says what it proves."""

    def hear(self, kind: str, values: tuple[object, ...]) -> None: ...

    def verdict(self) -> Verdict | None: ...

    def at_end(self, why: str) -> Outcome: ...


async def send(wire: Wire, answers: Answers, messages: tuple[str, ...], watch: Hears) -> Outcome:
    """Send them once, in one piece, and wait for the outcome."""
    why = await _ready(wire, answers, len(messages))
    if why:
        return NotSent(why=f"{why} Nothing was sent.")
    since = hurry.current()
    if since is not None and since.over():
        return NotSent(why=hurry.LATE)
    ears = Ears()
    answers.ears.append(ears)
    try:
        try:
            wire.hand_over(*messages)
        except (ConnectionError, RuntimeError):
            return NotSent(why=f"{problems.dropped().title} Nothing was sent.")
        return await _heard(answers, ears, watch)
    finally:
        answers.ears.remove(ears)


async def _ready(wire: Wire, answers: Answers, messages: int) -> str:
    """Why nothing can be handed over now; "" when it can."""
    loop = asyncio.get_running_loop()
    until = loop.time() + ROOM_WITHIN
    while not wire.room(messages):
        if loop.time() >= until:
            return problems.too_many().title
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                await answers.gone.wait()
        if answers.gone.is_set():
            break
    if answers.broker_lost:
        return problems.broker_lost().title
    return "" if wire.open and not answers.gone.is_set() else problems.dropped().title


async def _heard(answers: Answers, ears: Ears, watch: Hears) -> Outcome:
    loop = asyncio.get_running_loop()
    ends = loop.time() + DEADLINE
    while True:
        for kind, values in ears.take():
            watch.hear(kind, values)
        found = watch.verdict()
        if found is not None and found.wait == 0:
            return found.outcome
        if answers.gone.is_set():
            return watch.at_end(order_answers.GONE)
        until = ends
        if found is not None and found.wait is not None:
            until = min(ends, loop.time() + found.wait)
        try:
            async with asyncio.timeout_at(until):
                await ears.event.wait()
        except TimeoutError:
            return watch.at_end(order_answers.SILENT)
