"""Schwab's transactions with one sign convention: what enters the account is positive."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from brokerdesk.brokers.schwab import wire
from brokerdesk.brokers.schwab.instruments import instrument
from brokerdesk.brokers.schwab.times import from_wire
from brokerdesk.brokers.text import clean, clean_name
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import TransactionType
from brokerdesk.domain.transaction import Transaction

TYPES = (
    "TRADE",
    "RECEIVE_AND_DELIVER",
    "DIVIDEND_OR_INTEREST",
    "ACH_RECEIPT",
    "ACH_DISBURSEMENT",
    "CASH_RECEIPT",
    "CASH_DISBURSEMENT",
    "ELECTRONIC_FUND",
    "WIRE_OUT",
    "WIRE_IN",
    "JOURNAL",
    "MEMORANDUM",
    "MARGIN_CALL",
    "MONEY_MARKET",
    "SMA_ADJUSTMENT",
)
"""All there are; the request has to name each."""

_KINDS = {
    "TRADE": TransactionType.TRADE,
    "RECEIVE_AND_DELIVER": TransactionType.TRANSFER,
    "DIVIDEND_OR_INTEREST": TransactionType.DIVIDEND_OR_INTEREST,
    "ACH_RECEIPT": TransactionType.DEPOSIT,
    "CASH_RECEIPT": TransactionType.DEPOSIT,
    "WIRE_IN": TransactionType.DEPOSIT,
    "ACH_DISBURSEMENT": TransactionType.WITHDRAWAL,
    "CASH_DISBURSEMENT": TransactionType.WITHDRAWAL,
    "WIRE_OUT": TransactionType.WITHDRAWAL,
    "JOURNAL": TransactionType.JOURNAL,
    "MEMORANDUM": TransactionType.OTHER,
    "MARGIN_CALL": TransactionType.OTHER,
    "MONEY_MARKET": TransactionType.OTHER,
    "SMA_ADJUSTMENT": TransactionType.OTHER,
}


def transaction(given: wire.Transaction, account: AccountId) -> Transaction | None:
    """One entry; None for one that Schwab itself marks as invalid.

    Raises:
        ValueError: a figure or time that no real entry has.
    """
    if given.status == "INVALID":
        return None
    time = from_wire(given.time)
    if time is None:
        raise ValueError("no time")
    amount = exact(given.net_amount)
    items = given.transfer_items or []
    fees = [item for item in items if item.fee_type]
    held = [item for item in items if not item.fee_type and _is_security(item)]
    what = held[0] if len(held) == 1 else None
    return Transaction(
        id=str(given.activity_id),
        account=account,
        type=_kind(given.type, amount),
        time=time,
        amount=amount,
        raw_type=clean(given.type, 64),
        description=clean_name(given.description),
        settlement_date=_day(given.settlement_date),
        instrument=instrument(what.instrument) if what and what.instrument else None,
        quantity=_units(what, given.type) if what else None,
        price=None if what is None or what.price is None else exact(what.price),
        fees=sum((_fee(item) for item in fees), Decimal(0)) if fees else None,
        order_id=str(given.order_id) if given.order_id else "",
    )


def _kind(raw: str | None, amount: Decimal) -> TransactionType:
    if raw == "ELECTRONIC_FUND":
        return TransactionType.DEPOSIT if amount >= 0 else TransactionType.WITHDRAWAL
    return _KINDS.get(raw or "", TransactionType.UNKNOWN)


def _is_security(item: wire.TransferItem) -> bool:
    return item.instrument is not None and item.instrument.asset_type != "CURRENCY"


def _units(item: wire.TransferItem, kind: str | None) -> Decimal | None:
    """Units moved, positive when they enter. In a trade the money says the direction for sure:
    it leaves when units come. Elsewhere Schwab's own sign stands.
    """
    if item.amount is None:
        return None
    amount = exact(item.amount)
    cost = exact(item.cost) if item.cost is not None else Decimal(0)
    if kind == "TRADE" and cost:
        return abs(amount) if cost < 0 else -abs(amount)
    return amount


def _fee(item: wire.TransferItem) -> Decimal:
    """What was charged, positive. ``cost`` is the cash moved; some items carry it as amount."""
    charged = item.cost if item.cost else item.amount
    return abs(exact(charged)) if charged is not None else Decimal(0)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
