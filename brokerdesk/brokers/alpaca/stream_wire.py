"""The messages of Alpaca's market data sockets: lists of records, as JSON or as MessagePack.

Prices are numbers on the wire. JSON numbers become ``Decimal`` from their digits; MessagePack has
binary floats, which become the shortest decimal that names the same float.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Protocol

import msgspec

from brokerdesk.brokers.decode import MalformedJsonError, check_depth, check_keys

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Word(msgspec.Struct, gc=False, tag_field="T"):
    """Base: unknown fields are ignored."""


class Success(Word, tag="success"):
    msg: str = ""


class Problem(Word, tag="error"):
    code: int = 0
    msg: str = ""


class Subscription(Word, tag="subscription"):
    trades: list[str] | None = None
    quotes: list[str] | None = None


class Trade(Word, tag="t"):
    S: str
    p: Decimal
    t: Moment
    i: int | str | None = None
    c: list[str] | str | None = None


class Book(Word, tag="q"):
    S: str
    bp: Decimal | None = None
    ap: Decimal | None = None
    t: Moment | None = None


class Correction(Word, tag="c"):
    """A trade was other than told: ``oi`` was the trade, ``cp`` is its price."""

    S: str
    oi: int | str
    cp: Decimal
    ci: int | str | None = None


class Cancelled(Word, tag="x"):
    """A trade was none."""

    S: str
    i: int | str


class Status(Word, tag="s"):
    """Trading in something stops or goes on. The codes are those of the tape it is on."""

    S: str
    sc: str = ""


Said = Success | Problem | Subscription | Trade | Book | Correction | Cancelled | Status


class _Decoder(Protocol):
    def decode(self, raw: bytes, /) -> Any: ...


_JSON = msgspec.json.Decoder(list[Said])
_JSON_PARTS = msgspec.json.Decoder(list[msgspec.Raw])
_JSON_ONE = msgspec.json.Decoder(Said)
_PACKED = msgspec.msgpack.Decoder(list[Said])
_PACKED_PARTS = msgspec.msgpack.Decoder(list[msgspec.Raw])
_PACKED_ONE = msgspec.msgpack.Decoder(Said)
_PACKER = msgspec.msgpack.Encoder()
_WRITER = msgspec.json.Encoder()


def decode(message: str | bytes, *, packed: bool) -> list[Said]:
    """The records of a message that are known and sound; the rest is left out.

    Raises:
        MalformedJsonError: the message is no list of records.
        UnexpectedShapeError: it is nested beyond reason, or says something twice.
    """
    raw = message.encode("utf-8", "surrogatepass") if isinstance(message, str) else message
    if packed:
        return _records(raw, _PACKED, _PACKED_PARTS, _PACKED_ONE)
    check_depth(raw)
    check_keys(raw)
    return _records(raw, _JSON, _JSON_PARTS, _JSON_ONE)


def encode(value: dict[str, Any], *, packed: bool) -> str | bytes:
    """A request as the socket wants it."""
    return _PACKER.encode(value) if packed else _WRITER.encode(value).decode()


def _records(raw: bytes, whole: _Decoder, parts: _Decoder, one: _Decoder) -> list[Said]:
    try:
        found: list[Said] = whole.decode(raw)
    except msgspec.ValidationError:
        found = []  # one record that is new or bad does not cost the others
        for part in _parts(raw, parts):
            try:
                found.append(one.decode(part))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                continue
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _garbled() from error
    return found


def _parts(raw: bytes, parts: _Decoder) -> list[bytes]:
    try:
        found: list[bytes] = parts.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _garbled() from error
    return found


def _garbled() -> MalformedJsonError:
    return MalformedJsonError("A message could not be read.", "It was garbled.")
