"""Several things at once that end together: hearing and speaking on a line, two lines as one."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from brokerdesk.errors import BrokerDeskError


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until every one has ended, or one fails: then the others are cancelled.

    Raises:
        Exception: the first failure, as it is and not in a group. One that nobody knows by name
            goes before one with words for the user: a defect must reach its reporter.
    """
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as failures:
        raise _worst(failures) from None


def _worst(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    known, unknown = failures.split(BrokerDeskError)
    found: BaseException = unknown if unknown is not None else failures
    if unknown is None and known is not None:
        found = known
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found
