"""Transactions, orders, quotes, series and small named texts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

import numpy as np
import pytest
from support.db import ACCOUNT, NOON, OTHER, execute_raw, minutes

from brokerdesk.db.engine import Database
from brokerdesk.db.records import SeriesPoint
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    OrderStatus,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
    TransactionType,
)
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import DatabaseDamagedError


def transaction(number: int, amount: str = "1.00", days: int = 0) -> Transaction:
    return Transaction(
        id=f"t{number}",
        account=ACCOUNT,
        type=TransactionType.TRADE,
        time=NOON + timedelta(days=days),
        amount=Decimal(amount),
    )


def order(number: int, status: OrderStatus = OrderStatus.WORKING, days: int | None = 0) -> Order:
    return Order(
        id=f"o{number}",
        account=ACCOUNT,
        status=status,
        type=OrderType.LIMIT,
        time_in_force=TimeInForce.DAY,
        session=TradingSession.REGULAR,
        legs=(),
        quantity=Decimal(1),
        filled_quantity=Decimal(0),
        entered_at=None if days is None else NOON + timedelta(days=days),
    )


def upsert(
    database: Database, *items: Transaction, account: AccountId = ACCOUNT, at: datetime = NOON
) -> int:
    return database.run_sync(lambda work: work.transactions.upsert(account, items, fetched_at=at))


def upsert_orders(database: Database, *items: Order, at: datetime = NOON) -> int:
    return database.run_sync(lambda work: work.orders.upsert(ACCOUNT, items, fetched_at=at))


def test_transactions_are_told_apart_by_account_and_id(database: Database) -> None:
    for account in (ACCOUNT, OTHER):
        for _ in range(2):
            upsert(database, transaction(1), transaction(2), account=account)
    assert len(database.read_sync(lambda work: work.transactions.list())) == 4
    assert len(database.read_sync(lambda work: work.transactions.list(ACCOUNT))) == 2


def test_upsert_counts_what_changed(database: Database) -> None:
    assert upsert(database, transaction(1), transaction(2)) == 2
    assert upsert(database, transaction(1), transaction(2, "9.00"), transaction(3)) == 2
    assert upsert(database) == 0


def test_what_was_stored_while_the_clock_ran_ahead_can_be_replaced(database: Database) -> None:
    ahead = NOON + timedelta(days=900)
    upsert(database, transaction(1, "1.00"), at=ahead)
    upsert(database, transaction(1, "2.00"), at=NOON)
    found = database.read_sync(lambda work: work.transactions.list(ACCOUNT))
    assert [item.amount for item in found] == [Decimal("2.00")]
    late = quote("ABC", "fake", "1.00", 900 * 24 * 60)
    database.run_sync(lambda work: work.quotes.put([late]))
    database.run_sync(lambda work: work.quotes.put([quote("ABC", "fake", "2.00")]))
    (kept,) = database.read_sync(lambda work: work.quotes.get(["ABC"]))
    assert kept.last == Decimal("2.00")


def test_a_later_version_replaces_and_an_older_answer_does_not(database: Database) -> None:
    for amount, later in (("1.00", 0), ("2.00", 5), ("1.00", 0)):
        upsert(database, transaction(1, amount), at=NOON + minutes(later))
    found = database.read_sync(lambda work: work.transactions.list())
    assert [str(item.amount) for item in found] == ["2.00"]


def test_lists_are_bounded_and_newest_first(database: Database) -> None:
    items = [transaction(n, days=n) for n in range(5)]
    orders = [order(n, days=n) for n in range(5)]
    since, until = NOON + timedelta(days=1), NOON + timedelta(days=3)
    upsert(database, *items)
    upsert_orders(database, *orders)
    found = database.read_sync(lambda w: w.transactions.list(ACCOUNT, since, until))
    assert [item.id for item in found] == ["t3", "t2", "t1"]
    listed = database.read_sync(lambda w: w.orders.list(None, since, until))
    assert [item.id for item in listed] == ["o3", "o2", "o1"]
    assert database.read_sync(lambda w: w.orders.list(OTHER)) == ()


def test_an_order_that_changes_keeps_one_row(database: Database) -> None:
    for n, status in enumerate((OrderStatus.WORKING, OrderStatus.FILLED)):
        upsert_orders(database, order(1, status), at=NOON + minutes(n))
    found = database.read_sync(lambda work: work.orders.list())
    assert [item.status for item in found] == [OrderStatus.FILLED]


def test_an_order_without_times_is_listed_when_it_was_read(database: Database) -> None:
    upsert_orders(database, order(1, days=None))
    found = database.read_sync(lambda work: work.orders.list(ACCOUNT, NOON, NOON))
    assert [item.id for item in found] == ["o1"]


@pytest.mark.parametrize("table", ["transactions", "orders"])
def test_altered_rows_are_damage(database: Database, table: str) -> None:
    upsert(database, transaction(1))
    upsert_orders(database, order(1))
    execute_raw(
        database.path,
        f"UPDATE {table} SET payload = CAST(substr(payload, 1, 20) || x'00' AS BLOB)",  # noqa: S608
    )
    with pytest.raises(DatabaseDamagedError):
        database.read_sync(lambda work: getattr(work, table).list())


def quote(symbol: str, source: str, last: str, later: float = 0) -> Quote:
    return Quote(
        symbol=symbol,
        source=source,
        feed=PriceFeed.DELAYED,
        fetched_at=NOON + minutes(later),
        last=Decimal(last),
    )


def put_quote(work: UnitOfWork, item: Quote) -> None:
    work.quotes.put([item])


def put_meta(work: UnitOfWork, value: str) -> None:
    work.meta.set("x", value)


def test_the_newest_quote_of_any_source_wins(database: Database) -> None:
    put = [quote("A", "x", "1", 5), quote("A", "y", "2", 9), quote("A", "x", "3", 1)]
    for item in put:
        database.run_sync(partial(put_quote, item=item))
    found = database.read_sync(lambda work: work.quotes.get(["B", "A", "A"]))
    assert [str(item.last) for item in found] == ["2"]


def test_quotes_come_in_the_order_asked_for_in_any_number(database: Database) -> None:
    symbols = [f"S{n}" for n in range(1_300)]
    database.run_sync(lambda w: w.quotes.put([quote(symbol, "x", "1") for symbol in symbols]))
    wanted = symbols[::-1]
    found = database.read_sync(lambda work: work.quotes.get(wanted))
    assert [item.symbol for item in found] == wanted


def append_point(work: UnitOfWork, point: SeriesPoint) -> None:
    work.series.append(ACCOUNT, point.day, point.value)


def test_series_replaces_a_day_and_spans_years(database: Database) -> None:
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2)]
    for day, value in zip([*days, days[1]], ("1.5", "2", "3.25", "-4.125"), strict=True):
        point = SeriesPoint(day=day, value=Decimal(value))
        database.run_sync(partial(append_point, point=point))
    points = database.read_sync(lambda work: work.series.values(ACCOUNT))
    assert points == tuple(
        SeriesPoint(day=day, value=Decimal(value))
        for day, value in zip(days, ("1.5", "-4.125", "3.25"), strict=True)
    )
    assert database.read_sync(lambda work: work.series.values(OTHER)) == ()
    assert database.read_sync(lambda work: work.series.values(ACCOUNT, currency="EUR")) == ()


def test_series_columns_are_what_a_chart_needs(database: Database) -> None:
    huge = Decimal("12345678901234567890123.25")
    points = [
        SeriesPoint(day=date(2024, 1, 2), value=huge),
        SeriesPoint(day=date(2025, 1, 2), value=Decimal("0.1")),
        SeriesPoint(day=date(2025, 1, 3), value=Decimal("-7")),
    ]
    database.run_sync(lambda work: work.series.extend(ACCOUNT, points))
    columns = database.read_sync(lambda work: work.series.columns(ACCOUNT))
    assert columns.days.dtype == np.int32
    assert columns.days.tolist() == [point.day.toordinal() for point in points]
    assert columns.values.tolist() == [float(huge), 0.1, -7.0]
    assert database.read_sync(lambda work: work.series.values(ACCOUNT)) == tuple(points)
    empty = database.read_sync(lambda work: work.series.columns(OTHER))
    assert (empty.days.size, empty.values.size) == (0, 0)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), 1.5, 1])
def test_series_takes_finite_decimals_alone(database: Database, value: Decimal) -> None:
    with pytest.raises((TypeError, ValueError)):
        database.run_sync(lambda work: work.series.append(ACCOUNT, date(2026, 1, 1), value))


def test_meta(database: Database) -> None:
    assert database.read_sync(lambda work: work.meta.get("x")) is None
    for value in ("1", "", "ünïcode"):
        database.run_sync(partial(put_meta, value=value))
        assert database.read_sync(lambda work: work.meta.get("x")) == value
