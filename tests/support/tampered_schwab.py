"""Schwab's answers, to be tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from support import schwab_payloads as payloads
from support.schwab_payloads import cash_account, margin_account, position
from support.tampering import Subject, each

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.schwab import problems, wire
from brokerdesk.brokers.schwab.loose import decode_accounts, decode_each
from brokerdesk.brokers.schwab.mapping import account, replay
from brokerdesk.brokers.schwab.orders import order
from brokerdesk.brokers.schwab.quotes import quotes
from brokerdesk.brokers.schwab.transactions import transaction
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import Environment

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ACCOUNT = account_id("schwab", "practice", payloads.NUMBER)

OPTION = position(
    instrument={
        "assetType": "OPTION",
        "symbol": "AAPL  261218C00190000",
        "putCall": "CALL",
        "underlyingSymbol": "AAPL",
        "optionMultiplier": 100,
    },
    longQuantity=0.0,
    shortQuantity=3.0,
    marketValue=-1545.0,
)
SHAPES: dict[str, Any] = {
    "account": margin_account(position(), OPTION),
    "accounts": [margin_account(), cash_account()],
    "orders": [payloads.ORDER, {"childOrderStrategies": [payloads.ORDER], "orderId": 9}],
    "transactions": [payloads.TRADE],
    "quotes": payloads.QUOTES,
    "problem": payloads.CLIENT_NOT_AUTHORIZED,
}


def read_account(raw: bytes) -> Any:
    return replay(raw, Environment.PRACTICE, NOW)


def read_accounts(raw: bytes) -> Any:
    found, unread = decode_accounts(raw)
    listed = list(enumerate(found))
    return each(listed, unread, lambda one: account(one.answer, Environment.PRACTICE, None))


def read_orders(raw: bytes) -> Any:
    found, unread = decode_each(raw, JsonDecoder(wire.Order), "orders")
    return each(found, unread, lambda given: order(given, ACCOUNT))


def read_transactions(raw: bytes) -> Any:
    found, unread = decode_each(raw, JsonDecoder(wire.Transaction), "transactions")
    return each(found, unread, lambda given: transaction(given, ACCOUNT))


def read_problem(raw: bytes) -> Any:
    answer = Answer(status=400, content_type="application/json", body=raw)
    problems.refusal(answer)
    problems.token_refusal(answer, refreshing=True)
    problems.token_refusal(answer, refreshing=False)


READERS: dict[str, Callable[[bytes], Any]] = {
    "account": read_account,
    "accounts": read_accounts,
    "orders": read_orders,
    "transactions": read_transactions,
    "quotes": lambda raw: quotes(raw, NOW),
    "problem": read_problem,
}


def judge(name: str, raw: bytes, known: set[Decimal], facts: Any) -> None:
    if name == "account":
        balance = facts.balances[0]
        for amount in (balance.cash, balance.net_liquidation, balance.equity):
            assert amount is None or amount in known
        for held in facts.positions:
            for amount in (held.market_value, held.average_cost, held.day_pl):
                assert amount is None or amount in known or -amount in known
        listed = json.loads(raw)["securitiesAccount"].get("positions") or []
        apart = [one for one in facts.unread if one.where.startswith("positions")]
        assert len(facts.positions) + len(apart) >= len(listed), "no row is lost"
    elif name in ("accounts", "orders", "transactions"):
        items, unread = facts
        assert len(items) + len(unread) == len(json.loads(raw)), "no row is lost"


SUBJECT = Subject(broker="schwab", shapes=SHAPES, readers=READERS, judge=judge)
