"""A draft in the words of message 3, and what Interactive Brokers cannot do, as sentences.

The body is a tree of that message's own names, with amounts as texts of their digits: it is what
the review shows and what the message is made of. What TWS itself gives (the number of the order and
those of its parent) and the account's number are put in when it is sent. Everything else in the
message is the same for every order.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, NoReturn

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.draft_check import BUYS, SHARES, check, check_client_id, check_penny, whole
from brokerdesk.brokers.ibkr import BROKER_ID, TITLE
from brokerdesk.brokers.outgoing import Body, amount, decimals
from brokerdesk.brokers.trading import SentField
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType, TimeInForce, TradingSession
from brokerdesk.errors import InputError, NotSupportedError

LONGEST_ID = 40
FINEST_SHARE, FINEST_COIN = 4, 8
_T = OrderType
_TYPE = {
    _T.MARKET: "MKT",
    _T.LIMIT: "LMT",
    _T.STOP: "STP",
    _T.STOP_LIMIT: "STP LMT",
    _T.TRAILING_STOP: "TRAIL",
    _T.MARKET_ON_OPEN: "MKT",
    _T.LIMIT_ON_OPEN: "LMT",
    _T.MARKET_ON_CLOSE: "MOC",
    _T.LIMIT_ON_CLOSE: "LOC",
}
_AT_OPEN = (_T.MARKET_ON_OPEN, _T.LIMIT_ON_OPEN)
_AUCTION = (*_AT_OPEN, _T.MARKET_ON_CLOSE, _T.LIMIT_ON_CLOSE)
_LASTS = {
    TimeInForce.DAY: "DAY",
    TimeInForce.GTC: "GTC",
    TimeInForce.IOC: "IOC",
    TimeInForce.FOK: "FOK",
    TimeInForce.GTD: "GTD",
}
_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
_OCC = re.compile(r"[A-Z0-9.]{1,6} *\d{6}[CP]\d{8}", re.ASCII)
_TICKER = re.compile(r"[A-Z0-9]{1,8}([. ][A-Z]{1,3})?", re.ASCII)
_OCA_CANCELS = "1"
"""What is left of the group is cancelled, and no two of it are at exchanges at a time."""
WORDS = {
    "conId": "Interactive Brokers' number of the contract",
    "symbol": "Symbol",
    "localSymbol": "Symbol of the series",
    "secType": "Kind of security",
    "exchange": "Where it is sent",
    "currency": "Currency",
    "action": "Buy or sell",
    "totalQuantity": "Quantity",
    "cashQty": "For this amount of money",
    "orderType": "Kind of order",
    "lmtPrice": "Limit price",
    "auxPrice": "Stop price, or the distance that it trails by",
    "trailingPercent": "Trails by percent",
    "tif": "Valid for",
    "goodTillDate": "Valid until",
    "outsideRth": "Also before and after regular hours",
    "ocaGroup": "Group of orders that cancel each other",
    "ocaType": "How the others of the group are cancelled",
    "parent": "Starts when this order of the list is filled",
    "transmit": "Sent on by TWS at once, not only kept",
    "orderRef": "BrokerDesk's own id of the order",
    "ratio": "Units for each unit of the order",
}
GROUPS = {"orders": "Order", "comboLegs": "Leg"}


def request(draft: Draft, client_order_id: str) -> Body:
    """The body for ``draft``: one order, or ``orders`` that go out together.

    Raises:
        InputError: it contradicts itself.
        NotSupportedError: that cannot be done here.
    """
    check(draft)
    check_client_id(client_order_id, LONGEST_ID)
    if draft.link is Link.SINGLE:
        return {**_one(draft), "orderRef": client_order_id, "transmit": True}
    return {"orders": _group(draft, client_order_id)}


def change(draft: Draft, client_order_id: str) -> Body:
    """The body that gives an order other terms: those of a whole order.

    Raises:
        InputError: it contradicts itself.
        NotSupportedError: that cannot be done here.
    """
    if draft.link is not Link.SINGLE:
        _cannot(f"{TITLE} changes linked orders one by one.", "link")
    return request(draft, client_order_id)


def fields_of(body: Body) -> tuple[SentField, ...]:
    """All fields of a body, with our words."""
    return outgoing.listed(body, WORDS, GROUPS)


def label_of_child(client_order_id: str, place: int) -> str:
    """The label of an order that hangs on the one with our id; counted from 1."""
    return f"{client_order_id}.{place}"


def parent_label(label: str) -> str:
    """The label that another one was made from by ``label_of_child``; "" for one that was not."""
    head, dot, place = label.rpartition(".")
    return head if dot and len(place) == 1 and place.isdecimal() else ""


def _one(draft: Draft) -> Body:
    """An order without label, and without what hangs on it."""
    if draft.type not in _TYPE:
        _cannot(f"{TITLE} has no such kind of order here.", "type")
    if draft.time_in_force not in _LASTS:
        _cannot(f"{TITLE} has no orders that are valid so long.", "time_in_force")
    _check_time(draft)
    contract = _combination(draft) if len(draft.legs) > 1 else _contract(draft, draft.legs[0])
    # A combination is bought as its legs say; its price is below zero for a credit.
    buys = len(draft.legs) > 1 or draft.legs[0].side in BUYS
    body: Body = {**contract, "action": "BUY" if buys else "SELL", **_how_many(draft)}
    body["orderType"] = _TYPE[draft.type]
    body |= _prices(draft)
    body["tif"] = "OPG" if draft.type in _AT_OPEN else _LASTS[draft.time_in_force]
    if draft.good_till is not None:
        body["goodTillDate"] = f"{draft.good_till:%Y%m%d} 23:59:59 US/Eastern"
    if draft.session is TradingSession.EXTENDED:
        body["outsideRth"] = True
    return body


def _prices(draft: Draft) -> Body:
    found = {
        "lmtPrice": draft.limit_price,
        "auxPrice": draft.stop_price if draft.stop_price is not None else draft.trail_amount,
        "trailingPercent": draft.trail_percent,
    }
    return {name: amount(value) for name, value in found.items() if value is not None}


def _how_many(draft: Draft) -> Body:
    if draft.quantity is not None:
        return {"totalQuantity": amount(draft.quantity)}
    (kind,) = {leg.instrument.asset_type for leg in draft.legs}
    if kind is not AssetType.CRYPTO or draft.type is not OrderType.MARKET:
        _cannot(f"{TITLE} takes an amount of money for market orders in coins only.", "notional")
    if draft.legs[0].side not in BUYS:
        _cannot("Coins are sold by their number.", "notional")
    assert draft.notional is not None
    if decimals(draft.notional) > 2:
        raise InputError("notional", "An amount of money has two decimals at most.")
    return {"totalQuantity": "0", "cashQty": amount(draft.notional)}


def _check_time(draft: Draft) -> None:
    lasts, kind = draft.time_in_force, draft.type
    if kind in _AUCTION and lasts is not TimeInForce.DAY:
        _cannot("Orders for the open or the close are valid for that day only.", "time_in_force")
    if lasts in _AT_ONCE and kind not in (OrderType.MARKET, OrderType.LIMIT):
        _cannot("An order with a stop is valid for a day or longer.", "time_in_force")
    if draft.session is TradingSession.REGULAR:
        return
    if draft.session is not TradingSession.EXTENDED:
        _cannot(f"{TITLE} has one extended session, not one before and one after.", "session")
    if kind not in (OrderType.LIMIT, OrderType.STOP_LIMIT) or lasts in _AT_ONCE:
        _cannot("Outside regular hours, orders with a limit are taken only.", "session")


def _contract(draft: Draft, leg: DraftLeg) -> Body:
    what = leg.instrument
    kind = what.asset_type
    if kind in SHARES:
        _check_shares(draft, leg)
        fields = {"symbol": _ticker(what.symbol), "secType": "STK", "exchange": "SMART"}
    elif kind is AssetType.OPTION:
        _check_option(draft)
        if not _OCC.fullmatch(what.symbol):
            _cannot("This option's series cannot be named to TWS.", "symbol")
        fields = {"localSymbol": what.symbol, "secType": "OPT", "exchange": "SMART"}
    elif kind is AssetType.CRYPTO:
        _check_coin(draft, leg)
        coin = what.symbol.partition("/")[0]
        fields = {"symbol": coin, "secType": "CRYPTO", "exchange": "PAXOS"}
    else:
        _cannot(f"Orders at {TITLE} are for shares, funds, options and coins here.", "symbol")
    number = _number(what)
    return {**({"conId": number} if number else {}), **fields, "currency": what.currency}


def _ticker(symbol: str) -> str:
    if not _TICKER.fullmatch(symbol):
        _cannot("This symbol cannot be named to TWS.", "symbol")
    # TWS writes classes of shares with a space.
    return symbol.replace(".", " ")


def _number(what: Instrument) -> str:
    """TWS's number of a contract that was seen there, else ""."""
    found = dict(what.broker_ids).get(BROKER_ID, "")
    return found if found.isascii() and found.isdecimal() and int(found) > 0 else ""


def _check_shares(draft: Draft, leg: DraftLeg) -> None:
    if leg.instrument.currency == "USD":
        check_penny(draft)
    quantity = draft.quantity
    if quantity is None or whole(quantity):
        return
    if decimals(quantity) > FINEST_SHARE:
        raise InputError("quantity", f"A share has {FINEST_SHARE} decimals at most here.")
    if leg.side in (OrderSide.SELL_SHORT, OrderSide.BUY_TO_COVER):
        _cannot("Short sales are for whole shares.", "quantity")
    if draft.type in (*_AUCTION, OrderType.TRAILING_STOP):
        _cannot("This kind of order is for whole shares.", "quantity")


def _check_option(draft: Draft) -> None:
    check_penny(draft)
    if draft.quantity is None or not whole(draft.quantity):
        _cannot("Options are traded in whole contracts.", "quantity")
    if draft.type in _AUCTION:
        _cannot("There are no such auctions for options.", "type")
    if draft.session is not TradingSession.REGULAR:
        _cannot("Options are traded in regular hours.", "session")


def _check_coin(draft: Draft, leg: DraftLeg) -> None:
    if leg.side not in (OrderSide.BUY, OrderSide.SELL):
        _cannot("Coins are not sold short.", "side")
    if draft.type not in (OrderType.MARKET, OrderType.LIMIT):
        _cannot("Coins take market and limit orders.", "type")
    if draft.session is not TradingSession.REGULAR:
        _cannot("Coins have no sessions.", "session")
    if draft.type is OrderType.MARKET:
        if draft.time_in_force is not TimeInForce.IOC:
            _cannot("Market orders in coins are for now or never (IOC).", "time_in_force")
        if leg.side is OrderSide.BUY and draft.notional is None:
            _cannot("Market orders that buy coins are for an amount of money.", "quantity")
    elif draft.time_in_force not in (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.IOC):
        _cannot("Orders in coins are valid for a day, until cancelled, or now.", "time_in_force")
    if draft.quantity is not None and decimals(draft.quantity) > FINEST_COIN:
        raise InputError("quantity", f"A coin has {FINEST_COIN} decimals at most here.")


# -- several legs, several orders ---------------------------------------------------------------
def _combination(draft: Draft) -> Body:
    """A contract out of others: each is named by its number, for TWS takes nothing else."""
    if draft.type not in (OrderType.MARKET, OrderType.LIMIT):
        _cannot("Several legs are traded at the market or at a net limit.", "type")
    if draft.time_in_force not in (TimeInForce.DAY, TimeInForce.GTC):
        _cannot("Several legs are valid for a day or until cancelled.", "time_in_force")
    roots = {leg.instrument.underlying for leg in draft.legs}
    kinds = {leg.instrument.asset_type for leg in draft.legs}
    if kinds != {AssetType.OPTION} or len(roots) != 1 or "" in roots:
        _cannot("Several legs are options of one underlying.", "legs")
    _check_option(draft)
    legs: list[dict[str, Any]] = []
    for leg in draft.legs:
        number = _number(leg.instrument)
        if not number:
            _cannot(
                f"{TITLE} takes several legs only of contracts that it has shown: open its option "
                "chain, or hold them there.",
                "legs",
            )
        if not whole(leg.ratio):
            _cannot("A leg counts a whole number of times.", "legs")
        side = "BUY" if leg.side in BUYS else "SELL"
        legs.append(
            {"conId": number, "ratio": amount(leg.ratio), "action": side, "exchange": "SMART"}
        )
    currency = draft.legs[0].instrument.currency
    return {
        "symbol": _ticker(roots.pop()),
        "secType": "BAG",
        "exchange": "SMART",
        "currency": currency,
        "comboLegs": legs,
    }


def _group(draft: Draft, label: str) -> list[Body]:
    """The orders of one draft in the order in which they go out.

    What hangs on a parent waits in TWS until the last one of them is there: only that one says
    that they are to be sent on. TWS has no such wait for orders that only cancel each other.
    """
    for child in draft.children:
        if child.link is not Link.SINGLE or len(child.legs) != 1:
            _cannot(f"{TITLE} links single orders here.", "link")
    if draft.link is Link.EITHER:
        return _either(draft, label)
    if len(draft.legs) != 1:
        _cannot(f"{TITLE} links no orders to one with several legs here.", "link")
    most = 2 if draft.link is Link.BRACKET else 1
    if len(draft.children) != most:
        _cannot(
            "A bracket has one profit taker and one stop."
            if most == 2
            else "At Interactive Brokers, orders that hang on another one cancel each other: one "
            "can, or a profit taker and a stop.",
            "link",
        )
    entry = {**_one(replace(draft, link=Link.SINGLE, children=())), "orderRef": label}
    if draft.time_in_force in _AT_ONCE or draft.quantity is None:
        _cannot("Orders hang on one that is for a number of units and waits.", "link")
    found: list[Body] = [{**entry, "transmit": False}]
    for place, child in enumerate(draft.children, 1):
        _check_like(draft.legs[0], child, against=True)
        if child.quantity != draft.quantity and most == 2:
            _cannot("A bracket's exits are for as many units as its entry.", "quantity")
        mine = {**_one(child), "parent": 0, "orderRef": label_of_child(label, place)}
        found.append({**mine, "transmit": place == len(draft.children)})
    if most == 2:
        _check_exits(draft.children)
    return found


def _either(draft: Draft, label: str) -> list[Body]:
    if len(draft.children) != 2:
        _cannot("Two orders cancel each other.", "link")
    first = draft.children[0]
    found: list[Body] = []
    for place, child in enumerate(draft.children):
        _check_like(first.legs[0], child, against=False)
        if child.quantity is None or child.quantity != first.quantity:
            _cannot("Orders that cancel each other are for as many units.", "quantity")
        if child.time_in_force in _AT_ONCE or child.type in _AUCTION:
            _cannot("Orders that cancel each other wait in the book.", "time_in_force")
        mine = {**_one(child), "ocaGroup": label, "ocaType": _OCA_CANCELS}
        mine["orderRef"] = label_of_child(label, place) if place else label
        found.append({**mine, "transmit": True})
    return found


def _check_like(leg: DraftLeg, child: Draft, *, against: bool) -> None:
    other = child.legs[0]
    same = (other.instrument.symbol, other.instrument.asset_type) == (
        leg.instrument.symbol,
        leg.instrument.asset_type,
    )
    if not same or ((leg.side in BUYS) != (other.side in BUYS)) != against:
        _cannot("Linked orders are for the same thing; exits go against their entry.", "link")


def _check_exits(children: tuple[Draft, ...]) -> None:
    kinds = sorted(child.type for child in children)
    stops = {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP}
    if OrderType.LIMIT not in kinds or not stops & set(kinds):
        _cannot("A bracket has one profit taker and one stop.", "link")


def _cannot(sentence: str, what: str) -> NoReturn:
    raise NotSupportedError(sentence, capability=what, broker_id=BROKER_ID)
