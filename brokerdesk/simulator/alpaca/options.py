"""Option contracts, and what a whole chain costs: two hosts, both in pages."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from aiohttp import web

from brokerdesk.simulator.alpaca.data import quote_answer, trade_answer
from brokerdesk.simulator.alpaca.state import DATA, TRADING, AlpacaState, AlpacaSwitches
from brokerdesk.simulator.alpaca.words import asset_id, identifier, own_symbol, problem, text
from brokerdesk.simulator.market import calendar, noise, series
from brokerdesk.simulator.market.listings import Listing
from brokerdesk.simulator.market.options import OptionContract, option_symbol
from brokerdesk.simulator.wire import json_answer

MOST_CONTRACTS, MOST_SNAPSHOTS = 10_000, 1000
USUAL = 100
GREEKS = ("delta", "gamma", "rho", "theta", "vega")
FEEDS = ("indicative", "opra")
T = TypeVar("T")


class Options:
    """Which options there are, and their prices by underlying."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state
        self._market = state.exchange.market

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(TRADING + "/v2/options/contracts", self.contracts)
        router.add_get(TRADING + "/v2/options/contracts/{symbol}", self.contract)
        router.add_get(DATA + "/v1beta1/options/snapshots/{underlying}", self.chain)

    async def contracts(self, request: web.Request) -> web.Response:
        """Without days those that expire up to the next weekend, as the real one does."""
        query = request.query
        try:
            wanted = Wanted(query, MOST_CONTRACTS)
        except ValueError as error:
            return json_answer(problem(f"invalid {error}", 40010001), 422)
        if query.get("status", "active") != "active":
            return json_answer({"option_contracts": [], "next_page_token": None})
        found: list[OptionContract] = []
        for name in query.get("underlying_symbols", "").split(","):
            listing = self._market.listing(name)
            if listing is not None and series.optionable(listing):
                found += self._series(listing, wanted, until=self._weekend(query))
        page, token = wanted.page(found, self._state.switches)
        return json_answer(
            {"option_contracts": [self._body(one) for one in page], "next_page_token": token}
        )

    async def contract(self, request: web.Request) -> web.Response:
        name = request.match_info["symbol"]
        symbol = own_symbol(self._market, name)
        found = self._market.option(symbol) if symbol else None
        if found is None:
            return json_answer(problem("option contract not found", 40410000), 404)
        return json_answer(self._body(found))

    async def chain(self, request: web.Request) -> web.Response:
        feed = request.query.get("feed", FEEDS[0])
        if feed not in FEEDS:
            return json_answer(problem(f"invalid feed: {feed}"), 400)
        if feed == "opra" and self._state.switches.free_data:
            return json_answer(problem("OPRA agreement is not signed: no subscription"), 403)
        try:
            wanted = Wanted(request.query, MOST_SNAPSHOTS)
        except ValueError as error:
            return json_answer(problem(f"invalid {error}"), 400)
        listing = self._market.listing(request.match_info["underlying"])
        found: list[OptionContract] = []
        if listing is not None and series.optionable(listing):
            found = list(self._series(listing, wanted))
        page, token = wanted.page(found, self._state.switches)
        snapshots = {one.symbol.replace(" ", ""): self._snapshot(one) for one in page}
        return json_answer({"snapshots": snapshots, "next_page_token": token})

    def _weekend(self, query: Any) -> date | None:
        if any(name.startswith("expiration_date") for name in query):
            return None
        today = calendar.new_york_day(self._state.clock.now())
        return today + timedelta(days=(6 - today.weekday()) % 7)

    def _series(
        self, listing: Listing, wanted: Wanted, until: date | None = None
    ) -> Iterator[OptionContract]:
        now = self._state.clock.now()
        price = self._market.price(listing.symbol, now)
        for day in series.expirations(calendar.new_york_day(now)):
            if until is not None and day > until:
                continue
            for strike in series.strikes(price):
                for call in (True, False):
                    symbol = option_symbol(listing.symbol, day, call=call, strike=strike)
                    one = OptionContract(symbol, listing.symbol, day, call, strike)
                    if wanted.has(one):
                        yield one

    def _body(self, one: OptionContract) -> dict[str, Any]:
        now = self._state.clock.now()
        before = self._market.day_before(now)
        closed = calendar.session(before)
        assert closed is not None
        return {
            "id": identifier("option", one.symbol),
            "symbol": one.symbol.replace(" ", ""),
            "name": one.description,
            "status": "active",
            "tradable": True,
            "expiration_date": one.expiration.isoformat(),
            "root_symbol": one.underlying,
            "underlying_symbol": one.underlying,
            "underlying_asset_id": asset_id(one.underlying),
            "type": "call" if one.call else "put",
            "style": "american",
            "strike_price": text(one.strike),
            "multiplier": "100",
            "size": "100",
            "open_interest": str(noise.key("open interest", one.symbol) % 5000),
            "open_interest_date": before.isoformat(),
            "close_price": text(self._market.price(one.symbol, closed.closes)),
            "close_price_date": before.isoformat(),
            "ppind": True,
        }

    def _snapshot(self, one: OptionContract) -> dict[str, Any]:
        now = self._state.clock.now()
        value = self._market.option_value(one, now)
        share = self._market.volatility(one.underlying)
        return {
            "latestTrade": trade_answer(self._market, one.symbol, now),
            "latestQuote": quote_answer(self._market, one.symbol, now),
            "impliedVolatility": _estimate(share),
            "greeks": {name: _estimate(getattr(value, name)) for name in GREEKS},
        }


class Wanted:
    """Which contracts a question is about, and which page of them."""

    def __init__(self, query: Any, most: int) -> None:
        self._day = _read(query, "expiration_date", date.fromisoformat)
        self._since = _read(query, "expiration_date_gte", date.fromisoformat)
        self._until = _read(query, "expiration_date_lte", date.fromisoformat)
        self._lowest = _read(query, "strike_price_gte", Decimal)
        self._highest = _read(query, "strike_price_lte", Decimal)
        self._type = query.get("type")
        self._root = query.get("root_symbol")
        self._limit = _read(query, "limit", int) or USUAL
        if self._type not in (None, "call", "put"):
            raise ValueError("type")
        if not 0 < self._limit <= most:
            raise ValueError("limit")
        self._skip = _read(query, "page_token", _place) or 0

    def has(self, one: OptionContract) -> bool:
        return (
            self._day in (None, one.expiration)
            and (self._since is None or one.expiration >= self._since)
            and (self._until is None or one.expiration <= self._until)
            and (self._lowest is None or one.strike >= self._lowest)
            and (self._highest is None or one.strike <= self._highest)
            and self._type in (None, "call" if one.call else "put")
            and self._root in (None, one.underlying)
        )

    def page(
        self, found: list[OptionContract], switches: AlpacaSwitches
    ) -> tuple[list[OptionContract], str | None]:
        """One page in the order of symbols, and the token of the next."""
        found = sorted(found, key=lambda one: one.symbol)
        size = min(self._limit, switches.options_page or self._limit)
        end = size if switches.options_circle else self._skip + size
        token = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(found) else None
        return found[self._skip : self._skip + size], token


def _read(query: Any, name: str, read: Callable[[str], T]) -> T | None:
    given = query.get(name)
    if not given:
        return None
    try:
        return read(given)
    except (ValueError, InvalidOperation):
        raise ValueError(name) from None


def _place(token: str) -> int:
    return int(base64.urlsafe_b64decode(token))


def _estimate(value: float) -> Decimal:
    """A greek, which is an estimate and no money."""
    return Decimal(repr(round(value, 4)))
