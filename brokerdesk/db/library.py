"""What payloads refer to by number, read and remembered: instruments and frames.

Used by the repositories and by the start-up path; knows the driver's rows and no SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from brokerdesk.db.content import ContentTable
from brokerdesk.db.driver import RawConnection
from brokerdesk.db.packing import Frame, unpack_frame, unsqueeze
from brokerdesk.domain.instrument import Instrument

_FRAMES_REMEMBERED = 256
_INSTRUMENTS_OF_MANY = 600
_instrument_decoder = msgspec.msgpack.Decoder(Instrument)


class Library:
    """Memory of content that never changes, kept between transactions.

    Cleared when a transaction is rolled back and when another process has written.
    """

    def __init__(self) -> None:
        self.instruments: dict[int, Instrument] = {}
        self.frames: dict[int, Frame] = {}

    def forget_many(self) -> None:
        """Forget all of it when there is more than an ordinary portfolio has."""
        if len(self.instruments) > _INSTRUMENTS_OF_MANY:
            self.instruments.clear()
            self.frames.clear()

    def clear(self) -> None:
        self.instruments.clear()
        self.frames.clear()


class LibraryReader:
    """Reads through one connection what ``library`` does not know yet."""

    def __init__(self, raw: RawConnection, library: Library) -> None:
        self._library = library
        self._instruments = ContentTable(raw, "instruments")
        self._frames = ContentTable(raw, "frames")

    def instruments(self, numbers: Sequence[int]) -> list[Instrument]:
        """The instrument of each number.

        Raises:
            ValueError, TypeError, LookupError, msgspec.MsgspecError: one is missing or damaged.
        """
        known = self._library.instruments
        missing = sorted({number for number in numbers if number not in known})
        for number, body in self._instruments.bodies(missing):
            known[number] = _instrument_decoder.decode(body)
        return [known[number] for number in numbers]

    def frame(self, number: int) -> Frame:
        """The frame of this number.

        Raises: as ``instruments``, and zlib.error.
        """
        known = self._library.frames
        if number not in known:
            if len(known) >= _FRAMES_REMEMBERED:
                known.clear()
            for found, body in self._frames.bodies([number]):
                known[found] = unpack_frame(unsqueeze(body), self.instruments)
        return known[number]
