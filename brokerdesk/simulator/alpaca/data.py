"""Market data: snapshots, latest quotes and bars of stocks, coins and options. Plain numbers."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.state import DATA, AlpacaState
from brokerdesk.simulator.alpaca.words import nano, own_symbol, problem, read_time, second
from brokerdesk.simulator.market import calendar, candles, noise
from brokerdesk.simulator.market.candles import Candle
from brokerdesk.simulator.market.listings import Kind, Listing, all_listings
from brokerdesk.simulator.market.market import Market, money, phase
from brokerdesk.simulator.wire import json_answer

STOCK_FEEDS = ("sip", "iex", "delayed_sip", "otc", "boats", "overnight")
RECENT = timedelta(minutes=15)
REFUSED = "subscription does not permit querying recent SIP data"
MINUTES = {"1Min": 1, "5Min": 5, "15Min": 15, "30Min": 30, "1Hour": 60}
MOST_BARS = 10_000
STOCKS = (Kind.EQUITY, Kind.ETF)


class MarketData:
    """The data host's reads."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state
        self._market = state.exchange.market

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(DATA + "/v2/stocks/snapshots", self.stock_snapshots)
        router.add_get(DATA + "/v2/stocks/quotes/latest", self.stock_quotes)
        router.add_get(DATA + "/v2/stocks/bars", self.stock_bars)
        router.add_get(DATA + "/v1beta3/crypto/us/snapshots", self.coin_snapshots)
        router.add_get(DATA + "/v1beta3/crypto/us/bars", self.coin_bars)
        router.add_get(DATA + "/v1beta1/options/snapshots", self.option_snapshots)

    async def stock_snapshots(self, request: web.Request) -> web.Response:
        refusal = self._refused(request, self._state.clock.now())
        if refusal is not None:
            return refusal
        found = {name: self._snapshot(listing) for name, listing in self._stocks(request)}
        return json_answer(found)

    async def stock_quotes(self, request: web.Request) -> web.Response:
        refusal = self._refused(request, self._state.clock.now())
        if refusal is not None:
            return refusal
        quotes = {name: self._quote(one.symbol) for name, one in self._stocks(request)}
        return json_answer({"quotes": quotes})

    async def stock_bars(self, request: web.Request) -> web.Response:
        return self._bars(request, dict(self._stocks(request)), stocks=True)

    async def coin_bars(self, request: web.Request) -> web.Response:
        return self._bars(request, dict(self._coins(request)), stocks=False)

    async def coin_snapshots(self, request: web.Request) -> web.Response:
        found = {name: self._snapshot(listing) for name, listing in self._coins(request)}
        return json_answer({"snapshots": found})

    async def option_snapshots(self, request: web.Request) -> web.Response:
        now = self._state.clock.now()
        found = {}
        for name in _symbols(request):
            symbol = own_symbol(self._market, name)
            contract = self._market.option(symbol) if symbol else None
            if contract is None:
                continue
            value = self._market.option_value(contract, now)
            greeks = ("delta", "gamma", "rho", "theta", "vega")
            found[name] = {
                "latestTrade": self._trade(contract.symbol),
                "latestQuote": self._quote(contract.symbol),
                "impliedVolatility": _rounded(self._market.volatility(contract.underlying)),
                "greeks": {greek: _rounded(getattr(value, greek)) for greek in greeks},
            }
        return json_answer({"snapshots": found, "next_page_token": None})

    def _stocks(self, request: web.Request) -> Iterator[tuple[str, Listing]]:
        for name in _symbols(request):
            listing = self._market.listing(name)
            if listing is not None and listing.kind in STOCKS:
                yield name, listing

    def _coins(self, request: web.Request) -> Iterator[tuple[str, Listing]]:
        for name in _symbols(request):
            listing = self._market.coin(name)
            if listing is not None:
                yield name, listing

    def _refused(self, request: web.Request, end: datetime) -> web.Response | None:
        """No symbols, an unknown feed, or newer consolidated prices than were paid for."""
        if not request.query.get("symbols"):
            return json_answer(problem("symbols is required"), 400)
        feed = request.query.get("feed", "sip")
        if feed not in STOCK_FEEDS:
            return json_answer(problem(f"invalid feed: {feed}"), 400)
        recent = end > self._state.clock.now() - RECENT
        if feed == "sip" and recent and self._state.switches.free_data:
            return json_answer(problem(REFUSED), 403)
        return None

    def _snapshot(self, listing: Listing) -> dict[str, Any]:
        now = self._state.clock.now()
        at = phase(now)
        day = calendar.all_trading_days()[at.place - 1]
        daily = list(candles.daily(self._market, listing, day, now))
        minute = list(
            candles.minutes(
                self._market, listing, at.traded_at - timedelta(minutes=2), at.traded_at, 1
            )
        )
        return {
            "latestTrade": self._trade(listing.symbol),
            "latestQuote": self._quote(listing.symbol),
            "minuteBar": bar_answer(minute[-1], minute[-1].begins) if minute else None,
            "dailyBar": bar_answer(daily[-1], _midnight(daily[-1])),
            "prevDailyBar": bar_answer(daily[0], _midnight(daily[0])) if len(daily) > 1 else None,
        }

    def _trade(self, symbol: str) -> dict[str, Any]:
        return trade_answer(self._market, symbol, self._state.clock.now())

    def _quote(self, symbol: str) -> dict[str, Any]:
        return quote_answer(self._market, symbol, self._state.clock.now())

    def _bars(
        self, request: web.Request, listings: dict[str, Listing], *, stocks: bool
    ) -> web.Response:
        query, now = request.query, self._state.clock.now()
        frame = query.get("timeframe", "")
        try:
            start = read_time(query.get("start"), now.replace(hour=0, minute=0, second=0))
            end = min(now, read_time(query.get("end"), now - RECENT if stocks else now))
            limit = int(query.get("limit", "1000"))
            skip = int(base64.urlsafe_b64decode(query.get("page_token", "")) or b"0")
        except ValueError:
            return json_answer(problem("invalid parameter"), 400)
        refusal = self._refused(request, end) if stocks else None
        if refusal is not None:
            return refusal
        if not 0 < limit <= MOST_BARS or frame not in (*MINUTES, "1Day"):
            return json_answer(problem(f"invalid timeframe: {frame}"), 400)
        raw = query.get("adjustment", "raw") == "raw"
        rows = [
            (name, bar)
            for name, listing in sorted(listings.items())
            for bar in self._series(listing, start, end, frame, raw=raw)
        ]
        if query.get("sort") == "desc":
            rows.reverse()
        page: dict[str, list[dict[str, Any]]] = {}
        for name, bar in rows[skip : skip + limit]:
            page.setdefault(name, []).append(bar)
        more = skip + limit < len(rows)
        token = base64.urlsafe_b64encode(str(skip + limit).encode()).decode() if more else None
        return json_answer({"bars": page, "next_page_token": token})

    def _series(
        self, listing: Listing, start: datetime, end: datetime, frame: str, *, raw: bool
    ) -> Iterator[dict[str, Any]]:
        if frame != "1Day":
            step = MINUTES[frame]
            for candle in candles.minutes(self._market, listing, start, end, step):
                yield bar_answer(candle, candle.begins)
            return
        for candle in candles.daily(self._market, listing, calendar.new_york_day(start), end):
            at = _midnight(candle)
            if start <= at <= end:
                yield bar_answer(self._unadjusted(listing, candle) if raw else candle, at)

    def _unadjusted(self, listing: Listing, candle: Candle) -> Candle:
        span = self._market.day_range(listing, calendar.place_of(candle.day))
        return Candle(
            candle.day,
            candle.begins,
            money(span.open),
            money(span.high),
            money(span.low),
            money(span.close),
            candle.volume,
        )


def trade_answer(market: Market, symbol: str, now: datetime) -> dict[str, Any]:
    """The last trade at a moment."""
    at = phase(now).traded_at
    body: dict[str, Any] = {
        "t": nano(at),
        "x": "V",
        "p": market.price(symbol, now),
        "s": 1 + noise.key(symbol, at) % 200,
        "c": ["@"],
        "i": noise.key(symbol, at) % 1_000_000,
        "z": "C",
    }
    if symbol not in all_listings():
        body = {name: body[name] for name in ("t", "x", "p", "s")} | {"c": "a"}
    elif all_listings()[symbol].kind is Kind.CRYPTO:
        body = {name: body[name] for name in ("t", "p", "s", "i")} | {"tks": "B"}
    return body


def quote_answer(market: Market, symbol: str, now: datetime) -> dict[str, Any]:
    """Around the last price; outside the session nobody bids or offers."""
    at = phase(now)
    last = market.price(symbol, now)
    half = max(Decimal("0.01"), (last * Decimal("0.0002")).quantize(Decimal("0.01")))
    listing = all_listings().get(symbol)
    rests = at.part >= 1.0 and (listing is None or listing.kind is not Kind.CRYPTO)
    bid, ask = (Decimal(0), Decimal(0)) if rests else (max(last - half, half), last + half)
    body: dict[str, Any] = {
        "t": nano(at.traded_at),
        "ap": ask,
        "as": 0 if rests else 3,
        "bp": bid,
        "bs": 0 if rests else 2,
    }
    if listing is None or listing.kind is not Kind.CRYPTO:
        body |= {"ax": "V", "bx": "V"}
        body |= {"c": "A"} if listing is None else {"c": ["R"], "z": "C"}
    return body


def bar_answer(candle: Candle, at: datetime) -> dict[str, Any]:
    middle = ((candle.high + candle.low + candle.close) / 3).quantize(Decimal("0.0001"))
    return {
        "t": second(at),
        "o": candle.open,
        "h": candle.high,
        "l": candle.low,
        "c": candle.close,
        "v": candle.volume,
        "n": max(1, candle.volume // 90),
        "vw": middle,
    }


def _midnight(candle: Candle) -> datetime:
    """Daily bars carry the midnight with which their day begins in New York."""
    return datetime.combine(candle.day, time(0), calendar.NEW_YORK).astimezone(UTC)


def _rounded(value: float) -> Decimal:
    return Decimal(repr(round(value, 4)))


def _symbols(request: web.Request) -> list[str]:
    return [name for name in request.query.get("symbols", "").split(",") if name]
