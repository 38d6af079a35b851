"""Schwab on one origin: its routes, and what happens around each of them.

Every REST answer passes here for the bearer check, the overall throttle, the correlation id and
compression on request. Faults are put in front of it by the server.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from brokerdesk.simulator.dialects import Handler
from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.options import MovableClock, SimulatorOptions, Switches
from brokerdesk.simulator.schwab import envelopes
from brokerdesk.simulator.schwab.chains import Chains
from brokerdesk.simulator.schwab.history import PriceHistory
from brokerdesk.simulator.schwab.movers import Movers
from brokerdesk.simulator.schwab.oauth import OAuth
from brokerdesk.simulator.schwab.orders import Orders
from brokerdesk.simulator.schwab.portfolio import account_answer
from brokerdesk.simulator.schwab.quotes import Quotes
from brokerdesk.simulator.schwab.reference import Reference
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.streamer import Streamer
from brokerdesk.simulator.schwab.tokens import Tokens
from brokerdesk.simulator.schwab.trader import GRANT, NoAccountError, Trader
from brokerdesk.simulator.schwab.trading import RULES, Trading
from brokerdesk.simulator.schwab.transactions import Transactions
from brokerdesk.simulator.wire import new_id

TRADER = "/trader/v1/"
REST = (TRADER, "/marketdata/v1/")
ACCOUNTS = TRADER + "accounts/"
WRITES = ("POST", "PUT", "DELETE")
MINUTE = 60.0
SMALLEST_COMPRESSED = 256


class SchwabDialect:
    """One simulated Schwab, ready to be mounted at the root of an application."""

    name = "schwab"
    token_kinds: tuple[str, ...] = ("access", "refresh")

    def __init__(
        self, options: SimulatorOptions, exchange: Exchange, clock: MovableClock, switches: Switches
    ) -> None:
        self.floor = Floor(exchange, clock.now, switches, RULES)
        self.state = SchwabState(
            exchange=exchange,
            clock=clock,
            floor=self.floor,
            tokens=Tokens(options.seed),
            switches=switches,
            callback_urls=list(options.callback_urls),
        )
        self.exchange = exchange
        self.switches = switches
        self.callback_urls = self.state.callback_urls
        self.oauth = OAuth(self.state)
        reads = (Trader, Transactions, Orders, Quotes, Chains, Movers, PriceHistory, Reference)
        groups = (*reads, Trading)
        self.streamer = Streamer(self.state)
        self._routes = (self.oauth, self.streamer, *(group(self.state) for group in groups))
        self._recent: deque[float] = deque()

    @property
    def secrets(self) -> dict[str, str]:
        """What a client needs to sign in."""
        tokens = self.state.tokens
        return {
            "app_key": tokens.app_key,
            "app_secret": tokens.app_secret,
            "callback_url": self.state.callback_urls[0],
        }

    def owns(self, path: str) -> bool:
        """Schwab is at home at the root: it answers whatever no other broker does."""
        return True

    def orders_path(self, method: str, path: str) -> bool:
        return method in WRITES and path.startswith(ACCOUNTS) and "/orders" in path

    def started(self, base_url: str) -> None:
        self.state.base_url = base_url

    def approve(self, query: dict[str, str], accounts: Sequence[str] | None, *, allow: bool) -> str:
        return self.oauth.approve(query, accounts, allow=allow)

    def expire(self, kind: str) -> None:
        self.state.tokens.expire(kind)

    def recorded(self, account: Account, moment: datetime) -> dict[str, Any]:
        return account_answer(account, moment, positions=True)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for group in self._routes:
            group.add_routes(router)

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request of this dialect."""
        if not request.path.startswith(REST):
            return await handler(request)
        answer = await self._guarded(request, handler)
        answer.headers["Schwab-Client-CorrelId"] = new_id()
        if _worth_compressing(request, answer):
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._throttled():
            return envelopes.too_many(self.state.switches.retry_after)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = None
        if scheme.lower() == "bearer":
            grant = self.state.tokens.check_access(token.strip(), self.state.clock.now())
        if grant is None:
            return envelopes.unauthorized()
        request[GRANT] = grant
        try:
            return await handler(request)
        except NoAccountError as missing:
            return missing.answer
        except web.HTTPException as error:
            if request.path.startswith(TRADER):
                return envelopes.trader_error(error.status, error.reason)
            return envelopes.market_error(error.status, error.reason)

    def _throttled(self) -> bool:
        limit = self.state.switches.throttle_per_minute
        if limit is None:
            return False
        now = self.state.clock.monotonic()
        while self._recent and now - self._recent[0] >= MINUTE:
            self._recent.popleft()
        if len(self._recent) >= limit:
            return True
        self._recent.append(now)
        return False


def _worth_compressing(request: web.Request, answer: web.StreamResponse) -> bool:
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return False
    body = answer.body if isinstance(answer, web.Response) else None
    return isinstance(body, bytes) and len(body) > SMALLEST_COMPRESSED
