"""Keys, and the signature that goes with each request.

What is signed is the text that is sent, byte for byte: the path without a prefix, the query as it
stands in the address, the body as JSON. Nothing is encoded a second time in between.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import quote, urlencode

import msgspec

from brokerdesk.brokers.asking import Outgoing, Request
from brokerdesk.brokers.base import Credentials
from brokerdesk.brokers.snaptrade import BROKER_ID
from brokerdesk.domain.kinds import Environment

_SORTED = msgspec.json.Encoder(decimal_format="number", order="sorted")
NAMES = ("client_id", "consumer_key", "user_id", "user_secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """A personal key, or with a user a commercial one."""

    client_id: str
    consumer_key: str = field(repr=False)
    user_id: str = ""
    user_secret: str = field(default="", repr=False)

    @property
    def personal(self) -> bool:
        return not self.user_id

    @classmethod
    def of(cls, credentials: Credentials) -> Keys:
        return cls(**{name: credentials.get(name, "") for name in NAMES})

    def credentials(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in NAMES}

    def identity(self, environment: Environment) -> str:
        """A digest of who this is: it does not change when a key or a user secret is renewed."""
        material = "\x00".join((BROKER_ID, environment.value, self.client_id, self.user_id))
        return hashlib.sha256(material.encode()).hexdigest()[:32]


def outgoing(
    keys: Keys,
    request: Request,
    timestamp: int,
    body: Mapping[str, object] | None = None,
    *,
    with_user: bool = True,
) -> Outgoing:
    """The signed request. A body is ASCII throughout, so that its two possible forms are one.

    Args:
        with_user: whether the call is about the user: a commercial key then names it.
    """
    query = dict(request.query)
    if with_user and not keys.personal:
        query |= {"userId": keys.user_id, "userSecret": keys.user_secret}
    query |= {"clientId": keys.client_id, "timestamp": str(timestamp)}
    path = request.path()
    raw_query = urlencode(query, quote_via=quote, safe="")
    content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
    headers = {"Signature": signature(keys.consumer_key, path, raw_query, body)}
    if content is not None:
        headers["Content-Type"] = "application/json"
    return Outgoing(target=f"{path}?{raw_query}", headers=headers, content=content)


def exact(keys: Keys, path: str, timestamp: int, content: bytes) -> Outgoing:
    """A signed request whose body is those bytes: numbers in them stay as they are written."""
    query = {} if keys.personal else {"userId": keys.user_id, "userSecret": keys.user_secret}
    query |= {"clientId": keys.client_id, "timestamp": str(timestamp)}
    raw_query = urlencode(query, quote_via=quote, safe="")
    body = json.loads(content, parse_float=Decimal)
    text = _SORTED.encode({"content": body or None, "path": path, "query": raw_query})
    digest = hmac.new(keys.consumer_key.encode(), text, hashlib.sha256).digest()
    headers = {
        "Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/json",
    }
    return Outgoing(target=f"{path}?{raw_query}", headers=headers, content=content)


def signature(
    consumer_key: str, path: str, raw_query: str, body: Mapping[str, object] | None = None
) -> str:
    """Base64 of the HMAC-SHA256 over the canonical JSON; an empty body counts as none."""
    text = json.dumps(
        {"content": body or None, "path": path, "query": raw_query},
        separators=(",", ":"),
        sort_keys=True,
    )
    digest = hmac.new(consumer_key.encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()
