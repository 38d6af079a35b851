"""Past values that a broker tells: once, only where nothing was saved, marked, and never twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import support.services as fakes
from support.services import Bench, a_reading, an_account, bench

from brokerdesk.domain.daily_value import DailyValue
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.services.backfilling import FIRST_REACH, backfill, missing_since, told_days
from brokerdesk.services.gathering import store_reading
from brokerdesk.services.history_ranges import Range
from brokerdesk.ui.widgets.charts.from_history import line_data

ONE = an_account("11112222")
TODAY = date(2026, 11, 20)  # a Friday
D = Decimal


@dataclass
class Teller:
    """What the broker tells of the past. ``asked`` are the days from which on."""

    values: dict[date, Decimal] = field(default_factory=dict)
    asked: list[date] = field(default_factory=list)
    error: Exception | None = None

    async def daily_values(self, account: AccountId, since: date) -> Batch[DailyValue]:
        self.asked.append(since)
        if self.error is not None:
            raise self.error
        items = sorted(day for day in self.values if day >= since)
        return Batch(items=tuple(DailyValue(day=day, value=self.values[day]) for day in items))


@pytest.fixture
def teller() -> Teller:
    days = [TODAY - timedelta(days=back) for back in range(1, 40)]
    return Teller(values={day: D(5000) + day.day for day in days if day.weekday() < 5})


@pytest.fixture
async def desk(
    tmp_path: Path, teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    class Telling(fakes.FakeSession):
        daily_values = staticmethod(teller.daily_values)

    monkeypatch.setattr(fakes, "FakeSession", Telling)
    async with bench(tmp_path) as made:
        yield made


async def points(desk: Bench) -> dict[date, Decimal]:
    found = await desk.database.read(lambda uow: uow.series.values(ONE.id))
    return {one.day: one.value for one in found}


async def told(desk: Bench) -> set[int]:
    return await desk.database.read(lambda uow: told_days(uow, ONE.id))


async def history(desk: Bench) -> Any:
    return await desk.services.history.daily(Environment.LIVE, "USD")


async def test_what_was_before_the_first_reading_is_told_once(desk: Bench, teller: Teller) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    assert teller.asked == [TODAY - FIRST_REACH]
    found = await points(desk)
    assert found == {**teller.values, TODAY: D(10000)}
    assert await told(desk) == {day.toordinal() for day in teller.values}
    for _ in range(3):
        await desk.clock.advance(3600)
        await desk.services.refreshing.refresh(row.id)
    assert len(teller.asked) == 1


async def test_the_line_says_which_days_were_told(desk: Bench, teller: Teller) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    whole = await history(desk)
    assert whole.first_day == min(teller.values)
    line = whole.over(Range.MONTH, TODAY)
    data = line_data(line)
    assert TODAY.toordinal() not in data.told
    assert len(data.told) == len(line.xs) - 1
    # They are values and nothing else: there is no day to open behind them.
    days = await desk.database.read(lambda uow: uow.snapshots.days(ONE.id))
    assert list(days) == [TODAY]


async def test_a_saved_day_is_never_touched(desk: Bench, teller: Teller) -> None:
    row = await desk.connected()
    saved = TODAY - timedelta(days=2)
    at = desk.clock.now() - timedelta(days=2)
    await desk.database.run(lambda uow: store_reading(uow, a_reading(ONE.id, at, value="777")))
    desk.bank.shows(ONE.id, value="800")
    await desk.services.refreshing.refresh(row.id)
    assert await told(desk)
    assert saved.toordinal() not in await told(desk)
    assert (await points(desk))[saved] == D(777)


async def test_a_gap_is_filled_and_its_days_are_told(desk: Bench, teller: Teller) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(3 * 24 * 3600)  # Monday: Saturday and Sunday are no gap
    await desk.services.refreshing.refresh(row.id)
    assert len(teller.asked) == 1
    desk.bank.shows(ONE.id, value="10100")
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(3 * 24 * 3600)  # Thursday: Tuesday and Wednesday are missing
    desk.bank.shows(ONE.id, value="10200")
    missed = [date(2026, 11, 24), date(2026, 11, 25)]
    teller.values.update(dict.fromkeys(missed, D(4444)))
    await desk.services.refreshing.refresh(row.id)
    assert teller.asked[1:] == [missed[0]]
    assert {day: (await points(desk))[day] for day in missed} == dict.fromkeys(missed, D(4444))
    assert {day.toordinal() for day in missed} <= await told(desk)


async def test_what_the_broker_does_not_know_is_asked_for_once_a_day(
    desk: Bench, teller: Teller
) -> None:
    teller.values.clear()
    row = await desk.connected()
    for _ in range(2):
        await desk.services.refreshing.refresh(row.id)
    assert len(teller.asked) == 1
    assert await told(desk) == set()


async def test_a_failure_spoils_nothing_and_is_tried_again(desk: Bench, teller: Teller) -> None:
    row = await desk.connected()
    teller.error = BrokerUnavailableError("Acme does not answer.")
    outcome = await desk.services.refreshing.refresh(row.id)
    assert outcome.refreshed == (ONE.id,)
    assert outcome.failed == ()
    teller.error = None
    await desk.services.refreshing.refresh(row.id)
    assert len(teller.asked) == 2
    assert await told(desk)


async def test_built_in_practice_has_its_own_past(
    desk: Bench, teller: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = await desk.connected()
    await desk.database.run(
        lambda uow: uow.connections.update(replace(row, environment=Environment.PRACTICE))
    )
    stored = await desk.database.read(lambda uow: uow.connections.get(row.id))
    assert stored is not None
    work = desk.services.refreshing.work(row)
    work._connection = stored
    await work.run()
    assert teller.asked == []


@pytest.mark.parametrize("text", ["", "x", "5-", "-", "9-3", "738000-738002,738010"])
async def test_a_note_of_another_version_is_no_obstacle(desk: Bench, text: str) -> None:
    await desk.database.run(lambda uow: uow.meta.set(f"values_told:{ONE.id}", text))
    assert isinstance(await told(desk), set)
    await desk.database.run(lambda uow: uow.meta.set(f"values_asked:{ONE.id}", text))
    since = await desk.database.read(lambda uow: missing_since(uow, ONE, TODAY))
    assert since == TODAY - FIRST_REACH


async def test_told_days_go_with_their_account(desk: Bench, teller: Teller) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    assert await told(desk)
    await desk.services.connecting.remove(row.id, keep_history=False)
    assert await told(desk) == set()


async def test_the_day_that_is_not_over_is_never_taken(desk: Bench, teller: Teller) -> None:
    await desk.connected()
    teller.values = {TODAY: D(1), TODAY + timedelta(days=1): D(2)}
    now: datetime = desk.clock.now()
    assert await backfill(teller, desk.database, ONE, now) == 0
