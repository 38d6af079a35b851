"""A draft in Alpaca's words, and what Alpaca cannot do, as sentences.

Amounts go out as texts: Alpaca takes numbers as well, and those would be floats. What is not sure
(fractions of other orders than market ones) is left to Alpaca's own answer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn

from brokerdesk.brokers import outgoing
from brokerdesk.brokers.alpaca import BROKER_ID
from brokerdesk.brokers.alpaca.instruments import wire_symbol
from brokerdesk.brokers.draft_check import BUYS, SHARES, check, check_client_id, check_penny, whole
from brokerdesk.brokers.outgoing import Body, amount, decimals
from brokerdesk.brokers.trading import SentField
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType, TimeInForce, TradingSession
from brokerdesk.errors import InputError, NotSupportedError

LONGEST_ID = 48
"""Newer documents say 128, older ones 48."""
_FINEST = 9
_T = OrderType
_TYPE = {
    _T.MARKET: "market",
    _T.LIMIT: "limit",
    _T.STOP: "stop",
    _T.STOP_LIMIT: "stop_limit",
    _T.TRAILING_STOP: "trailing_stop",
    _T.MARKET_ON_OPEN: "market",
    _T.LIMIT_ON_OPEN: "limit",
    _T.MARKET_ON_CLOSE: "market",
    _T.LIMIT_ON_CLOSE: "limit",
}
_AUCTION = {
    _T.MARKET_ON_OPEN: "opg",
    _T.LIMIT_ON_OPEN: "opg",
    _T.MARKET_ON_CLOSE: "cls",
    _T.LIMIT_ON_CLOSE: "cls",
}
_LASTS = {
    TimeInForce.DAY: "day",
    TimeInForce.GTC: "gtc",
    TimeInForce.IOC: "ioc",
    TimeInForce.FOK: "fok",
}
_INTENT = {
    OrderSide.SELL_SHORT: "sell_to_open",
    OrderSide.BUY_TO_COVER: "buy_to_close",
    OrderSide.BUY_TO_OPEN: "buy_to_open",
    OrderSide.BUY_TO_CLOSE: "buy_to_close",
    OrderSide.SELL_TO_OPEN: "sell_to_open",
    OrderSide.SELL_TO_CLOSE: "sell_to_close",
}
WORDS = {
    "symbol": "Symbol",
    "qty": "Quantity",
    "notional": "For this amount of money",
    "side": "Buy or sell",
    "type": "Kind of order",
    "time_in_force": "Valid for",
    "limit_price": "Limit price",
    "stop_price": "Stop price",
    "trail_price": "Trails by",
    "trail_percent": "Trails by percent",
    "trail": "Trails by",
    "extended_hours": "Also before and after regular hours",
    "order_class": "How orders hang together",
    "position_intent": "Opens or closes",
    "ratio_qty": "Units for each unit of the order",
    "client_order_id": "BrokerDesk's own id of the order",
}
GROUPS = {"take_profit": "Profit taker", "stop_loss": "Stop", "legs": "Leg"}


def request(draft: Draft, client_order_id: str) -> Body:
    """The body that places ``draft``.

    Raises:
        InputError: it contradicts itself.
        NotSupportedError: Alpaca cannot do that.
    """
    check(draft)
    check_client_id(client_order_id, LONGEST_ID)
    match draft.link:
        case Link.EITHER:
            body = _either(draft)
        case Link.SINGLE if len(draft.legs) > 1:
            body = _spread(draft)
        case _:
            body = _one(draft) | _linked(draft)
    return {**body, "client_order_id": client_order_id}


def change(draft: Draft, client_order_id: str) -> Body:
    """The body that puts ``draft`` in the place of another order: what of it Alpaca can change.

    Raises:
        InputError: it contradicts itself.
        NotSupportedError: Alpaca cannot do that.
    """
    whole_order = request(draft, client_order_id)
    if draft.children:
        _cannot("Alpaca changes linked orders one by one.", "link")
    if draft.quantity is None or not whole(draft.quantity):
        _cannot("Alpaca changes orders for whole units only.", "quantity")
    body: Body = {
        name: whole_order[name]
        for name in ("qty", "time_in_force", "limit_price", "stop_price")
        if name in whole_order
    }
    trail = whole_order.get("trail_price") or whole_order.get("trail_percent")
    if trail is not None:
        body["trail"] = trail
    return {**body, "client_order_id": client_order_id}


def _one(draft: Draft) -> Body:
    """An order with one leg, without what hangs on it."""
    if len(draft.legs) > 1:
        _cannot("Alpaca links no orders to one with several legs.", "link")
    if draft.type not in _TYPE:
        _cannot("Alpaca has no such kind of order.", "type")
    if draft.time_in_force not in _LASTS:
        _cannot("Alpaca has no orders that are valid until a day.", "time_in_force")
    (leg,) = draft.legs
    kind = leg.instrument.asset_type
    if kind in SHARES:
        _check_shares(draft, leg)
    elif kind is AssetType.OPTION:
        _check_option(draft)
    elif kind is AssetType.CRYPTO:
        _check_coin(draft, leg)
    else:
        _cannot("Alpaca takes orders for shares, funds, options and coins only.", "symbol")
    body: Body = {"symbol": wire_symbol(leg.instrument.symbol), **_how_many(draft)}
    body["side"] = "buy" if leg.side in BUYS else "sell"
    body["type"] = _TYPE[draft.type]
    body["time_in_force"] = _AUCTION.get(draft.type) or _LASTS[draft.time_in_force]
    body |= _prices(draft)
    if draft.session is TradingSession.EXTENDED:
        body["extended_hours"] = True
    if leg.side in _INTENT:
        body["position_intent"] = _INTENT[leg.side]
    return body


def _how_many(draft: Draft) -> Body:
    if draft.quantity is not None:
        if decimals(draft.quantity) > _FINEST:
            raise InputError("quantity", f"Alpaca takes {_FINEST} decimals of a unit at most.")
        return {"qty": amount(draft.quantity)}
    assert draft.notional is not None
    if decimals(draft.notional) > 2:
        raise InputError("notional", "An amount of money has two decimals at most.")
    if draft.type is not OrderType.MARKET:
        _cannot("Alpaca takes an amount of money with market orders only.", "notional")
    return {"notional": amount(draft.notional)}


def _prices(draft: Draft) -> Body:
    names = {
        "limit_price": draft.limit_price,
        "stop_price": draft.stop_price,
        "trail_price": draft.trail_amount,
        "trail_percent": draft.trail_percent,
    }
    return {name: amount(value) for name, value in names.items() if value is not None}


def _check_shares(draft: Draft, leg: DraftLeg) -> None:
    check_penny(draft)
    if leg.instrument.currency != "USD":
        _cannot("Alpaca trades in dollars only.", "symbol")
    lasts, kind = draft.time_in_force, draft.type
    if draft.session is not TradingSession.REGULAR:
        if draft.session is not TradingSession.EXTENDED:
            _cannot("Alpaca has one extended session, not one before and one after.", "session")
        if kind is not OrderType.LIMIT or lasts not in (TimeInForce.DAY, TimeInForce.GTC):
            _cannot("Outside regular hours, Alpaca takes limit orders only.", "session")
    if kind in _AUCTION and lasts is not TimeInForce.DAY:
        _cannot("Orders for the open or the close are valid for that day only.", "time_in_force")
    if kind not in (OrderType.MARKET, OrderType.LIMIT) and lasts in (
        TimeInForce.IOC,
        TimeInForce.FOK,
    ):
        _cannot("At Alpaca, orders with a stop are valid for a day or longer.", "time_in_force")
    if draft.quantity is None or not whole(draft.quantity):
        _check_fraction(draft, leg)


def _check_fraction(draft: Draft, leg: DraftLeg) -> None:
    if draft.time_in_force is not TimeInForce.DAY or draft.type in _AUCTION:
        _cannot("Orders for fractions are valid for a day at Alpaca.", "time_in_force")
    if draft.type is OrderType.TRAILING_STOP:
        _cannot("Alpaca trails whole shares only.", "quantity")
    if leg.side is OrderSide.SELL_SHORT:
        _cannot("Alpaca sells whole shares short only.", "quantity")
    if draft.children:
        _cannot("Linked orders are for whole shares.", "quantity")
    if draft.notional is not None and draft.session is not TradingSession.REGULAR:
        _cannot("An amount of money is for regular hours.", "session")


def _check_option(draft: Draft) -> None:
    check_penny(draft)
    if draft.quantity is None or not whole(draft.quantity):
        _cannot("Options are ordered in whole contracts.", "quantity")
    if draft.time_in_force is not TimeInForce.DAY:
        _cannot("Alpaca's orders for options are valid for a day.", "time_in_force")
    if draft.session is not TradingSession.REGULAR:
        _cannot("Options trade in regular hours only.", "session")
    if draft.type in _AUCTION or draft.type is OrderType.TRAILING_STOP:
        _cannot("Alpaca has no such kind of order for options.", "type")
    if draft.children:
        _cannot("Alpaca links orders for shares only.", "link")


def _check_coin(draft: Draft, leg: DraftLeg) -> None:
    if draft.type not in (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP_LIMIT):
        _cannot("For coins, Alpaca has market, limit and stop limit orders.", "type")
    if draft.time_in_force not in (TimeInForce.GTC, TimeInForce.IOC):
        _cannot("Orders for coins are valid until cancelled, or at once.", "time_in_force")
    if draft.session is not TradingSession.REGULAR:
        _cannot("Coins trade at all hours: there is no other session.", "session")
    if leg.side not in (OrderSide.BUY, OrderSide.SELL):
        _cannot("Coins cannot be sold short at Alpaca.", "side")
    if draft.children:
        _cannot("Alpaca links orders for shares only.", "link")
    for name in ("limit_price", "stop_price"):
        value: Decimal | None = getattr(draft, name)
        if value is not None and decimals(value) > _FINEST:
            raise InputError(name, f"Alpaca takes {_FINEST} decimals at most.")


def _spread(draft: Draft) -> Body:
    """Several options as one order. Its net price is above zero for a debit, below for a credit."""
    check_penny(draft)
    if any(leg.instrument.asset_type is not AssetType.OPTION for leg in draft.legs):
        _cannot("Alpaca takes several legs of options only.", "legs")
    if draft.quantity is None or not whole(draft.quantity):
        _cannot("Options are ordered in whole contracts.", "quantity")
    if not all(whole(leg.ratio) for leg in draft.legs):
        _cannot("The legs of an order are in whole contracts.", "legs")
    if draft.type not in (OrderType.MARKET, OrderType.LIMIT):
        _cannot("Alpaca takes several legs as a market or a limit order.", "type")
    if draft.time_in_force is not TimeInForce.DAY:
        _cannot("Alpaca's orders for options are valid for a day.", "time_in_force")
    if draft.session is not TradingSession.REGULAR:
        _cannot("Options trade in regular hours only.", "session")
    legs = [
        {
            "symbol": wire_symbol(leg.instrument.symbol),
            "ratio_qty": amount(leg.ratio),
            "side": "buy" if leg.side in BUYS else "sell",
            "position_intent": _INTENT[leg.side],
        }
        for leg in draft.legs
    ]
    return {
        "order_class": "mleg",
        "qty": amount(draft.quantity),
        "type": _TYPE[draft.type],
        "time_in_force": "day",
        **_prices(draft),
        "legs": legs,
    }


def _linked(draft: Draft) -> Body:
    """What hangs on an order: a profit taker, a stop, or both."""
    if draft.link is Link.SINGLE:
        return {}
    most = 1 if draft.link is Link.TRIGGERS else 2
    if len(draft.children) != most:
        _cannot("Alpaca links one order, or a profit taker and a stop.", "link")
    if draft.type not in (OrderType.MARKET, OrderType.LIMIT):
        _cannot("Alpaca links orders to a market or a limit order.", "type")
    exits = _exits(draft, draft.children)
    if most == 2 and len(exits) != 2:
        _cannot("A bracket has one profit taker and one stop.", "link")
    return {"order_class": "bracket" if most == 2 else "oto", **exits}


def _either(draft: Draft) -> Body:
    """Two exits that cancel each other."""
    if len(draft.children) != 2:
        _cannot("At Alpaca, two orders cancel each other.", "link")
    first = draft.children[0]
    exits = _exits(None, draft.children)
    if len(exits) != 2:
        _cannot("At Alpaca, a profit taker and a stop cancel each other.", "link")
    single = _one(first)
    names = ("symbol", "qty", "side")
    return {
        **{name: single[name] for name in names},
        "type": "limit",
        "time_in_force": single["time_in_force"],
        "order_class": "oco",
        **exits,
        **({"position_intent": single["position_intent"]} if "position_intent" in single else {}),
    }


def _exits(entry: Draft | None, children: tuple[Draft, ...]) -> Body:
    """The profit taker and the stop among ``children``, which must all be alike otherwise."""
    found: Body = {}
    like = entry or children[0]
    if like.time_in_force not in (TimeInForce.DAY, TimeInForce.GTC):
        _cannot("Linked orders are valid for a day or until cancelled.", "time_in_force")
    for child in children:
        if child.link is not Link.SINGLE or len(child.legs) != 1 or not child.quantity:
            _cannot("Alpaca links single orders for shares only.", "link")
        _one(child)
        _check_like(entry, like, child)
        if child.type is OrderType.LIMIT:
            found["take_profit"] = _prices(child)
        elif child.type in (OrderType.STOP, OrderType.STOP_LIMIT):
            found["stop_loss"] = _prices(child)
        else:
            _cannot("Alpaca links limit, stop and stop limit orders.", "type")
    return dict(sorted(found.items(), reverse=True))


def _check_like(entry: Draft | None, like: Draft, child: Draft) -> None:
    """Alpaca takes symbol, quantity and validity of linked orders from one of them."""
    mine, other = child.legs[0], like.legs[0]
    against = (mine.side in BUYS) != (other.side in BUYS)
    if (
        mine.instrument.symbol != other.instrument.symbol
        or child.quantity != like.quantity
        or child.time_in_force is not like.time_in_force
        or against != (entry is not None)
        or (entry is None and mine.side is not other.side)
    ):
        _cannot(
            "At Alpaca, linked orders are for the same shares, as many of them and as long; "
            "exits go against their entry.",
            "link",
        )
    if {like.session, child.session} != {TradingSession.REGULAR}:
        _cannot("Linked orders are for regular hours at Alpaca.", "session")
    if mine.instrument.asset_type not in SHARES or not whole(child.quantity or Decimal(0)):
        _cannot("Linked orders are for whole shares.", "quantity")


def fields_of(body: Body) -> tuple[SentField, ...]:
    """All fields of a body, with our words."""
    return outgoing.listed(body, WORDS, GROUPS)


def _cannot(sentence: str, what: str) -> NoReturn:
    raise NotSupportedError(sentence, capability=what, broker_id=BROKER_ID)
