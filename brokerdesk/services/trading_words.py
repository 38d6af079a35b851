"""Sentences on what became of an order: broker, symbol and side, and never an amount."""

from __future__ import annotations

from brokerdesk.domain.intent import Intent, IntentKind, IntentState
from brokerdesk.domain.kinds import OrderSide
from brokerdesk.domain.order import Order

PARTLY = "partly_filled"
_S = IntentState
_SIDES = {
    OrderSide.BUY: "to buy",
    OrderSide.SELL: "to sell",
    OrderSide.SELL_SHORT: "to sell short",
    OrderSide.BUY_TO_COVER: "to buy to cover",
    OrderSide.BUY_TO_OPEN: "to buy to open",
    OrderSide.BUY_TO_CLOSE: "to buy to close",
    OrderSide.SELL_TO_OPEN: "to sell to open",
    OrderSide.SELL_TO_CLOSE: "to sell to close",
}
_INTENT = {
    _S.ACCEPTED: "{broker} took the {order}.",
    _S.REJECTED: "{broker} refused the {order}.",
    _S.NOT_SENT: "The {order} was not sent to {broker}.",
    _S.UNKNOWN: "What became of the {order} at {broker} is not known yet. It is being looked for.",
    _S.FOUND: "The {order} was found at {broker}.",
    _S.ABSENT: "The {order} is not at {broker}, as you said.",
}
_CANCEL = {
    _S.ACCEPTED: "{broker} was asked to cancel the {order}.",
    _S.REJECTED: "{broker} refused to cancel the {order}.",
    _S.NOT_SENT: "The wish to cancel the {order} was not sent to {broker}.",
    _S.UNKNOWN: "Whether the {order} at {broker} is cancelled is not known yet. It is looked at.",
    _S.FOUND: "It is known now what became of the {order} at {broker}.",
    _S.ABSENT: "The wish to cancel the {order} did not reach {broker}, as you said.",
}
_ORDER = {
    PARTLY: "{broker} filled a part of the {order}.",
    "pending": "{broker} has the {order}.",
    "working": "The {order} works at {broker}.",
    "filled": "{broker} filled the {order}.",
    "cancel_pending": "{broker} is cancelling the {order}.",
    "cancelled": "The {order} is cancelled at {broker}.",
    "replace_pending": "{broker} is changing the {order}.",
    "replaced": "Another order took the place of the {order} at {broker}.",
    "rejected": "{broker} rejected the {order}.",
    "expired": "The {order} has expired at {broker}.",
    "unknown": "{broker} says something of the {order} that nobody knows here.",
}


def of_intent(intent: Intent, broker: str) -> str:
    """Our sentence, "" for states that pass in a moment."""
    words = _CANCEL if intent.kind is IntentKind.CANCEL else _INTENT
    order = _named((intent.symbol,) if intent.draft is None else _symbols(intent), intent.side)
    return words.get(intent.state, "").format(broker=broker, order=order)


def of_proposal(intent: Intent, broker: str, *, several: bool) -> str:
    """Our sentence on an order that may be the one that was lost, or on several."""
    order = _named(_symbols(intent), intent.side)
    if several:
        return f"Orders at {broker} could be your {order}. Say whether one of them is."
    return f"One at {broker} is exactly your {order}. Say whether it is yours."


def of_order(order: Order, what: str, broker: str) -> str:
    """Our sentence on an order that came to ``what``."""
    legs = order.legs or tuple(leg for child in order.children for leg in child.legs)
    side = legs[0].side if legs else OrderSide.UNKNOWN
    named = _named(tuple(leg.instrument.symbol for leg in legs), side)
    return _ORDER.get(what, "").format(broker=broker, order=named)


def _symbols(intent: Intent) -> tuple[str, ...]:
    return tuple(intent.symbol.split("|"))


def _named(symbols: tuple[str, ...], side: OrderSide) -> str:
    if len(set(symbols)) > 1:
        return f"order of several parts with {symbols[0]}"
    return f"order {_SIDES.get(side, 'for')} {symbols[0]}" if symbols else "order"
