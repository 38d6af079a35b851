"""A change of an order never becomes a second order, nor one of something else."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.order_desk import order_desk
from support.trading import a_draft, trading_room

from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import OrderSide, OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.errors import NotSupportedError
from brokerdesk.services.ledger_rules import PARTLY_FILLED, cannot_replace


def partly(order: Order) -> Order:
    return replace(order, filled_quantity=Decimal(6))


def filled(order: Order) -> Order:
    return replace(order, filled_quantity=order.quantity, status=OrderStatus.FILLED)


def of_another(order: Order) -> Order:
    leg = order.legs[0]
    return replace(order, legs=(replace(leg, instrument=replace(leg.instrument, symbol="XYZ")),))


def a_sale(order: Order) -> Order:
    return replace(order, legs=(replace(order.legs[0], side=OrderSide.SELL),))


@pytest.mark.parametrize(
    ("becomes", "words"),
    [
        (partly, PARTLY_FILLED),
        (filled, "It is filled."),
        (of_another, "The order that is to be changed is another one."),
        (a_sale, "The order that is to be changed is another one."),
    ],
)
async def test_the_order_is_looked_at_just_before_it_is_changed(
    tmp_path: Path, becomes: Any, words: str
) -> None:
    """Six of ten were bought while the change was reviewed: a new order for ten would make it
    sixteen where the broker cancels the old one and takes a new one.
    """
    async with trading_room(tmp_path) as room:
        first = await room.place(a_draft(), "one")
        room.exchange.orders[first.order_id] = becomes(room.exchange.orders[first.order_id])
        wish = room.reviewed(a_draft(limit_price=Decimal("10.60")), "two", first.order_id)
        with pytest.raises(NotSupportedError) as refused:
            await room.sending.replace(wish)
        assert refused.value.title == words
        assert room.exchange.sends == ["one"]
        assert await room.journal.get("two") is None


async def test_what_the_broker_does_not_show_is_not_changed(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        wish = room.reviewed(a_draft(), "two", "nobody's")
        with pytest.raises(NotSupportedError, match="does not show"):
            await room.sending.replace(wish)
        assert room.exchange.sends == []


@pytest.mark.parametrize("broker", ["schwab", "ibkr"])
async def test_a_change_names_the_order_of_another_symbol(tmp_path: Path, broker: str) -> None:
    """Schwab's message for a change is a whole order: it would put one in the other's place."""
    async with order_desk(tmp_path, broker) as desk:
        first = await desk.place(desk.wish(), "one")
        assert first.state is IntentState.ACCEPTED, first.words
        other = desk.wish(side=OrderSide.SELL, limit_price=desk.price("1.2"))
        with pytest.raises(NotSupportedError):
            await desk.place(other, "two", replaces=first.order_id)
        assert len(desk.truth()) == 1


def test_the_page_of_orders_says_so_too(tmp_path: Path) -> None:
    order = Order(
        id="o", account=a_draft().account, status=OrderStatus.WORKING, type=a_draft().type,
        time_in_force=a_draft().time_in_force, session=a_draft().session, legs=(),
        quantity=Decimal(10), filled_quantity=Decimal(1), entered_at=None,
    )  # fmt: skip
    assert cannot_replace(order, trades=True) == PARTLY_FILLED
