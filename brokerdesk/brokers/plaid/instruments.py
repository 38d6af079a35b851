"""Plaid's securities as instruments.

Most funds of retirement plans have no ticker, and identifiers that cost a licence are mostly null:
then the name is what there is.
"""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.brokers.plaid import BROKER_ID, wire
from brokerdesk.brokers.plaid.times import day
from brokerdesk.brokers.text import SYMBOL_LENGTH, clean, clean_name, clean_symbol
from brokerdesk.domain.exact import exact
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OptionRight

_TYPES = {
    "cash": AssetType.CASH_EQUIVALENT,
    "cryptocurrency": AssetType.CRYPTO,
    "equity": AssetType.EQUITY,
    "etf": AssetType.ETF,
    "fixed income": AssetType.FIXED_INCOME,
    "loan": AssetType.OTHER,
    "mutual fund": AssetType.MUTUAL_FUND,
    "other": AssetType.OTHER,
}
_RIGHTS = {"call": OptionRight.CALL, "put": OptionRight.PUT}
_CURRENCY = "CUR:"
CONTRACT = Decimal(100)
_ROOT_LENGTH = 6


def is_currency(given: wire.Security) -> bool:
    """Whether this "security" is money itself rather than a fund that idle cash is kept in."""
    if given.type != "cash":
        return False
    ticker = clean_symbol(given.ticker_symbol).upper()
    codes = (given.iso_currency_code, given.unofficial_currency_code)
    return not ticker or ticker.startswith(_CURRENCY) or ticker in codes


def instrument(given: wire.Security, currency: str) -> Instrument:
    """The instrument of a holding or entry in ``currency``.

    Raises:
        ValueError: nothing names it, or a figure that no real instrument has.
    """
    kind = asset_type(given)
    contract = given.option_contract if kind is AssetType.OPTION else None
    bond = given.fixed_income if kind is AssetType.FIXED_INCOME else None
    name = clean_name(given.name)
    symbol = _option_symbol(contract) if contract else ""
    symbol = symbol or clean_symbol(given.ticker_symbol) or clean(given.cusip, 16)
    symbol = symbol or clean(given.isin, 16) or name[:SYMBOL_LENGTH].strip()
    symbol = symbol or clean_symbol(given.security_id)
    return Instrument(
        symbol=symbol,
        asset_type=kind,
        currency=currency,
        name=name,
        cusip=clean(given.cusip, 16),
        isin=clean(given.isin, 16),
        figi=clean(given.figi, 16),
        raw_type=clean("/".join(p for p in (given.type, given.subtype) if p), 64),
        broker_ids=((BROKER_ID, clean(given.security_id, 64)),),
        multiplier=CONTRACT if kind is AssetType.OPTION else Decimal(1),
        underlying=clean_symbol(contract.underlying_security_ticker) if contract else "",
        strike=exact(contract.strike_price) if contract and contract.strike_price else None,
        expiry=day(contract.expiration_date if contract else bond.maturity_date if bond else None),
        right=_RIGHTS.get((contract.contract_type or "").lower()) if contract else None,
    )


def asset_type(given: wire.Security) -> AssetType:
    """The kind. Derivatives are options only where a contract says so."""
    if given.type == "derivative":
        return AssetType.OPTION if given.option_contract else AssetType.OTHER
    if given.type == "cash" and is_currency(given):
        return AssetType.CURRENCY
    if given.is_cash_equivalent:
        return AssetType.CASH_EQUIVALENT
    return _TYPES.get(given.type or "", AssetType.UNKNOWN)


def _option_symbol(contract: wire.OptionContract) -> str:
    """The 21-character symbol that every broker understands, when all its parts are given."""
    root = clean_symbol(contract.underlying_security_ticker).upper().replace(".", "")
    expiry = day(contract.expiration_date)
    right = (contract.contract_type or "").lower()
    strike = contract.strike_price
    if not root or len(root) > _ROOT_LENGTH or expiry is None or right not in _RIGHTS:
        return ""
    if strike is None or not strike.is_finite() or not 0 < strike < 100_000:
        return ""
    thousandths = strike * 1000
    if thousandths != thousandths.to_integral_value():
        return ""
    return f"{root:<6}{expiry:%y%m%d}{right[0].upper()}{int(thousandths):08d}"
