"""Field names and JSON types of Alpaca's answers, from its published description.

A field that is not listed, one that is missing and one of another type are all told. Amounts are
texts in trading answers; a text that holds an amount has to be one.
"""

from __future__ import annotations

import re
from typing import Any

AMOUNT = "amount"
TEXT = "text"
FLAG = "flag"
COUNT = "count"
TIME = "time"
LIST = "list"
ANY = "any"
_AMOUNT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)

ACCOUNT: dict[str, str] = {
    "id": TEXT,
    "account_number": TEXT,
    "status": TEXT,
    "crypto_status": TEXT,
    "crypto_tier": COUNT,
    "currency": TEXT,
    "cash": AMOUNT,
    "equity": AMOUNT,
    "last_equity": AMOUNT,
    "portfolio_value": AMOUNT,
    "buying_power": AMOUNT,
    "effective_buying_power": AMOUNT,
    "regt_buying_power": AMOUNT,
    "non_marginable_buying_power": AMOUNT,
    "options_buying_power": AMOUNT,
    "options_approved_level": COUNT,
    "options_trading_level": COUNT,
    "long_market_value": AMOUNT,
    "short_market_value": AMOUNT,
    "position_market_value": AMOUNT,
    "initial_margin": AMOUNT,
    "maintenance_margin": AMOUNT,
    "last_maintenance_margin": AMOUNT,
    "sma": AMOUNT,
    "multiplier": AMOUNT,
    "accrued_fees": AMOUNT,
    "pending_reg_taf_fees": AMOUNT,
    "pending_transfer_in": AMOUNT,
    "intraday_adjustments": AMOUNT,
    "shorting_enabled": FLAG,
    "trading_blocked": FLAG,
    "transfers_blocked": FLAG,
    "account_blocked": FLAG,
    "trade_suspended_by_user": FLAG,
    "balance_asof": TEXT,
    "created_at": TIME,
    "admin_configurations": ANY,
    "user_configurations": ANY,
}
LEGACY = {"pattern_day_trader": FLAG, "daytrade_count": COUNT, "daytrading_buying_power": AMOUNT}
POSITION: dict[str, str] = {
    "asset_id": TEXT,
    "symbol": TEXT,
    "exchange": TEXT,
    "asset_class": TEXT,
    "asset_marginable": FLAG,
    "qty": AMOUNT,
    "qty_available": AMOUNT,
    "side": TEXT,
    "avg_entry_price": AMOUNT,
    "cost_basis": AMOUNT,
    "market_value": AMOUNT,
    "current_price": AMOUNT,
    "lastday_price": AMOUNT,
    "change_today": AMOUNT,
    "unrealized_pl": AMOUNT,
    "unrealized_plpc": AMOUNT,
    "unrealized_intraday_pl": AMOUNT,
    "unrealized_intraday_plpc": AMOUNT,
}
ORDER: dict[str, str] = {
    "id": TEXT,
    "client_order_id": TEXT,
    "created_at": TIME,
    "updated_at": TIME,
    "submitted_at": TIME,
    "filled_at": TIME,
    "expired_at": TIME,
    "expires_at": TIME,
    "canceled_at": TIME,
    "failed_at": TIME,
    "replaced_at": TIME,
    "replaced_by": TEXT,
    "replaces": TEXT,
    "asset_id": TEXT,
    "symbol": TEXT,
    "asset_class": TEXT,
    "notional": AMOUNT,
    "qty": AMOUNT,
    "filled_qty": AMOUNT,
    "filled_avg_price": AMOUNT,
    "order_class": TEXT,
    "order_type": TEXT,
    "type": TEXT,
    "side": TEXT,
    "position_intent": TEXT,
    "time_in_force": TEXT,
    "limit_price": AMOUNT,
    "stop_price": AMOUNT,
    "status": TEXT,
    "extended_hours": FLAG,
    "legs": LIST,
    "trail_percent": AMOUNT,
    "trail_price": AMOUNT,
    "hwm": AMOUNT,
    "ratio_qty": AMOUNT,
    "subtag": TEXT,
    "source": TEXT,
}
_FILL: dict[str, str] = {
    "id": TEXT,
    "activity_type": TEXT,
    "transaction_time": TIME,
    "type": TEXT,
    "price": AMOUNT,
    "qty": AMOUNT,
    "side": TEXT,
    "symbol": TEXT,
    "leaves_qty": AMOUNT,
    "order_id": TEXT,
    "cum_qty": AMOUNT,
    "order_status": TEXT,
}
_ENTRY: dict[str, str] = {
    "id": TEXT,
    "activity_type": TEXT,
    "activity_sub_type?": TEXT,
    "date": TEXT,
    "created_at": TIME,
    "net_amount": AMOUNT,
    "description": TEXT,
    "currency": TEXT,
    "status": TEXT,
    "symbol?": TEXT,
    "qty?": AMOUNT,
    "per_share_amount?": AMOUNT,
}
ACTIVITY = {True: _FILL, False: _ENTRY}


def unlike(given: dict[str, Any], shape: dict[str, str]) -> list[str]:
    """What of an object is not as in ``shape``; fields that end in ``?`` may be missing."""
    known = {name.rstrip("?"): kind for name, kind in shape.items()}
    needed = {name for name in shape if not name.endswith("?")}
    found = [f"{name} is missing" for name in sorted(needed - given.keys())]
    for name, value in given.items():
        if name not in known:
            found.append(f"{name} is not known")
        elif not _fits(value, known[name]):
            found.append(f"{name} is no {known[name]}: {value!r}")
    return found


def _fits(value: Any, kind: str) -> bool:
    if value is None or kind == ANY:
        return True
    if kind in (FLAG, COUNT):
        return type(value) is (bool if kind == FLAG else int)
    if kind == LIST:
        return isinstance(value, list)
    if not isinstance(value, str):
        return False
    pattern = {AMOUNT: _AMOUNT, TIME: _TIME}.get(kind)
    return pattern is None or pattern.fullmatch(value) is not None
