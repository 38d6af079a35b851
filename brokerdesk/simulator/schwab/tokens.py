"""Schwab's codes and tokens: who may ask for what, and until when.

Tokens describe themselves under an HMAC keyed by the seed, so that they outlive a restart of the
simulator. What has been revoked or superseded since the start is kept in memory.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

CODE_LIFE = timedelta(seconds=30)
ACCESS_LIFE = timedelta(seconds=1800)
CLIENT_CREDENTIALS_LIFE = timedelta(seconds=3600)
REFRESH_LIFE = timedelta(days=7)
CODE_HEAD = "C0." + base64.b64encode(b"oauth2.bdc.schwab.com").decode() + "."
KEY_LENGTH, SECRET_LENGTH = 32, 16


@dataclass(frozen=True, slots=True)
class Grant:
    """One finished browser login: which accounts it covers and when it was."""

    login: int
    accounts: tuple[str, ...]


@dataclass(slots=True)
class Code:
    grant: Grant
    redirect_uri: str
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    access: str
    refresh: str
    expires_in: int
    id_token: str


class Tokens:
    """Issues and checks codes, access tokens and refresh tokens of one simulated app."""

    def __init__(self, seed: int, broker: str = "schwab") -> None:
        self._key = hashlib.sha256(f"simulated {broker} tokens {seed}".encode()).digest()
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        stream = hashlib.sha512(b"app" + self._key).digest()
        letters = "".join(alphabet[byte % len(alphabet)] for byte in stream)
        self.app_key = letters[:KEY_LENGTH]
        self.app_secret = letters[KEY_LENGTH : KEY_LENGTH + SECRET_LENGTH]
        self._codes: dict[str, Code] = {}
        self._boot = secrets.token_hex(4)
        self._serial = 0
        self._latest_login = 0
        self._dead: dict[str, int] = {}
        self._foreign_dead: set[str] = set()

    def new_code(self, accounts: tuple[str, ...], redirect_uri: str, now: datetime) -> str:
        """A fresh code for a finished consent."""
        code = CODE_HEAD + secrets.token_urlsafe(32) + "@"
        grant = Grant(self._next(), accounts)
        self._codes[code] = Code(grant, redirect_uri, now + CODE_LIFE)
        return code

    def take_code(self, code: str) -> Code | None:
        """The code's record, once."""
        return self._codes.pop(code, None)

    def begin_login(self, grant: Grant) -> None:
        """A code was exchanged: refresh tokens of earlier logins are superseded."""
        self._latest_login = grant.login
        self._foreign_dead.add("refresh")

    def issue(self, grant: Grant, now: datetime, signed_in: datetime | None = None) -> TokenSet:
        """Tokens for a grant; the refresh token's days run from ``signed_in``."""
        began = signed_in or now
        refresh = self._seal("refresh", grant, began, began + REFRESH_LIFE) + "@"
        return TokenSet(
            access=self.access_token(grant, now, ACCESS_LIFE),
            refresh=refresh,
            expires_in=int(ACCESS_LIFE.total_seconds()),
            id_token=self._id_token(now),
        )

    def access_token(self, grant: Grant, now: datetime, life: timedelta) -> str:
        return "I0." + self._seal("access", grant, now, now + life) + "@"

    def check_access(self, token: str, now: datetime) -> Grant | None:
        """The grant behind an access token that is good now."""
        found = self._open("access", token.removeprefix("I0."), now)
        return found[0] if found else None

    def check_refresh(
        self, token: str, now: datetime, *, superseded_ok: bool = False
    ) -> tuple[Grant, datetime] | None:
        """The grant and login time behind a refresh token that is good now."""
        found = self._open("refresh", token, now)
        if found is None:
            return None
        grant, began, mine = found
        if mine and self._latest_login and grant.login != self._latest_login and not superseded_ok:
            return None
        return grant, began

    def expire(self, kind: str) -> None:
        """Make all tokens of a kind, issued so far, worthless."""
        self._dead[kind] = self._serial
        self._foreign_dead.add(kind)

    def digest(self, token: str) -> str:
        return base64.b64encode(hashlib.sha256(token.encode()).digest()).decode()

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _seal(self, kind: str, grant: Grant, issued: datetime, expires: datetime) -> str:
        fields = {
            "k": kind,
            "b": self._boot,
            "n": self._next(),
            "l": grant.login,
            "a": list(grant.accounts),
            "i": issued.timestamp(),
            "e": expires.timestamp(),
        }
        body = _b64(json.dumps(fields, separators=(",", ":")).encode())
        return f"{body}.{_b64(self._sign(body))}"

    def _open(self, kind: str, token: str, now: datetime) -> tuple[Grant, datetime, bool] | None:
        body, dot, signature = token.removesuffix("@").partition(".")
        if not dot or not hmac.compare_digest(_b64(self._sign(body)), signature):
            return None
        fields: dict[str, Any] = json.loads(_unb64(body))
        if fields["k"] != kind or now.timestamp() >= fields["e"]:
            return None
        mine = fields["b"] == self._boot
        if mine and fields["n"] <= self._dead.get(kind, 0):
            return None
        if not mine and kind in self._foreign_dead:
            return None
        began = datetime.fromtimestamp(fields["i"], now.tzinfo)
        return Grant(fields["l"], tuple(fields["a"])), began, mine

    def _sign(self, body: str) -> bytes:
        return hmac.new(self._key, body.encode(), hashlib.sha256).digest()

    def _id_token(self, now: datetime) -> str:
        head = _b64(b'{"alg":"HS256","typ":"JWT"}')
        claims = {"iss": "simulator", "iat": int(now.timestamp())}
        body = _b64(json.dumps(claims).encode())
        return f"{head}.{body}.{_b64(self._sign(head + body))}"


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
