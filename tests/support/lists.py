"""Entries and orders for the tests of their pages, and ports that answer by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from support.ui import NOW

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
    TransactionType,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.transaction import Transaction

D = Decimal


def instrument(symbol: str = "AAPL", **changes: Any) -> Instrument:
    return Instrument(**{"symbol": symbol, "asset_type": AssetType.EQUITY, **changes})


def entry(number: int = 1, **changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "id": f"{number}",
        "account": AccountId("s1"),
        "type": TransactionType.TRADE,
        "time": NOW - timedelta(hours=number),
        "amount": D("-2684.85"),
        "raw_type": "TRADE",
        "instrument": instrument(name="Apple Inc.", cusip="037833100"),
        "quantity": D(10),
        "price": D("268.42"),
        "fees": D("0.65"),
        "settlement_date": date(2026, 11, 23),
        "order_id": "5550001",
    }
    return Transaction(**{**values, **changes})


def cash(number: int, kind: TransactionType, amount: str, **changes: Any) -> Transaction:
    bare: dict[str, Any] = {
        "instrument": None, "quantity": None, "price": None, "fees": None, "order_id": "",
    }  # fmt: skip
    return entry(number, type=kind, amount=D(amount), **{**bare, **changes})


def leg(symbol: str = "AAPL", side: OrderSide = OrderSide.BUY, **changes: Any) -> OrderLeg:
    raw = changes.pop("raw_side", side.name)
    units = changes.pop("quantity", D(10))
    return OrderLeg(
        instrument=instrument(symbol, **changes), side=side, quantity=units, raw_side=raw
    )


def order(number: int = 1, **changes: Any) -> Order:
    values: dict[str, Any] = {
        "id": f"{10048213390 + number}",
        "account": AccountId("s1"),
        "status": OrderStatus.WORKING,
        "type": OrderType.LIMIT,
        "time_in_force": TimeInForce.DAY,
        "session": TradingSession.REGULAR,
        "legs": (leg(),),
        "quantity": D(10),
        "filled_quantity": D(0),
        "entered_at": NOW - timedelta(minutes=number),
        "limit_price": D("268.42"),
        "raw_status": "WORKING",
        "raw_type": "LIMIT",
    }
    return Order(**{**values, **changes})


@dataclass
class HandPort:
    """Answers of lists in the test's hand."""

    queries: list[Any] = field(default_factory=list)
    waiting: list[tuple[Any, Any]] = field(default_factory=list)

    def load(self, query: Any, done: Any, failed: Any) -> None:
        self.queries.append(query)
        self.waiting.append((done, failed))

    def answer(self, *rows: Any) -> None:
        """The oldest question that waits is answered."""
        done, _ = self.waiting.pop(0)
        done(rows[0] if len(rows) == 1 and not hasattr(rows[0], "key") else tuple(rows))

    def fail(self, error: BaseException) -> None:
        _, failed = self.waiting.pop(0)
        failed(error)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
