"""What one look shows: totals that never mix, unknown that is never zero, and days gone by."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.services import (
    BROKER,
    Bench,
    a_position,
    a_reading,
    an_account,
    bench,
)

from brokerdesk.domain.account import Account
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, Environment
from brokerdesk.domain.market_hours import end_of_day, new_york_day
from brokerdesk.domain.position import Position
from brokerdesk.services.amounts import sum_all, sum_known


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


async def put(desk: Bench, *what: tuple[Account, dict[str, Any] | None]) -> None:
    """Accounts with one snapshot each, one connection per environment."""
    now = desk.clock.now()

    def write(uow: Any) -> None:
        for account, reading in what:
            cid = ConnectionId(f"{BROKER}-{account.environment.value}")
            if uow.connections.get(cid) is None:
                uow.connections.add(
                    Connection(
                        id=cid,
                        broker=BROKER,
                        environment=account.environment,
                        name=account.environment.value,
                        identity=cid,
                        created_at=now,
                    )
                )
            uow.accounts.save(cid, account, included=True)
            if reading is not None:
                uow.snapshots.store(a_reading(account.id, now, **reading))

    await desk.database.run(write)


def kind(environment: Environment, number: str = "1") -> Account:
    return an_account(f"0000000{number}", environment=environment)


async def test_totals_never_mix_environments(desk: Bench) -> None:
    await put(
        desk,
        (kind(Environment.LIVE), {"value": "1"}),
        (kind(Environment.LIVE, "2"), {"value": "2"}),
        (kind(Environment.PAPER), {"value": "10"}),
        (kind(Environment.PRACTICE), {"value": "100"}),
    )
    view = await desk.services.portfolio.view()
    assert [(one.environment, one.net_liquidation) for one in view.totals] == [
        (Environment.LIVE, Decimal(3)),
        (Environment.PAPER, Decimal(10)),
        (Environment.PRACTICE, Decimal(100)),
    ]
    assert view.main_environment is Environment.LIVE
    only = await desk.services.portfolio.view(environment=Environment.PAPER)
    assert [one.net_liquidation for one in only.totals] == [Decimal(10)]
    assert [row.environment for row in only.connections] == [Environment.PAPER]


async def test_a_practice_profile_totals_practice(desk: Bench) -> None:
    await put(desk, (kind(Environment.PRACTICE), {"value": "100"}))
    view = await desk.services.portfolio.view()
    assert view.main_environment is Environment.PRACTICE


async def test_an_empty_profile(desk: Bench) -> None:
    view = await desk.services.portfolio.view()
    assert (view.accounts, view.positions, view.totals, view.oldest) == ((), (), (), None)
    assert view.main_environment is None


async def test_unknown_is_missing_and_never_zero(desk: Bench) -> None:
    await put(
        desk,
        (kind(Environment.LIVE), {"value": "5", "cash": None}),
        (kind(Environment.LIVE, "2"), {"value": None, "cash": "7"}),
        (kind(Environment.LIVE, "3"), None),
    )
    (total,) = (await desk.services.portfolio.view()).totals
    assert total.net_liquidation == Decimal(5)
    assert total.cash == Decimal(7)
    assert (total.accounts, total.missing) == (3, 2)


async def test_a_damaged_snapshot_is_shown_and_left_out(desk: Bench) -> None:
    await put(
        desk,
        (kind(Environment.LIVE), {"value": "5"}),
        (kind(Environment.LIVE, "2"), {"value": "7"}),
    )
    broken = kind(Environment.LIVE, "2").id

    def damage(uow: Any) -> None:
        raw = uow.snapshots._raw
        found = raw.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall()
        for (name,) in found:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(
            "UPDATE snapshots SET payload = CAST(payload || x'00' AS BLOB) WHERE account_id = ?",
            (broken,),
        )

    await desk.database.run(damage)
    view = await desk.services.portfolio.view()
    rows = {row.id: row for row in view.accounts}
    assert rows[broken].damaged
    assert rows[broken].net_liquidation is None
    assert rows[broken].fetched_at is not None
    assert view.totals[0].net_liquidation == Decimal(5)
    assert view.totals[0].missing == 1
    assert all(row.account != broken for row in view.positions)


async def test_the_view_of_a_day_gone_by(desk: Bench) -> None:
    row = await desk.connected()
    account = desk.bank.accounts[0].id
    start = desk.clock.now()
    for value in ("10000", "11000"):
        desk.bank.shows(account, value=value)
        await desk.services.refreshing.refresh(row.id)
        await desk.clock.advance(86400)
    first_day = end_of_day(new_york_day(start))
    service = desk.services.portfolio
    assert (await service.view(first_day)).totals[0].net_liquidation == Decimal(10000)
    assert (await service.view(first_day + timedelta(days=1))).totals[0].net_liquidation == Decimal(
        11000
    )
    before = await service.view(start - timedelta(days=1))
    assert before.accounts == ()
    assert before.totals == ()


async def test_confirmed_figures_are_as_young_as_their_last_confirmation(desk: Bench) -> None:
    row = await desk.connected()
    start = desk.clock.now()
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(3600)
    await desk.services.refreshing.refresh(row.id)
    await desk.clock.advance(60)
    (account,) = (await desk.services.portfolio.view()).accounts
    assert account.age == timedelta(seconds=60)
    assert not account.stale
    assert account.as_of == account.fetched_at == start + timedelta(hours=1)
    half_way = start + timedelta(minutes=30)
    (then,) = (await desk.services.portfolio.view(half_way)).accounts
    assert then.fetched_at == half_way, "it was still valid then, and nothing later is claimed"
    await desk.clock.advance(7200)
    (account,) = (await desk.services.portfolio.view()).accounts
    assert account.stale


async def test_a_sources_own_time_is_kept(desk: Bench) -> None:
    now = desk.clock.now()
    own = now - timedelta(minutes=20)
    await put(desk, (kind(Environment.LIVE), {"as_of": own}))
    (account,) = (await desk.services.portfolio.view()).accounts
    assert (account.as_of, account.fetched_at) == (own, now)


async def test_positions_add_up_by_instrument_and_environment(desk: Bench) -> None:
    option = Position(
        instrument=Instrument(symbol="ABC", asset_type=AssetType.OPTION), quantity=Decimal(1)
    )
    no_cost = Position(
        instrument=a_position().instrument, quantity=Decimal(2), market_value=Decimal(200)
    )
    await put(
        desk,
        (kind(Environment.LIVE), {"positions": [a_position("ABC", "10"), option]}),
        (kind(Environment.LIVE, "2"), {"positions": [no_cost, a_position("XYZ", "-3")]}),
        (kind(Environment.PAPER), {"positions": [a_position("ABC", "1000")]}),
    )
    view = await desk.services.portfolio.view()
    found = {
        (one.environment, one.instrument.symbol, one.instrument.asset_type): one
        for one in view.holdings
    }
    shares = found[Environment.LIVE, "ABC", AssetType.EQUITY]
    assert shares.quantity == Decimal(12)
    assert shares.market_value == Decimal(1200)
    assert shares.cost_basis is None, "one part has no cost"
    assert len(shares.parts) == 2
    assert found[Environment.LIVE, "ABC", AssetType.OPTION].quantity == Decimal(1)
    assert found[Environment.LIVE, "XYZ", AssetType.EQUITY].market_value == Decimal(-300)
    assert found[Environment.PAPER, "ABC", AssetType.EQUITY].quantity == Decimal(1000)


async def test_a_held_answer_marks_its_account(desk: Bench) -> None:
    row = await desk.connected()
    account = desk.bank.accounts[0].id
    await desk.services.refreshing.refresh(row.id)
    desk.bank.shows(account, positions=[])
    await desk.services.refreshing.refresh(row.id)
    (shown,) = (await desk.services.portfolio.view()).accounts
    assert "no positions" in shown.suspect
    assert shown.state.value == "suspect"
    assert shown.net_liquidation == Decimal(10000)


@given(st.lists(st.one_of(st.none(), st.decimals(-(10**12), 10**12, places=4))))
def test_sums(values: list[Decimal | None]) -> None:
    known = [value for value in values if value is not None]
    assert sum_known(values) == (sum(known, Decimal(0)) if known else None)
    assert sum_all(values) == (sum(known, Decimal(0)) if len(known) == len(values) else None)


async def test_what_is_disconnected_stays_readable_and_leaves_todays_totals(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    read_at = desk.clock.now()
    await desk.services.connecting.remove(row.id, keep_history=True)
    await desk.clock.advance(60)
    view = await desk.services.portfolio.view()
    assert [one.net_liquidation for one in view.accounts] == [Decimal(10000)]
    assert len(view.positions) == 1
    assert (view.totals, view.holdings) == ((), ())
    then = await desk.services.portfolio.view(read_at)
    assert then.totals[0].net_liquidation == Decimal(10000)
