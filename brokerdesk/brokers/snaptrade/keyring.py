"""The stored keys as a session uses them: read once, read again when they are refused.

The stored credentials are the truth. A user secret is exchanged inside the cross-process lock and
stored before anybody goes on, because the old one ends with the answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from brokerdesk.brokers.base import CredentialPort, Credentials
from brokerdesk.brokers.snaptrade import BROKER_ID, TITLE
from brokerdesk.brokers.snaptrade.signing import Keys
from brokerdesk.errors import NotSupportedError
from brokerdesk.log import register_secret


def hide(keys: Keys) -> None:
    """Keep the secrets out of logs, in whatever encoding they stand there."""
    register_secret(keys.consumer_key)
    register_secret(keys.user_secret)


class StoredKeys:
    """One connection's keys."""

    def __init__(self, port: CredentialPort) -> None:
        self._port = port
        self._known: Keys | None = None

    async def current(self, refused: Keys | None = None) -> Keys:
        """The keys; read anew when ``refused`` are those that are known.

        Raises:
            SecretStoreError: they cannot be read.
        """
        if self._known is None or refused is not None:
            self._known = Keys.of(await self._port.read())
            hide(self._known)
        return self._known

    async def stored(self) -> Credentials:
        """Everything that is stored, keys and the time of the sign-in."""
        return await self._port.read()

    async def rotate(self, reset: Callable[[Keys], Awaitable[str]]) -> None:
        """Exchange the user's secret and keep the new one."""
        async with self._port.lock():
            stored = await self._port.read()
            keys = Keys.of(stored)
            if keys.personal:
                raise NotSupportedError(
                    f"A personal {TITLE} key has no user secret.",
                    capability="user_secret",
                    broker_id=BROKER_ID,
                )
            secret = await reset(keys)
            hide(replace(keys, user_secret=secret))
            await self._port.replace({**stored, "user_secret": secret})
            self._known = None

    def forget(self) -> None:
        self._known = None
