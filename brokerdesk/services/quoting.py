"""The one quote service: everything that is held, watched or in a ticket, priced by who can best.

Runs only while somebody shows prices. What reaches the window is gathered first; what stands still
is told at once. The last prices are kept, so that they are there offline, with their time.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import (
    AccountRefreshed,
    ConnectionChanged,
    ConnectionsChanged,
    Event,
    Publish,
)
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import BrokerDeskError, StorageError
from brokerdesk.facts import dataclass
from brokerdesk.services import quoting_store as store
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.quoting_book import LivePrice, PriceBook, PricesMoved, PriceState
from brokerdesk.services.quoting_lines import QuoteLines
from brokerdesk.services.quoting_moves import Holdings, Told
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.services.quoting_tellers import Teller
from brokerdesk.services.quoting_worth import ROOM
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.services.refreshing import RefreshingService
    from brokerdesk.settings import Settings

_log = logging.getLogger(__name__)

MOST = ROOM
"""Prices followed at most; of what is held, what is worth most goes first."""
TICK_SECONDS = 1.0
GATHER_SECONDS = 0.1
"""For so long changes are gathered before they are handed over."""
LINGER_SECONDS = 10.0
"""Lines stay so long after nobody shows prices any more: pages are left and entered again."""
SLEPT_SECONDS = 30.0
"""A tick may be so late before the computer must have been asleep."""
KEEP_SECONDS = 60.0
REFRESHING_SECONDS = 5.0
"""So long at most a refresh that goes on puts off who tells what."""
AT_A_TIME = 2
"""So many accounts are read in one transaction."""
NOTED_AT_ONCE = 200
ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Lease:
    """What somebody shows: everything held, and these besides. Named keys go first."""

    keys: tuple[Priced, ...] = ()
    held: bool = False


class QuotingService:
    """All methods belong to one event loop. What changed is published as ``PricesMoved``."""

    def __init__(
        self,
        *,
        database: Database,
        pool: SessionPool,
        refreshing: RefreshingService,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        settings: Callable[[], Settings],
    ) -> None:
        self._database, self._pool = database, pool
        self._clock, self._publish, self._supervisor = clock, publish, supervisor
        self._settings = settings
        self._leases: dict[str, Lease] = {}
        self._holdings = Holdings()
        self._unread: set[AccountId] = set()
        self._rows_changed = False
        self._due: float | None = None
        self._kept_at = 0.0
        self._book = PriceBook()
        self._lines = QuoteLines(
            self._book,
            wanted=self._wanted,
            soon=self._hand_over_soon,
            at_once=self._hand_over,
            refreshing=refreshing,
            clock=clock,
            supervisor=supervisor,
            settings=settings,
            shut=pool.shut,
        )
        pool.before_close.append(self._session_closing)

    # -- who wants prices ----------------------------------------------------------------

    def want(self, name: str, keys: Iterable[Priced] = (), *, held: bool = False) -> None:
        """``name`` shows the prices of these, and of all that is held; instead of what it did."""
        lease = Lease(tuple(keys), held)
        if self._leases.get(name) != lease:
            self._leases[name] = lease
            self._begin()
            self._lines.arrange()

    def release(self, name: str) -> None:
        """``name`` shows no prices any more. Without anybody who does, all lines end soon."""
        if self._leases.pop(name, None) is None:
            return
        if self._leases:
            self._lines.arrange()
        elif self._supervisor.running("quotes"):
            self._supervisor.spawn("quotes:end", self._end_soon(), policy=Policy.SKIP_IF_RUNNING)

    def price(self, of: Priced) -> LivePrice | None:
        """The newest price that is known of something followed."""
        return self._book.get(of)

    def sources(self) -> Mapping[Priced, ConnectionId]:
        """Whose line tells what."""
        return dict(self._lines.told)

    def notice(self, event: Event) -> None:
        """Something happened elsewhere that may concern what is followed."""
        if isinstance(event, AccountRefreshed):
            self._unread.add(event.account)
        elif isinstance(event, ConnectionChanged | ConnectionsChanged):
            self._rows_changed = True

    async def settings_changed(self) -> None:
        """Live prices may have been turned on or off."""
        if not self._settings().live_prices:
            await self._stop()
        elif self._leases:
            self._begin()

    def wake(self) -> None:
        """The network returned: lines that wait are tried at once."""
        self._lines.hurry()

    def network_lost(self) -> None:
        """The computer says that there is no network: nothing is live that moment."""
        if self._lines.active:
            self._lines.begin_anew()

    async def aclose(self) -> None:
        """End all lines and keep the last prices. Twice is fine."""
        self._leases.clear()
        await self._stop()

    # -- the steward ---------------------------------------------------------------------

    def _begin(self) -> None:
        if self._settings().live_prices:
            self._supervisor.spawn("quotes", self._run(), policy=Policy.SKIP_IF_RUNNING)

    async def _end_soon(self) -> None:
        await self._clock.sleep(LINGER_SECONDS)
        if not self._leases:
            await self._stop()

    async def _stop(self) -> None:
        self._lines.active = False
        await self._supervisor.cancel("quotes")
        for name in self._supervisor.names:
            if name.startswith("quotes:"):
                await self._supervisor.cancel(name)
        self._lines.told = {}
        self._lines.tellers.clear()
        await self._keep()
        self._book.keep_only(())
        self._hand_over()
        if self._leases and self._settings().live_prices:
            self._begin()  # somebody came while all of it was ending

    async def _run(self) -> None:
        self._rows_changed = True
        self._kept_at = self._clock.monotonic()
        while True:
            await self._tick()
            wall, mono = self._clock.now(), self._clock.monotonic()
            await self._clock.sleep(TICK_SECONDS)
            passed = (self._clock.now() - wall).total_seconds()
            if max(passed, self._clock.monotonic() - mono) > TICK_SECONDS + SLEPT_SECONDS:
                _log.info("the computer slept: prices begin anew")
                self._lines.begin_anew()

    async def _tick(self) -> None:
        read = True
        try:
            read = await self._look()
        except StorageError as error:
            _log.info("what is held could not be read: %s", error.code)
        self._lines.age_asked()
        await self._arrange_when_due(quiet=not read)
        if self._clock.monotonic() - self._kept_at >= KEEP_SECONDS:
            await self._keep()

    async def _look(self) -> bool:
        """Read what changed: connections, and what accounts hold. False: nothing has."""
        unread, everything = self._unread, self._rows_changed or not self._lines.active
        if not everything and not unread:
            return False
        self._unread, self._rows_changed = set(), False
        try:
            if everything:
                await self._meet(await self._database.read(lambda uow: uow.connections.list()))
                await self._read_all()
            else:
                await self._read(unread)
        except StorageError:
            self._unread |= unread
            self._rows_changed = self._rows_changed or everything
            raise
        for teller in self._lines.tellers.values():
            holds = self._holdings.held_by(teller.id)
            if holds != teller.holds:
                teller.holds = holds
                self._wait_to_arrange()
        if everything:
            await self._order()
            if not self._lines.active:
                await self._recall()
            self._lines.active = True
        await self._note()
        self._hand_over()
        if everything:
            self._due = None
            await self._lines.arrange_calmly()
        return True

    async def _read_all(self) -> None:
        """Reads what is held. While nobody can be asked, only what a price is known of already."""
        named = {of for lease in self._leases.values() for of in lease.keys}
        known, anybody = named.union(self._book.known), bool(self._lines.tellers)

        def look(uow: UnitOfWork) -> tuple[list[AccountId], Collection[Priced] | None]:
            only = None if anybody else known | store.kept(uow)
            return (store.listed(uow) if only is None or only else []), only

        listed, only = await self._database.read(look)
        for account in self._holdings.keys - set(listed):
            self._holdings.forget(account)
            await asyncio.sleep(0)
        await self._read(listed, only)

    async def _read(
        self, accounts: Iterable[AccountId], only: Collection[Priced] | None = None
    ) -> None:
        """A few at a time, so that neither the database nor this loop is held up."""
        rest = list(accounts)
        for first in range(0, len(rest), AT_A_TIME):
            some = rest[first : first + AT_A_TIME]
            found = await self._database.read(partial(store.read_some, some, only=only))
            for account in some:
                held = found.pop(account, None)
                if held is None:
                    self._holdings.forget(account)
                else:
                    self._holdings.take(held, self._newest)
                await asyncio.sleep(0)

    def _wait_to_arrange(self) -> None:
        if self._due is None:
            self._due = self._clock.monotonic()

    async def _arrange_when_due(self, *, quiet: bool) -> None:
        """While a refresh brings accounts in, who tells what is not arranged after each of them."""
        await self._order()
        if self._leases and self._wanted() != self._lines.wanted_then:
            self._wait_to_arrange()
        waited = self._due is not None and (
            quiet or self._clock.monotonic() - self._due >= REFRESHING_SECONDS
        )
        if waited or self._lines.moved:
            self._due = None
            await self._lines.arrange_calmly()

    async def _order(self) -> None:
        """What is worth most can be said at once after this."""
        if any(one.held for one in self._leases.values()):
            for _ in self._holdings.ordering():
                await asyncio.sleep(0)

    async def _recall(self) -> None:
        """What was known when the program ended stands until somebody tells something newer."""
        try:
            known = await self._database.read(partial(store.last_known, self._wanted()))
        except StorageError as error:
            _log.info("the last prices could not be read: %s", error.code)
            return
        for number, price in enumerate(known, 1):
            if not number % NOTED_AT_ONCE:
                await asyncio.sleep(0)
            self._book.tell(price.of, price.quote, None, price.at, still=True)

    async def _meet(self, rows: Iterable[Connection]) -> None:
        """Know every connection that can be asked, and no other."""
        tellers = self._lines.tellers
        usable = {row.id: row for row in rows if row.state is not ConnectionState.NEEDS_SIGN_IN}
        for gone in [one for one in tellers if one not in usable]:
            await self._lines.drop(gone)
        for row in usable.values():
            known = tellers.get(row.id)
            if known is not None:
                known.row = row
                continue
            if self._pool.is_shut(row):
                continue
            try:
                session = self._pool.session(row)
                capabilities = self._pool.spec(row.broker).capabilities
            except BrokerDeskError:
                continue  # offline, or the practice market does not run
            tellers[row.id] = Teller(row, session, capabilities)

    async def _session_closing(self, connection: ConnectionId) -> None:
        if await self._lines.drop(connection):
            self._rows_changed = True  # it may be opened anew

    async def _keep(self) -> None:
        self._kept_at = self._clock.monotonic()
        prices = self._book.take_unkept()
        if prices:
            try:
                await self._database.run(partial(store.keep, prices))
            except StorageError as error:
                _log.info("prices could not be kept: %s", error.code)

    def _wanted(self) -> list[Priced]:
        named = [of for lease in self._leases.values() for of in lease.keys]
        held = self._holdings.wanted() if any(one.held for one in self._leases.values()) else []
        return list(dict.fromkeys((*named, *held)))[:MOST] if named else held[:MOST]

    # -- what the window gets ------------------------------------------------------------

    def _hand_over_soon(self) -> None:
        self._supervisor.spawn("quotes:hand", self._gather(), policy=Policy.SKIP_IF_RUNNING)

    async def _gather(self) -> None:
        await self._clock.sleep(GATHER_SECONDS)
        await self._note()
        self._hand_over()

    async def _note(self) -> None:
        """Very many prices are added up in short steps before they are handed over in one piece."""
        for _ in range(ROUNDS):  # what changes while they are added up is noted in the next one
            noted = 0
            for number, of in enumerate(self._book.pending, 1):
                noted += self._holdings.note(of, self._newest)
                if noted > NOTED_AT_ONCE or not number % NOTED_AT_ONCE:
                    noted = 0
                    await asyncio.sleep(0)

    def _hand_over(self) -> None:
        """What prices changed, and what accounts that changed or hold these changed by."""
        changed, gone = self._book.take_changes()
        touched = [price.of for price in changed] + list(gone)
        moves = self._holdings.update(touched, self._newest)
        if changed or gone or moves:
            self._publish(PricesMoved(prices=changed, gone=gone, accounts=moves))

    def _newest(self, of: Priced) -> Told | None:
        price = self._book.get(of)
        return None if price is None else (price.quote, price.state is PriceState.STALE)
