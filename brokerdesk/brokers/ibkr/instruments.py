"""A contract of TWS as an instrument. Its number (conId) is what TWS itself knows it by."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.ibkr import BROKER_ID
from brokerdesk.brokers.ibkr.border import known
from brokerdesk.brokers.text import clean, clean_name, clean_symbol
from brokerdesk.domain.exact import exact
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OptionRight

_TYPES = {
    "STK": AssetType.EQUITY,
    "OPT": AssetType.OPTION,
    "FOP": AssetType.OPTION,
    "FUT": AssetType.FUTURE,
    "CONTFUT": AssetType.FUTURE,
    "CASH": AssetType.CURRENCY,
    "CRYPTO": AssetType.CRYPTO,
    "FUND": AssetType.MUTUAL_FUND,
    "BOND": AssetType.FIXED_INCOME,
    "BILL": AssetType.FIXED_INCOME,
    "IND": AssetType.INDEX,
    "CFD": AssetType.OTHER,
    "WAR": AssetType.OTHER,
    "IOPT": AssetType.OTHER,
    "CMDTY": AssetType.OTHER,
    "BAG": AssetType.OTHER,
}
_FUNDS = frozenset({"ETF", "ETN", "ETC", "ETP", "ETMF"})
_OCC = re.compile(r"([A-Z0-9.]{1,6}?) *(\d{6}[CP]\d{8})", re.ASCII)
_RIGHTS = {
    "C": OptionRight.CALL,
    "CALL": OptionRight.CALL,
    "P": OptionRight.PUT,
    "PUT": OptionRight.PUT,
}
_THOUSAND = 1000


def instrument(contract: Any, details: Any = None) -> Instrument:
    """The instrument of a contract; ``details`` add its name and tell funds from shares.

    Raises:
        ValueError: it has no symbol, or a figure that no contract has.
    """
    raw_type = clean(contract.secType, 64)
    kind = _TYPES.get(raw_type, AssetType.UNKNOWN)
    stock_type = clean(details.stockType, 64) if details is not None else ""
    if kind is AssetType.EQUITY and stock_type in _FUNDS:
        kind = AssetType.ETF
    derived = kind in (AssetType.OPTION, AssetType.FUTURE)
    right = _RIGHTS.get(contract.right) if kind is AssetType.OPTION else None
    strike = known(contract.strike) if right is not None else None
    expiry = _day(contract.lastTradeDateOrContractMonth) if derived else None
    identity = ((BROKER_ID, str(contract.conId)),) if 0 < contract.conId < 2**31 else ()
    ids = _ids(details)
    return Instrument(
        symbol=_symbol(contract, kind, expiry, right, strike),
        asset_type=kind,
        currency=clean(contract.currency, 8) or "USD",
        name=_name(contract, details, right, strike, expiry),
        cusip=ids.get("CUSIP", ""),
        isin=ids.get("ISIN", ""),
        raw_type=raw_type,
        broker_ids=identity,
        multiplier=_multiplier(contract, kind),
        underlying=_ticker(contract.symbol) if derived else "",
        strike=strike,
        expiry=expiry,
        right=right,
    )


def _ticker(symbol: str) -> str:
    """Classes of shares with a point, as elsewhere: TWS writes ``BRK B``."""
    return clean_symbol(symbol).replace(" ", ".")


def _symbol(
    contract: Any,
    kind: AssetType,
    expiry: date | None,
    right: OptionRight | None,
    strike: Decimal | None,
) -> str:
    """One symbol for one thing, so that it merges with the same at other brokers."""
    local, symbol = clean_symbol(contract.localSymbol), clean_symbol(contract.symbol)
    if kind is AssetType.OPTION and contract.secType == "OPT":
        found = _OCC.fullmatch(local)
        if found is not None:
            return f"{found[1]:<6}{found[2]}"
        if symbol and expiry is not None and right is not None and strike is not None:
            letter = "C" if right is OptionRight.CALL else "P"
            root = clean_symbol(contract.tradingClass) or symbol
            return f"{root:<6}{expiry:%y%m%d}{letter}{int(strike * _THOUSAND):08d}"
    if kind in (AssetType.OPTION, AssetType.FUTURE):
        return local or symbol
    if kind in (AssetType.CRYPTO, AssetType.CURRENCY) and symbol:
        return f"{symbol}/{clean(contract.currency, 8) or 'USD'}"
    return _ticker(symbol) or local


def _name(
    contract: Any,
    details: Any,
    right: OptionRight | None,
    strike: Decimal | None,
    expiry: date | None,
) -> str:
    if right is not None and strike is not None and expiry is not None:
        word = "Call" if right is OptionRight.CALL else "Put"
        return clean_name(f"{contract.symbol} {expiry:%m/%d/%Y} ${strike:.2f} {word}")
    return clean_name(details.longName) if details is not None else ""


def _ids(details: Any) -> dict[str, str]:
    if details is None:
        return {}
    return {one.tag: clean(one.value, 16) for one in details.secIdList or ()}


def _multiplier(contract: Any, kind: AssetType) -> Decimal:
    if contract.multiplier:
        found = exact(contract.multiplier)
        if found > 0:
            return found
    return Decimal(100) if kind is AssetType.OPTION and contract.secType == "OPT" else Decimal(1)


def _day(text: str) -> date | None:
    """``20261218``, or the first eight digits of something longer; months alone are no day."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if text[:8].isdecimal() else None
    except ValueError:
        return None
