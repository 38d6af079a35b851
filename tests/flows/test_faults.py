"""Every fault that the simulated broker knows, met by a whole refresh: nothing good is ever lost.

The real adapter, services, database and secret store against the simulator in this process, on a
clock that runs many times faster than the wall's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.brokers import free_port
from support.clock import FakeClock
from support.secrets import FakeKeyring, profile, store_with

from brokerdesk.db.engine import Database
from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.kinds import ConnectionState, Environment
from brokerdesk.domain.reading import Reading
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.services.container import Services
from brokerdesk.services.practice import sign_in
from brokerdesk.services.practice_host import PracticeServer
from brokerdesk.services.refreshing import RefreshOutcome
from brokerdesk.settings import Settings
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.tasks import Supervisor

BROKER = "schwab"
START = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)

EDITS = [
    "bad_enum",
    "extra_fields",
    "wrong_type",
    "nan",
    "infinity",
    "big_number",
    "null",
    "bad_record",
    "deep",
    "half",
]
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("reset_before", {}),
    ("reset_after", {}),
    ("reset_mid_body", {}),
    ("truncate", {}),
    ("garbage", {}),
    ("html", {}),
    ("redirect", {}),
    ("gzip_bomb", {}),
    ("delay", {"seconds": 5}),
    ("body", {"is": "empty"}),
    *[("status", {"status": code}) for code in (400, 401, 403, 404, 410, 429, 500, 502, 503, 504)],
    *[("edit", {"edit": edit}) for edit in EDITS],
    *[
        ("edit", {"edit": edit, "field": field})
        for edit in ("missing_field", "nan", "null", "wrong_type")
        for field in ("liquidationValue", "longQuantity", "accountNumber")
    ],
    ("edit", {"edit": "value", "field": "positions", "value": []}),
    ("edit", {"edit": "value", "field": "liquidationValue", "value": 1}),
]
ROUTES = {"accounts": "accountNumbers$|/accounts$", "portfolio": "/accounts/[^/]+$"}


@dataclass
class Desk:
    services: Services
    sim: SimulatorServer
    connection: ConnectionId
    bugs: list[BaseException]

    async def figures(self) -> dict[str, Reading | None]:
        def read(uow: Any) -> dict[str, Reading | None]:
            return {
                one.account.id: uow.snapshots.latest(one.account.id).reading
                for one in uow.accounts.list()
            }

        return await self.services.database.read(read)

    async def closed(self) -> list[object]:
        return await self.services.database.read(
            lambda uow: [one.closed_at for one in uow.accounts.list() if one.closed_at]
        )


@asynccontextmanager
async def fast(clock: FakeClock) -> AsyncIterator[None]:
    """Let the clock run fifty times as fast as the wall's."""

    async def run() -> None:
        while True:
            await clock.advance(0.25)
            await asyncio.sleep(0.005)

    running = asyncio.ensure_future(run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def desk(directory: Path) -> AsyncIterator[Desk]:
    clock = FakeClock(START)
    options = SimulatorOptions(
        seed=51,
        clock=clock,
        accounts=2,
        positions=5,
        callback_urls=(f"https://127.0.0.1:{free_port()}",),
        throttle_per_minute=None,
    )
    paths, bugs = profile(directory), []
    supervisor = Supervisor(lambda _, error: bugs.append(error))
    store = store_with(paths, FakeKeyring(), clock=clock)
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
    services = Services(
        paths=paths,
        clock=clock,
        publish=lambda _: None,
        settings=Settings(suspect_equity_drop_percent=Decimal(40)),
        secrets=store,
        certificates=CertificateKeeper(store, paths, clock),
        database=database,
        supervisor=supervisor,
    )
    async with SimulatorServer(options) as sim, fast(clock):
        origin = sim.origin(BROKER)
        attempt = await services.connecting.begin(
            BROKER, Environment.PRACTICE, practice_url=origin.base_url
        )
        server = PracticeServer(
            base_url=origin.base_url, control_url=origin.control_url, secrets=origin.secrets
        )
        await sign_in(attempt, server)
        await attempt.test()
        row = await attempt.save()
        first = await services.refreshing.refresh(row.id)
        assert first.state is ConnectionState.OK, first.failed
        try:
            yield Desk(services, sim, row.id, bugs)
        finally:
            await services.aclose()
            await supervisor.aclose()
            await store.aclose()
            await database.aclose()


def same_money(before: Reading | None, after: Reading | None) -> bool:
    assert before is not None
    assert after is not None
    return money(before) == money(after)


def money(reading: Reading) -> tuple[object, ...]:
    """What totals and tables are made of; further figures of the broker's own may come and go."""
    figures = [(one.currency, one.cash, one.net_liquidation) for one in reading.balances]
    return (figures, reading.positions)


def difference(before: Reading | None, after: Reading | None) -> str:
    """Every figure that changed, for the failure's message."""
    assert before is not None
    assert after is not None
    old, new = (repr(money(one)).split(", ") for one in (before, after))
    return "; ".join(f"{a} -> {b}" for a, b in zip(old, new, strict=False) if a != b)


def sane(before: Reading | None, after: Reading | None) -> bool:
    """After a fault: the old figures, or read ones with each record that was not read named."""
    assert before is not None
    assert after is not None
    if same_money(before, after):
        return True
    held = {position.instrument.key for position in after.positions}
    lost = [one for one in before.positions if one.instrument.key not in held]
    return bool(after.unread) and len(lost) <= len(after.unread)


@pytest.mark.parametrize("route", sorted(ROUTES))
async def test_no_fault_loses_a_figure(
    tmp_path: Path, route: str, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings()
    async with desk(tmp_path) as made:
        before = await made.figures()
        refreshing = made.services.refreshing
        for kind, args in KINDS:
            named = f"{route}: {kind} {args}"
            made.sim.faults.add([{"kind": kind, "path": ROUTES[route], "args": args}])
            async with asyncio.timeout(20):
                outcome: RefreshOutcome = await refreshing.refresh(made.connection)
            made.sim.faults.rules.clear()
            after = await made.figures()
            assert made.bugs == [], named
            assert after.keys() == before.keys(), named
            assert await made.closed() == [], named
            for account, old in before.items():
                assert sane(old, after[account]), f"{named} {difference(old, after[account])}"
            if outcome.state is not ConnectionState.OK:
                assert outcome.text, named
                assert outcome.failed, named
            if kind in ("status", "html", "garbage", "reset_before", "truncate"):
                assert outcome.failed, named
            await again(made, named)
            before = await made.figures()


async def again(made: Desk, named: str) -> None:
    """Without the fault the next round is whole; a broker's own pause is waited for."""
    for _ in range(40):
        outcome = await made.services.refreshing.refresh(made.connection)
        if not outcome.skipped:
            break
        await asyncio.sleep(0.05)
    assert outcome.state is ConnectionState.OK, f"after {named}: {outcome.text}"
    assert outcome.failed == (), f"after {named}"


async def test_a_sign_in_that_is_refused_stops_the_polling_until_the_user_acts(
    tmp_path: Path, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings()
    async with desk(tmp_path) as made:
        made.sim.schwab.state.tokens.expire("access")
        made.sim.schwab.state.tokens.expire("refresh")
        outcome = await made.services.refreshing.refresh(made.connection)
        assert outcome.state is ConnectionState.NEEDS_SIGN_IN
        made.sim.log.clear()
        made.services.schedule.start()
        await asyncio.sleep(0.5)
        assert list(made.sim.log) == []
