"""The trading service of the product in front of a simulated broker, from sign-in to fill."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from support.drafts import draft, share
from support.product import connect, services_in
from support.rigs import RIGS
from support.secrets import FakeKeyring

from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.events import Event, OrderMoved
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AccountType, Environment
from brokerdesk.services.container import Services
from brokerdesk.services.trading_facts import LedgerRow, Review, Sent
from brokerdesk.settings import Settings

SYMBOL = "AAPL"
REAL_SECONDS = 20.0


T = TypeVar("T")


class Driven:
    """Another's methods, driven by the bench's clock."""

    def __init__(self, bench: Bench, whole: Any) -> None:
        self._bench, self._whole = bench, whole

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._whole, name)
        if not inspect.iscoroutinefunction(found):
            return found

        async def driven(*args: Any, **kwargs: Any) -> Any:
            return await self._bench.run(found(*args, **kwargs))

        return driven


@dataclass
class Bench:
    """One connection, read once and allowed to trade."""

    rig: Any
    services: Services
    connection: Connection
    account: AccountId
    last: Decimal
    events: list[Event] = field(default_factory=list)

    @property
    def trading(self) -> Any:
        """The service; whatever is awaited of it, a little time passes meanwhile."""
        return Driven(self, self.services.trading)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let a little time pass until ``work`` is done."""
        task = asyncio.ensure_future(work)
        await self.until(task.done, 0.01)
        return task.result()

    def price(self, factor: str) -> Decimal:
        return (self.last * Decimal(factor)).quantize(Decimal("0.01"))

    def wish(self, symbol: str = SYMBOL, **changes: Any) -> Draft:
        """A purchase of two below the market, unless told otherwise."""
        given = {
            "limit_price": self.price("0.97"),
            "quantity": Decimal(2),
            "environment": Environment.PRACTICE,
            **changes,
        }
        return draft(self.account, share(symbol), **given)

    async def review(self, *wishes: Draft, replaces: str = "") -> Review:
        made: Review = await self.trading.review(wishes, replaces=replaces)
        assert not made.blocked, made.blocked
        return made

    async def send(self, *wishes: Draft, replaces: str = "") -> tuple[Sent, ...]:
        """Reviewed, read and sent."""
        review = await self.review(*wishes, replaces=replaces)
        read = frozenset(one.code for one in review.warnings)
        sent: tuple[Sent, ...] = await self.trading.send(review.id, read)
        return sent

    async def one(self, **changes: Any) -> Sent:
        (sent,) = await self.send(self.wish(**changes))
        return sent

    async def row(self, key: str) -> LedgerRow:
        found = await self.trading.detail(key)
        assert found is not None
        return found  # type: ignore[no-any-return]

    def moved(self, intent: str = "") -> list[str]:
        """What was told of an order, in its order."""
        return [
            one.what
            for one in self.events
            if isinstance(one, OrderMoved) and (not intent or one.intent == intent)
        ]

    async def until(self, done: Callable[[], object], step: float = 0.5) -> None:
        """Let time pass until ``done``; real requests take real time in between."""
        async with asyncio.timeout(REAL_SECONDS):
            while not done():
                await self.rig.clock.advance(step)
                await asyncio.sleep(0.005)

    async def pass_time(self, seconds: float) -> None:
        """Let time pass, and what it began come to its end."""
        await self.rig.clock.advance(seconds)
        await self.rest()

    async def rest(self) -> None:
        """Let what reads and writes come to its end."""
        busy = ("trading:read", "trading:compare", "journal:", "listen:read", "refresh:")
        names = self.services.supervisor
        await self.until(lambda: not any(name.startswith(busy) for name in names.names), 0.2)


@asynccontextmanager
async def trading_bench(
    folder: Path,
    broker: str = "alpaca",
    *,
    on: bool = True,
    keyring: FakeKeyring | None = None,
    settings: Settings | None = None,
    bugs: list[BaseException] | None = None,
    **options: Any,
) -> AsyncIterator[Bench]:
    """The product at this broker while the market is open; nothing listens to streams yet."""
    async with RIGS[broker](**options) as rig:
        events: list[Event] = []
        async with services_in(
            folder, rig.clock, keyring, settings=settings, bugs=bugs, publish=events.append
        ) as services:
            row = await connect(services, rig)
            await services.refreshing.refresh(row.id)
            stored = await services.connecting.accounts(row.id)
            able = [one.account for one in stored if one.account.type is AccountType.MARGIN]
            account = (able or [one.account for one in stored])[0].id
            (quote,) = (await services.pool.session(row).quotes([SYMBOL])).items
            assert quote.last is not None
            bench = Bench(rig, services, row, account, quote.last, events)
            rig.clock.auto = False  # from here on time passes as the test says
            await services.trading.begin()
            if on:
                await services.trading.turn(row.id, True)
            yield bench
