"""Instruments, stored once per version and named by number inside payloads.

A version is immutable: when a broker changes a name, that is a new number, and old snapshots keep
the old one. The checksum covers number and content, so that a payload can never be shown with
another instrument than the one it was stored with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from brokerdesk.db.border import DECODING_ERRORS
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument

if TYPE_CHECKING:
    from brokerdesk.db.scope import Scope

_fields = attrgetter(*Instrument.__slots__)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Instrument)
_CHUNK = 500
INSTRUMENTS_BY_NUMBER = "SELECT id, payload, checksum FROM instruments WHERE id IN ({marks})"


def _checksum(number: int, payload: bytes) -> bytes:
    return hashlib.sha256(b"instrument %d\x00" % number + payload).digest()


def read_instrument(number: int, payload: bytes, checksum: bytes) -> Instrument:
    """The instrument of one row.

    Raises:
        ValueError: the bytes are not what was stored under this number.
    """
    if _checksum(number, payload) != checksum:
        raise ValueError("a stored instrument does not match its checksum")
    return _decoder.decode(payload)


class InstrumentBook:
    """What is known of the table, kept between transactions.

    Cleared when a transaction is rolled back and when another process has written.
    """

    def __init__(self) -> None:
        self.by_number: dict[int, Instrument] = {}
        self.by_fields: dict[tuple[object, ...], tuple[int, Instrument]] = {}
        self.uses: dict[AccountId, set[int]] = {}
        self.data_version = -1

    def clear(self) -> None:
        self.by_number.clear()
        self.by_fields.clear()
        self.uses.clear()

    def learn(self, number: int, instrument: Instrument) -> None:
        self.by_number[number] = instrument
        self.by_fields[_fields(instrument)] = (number, instrument)


def _same_text(one: Instrument, other: Instrument) -> bool:
    """Equal instruments may still differ in a text: 100 and 100.0 are equal as numbers."""
    return (
        one.multiplier is other.multiplier or str(one.multiplier) == str(other.multiplier)
    ) and (one.strike is other.strike or str(one.strike) == str(other.strike))


class InstrumentRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._book = scope.book

    def numbers(self, account: AccountId, instruments: Sequence[Instrument]) -> list[int]:
        """The number of each instrument, storing those that are new."""
        known = self._book.by_fields
        numbers = []
        for instrument in instruments:
            hit = known.get(_fields(instrument))
            if hit is None or not _same_text(hit[1], instrument):
                numbers.append(self._number(instrument))
            else:
                numbers.append(hit[0])
        self._note_uses(account, numbers)
        return numbers

    def named(self, numbers: Sequence[int]) -> list[Instrument]:
        """The instrument of each number.

        Raises:
            ValueError, LookupError: one is missing or damaged.
        """
        known = self._book.by_number
        missing = sorted({number for number in numbers if number not in known})
        for start in range(0, len(missing), _CHUNK):
            self._load(missing[start : start + _CHUNK])
        return [known[number] for number in numbers]

    def forget_uses(self, accounts: Iterable[AccountId]) -> None:
        """Drop the instruments that only these accounts ever named. Needs a deletion permit."""
        raw = self._scope.raw
        for account in accounts:
            raw.execute("DELETE FROM instrument_uses WHERE account_id = ?", (account,))
        raw.execute(
            "DELETE FROM instruments WHERE id NOT IN (SELECT instrument_id FROM instrument_uses)"
        )
        self._book.clear()

    def _number(self, instrument: Instrument) -> int:
        payload = _encoder.encode(instrument)
        digest = hashlib.sha256(payload).digest()
        number = self._sound_number(digest)
        if number is None:
            number = self._add(digest, payload)
        self._book.learn(number, instrument)
        return number

    def _sound_number(self, digest: bytes) -> int | None:
        """The number of this version. A damaged row is passed over, so that it blocks nothing."""
        for number, payload, checksum in self._scope.raw.execute(
            "SELECT id, payload, checksum FROM instruments WHERE digest = ?", (digest,)
        ):
            try:
                read_instrument(number, payload, checksum)
            except DECODING_ERRORS:
                continue
            return int(number)
        return None

    def _add(self, digest: bytes, payload: bytes) -> int:
        raw = self._scope.raw
        # The checksum covers the number, so the number is needed before the row.
        number = int(
            raw.execute(
                "SELECT 1 + coalesce("
                "(SELECT seq FROM sqlite_sequence WHERE name = 'instruments'), 0)"
            ).fetchone()[0]
        )
        raw.execute(
            "INSERT INTO instruments (id, digest, payload, checksum) VALUES (?, ?, ?, ?)",
            (number, digest, payload, _checksum(number, payload)),
        )
        return number

    def _note_uses(self, account: AccountId, numbers: Sequence[int]) -> None:
        used = self._book.uses.get(account)
        if used is None:
            rows = self._scope.raw.execute(
                "SELECT instrument_id FROM instrument_uses WHERE account_id = ?", (account,)
            )
            used = self._book.uses[account] = {row[0] for row in rows}
        fresh = set(numbers) - used
        if fresh:
            self._scope.raw.executemany(
                "INSERT INTO instrument_uses (account_id, instrument_id) VALUES (?, ?)",
                [(account, number) for number in sorted(fresh)],
            )
            used |= fresh

    def _load(self, numbers: Sequence[int]) -> None:
        rows = self._scope.raw.execute(
            INSTRUMENTS_BY_NUMBER.format(marks=", ".join("?" * len(numbers))), list(numbers)
        )
        for number, payload, checksum in rows:
            self._book.learn(number, read_instrument(number, payload, checksum))
