"""Schwab's order answers as orders. Nothing here can send one.

An order that was accepted can still turn ``REJECTED`` a moment later, with its reason in
``statusDescription``; a partial fill has no status of its own. Words that nobody has seen before
are kept beside ``UNKNOWN``.
"""

from __future__ import annotations

from decimal import Decimal

from brokerdesk.brokers.figures import rounded_price
from brokerdesk.brokers.schwab import wire
from brokerdesk.brokers.schwab.instruments import instrument
from brokerdesk.brokers.schwab.times import from_wire
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg

_STATUS = {
    "AWAITING_PARENT_ORDER": OrderStatus.PENDING,
    "AWAITING_CONDITION": OrderStatus.PENDING,
    "AWAITING_STOP_CONDITION": OrderStatus.WORKING,
    "AWAITING_MANUAL_REVIEW": OrderStatus.PENDING,
    "AWAITING_RELEASE_TIME": OrderStatus.PENDING,
    "AWAITING_UR_OUT": OrderStatus.CANCEL_PENDING,
    "ACCEPTED": OrderStatus.PENDING,
    "NEW": OrderStatus.PENDING,
    "PENDING_ACTIVATION": OrderStatus.PENDING,
    "PENDING_ACKNOWLEDGEMENT": OrderStatus.PENDING,
    "QUEUED": OrderStatus.PENDING,
    "WORKING": OrderStatus.WORKING,
    "PENDING_CANCEL": OrderStatus.CANCEL_PENDING,
    "PENDING_RECALL": OrderStatus.CANCEL_PENDING,
    "PENDING_REPLACE": OrderStatus.REPLACE_PENDING,
    "REJECTED": OrderStatus.REJECTED,
    "CANCELED": OrderStatus.CANCELLED,
    "REPLACED": OrderStatus.REPLACED,
    "FILLED": OrderStatus.FILLED,
    "EXPIRED": OrderStatus.EXPIRED,
}
_OVER = {
    OrderStatus.REJECTED,
    OrderStatus.CANCELLED,
    OrderStatus.REPLACED,
    OrderStatus.FILLED,
    OrderStatus.EXPIRED,
}
_TYPE = {
    name: OrderType(name.lower())
    for name in (
        "MARKET",
        "LIMIT",
        "STOP",
        "STOP_LIMIT",
        "TRAILING_STOP",
        "TRAILING_STOP_LIMIT",
        "MARKET_ON_CLOSE",
        "LIMIT_ON_CLOSE",
        "NET_DEBIT",
        "NET_CREDIT",
        "NET_ZERO",
    )
}
_DURATION = {
    "DAY": TimeInForce.DAY,
    "GOOD_TILL_CANCEL": TimeInForce.GTC,
    "FILL_OR_KILL": TimeInForce.FOK,
    "IMMEDIATE_OR_CANCEL": TimeInForce.IOC,
    "END_OF_WEEK": TimeInForce.GTD,
    "END_OF_MONTH": TimeInForce.GTD,
    "NEXT_END_OF_MONTH": TimeInForce.GTD,
}
_SESSION = {
    "NORMAL": TradingSession.REGULAR,
    "AM": TradingSession.PRE_MARKET,
    "PM": TradingSession.POST_MARKET,
    "SEAMLESS": TradingSession.EXTENDED,
}
_SIDE = {side.value.upper(): side for side in OrderSide if side is not OrderSide.UNKNOWN}
_SIDE["SELL_SHORT_EXEMPT"] = OrderSide.SELL_SHORT
_OPENS = {"OPENING": True, "CLOSING": False}
_TRAILING = (OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT)
_TOGETHER = ("ALL_OR_NONE", "ALL_OR_NONE_DO_NOT_REDUCE")


def order(given: wire.Order, account: AccountId, fallback_id: str = "") -> Order:
    """One order with its children.

    A node that only ties others together (OCO) may come without id and status: it then takes its
    id from its place and its status from its children.

    Raises:
        ValueError: it has no id, or a figure or time that no real order has.
    """
    own_id = str(given.order_id) if given.order_id else fallback_id
    children = tuple(
        order(child, account, f"{own_id or 'group'}.{index + 1}")
        for index, child in enumerate(given.child_order_strategies or ())
    )
    if not own_id and children:
        own_id = f"group-{children[0].id}"
    if not own_id:
        raise ValueError("no order id")
    status = _STATUS.get(given.status or "", OrderStatus.UNKNOWN)
    if given.status is None and children:
        status = _status_of_group(children)
    legs = tuple(_leg(leg) for leg in given.order_leg_collection or ())
    kind = _TYPE.get(given.order_type or "", OrderType.UNKNOWN)
    amount, percent, raw_trail = _trail(given) if kind in _TRAILING else (None, None, "")
    return Order(
        id=own_id,
        account=account,
        status=status,
        type=kind,
        time_in_force=_DURATION.get(given.duration or "", TimeInForce.UNKNOWN),
        session=_SESSION.get(given.session or "", TradingSession.UNKNOWN),
        legs=legs,
        quantity=_amount(given.quantity),
        filled_quantity=_amount(given.filled_quantity),
        entered_at=from_wire(given.entered_time),
        closed_at=from_wire(given.close_time),
        limit_price=_optional(given.price),
        stop_price=_optional(given.stop_price),
        average_price=_average_price(given) if len(legs) == 1 else None,
        strategy=_strategy(given),
        status_text=clean(given.status_description, MESSAGE_LENGTH),
        raw_status=clean(given.status, 64),
        raw_type=clean(given.order_type, 64),
        children=children,
        trail_amount=amount,
        trail_percent=percent,
        all_or_none=(given.special_instruction or "") in _TOGETHER or None,
        raw_session=clean(given.session, 64),
        raw_trail=raw_trail,
    )


def belongs(given: wire.Order, number: str) -> bool:
    """Whether the order and what hangs on it is of the account ``number``. Orders carry it as an
    integer, without leading zeros; one that names no account is taken at the address's word.
    """
    told = given.account_number
    if told is not None and str(told).lstrip("0") != number.lstrip("0"):
        return False
    return all(belongs(child, number) for child in given.child_order_strategies or ())


def _leg(given: wire.OrderLeg) -> OrderLeg:
    return OrderLeg(
        instrument=instrument(given.instrument),
        side=_SIDE.get(given.instruction or "", OrderSide.UNKNOWN),
        quantity=exact(given.quantity),
        raw_side=clean(given.instruction, 64),
        opens=_OPENS.get(given.position_effect or ""),
        as_entered=True,
    )


def _trail(given: wire.Order) -> tuple[Decimal | None, Decimal | None, str]:
    """By how much money it trails, by how many percent, or by what else."""
    offset = _optional(given.stop_price_offset) or None
    match given.stop_price_link_type:
        case "VALUE":
            return offset, None, ""
        case "PERCENT":
            return None, offset, ""
        case None:
            return None, None, ""
        case other:
            return None, None, clean(f"{'' if offset is None else f'{offset:f} '}{other}", 64)


def _average_price(given: wire.Order) -> Decimal | None:
    """The mean price over fills; a cancelled activity carries price 0 and is none."""
    quantity = money = Decimal(0)
    for activity in given.order_activity_collection or ():
        if activity.activity_type != "EXECUTION" or activity.execution_type != "FILL":
            continue
        for leg in activity.execution_legs or ():
            if leg.quantity is not None and leg.price is not None:
                quantity += exact(leg.quantity)
                money += exact(leg.quantity) * exact(leg.price)
    if not quantity:
        return None
    return rounded_price(money / quantity)


def _strategy(given: wire.Order) -> str:
    complex_kind = given.complex_order_strategy_type or "NONE"
    kind = complex_kind if complex_kind != "NONE" else given.order_strategy_type
    return "" if kind in (None, "SINGLE") else clean(kind, 64)


def _status_of_group(children: tuple[Order, ...]) -> OrderStatus:
    """A group is as alive as its liveliest member, and as successful as its most successful."""
    states = [child.status for child in children]
    alive = [state for state in states if state not in _OVER]
    if alive:
        return OrderStatus.WORKING if OrderStatus.WORKING in alive else alive[0]
    return OrderStatus.FILLED if OrderStatus.FILLED in states else states[0]


def _amount(value: Decimal | None) -> Decimal:
    return Decimal(0) if value is None else exact(value)


def _optional(value: Decimal | None) -> Decimal | None:
    return None if value is None else exact(value)
