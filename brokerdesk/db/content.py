"""Bytes stored once and named by number: instruments and frames.

A row never changes, and a number is never given twice. The digest finds content that is already
here; the checksum covers number and content, so that a payload can never be shown with other
content than it was stored with. Knows the driver's rows and no SQLAlchemy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from brokerdesk.db.decoding import DECODING_ERRORS
from brokerdesk.db.driver import RawConnection
from brokerdesk.db.sealing import content_checksum

_CHUNK = 500


class ContentTable:
    """``instruments`` or ``frames``: columns id, digest, payload, checksum."""

    def __init__(self, raw: RawConnection, name: str) -> None:
        self._raw = raw
        self._name = name

    def numbers(self, bodies: Sequence[bytes]) -> list[int]:
        """The number of each of ``bodies``, storing those that are new."""
        digests = [hashlib.sha256(body).digest() for body in bodies]
        known = self._known(digests)
        new = {d: body for d, body in zip(digests, bodies, strict=True) if d not in known}
        if new:
            first = self._next_number()
            rows = []
            for number, (digest, body) in enumerate(new.items(), first):
                known[digest] = number
                rows.append((number, digest, body, content_checksum(self._name, number, body)))
            self._raw.executemany(
                f"INSERT INTO {self._name} (id, digest, payload, checksum) VALUES (?, ?, ?, ?)",  # noqa: S608
                rows,
            )
        return [known[digest] for digest in digests]

    def bodies(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Number and content of each that is here.

        Raises:
            ValueError, TypeError: one is damaged.
        """
        for row in self._select("id", numbers):
            yield row[0], self._body(*row)

    def _body(self, number: int, body: bytes, checksum: bytes) -> bytes:
        if content_checksum(self._name, number, body) != checksum:
            raise ValueError("stored content does not match its checksum")
        return body

    def _known(self, digests: Sequence[bytes]) -> dict[bytes, int]:
        """The number of each digest that is here. Damaged rows are passed over, not in the way."""
        known: dict[bytes, int] = {}
        for row in self._select("digest", digests):
            try:
                digest = hashlib.sha256(self._body(*row)).digest()
            except DECODING_ERRORS:
                continue
            known[digest] = row[0]
        return known

    def _select(self, column: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(values), _CHUNK):
            part = list(values[start : start + _CHUNK])
            marks = ", ".join("?" * len(part))
            yield from self._raw.execute(
                f"SELECT id, payload, checksum FROM {self._name} WHERE {column} IN ({marks})",  # noqa: S608
                part,
            ).fetchall()

    def _next_number(self) -> int:
        # The checksum covers the number, so the number is needed before the row.
        given = self._raw.execute(
            "SELECT max(seq) FROM sqlite_sequence WHERE name = ?", (self._name,)
        ).fetchone()[0]
        present = self._raw.execute(f"SELECT max(id) FROM {self._name}").fetchone()[0]  # noqa: S608
        return 1 + max(given or 0, present or 0)
