"""``/quotes`` and ``/{symbol}/quotes``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from aiohttp import web

from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.quote_blocks import quote_answer
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.wire import json_answer

BASE = "/marketdata/v1"
MOST_SYMBOLS = 500
FIELDS = frozenset({"all", "fundamental", "reference", "extended", "quote", "regular"})
BAD_FIELDS = (
    "valid fields should be any of all,fundamental,reference,extended,quote,regular or empty value"
)


class Quotes:
    """The quote routes."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(BASE + "/quotes", self.many)
        router.add_get(BASE + "/{symbol}/quotes", self.one)

    async def many(self, request: web.Request) -> web.Response:
        symbols = [s for s in request.query.get("symbols", "").split(",") if s]
        blocks = _blocks(request)
        if blocks is None:
            return envelopes.market_error(400, "Bad Request", BAD_FIELDS, "fields")
        if not symbols:
            return envelopes.market_error(400, "Bad Request", "symbols is required", "symbols")
        if len(symbols) > MOST_SYMBOLS:
            text = f"symbols: at most {MOST_SYMBOLS}"
            return envelopes.market_error(400, "Bad Request", text, "symbols")
        market, now = self._state.exchange.market, self._state.clock.now()
        found: dict[str, Any] = {}
        unknown = []
        for symbol in symbols:
            body = quote_answer(market, symbol, now, blocks, self._halted())
            if body is None:
                unknown.append(symbol)
            else:
                found[symbol] = body
        if unknown:
            found["errors"] = {"invalidSymbols": unknown}
        return json_answer(found)

    async def one(self, request: web.Request) -> web.Response:
        symbol, blocks = request.match_info["symbol"], _blocks(request)
        if blocks is None:
            return envelopes.market_error(400, "Bad Request", BAD_FIELDS, "fields")
        market, now = self._state.exchange.market, self._state.clock.now()
        body = quote_answer(market, symbol, now, blocks, self._halted())
        if body is None:
            return envelopes.market_error(404, "Not Found")
        return json_answer({symbol: body})

    def _halted(self) -> Collection[str]:
        return self._state.floor.knobs.halted


def _blocks(request: web.Request) -> frozenset[str] | None:
    names = frozenset(request.query.get("fields", "all").split(",")) - {""}
    if names - FIELDS:
        return None
    return FIELDS if "all" in names or not names else names
