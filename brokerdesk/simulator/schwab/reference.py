"""``/markets`` and ``/instruments``: opening hours and what is listed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.market import calendar, candles, noise
from brokerdesk.simulator.market.listings import Kind, Listing, by_cusip, securities
from brokerdesk.simulator.market.market import phase
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.quotes import BASE
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.wire import json_answer

MARKETS = ("equity", "option", "bond", "future", "forex")
PROJECTIONS = (
    "symbol-search",
    "symbol-regex",
    "desc-search",
    "desc-regex",
    "search",
    "fundamental",
)
PRODUCTS = {
    "equity": (("EQ", "equity", time(16)),),
    "option": (("EQO", "equity option", time(16)), ("IND", "index option", time(16, 15))),
    "bond": (("BON", "bond", time(16)),),
}
MOST_FOUND = 100
ASSETS = {
    Kind.EQUITY: "EQUITY",
    Kind.ETF: "ETF",
    Kind.MUTUAL_FUND: "MUTUAL_FUND",
    Kind.MONEY_MARKET: "MUTUAL_FUND",
    Kind.BOND: "BOND",
    Kind.INDEX: "INDEX",
}


class Reference:
    """The routes about markets and instruments."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(BASE + "/markets", self.markets)
        router.add_get(BASE + "/markets/{market}", self.market)
        router.add_get(BASE + "/instruments", self.instruments)
        router.add_get(BASE + "/instruments/{cusip}", self.by_cusip)

    async def markets(self, request: web.Request) -> web.Response:
        return self._hours(request, request.query.get("markets", "").split(","))

    async def market(self, request: web.Request) -> web.Response:
        return self._hours(request, [request.match_info["market"]])

    def _hours(self, request: web.Request, names: list[str]) -> web.Response:
        if not all(name in MARKETS for name in names):
            text = "markets must be any of equity,option,bond,future,forex"
            return envelopes.market_error(400, "Bad Request", text, "markets")
        today = calendar.new_york_day(self._state.clock.now())
        day = _date(request.query.get("date", ""), today)
        if day is None or not today <= day <= today + timedelta(days=366):
            text = "date must be from today to a year ahead"
            return envelopes.market_error(400, "Bad Request", text, "date")
        closed = self._state.switches.closed_market_key
        return json_answer({name: market_day(name, day, closed) for name in names})

    async def instruments(self, request: web.Request) -> web.Response:
        symbol = request.query.get("symbol", "")
        projection = request.query.get("projection", "")
        if not symbol:
            return envelopes.market_error(400, "Bad Request", "symbol is required", "symbol")
        if projection not in PROJECTIONS:
            text = f"projection must be any of {','.join(PROJECTIONS)}"
            return envelopes.market_error(400, "Bad Request", text, "projection")
        try:
            found = list(_search(symbol, projection))
        except re.error:
            return envelopes.market_error(400, "Bad Request", "not a pattern", "symbol")
        now = self._state.clock.now()
        bodies = []
        for listing in found[:MOST_FOUND]:
            body = _instrument(listing)
            if projection == "fundamental":
                body["fundamental"] = self._fundamental(listing, now)
            bodies.append(body)
        return json_answer({"instruments": bodies})

    async def by_cusip(self, request: web.Request) -> web.Response:
        listing = by_cusip().get(request.match_info["cusip"])
        if listing is None:
            return envelopes.market_error(404, "Not Found")
        body = _instrument(listing)
        if self._state.switches.cusip_as_object:
            return json_answer(body)
        return json_answer({"instruments": [body]})

    def _fundamental(self, listing: Listing, now: datetime) -> dict[str, Any]:
        market = self._state.exchange.market
        place = phase(now).place
        year = market.walks.closes(listing)[place - 252 : place]
        factor = float(market.corporate.factors(listing)[place])
        usual = Decimal(candles.average_volume(market, listing))
        price = market.price(listing.symbol, now)
        units = 50_000_000 + noise.key("units", listing.symbol) % 5_000_000_000
        return {
            "symbol": listing.symbol,
            "high52": Decimal(round(float(year.max()) * factor * 100)) / 100,
            "low52": Decimal(round(float(year.min()) * factor * 100)) / 100,
            "dividendAmount": (price * listing.rate / 100).quantize(Decimal("0.01")),
            "dividendYield": listing.rate,
            "peRatio": Decimal("24.5"),
            "pegRatio": Decimal("1.8"),
            "marketCap": price * units,
            "sharesOutstanding": Decimal(units),
            "beta": Decimal("1.0"),
            "vol1DayAvg": usual,
            "vol10DayAvg": usual,
            "vol3MonthAvg": usual,
            "avg10DaysVolume": usual,
        }


def market_day(name: str, day: date, closed_key: str) -> dict[str, Any]:
    """One market's answer for a day; on closed days another key and no hours."""
    session = calendar.session(day)
    kind = name.upper()
    if session is None or name not in PRODUCTS:
        key = closed_key if name == "equity" else name
        return {key: {"date": day.isoformat(), "marketType": kind, "product": key, "isOpen": False}}
    found = {}
    for product, title, closes in PRODUCTS[name]:
        ends = time(13) if session.early else closes
        hours = {"regularMarket": [_span(day, time(9, 30), ends)]}
        if name == "equity":
            hours = {
                "preMarket": [_span(day, time(7), time(9, 30))],
                **hours,
                "postMarket": [_span(day, ends, time(17) if session.early else time(20))],
            }
        found[product] = {
            "date": day.isoformat(),
            "marketType": kind,
            "product": product,
            "productName": title,
            "isOpen": True,
            "sessionHours": hours,
        }
    return found


def _span(day: date, start: time, end: time) -> dict[str, str]:
    starts, ends = (datetime.combine(day, at, calendar.NEW_YORK) for at in (start, end))
    return {"start": starts.isoformat(), "end": ends.isoformat()}


def _date(text: str, today: date) -> date | None:
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _search(text: str, projection: str) -> Iterable[Listing]:
    listings = securities().values()
    if projection in ("symbol-search", "fundamental"):
        wanted = set(text.split(","))
        return (x for x in listings if x.symbol in wanted)
    if projection == "symbol-regex":
        pattern = re.compile(text, re.IGNORECASE)
        return (x for x in listings if pattern.fullmatch(x.symbol))
    if projection == "desc-regex":
        pattern = re.compile(text, re.IGNORECASE)
        return (x for x in listings if pattern.fullmatch(x.name))
    lowered = text.lower()
    if projection == "desc-search":
        return (x for x in listings if lowered in x.name.lower())
    return (
        x for x in listings if x.symbol.lower().startswith(lowered) or lowered in x.name.lower()
    )


def _instrument(listing: Listing) -> dict[str, Any]:
    return {
        "cusip": listing.cusip,
        "symbol": listing.symbol,
        "description": listing.name.upper(),
        "exchange": listing.exchange,
        "assetType": ASSETS[listing.kind],
    }
