"""``/v2/assets``, ``/v2/clock`` and ``/v2/calendar``."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.state import TRADING, AlpacaState
from brokerdesk.simulator.alpaca.words import (
    asset_class,
    asset_id,
    exchange_of,
    own_symbol,
    problem,
)
from brokerdesk.simulator.market import calendar
from brokerdesk.simulator.market.calendar import NEW_YORK
from brokerdesk.simulator.market.listings import Kind, Listing, all_listings
from brokerdesk.simulator.wire import json_answer

KINDS = (Kind.EQUITY, Kind.ETF, Kind.CRYPTO)


class Reference:
    """What there is to trade, and when."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(TRADING + "/v2/assets", self.assets)
        router.add_get(TRADING + "/v2/assets/{symbol:.+}", self.asset)
        router.add_get(TRADING + "/v2/clock", self.clock)
        router.add_get(TRADING + "/v2/calendar", self.calendar)

    async def assets(self, request: web.Request) -> web.Response:
        wanted = request.query.get("asset_class", "us_equity")
        if request.query.get("status", "active") == "inactive":
            return json_answer([])
        listed = [one for one in all_listings().values() if one.kind in KINDS]
        return json_answer([asset(one) for one in listed if asset_class(one.symbol) == wanted])

    async def asset(self, request: web.Request) -> web.Response:
        name = request.match_info["symbol"]
        symbol = own_symbol(self._state.exchange.market, name) or name
        for listing in all_listings().values():
            if listing.kind in KINDS and symbol in (listing.symbol, asset_id(listing.symbol)):
                return json_answer(asset(listing))
        return json_answer(problem(f"asset not found for {name}", 40410000), 404)

    async def clock(self, _: web.Request) -> web.Response:
        now = self._state.clock.now()
        day = calendar.new_york_day(now)
        session = calendar.session(day)
        is_open = session is not None and session.opens <= now < session.closes
        opens = _next(day, now, "opens")
        return json_answer(
            {
                "timestamp": _local(now),
                "is_open": is_open,
                "next_open": _local(opens),
                "next_close": _local(_next(day, now, "closes")),
            }
        )

    async def calendar(self, request: web.Request) -> web.Response:
        try:
            start = date.fromisoformat(request.query.get("start", "2016-01-04")[:10])
            end = date.fromisoformat(request.query.get("end", "2029-12-31")[:10])
        except ValueError:
            return json_answer(problem("invalid date", 40010001), 422)
        return json_answer([_day(day) for day in calendar.trading_days(start, end)])


def asset(listing: Listing) -> dict[str, Any]:
    """The asset object of a listing."""
    coin = listing.kind is Kind.CRYPTO
    suffix = {Kind.EQUITY: " Common Stock", Kind.CRYPTO: " / US Dollar"}.get(listing.kind, "")
    body: dict[str, Any] = {
        "id": asset_id(listing.symbol),
        "class": asset_class(listing.symbol),
        "exchange": exchange_of(listing.symbol),
        "symbol": listing.symbol,
        "name": listing.name + suffix,
        "status": "active",
        "tradable": True,
        "marginable": not coin,
        "shortable": not coin,
        "easy_to_borrow": not coin,
        "fractionable": True,
        "attributes": [] if coin else ["fractional_eh_enabled", "has_options"],
        "margin_requirement_long": "100" if coin else "30",
        "margin_requirement_short": "100" if coin else "30",
    }
    if coin:
        body |= {
            "min_order_size": "0.000010695",
            "min_trade_increment": "0.000000001",
            "price_increment": "0.01",
        }
    else:
        body["borrow_status"] = "easy_to_borrow"
    return body


def _next(day: date, now: datetime, name: str) -> datetime:
    for step in range(20):
        session = calendar.session(day + timedelta(days=step))
        if session is not None:
            moment: datetime = getattr(session, name)
            if moment > now:
                return moment
    raise AssertionError("the market never opens again")


def _local(moment: datetime) -> str:
    return moment.astimezone(NEW_YORK).replace(microsecond=0).isoformat()


def _day(day: date) -> dict[str, str]:
    session = calendar.session(day)
    assert session is not None
    closes = session.closes.astimezone(NEW_YORK)
    return {
        "date": day.isoformat(),
        "open": "09:30",
        "close": f"{closes:%H:%M}",
        "session_open": "0400",
        "session_close": "1700" if session.early else "2000",
        "settlement_date": calendar.next_trading_day(day).isoformat(),
    }
