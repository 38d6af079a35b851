"""Orders of the user in Schwab's words: what hangs on them sits inside them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.terms import Kind, Lasts, Link, Terms
from brokerdesk.simulator.exchange.tickets import Execution, State, Ticket, instruction
from brokerdesk.simulator.market.listings import Kind as Listed
from brokerdesk.simulator.schwab.instruments import ASSET_TYPES, instrument_id
from brokerdesk.simulator.schwab.times import order_time
from brokerdesk.simulator.wire import number

WORDS = {
    State.HELD: "AWAITING_PARENT_ORDER",
    State.QUEUED: "PENDING_ACTIVATION",
    State.WORKING: "WORKING",
    State.FILLED: "FILLED",
    State.CANCELED: "CANCELED",
    State.REPLACED: "REPLACED",
    State.EXPIRED: "EXPIRED",
    State.REJECTED: "REJECTED",
}
PENDING = {"cancel": "PENDING_CANCEL", "replace": "PENDING_REPLACE"}
DURATIONS = {
    Lasts.DAY: "DAY",
    Lasts.GTC: "GOOD_TILL_CANCEL",
    Lasts.IOC: "IMMEDIATE_OR_CANCEL",
    Lasts.FOK: "FILL_OR_KILL",
    Lasts.OPEN: "DAY",
    Lasts.CLOSE: "DAY",
}
ECHOED = (
    "stopType",
    "stopPriceLinkBasis",
    "stopPriceLinkType",
    "specialInstruction",
    "taxLotMethod",
)
NONE = Decimal("0.0")


def word(ticket: Ticket) -> str:
    """The status."""
    if not ticket.over and ticket.pending:
        return PENDING[ticket.pending]
    if ticket.state is State.HELD and ticket.replaces:
        return "NEW"
    if ticket.state is State.WORKING and ticket.waits_for_stop:
        return "AWAITING_STOP_CONDITION"
    return WORDS[ticket.state]


def own_answer(floor: Floor, account: Account, ticket: Ticket) -> dict[str, Any]:
    """The order object as it stands now."""
    off = timedelta(seconds=floor.knobs.order_clock_off)
    changeable = not ticket.over and not ticket.pending
    body: dict[str, Any] = {
        "orderStrategyType": _link(ticket),
        "orderId": ticket.number,
        "cancelable": changeable,
        "editable": changeable and ticket.terms is not None,
        "status": word(ticket),
        "enteredTime": order_time(ticket.entered + off),
        "tag": "SIM",
        "accountNumber": int(account.profile.number),
    }
    if ticket.terms is not None:
        body |= _terms(floor, account, ticket, ticket.terms)
        found = _activities(ticket, off)
        if found:
            body["orderActivityCollection"] = found
    if ticket.ended is not None:
        body["closeTime"] = order_time(ticket.ended + off)
    if ticket.state is State.REJECTED:
        body["statusDescription"] = ticket.reason
    children = [floor.by_number[one] for one in ticket.children]
    if children:
        body["childOrderStrategies"] = [own_answer(floor, account, one) for one in children]
    return body


def _link(ticket: Ticket) -> str:
    return {Link.OCO: "OCO", Link.TRIGGER: "TRIGGER"}.get(ticket.link, "SINGLE")


def _terms(floor: Floor, account: Account, ticket: Ticket, terms: Terms) -> dict[str, Any]:
    filled = ticket.filled
    left = ZERO if ticket.over else max(ZERO, ticket.quantity - filled)
    body: dict[str, Any] = {
        "session": terms.words.get("session", "NORMAL"),
        "duration": terms.words.get("duration", DURATIONS[terms.lasts]),
        "orderType": order_type(terms),
        "complexOrderStrategyType": terms.words.get("complexOrderStrategyType", "NONE"),
        "quantity": number(ticket.quantity),
        "filledQuantity": number(filled),
        "remainingQuantity": number(left),
        "requestedDestination": "AUTO",
        "destinationLinkName": "AutoRoute",
        "orderLegCollection": [leg(account, ticket, place) for place in range(len(terms.legs))],
    }
    if terms.limit is not None:
        body["price"] = number(abs(terms.limit) if terms.several else terms.limit)
    stop = ticket.stop
    if stop is not None and terms.kind is not Kind.TRAILING_STOP:
        body["stopPrice"] = number(stop)
    offset = terms.trail if terms.trail is not None else terms.trail_percent
    if offset is not None:
        body["stopPriceOffset"] = offset
    body |= {name: terms.words[name] for name in ECHOED if name in terms.words}
    if terms.lasts is Lasts.GTC:
        body["cancelTime"] = order_time(ticket.expires)
    return body


def order_type(terms: Terms) -> str:
    """The type in Schwab's word, also for what was not entered in it."""
    told = terms.words.get("orderType")
    if told:
        return str(told)
    if terms.several:
        return "NET_CREDIT" if (terms.limit or ZERO) < 0 else "NET_DEBIT"
    return terms.kind.value.upper()


def leg(account: Account, ticket: Ticket, place: int) -> dict[str, Any]:
    """One of its legs."""
    assert ticket.terms is not None
    one = ticket.terms.legs[place]
    listing, contract = account.market.listing(one.symbol), account.market.option(one.symbol)
    kind = listing.kind if listing else Listed.OPTION
    instrument: dict[str, Any] = {
        "assetType": ASSET_TYPES[kind],
        "symbol": one.symbol,
        "instrumentId": instrument_id(one.symbol),
    }
    if listing is not None:
        instrument["cusip"] = listing.cusip
    elif contract is not None:
        instrument["description"] = contract.description
        instrument["putCall"] = "CALL" if contract.call else "PUT"
        instrument["underlyingSymbol"] = contract.underlying
    return {
        "orderLegType": "EQUITY" if kind is Listed.ETF else ASSET_TYPES[kind],
        "legId": place + 1,
        "instrument": instrument,
        "instruction": instruction(ticket, place),
        "positionEffect": "CLOSING" if one.opening is False else "OPENING",
        "quantity": number(ticket.quantity * one.ratio),
    }


def _activities(ticket: Ticket, off: timedelta) -> list[dict[str, Any]]:
    found, left = [], ticket.quantity
    for fill in ticket.fills:
        left -= fill.quantity
        found.append(_activity(fill.number, "FILL", fill.quantity, left, _parts(fill, off)))
    if ticket.state is State.CANCELED and ticket.ended is not None and ticket.terms is not None:
        gone = [
            _part(place, left * one.ratio, NONE, ticket.ended + off, one.symbol)
            for place, one in enumerate(ticket.terms.legs)
        ]
        found.append(_activity(ticket.number + 9, "CANCELED", left, NONE, gone))
    return found


def _activity(
    number_: int, kind: str, quantity: Decimal, left: Decimal, legs: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "activityType": "EXECUTION",
        "activityId": number_,
        "executionType": kind,
        "quantity": number(quantity),
        "orderRemainingQuantity": number(left),
        "executionLegs": legs,
    }


def _parts(fill: Execution, off: timedelta) -> list[dict[str, Any]]:
    return [
        _part(place, abs(one.quantity), one.price, fill.at + off, one.symbol)
        for place, one in enumerate(fill.legs)
    ]


def _part(
    place: int, quantity: Decimal, price: Decimal, at: datetime, symbol: str
) -> dict[str, Any]:
    return {
        "legId": place + 1,
        "quantity": number(quantity),
        "mismarkedQuantity": NONE,
        "price": price,
        "time": order_time(at),
        "instrumentId": instrument_id(symbol),
    }
