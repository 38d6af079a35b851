"""Reference rates are asked for once a business day, while needed, and from nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from support.clock import FakeClock
from support.db import ACCOUNT, add_accounts, opened

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.euro_rates import RateFile
from brokerdesk.db.engine import Database
from brokerdesk.db.records import SeriesPoint
from brokerdesk.db.repositories.rates import RateAnswer
from brokerdesk.domain.events import Event, RatesChanged
from brokerdesk.domain.kinds import Environment
from brokerdesk.services.rate_keeping import RateKeeper, Stock, due, next_publication
from brokerdesk.services.rates import BANK, MARKET, tables_in
from brokerdesk.settings import Settings
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.tasks import Supervisor

SATURDAY = datetime(2026, 11, 21, 12, tzinfo=UTC)
FRIDAY = date(2026, 11, 20)
PRACTICE = [(Environment.PRACTICE, "CAD")]


@dataclass
class Stand:
    database: Database
    sim: SimulatorServer
    clock: FakeClock
    keeper: RateKeeper
    events: list[Event]
    settings: Settings = field(default_factory=Settings)
    network: Network = field(default_factory=Network)

    def asked(self) -> list[str]:
        return [
            str(one["path"]).rpartition("eurofxref-")[2]
            for one in self.sim.log
            if "eurofxref" in str(one["path"])
        ]

    def newest(self) -> date | None:
        return self.database.read_sync(lambda uow: uow.rates.newest(MARKET))

    async def later(self, **span: float) -> None:
        await self.clock.advance(timedelta(**span).total_seconds())
        await self.keeper.look()


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Stand]:
    clock = FakeClock(SATURDAY)
    events: list[Event] = []
    with opened(tmp_path) as database:
        database.run_sync(add_accounts)
        async with SimulatorServer(SimulatorOptions(clock=clock)) as sim:
            found: list[Stand] = []
            keeper = RateKeeper(
                database=database,
                clock=clock,
                publish=events.append,
                supervisor=Supervisor(lambda _name, _error: None),
                settings=lambda: found[0].settings,
                network=lambda: found[0].network,
                practice_urls={"x": "tcp://127.0.0.1:1", "y": sim.origin("schwab").base_url},
            )
            found.append(Stand(database, sim, clock, keeper, events))
            yield found[0]


async def test_nothing_is_asked_while_nothing_is_converted(stand: Stand) -> None:
    await stand.keeper.look()
    await stand.later(days=3)
    assert stand.asked() == []
    assert stand.events == []


async def test_the_first_need_is_met_at_once_and_told(stand: Stand) -> None:
    stand.keeper.want(PRACTICE)
    await stand.keeper.look()
    assert stand.asked() == ["hist-90d.xml"]
    assert stand.newest() == FRIDAY
    assert stand.events == [RatesChanged()]
    await stand.keeper.look()
    await stand.later(hours=20)
    assert stand.asked() == ["hist-90d.xml"]  # nothing new before Monday afternoon

    def rate(uow: object) -> Decimal | None:
        table = tables_in(uow)(Environment.PRACTICE)  # type: ignore[arg-type]
        found = table.rate("CAD", "USD", SATURDAY.date())
        return None if found is None else found.value

    told = stand.database.read_sync(rate)
    assert told is not None
    assert abs(told - Decimal("1.1600") / Decimal("1.6340")) < Decimal("1E-20")
    assert (
        stand.database.read_sync(
            lambda uow: tables_in(uow)(Environment.LIVE).rate("CAD", "USD", SATURDAY.date())
        )
        is None
    )


async def test_each_business_day_is_asked_for_once(stand: Stand) -> None:
    stand.keeper.want(PRACTICE)
    await stand.keeper.look()
    await stand.later(days=2, hours=2)  # Monday afternoon, before the publication
    assert stand.asked() == ["hist-90d.xml"]
    await stand.later(hours=2)
    assert stand.asked()[1:] == ["daily.xml"]
    assert stand.newest() == date(2026, 11, 23)
    for _ in range(6):
        await stand.later(hours=3)
    assert stand.asked()[1:] == ["daily.xml"]
    await stand.later(days=1)
    assert stand.asked()[2:] == ["daily.xml"]


async def test_earlier_days_are_fetched_when_a_history_needs_them(stand: Stand) -> None:
    stand.keeper.want(PRACTICE)
    await stand.keeper.look()
    point = SeriesPoint(day=date(2023, 3, 1), value=Decimal(1))
    stand.database.run_sync(lambda uow: uow.series.extend(ACCOUNT, [point]))
    await stand.later(minutes=6)
    assert stand.asked()[1:] == ["hist.zip"]
    first = stand.database.read_sync(lambda uow: uow.rates.column(MARKET, "CAD"))
    assert first is not None
    assert date.fromordinal(first.days[0]) == date(2022, 12, 22)
    await stand.later(hours=1)
    assert stand.asked()[2:] == []


async def test_switched_off_or_offline_nothing_is_asked(stand: Stand) -> None:
    stand.keeper.want(PRACTICE)
    stand.settings = replace(stand.settings, reference_rates=False)
    await stand.keeper.look()
    stand.settings, stand.network = Settings(), Network(offline=True)
    await stand.keeper.look()
    assert stand.asked() == []
    stand.network = Network()
    await stand.keeper.look()
    assert stand.newest() == FRIDAY


async def test_a_failure_waits_longer_each_time_and_keeps_what_is_there(stand: Stand) -> None:
    stand.keeper.want(PRACTICE)
    stand.sim.faults.add({"path": "/stats/", "kind": "status", "args": {"status": 503}})
    await stand.keeper.look()
    assert len(stand.asked()) == 1
    await stand.later(minutes=9)
    assert len(stand.asked()) == 1
    await stand.later(minutes=2)
    assert len(stand.asked()) == 2
    await stand.later(minutes=15)
    assert len(stand.asked()) == 2
    assert stand.events == []
    stand.sim.faults.clear()
    await stand.later(minutes=6)
    assert stand.newest() == FRIDAY
    assert stand.events == [RatesChanged()]


async def test_real_money_never_asks_the_practice_market(stand: Stand) -> None:
    stand.network = Network(proxy="http://127.0.0.1:9")  # nobody answers there
    stand.keeper.want([(Environment.LIVE, "EUR")])
    await stand.keeper.look()
    assert stand.asked() == []
    assert stand.database.read_sync(lambda uow: uow.rates.newest(BANK)) is None


def stock(newest: date | None, wanted: date, *answers: tuple[RateFile, datetime, date]) -> Stock:
    return Stock(
        newest=newest,
        wanted=wanted,
        answers={name: RateAnswer(fetched_at=at, since=since) for name, at, since in answers},
    )


MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)
LONG_AGO = date(2020, 1, 1)


@pytest.mark.parametrize(
    ("there", "now", "expected"),
    [
        (stock(None, FRIDAY - timedelta(days=20)), SATURDAY, RateFile.QUARTER),
        (stock(None, LONG_AGO), SATURDAY, RateFile.ALL),
        (stock(FRIDAY, LONG_AGO, (RateFile.ALL, SATURDAY, LONG_AGO)), SATURDAY, None),
        (stock(FRIDAY, LONG_AGO, (RateFile.ALL, SATURDAY, LONG_AGO)), MONDAY, RateFile.DAY),
        (stock(FRIDAY, LONG_AGO, (RateFile.DAY, MONDAY, LONG_AGO)), MONDAY, None),
        (
            stock(FRIDAY - timedelta(days=8), LONG_AGO, (RateFile.ALL, SATURDAY, LONG_AGO)),
            MONDAY,
            RateFile.QUARTER,
        ),
        (
            stock(FRIDAY - timedelta(days=200), LONG_AGO, (RateFile.ALL, SATURDAY, LONG_AGO)),
            MONDAY,
            RateFile.ALL,
        ),
        (
            stock(FRIDAY, LONG_AGO, (RateFile.QUARTER, SATURDAY, date(2026, 9, 1))),
            SATURDAY,
            RateFile.ALL,
        ),
        # asked in the future: the clock was wrong then
        (
            stock(FRIDAY, LONG_AGO, (RateFile.ALL, MONDAY + timedelta(days=9), LONG_AGO)),
            MONDAY,
            RateFile.DAY,
        ),
    ],
)
def test_which_file_is_due(there: Stock, now: datetime, expected: RateFile | None) -> None:
    assert due(there, now) is expected


def test_the_next_publication_passes_over_holidays() -> None:
    christmas_eve = datetime(2026, 12, 24, 20, tzinfo=UTC)
    assert next_publication(christmas_eve).date() == date(2026, 12, 28)
