"""Payloads that somebody has tampered with: never a crash, never another amount.

Recorded shapes are mutated at random places. Whatever comes, reading ends in facts or in a
``BrokerError``; and an amount in the facts is one that stands in the payload.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import schwab_payloads as payloads
from support.schwab_payloads import cash_account, margin_account, position

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
from brokerdesk.errors import BrokerError

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
    found, _ = decode_accounts(raw)
    listed = []
    for decoded in found:
        try:
            listed.append(account(decoded.answer, Environment.PRACTICE, None))
        except ValueError:
            continue
    return listed


def read_orders(raw: bytes) -> Any:
    found, _ = decode_each(raw, JsonDecoder(wire.Order), "orders")
    return _each(found, lambda given: order(given, ACCOUNT))


def read_transactions(raw: bytes) -> Any:
    found, _ = decode_each(raw, JsonDecoder(wire.Transaction), "transactions")
    return _each(found, lambda given: transaction(given, ACCOUNT))


def read_problem(raw: bytes) -> Any:
    answer = Answer(status=400, content_type="application/json", body=raw)
    problems.refusal(answer)
    problems.token_refusal(answer, refreshing=True)
    problems.token_refusal(answer, refreshing=False)


def _each(found: list[tuple[int, Any]], mapped: Callable[[Any], Any]) -> list[Any]:
    """As the session does it: one record's ValueError is that record's end."""
    items = []
    for _, given_record in found:
        try:
            items.append(mapped(given_record))
        except ValueError:
            continue
    return items


READERS: dict[str, Callable[[bytes], Any]] = {
    "account": read_account,
    "accounts": read_accounts,
    "orders": read_orders,
    "transactions": read_transactions,
    "quotes": lambda raw: quotes(raw, NOW),
    "problem": read_problem,
}

HOSTILE: list[Any] = [
    None,
    True,
    0,
    -1,
    1e308,
    "",
    "NaN",
    "Infinity",
    "1_000",
    "١٢",
    " 5 ",
    "12.5.1",
    [],
    {},
    [[[]]],
    {"a": {"b": []}},
    "\u202egnp.exe\u0000",
    "<img src=x>",
    10**30,
    10**400,
    1e-300,
    "x" * 5000,
]


def places(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    yield here
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*here, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, (*here, index))


def spoil(chance: random.Random, document: Any) -> Any:
    """One change at one place: another value, no value, a copy, or another key."""
    document = payloads.fresh(document)
    where = chance.choice(list(places(document)))
    if not where:
        return chance.choice(HOSTILE)
    owner = document
    for step in where[:-1]:
        owner = owner[step]
    kind = chance.randrange(4)
    if kind == 0:
        del owner[where[-1]]
    elif kind == 1 and isinstance(owner, dict):
        owner[f"{where[-1]}X"] = owner.pop(where[-1])
    elif kind == 2 and isinstance(owner, list):
        owner.append(owner[where[-1]])
    else:
        owner[where[-1]] = chance.choice(HOSTILE)
    return document


def gnaw(chance: random.Random, raw: bytes) -> bytes:
    """Damage on the level of bytes."""
    spot = chance.randrange(len(raw) + 1)
    kind = chance.randrange(4)
    if kind == 0:
        return raw[:spot]
    if kind == 1:
        return raw[:spot] + chance.randbytes(chance.randrange(1, 5)) + raw[spot:]
    if kind == 2:
        return raw[:spot] + raw[spot + chance.randrange(1, 20) :]
    literal = chance.choice([b"NaN", b"1e400", b"-0", b"01", b"[[[[", b"}}", b'"', b"\\u0000"])
    return raw[:spot] + literal + raw[spot:]


def mutate(name: str, seed: int) -> bytes:
    chance = random.Random(seed)
    document = SHAPES[name]
    for _ in range(chance.randrange(1, 4)):
        document = spoil(chance, document)
    raw = json.dumps(document).encode()
    return gnaw(chance, raw) if chance.random() < 0.3 else raw


def numbers_in(raw: bytes) -> set[Decimal] | None:
    """All numbers of a document, also those written as texts; None if it is no JSON."""
    found: set[Decimal] = set()

    def note(text: str) -> Decimal:
        found.add(Decimal(text))
        return Decimal(text)

    try:
        document = json.loads(raw, parse_float=note, parse_int=note)
    except (ValueError, ArithmeticError, RecursionError):
        return None
    for where in places(document):
        value = document
        for step in where:
            value = value[step]
        if isinstance(value, str):
            try:
                found.add(Decimal(value))
            except ArithmeticError:
                continue
    return found


def judge(name: str, raw: bytes) -> str:
    """Read it; what comes must be facts or a ``BrokerError``, and amounts must stand in it."""
    try:
        facts = READERS[name](raw)
    except BrokerError:
        return "refused"
    if name == "account":
        known = numbers_in(raw)
        if known is not None:
            balance = facts.balances[0]
            for amount in (balance.cash, balance.net_liquidation, balance.equity):
                assert amount is None or amount in known
            for held in facts.positions:
                for amount in (held.market_value, held.average_cost, held.day_pl):
                    assert amount is None or amount in known or -amount in known
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
@settings(max_examples=200, deadline=None)
def test_random_bytes_end_in_a_broker_error(raw: bytes) -> None:
    for name, reader in READERS.items():
        try:
            facts = reader(raw)
        except BrokerError:
            continue
        assert name == "problem" or not facts or not getattr(facts, "items", True)


@pytest.mark.deep
@pytest.mark.timeout(900)
def test_hundred_thousand_tampered_payloads(capsys: pytest.CaptureFixture[str]) -> None:
    counts = {"read": 0, "refused": 0}
    names = list(READERS)
    for seed in range(100_000):
        name = names[seed % len(names)]
        counts[judge(name, mutate(name, seed))] += 1
    with capsys.disabled():
        print(f"\n100,000 tampered payloads: {counts}")  # noqa: T201
    assert counts["read"] > 1000
    assert counts["refused"] > 1000
