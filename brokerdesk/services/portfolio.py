"""Read the portfolio from the cache: now, or as it stood at a moment. Never asks a broker."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, ConnectionState, Environment
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.reading import Snapshot
from brokerdesk.errors import InputError
from brokerdesk.services.base_money import Base
from brokerdesk.services.opening import Specs
from brokerdesk.services.pacing import interval
from brokerdesk.services.portfolio_sketch import Draft, Sketch
from brokerdesk.services.portfolio_view import (
    AccountRow,
    ConnectionFacts,
    PortfolioView,
    PositionRow,
    assemble,
    times_of,
)
from brokerdesk.services.rates import base_in
from brokerdesk.services.same_account import Side
from brokerdesk.services.same_account_questions import (
    NO_DOUBTS,
    Candidates,
    doubts_among,
    sides,
)
from brokerdesk.services.same_account_sources import Sources, sources, still_there
from brokerdesk.services.suspecting import lists_nothing
from brokerdesk.turns import steps

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import Held, StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.settings import Settings

STALE_ROUNDS = 2
"""Figures are stale when they are older than this many rounds of the connection's rhythm."""

FAILURES_COUNTED = timedelta(days=30)


class PortfolioReader:
    """Makes a view inside a transaction of the caller's."""

    def __init__(
        self,
        *,
        clock: Clock,
        specs: Specs,
        settings: Callable[[], Settings],
        next_try: Callable[[ConnectionId], datetime | None] = lambda _: None,
        want_rates: Callable[[Iterable[tuple[Environment, str]]], object] = lambda _: None,
    ) -> None:
        self._next_try, self._want_rates = next_try, want_rates
        self._clock = clock
        self._specs = specs
        self._settings = settings

    def read(
        self,
        uow: UnitOfWork,
        as_of: datetime | None = None,
        environment: Environment | None = None,
        scope: Collection[AccountId] | None = None,
    ) -> PortfolioView:
        """The portfolio now, or per account its last snapshot up to ``as_of``.

        Totals and holdings are those of the accounts in ``scope`` (None: all).
        """
        now = self._clock.now()
        connections = self._connections(uow, environment)
        known = sources(uow, as_of)
        scope = known.widened(scope)
        found = list(self._found(uow, connections, as_of, environment, now, known))
        accounts = [row for row, _ in found]
        shown = [pair for pair in found if scope is None or pair[0].id in scope]
        doubts = doubts_among(found, known.choices) if as_of is None else NO_DOUBTS
        names = _Names(uow).of(snapshot for _, snapshot in shown)
        base = self.base(uow, as_of or now)
        view = assemble(
            taken_at=now,
            as_of=as_of,
            connections=connections,
            accounts=accounts,
            positions=[one for row, snapshot in shown for one in _positions(row, snapshot, names)],
            scope=scope,
            facts={row.id: self._facts(uow, row, accounts, now) for row in connections},
            doubts=doubts,
            base=base,
        )
        self._want_rates(base.asked)
        return view

    def rows(
        self, uow: UnitOfWork, environment: Environment
    ) -> Iterator[tuple[AccountRow, Snapshot | None]]:
        """Account after account of an environment as it stands now, with what was read of it."""
        connections = self._connections(uow, environment)
        now = self._clock.now()
        yield from self._found(uow, connections, None, environment, now, sources(uow))

    def base(self, uow: UnitOfWork, moment: datetime) -> Base:
        """The base currency, with the rates of the day of a moment."""
        return base_in(uow, self._settings().base_currency, new_york_day(moment))

    def sketch(self, uow: UnitOfWork, scope: Collection[AccountId] | None = None) -> Sketch:
        """The portfolio now without its positions: one account after the other is looked through,
        and no more than one of them is in memory.
        """
        now = self._clock.now()
        connections = self._connections(uow, None)
        known = sources(uow)
        base = self.base(uow, now)
        draft = Draft(known.widened(scope), base)
        asked = self._candidates(known, uow.accounts.list(included_only=True))
        compared: list[Side] = []
        accounts = []
        names = _Names(uow)
        for row, snapshot in self._found(uow, connections, None, None, now, known):
            compared += sides(row, snapshot) if row.id in asked.accounts else ()
            given = names.of([snapshot]) if draft.shows(row) else {}
            accounts.append(draft.add(row, _positions(row, snapshot, given)))
            uow.snapshots.forget_many()
        movers: list[PositionRow] = []
        for row in draft.movers():
            snapshot = uow.snapshots.latest(row.id)
            movers += draft.moving(_positions(row, snapshot, names.of([snapshot])))
            uow.snapshots.forget_many()
        self._want_rates(base.asked)
        return draft.sketch(
            taken_at=now,
            connections=connections,
            accounts=accounts,
            movers=movers,
            facts={row.id: self._facts(uow, row, accounts, now) for row in connections},
            doubts=asked.doubts(compared),
        )

    def _candidates(self, known: Sources, stored: Iterable[StoredAccount]) -> Candidates:
        """As ``doubts_among``, before anything was read of the accounts."""
        return Candidates(
            [
                (one.account, one.connection)
                for one in stored
                if one.connection and one.closed_at is None and one.account.id not in known.through
            ],
            known.choices,
        )

    def _connections(self, uow: UnitOfWork, environment: Environment | None) -> list[Connection]:
        return [row for row in uow.connections.list() if environment in (None, row.environment)]

    def _found(
        self,
        uow: UnitOfWork,
        connections: Iterable[Connection],
        as_of: datetime | None,
        environment: Environment | None,
        now: datetime,
        known: Sources,
    ) -> Iterator[tuple[AccountRow, Snapshot | None]]:
        """Account after account with what was read of it."""
        by_id = {row.id: row for row in connections}
        held = {one.account: one for one in uow.snapshots.held()} if as_of is None else {}
        everybody = uow.accounts.list(included_only=True)
        # Such a connection is in doubt because of these accounts; its other ones are fine.
        at = {one.connection for one in everybody if one.account.id in held}
        for stored in everybody:
            if environment is not None and stored.account.environment is not environment:
                continue
            key = stored.account.id
            snapshot = (
                uow.snapshots.latest(key) if as_of is None else uow.snapshots.as_of(key, as_of)
            )
            if snapshot is None and as_of is not None and stored.first_seen > as_of:
                continue  # it was not there yet, so it is not missing from that day's total
            connection = by_id.get(stored.connection) if stored.connection else None
            row = self._row(stored, connection, snapshot, held.get(key), as_of, now)
            if row.state is ConnectionState.SUSPECT and not row.suspect and stored.connection in at:
                row = replace(row, state=ConnectionState.OK, state_text="")
            through = known.through.get(key)
            yield (
                (row if through is None else replace(row, counts=False, through=through)),
                snapshot,
            )

    def _facts(
        self, uow: UnitOfWork, row: Connection, accounts: list[AccountRow], now: datetime
    ) -> ConnectionFacts:
        try:
            able = self._specs(row.broker).capabilities
            lasts, endless = able.sign_in_lasts, able.sign_in_until_revoked
        except InputError:
            lasts, endless = None, False
        own = sum(one.connection == row.id and one.closed_at is None for one in accounts)
        failures = uow.connections.failures(row.id, now - FAILURES_COUNTED)
        limited = row.state is ConnectionState.RATE_LIMITED
        return ConnectionFacts(
            accounts=own,
            failures=len(failures),
            sign_in_lasts=lasts,
            no_expiry=endless,
            next_try=self._next_try(row.id) if limited else None,
        )

    def _row(
        self,
        stored: StoredAccount,
        connection: Connection | None,
        snapshot: Snapshot | None,
        held: Held | None,
        as_of: datetime | None,
        now: datetime,
    ) -> AccountRow:
        reading = snapshot.reading if snapshot is not None else None
        source_time, fetched = times_of(snapshot, as_of)
        age = now - fetched if fetched is not None else None
        state = connection.state if connection is not None else ConnectionState.NEEDS_SIGN_IN
        suspect = held.reason if held is not None else ""
        closed_at = stored.closed_at
        if closed_at is not None and as_of is not None and closed_at > as_of:
            closed_at = None
        return AccountRow(
            account=stored.account,
            name=stored.nickname or stored.account.name or stored.account.number_mask,
            connection=stored.connection,
            connection_name=connection.name if connection is not None else "",
            counts=still_there(stored, as_of),
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
            held_at=held.at if held is not None else None,
            emptied=len(reading.positions) if reading is not None and lists_nothing(suspect) else 0,
            positions=len(reading.positions) if reading is not None else 0,
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
        self,
        as_of: datetime | None = None,
        environment: Environment | None = None,
        *,
        accounts: Collection[AccountId] | None = None,
    ) -> PortfolioView:
        """The portfolio now, or per account its last snapshot up to ``as_of``.

        ``accounts`` None: all of them. Otherwise totals and holdings are those of these accounts,
        while ``everyone`` and the connections stay whole.
        """
        return await self._database.read(
            lambda uow: self._reader.read(uow, as_of, environment, accounts)
        )

    async def sketch(self, accounts: Collection[AccountId] | None = None) -> Sketch:
        """The portfolio now without its positions; ``accounts`` as in ``view``."""
        return await self._database.read(lambda uow: self._reader.sketch(uow, accounts))


class _Names:
    """What quotes call the symbols whose broker gives no name with the position. Each symbol is
    looked up once, however many accounts hold it.
    """

    def __init__(self, uow: UnitOfWork) -> None:
        self._quotes = uow.quotes
        self._asked: set[str] = set()
        self._found: dict[str, str] = {}

    def of(self, snapshots: Iterable[Snapshot | None]) -> dict[str, str]:
        """Those of these snapshots, and of all that were asked for before."""
        nameless = {
            position.instrument.symbol
            for snapshot in snapshots
            if snapshot is not None and snapshot.reading is not None
            for position in snapshot.reading.positions
            if not position.instrument.name
        }
        new = nameless - self._asked
        self._asked |= new
        self._found.update(self._quotes.named(sorted(new)))
        return self._found


def _positions(
    row: AccountRow, snapshot: Snapshot | None, names: dict[str, str]
) -> tuple[PositionRow, ...]:
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
            given_name="" if position.instrument.name else _given(position.instrument, names),
        )
        for position in steps(snapshot.reading.positions)
    )


def _given(instrument: Instrument, names: dict[str, str]) -> str:
    """Quotes are of securities: a coin of the same letters is something else."""
    if instrument.asset_type is AssetType.CRYPTO:
        return ""
    return names.get(instrument.symbol, "")
