"""A process that asks a simulated broker as often as it may, on a clock that runs fast.

Argument: a JSON object with ``url``, ``credentials``, ``rates`` (the book's directory), ``times``
and ``began`` of the clock, ``requests`` and ``user``. Prints when each answer came, in the clock's
seconds, and the worst that befell it. Says ``ready`` and waits for a line before it asks.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.brokers import MemoryCredentials
from support.fast_clock import FastClock

from brokerdesk.brokers.alpaca import SPEC
from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.brokers.rate_book import FileBook
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerError


async def main(given: dict[str, Any]) -> None:
    clock = FastClock(given["times"], given["began"])
    context = SessionContext(
        environment=Environment.PRACTICE,
        clock=clock,
        credentials=MemoryCredentials(given["credentials"]),
        practice_url=given["url"],
        book=FileBook(Path(given["rates"])),
    )
    session = SPEC.open_session(context)
    answered: list[float] = []
    failures: list[str] = []

    async def ask() -> None:
        try:
            await session.accounts()
        except BrokerError as error:
            failures.append(error.code)
        answered.append(clock.monotonic())

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with asked_by_user() if given["user"] else contextlib.nullcontext():
        await asyncio.gather(*(ask() for _ in range(given["requests"])))
    await session.aclose()
    sys.stdout.write(json.dumps({"answered": answered, "failures": failures}))


asyncio.run(main(json.loads(sys.argv[1])))
