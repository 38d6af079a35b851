"""What every broker tells of an order: each of it by itself makes another order of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from support.drafts import draft, share

from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg
from brokerdesk.domain.order_match import differences

ME, T, D = AccountId("acme:1"), OrderType, Decimal
WISH = draft(ME, kind=T.STOP_LIMIT, limit_price=D("10.50"), stop_price=D("10.40"))
EXIT = draft(ME, side=OrderSide.SELL, limit_price=D(12))
STOP = draft(ME, side=OrderSide.SELL, kind=T.STOP, limit_price=None, stop_price=D(9))


def told(wish: Draft, *children: Order, **changes: Any) -> Order:
    units = wish.quantity or D(0)
    values: dict[str, Any] = {
        "id": "1",
        "account": wish.account,
        "status": OrderStatus.WORKING,
        "type": wish.type,
        "time_in_force": wish.time_in_force,
        "session": TradingSession.UNKNOWN,
        "legs": tuple(
            OrderLeg(instrument=leg.instrument, side=leg.side, quantity=units) for leg in wish.legs
        ),
        "quantity": units,
        "filled_quantity": D(0),
        "limit_price": wish.limit_price,
        "stop_price": wish.stop_price,
        "children": children,
    }
    return Order(**{**values, **changes})


def leg(symbol: str = "AAPL", side: OrderSide = OrderSide.BUY) -> tuple[OrderLeg, ...]:
    assert WISH.quantity is not None
    return (OrderLeg(instrument=share(symbol), side=side, quantity=WISH.quantity),)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ()),
        ({"account": AccountId("acme:2")}, ("account",)),
        ({"legs": leg("MSFT")}, ("instruments and sides",)),
        ({"legs": leg(side=OrderSide.SELL)}, ("instruments and sides",)),
        ({"legs": ()}, ("instruments and sides",)),
        ({"type": T.LIMIT}, ("type",)),
        ({"time_in_force": TimeInForce.GTC}, ("time in force",)),
        ({"time_in_force": TimeInForce.UNKNOWN}, ("time in force",)),
        ({"limit_price": D("10.51")}, ("limit price",)),
        ({"limit_price": None}, ("limit price",)),
        ({"stop_price": D("10.41")}, ("stop price",)),
        ({"stop_price": None}, ("stop price",)),
        ({"quantity": D(11)}, ("quantity",)),
        ({"quantity": D(9)}, ("quantity",)),
    ],
)
def test_each_field_by_itself(changes: dict[str, Any], names: tuple[str, ...]) -> None:
    assert differences(WISH, told(WISH, **changes)) == names


def test_each_linked_order_has_one_of_its_own() -> None:
    """Two alike are two orders: one of them does not stand for both."""
    either = replace(
        WISH, legs=(), quantity=None, limit_price=None, stop_price=None, link=Link.EITHER,
        children=(EXIT, EXIT),
    )  # fmt: skip
    assert differences(either, told(either, told(EXIT), told(EXIT))) == ()
    assert differences(either, told(either, told(EXIT))) == ("linked orders",)
    assert differences(either, told(either, told(EXIT), told(STOP))) == ("linked orders",)
    bracket = replace(WISH, link=Link.BRACKET, children=(EXIT, STOP))
    assert differences(bracket, told(WISH, told(STOP), told(EXIT))) == ()
    assert differences(bracket, told(WISH, told(STOP), told(STOP))) == ("linked orders",)
    assert differences(bracket, told(WISH)) == ("linked orders",)


def test_a_linked_order_is_held_to_every_field_too() -> None:
    bracket = replace(WISH, link=Link.BRACKET, children=(EXIT, STOP))
    for changes in (
        {"account": AccountId("acme:2")},
        {"stop_price": D("9.01")},
        {"quantity": D(11)},
        {"type": T.TRAILING_STOP},
    ):
        order = told(WISH, told(EXIT), told(STOP, **changes))
        assert differences(bracket, order) == ("linked orders",)
