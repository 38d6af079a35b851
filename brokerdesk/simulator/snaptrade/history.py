"""Activities, orders and quotes of an account."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.exchange.orders import Order, Status
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.accounts import UUID, of_account
from brokerdesk.simulator.snaptrade.state import Held, SnapTradeState
from brokerdesk.simulator.wire import json_answer, number

MOST = 1000
TYPES = {
    What.DIVIDEND: "DIVIDEND",
    What.INTEREST: "INTEREST",
    What.DEPOSIT: "CONTRIBUTION",
    What.WITHDRAWAL: "WITHDRAWAL",
    What.EXPIRE: "OPTIONEXPIRATION",
    What.SPLIT: "SPLIT",
}
ACTIONS = {
    "BUY_TO_COVER": "BUY_COVER",
    "BUY_TO_OPEN": "BUY_OPEN",
    "BUY_TO_CLOSE": "BUY_CLOSE",
    "SELL_TO_OPEN": "SELL_OPEN",
    "SELL_TO_CLOSE": "SELL_CLOSE",
}
STATUSES = {
    Status.FILLED: "EXECUTED",
    Status.REJECTED: "REJECTED",
    Status.EXPIRED: "EXPIRED",
}
OPTION_LENGTH = 21


class History:
    """What happened in an account, and what its instruments cost now."""

    def __init__(self, state: SnapTradeState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        about = f"{prefix}/accounts/{UUID}"
        router.add_get(about + "/activities", of_account(self._state, self.activities))
        router.add_get(about + "/orders", of_account(self._state, self.orders))
        router.add_get(about + "/recentOrders", of_account(self._state, self.recent_orders))
        router.add_get(about + "/quotes", of_account(self._state, self.quotes))

    async def activities(self, request: web.Request, held: Held) -> web.Response:
        """Newest first, in pages; what happened today is not there yet."""
        try:
            offset = int(request.query.get("offset", "0"))
            limit = min(MOST, int(request.query.get("limit", str(MOST))))
            since = date.fromisoformat(request.query.get("startDate", "2000-01-01"))
            until = date.fromisoformat(request.query.get("endDate", "2100-01-01"))
        except ValueError:
            return words.problem(400, "1012", "Invalid input")
        if offset < 0 or limit < 1:
            return words.problem(400, "1012", "Invalid input")
        wanted = {kind for kind in request.query.get("type", "").split(",") if kind}
        today = datetime.combine(self._state.clock.now().date(), time(0), UTC)
        begin = datetime.combine(since, time(0), UTC)
        end = min(datetime.combine(until, time(23, 59, 59), UTC), today - timedelta(seconds=1))
        sweep = held.account.profile.sweep
        events = held.account.events(begin, end) if begin < end else []
        rows = []
        for event in reversed(events):
            if sweep and event.symbol == sweep and event.what is What.TRADE:
                continue
            kind = _kind(event)
            if not wanted or kind in wanted:
                rows.append((event, kind))
        page = [self._activity(held, *row) for row in rows[offset : offset + limit]]
        pages = {"offset": offset, "limit": limit, "total": len(rows)}
        return json_answer({"data": page, "pagination": pages})

    async def orders(self, request: web.Request, held: Held) -> web.Response:
        """As they were at the last full hour: this list is not asked of the brokerage."""
        state = request.query.get("state", "all")
        days = request.query.get("days", "30")
        if state not in ("all", "open", "executed") or not days.isdigit():
            return words.problem(400, "1012", "Invalid input")
        if not 1 <= int(days) <= 90:
            return words.problem(400, "1012", "days must be between 1 and 90")
        moment = self._state.seen_at(held).replace(minute=0, second=0, microsecond=0)
        found = held.account.orders(moment - timedelta(days=int(days)), moment)
        rows = [self._order(held, one, moment) for one in reversed(found)]
        if state == "executed":
            rows = [row for row in rows if row["status"] == "EXECUTED"]
        elif state == "open":
            rows = [row for row in rows if row["status"] in ("ACCEPTED", "PARTIAL")]
        return json_answer(rows)

    async def recent_orders(self, request: web.Request, held: Held) -> web.Response:
        if not self._state.switches.recent_orders_allowed or not held.house.recent_orders:
            return words.not_enabled()
        moment = self._state.seen_at(held)
        found = held.account.orders(moment - timedelta(days=1), moment)
        rows = [self._order(held, one, moment) for one in reversed(found)]
        if request.query.get("only_executed", "true").lower() != "false":
            rows = [row for row in rows if row["status"] == "EXECUTED"]
        return json_answer({"orders": rows})

    async def quotes(self, request: web.Request, held: Held) -> web.Response:
        symbols = [name for name in request.query.get("symbols", "").split(",") if name]
        if not self._state.switches.quotes_allowed:
            return words.not_enabled()
        if not held.house.quotes:
            return json_answer({"error": "Not implemented for this brokerage"}, 501)
        if not symbols or len(symbols) > 10:
            return words.problem(400, "1012", "Between 1 and 10 symbols")
        found = []
        for name in symbols:
            listing = words.known_as(name)
            if listing is None:
                continue
            price = held.account.market.price(listing.symbol, self._state.clock.now())
            found.append(
                {
                    "symbol": words.universal(self._state, listing.symbol),
                    "last_trade_price": number(price),
                    "bid_price": number(price - CENT),
                    "ask_price": number(price + CENT),
                    "bid_size": 200,
                    "ask_size": 300,
                }
            )
        return json_answer(found)

    def _activity(self, held: Held, event: Event, kind: str) -> dict[str, Any]:
        state, market = self._state, held.account.market
        is_option = len(event.symbol) == OPTION_LENGTH
        fee = sum((amount for _, amount in event.fees), ZERO)
        amount = event.amount if state.switches.fee_inside else event.amount + fee
        trade = event.what is What.TRADE
        option_type = ""
        if is_option and trade:
            option_type = f"{kind}_TO_{'OPEN' if event.opening else 'CLOSE'}"
        settles = calendar.next_trading_day(event.at.date())
        day = event.at.date().isoformat() + "T00:00:00Z"
        return {
            "id": state.uuid("activity", held.id, event.number, state.switches.activity_ids),
            "symbol": words.plain(state, event.symbol) if event.symbol and not is_option else None,
            "option_symbol": words.option(state, market, event.symbol) if is_option else None,
            "price": number(event.price),
            "units": number(self._units(held, event)),
            "amount": number(amount),
            "currency": words.currency(state, "USD"),
            "type": kind,
            "option_type": option_type,
            "description": event.text or f"{kind} {event.symbol}".strip(),
            # Only trades carry a time; everything else is of a day.
            "trade_date": words.moment(event.at) if trade else day,
            "settlement_date": settles.isoformat() + "T00:00:00Z",
            "fee": number(fee),
            "fx_rate": None,
            "institution": held.house.name,
            "external_reference_id": str(event.order) if event.order else None,
        }

    def _units(self, held: Held, event: Event) -> Decimal:
        if event.what is not What.SPLIT:
            return event.quantity
        before = held.account.book_at(event.at - timedelta(microseconds=1)).quantity(event.symbol)
        return before * (event.quantity - 1)

    def _order(self, held: Held, one: Order, moment: datetime) -> dict[str, Any]:
        state = self._state
        is_option = len(one.symbol) == OPTION_LENGTH
        filled = sum((fill.quantity for fill in one.filled(moment)), ZERO)
        status = _status(one, moment, filled)
        over = one.status(moment) is not Status.WORKING
        left = one.quantity - filled
        price = one.filled(moment)[0].price if filled else None
        changed = words.moment(one.ends) if over else None
        return {
            "brokerage_order_id": str(one.number),
            "brokerage_group_order_id": None,
            "order_role": None,
            "status": status,
            "universal_symbol": None if is_option else words.universal(state, one.symbol),
            "option_symbol": words.option(state, held.account.market, one.symbol)
            if is_option
            else None,
            "quote_universal_symbol": None,
            "quote_currency": None,
            "action": ACTIONS.get(one.instruction, one.instruction),
            "total_quantity": words.text(one.quantity),
            "open_quantity": words.text(ZERO if over else left),
            "canceled_quantity": words.text(left if over else ZERO),
            "filled_quantity": words.text(filled),
            "execution_price": None if price is None else words.text(price),
            "limit_price": None if one.limit is None else words.text(one.limit),
            "stop_price": None if one.stop is None else words.text(one.stop),
            "trailing_stop": None,
            "order_type": "Market" if one.limit is None else "Limit",
            "time_in_force": "GTC" if one.good_till_cancel else "Day",
            "time_placed": words.moment(one.entered),
            "time_updated": changed,
            "time_executed": changed if status == "EXECUTED" else None,
            "expiry_date": None,
            "symbol": state.uuid("local symbol", one.symbol),
            "child_brokerage_order_ids": None,
        }


def _kind(event: Event) -> str:
    if event.what is What.TRADE:
        return "BUY" if event.quantity > 0 else "SELL"
    return TYPES[event.what]


def _status(one: Order, moment: datetime, filled: Decimal) -> str:
    now = one.status(moment)
    if now is Status.WORKING:
        return "PARTIAL" if filled else "ACCEPTED"
    if now is Status.CANCELED:
        return "PARTIAL_CANCELED" if filled else "CANCELED"
    return STATUSES[now]
