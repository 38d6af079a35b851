"""The shape of the secret store, for whoever is given one.

Apart from ``Store``, so that a test or another room can name what it needs without loading how it
is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.secrets.credentials import ConnectionCredentials
from brokerdesk.secrets.keyholder import StoreState


class SecretStore(Protocol):
    """What services and the command line use. One event loop per store."""

    @property
    def state(self) -> StoreState: ...

    def describe(self) -> str:
        """Where sign-ins are kept, in sentences for the user. Asks nobody."""
        ...

    async def ready(self) -> StoreState:
        """Ask keychain or vault for the first time, so that ``state`` tells the truth.

        Raises:
            SecretStoreLockedError: it is there and does not open.
            SecretDamagedError: vault or key list is damaged.
        """
        ...

    def credentials(self, connection: ConnectionId) -> ConnectionCredentials:
        """One connection's port. Asks nobody yet."""
        ...

    async def save(self, connection: ConnectionId, credentials: Mapping[str, str]) -> None:
        """Keep the credentials of a sign-in, replacing all of the connection's old ones.

        Raises:
            SecretStoreError: nothing was changed.
        """
        ...

    async def delete(self, connection: ConnectionId) -> None:
        """Remove a connection's secrets if there are any. Waits for who holds its lock.

        Raises:
            SecretStoreError: they are still there.
        """
        ...

    async def exists(self, connection: ConnectionId) -> bool:
        """Whether something is kept, readable or not. Asks neither keychain nor vault."""
        ...

    async def aclose(self) -> None:
        """Forget every secret in memory. May be called twice."""
        ...
