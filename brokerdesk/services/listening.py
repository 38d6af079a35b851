"""Listens to what happens in accounts, and has them read: at once, and no more often than needed.

What a broker tells on such a line says only *when* to read. After a line was lost, everything is
read that may have happened while nobody listened.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.brokers.streaming import AccountMoved, Line, LineState, StreamEvent, StreamsAccounts
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import ConnectionChanged, ConnectionsChanged, Event, Publish
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import AuthError, BrokerDeskError, SecretStoreError, StorageError
from brokerdesk.facts import dataclass
from brokerdesk.services.keeping_lines import Patience, keep_up
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.refreshing import RefreshingService
from brokerdesk.services.rereading import BusyError, Rereader
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database

_log = logging.getLogger(__name__)

GATHER_SECONDS = 1.0
"""For so long news of one account are gathered: an order tells several in a row."""
LOOK_SECONDS = 5.0
BUSY_WAIT = 2.0
MISSED_SECONDS = 60.0
"""Between two readings of everything because a line was down: lines may flap."""


@dataclass(slots=True, eq=False)
class _Ear:
    """One connection that is listened to. ``missed``: its line was down since it was last read;
    ``live``: it tells now.
    """

    row: Connection
    session: BrokerSession
    patience: Patience = field(default_factory=Patience)
    missed: bool = False
    live: bool = False
    missed_at: float | None = None
    stopped: bool = False


@dataclass(slots=True)
class _News:
    filled: bool = False
    recovered: bool = False


class ListeningService:
    """Started with the schedule; ends with its supervisor. All methods belong to one event loop."""

    def __init__(
        self,
        *,
        database: Database,
        pool: SessionPool,
        refreshing: RefreshingService,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
    ) -> None:
        self._database, self._pool, self._refreshing = database, pool, refreshing
        self._reader = Rereader(
            database=database, refreshing=refreshing, clock=clock, publish=publish
        )
        self._clock, self._supervisor = clock, supervisor
        self._ears: dict[ConnectionId, _Ear] = {}
        self._news: dict[tuple[ConnectionId, AccountId], _News] = {}
        self._changed = True
        self.on_moved: Callable[[ConnectionId, AccountMoved], object] = lambda *_: None
        """Called at once with each piece of news, before the account is read."""
        self.on_recovering: Callable[[AccountId], object] = lambda _: None
        """Called before an account is read for what happened while nobody listened."""
        pool.before_close.append(self._session_closing)

    def start(self) -> None:
        """Listen to every connection that can tell."""
        self._supervisor.spawn("listen", self._run(), policy=Policy.SKIP_IF_RUNNING)

    def notice(self, event: Event) -> None:
        """Connections may be others now."""
        if isinstance(event, ConnectionChanged | ConnectionsChanged):
            self._changed = True

    def hears(self, connection: ConnectionId) -> bool:
        """Whether this connection's broker tells now of what happens in its accounts."""
        ear = self._ears.get(connection)
        return ear is not None and ear.live and not ear.stopped

    def wake(self) -> None:
        """The network returned: lines that wait are tried at once."""
        for ear in self._ears.values():
            if ear.missed and self._supervisor.running(_name(ear.row.id)):
                ear.patience.calm()
                self._spawn(ear)

    async def aclose(self) -> None:
        """Listen no more. Twice is fine."""
        await self._supervisor.cancel("listen")
        for name in self._supervisor.names:
            if name.startswith("listen:"):
                await self._supervisor.cancel(name)
        self._ears.clear()
        self._news.clear()

    # -- who is listened to --------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            if self._changed:
                await self._look()
            await self._clock.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        self._changed = False
        try:
            rows = await self._database.read(lambda uow: uow.connections.list())
        except StorageError as error:
            _log.info("connections could not be read: %s", error.code)
            self._changed = True
            return
        usable = {row.id: row for row in rows if row.state is not ConnectionState.NEEDS_SIGN_IN}
        for gone in [one for one in self._ears if one not in usable]:
            await self._session_closing(gone)
        for row in usable.values():
            ear = self._ears.get(row.id)
            if ear is not None:
                ear.row = row
            elif not self._pool.is_shut(row):
                self._listen_to(row)

    def _listen_to(self, row: Connection) -> None:
        try:
            if not self._pool.spec(row.broker).capabilities.streaming:
                return
            session = self._pool.session(row)
        except BrokerDeskError:
            self._changed = not self._pool.network.offline  # the practice market may come
            return
        if isinstance(session, StreamsAccounts):
            ear = self._ears[row.id] = _Ear(row, session)
            self._spawn(ear)

    def _spawn(self, ear: _Ear) -> None:
        name = _name(ear.row.id)
        self._supervisor.spawn(name, self._line(ear), policy=Policy.NEWEST_WINS)

    async def _session_closing(self, connection: ConnectionId) -> None:
        ear = self._ears.pop(connection, None)
        if ear is not None:
            ear.stopped = True
            await self._supervisor.cancel(_name(connection))
            self._changed = True

    async def _line(self, ear: _Ear) -> None:
        session = ear.session
        assert isinstance(session, StreamsAccounts)

        async def attempt() -> None:
            await session.account_stream().run(partial(self._hear, ear))

        def lost(_: BrokerDeskError | None) -> None:
            ear.missed, ear.live = True, False

        what = f"news of connection {ear.row.id}"
        try:
            await keep_up(what, attempt, lost, self._clock, ear.patience)
        except (AuthError, SecretStoreError) as error:
            ear.stopped = True
            if isinstance(error, SecretStoreError):
                self._pool.shut(ear.row)
            self._supervisor.spawn(
                f"refresh:refused:{ear.row.id}",
                self._refreshing.sign_in_refused(ear.row.id, error),
                policy=Policy.SKIP_IF_RUNNING,
            )

    # -- what is heard -------------------------------------------------------------------

    def _hear(self, ear: _Ear, event: StreamEvent) -> None:
        if ear.stopped:
            return
        if isinstance(event, Line):
            ear.live = ear.live or event.state is LineState.LIVE
            if event.state is LineState.LIVE and ear.missed:
                self._catch_up(ear)
        elif isinstance(event, AccountMoved):
            self.on_moved(ear.row.id, event)
            if event.recovered:
                _log.info("connection %s tells what happened meanwhile: recovered", ear.row.id)
            if event.account is not None:
                self._note(ear, event.account, filled=event.filled, recovered=event.recovered)
            else:
                self._everywhere(ear, filled=event.filled, recovered=event.recovered)

    def _catch_up(self, ear: _Ear) -> None:
        """The line is back: nobody told what happened while it was down."""
        now = self._clock.monotonic()
        ear.missed = False
        if ear.missed_at is not None and now - ear.missed_at < MISSED_SECONDS:
            return
        ear.missed_at = now
        _log.info("connection %s is listened to again; its accounts are read", ear.row.id)
        self._everywhere(ear, filled=True, recovered=True)

    def _everywhere(self, ear: _Ear, *, filled: bool, recovered: bool) -> None:
        async def note_all() -> None:
            stored = await self._database.read(lambda uow: uow.accounts.list(ear.row.id))
            for one in stored:
                if one.included and one.closed_at is None:
                    self._note(ear, one.account.id, filled=filled, recovered=recovered)

        self._supervisor.spawn(
            f"listen:all:{ear.row.id}",
            note_all(),
            policy=Policy.SKIP_IF_RUNNING,
            on_error=lambda error: _log.info("accounts could not be listed: %s", error),
        )

    def _note(self, ear: _Ear, account: AccountId, *, filled: bool, recovered: bool) -> None:
        news = self._news.setdefault((ear.row.id, account), _News())
        news.filled, news.recovered = news.filled or filled, news.recovered or recovered
        self._supervisor.spawn(
            f"listen:read:{account}",
            self._read(ear, account),
            policy=Policy.SKIP_IF_RUNNING,
            on_error=lambda error: _log.info("an account could not be read: %s", error),
        )

    async def _read(self, ear: _Ear, account: AccountId) -> None:
        """Read until nothing is new: news that come while it is read are read after it."""
        key = ear.row.id, account
        while key in self._news and not ear.stopped:
            await self._clock.sleep(GATHER_SECONDS)
            news = self._news.pop(key)
            if news.recovered:
                self.on_recovering(account)
            try:
                await self._reader.read(*key, portfolio=news.filled)
            except BusyError:
                later = self._news.setdefault(key, _News())
                later.filled, later.recovered = later.filled or news.filled, True
                await self._clock.sleep(BUSY_WAIT)
        self._news.pop(key, None)


def _name(connection: ConnectionId) -> str:
    return f"listen:line:{connection}"
