"""Snapshots: immutable, append-only per account, verified on every read.

A row is one reading. What is equal to the reading before it is not stored again; only the moment
until which that one was seen valid moves on, under a seal of its own. A snapshot whose bytes do
not match is handed out as ``damaged``, never raised and never guessed at.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from brokerdesk.db import retention
from brokerdesk.db.codec import from_micros, to_micros
from brokerdesk.db.decoding import decoding
from brokerdesk.db.packing import unpack_columns
from brokerdesk.db.records import Held, PositionColumns, SnapshotInfo, Stored
from brokerdesk.db.repositories.held import HeldReadings
from brokerdesk.db.repositories.instruments import InstrumentRepository
from brokerdesk.db.scope import Scope
from brokerdesk.db.sealing import checksum, seal_of
from brokerdesk.db.snapshot_rows import (
    COLUMNS,
    CURRENCY,
    END_OF_TIME,
    FETCHED,
    FRAME,
    ID,
    NEWEST,
    PAYLOAD,
    PROOF,
    UNTIL,
    WORTH,
    Row,
    is_sound,
    newest,
    or_none,
    to_snapshot,
)
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.reading import Reading, Snapshot


class SnapshotRepository:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._raw = scope.raw
        self._instruments = InstrumentRepository(scope)
        self._held = HeldReadings(scope, self._instruments)

    def store(self, reading: Reading) -> Stored:
        """Keep ``reading``, as a new snapshot or as a longer validity of the one before it."""
        frame, payload = self._instruments.pack(reading)
        fetched = to_micros(reading.fetched_at)
        if not self._surely_new(reading, frame, payload):
            before = self._newest(reading.account, fetched)
            if (
                before is not None
                and (before[FRAME], before[PAYLOAD]) == (frame, payload)
                and is_sound(before)
            ):
                self._extend(before, fetched)
                return Stored(snapshot_id=before[ID], new=False)
        main = reading.balances[0]
        worth = None if main.net_liquidation is None else str(main.net_liquidation)
        day = new_york_day(reading.fetched_at).isoformat()
        identity = (
            reading.account,
            fetched,
            to_micros(reading.as_of),
            day.encode(),
            main.currency.encode(),
            None if worth is None else worth.encode(),
            len(reading.positions),
            frame,
        )
        proof = checksum(identity, payload)
        cursor = self._raw.execute(
            "INSERT INTO snapshots (account_id, fetched_at, as_of, day, currency, net_liquidation,"
            " positions, frame_id, valid_until, valid_seal, checksum, payload)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *identity[:3],
                day,
                main.currency,
                worth,
                *identity[6:],
                fetched,
                seal_of(proof, fetched),
                proof,
                payload,
            ),
        )
        return Stored(snapshot_id=cursor.lastrowid, new=True)

    def store_many(self, readings: Iterable[Reading]) -> tuple[Stored, ...]:
        """Keep many readings, such as a history; oldest first stores the least."""
        return tuple(self.store(reading) for reading in readings)

    def latest(self, account: AccountId) -> Snapshot | None:
        """The newest snapshot; one from the future only while there is no other."""
        return self._snapshot(account, newest(self._raw, account, self._scope.now))

    def worth(self, account: AccountId) -> tuple[str, Decimal | None] | None:
        """Currency and value of the newest snapshot, by its row alone; None where none is sound."""
        row = newest(self._raw, account, self._scope.now)
        if row is None or not is_sound(row):
            return None
        with decoding(self._scope.path):
            worth = row[WORTH]
            return row[CURRENCY].decode(), None if worth is None else Decimal(worth.decode())

    def as_of(self, account: AccountId, moment: datetime) -> Snapshot | None:
        """The last snapshot that was fetched up to and including ``moment``."""
        return self._one(account, to_micros(moment))

    def latest_columns(self, account: AccountId) -> PositionColumns | None:
        """The positions of the newest snapshot as columns; None when none is there or sound."""
        row = newest(self._raw, account, self._scope.now)
        if row is None or not is_sound(row):
            return None
        return or_none(lambda: unpack_columns(row[PAYLOAD], self._instruments.frame(row[FRAME])))

    def forget_many(self) -> None:
        """Do not keep what was read in memory when it is much: for whoever reads everything."""
        self._scope.book.forget_many()

    def began(self, account: AccountId) -> datetime | None:
        """When the oldest snapshot was fetched, read from the rows alone."""
        (first,) = self._raw.execute(
            "SELECT min(fetched_at) FROM snapshots WHERE account_id = ?", (account,)
        ).fetchone()
        with decoding(self._scope.path):
            return None if first is None else from_micros(first)

    def days(self, account: AccountId) -> tuple[date, ...]:
        """Every New York day on which a snapshot was taken or still stood, oldest first."""
        days: set[date] = set()
        with decoding(self._scope.path):
            for text, until in self._raw.execute(
                "SELECT day, max(valid_until) FROM snapshots WHERE account_id = ? GROUP BY day",
                (account,),
            ):
                first = date.fromisoformat(text)
                last = new_york_day(from_micros(until))
                days.add(first)
                days.update(first + timedelta(days=n) for n in range(1, (last - first).days + 1))
        return tuple(sorted(days))

    def stands(self, account: AccountId) -> tuple[tuple[date, datetime, datetime], ...]:
        """Per New York day with a snapshot: the day, when its last one was fetched, and until when
        one of that day still stood. Oldest first, read from the rows alone.
        """
        rows = self._raw.execute(
            "SELECT day, max(fetched_at), max(valid_until) FROM snapshots WHERE account_id = ?"
            " GROUP BY day ORDER BY day",
            (account,),
        )
        with decoding(self._scope.path):
            return tuple(
                (date.fromisoformat(day), from_micros(fetched), from_micros(until))
                for day, fetched, until in rows
            )

    def frame_spans(self, account: AccountId) -> tuple[tuple[int, datetime, datetime], ...]:
        """The stretches of snapshots with one and the same holdings: the frame's number, when the
        first and the last of them were fetched. Oldest first.
        """
        spans: list[tuple[int, int, int]] = []
        rows = self._raw.execute(
            "SELECT frame_id, fetched_at FROM snapshots WHERE account_id = ?"
            " ORDER BY fetched_at, id",
            (account,),
        )
        for frame, fetched in rows:
            begun = spans[-1][1] if spans and spans[-1][0] == frame else None
            if begun is None:
                spans.append((frame, fetched, fetched))
            else:
                spans[-1] = (frame, begun, fetched)
        with decoding(self._scope.path):
            return tuple((frame, from_micros(a), from_micros(b)) for frame, a, b in spans)

    def quantities(self, frame: int) -> tuple[tuple[Instrument, Decimal], ...]:
        """What a frame holds; nothing when its bytes are damaged."""
        found = or_none(lambda: self._instruments.frame(frame))
        if found is None:
            return ()
        return tuple(zip(found.instruments, found.quantity, strict=True))

    def between(
        self, account: AccountId, start: datetime, end: datetime
    ) -> tuple[SnapshotInfo, ...]:
        """What was fetched in ``[start, end]``, oldest first, without the figures."""
        rows = self._raw.execute(
            "SELECT id, day, fetched_at, as_of, valid_until, currency, net_liquidation, positions"
            " FROM snapshots WHERE account_id = ? AND fetched_at BETWEEN ? AND ?"
            " ORDER BY fetched_at, id",
            (account, to_micros(start), to_micros(end)),
        )
        with decoding(self._scope.path):
            return tuple(
                SnapshotInfo(
                    id=number,
                    account=account,
                    day=date.fromisoformat(day),
                    fetched_at=from_micros(fetched),
                    as_of=from_micros(as_of),
                    valid_until=from_micros(until),
                    currency=currency,
                    net_liquidation=None if worth is None else Decimal(worth),
                    positions=positions,
                )
                for number, day, fetched, as_of, until, currency, worth, positions in rows
            )

    def hold(self, reading: Reading, reason: str, at: datetime) -> None:
        """Keep a suspect reading aside, replacing the one held before it for this account."""
        self._held.put(reading, reason, at)

    def held(self, account: AccountId | None = None) -> tuple[Held, ...]:
        """The readings that wait for the user's word."""
        return self._held.list(account)

    def accept_held(self, account: AccountId) -> Stored:
        """The user says that the held reading is right: store it.

        Raises:
            StorageError: nothing is held, or its bytes are damaged.
        """
        return self.store(self._held.take(account))

    def discard_held(self, account: AccountId) -> None:
        """The user says that the held reading is wrong. Nothing held is fine, too."""
        self._held.drop(account)

    def prune(self, now: datetime, keep_all: bool) -> int:
        """Drop what the retention rule lets go; how many snapshots went."""
        return retention.prune(self._scope, now, keep_all=keep_all)

    def verify(self, limit: int | None = None) -> tuple[int, ...]:
        """Read the newest ``limit`` snapshots (None: all) in full; the ids of damaged ones."""
        rows = self._raw.execute(
            f"SELECT {COLUMNS} FROM snapshots ORDER BY id DESC LIMIT ?",  # noqa: S608
            (-1 if limit is None else limit,),
        )
        return tuple(
            row[ID] for row in rows if to_snapshot(row[1], row, self._instruments.frame).damaged
        )

    def _one(self, account: AccountId, until: int) -> Snapshot | None:
        return self._snapshot(account, self._newest(account, until))

    def _snapshot(self, account: AccountId, row: Row | None) -> Snapshot | None:
        return None if row is None else to_snapshot(account, row, self._instruments.frame)

    def _newest(self, account: AccountId, until: int) -> Row | None:
        row: Row | None = self._raw.execute(NEWEST, (account, until)).fetchone()
        return row

    def _surely_new(self, reading: Reading, frame: int, payload: bytes) -> bool:
        """True when memory alone tells that the reading differs from the one before it."""
        known, now = self._scope.book.newest, (to_micros(reading.fetched_at), frame, payload)
        last = known.get(reading.account)
        if last is None:
            row = self._newest(reading.account, END_OF_TIME)
            last = (0, 0, b"") if row is None else (row[FETCHED], row[FRAME], row[PAYLOAD])
            known[reading.account] = last
        if last[0] > now[0]:
            return False
        known[reading.account] = now
        return last[1:] != now[1:]

    def _extend(self, row: Row, until: int) -> None:
        if until > row[UNTIL]:
            self._raw.execute(
                "UPDATE snapshots SET valid_until = ?, valid_seal = ? WHERE id = ?",
                (until, seal_of(row[PROOF], until), row[ID]),
            )
