"""``/accounts/{hash}/transactions``: bookings in Schwab's words."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.exchange import Account
from brokerdesk.simulator.exchange.story import multiplier
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.listings import Kind
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.instruments import describe, instrument_id
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.times import order_time, read_time
from brokerdesk.simulator.schwab.trader import BASE, account_of
from brokerdesk.simulator.wire import json_answer, number

TYPES = frozenset(
    [
        "TRADE",
        "RECEIVE_AND_DELIVER",
        "DIVIDEND_OR_INTEREST",
        "ACH_RECEIPT",
        "ACH_DISBURSEMENT",
        "CASH_RECEIPT",
        "CASH_DISBURSEMENT",
        "ELECTRONIC_FUND",
        "WIRE_OUT",
        "WIRE_IN",
        "JOURNAL",
        "MEMORANDUM",
        "MARGIN_CALL",
        "MONEY_MARKET",
        "SMA_ADJUSTMENT",
    ]
)
WORDS = {
    What.TRADE: "TRADE",
    What.SPLIT: "RECEIVE_AND_DELIVER",
    What.EXPIRE: "RECEIVE_AND_DELIVER",
    What.DIVIDEND: "DIVIDEND_OR_INTEREST",
    What.INTEREST: "DIVIDEND_OR_INTEREST",
    What.DEPOSIT: "ACH_RECEIPT",
    What.WITHDRAWAL: "ACH_DISBURSEMENT",
}
MOST = 3000
LONGEST = timedelta(days=366)
CURRENCY = {
    "assetType": "CURRENCY",
    "status": "ACTIVE",
    "symbol": "CURRENCY_USD",
    "description": "USD currency",
    "instrumentId": 1,
    "closingPrice": Decimal("0.0"),
}


class Transactions:
    """The transaction reads."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(BASE + "/accounts/{hash}/transactions", self.many)
        router.add_get(BASE + "/accounts/{hash}/transactions/{id}", self.one)

    async def many(self, request: web.Request) -> web.Response:
        account = account_of(self._state, request)
        query = request.query
        for name in ("startDate", "endDate", "types"):
            if not query.get(name):
                return envelopes.trader_error(400, f"{name} is required", name)
        since, until = read_time(query["startDate"]), read_time(query["endDate"])
        types = frozenset(query["types"].split(","))
        if since is None or until is None:
            return envelopes.trader_error(400, "Invalid date", "startDate", "endDate")
        if until < since or until - since > LONGEST:
            return envelopes.trader_error(400, "Date range must be within 1 year", "startDate")
        if types - TYPES:
            return envelopes.trader_error(400, "Invalid transaction type", "types")
        events = account.events(since, min(until, self._state.clock.now()))
        symbol = query.get("symbol")
        chosen = [
            event
            for event in reversed(events)
            if kind_of(event) in types and symbol in (None, "", event.symbol)
        ]
        return json_answer([transaction(account, event) for event in chosen[:MOST]])

    async def one(self, request: web.Request) -> web.Response:
        account = account_of(self._state, request)
        wanted = request.match_info["id"]
        if not wanted.isdigit():
            return envelopes.trader_error(400, "Invalid transaction id", "transactionId")
        now = self._state.clock.now()
        for event in account.events(datetime(2015, 1, 5, tzinfo=now.tzinfo), now):
            if event.number == int(wanted):
                body = transaction(account, event)
                return json_answer([body] if self._state.switches.transaction_as_array else body)
        return envelopes.trader_error(404, "Transaction not found")


def kind_of(event: Event) -> str:
    if event.what is What.TRADE and event.text == "Sweep":
        return "MONEY_MARKET"
    return WORDS[event.what]


def transaction(account: Account, event: Event) -> dict[str, Any]:
    """The transaction object of one event."""
    sold = event.what is What.TRADE and event.opening and event.quantity < 0
    short = sold and account.market.option(event.symbol) is None
    margin = "SHORT" if short else "MARGIN"
    body: dict[str, Any] = {
        "activityId": event.number,
        "time": order_time(event.at),
        "accountNumber": account.profile.number,
        "type": kind_of(event),
        "status": "VALID",
        "subAccount": margin if account.profile.margin else "CASH",
        "tradeDate": order_time(event.at),
        "netAmount": event.amount,
        "transferItems": _items(account, event),
    }
    if event.text:
        body["description"] = f"{event.text} {event.symbol}".strip()
    if event.what is What.TRADE:
        day = calendar.next_trading_day(calendar.new_york_day(event.at))
        body["settlementDate"] = f"{day.isoformat()}T00:00:00+0000"
        body["positionId"] = 2_500_000_000 + instrument_id(event.symbol)
    if event.order:
        body["orderId"] = event.order
    return body


def _items(account: Account, event: Event) -> list[dict[str, Any]]:
    money = {"instrument": CURRENCY, "amount": event.amount, "cost": event.amount}
    if not event.symbol or event.what in (What.DIVIDEND, What.INTEREST):
        return [money]
    items: list[dict[str, Any]] = [
        {"instrument": CURRENCY, "amount": fee, "cost": -fee, "feeType": name}
        for name, fee in event.fees or (("COMMISSION", Decimal("0.0")),)
    ]
    market = account.market
    listing, contract = market.listing(event.symbol), market.option(event.symbol)
    instrument = describe(listing, contract)
    instrument["status"] = "ACTIVE"
    instrument["instrumentId"] = instrument_id(event.symbol)
    instrument["closingPrice"] = market.price(event.symbol, event.at)
    if listing is not None and listing.kind is Kind.EQUITY:
        instrument["type"] = "COMMON_STOCK"
    moved = event.quantity
    if event.what is What.SPLIT:
        before = account.book_at(event.at - timedelta(microseconds=1)).quantity(event.symbol)
        moved = before * (event.quantity - 1)
    gross = (event.quantity * event.price * multiplier(market, event.symbol)).quantize(CENT)
    security: dict[str, Any] = {
        "instrument": instrument,
        "amount": number(moved),
        "cost": -gross if event.what is What.TRADE else ZERO,
    }
    if event.what is What.TRADE:
        security["price"] = event.price
        security["positionEffect"] = "OPENING" if event.opening else "CLOSING"
    return [*items, security] if event.what is What.TRADE else [security]
