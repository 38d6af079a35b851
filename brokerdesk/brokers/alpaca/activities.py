"""Alpaca's activities with one sign convention: what enters the account is positive.

Trades come without an amount, so it is quantity times price (times 100 for options); what was
charged for them are entries of their own. Everything else comes with a date and no time: it then
stands at the beginning of that day in New York. New kinds keep appearing; their name is kept.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers.alpaca import wire
from brokerdesk.brokers.alpaca.instruments import Names, guessed_class, instrument
from brokerdesk.brokers.alpaca.times import begins, day_of, from_wire
from brokerdesk.brokers.text import clean, clean_name
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import TransactionType
from brokerdesk.domain.transaction import Transaction

_INCOME = TransactionType.DIVIDEND_OR_INTEREST
_ACTION = TransactionType.CORPORATE_ACTION
_KINDS = {
    "FILL": TransactionType.TRADE,
    "CSD": TransactionType.DEPOSIT,
    "CSW": TransactionType.WITHDRAWAL,
    "DIV": _INCOME,
    "DIVCGL": _INCOME,
    "DIVCGS": _INCOME,
    "DIVFEE": _INCOME,
    "DIVFT": _INCOME,
    "DIVNRA": _INCOME,
    "DIVROC": _INCOME,
    "DIVTW": _INCOME,
    "DIVTXEX": _INCOME,
    "DIVWH": _INCOME,
    "INT": _INCOME,
    "INTNRA": _INCOME,
    "INTPNL": _INCOME,
    "INTTW": _INCOME,
    "FEE": TransactionType.FEE,
    "CFEE": TransactionType.FEE,
    "PTC": TransactionType.FEE,
    "ACATC": TransactionType.TRANSFER,
    "ACATS": TransactionType.TRANSFER,
    "FOPT": TransactionType.TRANSFER,
    "JNL": TransactionType.JOURNAL,
    "JNLC": TransactionType.JOURNAL,
    "JNLS": TransactionType.JOURNAL,
    "CIL": _ACTION,
    "MA": _ACTION,
    "NC": _ACTION,
    "OPASN": _ACTION,
    "OPCA": _ACTION,
    "OPCSH": _ACTION,
    "OPEXC": _ACTION,
    "OPEXP": _ACTION,
    "OPXRC": _ACTION,
    "REORG": _ACTION,
    "SC": _ACTION,
    "SPIN": _ACTION,
    "SPLIT": _ACTION,
    "SSO": _ACTION,
    "SSP": _ACTION,
    "VOF": _ACTION,
    "EXTRD": TransactionType.OTHER,
    "FXTRD": TransactionType.OTHER,
    "MEM": TransactionType.OTHER,
    "MISC": TransactionType.OTHER,
    "OPTRD": TransactionType.OTHER,
    "SWP": TransactionType.OTHER,
    "WH": TransactionType.OTHER,
}
_OUT = ("sell", "sell_short")
_IN = ("buy", "buy_to_cover", "buy_minus")


def transaction(given: wire.Activity, account: AccountId, names: Names) -> Transaction | None:
    """One entry; None for one that Alpaca itself took back.

    Raises:
        ValueError: a figure, side or time that no real entry has.
    """
    if given.status == "canceled":
        return None
    raw = given.activity_type or ""
    amount = None if given.net_amount is None else exact(given.net_amount)
    kind = _kind(raw, amount)
    what = None
    if given.symbol:
        what = instrument(given.symbol, guessed_class(given.symbol), names)
    price = None if given.price is None else exact(given.price)
    quantity = _units(given, kind)
    if kind is TransactionType.TRADE:
        if quantity is None or price is None or what is None:
            raise ValueError("a trade without quantity, price or symbol")
        if amount is None:
            amount = -quantity * price * what.multiplier
    currency = clean(given.currency, 8)
    return Transaction(
        id=_id(given),
        account=account,
        type=kind,
        time=when(given),
        amount=Decimal(0) if amount is None else amount,
        currency=currency if len(currency) == 3 else "USD",
        raw_type=clean(raw, 64),
        description=clean_name(given.description),
        instrument=what,
        quantity=quantity,
        price=price,
        order_id=clean(given.order_id, 64),
    )


def when(given: wire.Activity) -> datetime:
    """When it happened: trades have a time, everything else the day it was booked for.

    Raises:
        ValueError: neither.
    """
    moment = from_wire(given.transaction_time)
    if moment is not None:
        return moment
    day = day_of(given.date)
    if day is not None:
        return begins(day)
    moment = from_wire(given.created_at)
    if moment is None:
        raise ValueError("no time")
    return moment


def _kind(raw: str, amount: Decimal | None) -> TransactionType:
    if raw == "TRANS":
        out = amount is not None and amount < 0
        return TransactionType.WITHDRAWAL if out else TransactionType.DEPOSIT
    return _KINDS.get(raw, TransactionType.UNKNOWN)


def _units(given: wire.Activity, kind: TransactionType) -> Decimal | None:
    """Units moved, positive when they enter. The quantity of a dividend is what it was paid on,
    and moves nothing.

    Raises:
        ValueError: a trade whose direction nobody can know.
    """
    if given.qty is None or kind is TransactionType.DIVIDEND_OR_INTEREST:
        return None
    quantity = exact(given.qty)
    if given.side in _OUT:
        return -abs(quantity)
    if given.side in _IN:
        return abs(quantity)
    if kind is TransactionType.TRADE:
        raise ValueError("a trade without a side")
    return quantity


def _id(given: wire.Activity) -> str:
    own = clean(given.id, 128)
    if not own:
        raise ValueError("no id")
    return own
