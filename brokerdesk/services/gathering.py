"""One round of one connection: read, check, store, then tell.

Per account: one answer, the suspect rules, one transaction, and only then the event. Balances and
positions of all accounts come first; transactions and orders follow, and their failure voids
nothing. Errors that concern the whole connection (login, pause, storage) leave by exception with
what was already done kept in ``done``; the caller turns them into the connection's state.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSession, DailyValues
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection, Failure
from brokerdesk.domain.events import (
    AccountRefreshed,
    AccountsOffered,
    AccountSuspected,
    ConnectionsChanged,
    Publish,
    RefreshProgressed,
    RefreshStarted,
)
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.reading import Reading, Snapshot
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import (
    AuthError,
    BrokerError,
    BrokerUnavailableError,
    RateLimitedError,
)
from brokerdesk.facts import dataclass
from brokerdesk.services import allowance, booking
from brokerdesk.services.backfilling import backfill
from brokerdesk.services.day_values import note_value
from brokerdesk.services.listing import Listing, label, reconcile
from brokerdesk.services.naming import learn_names, nameless
from brokerdesk.services.suspecting import Suspicion, suspicion

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork

_log = logging.getLogger(__name__)

LOOKED_BACK = 20
"""Damaged snapshots in a row, after which there is nothing to compare a new answer with."""

GIVE_UP_AFTER = 2
"""Accounts in a row without an answer, after which the rest of the round is not tried."""


@dataclass(slots=True)
class Done:
    """What a round has achieved so far."""

    refreshed: list[AccountId] = field(default_factory=list)
    held: list[AccountId] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    error: BrokerError | None = None
    """The first per-account failure; the round went on."""
    vanished: bool = False
    spared: bool = False
    """Something was left for a later day, because it may be read so often only without a click."""

    @property
    def untouched(self) -> bool:
        """Nothing was read, and nothing went wrong."""
        return self.spared and not (self.refreshed or self.held or self.failed or self.error)


class Round:
    """Not reusable. ``run`` may be cancelled at any await: each account is whole or untouched."""

    def __init__(
        self,
        connection: Connection,
        session: BrokerSession,
        *,
        database: Database,
        clock: Clock,
        publish: Publish,
        drop_percent: Decimal,
        already_offered: set[AccountId],
        named: set[str],
        per_day: Mapping[str, int] = MappingProxyType({}),
        by_user: bool = False,
    ) -> None:
        self.done = Done()
        self._connection = connection
        self._session = session
        self._database = database
        self._clock = clock
        self._publish = publish
        self._drop_percent = drop_percent
        self._already_offered = already_offered
        self._named = named
        self._per_day = per_day
        self._by_user = by_user
        self._nameless: set[str] = set()
        self._silent = 0
        self._total = 0

    async def run(self) -> None:
        """Read everything once.

        Raises:
            AuthError: the login ended or is refused.
            RateLimitedError: the broker asked for a pause.
            BrokerUnavailableError: the list of accounts could not be read, or nothing answers.
            StorageError: nothing more can be stored.
        """
        if not await self._anything_due():
            self.done.spared = True
            return
        listing = await self._list()
        accounts = listing.included
        self._total = len(accounts)
        self._publish(RefreshStarted(connection=self._connection.id, accounts=len(accounts)))
        for number, stored in enumerate(accounts):
            self._progress(number, "balances and positions")
            await self._attempt(stored, "balances and positions", self._portfolio)
        for stored in accounts:
            self._progress(len(accounts), "transactions")
            await self._attempt(stored, "transactions", self._transactions)
            await self._attempt(stored, "orders", self._orders)
            await self._past_values(stored)
        if self._silent < GIVE_UP_AFTER:
            await learn_names(self._session, self._database, self._nameless, self._named)
        self._progress(len(accounts), "")

    async def one(self, account: AccountId, *, portfolio: bool) -> bool:
        """Read the orders of one account, and first its portfolio if asked. False: nobody wants it.

        Raises: as ``run``.
        """
        stored = await self._database.read(lambda uow: uow.accounts.get(account))
        if stored is None or not stored.included or stored.connection != self._connection.id:
            return False
        if portfolio:
            await self._attempt(stored, "balances and positions", self._portfolio)
            await self._attempt(stored, "transactions", self._transactions)
        await self._attempt(stored, "orders", self._orders)
        return True

    async def _list(self) -> Listing:
        listed = await self._session.accounts()
        now = self._clock.now()
        cid = self._connection.id
        listing = await self._database.run(lambda uow: reconcile(uow, cid, listed, now))
        if listing.vanished:
            self.done.vanished = True
            self.done.failed.append(
                "The broker listed no accounts where there were some; nothing was changed."
            )
        for missing in listing.missing:
            self.done.failed.append(
                f"{label(missing)}: the broker did not list it this time; its last figures stay."
            )
        for unread in listed.unread:
            self.done.failed.append(f"An account could not be read: {unread.reason}")
        if listing.changed:
            self._publish(ConnectionsChanged())
        new = tuple(one for one in listing.offered if one not in self._already_offered)
        if new:
            self._already_offered.update(new)
            self._publish(AccountsOffered(connection=cid, accounts=new))
        return listing

    async def _attempt(
        self,
        stored: StoredAccount,
        what: str,
        read: Callable[[StoredAccount], Awaitable[None]],
    ) -> None:
        """Read one section of one account; note its failure unless it ends the whole round."""
        if self._silent >= GIVE_UP_AFTER:
            self.done.failed.append(f"{label(stored)}: {what} were not asked for.")
            return
        try:
            await read(stored)
        except (AuthError, RateLimitedError):
            raise
        except BrokerError as error:
            self._silent += isinstance(error, BrokerUnavailableError)
            self.done.error = self.done.error or error
            self.done.failed.append(f"{label(stored)}: {what} could not be read. {error.title}")
            await self._note(error, stored.account.id)
        else:
            self._silent = 0

    async def _note(self, error: BrokerError, account: AccountId) -> None:
        failure = Failure(
            connection=self._connection.id,
            at=self._clock.now(),
            code=error.code,
            text=error.sentences(),
            account=account,
        )
        await self._database.run(lambda uow: uow.connections.record_failure(failure))

    async def _may(self, account: AccountId, *kinds: str) -> bool:
        """Whether this is read now, by what the broker allows without a click. If so it counts."""
        if not self._per_day:
            return True
        now = self._clock.now()
        allowed = await self._database.run(
            lambda uow: allowance.take(
                uow, account, kinds, self._per_day, now, by_user=self._by_user
            )
        )
        self.done.spared = self.done.spared or not allowed
        return allowed

    async def _anything_due(self) -> bool:
        """Whether a round without a click has anything to read of any account."""
        if self._by_user or not self._per_day:
            return True
        now, cid = self._clock.now(), self._connection.id

        def due(uow: UnitOfWork) -> bool:
            accounts = [one.account.id for one in uow.accounts.list(cid) if one.included]
            return not accounts or any(
                each.next_at <= now
                for account in accounts
                for each in allowance.look(uow, account, self._per_day, now)
            )

        return await self._database.read(due)

    async def _portfolio(self, stored: StoredAccount) -> None:
        account = stored.account.id
        if not await self._may(account, "balances", "positions"):
            return
        reading = await self._session.portfolio(account)
        self._nameless |= nameless(reading.positions)
        for unread in reading.unread:
            self.done.failed.append(
                f"{label(stored)}: {unread.words} could not be read. {unread.reason}"
            )
        doubt = await self._database.run(lambda uow: self._store(uow, reading))
        if doubt is not None:
            booked = await self._explanations(stored)
            now = self._clock.now()
            doubt = await self._database.run(lambda uow: self._store(uow, reading, booked, now))
        if doubt is None:
            self.done.refreshed.append(account)
            self._publish(AccountRefreshed(connection=self._connection.id, account=account))
            return
        self.done.held.append(account)
        self.done.failed.append(f"{label(stored)}: {doubt.reason}")
        self._publish(
            AccountSuspected(connection=self._connection.id, account=account, reason=doubt.reason)
        )

    def _store(
        self,
        uow: UnitOfWork,
        reading: Reading,
        booked: tuple[Transaction, ...] = (),
        hold_at: datetime | None = None,
    ) -> Suspicion | None:
        """Store a sound reading. A doubtful one is held when ``hold_at`` is given, else left."""
        last = _last_good(uow, reading.account)
        doubt = suspicion(
            last.reading if last is not None else None,
            reading,
            drop_percent=self._drop_percent,
            transactions=booked,
        )
        if doubt is None:
            store_reading(uow, reading)
        elif hold_at is not None:
            uow.snapshots.hold(reading, doubt.reason, hold_at)
        return doubt

    async def _explanations(self, stored: StoredAccount) -> tuple[Transaction, ...]:
        """What was booked since the last good reading; empty when that cannot be read."""
        account = stored.account.id
        last = await self._database.read(lambda uow: _last_good(uow, account))
        now = self._clock.now()
        # Brokers date an entry by its day, so the whole day of the last reading belongs to it.
        since = (last.valid_until if last is not None else now) - timedelta(days=1)
        found: Iterable[Transaction]
        try:
            if "transactions" in self._per_day:
                # They may be read so often only: what is read now is kept, and read no more.
                await self._transactions(stored)
                found = await self._database.read(
                    lambda uow: uow.transactions.list(account, since=since)
                )
            else:
                found = await self._session.transactions(account, since, now)
        except (AuthError, RateLimitedError):
            raise
        except BrokerError:
            return ()
        day = new_york_day(last.valid_until) if last is not None else new_york_day(now)
        return tuple(entry for entry in found if new_york_day(entry.time) >= day)

    async def _transactions(self, stored: StoredAccount) -> None:
        if not await self._may(stored.account.id, "transactions"):
            return
        unread = await booking.transactions(
            self._session, self._database, stored.account.id, self._clock.now()
        )
        if unread:
            self.done.failed.append(f"{label(stored)}: {unread} transactions could not be read.")

    async def _orders(self, stored: StoredAccount) -> None:
        if not await self._may(stored.account.id, "orders"):
            return
        unread = await booking.orders(
            self._session, self._database, stored.account.id, self._clock.now()
        )
        if unread:
            self.done.failed.append(f"{label(stored)}: {unread} orders could not be read.")

    async def _past_values(self, stored: StoredAccount) -> None:
        """Fill the line of values where the broker tells them. Its failure changes nothing: what
        is missing is asked for again.
        """
        session: object = self._session
        built_in = self._connection.environment is Environment.PRACTICE
        if not isinstance(session, DailyValues) or (
            built_in and not self._connection.practice_url  # its past is written as snapshots
        ):
            return
        try:
            await backfill(session, self._database, stored.account, self._clock.now())
        except (AuthError, RateLimitedError):
            raise
        except BrokerError as error:
            _log.info("past values could not be read: %s", error.code)

    def _progress(self, done: int, what: str) -> None:
        self._publish(
            RefreshProgressed(
                connection=self._connection.id, done=done, total=self._total, what=what
            )
        )


def _last_good(uow: UnitOfWork, account: AccountId) -> Snapshot | None:
    """The newest snapshot that is sound: damage to the last one must not switch the rules off."""
    found = uow.snapshots.latest(account)
    for _ in range(LOOKED_BACK):
        if found is None or not found.damaged:
            return found
        found = uow.snapshots.as_of(account, found.fetched_at - timedelta(microseconds=1))
    return None


def store_reading(uow: UnitOfWork, reading: Reading) -> None:
    """Store a good reading with its point of the daily series; a held one is done with.

    An answer that comes late, after another process stored a newer one, is history: it settles
    nothing and is no day's last value.
    """
    newest = uow.snapshots.latest(reading.account)
    uow.snapshots.store(reading)
    if newest is not None and newest.fetched_at > reading.fetched_at:
        return
    uow.snapshots.discard_held(reading.account)
    note_value(uow, reading)
