"""Plaid's answers, to be tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from support.plaid_payloads import (
    CASH,
    OPTION,
    TRADE,
    a_holding,
    a_security,
    an_account,
    an_answer,
    cash,
)
from support.tampering import Subject, each

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.plaid import loose, mapping, problems, wire
from brokerdesk.brokers.plaid.transactions import transaction
from brokerdesk.domain.ids import AccountId, account_id
from brokerdesk.domain.kinds import Environment

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
MINE = AccountId(account_id("plaid", "practice", "x"))
SHAPES: dict[str, Any] = {
    "holdings": json.loads(
        an_answer(
            a_holding(),
            cash(100),
            a_holding(security_id="S2", quantity=200),
            securities=[a_security(), CASH, {**OPTION, "security_id": "S2"}],
        )
    ),
    "accounts": {
        "accounts": [an_account(), an_account(account_id="A2", mask="7777", type="depository")],
        "item": {"item_id": "I1", "institution_id": "ins_1", "error": None},
    },
    "transactions": {
        "investment_transactions": [
            TRADE,
            {**TRADE, "investment_transaction_id": "T2", "type": "cash", "subtype": "deposit"},
            {**TRADE, "investment_transaction_id": "T3", "security_id": "S2", "quantity": 200},
        ],
        "securities": [a_security(), {**OPTION, "security_id": "S2"}],
        "accounts": [an_account()],
        "total_investment_transactions": 3,
    },
    "problem": {
        "error_type": "ITEM_ERROR",
        "error_code": "ITEM_LOGIN_REQUIRED",
        "error_message": "the login details of this item have changed",
        "display_message": None,
        "request_id": "HNTDNrA8F1shFEW",
    },
}


def read_accounts(raw: bytes) -> Any:
    answer = JsonDecoder(wire.AccountsAnswer).decode(raw)
    records, unread = loose.accounts(answer)
    listed = mapping.identify(records, "ins_1", Environment.PRACTICE)
    return each(
        list(listed.items()),
        list(unread),
        lambda one: mapping.account(MINE, one, Environment.PRACTICE, "An institution"),
    )


def read_transactions(raw: bytes) -> Any:
    answer = JsonDecoder(wire.TransactionsAnswer).decode(raw)
    found, securities, unread = loose.transactions(answer, "A1", 0)
    return each(
        found,
        unread,
        lambda one: transaction(one, securities.get(one.security_id or ""), MINE),
    )


def read_problem(raw: bytes) -> None:
    for status in (400, 401, 403, 429, 500):
        problems.explain(Answer(status=status, content_type="application/json", body=raw))


READERS: dict[str, Callable[[bytes], Any]] = {
    "holdings": lambda raw: mapping.replay(raw, Environment.PRACTICE, NOW),
    "accounts": read_accounts,
    "transactions": read_transactions,
    "problem": read_problem,
}


def judge(name: str, raw: bytes, known: set[Decimal], facts: Any) -> None:
    body = json.loads(raw)
    sizes = {number.copy_abs() for number in known}
    if name == "holdings":
        for held in facts.positions:
            for amount in (held.market_value, held.cost_basis):
                assert amount is None or amount.copy_abs() in sizes
        others = [one for one in body["holdings"] if not _of_the_first(one, body)]
        money = [one for one in body["holdings"] if _is_cash(one, body)]
        rows = len(facts.positions) + len(facts.unread) + len(money) + len(others)
        assert rows >= len(body["holdings"]), "no row is lost; cash is summed"
    elif name == "transactions":
        items, unread = facts
        mine = [one for one in body["investment_transactions"] if _mine(one, body)]
        assert len(items) + len(unread) >= len(mine), "no row is lost"
        for one in items:
            assert one.amount is None or one.amount.copy_abs() in sizes


def _of_the_first(holding: Any, body: Any) -> bool:
    """Whether a holding is of the account that is read, or of none that is listed."""
    if not isinstance(holding, dict):
        return True
    listed = [one.get("account_id") for one in body["accounts"] if isinstance(one, dict)]
    return holding.get("account_id") not in listed[1:] or holding.get("account_id") == listed[0]


def _is_cash(holding: Any, body: Any) -> bool:
    return isinstance(holding, dict) and holding.get("security_id") == "C1"


def _mine(entry: Any, body: Any) -> bool:
    """Whether an entry has to be told: it is not another listed account's."""
    return not isinstance(entry, dict) or entry.get("account_id") == "A1"


SUBJECT = Subject(broker="plaid", shapes=SHAPES, readers=READERS, judge=judge)
