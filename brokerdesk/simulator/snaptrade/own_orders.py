"""Orders as SnapTrade's records: one instrument each, those of the user as of any moment.

A record says nothing of the id that a client gave its order. Several legs are several records, each
with an id of its own or all with one, as the brokerage has it; the newer form has them in one.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.orders import Order, Status
from brokerdesk.simulator.exchange.terms import Hours, Kind, Lasts, Link, Terms
from brokerdesk.simulator.exchange.tickets import Change, State, Ticket, instruction
from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.state import SnapTradeState

OPTION_LENGTH = 21
KINDS = {
    Kind.MARKET: "Market",
    Kind.LIMIT: "Limit",
    Kind.STOP: "Stop",
    Kind.STOP_LIMIT: "StopLimit",
    Kind.TRAILING_STOP: "TrailingStop",
}
LASTS = {Lasts.DAY: "Day", Lasts.GTC: "GTC", Lasts.IOC: "IOC", Lasts.FOK: "FOK"}
ACTIONS = {
    "BUY_TO_COVER": "BUY_COVER",
    "BUY_TO_OPEN": "BUY_OPEN",
    "BUY_TO_CLOSE": "BUY_CLOSE",
    "SELL_TO_OPEN": "SELL_OPEN",
    "SELL_TO_CLOSE": "SELL_CLOSE",
}
STATES = {
    State.FILLED: "EXECUTED",
    State.REPLACED: "REPLACED",
    State.REJECTED: "REJECTED",
    State.EXPIRED: "EXPIRED",
}
STATUSES = {
    Status.FILLED: "EXECUTED",
    Status.REJECTED: "REJECTED",
    Status.EXPIRED: "EXPIRED",
}
OPEN = ("PENDING", "QUEUED", "ACCEPTED", "PARTIAL", "CONTINGENT_ORDER", "CANCEL_PENDING",
        "REPLACE_PENDING")  # fmt: skip


def records(
    state: SnapTradeState, account: Account, since: datetime, moment: datetime
) -> list[dict[str, Any]]:
    """All orders entered in a span, as they were at its end, newest first."""
    found: list[tuple[datetime, int, list[dict[str, Any]]]] = [
        (one.entered, one.number, [_told(state, account, one, moment)])
        for one in account.story_orders(since, moment)
    ]
    for ticket in tickets(account):
        if since <= ticket.entered <= moment:
            made = own_records(state, account, ticket, moment)
            found.append((ticket.entered, ticket.number, made))
    found.sort(key=lambda one: one[:2], reverse=True)
    return [record for _, _, several in found for record in several]


def tickets(account: Account) -> list[Ticket]:
    """The user's own orders that are listed."""
    floor = account.floor
    if floor is None:
        return []
    return [one for one in floor.tickets(account) if one.terms is not None]


def own_records(
    state: SnapTradeState, account: Account, ticket: Ticket, moment: datetime
) -> list[dict[str, Any]]:
    """One record for each instrument of an order."""
    assert ticket.terms is not None
    places = range(len(ticket.terms.legs))
    return [_own(state, account, ticket, place, moment) for place in places]


def order_id(state: SnapTradeState, ticket: Ticket, place: int = 0) -> str:
    """The brokerage's id of an order, or of one of its legs."""
    several = ticket.terms is not None and ticket.terms.several
    if several and state.switches.leg_ids == "own":
        return f"{ticket.number}-{place + 1}"
    return str(ticket.number)


def numbered(text: str) -> int:
    """The number in an order's id; 0 if there is none."""
    whole = text.partition("-")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 19 else 0


def status(ticket: Ticket, change: Change, floor: Floor | None, *, partly: bool) -> str:
    """The word for where an order stood after a change."""
    if change.state is State.CANCELED:
        return "PARTIAL_CANCELED" if partly else "CANCELED"
    if change.state in STATES:
        return STATES[change.state]
    if change is ticket.changes[-1] and ticket.pending:
        return "CANCEL_PENDING" if ticket.pending == "cancel" else "REPLACE_PENDING"
    if change.state is State.HELD:
        return "PENDING" if ticket.replaces else "CONTINGENT_ORDER"
    if partly:
        return "PARTIAL"
    if change.state is State.QUEUED:
        return "QUEUED"
    fresh = floor is not None and (
        (floor.at - ticket.entered).total_seconds() < floor.knobs.fill_after
    )
    return "PENDING" if fresh else "ACCEPTED"


def _own(
    state: SnapTradeState, account: Account, ticket: Ticket, place: int, moment: datetime
) -> dict[str, Any]:
    terms = ticket.terms
    assert terms is not None
    # What the story had entered is told of from before it became the user's own.
    change = ([one for one in ticket.changes if one.at <= moment] or ticket.changes[:1])[-1]
    leg = terms.legs[place]
    # As long as nobody knows what a sum of money comes to, there is no quantity.
    known = terms.notional is None or ticket.share is not None
    total = ticket.quantity * leg.ratio
    filled = _filled(ticket, moment) * leg.ratio
    word = status(ticket, change, account.floor, partly=filled > 0)
    over = change.state in STATES or change.state is State.CANCELED
    left = max(ZERO, total - filled)
    return {
        **_empty(state, account, leg.symbol),
        "brokerage_order_id": order_id(state, ticket, place),
        "brokerage_group_order_id": str(ticket.number)
        if terms.several
        else _group(account, ticket),
        "order_role": ticket.words.get("role"),
        "status": word,
        "action": _action(ticket, place),
        "total_quantity": words.text(total) if known else None,
        "open_quantity": words.text(ZERO if over else left) if known else None,
        "canceled_quantity": words.text(left if over and word != "EXECUTED" else ZERO),
        "filled_quantity": words.text(filled),
        "execution_price": _maybe(_paid(ticket, place, moment)),
        "limit_price": _maybe(_net(terms)),
        "stop_price": _maybe(ticket.stop),
        "order_type": KINDS[terms.kind],
        "time_in_force": _lasts(state, terms),
        "time_placed": words.moment(ticket.entered),
        "time_updated": words.moment(change.at),
        "time_executed": words.moment(change.at) if word == "EXECUTED" else None,
    }


def _told(state: SnapTradeState, account: Account, one: Order, moment: datetime) -> dict[str, Any]:
    """An order of the story."""
    filled = sum((fill.quantity for fill in one.filled(moment)), ZERO)
    word = _status(one, moment, filled)
    over = one.status(moment) is not Status.WORKING
    left = one.quantity - filled
    price = one.filled(moment)[0].price if filled else None
    changed = words.moment(one.ends) if over else None
    return {
        **_empty(state, account, one.symbol),
        "brokerage_order_id": str(one.number),
        "status": word,
        "action": ACTIONS.get(one.instruction, one.instruction),
        "total_quantity": words.text(one.quantity),
        "open_quantity": words.text(ZERO if over else left),
        "canceled_quantity": words.text(left if over else ZERO),
        "filled_quantity": words.text(filled),
        "execution_price": _maybe(price),
        "limit_price": _maybe(one.limit),
        "stop_price": _maybe(one.stop),
        "order_type": "Market" if one.limit is None else "Limit",
        "time_in_force": "GTC" if one.good_till_cancel else "Day",
        "time_placed": words.moment(one.entered),
        "time_updated": changed,
        "time_executed": changed if word == "EXECUTED" else None,
    }


def _empty(state: SnapTradeState, account: Account, symbol: str) -> dict[str, Any]:
    option = len(symbol) == OPTION_LENGTH
    return {
        "brokerage_order_id": "",
        "brokerage_group_order_id": None,
        "order_role": None,
        "status": "",
        "universal_symbol": None if option else words.universal(state, symbol),
        "option_symbol": words.option(state, account.market, symbol) if option else None,
        "quote_universal_symbol": None,
        "quote_currency": None,
        "trailing_stop": None,
        "expiry_date": None,
        "symbol": state.uuid("local symbol", symbol),
        "child_brokerage_order_ids": None,
    }


def _status(one: Order, moment: datetime, filled: Decimal) -> str:
    now = one.status(moment)
    if now is Status.WORKING:
        return "PARTIAL" if filled else "ACCEPTED"
    if now is Status.CANCELED:
        return "PARTIAL_CANCELED" if filled else "CANCELED"
    return STATUSES[now]


def _action(ticket: Ticket, place: int) -> str:
    told = instruction(ticket, place)
    return ACTIONS.get(told, told)


def _group(account: Account, ticket: Ticket) -> str | None:
    """The id that all orders of a complex one share."""
    floor = account.floor
    here: Ticket | None = ticket
    while here is not None and floor is not None:
        if here.words.get("complex"):
            return f"G{here.number}"
        here = floor.by_number.get(here.parent)
    return None


def _filled(ticket: Ticket, moment: datetime) -> Decimal:
    return sum((fill.quantity for fill in ticket.fills if fill.at <= moment), ZERO)


def _paid(ticket: Ticket, place: int, moment: datetime) -> Decimal | None:
    fills = [fill.legs[place] for fill in ticket.fills if fill.at <= moment]
    units = sum((abs(fill.quantity) for fill in fills), ZERO)
    if not units:
        return None
    worth = sum((abs(fill.quantity) * fill.price for fill in fills), ZERO)
    return (worth / units).quantize(Decimal("0.0001"))


def _net(terms: Terms) -> Decimal | None:
    """The limit; of several legs the net one, without the sign that its effect says."""
    return None if terms.limit is None else abs(terms.limit)


def _lasts(state: SnapTradeState, terms: Terms) -> str:
    if terms.hours is not Hours.REGULAR and state.switches.extended_as_word:
        return "EHP"
    return LASTS[terms.lasts]


def _maybe(value: Decimal | None) -> str | None:
    return None if value is None else words.text(value)


def newer(
    state: SnapTradeState, account: Account, ticket: Ticket, moment: datetime
) -> dict[str, Any]:
    """An order in the newer form: one record with its legs."""
    parts = own_records(state, account, ticket, moment)
    first, terms = parts[0], ticket.terms
    assert terms is not None
    kept = ("brokerage_group_order_id", "order_role", "status", "order_type", "time_in_force",
            "time_placed", "time_executed", "limit_price", "stop_price",
            "trailing_stop")  # fmt: skip
    until = ticket.average(moment)
    return {
        **{name: first[name] for name in kept},
        "brokerage_order_id": str(ticket.number),
        "price_effect": _effect(terms),
        "price_currency": "USD",
        "execution_price": None if until is None else words.text(abs(until)),
        "legs": [_newer_leg(state, ticket, place, one) for place, one in enumerate(parts)],
    }


def _newer_leg(
    state: SnapTradeState, ticket: Ticket, place: int, part: dict[str, Any]
) -> dict[str, Any]:
    assert ticket.terms is not None
    symbol = ticket.terms.legs[place].symbol
    option = part["option_symbol"] is not None
    return {
        "leg_id": order_id(state, ticket, place) if ticket.terms.several else None,
        "instrument": {
            "symbol": symbol,
            "description": symbol if option else part["universal_symbol"]["description"],
            "asset_type": "OPTION" if option else "EQUITY",
        },
        "action": part["action"],
        "execution_price": part["execution_price"],
        "total_quantity": part["total_quantity"],
        "canceled_quantity": part["canceled_quantity"],
        "filled_quantity": part["filled_quantity"],
        "status": None,
    }


def _effect(terms: Terms) -> str:
    if terms.limit is None:
        return "UNKNOWN"
    if terms.several:
        return "EVEN" if not terms.limit else "DEBIT" if terms.limit > 0 else "CREDIT"
    return "DEBIT" if terms.buys else "CREDIT"


def together(floor: Floor, ticket: Ticket) -> Ticket:
    """What a cancel takes with it: of two that cancel each other, both."""
    parent = floor.by_number.get(ticket.parent)
    return parent if parent is not None and parent.link is Link.OCO else ticket
