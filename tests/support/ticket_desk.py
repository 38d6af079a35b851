"""A ticket's services over real files, and brokers that a test holds in its hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from support.clock import FakeClock
from support.db import opened
from support.services import a_position, a_reading, capabilities
from support.trading import Exchange

from brokerdesk.brokers.base import BrokerSpec
from brokerdesk.brokers.finding import Chain
from brokerdesk.brokers.trading import Prepared, Preview
from brokerdesk.db.engine import Database
from brokerdesk.db.journal.store import Journal
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.ids import AccountId, ConnectionId, account_id
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    ConnectionState,
    Environment,
    OrderSide,
    OrderStatus,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.position import Position
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Reading
from brokerdesk.errors import InputError
from brokerdesk.services.portfolio import PortfolioReader
from brokerdesk.services.reviewing import ReviewingService
from brokerdesk.services.tickets import TicketsService
from brokerdesk.settings import Settings

D = Decimal
LIVE = Environment.LIVE


@dataclass
class Broker(Exchange):
    """One broker's session: ``told`` are its prices by symbol, ``reads`` its accounts' figures."""

    id: str = "acme"
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    reads: dict[AccountId, dict[str, Any]] = field(default_factory=dict)
    fails: dict[str, BaseException] = field(default_factory=dict)
    shown: Preview | None = None
    calls: list[str] = field(default_factory=list)

    def _answer(self, call: str) -> None:
        self.calls.append(call)
        if call in self.fails:
            raise self.fails[call]

    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        self._answer("quotes")
        now = self.clock.now()
        return Batch(
            items=tuple(
                Quote(
                    **{
                        "symbol": symbol,
                        "source": self.id,
                        "feed": PriceFeed.REAL_TIME,
                        "fetched_at": now,
                        **self.told[symbol],
                    }
                )
                for symbol in symbols
                if symbol in self.told
            )
        )

    async def portfolio(self, account: AccountId) -> Reading:
        self._answer("portfolio")
        return a_reading(account, self.clock.now(), **self.reads[account])

    def prepare(self, draft: Draft, client_order_id: str, *, replaces: str = "") -> Prepared:
        first = draft if draft.legs else draft.children[0]
        return super().prepare(first, client_order_id, replaces=replaces)

    async def preview(self, prepared: Prepared) -> Preview | None:
        self._answer("preview")
        return self.shown


@dataclass
class Knowing(Broker):
    """A broker that finds symbols and lists options besides."""

    knows: tuple[Instrument, ...] = ()
    days: tuple[date, ...] = (date(2026, 12, 18),)

    async def find(self, text: str, most: int = 20) -> Batch[Instrument]:
        self._answer("find")
        return Batch(items=self.knows[:most])

    async def expiries(self, underlying: Instrument) -> tuple[date, ...]:
        self._answer("expiries")
        return self.days

    async def chain(self, underlying: Instrument, expiry: date) -> Chain:
        self._answer("chain")
        return Chain(underlying=underlying.symbol, expiry=expiry, fetched_at=self.clock.now())


def stock(symbol: str = "ABC", currency: str = "USD") -> Instrument:
    return Instrument(symbol=symbol, asset_type=AssetType.EQUITY, currency=currency)


def price(at: str = "100", **changes: Any) -> dict[str, Any]:
    return {"bid": D(at), "ask": D(at), "last": D(at), **changes}


def balance(power: str | None = "50000", currency: str = "USD", net: str = "80000") -> Balance:
    return Balance(
        currency=currency,
        cash=D(power or "0"),
        net_liquidation=D(net),
        buying_power=() if power is None else (("stock", D(power)),),
    )


@dataclass
class Desk:
    """``on`` are the connections whose trading switch is on."""

    clock: FakeClock
    database: Database
    journal: Journal | None
    brokers: dict[str, Broker]
    changes: dict[str, Any]
    on: set[str] = field(default_factory=set)
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        pool: Any = SimpleNamespace(
            session=lambda connection: self.brokers[connection.broker],
            spec=self.spec,
            opened=lambda _: None,
        )
        given: dict[str, Any] = {
            "database": self.database,
            "pool": pool,
            "clock": self.clock,
            "settings": lambda: self.settings,
            "journal": lambda: self.journal,
            "switched_on": lambda connection: connection in self.on,
        }
        reader = PortfolioReader(clock=self.clock, specs=self.spec, settings=lambda: self.settings)
        self.tickets = TicketsService(reader=reader, **given)
        self.reviewing = ReviewingService(tickets=self.tickets, **given)

    def spec(self, broker_id: str) -> BrokerSpec:
        if broker_id not in self.brokers:
            raise InputError("broker", "There is no broker of that name.")
        able = replace(
            capabilities(),
            **{
                "environments": (LIVE, Environment.PAPER),
                "reads": ("quotes",),
                "trading": True,
                "order_types": (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP),
                "times_in_force": (TimeInForce.DAY, TimeInForce.GTC),
                "sessions": (TradingSession.REGULAR,),
                **self.changes.get(broker_id, {}),
            },
        )
        return BrokerSpec(
            id=broker_id,
            title=broker_id.title(),
            capabilities=able,
            open_session=None,  # type: ignore[arg-type]
            connect_flow=None,  # type: ignore[arg-type]
            docs_url="",
        )

    def account(
        self,
        number: str = "11112222",
        broker: str = "acme",
        *,
        environment: Environment = LIVE,
        balances: tuple[Balance, ...] | None = None,
        positions: Sequence[Position] = (),
        age: float = 10,
        flags: AccountFlags | None = None,
        kind: AccountType = AccountType.MARGIN,
        state: ConnectionState = ConnectionState.OK,
        on: bool = True,
        orders: Sequence[Order] = (),
    ) -> AccountId:
        """Connected, read ``age`` seconds ago, and answering the same now."""
        key = account_id(broker, environment.value, number)
        connection = ConnectionId(f"{broker}-{number}")
        now = self.clock.now()
        self.database.run_sync(
            lambda uow: uow.connections.add(
                Connection(
                    id=connection,
                    broker=broker,
                    environment=environment,
                    name=broker,
                    identity=number,
                    created_at=now,
                    state=state,
                )
            )
        )
        account = Account(
            id=key,
            broker=broker,
            environment=environment,
            name=f"{broker.title()} …{number[-4:]}",
            number_mask=f"…{number[-4:]}",
            type=kind,
            flags=flags or AccountFlags(),
        )
        shows: dict[str, Any] = {"balances": balances or (balance(),), "positions": positions}
        self.brokers[broker].reads[key] = shows
        at = now - timedelta(seconds=age)
        reading = a_reading(key, at, **shows)

        def write(uow: Any) -> None:
            uow.accounts.save(connection, account, included=True)
            uow.snapshots.store(reading)
            uow.orders.upsert(key, orders, fetched_at=at)

        self.database.run_sync(write)
        if on:
            self.on.add(connection)
        return key

    def draft(
        self,
        account: AccountId,
        side: OrderSide = OrderSide.BUY,
        symbol: str = "ABC",
        **changes: Any,
    ) -> Draft:
        """A limit order for ten at 100, unless told otherwise."""
        values: dict[str, Any] = {
            "account": account,
            "environment": LIVE,
            "legs": (DraftLeg(instrument=stock(symbol), side=side),),
            "type": OrderType.LIMIT,
            "quantity": D(10),
            "limit_price": D(100),
        }
        return Draft(**{**values, **changes})

    def shows(self, account: AccountId, *orders: Order) -> None:
        """The cache has these orders of the account."""
        at = self.clock.now()
        self.database.run_sync(lambda uow: uow.orders.upsert(account, orders, fetched_at=at))

    async def sent(
        self, draft: Draft, state: IntentState = IntentState.ACCEPTED, ago: float = 0, n: int = 0
    ) -> Intent:
        """Such an order went out from here."""
        assert self.journal is not None
        at = self.clock.now() - timedelta(seconds=ago)
        leg = draft.legs[0]
        intent = await self.journal.commit(
            Intent(
                id=f"i-{ago}-{n}-{leg.instrument.symbol}-{leg.side}",
                kind=IntentKind.PLACE,
                connection=ConnectionId("acme-11112222"),
                account=draft.account,
                environment=draft.environment,
                symbol=leg.instrument.symbol,
                side=leg.side,
                draft=draft,
                client_order_id=f"c-{ago}-{n}-{leg.instrument.symbol}-{leg.side}",
                request=b"{}",
                digest="d",
                baseline=(),
                state=IntentState.COMMITTED,
                created_at=at,
                changed_at=at,
            )
        )
        ways = {
            IntentState.ACCEPTED: (IntentState.SENDING, IntentState.ANSWERED, IntentState.ACCEPTED),
            IntentState.UNKNOWN: (IntentState.SENDING, IntentState.UNKNOWN),
            IntentState.NOT_SENT: (IntentState.NOT_SENT,),
            IntentState.COMMITTED: (),
        }
        for step in ways[state]:
            intent = await self.journal.step(intent.id, step)
        return intent


@asynccontextmanager
async def ticket_desk(
    folder: Path,
    *kinds: Callable[..., Broker],
    brokers: Sequence[str] = ("acme", "beta"),
    clock: FakeClock | None = None,
    **changes: Any,
) -> AsyncIterator[Desk]:
    """A desk; ``changes`` are capabilities by broker, ``kinds`` other classes than ``Broker``."""
    clock = clock or FakeClock()
    classes = [*kinds, *[Broker] * len(brokers)]
    made = {
        id_: make(clock, id=id_, told={"ABC": price()})
        for id_, make in zip(brokers, classes, strict=False)
    }
    with opened(folder, "portfolio.db", clock=clock) as database:
        journal = Journal(folder / "journal.db", clock)
        try:
            yield Desk(clock, database, journal, made, changes)
        finally:
            journal.close()


def an_order(
    account: AccountId,
    side: OrderSide = OrderSide.SELL,
    quantity: str = "4",
    *,
    symbol: str = "ABC",
    at: datetime,
    **changes: Any,
) -> Order:
    """A working limit order at the broker, seen in the cache."""
    leg = OrderLeg(instrument=stock(symbol), side=side, quantity=D(quantity))
    values: dict[str, Any] = {
        "id": f"o-{quantity}-{side}",
        "account": account,
        "status": OrderStatus.WORKING,
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.DAY,
        "session": TradingSession.REGULAR,
        "legs": (leg,),
        "quantity": D(quantity),
        "filled_quantity": D(0),
        "entered_at": at,
        "limit_price": D(100),
    }
    return Order(**{**values, **changes})


__all__ = ["Broker", "Desk", "Knowing", "a_position", "an_order", "balance", "price", "ticket_desk"]
