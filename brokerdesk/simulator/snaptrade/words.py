"""How SnapTrade writes things: errors, times, currencies, symbols."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.market.listings import Kind, Listing, all_listings
from brokerdesk.simulator.market.market import Market
from brokerdesk.simulator.snaptrade.state import SnapTradeState
from brokerdesk.simulator.wire import json_answer

KINDS = {
    Kind.EQUITY: "stock",
    Kind.ETF: "etf",
    Kind.MUTUAL_FUND: "mutualfund",
    Kind.MONEY_MARKET: "mutualfund",
    Kind.CRYPTO: "crypto",
    Kind.BOND: "bond",
}
CODES = {
    "stock": ("cs", "Common Stock"),
    "etf": ("et", "ETF"),
    "mutualfund": ("oef", "Open Ended Fund"),
    "crypto": ("crypto", "Cryptocurrency"),
    "bond": ("bnd", "Bond"),
}
EXCHANGES = {
    "NASDAQ": "XNAS",
    "NYSE": "XNYS",
    "NYSE Arca": "ARCX",
    "Cboe BZX": "BATS",
}
CURRENCIES = {"USD": "US Dollar", "CAD": "Canadian Dollar"}
CASH_FUND = ("SPAXX", "Fidelity Government Money Market Fund")
"""What the market's sweep fund is called at this brokerage."""


def problem(status: int, code: str, detail: str) -> web.Response:
    return json_answer({"detail": detail, "status_code": status, "code": code}, status)


def unverified() -> web.Response:
    return problem(401, "1076", "Unable to verify signature sent")


def user_invalid() -> web.Response:
    return problem(401, "1083", "Invalid userID or userSecret provided")


def not_found() -> web.Response:
    return problem(404, "1011", "Object not found")


def not_enabled() -> web.Response:
    return problem(403, "1141", "Feature is not enabled for this customer or connection")


def text(value: Decimal) -> str:
    """A decimal text without idle zeros and without an exponent."""
    short = value.normalize()
    exponent = short.as_tuple().exponent
    assert isinstance(exponent, int)
    return format(short.quantize(Decimal(1)) if exponent > 0 else short, "f")


def moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def currency(state: SnapTradeState, code: str) -> dict[str, str]:
    return {"id": state.uuid("currency", code), "code": code, "name": CURRENCIES[code]}


def shown(listing: Listing) -> tuple[str, str]:
    """A listing's symbol and name as SnapTrade has them."""
    if listing.kind is Kind.MONEY_MARKET:
        return CASH_FUND
    return listing.symbol.split("/")[0], listing.name


def known_as(symbol: str) -> Listing | None:
    """The stock or fund that a client asks for."""
    found = all_listings().get(symbol)
    quoted = (Kind.EQUITY, Kind.ETF)
    return found if found is not None and found.kind in quoted else None


def figi(state: SnapTradeState, symbol: str) -> dict[str, str]:
    """Made up, in the form of the real ones."""
    letters = state.uuid("figi", symbol).replace("-", "").upper()
    return {"figi_code": f"BBG00{letters[:7]}", "figi_share_class": f"BBG001{letters[7:13]}"}


def instrument(state: SnapTradeState, market: Market, symbol: str) -> dict[str, Any]:
    """The newer form, by kind."""
    contract = market.option(symbol)
    if contract is not None:
        return {
            "kind": "option",
            "id": state.uuid("instrument", symbol),
            "symbol": symbol,
            "description": contract.description,
            "option_type": "CALL" if contract.call else "PUT",
            "strike_price": text(contract.strike),
            "expiration_date": contract.expiration.isoformat(),
            "multiplier": "100",
            "underlying": instrument(state, market, contract.underlying),
        }
    listing = all_listings()[symbol]
    ticker, name = shown(listing)
    found = {
        "kind": KINDS[listing.kind],
        "id": state.uuid("instrument", symbol),
        "symbol": ticker,
        "raw_symbol": ticker,
        "description": name,
        "currency": "USD",
    }
    if listing.kind is Kind.CRYPTO:
        return found
    return {
        **found,
        "exchange": EXCHANGES.get(listing.exchange),
        "figi_instrument": figi(state, symbol),
    }


def universal(state: SnapTradeState, symbol: str) -> dict[str, Any]:
    """The older form of everything but options."""
    listing = all_listings()[symbol]
    ticker, name = shown(listing)
    code, words = CODES[KINDS[listing.kind]]
    mic = EXCHANGES.get(listing.exchange, "OTC")
    identifier = figi(state, symbol)
    return {
        "id": state.uuid("instrument", symbol),
        "symbol": ticker,
        "raw_symbol": ticker,
        "description": name,
        "currency": currency(state, "USD"),
        "exchange": {
            "id": state.uuid("exchange", mic),
            "code": listing.exchange,
            "mic_code": mic,
            "name": listing.exchange,
            "timezone": "America/New_York",
            "start_time": "09:30:00",
            "close_time": "16:00:00",
            "suffix": None,
        },
        "type": {
            "id": state.uuid("type", code),
            "code": code,
            "description": words,
            "is_supported": True,
        },
        "figi_code": identifier["figi_code"],
        "figi_instrument": identifier,
        "currencies": [],
    }


def plain(state: SnapTradeState, symbol: str) -> dict[str, Any]:
    """As activities have it."""
    return {name: part for name, part in universal(state, symbol).items() if name != "currencies"}


def option(state: SnapTradeState, market: Market, symbol: str) -> dict[str, Any]:
    """The older form of an option."""
    contract = market.option(symbol)
    assert contract is not None
    return {
        "id": state.uuid("instrument", symbol),
        "ticker": symbol,
        "option_type": "CALL" if contract.call else "PUT",
        "strike_price": contract.strike,
        "expiration_date": contract.expiration.isoformat(),
        "is_mini_option": False,
        "underlying_symbol": universal(state, contract.underlying),
    }
