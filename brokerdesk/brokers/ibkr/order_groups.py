"""Orders of TWS put together again: what hangs together, and what only its executions tell of.

TWS forgets the tie between orders when one of them leaves the book, and never tells that of orders
that cancel each other. Our labels keep it: what hangs on an order carries that one's and a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from brokerdesk.brokers.ibkr.answers import Question
from brokerdesk.brokers.ibkr.border import known, needed
from brokerdesk.brokers.ibkr.instruments import instrument
from brokerdesk.brokers.ibkr.mapping import Named, words
from brokerdesk.brokers.ibkr.order_wire import parent_label
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order import Order, OrderLeg

_SIDES = {"BOT": OrderSide.BUY, "SLD": OrderSide.SELL}


def grouped(orders: Iterable[Order]) -> tuple[Order, ...]:
    """The same orders, those that hang on another one under it. A label that is on two orders says
    nothing.
    """
    given = tuple(orders)
    counts = Counter(one.client_order_id for one in given if one.client_order_id)
    children: dict[str, list[Order]] = {}
    heads = []
    for one in given:
        parent = parent_label(one.client_order_id)
        if parent and counts[parent] == 1:
            children.setdefault(parent, []).append(one)
        else:
            heads.append(one)
    return tuple(
        replace(one, children=(*one.children, *_sorted(children[one.client_order_id])))
        if one.client_order_id and counts[one.client_order_id] == 1
        and one.client_order_id in children
        else one
        for one in heads
    )  # fmt: skip


def _sorted(orders: list[Order]) -> list[Order]:
    return sorted(orders, key=lambda one: one.client_order_id)


def flat(orders: Iterable[Order]) -> Iterator[Order]:
    """All of them, those that hang on others as well."""
    for one in orders:
        yield one
        yield from flat(one.children)


def only_executed(
    question: Question, account: AccountId, number: str, others: Collection[str], named: Named
) -> tuple[Order, ...]:
    """Orders of which executions tell but no list (TWS lists those of lately alone): that they are
    there and how much of them was filled is certain, and nothing else.

    Args:
        others: ids of orders that a list has.
    """
    newest: dict[int, tuple[Any, Any, Decimal]] = {}
    for contract, done in question.of("execution"):
        if done.acctNumber != number or done.permId <= 0 or str(done.permId) in others:
            continue
        try:
            units = needed(done.cumQty)
        except ValueError:
            continue
        if done.permId not in newest or units >= newest[done.permId][2]:
            newest[done.permId] = (contract, done, units)
    found = []
    for perm, (contract, done, units) in newest.items():
        try:
            what = instrument(contract, named.get(contract.conId))
            side = _SIDES.get(done.side, OrderSide.UNKNOWN)
            leg = OrderLeg(
                instrument=what, side=side, quantity=abs(units), raw_side=words(done.side)
            )
            average = known(done.avgPrice)
        except ValueError:
            continue
        found.append(
            Order(
                id=str(perm),
                account=account,
                status=OrderStatus.UNKNOWN,
                type=OrderType.UNKNOWN,
                time_in_force=TimeInForce.UNKNOWN,
                session=TradingSession.UNKNOWN,
                legs=(leg,),
                quantity=abs(units),
                filled_quantity=abs(units),
                average_price=average,
                client_order_id=words(done.orderRef),
                status_text="Known by its executions alone.",
            )
        )
    return tuple(found)
