"""What a client may send as an order to Schwab, and what is said about it when it may not.

What is wrong with the request itself is a 400. What the account or the market does not allow is
found after the order was taken: it is created all the same, and then rejected.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import gcd
from typing import Any

from brokerdesk.simulator.exchange.checks import Refusal, Why
from brokerdesk.simulator.exchange.terms import Hours, Kind, Lasts, Leg, Link, Strategy, Terms
from brokerdesk.simulator.market.market import Market

SESSIONS = {
    "NORMAL": Hours.REGULAR,
    "AM": Hours.BEFORE,
    "PM": Hours.AFTER,
    "SEAMLESS": Hours.ALL,
}
DURATIONS = {
    "DAY": Lasts.DAY,
    "GOOD_TILL_CANCEL": Lasts.GTC,
    "END_OF_WEEK": Lasts.GTC,
    "END_OF_MONTH": Lasts.GTC,
    "NEXT_END_OF_MONTH": Lasts.GTC,
    "FILL_OR_KILL": Lasts.FOK,
    "IMMEDIATE_OR_CANCEL": Lasts.IOC,
}
KINDS = {
    "MARKET": Kind.MARKET,
    "LIMIT": Kind.LIMIT,
    "STOP": Kind.STOP,
    "STOP_LIMIT": Kind.STOP_LIMIT,
    "TRAILING_STOP": Kind.TRAILING_STOP,
    "MARKET_ON_CLOSE": Kind.MARKET,
    "LIMIT_ON_CLOSE": Kind.LIMIT,
    "NET_DEBIT": Kind.LIMIT,
    "NET_CREDIT": Kind.LIMIT,
    "NET_ZERO": Kind.LIMIT,
}
AT_CLOSE = ("MARKET_ON_CLOSE", "LIMIT_ON_CLOSE")
NET = {"NET_DEBIT": 1, "NET_CREDIT": -1, "NET_ZERO": 0}
# Buys or sells, and whether that opens.
EQUITY = {
    "BUY": (True, True),
    "SELL": (False, False),
    "SELL_SHORT": (False, True),
    "BUY_TO_COVER": (True, False),
}
OPTION = {
    "BUY_TO_OPEN": (True, True),
    "BUY_TO_CLOSE": (True, False),
    "SELL_TO_OPEN": (False, True),
    "SELL_TO_CLOSE": (False, False),
}
ANSWER_ONLY = (
    "requestedDestination",
    "destinationLinkName",
    "orderId",
    "status",
    "enteredTime",
    "closeTime",
    "accountNumber",
    "cancelable",
    "editable",
    "filledQuantity",
    "remainingQuantity",
    "orderActivityCollection",
    "statusDescription",
    "tag",
)
KEPT = (
    "complexOrderStrategyType",
    "stopType",
    "stopPriceLinkBasis",
    "stopPriceLinkType",
    "stopPriceOffset",
    "specialInstruction",
    "taxLotMethod",
)
AT_ONCE = (Why.SYMBOL, Why.QUANTITY, Why.FRACTION, Why.PRICE, Why.SUB_PENNY)
MOST_LEGS, DEEPEST = 4, 3


class OrderError(Exception):
    """A request that is not taken: message, the fields concerned, status."""

    def __init__(self, message: str, *errors: str, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.errors, self.status = message, errors, status


def read_body(raw: bytes) -> dict[str, Any]:
    """The request's object. A key that comes twice breaks the server.

    Raises:
        OrderError: it is none.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise OrderError("Internal Server Error", status=500)
        return found

    try:
        body = json.loads(raw, object_pairs_hook=once, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise OrderError("Invalid request body") from error
    if not isinstance(body, dict):
        raise OrderError("Invalid request body")
    return body


def read_strategy(market: Market, body: Mapping[str, Any], depth: int = 0) -> Strategy:
    """The order that a request asks for, with what hangs on it.

    Raises:
        OrderError: it asks for nothing that makes sense.
    """
    for name in ANSWER_ONLY:
        if name in body:
            raise OrderError(f"{name} is not allowed in a request", name)
    word = body.get("orderStrategyType")
    links = {"SINGLE": Link.SINGLE, "TRIGGER": Link.TRIGGER, "OCO": Link.OCO}
    if word not in links:
        raise OrderError("Invalid orderStrategyType", "orderStrategyType")
    given = body.get("childOrderStrategies") or []
    if not isinstance(given, list) or depth > DEEPEST:
        raise OrderError("Invalid childOrderStrategies", "childOrderStrategies")
    children = []
    for child in given:
        if not isinstance(child, Mapping):
            raise OrderError("Invalid childOrderStrategies", "childOrderStrategies")
        children.append(read_strategy(market, child, depth + 1))
    link = links[word]
    fits = {Link.SINGLE: not children, Link.TRIGGER: bool(children), Link.OCO: len(children) == 2}
    if not fits[link]:
        raise OrderError(f"{word} does not go with its children", "childOrderStrategies")
    if link is Link.OCO:
        if any(child.link is not Link.SINGLE for child in children):
            raise OrderError("An OCO consists of two single orders", "childOrderStrategies")
        return Strategy(terms=None, link=link, children=tuple(children))
    return Strategy(terms=_terms(market, body), link=link, children=tuple(children))


def _terms(market: Market, body: Mapping[str, Any]) -> Terms:
    for name, known in (("session", SESSIONS), ("duration", DURATIONS), ("orderType", KINDS)):
        if body.get(name) not in known:
            raise OrderError(f"Invalid {name}", name)
    word, session = str(body["orderType"]), SESSIONS[body["session"]]
    legs, quantity, instructions = _legs(market, body)
    if (word in NET) != (len(legs) > 1):
        raise OrderError(f"{word} does not go with {len(legs)} legs", "orderType")
    price, stop = number(body, "price"), number(body, "stopPrice")
    kind = KINDS[word]
    if kind in (Kind.LIMIT, Kind.STOP_LIMIT) and price is None and word != "NET_ZERO":
        raise OrderError(f"Invalid order: price is required for {word}", "price")
    if word == "MARKET" and price is not None:
        raise OrderError("Invalid order: price is not allowed for MARKET", "price")
    if kind in (Kind.STOP, Kind.STOP_LIMIT) and stop is None:
        raise OrderError(f"Invalid order: stopPrice is required for {word}", "stopPrice")
    if session is not Hours.REGULAR and word != "LIMIT":
        raise OrderError("Only limit orders are allowed in this session", "session")
    if word in NET:
        price = (price or Decimal(0)) * NET[word]
    lasts = Lasts.CLOSE if word in AT_CLOSE else DURATIONS[body["duration"]]
    trail, percent = _trail(body) if kind is Kind.TRAILING_STOP else (None, None)
    words = {name: body[name] for name in KEPT if body.get(name) is not None}
    return Terms(
        legs=legs,
        kind=kind,
        lasts=lasts,
        hours=session,
        quantity=quantity,
        limit=price if kind in (Kind.LIMIT, Kind.STOP_LIMIT) else None,
        stop=stop if kind in (Kind.STOP, Kind.STOP_LIMIT) else None,
        trail=trail,
        trail_percent=percent,
        words={
            **words,
            "orderType": word,
            "session": body["session"],
            "duration": body["duration"],
            "instructions": instructions,
        },
    )


def _legs(market: Market, body: Mapping[str, Any]) -> tuple[tuple[Leg, ...], Decimal, list[str]]:
    given = body.get("orderLegCollection")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_LEGS:
        raise OrderError("Invalid orderLegCollection", "orderLegCollection")
    read = [_leg(market, one) for one in given]
    units = [units for _, units, _ in read]
    if len(read) == 1:
        leg, quantity, word = read[0]
        return (leg,), quantity, [word]
    if any(leg.symbol in market_stocks(market, read) for leg, _, _ in read):
        raise OrderError("Only options are taken in several legs", "orderLegCollection")
    if any(one <= 0 or one % 1 for one in units):
        raise OrderError("Invalid quantity", "quantity")
    common = Decimal(gcd(*(int(one) for one in units)))
    legs = tuple(
        Leg(symbol=leg.symbol, buys=leg.buys, opening=leg.opening, ratio=quantity / common)
        for leg, quantity, _ in read
    )
    return legs, common, [word for _, _, word in read]


def market_stocks(market: Market, read: list[tuple[Leg, Decimal, str]]) -> set[str]:
    """Those of the symbols that are no options."""
    return {leg.symbol for leg, _, _ in read if market.option(leg.symbol) is None}


def _leg(market: Market, given: Any) -> tuple[Leg, Decimal, str]:
    if not isinstance(given, Mapping) or not isinstance(given.get("instrument"), Mapping):
        raise OrderError("Invalid orderLegCollection", "orderLegCollection")
    kind, symbol = given["instrument"].get("assetType"), str(given["instrument"].get("symbol", ""))
    table = {"EQUITY": EQUITY, "OPTION": OPTION}.get(str(kind))
    if table is None:
        raise OrderError("Invalid assetType", "assetType")
    word = str(given.get("instruction"))
    if word not in table:
        raise OrderError(f"Invalid instruction for {kind}", "instruction")
    if (market.option(symbol) is not None) != (kind == "OPTION"):
        raise OrderError("Invalid symbol", "symbol")
    quantity = number(given, "quantity")
    if quantity is None or quantity <= 0:
        raise OrderError("Invalid quantity", "quantity")
    buys, opening = table[word]
    return Leg(symbol=symbol, buys=buys, opening=opening), quantity, word


def _trail(body: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    offset, kind = number(body, "stopPriceOffset"), body.get("stopPriceLinkType")
    if offset is None or kind not in ("VALUE", "PERCENT"):
        raise OrderError(
            "stopPriceOffset and stopPriceLinkType are required for TRAILING_STOP",
            "stopPriceOffset",
        )
    return (offset, None) if kind == "VALUE" else (None, offset)


def number(body: Mapping[str, Any], name: str) -> Decimal | None:
    """A number, or one in a text.

    Raises:
        OrderError: something else.
    """
    given = body.get(name)
    if given is None:
        return None
    try:
        found = Decimal("NaN" if isinstance(given, bool) else str(given))
    except InvalidOperation as error:
        raise OrderError(f"Invalid {name}", name) from error
    if not found.is_finite():
        raise OrderError(f"Invalid {name}", name)
    return found


def malformed(refusal: Refusal) -> OrderError | None:
    """The answer to what is wrong at once, or None: it is found out later."""
    if refusal.why not in AT_ONCE:
        return None
    name = str(refusal.facts.get("field", refusal.why.value))
    field = {"limit": "price", "stop": "stopPrice", "trail": "stopPriceOffset"}.get(name, name)
    if refusal.why is Why.SUB_PENNY:
        return OrderError("Limit orders at or above $1 have at most two decimals", field)
    if refusal.why is Why.FRACTION:
        return OrderError("Fractional quantities are not supported", "quantity")
    return OrderError(f"Invalid {field}", field)


REASONS = {
    Why.POWER: "You do not have enough available cash/buying power for this order.",
    Why.UNITS: "This order may result in an oversold/overbought position in your account. "
    "(Position_Sys_0001)",
    Why.SHORTS: "Short sales are not allowed in this account. (Account_Sys_0005)",
    Why.SIDE: "The side of this order does not fit the position in your account. "
    "(Position_Sys_0001)",
    Why.STOP_SIDE: "The stop price is on the wrong side of the market. (Order_Sys_0002)",
    Why.HALTED: "Trading in this security is halted.",
    Why.WINDOW: "It is too late for an order at today's close.",
    Why.EXPIRED: "This option has expired.",
}


def rejected(refusal: Refusal) -> str:
    """What an order is rejected with after it was taken."""
    return REASONS[refusal.why]
