"""The practice profile over the real simulator, adapter and database; and its child process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.brokers import RawServer, Reply, free_port, json_reply
from support.clock import FakeClock
from support.secrets import FakeKeyring, profile, store_with

from brokerdesk.brokers import recordings
from brokerdesk.brokers.registry import spec
from brokerdesk.db.engine import Database
from brokerdesk.domain.events import Event, PracticePrepared
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.errors import BrokerProtocolError, BrokerUnavailableError, InputError
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.services import practice as practice_module
from brokerdesk.services.container import Services
from brokerdesk.services.practice_host import PracticeHost, PracticeServer, servers_of
from brokerdesk.settings import Settings
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.tasks import Supervisor

BROKER = "schwab"
START = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _a_short_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five years take seconds; ten days show the same."""
    monkeypatch.setattr(practice_module, "HISTORY", timedelta(days=14))


class Desk:
    def __init__(self, services: Services, events: list[Event], clock: FakeClock) -> None:
        self.services = services
        self.events = events
        self.clock = clock

    async def days(self) -> set[int]:
        """How many days each account has."""

        def count(uow: object) -> set[int]:
            return {
                len(uow.snapshots.days(one.account.id))  # type: ignore[attr-defined]
                for one in uow.accounts.list()  # type: ignore[attr-defined]
            }

        return await self.services.database.read(count)


@asynccontextmanager
async def desk(directory: Path, clock: FakeClock, keyring: FakeKeyring) -> AsyncIterator[Desk]:
    paths = profile(directory)
    events: list[Event] = []
    bugs: list[BaseException] = []
    supervisor = Supervisor(lambda _, error: bugs.append(error))
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
    store = store_with(paths, keyring, clock=clock)
    services = Services(
        paths=paths,
        clock=clock,
        publish=events.append,
        settings=Settings(),
        secrets=store,
        certificates=CertificateKeeper(store, paths, clock),
        database=database,
        supervisor=supervisor,
    )
    try:
        yield Desk(services, events, clock)
    finally:
        await services.aclose()
        await supervisor.aclose()
        await store.aclose()
        await database.aclose()
        assert bugs == []


@asynccontextmanager
async def market(clock: FakeClock, seed: int = 11) -> AsyncIterator[dict[str, PracticeServer]]:
    options = SimulatorOptions(
        seed=seed,
        clock=clock,
        callback_urls=(f"https://127.0.0.1:{free_port()}",),
        throttle_per_minute=None,
    )
    async with SimulatorServer(options) as sim:
        origin = sim.origin(BROKER)
        yield {
            BROKER: PracticeServer(
                base_url=origin.base_url,
                control_url=origin.control_url,
                secrets=origin.secrets,
            )
        }


async def test_a_practice_profile_is_made_once_and_then_only_continued(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START), FakeKeyring()
    async with desk(tmp_path, clock, keyring) as first, market(clock) as servers:
        (row,) = await first.services.practice.prepare(servers)
        assert row.practice_url == "", "the built-in simulator has another port each time"
        view = await first.services.portfolio.view()
        assert [total.environment for total in view.totals] == [Environment.PRACTICE]
        assert view.totals[0].net_liquidation is not None
        assert len(view.positions) > 10
        assert all(account.net_liquidation is not None for account in view.accounts)
        days = await first.days()
        assert min(days) >= 9, "two weeks have ten sessions or nine"
        progress = [event for event in first.events if isinstance(event, PracticePrepared)]
        assert progress[-1].done == progress[-1].total
        same = await first.services.practice.prepare(servers)
        assert [one.id for one in same] == [row.id]
        assert await first.days() == days

    await clock.advance(3 * 86400)  # a weekend and a Monday
    async with desk(tmp_path, clock, keyring) as second, market(clock) as servers:
        (again,) = await second.services.practice.prepare(servers)
        assert again.id == row.id
        assert again.signed_in_at == row.signed_in_at, "tokens survive another port"
        assert min(await second.days()) > min(days)
        newest = (await second.services.portfolio.view()).accounts[0]
        assert newest.fetched_at is not None
        assert newest.fetched_at >= clock.now() - timedelta(minutes=1)
        state = (await second.services.portfolio.view()).connections[0].state
        assert state is ConnectionState.OK


async def test_a_sign_in_that_ended_is_renewed_without_a_word(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START), FakeKeyring()
    async with desk(tmp_path, clock, keyring) as first, market(clock) as servers:
        (row,) = await first.services.practice.prepare(servers)
    await clock.advance(8 * 86400)
    async with desk(tmp_path, clock, keyring) as second, market(clock) as servers:
        (again,) = await second.services.practice.prepare(servers)
        assert again.id == row.id
        assert again.signed_in_at == clock.now()
        view = await second.services.portfolio.view()
        assert view.connections[0].state is ConnectionState.OK


async def test_lost_secrets_are_made_again(tmp_path: Path) -> None:
    clock = FakeClock(START)
    async with desk(tmp_path, clock, FakeKeyring()) as first, market(clock) as servers:
        (row,) = await first.services.practice.prepare(servers)
        await first.services.secrets.delete(row.id)
        (again,) = await first.services.practice.prepare(servers)
        assert again.id == row.id


async def test_the_seed_is_made_once(tmp_path: Path) -> None:
    clock, keyring = FakeClock(START), FakeKeyring()
    async with desk(tmp_path, clock, keyring) as first:
        seed = await first.services.practice.seed()
    async with desk(tmp_path, clock, keyring) as second:
        assert await second.services.practice.seed() == seed


async def test_without_its_market_the_last_figures_stay(
    tmp_path: Path, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings()
    clock, keyring = FakeClock(START), FakeKeyring()
    async with desk(tmp_path, clock, keyring) as first, market(clock) as servers:
        (row,) = await first.services.practice.prepare(servers)
        before = (await first.services.portfolio.view()).totals
    async with desk(tmp_path, clock, keyring) as second:
        outcome = await second.services.refreshing.refresh(row.id)
        assert outcome.state is ConnectionState.UNAVAILABLE
        assert "practice market" in outcome.text
        assert (await second.services.portfolio.view()).totals == before


# -- recordings -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1:1/x", "http://example.com/x", "http://10.0.0.1:1/x", "file:///x", "x"],
)
async def test_recordings_are_asked_of_this_computer_only(address: str) -> None:
    with pytest.raises(BrokerUnavailableError):
        await recordings.approve(address, "http://127.0.0.1:1/authorize")
    with pytest.raises(BrokerUnavailableError):
        async for _ in recordings.history(address, 1):
            pass


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=500), BrokerUnavailableError),
        (Reply(status=302, headers={"Location": "http://127.0.0.1:1/"}), BrokerUnavailableError),
        (Reply(body=b"<html>"), BrokerProtocolError),
        (json_reply({"other": 1}), BrokerProtocolError),
        (Reply(reset=True), BrokerUnavailableError),
    ],
)
async def test_bad_recordings_are_told_apart(reply: Reply, error: type[Exception]) -> None:
    async with RawServer(lambda _: reply) as server:
        with pytest.raises(error):
            await recordings.approve(server.url, "http://127.0.0.1:1/authorize")
        with pytest.raises(error):
            async for _ in recordings.history(server.url, 1):
                pass


def test_amounts_in_a_recording_stay_the_bytes_they_were() -> None:
    line = '{"account_number": "1", "at": "2026-01-05T21:00:00Z", "answer": {"v": 0.1000}}'
    assert recordings._recording(line).answer == b'{"v": 0.1000}'


# -- the child process ----------------------------------------------------------------------------
def alive(pid: int) -> bool:
    """Whether the process runs; one that waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def gone(pid: int) -> bool:
    for _ in range(500):
        if not alive(pid):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_the_market_starts_and_stops_as_a_child() -> None:
    host = PracticeHost(7)
    servers = await host.start()
    pid = host.pid
    assert pid is not None
    assert servers[BROKER].base_url.startswith("http://127.0.0.1:")
    assert set(servers[BROKER].secrets) == {"app_key", "app_secret", "callback_url"}
    assert servers[BROKER].secrets["app_secret"] not in repr(servers)
    await host.stop()
    await host.stop()
    assert not alive(pid)


PARENT = """
import asyncio, sys
from brokerdesk.services.practice_host import PracticeHost

async def main():
    host = PracticeHost(7)
    await host.start()
    print(host.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there; closing the pipe is the same")
async def test_the_market_dies_with_a_parent_that_is_killed() -> None:
    parent = await asyncio.to_thread(
        subprocess.Popen,
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert parent.stdout is not None
        pid = int(await asyncio.to_thread(parent.stdout.readline))
        assert alive(pid)
        parent.send_signal(signal.SIGKILL)
        await asyncio.to_thread(parent.wait)
        assert await gone(pid)
    finally:
        parent.kill()
        parent.wait()
        assert parent.stdout is not None
        parent.stdout.close()


@pytest.mark.parametrize(
    "code",
    [
        "pass",
        "print('nonsense')",
        "print('{}')",
        "print('[1]')",
        'print(\'{"brokers": {"x": {"base_url": 1}}}\')',
    ],
)
async def test_a_market_that_says_something_else_is_told_in_words(code: str) -> None:
    host = PracticeHost(7, command=[sys.executable, "-c", code])
    with pytest.raises((BrokerUnavailableError, InputError)) as told:
        await host.start()
    assert told.value.title
    assert host.pid is None


async def test_a_market_that_cannot_be_started_or_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    from brokerdesk.services import practice_host

    with pytest.raises(BrokerUnavailableError):
        await PracticeHost(7, command=["/nowhere/at/all"]).start()
    monkeypatch.setattr(practice_host, "FIRST_LINE_LIMIT", 0.2)
    host = PracticeHost(7, command=[sys.executable, "-c", "import sys; sys.stdin.read()"])
    with pytest.raises(BrokerUnavailableError, match="did not start"):
        await host.start()
    assert host.pid is None


def test_a_market_elsewhere_is_refused() -> None:
    line = (
        '{"brokers": {"x": {"base_url": "http://example.com:1", "control_url": "", "secrets": {}}}}'
    )
    with pytest.raises(InputError):
        servers_of(line)


def test_the_adapter_can_replay() -> None:
    assert spec(BROKER).replay is not None
