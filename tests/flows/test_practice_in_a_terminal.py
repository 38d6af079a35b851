"""A practice profile made by the services and refreshed by the command line with its own market."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from support.cli import Program

from brokerdesk.clock import SystemClock
from brokerdesk.db.engine import Database
from brokerdesk.paths import profile_at
from brokerdesk.secrets import CertificateKeeper, open_store
from brokerdesk.services import practice as practice_module
from brokerdesk.services.container import Services
from brokerdesk.services.practice_host import PracticeHost
from brokerdesk.settings import Settings
from brokerdesk.simulator.options import KNOWN_BROKERS
from brokerdesk.tasks import Supervisor


async def prepare(program: Program) -> int:
    """What the window does at the first start of a practice profile; how many days it stored."""
    paths, clock = profile_at(program.profile), SystemClock()
    bugs: list[BaseException] = []
    supervisor = Supervisor(lambda _, error: bugs.append(error))
    store = open_store(paths, clock=clock, passphrase_file=program.passphrase_file)
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
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
    host = PracticeHost(await services.practice.seed())
    try:
        await services.practice.prepare(await host.start())
        account = (await services.portfolio.view()).accounts[0].id
        days = await database.read(lambda uow: uow.snapshots.days(account))
    finally:
        await services.aclose()
        await host.stop()
        await supervisor.aclose()
        await store.aclose()
        await database.aclose()
    assert bugs == []
    return len(days)


@pytest.mark.allow_warnings("is down: unavailable")
async def test_a_practice_profile_goes_on_in_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(practice_module, "HISTORY", timedelta(days=10))
    program = Program(tmp_path)
    assert await prepare(program) >= 6
    refreshed = program.run("--practice", "refresh", "--json")
    assert refreshed.code != 0, "one bank is down, and one answer is held"
    outcomes = json.loads(refreshed.out)
    accounts = program.here("accounts", "--json").rows()
    assert len(outcomes) == len(KNOWN_BROKERS) + 1
    told = {account for outcome in outcomes for account in outcome["refreshed"]}
    assert {one["name"] for one in accounts if one["id"] not in told} == {
        "Joint Brokerage",
        "Robinhood Crypto",
    }
    assert {one["environment"] for one in accounts} == {"practice"}
    long_ago = SystemClock().now().date() - timedelta(days=8)
    then = program.here("balances", "--json", "--as-of", str(long_ago)).rows()
    now = program.here("balances", "--json").rows()
    assert len(then) == len(now)
    assert all(one["fetched_at"] < str(long_ago + timedelta(days=2)) for one in then)
