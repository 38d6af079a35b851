"""Connect a broker: sign in, test, choose accounts, and only then save.

An attempt holds everything in memory until ``save``. Cancelling it at any step leaves no port, no
secret and no row. The secret is stored before the row, and goes again when the row cannot be
written. A new sign-in of an existing connection is the same attempt with a fixed identity.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from brokerdesk.brokers.base import BrokerSpec, CredentialPort, Credentials
from brokerdesk.clock import Clock
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import ConnectionsChanged, Publish
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import (
    InputError,
    NotSupportedError,
    SecretMissingError,
    SecretStoreMissingError,
)
from brokerdesk.facts import dataclass
from brokerdesk.secrets.keyholder import StoreState
from brokerdesk.services import sign_in_log
from brokerdesk.services.ending import end_connection
from brokerdesk.services.opening import SessionPool
from brokerdesk.services.origins import loopback_origin
from brokerdesk.services.saving import SecretKeeper, was_saving
from brokerdesk.tasks import Supervisor

if TYPE_CHECKING:
    from brokerdesk.brokers.flow import CertificatePort
    from brokerdesk.db.engine import Database
    from brokerdesk.db.records import StoredAccount
    from brokerdesk.db.unit_of_work import UnitOfWork
    from brokerdesk.services.attempt import ConnectAttempt

_log = logging.getLogger(__name__)

CALLBACK_LIMIT = timedelta(seconds=300)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChoice:
    """What the user wants of a found account. ``nickname`` "" keeps the broker's name."""

    included: bool = True
    nickname: str = ""


class ConnectingService:
    """All methods belong to one event loop.

    ``on_changed`` is awaited after a connection signed in anew or went, so that whoever holds its
    session lets go of it. ``told`` hears what is to be remembered: ``connected``, signed in
    ``again``, ``removed``.
    """

    def __init__(
        self,
        *,
        database: Database,
        secrets: SecretKeeper,
        certificates: CertificatePort,
        pool: SessionPool,
        clock: Clock,
        publish: Publish,
        supervisor: Supervisor,
        on_changed: Callable[[ConnectionId], Awaitable[None]],
        told: Callable[[str, Connection], object] = lambda *_: None,
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._certificates = certificates
        self._pool = pool
        self._clock = clock
        self._publish = publish
        self._supervisor = supervisor
        self._on_changed = on_changed
        self._told = told
        self._orphans: set[ConnectionId] = set()

    async def begin(
        self,
        broker_id: str,
        environment: Environment,
        *,
        practice_url: str = "",
        relogin_of: ConnectionId | None = None,
        change_keys: bool = False,
        session_only: bool = True,
    ) -> ConnectAttempt:
        """A new attempt; nothing happens before its ``start``.

        Args:
            practice_url: one loopback origin, for servers other than the built-in simulator.
            relogin_of: sign this connection in again; ``change_keys`` asks for its keys anew.
            session_only: go on although credentials can only be kept until the program ends.

        Raises:
            InputError: no such broker or connection, or an address that is not on loopback.
            NotSupportedError: the broker does not offer that environment.
            SecretStoreError: credentials cannot be kept (without ``session_only``) or read.
            BrokerUnavailableError: offline, or no practice market runs.
        """
        from brokerdesk.brokers.flow import FlowContext
        from brokerdesk.services.attempt import ConnectAttempt

        if practice_url:
            practice_url = loopback_origin(practice_url)
        old = await self._existing(relogin_of)
        if old is not None:
            broker_id, environment = old.broker, old.environment
            practice_url = practice_url or old.practice_url
        spec = self._pool.spec(broker_id)
        _check_environment(spec, environment, practice_url)
        self._pool.refuse_offline(broker_id)
        used_url = self._pool.practice_url(broker_id, environment, practice_url)
        if not session_only:
            await self._require_durable()
        existing = await self._old_credentials(old)
        flow = spec.connect_flow(
            FlowContext(
                environment=environment,
                clock=self._clock,
                certificates=self._certificates,
                network=self._pool.network,
                practice_url=used_url,
                identity=old.identity if old is not None else "",
                existing=existing,
                ask_keys=change_keys or existing is None,
                callback_limit=CALLBACK_LIMIT,
                connected=await self._connected(broker_id, environment, old),
                book=self._pool.book,
            )
        )
        return ConnectAttempt(
            flow=flow,
            spec=spec,
            environment=environment,
            practice_url=practice_url,
            old=old,
            old_credentials=existing,
            database=self._database,
            secrets=self._secrets,
            pool=self._pool,
            clock=self._clock,
            publish=self._publish,
            supervisor=self._supervisor,
            on_changed=self._on_changed,
            told=self._told,
        )

    async def rename(self, connection: ConnectionId, name: str) -> None:
        """Give a connection another name.

        Raises:
            InputError: no name, or no such connection.
        """
        name = name.strip()
        if not name:
            raise InputError("name", "A connection needs a name.")
        row = await self._existing(connection)
        assert row is not None

        await self._database.run(
            lambda uow: uow.connections.update(
                replace(uow.connections.get(connection) or row, name=name)
            )
        )
        self._publish(ConnectionsChanged())

    async def choose(self, choices: Mapping[AccountId, AccountChoice]) -> None:
        """Include, exclude or rename accounts of existing connections."""

        def write(uow: UnitOfWork) -> None:
            for account, choice in choices.items():
                uow.accounts.include(account, choice.included)
                uow.accounts.rename(account, choice.nickname)

        await self._database.run(write)
        self._publish(ConnectionsChanged())

    async def accounts(self, connection: ConnectionId) -> tuple[StoredAccount, ...]:
        """The stored accounts of a connection, closed ones too."""
        return await self._database.read(lambda uow: uow.accounts.list(connection))

    async def remove(self, connection: ConnectionId, *, keep_history: bool) -> None:
        """Sign out of a connection here. Its secret goes first: a row without one asks to sign in.

        Where signing in began something at the broker, such as what it bills, that ends before.

        Raises:
            InputError: no such connection.
            SecretStoreError: nothing was changed.
            BrokerUnavailableError: the broker has to be told and does not answer; nothing was
                changed.
        """
        row = await self._existing(connection)
        assert row is not None
        await end_connection(self._pool, row)
        await self._on_changed(connection)
        await self._secrets.delete(connection)

        def write(uow: UnitOfWork) -> None:
            uow.connections.remove(connection, keep_history=keep_history)
            sign_in_log.forget(uow, connection)

        await self._database.run(write)
        self._told("removed", row)
        self._publish(ConnectionsChanged())

    async def sweep(self) -> None:
        """Delete secrets without a row, as a program leaves them that was killed while saving.

        Only what this database began to save: it may be a new one, or an older copy that was put
        back, and then the secrets of the connections that it does not know are still wanted. And
        only what was already without a row at the call before: another process may be between
        storing its secret and its row just now. The next sweep tries again what fails.
        """
        stored = set(await self._secrets.stored())

        def unfinished(uow: UnitOfWork) -> set[ConnectionId]:
            rows = {row.id for row in uow.connections.list()}
            return {one for one in stored - rows if was_saving(uow, one)}

        orphans = await self._database.read(unfinished)
        for connection in orphans & self._orphans:
            _log.info("secrets without a connection are removed: %s", connection)
            await self._secrets.delete(connection)
        self._orphans = orphans

    async def _connected(
        self, broker: str, environment: Environment, old: Connection | None
    ) -> dict[str, str]:
        """Who is signed in to this broker already, but for the connection that signs in again."""
        rows = await self._database.read(lambda uow: uow.connections.list())
        return {
            row.identity: row.name
            for row in rows
            if (row.broker, row.environment) == (broker, environment)
            and (old is None or row.id != old.id)
        }

    async def _existing(self, connection: ConnectionId | None) -> Connection | None:
        if connection is None:
            return None
        row = await self._database.read(lambda uow: uow.connections.get(connection))
        if row is None:
            raise InputError("connection", "There is no such connection.")
        return row

    async def _old_credentials(self, old: Connection | None) -> Credentials | None:
        """The present credentials, None when they are lost: the keys are then asked for."""
        if old is None:
            return None
        port: CredentialPort = self._secrets.credentials(old.id)
        try:
            return await port.read()
        except SecretMissingError:
            return None

    async def _require_durable(self) -> None:
        if await self._secrets.ready() is StoreState.SESSION_ONLY:
            raise SecretStoreMissingError(
                "There is no place to keep the sign-in.",
                "This computer has no keyring that can be used, and this profile has no vault. "
                "Nothing was sent to the broker and nothing was stored.",
                "Make a vault with “brokerdesk vault create”, then connect again.",
            )


def _check_environment(spec: BrokerSpec, environment: Environment, practice_url: str) -> None:
    if environment not in spec.capabilities.environments:
        offered = ", ".join(spec.capabilities.environments)
        raise NotSupportedError(
            f"{spec.title} has no {environment} accounts. It offers: {offered}.",
            capability=f"environment:{environment}",
            broker_id=spec.id,
        )
    if practice_url and environment is not Environment.PRACTICE:
        raise InputError("practice_url", "A practice address is for the practice environment only.")
