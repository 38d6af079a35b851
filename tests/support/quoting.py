"""Brokers whose lines a test holds in its hand, and the quote service over a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.clock import FakeClock
from support.secrets import FakeKeyring, profile, store_with
from support.services import capabilities

from brokerdesk.brokers.base import BrokerSpec
from brokerdesk.brokers.streaming import Line, LineState, NotTold, Tell, Told
from brokerdesk.db.engine import Database
from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.events import ConnectionsChanged, Event
from brokerdesk.domain.ids import AccountId, ConnectionId, account_id
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    ConnectionState,
    Environment,
    PriceFeed,
)
from brokerdesk.domain.order import Order
from brokerdesk.domain.position import Position
from brokerdesk.domain.quote import Quote, QuoteKey
from brokerdesk.domain.reading import Batch, Reading, Unread
from brokerdesk.errors import BrokerUnavailableError, InputError
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.services.container import Services
from brokerdesk.services.quoting_book import LivePrice, PricesMoved
from brokerdesk.services.quoting_rules import Priced
from brokerdesk.services.rereading import Rereader
from brokerdesk.settings import Settings
from brokerdesk.tasks import Supervisor

OPEN = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""Ten in the morning in New York, on a Friday."""
D = Decimal
LATE = timedelta(minutes=5)
"""What is asked for is older than the snapshots."""


def lost() -> BrokerUnavailableError:
    """A new one each time: an error that is raised again keeps all that it passed."""
    return BrokerUnavailableError("The line was lost.")


def share(symbol: str) -> QuoteKey:
    return QuoteKey(symbol, AssetType.EQUITY, "USD")


def of(symbol: str, environment: Environment = Environment.LIVE) -> Priced:
    return Priced(environment, share(symbol))


@dataclass
class Acme:
    """One broker: what it tells, knows and refuses. ``line`` is the line that stands now."""

    id: str
    clock: FakeClock
    environment: Environment = Environment.LIVE
    streams: bool = True
    feed: PriceFeed = PriceFeed.REAL_TIME
    most: int | None = None
    carried: Callable[[QuoteKey], bool] = lambda _: True
    refuses: set[QuoteKey] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    fails: list[BaseException] = field(default_factory=list)
    """Errors of the next attempts to make a line, the next one first."""
    asking_fails: BaseException | None = None
    quotes_every: timedelta | None = timedelta(seconds=60)
    price: Decimal = Decimal("150")
    orders_fail: BaseException | None = None
    accounts_fail: BaseException | None = None
    sound: bool = True
    """False: lines are made and say nothing of themselves."""
    lines: list[FakeLine] = field(default_factory=list)
    account_lines: list[FakeAccountLine] = field(default_factory=list)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    readings: dict[AccountId, Reading] = field(default_factory=dict)
    sessions: int = 0

    @property
    def line(self) -> FakeLine | None:
        return next((one for one in reversed(self.lines) if one.standing), None)

    @property
    def subscribed(self) -> frozenset[QuoteKey]:
        line = self.line
        return line.keys if line is not None else frozenset()

    def quote(self, symbol: str, price: str | Decimal | None = None, **changes: Any) -> Quote:
        values: dict[str, Any] = {
            "symbol": symbol,
            "source": self.id,
            "feed": self.feed,
            "fetched_at": self.clock.now(),
            "as_of": self.clock.now(),
            "last": D(price) if price is not None else self.price,
        }
        return Quote(**{**values, **changes})

    def tell(self, symbol: str, price: str, **changes: Any) -> None:
        """Its line tells a price now."""
        line = self.line
        assert line is not None, "no line stands"
        assert line.tell is not None
        line.tell(Told(key=share(symbol), quote=self.quote(symbol, price, **changes)))

    def drop(self, error: BaseException | None = None) -> None:
        """Its line is lost now."""
        line = self.line
        assert line is not None
        line.end(error or lost())

    @property
    def connection(self) -> ConnectionId:
        return ConnectionId(f"{self.id}-1")


class FakeLine:
    """A line for prices as a broker's would be."""

    def __init__(self, acme: Acme) -> None:
        self._acme = acme
        self.keys: frozenset[QuoteKey] = frozenset()
        self.wants: list[frozenset[QuoteKey]] = []
        self.tell: Tell | None = None
        self._ended: asyncio.Future[None] | None = None

    @property
    def standing(self) -> bool:
        return self._ended is not None and not self._ended.done()

    @property
    def most(self) -> int | None:
        return self._acme.most

    def carries(self, key: QuoteKey) -> bool:
        return self._acme.carried(key)

    def want(self, keys: frozenset[QuoteKey]) -> None:
        self.keys = keys
        self.wants.append(keys)
        if self.standing:
            self._refuse()

    def _refuse(self) -> None:
        refused = self.keys & self._acme.refuses
        if refused and self.tell is not None:
            self.tell(NotTold(keys=frozenset(refused), why="Not subscribed."))

    async def run(self, tell: Tell) -> None:
        acme = self._acme
        now = acme.clock.now()
        acme.lines.append(self)
        if acme.fails:
            raise acme.fails.pop(0)
        self.tell = tell
        self._ended = asyncio.get_running_loop().create_future()
        tell(Line(state=LineState.CONNECTING, at=now))
        if acme.sound:
            tell(Line(state=LineState.LIVE, at=now))
        self._refuse()
        try:
            await self._ended
        finally:
            if not self._ended.done():
                self._ended.cancel()

    def say(self, state: LineState) -> None:
        assert self.tell is not None
        self.tell(Line(state=state, at=self._acme.clock.now()))

    def end(self, error: BaseException) -> None:
        assert self._ended is not None
        self._ended.set_exception(error)


class FakeAccountLine:
    """A line for what happens in accounts."""

    def __init__(self, acme: Acme) -> None:
        self._acme = acme
        self.tell: Tell | None = None
        self._ended: asyncio.Future[None] | None = None

    @property
    def standing(self) -> bool:
        return self._ended is not None and not self._ended.done()

    async def run(self, tell: Tell) -> None:
        self._acme.account_lines.append(self)
        self.tell = tell
        self._ended = asyncio.get_running_loop().create_future()
        tell(Line(state=LineState.LIVE, at=self._acme.clock.now()))
        try:
            await self._ended
        finally:
            if not self._ended.done():
                self._ended.cancel()

    def end(self, error: BaseException) -> None:
        assert self._ended is not None
        self._ended.set_exception(error)


class FakeStreamer:
    """A session with lines."""

    def __init__(self, acme: Acme) -> None:
        self._acme = acme
        acme.sessions += 1

    def quote_stream(self) -> FakeLine:
        return FakeLine(self._acme)

    def account_stream(self) -> FakeAccountLine:
        return FakeAccountLine(self._acme)

    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        acme = self._acme
        acme.asked.append(tuple(symbols))
        if acme.asking_fails is not None:
            raise acme.asking_fails
        known = [one for one in symbols if one not in acme.unknown]
        unread = [one for one in symbols if one in acme.unknown]
        return Batch(
            items=tuple(acme.quote(one, as_of=acme.clock.now() - LATE) for one in known),
            unread=tuple(Unread(where="quotes", reason="Unknown.", label=one) for one in unread),
        )

    async def accounts(self) -> Any:
        """Rounds fail here or are not made: what is read is in the database from the start."""
        self._acme.calls.append("accounts")
        assert self._acme.accounts_fail is not None
        raise self._acme.accounts_fail

    async def portfolio(self, account: AccountId) -> Reading:
        self._acme.calls.append(f"portfolio {account}")
        return replace(self._acme.readings[account], fetched_at=self._acme.clock.now())

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        self._acme.calls.append(f"orders {account}")
        if self._acme.orders_fail is not None:
            raise self._acme.orders_fail
        return Batch()

    async def transactions(self, account: AccountId, since: datetime, until: datetime) -> Any:
        self._acme.calls.append(f"transactions {account}")
        return Batch()

    async def aclose(self) -> None:
        self._acme.sessions -= 1


@dataclass
class QuoteBench:
    clock: FakeClock
    database: Database
    supervisor: Supervisor
    services: Services
    events: list[Event]
    bugs: list[tuple[str, BaseException]]
    brokers: dict[str, Acme]

    @property
    def reader(self) -> Rereader:
        return Rereader(
            database=self.database,
            refreshing=self.services.refreshing,
            clock=self.clock,
            publish=self.services.heard,
        )

    def batches(self) -> list[PricesMoved]:
        return [one for one in self.events if isinstance(one, PricesMoved)]

    def price(self, symbol: str, environment: Environment = Environment.LIVE) -> LivePrice | None:
        return self.services.quoting.price(of(symbol, environment))

    async def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Let the database's thread and the loop do what they were asked; time stands still."""
        for _ in range(2_000):
            if condition():
                return
            await asyncio.sleep(0.001)
        raise AssertionError(what or "it never came to be")

    async def pass_time(self, seconds: float, step: float = 0.5) -> None:
        """Time goes on in steps, so that the database's thread comes along."""
        gone = 0.0
        while gone < seconds:
            await self.clock.advance(min(step, seconds - gone))
            gone += step
            await self.rest()

    async def until_time(self, condition: Callable[[], object]) -> None:
        """Let time go on until something is so."""
        for _ in range(600):
            if condition():
                return
            await self.pass_time(1)
        raise AssertionError("it never came to be")

    async def sign_in_again(self, acme: Acme) -> None:
        """As after a new sign-in: the row says so, and its old session is let go."""

        def write(uow: Any) -> None:
            row = uow.connections.get(acme.connection)
            uow.connections.update(replace(row, state=ConnectionState.NEW, state_text=""))

        await self.database.run(write)
        await self.services.refreshing.forget(acme.connection)
        self.services.heard(ConnectionsChanged())

    async def rest(self) -> None:
        """Until nobody waits for the database: a few steps behind each other at most."""
        for _ in range(6):
            await self.database.read(lambda _: None)
            for _ in range(6):
                await asyncio.sleep(0)


def held(symbol: str, units: str = "10", mark: str = "100", **changes: Any) -> Position:
    quantity, price = D(units), D(mark)
    values: dict[str, Any] = {
        "instrument": Instrument(symbol=symbol, asset_type=AssetType.EQUITY),
        "quantity": quantity,
        "mark": price,
        "market_value": quantity * price,
        "day_pl": D("10"),
        "open_pl": D("100"),
    }
    return Position(**{**values, **changes})


def reading_of(account: AccountId, positions: Sequence[Position], at: datetime) -> Reading:
    worth = sum((one.market_value or D(0) for one in positions), D(0))
    return Reading(
        account=account,
        fetched_at=at,
        as_of=at,
        balances=(Balance(currency="USD", cash=D("1000"), net_liquidation=worth + 1000),),
        positions=tuple(positions),
    )


def make_spec(acme: Acme) -> BrokerSpec:
    able = replace(
        capabilities(),
        streaming=acme.streams,
        quotes_every=acme.quotes_every,
        environments=tuple(Environment),
    )
    return BrokerSpec(
        id=acme.id,
        title=acme.id.title(),
        capabilities=able,
        open_session=lambda _: FakeStreamer(acme),  # type: ignore[arg-type, return-value]
        connect_flow=lambda _: None,  # type: ignore[arg-type, return-value]
        docs_url="",
    )


@asynccontextmanager
async def quote_bench(
    folder: Path,
    holdings: Mapping[str, Sequence[Position]],
    *,
    clock: FakeClock | None = None,
    settings: Settings | None = None,
    offline: bool = False,
    **brokers: dict[str, Any],
) -> AsyncIterator[QuoteBench]:
    """One connection and account for each broker named in ``holdings``."""
    clock = clock or FakeClock(OPEN)
    paths = profile(folder)
    acmes = {name: Acme(name, clock, **brokers.get(name, {})) for name in holdings}
    specs = {name: make_spec(acme) for name, acme in acmes.items()}
    events: list[Event] = []
    bugs: list[tuple[str, BaseException]] = []
    supervisor = Supervisor(lambda name, error: bugs.append((name, error)))
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
    store = store_with(paths, FakeKeyring(), clock=clock)
    begun = clock.now()

    def look_up(broker_id: str) -> BrokerSpec:
        if broker_id not in specs:
            raise InputError("broker", "There is no broker of that name.")
        return specs[broker_id]

    def write(uow: Any) -> None:
        for name, positions in holdings.items():
            acme = acmes[name]
            practice = acme.environment is Environment.PRACTICE
            uow.connections.add(
                Connection(
                    id=acme.connection, broker=name, environment=acme.environment, name=name,
                    identity=name, created_at=begun,
                    practice_url="http://127.0.0.1:9" if practice else "",
                )
            )  # fmt: skip
            account = account_of(acme)
            uow.accounts.save(acme.connection, account, included=True)
            acme.readings[account.id] = reading_of(
                account.id, positions, begun - timedelta(minutes=2)
            )
            uow.snapshots.store(acme.readings[account.id])

    database.run_sync(write)
    services = Services(
        paths=paths,
        clock=clock,
        publish=events.append,
        settings=settings or Settings(),
        secrets=store,
        certificates=CertificateKeeper(store, paths, clock=clock),
        database=database,
        supervisor=supervisor,
        offline=offline,
        specs=look_up,
    )
    try:
        yield QuoteBench(clock, database, supervisor, services, events, bugs, acmes)
    finally:
        await services.aclose()
        await supervisor.aclose()
        await store.aclose()
        await database.aclose()
        assert not bugs, bugs


def account_of(acme: Acme) -> Account:
    return Account(
        id=account_id(acme.id, acme.environment, "1"),
        broker=acme.id,
        environment=acme.environment,
        name="Account",
        number_mask="…0001",
        type=AccountType.MARGIN,
    )
