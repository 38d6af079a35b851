"""Refreshes for ever, until somebody kills it. Says what it is about to store and what it stored.

Started by ``test_kill_during_refresh``. The first line of standard input says where; every reading
is changed a little, so that each round has something new to store.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from brokerdesk.brokers.base import BrokerSpec, SessionContext
from brokerdesk.brokers.flow import LoopbackCertificate
from brokerdesk.brokers.registry import spec
from brokerdesk.clock import SystemClock
from brokerdesk.db.engine import Database
from brokerdesk.domain.events import AccountRefreshed, Event
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.order import Order
from brokerdesk.domain.reading import Batch, Reading
from brokerdesk.domain.transaction import Transaction
from brokerdesk.paths import profile_at
from brokerdesk.secrets.keyholder import StoreState
from brokerdesk.services.container import Services
from brokerdesk.services.saving import MemoryCredentials
from brokerdesk.settings import Settings
from brokerdesk.tasks import Supervisor


def digest(reading: Reading) -> str:
    """Everything that a reading says, taken before storing and after reading back."""
    whole = repr((reading.account, reading.balances, reading.positions, reading.unread))
    return hashlib.sha256(whole.encode()).hexdigest()[:24]


def say(kind: str, account: str, text: str) -> None:
    sys.stdout.write(f"{kind} {account} {text}\n")
    sys.stdout.flush()


class Restless:
    """The real session, but no two readings are equal."""

    def __init__(self, session: Any, told: dict[str, str]) -> None:
        self._session = session
        self._told = told
        self._count = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    async def portfolio(self, account: AccountId) -> Reading:
        reading: Reading = await self._session.portfolio(account)
        self._count += 1
        nudge = Decimal(self._count) + Decimal(datetime.now(UTC).microsecond).scaleb(-6)
        reading = replace(
            reading,
            balances=tuple(
                replace(one, cash=(one.cash or Decimal(0)) + nudge) for one in reading.balances
            ),
            positions=tuple(
                replace(one, quantity=one.quantity + nudge) for one in reading.positions
            ),
        )
        self._told[account] = digest(reading)
        say("S", account, self._told[account])
        return reading

    async def transactions(self, *_: object) -> Batch[Transaction]:
        """None, at once: the more often snapshots are written, the more often a kill meets one."""
        return Batch()

    async def orders(self, *_: object) -> Batch[Order]:
        return Batch()


class Keeper:
    """Credentials in memory: this is about the database."""

    def __init__(self, credentials: dict[str, str]) -> None:
        self._credentials = MemoryCredentials(credentials)

    def credentials(self, connection: ConnectionId) -> MemoryCredentials:
        return self._credentials

    async def ready(self) -> StoreState:
        return StoreState.SESSION_ONLY

    async def save(self, connection: ConnectionId, credentials: Any) -> None: ...

    async def delete(self, connection: ConnectionId) -> None: ...

    async def exists(self, connection: ConnectionId) -> bool:
        return True

    async def stored(self) -> tuple[ConnectionId, ...]:
        return ()

    async def loopback(self) -> LoopbackCertificate:
        raise NotImplementedError


async def main() -> None:
    job = json.loads(sys.stdin.readline())
    paths, clock = profile_at(Path(job["profile"])), SystemClock()
    told: dict[str, str] = {}

    def publish(event: Event) -> None:
        if isinstance(event, AccountRefreshed):
            say("C", event.account, told[event.account])

    def restless(broker_id: str) -> BrokerSpec:
        real = spec(broker_id)

        def opened(context: SessionContext) -> Any:
            return Restless(real.open_session(context), told)

        return replace(real, open_session=opened)

    keeper = Keeper(job["credentials"])
    services = Services(
        paths=paths,
        clock=clock,
        publish=publish,
        settings=Settings(),
        secrets=keeper,
        certificates=keeper,
        database=Database.open(paths.portfolio_db, backups=paths.backups, clock=clock),
        supervisor=Supervisor(lambda name, error: say("BUG", name, repr(error))),
        specs=restless,
    )
    # Every child would find spent what the killed ones before it asked for, and wait for minutes.
    services.pool.book = None
    say("READY", "-", "-")
    while True:
        outcome = await services.refreshing.refresh(job["connection"])
        if outcome.failed:
            say("FAILED", "-", " ".join(outcome.failed))


if __name__ == "__main__":
    asyncio.run(main())
