"""Reads of orders: those of the story, and the user's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.book import ZERO
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.orders import Order, Status
from brokerdesk.simulator.exchange.profiles import START
from brokerdesk.simulator.market.listings import Kind, Listing
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.instruments import ASSET_TYPES, instrument_id
from brokerdesk.simulator.schwab.own_orders import own_answer, word
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.times import order_time, read_time
from brokerdesk.simulator.schwab.trader import BASE, GRANT, account_of
from brokerdesk.simulator.wire import json_answer, number

STATUSES = frozenset(
    [
        "AWAITING_PARENT_ORDER",
        "AWAITING_CONDITION",
        "AWAITING_STOP_CONDITION",
        "AWAITING_MANUAL_REVIEW",
        "ACCEPTED",
        "AWAITING_UR_OUT",
        "PENDING_ACTIVATION",
        "QUEUED",
        "WORKING",
        "REJECTED",
        "PENDING_CANCEL",
        "CANCELED",
        "PENDING_REPLACE",
        "REPLACED",
        "FILLED",
        "EXPIRED",
        "NEW",
        "AWAITING_RELEASE_TIME",
        "PENDING_ACKNOWLEDGEMENT",
        "PENDING_RECALL",
        "UNKNOWN",
    ]
)
MOST = 3000
LONGEST = timedelta(days=366)
ALL_ACCOUNTS_BACK = timedelta(days=60, hours=1)
GOOD_FOR = timedelta(days=180)


class Orders:
    """The order reads, per account and for all."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(BASE + "/orders", self.everywhere)
        router.add_get(BASE + "/accounts/{hash}/orders", self.many)
        router.add_get(BASE + "/accounts/{hash}/orders/{id}", self.one)

    async def many(self, request: web.Request) -> web.Response:
        return self._answer(request, [account_of(self._state, request)], LONGEST)

    async def everywhere(self, request: web.Request) -> web.Response:
        since = read_time(request.query.get("fromEnteredTime", ""))
        if since is not None and since < self._state.clock.now() - ALL_ACCOUNTS_BACK:
            text = "fromEnteredTime must be within 60 days from today's date"
            return envelopes.trader_error(400, text, "fromEnteredTime")
        return self._answer(request, self._state.granted(request[GRANT]), LONGEST)

    async def one(self, request: web.Request) -> web.Response:
        account = account_of(self._state, request)
        wanted = request.match_info["id"]
        if not wanted.isdigit():
            return envelopes.trader_error(400, "Invalid order id", "orderId")
        now, floor = self._state.clock.now(), self._state.floor
        own = floor.find(account, int(wanted))
        if own is not None:
            return json_answer(own_answer(floor, account, own))
        opened = datetime(START.year, START.month, START.day, tzinfo=now.tzinfo)
        for order in account.story_orders(opened, now):
            if order.number == int(wanted):
                return json_answer(order_answer(account, order, now))
        return envelopes.trader_error(404, "Order not found")

    def _answer(
        self, request: web.Request, accounts: list[Account], longest: timedelta
    ) -> web.Response:
        query = request.query
        for name in ("fromEnteredTime", "toEnteredTime"):
            if not query.get(name):
                return envelopes.trader_error(400, f"{name} is required", name)
        since, until = read_time(query["fromEnteredTime"]), read_time(query["toEnteredTime"])
        if since is None or until is None:
            return envelopes.trader_error(400, "Invalid date", "fromEnteredTime", "toEnteredTime")
        if until < since or until - since > longest:
            text = "Date range must be within 1 year"
            return envelopes.trader_error(400, text, "fromEnteredTime")
        status = query.get("status")
        if status and status not in STATUSES:
            return envelopes.trader_error(400, "Invalid status", "status")
        most = query.get("maxResults", str(MOST))
        if not most.isdigit() or int(most) < 1:
            return envelopes.trader_error(400, "Invalid maxResults", "maxResults")
        now, floor = self._state.clock.now(), self._state.floor
        floor.advance()
        found: list[tuple[datetime, dict[str, Any]]] = []
        for account in accounts:
            for order in account.story_orders(since, min(until, now)):
                if status in (None, "", order.status(now).value):
                    found.append((order.entered, order_answer(account, order, now)))
            listed = list(floor.tickets(account))
            numbers = {one.number for one in listed}
            for own in listed:
                top = own.parent not in numbers and since <= own.entered <= until
                if top and status in (None, "", word(own)):
                    found.append((own.entered, own_answer(floor, account, own)))
        found.sort(key=lambda pair: pair[0], reverse=True)
        return json_answer([body for _, body in found[: min(int(most), MOST)]])


def order_answer(account: Account, order: Order, moment: datetime) -> dict[str, Any]:
    """The order object as it stood at a moment."""
    status = order.status(moment)
    fills = order.filled(moment)
    filled = sum((fill.quantity for fill in fills), ZERO)
    ended = status is not Status.WORKING
    body: dict[str, Any] = {
        "session": "NORMAL",
        "duration": "GOOD_TILL_CANCEL" if order.good_till_cancel else "DAY",
        "orderType": "MARKET" if order.limit is None else "LIMIT",
        "complexOrderStrategyType": "NONE",
        "quantity": number(order.quantity),
        "filledQuantity": number(filled),
        "remainingQuantity": ZERO if ended else number(order.quantity - filled),
        "requestedDestination": "AUTO",
        "destinationLinkName": "AutoRoute",
        "orderLegCollection": [_leg(account, order)],
        "orderStrategyType": "SINGLE",
        "orderId": order.number,
        "cancelable": not ended,
        "editable": not ended,
        "status": status.value,
        "enteredTime": order_time(order.entered),
        "tag": "SIM",
        "accountNumber": int(account.profile.number),
    }
    if order.limit is not None:
        body["price"] = order.limit
    if ended:
        body["closeTime"] = order_time(order.ends)
    if order.good_till_cancel:
        body["cancelTime"] = order_time(order.entered + GOOD_FOR)
    if status is Status.REJECTED:
        body["statusDescription"] = order.reason
    activities = _activities(order, moment)
    if activities:
        body["orderActivityCollection"] = activities
    return body


def _leg(account: Account, order: Order) -> dict[str, Any]:
    listing = account.market.listing(order.symbol)
    kind = listing.kind if listing else Kind.OPTION
    instrument: dict[str, Any] = {
        "assetType": ASSET_TYPES[kind],
        "symbol": order.symbol,
        "instrumentId": instrument_id(order.symbol),
    }
    if isinstance(listing, Listing):
        instrument["cusip"] = listing.cusip
    else:
        contract = account.market.option(order.symbol)
        assert contract is not None
        instrument["description"] = contract.description
        instrument["putCall"] = "CALL" if contract.call else "PUT"
        instrument["underlyingSymbol"] = contract.underlying
    return {
        "orderLegType": "EQUITY" if kind is Kind.ETF else ASSET_TYPES[kind],
        "legId": 1,
        "instrument": instrument,
        "instruction": order.instruction,
        "positionEffect": "OPENING" if order.opening else "CLOSING",
        "quantity": number(order.quantity),
    }


def _activities(order: Order, moment: datetime) -> list[dict[str, Any]]:
    found, left = [], order.quantity
    for fill in order.filled(moment):
        left -= fill.quantity
        found.append(
            _activity(order, fill.number, "FILL", fill.quantity, left, fill.price, fill.at)
        )
    if order.status(moment) is Status.CANCELED:
        zero = Decimal("0.0")
        cancelled = order.number + 9
        found.append(_activity(order, cancelled, "CANCELED", left, zero, zero, order.ends))
    return found


def _activity(
    order: Order,
    activity: int,
    kind: str,
    quantity: Decimal,
    left: Decimal,
    price: Decimal,
    at: datetime,
) -> dict[str, Any]:
    return {
        "activityType": "EXECUTION",
        "activityId": activity,
        "executionType": kind,
        "quantity": number(quantity),
        "orderRemainingQuantity": number(left),
        "executionLegs": [
            {
                "legId": 1,
                "quantity": number(quantity),
                "mismarkedQuantity": Decimal("0.0"),
                "price": price,
                "time": order_time(at),
                "instrumentId": instrument_id(order.symbol),
            }
        ],
    }
