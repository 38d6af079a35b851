"""What Schwab calls an instrument, as the domain knows it."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from brokerdesk.brokers.schwab import BROKER_ID, wire
from brokerdesk.brokers.text import clean, clean_name, clean_symbol
from brokerdesk.domain.exact import exact
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OptionRight

_TYPES = {
    "EQUITY": AssetType.EQUITY,
    "OPTION": AssetType.OPTION,
    "INDEX": AssetType.INDEX,
    "MUTUAL_FUND": AssetType.MUTUAL_FUND,
    "CASH_EQUIVALENT": AssetType.CASH_EQUIVALENT,
    "FIXED_INCOME": AssetType.FIXED_INCOME,
    "CURRENCY": AssetType.CURRENCY,
    "FOREX": AssetType.CURRENCY,
    "FUTURE": AssetType.FUTURE,
    "COLLECTIVE_INVESTMENT": AssetType.OTHER,
    "PRODUCT": AssetType.OTHER,
}
_RIGHTS = {"CALL": OptionRight.CALL, "PUT": OptionRight.PUT}
_CONTRACT = Decimal(100)

# Root padded with blanks to 6, expiry as YYMMDD, C or P, strike times 1000 in 8 digits.
_OPTION_SYMBOL = re.compile(r"([A-Z0-9.$/]{1,6}) *(\d{6})([CP])(\d{8})", re.ASCII)


def instrument(given: wire.Instrument) -> Instrument:
    """The instrument in an answer.

    Raises:
        ValueError: it has no symbol, or a figure that no real instrument has.
    """
    cusip = clean(given.cusip, 16)
    symbol = clean_symbol(given.symbol) or cusip
    if not symbol:
        raise ValueError("no symbol")
    kind = asset_type(given)
    underlying, expiry, right, strike = "", None, None, None
    multiplier = Decimal(1)
    if kind is AssetType.OPTION:
        multiplier = exact(given.option_multiplier or _CONTRACT)
        underlying, expiry, right, strike = _contract(given, symbol)
    elif kind is AssetType.FIXED_INCOME:
        expiry = _day(given.maturity_date)
    return Instrument(
        symbol=symbol,
        asset_type=kind,
        name=clean_name(given.description),
        cusip=cusip,
        raw_type=_raw_type(given),
        broker_ids=((BROKER_ID, str(given.instrument_id)),) if given.instrument_id else (),
        multiplier=multiplier,
        underlying=underlying,
        strike=strike,
        expiry=expiry,
        right=right,
    )


def asset_type(given: wire.Instrument) -> AssetType:
    """The kind; exchange-traded funds come as collective investments or typed equities."""
    if given.type == "EXCHANGE_TRADED_FUND":
        return AssetType.ETF
    return _TYPES.get(given.asset_type or "", AssetType.UNKNOWN)


def _raw_type(given: wire.Instrument) -> str:
    return clean("/".join(part for part in (given.asset_type, given.type) if part), 64)


def _contract(
    given: wire.Instrument, symbol: str
) -> tuple[str, date | None, OptionRight | None, Decimal | None]:
    """Underlying, expiry, right and strike, from the fields or else from the symbol."""
    underlying = clean_symbol(given.underlying_symbol)
    right = _RIGHTS.get(given.put_call or "")
    match = _OPTION_SYMBOL.fullmatch(symbol)
    if match is None:
        return underlying, None, right, None
    root, day, letter, strike = match.groups()
    try:
        expiry = date(2000 + int(day[:2]), int(day[2:4]), int(day[4:]))
    except ValueError:
        expiry = None
    return (
        underlying or root,
        expiry,
        right or (OptionRight.CALL if letter == "C" else OptionRight.PUT),
        Decimal(strike) / 1000,
    )


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat((text or "")[:10])
    except ValueError:
        return None
