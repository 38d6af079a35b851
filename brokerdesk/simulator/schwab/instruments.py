"""How Schwab names an instrument inside positions, orders and transactions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from brokerdesk.simulator.market import noise
from brokerdesk.simulator.market.listings import Kind, Listing
from brokerdesk.simulator.market.options import OptionContract

ASSET_TYPES = {
    Kind.EQUITY: "EQUITY",
    Kind.ETF: "COLLECTIVE_INVESTMENT",
    Kind.MUTUAL_FUND: "MUTUAL_FUND",
    Kind.MONEY_MARKET: "CASH_EQUIVALENT",
    Kind.BOND: "FIXED_INCOME",
    Kind.INDEX: "INDEX",
    Kind.OPTION: "OPTION",
}


def instrument_id(symbol: str) -> int:
    return noise.key("instrument", symbol) % 2_000_000_000 + 1


def describe(listing: Listing | None, contract: OptionContract | None) -> dict[str, Any]:
    """The instrument object of a listing or an option series."""
    if contract is not None:
        return {
            "assetType": "OPTION",
            "cusip": "0" + contract.symbol.replace(" ", "")[:8],
            "symbol": contract.symbol,
            "description": contract.description,
            "type": "VANILLA",
            "putCall": "CALL" if contract.call else "PUT",
            "underlyingSymbol": contract.underlying,
            "optionMultiplier": 100,
        }
    assert listing is not None
    found: dict[str, Any] = {
        "assetType": ASSET_TYPES[listing.kind],
        "cusip": listing.cusip,
        "symbol": listing.symbol,
    }
    if listing.kind is Kind.EQUITY:
        return found
    found["description"] = listing.name.upper()
    if listing.kind is Kind.ETF:
        found["type"] = "EXCHANGE_TRADED_FUND"
    elif listing.kind is Kind.MONEY_MARKET:
        found["type"] = "SWEEP_VEHICLE"
    elif listing.kind is Kind.BOND and listing.maturity is not None:
        found["maturityDate"] = f"{listing.maturity.isoformat()}T00:00:00.000+00:00"
        found["factor"] = Decimal("1.0")
        found["variableRate"] = Decimal("0.0")
    return found
