"""Institutions, billed questions, second logins and told values with the products' own adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.clock import FakeClock
from support.secrets import FakeKeyring, profile, store_with

from brokerdesk.db.engine import Database
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment
from brokerdesk.errors import BrokerRefusedError, NotSupportedError
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.services.backfilling import told_days
from brokerdesk.services.container import Services
from brokerdesk.services.practice import sign_in
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.services.refreshing import Reason
from brokerdesk.settings import Settings
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.tasks import Supervisor

START = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


@asynccontextmanager
async def desk(directory: Path, *brokers: str) -> AsyncIterator[tuple[SimulatorServer, Services]]:
    """A running market and the product's services in front of it."""
    clock = FakeClock(START, auto=True)
    options = SimulatorOptions(brokers=("schwab", *brokers), clock=clock)
    paths = profile(directory)
    bugs: list[BaseException] = []
    supervisor = Supervisor(lambda _, error: bugs.append(error))
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
    store = store_with(paths, FakeKeyring(), clock=clock)
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
    async with SimulatorServer(options) as sim:
        try:
            yield sim, services
        finally:
            await services.aclose()
            await supervisor.aclose()
            await store.aclose()
            await database.aclose()
    assert bugs == []


def server(sim: SimulatorServer, broker: str) -> PracticeServer:
    origin = sim.origin(broker)
    return PracticeServer(
        base_url=origin.base_url, control_url=origin.control_url, secrets=origin.secrets
    )


async def connected(sim: SimulatorServer, services: Services, broker: str) -> Any:
    (row,) = await services.practice.open_market({broker: server(sim, broker)})
    await services.refreshing.refresh(row.id)
    return row


async def test_institutions_of_a_key_are_listed_read_anew_and_removed(tmp_path: Path) -> None:
    async with desk(tmp_path, "snaptrade") as (sim, services):
        row = await connected(sim, services, "snaptrade")
        dialect: Any = sim.dialect("snaptrade")
        state, switches = dialect.state, dialect.switches
        switches.disabled = ["FIDELITY"]
        found = await services.reaching.links(row.id)
        broken = [one.institution for one in found.items if not one.working]
        assert broken == ["Fidelity"]
        fine = next(one for one in found.items if one.working)
        assert state.refreshes == [], "listing asks nobody to read anew"
        await services.reaching.ask_anew(row.id, fine.id)
        assert state.refreshes == [fine.id]
        await services.reaching.remove(row.id, fine.id)
        left = await services.reaching.links(row.id)
        assert fine.id not in {one.id for one in left.items}

        limits = await services.reaching.limits(row.id)
        assert limits is not None
        (whole, *accounts) = limits.rates
        assert (whole.limit, whole.account) == (250, None)
        assert 200 < whole.free < 250
        assert {one.limit for one in accounts} == {10}
        assert {one.account for one in accounts} == {account for account, _ in limits.names}
        told = {one.kind: one.read for one in limits.accounts[0].allowances}
        assert told == {"balances": 1, "positions": 1, "orders": 1, "transactions": 1}


async def test_live_balances_are_one_billed_question_a_click(tmp_path: Path) -> None:
    async with desk(tmp_path, "plaid") as (sim, services):
        row = await connected(sim, services, "plaid")
        for _ in range(3):
            await services.refreshing.refresh(row.id, reason=Reason.TIMER)
        paths = [entry["path"] for entry in sim.log]
        assert "/accounts/balance/get" not in paths
        (first, *_) = await services.connecting.accounts(row.id)
        told = await services.reaching.live_balances(first.account.id)
        assert told.account == first.account.id
        assert any(one.net_liquidation or one.cash for one in told.balances)
        paths = [entry["path"] for entry in sim.log]
        assert paths.count("/accounts/balance/get") == 1
        (link,) = (await services.reaching.links(row.id)).items
        await services.reaching.ask_anew(row.id, link.id)
        assert [entry["path"] for entry in sim.log].count("/investments/refresh") == 1


async def test_a_second_login_at_an_institution_is_refused_and_the_first_goes_on(
    tmp_path: Path,
) -> None:
    """What the wizard drives: begin, sign in; the first login is not harmed."""
    async with desk(tmp_path, "plaid") as (sim, services):
        row = await connected(sim, services, "plaid")
        attempt = await services.connecting.begin("plaid", Environment.PRACTICE)
        with pytest.raises(BrokerRefusedError) as refused:
            await sign_in(attempt, server(sim, "plaid"))
        await attempt.cancel()
        assert "already connected as" in refused.value.title
        assert "breaks the first" in refused.value.message
        assert len(await services.database.read(lambda uow: uow.connections.list())) == 1
        assert (await services.refreshing.refresh(row.id)).refreshed


@pytest.mark.allow_warnings(r"^brokerdesk.services.refreshing: connection .* is down")
async def test_a_login_that_wants_an_update_is_repaired_and_keeps_its_past(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path, "plaid") as (sim, services):
        row = await connected(sim, services, "plaid")
        before = {one.account.id for one in await services.connecting.accounts(row.id)}
        sim.dialect("plaid").expire("login")
        ended = await services.refreshing.refresh(row.id)
        assert "Sign in again" in ended.text
        attempt = await services.connecting.begin("plaid", Environment.PRACTICE, relogin_of=row.id)
        await sign_in(attempt, server(sim, "plaid"))
        await attempt.test()
        again = await attempt.save()
        await attempt.cancel()
        assert again.id == row.id
        assert (await services.refreshing.refresh(row.id)).refreshed
        assert {one.account.id for one in await services.connecting.accounts(row.id)} == before


async def test_a_plain_broker_says_that_it_has_no_institutions(tmp_path: Path) -> None:
    async with desk(tmp_path, "alpaca") as (sim, services):
        row = await connected(sim, services, "alpaca")
        with pytest.raises(NotSupportedError):
            await services.reaching.links(row.id)
        limits = await services.reaching.limits(row.id)
        assert limits is not None
        assert {(one.what, one.limit) for one in limits.rates} <= {("", 200), ("market data", 200)}
        assert limits.accounts == ()


async def test_the_brokers_own_history_fills_the_line_once(tmp_path: Path) -> None:
    async with desk(tmp_path, "alpaca") as (sim, services):
        row = await connected(sim, services, "alpaca")
        accounts = [one.account.id for one in await services.connecting.accounts(row.id)]

        async def told() -> dict[AccountId, int]:
            found = {}
            for one in accounts:
                found[one] = len(await services.database.read(partial(told_days, account=one)))
            return found

        assert not any((await told()).values()), "built-in practice writes its own past"
        # The same market, as somebody's own simulator at an address of theirs.
        url = sim.origin("alpaca").base_url
        (stored,) = await services.database.read(lambda uow: uow.connections.list())
        elsewhere = replace(stored, practice_url=url)
        await services.database.run(lambda uow: uow.connections.update(elsewhere))
        await services.refreshing.refresh(row.id)
        first = await told()
        assert min(first.values()) > 200
        asked = [one["path"] for one in sim.log if one["path"].endswith("/portfolio/history")]
        await services.refreshing.refresh(row.id)
        again = [one["path"] for one in sim.log if one["path"].endswith("/portfolio/history")]
        assert again == asked
        points = await services.database.read(lambda uow: uow.series.values(accounts[0]))
        assert all(one.value > Decimal(0) for one in points[-100:])
        assert points[-1].day - points[-2].day < timedelta(days=5)
