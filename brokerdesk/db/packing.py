"""A reading as bytes and back, exactly.

A reading is split in two. Its *frame* is what stays while prices move: which instruments, how many,
at what cost, and the names of the figures in the balances. What is left, the *payload*, are the
figures that move. A frame is stored once for all snapshots that share it, which halves the file.

Columns, not rows: each figure of all positions lies together, every amount as its exact text
(exponent form and trailing zeros kept). Instruments are named by number, whose meaning
``repositories.instruments`` knows. Knows neither SQL nor files.

Compression is Huffman coding alone: amounts hardly repeat, so looking for repeats costs more time
and saves nothing.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from itertools import repeat
from operator import attrgetter, is_not
from typing import Any, NamedTuple

import msgspec

from brokerdesk.db.records import PositionColumns
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.reading import Reading, Unread
from brokerdesk.facts import dataclass

FORMAT = b"\x01"
"""First byte of every frame and payload: which layout follows. A new layout gets a new byte."""

_Column = tuple[Decimal | None, ...] | None
"""None: no position has this figure."""

_Lots = dict[int, tuple[tuple[Decimal, date | None, Decimal | None], ...]]
"""Lots by the index of their position; few brokers give any."""

_STANDING = ("average_cost", "cost_basis")
_MOVING = ("mark", "market_value", "day_pl", "open_pl")
_BALANCE = (
    "cash",
    "settled_cash",
    "unsettled_cash",
    "equity",
    "net_liquidation",
    "initial_margin",
    "maintenance_margin",
    "long_market_value",
    "short_market_value",
)


class _BalanceNames(msgspec.Struct, array_like=True, frozen=True):
    currency: str
    buying_power: tuple[str, ...]
    others: tuple[str, ...]


class _PackedFrame(msgspec.Struct, array_like=True):
    instruments: tuple[int, ...]
    quantity: tuple[Decimal, ...]
    average_cost: _Column
    cost_basis: _Column
    lots: _Lots
    balances: tuple[_BalanceNames, ...]


class _PackedBalance(msgspec.Struct, array_like=True):
    figures: tuple[Decimal | None, ...]
    buying_power: tuple[Decimal, ...]
    others: tuple[Decimal, ...]


class _Payload(msgspec.Struct, array_like=True):
    balances: tuple[_PackedBalance, ...]
    mark: _Column
    market_value: _Column
    day_pl: _Column
    open_pl: _Column
    unread: tuple[tuple[str, str, str], ...]


_instrument, _quantity, _lots = map(attrgetter, ("instrument", "quantity", "lots"))
_figures = tuple(map(attrgetter, (*_STANDING, *_MOVING)))
_balance_figures = attrgetter(*_BALANCE)
_is_given = partial(is_not, None)
_encode = msgspec.msgpack.Encoder().encode
_frame_decoder = msgspec.msgpack.Decoder(_PackedFrame)
_payload_decoder = msgspec.msgpack.Decoder(_Payload)


class Packed(NamedTuple):
    """``frame`` is not yet compressed: mostly it is known already. See ``squeeze``."""

    frame: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as read: numbers resolved to instruments."""

    instruments: tuple[Instrument, ...]
    quantity: tuple[Decimal, ...]
    average_cost: _Column
    cost_basis: _Column
    lots: _Lots
    balances: tuple[_BalanceNames, ...]


def pack(
    reading: Reading, number_instruments: Callable[[Sequence[Instrument]], list[int]]
) -> Packed:
    """Everything in ``reading`` but the account and the two times.

    Equal readings give equal bytes, which is how an unchanged account is recognised.
    """
    positions = reading.positions
    figures = [list(map(figure, positions)) for figure in _figures]
    given = [column if any(map(_is_given, column)) else None for column in figures]
    # Lists in the order of the structs above; they encode to the same bytes.
    frame = [
        number_instruments(list(map(_instrument, positions))),
        list(map(_quantity, positions)),
        *given[:2],
        _packed_lots(positions),
        [(b.currency, *map(_names, (b.buying_power, b.others))) for b in reading.balances],
    ]
    payload = [
        [
            (_balance_figures(b), *map(_amounts, (b.buying_power, b.others)))
            for b in reading.balances
        ],
        *given[2:],
        [(unread.where, unread.reason, unread.label) for unread in reading.unread],
    ]
    return Packed(FORMAT + _encode(frame), FORMAT + squeeze(_encode(payload)))


def _packed_lots(positions: Sequence[Position]) -> dict[int, list[tuple[Any, ...]]]:
    if not any(map(_lots, positions)):
        return {}
    return {
        index: [(lot.quantity, lot.acquired, lot.cost) for lot in position.lots]
        for index, position in enumerate(positions)
        if position.lots
    }


def _names(pairs: Sequence[tuple[str, Decimal]]) -> list[str]:
    return [name for name, _ in pairs]


def _amounts(pairs: Sequence[tuple[str, Decimal]]) -> list[Decimal]:
    return [amount for _, amount in pairs]


def squeeze(data: bytes) -> bytes:
    """``data`` compressed. Raw deflate: a checksum of our own is kept beside it anyway."""
    press = zlib.compressobj(1, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    return press.compress(data) + press.flush()


def unsqueeze(data: bytes | memoryview) -> bytes:
    """What ``squeeze`` was given.

    Raises:
        zlib.error: not such bytes.
    """
    return zlib.decompress(data, -15)


def unpack_frame(
    body: bytes, name_instruments: Callable[[Sequence[int]], Sequence[Instrument]]
) -> Frame:
    """The frame that ``pack`` made, not compressed.

    Raises:
        ValueError, TypeError, LookupError, msgspec.MsgspecError: not such bytes.
    """
    _check_format(body)
    packed = _frame_decoder.decode(memoryview(body)[1:])
    count = len(packed.instruments)
    _check_lengths(count, packed.quantity, packed.average_cost, packed.cost_basis)
    return Frame(
        instruments=tuple(name_instruments(packed.instruments)),
        quantity=packed.quantity,
        average_cost=packed.average_cost,
        cost_basis=packed.cost_basis,
        lots=packed.lots,
        balances=packed.balances,
    )


def unpack(
    payload: bytes, frame: Frame, account: AccountId, fetched_at: datetime, as_of: datetime
) -> Reading:
    """The reading that ``pack`` was given.

    Raises:
        ValueError, TypeError, LookupError, msgspec.MsgspecError, zlib.error: not such a payload.
    """
    packed = _unpacked(payload, frame)
    return Reading(
        account=account,
        fetched_at=fetched_at,
        as_of=as_of,
        balances=tuple(map(_balance, frame.balances, packed.balances)),
        positions=_positions(frame, packed),
        unread=tuple(
            Unread(where=where, reason=reason, label=label)
            for where, reason, label in packed.unread
        ),
    )


def unpack_columns(payload: bytes, frame: Frame) -> PositionColumns:
    """The positions alone, as columns.

    Raises: as ``unpack``.
    """
    packed = _unpacked(payload, frame)
    nothing = (None,) * len(frame.instruments)
    standing = {name: getattr(frame, name) or nothing for name in _STANDING}
    moving = {name: getattr(packed, name) or nothing for name in _MOVING}
    return PositionColumns(
        instruments=frame.instruments, quantity=frame.quantity, **standing, **moving
    )


def _unpacked(payload: bytes, frame: Frame) -> _Payload:
    _check_format(payload)
    packed = _payload_decoder.decode(unsqueeze(memoryview(payload)[1:]))
    _check_lengths(len(frame.instruments), *(getattr(packed, name) for name in _MOVING))
    _check_lengths(len(frame.balances), packed.balances)
    return packed


def _check_format(data: bytes) -> None:
    if data[:1] != FORMAT:
        raise ValueError("bytes of an unknown layout")


def _check_lengths(count: int, *columns: Sequence[Any] | None) -> None:
    if any(column is not None and len(column) != count for column in columns):
        raise ValueError("columns of unequal length")


def _balance(names: _BalanceNames, packed: _PackedBalance) -> Balance:
    return Balance(
        currency=names.currency,
        buying_power=tuple(zip(names.buying_power, packed.buying_power, strict=True)),
        others=tuple(zip(names.others, packed.others, strict=True)),
        **dict(zip(_BALANCE, packed.figures, strict=True)),
    )


def _positions(frame: Frame, packed: _Payload) -> tuple[Position, ...]:
    """All positions, filled column by column.

    The ordinary constructor checks every amount anew and takes four times as long for 10,000
    positions. These amounts passed it before they were stored, and the checksum says that they are
    the same bytes.
    """
    positions = list(map(object.__new__, repeat(Position, len(frame.instruments))))
    _fill(positions, "instrument", frame.instruments)
    _fill(positions, "quantity", frame.quantity)
    for owner, names in ((frame, _STANDING), (packed, _MOVING)):
        for name in names:
            column = getattr(owner, name)
            _fill(positions, name, repeat(None) if column is None else column)
    _fill(positions, "lots", repeat(()))
    for index, lots in frame.lots.items():
        made = tuple(Lot(quantity=units, acquired=day, cost=cost) for units, day, cost in lots)
        _fill([positions[index]], "lots", [made])
    return tuple(positions)


def _fill(positions: list[Position], name: str, column: Iterable[Any]) -> None:
    deque(map(getattr(Position, name).__set__, positions, column), maxlen=0)
