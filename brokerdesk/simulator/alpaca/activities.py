"""``/v2/account/activities``: a list without an envelope, paged by the last id.

Trades carry price and quantity and no amount; fees are entries of their own. What else happened
carries a date and no time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.own_orders import order_id
from brokerdesk.simulator.alpaca.state import TRADING, AlpacaState
from brokerdesk.simulator.alpaca.words import (
    identifier,
    micro,
    problem,
    read_time,
    text,
    wire_symbol,
)
from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.orders import Order
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.market.calendar import new_york_day
from brokerdesk.simulator.market.market import utc
from brokerdesk.simulator.market.options import SYMBOL_LENGTH
from brokerdesk.simulator.wire import json_answer

TYPES = {
    What.DIVIDEND: "DIV",
    What.INTEREST: "INT",
    What.DEPOSIT: "CSD",
    What.WITHDRAWAL: "CSW",
    What.SPLIT: "SPLIT",
    What.EXPIRE: "OPEXP",
}
MOST = 100


class Activities:
    """The activity reads."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(TRADING + "/v2/account/activities", self.many)
        router.add_get(TRADING + "/v2/account/activities/{type}", self.many)

    async def many(self, request: web.Request) -> web.Response:
        query, now = request.query, self._state.clock.now()
        account = self._state.account(request)
        types = request.match_info.get("type") or query.get("activity_types", "")
        wanted = {name for name in types.split(",") if name}
        category = query.get("category")
        try:
            since = read_time(query.get("after"), utc(START, 0))
            until = read_time(query.get("until"), now)
            if query.get("date"):
                since = read_time(query["date"], since)
                until = since + timedelta(days=1)
            size = int(query.get("page_size", MOST))
        except ValueError:
            return json_answer(problem("invalid date", 40010001), 422)
        if not 0 < size <= MOST or (wanted and category):
            return json_answer(problem("invalid parameters", 40010001), 422)
        named = self._state.switches.short_sales_named
        found = activities(account, since, min(until, now), short_sales_named=named)
        if wanted:
            found = [each for each in found if each["activity_type"] in wanted]
        if category:
            trades = category == "trade_activity"
            found = [each for each in found if (each["activity_type"] == "FILL") == trades]
        if query.get("direction", "desc") == "desc":
            found.reverse()
        token = query.get("page_token")
        if token:
            places = [place for place, each in enumerate(found) if each["id"] == token]
            if not places:
                return json_answer(problem("invalid page_token", 40010001), 422)
            found = found[places[0] + 1 :]
        return json_answer(found[:size])


def activities(
    account: Account, since: datetime, until: datetime, *, short_sales_named: bool = False
) -> list[dict[str, Any]]:
    """Everything that happened after ``since`` and until ``until``, oldest first."""
    if until <= since:
        return []
    begun = since + timedelta(microseconds=1)
    orders = {one.number: one for one in account.orders(begun - timedelta(days=100), until)}
    found: list[dict[str, Any]] = []
    for event in account.events(begun, until):
        if event.what is What.TRADE:
            found.append(_fill(event, orders.get(event.order), short_sales_named))
            fees = sum((fee for _, fee in event.fees), ZERO)
            if fees:
                found.append(_entry(event, "FEE", -fees, kind="fee"))
        else:
            found.append(_other(account, event))
    return found


def _fill(event: Event, order: Order | None, short_sales_named: bool) -> dict[str, Any]:
    units = abs(event.quantity)
    whole = order.quantity if order is not None else units
    cumulated = units
    fills = [one for one in order.fills if one.at <= event.at] if order is not None else []
    if fills and units:
        # Of a combined order a leg trades so many units for each of the order's.
        ratio = units / fills[-1].quantity
        whole, cumulated = whole * ratio, sum((x.quantity for x in fills), ZERO) * ratio
    done = cumulated >= whole
    side = "buy" if event.quantity > 0 else "sell"
    option = len(event.symbol) == SYMBOL_LENGTH
    if short_sales_named and event.quantity < 0 and event.opening and not option:
        side = "sell_short"
    return {
        "id": _id(event.at, event.number, "fill"),
        "activity_type": "FILL",
        "transaction_time": micro(event.at),
        "type": "fill" if done else "partial_fill",
        "price": text(event.price),
        "qty": text(abs(event.quantity)),
        "side": side,
        "symbol": wire_symbol(event.symbol),
        "leaves_qty": text(max(ZERO, whole - cumulated)),
        "order_id": order_id(event.order),
        "cum_qty": text(cumulated),
        "order_status": "filled" if done else "partially_filled",
    }


def _other(account: Account, event: Event) -> dict[str, Any]:
    before = event.at - timedelta(microseconds=1)
    held = account.book_at(before).quantity(event.symbol) if event.symbol else ZERO
    body = _entry(event, TYPES[event.what], event.amount)
    if event.symbol:
        body["symbol"] = wire_symbol(event.symbol)
    if event.what is What.DIVIDEND and held:
        body["qty"] = text(held)
        body["per_share_amount"] = text((event.amount / held).quantize(Decimal("0.0001")))
        body["activity_sub_type"] = "CDIV"
    elif event.what is What.SPLIT:
        body["qty"] = text(held * (event.quantity - 1))
    elif event.what is What.EXPIRE:
        body["qty"] = text(event.quantity)
    return body


def _entry(event: Event, word: str, amount: Decimal, kind: str = "entry") -> dict[str, Any]:
    return {
        "id": _id(event.at, event.number, kind),
        "activity_type": word,
        "date": new_york_day(event.at).isoformat(),
        "created_at": micro(event.at),
        "net_amount": text(amount),
        "description": event.text,
        "currency": "USD",
        "status": "executed",
    }


def _id(at: datetime, number: int, kind: str) -> str:
    return f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03d}::{identifier(kind, number)}"
