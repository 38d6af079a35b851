"""SnapTrade on the one origin: its routes at the root and under the old prefix.

Every signed answer passes here for the signature, the user, the two throttles and the headers that
tell of them. Faults are put in front of it by the server.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from brokerdesk.simulator.dialects import Handler
from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.options import MovableClock, SimulatorOptions
from brokerdesk.simulator.snaptrade import words
from brokerdesk.simulator.snaptrade.accounts import (
    Accounts,
    account_body,
    balances_body,
    positions_body,
)
from brokerdesk.simulator.snaptrade.history import History
from brokerdesk.simulator.snaptrade.impacts import Impacts
from brokerdesk.simulator.snaptrade.portal import DECIDE, PAGE, Portals
from brokerdesk.simulator.snaptrade.signing import verified
from brokerdesk.simulator.snaptrade.state import (
    HOLDER,
    PERSONAL,
    SnapTradeState,
    SnapTradeSwitches,
)
from brokerdesk.simulator.snaptrade.symbols import Symbols
from brokerdesk.simulator.snaptrade.trading import RULES, Trading
from brokerdesk.simulator.snaptrade.users import Users
from brokerdesk.simulator.wire import json_answer, new_id

OLD_PREFIX = "/api/v1"
MINE = re.compile(
    r"(/api/v1)?/(accounts(/all|/[0-9a-fA-F-]{36}(/.*)?)?|authorizations(/.*)?|connections?/.*"
    r"|snapTrade/.*|brokerages|symbols(/.*)?|trade/[0-9A-Za-z-]+)"
)
OF_ACCOUNT = re.compile(r"(?:/api/v1)?/accounts/([0-9a-fA-F-]{36})(?!/trading/|/symbols)(?:/.*)?")
"""What counts against an account's own limit: reads of its figures."""
ORDERS = re.compile(
    r"(?:/api/v1)?(?:/trade/(?!impact$)[^/]+|/accounts/[0-9a-fA-F-]{36}/trading/(?!.*impact$).+)"
)
"""What would change an order."""
OPEN = ("/", "/brokerages", OLD_PREFIX + "/brokerages")
"""Answered without a look at the signature."""
WITHOUT_USER = ("registerUser", "resetUserSecret", "deleteUser", "listUsers", "partners")
REFERENCE = re.compile(r"(?:/api/v1)?/symbols(?:/.*)?")
"""Asked for no user."""
MINUTE = 60.0
SMALLEST_COMPRESSED = 256


class SnapTradeDialect:
    """One simulated SnapTrade."""

    token_kinds: tuple[str, ...] = ("access", "refresh", "keys")

    def __init__(self, options: SimulatorOptions, exchange: Exchange, clock: MovableClock) -> None:
        self.exchange = exchange
        self.switches = SnapTradeSwitches()
        if options.throttle_per_minute is None:
            self.switches.throttle_per_minute = self.switches.account_per_minute = None
            self.switches.trade_pause_seconds = 0.0
        self.floor = Floor(exchange, clock.now, self.switches, RULES)
        self.callback_urls: list[str] = []
        self.state = SnapTradeState(
            exchange=exchange,
            clock=clock,
            floor=self.floor,
            switches=self.switches,
            seed=options.seed,
        )
        self.portals = Portals(self.state)
        groups = (Accounts, History, Users, Impacts, Trading, Symbols)
        self._routes = (self.portals, *(group(self.state) for group in groups))
        self._recent: dict[str, deque[float]] = {}

    @property
    def secrets(self) -> dict[str, str]:
        """The personal key, which a sign-in takes, and a commercial one under other names."""
        state = self.state
        return {
            "client_id": state.personal_id,
            "consumer_key": state.secret("personal"),
            "commercial_client_id": state.commercial_id,
            "commercial_consumer_key": state.secret("commercial"),
        }

    def owns(self, path: str) -> bool:
        return path == "/" or MINE.fullmatch(path) is not None

    def orders_path(self, method: str, path: str) -> bool:
        return method == "POST" and ORDERS.fullmatch(path) is not None

    def started(self, base_url: str) -> None:
        self.state.base_url = base_url

    def approve(self, query: dict[str, str], accounts: Sequence[str] | None, *, allow: bool) -> str:
        """Decide at the portal; ``accounts`` may name the brokerage."""
        slug = accounts[0] if accounts else ""
        return self.portals.settle(query.get("token", ""), slug, allow=allow)

    def expire(self, kind: str) -> None:
        """Withdraw the keys: there is nothing else that could end."""
        self.state.revoked = True

    def recorded(self, account: Account, moment: datetime) -> dict[str, Any]:
        """What the three routes would have answered then, in one document."""
        held = self.state.first_held(account)
        return {
            "account": account_body(self.state, held, moment),
            "balances": balances_body(self.state, held, moment),
            "positions": positions_body(self.state, held, moment),
        }

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/", self.status)
        self.portals.add_pages(router)
        for group in self._routes:
            for prefix in ("", OLD_PREFIX):
                group.add_routes(router, prefix)

    async def status(self, _: web.Request) -> web.Response:
        now = self.state.clock.now()
        return json_answer({"version": 153, "timestamp": now.isoformat(), "online": True})

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == PAGE or request.path.startswith(DECIDE):
            return await handler(request)
        answer = await self._guarded(request, handler)
        answer.headers["X-Request-ID"] = new_id()
        now = self.state.clock.now()
        answer.headers["Date"] = format_datetime(now.replace(microsecond=0), usegmt=True)
        if request.path.startswith(OLD_PREFIX):
            answer.headers["Deprecation"] = "@1781222400"
        if _worth_compressing(request, answer):
            answer.enable_compression(web.ContentCoding.gzip)
        return answer

    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in OPEN:
            refused = await self._refused(request)
            if refused is not None:
                return refused
        buckets = self._buckets(request)
        left = {name: self._left(key, limit) for name, (key, limit) in buckets.items()}
        throttled = [name for name, free in left.items() if free < 0]
        if throttled:
            answer: web.StreamResponse = self._throttled()
        else:
            try:
                answer = await handler(request)
            except web.HTTPException as error:
                answer = words.problem(error.status, "0000", error.reason)
        if self.switches.rate_headers:
            for name, (key, limit) in buckets.items():
                answer.headers[f"X-RateLimit-{name}Limit"] = str(limit)
                answer.headers[f"X-RateLimit-{name}Remaining"] = str(max(0, left[name]))
                answer.headers[f"X-RateLimit-{name}Reset"] = str(self._reset(key))
        return answer

    async def _refused(self, request: web.Request) -> web.Response | None:
        """What is wrong with the key, the time, the signature or the user; None if nothing is."""
        client = request.query.get("clientId", "")
        key = self.state.consumer_key(client)
        stamp = request.query.get("timestamp", "")
        if key is None or not stamp.isascii() or not stamp.isdigit():
            return words.unverified()
        off = abs(int(stamp[:15]) - self.state.clock.now().timestamp())
        if off > self.switches.tolerance_seconds:
            return words.problem(401, "1076", "Invalid timestamp")
        if not await verified(request, key):
            return words.unverified()
        return self._user_refused(request, client)

    def _user_refused(self, request: web.Request, client: str) -> web.Response | None:
        name, secret = request.query.get("userId", ""), request.query.get("userSecret", "")
        request[HOLDER] = PERSONAL
        if request.path.rsplit("/", 1)[-1] in WITHOUT_USER or REFERENCE.fullmatch(request.path):
            return None
        if client == self.state.personal_id:
            refused = (name or secret) and self.switches.personal_user_refused
            return words.user_invalid() if refused else None
        if not name or self.state.users.get(name) != secret:
            return words.user_invalid()
        request[HOLDER] = name
        return None

    # -- how often ---------------------------------------------------------------------------------

    def _buckets(self, request: web.Request) -> dict[str, tuple[str, int]]:
        """The limits that a request counts against: header part, bucket, size."""
        client = request.query.get("clientId", "")
        found = {}
        if self.switches.throttle_per_minute is not None:
            found[""] = (client, self.switches.throttle_per_minute)
        account = OF_ACCOUNT.fullmatch(request.path)
        personal = client == self.state.personal_id
        if account and personal and self.switches.account_per_minute is not None:
            found["Account-"] = (f"{client}/{account[1]}", self.switches.account_per_minute)
        return found

    def _left(self, key: str, limit: int) -> int:
        """How many more requests may come; negative: this one is too many."""
        now = self.state.clock.monotonic()
        recent = self._recent.setdefault(key, deque())
        while recent and now - recent[0] >= MINUTE:
            recent.popleft()
        if len(recent) >= limit:
            return -1
        recent.append(now)
        return limit - len(recent)

    def _reset(self, key: str) -> int:
        recent = self._recent.get(key)
        if not recent:
            return 0
        return max(1, round(recent[0] + MINUTE - self.state.clock.monotonic()))

    def _throttled(self) -> web.Response:
        detail = "Request was throttled. Expected available in 7 seconds."
        answer = words.problem(429, "0000", detail)
        if self.switches.retry_after:
            answer.headers["Retry-After"] = self.switches.retry_after
        return answer


def _worth_compressing(request: web.Request, answer: web.StreamResponse) -> bool:
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return False
    body = answer.body if isinstance(answer, web.Response) else None
    return isinstance(body, bytes) and len(body) > SMALLEST_COMPRESSED
