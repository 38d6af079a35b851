"""Alpaca's answers as its documents show them."""

from __future__ import annotations

import copy
from typing import Any

ACCOUNT: dict[str, Any] = {
    "id": "1d9eed04-be39-4e01-9b84-a48ac5bbafcf",
    "account_number": "PALPACA_123",
    "status": "ACTIVE",
    "crypto_status": "ACTIVE",
    "crypto_tier": 1,
    "currency": "USD",
    "cash": "122086.5",
    "equity": "123346.11",
    "last_equity": "122011.09751111286868",
    "portfolio_value": "123346.11",
    "buying_power": "245432.61",
    "effective_buying_power": "245432.61",
    "regt_buying_power": "245432.61",
    "non_marginable_buying_power": "122086.5",
    "options_buying_power": "122716.305",
    "options_approved_level": 2,
    "options_trading_level": 2,
    "long_market_value": "1259.61",
    "short_market_value": "0",
    "position_market_value": "1259.61",
    "initial_margin": "629.8",
    "maintenance_margin": "377.88",
    "last_maintenance_margin": "480.73",
    "sma": "123369.74",
    "multiplier": "2",
    "accrued_fees": "0",
    "pending_reg_taf_fees": "0",
    "pending_transfer_in": "0",
    "intraday_adjustments": "0",
    "shorting_enabled": True,
    "trading_blocked": False,
    "transfers_blocked": False,
    "account_blocked": False,
    "trade_suspended_by_user": False,
    "balance_asof": "2023-09-27",
    "created_at": "2023-01-01T18:20:20.272275Z",
    "admin_configurations": {},
    "user_configurations": None,
}
POSITION: dict[str, Any] = {
    "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
    "symbol": "AAPL",
    "exchange": "NASDAQ",
    "asset_class": "us_equity",
    "asset_marginable": False,
    "qty": "2",
    "qty_available": "2",
    "side": "long",
    "avg_entry_price": "174.78",
    "cost_basis": "349.56",
    "market_value": "348.58",
    "current_price": "174.29",
    "lastday_price": "174.61",
    "change_today": "-0.0018326556325525",
    "unrealized_pl": "-0.98",
    "unrealized_plpc": "-0.0028035244307129",
    "unrealized_intraday_pl": "-0.98",
    "unrealized_intraday_plpc": "-0.0028035244307129",
}
ORDER: dict[str, Any] = {
    "id": "7b08df51-c1ac-453c-99f9-323a5f075f0d",
    "client_order_id": "5680c4bc-9ac1-4a12-a44c-df427ba53032",
    "created_at": "2023-12-12T22:31:24.668464435Z",
    "updated_at": "2023-12-12T22:31:24.668464435Z",
    "submitted_at": "2023-12-12T22:31:24.577215743Z",
    "filled_at": None,
    "expired_at": None,
    "canceled_at": None,
    "failed_at": None,
    "replaced_at": None,
    "replaced_by": None,
    "replaces": None,
    "asset_id": "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415",
    "symbol": "AAPL",
    "asset_class": "us_equity",
    "notional": None,
    "qty": "2",
    "filled_qty": "0",
    "filled_avg_price": None,
    "order_class": "",
    "order_type": "limit",
    "type": "limit",
    "side": "buy",
    "time_in_force": "gtc",
    "limit_price": "150",
    "stop_price": None,
    "status": "accepted",
    "extended_hours": False,
    "legs": None,
    "trail_percent": None,
    "trail_price": None,
    "hwm": None,
    "subtag": None,
    "source": None,
}
FILL: dict[str, Any] = {
    "id": "20220202135509981::2d7be4ff-d1f3-43e9-856a-0f5cf5c5088e",
    "activity_type": "FILL",
    "type": "fill",
    "symbol": "AAPL",
    "side": "buy",
    "qty": "2",
    "cum_qty": "2",
    "leaves_qty": "0",
    "price": "174.78",
    "order_id": "b5abe576-6a8a-49f3-a353-46b72c1ccae9",
    "order_status": "filled",
    "transaction_time": "2022-02-02T18:55:09.981482Z",
}
DIVIDEND: dict[str, Any] = {
    "id": "20190801011955195::5f596936-6f23-4cef-bdf1-3806aae57dbf",
    "activity_type": "DIV",
    "activity_sub_type": "SDIV",
    "date": "2019-08-01",
    "created_at": "2019-08-01T05:19:55.195000Z",
    "net_amount": "1.02",
    "per_share_amount": "0.51",
    "qty": "2",
    "symbol": "T",
    "currency": "USD",
    "status": "executed",
}
HISTORY: dict[str, Any] = {
    "timestamp": [1697722200, 1697808600, 1698067800],
    "equity": [2773.79, None, 2780.5],
    "profit_loss": [11.8, None, 18.51],
    "profit_loss_pct": [0.0043, None, 0.0067],
    "base_value": 2774.16,
    "base_value_asof": "2023-10-18",
    "timeframe": "1D",
    "cashflow": {"CSD": [0, 0, 0]},
}
CLOCK: dict[str, Any] = {
    "timestamp": "2025-06-24T14:15:22-04:00",
    "is_open": True,
    "next_open": "2025-06-25T09:30:00-04:00",
    "next_close": "2025-06-24T16:00:00-04:00",
}
CALENDAR: list[dict[str, Any]] = [
    {
        "date": "2025-01-02",
        "open": "09:30",
        "close": "16:00",
        "session_open": "0400",
        "session_close": "2000",
        "settlement_date": "2025-01-03",
    }
]
SNAPSHOTS: dict[str, Any] = {
    "AAPL": {
        "latestTrade": {
            "t": "2022-08-17T10:07:39.286587431Z",
            "x": "V",
            "p": 172.7,
            "s": 1,
            "c": ["@"],
            "i": 5,
            "z": "C",
        },
        "latestQuote": {
            "ap": 172.7,
            "as": 1,
            "ax": "Q",
            "bp": 172.62,
            "bs": 2,
            "bx": "Q",
            "c": ["R"],
            "t": "2022-08-17T10:07:40.286587431Z",
            "z": "C",
        },
        "minuteBar": None,
        "dailyBar": {"t": "2022-08-17T04:00:00Z", "o": 170, "h": 175, "l": 169, "c": 172.7, "v": 9},
        "prevDailyBar": {
            "t": "2022-08-16T04:00:00Z",
            "o": 171,
            "h": 173,
            "l": 170,
            "c": 173.03,
            "v": 8,
        },
    }
}
BARS: dict[str, Any] = {
    "bars": {
        "AAPL": [
            {"t": "2022-01-03T05:00:00Z", "o": 178.26, "h": 182.88, "l": 177.71, "c": 182.01},
            {"t": "2022-01-04T05:00:00Z", "o": 182.63, "h": 182.94, "l": 179.12, "c": 179.7},
        ]
    },
    "next_page_token": None,
}


def fresh(document: Any, **changes: Any) -> Any:
    """A copy that may be changed; ``changes`` are put on top."""
    found = copy.deepcopy(document)
    if changes:
        found.update(changes)
    return found
