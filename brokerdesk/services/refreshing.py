"""Keep every connection's figures fresh, and never let a bad answer replace good ones.

One refresher per connection: a manual refresh replaces a running one, a scheduled one waits its
turn. Whatever a broker answers, the last good snapshot stays, and the connection's state says in
words what the user has to know. A defect in one refresher ends that one only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import AccountRefreshed, Publish, RefreshFinished
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import (
    AuthError,
    BrokerDeskError,
    InputError,
    RateLimitedError,
    SecretStoreError,
    StorageError,
)
from brokerdesk.facts import dataclass
from brokerdesk.services import deciding, standing
from brokerdesk.services.gathering import Done, Round
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.pacing import Pace
from brokerdesk.tasks import Policy, Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.settings import Settings

_log = logging.getLogger(__name__)


class Reason(StrEnum):
    """Who asked for a round."""

    MANUAL = "manual"
    TIMER = "timer"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshOutcome:
    """What became of one round. ``failed`` names each shortfall in our words.

    ``error`` is what ended the round early or, when every account failed, the first failure.
    ``skipped``: another round was running, or the connection has to sign in first.
    """

    connection: ConnectionId
    state: ConnectionState
    text: str = ""
    refreshed: tuple[AccountId, ...] = ()
    held: tuple[AccountId, ...] = ()
    failed: tuple[str, ...] = ()
    error: BrokerDeskError | None = None
    stopped: bool = False
    skipped: bool = False


class RefreshingService:
    """All methods belong to one event loop."""

    def __init__(
        self,
        *,
        database: Database,
        pool: SessionPool,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        settings: Callable[[], Settings],
    ) -> None:
        self._database = database
        self._pool = pool
        self._clock = clock
        self._publish = publish
        self._supervisor = supervisor
        self._settings = settings
        self._paces: dict[ConnectionId, Pace] = {}
        self._offered: dict[ConnectionId, set[AccountId]] = {}
        self._named: dict[ConnectionId, set[str]] = {}
        self._halted: set[ConnectionId] = set()
        self._down: set[ConnectionId] = set()
        self.on_recovered: Callable[[ConnectionId], object] = lambda _: None
        """Called when a connection answers again after it was down: the network may be back."""

    # -- what may be asked ---------------------------------------------------------------

    async def refresh(
        self, connection: ConnectionId, *, reason: Reason | str = Reason.MANUAL
    ) -> RefreshOutcome:
        """Run one round and wait for its end. Known failures come back inside the outcome.

        Raises:
            InputError: no such connection.
            StorageError: the database itself cannot be used.
        """
        task = self.begin(connection, reason=Reason(reason))
        row = await self._row(connection) if task is None else None
        if task is None:
            assert row is not None
            return RefreshOutcome(
                connection=connection, state=row.state, text=row.state_text, skipped=True
            )
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            raise
        if task.cancelled():
            return RefreshOutcome(
                connection=connection, state=(await self._row(connection)).state, stopped=True
            )
        error = task.exception()
        if isinstance(error, BrokerDeskError):
            raise error
        if error is not None:  # a defect: the supervisor has told of it
            return RefreshOutcome(
                connection=connection,
                state=ConnectionState.FAILED,
                text=standing.FAULT,
                failed=(standing.FAULT,),
            )
        return task.result()

    def begin(
        self, connection: ConnectionId, *, reason: Reason = Reason.MANUAL
    ) -> asyncio.Task[RefreshOutcome] | None:
        """Start a round without waiting. None: one is running and this is not a manual one."""
        manual = reason is Reason.MANUAL
        if manual:
            self._halted.discard(connection)
        return self._supervisor.spawn(
            _name(connection),
            self._guarded(connection, manual=manual),
            policy=Policy.NEWEST_WINS if manual else Policy.SKIP_IF_RUNNING,
            on_error=lambda error: self._log_failed(connection, error),
        )

    async def refresh_all(
        self, *, reason: Reason | str = Reason.MANUAL
    ) -> tuple[RefreshOutcome, ...]:
        """One round of every connection, side by side."""
        rows = await self._database.read(lambda uow: uow.connections.list())
        return tuple(await asyncio.gather(*(self.refresh(row.id, reason=reason) for row in rows)))

    async def stop(self, connection: ConnectionId) -> None:
        """Stop a running round: accounts already stored stay, the others keep their figures."""
        await self._supervisor.cancel(_name(connection))

    async def forget(self, connection: ConnectionId) -> None:
        """The connection signed in anew, changed its keys or went: begin afresh."""
        await self.stop(connection)
        await self._pool.close(connection)
        self._paces.pop(connection, None)
        self._halted.discard(connection)

    async def sign_in_ended(self, connection: ConnectionId) -> None:
        """The login's known end has passed: stop asking and say so."""
        await self.stop(connection)
        await self._enter(connection, ConnectionState.NEEDS_SIGN_IN, standing.SIGN_IN_ENDED)

    async def sign_in_refused(self, connection: ConnectionId, error: BrokerDeskError) -> None:
        """The broker refused the login outside of a round: the connection has to sign in again."""
        await self.stop(connection)
        await self._pool.close(connection)
        await standing.store(
            self._database, self._publish, connection, state=standing.judge(error),
            text=error.sentences(), now=self._clock.now(), error=error,
        )  # fmt: skip

    def running(self, connection: ConnectionId) -> bool:
        return self._supervisor.running(_name(connection))

    def halted(self, connection: ConnectionId) -> bool:
        """True after a defect, until the user refreshes by hand."""
        return connection in self._halted

    def next_try(self, connection: ConnectionId) -> datetime | None:
        """When a connection whose last round failed is tried again; None when that is not known."""
        pace = self._paces.get(connection)
        if pace is None or pace.not_before is None:
            return None
        left = pace.not_before - self._clock.monotonic()
        return self._clock.now() + timedelta(seconds=left) if left > 0 else None

    def pace(self, connection: ConnectionId) -> Pace:
        """This connection's place in the schedule."""
        return self._paces.setdefault(connection, Pace(jitter=random.Random()))  # noqa: S311

    async def accept_suspect(self, account: AccountId, held_at: datetime | None = None) -> None:
        """The user says that the held figures are right. Raises as ``deciding.accept``."""
        await self._decide(account, lambda uow: deciding.accept(uow, account, held_at))

    async def discard_suspect(self, account: AccountId, held_at: datetime | None = None) -> None:
        """The user says that the held figures are wrong. Raises as ``deciding.discard``."""
        await self._decide(account, lambda uow: deciding.discard(uow, account, held_at))

    # -- one round -----------------------------------------------------------------------

    async def _guarded(self, connection: ConnectionId, *, manual: bool) -> RefreshOutcome:
        sound = False
        try:
            with asked_by_user() if manual else contextlib.nullcontext():
                outcome = await self._round(connection, manual=manual)
            sound = True
        except (BrokerDeskError, asyncio.CancelledError):
            sound = True
            raise
        finally:
            if not sound:
                self._halted.add(connection)
                self._publish(RefreshFinished(connection=connection, failed=(standing.FAULT,)))
                # A defect must reach its reporter even when its state cannot be stored.
                with contextlib.suppress(StorageError):
                    await self._enter(connection, ConnectionState.FAILED, standing.FAULT)
        return outcome

    async def _round(self, connection: ConnectionId, *, manual: bool) -> RefreshOutcome:
        row = await self._row(connection)
        now = self._clock.monotonic()
        pace = self.pace(connection)
        if pause := pace.pause_left(now):
            return self._not_now(row, standing.paused(self._clock.now() + timedelta(seconds=pause)))
        if row.state is ConnectionState.NEEDS_SIGN_IN and not manual:
            return self._not_now(row, row.state_text)
        done = Done()
        error: BrokerDeskError | None = None
        sign_in: tuple[datetime | None, datetime | None] | None = None
        try:
            work = self.work(row, by_user=manual)
            done = work.done
            await work.run()
            if done.untouched:
                return self._left_alone(row)
            known = await self._pool.session(row).sign_in()
            sign_in = (known.signed_in_at, known.ends)
        except StorageError as problem:
            pace.failed(self._clock.monotonic())
            self._publish(RefreshFinished(connection=connection, failed=(problem.sentences(),)))
            raise
        except BrokerDeskError as problem:
            # The broker, the secret store, or a setting (proxy, CA file) that cannot be used.
            error = problem
        except asyncio.CancelledError:
            self._publish(RefreshFinished(connection=connection, stopped=True))
            raise
        return await self._conclude(row, done, error, sign_in)

    def work(self, row: Connection, *, by_user: bool = False) -> Round:
        """A round of this connection, not begun. Raises what opening a session raises.

        Args:
            by_user: somebody asked for it, so that what the broker limits by the day is read too.
        """
        return Round(
            row,
            self._pool.session(row),
            database=self._database,
            clock=self._clock,
            publish=self._publish,
            drop_percent=self._settings().suspect_equity_drop_percent,
            already_offered=self._offered.setdefault(row.id, set()),
            named=self._named.setdefault(row.id, set()),
            per_day=dict(self._pool.spec(row.broker).capabilities.background_per_day),
            by_user=by_user,
        )

    def _left_alone(self, row: Connection) -> RefreshOutcome:
        """A round that had nothing to read yet: what is stored stays as it is, its age too."""
        self.pace(row.id).succeeded(self._clock.monotonic())
        self._publish(RefreshFinished(connection=row.id, failed=()))
        return RefreshOutcome(connection=row.id, state=row.state, text=row.state_text, skipped=True)

    async def _conclude(
        self,
        row: Connection,
        done: Done,
        error: BrokerDeskError | None,
        sign_in: tuple[datetime | None, datetime | None] | None,
    ) -> RefreshOutcome:
        """Turn what happened into the schedule, the stored state and the closing events."""
        failed = list(done.failed)
        if error is not None:
            failed.append(error.sentences())
        elif done.error is not None and not done.refreshed and not done.held:
            error = done.error
        state = standing.judge(error, held=len(done.held), vanished=done.vanished)
        text = standing.sentence(error, done.failed)
        pace, mono = self.pace(row.id), self._clock.monotonic()
        if standing.retries(state):
            wait = error.retry_after if isinstance(error, RateLimitedError) else None
            pace.failed(mono, retry_after=wait)
        else:
            pace.succeeded(mono)
        self._log_change(row, state, error)
        if isinstance(error, AuthError | SecretStoreError):
            await self._pool.refused(row, error)
        await standing.store(
            self._database,
            self._publish,
            row.id,
            state=state,
            text=text,
            now=self._clock.now(),
            succeeded=bool(done.refreshed) or (error is None and not failed and not done.spared),
            attempted=True,
            error=error,
            sign_in=sign_in,
            renewals=self._pool.renewals(row.id),
        )
        self._publish(RefreshFinished(connection=row.id, failed=tuple(failed)))
        return RefreshOutcome(
            connection=row.id,
            state=state,
            text=text,
            refreshed=tuple(done.refreshed),
            held=tuple(done.held),
            failed=tuple(failed),
            error=error,
        )

    def _not_now(self, row: Connection, text: str) -> RefreshOutcome:
        self._publish(RefreshFinished(connection=row.id, failed=(text,)))
        return RefreshOutcome(
            connection=row.id, state=row.state, text=text, failed=(text,), skipped=True
        )

    def _log_failed(self, connection: ConnectionId, error: BaseException) -> None:
        """A round that could not store: whoever waits for it has the error, the log its kind."""
        code = error.code if isinstance(error, BrokerDeskError) else type(error).__name__
        _log.warning("refreshing connection %s failed: %s", connection, code)

    def _log_change(
        self, row: Connection, state: ConnectionState, error: BrokerDeskError | None
    ) -> None:
        """Once when a connection goes down and once when it is back, whatever lies between."""
        down = error is not None
        if down and row.id not in self._down:
            self._down.add(row.id)
            code = error.code if error is not None else state.value
            _log.warning("connection %s is down: %s", row.id, code)
        elif not down and row.id in self._down:
            self._down.discard(row.id)
            _log.info("connection %s answers again", row.id)
            self.on_recovered(row.id)

    # -- rows ----------------------------------------------------------------------------

    async def _row(self, connection: ConnectionId) -> Connection:
        row = await self._database.read(lambda uow: uow.connections.get(connection))
        if row is None:
            raise InputError("connection", "There is no such connection.", "", "It may be removed.")
        return row

    async def _enter(self, connection: ConnectionId, state: ConnectionState, text: str) -> None:
        await standing.store(
            self._database,
            self._publish,
            connection,
            state=state,
            text=text,
            now=self._clock.now(),
        )

    async def _decide(self, account: AccountId, decide: Callable[[UnitOfWork], object]) -> None:
        def settle(uow: UnitOfWork) -> tuple[ConnectionId | None, bool]:
            decide(uow)
            stored = uow.accounts.get(account)
            if stored is None or stored.connection is None:
                return None, False
            siblings = uow.accounts.list(stored.connection)
            return stored.connection, any(uow.snapshots.held(one.account.id) for one in siblings)

        connection, still_held = await self._database.run(settle)
        if connection is None:
            return
        self._publish(AccountRefreshed(connection=connection, account=account))
        row = await self._row(connection)
        if row.state is ConnectionState.SUSPECT and not still_held:
            await self._enter(connection, ConnectionState.OK, "")


def _name(connection: ConnectionId) -> str:
    return f"refresh:{connection}"
