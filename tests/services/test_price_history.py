"""Prices of a holding: from the cache, from the simulated market, from saved snapshots."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.db import (
    ACCOUNT,
    CONNECTION,
    NOON,
    OTHER,
    add_accounts,
    make_instrument,
    minutes,
    opened,
)
from support.rigs import SchwabRig, schwab_rig, sign_in
from support.services import capabilities

from brokerdesk.brokers.base import Network
from brokerdesk.db.engine import Database
from brokerdesk.db.unit_of_work import UnitOfWork
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment, TransactionType
from brokerdesk.domain.position import Position
from brokerdesk.domain.price import DailyPrice
from brokerdesk.domain.reading import Batch, Reading
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import BrokerUnavailableError, NotSupportedError
from brokerdesk.services.price_history import (
    MOST_SAVED,
    PriceAsk,
    PriceHistory,
    PriceHistoryService,
    last_close,
    packed_prices,
    trades_of,
)

D = Decimal
ASK = PriceAsk(
    symbol="ACME",
    asset_type="equity",
    currency="USD",
    environment=Environment.LIVE,
    accounts=(ACCOUNT, OTHER),
)


@dataclass
class Session:
    """A broker that tells prices, and who asked."""

    prices: list[DailyPrice] = field(default_factory=list)
    error: BaseException | None = None
    asked: list[tuple[str, date]] = field(default_factory=list)

    async def daily_prices(self, symbol: str, since: date) -> Batch[DailyPrice]:
        self.asked.append((symbol, since))
        if self.error is not None:
            raise self.error
        return Batch(items=tuple(self.prices))


@dataclass
class Pool:
    """Stands for the open sessions: all connections lead to one."""

    one: Any
    able: bool = True
    network: Network = field(default_factory=Network)
    used: list[str] = field(default_factory=list)

    def session(self, connection: Any) -> Any:
        self.used.append(connection.id)
        return self.one

    def spec(self, _broker: str) -> Any:
        @dataclass
        class Spec:
            capabilities: Any

        return Spec(replace(capabilities(), daily_prices=self.able))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with opened(tmp_path) as made:
        made.run_sync(add_accounts)
        yield made


def service(database: Database, pool: Any, now: datetime = NOON) -> PriceHistoryService:
    return PriceHistoryService(database=database, pool=pool, clock=FakeClock(now))


def closes(found: PriceHistory) -> dict[date, Decimal]:
    return {
        date.fromordinal(day): Decimal(f"{unit}E{found.exponent}")
        for day, unit in zip(found.days, found.units, strict=True)
    }


PRICES = [
    DailyPrice(day=date(2026, 11, 18), close=D("10.5")),
    DailyPrice(day=date(2026, 11, 19), close=D("0.0001")),
]


async def test_nothing_is_known_and_a_broker_could_tell(database: Database) -> None:
    found = await service(database, Pool(Session())).stored(ASK)
    assert (len(found), found.source, found.askable) == (0, "", True)


async def test_what_a_broker_told_is_kept_exactly_and_not_asked_again(database: Database) -> None:
    told = Session(PRICES)
    made = service(database, Pool(told))
    found = await made.fetch(ASK)
    assert closes(found) == {one.day: one.close for one in PRICES}
    assert (found.source, found.fetched_at, found.askable) == ("fake", NOON, False)
    assert told.asked == [("ACME", date(2021, 10, 20))]
    offline = service(database, Pool(Session(), network=Network(offline=True)))
    again = await offline.stored(ASK)
    assert closes(again) == closes(found)


async def test_after_the_next_close_newer_prices_can_be_asked_for(database: Database) -> None:
    pool = Pool(Session(PRICES))
    await service(database, pool).fetch(ASK)
    close = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    for after, askable in ((0, False), (19, False), (21, True)):
        later = service(database, pool, close + timedelta(minutes=after))
        assert (await later.stored(ASK)).askable is askable, after


async def test_an_unknown_symbol_is_not_asked_for_twice(database: Database) -> None:
    made = service(database, Pool(Session([])))
    assert not (await made.fetch(ASK)).askable
    assert len(await made.stored(ASK)) == 0


async def test_a_failure_leaves_the_cache_as_it_was(database: Database) -> None:
    told = Session(PRICES)
    made = service(database, Pool(told))
    await made.fetch(ASK)
    told.error = BrokerUnavailableError("It cannot be reached.")
    with pytest.raises(BrokerUnavailableError):
        await made.fetch(ASK)
    assert len(await made.stored(ASK)) == 2


@pytest.mark.parametrize(
    ("change", "askable"),
    [
        ({}, True),
        ({"asset_type": "etf"}, True),
        ({"asset_type": "mutual_fund"}, True),
        ({"asset_type": "option"}, False),
        ({"asset_type": "crypto"}, False),
        ({"asset_type": "UNKNOWN(X)"}, False),
        ({"environment": Environment.PAPER}, False),
        ({"until": NOON - timedelta(days=30)}, False),
    ],
)
async def test_who_is_asked_for_what(
    database: Database, change: dict[str, Any], askable: bool
) -> None:
    made = service(database, Pool(Session()))
    assert (await made.stored(replace(ASK, **change))).askable is askable


async def test_without_a_broker_that_tells_prices_nothing_is_asked(database: Database) -> None:
    made = service(database, Pool(Session(), able=False))
    assert not (await made.stored(ASK)).askable
    with pytest.raises(NotSupportedError):
        await made.fetch(ASK)


async def test_forgetting_a_connection_forgets_what_was_looked_at(database: Database) -> None:
    made = service(database, Pool(Session(PRICES)))
    await made.fetch(ASK)
    database.run_sync(lambda uow: uow.accounts.forget(CONNECTION))
    assert len(await made.stored(ASK)) == 0


async def test_a_live_price_never_answers_for_a_simulated_one(database: Database) -> None:
    made = service(database, Pool(Session(PRICES)))
    await made.fetch(ASK)
    assert len(await made.stored(replace(ASK, environment=Environment.PRACTICE))) == 0


async def test_a_past_moment_sees_nothing_later(database: Database) -> None:
    made = service(database, Pool(Session(PRICES)))
    await made.fetch(ASK)
    past = datetime(2026, 11, 18, 21, 0, tzinfo=UTC)
    assert list(closes(await made.stored(replace(ASK, until=past)))) == [date(2026, 11, 18)]


# saved with snapshots


def reading(account: AccountId, at: datetime, mark: str | None, symbol: str = "ACME") -> Reading:
    instrument = make_instrument(symbol, cusip="000000001")
    held = Position(instrument=instrument, quantity=D(1), mark=None if mark is None else D(mark))
    return Reading(
        account=account, fetched_at=at, as_of=at, positions=(held,),
        balances=(Balance(currency="USD", cash=D(str(at.timestamp()))),),
    )  # fmt: skip


async def test_saved_prices_stand_in_the_last_of_each_day(database: Database) -> None:
    readings = [
        reading(ACCOUNT, NOON - timedelta(days=3), "9.1"),
        reading(ACCOUNT, NOON - timedelta(days=1), "9.5"),
        reading(ACCOUNT, NOON - timedelta(days=1) + minutes(5), "9.75"),
        reading(ACCOUNT, NOON, None),
        reading(OTHER, NOON, "77"),
    ]
    database.run_sync(lambda uow: uow.snapshots.store_many(readings))
    found = await service(database, Pool(Session())).stored(ASK)
    assert closes(found) == {date(2026, 11, 17): D("9.1"), date(2026, 11, 19): D("9.75")}
    assert (found.source, found.askable) == ("", True)
    assert found.instrument is not None
    assert found.instrument.cusip == "000000001"
    told = await service(database, Pool(Session(PRICES))).fetch(ASK)
    assert told.source == "fake"


async def test_very_many_saved_days_are_thinned_evenly(database: Database) -> None:
    days = MOST_SAVED * 3
    readings = [reading(ACCOUNT, NOON - timedelta(days=days - n), f"{n}.5") for n in range(days)]
    database.run_sync(lambda uow: uow.snapshots.store_many(readings))
    found = await service(database, Pool(Session())).stored(ASK)
    assert len(found) == MOST_SAVED
    steps = {b - a for a, b in zip(found.days, found.days[1:], strict=False)}
    assert steps <= {3, 4}
    assert found.units[0] == 5
    assert found.units[-1] == (days - 1) * 10 + 5


async def test_another_instrument_of_the_same_symbol_is_not_taken(database: Database) -> None:
    readings = [reading(ACCOUNT, NOON, "9.1")]
    database.run_sync(lambda uow: uow.snapshots.store_many(readings))
    found = await service(database, Pool(Session())).stored(replace(ASK, asset_type="crypto"))
    assert len(found) == 0
    assert found.instrument is None


# trades


def trade(number: int, **changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "id": f"t{number}",
        "account": ACCOUNT,
        "type": TransactionType.TRADE,
        "time": NOON + timedelta(days=number),
        "amount": D(-10),
        "instrument": make_instrument("ACME"),
        "quantity": D(number),
        "price": D("10.5"),
    }
    return Transaction(**{**values, **changes})


async def test_purchases_and_sales_are_found_among_others(database: Database) -> None:
    rows = [
        trade(-9),
        trade(-3, quantity=D("-2.5")),
        trade(1, instrument=make_instrument("ACMEX")),
        trade(2, type=TransactionType.TRANSFER),
        trade(3, quantity=None),
        trade(4, instrument=None, description="ACME split"),
        trade(5, instrument=make_instrument("ACME", currency="EUR")),
    ]
    database.run_sync(lambda uow: uow.transactions.upsert(ACCOUNT, rows, fetched_at=NOON))
    found = await service(database, Pool(Session())).stored(ASK)
    assert [one.quantity for one in found.trades] == [D(-9), D("-2.5")]
    past = replace(ASK, until=NOON - timedelta(days=5))
    assert [one.quantity for one in trades_of(past, rows)] == [D(-9)]


@pytest.mark.parametrize("word", ["ACME", "a'b", "%", "\u202eX", ""])
def test_a_search_by_word_takes_the_word_as_it_is(database: Database, word: str) -> None:
    rows = [trade(1, description="plain"), trade(2, description=word, instrument=None)]

    def look(uow: UnitOfWork) -> set[str]:
        return {one.id for one in uow.transactions.naming([ACCOUNT], word)}

    database.run_sync(lambda uow: uow.transactions.upsert(ACCOUNT, rows, fetched_at=NOON))
    found = database.read_sync(look)
    expected = {"ACME": {"t1", "t2"}, "": {"t1", "t2"}}.get(word, {"t2"})
    assert found == expected


# pure parts


def test_packing_keeps_every_digit() -> None:
    prices = {3: D("12345678901234567890.123456789012345678"), 1: D("1E+3"), 2: D("0.1")}
    days, units, exponent = packed_prices(prices)
    assert list(days) == [1, 2, 3]
    back = [Decimal(f"{unit}E{exponent}") for unit in units]
    assert back == [prices[1], prices[2], prices[3]]
    assert len(packed_prices({})[0]) == 0


@pytest.mark.parametrize(
    ("now", "close"),
    [
        (datetime(2026, 11, 20, 17, 0, tzinfo=UTC), datetime(2026, 11, 19, 21, 0, tzinfo=UTC)),
        (datetime(2026, 11, 20, 21, 0, tzinfo=UTC), datetime(2026, 11, 20, 21, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 5, 0, tzinfo=UTC), datetime(2026, 11, 20, 21, 0, tzinfo=UTC)),
        # Thanksgiving has no session, the day after closes at 13:00
        (datetime(2026, 11, 26, 22, 0, tzinfo=UTC), datetime(2026, 11, 25, 21, 0, tzinfo=UTC)),
        (datetime(2026, 11, 27, 18, 30, tzinfo=UTC), datetime(2026, 11, 27, 18, 0, tzinfo=UTC)),
        # summer time
        (datetime(2026, 7, 1, 20, 1, tzinfo=UTC), datetime(2026, 7, 1, 20, 0, tzinfo=UTC)),
    ],
)
def test_the_last_close(now: datetime, close: datetime) -> None:
    assert last_close(now) == close


# against the simulated market


@asynccontextmanager
async def practice(database: Database) -> AsyncIterator[tuple[SchwabRig, PriceHistoryService]]:
    async with schwab_rig() as rig:
        session = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
        pool: Any = Pool(session)
        pool.spec = lambda _broker: rig.spec
        try:
            yield rig, PriceHistoryService(database=database, pool=pool, clock=rig.clock)
        finally:
            await session.aclose()


async def test_five_years_of_the_simulated_market(database: Database) -> None:
    ask = replace(ASK, symbol="AAPL")
    async with practice(database) as (rig, made):
        before = await made.stored(ask)
        assert before.askable
        assert not any("pricehistory" in path for path in rig.requests()), "only when asked to"
        found = await made.fetch(ask)
        requests = [path for path in rig.requests() if "pricehistory" in path]
        again = await made.stored(ask)
    assert len(requests) == 1
    assert len(found) > 5 * 250
    assert not again.askable
    assert closes(again) == closes(found)


async def test_the_simulated_market_knows_no_such_symbol(database: Database) -> None:
    async with practice(database) as (_rig, made):
        found = await made.fetch(replace(ASK, symbol="ZZZZ"))
    assert len(found) == 0
