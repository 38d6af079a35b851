"""Orders of the user in Alpaca's words: one object per order, what hangs on it as its legs."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from brokerdesk.simulator.alpaca.words import (
    asset_class,
    asset_id,
    exact,
    identifier,
    maybe,
    text,
    wire_symbol,
)
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.terms import Hours, Kind, Lasts, Link, Terms
from brokerdesk.simulator.exchange.tickets import Change, State, Ticket

LASTS = {
    Lasts.DAY: "day",
    Lasts.GTC: "gtc",
    Lasts.IOC: "ioc",
    Lasts.FOK: "fok",
    Lasts.OPEN: "opg",
    Lasts.CLOSE: "cls",
}
ENDS = {
    State.FILLED: "filled_at",
    State.CANCELED: "canceled_at",
    State.REPLACED: "replaced_at",
    State.REJECTED: "failed_at",
    State.EXPIRED: "expired_at",
}
PENDING = {"cancel": "pending_cancel", "replace": "pending_replace"}


@lru_cache(maxsize=65536)
def order_id(number: int) -> str:
    """An order's id on the wire."""
    return identifier("order", number)


def client_id(ticket: Ticket) -> str:
    """The id that came with it, or the one it was given."""
    assert ticket.terms is not None
    return ticket.terms.client_id or identifier("client order", ticket.number)


def tops(tickets: list[Ticket]) -> list[Ticket]:
    """Orders that hang on no other: of two that cancel each other, the first stands for both."""
    by_number = {one.number: one for one in tickets}
    found = []
    for one in tickets:
        if one.parent and one.parent in by_number:
            continue
        if one.terms is not None:
            found.append(one)
        elif one.children and one.children[0] in by_number:
            found.append(by_number[one.children[0]])
    return found


def nested(floor: Floor, ticket: Ticket, change: Change | None = None) -> dict[str, Any]:
    """An order with its legs, as it is or as it was just after a change."""
    body = flat(floor, ticket, change)
    legs = [flat(floor, one) for one in below(floor, ticket)]
    assert ticket.terms is not None
    if ticket.terms.several:
        legs = [_part(ticket, body, place) for place in range(len(ticket.terms.legs))]
    body["legs"] = legs or None
    return body


def below(floor: Floor, ticket: Ticket) -> list[Ticket]:
    """Orders that are told as another's legs."""
    parent = floor.by_number.get(ticket.parent)
    if parent is not None and parent.link is Link.OCO:
        first = parent.children[0] == ticket.number and not parent.parent
        return [floor.by_number[one] for one in parent.children[1:]] if first else []
    found = []
    for number in ticket.children:
        child = floor.by_number[number]
        numbers = (number,) if child.terms is not None else child.children
        found += [floor.by_number[one] for one in numbers]
    return found


def flat(floor: Floor, ticket: Ticket, change: Change | None = None) -> dict[str, Any]:
    """One order without its legs."""
    terms = ticket.terms
    assert terms is not None
    last = change or ticket.changes[-1]
    off = timedelta(seconds=floor.knobs.order_clock_off)
    status = word(floor, ticket, change)
    times: dict[str, str | None] = dict.fromkeys(ENDS.values())
    ended = ticket.ended if change is None else last.at
    if last.state in ENDS and ended is not None:
        times[ENDS[last.state]] = exact(ended + off)
    fills = [fill for fill in ticket.fills if fill.at <= last.at]
    replaced = order_id(ticket.replaced_by) if ticket.state is State.REPLACED else None
    several = terms.several
    return {
        "id": order_id(ticket.number),
        "client_order_id": client_id(ticket),
        "created_at": exact(ticket.entered + off),
        "updated_at": exact(max(ticket.entered, last.at) + off),
        "submitted_at": exact(ticket.entered + off),
        **times,
        "expires_at": exact(ticket.expires + off),
        "replaced_by": replaced,
        "replaces": order_id(ticket.replaces) if ticket.replaces else None,
        "asset_id": None if several else asset_id(terms.symbol),
        "symbol": "" if several else wire_symbol(terms.symbol),
        "asset_class": "us_option" if several else asset_class(terms.symbol),
        "notional": maybe(terms.notional),
        "qty": maybe(terms.quantity),
        "filled_qty": text(sum((fill.quantity for fill in fills), Decimal(0))),
        "filled_avg_price": maybe(ticket.average(last.at)),
        "order_class": order_class(floor, ticket),
        "order_type": terms.kind.value,
        "type": terms.kind.value,
        "side": "" if several else side(terms),
        "position_intent": None if several else _intent(terms, 0),
        "time_in_force": LASTS[terms.lasts],
        "limit_price": maybe(terms.limit),
        "stop_price": maybe(ticket.stop),
        "status": status,
        "extended_hours": terms.hours is not Hours.REGULAR,
        "legs": None,
        "trail_percent": maybe(terms.trail_percent),
        "trail_price": maybe(terms.trail),
        "hwm": maybe(ticket.peak) if terms.kind is Kind.TRAILING_STOP else None,
        "ratio_qty": None,
        "subtag": None,
        "source": None,
    }


def word(floor: Floor, ticket: Ticket, change: Change | None = None) -> str:
    """The status."""
    state = change.state if change is not None else ticket.state
    if state in ENDS:
        return state.value
    if change is None and ticket.pending:
        return PENDING[ticket.pending]
    if change is not None and change.what in PENDING:
        return PENDING[change.what]
    filled = change.filled if change is not None else ticket.filled
    if filled:
        return "partially_filled"
    if state is State.HELD:
        return "accepted" if ticket.replaces else "held"
    if state is State.QUEUED:
        return "accepted"
    fresh = floor.at - ticket.entered < timedelta(seconds=floor.knobs.fill_after)
    return "pending_new" if fresh and change is None else "new"


def order_class(floor: Floor, ticket: Ticket) -> str:
    """``bracket``, ``oco``, ``oto``, ``mleg``, or nothing."""
    here: Ticket | None = ticket
    while here is not None:
        if here.words.get("class"):
            return str(here.words["class"])
        here = floor.by_number.get(here.parent)
    return ""


def side(terms: Terms, place: int = 0) -> str:
    return "buy" if terms.legs[place].buys else "sell"


def _intent(terms: Terms, place: int) -> str:
    effect = "close" if terms.legs[place].opening is False else "open"
    return f"{side(terms, place)}_to_{effect}"


def _part(ticket: Ticket, whole: dict[str, Any], place: int) -> dict[str, Any]:
    """One leg of a combined order: an order object of its own, with nothing to be done to it."""
    terms = ticket.terms
    assert terms is not None
    leg = terms.legs[place]
    filled = sum((abs(fill.legs[place].quantity) for fill in ticket.fills), Decimal(0))
    paid = sum(
        (abs(f.legs[place].quantity) * f.legs[place].price for f in ticket.fills), Decimal(0)
    )
    return {
        **whole,
        "id": identifier("order leg", ticket.number, place),
        "client_order_id": identifier("client order leg", ticket.number, place),
        "asset_id": asset_id(leg.symbol),
        "symbol": wire_symbol(leg.symbol),
        "asset_class": asset_class(leg.symbol),
        "qty": text(ticket.quantity * leg.ratio),
        "filled_qty": text(filled),
        "filled_avg_price": maybe((paid / filled).quantize(Decimal("0.0001"))) if filled else None,
        "side": side(terms, place),
        "position_intent": _intent(terms, place),
        "ratio_qty": text(leg.ratio),
        "limit_price": None,
        "legs": None,
    }
