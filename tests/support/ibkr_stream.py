"""The simulated TWS with its lines in hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from support.brokers import MemoryCredentials
from support.rigs_ibkr import IbkrRig, ibkr_rig, sign_in
from support.schwab_stream import Listener

from brokerdesk.brokers.ibkr.session import IbkrSession
from brokerdesk.domain.kinds import AssetType
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.simulator.exchange.events import Event, What

APPLE = QuoteKey("AAPL", AssetType.EQUITY, "USD")
MICROSOFT = QuoteKey("MSFT", AssetType.EQUITY, "USD")
FUND = QuoteKey("SPY", AssetType.ETF, "USD")
COIN = QuoteKey("BTC/USD", AssetType.CRYPTO, "USD")
NOBODY = QuoteKey("ZZZZ", AssetType.EQUITY, "USD")


@dataclass
class TwsLines:
    """One session at one simulated TWS; the market moves when ``tick`` says so."""

    rig: IbkrRig
    session: IbkrSession
    listeners: list[Listener] = field(default_factory=list)

    def prices(self, *keys: QuoteKey) -> Listener:
        stream = self.session.quote_stream()
        stream.want(frozenset(keys))
        return self._started(stream)

    def news(self) -> Listener:
        return self._started(self.session.account_stream())

    def _started(self, stream: Any) -> Listener:
        found = Listener(stream).start()
        self.listeners.append(found)
        return found

    async def tick(self, seconds: float = 60.0) -> None:
        """Time passes, and TWS tells what that changed."""
        await self.rig.clock.advance(seconds)
        await self.rig.lever(action="tick")

    async def code(self, code: int, **more: Any) -> None:
        await self.rig.lever(action="error", code=code, **more)

    async def say(self, *messages: tuple[object, ...]) -> None:
        """What every client is told unasked, fields as they stand on the wire."""
        await self.rig.lever(action="say", messages=[list(map(str, one)) for one in messages])

    async def all_came(self) -> None:
        """What TWS has sent by now has been heard."""
        await self.session.accounts()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def until(self, good: Callable[[], object]) -> None:
        """Wait for something at TWS that no line tells."""
        async with asyncio.timeout(5):
            while not good():  # noqa: ASYNC110 - nobody is told
                await asyncio.sleep(0.005)

    def next_trade(self) -> tuple[str, Event]:
        """The first trade to come, and whose it is."""
        found = [
            (event.at, account.profile.number, event)
            for account in self.rig.tws.exchange.accounts
            for event in account.events(
                self.rig.clock.now(), self.rig.clock.now().replace(year=2027)
            )
            if event.what is What.TRADE
        ]
        _, number, event = min(found, key=lambda one: one[0])
        return number, event

    def request(self, key_symbol: str) -> str:
        """The number under which the simulator tells about a symbol."""
        for one in self.rig.tws.connections:
            for number, (contract, _) in one.lines.items():
                if contract.source == key_symbol:
                    return str(number)
        raise AssertionError(f"nobody asked for {key_symbol}")

    def subscribed(self) -> set[str]:
        return {
            contract.source
            for one in self.rig.tws.connections
            for contract, _ in one.lines.values()
        }


@asynccontextmanager
async def tws_lines(**switches: object) -> AsyncIterator[TwsLines]:
    async with ibkr_rig() as rig:
        for name, value in switches.items():
            assert hasattr(rig.tws.switches, name)
            setattr(rig.tws.switches, name, value)
        port = MemoryCredentials((await sign_in(rig)).credentials)
        session = rig.session(port)
        assert isinstance(session, IbkrSession)
        lines = TwsLines(rig, session)
        try:
            yield lines
        finally:
            for one in lines.listeners:
                await one.stop()
            await session.aclose()
