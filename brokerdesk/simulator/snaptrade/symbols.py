"""Searching for symbols: all that SnapTrade knows, or what one account's brokerage trades."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from brokerdesk.simulator.market.listings import Listing, all_listings
from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.accounts import UUID, of_account
from brokerdesk.simulator.snaptrade.order_entry import OrderError
from brokerdesk.simulator.snaptrade.state import Held, SnapTradeState
from brokerdesk.simulator.snaptrade.trading import body_of
from brokerdesk.simulator.wire import json_answer

MOST = 20


class Symbols:
    """``/symbols`` and ``/accounts/{id}/symbols``."""

    def __init__(self, state: SnapTradeState) -> None:
        self._state = state

    def add_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        router.add_post(prefix + "/symbols", self.search)
        router.add_get(prefix + "/symbols/{symbol:.+}", self.one)
        about = f"{prefix}/accounts/{UUID}/symbols"
        router.add_post(about, of_account(self._state, self.search_account))

    async def search(self, request: web.Request) -> web.Response:
        return await self._found(request)

    async def search_account(self, request: web.Request, _: Held) -> web.Response:
        return await self._found(request)

    async def one(self, request: web.Request) -> web.Response:
        wanted = request.match_info["symbol"]
        for listing in _quoted():
            if wanted in (listing.symbol, self._state.uuid("instrument", listing.symbol)):
                return json_answer(words.universal(self._state, listing.symbol))
        return words.not_found()

    async def _found(self, request: web.Request) -> web.Response:
        """An exact symbol first, then symbols that begin with it, then names that contain it."""
        try:
            given = (await body_of(request)).get("substring")
        except OrderError as error:
            return words.problem(error.status, error.code, error.detail)
        if not isinstance(given, str) or not given.strip():
            return words.problem(400, "1012", "substring is required")
        wanted = given.strip().upper()
        ranked = [
            (rank, listing.symbol) for listing in _quoted()
            if (rank := _rank(listing, wanted)) is not None
        ]  # fmt: skip
        bodies: list[dict[str, Any]] = [
            words.universal(self._state, symbol) for _, symbol in sorted(ranked)[:MOST]
        ]
        return json_answer(bodies)


def _quoted() -> list[Listing]:
    return [one for one in all_listings().values() if words.known_as(one.symbol) is not None]


def _rank(listing: Listing, wanted: str) -> int | None:
    if listing.symbol == wanted:
        return 0
    if listing.symbol.startswith(wanted):
        return 1
    return 2 if wanted in listing.name.upper() else None
