"""An order of the story that goes on as the user's own, once the account is."""

from __future__ import annotations

from datetime import datetime

from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.exchange.terms import Kind, Lasts, Leg, Strategy, Terms
from brokerdesk.simulator.exchange.tickets import Execution, LegFill


def executions_of(order: Order, until: datetime) -> list[Execution]:
    """What it had filled by a moment."""
    sign = 1 if order.instruction.startswith("BUY") else -1
    return [
        Execution(
            number=fill.number,
            at=fill.at,
            quantity=fill.quantity,
            price=fill.price,
            legs=(LegFill(symbol=order.symbol, quantity=sign * fill.quantity, price=fill.price),),
        )
        for fill in order.filled(until)
    ]


def plain(order: Order) -> Strategy:
    """An order of the story in terms."""
    kind = Kind.LIMIT if order.limit is not None else Kind.MARKET
    buys = order.instruction.startswith("BUY")
    return Strategy(
        number=order.number,
        terms=Terms(
            legs=(Leg(symbol=order.symbol, buys=buys, opening=order.opening),),
            kind=kind,
            lasts=Lasts.GTC if order.good_till_cancel else Lasts.DAY,
            quantity=order.quantity,
            limit=order.limit,
        ),
    )
