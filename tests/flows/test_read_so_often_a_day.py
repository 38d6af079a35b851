"""What a vendor limits by the day or bills is not asked for more often than that without a click.

The products' own services and adapters over simulated days; what counts is the simulators' list of
requests.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support.clock import FakeClock
from support.secrets import FakeKeyring, profile, store_with

from brokerdesk.db.engine import Database
from brokerdesk.domain.kinds import ConnectionState
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.services.container import Services
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.services.refreshing import Reason
from brokerdesk.settings import Settings
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.tasks import Supervisor

START = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
HOUR = 3600.0
HOLDINGS = re.compile(r"^/accounts/([^/]+)/positions/all$")
ACTIVITIES = re.compile(r"^/accounts/([^/]+)/activities$")
ORDERS = re.compile(r"^/accounts/([^/]+)/orders$")
BILLED = {"/accounts/balance/get", "/investments/refresh"}


@asynccontextmanager
async def services_in(
    directory: Path, clock: FakeClock, keyring: FakeKeyring
) -> AsyncIterator[Services]:
    paths = profile(directory)
    bugs: list[BaseException] = []
    supervisor = Supervisor(lambda _, error: bugs.append(error))
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
    store = store_with(paths, keyring, clock=clock)
    services = Services(
        paths=paths,
        clock=clock,
        publish=lambda _: None,
        settings=Settings(),
        secrets=store,
        certificates=CertificateKeeper(store, paths, clock),
        database=database,
        supervisor=supervisor,
    )
    try:
        yield services
    finally:
        await services.aclose()
        await supervisor.aclose()
        await store.aclose()
        await database.aclose()
    assert bugs == []


def server_of(sim: SimulatorServer, broker: str) -> dict[str, PracticeServer]:
    origin = sim.origin(broker)
    found = PracticeServer(
        base_url=origin.base_url, control_url=origin.control_url, secrets=origin.secrets
    )
    return {broker: found}


def asked(sim: SimulatorServer, route: re.Pattern[str]) -> Counter[str]:
    """How often each account was asked about this since the list was cleared."""
    found = (route.match(entry["path"]) for entry in sim.log)
    return Counter(match.group(1) for match in found if match is not None)


async def a_day(services: Services, sim: SimulatorServer, clock: FakeClock, row: Any) -> list[Any]:
    """A round every half hour until midnight of UTC, none of them asked for by anybody."""
    sim.log.clear()
    day, outcomes = clock.now().date(), []
    while clock.now().date() == day:
        outcomes.append(await services.refreshing.refresh(row.id, reason=Reason.TIMER))
        await clock.sleep(HOUR / 2)
    return outcomes


async def test_holdings_four_times_and_activities_once_a_day(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START, auto=True), FakeKeyring()
    options = SimulatorOptions(brokers=("schwab", "snaptrade"), clock=clock)
    async with SimulatorServer(options) as sim:
        async with services_in(tmp_path, clock, keyring) as services:
            (row,) = await services.practice.open_market(server_of(sim, "snaptrade"))
            accounts = await services.connecting.accounts(row.id)
            for _ in range(2):
                outcomes = await a_day(services, sim, clock, row)
                assert set(asked(sim, HOLDINGS).values()) == {4}
                assert set(asked(sim, ORDERS).values()) == {4}
                assert set(asked(sim, ACTIVITIES).values()) == {1}
                assert len(asked(sim, HOLDINGS)) == len(accounts)
                assert sum(not one.skipped for one in outcomes) <= 5
                # Its age is that of what was read, not that of the last look at the list.
                stored = await services.database.read(lambda uow: uow.connections.get(row.id))
                assert stored is not None
                assert stored.state is ConnectionState.OK
                assert stored.last_success is not None
                assert (clock.now() - stored.last_success).total_seconds() > 10 * HOUR

            # Half a day, then the program is started anew: it counts on.
            sim.log.clear()
            for _ in range(6):
                await services.refreshing.refresh(row.id, reason=Reason.TIMER)
                await clock.sleep(HOUR)
        async with services_in(tmp_path, clock, keyring) as services:
            await services.practice.open_market(server_of(sim, "snaptrade"))
            for _ in range(12):
                await services.refreshing.refresh(row.id, reason=Reason.TIMER)
                await clock.sleep(HOUR)
            assert set(asked(sim, HOLDINGS).values()) == {4}
            assert set(asked(sim, ACTIVITIES).values()) == {1}

            # A click is always answered, and counts.
            clicked = await services.refreshing.refresh(row.id)
            assert clicked.refreshed
            assert set(asked(sim, HOLDINGS).values()) == {5}
            assert set(asked(sim, ACTIVITIES).values()) == {2}
            again = await services.refreshing.refresh(row.id, reason=Reason.TIMER)
            assert again.skipped
            assert set(asked(sim, HOLDINGS).values()) == {5}


async def test_what_is_billed_is_never_asked_for_without_a_click(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START, auto=True), FakeKeyring()
    options = SimulatorOptions(brokers=("schwab", "plaid"), clock=clock)
    async with (
        SimulatorServer(options) as sim,
        services_in(tmp_path, clock, keyring) as services,
    ):
        (row,) = await services.practice.open_market(server_of(sim, "plaid"))
        outcomes = await a_day(services, sim, clock, row)
        outcomes += await a_day(services, sim, clock, row)
        assert sum(not one.skipped for one in outcomes) > 40
        paths = {entry["path"] for entry in sim.log}
        assert "/investments/holdings/get" in paths
        assert not paths & BILLED


@pytest.mark.allow_warnings(r"^brokerdesk.services.refreshing: connection .* is down")
async def test_an_outage_does_not_use_up_the_day_within_minutes(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START, auto=True), FakeKeyring()
    options = SimulatorOptions(brokers=("schwab", "snaptrade"), clock=clock)
    async with (
        SimulatorServer(options) as sim,
        services_in(tmp_path, clock, keyring) as services,
    ):
        (row,) = await services.practice.open_market(server_of(sim, "snaptrade"))
        sim.faults.add([{"kind": "status", "path": r"/positions/all$", "args": {"status": 500}}])
        for _ in range(8):  # as the back-off would after failures
            await services.refreshing.refresh(row.id, reason=Reason.TIMER)
            await clock.sleep(60)
        sim.faults.clear()
        sim.log.clear()
        await clock.sleep(3 * HOUR)
        outcome = await services.refreshing.refresh(row.id, reason=Reason.TIMER)
        assert outcome.refreshed
        assert set(asked(sim, HOLDINGS).values()) == {1}
