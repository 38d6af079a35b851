"""Decoding lists so that one bad record does not cost the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import msgspec

from brokerdesk.brokers.decode import JsonDecoder, UnexpectedShapeError, check_depth
from brokerdesk.brokers.snaptrade import wire
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerProtocolError

T = TypeVar("T")
Found = list[tuple[int, T]]

UNREADABLE = "SnapTrade's record could not be understood."

_LIST = JsonDecoder(list[msgspec.Raw])
_ACCOUNT = JsonDecoder(wire.Account)
_LOOSE_ACCOUNT = JsonDecoder(wire.LooseAccount)
_TEXT = JsonDecoder(str)
_FLAG = JsonDecoder(bool)
_SYNC = JsonDecoder(wire.SyncStatus)
_BALANCE = JsonDecoder(wire.AccountBalance)
_SYMBOL_ONLY = JsonDecoder(dict[str, msgspec.Raw])


def each(
    records: Iterable[msgspec.Raw], decoder: JsonDecoder[T], where: str
) -> tuple[Found[T], list[Unread]]:
    """Records whose depth has been checked, each with its place and decoded on its own."""
    found: Found[T] = []
    unread: list[Unread] = []
    for index, record in enumerate(records):
        try:
            found.append((index, decoder.decode_checked(record)))
        except BrokerProtocolError:
            place = f"{where}[{index}]"
            unread.append(Unread(where=place, reason=UNREADABLE, label=label(record)))
    return found, unread


def listed(raw: bytes, decoder: JsonDecoder[T], where: str) -> tuple[Found[T], list[Unread]]:
    """A list's records.

    Raises:
        MalformedJsonError: not JSON, or cut short.
        UnexpectedShapeError: not a list.
    """
    return each(_LIST.decode(raw), decoder, where)


def account(raw: bytes | msgspec.Raw) -> tuple[wire.Account, list[Unread]]:
    """One account; what of it cannot be understood is named and left empty.

    Raises:
        MalformedJsonError: not JSON, or cut short.
        UnexpectedShapeError: no account.
    """
    try:
        return _ACCOUNT.decode(raw), []
    except UnexpectedShapeError:
        check_depth(raw)
        loose = _LOOSE_ACCOUNT.decode_checked(raw)
    unread: list[Unread] = []

    def part(name: str, decoder: JsonDecoder[T]) -> T | None:
        given = getattr(loose, name)
        if bytes(given).strip() == b"null":
            return None
        try:
            return decoder.decode_checked(given)
        except BrokerProtocolError:
            unread.append(Unread(where=name, reason="SnapTrade's figure could not be understood."))
            return None

    found = wire.Account(
        id=loose.id,
        brokerage_authorization=part("brokerage_authorization", _TEXT),
        name=part("name", _TEXT),
        number=part("number", _TEXT),
        institution_name=part("institution_name", _TEXT),
        sync_status=part("sync_status", _SYNC),
        balance=part("balance", _BALANCE),
        status=part("status", _TEXT),
        raw_type=part("raw_type", _TEXT),
        cash_or_margin=part("cash_or_margin", _TEXT),
        is_paper=part("is_paper", _FLAG),
    )
    return found, unread


def accounts(raw: bytes) -> tuple[list[wire.Account], list[Unread]]:
    """All accounts of a list; one whose id cannot be read is named."""
    found: list[wire.Account] = []
    unread: list[Unread] = []
    for index, record in enumerate(_LIST.decode(raw)):
        try:
            found.append(account(record)[0])
        except BrokerProtocolError:
            unread.append(Unread(where=f"accounts[{index}]", reason=UNREADABLE))
    return found, unread


def label(record: msgspec.Raw) -> str:
    """The symbol of a bad record, if that much can be read."""
    try:
        parts = _SYMBOL_ONLY.decode_checked(record)
        inner = _SYMBOL_ONLY.decode_checked(parts["instrument"])
        return clean_symbol(_TEXT.decode_checked(inner["symbol"]))
    except (BrokerProtocolError, KeyError):
        return ""
