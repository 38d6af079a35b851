"""``/v2/orders``: reads, of the story's orders and of the user's own.

In the story every other good-till-cancelled order is a bracket with two legs.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.own_orders import (
    client_id,
    flat,
    nested,
    order_class,
    order_id,
    tops,
)
from brokerdesk.simulator.alpaca.state import TRADING, AlpacaState
from brokerdesk.simulator.alpaca.words import (
    asset_class,
    asset_id,
    identifier,
    maybe,
    nano,
    own_symbol,
    problem,
    read_time,
    text,
    wire_symbol,
)
from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.exchange.orders import Fill, Order, Status
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.exchange.tickets import Ticket
from brokerdesk.simulator.market.market import utc
from brokerdesk.simulator.wire import json_answer

WORDS = {
    Status.FILLED: "filled",
    Status.CANCELED: "canceled",
    Status.REJECTED: "rejected",
    Status.EXPIRED: "expired",
}
ENDS = {
    "filled": "filled_at",
    "canceled": "canceled_at",
    "rejected": "failed_at",
    "expired": "expired_at",
}
CLOSED = frozenset({*ENDS, "replaced"})
MOST = 500


class Orders:
    """Reads of orders: those of the story, and the user's own."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(TRADING + "/v2/orders", self.many)
        router.add_get(TRADING + "/v2/orders:by_client_order_id", self.by_client_id)
        router.add_get(TRADING + "/v2/orders/{id}", self.one)

    async def many(self, request: web.Request) -> web.Response:
        query, now = request.query, self._state.clock.now()
        account = self._state.account(request)
        try:
            since = read_time(query.get("after"), utc(START, 0))
            until = min(now, read_time(query.get("until"), now))
            limit = int(query.get("limit", "50"))
        except ValueError:
            return json_answer(problem("invalid request", 40010001), 422)
        wanted = query.get("status", "open")
        if wanted not in ("open", "closed", "all") or not 0 < limit <= MOST:
            return json_answer(problem("invalid status or limit", 40010001), 422)
        bodies = self._bodies(account, since, until, now, open_end=not query.get("until"))
        if query.get("nested", "false").lower() != "true":
            bodies = [each for body in bodies for each in _flat(body)]
        if wanted != "all":
            closed = wanted == "closed"
            bodies = [body for body in bodies if (body["status"] in CLOSED) == closed]
        if query.get("symbols"):
            given = query["symbols"].split(",")
            symbols = {own_symbol(account.market, name) for name in given}
            bodies = [b for b in bodies if own_symbol(account.market, b["symbol"]) in symbols]
        if query.get("side"):
            bodies = [body for body in bodies if body["side"] == query["side"]]
        if query.get("direction", "desc") == "desc":
            bodies.reverse()
        return json_answer(bodies[:limit])

    def _bodies(
        self, account: Account, since: datetime, until: datetime, now: datetime, *, open_end: bool
    ) -> list[dict[str, Any]]:
        """Orders with their legs, oldest first. Both ends are exclusive, but for now itself."""
        step = timedelta(microseconds=1)
        told = account.story_orders(since + step, until - step) if since + step < until else []
        found = [(one.entered, order_answer(account, one, now)) for one in told]
        floor = self._state.floor
        for one in tops(list(floor.tickets(account))):
            if since < one.entered and (one.entered < until or open_end):
                found.append((one.entered, nested(floor, one)))
        return [body for _, body in sorted(found, key=lambda pair: pair[0])]

    async def one(self, request: web.Request) -> web.Response:
        return self._found(request, "id", request.match_info["id"])

    async def by_client_id(self, request: web.Request) -> web.Response:
        return self._found(request, "client_order_id", request.query.get("client_order_id", ""))

    def _found(self, request: web.Request, name: str, wanted: str) -> web.Response:
        now, account = self._state.clock.now(), self._state.account(request)
        deep = request.query.get("nested", "false").lower() == "true"
        own = own_ticket(self._state.floor, account, wanted, by_client_id=name != "id")
        if own is not None:
            floor = self._state.floor
            shown = deep or order_class(floor, own) == "mleg"
            return json_answer(nested(floor, own) if shown else flat(floor, own))
        for order in reversed(account.story_orders(utc(START, 0), now)):
            body = order_answer(account, order, now)
            for each in _flat(body):
                if each[name] == wanted:
                    return json_answer(body if deep and each["id"] == body["id"] else each)
        return json_answer(problem("order not found", 40410000), 404)


def own_ticket(
    floor: Floor,
    account: Account,
    wanted: str,
    *,
    by_client_id: bool = False,
    hidden: bool = False,
) -> Ticket | None:
    """An own order by its id, or by the client's; ``hidden``: even if nobody may see it yet."""
    floor.advance()
    for number, ticket in reversed(floor.by_number.items()):
        if ticket.terms is not None and ticket.account == account.profile.number:
            name = client_id(ticket) if by_client_id else order_id(number)
            if name == wanted:
                return ticket if hidden else floor.find(account, number)
    return None


def is_bracket(order: Order) -> bool:
    return order.good_till_cancel and order.number % 2 == 0


def order_answer(account: Account, order: Order, moment: datetime) -> dict[str, Any]:
    """One order at a moment, its legs nested."""
    fills, filled = order.filled(moment), ZERO
    for fill in fills:
        filled += fill.quantity
    status = order.status(moment)
    word = WORDS.get(status, "partially_filled" if fills else "new")
    side = "buy" if order.instruction.startswith("BUY") else "sell"
    body = _order(
        order.number,
        order.symbol,
        side=side,
        kind="limit" if order.limit is not None else "market",
        entered=order.entered,
        ended=order.ends if word in ENDS else None,
        status=word,
    )
    effect = "open" if order.opening else "close"
    body |= {
        "qty": text(order.quantity),
        "filled_qty": text(filled),
        "filled_avg_price": maybe(_average(fills)),
        "limit_price": maybe(order.limit),
        "time_in_force": "gtc" if order.good_till_cancel else "day",
        "position_intent": f"{side}_to_{effect}",
    }
    if is_bracket(order):
        body["order_class"] = "bracket"
        body["legs"] = _legs(order, body)
    return body


def _legs(order: Order, parent: dict[str, Any]) -> list[dict[str, Any]]:
    """What a bracket does once its entry is filled: take the profit or stop the loss."""
    over = parent["status"] in ENDS
    assert order.limit is not None
    prices = (("limit", "limit_price", "1.2"), ("stop", "stop_price", "0.9"))
    found = []
    for place, (kind, name, factor) in enumerate(prices, 1):
        leg = _order(
            order.number * 10 + place,
            order.symbol,
            side="sell",
            kind=kind,
            entered=order.entered,
            ended=order.ends if over else None,
            status="canceled" if over else "held",
        )
        leg |= {
            "qty": text(order.quantity),
            "order_class": "bracket",
            "time_in_force": "gtc",
            "position_intent": "sell_to_close",
            name: text((order.limit * Decimal(factor)).quantize(CENT)),
        }
        found.append(leg)
    return found


def _order(
    number: int,
    symbol: str,
    *,
    side: str,
    kind: str,
    entered: datetime,
    ended: datetime | None,
    status: str,
) -> dict[str, Any]:
    times: dict[str, str | None] = dict.fromkeys(ENDS.values())
    if ended is not None:
        times[ENDS[status]] = nano(ended)
    return {
        "id": order_id(number),
        "client_order_id": identifier("client order", number),
        "created_at": nano(entered),
        "updated_at": nano(ended or entered),
        "submitted_at": nano(entered),
        **times,
        "expires_at": None,
        "replaced_at": None,
        "replaced_by": None,
        "replaces": None,
        "asset_id": asset_id(symbol),
        "symbol": wire_symbol(symbol),
        "asset_class": asset_class(symbol),
        "notional": None,
        "qty": None,
        "filled_qty": "0",
        "filled_avg_price": None,
        "order_class": "",
        "order_type": kind,
        "type": kind,
        "side": side,
        "position_intent": None,
        "time_in_force": "day",
        "limit_price": None,
        "stop_price": None,
        "status": status,
        "extended_hours": False,
        "legs": None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
        "ratio_qty": None,
        "subtag": None,
        "source": None,
    }


def _average(fills: tuple[Fill, ...]) -> Decimal | None:
    units = sum((fill.quantity for fill in fills), ZERO)
    if not units:
        return None
    worth = sum((fill.quantity * fill.price for fill in fills), ZERO)
    return (worth / units).quantize(Decimal("0.000001"))


def _flat(body: dict[str, Any]) -> list[dict[str, Any]]:
    """An order and its legs side by side, as without ``nested``."""
    legs = body["legs"] or ()
    return [{**body, "legs": None}, *legs]
