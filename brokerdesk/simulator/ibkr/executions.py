"""Executions and their commissions: messages 11 and 59.

TWS keeps those of the current day; its trade log can be set to show seven.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.ibkr.contracts import contract
from brokerdesk.simulator.ibkr.frames import Message, double, message, plain
from brokerdesk.simulator.market.calendar import NEW_YORK

PERM = 10**9


def executions(account: Account, moment: datetime, days: int) -> list[Event]:
    """Trades of the newest ``days`` days in New York, oldest first."""
    local = moment.astimezone(NEW_YORK)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    since = midnight - timedelta(days=days - 1)
    return trades(account, since, moment)


def trades(account: Account, since: datetime, until: datetime) -> list[Event]:
    """Trades of a span, oldest first."""
    return [event for event in account.events(since, until) if event.what is What.TRADE]


def stamp(moment: datetime) -> str:
    return f"{moment.astimezone(NEW_YORK):%Y%m%d %H:%M:%S} US/Eastern"


def execution_id(event: Event, *, correction: int = 1) -> str:
    return f"0000e0d5.{event.number % 16**8:08x}.01.{correction:02d}"


def perm_id(order: int) -> int:
    return 100_000_000 + order % PERM


def messages(
    request: str, number: str, event: Event, *, correction: int = 1, order: Order | None = None
) -> list[Message]:
    """An execution and what it cost; ``order`` if it is one of a client."""
    told = order.words if order is not None else {}
    fills = [one for one in order.fills if one.at <= event.at] if order is not None else []
    cumulated = sum((one.quantity for one in fills), ZERO)
    known = contract(event.symbol)
    identity = execution_id(event, correction=correction)
    shares = plain(abs(event.quantity))
    done = message(
        11,
        request,
        told.get("order_id", 0),
        *known.eleven(),
        identity,
        stamp(event.at),
        number,
        known.exchange,
        "BOT" if event.quantity > 0 else "SLD",
        shares,
        double(event.price),
        perm_id(event.order),
        told.get("client", 0),
        0,
        plain(cumulated) if fills else shares,
        double(event.price),
        told.get("ref", ""),
        "",
        "",
        "",
        1,
        0,
    )
    fees = sum((amount for _, amount in event.fees), ZERO) + Decimal(0)
    return [done, message(59, 1, identity, double(fees), known.currency, "", "", "")]
