"""Checksums: how stored bytes are known to be the bytes that were stored."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

_encode = msgspec.msgpack.Encoder().encode
_SEAL = 8


def checksum(identity: Sequence[object], payload: bytes) -> bytes:
    """SHA-256 over a payload and the columns that say whose and when it is."""
    digest = hashlib.sha256(b"brokerdesk snapshot\x00")
    head = _encode(identity)
    digest.update(len(head).to_bytes(4, "big"))
    digest.update(head)
    digest.update(payload)
    return digest.digest()


def seal_of(proof: bytes, valid_until: int) -> bytes:
    """Eight bytes that tie ``valid_until``, the one value that moves, to a snapshot's checksum."""
    return hashlib.sha256(proof + b"%d" % valid_until).digest()[:_SEAL]


def content_checksum(table: str, number: int, body: bytes) -> bytes:
    """SHA-256 that ties a number to the content it names."""
    return hashlib.sha256(b"%s %d\x00" % (table.encode(), number) + body).digest()


def sealed(fact: object) -> bytes:
    """A whole domain object (order, transaction, quote) as bytes with its own short checksum."""
    body = _encode(fact)
    return hashlib.sha256(body).digest()[:_SEAL] + body


def unsealed(data: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
    """What ``sealed`` was given.

    Raises:
        ValueError, TypeError, msgspec.MsgspecError: the bytes are not what was stored.
    """
    body = memoryview(data)[_SEAL:]
    if hashlib.sha256(body).digest()[:_SEAL] != data[:_SEAL]:
        raise ValueError("a stored record does not match its checksum")
    return decoder.decode(body)
