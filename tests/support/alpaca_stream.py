"""The simulated Alpaca with its sockets in hand; prices move when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from support.brokers import MemoryCredentials
from support.clock import FakeClock
from support.rigs_alpaca import AlpacaRig, alpaca_rig
from support.schwab_stream import Listener

from brokerdesk.brokers.alpaca.session import AlpacaSession
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import QuoteKey

APPLE = QuoteKey("AAPL", AssetType.EQUITY, "USD")
FUND = QuoteKey("SPY", AssetType.ETF, "USD")
COIN = QuoteKey("BTC/USD", AssetType.CRYPTO, "USD")
CALL = QuoteKey("AAPL  261218C00190000", AssetType.OPTION, "USD")
NOBODY = QuoteKey("ZZZZ", AssetType.EQUITY, "USD")


@dataclass
class StreamRig:
    """One session at one simulated Alpaca."""

    rig: AlpacaRig
    session: AlpacaSession
    port: MemoryCredentials
    listeners: list[Listener] = field(default_factory=list)

    @property
    def lines(self) -> list[Any]:
        """The connections that are signed in."""
        return [line for line in self.rig.dialect.streamer.lines if line.signed_in]

    def switch(self, **values: object) -> None:
        for name, value in values.items():
            assert hasattr(self.rig.dialect.switches, name)
            setattr(self.rig.dialect.switches, name, value)

    async def act(self, action: str, **more: Any) -> None:
        await self.rig.control("stream", {"action": action, **more})

    async def tick(self, seconds: float = 1.0) -> None:
        """Time passes, and the sockets tell what that changed."""
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

    async def until(self, good: Callable[[], object]) -> None:
        """Wait until something is so over there, which nobody tells."""
        async with asyncio.timeout(5):
            while not good():  # noqa: ASYNC110 - the simulator sets no event for a test
                await asyncio.sleep(0.005)

    async def subscribed(self, listener: Listener, *keys: QuoteKey) -> None:
        """Until all are known and the sockets have said so."""
        await listener.until(lambda: set(keys) <= set(listener.quotes()))
        await listener.until(lambda: "live" in listener.states)


@asynccontextmanager
async def stream_rig(*, oauth: bool = False, venue: str = "live") -> AsyncIterator[StreamRig]:
    async with alpaca_rig(clock=FakeClock()) as rig:
        given = {**rig.keys(venue), "venues": venue}
        if oauth:
            from support.rigs import sign_in

            given = dict((await sign_in(rig)).credentials)
        port = MemoryCredentials(given)
        session = rig.session(port)
        assert isinstance(session, AlpacaSession)
        made = StreamRig(rig, session, port)
        made.switch(stream_interval=0)
        try:
            yield made
        finally:
            for listener in made.listeners:
                await listener.stop()
            await session.aclose()
