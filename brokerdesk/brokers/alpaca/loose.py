"""Decoding lists so that one bad record does not cost the others."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerProtocolError

T = TypeVar("T")

UNREADABLE = "Alpaca's record could not be understood."
UNREADABLE_FIGURE = "Alpaca's figure could not be understood."

_LIST = JsonDecoder(list[msgspec.Raw])
_RECORD = JsonDecoder(dict[str, msgspec.Raw])
_TEXT = JsonDecoder(str)

Found = tuple[list[tuple[int, T]], list[Unread]]
"""Records with their places, and what could not be decoded."""


def decode_each(raw: bytes | msgspec.Raw, decoder: JsonDecoder[T], where: str) -> Found[T]:
    """A list's records, each decoded on its own.

    Raises:
        MalformedJsonError: not JSON, or cut short.
        UnexpectedShapeError: not a list.
    """
    return each(_LIST.decode(raw), decoder, where)


def each(records: list[msgspec.Raw], decoder: JsonDecoder[T], where: str) -> Found[T]:
    """The records of a list that has been taken apart already."""
    found: list[tuple[int, T]] = []
    unread: list[Unread] = []
    for index, record in enumerate(records):
        try:
            found.append((index, decoder.decode_checked(record)))
        except BrokerProtocolError:
            unread.append(
                Unread(where=f"{where}[{index}]", reason=UNREADABLE, label=_label(record))
            )
    return found, unread


def _label(record: msgspec.Raw) -> str:
    """The symbol of a bad record, if that much can be read."""
    try:
        given = _RECORD.decode_checked(record).get("symbol")
        return clean_symbol(_TEXT.decode_checked(given)) if given is not None else ""
    except BrokerProtocolError:
        return ""
