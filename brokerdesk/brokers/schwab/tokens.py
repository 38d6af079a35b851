"""Access tokens for sessions: renewed in time, once, whoever asks and however many ask at once.

The stored credentials are the truth. Inside the cross-process lock they are read again, so that a
token which another task or process has just renewed is used instead of renewing twice. Renewing
does not prolong a login: the seven days run from the browser sign-in.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from brokerdesk.brokers.asking import Request
from brokerdesk.brokers.base import CredentialPort, Credentials, SignIn
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.rate import Priority
from brokerdesk.brokers.schwab import BROKER_ID, SIGN_IN_LASTS, problems, wire
from brokerdesk.clock import Clock
from brokerdesk.domain.exact import utc
from brokerdesk.errors import (
    AuthExpiredError,
    AuthRejectedError,
    BrokerError,
    BrokerProtocolError,
    BrokerUnavailableError,
)
from brokerdesk.log import register_secret
from brokerdesk.tasks import Supervisor

_log = logging.getLogger(__name__)

_ANSWER = JsonDecoder(wire.TokenAnswer)
_PATH = "/v1/oauth/token"
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0
_LONGEST_BUFFER = timedelta(minutes=15)
_LONGEST_LIFE = 24 * 3600


class TokenEndpoint:
    """The two questions that the token endpoint answers. It is never asked twice by itself."""

    def __init__(self, http: BrokerHttp, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    async def exchange(self, credentials: Credentials, code: str) -> Credentials:
        """Complete credentials for a code from the browser.

        Raises:
            AuthRejectedError: the code or the keys were refused.
            BrokerError: no usable answer.
        """
        if not code:
            raise AuthRejectedError("The browser brought back no code.", broker_id=BROKER_ID)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": credentials["callback_url"],
        }
        asked = self._clock.now()
        answer = await self._ask(credentials, form, refreshing=False)
        if not answer.refresh_token:
            raise BrokerProtocolError(
                "Schwab's sign-in answer is not complete.", "Nothing was saved.", "Try again."
            )
        return {
            **credentials,
            "access_token": answer.access_token,
            "refresh_token": answer.refresh_token,
            "access_expires_at": _expiry(asked, answer.expires_in),
            "signed_in_at": asked.isoformat(),
        }

    async def refresh(self, credentials: Credentials) -> Credentials:
        """The same login with a new access token.

        The refresh token normally comes back unchanged; should it ever change, the new one is
        kept and the login still ends when it would have ended.

        Raises:
            AuthExpiredError: the login has ended.
            BrokerError: no usable answer; the old credentials still hold.
        """
        form = {
            "grant_type": "refresh_token",
            "refresh_token": credentials.get("refresh_token", ""),
        }
        asked = self._clock.now()
        answer = await self._ask(credentials, form, refreshing=True)
        return {
            **credentials,
            "access_token": answer.access_token,
            "refresh_token": answer.refresh_token or credentials["refresh_token"],
            "access_expires_at": _expiry(asked, answer.expires_in),
        }

    async def _ask(
        self, credentials: Credentials, form: Mapping[str, str], *, refreshing: bool
    ) -> wire.TokenAnswer:
        pair = f"{credentials.get('app_key', '')}:{credentials.get('app_secret', '')}"
        answer = await self._http.post_form(
            Request(template=_PATH, priority=Priority.USER),
            form=form,
            basic=base64.b64encode(pair.encode()).decode(),
            login=credentials.get("app_key", ""),
        )
        if answer.status != 200:
            raise problems.token_refusal(answer, refreshing=refreshing)
        tokens = _ANSWER.decode(answer.body)
        for secret in (tokens.access_token, tokens.refresh_token):
            register_secret(secret or "")
        return tokens


class Tokens:
    """The session's view of its login. Implements ``http.Authorizer``."""

    def __init__(
        self,
        port: CredentialPort,
        endpoint: TokenEndpoint,
        clock: Clock,
        buffer: timedelta,
        on_renewed: Callable[[], None] | None = None,
    ) -> None:
        self._port = port
        self._on_renewed = on_renewed
        self._endpoint = endpoint
        self._clock = clock
        self._buffer = min(buffer, _LONGEST_BUFFER)
        self._known: Credentials | None = None
        self._renewing: asyncio.Task[Credentials] | None = None
        self._supervisor = Supervisor(_note_bug)
        self._unsaved: tuple[Credentials, Credentials] | None = None
        """What could not be stored (a full disk, a locked keychain), and what it came from."""
        self._dead_refresh_token = ""
        self._failures = 0
        self._next_try = 0.0
        self._last_failure: BrokerError | None = None

    @property
    def counted_as(self) -> str:
        """The app's key: what Schwab counts requests by."""
        return (self._known or {}).get("app_key", "")

    async def bearer(self, *, refused: str = "") -> str:
        """An access token with some life left, another one than ``refused``.

        Raises:
            AuthExpiredError: the login has ended.
            BrokerUnavailableError: it could not be renewed just now.
            SecretStoreError: the credentials cannot be read or kept.
        """
        if self._known is None or refused:
            self._known = await self._port.read()
        if self._usable(self._known, refused):
            return self._known["access_token"]
        credentials = await self._renewed(refused)
        return credentials["access_token"]

    async def lasting(self, life: timedelta) -> str:
        """An access token with so much life left: renewed before, if it has less.

        Raises:
            As ``bearer``.
        """
        if self._known is None:
            self._known = await self._port.read()
        for _ in range(2):  # the first may end a renewal that began for somebody with less need
            if self._usable(self._known, "", life):
                return self._known["access_token"]
            self._known = await self._renewed("", life)
        if self._usable(self._known, "", life):
            return self._known["access_token"]
        raise BrokerProtocolError(
            "Schwab's access tokens do not last long enough for an order.",
            "Nothing was sent.",
            broker_id=BROKER_ID,
        )

    async def sign_in(self) -> SignIn:
        """When the login began and ends, from the stored credentials."""
        began = _moment((await self._port.read()).get("signed_in_at", ""))
        return SignIn(signed_in_at=began, ends=began + SIGN_IN_LASTS if began else None)

    @property
    def login(self) -> str:
        """A mark that changes with each browser sign-in; "" before the first use."""
        return (self._known or {}).get("signed_in_at", "")

    async def aclose(self) -> None:
        """Let a renewal that is under way end: its answer must not be lost. Then forget."""
        if self._renewing is not None and not self._renewing.done():
            await asyncio.wait({self._renewing})
        await self._supervisor.aclose()
        self._known = None

    def _usable(
        self, credentials: Credentials, refused: str, life: timedelta = timedelta(0)
    ) -> bool:
        token = credentials.get("access_token", "")
        ends = _moment(credentials.get("access_expires_at", ""))
        if not token or token == refused or ends is None:
            return False
        return self._clock.now() + max(self._buffer, life) < ends

    async def _renewed(self, refused: str, life: timedelta = timedelta(0)) -> Credentials:
        """One renewal for all who wait. It outlives whoever asked for it, because an answer that
        is thrown away could be the only copy of a new token.
        """
        if self._renewing is None or self._renewing.done():
            self._renewing = self._supervisor.spawn(
                "renew tokens", self._renew(refused, life), on_error=_told_to_whoever_waits
            )
            assert self._renewing is not None
        return await asyncio.shield(self._renewing)

    async def _renew(self, refused: str, life: timedelta) -> Credentials:
        async with self._port.lock():
            current = await self._saved_late(await self._port.read())
            if not self._usable(current, refused, life):
                self._hold_back(current)
                current = await self._ask(current)
            self._known = current
            return current

    async def _saved_late(self, current: Credentials) -> Credentials:
        """What was renewed and could not be stored then, unless something newer is stored now."""
        if self._unsaved is None:
            return current
        renewed, origin = self._unsaved
        if dict(current) == dict(origin):
            await self._port.replace(renewed)
            current = renewed
        self._unsaved = None
        return current

    def _hold_back(self, current: Credentials) -> None:
        """Never hammer the endpoint: a dead login stays dead, a failing server gets a pause."""
        token = current.get("refresh_token", "")
        if not token or token == self._dead_refresh_token:
            raise problems.login_ended()
        if self._last_failure is not None and self._clock.monotonic() < self._next_try:
            raise self._last_failure

    async def _ask(self, current: Credentials) -> Credentials:
        try:
            renewed = await self._endpoint.refresh(current)
        except AuthExpiredError:
            self._dead_refresh_token = current.get("refresh_token", "")
            raise
        except (BrokerUnavailableError, BrokerProtocolError) as error:
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**self._failures)
            self._failures += 1
            self._last_failure = error
            self._next_try = self._clock.monotonic() + pause
            raise
        self._failures = 0
        self._last_failure = None
        # The endpoint may have taken the old refresh token back: until it is stored, this copy is
        # the only one.
        self._unsaved = (renewed, current)
        if self._on_renewed is not None:
            self._on_renewed()
        await self._port.replace(renewed)
        self._unsaved = None
        return renewed


def _told_to_whoever_waits(error: BaseException) -> None:
    """A renewal's known failure reaches those who asked; if they have gone, nobody needs it."""


def _note_bug(name: str, error: BaseException) -> None:
    _log.error("%s failed: %s", name, type(error).__name__)


def _expiry(asked: datetime, seconds: int) -> str:
    """When a token ends, counted from before the question so that it never lasts too long."""
    life = max(0, min(seconds, _LONGEST_LIFE))
    return (asked + timedelta(seconds=life)).isoformat()


def _moment(text: str) -> datetime | None:
    try:
        return utc(datetime.fromisoformat(text))
    except ValueError:
        return None
