"""Decoding account answers so that one bad record does not cost the others.

Sound answers take the fast path: one typed decode. When something does not fit, the same bytes are
decoded again with every record on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import msgspec

from brokerdesk.brokers.decode import JsonDecoder, UnexpectedShapeError
from brokerdesk.brokers.schwab import wire
from brokerdesk.brokers.text import clean_symbol
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerProtocolError

T = TypeVar("T")

UNREADABLE = "Schwab's record could not be understood."
UNREADABLE_FIGURE = "Schwab's figure could not be understood."

_ANSWER = JsonDecoder(wire.AccountAnswer)
_LOOSE = JsonDecoder(wire.LooseAccountAnswer)
_POSITION = JsonDecoder(wire.Position)
_RECORD = JsonDecoder(dict[str, msgspec.Raw])
_INSTRUMENT = JsonDecoder(wire.Instrument)
_LIST = JsonDecoder(list[msgspec.Raw])
_FIGURE: JsonDecoder[Decimal | bool | None] = JsonDecoder(Decimal | bool | None)  # type: ignore[arg-type]
_INTEGER = JsonDecoder(int)
_BOOLEAN = JsonDecoder(bool)


@dataclass(frozen=True, slots=True)
class DecodedAccount:
    """One account's answer, and what of it could not be decoded.

    ``numbers`` are the places in the answer's list of the positions that were kept.
    """

    answer: wire.AccountAnswer
    unread: tuple[Unread, ...] = ()
    numbers: tuple[int, ...] | None = None

    def place(self, index: int) -> str:
        """Where the kept position number ``index`` stands in the answer."""
        return f"positions[{self.numbers[index] if self.numbers is not None else index}]"


def decode_account(raw: bytes) -> DecodedAccount:
    """One account with its positions.

    Raises:
        MalformedJsonError: not JSON, or cut short.
        UnexpectedShapeError: no account in it.
    """
    try:
        return DecodedAccount(_ANSWER.decode(raw))
    except UnexpectedShapeError:
        return _decode_records(raw)


def decode_accounts(raw: bytes) -> tuple[list[DecodedAccount], list[Unread]]:
    """All accounts of ``GET /accounts``, each on its own.

    Raises:
        MalformedJsonError: not JSON, or cut short.
        UnexpectedShapeError: not a list.
    """
    found: list[DecodedAccount] = []
    unread: list[Unread] = []
    for index, record in enumerate(_LIST.decode(raw)):
        try:
            found.append(decode_account(bytes(record)))
        except BrokerProtocolError:
            unread.append(Unread(where=f"accounts[{index}]", reason=UNREADABLE))
    return found, unread


def decode_each(
    raw: bytes, decoder: JsonDecoder[T], where: str
) -> tuple[list[tuple[int, T]], list[Unread]]:
    """A list's records with their places, each decoded on its own.

    Raises:
        MalformedJsonError: not JSON, or cut short.
        UnexpectedShapeError: not a list.
    """
    found: list[tuple[int, T]] = []
    unread: list[Unread] = []
    for index, record in enumerate(_LIST.decode(raw)):
        try:
            found.append((index, decoder.decode_checked(record)))
        except BrokerProtocolError:
            unread.append(Unread(where=f"{where}[{index}]", reason=UNREADABLE))
    return found, unread


def _decode_records(raw: bytes) -> DecodedAccount:
    loose = _LOOSE.decode(raw)
    given = loose.securities_account
    unread: list[Unread] = []
    positions: list[wire.Position] = []
    numbers: list[int] = []
    for index, record in enumerate(given.positions or ()):
        try:
            positions.append(_POSITION.decode_checked(record))
            numbers.append(index)
        except BrokerProtocolError:
            where = f"positions[{index}]"
            unread.append(Unread(where=where, reason=UNREADABLE, label=_label(record)))
    account = wire.Account(
        account_number=given.account_number,
        type=given.type,
        round_trips=_maybe(given.round_trips, _INTEGER),
        is_day_trader=_maybe(given.is_day_trader, _BOOLEAN),
        is_closing_only_restricted=_maybe(given.is_closing_only_restricted, _BOOLEAN),
        positions=positions,
        initial_balances=_figures("initialBalances", given.initial_balances, unread),
        current_balances=_figures("currentBalances", given.current_balances, unread),
        projected_balances=_figures("projectedBalances", given.projected_balances, unread),
    )
    answer = wire.AccountAnswer(
        securities_account=account,
        aggregated_balance=_figures("aggregatedBalance", loose.aggregated_balance, unread),
    )
    return DecodedAccount(answer, tuple(unread), tuple(numbers))


def _figures(name: str, block: wire.RawFigures | None, unread: list[Unread]) -> wire.Figures | None:
    if block is None:
        return None
    readable: wire.Figures = {}
    for key, raw in block.items():
        try:
            readable[key] = _FIGURE.decode_checked(raw)
        except BrokerProtocolError:
            where = f"{name}.{clean_symbol(key)}"
            unread.append(Unread(where=where, reason=UNREADABLE_FIGURE))
    return readable


def _maybe(raw: msgspec.Raw, decoder: JsonDecoder[T]) -> T | None:
    """A flag, or None when it is missing or not understood."""
    try:
        return decoder.decode_checked(raw)
    except BrokerProtocolError:
        return None


def _label(record: msgspec.Raw) -> str:
    """The symbol of a bad record, if that much can be read."""
    try:
        inner = _RECORD.decode_checked(record).get("instrument")
        return clean_symbol(_INSTRUMENT.decode_checked(inner).symbol) if inner is not None else ""
    except BrokerProtocolError:
        return ""
