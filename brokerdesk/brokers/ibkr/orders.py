"""Orders of TWS as facts: the book from messages 5 and 3, the past from message 101.

A status is only ever taken from what TWS says about the order, never from an error message.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from brokerdesk.brokers.ibkr.answers import UNREADABLE, Question
from brokerdesk.brokers.ibkr.border import known, needed
from brokerdesk.brokers.ibkr.instruments import instrument
from brokerdesk.brokers.ibkr.mapping import Named, moment, words
from brokerdesk.brokers.text import MESSAGE_LENGTH, clean, clean_symbol
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.reading import Batch, Unread

_STATUS = {
    "PendingSubmit": OrderStatus.PENDING,
    "ApiPending": OrderStatus.PENDING,
    "PreSubmitted": OrderStatus.WORKING,
    "Submitted": OrderStatus.WORKING,
    "PendingCancel": OrderStatus.CANCEL_PENDING,
    "Cancelled": OrderStatus.CANCELLED,
    "ApiCancelled": OrderStatus.CANCELLED,
    "Filled": OrderStatus.FILLED,
}
"""“Inactive” is left out on purpose: it may be rejected, cancelled or waiting."""
_TYPES = {
    "MKT": OrderType.MARKET,
    "LMT": OrderType.LIMIT,
    "STP": OrderType.STOP,
    "STP LMT": OrderType.STOP_LIMIT,
    "TRAIL": OrderType.TRAILING_STOP,
    "TRAIL LIMIT": OrderType.TRAILING_STOP_LIMIT,
    "MOC": OrderType.MARKET_ON_CLOSE,
    "LOC": OrderType.LIMIT_ON_CLOSE,
    "MOO": OrderType.MARKET_ON_OPEN,
    "LOO": OrderType.LIMIT_ON_OPEN,
}
_AT_OPEN = {
    OrderType.MARKET: OrderType.MARKET_ON_OPEN,
    OrderType.LIMIT: OrderType.LIMIT_ON_OPEN,
}
_LIMITED = (
    OrderType.LIMIT,
    OrderType.STOP_LIMIT,
    OrderType.TRAILING_STOP_LIMIT,
    OrderType.LIMIT_ON_CLOSE,
    OrderType.LIMIT_ON_OPEN,
)
_STOPPED = (OrderType.STOP, OrderType.STOP_LIMIT)
_TIMES = {
    "DAY": TimeInForce.DAY,
    "": TimeInForce.DAY,
    "OPG": TimeInForce.DAY,
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "GTD": TimeInForce.GTD,
}
_DAY = re.compile(r"(\d{8})(?:([ -])(\d\d:\d\d:\d\d)(?: (\S+))?)?", re.ASCII)
_NEW_YORK = ZoneInfo("America/New_York")
INACTIVE = "Inactive"
_REJECTED = re.compile(r"\breject", re.IGNORECASE)
OrderKey = tuple[int, int]
_SIDES = {"BUY": OrderSide.BUY, "SELL": OrderSide.SELL, "SSHORT": OrderSide.SELL_SHORT}


def contracts(*questions: Question) -> list[Any]:
    """The contracts of all orders, legs as well."""
    return [contract for one in questions for contract, _, _ in one.of("order")]


def open_orders(
    question: Question,
    account: AccountId,
    number: str,
    named: Named,
    others: Collection[str] = (),
) -> Batch[Order]:
    """Orders in the book, children under their parents; those of no account at all are named."""
    status: dict[tuple[int, int], tuple[Any, ...]] = {}
    for values in question.of("status"):
        status[order_key(values[8], values[0], values[5])] = values
    found: dict[tuple[int, int], tuple[Order, tuple[int, int] | None]] = {}
    unread = list(question.unread)
    for index, (contract, order, state) in enumerate(question.of("order")):
        if order.whatIf:
            continue
        if order.account != number:
            if others and order.account not in others:
                unread.append(_nobodys(f"orders[{index}]", contract))
            continue
        key = order_key(order.clientId, order.orderId, order.permId)
        try:
            one = one_order(contract, order, state, status.get(key), account, named)
        except ValueError:
            label = clean_symbol(contract.symbol)
            unread.append(Unread(where=f"orders[{index}]", reason=UNREADABLE, label=label))
            continue
        parent = (order.clientId, order.parentId) if order.parentId else None
        found[key] = (one, parent)
    return Batch(items=_nested(found), unread=tuple(unread))


def completed_orders(
    question: Question,
    account: AccountId,
    number: str,
    span: tuple[datetime, datetime],
    named: Named,
    others: Collection[str] = (),
) -> Batch[Order]:
    """Orders that left the book in the span."""
    items: list[Order] = []
    unread = list(question.unread)
    for index, (contract, order, state) in enumerate(question.of("order")):
        if order.account != number:
            if others and order.account not in others:
                unread.append(_nobodys(f"completed[{index}]", contract))
            continue
        try:
            closed = _completed_at(state.completedTime)
            filled = known(order.filledQuantity) or Decimal(0)
            one = _order(contract, order, words(state.status), account, named, filled)
        except ValueError:
            label = clean_symbol(contract.symbol)
            unread.append(Unread(where=f"completed[{index}]", reason=UNREADABLE, label=label))
            continue
        if closed is None or span[0] <= closed <= span[1]:
            text = clean(state.completedStatus, MESSAGE_LENGTH)
            if one.session is TradingSession.REGULAR:
                # Of orders that left the book, nobody has seen whether TWS still tells it.
                one = replace(one, session=TradingSession.UNKNOWN)
            if one.raw_status == INACTIVE and _REJECTED.search(text):
                one = replace(one, status=OrderStatus.REJECTED)
            items.append(replace(one, closed_at=closed, status_text=text))
    return Batch(items=tuple(items), unread=tuple(unread))


def _nobodys(where: str, contract: Any) -> Unread:
    """For an order whose account is not one of the login's."""
    return Unread(where=where, reason=UNREADABLE, label=clean_symbol(contract.symbol))


def order_key(client: int, order: int, perm: int) -> OrderKey:
    """By client and number; those entered in TWS itself have neither but a permanent number."""
    return (client, order) if order > 0 else (-1, perm)


def _nested(
    found: dict[tuple[int, int], tuple[Order, tuple[int, int] | None]],
) -> tuple[Order, ...]:
    children: dict[tuple[int, int], list[Order]] = {}
    for one, parent in found.values():
        if parent is not None and parent in found and found[parent][1] is None:
            children.setdefault(parent, []).append(one)
    return tuple(
        replace(one, children=tuple(children.get(key, ())))
        for key, (one, parent) in found.items()
        if parent is None or parent not in found or found[parent][1] is not None
    )


def one_order(
    contract: Any,
    order: Any,
    state: Any,
    status: tuple[Any, ...] | None,
    account: AccountId,
    named: Named,
) -> Order:
    """One order in the book; message 3 knows its fills and the newest status."""
    if status is None:
        return _order(contract, order, words(state.status), account, named, Decimal(0))
    filled = needed(status[2])
    one = _order(contract, order, words(status[1]), account, named, filled)
    average = known(status[4]) if filled else None
    return replace(one, average_price=average)


def _order(
    contract: Any, order: Any, status: str, account: AccountId, named: Named, filled: Decimal
) -> Order:
    raw_type = words(order.orderType)
    kind = _TYPES.get(raw_type.upper(), OrderType.UNKNOWN)
    if order.tif == "OPG":
        kind = _AT_OPEN.get(kind, kind)
    quantity = needed(order.totalQuantity)
    if not quantity and filled:
        quantity = filled
    stop = order.auxPrice if kind in _STOPPED else order.trailStopPrice
    trails = kind in (OrderType.TRAILING_STOP, OrderType.TRAILING_STOP_LIMIT)
    outside = bool(order.outsideRth)
    percent = (known(order.trailingPercent) or None) if trails else None
    lasts = _TIMES.get(words(order.tif).upper(), TimeInForce.UNKNOWN)
    return Order(
        id=_identity(order),
        account=account,
        status=_STATUS.get(status, OrderStatus.UNKNOWN),
        type=kind,
        time_in_force=lasts,
        session=TradingSession.EXTENDED if outside else TradingSession.REGULAR,
        legs=_legs(contract, order, quantity, named),
        quantity=quantity,
        filled_quantity=filled,
        limit_price=known(order.lmtPrice) if kind in _LIMITED else None,
        stop_price=known(stop) if kind in _STOPPED or trails else None,
        client_order_id=words(order.orderRef),
        raw_status=status,
        raw_type=raw_type,
        notional=known(order.cashQty) or None,
        # Of a distance in percent, TWS may tell what it comes to as well.
        trail_amount=(known(order.auxPrice) or None) if trails and percent is None else None,
        trail_percent=percent,
        good_till=_last_day(words(order.goodTillDate)) if lasts is TimeInForce.GTD else None,
        all_or_none=bool(order.allOrNone) or None,
    )


def _identity(order: Any) -> str:
    """TWS's permanent number; before it has one, client and number.

    Raises:
        ValueError: the order has none of them.
    """
    if order.permId > 0:
        return str(order.permId)
    if order.orderId > 0:
        return f"{order.clientId}.{order.orderId}"
    raise ValueError("an order without a number")


def _legs(contract: Any, order: Any, quantity: Decimal, named: Named) -> tuple[OrderLeg, ...]:
    """One leg, or those of a combination, whose contracts are known by number alone."""
    if contract.secType != "BAG" or not contract.comboLegs:
        what = instrument(contract, named.get(contract.conId))
        return (_leg(what, order.action, quantity),)
    legs = []
    for one in contract.comboLegs:
        details = named.get(one.conId)
        if details is None or details.contract is None:
            raise ValueError("a leg that nobody knows")
        what = instrument(details.contract, details)
        action = one.action if order.action == "BUY" else _turned(one.action)
        leg = _leg(what, action, quantity * one.ratio)
        legs.append(replace(leg, ratio=Decimal(one.ratio)))
    return tuple(legs)


def _turned(action: str) -> str:
    return {"BUY": "SELL", "SELL": "BUY"}.get(action, action)


def _leg(what: Any, action: str, quantity: Decimal) -> OrderLeg:
    side = _SIDES.get(action, OrderSide.UNKNOWN)
    return OrderLeg(instrument=what, side=side, quantity=quantity, raw_side=words(action))


def _last_day(text: str) -> date | None:
    """The day in New York of ``20270115 23:59:59 US/Eastern``, which is what is sent; TWS may write
    it in another zone, or in UTC with a stroke. None where a zone is missing or not known: it could
    be the day before or after.
    """
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    day, stroke, time, zone = match.groups()
    try:
        if time is None:
            return datetime.strptime(day, "%Y%m%d").date()  # noqa: DTZ007
        if not zone and stroke != "-":
            return None
        told = datetime.strptime(f"{day} {time}", "%Y%m%d %H:%M:%S")  # noqa: DTZ007
        return told.replace(tzinfo=ZoneInfo(zone) if zone else UTC).astimezone(_NEW_YORK).date()
    except (ValueError, LookupError, OSError, OverflowError):
        return None


def _completed_at(text: str) -> datetime | None:
    """``20261120 10:31:00 US/Eastern``; None when there is no time or no zone.

    Raises:
        ValueError: it looks like a time and is none.
    """
    from ib_async.util import parseIBDatetime

    try:
        return moment(parseIBDatetime(text)) if text else None
    except (LookupError, OSError) as error:
        raise ValueError("a zone that nobody knows") from error
