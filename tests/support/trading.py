"""An exchange that a test holds in its hand: it keeps the truth, and answers as it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from support.clock import FakeClock
from support.db import opened

from brokerdesk.brokers.trading import (
    Answered,
    Asked,
    NotSent,
    Outcome,
    Prepared,
    Preview,
    Refused,
    SentField,
    Unproven,
)
from brokerdesk.db.engine import Database
from brokerdesk.db.journal.store import Journal
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.ids import AccountId, ConnectionId, account_id
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent
from brokerdesk.domain.kinds import (
    AssetType,
    Environment,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.reading import Batch
from brokerdesk.errors import BrokerUnavailableError, NotSupportedError
from brokerdesk.services.sending import Reviewed, SendingService
from brokerdesk.services.settling import Look, SettlingService
from brokerdesk.tasks import Supervisor

ACCOUNT = account_id("acme", "practice", "11112222")
CONNECTION = Connection(
    id=ConnectionId("acme-00000001"),
    broker="acme",
    environment=Environment.PRACTICE,
    name="Acme",
    identity="me",
    created_at=FakeClock().now(),
)
FATES = (
    *("ok", "refused", "not sent", "lost", "swallowed", "late", "wrong id", "no id", "bug"),
    *("old id", "cancelled", "other order"),
)
"""What becomes of one send: ``lost`` arrived without an answer, ``swallowed`` never arrived."""


def a_draft(
    symbol: str = "ABC", side: OrderSide = OrderSide.BUY, quantity: str = "10", **changes: Any
) -> Draft:
    leg = DraftLeg(instrument=Instrument(symbol=symbol, asset_type=AssetType.EQUITY), side=side)
    values: dict[str, Any] = {
        "account": ACCOUNT,
        "environment": Environment.PRACTICE,
        "legs": (leg,),
        "type": OrderType.LIMIT,
        "quantity": Decimal(quantity),
        "limit_price": Decimal("10.50"),
    }
    return Draft(**{**values, **changes})


@dataclass
class Exchange:
    """``Trades`` over orders in memory. ``sends`` is the truth log: one entry per arrival."""

    clock: FakeClock
    keeps_ids: bool = True
    fate: str = "ok"
    orders: dict[str, Order] = field(default_factory=dict)
    sends: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    late: dict[str, datetime] = field(default_factory=dict)
    down: bool = False
    on_send: Callable[[], object] = lambda: None
    number: int = 0

    def prepare(self, draft: Draft, client_order_id: str, *, replaces: str = "") -> Prepared:
        leg = draft.legs[0]
        fields = {
            "symbol": leg.instrument.symbol,
            "side": leg.side.value,
            "quantity": str(draft.quantity),
            "type": draft.type.value,
            "price": str(draft.limit_price),
            "id": client_order_id,
        }
        return Prepared(
            account=draft.account,
            client_order_id=client_order_id,
            route="POST /orders",
            body=json.dumps(fields).encode(),
            fields=tuple(SentField(name=k, value=v, words=k) for k, v in fields.items()),
            replaces=replaces,
        )

    async def preview(self, prepared: Prepared) -> Preview | None:
        return None

    async def ready(self, account: AccountId) -> None:
        self._check()

    async def place(self, prepared: Prepared, preview: Preview | None = None) -> Outcome:
        self.sends.append(prepared.client_order_id)
        self.on_send()
        await asyncio.sleep(0)
        fate, self.fate = self.fate, "ok"
        match fate:
            case "refused":
                return Refused(words="Insufficient buying power")
            case "not sent":
                return NotSent(why="No connection.")
            case "swallowed":
                return Unproven(why="No answer came.")
            case "cancelled":
                raise asyncio.CancelledError
            case "bug":
                self._book(prepared)
                raise RuntimeError("a bug")
            case "late":
                self.late[self._book(prepared).id] = self.clock.now() + timedelta(seconds=200)
                return Unproven(why="No answer came.")
            case "old id" if self.orders:
                old = next(iter(self.orders))
                self._book(prepared)
                return Answered(order_id=old)
        order = self._book(prepared)
        match fate:
            case "lost" | "no id" | "old id":
                return Unproven(why="No answer came.")
            case "wrong id":
                return Answered(order_id="nobody's")
            case "other order":
                self.orders[order.id] = replace(order, quantity=order.quantity + 1)
        return Answered(order_id=order.id)

    async def replace(self, prepared: Prepared) -> Outcome:
        old = self.orders[prepared.replaces]
        self.orders[old.id] = replace(old, status=OrderStatus.REPLACED)
        return await self.place(prepared)

    async def cancel(self, account: AccountId, order_id: str) -> Outcome:
        self._check()
        fate, self.fate = self.fate, "ok"
        if fate == "swallowed":
            return Unproven(why="No answer came.")
        order = self.orders[order_id]
        if order.status is OrderStatus.WORKING:
            self.orders[order_id] = replace(order, status=OrderStatus.CANCELLED)
        return Answered(order_id=order_id) if fate == "ok" else Unproven(why="No answer came.")

    async def answer(self, account: AccountId, token: str, *, agreed: bool) -> Outcome:
        return Refused(words="Nothing was asked.")

    async def order(self, account: AccountId, order_id: str) -> Order | None:
        self._check()
        return next((one for one in self._seen() if one.id == order_id), None)

    async def by_client_id(self, account: AccountId, client_order_id: str) -> Order | None:
        self._check()
        if not self.keeps_ids:
            raise NotSupportedError("No such ids here.", capability="client ids")
        return next((o for o in self._seen() if o.client_order_id == client_order_id), None)

    async def every_order(self, account: AccountId, since: datetime) -> Batch[Order]:
        self._check()
        return Batch(
            items=tuple(o for o in self._seen() if not o.entered_at or o.entered_at >= since)
        )

    def elsewhere(self, draft: Draft) -> Order:
        """Another program of the user's sends such an order."""
        return self._book(self.prepare(draft, f"elsewhere-{self.number}"), ours=False)

    def _seen(self) -> list[Order]:
        now = self.clock.now()
        return [one for one in self.orders.values() if self.late.get(one.id, now) <= now]

    def _check(self) -> None:
        if self.down:
            raise BrokerUnavailableError("Acme cannot be reached.")

    def _book(self, prepared: Prepared, *, ours: bool = True) -> Order:
        told = json.loads(prepared.body)
        self.number += 1
        leg = OrderLeg(
            instrument=Instrument(symbol=told["symbol"], asset_type=AssetType.EQUITY),
            side=OrderSide(told["side"]),
            quantity=Decimal(told["quantity"]),
        )
        order = Order(
            id=f"o{self.number}",
            account=ACCOUNT,
            status=OrderStatus.WORKING,
            type=OrderType(told["type"]),
            time_in_force=TimeInForce.DAY,
            session=TradingSession.REGULAR,
            legs=(leg,),
            quantity=leg.quantity,
            filled_quantity=Decimal(0),
            entered_at=self.clock.now(),
            limit_price=Decimal(told["price"]),
            client_order_id=told["id"] if self.keeps_ids else "",
        )
        if ours:
            self.arrived.append(told["id"])
        self.orders[order.id] = order
        return order


@dataclass
class Room:
    """Journal, services and exchange; ``crash`` ends all but the exchange and the files."""

    folder: Path
    clock: FakeClock
    exchange: Exchange
    database: Database
    looks: list[Look] = field(default_factory=list)
    bugs: list[BaseException] = field(default_factory=list)
    at: Callable[[str], object] = lambda _: None

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.supervisor = Supervisor(lambda _name, error: self.bugs.append(error))
        self.journal = Journal(self.folder / "journal.db", self.clock)
        pool: Any = SimpleNamespace(
            session=lambda _: self.exchange,
            spec=lambda _: SimpleNamespace(capabilities=SimpleNamespace(trading=True)),
        )
        shared: dict[str, Any] = {
            "journal": self.journal,
            "pool": pool,
            "clock": self.clock,
            "supervisor": self.supervisor,
        }
        self.settling = SettlingService(database=self.database, changed=self.looks.append, **shared)
        self.sending = SendingService(
            settle=self.settling.take, at=lambda name: self.at(name), **shared
        )

    def reviewed(self, draft: Draft, id_: str, replaces: str = "") -> Reviewed:
        prepared = self.exchange.prepare(draft, id_, replaces=replaces)
        return Reviewed(id=id_, connection=CONNECTION, draft=draft, prepared=prepared)

    async def place(self, draft: Draft, id_: str) -> Intent:
        return (await self.sending.place(self.reviewed(draft, id_))).intent

    async def crash(self) -> None:
        """End as a killed program does: what was not committed is lost."""
        for name in self.supervisor.names:
            await self.supervisor.cancel(name)
        self.journal.close()

    async def aclose(self) -> None:
        await self.supervisor.aclose()
        self.journal.close()


@asynccontextmanager
async def trading_room(folder: Path, *, auto: bool = True, **exchange: Any) -> AsyncIterator[Room]:
    """A room over real files."""
    clock = FakeClock(auto=auto)
    with opened(folder, "portfolio.db") as database:
        database.run_sync(lambda uow: uow.connections.add(CONNECTION))
        room = Room(folder, clock, Exchange(clock, **exchange), database)
        try:
            yield room
        finally:
            await room.aclose()


__all__ = ["ACCOUNT", "CONNECTION", "FATES", "Asked", "Exchange", "Room", "a_draft", "trading_room"]
