"""A draft in Schwab's words, and what Schwab cannot do, as sentences.

Prices go out as texts with two decimals (four below a dollar), quantities as whole numbers, because
Schwab takes no fractions. Nothing that only answers carry is sent, nor where an order is to go.
"""

from __future__ import annotations

from decimal import Decimal
from math import gcd
from typing import NoReturn

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.draft_check import BUYS, SHARES, check, check_penny, whole
from brokerdesk.brokers.outgoing import Body, amount, decimals, number
from brokerdesk.brokers.schwab import BROKER_ID
from brokerdesk.brokers.schwab.spreads import spread_name
from brokerdesk.brokers.trading import SentField
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.kinds import AssetType, OrderType, TimeInForce, TradingSession
from brokerdesk.errors import InputError, NotSupportedError

_T = OrderType
_TYPE = {
    one: one.value.upper()
    for one in (
        *(_T.MARKET, _T.LIMIT, _T.STOP, _T.STOP_LIMIT, _T.TRAILING_STOP),
        *(_T.MARKET_ON_CLOSE, _T.LIMIT_ON_CLOSE, _T.NET_DEBIT, _T.NET_CREDIT, _T.NET_ZERO),
    )
}
_NET = (_T.NET_DEBIT, _T.NET_CREDIT, _T.NET_ZERO)
_AT_CLOSE = (_T.MARKET_ON_CLOSE, _T.LIMIT_ON_CLOSE)
_LASTS = {
    TimeInForce.DAY: "DAY",
    TimeInForce.GTC: "GOOD_TILL_CANCEL",
    TimeInForce.IOC: "IMMEDIATE_OR_CANCEL",
    TimeInForce.FOK: "FILL_OR_KILL",
}
_SESSION = {
    TradingSession.REGULAR: "NORMAL",
    TradingSession.PRE_MARKET: "AM",
    TradingSession.POST_MARKET: "PM",
    TradingSession.EXTENDED: "SEAMLESS",
}
WORDS = {
    "orderType": "Kind of order",
    "session": "When it may trade",
    "duration": "Valid for",
    "price": "Limit price",
    "stopPrice": "Stop price",
    "stopPriceLinkBasis": "Trails behind",
    "stopPriceLinkType": "Distance in",
    "stopPriceOffset": "Distance",
    "complexOrderStrategyType": "How the legs go together",
    "orderStrategyType": "How orders hang together",
    "instruction": "What to do",
    "quantity": "Quantity",
    "symbol": "Symbol",
    "assetType": "Kind of instrument",
}
GROUPS = {"orderLegCollection": "Leg", "instrument": "", "childOrderStrategies": "Linked order"}


def request(draft: Draft) -> Body:
    """The body that places ``draft``; in the place of another order it is the same.

    Raises:
        InputError: it contradicts itself.
        NotSupportedError: Schwab cannot do that.
    """
    check(draft)
    return _tree(draft)


def fields_of(body: Body) -> tuple[SentField, ...]:
    """All fields of a body, with our words."""
    return outgoing.listed(body, WORDS, GROUPS)


def _tree(draft: Draft) -> Body:
    match draft.link:
        case Link.SINGLE:
            return _single(draft) | {
                "orderStrategyType": "SINGLE",
                "orderLegCollection": _legs(draft),
            }
        case Link.EITHER:
            return _either(draft.children)
        case Link.TRIGGERS:
            for child in draft.children:
                if child.link not in (Link.SINGLE, Link.EITHER):
                    _cannot("Schwab triggers single orders, or two that cancel each other.", "link")
            following = [_tree(child) for child in draft.children]
        case Link.BRACKET:
            following = [_either(draft.children)]
    if len(draft.legs) > 1:
        _cannot("Schwab links no orders to one with several legs.", "link")
    return _single(draft) | {
        "orderStrategyType": "TRIGGER",
        "orderLegCollection": _legs(draft),
        "childOrderStrategies": following,
    }


def _either(children: tuple[Draft, ...]) -> Body:
    if len(children) != 2 or any(one.link is not Link.SINGLE for one in children):
        _cannot("At Schwab, two single orders cancel each other.", "link")
    return {
        "orderStrategyType": "OCO",
        "childOrderStrategies": [_tree(child) for child in children],
    }


def _single(draft: Draft) -> Body:
    """Kind, time and prices of one order."""
    if draft.type not in _TYPE:
        _cannot("Schwab has no such kind of order.", "type")
    if draft.time_in_force not in _LASTS:
        _cannot("Schwab has no orders that are valid until a day of your choice.", "time_in_force")
    check_penny(draft)
    _check_session(draft)
    body: Body = {
        "orderType": _TYPE[draft.type],
        "session": _SESSION[draft.session],
        "duration": _LASTS[draft.time_in_force],
    }
    if draft.limit_price is not None:
        # The kind of order says whether it is a debit or a credit.
        body["price"] = amount(abs(draft.limit_price), 2)
    if draft.stop_price is not None:
        body["stopPrice"] = amount(draft.stop_price, 2)
    if draft.type is OrderType.TRAILING_STOP:
        body |= _trail(draft)
    if draft.legs[0].instrument.asset_type is AssetType.OPTION:
        body["complexOrderStrategyType"] = spread_name(draft.legs)
    return body


def _trail(draft: Draft) -> Body:
    value, kind = draft.trail_amount, "VALUE"
    if value is None:
        value, kind = draft.trail_percent, "PERCENT"
        if value is not None and decimals(value) > 2:
            raise InputError("trail_percent", "A percentage has two decimals at most.")
    assert value is not None
    return {
        "stopPriceLinkBasis": "ASK" if draft.legs[0].side in BUYS else "BID",
        "stopPriceLinkType": kind,
        "stopPriceOffset": number(value),
    }


def _check_session(draft: Draft) -> None:
    lasts, option = draft.time_in_force, draft.legs[0].instrument.asset_type is AssetType.OPTION
    if draft.session is not TradingSession.REGULAR:
        if option:
            _cannot("Options trade in regular hours only.", "session")
        if draft.type is not OrderType.LIMIT:
            _cannot("Outside regular hours, Schwab takes limit orders only.", "session")
        if lasts not in (TimeInForce.DAY, TimeInForce.GTC):
            _cannot(
                "Outside regular hours, orders are valid for a day or until cancelled.",
                "time_in_force",
            )
    if draft.type in _AT_CLOSE:
        if lasts is not TimeInForce.DAY:
            _cannot("Orders for the close are valid for that day only.", "time_in_force")
        if option:
            _cannot("Schwab has no such kind of order for options.", "type")
    if lasts in (TimeInForce.IOC, TimeInForce.FOK) and draft.type not in (_T.LIMIT, *_NET):
        _cannot("At Schwab, orders to be filled at once need a limit price.", "time_in_force")


def _legs(draft: Draft) -> list[Body]:
    if len(draft.legs) > 1:
        if draft.type not in _NET:
            _cannot("Schwab takes several legs at a net price.", "type")
        if any(leg.instrument.asset_type is not AssetType.OPTION for leg in draft.legs):
            _cannot("BrokerDesk sends Schwab several legs of options only.", "legs")
        _check_ratios(draft)
    if draft.quantity is None:
        _cannot("Schwab takes no orders for an amount of money.", "notional")
    return [_leg(leg, draft.quantity) for leg in draft.legs]


def _check_ratios(draft: Draft) -> None:
    """Schwab is told contracts alone, and takes their common factor for the number of units, each
    at the net price: a factor within the legs would buy as many times the amount.
    """
    if not all(whole(leg.ratio) for leg in draft.legs):
        _cannot("The legs of an order are in whole contracts.", "legs")
    if gcd(*(int(leg.ratio) for leg in draft.legs)) > 1:
        raise InputError(
            "legs",
            "The legs have a common factor.",
            "Schwab would take them for so many times the units, each at the net price.",
            "Divide the legs by it, and multiply the quantity.",
        )


def _leg(leg: DraftLeg, units: Decimal) -> Body:
    what = leg.instrument
    if what.asset_type not in (*SHARES, AssetType.OPTION):
        _cannot("Schwab takes orders for shares, funds of an exchange and options only.", "symbol")
    if what.currency != "USD":
        _cannot("Schwab's interface trades in dollars only.", "symbol")
    quantity = units * leg.ratio
    if not whole(units) or not whole(quantity):
        _cannot("Schwab takes whole shares and contracts only.", "quantity")
    option = what.asset_type is AssetType.OPTION
    return {
        "instruction": leg.side.value.upper(),
        "quantity": int(quantity),
        "instrument": {"symbol": what.symbol, "assetType": "OPTION" if option else "EQUITY"},
    }


def _cannot(sentence: str, what: str) -> NoReturn:
    raise NotSupportedError(sentence, capability=what, broker_id=BROKER_ID)
