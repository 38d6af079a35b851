"""Logins that would go on at their broker until somebody ends them, through all services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from support.rigs_plaid import PlaidRig, plaid_rig
from support.secrets import FakeKeyring, profile, store_with

from brokerdesk.brokers.flow import FailedStep
from brokerdesk.brokers.registry import spec
from brokerdesk.db.engine import Database
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.errors import AuthExpiredError
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.services.attempt import ConnectAttempt
from brokerdesk.services.container import Services
from brokerdesk.services.practice import sign_in
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.settings import Settings
from brokerdesk.tasks import Supervisor

REMOVE, EXCHANGE = "/item/remove", "/item/public_token/exchange"


@pytest.fixture
async def rig() -> AsyncIterator[PlaidRig]:
    async with plaid_rig() as made:
        yield made


@asynccontextmanager
async def services(directory: Path, rig: PlaidRig) -> AsyncIterator[Services]:
    paths, clock = profile(directory), rig.clock
    supervisor = Supervisor(lambda name, error: None)
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
    store = store_with(paths, FakeKeyring(), clock=clock)
    made = Services(
        paths=paths,
        clock=clock,
        publish=lambda event: None,
        settings=Settings(),
        secrets=store,
        certificates=CertificateKeeper(store, paths, clock=clock),
        database=database,
        supervisor=supervisor,
        specs=spec,
        practice_urls={"plaid": rig.origin.base_url},
    )
    try:
        yield made
    finally:
        await made.aclose()
        await supervisor.aclose()
        await store.aclose()
        await database.aclose()


def server(rig: PlaidRig) -> PracticeServer:
    origin = rig.origin
    return PracticeServer(
        base_url=origin.base_url, control_url=origin.control_url, secrets=origin.secrets
    )


async def begun(desk: Services, rig: PlaidRig) -> ConnectAttempt:
    attempt = await desk.connecting.begin("plaid", Environment.PRACTICE)
    await sign_in(attempt, server(rig))
    return attempt


async def connected(desk: Services, rig: PlaidRig) -> Connection:
    attempt = await begun(desk, rig)
    await attempt.test()
    row = await attempt.save()
    await attempt.cancel()
    return row


async def test_a_round_reads_every_account_and_removal_ends_the_login(
    tmp_path: Path, rig: PlaidRig
) -> None:
    async with services(tmp_path, rig) as desk:
        row = await connected(desk, rig)
        outcome = await desk.refreshing.refresh(row.id)
        assert outcome.state is ConnectionState.OK
        assert len(outcome.refreshed) == 3
        assert not outcome.failed
        assert REMOVE not in rig.requests(), "what was saved goes on"
        await desk.connecting.remove(row.id, keep_history=True)
        assert rig.requests()[-1] == REMOVE


async def test_a_sign_in_that_is_thrown_away_ends_its_login(tmp_path: Path, rig: PlaidRig) -> None:
    async with services(tmp_path, rig) as desk:
        attempt = await begun(desk, rig)
        await attempt.cancel()
        await attempt.cancel()
        assert rig.requests().count(REMOVE) == 1


async def test_a_second_login_is_refused_by_its_connections_name(
    tmp_path: Path, rig: PlaidRig
) -> None:
    async with services(tmp_path, rig) as desk:
        await connected(desk, rig)
        before = rig.requests().count(EXCHANGE)
        attempt = await desk.connecting.begin("plaid", Environment.PRACTICE)
        with pytest.raises(Exception, match="already connected as “First Platypus Bank”"):
            await sign_in(attempt, server(rig))
        assert isinstance(attempt.step, FailedStep)
        await attempt.cancel()
        assert rig.requests().count(EXCHANGE) == before


async def test_a_login_that_is_gone_can_be_removed_here(tmp_path: Path, rig: PlaidRig) -> None:
    async with services(tmp_path, rig) as desk:
        row = await connected(desk, rig)
        await rig.control("tokens/expire", {"kind": "item"})
        await desk.connecting.remove(row.id, keep_history=False)
        assert await desk.database.read(lambda uow: uow.connections.list()) == ()


@pytest.mark.allow_warnings(r"sign again|needs_sign_in|auth_expired|wants you")
async def test_an_ended_login_asks_to_sign_in_and_repairs_it(tmp_path: Path, rig: PlaidRig) -> None:
    async with services(tmp_path, rig) as desk:
        row = await connected(desk, rig)
        await rig.expire("login")
        outcome = await desk.refreshing.refresh(row.id)
        assert outcome.state is ConnectionState.NEEDS_SIGN_IN
        assert isinstance(outcome.error, AuthExpiredError)
        attempt = await desk.connecting.begin("plaid", Environment.PRACTICE, relogin_of=row.id)
        await sign_in(attempt, server(rig))
        await attempt.test()
        await attempt.save()
        await attempt.cancel()
        await rig.clock.advance(timedelta(minutes=5).total_seconds())
        assert (await desk.refreshing.refresh(row.id)).state is ConnectionState.OK
        assert REMOVE not in rig.requests()
