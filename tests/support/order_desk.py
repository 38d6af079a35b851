"""The real way of an order: services, journal and adapter, in front of a simulated broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.db import opened
from support.drafts import draft, share
from support.order_houses import account_of, changes_an_order, credentials, request
from support.rigs import RIGS
from support.trading import CONNECTION, Room

from brokerdesk.brokers.trading import Trades
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import Intent
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote

SYMBOL = "AAPL"


@dataclass
class OrderDesk:
    """A signed-in session behind the services; the simulator's truth is at hand."""

    rig: Any
    room: Room
    session: Any
    account: AccountId
    quote: Quote

    def wish(self, **changes: Any) -> Draft:
        """A purchase far below the market, unless a price is given."""
        given = {"limit_price": self.price("0.9"), **changes}
        return draft(self.account, share(SYMBOL), **given)

    def price(self, factor: str) -> Decimal:
        assert self.quote.last is not None
        return (self.quote.last * Decimal(factor)).quantize(Decimal("0.01"))

    async def place(self, wish: Draft, id_: str, replaces: str = "") -> Intent:
        """Reviewed and sent."""
        reviewed = self.room.reviewed(wish, id_, replaces)
        send = self.room.sending.replace if replaces else self.room.sending.place
        return (await send(reviewed)).intent

    async def cancel(self, order: Order, id_: str) -> Intent:
        return (await self.room.sending.cancel(CONNECTION, order, id_)).intent

    async def order(self, order_id: str) -> Order:
        found: Order | None = await self.session.order(self.account, order_id)
        assert found is not None
        return found

    async def after(self, seconds: float) -> None:
        """Time goes on; what the market does meanwhile is done at the next question."""
        await self.rig.clock.advance(seconds)

    def fault(self, kind: str, method: str = "POST", **args: Any) -> None:
        """The next order of this kind of request meets trouble."""
        what = {"POST": "place", "PATCH": "replace", "PUT": "replace", "DELETE": "cancel"}
        rule = {"kind": kind, **request(self.rig.BROKER, what.get(method, method)), "times": 1}
        self.rig.sim.faults.add([{**rule, "args": args}])

    def truth(self, *methods: str) -> list[dict[str, Any]]:
        """What arrived at the broker, previews left out."""
        entries = [one for one in self.rig.sim.truth.entries if changes_an_order(one)]
        if self.rig.BROKER == "ibkr":
            wanted = methods or ("place", "cancel")
            return [one for one in entries if one["path"].rpartition("/")[2] in wanted]
        return [one for one in entries if not methods or one["method"] in methods]


def _trades(session: object) -> bool:
    return isinstance(session, Trades)


@asynccontextmanager
async def order_desk(folder: Path, broker: str, **options: Any) -> AsyncIterator[OrderDesk]:
    """A desk at this broker while the market is open."""
    async with RIGS[broker](**options) as rig:
        session: Any = rig.session(await credentials(rig))
        assert _trades(session)
        try:
            accounts = (await session.accounts()).items
            account = account_of(rig, accounts)
            (quote,) = (await session.quotes([SYMBOL])).items
            with opened(folder, "portfolio.db") as database:
                database.run_sync(lambda uow: uow.connections.add(CONNECTION))
                exchange: Any = session
                room = Room(folder, rig.clock, exchange, database)
                try:
                    yield OrderDesk(rig, room, session, account.id, quote)
                finally:
                    await room.aclose()
        finally:
            await session.aclose()
