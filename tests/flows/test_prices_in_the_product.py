"""Live prices through the product's services and the real adapters, at the simulated brokers.

The socket is killed, the broker falls silent and comes back; what stands on the screen as live is
live, and no longer than that.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.clock import FakeClock
from support.secrets import FakeKeyring, profile, store_with

from brokerdesk.db.engine import Database
from brokerdesk.domain.events import AccountRefreshed, Event
from brokerdesk.domain.kinds import AssetType
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.services.container import Services
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.services.quoting_book import LivePrice, PricesMoved, PriceState
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.settings import Settings
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.tasks import Supervisor

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""Ten in the morning in New York, on a Friday."""
TOLD = (PriceState.LIVE, PriceState.DELAYED)
LEVERS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "schwab": ("stream", {"action": "drop"}, {"action": "tick"}),
    "alpaca": ("stream", {"action": "drop"}, {"action": "tick"}),
    "ibkr": ("tws", {"action": "disconnect", "hard": True}, {"action": "tick"}),
}
REAL_SECONDS = 10.0
"""So long the real sockets may take for what they do at once."""


@dataclass
class Product:
    broker: str
    clock: FakeClock
    sim: SimulatorServer
    services: Services
    events: list[Event]

    async def lever(self, body: dict[str, Any]) -> None:
        route = LEVERS[self.broker][0]
        url = f"{self.sim.origin(self.broker).control_url}/{route}"
        async with httpx.AsyncClient(trust_env=False) as http:
            (await http.post(url, json=body)).raise_for_status()

    async def kill(self) -> None:
        await self.lever(LEVERS[self.broker][1])

    async def tick(self, seconds: float = 1.0) -> None:
        await self.clock.advance(seconds)
        await self.lever(LEVERS[self.broker][2])

    async def until(self, good: Callable[[], object], *, pace: float = 0.0) -> None:
        """Let sockets and the database do what they do; with ``pace``, time and market go on."""
        async with asyncio.timeout(REAL_SECONDS):
            while not good():
                if pace:
                    await self.tick(pace)
                await asyncio.sleep(0.005)

    def prices(self, *states: PriceState) -> list[LivePrice]:
        """What is followed and stands so."""
        quoting = self.services.quoting
        found = [quoting.price(of) for of in self.services.quoting.sources()]
        return [one for one in found if one is not None and one.state in states]

    def price(self, of: Priced) -> LivePrice:
        found = self.services.quoting.price(of)
        assert found is not None
        return found


@asynccontextmanager
async def product(folder: Path, broker: str) -> AsyncIterator[Product]:
    clock = FakeClock(START, auto=True)
    paths, bugs, events = profile(folder), list[BaseException](), list[Event]()
    options = SimulatorOptions(brokers=(broker,), clock=clock, throttle_per_minute=None)
    async with SimulatorServer(options) as sim:
        supervisor = Supervisor(lambda _, error: bugs.append(error))
        database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
        store = store_with(paths, FakeKeyring(), clock=clock)
        services = Services(
            paths=paths, clock=clock, publish=events.append, settings=Settings(), secrets=store,
            certificates=CertificateKeeper(store, paths, clock), database=database,
            supervisor=supervisor,
        )  # fmt: skip
        origin = sim.origin(broker)
        server = PracticeServer(
            base_url=origin.base_url, control_url=origin.control_url, secrets=origin.secrets
        )
        try:
            rows = await services.practice.open_market({broker: server})
            for row in rows:
                await services.refreshing.refresh(row.id)
            clock.auto = False
            yield Product(broker, clock, sim, services, events)
        finally:
            clock.auto = True
            await services.aclose()
            await supervisor.aclose()
            await store.aclose()
            await database.aclose()
    assert bugs == []


@pytest.mark.parametrize("broker", list(LEVERS))
async def test_a_killed_socket_ends_what_was_live_and_is_made_again(
    tmp_path: Path, broker: str
) -> None:
    async with product(tmp_path, broker) as made:
        quoting = made.services.quoting
        quoting.want("page", held=True)
        await made.until(lambda: len(made.prices(*TOLD)) >= 3, pace=1)
        subscribed = set(quoting.sources())
        live = made.prices(*TOLD)
        assert all(one.connection == quoting.sources()[one.of] for one in live)
        assert all(one.quote.source == broker for one in live)
        await made.kill()
        await made.until(lambda: not made.prices(*TOLD))
        told = [one for one in made.events if isinstance(one, PricesMoved)][-1]
        assert told.prices
        assert not [one for one in told.prices if one.state in TOLD], "and the window was told"
        before = {one.of: made.price(one.of).quote for one in live}
        await made.until(lambda: len(made.prices(*TOLD)) >= 3, pace=1)
        assert set(quoting.sources()) == subscribed, "everything is subscribed again"
        for one in made.prices(*TOLD):
            known = before.get(one.of)
            assert known is None or one.quote.fetched_at >= known.fetched_at


@pytest.mark.parametrize("broker", ["schwab", "alpaca"])
async def test_what_prices_make_of_accounts_reaches_the_window(tmp_path: Path, broker: str) -> None:
    async with product(tmp_path, broker) as made:
        made.services.quoting.want("page", held=True)

        def moves() -> list[Any]:
            batches = [one for one in made.events if isinstance(one, PricesMoved)]
            return [move for batch in batches for move in batch.accounts if move.priced]

        await made.until(moves, pace=30)
        view = await made.services.portfolio.view()
        by_id = {row.id: row for row in view.accounts}
        for move in moves():
            assert by_id[move.account].net_liquidation == move.net, "the broker's own figure stays"
            assert move.priced <= move.count


async def test_without_a_line_prices_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with product(tmp_path, "schwab") as made:
        spec = made.services.pool.spec("schwab")
        able = replace(spec.capabilities, streaming=False)
        monkeypatch.setattr(made.services.pool, "spec", lambda _: replace(spec, capabilities=able))
        quoting = made.services.quoting
        quoting.want("page", held=True)

        def asked() -> list[LivePrice]:
            batches = [one for one in made.events if isinstance(one, PricesMoved)]
            return [
                price
                for batch in batches
                for price in batch.prices
                if price.state is PriceState.POLLED
            ]

        await made.until(lambda: len(asked()) >= 5, pace=0.5)
        assert not quoting.sources()
        assert all(one.of.key.asset_type is not AssetType.CASH_EQUIVALENT for one in asked())
        requests = [entry["path"] for entry in made.sim.log if "quotes" in entry["path"]]
        await made.clock.advance(20)
        later = [entry["path"] for entry in made.sim.log if "quotes" in entry["path"]]
        assert len(later) == len(requests), "not before the broker's record says"
        await made.clock.advance(60)
        await made.until(
            lambda: len([e for e in made.sim.log if "quotes" in e["path"]]) > len(requests)
        )


async def test_after_a_lost_account_line_accounts_are_read(tmp_path: Path) -> None:
    async with product(tmp_path, "schwab") as made:
        made.services.listening.start()
        await made.until(lambda: made.sim.schwab.streamer.lines, pace=1)
        made.events.clear()
        await made.kill()
        await made.until(
            lambda: [one for one in made.events if isinstance(one, AccountRefreshed)], pace=0.5
        )
        accounts = await made.services.database.read(lambda uow: uow.accounts.list())
        wanted = {one.account.id for one in accounts if one.included}

        def read() -> set[Any]:
            return {one.account for one in made.events if isinstance(one, AccountRefreshed)}

        await made.until(lambda: read() == wanted, pace=0.5)
