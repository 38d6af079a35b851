"""Fakes and helpers for the window's tests: ports, flows and rows, no service behind them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, TypeVar

from brokerdesk.brokers.flow import (
    BrowserStep,
    DoneStep,
    FieldKind,
    FormField,
    FormStep,
    NoticeStep,
    PasteOutcome,
    Step,
)
from brokerdesk.domain.account import Account
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import AccountType, Environment
from brokerdesk.errors import BrokerDeskError
from brokerdesk.ui.viewmodels.state import (
    AccountRow,
    ConnectionRow,
    Figures,
    Mark,
    PositionRow,
    Query,
    TotalRow,
)
from brokerdesk.ui.viewmodels.wizard_state import (
    Attempt,
    BrokerCard,
    Choice,
    Has,
    Keeping,
    KeepingKind,
)

T = TypeVar("T")
NOW = datetime(2026, 11, 20, 16, 42, 20, tzinfo=UTC)
HOSTILE = (
    "<b>bold</b> & <img src=x onerror=alert(1)>",
    "\u202egnp.exe\u202c \u200fright",
    "A&B &amp; &File",
    "x" * 200,
    "two\nlines\tand\x00nul",
)


class HeldAnswer:
    """Awaited by a fake that is not to answer yet."""

    def __await__(self) -> Any:
        yield self


class HandRunner:
    """Runs coroutines of fakes at once; those that wait are kept and answered by hand.

    ``ran`` lists the names in order; ``settle()`` goes on with everything that waits.
    """

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.waiting: list[Callable[[], bool]] = []
        self.problems: list[BaseException] = []

    def run(
        self,
        name: str,
        make: Callable[[], Coroutine[Any, Any, T]],
        done: Callable[[T], object] | None = None,
        failed: Callable[[BaseException], object] | None = None,
        *,
        policy: Any = None,
    ) -> None:
        self.ran.append(name)
        work = make()

        def step() -> bool:
            try:
                work.send(None)
            except StopIteration as end:
                if done is not None:
                    done(end.value)
                return True
            except BrokerDeskError as error:
                (failed or self.problems.append)(error)
                return True
            return False

        if not step():
            self.waiting.append(step)

    def settle(self) -> None:
        """Let everything that waits try again."""
        waiting, self.waiting = self.waiting, []
        self.waiting += [step for step in waiting if not step()]

    def close(self) -> None:
        for step in self.waiting:
            for cell in inspect.getclosurevars(step).nonlocals.values():
                if inspect.iscoroutine(cell):
                    cell.close()
        self.waiting = []


# rows


def account(key: str = "a1", **changes: Any) -> AccountRow:
    values: dict[str, Any] = {
        "key": key,
        "connection": "c1",
        "broker": "Broker",
        "name": "Individual",
        "mask": "…4821",
        "type": "Margin",
        "environment": "live",
        "currency": "USD",
        "cash": Decimal("41307.28"),
        "net": Decimal("245173.98"),
        "day_pl": Decimal("614.40"),
        "as_of": NOW,
        "fetched_at": NOW,
        "mark": Mark.LIVE,
    }
    return AccountRow(**{**values, **changes})


def position(key: str = "p1", **changes: Any) -> PositionRow:
    values: dict[str, Any] = {
        "key": key,
        "symbol": key.upper(),
        "name": f"{key} Inc.",
        "asset_type": "equity",
        "environment": "live",
        "currency": "USD",
        "quantity": Decimal("12.5"),
        "average_cost": Decimal("100.10"),
        "mark_price": Decimal("120.00"),
        "value": Decimal("1500.00"),
        "day_pl": Decimal("-3.20"),
        "open_pl": Decimal("248.75"),
        "as_of": NOW,
        "fetched_at": NOW,
        "mark": Mark.LIVE,
    }
    return PositionRow(**{**values, **changes})


def connection(key: str = "c1", **changes: Any) -> ConnectionRow:
    values: dict[str, Any] = {
        "key": key,
        "title": "Broker",
        "broker": "broker",
        "environment": "live",
        "mark": Mark.LIVE,
        "words": "",
        "last_success": NOW - timedelta(seconds=12),
    }
    return ConnectionRow(**{**values, **changes})


def some_figures(**changes: Any) -> Figures:
    values: dict[str, Any] = {
        "totals": (
            TotalRow(
                environment="live",
                currency="USD",
                value=Decimal("245173.98"),
                accounts=1,
                oldest=NOW - timedelta(seconds=12),
            ),
        ),
        "accounts": (account(),),
        "positions": (position("voo"), position("bnd", value=Decimal("900"))),
        "connections": (connection(),),
    }
    return Figures(**{**values, **changes})


@dataclass
class FakePortfolio:
    """``PortfolioPort`` that answers at once and remembers."""

    figures: Figures = field(default_factory=Figures)
    calls: list[str] = field(default_factory=list)
    hold: list[Callable[[Figures], object]] | None = None
    queries: list[Query] = field(default_factory=list)

    def load(self, query: Query, done: Callable[[Figures], object]) -> None:
        self.calls.append("load")
        self.queries.append(query)
        if self.hold is not None:
            self.hold.append(done)
        else:
            done(self.figures)

    def refresh(self, connection: str) -> None:
        self.calls.append(f"refresh:{connection}")

    def stop(self) -> None:
        self.calls.append("stop")

    def act(self, action: str, done: Callable[[], object]) -> None:
        self.calls.append(action)
        done()


# the wizard

FORM = FormStep(
    title="Connect Broker",
    text="Broker lets you read your accounts through an app of your own.",
    fields=(
        FormField(name="app_key", label="App key", help="Also called client ID."),
        FormField(name="app_secret", label="App secret", kind=FieldKind.SECRET),
        FormField(name="callback_url", label="Callback address", default="https://127.0.0.1:8182"),
    ),
    guide=("Sign up at the broker's site.", "Enter exactly https://127.0.0.1:8182 as callback."),
    guide_url="https://developer.example.com",
)
NOTICE = NoticeStep(
    title="Your browser will warn you once",
    text="Your browser comes back to this computer and warns that it is not private.",
    points=("Check that the address starts with https://127.0.0.1.", "Then go on."),
    fingerprint=":".join(f"{n:02X}" for n in range(32)),
    action="Open browser",
)
BROWSER = BrowserStep(
    title="Sign in at Broker",
    text="Sign in, choose the accounts and agree.",
    url="https://broker.example.com/authorize?state=abc",
    ends=NOW + timedelta(seconds=300),
    paste_hint="If the browser stops at a warning, paste its whole address here.",
)
DONE = DoneStep(
    identity="i1", credentials={"token": "t"}, suggested_name="Broker",
    sign_in_ends=NOW + timedelta(days=7),
)  # fmt: skip
CARD = BrokerCard(
    id="broker",
    title="Broker",
    tagline="Live accounts",
    environments=("live",),
    facts=(
        ("Balances", Has.YES, "Yes"),
        ("Orders", Has.PART, "Read only"),
        ("Streaming prices", Has.NO, "No"),
        ("Sign-in", Has.WORDS, "In your browser, with your login and your own app's key."),
        ("Sign in again", Has.WORDS, "Every 7 days"),
    ),
    note="Checked on 2026-11-21.",
)


@dataclass
class FakeAttempt:
    """Walks through ``steps``; ``wait`` parks until ``returned`` is True."""

    steps: list[Step]
    accounts: tuple[Any, ...] = ()
    paste_outcomes: list[PasteOutcome] = field(default_factory=list)
    test_error: BrokerDeskError | None = None
    returned: bool = False
    calls: list[str] = field(default_factory=list)
    answers: list[Mapping[str, str]] = field(default_factory=list)

    async def _next(self) -> Step:
        return self.steps.pop(0)

    async def start(self) -> Step:
        self.calls.append("start")
        return await self._next()

    async def submit(self, answers: Mapping[str, str]) -> Step:
        self.calls.append("submit")
        self.answers.append(answers)
        return await self._next()

    async def wait(self) -> Step:
        self.calls.append("wait")
        while not self.returned:
            await HeldAnswer()
        return await self._next()

    async def restart(self, *, by_hand: bool = False) -> Step:
        self.calls.append("restart")
        self.returned = False
        return await self._next()

    async def paste(self, address: str, *, confirmed: bool = False) -> PasteOutcome:
        self.calls.append(f"paste:{address}:{confirmed}")
        outcome = self.paste_outcomes.pop(0)
        self.returned = outcome is PasteOutcome.ACCEPTED
        return outcome

    async def test(self) -> Any:
        self.calls.append("test")
        if self.test_error is not None:
            error, self.test_error = self.test_error, None
            raise error
        return FakeFound(self.accounts)

    async def save(self, choices: Any = None, name: str = "") -> Any:
        self.calls.append(f"save:{name}")
        return None

    async def cancel(self) -> None:
        self.calls.append("cancel")


@dataclass
class FakeFound:
    accounts: tuple[Any, ...]
    unread: tuple[Any, ...] = ()


@dataclass
class FakeWizardPort:
    """``WizardPort`` over one prepared attempt."""

    attempt: FakeAttempt
    brokers: tuple[BrokerCard, ...] = (CARD,)
    keeps: Keeping = field(default_factory=lambda: Keeping(KeepingKind.DURABLE))
    vault_error: BrokerDeskError | None = None
    begin_error: BrokerDeskError | None = None
    browser_found: bool = True
    sync: tuple[str, ...] | None = ()
    opened: list[str] = field(default_factory=list)
    began: list[tuple[str, str, str, bool]] = field(default_factory=list)
    saved: list[Mapping[str, Choice] | None] = field(default_factory=list)

    def cards(self) -> tuple[BrokerCard, ...]:
        return self.brokers

    async def begin(
        self, broker: str, environment: str, relogin_of: str, change_keys: bool
    ) -> Attempt:
        self.began.append((broker, environment, relogin_of, change_keys))
        if self.begin_error is not None:
            error, self.begin_error = self.begin_error, None
            raise error
        return self.attempt

    async def keeping(self) -> Keeping:
        return self.keeps

    async def make_vault(self, passphrase: str) -> None:
        if self.vault_error is not None:
            raise self.vault_error

    async def unlock_vault(self, passphrase: str) -> None:
        if self.vault_error is not None:
            raise self.vault_error

    async def session_only(self) -> None:
        return None

    async def open_browser(self, url: str) -> bool:
        self.opened.append(url)
        return self.browser_found

    async def save(
        self, attempt: Attempt, choices: Mapping[str, Choice] | None, name: str
    ) -> tuple[str, tuple[str, ...]]:
        await attempt.save(choices, name)
        self.saved.append(choices)
        keys = [item.account.id for item in self.attempt.accounts]
        if choices is not None:
            keys = [key for key in keys if key in choices and choices[key].included]
        return "c1", tuple(keys)

    async def first_sync(self, connection: str) -> tuple[str, ...]:
        while self.sync is None:
            await HeldAnswer()
        return self.sync


def found(key: str, through: str | None = None) -> Any:
    """An account as an attempt's test finds it."""
    number = Account(
        id=AccountId(f"broker:{key}"),
        broker="broker",
        environment=Environment.LIVE,
        name=f"Account {key}",
        number_mask=f"…{key}",
        type=AccountType.MARGIN,
    )
    return SimpleNamespace(account=number, already_through=through)
