"""SnapTrade through the product's own services: practice, old figures, sign-ins, restarts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.clock import FakeClock
from support.product import server_of, services_in
from support.secrets import FakeKeyring

from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.services import practice as practice_module
from brokerdesk.services.container import Services
from brokerdesk.services.practice import sign_in
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer

START = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MY_BROKER = "snaptrade"


@pytest.fixture(autouse=True)
def _a_short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(practice_module, "HISTORY", timedelta(days=14))


@asynccontextmanager
async def market(clock: FakeClock) -> AsyncIterator[SimulatorServer]:
    options = SimulatorOptions(brokers=("schwab", MY_BROKER), clock=clock)
    async with SimulatorServer(options) as sim:
        yield sim


def servers_in(sim: SimulatorServer) -> dict[str, PracticeServer]:
    return {MY_BROKER: server_of(sim.origin(MY_BROKER))}


async def snapshots(services: Services) -> list[int]:
    """How many days each account has stored."""

    def count(uow: Any) -> list[int]:
        return [len(uow.snapshots.days(one.account.id)) for one in uow.accounts.list()]

    return await services.database.read(count)


async def test_practice_old_figures_and_signing_in_again(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START, auto=True), FakeKeyring()
    async with market(clock) as sim, services_in(tmp_path, clock, keyring) as services:
        servers = servers_in(sim)
        switches: Any = sim.dialect(MY_BROKER).switches
        (row,) = await services.practice.prepare(servers)
        assert len(await snapshots(services)) == 4
        assert min(await snapshots(services)) >= 9, "ten trading days of past"
        whole = await services.refreshing.refresh(row.id)
        assert (whole.state, whole.failed) == (ConnectionState.OK, ())
        view = await services.portfolio.view()
        assert {total.currency for total in view.totals} == {"USD", "CAD"}

        switches.disabled = ["FIDELITY"]
        partly = await services.refreshing.refresh(row.id)
        assert partly.state is ConnectionState.OK, "the others go on"
        assert "newer figures could not be read. Fidelity has wanted a new sign-in" in partly.text

        switches.disabled = ["FIDELITY", "ROBINHOOD", "QUESTRADE"]
        ended = await services.refreshing.refresh(row.id)
        assert "Sign in again" in ended.text
        stored = await services.database.read(lambda uow: uow.connections.get(row.id))
        assert stored is not None
        assert stored.sign_in_ends is not None
        assert stored.sign_in_ends <= clock.now(), "so the clock asks for a sign-in"

        for left in (2, 1, 0):
            attempt = await services.connecting.begin(MY_BROKER, row.environment, relogin_of=row.id)
            await sign_in(attempt, servers[MY_BROKER])
            await attempt.test()
            again = await attempt.save()
            assert again.id == row.id
            assert len(switches.disabled) == left
        healed = await services.refreshing.refresh(row.id)
        assert (healed.state, healed.failed) == (ConnectionState.OK, ())
        assert len(await snapshots(services)) == 4, "no account was doubled"


async def test_a_profile_goes_on_with_another_start_of_the_market(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START, auto=True), FakeKeyring()
    async with market(clock) as sim, services_in(tmp_path, clock, keyring) as services:
        await services.practice.prepare(servers_in(sim))
        before = await snapshots(services)
    await clock.advance(86400 * 3)
    async with market(clock) as sim, services_in(tmp_path, clock, keyring) as services:
        (row,) = await services.practice.prepare(servers_in(sim))
        outcome = await services.refreshing.refresh(row.id)
        assert (outcome.state, outcome.failed) == (ConnectionState.OK, ())
        assert len(await snapshots(services)) == 4
        assert min(await snapshots(services)) > min(before)
