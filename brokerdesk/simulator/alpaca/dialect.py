"""Alpaca on the one origin: its routes, and what happens around each of them.

Every REST answer passes here for the keys, the throttle of each host and the headers that tell of
it. Faults are put in front of it by the server.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from brokerdesk.simulator.alpaca.accounts import VENUES
from brokerdesk.simulator.alpaca.activities import Activities
from brokerdesk.simulator.alpaca.data import MarketData
from brokerdesk.simulator.alpaca.history import PortfolioHistory
from brokerdesk.simulator.alpaca.oauth import OAuth
from brokerdesk.simulator.alpaca.options import Options
from brokerdesk.simulator.alpaca.orders import Orders
from brokerdesk.simulator.alpaca.portfolio import Portfolio, account_answer, positions_answer
from brokerdesk.simulator.alpaca.reference import Reference, asset
from brokerdesk.simulator.alpaca.state import GRANT, AlpacaState, AlpacaSwitches
from brokerdesk.simulator.alpaca.streamer import Streamer, is_line
from brokerdesk.simulator.alpaca.tokens import Grant, Tokens
from brokerdesk.simulator.alpaca.trading import RULES, Trading
from brokerdesk.simulator.alpaca.words import own_symbol, problem
from brokerdesk.simulator.dialects import Handler
from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.market.listings import all_listings
from brokerdesk.simulator.options import MovableClock, SimulatorOptions
from brokerdesk.simulator.wire import json_answer, new_id

ROOT = "/alpaca/"
WRITES = ("POST", "PATCH", "DELETE")
MINUTE = 60.0
SMALLEST_COMPRESSED = 256
BAD_KEYS: dict[str, tuple[dict[str, Any], int]] = {
    "plain": (problem("unauthorized"), 401),
    "code": (problem("request is not authorized", 40110000), 401),
    "forbidden": (problem("forbidden."), 403),
}


class AlpacaDialect:
    """One simulated Alpaca."""

    token_kinds: tuple[str, ...] = ("access", "refresh", "keys")

    def __init__(self, options: SimulatorOptions, exchange: Exchange, clock: MovableClock) -> None:
        self.exchange = exchange
        limit = None if options.throttle_per_minute is None else 200
        self.switches = AlpacaSwitches(throttle_per_minute=limit)
        self.callback_urls = _callbacks(options.callback_urls)
        self.floor = Floor(exchange, clock.now, self.switches, RULES)
        self.state = AlpacaState(
            exchange=exchange,
            clock=clock,
            floor=self.floor,
            tokens=Tokens(options.seed),
            switches=self.switches,
            callback_urls=self.callback_urls,
        )
        self.oauth = OAuth(self.state)
        self.streamer = Streamer(self.state)
        groups = (
            Portfolio,
            Orders,
            Trading,
            Activities,
            PortfolioHistory,
            Reference,
            MarketData,
            Options,
        )
        self._routes = (self.oauth, self.streamer, *(group(self.state) for group in groups))
        self._recent: dict[str, deque[float]] = {}

    @property
    def secrets(self) -> dict[str, str]:
        """The app's, which a sign-in takes, and the keys of each account under other names."""
        tokens = self.state.tokens
        found = {
            "client_id": tokens.client_id,
            "client_secret": tokens.client_secret,
            "callback_url": self.callback_urls[0],
            "scope": "data trading",
        }
        for venue in VENUES:
            found[f"{venue}_key_id"], found[f"{venue}_secret_key"] = tokens.keys[venue]
        return found

    def owns(self, path: str) -> bool:
        return path.startswith(ROOT)

    def started(self, base_url: str) -> None:
        """Nothing in Alpaca's answers names its own address."""

    def control_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        self.streamer.control_routes(router, prefix)

    async def close(self) -> None:
        """End all lines."""
        await self.streamer.close()

    def approve(self, query: dict[str, str], accounts: Sequence[str] | None, *, allow: bool) -> str:
        return self.oauth.approve(query, accounts, allow=allow)

    def expire(self, kind: str) -> None:
        self.state.tokens.expire(kind)

    def recorded(self, account: Account, moment: datetime) -> dict[str, Any]:
        """What the routes would have answered then, in one document."""
        positions = positions_answer(account, moment, self.switches)
        held = (own_symbol(account.market, one["symbol"]) for one in positions)
        listed = [all_listings()[name] for name in held if name in all_listings()]
        return {
            "account": account_answer(account, moment, self.switches),
            "positions": positions,
            "assets": [asset(listing) for listing in listed],
        }

    def orders_path(self, method: str, path: str) -> bool:
        return method in WRITES and ("/v2/orders" in path or "/v2/positions" in path)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for group in self._routes:
            group.add_routes(router)

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if "/oauth/" in request.path or is_line(request.path):
            return await handler(request)
        host = request.path.split("/")[2]
        left = self._left(host)
        answer = await self._guarded(
            request, handler, host, throttled=left is not None and left < 0
        )
        answer.headers["X-Request-ID"] = new_id()
        limit = self.switches.throttle_per_minute
        if limit is not None and left is not None and self.switches.rate_headers:
            answer.headers["X-RateLimit-Limit"] = str(limit)
            answer.headers["X-RateLimit-Remaining"] = str(max(0, left))
            reset = int(self.state.clock.now().timestamp() + MINUTE)
            answer.headers["X-RateLimit-Reset"] = str(reset)
        if _worth_compressing(request, answer):
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async def _guarded(
        self, request: web.Request, handler: Handler, host: str, *, throttled: bool
    ) -> web.StreamResponse:
        if throttled:
            answer = json_answer(problem("rate limit exceeded.", 42910000), 429)
            if self.switches.retry_after:
                answer.headers["Retry-After"] = self.switches.retry_after
            return answer
        grant = self._grant(request)
        if grant is None or (host in VENUES and host not in grant.venues):
            body, status = BAD_KEYS[self.switches.unauthorized]
            return json_answer(body, status)
        if host == "data" and grant.scopes is not None and "data" not in grant.scopes:
            return json_answer(problem("insufficient scope", 40310000), 403)
        request[GRANT] = grant
        try:
            return await handler(request)
        except web.HTTPException as error:
            message = "endpoint not found" if error.status == 404 else error.reason
            return json_answer(problem(message), error.status)

    def _grant(self, request: web.Request) -> Grant | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.state.tokens.check_token(token.strip())
        key = request.headers.get("APCA-API-KEY-ID", "")
        return self.state.tokens.check_key(key, request.headers.get("APCA-API-SECRET-KEY", ""))

    def _left(self, host: str) -> int | None:
        """Requests left this minute after this one; below 0 it is one too many."""
        limit = self.switches.throttle_per_minute
        if limit is None:
            return None
        now = self.state.clock.monotonic()
        recent = self._recent.setdefault(host, deque())
        while recent and now - recent[0] >= MINUTE:
            recent.popleft()
        if len(recent) >= limit:
            return -1
        recent.append(now)
        return limit - len(recent)


def _callbacks(given: Sequence[str]) -> list[str]:
    """Each registered address, first in the plain form on the same port."""
    ports = [urlsplit(url).port for url in given]
    plain = [f"http://localhost:{port}/callback" for port in ports if port]
    return [*plain, *given]


def _worth_compressing(request: web.Request, answer: web.StreamResponse) -> bool:
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return False
    body = answer.body if isinstance(answer, web.Response) else None
    return isinstance(body, bytes) and len(body) > SMALLEST_COMPRESSED
