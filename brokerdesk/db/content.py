"""Bytes stored once and named by number: instruments and frames.

A row never changes, and a number is never given twice. The digest finds content that is already
here; the checksum covers number and content, so that a payload can never be shown with other
content than it was stored with. Knows the driver's rows and no SQLAlchemy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from brokerdesk.db.border import DECODING_ERRORS
from brokerdesk.db.driver import RawConnection
from brokerdesk.db.packing import squeeze, unsqueeze
from brokerdesk.db.sealing import content_checksum

_CHUNK = 500


class ContentTable:
    """``instruments`` or ``frames``: columns id, digest, payload, checksum."""

    def __init__(self, raw: RawConnection, name: str) -> None:
        self._raw = raw
        self._name = name

    def number(self, body: bytes) -> int:
        """The number of ``body``, storing it if it is new."""
        digest = hashlib.sha256(body).digest()
        found = self._sound_number(digest)
        return self._add(digest, body) if found is None else found

    def bodies(self, numbers: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """Number and content of each that is here.

        Raises:
            ValueError, TypeError, zlib.error: one is damaged.
        """
        for start in range(0, len(numbers), _CHUNK):
            part = numbers[start : start + _CHUNK]
            marks = ", ".join("?" * len(part))
            rows = self._raw.execute(
                f"SELECT id, payload, checksum FROM {self._name} WHERE id IN ({marks})",  # noqa: S608
                list(part),
            )
            for row in rows.fetchall():
                yield row[0], self._body(*row)

    def _body(self, number: int, payload: bytes, checksum: bytes) -> bytes:
        if content_checksum(self._name, number, payload) != checksum:
            raise ValueError("stored content does not match its checksum")
        return unsqueeze(payload)

    def _sound_number(self, digest: bytes) -> int | None:
        """A damaged row is passed over, so that it blocks nothing new."""
        for row in self._raw.execute(
            f"SELECT id, payload, checksum FROM {self._name} WHERE digest = ?",  # noqa: S608
            (digest,),
        ).fetchall():
            try:
                self._body(*row)
            except DECODING_ERRORS:
                continue
            return int(row[0])
        return None

    def _add(self, digest: bytes, body: bytes) -> int:
        # The checksum covers the number, so the number is needed before the row.
        given = self._raw.execute(
            "SELECT max(seq) FROM sqlite_sequence WHERE name = ?", (self._name,)
        ).fetchone()[0]
        present = self._raw.execute(f"SELECT max(id) FROM {self._name}").fetchone()[0]  # noqa: S608
        number = 1 + max(given or 0, present or 0)
        payload = squeeze(body)
        self._raw.execute(
            f"INSERT INTO {self._name} (id, digest, payload, checksum) VALUES (?, ?, ?, ?)",  # noqa: S608
            (number, digest, payload, content_checksum(self._name, number, payload)),
        )
        return number
