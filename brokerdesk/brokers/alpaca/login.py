"""What a session signs in with: a key and its secret, or a token from the browser.

Neither ends by itself and neither can be renewed. When one is refused, the stored credentials are
read once more, because the user may have signed in again meanwhile; if they are the same, the login
has ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from brokerdesk.brokers.alpaca import problems
from brokerdesk.brokers.base import CredentialPort, Credentials, SignIn
from brokerdesk.domain.exact import utc
from brokerdesk.log import register_secret

_PAIR = "\n"
"""Between a key and its secret: no credential holds it."""


def token_of(credentials: Credentials) -> str:
    """What is sent for these credentials, as one text; "" when there is nothing."""
    token = credentials.get("access_token", "")
    if token:
        return token
    key, secret = credentials.get("key_id", ""), credentials.get("secret_key", "")
    return f"{key}{_PAIR}{secret}" if key and secret else ""


def counted_as(token: str) -> str:
    """By what Alpaca counts requests: a key's id, or a token as a whole."""
    return token.partition(_PAIR)[0]


def headers_of(token: str) -> Mapping[str, str]:
    """The headers that carry it."""
    key, pair, secret = token.partition(_PAIR)
    if not pair:
        return {"Authorization": f"Bearer {token}"}
    return {"APCA-API-KEY-ID": key, "APCA-API-SECRET-KEY": secret}


class Login:
    """The session's view of its credentials. Implements ``asking.HeaderAuthorizer``."""

    def __init__(self, port: CredentialPort) -> None:
        self._port = port
        self._known: Credentials | None = None

    async def bearer(self, *, refused: str = "") -> str:
        """What to send, another one than ``refused``.

        Raises:
            AuthExpiredError: it was refused, and there is no other.
            SecretStoreError: the credentials cannot be read.
        """
        token = token_of(await self.credentials(again=bool(refused)))
        if not token or token == refused:
            raise problems.login_ended()
        return token

    def headers(self, token: str) -> Mapping[str, str]:
        return headers_of(token)

    @property
    def counted_as(self) -> str:
        return counted_as(token_of(self._known or {}))

    async def credentials(self, *, again: bool = False) -> Credentials:
        """The stored credentials, read once or once more."""
        if self._known is None or again:
            self._known = await self._port.read()
            for name in ("access_token", "secret_key"):
                register_secret(self._known.get(name, ""))
        return self._known

    async def sign_in(self) -> SignIn:
        """When the login began. It has no fixed end."""
        given = (await self._port.read()).get("signed_in_at", "")
        try:
            return SignIn(signed_in_at=utc(datetime.fromisoformat(given)))
        except ValueError:
            return SignIn()


class Fresh:
    """Credentials that are just being tried. Implements ``asking.HeaderAuthorizer``."""

    def __init__(self, credentials: Credentials) -> None:
        self._token = token_of(credentials)

    async def bearer(self, *, refused: str = "") -> str:
        if refused:
            raise problems.keys_refused()
        return self._token

    @property
    def counted_as(self) -> str:
        return counted_as(self._token)

    def headers(self, token: str) -> Mapping[str, str]:
        return headers_of(token)
