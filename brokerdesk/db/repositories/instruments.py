"""Writing what payloads refer to: instrument versions and frames, each stored once.

When a broker changes a name, that is a new version with a new number, and old snapshots keep the
old one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from brokerdesk.db.content import ContentTable
from brokerdesk.db.library import Library, LibraryReader
from brokerdesk.db.packing import pack
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.reading import Reading

if TYPE_CHECKING:
    from brokerdesk.db.scope import Scope

_fields = attrgetter(*Instrument.__slots__)
_encode = msgspec.msgpack.Encoder().encode
_REMEMBERED = 4_096


class InstrumentBook(Library):
    """The library of a writer: it also knows the numbers of what it meets again."""

    def __init__(self) -> None:
        super().__init__()
        self.by_fields: dict[tuple[object, ...], tuple[int, Instrument]] = {}
        self.frame_numbers: dict[bytes, int] = {}
        self.uses: dict[AccountId, set[int]] = {}
        self.data_version = -1

    def clear(self) -> None:
        super().clear()
        self.by_fields.clear()
        self.frame_numbers.clear()
        self.uses.clear()


class InstrumentRepository:
    """Packs readings, storing instruments and frames that are new; reads both back."""

    def __init__(self, scope: Scope) -> None:
        self._raw = scope.raw
        self._book = scope.book
        self._instruments = ContentTable(scope.raw, "instruments")
        self._frames = ContentTable(scope.raw, "frames")
        reader = LibraryReader(scope.raw, scope.book)
        self.named = reader.instruments
        self.frame = reader.frame

    def pack(self, reading: Reading) -> tuple[int, bytes]:
        """The number of the reading's frame, and its payload."""
        numbers: list[int] = []

        def number_all(instruments: Sequence[Instrument]) -> list[int]:
            numbers.extend(self._numbers(instruments))
            return numbers

        packed = pack(reading, number_all)
        digest = hashlib.sha256(packed.frame).digest()
        known = self._book.frame_numbers
        if digest not in known:
            if len(known) >= _REMEMBERED:
                known.clear()
            known[digest] = self._frames.number(packed.frame)
        self._note_uses(reading.account, numbers)
        return known[digest], packed.payload

    def forget_uses(self, accounts: Iterable[AccountId]) -> None:
        """Drop the instruments that only these accounts ever named. Needs a deletion permit."""
        for account in accounts:
            self._raw.execute("DELETE FROM instrument_uses WHERE account_id = ?", (account,))
        self._raw.execute(
            "DELETE FROM instruments WHERE id NOT IN (SELECT instrument_id FROM instrument_uses)"
        )
        self._book.clear()

    def _numbers(self, instruments: Sequence[Instrument]) -> list[int]:
        known = self._book.by_fields
        numbers = []
        for instrument in instruments:
            hit = known.get(_fields(instrument))
            if hit is None or not _same_text(hit[1], instrument):
                hit = (self._instruments.number(_encode(instrument)), instrument)
                known[_fields(instrument)] = hit
            numbers.append(hit[0])
        return numbers

    def _note_uses(self, account: AccountId, numbers: Sequence[int]) -> None:
        used = self._book.uses.get(account)
        if used is None:
            rows = self._raw.execute(
                "SELECT instrument_id FROM instrument_uses WHERE account_id = ?", (account,)
            )
            used = self._book.uses[account] = {row[0] for row in rows}
        fresh = set(numbers) - used
        if fresh:
            self._raw.executemany(
                "INSERT INTO instrument_uses (account_id, instrument_id) VALUES (?, ?)",
                [(account, number) for number in sorted(fresh)],
            )
            used |= fresh


def _same_text(one: Instrument, other: Instrument) -> bool:
    """Equal instruments may still differ in a text: 100 and 100.0 are equal as numbers."""
    return (
        one.multiplier is other.multiplier or str(one.multiplier) == str(other.multiplier)
    ) and (one.strike is other.strike or str(one.strike) == str(other.strike))
