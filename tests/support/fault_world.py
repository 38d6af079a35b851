"""Two brokers in one product: one meets faults, the other must not notice.

The reads of a session go through the real adapter, the refreshes through services, database and
secret store. Wall time is only waited for where a deadline is what ends a fault.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.clock import FakeClock
from support.fault_matrix import EVERYWHERE, Fault, Row
from support.product import connect, services_in
from support.rigs import RIGS, Rig
from support.transports import TRAITS, Transport

from brokerdesk.brokers.base import BrokerSession, DailyPrices, Gatherer
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AssetType, ConnectionState
from brokerdesk.domain.position import Position
from brokerdesk.domain.reading import Batch, Reading
from brokerdesk.errors import BrokerError
from brokerdesk.services.container import Services
from brokerdesk.services.refreshing import RefreshOutcome

CLOSED = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
"""A Saturday: no price moves until Monday, so any change is the fault's."""
DEADLINE = 20.0
SLOW_DEADLINE = 0.4
"""What a test waits for where silence is the fault."""
ROUND = 60.0
"""A round asks many questions, of which some in a row may each take until the deadline."""
OVER = 1.0
"""By so many seconds a deadline may be missed."""
PAUSE = 4000.0
Read = Callable[[], Awaitable[Any]]


@dataclass
class World:
    """``broker`` meets faults; ``neighbour`` is another broker's connection."""

    services: Services
    rig: Rig
    row: Connection
    neighbour: Connection
    account: AccountId
    bugs: list[BaseException]
    symbols: list[str] = field(default_factory=list)
    honest: dict[str, Any] = field(default_factory=dict)
    """What each read tells without a fault."""

    @property
    def socket(self) -> bool:
        return TRAITS[self.row.broker].transport is Transport.SOCKET

    def hurry(self, fault: Fault | None, patch: pytest.MonkeyPatch) -> None:
        """Shorten the deadline of what is opened from now on, where it will be waited for."""
        if fault is not None and (fault.slow or fault.quiet):
            self.rig.shorten(patch, SLOW_DEADLINE)

    @asynccontextmanager
    async def session(self, fault: Fault | None = None) -> AsyncIterator[BrokerSession]:
        """A session of the connection's own login that has found its way already."""
        with pytest.MonkeyPatch.context() as hurry:
            self.hurry(fault, hurry)
            opened = self.rig.session(self.services.secrets.credentials(self.row.id))
        try:
            self.account = (await opened.accounts()).items[0].id
            held = (await opened.portfolio(self.account)).positions
            names = (one.instrument for one in held)
            shares = [one.symbol for one in names if one.asset_type is AssetType.EQUITY]
            self.symbols = shares[:2]
            yield opened
        finally:
            await opened.aclose()

    def reads(self, session: BrokerSession) -> dict[str, Read]:
        """Everything that this broker's session can be asked for."""
        now = self.rig.clock.now()
        since, account = CLOSED - timedelta(days=20), self.account
        found: dict[str, Read] = {
            "accounts": session.accounts,
            "portfolio": lambda: session.portfolio(account),
            "transactions": lambda: session.transactions(account, since, now),
            "orders": lambda: session.orders(account, since, now),
            "quotes": lambda: session.quotes(self.symbols),
        }
        if self.rig.spec.capabilities.daily_prices and isinstance(session, DailyPrices):
            found["prices"] = lambda: session.daily_prices("AAPL", date(2026, 11, 2))
        if isinstance(session, Gatherer):
            found["links"] = session.links
        own: Any = session
        if hasattr(own, "daily_values"):
            found["values"] = lambda: own.daily_values(account, date(2026, 11, 2))
        if hasattr(own, "market_clock"):
            found["market"] = own.market_clock
        return found

    async def figures(self) -> dict[str, Any]:
        """All that is stored of the broker that meets faults."""

        def read(uow: Any) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for one in uow.accounts.list(self.row.id):
                key = one.account.id
                assert one.closed_at is None, "no fault closes an account"
                found[key] = (
                    uow.snapshots.latest(key).reading,
                    len(uow.transactions.list(key)),
                    len(uow.orders.list(key)),
                )
            return found

        return await self.services.database.read(read)

    async def strike(self, fault: Fault, where: str) -> None:
        """From now on the fault meets each request to ``where``; "" is every read."""
        route = where or EVERYWHERE[self.rig.spec.id]
        more = {"times": fault.times} if fault.times is not None else {}
        if fault.kind == "refuse":
            self.rig.sim.faults.add([{"kind": "refuse", **more}])
        else:
            await self.rig.fault(fault.kind, route, **fault.args)
        self.rig.clock.auto = not fault.slow

    async def calm(self, fault: Fault) -> None:
        """The fault is over, and so is every pause that was asked for."""
        await self.rig.heal()
        self.rig.clock.auto = True
        await self.rig.clock.advance(PAUSE if fault.pauses else 1100.0 if fault.slow else 90.0)

    async def again(self, named: str) -> None:
        """Without the fault the next round is whole, and all that was there is there."""
        await self.services.refreshing.forget(self.row.id)
        outcome = await self.services.refreshing.refresh(self.row.id)
        assert outcome.state is ConnectionState.OK, f"after {named}: {outcome.text}"
        assert outcome.failed == (), f"after {named}: {outcome.failed}"


@asynccontextmanager
async def world(broker: str, directory: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """One broker to trouble, and a neighbour in the same product."""
    clock = FakeClock(CLOSED, auto=True)
    bugs: list[BaseException] = []
    other = "alpaca" if broker == "schwab" else "schwab"
    async with AsyncExitStack() as stack:
        some = {"accounts": 2, "positions": 8} if broker == "schwab" else {}
        rig: Rig = await stack.enter_async_context(RIGS[broker](clock=clock, **some))
        rig.unpaced(patch)
        few = {"accounts": 1, "positions": 3} if other == "schwab" else {}
        quiet: Rig = await stack.enter_async_context(RIGS[other](clock=clock, **few))
        services = await stack.enter_async_context(services_in(directory, clock, bugs=bugs))
        row, neighbour = await connect(services, rig), await connect(services, quiet)
        for one in (row, neighbour):
            first = await services.refreshing.refresh(one.id)
            assert (first.state, first.failed) == (ConnectionState.OK, ()), first.text
        made = World(services, rig, row, neighbour, AccountId(""), bugs)
        async with made.session() as session:
            made.honest = {name: await read() for name, read in made.reads(session).items()}
        yield made


async def meet(made: World, fault: Fault, patch: pytest.MonkeyPatch) -> Row:
    """Everything that is asked of the broker meets ``fault``; what became of it."""
    cells, words = {}, {}
    started = time.monotonic()
    async with made.session(fault) as session:
        with patch.context() as hurry:
            if made.socket:  # TWS tells the orders of its own day only, and time goes on
                made.honest = {name: await read() for name, read in made.reads(session).items()}
            made.hurry(fault, hurry)
            await made.strike(fault, "")
            try:
                ends = await _all(made, session, fault)
            finally:
                await made.calm(fault)
    for name, ended in ends.items():
        cells[name], said = _told(name, ended, made.honest[name], fault)
        if said:
            words[name] = said
    before = await made.figures()
    with patch.context() as hurry:
        made.hurry(fault, hurry)
        listing = await _refreshed(made, fault, "", before)
        figures = await _refreshed(made, fault, "portfolio", before)
    await made.again(fault.name)
    cells["refresh"], cells["refresh, listed"] = _state(listing), _state(figures)
    return Row(
        fault=fault.name,
        cells=cells,
        words=words,
        reads=listing.text or figures.text,
        seconds=round(time.monotonic() - started, 2),
    )


async def _all(made: World, session: BrokerSession, fault: Fault) -> dict[str, Any]:
    """How each read ends. Together where a deadline is waited for, if that can be; else in turn."""
    reads, limit = made.reads(session), (SLOW_DEADLINE if fault.slow else DEADLINE) + OVER
    if fault.slow and not made.socket:
        ended = await asyncio.gather(*(_tried(read, limit) for read in reads.values()))
        return dict(zip(reads, ended, strict=True))
    return {name: await _tried(read, limit) for name, read in reads.items()}


async def _tried(read: Read, limit: float) -> Any:
    try:
        async with asyncio.timeout(limit):
            return await read()
    except BrokerError as error:
        return error
    except TimeoutError as error:
        raise AssertionError(f"no end within {limit} s") from error


def _told(name: str, ended: Any, honest: Any, fault: Fault) -> tuple[str, str]:
    """The word for how a read ended, and the sentences; what cannot be is a failure."""
    if isinstance(ended, BrokerError):
        assert ended.title, f"{name}: an error without words"
        assert ended.title.endswith("."), ended.title
        assert "facts" not in fault.ends or len(fault.ends) > 1, f"{name}: {ended.title}"
        if name == "portfolio":
            assert ended.code in fault.ends, f"portfolio ended {ended.code}: {ended.title}"
        return ended.code, ended.sentences()
    unread = tuple(getattr(ended, "unread", ()))
    if isinstance(ended, Reading):
        if not fault.empties:
            _same_figures(ended, honest)
    elif isinstance(ended, Batch) and isinstance(honest, Batch):
        assert len(ended) + len(unread) >= len(honest) or not len(ended), f"{name}: a row is lost"
    word = "partly" if unread else "facts"
    if name == "portfolio":
        assert word in fault.ends, f"portfolio told {word}"
    return word, " ".join(one.reason for one in unread[:1])


def _same_figures(told: Reading, honest: Reading) -> None:
    """What a reading tells is what the broker said without the fault, or is missing and named."""
    known: dict[str, list[Position]] = {}
    for held in honest.positions:
        known.setdefault(held.instrument.symbol, []).append(held)
    for held in told.positions:
        were = known.get(held.instrument.symbol, [])
        assert not were or any(_said(held, was) for was in were), f"{held} was never said"
    rows = len(told.positions) + len(told.unread)
    assert rows >= len(honest.positions), "a row is lost without a word"


def _said(told: Position, honest: Position) -> bool:
    return all(
        getattr(told, name) in (None, getattr(honest, name))
        for name in ("quantity", "market_value")
    )


async def _refreshed(
    made: World, fault: Fault, where: str, before: dict[str, Any]
) -> RefreshOutcome:
    """A round under the fault, beside one of the other broker; nothing good is lost by it."""
    await made.services.refreshing.forget(made.row.id)
    await made.strike(fault, where)
    try:
        async with asyncio.timeout(ROUND):
            outcome = await made.services.refreshing.refresh(made.row.id)
        if fault.kind == "refuse":
            await made.rig.heal()  # it would meet whoever connects to either
        if not where and not fault.slow:  # it has no time of its own while the clock stands still
            beside = await made.services.refreshing.refresh(made.neighbour.id)
            assert (beside.state, beside.failed) == (ConnectionState.OK, ()), beside.text
    finally:
        await made.calm(fault)
    after = await made.figures()
    assert made.bugs == []
    assert after.keys() >= before.keys(), "an account is lost"
    for account, (old, entries, orders) in before.items():
        reading, booked, ordered = after[account]
        assert booked >= entries, "entries are lost"
        assert ordered >= orders, "orders are lost"
        _same_figures(reading, old)
    if outcome.state is not ConnectionState.OK:
        assert outcome.text
        assert outcome.failed
    return outcome


def _state(outcome: RefreshOutcome) -> str:
    if outcome.state is ConnectionState.OK:
        return "partly" if outcome.failed else "ok"
    return outcome.state.value.replace("_", " ")
