"""The whole practice profile: every broker, every kind of account and holding, every bad day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.brokers import free_port
from support.clock import FakeClock
from support.product import services_in
from support.secrets import FakeKeyring

from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import AccountType, AssetType, ConnectionState
from brokerdesk.services import practice as practice_module
from brokerdesk.services.container import Services
from brokerdesk.services.portfolio_view import PortfolioView
from brokerdesk.services.practice import sign_in
from brokerdesk.services.practice_host import PracticeServer, servers_of
from brokerdesk.simulator.options import KNOWN_BROKERS, SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.simulator.wire import encode

pytestmark = pytest.mark.allow_warnings("is down: unavailable")
START = datetime(2026, 11, 19, 18, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _a_short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(practice_module, "HISTORY", timedelta(days=8))


@asynccontextmanager
async def market(clock: FakeClock) -> AsyncIterator[dict[str, PracticeServer]]:
    """All five, told of as the program's own practice market tells."""
    options = SimulatorOptions(
        seed=11,
        clock=clock,
        callback_urls=(f"https://127.0.0.1:{free_port()}",),
        throttle_per_minute=None,
        mirror=True,
        troubles=True,
    )
    async with SimulatorServer(options) as sim:
        yield servers_of(encode(sim.describe()))


def of_state(view: PortfolioView, state: ConnectionState) -> Connection:
    (found,) = (row for row in view.connections if row.state is state)
    return found


def named(view: PortfolioView, name: str) -> Any:
    return next(row for row in view.accounts if row.name == name)


async def signed_in_again(services: Services, row: Connection, server: PracticeServer) -> None:
    attempt = await services.connecting.begin(row.broker, row.environment, relogin_of=row.id)
    try:
        await sign_in(attempt, server)
        await attempt.test()
        await attempt.save()
    finally:
        await attempt.cancel()


async def test_every_kind_of_account_and_holding_is_there(tmp_path: Path) -> None:
    clock = FakeClock(START, auto=True)
    async with market(clock) as servers, services_in(tmp_path, clock, FakeKeyring()) as services:
        await services.practice.prepare(servers)
        view = await services.portfolio.view()
        days = await services.database.read(
            lambda uow: [len(uow.snapshots.days(one.account.id)) for one in uow.accounts.list()]
        )
    assert {row.broker for row in view.connections} == set(KNOWN_BROKERS)
    kinds = {row.account.type for row in view.accounts}
    assert kinds >= {AccountType.MARGIN, AccountType.CASH}
    assert any("IRA" in row.name for row in view.accounts), "a retirement account"
    held = {row.position.instrument.asset_type for row in view.positions}
    assert held >= {
        AssetType.EQUITY,
        AssetType.ETF,
        AssetType.MUTUAL_FUND,
        AssetType.FIXED_INCOME,
        AssetType.OPTION,
        AssetType.CRYPTO,
    }
    quantities = [row.position.quantity for row in view.positions]
    assert min(quantities) < 0, "a short position"
    assert any(one % 1 for one in quantities), "a fraction"
    assert {"CAD", "EUR"} <= {balance.currency for row in view.accounts for balance in row.balances}
    assert {"CAD"} <= {row.position.instrument.currency for row in view.positions}
    (whole,) = view.combined
    worths = [
        row.worth.net if row.worth else row.balances[0].net_liquidation for row in view.accounts
    ]
    assert whole.net_liquidation == sum(one for one in worths if one is not None)
    assert None not in worths, "no account without a figure"
    assert min(days) >= 4, "no account begins today: the chart would jump"


async def test_every_bad_day_is_there_and_stays(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START, auto=True), FakeKeyring()
    ids = set()
    for start in range(3):
        async with market(clock) as servers, services_in(tmp_path, clock, keyring) as services:
            rows = await services.practice.prepare(servers)
            ids.add(tuple(row.id for row in rows))
            for _ in range(2):
                view = await services.portfolio.view()
                down = of_state(view, ConnectionState.UNAVAILABLE)
                assert down.last_success is not None
                assert timedelta(hours=20) < clock.now() - down.last_success < 5 * DAY
                (joint,) = (row for row in view.accounts if row.connection == down.id)
                assert joint.stale
                assert joint.balances, "the last good figures stay"
                coins = named(view, "Robinhood Crypto")
                assert coins.suspect.startswith("The broker listed no positions where there were 4")
                assert coins.emptied == 4
                ending = next(row for row in view.connections if row.broker == "schwab")
                assert ending.sign_in_ends is not None
                left = ending.sign_in_ends - clock.now()
                assert timedelta() < left < DAY, start
                others = [row for row in view.accounts if row is not coins and row is not joint]
                assert not any(row.suspect or row.stale for row in others)
                await clock.advance(3 * 3600)
                for row in rows:
                    await services.refreshing.refresh(row.id)
        await clock.advance(11 * 3600)
    assert len(ids) == 1, "nothing was connected a second time"


async def test_what_the_user_puts_right_stays_right(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START, auto=True), FakeKeyring()
    async with market(clock) as servers, services_in(tmp_path, clock, keyring) as services:
        await services.practice.prepare(servers)
        view = await services.portfolio.view()
        coins = named(view, "Robinhood Crypto")
        await services.refreshing.accept_suspect(coins.account.id, coins.held_at)
        for broker in ("schwab", "plaid"):
            for row in view.connections:
                if row.broker == broker:
                    await signed_in_again(services, row, servers[broker])
                    await services.refreshing.refresh(row.id)
        after = await services.portfolio.view()
        assert {row.state for row in after.connections} == {ConnectionState.OK}
        assert not any(row.suspect for row in after.accounts)
        signed = next(row for row in after.connections if row.broker == "schwab")
        assert signed.sign_in_ends is not None
        assert signed.sign_in_ends - clock.now() > 6 * DAY
    await clock.advance(86400)
    async with market(clock) as servers, services_in(tmp_path, clock, keyring) as services:
        await services.practice.prepare(servers)
        await services.refreshing.refresh_all()
        later = await services.portfolio.view()
    assert {row.state for row in later.connections} == {ConnectionState.OK}
    assert not any(row.suspect or row.stale for row in later.accounts)
    again = next(row for row in later.connections if row.broker == "schwab")
    assert again.sign_in_ends == signed.sign_in_ends
