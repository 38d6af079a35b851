"""SnapTrade's activities as transactions, their signs made one.

On the wire a positive amount is cash that comes in. What the domain wants besides is settled here
and nowhere else: units are signed by where they go, the net amount includes fees, and units that
merely say how many were held when a dividend came are no movement.
"""

from __future__ import annotations

import hashlib
from decimal import Context, Decimal

from brokerdesk.brokers.snaptrade import wire
from brokerdesk.brokers.snaptrade.instruments import currency, either
from brokerdesk.brokers.snaptrade.times import booked, day
from brokerdesk.brokers.text import clean, clean_name
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import TransactionType
from brokerdesk.domain.transaction import Transaction

EXACT = Context(prec=160)

TRADES = ("BUY", "SELL", "REI")
_IN_KIND = {
    "STOCK_DIVIDEND": TransactionType.CORPORATE_ACTION,
    "SPLIT": TransactionType.CORPORATE_ACTION,
    "REVERSE_SPLIT": TransactionType.CORPORATE_ACTION,
    "SPINOFF": TransactionType.CORPORATE_ACTION,
    "STOCK_MERGER": TransactionType.CORPORATE_ACTION,
    "OPTIONEXPIRATION": TransactionType.OTHER,
    "OPTIONASSIGNMENT": TransactionType.OTHER,
    "OPTIONEXERCISE": TransactionType.OTHER,
    "TRANSFER": TransactionType.TRANSFER,
    "EXTERNAL_ASSET_TRANSFER_IN": TransactionType.TRANSFER,
    "EXTERNAL_ASSET_TRANSFER_OUT": TransactionType.TRANSFER,
    "INTERNAL_ASSET_TRANSFER_IN": TransactionType.TRANSFER,
    "INTERNAL_ASSET_TRANSFER_OUT": TransactionType.TRANSFER,
    "ADJUSTMENT": TransactionType.JOURNAL,
}
"""Kinds that move units and may move no cash at all."""
_CASH = {
    "DIVIDEND": TransactionType.DIVIDEND_OR_INTEREST,
    "SUBSTITUTE_DIVIDEND": TransactionType.DIVIDEND_OR_INTEREST,
    "DISTRIBUTION": TransactionType.DIVIDEND_OR_INTEREST,
    "INTEREST": TransactionType.DIVIDEND_OR_INTEREST,
    "RETURN_OF_CAPITAL": TransactionType.CORPORATE_ACTION,
    "CONTRIBUTION": TransactionType.DEPOSIT,
    "WITHDRAWAL": TransactionType.WITHDRAWAL,
    "FEE": TransactionType.FEE,
    "TAX": TransactionType.FEE,
    "REBATE": TransactionType.OTHER,
    "INTERNAL_CASH_TRANSFER_IN": TransactionType.TRANSFER,
    "INTERNAL_CASH_TRANSFER_OUT": TransactionType.TRANSFER,
}
_KINDS = {**dict.fromkeys(TRADES, TransactionType.TRADE), **_IN_KIND, **_CASH}


def transaction(given: wire.Activity, account: AccountId) -> Transaction:
    """One entry.

    Raises:
        ValueError: it has no time or no amount, or a figure that no real entry has.
    """
    time = booked(given.trade_date) or booked(given.settlement_date)
    if time is None:
        raise ValueError("no time")
    kind = (given.type or "").upper()
    code = currency(given.currency.code if given.currency else None)
    what = either(given.symbol, given.option_symbol, code)
    fee = None if given.fee is None else abs(exact(given.fee))
    amount = _amount(given, kind, fee, what.multiplier if what else Decimal(1))
    return Transaction(
        id=clean(given.id, 64) or _content_id(given),
        account=account,
        type=_KINDS.get(kind, TransactionType.UNKNOWN),
        time=time,
        amount=amount,
        currency=code,
        raw_type=clean("/".join(part for part in (given.type, given.option_type) if part), 64),
        description=clean_name(given.description),
        settlement_date=day(given.settlement_date),
        instrument=what,
        quantity=_units(given, kind, amount),
        price=None if not given.price else exact(given.price),
        fees=fee,
    )


def _amount(given: wire.Activity, kind: str, fee: Decimal | None, multiplier: Decimal) -> Decimal:
    """The net change of cash. A trade's amount that is just units times price leaves its fee out:
    that is seen from the figures, since brokerages differ.

    Raises:
        ValueError: cash moved and nobody says how much.
    """
    if given.amount is None:
        if kind in _IN_KIND:
            return Decimal(0)
        raise ValueError("no amount")
    amount = exact(given.amount)
    if kind not in TRADES or not fee or not given.units or not given.price:
        return amount
    gross = abs(EXACT.multiply(EXACT.multiply(exact(given.units), exact(given.price)), multiplier))
    left_out = abs(abs(amount) - gross)
    net = EXACT.add(gross, fee if amount < 0 else -fee)
    if left_out < abs(abs(amount) - net) and left_out <= fee / 2:
        return EXACT.subtract(amount, fee)
    return amount


def _units(given: wire.Activity, kind: str, amount: Decimal) -> Decimal | None:
    """Units moved, positive when they enter. In a trade the money says the direction for sure."""
    if given.units is None or kind in _CASH:
        return None
    units = exact(given.units)
    if kind in TRADES and amount:
        return abs(units) if amount < 0 else -abs(units)
    if kind in TRADES:
        return -abs(units) if kind == "SELL" else abs(units)
    if kind.endswith("TRANSFER_IN"):
        return abs(units)
    if kind.endswith("TRANSFER_OUT"):
        return -abs(units)
    return units or None


def _content_id(given: wire.Activity) -> str:
    """For an entry without an id: the same content is the same entry."""
    symbol = given.symbol.symbol if given.symbol else None
    ticker = given.option_symbol.ticker if given.option_symbol else None
    parts = (
        given.type,
        given.trade_date,
        given.settlement_date,
        symbol,
        ticker,
        given.units,
        given.price,
        given.amount,
        given.description,
        given.external_reference_id,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]
