"""Reading all that a session has, whoever the broker is."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from support.rigs import Rig

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.domain.ids import AccountId


async def everything(rig: Rig, session: BrokerSession) -> list[Any]:
    """All that a session can read."""
    found: list[Any] = []
    batch = await session.accounts()
    found.append(batch)
    since, until = rig.clock.now() - timedelta(days=90), rig.clock.now()
    symbols: list[str] = []
    for account in batch:
        reading = await session.portfolio(account.id)
        symbols += [held.instrument.symbol for held in reading.positions]
        found += [
            reading,
            await session.transactions(account.id, since, until),
            await session.orders(account.id, since, until),
        ]
    found.append(await session.quotes(symbols[:20]))
    found.append(await session.sign_in())
    return found


def leaves(value: Any) -> Iterator[Any]:
    """Every plain value inside facts."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for item in dataclasses.fields(value):
            yield from leaves(getattr(value, item.name))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


async def first_account(session: BrokerSession) -> AccountId:
    return (await session.accounts()).items[0].id
