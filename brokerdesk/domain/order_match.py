"""Whether an order at the broker is the one that a draft asked for.

Used to verify an answer and to look for an order whose fate is unknown. It errs on the careful
side: what the broker does not say, or says in a word that nobody knows, is no match.
"""

from __future__ import annotations

from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.kinds import OrderSide, OrderType, TimeInForce
from brokerdesk.domain.order import Order

_OPENING = {
    OrderSide.BUY_TO_OPEN: OrderSide.BUY,
    OrderSide.BUY_TO_CLOSE: OrderSide.BUY,
    OrderSide.BUY_TO_COVER: OrderSide.BUY,
    OrderSide.SELL_TO_OPEN: OrderSide.SELL,
    OrderSide.SELL_TO_CLOSE: OrderSide.SELL,
    OrderSide.SELL_SHORT: OrderSide.SELL,
}
_AT_A_PRICE = (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.NET_DEBIT, OrderType.NET_CREDIT)


def differences(draft: Draft, order: Order) -> tuple[str, ...]:
    """Names of the fields in which ``order`` is not what ``draft`` asked for; none: it is it."""
    if draft.link is Link.EITHER:
        return _of_children(draft, order)
    found = []
    if order.account != draft.account:
        found.append("account")
    wanted = sorted((leg.instrument.symbol, _plain(leg.side)) for leg in draft.legs)
    if wanted != sorted((leg.instrument.symbol, _plain(leg.side)) for leg in order.legs):
        found.append("instruments and sides")
    if draft.quantity is not None and order.quantity != draft.quantity:
        found.append("quantity")
    if order.type is not draft.type:
        found.append("type")
    if order.time_in_force is not draft.time_in_force and not _sent_as_day(draft, order):
        found.append("time in force")
    # A broker may tell a price of its own where the order has none (a market order's average).
    if draft.limit_price is not None and not _same_price(draft, order):
        found.append("limit price")
    if draft.limit_price is None and order.limit_price and order.type in _AT_A_PRICE:
        found.append("limit price")
    if draft.stop_price is not None and order.stop_price != draft.stop_price:
        found.append("stop price")
    if draft.children:
        found.extend(_of_children(draft, order))
    return tuple(found)


def missing_parts(draft: Draft, order: Order) -> tuple[int, int]:
    """How many of the orders that a draft asks for hang together at the broker, and of how many;
    none are missing: (0, 0).
    """
    wanted, there = len(_parts(draft)), _legged(order)
    return (0, 0) if there >= wanted else (there, wanted)


def _parts(draft: Draft) -> list[Draft]:
    own = [draft] if draft.legs else []
    return own + [one for child in draft.children for one in _parts(child)]


def _legged(order: Order) -> int:
    return bool(order.legs) + sum(map(_legged, order.children))


def _same_price(draft: Draft, order: Order) -> bool:
    """Brokers that have a word for a credit tell its price without the sign."""
    if draft.type is OrderType.NET_CREDIT and order.limit_price is not None:
        return abs(order.limit_price) == abs(draft.limit_price or 0)
    return order.limit_price == draft.limit_price


def _of_children(draft: Draft, order: Order) -> tuple[str, ...]:
    """Each child of the draft has a child of the order that is it."""
    left = _linked(draft.link, order)
    for child in draft.children:
        match = next((one for one in left if not differences(child, one)), None)
        if match is None:
            return ("linked orders",)
        left.remove(match)
    return ()


def _linked(link: Link, order: Order) -> list[Order]:
    """The orders that hang together. Some brokers put two that cancel each other into a group
    without legs; others make one of them the head of the other.
    """
    found: list[Order] = []
    if link is Link.EITHER and order.legs:
        found.append(order)
    for child in order.children:
        found.extend(child.children if link is Link.BRACKET and not child.legs else (child,))
    return found


def _plain(side: OrderSide) -> OrderSide:
    """Some brokers keep only the direction of what was asked."""
    return _OPENING.get(side, side)


def _sent_as_day(draft: Draft, order: Order) -> bool:
    """Orders at the open or the close are day orders wherever the broker has no own word."""
    special = {
        OrderType.MARKET_ON_OPEN,
        OrderType.LIMIT_ON_OPEN,
        OrderType.MARKET_ON_CLOSE,
        OrderType.LIMIT_ON_CLOSE,
    }
    return draft.type in special and order.time_in_force in (TimeInForce.DAY, TimeInForce.UNKNOWN)
