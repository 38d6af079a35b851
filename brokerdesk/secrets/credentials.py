"""One connection's credentials, and the port through which a session reads and replaces them.

Nothing here shows a value in ``repr``: exceptions and debuggers print local variables.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.log import register_secret

_NOT_SECRET = ("_at", "_url", "host", "port")
"""Ends of names whose values are times and addresses: hiding those would blind the log."""


class SecretMapping(Mapping[str, str]):
    """Names to secret texts; ``repr`` and ``str`` show the names alone."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<credentials: {', '.join(sorted(self._values))}>"


class _Keeper(Protocol):
    async def read(self, connection: ConnectionId) -> SecretMapping: ...

    async def replace(self, connection: ConnectionId, credentials: Mapping[str, str]) -> None: ...

    def lock(self, name: str) -> AbstractAsyncContextManager[None]: ...


class ConnectionCredentials:
    """A credential port: read, replace, lock."""

    __slots__ = ("_keeper", "connection")

    def __init__(self, keeper: _Keeper, connection: ConnectionId) -> None:
        self._keeper = keeper
        self.connection = connection

    async def read(self) -> Mapping[str, str]:
        """The newest stored credentials.

        Raises:
            SecretStoreError: the store is missing, locked or damaged, or has none for this.
        """
        return await self._keeper.read(self.connection)

    async def replace(self, credentials: Mapping[str, str]) -> None:
        """Store new credentials durably, replacing all of the old ones in one step.

        A cancelled caller waits until the step is done, so that releasing the lock afterwards
        cannot let another process read what is about to be replaced.

        Raises:
            SecretStoreError: nothing was changed.
        """
        await self._keeper.replace(self.connection, credentials)

    def lock(self) -> AbstractAsyncContextManager[None]:
        """Hold while reading, exchanging and replacing: excludes other tasks *and* processes."""
        return self._keeper.lock(self.connection)

    def __repr__(self) -> str:
        return f"<credentials of {self.connection}>"


def packed(credentials: Mapping[str, str]) -> bytes:
    """Credentials as bytes to seal; their values are made known to the log.

    Raises:
        TypeError: a name or value is no text.
    """
    if not all(type(text) is str for pair in credentials.items() for text in pair):
        raise TypeError("credentials are texts under names")
    for name, value in credentials.items():
        _register(name, value)
    return json.dumps(dict(credentials), ensure_ascii=True, sort_keys=True).encode("ascii")


def unpacked(data: bytes) -> SecretMapping:
    """What ``packed`` made; its values are made known to the log."""
    raw = json.loads(data)  # authenticated by the seal: nobody else made these bytes
    for name, value in raw.items():
        _register(name, value)
    return SecretMapping(raw)


def _register(name: str, value: str) -> None:
    if not name.endswith(_NOT_SECRET):
        register_secret(value)
