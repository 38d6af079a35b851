"""Whether an order at the broker is the one that a draft asked for.

Used to verify an answer and to look for an order whose fate is unknown. It errs on the careful
side: what every broker tells (account, instruments, sides, quantity, kind, how long it is valid)
has to be told, and a word that nobody knows is no match. What only some of them tell (session, last
day, trail, amount of money, ratios, opening or closing) is compared where it is told.
"""

from __future__ import annotations

from itertools import pairwise

from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.kinds import AssetType, OrderSide, OrderType, TimeInForce, TradingSession
from brokerdesk.domain.order import Order, OrderLeg

_OPENING = {
    OrderSide.BUY_TO_OPEN: OrderSide.BUY,
    OrderSide.BUY_TO_CLOSE: OrderSide.BUY,
    OrderSide.BUY_TO_COVER: OrderSide.BUY,
    OrderSide.SELL_TO_OPEN: OrderSide.SELL,
    OrderSide.SELL_TO_CLOSE: OrderSide.SELL,
    OrderSide.SELL_SHORT: OrderSide.SELL,
}
_OPENS = {
    OrderSide.BUY_TO_OPEN: True,
    OrderSide.SELL_TO_OPEN: True,
    OrderSide.SELL_SHORT: True,
    OrderSide.BUY_TO_CLOSE: False,
    OrderSide.SELL_TO_CLOSE: False,
    OrderSide.BUY_TO_COVER: False,
}
_AT_A_PRICE = (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.NET_DEBIT, OrderType.NET_CREDIT)


def differences(draft: Draft, order: Order) -> tuple[str, ...]:
    """Names of the fields in which ``order`` is not what ``draft`` asked for; none: it is it."""
    if draft.link is Link.EITHER:
        return _of_children(draft, order)
    found = []
    if order.account != draft.account:
        found.append("account")
    found.extend(_of_legs(draft, order))
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
    found.extend(_where_told(draft, order))
    if draft.children:
        found.extend(_of_children(draft, order))
    return tuple(found)


def _of_legs(draft: Draft, order: Order) -> list[str]:
    """In what the legs and how many of them differ."""
    mine, its = sorted(draft.legs, key=_which), sorted(order.legs, key=_which)
    found = []
    if [*map(_which, mine)] != [*map(_which, its)]:
        return ["instruments and sides"] + ["quantity"] * _counts_differ(draft, order)
    pairs = [*zip(mine, its, strict=True)]
    if not all(_same_way(*pair) for pair in pairs):
        found.append("opening or closing")
    if _counts_differ(draft, order) or (
        len(pairs) == 1 and draft.quantity is not None and its[0].quantity != draft.quantity
    ):
        found.append("quantity")
    if not _same_ratios(pairs):
        found.append("ratio of the legs")
    return found


def _which(leg: DraftLeg | OrderLeg) -> tuple[str, OrderSide]:
    return leg.instrument.symbol, _plain(leg.side)


def _counts_differ(draft: Draft, order: Order) -> bool:
    return draft.quantity is not None and order.quantity != draft.quantity


def _same_way(mine: DraftLeg, its: OrderLeg) -> bool:
    """Some brokers make opening or closing out of what is held: it is only held against a side that
    asked for one of them.
    """
    if its.as_entered and its.side is not mine.side:
        return False
    return its.opens is None or _OPENS.get(mine.side, its.opens) is its.opens


def _same_ratios(pairs: list[tuple[DraftLeg, OrderLeg]]) -> bool:
    """Of several legs. Brokers count them for one unit of the order or for all of it."""
    if len(pairs) < 2:
        return True
    if any(its.ratio is not None and its.ratio != mine.ratio for mine, its in pairs):
        return False
    return all(
        one.quantity * second.ratio == other.quantity * first.ratio
        for (first, one), (second, other) in pairwise(pairs)
    )


def _where_told(draft: Draft, order: Order) -> list[str]:
    """In what differs that not every broker tells."""
    found = []
    if not _same_session(draft, order):
        found.append("session")
    if draft.good_till is not None and order.good_till not in (None, draft.good_till):
        found.append("last day")
    if not _same_trail(draft, order):
        found.append("trailing distance")
    if order.notional is not None and order.notional != (draft.notional or 0):
        found.append("amount of money")
    if order.all_or_none:
        found.append("all or none")
    return found


def _same_session(draft: Draft, order: Order) -> bool:
    if order.session is TradingSession.UNKNOWN:
        return not order.raw_session
    coins = all(leg.instrument.asset_type is AssetType.CRYPTO for leg in draft.legs)
    return coins or order.session is draft.session


def _same_trail(draft: Draft, order: Order) -> bool:
    asked = (draft.trail_amount, draft.trail_percent)
    if asked == (None, None):
        return True  # a kind that trails has a name of its own
    told = (order.trail_amount, order.trail_percent)
    return not order.raw_trail and told in ((None, None), asked)


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
