"""How often a day: counting, restarts, clocks that jump, and rounds that leave things for later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import support.services as fakes
from support.services import Bench, a_transaction, an_account, bench

from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.errors import AuthExpiredError, BrokerUnavailableError
from brokerdesk.services import allowance
from brokerdesk.services.allowance import Allowance
from brokerdesk.services.refreshing import Reason

ONE = an_account("11112222")
TWO = an_account("33334444")
LIMITS = {"positions": 4, "transactions": 1}
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMITED = (("balances", 4), ("positions", 4), ("orders", 4), ("transactions", 1))


@pytest.fixture
async def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    plain = fakes.capabilities
    monkeypatch.setattr(fakes, "capabilities", lambda: replace(plain(), background_per_day=LIMITED))
    async with bench(tmp_path) as made:
        yield made


async def take(desk: Bench, kind: str, at: datetime, *, by_user: bool = False) -> bool:
    return await desk.database.run(
        lambda uow: allowance.take(uow, ONE.id, [kind], LIMITS, at, by_user=by_user)
    )


async def look(desk: Bench, at: datetime) -> dict[str, Allowance]:
    found = await desk.database.read(lambda uow: allowance.look(uow, ONE.id, LIMITS, at))
    return {one.kind: one for one in found}


async def test_so_often_and_no_more_until_midnight_of_utc(desk: Bench) -> None:
    assert await take(desk, "transactions", NOON)
    for hours in (1, 6, 11.9):
        assert not await take(desk, "transactions", NOON + hours * HOUR)
    state = (await look(desk, NOON + HOUR))["transactions"]
    assert (state.read, state.per_day, state.last) == (1, 1, NOON)
    assert state.next_at == datetime(2026, 11, 21, tzinfo=UTC)
    assert await take(desk, "transactions", NOON + 12 * HOUR)
    assert await take(desk, "positions", NOON), "kinds count apart"


async def test_readings_are_spread_over_the_day(desk: Bench) -> None:
    taken = [
        minutes
        for minutes in range(0, 12 * 60, 10)
        if await take(desk, "positions", NOON + timedelta(minutes=minutes))
    ]
    assert taken == [0, 90, 180, 270]


async def test_the_user_goes_beyond_and_what_was_read_counts(desk: Bench) -> None:
    for _ in range(3):
        assert await take(desk, "transactions", NOON, by_user=True)
    assert (await look(desk, NOON))["transactions"].read == 3
    assert not await take(desk, "transactions", NOON + HOUR)


async def test_what_is_not_limited_is_not_counted(desk: Bench) -> None:
    for _ in range(9):
        assert await take(desk, "orders", NOON)
    assert set(await look(desk, NOON)) == set(LIMITS)


async def test_nothing_was_read_yet(desk: Bench) -> None:
    fresh = (await look(desk, NOON))["positions"]
    assert (fresh.read, fresh.last, fresh.next_at) == (0, None, NOON)


async def test_a_clock_that_was_years_ahead_locks_nobody_out(desk: Bench) -> None:
    assert await take(desk, "transactions", NOON + timedelta(days=900))
    assert await take(desk, "transactions", NOON), "when that was nobody can tell"
    assert not await take(desk, "transactions", NOON + HOUR)
    assert await take(desk, "transactions", NOON + timedelta(days=1))


@pytest.mark.parametrize("back", [1, 8, 13])
async def test_a_clock_that_is_set_back_reads_no_more_than_before(desk: Bench, back: int) -> None:
    """Also across midnight: what was read stays read, and is forgotten a day later at most."""
    assert await take(desk, "transactions", NOON)
    for hours in range(back):
        assert not await take(desk, "transactions", NOON - back * HOUR + hours * HOUR)
    assert (await look(desk, NOON - back * HOUR))["transactions"].read == 1
    assert not await take(desk, "transactions", NOON + HOUR)
    assert await take(desk, "transactions", NOON + timedelta(days=1))


@pytest.mark.parametrize("text", ["", "nonsense", "transactions 2026-11-20", "a b c d\n\x00"])
async def test_a_note_of_another_version_is_no_obstacle(desk: Bench, text: str) -> None:
    await desk.database.run(lambda uow: uow.meta.set(f"reads:{ONE.id}", text))
    assert await take(desk, "transactions", NOON)
    assert (await look(desk, NOON))["transactions"].read == 1


# -- rounds ----------------------------------------------------------------------------------------


async def round_of(desk: Bench, row: Any, reason: Reason = Reason.TIMER) -> Any:
    desk.bank.calls.clear()
    return await desk.services.refreshing.refresh(row.id, reason=reason)


async def test_a_round_with_nothing_to_read_asks_nothing_and_changes_nothing(desk: Bench) -> None:
    row = await desk.connected()
    first = await round_of(desk, row)
    assert first.refreshed == (ONE.id,)
    (before,) = await desk.rows()
    await desk.clock.advance(600)
    idle = await round_of(desk, row)
    assert idle.skipped
    assert desk.bank.calls == []
    assert await desk.rows() == (before,)


async def test_the_state_of_figures_that_are_held_stays(desk: Bench) -> None:
    row = await desk.connected()
    await round_of(desk, row)
    await desk.clock.advance(2 * 3600)
    desk.bank.shows(ONE.id, value="1000", cash="1000", positions=[])
    held = await round_of(desk, row)
    assert held.state is ConnectionState.SUSPECT
    await desk.clock.advance(600)
    assert (await round_of(desk, row)).state is ConnectionState.SUSPECT
    (stored,) = await desk.rows()
    assert stored.state is ConnectionState.SUSPECT


async def test_holdings_without_activities_are_a_good_round(desk: Bench) -> None:
    row = await desk.connected()
    await round_of(desk, row)
    await desk.clock.advance(2 * 3600)
    second = await round_of(desk, row)
    assert (second.state, second.refreshed) == (ConnectionState.OK, (ONE.id,))
    assert [call.split()[0] for call in desk.bank.calls] == ["accounts", "portfolio", "orders"]


async def test_a_click_reads_everything(desk: Bench) -> None:
    row = await desk.connected()
    for _ in range(3):
        clicked = await round_of(desk, row, Reason.MANUAL)
        assert clicked.refreshed
        assert f"transactions {ONE.id}" in desk.bank.calls


async def test_a_new_account_is_read_although_the_others_had_their_day(desk: Bench) -> None:
    row = await desk.connected()
    await round_of(desk, row)
    desk.bank.accounts.append(TWO)
    await desk.clock.advance(2 * 3600)
    await round_of(desk, row)  # it is offered
    await desk.services.care.include(TWO.id, True)
    await desk.clock.advance(600)
    outcome = await round_of(desk, row)
    assert outcome.refreshed == (TWO.id,)
    assert f"portfolio {ONE.id}" not in desk.bank.calls


async def test_a_fall_is_explained_by_the_days_one_reading_of_activities(desk: Bench) -> None:
    row = await desk.connected()
    await round_of(desk, row)
    await desk.clock.advance(24 * 3600)
    desk.bank.shows(ONE.id, value="1000")
    desk.bank.transactions[ONE.id] = [a_transaction(ONE.id, desk.clock.now(), "-9000")]
    explained = await round_of(desk, row)
    assert explained.state is ConnectionState.OK
    assert desk.bank.calls.count(f"transactions {ONE.id}") == 1
    kept = await desk.database.read(lambda uow: uow.transactions.list(ONE.id))
    assert len(kept) == 1


async def test_what_is_stored_explains_a_fall_when_the_day_has_had_its_reading(
    desk: Bench,
) -> None:
    row = await desk.connected()
    await round_of(desk, row)
    await desk.clock.advance(3600)
    booked = a_transaction(ONE.id, desk.clock.now(), "-9000")
    await desk.database.run(
        lambda uow: uow.transactions.upsert(ONE.id, [booked], fetched_at=desk.clock.now())
    )
    await desk.clock.advance(3600)
    desk.bank.shows(ONE.id, value="1000")
    explained = await round_of(desk, row)
    assert explained.state is ConnectionState.OK
    assert f"transactions {ONE.id}" not in desk.bank.calls


@pytest.mark.allow_warnings(r"^brokerdesk.services.refreshing: connection .* is down")
@pytest.mark.parametrize(
    "error", [BrokerUnavailableError("Acme does not answer."), AuthExpiredError("It ended.")]
)
async def test_a_reading_that_failed_counts_and_is_tried_later(
    desk: Bench, error: Exception
) -> None:
    row = await desk.connected()
    desk.bank.fails["portfolio"] = error
    await round_of(desk, row)
    desk.bank.fails.clear()
    state = await desk.database.read(
        lambda uow: allowance.look(uow, ONE.id, dict(LIMITED), desk.clock.now())
    )
    assert {one.kind: one.read for one in state}["positions"] == 1
    await desk.clock.advance(2 * 3600)
    later = await round_of(desk, row, Reason.MANUAL)
    assert later.refreshed
