"""Activities, orders and quotes of an account."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.exchange.book import CENT, ZERO
from brokerdesk.simulator.exchange.events import Event, What
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.accounts import UUID, of_account
from brokerdesk.simulator.snaptrade.own_orders import OPEN, newer, records, tickets
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
        router.add_get(about + "/orders/v2", of_account(self._state, self.newer_orders))
        router.add_get(about + "/recentOrders/v2", of_account(self._state, self.newer_recent))
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
        since = moment - timedelta(days=int(days))
        rows = records(self._state, held.account, since, moment)
        if state == "executed":
            rows = [row for row in rows if row["status"] == "EXECUTED"]
        elif state == "open":
            rows = [row for row in rows if row["status"] in OPEN]
        return json_answer(rows)

    async def recent_orders(self, request: web.Request, held: Held) -> web.Response:
        if not self._state.switches.recent_orders_allowed or not held.house.recent_orders:
            return words.not_enabled()
        moment = self._state.seen_at(held)
        rows = records(self._state, held.account, moment - timedelta(days=1), moment)
        if request.query.get("only_executed", "true").lower() != "false":
            rows = [row for row in rows if row["status"] == "EXECUTED"]
        return json_answer({"orders": rows})

    async def newer_recent(self, _: web.Request, held: Held) -> web.Response:
        if not self._state.switches.recent_orders_allowed or not held.house.recent_orders:
            return words.not_enabled()
        moment = self._state.seen_at(held)
        return json_answer({"orders": self._newer(held, moment - timedelta(days=1), moment)})

    async def newer_orders(self, _: web.Request, held: Held) -> web.Response:
        moment = self._state.seen_at(held).replace(minute=0, second=0, microsecond=0)
        return json_answer({"orders": self._newer(held, moment - timedelta(days=30), moment)})

    def _newer(self, held: Held, since: datetime, moment: datetime) -> list[dict[str, Any]]:
        """The user's own orders, with their legs inside."""
        found = [one for one in tickets(held.account) if since <= one.entered <= moment]
        return [newer(self._state, held.account, one, moment) for one in reversed(found)]

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


def _kind(event: Event) -> str:
    if event.what is What.TRADE:
        return "BUY" if event.quantity > 0 else "SELL"
    return TYPES[event.what]
