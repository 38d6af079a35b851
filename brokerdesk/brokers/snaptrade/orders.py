"""SnapTrade's order records as orders. Nothing here can send one.

Each record is one instrument. Records that belong together name each other, and are put together
here. Words that nobody has seen before are kept beside ``UNKNOWN``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from brokerdesk.brokers.snaptrade import wire
from brokerdesk.brokers.snaptrade.instruments import either
from brokerdesk.brokers.snaptrade.times import day, lenient, moment
from brokerdesk.brokers.text import clean
from brokerdesk.domain.exact import exact
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import (
    AssetType,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg

STATUS = {
    "PENDING": OrderStatus.PENDING,
    "QUEUED": OrderStatus.PENDING,
    "PENDING_RISK_REVIEW": OrderStatus.PENDING,
    "CONTINGENT_ORDER": OrderStatus.PENDING,
    "SUSPENDED": OrderStatus.PENDING,
    "ACCEPTED": OrderStatus.WORKING,
    "PARTIAL": OrderStatus.WORKING,
    "TRIGGERED": OrderStatus.WORKING,
    "ACTIVATED": OrderStatus.WORKING,
    "CANCEL_PENDING": OrderStatus.CANCEL_PENDING,
    "REPLACE_PENDING": OrderStatus.REPLACE_PENDING,
    "REPLACED": OrderStatus.REPLACED,
    "CANCELED": OrderStatus.CANCELLED,
    "PARTIAL_CANCELED": OrderStatus.CANCELLED,
    "FAILED": OrderStatus.REJECTED,
    "REJECTED": OrderStatus.REJECTED,
    "EXECUTED": OrderStatus.FILLED,
    "EXPIRED": OrderStatus.EXPIRED,
}
"""``NONE`` and ``STOPPED`` could mean several things and stay unknown."""
_OVER = {
    OrderStatus.REPLACED,
    OrderStatus.CANCELLED,
    OrderStatus.REJECTED,
    OrderStatus.FILLED,
    OrderStatus.EXPIRED,
}
_TYPE = {
    "market": OrderType.MARKET,
    "limit": OrderType.LIMIT,
    "stop": OrderType.STOP,
    "stoploss": OrderType.STOP,
    "stoplimit": OrderType.STOP_LIMIT,
    "stoplosslimit": OrderType.STOP_LIMIT,
    "trailingstop": OrderType.TRAILING_STOP,
    "trailingstoplimit": OrderType.TRAILING_STOP_LIMIT,
}
_IN_FORCE = {
    "day": TimeInForce.DAY,
    "gtc": TimeInForce.GTC,
    "ioc": TimeInForce.IOC,
    "fok": TimeInForce.FOK,
    "gtd": TimeInForce.GTD,
    "moo": TimeInForce.DAY,
    "ehp": TimeInForce.DAY,
}
_SIDE = {side.value.upper(): side for side in OrderSide if side is not OrderSide.UNKNOWN} | {
    "BUY_COVER": OrderSide.BUY_TO_COVER,
    "BUY_OPEN": OrderSide.BUY_TO_OPEN,
    "BUY_CLOSE": OrderSide.BUY_TO_CLOSE,
    "SELL_OPEN": OrderSide.SELL_TO_OPEN,
    "SELL_CLOSE": OrderSide.SELL_TO_CLOSE,
}


_OPENS = {
    OrderSide.BUY_TO_OPEN: True,
    OrderSide.SELL_TO_OPEN: True,
    OrderSide.BUY_TO_CLOSE: False,
    OrderSide.SELL_TO_CLOSE: False,
}


def order(given: wire.Order, account: AccountId) -> Order:
    """One record as an order.

    Raises:
        ValueError: it has no id, or a figure or time that no real order has.
    """
    if not given.brokerage_order_id:
        raise ValueError("no order id")
    status = STATUS.get((given.status or "").upper(), OrderStatus.UNKNOWN)
    filled = _figure(given.filled_quantity) or Decimal(0)
    quantity = _quantity(given, filled)
    what = either(given.universal_symbol, given.option_symbol)
    action = clean(given.action, 64)
    leg = None
    if what is not None:
        side = _SIDE.get(action.upper(), OrderSide.UNKNOWN)
        leg = OrderLeg(
            instrument=what, side=side, quantity=quantity, raw_side=action, opens=_opens(what, side)
        )
    executed, updated = lenient(given.time_executed), lenient(given.time_updated)
    in_force = (given.time_in_force or "").lower()
    amount, percent, raw_trail = _trail(given.trailing_stop)
    return Order(
        id=clean(given.brokerage_order_id, 128),
        account=account,
        status=status,
        type=_type(given),
        time_in_force=_IN_FORCE.get(in_force, TimeInForce.UNKNOWN),
        # Which of the extended hours it is nobody says, and of others nothing is told.
        session=TradingSession.EXTENDED if in_force == "ehp" else TradingSession.UNKNOWN,
        legs=() if leg is None else (leg,),
        quantity=quantity,
        filled_quantity=filled,
        entered_at=moment(given.time_placed),
        closed_at=(executed or updated) if status in _OVER else None,
        limit_price=_figure(given.limit_price),
        stop_price=_figure(given.stop_price),
        average_price=(_figure(given.execution_price) or None) if filled else None,
        strategy=clean(given.order_role, 32),
        raw_status=clean(given.status, 64),
        raw_type=clean(given.order_type, 64),
        trail_amount=amount,
        trail_percent=percent,
        good_till=day(given.expiry_date) if in_force == "gtd" else None,
        raw_trail=raw_trail,
    )


def together(records: Mapping[str, wire.Order], orders: Iterable[Order]) -> tuple[Order, ...]:
    """Orders that another one triggers, put under it; everything else as it came."""
    flat = {one.id: one for one in orders}
    parent_of: dict[str, str] = {}
    for name, record in records.items():
        if name not in flat:
            continue
        named = record.child_brokerage_order_ids
        children = [named.take_profit_order_id, named.stop_loss_order_id] if named else []
        group = record.brokerage_group_order_id
        if record.order_role == "TRIGGER" and group:
            children += [
                other
                for other, one in records.items()
                if one.brokerage_group_order_id == group and one.order_role != "TRIGGER"
            ]
        for child in children:
            # Never in a circle: who has a parent or is one stays where it is.
            if child in flat and child != name and name not in parent_of:
                parent_of.setdefault(child, name)
    parents = set(parent_of.values())
    parent_of = {child: parent for child, parent in parent_of.items() if child not in parents}
    under: dict[str, list[Order]] = {}
    for child, parent in parent_of.items():
        under.setdefault(parent, []).append(flat[child])
    return tuple(
        replace(one, children=tuple(under[name])) if name in under else one
        for name, one in flat.items()
        if name not in parent_of
    )


def entered_within(one: Order, since: datetime, until: datetime) -> bool:
    """Whether it belongs to the span; an order whose time is not known does."""
    return one.entered_at is None or since <= one.entered_at <= until


def entered_since(one: Order, since: datetime) -> bool:
    """Whether it was entered since then; an order whose time is not known may have been."""
    return one.entered_at is None or one.entered_at >= since


def _quantity(given: wire.Order, filled: Decimal) -> Decimal:
    """The whole. An order over an amount of money has none: then what is known of its parts."""
    total = _figure(given.total_quantity)
    if total is not None:
        return abs(total)
    parts = (_figure(given.open_quantity), _figure(given.canceled_quantity))
    return abs(sum((part for part in parts if part is not None), filled))


def _opens(what: Instrument, side: OrderSide) -> bool | None:
    """Told of options alone: of shares, brokerages make it out of what is held."""
    return _OPENS.get(side) if what.asset_type is AssetType.OPTION else None


def _trail(given: wire.Trailing | None) -> tuple[Decimal | None, Decimal | None, str]:
    """By how much money it trails, by how many percent, or by what else."""
    if given is None:
        return None, None, ""
    distance = _figure(given.amount) or None
    match (given.type or "").upper():
        case "DOLLAR":
            return distance, None, ""
        case "PERCENT":
            return None, distance, ""
        case other:
            return None, None, clean(other, 64)


def _type(given: wire.Order) -> OrderType:
    if (given.time_in_force or "").upper() == "MOO":
        return OrderType.MARKET_ON_OPEN
    name = (given.order_type or "").lower().replace("_", "").replace(" ", "")
    return _TYPE.get(name, OrderType.UNKNOWN)


def _figure(value: Decimal | None) -> Decimal | None:
    return None if value is None else exact(value)
