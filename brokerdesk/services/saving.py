"""Credentials before and while they are saved: in memory first, then the store, then the row."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from brokerdesk.brokers.base import CredentialPort, Credentials
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.secrets.keyholder import StoreState

if TYPE_CHECKING:
    from brokerdesk.brokers.flow import LoopbackCertificate
    from brokerdesk.db.unit_of_work import UnitOfWork


def note_saving(uow: UnitOfWork, connection: ConnectionId, *, begun: bool) -> None:
    """Remember in the database that a secret is stored whose row comes next."""
    uow.meta.set(_saving(connection), "begun" if begun else "")


def was_saving(uow: UnitOfWork, connection: ConnectionId) -> bool:
    """Whether this database began to save that connection and never wrote its row."""
    return bool(uow.meta.get(_saving(connection)))


def _saving(connection: ConnectionId) -> str:
    return f"saving:{connection}"


class SecretKeeper(Protocol):
    """What connecting needs of the secret store."""

    async def ready(self) -> StoreState:
        """Ask keychain or vault, so that it is known where secrets will be kept.

        Raises:
            SecretStoreError: it is there and does not open.
        """
        ...

    def credentials(self, connection: ConnectionId) -> CredentialPort: ...

    async def save(self, connection: ConnectionId, credentials: Credentials) -> None: ...

    async def delete(self, connection: ConnectionId) -> None: ...

    async def exists(self, connection: ConnectionId) -> bool: ...

    async def stored(self) -> tuple[ConnectionId, ...]:
        """Every connection that something is kept for."""
        ...


class MemoryCredentials:
    """A credential port for an attempt that nothing is stored of yet."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = dict(credentials)
        self._lock = asyncio.Lock()

    async def read(self) -> Credentials:
        return dict(self._credentials)

    async def replace(self, credentials: Credentials) -> None:
        self._credentials = dict(credentials)

    def lock(self) -> AbstractAsyncContextManager[None]:
        return self._held()

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[None]:
        async with self._lock:
            yield

    def clear(self) -> None:
        """Forget everything."""
        self._credentials = {}


class KeptCertificate(Protocol):
    """A certificate as the secrets' room hands it out."""

    @property
    def certificate_pem(self) -> bytes: ...

    @property
    def key_pem(self) -> bytes: ...

    @property
    def fingerprint(self) -> str: ...


class CertificateKeeper(Protocol):
    """Who makes and keeps the profile's loopback certificate."""

    async def loopback(self) -> KeptCertificate: ...


class LoopbackCertificates:
    """Brings a kept certificate into the shape that flows ask for: two rooms that are strangers."""

    def __init__(self, keeper: CertificateKeeper) -> None:
        self._keeper = keeper

    async def loopback(self) -> LoopbackCertificate:
        from brokerdesk.brokers.flow import LoopbackCertificate

        kept = await self._keeper.loopback()
        return LoopbackCertificate(
            certificate_pem=kept.certificate_pem,
            key_pem=kept.key_pem,
            fingerprint=kept.fingerprint,
        )
