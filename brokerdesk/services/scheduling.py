"""The clockwork: which connection is due, which login ends, what is cleaned up once a day.

One slow tick looks at the stored rows, so that what another process did (a sign-in on the command
line) counts. It starts rounds and waits for none. Waking from sleep shows as wall time that ran
ahead of monotonic time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import Publish, SignInDue
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.errors import InputError, StorageError
from brokerdesk.services import standing
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.pacing import interval
from brokerdesk.services.refreshing import Reason, RefreshingService
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.settings import Settings

_log = logging.getLogger(__name__)

TICK = 15.0
SLEPT = 60.0
"""Seconds by which a tick may be late before the computer must have been asleep."""


class Schedule:
    """Started once; ends with its supervisor."""

    def __init__(
        self,
        *,
        refreshing: RefreshingService,
        database: Database,
        pool: SessionPool,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        settings: Callable[[], Settings],
        sweep: Callable[[], Coroutine[Any, Any, None]],
        backups: Path,
    ) -> None:
        self._refreshing = refreshing
        self._database = database
        self._pool = pool
        self._clock = clock
        self._publish = publish
        self._supervisor = supervisor
        self._settings = settings
        self._sweep = sweep
        self._backups = backups
        self._sweeps_left = 0
        self._met: set[ConnectionId] = set()
        self._warned: dict[ConnectionId, tuple[object, bool]] = {}
        self._pruned_on: date | None = None
        self._troubled = False
        refreshing.on_recovered = lambda _: self._supervisor.spawn(
            "schedule:wake", self._wake(only_down=True), policy=Policy.SKIP_IF_RUNNING
        )

    def start(self) -> None:
        """Begin ticking. Offline there is nothing to schedule but the daily cleaning."""
        self._supervisor.spawn("schedule", self._run(), policy=Policy.SKIP_IF_RUNNING)

    def wake(self) -> None:
        """The network returned or the computer woke: every connection is due at once.

        Only those that wait in a back-off or for their interval are hurried; the pause that a
        broker itself asked for is kept.
        """
        self._supervisor.spawn("schedule:wake", self._wake(), policy=Policy.SKIP_IF_RUNNING)

    async def _run(self) -> None:
        while True:
            await self._tick()
            wall, mono = self._clock.now(), self._clock.monotonic()
            await self._clock.sleep(TICK)
            passed = (self._clock.now() - wall).total_seconds()
            if max(passed, self._clock.monotonic() - mono) > TICK + SLEPT:
                _log.info("the computer slept for about %d seconds", passed)
                await self._wake()

    async def _wake(self, *, only_down: bool = False) -> None:
        for row in await self._rows():
            pace = self._refreshing.pace(row.id)
            if self._refreshing.running(row.id) or (only_down and not pace.failures):
                continue
            pace.hurry()
        await self._tick()

    async def _tick(self) -> None:
        rows = await self._rows()
        for row in rows:
            await self._mind_sign_in(row)
            self._mind_round(row)
        self._mind_storage(rows)

    async def _rows(self) -> tuple[Connection, ...]:
        try:
            rows = await self._database.read(lambda uow: uow.connections.list())
        except StorageError as error:
            # Another process may hold the file for a moment; the next tick looks again.
            if not self._troubled:
                _log.warning("the schedule cannot read connections: %s", error.code)
            self._troubled = True
            return ()
        self._troubled = False
        return rows

    def _mind_round(self, row: Connection) -> None:
        if self._pool.network.offline or self._refreshing.halted(row.id):
            return
        if row.state is ConnectionState.NEEDS_SIGN_IN:
            return
        now, settings = self._clock.monotonic(), self._settings()
        pace = self._refreshing.pace(row.id)
        if row.id not in self._met:
            self._met.add(row.id)
            if not settings.refresh_on_start and row.last_attempt is not None:
                # A last attempt in the future was noted under a clock that was wrong.
                ago = (self._clock.now() - row.last_attempt).total_seconds()
                pace.last_round = now - max(0.0, ago)
        try:
            capabilities = self._pool.spec(row.broker).capabilities
        except InputError:
            return  # written by a version that knows more brokers
        every = interval(
            capabilities,
            self._clock.now(),
            open_minutes=settings.refresh_open_minutes,
            closed_minutes=settings.refresh_closed_minutes,
        )
        if pace.due(now, every):
            self._refreshing.begin(row.id, reason=Reason.TIMER)

    async def _mind_sign_in(self, row: Connection) -> None:
        """Tell once when a login is about to end and once when it has."""
        if row.sign_in_ends is None:
            return
        now = self._clock.now()
        ended = standing.needs_sign_in(row, now)
        left = row.sign_in_ends - now
        if not ended and left > timedelta(hours=self._settings().sign_in_warning_hours):
            return
        if self._warned.get(row.id) == (row.sign_in_ends, ended):
            return
        self._warned[row.id] = (row.sign_in_ends, ended)
        hours = None if ended else int(left / timedelta(hours=1))
        self._publish(SignInDue(connection=row.id, hours_left=hours))
        if ended and row.state is not ConnectionState.NEEDS_SIGN_IN:
            await self._refreshing.sign_in_ended(row.id)

    def _mind_storage(self, rows: tuple[Connection, ...]) -> None:
        today = new_york_day(self._clock.now())
        if self._sweeps_left:
            self._sweeps_left -= 1
            self._supervisor.spawn(
                "schedule:sweep",
                self._sweep(),
                policy=Policy.SKIP_IF_RUNNING,
                on_error=lambda error: _log.warning("sweeping failed: %s", type(error).__name__),
            )
        if self._pruned_on == today:
            return
        self._sweeps_left = 2  # the second removes what the first found too
        self._pruned_on = today
        if rows:
            self._supervisor.spawn(
                "schedule:backup",
                self._database.backup_when_due(self._backups),
                policy=Policy.SKIP_IF_RUNNING,
                on_error=lambda error: _log.warning("no backup: %s", type(error).__name__),
            )
        answered = [row.last_success for row in rows if row.last_success is not None]
        if not answered:
            return
        # A clock that runs ahead makes nothing old: days are counted up to the last answer.
        now, keep_all = min(self._clock.now(), max(answered)), self._settings().keep_all_snapshots
        self._supervisor.spawn(
            "schedule:prune",
            self._database.run(lambda uow: uow.snapshots.prune(now, keep_all)),
            policy=Policy.SKIP_IF_RUNNING,
            on_error=lambda error: _log.warning("pruning failed: %s", type(error).__name__),
        )
