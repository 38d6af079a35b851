"""Plaid's records as its interface description has them, for tests to change."""

from __future__ import annotations

import json
from typing import Any


def an_account(**changes: Any) -> dict[str, Any]:
    balances = {
        "available": None,
        "current": 1000.5,
        "limit": None,
        "iso_currency_code": "USD",
        "unofficial_currency_code": None,
    }
    values = {
        "account_id": "A1",
        "balances": balances,
        "mask": "6666",
        "name": "Plaid IRA",
        "official_name": None,
        "type": "investment",
        "subtype": "ira",
    }
    return {**values, **changes}


def a_security(**changes: Any) -> dict[str, Any]:
    values = {
        "security_id": "S1",
        "name": "Doubleline Total Return",
        "ticker_symbol": "DBLTX",
        "type": "mutual fund",
        "subtype": "mutual fund",
        "is_cash_equivalent": False,
        "iso_currency_code": "USD",
        "option_contract": None,
        "figi": None,
    }
    return {**values, **changes}


def a_holding(**changes: Any) -> dict[str, Any]:
    values = {
        "account_id": "A1",
        "security_id": "S1",
        "institution_price": 10.42,
        "institution_value": 20.84,
        "cost_basis": 20.0,
        "quantity": 2,
        "iso_currency_code": "USD",
        "unofficial_currency_code": None,
        "tax_lots": [],
    }
    return {**values, **changes}


def an_answer(*holdings: Any, securities: Any = (), accounts: Any = ()) -> bytes:
    body = {
        "accounts": list(accounts) or [an_account()],
        "holdings": list(holdings),
        "securities": list(securities) or [a_security()],
        "item": {"item_id": "I1", "institution_id": "ins_1", "error": None},
    }
    return json.dumps(body).encode()


CASH = a_security(security_id="C1", ticker_symbol="CUR:USD", type="cash", is_cash_equivalent=True)


def cash(amount: float, **changes: Any) -> dict[str, Any]:
    given = {"security_id": "C1", "institution_price": 1, "institution_value": amount}
    return a_holding(**given, quantity=amount, cost_basis=amount, **changes)


OPTION = a_security(
    type="derivative",
    ticker_symbol="NFLX271217C00355000",
    option_contract={
        "contract_type": "call",
        "expiration_date": "2027-12-17",
        "strike_price": 355.0,
        "underlying_security_ticker": "NFLX",
    },
)

TRADE: dict[str, Any] = {
    "investment_transaction_id": "T1",
    "account_id": "A1",
    "security_id": "S1",
    "date": "2026-05-27",
    "transaction_datetime": None,
    "name": "BUY DoubleLine",
    "quantity": 0.7388,
    "amount": 7.7,
    "price": 10.42,
    "fees": 0,
    "type": "buy",
    "subtype": "buy",
    "iso_currency_code": "USD",
    "unofficial_currency_code": None,
}
