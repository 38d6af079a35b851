"""What a connection's page shows and changes: accounts, sign-ins, failures, what removing it takes.

Counts are read when they are asked for, so that the question before a removal names what is really
there. It must not know a window; the removal itself is ``connecting``'s.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection, Failure
from brokerdesk.domain.events import ConnectionsChanged, Publish
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.errors import InputError
from brokerdesk.services import sign_in_log
from brokerdesk.services.opening import Specs

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork

DAYS = 30
"""How long failures are kept, and shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAccount:
    """An account of the connection with how much of its past is stored."""

    stored: StoredAccount
    days: int
    newest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stakes:
    """What hangs on a connection. ``days`` are New York days of which something is saved."""

    name: str
    accounts: int
    days: int
    first: date | None
    snapshots: int
    transactions: int
    orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """One connection, looked at closely. ``failures`` and ``sign_ins`` are newest first.

    ``strip`` counts failures per New York day, the last of ``DAYS`` days being today.
    """

    connection: Connection
    broker_title: str
    sign_in_lasts: timedelta | None
    renewals: int
    """How often the access was renewed without the user, in the days of ``strip``."""
    accounts: tuple[KeptAccount, ...]
    sign_ins: tuple[datetime, ...]
    failures: tuple[Failure, ...]
    strip: tuple[int, ...]
    today: date


class ConnectionCare:
    """All methods belong to one event loop."""

    def __init__(self, *, database: Database, specs: Specs, clock: Clock, publish: Publish) -> None:
        self._database = database
        self._specs = specs
        self._clock = clock
        self._publish = publish

    async def look(self, connection: ConnectionId) -> Care | None:
        """The connection as it stands; None when there is no such connection (any more)."""
        now = self._clock.now()
        return await self._database.read(lambda uow: self._look(uow, connection, now))

    async def stakes(self, connection: ConnectionId) -> Stakes | None:
        """What a removal would keep or delete."""
        return await self._database.read(lambda uow: _stakes(uow, connection))

    async def include(self, account: AccountId, included: bool) -> None:
        """Read an account from now on, or leave it out. Its past stays.

        Raises:
            StorageError: there is no such account (any more).
        """
        await self._database.run(lambda uow: uow.accounts.include(account, included))
        self._publish(ConnectionsChanged())

    def _look(self, uow: UnitOfWork, connection: ConnectionId, now: datetime) -> Care | None:
        row = uow.connections.get(connection)
        if row is None:
            return None
        title, lasts = self._broker(row.broker)
        failures = uow.connections.failures(connection, now - timedelta(days=DAYS))
        signed = set(sign_in_log.read(uow, connection))
        if row.signed_in_at is not None and not signed:
            signed.add(row.signed_in_at)  # signed in before sign-ins were remembered
        today = new_york_day(now)
        return Care(
            connection=row,
            broker_title=title,
            sign_in_lasts=lasts,
            renewals=sign_in_log.renewals(uow, connection, now),
            accounts=tuple(_kept(uow, one) for one in uow.accounts.list(connection)),
            sign_ins=tuple(sorted(signed, reverse=True)),
            failures=failures[::-1],
            strip=strip(failures, today),
            today=today,
        )

    def _broker(self, broker: str) -> tuple[str, timedelta | None]:
        """Its title and how long a sign-in lasts; what is stored may name one that is not here."""
        try:
            spec = self._specs(broker)
        except InputError:
            return broker, None
        return spec.title, spec.capabilities.sign_in_lasts


def strip(failures: tuple[Failure, ...], today: date, days: int = DAYS) -> tuple[int, ...]:
    """How many failures fell on each of the last ``days`` days, the last being ``today``."""
    found = Counter((today - new_york_day(one.at)).days for one in failures)
    return tuple(found[back] for back in range(days - 1, -1, -1))


def _kept(uow: UnitOfWork, stored: StoredAccount) -> KeptAccount:
    account = stored.account.id
    newest = uow.snapshots.latest(account)
    return KeptAccount(
        stored=stored,
        days=len(uow.snapshots.days(account)),
        newest=None if newest is None else newest.fetched_at,
    )


def _stakes(uow: UnitOfWork, connection: ConnectionId) -> Stakes | None:
    row = uow.connections.get(connection)
    if row is None:
        return None
    accounts = [one.account.id for one in uow.accounts.list(connection)]
    days = {day for account in accounts for day in uow.snapshots.days(account)}
    count = uow.accounts.counts(accounts)
    return Stakes(
        name=row.name,
        accounts=len(accounts),
        days=len(days),
        first=min(days, default=None),
        snapshots=count["snapshots"],
        transactions=count["transactions"],
        orders=count["orders"],
    )
