"""What Schwab's ``ACCT_ACTIVITY`` says about orders: the sequence of messages of each.

Every message carries a second JSON document as text. Its decimals are written as ``lo`` and
``signScale``: a millionth part, and the sign in the lowest bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.orders import Fill, Order, Status
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.exchange.tickets import Change, State, Ticket
from brokerdesk.simulator.market.calendar import NEW_YORK
from brokerdesk.simulator.wire import encode

MILLIONTHS = 6
OPENED = datetime(START.year, START.month, START.day, tzinfo=UTC)
ENDINGS = {
    "rejected": "OrderRejected",
    "expired": "OrderExpired",
    "cancel refused": "CancelRejected",
    "triggered": "OrderMonitorCompleted",
}
ROUTING = ("ExecutionRequested", "ExecutionRequestCreated", "ExecutionRequestCompleted")
DETAILS = {
    "OrderCreated": "OrderCreatedEventEquityOrder",
    "OrderAccepted": "OrderAcceptedEvent",
    "ExecutionRequested": "ExecutionRequestedEventRoutedInfo",
    "ExecutionRequestCreated": "ExecutionRequestCreatedEvent",
    "ExecutionRequestCompleted": "ExecutionRequestCompletedEvent",
    "ExecutionCreated": "ExecutionCreatedEventExecutionInfo",
    "CancelAccepted": "CancelAcceptedEvent",
    "OrderUROutCompleted": "OrderUROutCompletedEvent",
    "OrderExpired": "OrderExpiredEvent",
    "OrderRejected": "OrderRejectedEvent",
    "CancelRejected": "CancelRejectedEvent",
    "ChangeCreated": "ChangeCreatedEventEquityOrder",
    "ChangeAccepted": "ChangeAcceptedEvent",
    "OrderMonitorCompleted": "OrderMonitorCompletedEvent",
}


@dataclass(frozen=True, slots=True)
class News:
    """One message before it is numbered. ``data`` None: the field is null."""

    at: datetime
    account: str
    kind: str
    data: str | None


def account_news(account: Account, since: datetime, until: datetime) -> list[News]:
    """What happened to the account's orders after ``since``, up to ``until``, oldest first."""
    found = [
        one
        for order in account.story_orders(OPENED, until)
        if order.ends > since
        for one in _of_order(account, order)
        if since < one.at <= until
    ]
    return sorted(found, key=lambda news: news.at)


def own_news(floor: Floor, account: Account, since: int, until: int) -> list[News]:
    """What happened to the user's own orders between two counts of changes, oldest first."""
    number = account.profile.number
    found: list[News] = []
    for ticket, change in floor.changes[since:until]:
        if ticket.account == number and ticket.terms is not None:
            found.extend(_of_change(account, ticket, change))
    return found


def _of_change(account: Account, ticket: Ticket, change: Change) -> Iterator[News]:
    order = ticket.as_order()

    def said(kind: str, details: dict[str, Any] | None = None) -> News:
        document = _document(account, order, kind, details)
        return News(change.at, account.profile.number, kind, document)

    if change.what == "entered":
        name = {"ParentSchwabOrderID": str(ticket.replaces)} if ticket.replaces else {}
        yield said("ChangeCreated" if ticket.replaces else "OrderCreated", _entered(order) | name)
    starts = change.what == "entered" and change.state is not State.HELD
    if starts or (change.what == "working" and change.place == ticket.first_work):
        yield said("OrderAccepted")
        for kind in ROUTING:
            yield said(kind, {"RouteRequestedType": "New"})
    elif change.what == "fill":
        place = next(n for n, one in enumerate(order.fills) if one.number == change.fill)
        yield said("ExecutionCreated", _execution(order.fills[place]))
        if change.state is State.FILLED:
            yield said("OrderFillCompleted", _filled(order, order.fills[place], change.filled))
    elif change.what == "cancel":
        yield said("CancelAccepted", {"LifecycleSchwabOrderID": str(order.number)})
        yield said("ExecutionRequested", {"RouteRequestedType": "Cancel"})
    elif change.what == "replaced":
        yield said("ChangeAccepted")
    elif change.what in ENDINGS:
        yield said(ENDINGS[change.what], {"RejectReason": order.reason} if order.reason else None)
    if change.what in ("canceled", "replaced"):
        yield said("ExecutionRequestCompleted", {"ResponseType": 7})
        yield said("ExecutionCreated", {"ExecutionTransType": "UROut"})
        yield said(
            "OrderUROutCompleted",
            {
                "LegSubStatus": "LegSubStatusCancelled",
                "OutCancelType": "ClientCancel",
                "CancelQuantity": decimal(order.quantity - change.filled),
            },
        )


def _of_order(account: Account, order: Order) -> Iterator[News]:
    """All that will ever be said about an order, in the order of saying."""

    def said(at: datetime, kind: str, details: dict[str, Any] | None = None) -> News:
        return News(at, account.profile.number, kind, _document(account, order, kind, details))

    yield said(order.entered, "OrderCreated", _entered(order))
    if order.outcome is Status.REJECTED:
        yield said(order.ends, "OrderRejected", {"RejectReason": order.reason})
        return
    yield said(order.entered, "OrderAccepted")
    for kind in ROUTING:
        yield said(order.entered, kind, {"RouteRequestedType": "New"})
    filled = ZERO
    for fill in order.fills:
        filled += fill.quantity
        yield said(fill.at, "ExecutionCreated", _execution(fill))
        if filled >= order.quantity:
            yield said(fill.at, "OrderFillCompleted", _filled(order, fill, filled))
    if order.outcome is Status.CANCELED:
        yield said(order.ends, "CancelAccepted", {"LifecycleSchwabOrderID": str(order.number)})
        yield said(order.ends, "ExecutionRequested", {"RouteRequestedType": "Cancel"})
        yield said(order.ends, "ExecutionRequestCompleted", {"ResponseType": 7})
        yield said(order.ends, "ExecutionCreated", {"ExecutionTransType": "UROut"})
        yield said(
            order.ends,
            "OrderUROutCompleted",
            {
                "LegSubStatus": "LegSubStatusCancelled",
                "OutCancelType": "ClientCancel",
                "CancelQuantity": decimal(order.quantity - filled),
            },
        )
    elif order.outcome is Status.EXPIRED:
        yield said(order.ends, "OrderExpired")


def decimal(value: Decimal) -> dict[str, Any]:
    """A decimal as these messages write it: six places; zero has no digits at all."""
    digits = int(abs(value).scaleb(MILLIONTHS))
    body: dict[str, Any] = {"lo": str(digits)} if digits else {}
    return {**body, "signScale": 2 * MILLIONTHS + (value < 0)}


def _document(account: Account, order: Order, kind: str, details: dict[str, Any] | None) -> str:
    name = DETAILS.get(kind, "OrderFillCompletedEventOrderLegQuantityInfo")
    body = {
        "SchwabOrderID": str(order.number),
        "AccountNumber": account.profile.number,
        "BaseEvent": {"EventType": kind, name: {"EventType": kind, **(details or {})}},
    }
    return encode(body).decode()


def _entered(order: Order) -> dict[str, Any]:
    return {"Order": {"SchwabOrderID": str(order.number), "Symbol": order.symbol}}


def _execution(fill: Fill) -> dict[str, Any]:
    local = fill.at.astimezone(NEW_YORK)
    return {
        "ExecutionSequenceNumber": 1,
        "ExecutionId": f"{local:%Y%m%d}-EST-ngOMS-{fill.number}",
        "ExecutionQuantity": decimal(fill.quantity),
        "ExecutionPrice": decimal(fill.price),
        "ExecutionTimeStamp": {"DateTimeString": f"{local:%Y-%m-%d %H:%M:%S}.000"},
        "ExecutionTransType": "Fill",
    }


def _filled(order: Order, fill: Fill, filled: Decimal) -> dict[str, Any]:
    paid = sum((one.quantity * one.price for one in order.fills), ZERO)
    return {
        "LegId": str(order.number),
        "LegStatus": "LegClosed",
        "QuantityInfo": {
            "CumulativeQuantity": decimal(filled),
            "LeavesQuantity": decimal(order.quantity - filled),
            "AveragePrice": decimal(paid / filled),
        },
        "LegSubStatus": "LegSubStatusFilled",
        "ExecutionInfo": _execution(fill),
        "OrderInfoForTransactionPosting": {
            "LimitPrice": decimal(order.limit) if order.limit is not None else {},
            "OrderTypeCode": "Market" if order.limit is None else "Limit",
            "BuySellCode": "Buy" if order.instruction.startswith("BUY") else "Sell",
            "Quantity": decimal(order.quantity),
            "StopPrice": {},
            "Symbol": order.symbol,
        },
    }
