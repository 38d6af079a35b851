"""The real way of an order: services, journal and adapter, in front of a simulated broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.brokers import MemoryCredentials
from support.db import opened
from support.drafts import draft, share
from support.rigs import RIGS, sign_in
from support.trading import CONNECTION, Room

from brokerdesk.brokers.trading import Trades
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import Intent
from brokerdesk.domain.kinds import AccountType
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import Quote

SYMBOL = "AAPL"
WRITES = {
    "alpaca": r"^/alpaca/(live|paper)/v2/orders",
    "schwab": r"^/trader/v1/accounts/[0-9A-F]{64}/orders",
    "ibkr": r"^/ibkr/tws/(place|cancel)$",
}


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
        rule = {"kind": kind, "method": method, "path": WRITES[self.rig.BROKER], "times": 1}
        if self.rig.BROKER == "ibkr":
            path = f"^/ibkr/tws/{'cancel' if method == 'cancel' else 'place'}$"
            rule = {**rule, "method": "TWS", "path": path}
        self.rig.sim.faults.add([{**rule, "args": args}])

    def truth(self, *methods: str) -> list[dict[str, Any]]:
        """What arrived at the broker, previews left out."""
        if self.rig.BROKER == "ibkr":
            wanted = methods or ("place", "cancel")
            entries = self.rig.sim.truth.entries
            return [one for one in entries if one["path"].rpartition("/")[2] in wanted]
        wanted = methods or ("POST", "PATCH", "PUT", "DELETE")
        return [
            one
            for one in self.rig.sim.truth.entries
            if one["method"] in wanted and "/orders" in one["path"]
        ]


def _trades(session: object) -> bool:
    return isinstance(session, Trades)


@asynccontextmanager
async def order_desk(folder: Path, broker: str, **options: Any) -> AsyncIterator[OrderDesk]:
    """A desk at this broker while the market is open."""
    async with RIGS[broker](**options) as rig:
        if broker == "alpaca":
            port = MemoryCredentials({**rig.keys("live"), "venues": "live"})
        else:
            port = MemoryCredentials((await sign_in(rig)).credentials)
        session: Any = rig.session(port)
        assert _trades(session)
        try:
            accounts = (await session.accounts()).items
            account = next((one for one in accounts if one.type is AccountType.MARGIN), accounts[0])
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
