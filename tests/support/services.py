"""A broker that a test holds in its hand, and all services over a real database and store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from support.clock import FakeClock
from support.secrets import FakeKeyring, profile, store_with

from brokerdesk.brokers.base import (
    BrokerSession,
    BrokerSpec,
    Capabilities,
    Credentials,
    SessionContext,
    SignIn,
)
from brokerdesk.brokers.flow import (
    BrowserStep,
    ConnectFlow,
    DoneStep,
    FailedStep,
    FlowContext,
    FormField,
    FormStep,
    PasteOutcome,
    Step,
)
from brokerdesk.db.engine import Database
from brokerdesk.domain.account import Account
from brokerdesk.domain.balance import Balance
from brokerdesk.domain.events import Event
from brokerdesk.domain.ids import AccountId, account_id
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AccountType, AssetType, Environment, PriceFeed, TransactionType
from brokerdesk.domain.order import Order
from brokerdesk.domain.position import Position
from brokerdesk.domain.quote import Quote
from brokerdesk.domain.reading import Batch, Reading
from brokerdesk.domain.transaction import Transaction
from brokerdesk.errors import AuthRejectedError, InputError
from brokerdesk.paths import ProfilePaths
from brokerdesk.secrets.certificate import CertificateKeeper
from brokerdesk.secrets.store import Store
from brokerdesk.services.container import Services
from brokerdesk.settings import Settings
from brokerdesk.tasks import Supervisor

E = TypeVar("E", bound=Event)
BROKER = "acme"
KEYS = {"key": "k-0123456789", "secret": "s-0123456789"}


def an_account(number: str = "11112222", **changes: Any) -> Account:
    environment = changes.get("environment", Environment.LIVE)
    values: dict[str, Any] = {
        "id": account_id(BROKER, environment, number),
        "broker": BROKER,
        "environment": environment,
        "name": f"Account {number[-4:]}",
        "number_mask": f"…{number[-4:]}",
        "type": AccountType.MARGIN,
        "raw_type": "MARGIN",
    }
    return Account(**{**values, **changes})


def a_position(symbol: str = "ABC", quantity: str = "10", price: str = "100") -> Position:
    held, mark = Decimal(quantity), Decimal(price)
    return Position(
        instrument=Instrument(symbol=symbol, asset_type=AssetType.EQUITY),
        quantity=held,
        average_cost=Decimal("90"),
        cost_basis=held * 90,
        mark=mark,
        market_value=held * mark,
    )


def a_reading(
    account: AccountId,
    at: datetime,
    *,
    value: str | None = "10000",
    cash: str | None = "9000",
    positions: Sequence[Position] | None = None,
    **changes: Any,
) -> Reading:
    values: dict[str, Any] = {
        "account": account,
        "fetched_at": at,
        "as_of": at,
        "balances": (
            Balance(
                currency="USD",
                cash=None if cash is None else Decimal(cash),
                net_liquidation=None if value is None else Decimal(value),
            ),
        ),
        "positions": tuple([a_position()] if positions is None else positions),
    }
    return Reading(**{**values, **changes})


def a_transaction(account: AccountId, at: datetime, amount: str, **changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "id": f"t-{at.timestamp()}-{amount}",
        "account": account,
        "type": TransactionType.WITHDRAWAL,
        "time": at,
        "amount": Decimal(amount),
    }
    return Transaction(**{**values, **changes})


@dataclass
class Bank:
    """What the broker would answer. ``fails`` maps a call, or call and account, to its error."""

    clock: FakeClock
    accounts: list[Account] = field(default_factory=lambda: [an_account()])
    readings: dict[AccountId, dict[str, Any]] = field(default_factory=dict)
    transactions: dict[AccountId, list[Transaction]] = field(default_factory=dict)
    orders: dict[AccountId, list[Order]] = field(default_factory=dict)
    fails: dict[str, BaseException] = field(default_factory=dict)
    identity: str = "who-1"
    sign_in: SignIn = field(default_factory=SignIn)
    calls: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None
    open_sessions: int = 0
    open_flows: int = 0
    contexts: list[SessionContext] = field(default_factory=list)
    unread_accounts: tuple[Any, ...] = ()
    names: dict[str, str] | None = None
    """What quotes call a symbol; None: quotes are of no account here and their calls not noted."""

    def shows(self, account: AccountId, **what: Any) -> None:
        """From now on ``account`` reads so (see ``a_reading``)."""
        self.readings[account] = what

    async def answer(self, call: str, account: str = "") -> None:
        self.calls.append(f"{call} {account}".strip())
        if self.gate is not None:
            await self.gate.wait()
        for key in (f"{call} {account}", call):
            if key in self.fails:
                raise self.fails[key]


class FakeSession:
    def __init__(self, bank: Bank, context: SessionContext) -> None:
        self._bank = bank
        self._context = context
        self._open = True
        bank.open_sessions += 1
        bank.contexts.append(context)

    async def accounts(self) -> Batch[Account]:
        if (await self._context.credentials.read())["secret"] != KEYS["secret"]:
            raise AuthRejectedError("The key or the secret was refused.")
        await self._bank.answer("accounts")
        return Batch(items=tuple(self._bank.accounts), unread=self._bank.unread_accounts)

    async def portfolio(self, account: AccountId) -> Reading:
        await self._bank.answer("portfolio", account)
        return a_reading(account, self._bank.clock.now(), **self._bank.readings.get(account, {}))

    async def transactions(
        self, account: AccountId, since: datetime, until: datetime
    ) -> Batch[Transaction]:
        await self._bank.answer("transactions", account)
        found = self._bank.transactions.get(account, [])
        return Batch(items=tuple(one for one in found if since <= one.time <= until))

    async def orders(self, account: AccountId, since: datetime, until: datetime) -> Batch[Order]:
        await self._bank.answer("orders", account)
        return Batch(items=tuple(self._bank.orders.get(account, [])))

    async def quotes(self, symbols: Sequence[str]) -> Batch[Quote]:
        names = self._bank.names
        if names is None:
            return Batch()
        await self._bank.answer("quotes", AccountId(",".join(symbols)))
        return Batch(
            items=tuple(
                Quote(
                    symbol=symbol,
                    source=BROKER,
                    feed=PriceFeed.DELAYED,
                    fetched_at=self._bank.clock.now(),
                    name=names[symbol],
                )
                for symbol in symbols
                if symbol in names
            )
        )

    async def sign_in(self) -> SignIn:
        return self._bank.sign_in

    async def aclose(self) -> None:
        self._bank.open_sessions -= self._open
        self._open = False


class FakeFlow:
    """Form, browser, done. ``bank.open_flows`` counts the ports that are open."""

    def __init__(self, bank: Bank, context: FlowContext) -> None:
        self._bank = bank
        self.context = context
        self._typed: dict[str, str] = dict(context.existing or {})
        self._port = False
        self._came = asyncio.Event()

    async def start(self) -> Step:
        return self._browser() if not self.context.ask_keys else self._form()

    def _form(self, *problems: tuple[str, str]) -> FormStep:
        return FormStep(
            title="Keys",
            text="",
            fields=(FormField(name="key", label="Key"), FormField(name="secret", label="Secret")),
            problems=problems,
        )

    def _browser(self) -> BrowserStep:
        if not self._port:
            self._port = True
            self._bank.open_flows += 1
        return BrowserStep(
            title="Browser",
            text="",
            url="https://acme.invalid/authorize",
            ends=self._bank.clock.now() + timedelta(seconds=300),
        )

    async def submit(self, answers: Mapping[str, str]) -> Step:
        missing = [name for name in ("key", "secret") if not answers.get(name)]
        if missing:
            return self._form(*((name, "This is needed.") for name in missing))
        self._typed = dict(answers)
        return self._browser()

    async def wait(self) -> Step:
        await self._came.wait()
        self._close_port()
        if "flow" in self._bank.fails:
            error = self._bank.fails["flow"]
            assert isinstance(error, InputError | AuthRejectedError)
            return FailedStep(error=error)
        return DoneStep(
            identity=self._bank.identity,
            credentials={**self._typed, "token": "t-0123456789"},
            suggested_name="Acme",
            signed_in_at=self._bank.clock.now(),
            sign_in_ends=self._bank.clock.now() + timedelta(days=7),
        )

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        if address != "done":
            return PasteOutcome.WRONG
        self._came.set()
        return PasteOutcome.ACCEPTED

    async def restart(self, *, by_hand: bool = False) -> Step:
        self._came.clear()
        return self._browser()

    def _close_port(self) -> None:
        if self._port:
            self._port = False
            self._bank.open_flows -= 1

    async def aclose(self) -> None:
        self._close_port()


def capabilities() -> Capabilities:
    return Capabilities(
        environments=(Environment.LIVE, Environment.PRACTICE),
        reads=(),
        trading=False,
        order_types=(),
        times_in_force=(),
        sessions=(),
        fractional=False,
        notional=False,
        preview=False,
        streaming=False,
        server_checked_client_id=False,
        sign_in="",
        sign_in_lasts=timedelta(days=7),
        needs="",
        requests_per_minute=120,
        refresh_open=timedelta(minutes=5),
        refresh_closed=timedelta(minutes=60),
        history="",
        fees="",
        checked_on="2026-01-01",
    )


def fake_spec(bank: Bank) -> BrokerSpec:
    def open_session(context: SessionContext) -> BrokerSession:
        return FakeSession(bank, context)

    def connect_flow(context: FlowContext) -> ConnectFlow:
        return FakeFlow(bank, context)

    return BrokerSpec(
        id=BROKER,
        title="Acme Brokers",
        capabilities=capabilities(),
        open_session=open_session,
        connect_flow=connect_flow,
        docs_url="",
    )


@dataclass
class Bench:
    """Everything, with real SQLite and a real store under a keychain in memory."""

    paths: ProfilePaths
    clock: FakeClock
    bank: Bank
    keyring: FakeKeyring
    database: Database
    store: Store
    supervisor: Supervisor
    services: Services
    events: list[Event]
    bugs: list[tuple[str, BaseException]]

    def told(self, kind: type[E]) -> list[E]:
        """The events of one kind, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    async def connected(self, **save: Any) -> Any:
        """A saved connection with all its accounts included."""
        attempt = await self.services.connecting.begin(BROKER, Environment.LIVE)
        await attempt.start()
        await attempt.submit(KEYS)
        await attempt.paste("done")
        await attempt.wait()
        await attempt.test()
        return await attempt.save(**save)

    async def rows(self) -> tuple[Any, ...]:
        return await self.database.read(lambda uow: uow.connections.list())

    def secret_files(self) -> list[str]:
        return sorted(
            path.name
            for path in self.paths.secrets_dir.iterdir()
            if path.suffix == ".sealed" and path.stem.startswith(BROKER)
        )


@asynccontextmanager
async def bench(
    directory: Path,
    *,
    clock: FakeClock | None = None,
    keyring: FakeKeyring | None = None,
    no_keyring: bool = False,
    settings: Settings | None = None,
    offline: bool = False,
) -> AsyncIterator[Bench]:
    clock = clock or FakeClock(datetime(2026, 11, 20, 15, 0, tzinfo=UTC))
    keyring = keyring or FakeKeyring()
    paths = profile(directory)
    bank = Bank(clock)
    spec = fake_spec(bank)
    events: list[Event] = []
    bugs: list[tuple[str, BaseException]] = []
    supervisor = Supervisor(lambda name, error: bugs.append((name, error)))
    database = Database.open(paths.portfolio_db, backups=paths.backups, clock=clock)
    store = store_with(paths, keyring, clock=clock)
    if no_keyring:
        await store.use_session_only()

    def specs(broker_id: str) -> BrokerSpec:
        if broker_id != BROKER:
            raise InputError("broker", "There is no broker of that name.")
        return spec

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
        specs=specs,
    )
    try:
        yield Bench(
            paths, clock, bank, keyring, database, store, supervisor, services, events, bugs
        )
    finally:
        await services.aclose()
        await supervisor.aclose()
        await store.aclose()
        await database.aclose()


def explained(error: BaseException) -> Credentials:
    """The words of a known error, for assertions on sentences."""
    return {name: str(getattr(error, name, "")) for name in ("title", "message", "hint")}
