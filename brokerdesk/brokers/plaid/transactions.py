"""Plaid's investment transactions with our one sign convention.

At Plaid an amount is positive when cash leaves the account. Here, and nowhere else, it is turned
round: what enters the account is positive, cash and units alike.
"""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.brokers.plaid import wire
from brokerdesk.brokers.plaid.instruments import CONTRACT, instrument, is_currency
from brokerdesk.brokers.plaid.mapping import currency_of
from brokerdesk.brokers.plaid.times import day, moment, noon
from brokerdesk.brokers.text import clean, clean_name
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, TransactionType
from brokerdesk.domain.transaction import Transaction

_BY_SUBTYPE = {
    **dict.fromkeys(
        (
            "dividend",
            "qualified dividend",
            "non-qualified dividend",
            "interest",
            "interest receivable",
            "long-term capital gain",
            "short-term capital gain",
            "unqualified gain",
            "return of principal",
            "stock distribution",
        ),
        TransactionType.DIVIDEND_OR_INTEREST,
    ),
    **dict.fromkeys(("deposit", "contribution"), TransactionType.DEPOSIT),
    **dict.fromkeys(("withdrawal", "distribution"), TransactionType.WITHDRAWAL),
    **dict.fromkeys(
        (
            "account fee",
            "fund fee",
            "legal fee",
            "management fee",
            "margin expense",
            "miscellaneous fee",
            "non-resident tax",
            "tax",
            "tax withheld",
            "transfer fee",
            "trust fee",
        ),
        TransactionType.FEE,
    ),
    **dict.fromkeys(("merger", "spin off", "split"), TransactionType.CORPORATE_ACTION),
}
_BY_TYPE = {
    "buy": TransactionType.TRADE,
    "sell": TransactionType.TRADE,
    "cancel": TransactionType.OTHER,
    "cash": TransactionType.OTHER,
    "fee": TransactionType.FEE,
    "transfer": TransactionType.TRANSFER,
}


def transaction(
    given: wire.Transaction, security: wire.Security | None, account: AccountId
) -> Transaction:
    """One entry.

    Raises:
        ValueError: a figure, date or currency that no real entry has.
    """
    booked = day(given.date)
    if booked is None:
        raise ValueError("no date")
    exact_time = moment(given.transaction_datetime)
    if exact_time is not None and not any(exact_time.timetuple()[3:6]):
        exact_time = None  # a date in the clothes of a time
    currency = currency_of(given)
    what = None
    if security is not None and not is_currency(security):
        what = instrument(security, currency)
    return Transaction(
        id=clean(given.investment_transaction_id, 64),
        account=account,
        type=_kind(given),
        time=exact_time or noon(booked),
        amount=_turned(exact(given.amount)),
        currency=currency,
        raw_type=clean("/".join(p for p in (given.type, given.subtype) if p), 64),
        description=clean_name(given.name),
        settlement_date=None,
        instrument=what,
        quantity=_units(given, what),
        price=_price(given, what),
        fees=None if given.fees is None else abs(exact(given.fees)),
    )


def _kind(given: wire.Transaction) -> TransactionType:
    kind, subtype = given.type or "", given.subtype or ""
    if kind in ("cash", "fee", "transfer") and subtype in _BY_SUBTYPE:
        return _BY_SUBTYPE[subtype]
    return _BY_TYPE.get(kind, TransactionType.UNKNOWN)


def _turned(amount: Decimal) -> Decimal:
    """The amount as change of cash; nought stays plain nought."""
    return -amount if amount else amount


def _units(given: wire.Transaction, what: Instrument | None) -> Decimal | None:
    """Units moved, positive when they enter. A purchase or sale says the direction itself; Plaid's
    sign stands elsewhere. Cash without a security moves no units.
    """
    if given.quantity is None or what is None:
        return None
    quantity = exact(given.quantity)
    if given.type == "cash" or not quantity:
        return None
    if given.type == "buy":
        quantity = abs(quantity)
    elif given.type == "sell":
        quantity = -abs(quantity)
    if what.asset_type is AssetType.OPTION and _counts_units(given):
        quantity /= CONTRACT
    return quantity


def _counts_units(given: wire.Transaction) -> bool:
    """Whether an option's quantity counts units of the underlying, as Plaid's mostly do."""
    if not given.quantity or not given.price or not given.amount:
        return abs(given.quantity or Decimal(0)) >= CONTRACT
    paid = abs(exact(given.quantity) * exact(given.price))
    return abs(exact(given.amount)) * 2 < paid * CONTRACT


def _price(given: wire.Transaction, what: Instrument | None) -> Decimal | None:
    """The price of one unit; entries about cash alone carry a nought that is none."""
    if given.price is None or what is None or not given.price:
        return None
    return exact(given.price)
