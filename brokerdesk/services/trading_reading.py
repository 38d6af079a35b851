"""Has accounts read because orders in them moved, or may move without anybody telling.

At once after something was sent or filled. Where no stream tells, working orders are asked for as
long as something works, and never for more than a third of what the broker allows.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.events import Publish
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.errors import BrokerDeskError
from brokerdesk.facts import dataclass
from brokerdesk.services.opening import Specs
from brokerdesk.services.refreshing import RefreshingService
from brokerdesk.services.rereading import BusyError, Rereader
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database

_log = logging.getLogger(__name__)

POLL = "trading:poll"
READ = "trading:read:"
ATTENDED, ALONE = timedelta(seconds=5), timedelta(seconds=30)
FRESH_SECONDS = 60.0
"""For so long after something was sent it is looked at as if somebody looked on."""
BUSY_WAIT = 2.0
MINUTE = timedelta(minutes=1)
SHARE = 3
"""Of the broker's requests a minute, one in so many goes into looking at orders."""
ASKS = 2
"""Requests that one look takes where each account has a limit of its own: the list, the newest."""

Working = Callable[[], Mapping[ConnectionId, frozenset[AccountId]]]
"""The accounts with orders that may move unheard, by connection."""


@dataclass(slots=True)
class _News:
    filled: bool = False


class Readings:
    """All methods belong to one event loop."""

    def __init__(
        self,
        *,
        database: Database,
        refreshing: RefreshingService,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        specs: Specs,
        working: Working,
    ) -> None:
        self._reader = Rereader(
            database=database, refreshing=refreshing, clock=clock, publish=publish
        )
        self._database, self._clock, self._supervisor = database, clock, supervisor
        self._specs, self._working = specs, working
        self._news: dict[tuple[ConnectionId, AccountId], _News] = {}
        self._attending: set[str] = set()
        self._sent_at: float | None = None
        self._asked_at: dict[AccountId, float] = {}

    def attend(self, what: str, on: bool) -> None:
        """Somebody looks at orders, or no longer."""
        (self._attending.add if on else self._attending.discard)(what)
        if on:
            self.poll()

    def sent(self) -> None:
        """Something was sent just now."""
        self._sent_at = self._clock.monotonic()

    def soon(self, connection: ConnectionId, account: AccountId, *, filled: bool) -> None:
        """Read the orders of this account at once; after a fill, its figures as well."""
        news = self._news.setdefault((connection, account), _News())
        news.filled = news.filled or filled
        self._supervisor.spawn(
            f"{READ}{account}",
            self._read(connection, account),
            policy=Policy.SKIP_IF_RUNNING,
            on_error=lambda error: _log.info("an account could not be read: %s", error),
        )

    def poll(self) -> None:
        """Look again and again, as long as something works that nobody tells of."""
        if self._working():
            self._supervisor.spawn(POLL, self._poll(), policy=Policy.SKIP_IF_RUNNING)

    async def aclose(self) -> None:
        """Read nothing more. Twice is fine."""
        for name in self._supervisor.names:
            if name == POLL or name.startswith(READ):
                await self._supervisor.cancel(name)
        self._news.clear()

    async def _poll(self) -> None:
        while working := self._working():
            await self._clock.sleep(ATTENDED.total_seconds())
            now = self._clock.monotonic()
            for connection, accounts in working.items():
                every = (await self._every(connection, len(accounts))).total_seconds()
                for account in accounts:
                    if now - self._asked_at.get(account, -every) >= every:
                        self._asked_at[account] = now
                        self.soon(connection, account, filled=False)

    async def _every(self, connection: ConnectionId, accounts: int) -> timedelta:
        """How long between two looks at one account."""
        row = await self._database.read(lambda uow: uow.connections.get(connection))
        if row is None:
            return ALONE
        able = self._specs(row.broker).capabilities
        least = MINUTE * SHARE * accounts / able.requests_per_minute
        if able.account_requests_per_minute:
            least = max(least, MINUTE * SHARE * ASKS / able.account_requests_per_minute)
        sent = self._sent_at
        fresh = sent is not None and self._clock.monotonic() - sent < FRESH_SECONDS
        return max(least, ATTENDED if self._attending or fresh else ALONE)

    async def _read(self, connection: ConnectionId, account: AccountId) -> None:
        """Read until nothing is new: news that come while it is read are read after it."""
        key = connection, account
        while key in self._news:
            news = self._news.pop(key)
            try:
                await self._reader.read(*key, portfolio=news.filled, by_user=True)
            except BusyError:
                later = self._news.setdefault(key, _News())
                later.filled = later.filled or news.filled
                await self._clock.sleep(BUSY_WAIT)
            except BrokerDeskError:
                self._news.pop(key, None)
                raise
