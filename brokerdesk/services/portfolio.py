"""Read the portfolio from the cache: now, or as it stood at a moment. Never asks a broker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.reading import Snapshot
from brokerdesk.errors import InputError
from brokerdesk.services.opening import Specs
from brokerdesk.services.pacing import interval
from brokerdesk.services.portfolio_view import (
    AccountRow,
    PortfolioView,
    PositionRow,
    holdings,
    times_of,
    totals,
)

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.settings import Settings

STALE_ROUNDS = 2
"""Figures are stale when they are older than this many rounds of the connection's rhythm."""


class PortfolioReader:
    """Makes a view inside a transaction of the caller's."""

    def __init__(self, *, clock: Clock, specs: Specs, settings: Callable[[], Settings]) -> None:
        self._clock = clock
        self._specs = specs
        self._settings = settings

    def read(
        self,
        uow: UnitOfWork,
        as_of: datetime | None = None,
        environment: Environment | None = None,
    ) -> PortfolioView:
        """The portfolio now, or per account its last snapshot up to ``as_of``."""
        now = self._clock.now()
        connections = uow.connections.list()
        by_id = {row.id: row for row in connections}
        held = {one.account: one.reason for one in uow.snapshots.held()} if as_of is None else {}
        accounts: list[AccountRow] = []
        positions: list[PositionRow] = []
        for stored in uow.accounts.list(included_only=True):
            if environment is not None and stored.account.environment is not environment:
                continue
            key = stored.account.id
            snapshot = (
                uow.snapshots.latest(key) if as_of is None else uow.snapshots.as_of(key, as_of)
            )
            if snapshot is None and as_of is not None and stored.first_seen > as_of:
                continue  # it was not there yet, so it is not missing from that day's total
            connection = by_id.get(stored.connection) if stored.connection else None
            row = self._row(stored, connection, snapshot, held.get(key, ""), as_of, now)
            accounts.append(row)
            positions.extend(_positions(row, snapshot))
        sums = totals(accounts)
        counted = {row.id for row in accounts if row.counts}
        return PortfolioView(
            taken_at=now,
            as_of=as_of,
            connections=tuple(row for row in connections if environment in (None, row.environment)),
            accounts=tuple(accounts),
            positions=tuple(positions),
            holdings=holdings(row for row in positions if row.account in counted),
            totals=sums,
            oldest=min((one.oldest for one in sums if one.oldest is not None), default=None),
        )

    def _row(
        self,
        stored: StoredAccount,
        connection: Connection | None,
        snapshot: Snapshot | None,
        suspect: str,
        as_of: datetime | None,
        now: datetime,
    ) -> AccountRow:
        reading = snapshot.reading if snapshot is not None else None
        source_time, fetched = times_of(snapshot, as_of)
        age = now - fetched if fetched is not None else None
        state = connection.state if connection is not None else ConnectionState.NEEDS_SIGN_IN
        closed_at = stored.closed_at
        if closed_at is not None and as_of is not None and closed_at > as_of:
            closed_at = None
        return AccountRow(
            account=stored.account,
            name=stored.nickname or stored.account.name or stored.account.number_mask,
            connection=stored.connection,
            connection_name=connection.name if connection is not None else "",
            counts=closed_at is None and _connected(stored, as_of),
            balances=reading.balances if reading is not None else (),
            as_of=source_time,
            fetched_at=fetched,
            age=age,
            stale=as_of is None and self._stale(connection, age, now),
            state=ConnectionState.SUSPECT if suspect else state,
            state_text=suspect or (connection.state_text if connection is not None else ""),
            suspect=suspect,
            damaged=snapshot is not None and snapshot.damaged,
            closed_at=closed_at,
            unread=reading.unread if reading is not None else (),
        )

    def _stale(self, connection: Connection | None, age: timedelta | None, now: datetime) -> bool:
        if connection is None or age is None:
            return True
        settings = self._settings()
        try:
            capabilities = self._specs(connection.broker).capabilities
        except InputError:
            return True
        every = interval(
            capabilities,
            now,
            open_minutes=settings.refresh_open_minutes,
            closed_minutes=settings.refresh_closed_minutes,
        )
        # Figures from the future were read while the clock ran ahead: nobody knows their age.
        return not -every <= age.total_seconds() <= every * STALE_ROUNDS


class PortfolioService:
    """Views for whoever lives on the event loop."""

    def __init__(self, *, database: Database, reader: PortfolioReader) -> None:
        self._database = database
        self._reader = reader

    async def view(
        self, as_of: datetime | None = None, environment: Environment | None = None
    ) -> PortfolioView:
        """The portfolio now, or per account its last snapshot up to ``as_of``."""
        return await self._database.read(lambda uow: self._reader.read(uow, as_of, environment))


def _connected(stored: StoredAccount, as_of: datetime | None) -> bool:
    """Whether somebody read the account then. After its connection was removed nobody does."""
    return stored.connection is not None or (as_of is not None and as_of <= stored.last_seen)


def _positions(row: AccountRow, snapshot: Snapshot | None) -> tuple[PositionRow, ...]:
    if snapshot is None or snapshot.reading is None or snapshot.damaged:
        return ()
    assert row.as_of is not None
    assert row.fetched_at is not None
    return tuple(
        PositionRow(
            account=row.id,
            account_name=row.name,
            environment=row.environment,
            position=position,
            as_of=row.as_of,
            fetched_at=row.fetched_at,
        )
        for position in snapshot.reading.positions
    )
