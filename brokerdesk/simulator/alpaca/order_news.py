"""What ``trade_updates`` says about the orders of an account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from brokerdesk.simulator.alpaca.orders import order_answer
from brokerdesk.simulator.alpaca.own_orders import flat
from brokerdesk.simulator.alpaca.words import exact, identifier, nano, text
from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.orders import Order, Status
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.exchange.tickets import Change, State, Ticket
from brokerdesk.simulator.market.market import utc

EVENTS = {
    "working": "new",
    "queued": "accepted",
    "cancel": "pending_cancel",
    "replace": "pending_replace",
    "fill": "fill",
    "canceled": "canceled",
    "replaced": "replaced",
    "expired": "expired",
    "rejected": "rejected",
    "cancel refused": "order_cancel_rejected",
    "replace refused": "order_replace_rejected",
}
ENDS = {Status.CANCELED: "canceled", Status.EXPIRED: "expired", Status.REJECTED: "rejected"}
Update = dict[str, Any]


def order_news(account: Account, since: datetime, until: datetime) -> list[Update]:
    """What happened to the account's orders after ``since``, up to ``until``, oldest first."""
    found = [
        (at, update)
        for order in account.story_orders(utc(START, 0), until)
        if order.ends > since
        for at, update in _of_order(account, order, until)
        if since < at <= until
    ]
    return [update for _, update in sorted(found, key=lambda pair: pair[0])]


def own_news(floor: Floor, account: Account, since: int) -> list[Update]:
    """What happened to the user's own orders after so many changes, oldest first."""
    floor.advance()
    number = account.profile.number
    found = []
    for ticket, change in floor.changes[since:]:
        if ticket.account == number and ticket.terms is not None:
            found.extend(_of_change(floor, account, ticket, change))
    return found


def _of_change(floor: Floor, account: Account, ticket: Ticket, change: Change) -> list[Update]:
    event = EVENTS.get(change.what, "")
    if change.what == "entered":
        event = {State.QUEUED: "accepted", State.WORKING: "new"}.get(change.state, "")
    elif change.what == State.REJECTED.value and ticket.replaces:
        event = ""  # told with the order that was to be replaced
    body = flat(floor, ticket, change)
    off = timedelta(seconds=floor.knobs.order_clock_off)
    update: Update = {
        "event": event,
        "execution_id": identifier("execution", ticket.number, change.place),
        "timestamp": exact(change.at + off),
        "order": body,
    }
    if change.what == "fill":
        fill = next(one for one in ticket.fills if one.number == change.fill)
        assert ticket.terms is not None
        filled = change.state is State.FILLED
        update["event"] = "fill" if filled else "partial_fill"
        update["price"] = text(fill.price)
        update["qty"] = text(fill.quantity)
        held = account.book_at(change.at).quantity(ticket.terms.symbol)
        update["position_qty"] = text(held)
    return [update] if update["event"] else []


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
