"""Entries and orders of several accounts, read from the cache in spans."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.db import ACCOUNT, NOON, OTHER, add_accounts, make_instrument, opened

from brokerdesk.db.engine import Database
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
    TransactionType,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.activity import SPAN, entries
from brokerdesk.services.orders_list import is_open, orders

D = Decimal
THIRD = AccountId("fake:0000000000000003")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path) as made:
        made.run_sync(lambda uow: add_accounts(uow, 3))
        yield made


def booked(number: str, days: float, account: AccountId = ACCOUNT) -> Transaction:
    return Transaction(
        id=number, account=account, type=TransactionType.FEE, time=NOON - timedelta(days=days),
        amount=D(-1),
    )  # fmt: skip


def keep(database: Database, *rows: Transaction) -> None:
    def store(uow: Any) -> None:
        for account in (ACCOUNT, OTHER, THIRD):
            own = [row for row in rows if row.account == account]
            uow.transactions.upsert(account, own, fetched_at=NOON)

    database.run_sync(store)


async def test_nothing_stored_is_nothing(database: Database) -> None:
    assert await entries(database, [ACCOUNT, OTHER], None, NOON) == ()
    assert await entries(database, [], None, NOON) == ()


async def test_all_spans_of_all_accounts_the_newest_first(database: Database) -> None:
    rows = [booked("a", 1), booked("b", 400, OTHER), booked("c", 91), booked("d", 92, OTHER),
            booked("e", 184), booked("f", 2, THIRD)]  # fmt: skip
    keep(database, *rows)
    found = await entries(database, [ACCOUNT, OTHER], None, NOON)
    assert [one.id for one in found] == ["a", "c", "d", "e", "b"]


@pytest.mark.parametrize("edge", [timedelta(0), timedelta(microseconds=1)])
async def test_an_entry_on_the_seam_of_two_spans_is_there_once(
    database: Database, edge: timedelta
) -> None:
    seam = SPAN + edge
    keep(database, booked("seam", seam / timedelta(days=1)), booked("old", 500))
    found = await entries(database, [ACCOUNT], None, NOON)
    assert [one.id for one in found] == ["seam", "old"]


async def test_both_bounds_belong_to_the_range(database: Database) -> None:
    keep(database, booked("a", 1), booked("b", 2), booked("c", 3), booked("d", 4))
    day = timedelta(days=1)
    found = await entries(database, [ACCOUNT], NOON - 3 * day, NOON - 2 * day)
    assert [one.id for one in found] == ["b", "c"]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
async def test_reading_in_spans_is_reading_at_once(database: Database, data: Any) -> None:
    ages = data.draw(st.lists(st.floats(0, 900), max_size=30))
    keep(database, *(booked(f"h{n}", age, (ACCOUNT, OTHER)[n % 2]) for n, age in enumerate(ages)))
    since = data.draw(st.none() | st.floats(0, 900).map(lambda age: NOON - timedelta(days=age)))
    found = await entries(database, [ACCOUNT, OTHER], since, NOON)
    every = database.read_sync(
        lambda uow: [
            one
            for account in (ACCOUNT, OTHER)
            for one in uow.transactions.list(account, since=since, until=NOON)
        ]
    )
    assert {one.id for one in found} == {one.id for one in every}
    assert len(found) == len(every)
    times = [one.time for one in found]
    assert times == sorted(times, reverse=True)


# orders


def order(number: str, days: float | None, status: OrderStatus, **changes: Any) -> Order:
    leg = OrderLeg(instrument=make_instrument("ACME"), side=OrderSide.BUY, quantity=D(1))
    values: dict[str, Any] = {
        "id": number,
        "account": ACCOUNT,
        "status": status,
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.DAY,
        "session": TradingSession.REGULAR,
        "legs": (leg,),
        "quantity": D(1),
        "filled_quantity": D(0),
        "entered_at": None if days is None else NOON - timedelta(days=days),
    }
    return Order(**{**values, **changes})


async def test_open_orders_are_there_whenever_they_were_entered(database: Database) -> None:
    rows = [
        order("new", 1, OrderStatus.FILLED),
        order("old", 50, OrderStatus.FILLED),
        order("open", 50, OrderStatus.WORKING),
        order("odd", 60, OrderStatus.UNKNOWN),
        order("late", 55, OrderStatus.EXPIRED, closed_at=NOON),
        order("undated", None, OrderStatus.REJECTED),
    ]
    database.run_sync(lambda uow: uow.orders.upsert(ACCOUNT, rows, fetched_at=NOON))
    found = await orders(database, [ACCOUNT], NOON - timedelta(days=30))
    assert [one.id for one in found] == ["new", "open", "late", "odd", "undated"]
    assert len(await orders(database, [ACCOUNT, OTHER])) == len(rows)
    assert await orders(database, [OTHER]) == ()


def test_a_filled_order_whose_tied_one_works_is_open() -> None:
    child = order("c", 1, OrderStatus.WORKING)
    parent = order("p", 1, OrderStatus.FILLED, children=(child,))
    assert is_open(parent)
    assert not is_open(order("x", 1, OrderStatus.FILLED))
