"""Alpaca's order answers as orders. Nothing here can send one.

The legs of a bracket or of one-cancels-other are orders of their own and become children; those of
a multi-leg option order are its legs. A status that nobody has seen is kept beside ``UNKNOWN`` and
never taken for an end.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers.alpaca import wire
from brokerdesk.brokers.alpaca.instruments import Names, guessed_class, instrument
from brokerdesk.brokers.alpaca.times import from_wire
from brokerdesk.brokers.text import clean
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    AssetType,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg

_STATUS = {
    "new": OrderStatus.WORKING,
    "partially_filled": OrderStatus.WORKING,
    "stopped": OrderStatus.WORKING,
    "accepted": OrderStatus.PENDING,
    "accepted_for_bidding": OrderStatus.PENDING,
    "pending_new": OrderStatus.PENDING,
    "pending_review": OrderStatus.PENDING,
    "held": OrderStatus.PENDING,
    "suspended": OrderStatus.PENDING,
    "calculated": OrderStatus.PENDING,
    "done_for_day": OrderStatus.PENDING,  # over for today; a lasting one goes on tomorrow
    "pending_cancel": OrderStatus.CANCEL_PENDING,
    "pending_replace": OrderStatus.REPLACE_PENDING,
    "filled": OrderStatus.FILLED,
    "canceled": OrderStatus.CANCELLED,
    "expired": OrderStatus.EXPIRED,
    "replaced": OrderStatus.REPLACED,
    "rejected": OrderStatus.REJECTED,
}
_ENDED = {
    OrderStatus.FILLED: "filled_at",
    OrderStatus.CANCELLED: "canceled_at",
    OrderStatus.EXPIRED: "expired_at",
    OrderStatus.REPLACED: "replaced_at",
    OrderStatus.REJECTED: "failed_at",
}
_TYPE = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop": OrderType.STOP,
    "stop_limit": OrderType.STOP_LIMIT,
    "trailing_stop": OrderType.TRAILING_STOP,
}
_AUCTION = {
    ("market", "opg"): OrderType.MARKET_ON_OPEN,
    ("limit", "opg"): OrderType.LIMIT_ON_OPEN,
    ("market", "cls"): OrderType.MARKET_ON_CLOSE,
    ("limit", "cls"): OrderType.LIMIT_ON_CLOSE,
}
_DURATION = {
    "day": TimeInForce.DAY,
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "opg": TimeInForce.DAY,
    "cls": TimeInForce.DAY,
}
_INTENT = {
    side.value: side
    for side in (
        OrderSide.BUY_TO_OPEN,
        OrderSide.BUY_TO_CLOSE,
        OrderSide.SELL_TO_OPEN,
        OrderSide.SELL_TO_CLOSE,
    )
}
_SIDE = {
    "buy": OrderSide.BUY,
    "sell": OrderSide.SELL,
    "sell_short": OrderSide.SELL_SHORT,
    "buy_to_cover": OrderSide.BUY_TO_COVER,
}
_OPENS = {one: one.endswith("_to_open") for one in _INTENT}
_SHARES = {"sell_to_open": OrderSide.SELL_SHORT, "buy_to_close": OrderSide.BUY_TO_COVER}
_DEEPEST = 3
_ZERO = Decimal(0)


def order(given: wire.Order, account: AccountId, names: Names, depth: int = 0) -> Order:
    """One order with its legs.

    Raises:
        ValueError: it has no id, or a figure or time that no real order has.
    """
    if not given.id or depth > _DEEPEST:
        raise ValueError("no order id")
    spread = given.order_class == "mleg"
    kind = given.type or given.order_type or ""
    status = _STATUS.get(given.status or "", OrderStatus.UNKNOWN)
    nested = given.legs or []
    filled = _amount(given.filled_qty)
    return Order(
        id=clean(given.id, 64),
        account=account,
        status=status,
        type=_type(kind, given.time_in_force or ""),
        time_in_force=_DURATION.get(given.time_in_force or "", TimeInForce.UNKNOWN),
        session=_session(given.extended_hours),
        legs=tuple(_leg(leg, names) for leg in nested) if spread else (_only(given, names, depth),),
        quantity=filled if given.qty is None else exact(given.qty),
        filled_quantity=filled,
        entered_at=from_wire(given.submitted_at) or from_wire(given.created_at),
        closed_at=_ended(given, status),
        limit_price=_optional(given.limit_price),
        stop_price=_optional(given.stop_price),
        average_price=_optional(given.filled_avg_price) if filled else None,
        strategy=_strategy(given.order_class),
        status_text=_notes(given),
        client_order_id=clean(given.client_order_id, 128),
        raw_status=clean(given.status, 64),
        raw_type=clean(kind, 64),
        children=() if spread else tuple(order(leg, account, names, depth + 1) for leg in nested),
        notional=_money(given),
        trail_amount=_optional(given.trail_price),
        trail_percent=_optional(given.trail_percent),
    )


def _type(kind: str, duration: str) -> OrderType:
    return _AUCTION.get((kind, duration)) or _TYPE.get(kind, OrderType.UNKNOWN)


def _only(given: wire.Order, names: Names, depth: int) -> OrderLeg:
    """The leg of an order that has one. What hangs on another order is sent without a word of
    opening or closing: what Alpaca tells there, it made itself.
    """
    leg = replace(_leg(given, names), ratio=None)
    return replace(leg, opens=None) if depth else leg


def _leg(given: wire.Order, names: Names) -> OrderLeg:
    """The instrument and direction of an order, or of one leg of a spread."""
    kind = given.asset_class or guessed_class(given.symbol or "")
    what = instrument(given.symbol, kind, names, given.asset_id)
    intent, side = given.position_intent or "", given.side or ""
    if what.asset_type is AssetType.OPTION:
        chosen = _INTENT.get(intent) or _SIDE.get(side, OrderSide.UNKNOWN)
    else:
        chosen = _SHARES.get(intent) or _SIDE.get(side, OrderSide.UNKNOWN)
    if intent in _OPENS and side and intent[:3] != side[:3]:
        chosen = OrderSide.UNKNOWN  # it cannot both buy and sell
    quantity = given.qty if given.qty is not None else given.ratio_qty
    return OrderLeg(
        instrument=what,
        side=chosen,
        quantity=_amount(quantity if quantity is not None else given.filled_qty),
        raw_side=clean(intent or side, 64),
        ratio=_optional(given.ratio_qty),
        opens=_OPENS.get(intent),
    )


def _session(extended: bool | None) -> TradingSession:
    if extended is None:
        return TradingSession.UNKNOWN
    return TradingSession.EXTENDED if extended else TradingSession.REGULAR


def _money(given: wire.Order) -> Decimal | None:
    """What it is for in money. Alpaca tells either that or how many units."""
    if given.notional is not None:
        return exact(given.notional)
    return None if given.qty is None else _ZERO


def _ended(given: wire.Order, status: OrderStatus) -> datetime | None:
    name = _ENDED.get(status)
    return from_wire(getattr(given, name)) if name is not None else None


def _strategy(order_class: str | None) -> str:
    return "" if order_class in (None, "", "simple") else clean(order_class, 64)


def _notes(given: wire.Order) -> str:
    """What has no field of its own."""
    return "Replaced by another order" if given.replaced_by else ""


def _amount(value: Decimal | None) -> Decimal:
    return _ZERO if value is None else exact(value)


def _optional(value: Decimal | None) -> Decimal | None:
    return None if value is None else exact(value)
