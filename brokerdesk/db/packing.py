"""A reading as bytes and back, exactly: one snapshot is one packed payload.

Columns, not rows: each figure of all positions lies together, every amount as its exact text
(exponent form and trailing zeros kept). Instruments are named by number, whose meaning
``repositories.instruments`` knows. Knows neither SQL nor files.

Compression is Huffman coding alone: amounts hardly repeat, so looking for repeats costs three times
the time and saves nothing (``benchmarks/db_size.py``).
"""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import repeat
from operator import attrgetter, is_not
from typing import Any

import msgspec

from brokerdesk.db.records import PositionColumns
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.reading import Reading, Unread

FORMAT = b"\x01"
"""First byte of every payload: which layout follows. A new layout gets a new byte."""

_Column = list[Decimal | None] | None
"""None: no position has this figure."""

_Lots = dict[int, list[tuple[Decimal, date | None, Decimal | None]]]
"""Lots by the index of their position; few brokers give any."""


class _PackedBalance(msgspec.Struct, array_like=True, frozen=True):
    currency: str
    cash: Decimal | None
    settled_cash: Decimal | None
    unsettled_cash: Decimal | None
    equity: Decimal | None
    net_liquidation: Decimal | None
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    long_market_value: Decimal | None
    short_market_value: Decimal | None
    buying_power: tuple[tuple[str, Decimal], ...]
    others: tuple[tuple[str, Decimal], ...]


class _Packed(msgspec.Struct, array_like=True):
    balances: list[_PackedBalance]
    instruments: list[int]
    quantity: list[Decimal]
    average_cost: _Column
    cost_basis: _Column
    mark: _Column
    market_value: _Column
    day_pl: _Column
    open_pl: _Column
    lots: _Lots
    unread: list[tuple[str, str, str]]


_FIGURES = ("average_cost", "cost_basis", "mark", "market_value", "day_pl", "open_pl")
_take = attrgetter("instrument", "quantity", *_FIGURES, "lots")
_balance_fields = attrgetter(*_PackedBalance.__struct_fields__)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Packed)


def pack(
    reading: Reading, number_instruments: Callable[[Sequence[Instrument]], list[int]]
) -> bytes:
    """The payload of ``reading``: everything in it but the account and the two times.

    Equal readings give equal bytes, which is how an unchanged account is recognised.
    """
    columns: list[Sequence[Any]] = list(zip(*map(_take, reading.positions), strict=True))
    instruments, quantity, *figures, lots = columns or [()] * (3 + len(_FIGURES))
    # In the order of ``_Packed``; encoding a list gives the same bytes as encoding that struct.
    packed = [
        [_balance_fields(balance) for balance in reading.balances],
        number_instruments(instruments),
        quantity,
        *(column if any(map(_is_given, column)) else None for column in figures),
        {
            index: [(lot.quantity, lot.acquired, lot.cost) for lot in group]
            for index, group in enumerate(lots)
            if group
        },
        [(unread.where, unread.reason, unread.label) for unread in reading.unread],
    ]
    squeeze = zlib.compressobj(1, zlib.DEFLATED, 15, 8, zlib.Z_HUFFMAN_ONLY)
    return FORMAT + squeeze.compress(_encoder.encode(packed)) + squeeze.flush()


_is_given = partial(is_not, None)


def _unpacked(payload: bytes) -> _Packed:
    if payload[:1] != FORMAT:
        raise ValueError("a payload of an unknown layout")
    packed = _decoder.decode(zlib.decompress(memoryview(payload)[1:]))
    count = len(packed.instruments)
    for column in (packed.quantity, *(getattr(packed, name) for name in _FIGURES)):
        if column is not None and len(column) != count:
            raise ValueError("columns of unequal length")
    return packed


def unpack(
    payload: bytes,
    account: AccountId,
    fetched_at: datetime,
    as_of: datetime,
    name_instruments: Callable[[Sequence[int]], Sequence[Instrument]],
) -> Reading:
    """The reading that ``pack`` was given.

    Raises:
        ValueError, TypeError, LookupError, msgspec.MsgspecError, zlib.error: not such a payload.
    """
    packed = _unpacked(payload)
    return Reading(
        account=account,
        fetched_at=fetched_at,
        as_of=as_of,
        balances=tuple(
            Balance(**dict(zip(balance.__struct_fields__, _fields(balance), strict=True)))
            for balance in packed.balances
        ),
        positions=_positions(packed, name_instruments(packed.instruments)),
        unread=tuple(
            Unread(where=where, reason=reason, label=label)
            for where, reason, label in packed.unread
        ),
    )


def _fields(balance: _PackedBalance) -> tuple[Any, ...]:
    fields: tuple[Any, ...] = _balance_fields(balance)
    return fields


def unpack_columns(
    payload: bytes, name_instruments: Callable[[Sequence[int]], Sequence[Instrument]]
) -> PositionColumns:
    """The positions alone, as columns.

    Raises: as ``unpack``.
    """
    packed = _unpacked(payload)
    nothing = (None,) * len(packed.instruments)
    return PositionColumns(
        instruments=tuple(name_instruments(packed.instruments)),
        quantity=tuple(packed.quantity),
        **{
            name: nothing if (column := getattr(packed, name)) is None else tuple(column)
            for name in _FIGURES
        },
    )


def _positions(packed: _Packed, instruments: Sequence[Instrument]) -> tuple[Position, ...]:
    """All positions, filled column by column.

    The ordinary constructor checks every amount anew and takes four times as long for 10,000
    positions. These amounts passed it before they were stored, and the checksum says that they are
    the same bytes.
    """
    positions = list(map(object.__new__, repeat(Position, len(instruments))))
    _fill(positions, "instrument", instruments)
    _fill(positions, "quantity", packed.quantity)
    for name in _FIGURES:
        column = getattr(packed, name)
        _fill(positions, name, repeat(None) if column is None else column)
    _fill(positions, "lots", repeat(()))
    for index, lots in packed.lots.items():
        _fill(
            [positions[index]],
            "lots",
            [tuple(Lot(quantity=units, acquired=day, cost=cost) for units, day, cost in lots)],
        )
    return tuple(positions)


def _fill(positions: list[Position], name: str, column: Iterable[Any]) -> None:
    deque(map(getattr(Position, name).__set__, positions, column), maxlen=0)


def checksum(identity: Sequence[object], payload: bytes) -> bytes:
    """SHA-256 over a payload and the columns that say whose and when it is."""
    digest = hashlib.sha256(b"brokerdesk snapshot\x00")
    head = _encoder.encode(identity)
    digest.update(len(head).to_bytes(4, "big"))
    digest.update(head)
    digest.update(payload)
    return digest.digest()


def seal_of(checksum_bytes: bytes, valid_until: int) -> bytes:
    """Eight bytes that tie ``valid_until``, the one value that moves, to its snapshot."""
    return hashlib.sha256(checksum_bytes + b"%d" % valid_until).digest()[:8]


_SEAL = 8


def sealed(fact: object) -> bytes:
    """A whole domain object (order, transaction, quote) as bytes with its own short checksum."""
    body = _encoder.encode(fact)
    return hashlib.sha256(body).digest()[:_SEAL] + body


def unsealed(data: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
    """What ``sealed`` was given.

    Raises:
        ValueError: the bytes are not what was stored.
    """
    body = memoryview(data)[_SEAL:]
    if hashlib.sha256(body).digest()[:_SEAL] != data[:_SEAL]:
        raise ValueError("a stored record does not match its checksum")
    return decoder.decode(body)
