"""Fill and keep the practice profile: simulated brokers, connected through the real flow.

Nothing here is a short cut around the product: the sign-in runs through the broker's own steps with
the consent given by the simulator in the person's place, and the past is decoded by the broker's
own mapping. Each start only adds what is missing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, MutableMapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.flow import BrowserStep, DoneStep, FailedStep, FormStep, NoticeStep, Step
from brokerdesk.clock import Clock
from brokerdesk.db.records import SeriesPoint
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import ConnectionsChanged, PracticePrepared, Publish
from brokerdesk.domain.exact import utc
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.market_hours import new_york_day, session
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import BrokerProtocolError
from brokerdesk.services.attempt import ConnectAttempt
from brokerdesk.services.connecting import ConnectingService
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.practice_host import PracticeLogin, PracticeServer, Trouble, new_seed
from brokerdesk.services.practice_troubles import Troubles
from brokerdesk.services.refreshing import RefreshingService
from brokerdesk.services.saving import SecretKeeper

if TYPE_CHECKING:
    from brokerdesk.brokers.recordings import Recording
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork

HISTORY = timedelta(days=5 * 365 + 1)
BATCH = 120
_STEPS = 12
"""More steps than any sign-in has: a conversation that goes in circles ends."""


class PracticeService:
    def __init__(
        self,
        *,
        database: Database,
        connecting: ConnectingService,
        refreshing: RefreshingService,
        pool: SessionPool,
        secrets: SecretKeeper,
        clock: Clock,
        publish: Publish,
        practice_urls: MutableMapping[str, str],
        earlier: ConnectingService | None = None,
    ) -> None:
        self._database = database
        self._connecting = connecting
        self._earlier = earlier
        self._troubles = Troubles(database, clock)
        self._refreshing = refreshing
        self._pool = pool
        self._secrets = secrets
        self._clock = clock
        self._publish = publish
        self._practice_urls = practice_urls

    async def seed(self) -> int:
        """The seed of this profile's market, made once: tokens and figures survive restarts."""

        def read(uow: UnitOfWork) -> int:
            known = uow.meta.get("practice_seed")
            if known is None:
                known = str(new_seed())
                uow.meta.set("practice_seed", known)
            return int(known)

        return await self._database.run(read)

    async def prepare(self, servers: Mapping[str, PracticeServer]) -> tuple[Connection, ...]:
        """Connect what is not connected, renew sign-ins that ended, refresh, add missing days.

        Raises:
            BrokerError, CallbackError, SecretStoreError, StorageError: what was done stays; the
            next start goes on from there.
        """
        # Side by side, for a sign-in is mostly waiting; saved in the order in which they are told.
        turns = [asyncio.Event() for _ in range(len(servers) + 1)]
        turns[0].set()
        found = await asyncio.gather(
            *(
                self._begin(broker, server, turns[place], turns[place + 1])
                for place, (broker, server) in enumerate(servers.items())
            ),
            return_exceptions=True,
        )
        ready: list[Connection] = []
        for server, rows in zip(servers.values(), found, strict=True):
            if isinstance(rows, BaseException):
                raise rows
            for login, row in zip(server.logins, rows, strict=True):
                await self._add_history(row, server, login)
                # Good figures first: what goes wrong has to have something before it.
                if await self._troubles.begin(row.id, server, login):
                    await self._refreshing.refresh(row.id)
                if login.trouble is Trouble.DOWN:
                    await self._troubles.date(row.id, await self._past(row))
                ready.append(row)
        return tuple(ready)

    async def _begin(
        self, broker: str, server: PracticeServer, mine: asyncio.Event, following: asyncio.Event
    ) -> list[Connection]:
        """Sign in and read today's figures: years of history take a while, nobody should wait."""
        rows = []
        try:
            for login in server.logins:
                row = await self._open(broker, server, login, mine)
                following.set()
                if await self._troubles.reads_at_once(row.id, login):
                    await self._refreshing.refresh(row.id)
                rows.append(row)
        finally:
            following.set()
        return rows

    async def open_market(self, servers: Mapping[str, PracticeServer]) -> tuple[Connection, ...]:
        """As ``prepare``, for a caller that refreshes by itself: no refresh and no history."""
        return tuple(
            [
                await self._open(broker, server, login)
                for broker, server in servers.items()
                for login in server.logins
            ]
        )

    async def _open(
        self,
        broker: str,
        server: PracticeServer,
        login: PracticeLogin,
        turn: asyncio.Event | None = None,
    ) -> Connection:
        """The connection of a login, signed in; a new one is saved when it is its ``turn``."""
        self._practice_urls[broker] = server.base_url
        there = await self._troubles.found(broker, login)
        ill = there is not None and await self._troubles.still(there, login)
        connection = await self._connection(there, broker, server, login, turn)
        if there is not None:
            await self._troubles.go_on(there.id, server, login, ill=ill)
        return connection

    # -- the sign-in ---------------------------------------------------------------------

    async def _connection(
        self,
        there: Connection | None,
        broker: str,
        server: PracticeServer,
        login: PracticeLogin,
        turn: asyncio.Event | None,
    ) -> Connection:
        if there is not None:
            # The simulator has another port than last time.
            await self._pool.close(there.id)
            if await self._signed_in(there) and not await self._troubles.too_short(there):
                return there
        ending = login.trouble is Trouble.ENDING and not await self._troubles.mended(there)
        connecting = self._earlier if ending and self._earlier is not None else self._connecting
        attempt = await connecting.begin(
            broker,
            Environment.PRACTICE,
            relogin_of=there.id if there is not None else None,
            change_keys=there is not None,  # this market's keys, whatever an earlier one had
        )
        try:
            await sign_in(attempt, server, login.name)
            await attempt.test()
            if turn is not None:
                await turn.wait()
            row = await attempt.save()
            await self._troubles.remember(row, login)
            return row
        finally:
            await attempt.cancel()

    async def _signed_in(self, row: Connection) -> bool:
        if row.state is ConnectionState.NEEDS_SIGN_IN:
            return False
        if row.sign_in_ends is not None and row.sign_in_ends <= self._clock.now():
            return False
        return await self._secrets.exists(row.id)

    # -- the past ------------------------------------------------------------------------

    async def _add_history(
        self, connection: Connection, server: PracticeServer, login: PracticeLogin
    ) -> None:
        """Store the finished trading days since the last stored one."""
        spec = self._pool.spec(connection.broker)
        if spec.replay is None:
            return
        from brokerdesk.brokers.recordings import history

        now = self._clock.now()
        key = f"practice_history:{connection.id}"
        since = await self._since(key, now)
        until = await self._troubles.until(connection.id, login)
        total = _finished_days(since, until)
        if not total:
            return
        batch: list[Recording] = []
        seen: set[date] = set()
        ends = await self._database.read(lambda uow: _ends(uow, connection.id))
        async for recording in history(server.control_url, _finished_days(since, now), ends):
            if not since < recording.at <= until:
                continue
            if len(batch) >= BATCH and recording.at != batch[-1].at:
                await self._store(connection, key, batch)
                self._publish(PracticePrepared(done=min(len(seen), total), total=total))
                batch = []
            batch.append(recording)
            seen.add(new_york_day(recording.at))
        if batch:
            await self._store(connection, key, batch)
        self._publish(PracticePrepared(done=total, total=total))
        self._publish(ConnectionsChanged())

    async def _past(self, connection: Connection) -> datetime:
        """When the newest stored day of the past ended."""
        return await self._since(f"practice_history:{connection.id}", self._clock.now())

    async def _since(self, key: str, now: datetime) -> datetime:
        text = await self._database.read(lambda uow: uow.meta.get(key))
        return utc(datetime.fromisoformat(text)) if text else now - HISTORY

    async def _store(self, connection: Connection, key: str, batch: list[Recording]) -> None:
        replay = self._pool.spec(connection.broker).replay
        assert replay is not None
        readings: list[Reading] = []
        for recording in batch:
            readings.append(replay(recording.answer, connection.environment, recording.at))
            await asyncio.sleep(0)  # decoding years must not hold up the loop

        def write(uow: UnitOfWork) -> None:
            uow.snapshots.store_many(readings)
            points: dict[tuple[AccountId, str], list[SeriesPoint]] = {}
            for reading in readings:
                day = new_york_day(reading.fetched_at)
                for balance in reading.balances:
                    if balance.net_liquidation is not None:
                        points.setdefault((reading.account, balance.currency), []).append(
                            SeriesPoint(day=day, value=balance.net_liquidation)
                        )
            for (account, currency), series in points.items():
                uow.series.extend(account, series, currency=currency)
            uow.meta.set(key, batch[-1].at.isoformat())

        await self._database.run(write)


async def sign_in(attempt: ConnectAttempt, server: PracticeServer, login: str = "") -> DoneStep:
    """Go through a sign-in with the simulator's keys, consenting in the person's place.

    Raises:
        BrokerDeskError: what ended the attempt.
    """
    from brokerdesk.brokers.recordings import approve

    step: Step = await attempt.start()
    for _ in range(_STEPS):
        match step:
            case DoneStep():
                return step
            case FailedStep(can_paste=True):
                # Another program has the port; the consent is handed over as text anyway.
                step = await attempt.restart(by_hand=True)
            case FailedStep(error=error):
                raise error
            case FormStep(problems=problems) if problems:
                break
            case FormStep():
                step = await attempt.submit(server.secrets)
            case NoticeStep():
                step = await attempt.submit({})
            case BrowserStep(url=url):
                await attempt.paste(await approve(server.control_url, url, login), confirmed=True)
                step = await attempt.wait()
    raise BrokerProtocolError(
        "The practice sign-in did not come to an end.", "Nothing was changed."
    )


def _ends(uow: UnitOfWork, connection: ConnectionId) -> tuple[str, ...]:
    """How the numbers of a connection's accounts end: another login's past is not its own."""
    accounts = [one for one in uow.accounts.list() if one.connection == connection]
    masks = (one.account.number_mask for one in accounts)
    return tuple(re.sub(r"\W+", "", mask) for mask in masks) or ("",)


def _finished_days(since: datetime, now: datetime) -> int:
    """Trading sessions that ended in ``(since, now]``."""
    first, last = new_york_day(since), new_york_day(now)
    spans = (session(first + timedelta(days=n)) for n in range((last - first).days + 1))
    return sum(span is not None and since < span[1] <= now for span in spans)
