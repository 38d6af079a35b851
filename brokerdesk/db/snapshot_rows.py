"""How a snapshot's row is asked for and judged, for the repository and the start-up path alike.

Knows the driver's rows and no SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from brokerdesk.db.codec import EPOCH, from_micros, to_micros
from brokerdesk.db.decoding import DECODING_ERRORS
from brokerdesk.db.packing import Frame, unpack
from brokerdesk.db.sealing import checksum, seal_of
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.reading import Snapshot
from brokerdesk.turns import give_way

T = TypeVar("T")
Row = tuple[Any, ...]

ID, FETCHED, AS_OF, FRAME, UNTIL, SEAL, PROOF, PAYLOAD = 0, 2, 3, 8, 9, 10, 11, 12
CURRENCY, WORTH = 5, 6
IDENTITY = slice(1, 9)

# Texts as blobs: a flipped bit in one must not make the driver refuse the whole row.
COLUMNS = (
    "id, account_id, fetched_at, as_of, CAST(day AS BLOB), CAST(currency AS BLOB),"
    " CAST(net_liquidation AS BLOB), positions, frame_id, valid_until, valid_seal, checksum,"
    " payload"
)
NEWEST = (
    f"SELECT {COLUMNS} FROM snapshots WHERE account_id = ? AND fetched_at <= ?"  # noqa: S608
    " ORDER BY fetched_at DESC, id DESC LIMIT 1"
)
END_OF_TIME = (1 << 63) - 1
TOLERATED_AHEAD = timedelta(minutes=5)
"""How far ahead of the clock a snapshot may be and still count as the newest."""


def newest(raw: Any, account: AccountId, now: datetime) -> Row | None:
    """The newest snapshot's row.

    What was stored while this computer's clock ran ahead lies in the future once the clock is right
    again. It must not hide what is read from then on, so it is the newest only while there is
    nothing else.
    """
    for until in (to_micros(now + TOLERATED_AHEAD), END_OF_TIME):
        row: Row | None = raw.execute(NEWEST, (account, until)).fetchone()
        if row is not None:
            return row
    return None


def is_sound(row: Row) -> bool:
    """True when payload, identifying columns and validity are the bytes that were stored."""
    proof, until, payload = row[PROOF], row[UNTIL], row[PAYLOAD]
    if not (type(proof) is bytes and type(payload) is bytes and type(until) is int):
        return False
    found = or_none(partial(checksum, row[IDENTITY], payload))
    return found == proof and seal_of(proof, until) == row[SEAL]


def to_snapshot(account: AccountId, row: Row, frame: Callable[[int], Frame]) -> Snapshot:
    """The snapshot of a row; ``damaged`` when anything in it is not what was stored."""
    give_way()
    fetched, as_of, until = (_time_or_epoch(row[index]) for index in (FETCHED, AS_OF, UNTIL))
    reading = None
    if row[1] == account and is_sound(row):
        reading = or_none(lambda: unpack(row[PAYLOAD], frame(row[FRAME]), account, fetched, as_of))
    return Snapshot(
        id=row[ID],
        account=account,
        fetched_at=fetched,
        as_of=as_of,
        valid_until=until,
        reading=reading,
        damaged=reading is None,
    )


def or_none(decode: Callable[[], T]) -> T | None:
    """What ``decode`` gives, None when the bytes make no sense."""
    try:
        return decode()
    except DECODING_ERRORS:
        return None


def _time_or_epoch(value: object) -> datetime:
    """A stored time; 1970 for one that is damaged, which its seal or checksum tells, too."""
    try:
        return from_micros(value)
    except DECODING_ERRORS:
        return EPOCH
