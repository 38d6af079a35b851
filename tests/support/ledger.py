"""Trading as the Orders page sees it, in the test's hand: the service's own signatures, no broker.

``rows`` are what the ledger tells, or, where there are none, the cached orders as rows. What is
asked is kept in ``asked``.
"""

from __future__ import annotations

import inspect
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from support.lists import instrument, leg, order
from support.ui import NOW, HeldAnswer

from brokerdesk.brokers.trading import Asked, SentField
from brokerdesk.db.journal.audit import START, AuditEntry, Head, Verdict
from brokerdesk.domain.draft import Draft, DraftLeg
from brokerdesk.domain.ids import AccountId, ConnectionId
from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import Environment, OrderSide, OrderStatus, OrderType
from brokerdesk.domain.order import Order
from brokerdesk.errors import BrokerDeskError, StorageError
from brokerdesk.services.orders_list import orders
from brokerdesk.services.trading import TradingService
from brokerdesk.services.trading_facts import LedgerRow, Moment, Search, Sent, TradingState

D = Decimal


def intent(number: int = 1, **changes: Any) -> Intent:
    account = changes.get("account", AccountId("s1"))
    draft = Draft(
        account=account,
        environment=Environment.LIVE,
        legs=(DraftLeg(instrument=instrument("JPM"), side=OrderSide.BUY),),
        type=OrderType.LIMIT,
        quantity=D(20),
        limit_price=D("309.40"),
    )
    values: dict[str, Any] = {
        "id": f"i{number}",
        "kind": IntentKind.PLACE,
        "connection": ConnectionId("c1"),
        "account": account,
        "environment": Environment.LIVE,
        "symbol": "JPM",
        "side": OrderSide.BUY,
        "draft": draft,
        "client_order_id": f"BD-7Q4K-0{number}",
        "request": b"{}",
        "digest": "0" * 64,
        "baseline": (),
        "state": IntentState.UNKNOWN,
        "created_at": NOW - timedelta(minutes=number),
        "changed_at": NOW - timedelta(minutes=number),
    }
    return Intent(**{**values, **changes})


def moments(begin: datetime, *states: tuple[str, int | None, str]) -> tuple[Moment, ...]:
    """States with their milliseconds after ``begin``; None: still to come."""
    return tuple(
        Moment(
            state=state,
            at=None if after is None else begin + timedelta(milliseconds=after),
            words=words,
        )
        for state, after, words in states
    )


def ledger_row(key: str = "k1", **changes: Any) -> LedgerRow:
    values: dict[str, Any] = {
        "key": key,
        "connection": ConnectionId("c1"),
        "account": AccountId("s1"),
        "account_name": "Schwab …4821 Individual",
        "environment": Environment.LIVE,
        "orders_url": "https://client.schwab.com/app/trade/orders",
    }
    return LedgerRow(**{**values, **changes})


def unknown_row(key: str = "lost", **search: Any) -> LedgerRow:
    """An order of which nobody knows what became."""
    begin = NOW - timedelta(minutes=2)
    look: dict[str, Any] = {
        "checks": 3,
        "looked_at": NOW - timedelta(seconds=12),
        "next_at": NOW + timedelta(seconds=18),
    }
    return ledger_row(
        key,
        intent=intent(created_at=begin, words="No answer in 30 s."),
        moments=moments(
            begin,
            ("committed", 114, "on this computer"),
            ("sending", 391, "to Schwab"),
            ("unknown", 30_391, "no answer in 30 s"),
        ),
        search=Search(**{**look, **search}),
        cannot_cancel="Nobody knows whether there is an order to cancel.",
        cannot_replace="Nobody knows whether there is an order to change.",
    )


def filled_row(key: str = "done", **changes: Any) -> LedgerRow:
    begin = NOW - timedelta(minutes=30)
    found = order(
        7, status=OrderStatus.FILLED, legs=(leg("SCHD", quantity=D(120)),), quantity=D(120),
        filled_quantity=D(120), type=OrderType.MARKET, limit_price=None,
        average_price=D("27.64"), closed_at=begin + timedelta(seconds=1),
    )  # fmt: skip
    return ledger_row(
        key,
        intent=intent(2, state=IntentState.ACCEPTED, created_at=begin, order_id=found.id),
        order=found,
        moments=moments(
            begin,
            ("committed", 20, "on this computer"),
            ("sending", 233, "to Schwab"),
            ("accepted", 688, f"order {found.id}"),
            ("filled", 1102, "average 27.64"),
        ),
        cannot_cancel="It is filled.",
        cannot_replace="It is filled.",
        **changes,
    )


def working_row(key: str = "open", number: int = 1, **changes: Any) -> LedgerRow:
    more = {name: changes.pop(name) for name in list(changes) if name in _ROW}
    return ledger_row(key, order=order(number, **changes), **more)


_ROW = {"account", "environment", "intent", "cannot_cancel", "cannot_replace", "account_name",
        "moments", "cancel", "asked", "orders_url"}  # fmt: skip


@dataclass
class FakeTrading:
    """What the page asks of ``services.trading``."""

    database: Any = None
    rows: tuple[LedgerRow, ...] | None = None
    standing: TradingState = field(default_factory=lambda: TradingState(ready=True))
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    error: BrokerDeskError | None = None
    cancels: tuple[Sent, ...] = ()
    entries: list[AuditEntry] = field(default_factory=list)
    broken: int | None = None
    held: list[HeldAnswer] = field(default_factory=list)
    hold: bool = False

    async def _ask(self, *what: Any) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error
        while self.hold:
            await HeldAnswer()

    def state(self) -> TradingState:
        return self.standing

    def attend(self, what: str, on: bool) -> None:
        self.asked.append(("attend", what, on))

    async def ledger(
        self, accounts: Collection[AccountId], since: datetime | None
    ) -> tuple[LedgerRow, ...]:
        if self.error is not None:
            raise self.error
        if self.rows is not None:
            return tuple(row for row in self.rows if row.account in accounts)
        found = await orders(self.database, accounts, since, every_source=True)
        return tuple(as_row(one) for one in found)

    async def detail(self, key: str) -> LedgerRow | None:
        return next((row for row in self.rows or () if row.key == key), None)

    async def cancel(self, account: AccountId, order_id: str, click: str) -> Sent:
        await self._ask("cancel", account, order_id, click)
        return Sent(intent=asked_to_cancel(account, order_id))

    async def cancel_all(
        self, account: AccountId | None, side: OrderSide | None, click: str
    ) -> tuple[Sent, ...]:
        await self._ask("cancel_all", account, side, click)
        return self.cancels

    async def check_now(self, intent: str) -> None:
        await self._ask("check_now", intent)

    async def confirm_absent(self, intent: str) -> None:
        await self._ask("confirm_absent", intent)

    async def choose(self, intent: str, order_id: str) -> None:
        await self._ask("choose", intent, order_id)

    async def set_aside(self, intent: str, order_ids: Collection[str]) -> None:
        await self._ask("set_aside", intent, tuple(order_ids))

    async def answer(self, intent: str, *, agreed: bool) -> Sent:
        await self._ask("answer", intent, agreed)
        return Sent(failure="" if agreed else "You said no.")

    async def request_of(self, intent: str) -> tuple[tuple[SentField, ...], str]:
        await self._ask("request_of", intent)
        fields = (
            SentField(name="symbol", value="JPM", words="Symbol"),
            SentField(name="qty", value="20", words="Quantity"),
        )
        return fields, "Schwab named order 10048213377."

    async def audit(self, after: int = 0, most: int = 1000) -> tuple[AuditEntry, ...]:
        await self._ask("audit", after, most)
        return tuple(one for one in self.entries if one.seq > after)[:most]

    async def verify(self) -> Verdict:
        await self._ask("verify")
        return Verdict(head=self.head, broken=self.broken)

    async def export_audit(self, path: Path) -> Head:
        await self._ask("export_audit", path)
        return self.head

    @property
    def head(self) -> Head:
        last = self.entries[-1] if self.entries else None
        return Head(count=last.seq if last else 0, hash=last.hash if last else START)


def as_row(found: Order) -> LedgerRow:
    """A cached order as the ledger tells one that was made elsewhere."""
    live = found.status in (OrderStatus.WORKING, OrderStatus.PENDING)
    why = "" if live else "It is over."
    return ledger_row(
        f"{found.account}/{found.id}", account=found.account, account_name="", order=found,
        cannot_cancel=why, cannot_replace=why,
    )  # fmt: skip


def asked_to_cancel(account: AccountId, order_id: str, **changes: Any) -> Intent:
    made = intent(
        9, kind=IntentKind.CANCEL, account=account, draft=None, order_id=order_id,
        state=IntentState.ACCEPTED,
    )  # fmt: skip
    return replace(made, **changes)


def question(*words: str) -> Asked:
    return Asked(questions=words, token="t")


def entry(seq: int, kind: str = "intent", **facts: str) -> AuditEntry:
    return AuditEntry(
        seq=seq, at=NOW - timedelta(seconds=100_000 - seq), kind=kind, facts=facts or {"what": "x"},
        hash=seq.to_bytes(32, "big"),
    )  # fmt: skip


def trouble() -> StorageError:
    return StorageError("The journal is damaged.", "Nothing was changed.")


def missing() -> list[str]:
    """Methods of the fake that the real service has not, or that take other arguments."""
    names = [
        name for name, one in vars(FakeTrading).items()
        if callable(one) and not name.startswith("_")
    ]  # fmt: skip
    return [
        name for name in names
        if list(inspect.signature(getattr(FakeTrading, name)).parameters)
        != list(inspect.signature(getattr(TradingService, name, object)).parameters)
    ]  # fmt: skip
