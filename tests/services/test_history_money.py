"""A history in the base currency: each day by its own rate, whole numbers, nothing guessed."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.db import ACCOUNT, NOON, OTHER, add_accounts, opened

from brokerdesk.db.engine import Database
from brokerdesk.db.records import SeriesPoint
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.exchange_rate import DayRates, RateColumn
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment, TransactionType
from brokerdesk.domain.market_hours import new_york_day
from brokerdesk.domain.reading import Reading
from brokerdesk.domain.transaction import Transaction
from brokerdesk.services.converting import RateTable
from brokerdesk.services.gathering import store_reading
from brokerdesk.services.history import History
from brokerdesk.services.history_money import MILLIONTHS, _path
from brokerdesk.services.history_ranges import Range
from brokerdesk.services.history_reader import HistoryReader
from brokerdesk.services.rates import BANK, MARKET

D = Decimal
TODAY = new_york_day(NOON)
LIVE = Environment.LIVE


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path) as found:
        found.run_sync(add_accounts)
        yield found


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def rates(database: Database, source: str = BANK, **found: dict[int, str]) -> None:
    """Rates for one euro, by how many days ago."""
    days = sorted({day for its in found.values() for day in its}, reverse=True)
    database.run_sync(
        lambda uow: uow.rates.put(
            source,
            [
                DayRates(
                    day=ago(day),
                    per_euro=tuple(
                        (code, D(its[day])) for code, its in found.items() if day in its
                    ),
                )
                for day in days
            ],
        )
    )


def values(database: Database, account: AccountId, currency: str, its: dict[int, str]) -> None:
    points = [SeriesPoint(day=ago(day), value=D(text)) for day, text in its.items()]
    database.run_sync(lambda uow: uow.series.extend(account, points, currency=currency))


def daily(database: Database, base: str = "USD", *, together: bool = True) -> History:
    return database.read_sync(lambda uow: HistoryReader().daily(uow, LIVE, base, together=together))


def shown(history: History) -> dict[int, Decimal]:
    line = history.over(Range.ALL, TODAY)
    return {
        (TODAY - date.fromordinal(day)).days: line.value(place) for place, day in enumerate(line.xs)
    }


def test_each_day_has_its_own_rate(database: Database) -> None:
    rates(database, USD={3: "1.10", 2: "1.20", 0: "1.30"})
    values(database, ACCOUNT, "USD", {3: "100.00", 2: "100.00", 1: "100.00", 0: "100.00"})
    values(database, OTHER, "EUR", {3: "10", 2: "10", 1: "10", 0: "10"})
    assert shown(daily(database)) == {3: D(111), 2: D(112), 1: D(112), 0: D(113)}
    assert shown(daily(database, together=False)) == dict.fromkeys((3, 2, 1, 0), D(100))


def test_a_later_rate_changes_no_earlier_day(database: Database) -> None:
    rates(database, USD={5: "1.10"})
    values(database, ACCOUNT, "EUR", {5: "10", 4: "10"})
    before = shown(daily(database))
    rates(database, USD={0: "9.99"})
    assert shown(daily(database)) == before


def test_what_is_in_the_base_currency_keeps_every_digit(database: Database) -> None:
    values(database, ACCOUNT, "USD", {1: "0.123456789", 0: "12345678901234567890.5"})
    assert shown(daily(database)) == {1: D("0.123456789"), 0: D("12345678901234567890.5")}


def test_a_currency_without_rates_is_left_out_and_changes_no_other(database: Database) -> None:
    rates(database, USD={3: "1.10"})
    values(database, ACCOUNT, "USD", {3: "100", 0: "100"})
    values(database, OTHER, "CHF", {3: "10", 0: "10"})
    assert shown(daily(database)) == {3: D(100), 0: D(100)}


def test_days_before_the_first_rate_are_not_shown_without_what_has_none(
    database: Database,
) -> None:
    rates(database, USD={1: "1.10"})
    values(database, ACCOUNT, "USD", {3: "100", 2: "100", 1: "100", 0: "100"})
    values(database, OTHER, "EUR", {3: "10", 2: "10", 1: "10", 0: "10"})
    assert shown(daily(database)) == {1: D(111), 0: D(111)}


def test_two_currencies_of_one_account_are_one_value(database: Database) -> None:
    rates(database, USD={3: "1.10", 0: "1.20"})
    values(database, ACCOUNT, "USD", {3: "100", 2: "100", 0: "100"})
    values(database, ACCOUNT, "EUR", {3: "10", 0: "10"})
    history = daily(database)
    assert shown(history) == {3: D(111), 2: D(100), 0: D(112)}  # nothing was listed on day 2
    assert len(history.joined) == 1


def test_what_the_broker_said_comes_first_on_its_day(database: Database) -> None:
    rates(database, USD={3: "1.10", 2: "1.20", 1: "1.30"})
    values(database, ACCOUNT, "EUR", {3: "10", 2: "10", 1: "10"})
    said = {"EUR": D("1.15"), "USD": D(1)}
    database.run_sync(lambda uow: uow.rates.note_own(ACCOUNT, ago(2), said))
    assert shown(daily(database)) == {3: D(11), 2: D("11.5"), 1: D(13)}


def test_practice_rates_serve_no_real_money(database: Database) -> None:
    rates(database, MARKET, USD={3: "1.10"})
    values(database, ACCOUNT, "USD", {3: "100"})
    values(database, OTHER, "EUR", {3: "10"})
    assert shown(daily(database)) == {3: D(100)}


def test_a_deposit_counts_at_the_rate_of_its_day(database: Database) -> None:
    rates(database, USD={4: "1.10", 2: "1.20", 0: "1.30"})
    values(database, ACCOUNT, "EUR", {4: "10", 2: "15", 0: "15"})
    paid = Transaction(
        id="t", account=ACCOUNT, type=TransactionType.DEPOSIT, time=NOON - timedelta(days=2),
        amount=D(5), currency="EUR",
    )  # fmt: skip

    def book(uow: object) -> None:
        uow.transactions.upsert(ACCOUNT, [paid], fetched_at=NOON)  # type: ignore[attr-defined]
        uow.meta.set(f"transactions_until:{ACCOUNT}", NOON.isoformat())  # type: ignore[attr-defined]

    database.run_sync(book)
    line = daily(database).over(Range.ALL, TODAY)
    assert [mark.amount for mark in line.marks] == [D("6.00")]


def test_one_day_is_told_at_the_days_rate(database: Database) -> None:
    rates(database, USD={1: "1.10", 0: "1.20"})
    values(database, ACCOUNT, "EUR", {1: "10"})
    read = Reading(
        account=ACCOUNT,
        fetched_at=NOON,
        as_of=NOON,
        balances=(Balance(currency="EUR", net_liquidation=D(12)),),
        positions=(),
    )
    database.run_sync(lambda uow: store_reading(uow, read))
    line = database.read_sync(
        lambda uow: HistoryReader().day(uow, LIVE, "USD", TODAY, together=True)
    )
    assert [line.value(place) for place in range(len(line))] == [D(11), D("14.4")]
    assert line.currency == "USD"


@given(
    st.lists(st.decimals("0.0001", "20000", places=4), min_size=1, max_size=8),
    st.lists(st.decimals("0.0001", "20000", places=4), min_size=1, max_size=8),
    st.lists(st.integers(-(10**14), 10**14), min_size=1, max_size=20),
    st.integers(-4, 0),
)
def test_converted_numbers_are_the_exact_ones_rounded_once(
    mine: list[Decimal], other: list[Decimal], units: list[int], exponent: int
) -> None:
    first = TODAY.toordinal()

    def column(its: list[Decimal]) -> RateColumn:
        days = array("i", range(first, first + len(its)))
        return RateColumn(days=days, units=[int(one.scaleb(4)) for one in its], exponent=-4)

    table = RateTable({"CHF": column(mine), "USD": column(other)}.get)
    path = _path(table, "CHF", "USD", {})
    days = array("i", range(first - 1, first - 1 + len(units)))
    kept, found, power = path.converted((days, units, exponent))
    assert power == MILLIONTHS
    assert list(kept) == list(days[1:])
    for day, number in zip(kept, found, strict=True):
        rate = table.rate("CHF", "USD", date.fromordinal(day))
        assert rate is not None
        exact = rate.of(D(units[day - first + 1]).scaleb(exponent))
        assert abs(number - exact.scaleb(6)) <= D("0.5000001")
