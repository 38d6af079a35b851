"""One attempt to connect, from the first step to the saved row.

Wraps a broker's flow. What the flow does not know is here: the identity check, the test with the
new credentials, which accounts are already there, and saving as one step that either holds whole
or leaves nothing.
"""

from __future__ import annotations

import asyncio
import secrets as random_tokens
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Credentials
from brokerdesk.brokers.flow import ConnectFlow, DoneStep, FailedStep, PasteOutcome, Step
from brokerdesk.brokers.rate import asked_by_user
from brokerdesk.clock import Clock
from brokerdesk.domain.account import Account
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import ConnectionsChanged, Publish
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.reading import Batch, Unread
from brokerdesk.errors import InputError, UserCancelled
from brokerdesk.facts import dataclass
from brokerdesk.services import sign_in_log
from brokerdesk.services.ending import end_unkept
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.saving import MemoryCredentials, SecretKeeper, note_saving
from brokerdesk.tasks import Supervisor

if TYPE_CHECKING:
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.services.connecting import AccountChoice

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccount:
    """``already_through`` names the connection that reads this account already, else None."""

    account: Account
    already_through: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundAccounts:
    accounts: tuple[FoundAccount, ...]
    unread: tuple[Unread, ...] = ()


class ConnectAttempt:
    """Not reusable. ``step`` is the last step handed out, None before ``start``."""

    def __init__(
        self,
        *,
        flow: ConnectFlow,
        spec: BrokerSpec,
        environment: Environment,
        practice_url: str,
        old: Connection | None,
        old_credentials: Credentials | None,
        database: Database,
        secrets: SecretKeeper,
        pool: SessionPool,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        on_changed: Callable[[ConnectionId], Awaitable[None]],
        told: Callable[[str, Connection], object] = lambda *_: None,
    ) -> None:
        self.step: Step | None = None
        self.broker = spec
        self.environment = environment
        self.relogin_of = old
        self._flow = flow
        self._practice_url = practice_url
        self._old_credentials = old_credentials
        self._database = database
        self._secrets = secrets
        self._pool = pool
        self._clock = clock
        self._publish = publish
        self._supervisor = supervisor
        self._on_changed = on_changed
        self._told = told
        self._memory: MemoryCredentials | None = None
        self._found: Batch[Account] | None = None
        self._session: BrokerSession | None = None
        self._saving: tuple[asyncio.Task[None], Connection] | None = None
        self._over = False
        self._adopted = False
        self._saved = False
        self._before: dict[AccountId, StoredAccount | None] = {}

    # -- signing in ----------------------------------------------------------------------

    async def start(self) -> Step:
        return await self._take(self._flow.start())

    async def submit(self, answers: Mapping[str, str]) -> Step:
        """Answer a form or confirm a notice."""
        return await self._take(self._flow.submit(answers))

    async def wait(self) -> Step:
        """Wait for the browser."""
        return await self._take(self._flow.wait())

    async def restart(self, *, by_hand: bool = False) -> Step:
        """After a ``FailedStep`` that allows it."""
        self._forget_sign_in()
        return await self._take(self._flow.restart(by_hand=by_hand))

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        """Offer the address on which the browser ended."""
        self._refuse_if_over()
        return await self._flow.paste(address, confirmed=confirmed)

    async def _take(self, coming: Coroutine[Any, Any, Step]) -> Step:
        if self._over:
            coming.close()
            raise UserCancelled
        with asked_by_user():
            step = await coming
        if self._over:
            raise UserCancelled
        if isinstance(step, DoneStep):
            step = await self._known(step)
        self.step = step
        return step

    async def _known(self, step: DoneStep) -> Step:
        """The step itself, or why this identity cannot be connected (again)."""
        broker, environment = self.broker.id, self.environment
        there = await self._database.read(
            lambda uow: uow.connections.by_identity(broker, environment, step.identity)
        )
        old = self.relogin_of
        problem: InputError | None = None
        if old is not None and step.identity != old.identity:
            problem = InputError(
                "",
                "This is another sign-in.",
                f"“{old.name}” belongs to somebody else; nothing was changed.",
                "Sign in as the same person, or connect this one as a new connection.",
            )
        elif old is None and there is not None:
            problem = InputError(
                "",
                f"This sign-in is already connected as “{there.name}”.",
                "Nothing was added, so that no account counts twice.",
                f"To renew it, sign in again from that connection ({there.id}).",
            )
        if problem is not None:
            await self._flow.aclose()
            return FailedStep(error=problem, can_restart=False)
        self._memory = MemoryCredentials(step.credentials)
        return step

    # -- testing and saving --------------------------------------------------------------

    async def test(self) -> FoundAccounts:
        """Open a session with the new credentials, which nothing has stored yet, and list accounts.

        Raises:
            BrokerError: the credentials do not work, or the broker does not answer.
        """
        self._done()
        assert self._memory is not None
        await self._close_session()
        self._session = self._pool.open(
            self.broker.id, self.environment, self._memory, self._practice_url
        )
        try:
            listed = await self._session.accounts()
        finally:
            await self._close_session()
        self._refuse_if_over()
        self._found = listed
        return FoundAccounts(
            accounts=await self._database.read(lambda uow: self._already(uow, listed)),
            unread=listed.unread,
        )

    def _already(self, uow: UnitOfWork, listed: Batch[Account]) -> tuple[FoundAccount, ...]:
        found = []
        for account in listed:
            other = self._other_reader(uow, account.id)
            found.append(FoundAccount(account=account, already_through=other))
        return tuple(found)

    def _other_reader(self, uow: UnitOfWork, account: AccountId) -> str | None:
        stored = uow.accounts.get(account)
        if stored is None or stored.connection is None:
            return None
        if self.relogin_of is not None and stored.connection == self.relogin_of.id:
            return None
        row = uow.connections.get(stored.connection)
        return row.name if row is not None else None

    async def save(
        self, choices: Mapping[AccountId, AccountChoice] | None = None, name: str = ""
    ) -> Connection:
        """Store the connection with the chosen accounts.

        ``choices`` None leaves earlier choices as they are and includes what is new.

        Raises:
            InputError: ``test`` has not succeeded yet.
            SecretStoreError, StorageError: nothing was stored.
            UserCancelled: cancelled meanwhile; what was stored is taken back.
        """
        done = self._done()
        if self._found is None or self._memory is None:
            raise InputError("", "The connection has not been tested yet.")
        row = self._row(done, name)
        credentials = await self._memory.read()
        # Once begun it runs to its end: a half of it must not survive a cancelled caller.
        saving = self._supervisor.spawn(
            f"connect:save:{row.id}",
            self._commit(row, credentials, choices, self._found),
            on_error=lambda _: None,  # whoever awaits it below is told
        )
        assert saving is not None
        self._saving = (saving, row)
        try:
            await asyncio.shield(saving)
        except asyncio.CancelledError:
            await self._take_back()
            raise
        self._refuse_if_over()
        self._over, self._saving, self._saved = True, None, True
        await self._flow.aclose()
        self._memory.clear()
        await self._on_changed(row.id)
        self._told("connected" if self.relogin_of is None else "again", row)
        self._publish(ConnectionsChanged())
        return row

    def _row(self, done: DoneStep, name: str) -> Connection:
        old, now = self.relogin_of, self._clock.now()
        if old is not None:
            return replace(
                old,
                name=name.strip() or old.name,
                practice_url=self._practice_url,
                state=ConnectionState.OK if old.last_success else ConnectionState.NEW,
                state_text="",
                state_since=now,
                signed_in_at=done.signed_in_at,
                sign_in_ends=done.sign_in_ends,
            )
        return Connection(
            id=ConnectionId(f"{self.broker.id}-{random_tokens.token_hex(4)}"),
            broker=self.broker.id,
            environment=self.environment,
            name=name.strip() or done.suggested_name or self.broker.title,
            identity=done.identity,
            created_at=now,
            practice_url=self._practice_url,
            state_since=now,
            signed_in_at=done.signed_in_at,
            sign_in_ends=done.sign_in_ends,
        )

    async def _commit(
        self,
        row: Connection,
        credentials: Credentials,
        choices: Mapping[AccountId, AccountChoice] | None,
        found: Batch[Account],
    ) -> None:
        if self.relogin_of is None:
            await self._database.run(lambda uow: note_saving(uow, row.id, begun=True))
        await self._keep(row.id, credentials)
        stored = False
        try:
            await self._database.run(lambda uow: self._write(uow, row, choices, found))
            stored = True
        finally:
            if not stored:
                await self._put_back_secret(row)

    def _write(
        self,
        uow: UnitOfWork,
        row: Connection,
        choices: Mapping[AccountId, AccountChoice] | None,
        found: Batch[Account],
    ) -> None:
        if self.relogin_of is None:
            uow.connections.add(row)
            note_saving(uow, row.id, begun=False)
        else:
            uow.connections.update(row)
        sign_in_log.note(uow, row.id, row.signed_in_at or self._clock.now())
        for account in found:
            if self._other_reader(uow, account.id) is not None:
                continue
            before = uow.accounts.get(account.id)
            self._adopted = self._adopted or before is not None
            self._before[account.id] = before
            uow.accounts.save(row.id, account)
            choice = (choices or {}).get(account.id)
            if choice is not None:
                uow.accounts.include(account.id, choice.included)
                uow.accounts.rename(account.id, choice.nickname)
            elif choices is None and (before is None or before.included is None):
                uow.accounts.include(account.id, True)

    async def _take_back(self) -> None:
        """Undo a save that was begun and that nobody wants any more."""
        begun, self._saving = self._saving, None
        if begun is not None:
            name = f"connect:undo:{begun[1].id}"
            undoing = self._supervisor.spawn(name, self._undo(*begun))
            assert undoing is not None
            await asyncio.shield(undoing)

    async def _undo(self, saving: asyncio.Task[None], row: Connection) -> None:
        """Cancelled while saving: let it end, then take it back."""
        await asyncio.wait({saving})
        if saving.cancelled() or saving.exception() is not None:
            return  # it has cleaned up after itself
        old = self.relogin_of
        if old is None:
            # An account whose earlier connection was removed has a past, which stays.
            def forget(uow: UnitOfWork) -> None:
                uow.connections.remove(row.id, keep_history=self._adopted)
                note_saving(uow, row.id, begun=True)  # until its secret is gone, too
                sign_in_log.forget(uow, row.id)

            await self._database.run(forget)
        else:
            await self._database.run(lambda uow: self._put_back(uow, old))
        await self._put_back_secret(row)

    def _put_back(self, uow: UnitOfWork, old: Connection) -> None:
        """The connection and what was chosen for its accounts, as before this sign-in."""
        uow.connections.update(old)
        for account, before in self._before.items():
            uow.accounts.include(account, before.included if before is not None else None)
            uow.accounts.rename(account, before.nickname if before is not None else "")
            if before is not None and before.closed_at is not None:
                uow.accounts.close(account, before.closed_at)

    async def _put_back_secret(self, row: Connection) -> None:
        if self.relogin_of is not None and self._old_credentials is not None:
            await self._keep(row.id, self._old_credentials)
        else:
            await self._secrets.delete(row.id)

    async def _keep(self, connection: ConnectionId, credentials: Credentials) -> None:
        """Store credentials while nobody renews older ones, here or in another process.

        A renewal that is under way writes what it gets over what it read before; without the lock
        that could be the sign-in that has just ended over the new one.
        """
        async with self._secrets.credentials(connection).lock():
            await self._secrets.save(connection, credentials)

    async def cancel(self) -> None:
        """End the attempt: the port is closed and everything typed is forgotten. Twice is fine."""
        self._over = True
        await self._flow.aclose()
        await self._close_session()
        await self._take_back()
        if self._memory is not None and self.relogin_of is None and not self._saved:
            await end_unkept(
                self._pool, self.broker, self.environment, self._memory, self._practice_url
            )
        self._forget_sign_in()

    def _forget_sign_in(self) -> None:
        if self._memory is not None:
            self._memory.clear()
        self._memory = self._found = None

    async def _close_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.aclose()

    def _done(self) -> DoneStep:
        self._refuse_if_over()
        if not isinstance(self.step, DoneStep):
            raise InputError("", "The sign-in is not finished.")
        return self.step

    def _refuse_if_over(self) -> None:
        if self._over:
            raise UserCancelled
