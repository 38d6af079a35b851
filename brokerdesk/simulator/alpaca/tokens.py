"""Alpaca's keys, codes and tokens: who may ask for what.

Keys belong to one account and one host. A token looks like a UUID, covers the accounts that were
agreed to, and neither ends by itself nor can be renewed. It carries what it covers under a keyed
digest, so that it outlives a restart of the simulator.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from brokerdesk.simulator.alpaca.accounts import VENUES

CODE_LIFE = timedelta(minutes=10)
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
MIXED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
PREFIX = {"live": "AK", "paper": "PK"}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a credential covers. ``scopes`` None: a key, which may do everything."""

    venues: tuple[str, ...]
    scopes: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Code:
    grant: Grant
    redirect_uri: str
    expires: datetime


class Tokens:
    """Issues and checks all credentials of one simulated Alpaca."""

    def __init__(self, seed: int) -> None:
        self._key = hashlib.sha256(f"simulated alpaca tokens {seed}".encode()).digest()
        self.keys = {
            venue: (PREFIX[venue] + self._letters(venue, UPPER, 18), self._letters(venue, MIXED))
            for venue in VENUES
        }
        self.client_id = self._letters("client id", "0123456789abcdef", 32)
        self.client_secret = self._letters("client secret", "0123456789abcdef", 40)
        self._codes: dict[str, Code] = {}
        self._issued: set[str] = set()
        self._keys_dead = self._foreign_dead = False
        self._dead: set[str] = set()

    def new_code(self, grant: Grant, redirect_uri: str, now: datetime) -> str:
        code = str(uuid.uuid4())
        self._codes[code] = Code(grant, redirect_uri, now + CODE_LIFE)
        return code

    def take_code(self, code: str, now: datetime) -> Code | None:
        """The code's record, once and in time."""
        found = self._codes.pop(code, None)
        return found if found is not None and now < found.expires else None

    def issue(self, grant: Grant) -> str:
        """A token: 6 random bytes, what it covers, and 9 bytes of digest."""
        scopes = grant.scopes or ()
        mask = sum(1 << place for place, venue in enumerate(VENUES) if venue in grant.venues)
        mask |= sum(1 << place + 2 for place, name in enumerate(SCOPES) if name in scopes)
        body = secrets.token_bytes(6) + bytes([mask])
        token = str(uuid.UUID(bytes=body + self._digest(body)))
        self._issued.add(token)
        return token

    def check_token(self, token: str) -> Grant | None:
        try:
            raw = uuid.UUID(token).bytes
        except ValueError:
            return None
        if not hmac.compare_digest(self._digest(raw[:7]), raw[7:]) or token in self._dead:
            return None
        if self._foreign_dead and token not in self._issued:
            return None
        mask = raw[6]
        venues = tuple(venue for place, venue in enumerate(VENUES) if mask >> place & 1)
        scopes = tuple(name for place, name in enumerate(SCOPES) if mask >> place + 2 & 1)
        return Grant(venues, scopes)

    def check_key(self, key: str, secret: str) -> Grant | None:
        if self._keys_dead:
            return None
        for venue, pair in self.keys.items():
            given = f"{key}:{secret}".encode()
            if hmac.compare_digest(":".join(pair).encode(), given):
                return Grant((venue,))
        return None

    def expire(self, kind: str) -> None:
        """Revoke what was issued so far: all ``keys``, or all tokens."""
        if kind == "keys":
            self._keys_dead = True
            return
        self._dead |= self._issued
        self._issued.clear()
        self._foreign_dead = True

    def _letters(self, name: str, alphabet: str, count: int = 40) -> str:
        stream = hashlib.sha512(name.encode() + self._key).digest()
        stream += hashlib.sha512(stream).digest()
        return "".join(alphabet[byte % len(alphabet)] for byte in stream[:count])

    def _digest(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:9]


SCOPES = ("account:write", "trading", "data")
