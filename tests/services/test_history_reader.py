"""Histories out of a real database: days, one day, currencies, environments, ends."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.services import BROKER, Bench, a_reading, a_transaction, an_account, bench

from brokerdesk.db.records import SeriesPoint
from brokerdesk.db.repositories.series_exact import exact_years
from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.kinds import Environment, TransactionType
from brokerdesk.services.gathering import store_reading
from brokerdesk.services.history_day import DayReadings, day_line
from brokerdesk.services.history_facts import Flow
from brokerdesk.services.history_ranges import Range
from brokerdesk.services.history_reader import HistoryReader, HistoryService

TODAY = date(2026, 11, 20)
LIVE, PAPER = Environment.LIVE, Environment.PAPER
OPENS = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
CONNECTION = ConnectionId("acme-1")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


def service(desk: Bench) -> HistoryService:
    return HistoryService(database=desk.database, reader=HistoryReader())


async def put(desk: Bench, *accounts: Account) -> None:
    def write(uow: Any) -> None:
        if uow.connections.get(CONNECTION) is None:
            uow.connections.add(
                Connection(
                    id=CONNECTION,
                    broker=BROKER,
                    environment=LIVE,
                    name="one",
                    identity="one",
                    created_at=desk.clock.now(),
                )
            )
        for account in accounts:
            uow.accounts.save(CONNECTION, account, included=True)

    await desk.database.run(write)


async def days(
    desk: Bench, account: Account, values: dict[int, str], currency: str = "USD"
) -> None:
    """Values by how many days ago."""
    points = [
        SeriesPoint(day=TODAY - timedelta(days=ago), value=Decimal(value))
        for ago, value in values.items()
    ]
    await desk.database.run(lambda uow: uow.series.extend(account.id, points, currency=currency))


def shown(line: Any) -> list[Any]:
    return [(TODAY.toordinal() - x, line.value(index)) for index, x in enumerate(line.xs)]


async def test_years_and_exponents_are_joined_exactly(desk: Bench) -> None:
    account = an_account()
    await put(desk, account)
    values = {400: "1.5", 399: "-2", 1: "0.0001", 0: "90071992547409919999.25"}
    await days(desk, account, values)
    line = (await service(desk).daily(LIVE, "USD")).over(Range.ALL, TODAY)
    assert shown(line) == [(ago, Decimal(value)) for ago, value in values.items()]
    years = await desk.database.read(lambda uow: exact_years(uow.series, account.id))
    assert [len(year.days) for year in years] == [2, 2]


async def test_currencies_and_environments_are_kept_apart(desk: Bench) -> None:
    live, paper = an_account(), an_account("5", environment=PAPER)
    await put(desk, live, paper)
    await days(desk, live, {1: "10", 0: "11"})
    await days(desk, live, {0: "7"}, currency="EUR")
    await days(desk, paper, {0: "1000"})
    history = service(desk)
    assert shown((await history.daily(LIVE, "USD")).over(Range.ALL, TODAY)) == [(1, 10), (0, 11)]
    assert shown((await history.daily(LIVE, "EUR")).over(Range.ALL, TODAY)) == [(0, 7)]
    assert shown((await history.daily(PAPER, "USD")).over(Range.ALL, TODAY)) == [(0, 1000)]
    assert len(await history.daily(Environment.PRACTICE, "USD")) == 0
    assert len(await history.daily(LIVE, "USD", accounts=[paper.id])) == 0
    assert len(await history.daily(LIVE, "USD", accounts=[live.id])) == 2


async def test_only_included_accounts_count(desk: Bench) -> None:
    one, other = an_account("1"), an_account("2")
    await put(desk, one, other)
    await days(desk, one, {0: "1"})
    await days(desk, other, {0: "2"})
    await desk.database.run(lambda uow: uow.accounts.include(other.id, False))
    assert shown((await service(desk).daily(LIVE, "USD")).over(Range.ALL, TODAY)) == [(0, 1)]


async def test_a_closed_account_leaves_and_its_days_stay(desk: Bench) -> None:
    one, other = an_account("1"), an_account("2")
    await put(desk, one, other)
    await days(desk, one, {3: "1", 2: "1", 1: "1", 0: "1"})
    await days(desk, other, {3: "50", 2: "50", 1: "50"})
    closed = desk.clock.now() - timedelta(days=1)
    await desk.database.run(lambda uow: uow.accounts.close(other.id, closed))
    line = (await service(desk).daily(LIVE, "USD")).over(Range.ALL, TODAY)
    assert shown(line) == [(3, 51), (2, 51), (1, 1), (0, 1)]
    assert line.change is not None
    assert line.change.left == 50


async def test_a_disconnected_account_leaves_as_it_does_from_the_portfolio(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(86400)
    await desk.services.refreshing.refresh(row.id)
    await desk.services.connecting.remove(row.id, keep_history=True)
    line = (await service(desk).daily(LIVE, "USD")).over(Range.ALL, TODAY + timedelta(days=9))
    assert shown(line) == [(0, Decimal(10000))]


async def test_a_refresh_makes_a_point_that_its_deposit_explains(desk: Bench) -> None:
    row = await desk.connected()
    account = desk.bank.accounts[0].id
    for value in ("10000", "10650"):
        desk.bank.shows(account, value=value)
        await desk.services.refreshing.refresh(row.id)
        await desk.clock.advance(86400)
        came = desk.clock.now() - timedelta(hours=1)
        desk.bank.transactions[account] = [
            a_transaction(account, came, "600", type=TransactionType.DEPOSIT)
        ]
    line = (await service(desk).daily(LIVE, "USD")).over(Range.ALL, date.max)
    assert [line.value(index) for index in range(2)] == [10000, 10650]
    assert line.change is not None
    change = line.change
    assert [change.absolute, change.deposits or 0, change.price or 0] == [650, 600, 50]
    assert [mark.amount for mark in line.marks] == [600]


async def test_before_the_first_look_deposits_are_not_known(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await days(desk, desk.bank.accounts[0], {800: "1", 300: "2"})
    history = await service(desk).daily(LIVE, "USD")
    long, short = (history.over(one, TODAY).change for one in (Range.ALL, Range.YEAR))
    assert long is not None
    assert short is not None
    assert long.price is None
    assert short.price is not None


async def test_one_day_as_it_was_read(desk: Bench) -> None:
    one, other = an_account("1"), an_account("2")
    await put(desk, one, other)
    await days(desk, one, {1: "100", 0: "104"})
    await days(desk, other, {4: "50"})

    def write(uow: Any) -> None:
        for minutes, value in ((5, "101"), (10, "101"), (15, "104")):
            at = OPENS + timedelta(minutes=minutes)
            store_reading(uow, a_reading(one.id, at, value=value))

    await desk.database.run(write)
    line = await service(desk).day(LIVE, "USD", TODAY)
    minutes = [(x - int(OPENS.timestamp())) // 60 for x in line.xs]
    assert line.intraday
    assert minutes == [0, 5, 10, 15]
    assert [line.value(index) for index in range(4)] == [150, 151, 151, 154]
    assert list(line.carried) == [2, 1, 1, 1]
    assert line.change is not None
    assert line.change.absolute == 4
    until = OPENS + timedelta(minutes=7)
    early = await service(desk).day(LIVE, "USD", TODAY, until=until)
    assert [early.value(index) for index in range(len(early))] == [150, 151, 151]
    assert early.xs[-1] == int(until.timestamp())


async def test_one_day_in_an_accounts_second_currency(desk: Bench) -> None:
    account = an_account()
    await put(desk, account)
    await days(desk, account, {1: "7"}, currency="EUR")
    at = OPENS + timedelta(hours=1)
    two = (
        Balance(currency="USD", net_liquidation=Decimal(5)),
        Balance(currency="EUR", net_liquidation=Decimal(8)),
    )
    await desk.database.run(lambda uow: store_reading(uow, a_reading(account.id, at, balances=two)))
    line = await service(desk).day(LIVE, "EUR", TODAY)
    assert [line.value(index) for index in range(len(line))] == [7, 8]
    assert len(await service(desk).day(LIVE, "CHF", TODAY)) == 0


# one day, without a database


def readings(name: str, before: str | None, *found: tuple[int, str], ago: int = 1) -> DayReadings:
    return DayReadings(
        account=AccountId(name),
        before=None if before is None else Decimal(before),
        before_day=None if before is None else TODAY - timedelta(days=ago),
        readings=tuple(
            (OPENS + timedelta(minutes=at), OPENS + timedelta(minutes=at), Decimal(value))
            for at, value in found
        ),
    )


def day_of(*accounts: DayReadings, **more: Any) -> Any:
    return day_line(accounts, currency="USD", day=TODAY, opens=OPENS, **more)


def day_values(line: Any) -> list[Decimal]:
    return [line.value(index) for index in range(len(line))]


def test_a_value_too_old_to_carry_keeps_the_total_unknown_until_it_is_read() -> None:
    line = day_of(readings("a", "1", (5, "2"), (20, "3")), readings("b", "9", (10, "8"), ago=8))
    assert day_values(line) == [10, 11]
    assert isinstance(line.xs, array)


def test_a_new_account_joins_when_it_is_read() -> None:
    line = day_of(readings("a", "1", (5, "2")), readings("b", None, (10, "8")))
    assert day_values(line) == [1, 2, 10]
    assert (line.change.absolute, line.change.joined) == (9, 8)


def test_the_first_day_ever_begins_with_its_first_reading() -> None:
    line = day_of(readings("a", None, (5, "2"), (6, "4")))
    assert day_values(line) == [2, 4]
    assert (line.change.absolute, line.change.joined) == (2, 0)


def test_nothing_was_read_that_day() -> None:
    line = day_of(readings("a", "1"))
    assert (len(line), line.change, line.marks) == (0, None, ())


def test_a_reading_before_the_market_opens_has_the_close_before_it() -> None:
    line = day_of(readings("a", "1", (-90, "2")))
    assert day_values(line) == [1, 2]
    assert line.xs[0] < line.xs[1] < OPENS.timestamp()


def test_readings_in_one_second_make_one_point() -> None:
    line = day_of(readings("a", "1", (5, "2")), readings("b", "1", (5, "3")))
    assert day_values(line) == [2, 5]
    assert list(line.carried) == [2, 0]


@pytest.mark.parametrize(("known", "price"), [(True, Decimal("0.5")), (False, None)])
def test_todays_deposit_explains_todays_change(known: bool, price: Decimal | None) -> None:
    flows = [Flow(account=AccountId("a"), day=TODAY.toordinal(), amount=Decimal("2.5"))]
    line = day_of(readings("a", "1", (5, "4")), flows=flows, flows_known=known)
    assert line.change.price == price
    assert [(mark.x, mark.amount) for mark in line.marks] == [(line.xs[-1], Decimal("2.5"))]
