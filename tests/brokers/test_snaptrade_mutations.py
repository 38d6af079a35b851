"""Payloads of SnapTrade's that somebody has tampered with: never a crash, never another amount."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import snaptrade_payloads as payloads
from support.tampering import gnaw, numbers_in, spoil

from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.snaptrade import accounts, loose, portfolio, problems, wire
from brokerdesk.brokers.snaptrade.orders import order, together
from brokerdesk.brokers.snaptrade.quotes import quotes
from brokerdesk.brokers.snaptrade.transactions import transaction
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.reading import Reading
from brokerdesk.errors import BrokerError

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
    return _each(found, unread, lambda one: transaction(one, MINE))


def read_orders(raw: bytes) -> Any:
    found, unread = loose.listed(raw, JsonDecoder(wire.Order), "orders")
    items, apart = _each(found, unread, lambda one: order(one, MINE))
    records = {one.brokerage_order_id or "": one for _, one in found}
    tied = together(records, items)
    names = {one.id for one in items}
    assert {each.id for one in tied for each in (one, *one.children)} == names, "none is lost"
    return items, apart


def read_problem(raw: bytes) -> None:
    for status in (400, 401, 402, 403, 404, 410, 418, 425, 500, 501, 503):
        problems.refusal(Answer(status=status, content_type="application/json", body=raw))
    problems.seconds_to_wait(Answer(status=429, content_type="application/json", body=raw))


def _each(found: list[Any], unread: list[Any], mapped: Callable[[Any], Any]) -> Any:
    """As the session does it: one record's ValueError is that record's end."""
    items = []
    for _, record in found:
        try:
            items.append(mapped(record))
        except ValueError:
            unread.append(record)
    return items, unread


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


def mutate(name: str, seed: int) -> bytes:
    chance = random.Random(seed)
    document = SHAPES[name]
    for _ in range(chance.randrange(1, 4)):
        document = spoil(chance, document)
    raw = json.dumps(document).encode()
    return gnaw(chance, raw) if chance.random() < 0.3 else raw


def judge(name: str, raw: bytes) -> str:
    """Read it; what comes must be facts or a ``BrokerError``, amounts must stand in it or follow
    from it, and no record may vanish without a word.
    """
    try:
        facts = READERS[name](raw)
    except BrokerError:
        return "refused"
    known = numbers_in(raw)
    if known is None:
        return "read"
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
    return "read"


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


@pytest.mark.parametrize("name", READERS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_tampered_payloads_end_in_facts_or_a_broker_error(name: str, seed: int) -> None:
    judge(name, mutate(name, seed))


@pytest.mark.parametrize("name", READERS)
def test_untampered_payloads_are_read(name: str) -> None:
    assert judge(name, json.dumps(SHAPES[name]).encode()) == "read"


@given(raw=st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_random_bytes_end_in_a_broker_error(raw: bytes) -> None:
    for name, reader in READERS.items():
        try:
            facts = reader(raw)
        except BrokerError:
            continue
        assert name == "problem" or not getattr(facts, "items", ())


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_hundred_thousand_tampered_payloads(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {"read": 0, "refused": 0}
    names = list(READERS)
    for seed in range(100_000):
        name = names[seed % len(names)]
        counts[judge(name, mutate(name, seed))] += 1
    with capsys.disabled():
        print(f"\n100,000 tampered payloads of SnapTrade's: {counts}")  # noqa: T201
    assert counts["read"] > 1000
    assert counts["refused"] > 1000
