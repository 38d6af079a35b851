"""Readings that looked wrong and wait for the user's word, one per account.

They are no snapshots: no view and no total sees them, and the retention rule does not know them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from brokerdesk.db.border import damaged
from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.decoding import DECODING_ERRORS, decoding
from brokerdesk.db.packing import unpack
from brokerdesk.db.records import Held
from brokerdesk.db.repositories.instruments import InstrumentRepository
from brokerdesk.db.scope import Scope
from brokerdesk.db.sealing import checksum
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import StorageError


class HeldReadings:
    def __init__(self, scope: Scope, instruments: InstrumentRepository) -> None:
        self._scope = scope
        self._raw = scope.raw
        self._instruments = instruments

    def put(self, reading: Reading, reason: str, at: datetime) -> None:
        frame, payload = self._instruments.pack(reading)
        identity = (
            reading.account,
            to_micros(at),
            reason,
            to_micros(reading.fetched_at),
            to_micros(reading.as_of),
            frame,
        )
        self._raw.execute(
            "INSERT OR REPLACE INTO held (account_id, at, reason, fetched_at, as_of, frame_id,"
            " checksum, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (*identity, checksum(identity, payload), payload),
        )

    def list(self, account: AccountId | None) -> tuple[Held, ...]:
        rows = self._raw.execute(
            "SELECT account_id, at, reason, fetched_at, as_of, frame_id, checksum, payload"
            " FROM held WHERE account_id = coalesce(?, account_id) ORDER BY at, account_id",
            (account,),
        )
        with decoding(self._scope.path):
            return tuple(
                Held(
                    account=AccountId(row[0]),
                    at=from_micros(row[1]),
                    reason=row[2],
                    reading=self._reading(row),
                )
                for row in rows.fetchall()
            )

    def take(self, account: AccountId) -> Reading:
        """The held reading, no longer held.

        Raises:
            StorageError: nothing is held, or its bytes are damaged.
        """
        found = self.list(account)
        if not found:
            raise StorageError(
                "There is nothing left to decide.",
                "This answer was accepted or discarded before, or a newer one has replaced it.",
            )
        reading = found[0].reading
        if reading is None:
            raise damaged(self._scope.path)
        self.drop(account)
        return reading

    def drop(self, account: AccountId) -> None:
        self._raw.execute("DELETE FROM held WHERE account_id = ?", (account,))

    def _reading(self, row: tuple[Any, ...]) -> Reading | None:
        try:
            if checksum(row[:6], row[7]) != row[6]:
                return None
            return unpack(
                row[7],
                self._instruments.frame(row[5]),
                AccountId(row[0]),
                from_micros(row[3]),
                from_micros(row[4]),
            )
        except DECODING_ERRORS:
            return None
