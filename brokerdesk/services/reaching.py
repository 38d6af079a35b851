"""How far a connection reaches and how often: its limits, its institutions, what is billed.

Everything here is done because somebody looks or clicks; nothing is done in the background. What a
vendor bills is asked for once per click and never repeated by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from brokerdesk.brokers.base import (
    BilledBalances,
    BrokerSession,
    Capabilities,
    Gatherer,
    Link,
    Paced,
    Rate,
)
from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.clock import Clock
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import InputError, NotSupportedError
from brokerdesk.services import allowance
from brokerdesk.services.allowance import Allowance
from brokerdesk.services.opening import SessionPool

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork

A = TypeVar("A")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLimits:
    """What of one account may be read so often a day without a click."""

    account: AccountId
    name: str
    allowances: tuple[Allowance, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A connection's limits as they stand. ``rates`` is empty before the first question."""

    broker: str
    able: Capabilities
    rates: tuple[Rate, ...]
    accounts: tuple[AccountLimits, ...]
    names: tuple[tuple[AccountId, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveBalance:
    """An account's balances at one moment, told on a click."""

    account: AccountId
    at: datetime
    balances: tuple[Balance, ...]


class ReachingService:
    """All methods belong to one event loop."""

    def __init__(self, *, database: Database, pool: SessionPool, clock: Clock) -> None:
        self._database = database
        self._pool = pool
        self._clock = clock

    async def limits(self, connection: ConnectionId) -> Limits | None:
        """The limits of a connection now; None when it or its broker is not known (any more)."""
        row = await self._database.read(lambda uow: uow.connections.get(connection))
        if row is None:
            return None
        try:
            spec = self._pool.spec(row.broker)
        except InputError:
            return None
        able = spec.capabilities
        session: object = self._pool.opened(connection)
        rates = session.rates() if isinstance(session, Paced) else ()
        now, per_day = self._clock.now(), dict(able.background_per_day)

        def look(uow: UnitOfWork) -> tuple[AccountLimits, ...]:
            return tuple(
                AccountLimits(
                    account=one.account.id,
                    name=one.shown_name,
                    allowances=allowance.look(uow, one.account.id, per_day, now),
                )
                for one in uow.accounts.list(connection)
                if one.included
            )

        accounts = await self._database.read(look)
        return Limits(
            broker=spec.title,
            able=able,
            rates=rates,
            accounts=accounts if per_day else (),
            names=tuple((one.account, one.name) for one in accounts),
        )

    async def links(self, connection: ConnectionId) -> Batch[Link]:
        """The institutions behind a sign-in.

        Raises:
            NotSupportedError: this broker has none.
            BrokerError, SecretStoreError: they could not be listed.
        """
        gatherer = await self._able(connection, Gatherer)  # type: ignore[type-abstract]
        with asked_by_user():
            return await gatherer.links()

    async def ask_anew(self, connection: ConnectionId, link: str) -> None:
        """Have the vendor read an institution anew, which it may bill. Raises as ``links``."""
        gatherer = await self._able(connection, Gatherer)  # type: ignore[type-abstract]
        with asked_by_user():
            await gatherer.refresh_link(link)

    async def remove(self, connection: ConnectionId, link: str) -> None:
        """Take an institution out of a sign-in, for every program. Raises as ``links``."""
        gatherer = await self._able(connection, Gatherer)  # type: ignore[type-abstract]
        with asked_by_user():
            await gatherer.remove_link(link)

    async def live_balances(self, account: AccountId) -> LiveBalance:
        """An account's balances of this moment, which the vendor bills. Raises as ``links``."""
        stored = await self._database.read(lambda uow: uow.accounts.get(account))
        if stored is None or stored.connection is None:
            raise InputError("account", "There is no such account.")
        teller = await self._able(stored.connection, BilledBalances)  # type: ignore[type-abstract]
        with asked_by_user():
            balances = await teller.live_balances(account)
        return LiveBalance(account=account, at=self._clock.now(), balances=balances)

    async def _able(self, connection: ConnectionId, ability: type[A]) -> A:
        row = await self._row(connection)
        session: BrokerSession = self._pool.session(row)
        if not isinstance(session, ability):
            raise NotSupportedError(
                f"{self._pool.spec(row.broker).title} does not offer this.",
                capability=ability.__name__,
                broker_id=row.broker,
            )
        return session

    async def _row(self, connection: ConnectionId) -> Connection:
        row = await self._database.read(lambda uow: uow.connections.get(connection))
        if row is None:
            raise InputError("connection", "There is no such connection.")
        return row
