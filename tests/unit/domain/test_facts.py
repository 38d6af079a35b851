"""Domain facts: frozen, exact, aware, and refused when they could not be true."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import brokerdesk.domain
from brokerdesk.domain import kinds
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection, Failure
from brokerdesk.domain.ids import AccountId, ConnectionId, account_id, number_mask
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    Environment,
    OptionRight,
    OrderSide,
    OrderStatus,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
    TransactionType,
    shown,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.position import Lot, Position
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Reading, Snapshot, Unread
from brokerdesk.domain.transaction import Transaction

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
ID = AccountId("acme:0123456789abcdef")
STOCK = Instrument(symbol="ACME", asset_type=AssetType.EQUITY)
BALANCE = Balance(currency="USD", cash=Decimal("1.50"))
READING = Reading(account=ID, fetched_at=NOW, as_of=NOW, balances=(BALANCE,), positions=())
LEG = OrderLeg(instrument=STOCK, side=OrderSide.BUY, quantity=Decimal(1))

FACTS: dict[str, Any] = {
    "account": Account(
        id=ID,
        broker="acme",
        environment=Environment.LIVE,
        name="Main",
        number_mask="…1234",
        type=AccountType.MARGIN,
    ),
    "flags": AccountFlags(),
    "balance": BALANCE,
    "connection": Connection(
        id=ConnectionId("acme-00000001"),
        broker="acme",
        environment=Environment.LIVE,
        name="Acme",
        identity="x",
        created_at=NOW,
    ),
    "failure": Failure(connection=ConnectionId("acme-00000001"), at=NOW, code="auth", text="No."),
    "instrument": STOCK,
    "leg": LEG,
    "lot": Lot(quantity=Decimal(1)),
    "order": Order(
        id="1",
        account=ID,
        status=OrderStatus.FILLED,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        session=TradingSession.REGULAR,
        legs=(LEG,),
        quantity=Decimal(1),
        filled_quantity=Decimal(1),
    ),
    "position": Position(instrument=STOCK, quantity=Decimal("-2.5")),
    "quote": Quote(symbol="ACME", source="acme", feed=PriceFeed.DELAYED, fetched_at=NOW),
    "reading": READING,
    "snapshot": Snapshot(
        id=1, account=ID, fetched_at=NOW, as_of=NOW, valid_until=NOW, reading=READING
    ),
    "transaction": Transaction(
        id="1", account=ID, type=TransactionType.TRADE, time=NOW, amount=Decimal("-1")
    ),
    "unread": Unread(where="positions[3]", reason="The quantity is not a number."),
}


def _fields_of_kind(kind: str) -> Iterator[tuple[str, str]]:
    for name, fact in FACTS.items():
        for each in fields(fact):
            if str(each.type) in {kind, f"{kind} | None"}:
                yield name, each.name


@pytest.mark.parametrize("name", FACTS)
def test_facts_are_frozen_slotted_and_hashable(name: str) -> None:
    fact = FACTS[name]
    first = fields(fact)[0].name
    with pytest.raises(FrozenInstanceError):
        setattr(fact, first, None)
    assert not hasattr(fact, "__dict__")
    assert hash(fact) == hash(replace(fact))
    assert fact == replace(fact)


@pytest.mark.parametrize(("name", "field"), list(_fields_of_kind("Decimal")))
@pytest.mark.parametrize("wrong", [1.5, 1, "1", Decimal("NaN"), Decimal("Infinity")])
def test_every_amount_is_a_finite_decimal(name: str, field: str, wrong: object) -> None:
    with pytest.raises((TypeError, ValueError), match=field):
        replace(FACTS[name], **{field: wrong})


@pytest.mark.parametrize(("name", "field"), list(_fields_of_kind("datetime")))
@pytest.mark.parametrize("wrong", [datetime(2026, 1, 1), "2026-01-01"])  # noqa: DTZ001
def test_every_time_is_aware_utc(name: str, field: str, wrong: object) -> None:
    with pytest.raises((TypeError, ValueError), match=field):
        replace(FACTS[name], **{field: wrong})


SHORT = {"QuoteKey"}
"""Keys of so few parts that their order is their meaning."""


def test_every_dataclass_of_the_domain_is_frozen_with_slots_and_keywords() -> None:
    loose = []
    for info in pkgutil.iter_modules(brokerdesk.domain.__path__):
        module = importlib.import_module(f"brokerdesk.domain.{info.name}")
        for _, kind in inspect.getmembers(module, inspect.isclass):
            if kind.__module__ != module.__name__ or not dataclasses.is_dataclass(kind):
                continue
            parameters: Any = kind.__dataclass_params__  # type: ignore[attr-defined]
            named = kind.__qualname__ in SHORT
            keywords = named or all(each.kw_only for each in fields(kind))
            if not (parameters.frozen and "__slots__" in vars(kind) and keywords):
                loose.append(kind.__qualname__)
    assert not loose


@pytest.mark.parametrize("name", ["buying_power", "others"])
def test_named_figures_of_a_balance_are_checked_too(name: str) -> None:
    wrong: dict[str, Any] = {name: (("stock", 1.5),)}
    with pytest.raises(TypeError, match="stock"):
        replace(BALANCE, **wrong)


@pytest.mark.parametrize("currency", ["", "US", "USDT"])
@pytest.mark.parametrize("name", ["account", "balance", "instrument"])
def test_a_currency_is_three_letters(name: str, currency: str) -> None:
    with pytest.raises(ValueError, match="currency"):
        replace(FACTS[name], currency=currency)


def test_an_account_belongs_to_the_broker_in_its_id() -> None:
    with pytest.raises(ValueError, match="prefix"):
        replace(FACTS["account"], broker="other")


def test_an_instrument_needs_a_symbol() -> None:
    with pytest.raises(ValueError, match="symbol"):
        Instrument(symbol="", asset_type=AssetType.EQUITY)


def test_things_of_one_ticker_but_another_kind_never_merge() -> None:
    option = replace(STOCK, asset_type=AssetType.OPTION, right=OptionRight.CALL)
    coin = replace(STOCK, asset_type=AssetType.CRYPTO)
    euro = replace(STOCK, currency="EUR")
    assert len({each.key for each in (STOCK, option, coin, euro)}) == 4
    assert replace(STOCK, name="Acme Inc.", cusip="000000000").key == STOCK.key


def test_a_reading_has_a_balance_and_a_snapshot_its_reading() -> None:
    with pytest.raises(ValueError, match="balance"):
        replace(READING, balances=())
    snapshot: Snapshot = FACTS["snapshot"]
    with pytest.raises(ValueError, match="damaged"):
        replace(snapshot, reading=None)
    assert replace(snapshot, reading=None, damaged=True).damaged


def test_a_batch_is_its_readable_items() -> None:
    batch = Batch(items=(1, 2), unread=(FACTS["unread"],))
    assert list(batch) == [1, 2]
    assert len(batch) == 2


# -- ids ------------------------------------------------------------------------------------------
NUMBERS = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-", min_size=1, max_size=20)


@given(NUMBERS, NUMBERS)
def test_an_account_id_is_stable_and_tells_numbers_apart(one: str, other: str) -> None:
    assert account_id("acme", "live", one) == account_id("acme", "live", one)
    same = account_id("acme", "live", one) == account_id("acme", "live", other)
    assert same == (one == other)


@given(NUMBERS)
def test_an_account_id_does_not_give_the_number_away(number: str) -> None:
    made = account_id("acme", "live", number)
    assert made.startswith("acme:")
    assert len(made) == len("acme:") + 16
    if len(number) > 6:
        assert number.lower() not in made


@given(NUMBERS)
def test_a_practice_account_never_shares_the_id_of_a_real_one(number: str) -> None:
    assert len({account_id("acme", each, number) for each in Environment}) == len(Environment)


@given(st.text("0123456789", max_size=30))
def test_a_masked_number_shows_four_digits_at_most(number: str) -> None:
    mask = number_mask(number)
    assert len(mask) <= 5
    assert mask == "" or number.endswith(mask[1:])
    assert bool(mask) == bool(number)


# -- vocabularies ---------------------------------------------------------------------------------
def test_unknown_words_are_shown_with_the_brokers_own_text() -> None:
    assert shown(AssetType.UNKNOWN, "WARRANT") == "UNKNOWN(WARRANT)"
    assert shown(AssetType.UNKNOWN, "") == "UNKNOWN"
    assert shown(AssetType.ETF, "COLLECTIVE_INVESTMENT") == "etf"


def test_every_word_that_a_broker_chooses_has_an_unknown() -> None:
    ours = {"Environment", "OptionRight", "ConnectionState"}
    closed = [
        kind.__name__
        for _, kind in inspect.getmembers(kinds, inspect.isclass)
        if issubclass(kind, StrEnum) and kind is not StrEnum and "UNKNOWN" not in kind.__members__
    ]
    assert set(closed) <= ours


def test_events_are_about_ids_and_small_facts() -> None:
    from brokerdesk.domain import events

    for _, kind in inspect.getmembers(events, inspect.isclass):
        if issubclass(kind, events.Event):
            for each in fields(kind):
                assert not any(
                    word in str(each.type) for word in ("Reading", "Position", "Balance", "dict")
                ), f"{kind.__name__}.{each.name} carries data; ids and small facts travel"


def test_age_of_a_snapshot_counts_from_its_last_confirmation() -> None:
    later = replace(FACTS["snapshot"], valid_until=NOW + timedelta(hours=1))
    assert later.fetched_at == NOW
    assert later.valid_until - later.fetched_at == timedelta(hours=1)
