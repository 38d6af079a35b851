"""SnapTrade's answers by the book, own constructions, to be changed by tests."""

from __future__ import annotations

import copy
from typing import Any

ID = "917c8734-8470-4a3e-a18f-57c3f2ee6631"
CONNECTION = "87b24961-b51e-4db8-9226-f198f6518a89"

ACCOUNT: dict[str, Any] = {
    "id": ID,
    "brokerage_authorization": CONNECTION,
    "name": "Robinhood Individual",
    "number": "Q6542138443",
    "institution_account_id": "54953432",
    "institution_name": "Robinhood",
    "created_date": "2026-07-23T22:50:22.761390Z",
    "sync_status": {
        "transactions": {
            "initial_sync_completed": True,
            "last_successful_sync": "2026-11-19",
            "first_transaction_date": "2022-01-24",
        },
        "holdings": {
            "initial_sync_completed": True,
            "last_successful_sync": "2026-11-20 14:42:46.561408+00:00",
            "holdings_unavailable": False,
        },
    },
    "balance": {"total": {"amount": 1597.5, "currency": "USD"}},
    "status": "open",
    "raw_type": "Margin",
    "account_category": "INVESTMENT",
    "is_paper": False,
}
BALANCES: list[dict[str, Any]] = [
    {
        "currency": {"id": "u", "code": "USD", "name": "US Dollar"},
        "cash": 300.71,
        "buying_power": 410.71,
    }
]
POSITION: dict[str, Any] = {
    "instrument": {
        "kind": "stock",
        "id": "i-1",
        "symbol": "VAB.TO",
        "raw_symbol": "VAB",
        "description": "Vanguard Canadian Aggregate Bond",
        "currency": "CAD",
        "exchange": "XTSE",
        "figi_instrument": {"figi_code": "BBG000000001", "figi_share_class": "BBG001"},
    },
    "units": "10.5",
    "price": "123.45",
    "cost_basis": "118.2",
    "currency": "CAD",
}
OPTION: dict[str, Any] = {
    "instrument": {
        "kind": "option",
        "id": "i-2",
        "symbol": "AAPL  261218C00240000",
        "option_type": "CALL",
        "strike_price": "240",
        "expiration_date": "2026-12-18",
        "multiplier": "100",
        "description": "AAPL 12/18/2026 $240.00 Call",
        "underlying": {"kind": "stock", "id": "i-3", "symbol": "AAPL", "raw_symbol": "AAPL"},
    },
    "units": "-1",
    "price": "19.2",
    "cost_basis": "18.0",
    "currency": "USD",
}
SYMBOL: dict[str, Any] = {
    "id": "s-1",
    "symbol": "AAPL",
    "raw_symbol": "AAPL",
    "description": "Apple Inc",
    "currency": {"id": "u", "code": "USD", "name": "US Dollar"},
    "type": {"id": "t", "code": "cs", "description": "Common Stock"},
    "figi_code": None,
    "currencies": [],
}
OLD_OPTION: dict[str, Any] = {
    "id": "o-1",
    "ticker": "AAPL  261218C00240000",
    "option_type": "CALL",
    "strike_price": 240.0,
    "expiration_date": "2026-12-18",
    "is_mini_option": False,
    "underlying_symbol": SYMBOL,
}
ACTIVITY: dict[str, Any] = {
    "id": "act-1",
    "symbol": SYMBOL,
    "option_symbol": None,
    "price": 190.1,
    "units": 5,
    "amount": -950.5,
    "currency": {"id": "u", "code": "USD", "name": "US Dollar"},
    "type": "BUY",
    "option_type": "",
    "description": "Bought 5 AAPL",
    "trade_date": "2026-03-22T16:27:55Z",
    "settlement_date": "2026-03-24T00:00:00Z",
    "fee": 0,
    "fx_rate": None,
    "institution": "Robinhood",
    "external_reference_id": None,
}
ORDER: dict[str, Any] = {
    "brokerage_order_id": "ord-1",
    "status": "PARTIAL",
    "universal_symbol": SYMBOL,
    "option_symbol": None,
    "action": "BUY",
    "total_quantity": "100",
    "open_quantity": "20",
    "canceled_quantity": "0",
    "filled_quantity": "80",
    "execution_price": "12.34",
    "limit_price": "12.34",
    "stop_price": None,
    "order_type": "Limit",
    "time_in_force": "Day",
    "time_placed": "2026-11-20T15:00:00Z",
    "time_updated": None,
    "time_executed": None,
    "expiry_date": None,
}
QUOTES: list[dict[str, Any]] = [
    {
        "symbol": SYMBOL,
        "last_trade_price": 8.74,
        "bid_price": 8.43,
        "ask_price": 8.44,
        "bid_size": 260,
        "ask_size": 344,
    }
]
AUTHORIZATION: dict[str, Any] = {
    "id": CONNECTION,
    "created_date": "2026-08-20T21:56:19.123935Z",
    "name": "Connection-1",
    "type": "trade",
    "disabled": True,
    "disabled_date": "2026-11-01T10:00:00Z",
    "data_freshness_mode": "realtime",
    "brokerage": {
        "id": "b",
        "slug": "ROBINHOOD",
        "name": "Robinhood",
        "display_name": "Robinhood",
        "maintenance_mode": False,
        "is_degraded": False,
        "allows_trading": True,
    },
    "meta": {},
}
HOLDINGS: dict[str, Any] = {
    "account": ACCOUNT,
    "balances": BALANCES,
    "positions": [
        {
            "symbol": {"id": "x", "symbol": SYMBOL},
            "units": 5,
            "price": 190.5,
            "average_purchase_price": 150.25,
            "currency": {"id": "u", "code": "USD", "name": "US Dollar"},
            "cash_equivalent": False,
        }
    ],
    "option_positions": [
        {
            "symbol": {"id": "y", "option_symbol": OLD_OPTION},
            "units": -1,
            "price": 19.2,
            "average_purchase_price": 1800.0,
            "currency": {"id": "u", "code": "USD", "name": "US Dollar"},
        }
    ],
}
PROBLEM: dict[str, Any] = {
    "detail": "Unable to verify signature sent",
    "status_code": 401,
    "code": "1076",
}


def activity(**changes: Any) -> dict[str, Any]:
    return {**ACTIVITY, **changes}


def portfolio(
    *,
    total: float | None = 1597.5,
    balances: list[Any] | None = None,
    positions: list[Any] | None = None,
    as_of: str | None = "2026-11-20T14:30:00Z",
) -> dict[str, Any]:
    """The three answers of an account as one recording."""
    account = copy.deepcopy(ACCOUNT)
    account["balance"]["total"] = None if total is None else {"amount": total, "currency": "USD"}
    freshness = {"as_of": as_of} if as_of else None
    return {
        "account": account,
        "balances": BALANCES if balances is None else balances,
        "positions": {
            "results": [POSITION] if positions is None else positions,
            "data_freshness": freshness,
        },
    }
