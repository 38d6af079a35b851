"""What the contract suite needs of each broker that streams: one line in hand, and its levers.

A broker takes part by an entry in ``STANDS``: a context that gives a ``Stand``. Whose capabilities
say ``streaming`` and who has no entry fails the suite.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from support import alpaca_stream, ibkr_stream, schwab_stream
from support.brokers import MemoryCredentials
from support.rigs import sign_in
from support.schwab_stream import Listener

from brokerdesk.brokers.base import BrokerSession
from brokerdesk.domain.quote import QuoteKey


class Stand(Protocol):
    """One session at one simulated broker, whose market moves when ``tick`` says so.

    ``keys`` are told, ``unknown`` is carried by its kind and known to nobody.
    """

    @property
    def keys(self) -> tuple[QuoteKey, ...]: ...

    @property
    def unknown(self) -> QuoteKey: ...

    @property
    def rig(self) -> Any:
        """The broker's rig in the contract suite of sessions."""
        ...

    @property
    def session(self) -> Any: ...

    def listening(self, stream: Any) -> Listener:
        """Run a stream to the end of the test."""
        ...

    async def tick(self) -> None:
        """Some seconds pass, and what that changed is told."""
        ...

    async def drop(self) -> None:
        """The broker's end of all lines is gone."""
        ...

    async def happen(self) -> None:
        """Something happens in an account."""
        ...

    def standing(self) -> int:
        """How much the broker keeps up for whoever listens to prices: sockets, or subscriptions."""
        ...


@dataclass
class _Stand:
    """What the stands share."""

    made: Any

    keys: ClassVar[tuple[QuoteKey, ...]]
    unknown: ClassVar[QuoteKey]

    @property
    def rig(self) -> Any:
        return self.made.rig

    @property
    def session(self) -> Any:
        return self.made.session

    def listening(self, stream: Any) -> Listener:
        found = Listener(stream).start()
        self.made.listeners.append(found)
        return found


class AlpacaStand(_Stand):
    keys = (
        alpaca_stream.APPLE,
        alpaca_stream.FUND,
        alpaca_stream.COIN,
        alpaca_stream.CALL,
    )
    unknown = alpaca_stream.NOBODY

    async def tick(self) -> None:
        await self.made.tick(20)

    async def drop(self) -> None:
        await self.made.act("drop")

    async def happen(self) -> None:
        update = {"event": "fill", "execution_id": "e-1", "order": {"id": "o-1", "symbol": "AAPL"}}
        await self.made.act("news", venue="live", update=update)

    def standing(self) -> int:
        return len(self.made.lines)


class SchwabStand(_Stand):
    keys = (schwab_stream.APPLE, schwab_stream.FUND, schwab_stream.CALL)
    unknown = schwab_stream.NOBODY

    async def tick(self) -> None:
        await self.made.tick(20)

    async def drop(self) -> None:
        await self.made.act("drop")

    async def happen(self) -> None:
        number = self.made.rig.numbers[0]
        await self.made.act("news", account=number, kind="OrderFillCompleted", data="{}")

    def standing(self) -> int:
        return len(self.made.lines)


class IbkrStand(_Stand):
    keys = (ibkr_stream.APPLE, ibkr_stream.FUND)
    unknown = ibkr_stream.NOBODY

    async def tick(self) -> None:
        await self.made.tick(20)

    async def drop(self) -> None:
        await self.made.rig.lever(action="disconnect")

    async def happen(self) -> None:
        _, event = self.made.next_trade()
        await self.made.tick((event.at - self.made.rig.clock.now()).total_seconds() + 1)

    def standing(self) -> int:
        return len(self.made.subscribed())


@asynccontextmanager
async def _alpaca() -> AsyncIterator[Stand]:
    async with alpaca_stream.stream_rig(oauth=True) as made:
        yield AlpacaStand(made)


@asynccontextmanager
async def _schwab() -> AsyncIterator[Stand]:
    async with schwab_stream.stream_rig() as made:
        yield SchwabStand(made)


@asynccontextmanager
async def _ibkr() -> AsyncIterator[Stand]:
    async with ibkr_stream.tws_lines() as made:
        yield IbkrStand(made)


STANDS: dict[str, Callable[[], AbstractAsyncContextManager[Stand]]] = {
    "schwab": _schwab,
    "alpaca": _alpaca,
    "ibkr": _ibkr,
}


async def offline_session(stand: Stand, network: Any) -> BrokerSession:
    """A second session of the same login."""
    port = MemoryCredentials((await sign_in(stand.rig)).credentials)
    session: BrokerSession = stand.rig.session(port, network=network)
    return session
