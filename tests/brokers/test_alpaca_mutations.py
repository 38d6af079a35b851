"""Payloads of Alpaca's that somebody has tampered with: never a crash, never another amount."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import alpaca_payloads as payloads
from support.alpaca_payloads import fresh
from support.tampering import gnaw, numbers_in, spoil

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
from brokerdesk.errors import BrokerError

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
    return _each(found, unread, lambda given: order(given, ACCOUNT, Names()))


def read_activities(raw: bytes) -> Any:
    found, unread = loose.decode_each(raw, JsonDecoder(wire.Activity), "activities")
    return _each(found, unread, lambda given: transaction(given, ACCOUNT, Names()))


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


def mutate(name: str, seed: int) -> bytes:
    chance = random.Random(seed)
    document = SHAPES[name]
    for _ in range(chance.randrange(1, 4)):
        document = spoil(chance, document)
    raw = json.dumps(document).encode()
    return gnaw(chance, raw) if chance.random() < 0.3 else raw


def judge(name: str, raw: bytes) -> str:
    """Read it; what comes must be facts or a ``BrokerError``, amounts must stand in it, and no
    record may vanish without a word.
    """
    try:
        facts = READERS[name](raw)
    except BrokerError:
        return "refused"
    known = numbers_in(raw)
    if known is None:
        return "read"
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
    return "read"


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
        print(f"\n100,000 tampered payloads of Alpaca's: {counts}")  # noqa: T201
    assert counts["read"] > 1000
    assert counts["refused"] > 1000
