"""Securities as Plaid words them: mostly without licensed identifiers, funds of a retirement plan
without a ticker.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.market.listings import Kind, Listing
from brokerdesk.simulator.market.market import Market
from brokerdesk.simulator.market.options import OptionContract
from brokerdesk.simulator.wire import number

TYPES = {
    Kind.EQUITY: ("equity", "common stock"),
    Kind.ETF: ("etf", "etf"),
    Kind.MUTUAL_FUND: ("mutual fund", "mutual fund"),
    Kind.MONEY_MARKET: ("cash", "cash management bill"),
    Kind.BOND: ("fixed income", "treasury bond"),
    Kind.CRYPTO: ("cryptocurrency", "cryptocurrency"),
}


def security_id(symbol: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"security {symbol}").hex + "Sec"


def security(market: Market, symbol: str, moment: datetime, *, ticker: bool) -> dict[str, Any]:
    """The security object of a listed symbol or an option series."""
    listing, contract = market.listing(symbol), market.option(symbol)
    return {
        **_blank(symbol, moment),
        **(_option(contract) if contract is not None and listing is None else {}),
        **(_listed(listing, ticker=ticker) if listing is not None else {}),
        "close_price": number(market.price(symbol, moment)),
    }


def money(code: str, moment: datetime) -> dict[str, Any]:
    """A currency as a "security"."""
    name = {"USD": "U S Dollar", "EUR": "Euro"}.get(code, code)
    return {
        **_blank(f"CUR:{code}", moment),
        "name": name,
        "ticker_symbol": f"CUR:{code}",
        "is_cash_equivalent": True,
        "type": "cash",
        "subtype": "cash",
        "close_price": Decimal(1),
        "iso_currency_code": code,
    }


def _blank(symbol: str, moment: datetime) -> dict[str, Any]:
    return {
        "security_id": security_id(symbol),
        "isin": None,
        "cusip": None,
        "sedol": None,
        "institution_security_id": None,
        "institution_id": None,
        "proxy_security_id": None,
        "name": None,
        "ticker_symbol": None,
        "is_cash_equivalent": False,
        "type": "other",
        "subtype": None,
        "close_price": None,
        "close_price_as_of": new_york_day(moment).isoformat(),
        "update_datetime": None,
        "iso_currency_code": "USD",
        "unofficial_currency_code": None,
        "market_identifier_code": None,
        "sector": None,
        "industry": None,
        "cfi_code": None,
        "figi": None,
        "option_contract": None,
        "fixed_income": None,
    }


def _listed(listing: Listing, *, ticker: bool) -> dict[str, Any]:
    kind, subtype = TYPES.get(listing.kind, ("other", None))
    found: dict[str, Any] = {
        "name": listing.name,
        "ticker_symbol": listing.symbol if ticker else None,
        "is_cash_equivalent": listing.kind is Kind.MONEY_MARKET,
        "type": kind,
        "subtype": subtype,
        "sector": listing.sector or None,
    }
    if listing.kind is Kind.BOND and listing.maturity is not None:
        found["ticker_symbol"] = None
        found["cusip"] = listing.cusip
        found["fixed_income"] = {
            "yield_rate": {"percentage": number(listing.rate), "type": "coupon"},
            "maturity_date": listing.maturity.isoformat(),
            "issue_date": None,
            "face_value": Decimal("100.0"),
        }
    return found


def _option(contract: OptionContract) -> dict[str, Any]:
    return {
        "name": contract.description,
        "ticker_symbol": contract.symbol.replace(" ", ""),
        "type": "derivative",
        "subtype": "option",
        "option_contract": {
            "contract_type": "call" if contract.call else "put",
            "expiration_date": contract.expiration.isoformat(),
            "strike_price": number(contract.strike),
            "underlying_security_ticker": contract.underlying,
        },
    }
