"""Alpaca's answers, to be tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from support import alpaca_payloads as payloads
from support.alpaca_payloads import fresh
from support.tampering import Subject, each

from brokerdesk.brokers.alpaca import balances, loose, mapping, problems, wire
from brokerdesk.brokers.alpaca.activities import transaction
from brokerdesk.brokers.alpaca.history import daily_values
from brokerdesk.brokers.alpaca.instruments import Names
from brokerdesk.brokers.alpaca.orders import order
from brokerdesk.brokers.alpaca.prices import Closes
from brokerdesk.brokers.alpaca.quotes import quotes
from brokerdesk.brokers.alpaca.reference import market_clock, market_days
from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import Environment, PriceFeed

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
ACCOUNT = account_id("alpaca", "practice", payloads.ACCOUNT["id"])
OPTION = fresh(
    payloads.POSITION,
    symbol="AAPL261218C00190000",
    asset_class="us_option",
    qty="-3",
    side="short",
    market_value="-1545",
    cost_basis="-1600",
)
COIN = fresh(payloads.POSITION, symbol="BTCUSD", asset_class="crypto", qty="0.07001")
LEGS = [
    fresh(payloads.ORDER, id="leg-1", status="held"),
    fresh(payloads.ORDER, id="leg-2", type="stop", stop_price="140"),
]
SHAPES: dict[str, Any] = {
    "portfolio": {
        "account": payloads.ACCOUNT,
        "positions": [payloads.POSITION, OPTION, COIN],
        "assets": [{"symbol": "AAPL", "name": "Apple Inc. Common Stock", "class": "us_equity"}],
    },
    "orders": [payloads.ORDER, fresh(payloads.ORDER, order_class="bracket", legs=LEGS)],
    "activities": [payloads.FILL, payloads.DIVIDEND],
    "quotes": payloads.SNAPSHOTS,
    "bars": payloads.BARS,
    "history": payloads.HISTORY,
    "clock": payloads.CLOCK,
    "calendar": payloads.CALENDAR,
    "problem": {"code": 40310000, "message": "insufficient buying power", "buying_power": "1.2"},
}


def read_orders(raw: bytes) -> Any:
    found, unread = loose.decode_each(raw, JsonDecoder(wire.Order), "orders")
    return each(found, unread, lambda given: order(given, ACCOUNT, Names()))


def read_activities(raw: bytes) -> Any:
    found, unread = loose.decode_each(raw, JsonDecoder(wire.Activity), "activities")
    return each(found, unread, lambda given: transaction(given, ACCOUNT, Names()))


def read_bars(raw: bytes) -> Any:
    closes = Closes()
    closes.add(raw, "AAPL", coin=False)
    return closes.prices(date(2000, 1, 1)), closes.unread


def read_problem(raw: bytes) -> Any:
    for status in (400, 403, 404, 422):
        answer = Answer(status=status, content_type="application/json", body=raw)
        problems.refusal(answer)
        problems.token_refusal(answer)


def read_portfolio(raw: bytes) -> Any:
    reading = mapping.replay(raw, Environment.PRACTICE, NOW)
    given = balances.fields(json.dumps(payloads.ACCOUNT).encode())
    mapping.account(given, Environment.PRACTICE, "live")
    return reading


READERS: dict[str, Callable[[bytes], Any]] = {
    "portfolio": read_portfolio,
    "orders": read_orders,
    "activities": read_activities,
    "quotes": lambda raw: quotes(
        raw, {"AAPL": "AAPL"}, Names(), PriceFeed.REAL_TIME, NOW, wrapped=False
    ),
    "bars": read_bars,
    "history": lambda raw: daily_values(raw, TODAY),
    "clock": market_clock,
    "calendar": market_days,
    "problem": read_problem,
}


def judge(name: str, raw: bytes, known: set[Decimal], facts: Any) -> None:
    if name == "portfolio":
        balance = facts.balances[0]
        for amount in (balance.cash, balance.net_liquidation, balance.equity):
            assert amount is None or amount in known
        for held in facts.positions:
            for amount in (held.quantity, held.market_value, held.average_cost, held.cost_basis):
                assert amount is None or amount in known or -amount in known
        listed = json.loads(raw)["positions"]
        apart = [one for one in facts.unread if one.where.startswith("positions")]
        assert len(facts.positions) + len(apart) == len(listed), "no row is lost"
    elif name in ("orders", "activities"):
        items, unread = facts
        assert len(items) + len(unread) == len(json.loads(raw)), "no row is lost"


SUBJECT = Subject(broker="alpaca", shapes=SHAPES, readers=READERS, judge=judge)
