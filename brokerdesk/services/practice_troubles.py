"""The bad days of the practice profile, so that every state can be seen and put right.

A login that ends tomorrow was signed in six days ago, by a clock that stands there. An answer that
is held back and a bank that does not answer come from the simulator, which is told so after the
first good figures, and again at each start until the user has put it right: then never again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.market_hours import new_york_day, session
from brokerdesk.services.practice_host import PracticeLogin, PracticeServer, Trouble

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork

AGO = timedelta(days=6, minutes=1)
SHORTEST = timedelta(hours=8)
"""With less left than this at a start, the practice login is made anew."""
_ON, _MENDED = "on", "mended"


class EarlierClock:
    """A clock that stands ``AGO`` before another and goes as fast."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now() - AGO

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class Troubles:
    """Which practice login is which, and what is wrong with it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def found(self, broker: str, login: PracticeLogin) -> Connection | None:
        """The connection of a login, if there is one."""

        def read(uow: UnitOfWork) -> Connection | None:
            for row in uow.connections.list():
                built_in = row.environment is Environment.PRACTICE and not row.practice_url
                mine = (uow.meta.get(_key("login", row.id)) or "") == login.name
                if row.broker == broker and built_in and mine:
                    return row
            return None

        return await self._database.read(read)

    async def remember(self, row: Connection, login: PracticeLogin) -> None:
        """A sign-in of ours: of which login, and when."""

        def write(uow: UnitOfWork) -> None:
            if login.name:
                uow.meta.set(_key("login", row.id), login.name)
            if login.trouble is Trouble.ENDING and row.signed_in_at is not None:
                uow.meta.set(_key("signed_in", row.id), row.signed_in_at.isoformat())

        await self._database.run(write)

    # -- a login that ends tomorrow --------------------------------------------------------

    async def mended(self, row: Connection | None) -> bool:
        """Whether the user has signed in, so that nothing ends early any more."""
        if row is None:
            return False
        ours = await self._ours(row)
        return ours is None or row.signed_in_at is None or ours != row.signed_in_at.isoformat()

    async def too_short(self, row: Connection) -> bool:
        """Whether a login that we let end is about to."""
        if row.sign_in_ends is None or await self._ours(row) is None or await self.mended(row):
            return False
        return row.sign_in_ends - self._clock.now() < SHORTEST

    async def _ours(self, row: Connection) -> str | None:
        return await self._database.read(lambda uow: uow.meta.get(_key("signed_in", row.id)))

    # -- what the simulator does -----------------------------------------------------------

    async def reads_at_once(self, connection: ConnectionId, login: PracticeLogin) -> bool:
        """False while the trouble has yet to begin: its past comes before it, and it first."""
        key = _key("trouble", connection)
        told = await self._database.read(lambda uow: uow.meta.get(key))
        return not login.switches or told is not None

    async def begin(
        self, connection: ConnectionId, server: PracticeServer, login: PracticeLogin
    ) -> bool:
        """Switch a login's trouble on, once in its life; whether that was now."""
        if not login.switches:
            return False
        key = _key("trouble", connection)
        if await self._database.read(lambda uow: uow.meta.get(key)) is not None:
            return False
        await _switch(server, login.switches)
        await self._database.run(lambda uow: uow.meta.set(key, _ON))
        return True

    async def still(self, row: Connection, login: PracticeLogin) -> bool:
        """Whether the user has not put it right yet. Asked before we sign in anew ourselves."""

        def read(uow: UnitOfWork) -> bool:
            if login.trouble is Trouble.DOWN:
                return row.state is not ConnectionState.OK
            mine = {one.account.id for one in uow.accounts.list() if one.connection == row.id}
            return any(held.account in mine for held in uow.snapshots.held())

        return await self._database.read(read)

    async def go_on(
        self, connection: ConnectionId, server: PracticeServer, login: PracticeLogin, *, ill: bool
    ) -> None:
        """At a later start: the trouble comes again, or has been put right for good."""
        key = _key("trouble", connection)
        if await self._database.read(lambda uow: uow.meta.get(key)) != _ON:
            return
        await _switch(server, login.switches if ill else login.mended)
        if not ill:
            await self._database.run(lambda uow: uow.meta.set(key, _MENDED))

    async def until(self, connection: ConnectionId, login: PracticeLogin) -> datetime:
        """Up to when its past is told: a bank that is down has missed the last finished day."""
        now = self._clock.now()
        key = _key("trouble", connection)
        told = await self._database.read(lambda uow: uow.meta.get(key))
        if login.trouble is not Trouble.DOWN or told == _MENDED:
            return now
        day = new_york_day(now)
        while (span := session(day)) is None or span[1] > now:
            day -= timedelta(days=1)
        return span[1] - timedelta(seconds=1)

    async def date(self, connection: ConnectionId, last_good: datetime) -> None:
        """Nobody has answered since the last stored day: that is when the figures are of."""

        def write(uow: UnitOfWork) -> None:
            row = uow.connections.get(connection)
            if row is not None and row.state is not ConnectionState.OK:
                uow.connections.update(replace(row, last_success=last_good, state_since=last_good))

        await self._database.run(write)


async def _switch(server: PracticeServer, values: object) -> None:
    from brokerdesk.brokers.recordings import switch

    assert isinstance(values, dict)
    await switch(server.control_url, values)


def _key(what: str, connection: ConnectionId) -> str:
    return f"practice_{what}:{connection}"
