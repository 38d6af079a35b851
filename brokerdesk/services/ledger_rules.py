"""What can still be done with an order, by what is known of it. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator

from brokerdesk.domain.kinds import OrderSide, OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.services.order_limits import BUYS

_S = OrderStatus
CAN_MOVE = frozenset({_S.PENDING, _S.WORKING, _S.CANCEL_PENDING, _S.REPLACE_PENDING, _S.UNKNOWN})
"""An order that nobody has a word for may still trade."""
_ENDED = {
    _S.FILLED: "It is filled.",
    _S.CANCELLED: "It is cancelled already.",
    _S.EXPIRED: "It has expired.",
    _S.REJECTED: "The broker rejected it.",
    _S.REPLACED: "Another order took its place.",
}
PARTLY_FILLED = "A part of it is filled. Cancel what is left, and enter that anew."
"""Whether the quantity of a change counts what is filled already differs from broker to broker:
where it does not, as many would be bought once more.
"""


def cannot_cancel(order: Order) -> str:
    """Why an order cannot be cancelled, "" when it can be tried."""
    if order.status in _ENDED:
        return _ENDED[order.status]
    if order.status is _S.CANCEL_PENDING:
        return "The broker was asked already and has not said what became of it."
    return ""


def cannot_replace(order: Order, *, trades: bool, against: str = "") -> str:
    """Why an order cannot be changed at the broker, "" when it can be tried."""
    if order.status in _ENDED:
        return _ENDED[order.status]
    if order.status is _S.UNKNOWN:
        return "What the broker says of it is a word that nobody knows here."
    if order.status in (_S.CANCEL_PENDING, _S.REPLACE_PENDING):
        return "The broker is changing it just now."
    if not trades:
        return "This connection can only read."
    if against:
        return against
    if order.filled_quantity:
        return PARTLY_FILLED
    if order.children or len(order.legs) != 1:
        return "An order of several parts is cancelled and entered anew."
    return ""


def to_cancel(orders: Iterable[Order]) -> Iterator[Order]:
    """The orders that are asked for so that nothing of all these works any more: of linked ones
    the head, or what is left of them where the head is done.
    """
    for order in orders:
        if order.status is OrderStatus.CANCEL_PENDING:
            continue
        if order.status in CAN_MOVE and order.legs:
            yield order
        else:
            yield from to_cancel(order.children)


def every(orders: Iterable[Order]) -> Iterator[Order]:
    """The orders with those that they tie together."""
    for order in orders:
        yield order
        yield from every(order.children)


def on_side(order: Order, side: OrderSide) -> bool:
    """Whether an order buys or sells as ``side`` does; one of several legs goes by its first."""
    return bool(order.legs) and (order.legs[0].side in BUYS) == (side in BUYS)


def cancel_id(click: str, order: Order) -> str:
    """The id of one cancel among those of one click: the same click always gives the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{click}\n{order.account}\n{order.id}"))
