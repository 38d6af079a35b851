"""What ``trade_updates`` says about the orders of an account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from brokerdesk.simulator.alpaca.orders import order_answer
from brokerdesk.simulator.alpaca.words import identifier, nano, text
from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.orders import Order, Status
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.market.market import utc

ENDS = {Status.CANCELED: "canceled", Status.EXPIRED: "expired", Status.REJECTED: "rejected"}
Update = dict[str, Any]


def order_news(account: Account, since: datetime, until: datetime) -> list[Update]:
    """What happened to the account's orders after ``since``, up to ``until``, oldest first."""
    found = [
        (at, update)
        for order in account.orders(utc(START, 0), until)
        if order.ends > since
        for at, update in _of_order(account, order, until)
        if since < at <= until
    ]
    return [update for _, update in sorted(found, key=lambda pair: pair[0])]


def _of_order(account: Account, order: Order, until: datetime) -> Iterator[tuple[datetime, Update]]:
    """All that was said about an order by a moment, in the order of saying."""

    def said(at: datetime, event: str, **more: Any) -> tuple[datetime, Update]:
        number = more.pop("number", 0)
        return at, {
            "event": event,
            "execution_id": identifier("execution", order.number, event, number),
            "timestamp": nano(at),
            "order": {**order_answer(account, order, at), "legs": None},
            **more,
        }

    yield said(order.entered, "new")
    filled = ZERO
    for fill in order.fills:
        if fill.at > until:
            return
        filled += fill.quantity
        yield said(
            fill.at,
            "fill" if filled >= order.quantity else "partial_fill",
            number=fill.number,
            price=text(fill.price),
            qty=text(fill.quantity),
            position_qty=text(account.book_at(fill.at).quantity(order.symbol)),
        )
    if order.outcome in ENDS and order.ends <= until:
        yield said(order.ends, ENDS[order.outcome])
