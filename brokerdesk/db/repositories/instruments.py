"""Writing what payloads refer to: instrument versions and frames, each stored once.

When a broker changes a name, that is a new version with a new number, and old snapshots keep the
old one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from operator import attrgetter, is_, itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

from brokerdesk.db.content import ContentTable
from brokerdesk.db.decoding import DECODING_ERRORS
from brokerdesk.db.library import Library, LibraryReader
from brokerdesk.db.packing import pack, squeeze
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.reading import Reading

if TYPE_CHECKING:
    from brokerdesk.db.scope import Scope

_fields = attrgetter(*Instrument.__slots__)
_multiplier, _strike = attrgetter("multiplier"), attrgetter("strike")
_number_of, _multiplier_of, _strike_of = map(itemgetter, range(3))
_encode = msgspec.msgpack.Encoder().encode
_REMEMBERED = 4_096

_Known = tuple[int, Decimal, Decimal | None]
"""An instrument's number, and its multiplier and strike as they were written."""


class InstrumentBook(Library):
    """The library of a writer: it also knows the numbers of what it meets again."""

    def __init__(self) -> None:
        super().__init__()
        self.by_fields: dict[tuple[object, ...], _Known] = {}
        self.frame_numbers: dict[tuple[AccountId, bytes], int] = {}
        self.uses: dict[AccountId, set[int]] = {}
        self.newest: dict[AccountId, tuple[int, int, bytes]] = {}
        """Of each account's newest snapshot: when it was fetched, frame and payload."""
        self.data_version = -1

    def clear(self) -> None:
        super().clear()
        self.by_fields.clear()
        self.frame_numbers.clear()
        self.uses.clear()
        self.newest.clear()


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
        frame = known.get((reading.account, digest))
        if frame is None:
            if len(known) >= _REMEMBERED:
                known.clear()
            frame = self._frames.numbers([squeeze(packed.frame)])[0]
            self._note_uses(reading.account, numbers)
            known[reading.account, digest] = frame
        return frame, packed.payload

    def forget_uses(self, accounts: Iterable[AccountId]) -> None:
        """Drop the instruments that only these accounts ever named. Needs a deletion permit."""
        for account in accounts:
            self._raw.execute("DELETE FROM instrument_uses WHERE account_id = ?", (account,))
        self._raw.execute(
            "DELETE FROM instruments WHERE id NOT IN (SELECT instrument_id FROM instrument_uses)"
        )
        self._book.clear()
        self._forget_quotes()

    def _forget_quotes(self) -> None:
        """Drop quotes of what nobody holds: they are asked for by symbols that somebody held."""
        rows = self._raw.execute("SELECT id FROM instruments").fetchall()
        try:
            held = {one.symbol for one in self.named([row[0] for row in rows])}
        except DECODING_ERRORS:  # damage must not keep anything from going
            held = set()
        quoted = self._raw.execute("SELECT DISTINCT symbol FROM quotes").fetchall()
        self._raw.executemany(
            "DELETE FROM quotes WHERE symbol = ?", [row for row in quoted if row[0] not in held]
        )

    def _numbers(self, instruments: Sequence[Instrument]) -> list[int]:
        known = self._book.by_fields
        # Without a loop in Python while everything is known and written alike: this is the
        # largest part of storing a refresh.
        hits: list[Any] = list(map(known.get, map(_fields, instruments)))
        if all(hits):
            same_units = map(is_, map(_multiplier_of, hits), map(_multiplier, instruments))
            same_strikes = map(is_, map(_strike_of, hits), map(_strike, instruments))
            if all(same_units) and all(same_strikes):
                return list(map(_number_of, hits))
        return self._numbers_one_by_one(instruments)

    def _numbers_one_by_one(self, instruments: Sequence[Instrument]) -> list[int]:
        known = self._book.by_fields
        numbers: list[int] = []
        new: dict[int, Instrument] = {}
        for index, instrument in enumerate(instruments):
            hit = known.get(_fields(instrument))
            if hit is not None and _same_text(hit, instrument):
                numbers.append(hit[0])
            else:
                new[index] = instrument
                numbers.append(0)
        if new:
            found = self._instruments.numbers(list(map(_encode, new.values())))
            for (index, instrument), number in zip(new.items(), found, strict=True):
                known[_fields(instrument)] = (number, instrument.multiplier, instrument.strike)
                numbers[index] = number
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


def _same_text(known: _Known, instrument: Instrument) -> bool:
    """Equal instruments may still differ in a text: 100 and 100.0 are equal as numbers."""
    return str(known[1]) == str(instrument.multiplier) and str(known[2]) == str(instrument.strike)
