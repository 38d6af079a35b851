"""``/movers``: what moved most today, out of the whole simulated market."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from aiohttp import web

from brokerdesk.simulator.market import candles
from brokerdesk.simulator.market.listings import Kind, Listing, of_kind
from brokerdesk.simulator.market.market import money, phase
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.quotes import BASE
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.wire import json_answer

LISTS = {
    "$DJI": None,
    "$COMPX": "NASDAQ",
    "$SPX": None,
    "NYSE": "NYSE",
    "NASDAQ": "NASDAQ",
    "INDEX_ALL": None,
    "EQUITY_ALL": None,
}
"""Lists by the exchange they are of, or of all; those of options and over the counter are empty."""
EMPTY = frozenset({"OTCBB", "OPTION_ALL", "OPTION_PUT", "OPTION_CALL"})
SORTS = ("VOLUME", "TRADES", "PERCENT_CHANGE_UP", "PERCENT_CHANGE_DOWN")
FREQUENCIES = ("0", "1", "5", "10", "30", "60")
MOST = 10
SHARES_PER_TRADE = 180
PLACES = Decimal("0.0001")


class Movers:
    """The route about movers."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(BASE + "/movers/{list}", self.movers)

    async def movers(self, request: web.Request) -> web.Response:
        name, sort = request.match_info["list"], request.query.get("sort") or "VOLUME"
        if name not in LISTS and name not in EMPTY:
            return envelopes.market_error(404, "Not Found")
        for given, known, parameter in (
            (sort, SORTS, "sort"),
            (request.query.get("frequency") or "0", FREQUENCIES, "frequency"),
        ):
            if given not in known:
                text = f"{parameter} must be any of {','.join(known)}"
                return envelopes.market_error(400, "Bad Request", text, parameter)
        exchange = LISTS.get(name)
        found = [
            self._mover(listing)
            for listing in of_kind(Kind.EQUITY)
            if name not in EMPTY and exchange in (None, listing.exchange)
        ]
        total = sum(one["volume"] for one in found)
        for one in found:
            one["totalVolume"] = total
            one["marketShare"] = (Decimal(100 * one["volume"]) / max(1, total)).quantize(PLACES)
        key = {"VOLUME": "volume", "TRADES": "trades"}.get(sort, "netPercentChange")
        found.sort(key=lambda one: one[key], reverse=sort != "PERCENT_CHANGE_DOWN")
        return json_answer({"screeners": found[:MOST]})

    def _mover(self, listing: Listing) -> dict[str, Any]:
        market, now = self._state.exchange.market, self._state.clock.now()
        at = phase(now)
        last = market.price(listing.symbol, now)
        change = last - money(market.day_range(listing, at.place).previous)
        volume = candles.volume(market, listing, at.place, at.part)
        return {
            "description": listing.name.upper().replace("&", "&amp;"),
            "volume": volume,
            "lastPrice": last,
            "netChange": change,
            "trades": volume // SHARES_PER_TRADE,
            # A share of one here, unlike everywhere else.
            "netPercentChange": (change / (last - change)).quantize(PLACES),
            "symbol": listing.symbol,
        }
