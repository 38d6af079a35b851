"""The simulated Schwab with its streamer in hand, and somebody who listens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.rigs import SchwabRig, schwab_rig, sign_in

from brokerdesk.brokers.schwab.session import SchwabSession
from brokerdesk.brokers.streaming import AccountMoved, Line, NotTold, StreamEvent, Told
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.simulator.schwab.stream_line import StreamLine
from brokerdesk.simulator.server import SimulatorServer

E = TypeVar("E", Line, Told, NotTold, AccountMoved)

APPLE = QuoteKey("AAPL", AssetType.EQUITY, "USD")
FUND = QuoteKey("SPY", AssetType.ETF, "USD")
CALL = QuoteKey("AAPL  261218C00190000", AssetType.OPTION, "USD")
NOBODY = QuoteKey("ZZZZ", AssetType.EQUITY, "USD")


@dataclass
class Listener:
    """Whoever runs a stream: keeps what it was told."""

    stream: Any
    events: list[StreamEvent] = field(default_factory=list)
    _told: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def start(self) -> Listener:
        self._task = asyncio.ensure_future(self.stream.run(self._hear))
        self._task.add_done_callback(lambda _: self._told.set())
        return self

    def _hear(self, event: StreamEvent) -> None:
        self.events.append(event)
        self._told.set()

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def states(self) -> list[str]:
        return [line.state.value for line in self.all(Line)]

    @property
    def refusals(self) -> dict[QuoteKey, str]:
        return {key: event.why for event in self.all(NotTold) for key in event.keys}

    def quotes(self) -> dict[QuoteKey, Quote]:
        """The newest quote of each key."""
        return {told.key: told.quote for told in self.all(Told)}

    async def until(self, good: Callable[[], object]) -> None:
        """Wait until something is so; fails when the stream ends before."""
        async with asyncio.timeout(5):
            while not good():
                if self._task is not None and self._task.done():
                    self._task.result()
                    raise AssertionError("the stream ended without a word")
                self._told.clear()
                await self._told.wait()

    @property
    def task_error(self) -> BaseException | None:
        """What the stream has ended with, if it has."""
        return self._task.exception() if self._task is not None and self._task.done() else None

    async def error(self) -> BaseException:
        """What the stream ends with."""
        assert self._task is not None
        async with asyncio.timeout(5):
            await asyncio.wait({self._task})
        found = self._task.exception()
        assert found is not None
        return found

    async def stop(self) -> None:
        assert self._task is not None
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._task


@dataclass
class StreamRig:
    """One session at one simulated Schwab; prices move when ``tick`` says so."""

    rig: SchwabRig
    session: SchwabSession
    port: MemoryCredentials
    listeners: list[Listener] = field(default_factory=list)

    @property
    def sim(self) -> SimulatorServer:
        return self.rig.sim

    @property
    def lines(self) -> tuple[StreamLine, ...]:
        """The connections that are logged in."""
        return self.sim.schwab.streamer.lines

    def switch(self, **values: object) -> None:
        for name, value in values.items():
            assert hasattr(self.sim.switches, name)
            setattr(self.sim.switches, name, value)

    async def act(self, action: str, **more: Any) -> None:
        await self.rig.control("stream", {"action": action, **more})

    async def tick(self, seconds: float = 1.0) -> None:
        """Time passes, and the streamer tells what that changed."""
        await self.rig.clock.advance(seconds)
        await self.act("tick")

    def prices(self, *keys: QuoteKey) -> Listener:
        stream = self.session.quote_stream()
        stream.want(frozenset(keys))
        return self._listening(stream)

    def news(self) -> Listener:
        return self._listening(self.session.account_stream())

    def _listening(self, stream: Any) -> Listener:
        found = Listener(stream).start()
        self.listeners.append(found)
        return found

    async def told(self, listener: Listener, *keys: QuoteKey) -> dict[QuoteKey, Quote]:
        """Let the market move until the listener knows a price of each; the newest quotes."""
        async with asyncio.timeout(5):
            while set(keys) - set(listener.quotes()):
                await self.tick(0.1)
                await asyncio.sleep(0.005)
        return listener.quotes()


@asynccontextmanager
async def stream_rig(**switches: object) -> AsyncIterator[StreamRig]:
    async with schwab_rig(clock=FakeClock()) as rig:
        port = MemoryCredentials((await sign_in(rig)).credentials)
        session = rig.session(port)
        assert isinstance(session, SchwabSession)
        made = StreamRig(rig, session, port)
        made.switch(stream_interval=0, **switches)
        try:
            yield made
        finally:
            for listener in made.listeners:
                await listener.stop()
            await session.aclose()
