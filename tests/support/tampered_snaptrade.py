"""SnapTrade's answers, to be tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from support import snaptrade_payloads as payloads
from support.tampering import Subject, each

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.snaptrade import accounts, loose, portfolio, problems, wire
from brokerdesk.brokers.snaptrade.orders import order, together
from brokerdesk.brokers.snaptrade.quotes import quotes
from brokerdesk.brokers.snaptrade.transactions import transaction
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.reading import Reading

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
MINE = account_id("snaptrade", "practice", payloads.ID)
FUND = {
    "instrument": {"kind": "mutualfund", "id": "f", "symbol": "SPAXX", "currency": "USD"},
    "units": "200",
    "price": "1",
    "cost_basis": "1",
    "currency": "USD",
    "cash_equivalent": True,
}
TIED = {
    **payloads.ORDER,
    "brokerage_order_id": "ord-2",
    "order_role": "TRIGGER",
    "brokerage_group_order_id": "g",
    "child_brokerage_order_ids": {"take_profit_order_id": "ord-1"},
}
OPTION_TRADE = payloads.activity(
    id="act-2", symbol=None, option_symbol=payloads.OLD_OPTION, units=-2, amount=38.4, type="SELL"
)
SHAPES: dict[str, Any] = {
    "portfolio": payloads.portfolio(positions=[payloads.POSITION, payloads.OPTION, FUND]),
    "holdings": payloads.HOLDINGS,
    "accounts": [payloads.ACCOUNT, {**payloads.ACCOUNT, "id": "another"}],
    "connections": [payloads.AUTHORIZATION],
    "activities": {
        "data": [payloads.ACTIVITY, OPTION_TRADE],
        "pagination": {"offset": 0, "limit": 1000, "total": 2},
    },
    "orders": [payloads.ORDER, TIED],
    "quotes": payloads.QUOTES,
    "problem": payloads.PROBLEM,
}


def read_holdings(raw: bytes) -> Any:
    account = loose.account(json.dumps(payloads.ACCOUNT).encode())
    parts = portfolio.put_together_old(account, raw)
    return portfolio.reading(parts, Environment.PRACTICE, NOW)


def read_accounts(raw: bytes) -> Any:
    found, unread = loose.accounts(raw)
    items = []
    for one in found:
        try:
            items.append(accounts.account(one, None, Environment.PRACTICE))
        except ValueError:
            unread.append(None)  # type: ignore[arg-type]
    return items, unread


def read_connections(raw: bytes) -> Any:
    found, unread = loose.listed(raw, JsonDecoder(wire.Authorization), "connections")
    return [accounts.link(one) for _, one in found], unread


def read_activities(raw: bytes) -> Any:
    page = JsonDecoder(wire.Activities).decode(raw)
    found, unread = loose.each(page.data, JsonDecoder(wire.Activity), "transactions")
    return each(found, unread, lambda one: transaction(one, MINE))


def read_orders(raw: bytes) -> Any:
    found, unread = loose.listed(raw, JsonDecoder(wire.Order), "orders")
    items, apart = each(found, unread, lambda one: order(one, MINE))
    records = {one.brokerage_order_id or "": one for _, one in found}
    tied = together(records, items)
    names = {one.id for one in items}
    assert {each.id for one in tied for each in (one, *one.children)} == names, "none is lost"
    return items, apart


def read_problem(raw: bytes) -> None:
    for status in (400, 401, 402, 403, 404, 410, 418, 425, 500, 501, 503):
        problems.refusal(Answer(status=status, content_type="application/json", body=raw))
    problems.seconds_to_wait(Answer(status=429, content_type="application/json", body=raw))


READERS: dict[str, Callable[[bytes], Any]] = {
    "portfolio": lambda raw: portfolio.replay(raw, Environment.PRACTICE, NOW),
    "holdings": read_holdings,
    "accounts": read_accounts,
    "connections": read_connections,
    "activities": read_activities,
    "orders": read_orders,
    "quotes": lambda raw: quotes(raw, NOW),
    "problem": read_problem,
}


def judge(name: str, raw: bytes, known: set[Decimal], facts: Any) -> None:
    if name == "portfolio":
        judge_reading(facts, known)
        rows = json.loads(raw)["positions"]["results"]
        apart = [one for one in facts.unread if one.where.startswith("positions[")]
        swept = [one for one, _ in facts.balances[0].others if one.startswith("sweep.")]
        others = [b for balance in facts.balances[1:] for b, _ in balance.others]
        swept += [one for one in others if one.startswith("sweep.")]
        assert len(facts.positions) + len(apart) + len(swept) == len(rows), "no row is lost"
    elif name in ("accounts", "connections", "orders"):
        items, unread = facts
        assert len(items) + len(unread) == len(json.loads(raw)), "no row is lost"
    elif name == "activities":
        items, unread = facts
        assert len(items) + len(unread) == len(json.loads(raw)["data"]), "no row is lost"
        for one in items:
            assert one.price is None or one.price in known
            sizes = {number.copy_abs() for number in known}
            assert one.quantity is None or one.quantity.copy_abs() in sizes


def judge_reading(reading: Reading, known: set[Decimal]) -> None:
    for held in reading.positions:
        for amount in (held.quantity, held.mark, held.average_cost):
            assert amount is None or amount in known
        if held.market_value is not None:
            assert held.mark is not None
            factor = held.instrument.multiplier
            expected = held.quantity.as_integer_ratio()
            for part in (factor, held.mark):
                above, below = part.as_integer_ratio()
                expected = (expected[0] * above, expected[1] * below)
            found = held.market_value.as_integer_ratio()
            assert found[0] * expected[1] == expected[0] * found[1]
    for balance in reading.balances:
        assert balance.cash is None or balance.cash in known
        net = balance.net_liquidation
        if net is None or net in known:
            continue
        own = [one for one in reading.positions if one.instrument.currency == balance.currency]
        values = [one.market_value for one in own if one.instrument.asset_type.value != "future"]
        assert balance.cash is not None
        assert None not in values
        assert not [one for one in reading.unread if one.where.startswith("positions")]


SUBJECT = Subject(broker="snaptrade", shapes=SHAPES, readers=READERS, judge=judge)
