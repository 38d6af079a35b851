"""Decoding Plaid's lists record by record, so that a bad one does not cost the others."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

import msgspec

from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.plaid import wire
from brokerdesk.brokers.text import clean
from brokerdesk.domain.exact import exact
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerProtocolError

T = TypeVar("T")

UNREADABLE = "Plaid's record could not be understood."
HOMELESS = "Plaid's record names an account that Plaid does not list."
UNREADABLE_FIGURE = "Plaid's figure could not be understood."

_HOLDINGS = JsonDecoder(wire.HoldingsAnswer)
_ACCOUNT = JsonDecoder(wire.Account)
_HOLDING = JsonDecoder(wire.Holding)
_SECURITY = JsonDecoder(wire.Security)
_TRANSACTION = JsonDecoder(wire.Transaction)
_BLOCK = JsonDecoder(dict[str, msgspec.Raw])
_RECORD = JsonDecoder(dict[str, msgspec.Raw])
LOT = JsonDecoder(wire.Lot)
_TEXT = JsonDecoder(str)
_FIGURE: JsonDecoder[Decimal | None] = JsonDecoder(Decimal | None)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Balances:
    """An account's figures by Plaid's names, and its currency ("" when none was told)."""

    figures: dict[str, Decimal]
    currency: str
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """One answer of ``/investments/holdings/get``, for all accounts of a login.

    ``holdings`` come with their places. ``lost`` are those that could not be decoded, with the
    account that they name, if that much could be read.
    """

    accounts: tuple[wire.Account, ...]
    holdings: tuple[tuple[int, wire.Holding], ...]
    securities: dict[str, wire.Security]
    item: wire.Item | None
    lost: tuple[tuple[str, Unread], ...] = ()
    lost_accounts: tuple[Unread, ...] = ()


def holdings(raw: bytes) -> Holdings:
    """The answer's records, each decoded on its own.

    Raises:
        MalformedJsonError: not JSON, or cut short.
        UnexpectedShapeError: no such answer.
    """
    answer = _HOLDINGS.decode(raw)
    accounts, lost_accounts = each(answer.accounts, _ACCOUNT, "accounts")
    securities, _ = each(answer.securities, _SECURITY, "securities")
    kept: list[tuple[int, wire.Holding]] = []
    lost: list[tuple[str, Unread]] = []
    for index, record in enumerate(answer.holdings):
        try:
            kept.append((index, _HOLDING.decode_checked(record)))
        except BrokerProtocolError:
            unread = Unread(where=f"holdings[{index}]", reason=UNREADABLE)
            lost.append((_named(record, "account_id"), unread))
    return Holdings(
        accounts=tuple(record for _, record in accounts),
        holdings=tuple(kept),
        securities={record.security_id: record for _, record in securities},
        item=answer.item,
        lost=tuple(lost),
        lost_accounts=tuple(lost_accounts),
    )


def accounts(answer: wire.AccountsAnswer) -> tuple[list[wire.Account], list[Unread]]:
    found, unread = each(answer.accounts, _ACCOUNT, "accounts")
    return [record for _, record in found], unread


def transactions(
    answer: wire.TransactionsAnswer, account: str, offset: int
) -> tuple[list[tuple[int, wire.Transaction]], dict[str, wire.Security], list[Unread]]:
    """One account's entries on a page with their places in the whole list, and the securities they
    are about. Those of other accounts are passed over, should the filter not hold.
    """
    decoded, unread = each(
        answer.investment_transactions, _TRANSACTION, "transactions", offset=offset
    )
    accounts, _ = each(answer.accounts, _ACCOUNT, "accounts")
    listed = {record.account_id for _, record in accounts}
    found: list[tuple[int, wire.Transaction]] = []
    for index, given in decoded:
        if given.account_id == account:
            found.append((index, given))
        elif given.account_id not in listed:
            unread.append(Unread(where=f"transactions[{index}]", reason=HOMELESS))
    securities, _ = each(answer.securities, _SECURITY, "securities")
    return found, {record.security_id: record for _, record in securities}, unread


def each(
    records: wire.RawList, decoder: JsonDecoder[T], where: str, *, offset: int = 0
) -> tuple[list[tuple[int, T]], list[Unread]]:
    """Records with their places, each decoded on its own."""
    found: list[tuple[int, T]] = []
    unread: list[Unread] = []
    for index, record in enumerate(records, offset):
        try:
            found.append((index, decoder.decode_checked(record)))
        except BrokerProtocolError:
            unread.append(Unread(where=f"{where}[{index}]", reason=UNREADABLE))
    return found, unread


def balances(account: wire.Account) -> Balances:
    """The figures that can be read. Anything that is neither a figure nor a code is passed over."""
    try:
        block = _BLOCK.decode_checked(account.balances)
    except BrokerProtocolError:
        missing = Unread(where="balances", reason="Plaid gave no balances.")
        return Balances(figures={}, currency="", unread=(missing,))
    figures: dict[str, Decimal] = {}
    unread: list[Unread] = []
    currency = ""
    for name, raw in block.items():
        if name in ("iso_currency_code", "unofficial_currency_code"):
            currency = currency or _text(raw)
            continue
        if name.endswith("_datetime"):
            continue
        try:
            value = _FIGURE.decode_checked(raw)
            if value is not None:
                figures[clean(name, 64)] = exact(value)
        except (BrokerProtocolError, ValueError):
            where = f"balances.{clean(name, 64)}"
            unread.append(Unread(where=where, reason=UNREADABLE_FIGURE))
    return Balances(figures=figures, currency=code(currency) or "", unread=tuple(unread))


def code(text: str | None) -> str | None:
    """A currency's three letters; None for anything else."""
    given = (text or "").strip().upper()
    return given if len(given) == 3 and given.isascii() and given.isalpha() else None


def _named(record: msgspec.Raw, key: str) -> str:
    """One text of a bad record, if that much can be read."""
    try:
        return _text(_RECORD.decode_checked(record).get(key, msgspec.Raw(b"null")))
    except BrokerProtocolError:
        return ""


def _text(raw: msgspec.Raw) -> str:
    try:
        return _TEXT.decode_checked(raw)
    except BrokerProtocolError:
        return ""
