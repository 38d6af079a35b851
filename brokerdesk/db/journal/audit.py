"""The chain of the audit log: each entry's hash covers the one before it.

Any entry that is altered, removed or put elsewhere breaks the chain from there on. Entries missing
at the end show only against a head that was kept elsewhere, so the head is a fact of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.driver import RawConnection
from brokerdesk.facts import dataclass

START = hashlib.sha256(b"brokerdesk audit").digest()
_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_decode = msgspec.msgpack.Decoder(dict[str, str]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One thing that happened. ``facts`` are short words, never a secret and never a body."""

    seq: int
    at: datetime
    kind: str
    facts: Mapping[str, str]
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How many entries there are, and the hash of the last one."""

    count: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``broken`` is the number of the first entry that is not as it was written; None: all are."""

    head: Head
    broken: int | None = None


def _link(before: bytes, seq: int, at: int, kind: str, facts: bytes) -> bytes:
    digest = hashlib.sha256(before)
    for part in (str(seq).encode(), str(at).encode(), kind.encode(), facts):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


def head(raw: RawConnection) -> Head:
    row = raw.execute("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(count=row[0], hash=row[1]) if row else Head(count=0, hash=START)


def append(raw: RawConnection, at: datetime, kind: str, facts: Mapping[str, str]) -> Head:
    """Add an entry inside the caller's transaction."""
    last = head(raw)
    seq, moment, body = last.count + 1, to_micros(at), _encode(dict(facts))
    mark = _link(last.hash, seq, moment, kind, body)
    raw.execute(
        "INSERT INTO audit (seq, at, kind, facts, hash) VALUES (?, ?, ?, ?, ?)",
        (seq, moment, kind, body, mark),
    )
    return Head(count=seq, hash=mark)


def entries(raw: RawConnection, after: int = 0, most: int = 1000) -> Iterable[AuditEntry]:
    """Entries after number ``after``, oldest first."""
    rows = raw.execute(
        "SELECT seq, at, kind, facts, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, most),
    ).fetchall()
    for seq, at, kind, facts, mark in rows:
        known = MappingProxyType(_decode(facts))
        yield AuditEntry(seq=seq, at=from_micros(at), kind=kind, facts=known, hash=mark)


def verify(raw: RawConnection, expected: Head | None = None) -> Verdict:
    """Look at every entry; ``expected`` is a head that was kept elsewhere."""
    before, count = START, 0
    for seq, at, kind, facts, mark in raw.execute(
        "SELECT seq, at, kind, facts, hash FROM audit ORDER BY seq"
    ):
        if seq != count + 1 or mark != _link(before, seq, at, kind, bytes(facts)):
            return Verdict(head=Head(count=count, hash=before), broken=count + 1)
        before, count = mark, seq
        if expected is not None and expected.count == count and expected.hash != mark:
            return Verdict(head=Head(count=count, hash=before), broken=count)
    if expected is not None and expected.count > count:
        return Verdict(head=Head(count=count, hash=before), broken=count + 1)
    return Verdict(head=Head(count=count, hash=before))
