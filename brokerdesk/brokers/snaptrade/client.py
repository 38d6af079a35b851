"""SnapTrade's REST routes, one method each: raw records out, ``BrokerError`` raised.

Nothing here knows the domain. Reads may be asked again by themselves; what changes something is
sent once and never again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from brokerdesk.brokers import answers
from brokerdesk.brokers.answers import Answer
from brokerdesk.brokers.asking import Outgoing, Request
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.decode import JsonDecoder
from brokerdesk.brokers.http import BrokerHttp
from brokerdesk.brokers.practice import origin
from brokerdesk.brokers.rate import (
    Buckets,
    PausedError,
    Priority,
    RateLimiter,
    RateState,
    Spent,
    shared_limiter,
    urgency,
)
from brokerdesk.brokers.rate_book import Book
from brokerdesk.brokers.snaptrade import BROKER_ID, SPEC, TITLE, problems, signing, wire
from brokerdesk.brokers.snaptrade.loose import Found, listed
from brokerdesk.brokers.snaptrade.order_routes import OrderRoutes, whole
from brokerdesk.brokers.snaptrade.signing import Keys
from brokerdesk.clock import Clock
from brokerdesk.domain.kinds import Environment
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import BrokerError, RateLimitedError

T = TypeVar("T")

LIVE_URL = "https://api.snaptrade.com"
PAGE = 1000
"""Activities in one answer at most."""
SKEW_THAT_MATTERS = 30.0
LONGEST_WAIT = 60.0
_AUTHORIZATION = JsonDecoder(wire.Authorization)
_LOGIN = JsonDecoder(wire.Login)
_REGISTERED = JsonDecoder(wire.Registered)


def base_url(environment: Environment, practice_url: str) -> str:
    """Where the broker is: its one live host, or a practice origin on this computer.

    Raises:
        InputError: the practice address is not a loopback origin.
    """
    return LIVE_URL if environment is Environment.LIVE else origin(practice_url)


class SnapTradeClient(OrderRoutes):
    """The routes that the product uses.

    Args:
        keys: supplies the keys of each request; told after a refusal which ones failed, it may
            have others by then.
    """

    def __init__(
        self,
        environment: Environment,
        practice_url: str,
        *,
        keys: Callable[[Keys | None], Awaitable[Keys]],
        network: Network,
        clock: Clock,
        on_clock_skew: Callable[[float], None] | None = None,
        book: Book | None = None,
    ) -> None:
        self._base = base_url(environment, practice_url)
        self._keys = keys
        self._clock = clock
        self._tell_skew = on_clock_skew
        self._skew = 0.0
        self._correction = 0.0
        capabilities = SPEC.capabilities
        self._book = book
        self._buckets = Buckets(clock, self._base, capabilities.requests_per_minute, book=book)
        self._asked: dict[str, RateLimiter] = {}
        """The buckets of the accounts that were asked for."""
        self._http = BrokerHttp(
            broker_id=BROKER_ID,
            title=TITLE,
            base_url=self._base,
            hosts=SPEC.hosts[environment],
            network=network,
            clock=clock,
            limiter=self._buckets,
            on_clock_skew=self._note_skew,
            plain_loopback=environment is Environment.PRACTICE,
        )

    def rate(self) -> RateState | None:
        """What is left of the key's limit; None before its first use."""
        return self._http.rate()

    def account_rate(self, account: str) -> RateState | None:
        """What is left of one account's limit; None where it has none, or before its first use."""
        bucket = self._asked.get(account)
        return bucket.state() if bucket is not None else None

    async def aclose(self) -> None:
        """Close all connections. May be called twice."""
        await self._http.aclose()

    # -- connections -------------------------------------------------------------------------

    async def authorizations(
        self, priority: Priority = Priority.BACKGROUND
    ) -> tuple[Found[wire.Authorization], list[Unread]]:
        """All brokerage connections of the user."""
        request = Request(template="/authorizations", priority=priority)
        return await self._get(request, lambda raw: listed(raw, _AUTHORIZATION, "connections"))

    async def login(self, *, reconnect: str = "", trade: bool = False) -> str:
        """The address of the connection portal; it can be opened for five minutes."""
        body: dict[str, object] = {
            "connectionType": "trade-if-available" if trade else "read",
            "connectionPortalVersion": "v4",
            "showCloseButton": True,
        }
        if reconnect:
            body["reconnect"] = reconnect
        request = Request(template="/snapTrade/login", priority=Priority.USER)
        answer = await self._send("POST", request, _LOGIN.decode, body=body)
        return answer.redirect or ""

    async def refresh(self, authorization: str) -> None:
        """Have a brokerage read anew. May be billed: never without the user's click."""
        request = Request(
            template="/authorizations/{id}/refresh",
            values={"id": authorization},
            priority=Priority.USER,
        )
        await self._send("POST", request, _nothing, body={})

    async def remove(self, authorization: str) -> None:
        """Queue a brokerage connection for removal."""
        request = Request(
            template="/connection/{id}", values={"id": authorization}, priority=Priority.USER
        )
        await self._send("DELETE", request, _nothing)

    # -- users of commercial keys --------------------------------------------------------------

    async def register_user(self, user_id: str) -> str:
        """Make a user; its secret, which is told this once."""
        request = Request(template="/snapTrade/registerUser", priority=Priority.USER)
        body = {"userId": user_id}
        answer = await self._send("POST", request, _REGISTERED.decode, body=body, with_user=False)
        return answer.user_secret

    async def reset_user_secret(self, keys: Keys) -> str:
        """Another secret for the user; the old one ends with the answer."""
        request = Request(template="/snapTrade/resetUserSecret", priority=Priority.USER)
        body = {"userId": keys.user_id, "userSecret": keys.user_secret}
        answer = await self._send("POST", request, _REGISTERED.decode, body=body, with_user=False)
        return answer.user_secret

    async def delete_user(self, user_id: str) -> None:
        """Queue a user for removal, with all of its connections."""
        request = Request(
            template="/snapTrade/deleteUser", query={"userId": user_id}, priority=Priority.USER
        )
        await self._send("DELETE", request, _nothing, with_user=False)

    # -- accounts ------------------------------------------------------------------------------

    async def accounts(self) -> bytes:
        return await self._get(Request(template="/accounts"), whole)

    async def all_accounts(self) -> bytes:
        """The same in the newer form."""
        return await self._get(Request(template="/accounts/all"), whole)

    async def account(self, account: str) -> bytes:
        return await self._about(account, "")

    async def account_details(self, account: str) -> bytes:
        """The same in the newer form."""
        return await self._about(account, "/details")

    async def balances(self, account: str) -> bytes:
        return await self._about(account, "/balances")

    async def positions(self, account: str) -> bytes:
        return await self._about(account, "/positions/all")

    async def holdings(self, account: str) -> bytes:
        """The old answer that holds everything; keys made after May 2026 get 410."""
        return await self._about(account, "/holdings")

    async def activities(self, account: str, since: date, until: date, offset: int) -> bytes:
        query = {
            "startDate": since.isoformat(),
            "endDate": until.isoformat(),
            "offset": str(offset),
            "limit": str(PAGE),
        }
        return await self._about(account, "/activities", query, history=True)

    async def orders(self, account: str, days: int) -> bytes:
        return await self._about(account, "/orders", {"state": "all", "days": str(days)})

    async def recent_orders(self, account: str) -> bytes:
        """Orders of the last 24 hours, asked of the brokerage itself."""
        return await self._about(account, "/recentOrders", {"only_executed": "false"})

    async def quotes(self, account: str, symbols: Sequence[str]) -> bytes:
        query = {"symbols": ",".join(symbols), "use_ticker": "true"}
        return await self._about(account, "/quotes", query, priority=Priority.USER)

    async def signed(self, path: str, content: bytes) -> Outgoing:
        """A request to change something, for whoever sends it: signed at this moment."""
        keys = await self._keys(None)
        stamp = round(self._clock.now().timestamp() - self._correction)
        return signing.exact(keys, path, stamp, content)

    # -- how ---------------------------------------------------------------------------------

    async def _about(
        self,
        account: str,
        rest: str,
        query: Mapping[str, str] | None = None,
        *,
        history: bool = False,
        priority: Priority = Priority.BACKGROUND,
    ) -> bytes:
        """Something of one account, which has a limit of its own beside that of the key."""
        request = Request(
            template="/accounts/{id}" + rest,
            values={"id": account},
            query=query or {},
            history=history,
            priority=priority,
        )
        return await self._get(request, whole, account=account)

    async def _get(self, request: Request, decode: Callable[[bytes], T], *, account: str = "") -> T:
        """Read; once more when it was refused and the keys or the time are others by now."""
        keys = await self._keys(None)
        try:
            return await self._once(keys, "GET", request, decode, account=account, repeat=True)
        except problems.KeysRefusedError:
            again = await self._keys(keys)
            if not self._correct_clock() and again == keys:
                raise
        return await self._once(again, "GET", request, decode, account=account, repeat=True)

    async def _send(
        self,
        method: str,
        request: Request,
        decode: Callable[[bytes], T],
        *,
        body: Mapping[str, object] | None = None,
        exact: bytes | None = None,
        account: str = "",
        with_user: bool = True,
    ) -> T:
        """Change something: sent once, whatever comes back."""
        keys = await self._keys(None)
        return await self._once(
            keys,
            method,
            request,
            decode,
            account=account,
            body=body,
            exact=exact,
            with_user=with_user,
            repeat=False,
        )

    async def _once(
        self,
        keys: Keys,
        method: str,
        request: Request,
        decode: Callable[[bytes], T],
        *,
        account: str = "",
        body: Mapping[str, object] | None = None,
        exact: bytes | None = None,
        with_user: bool = True,
        repeat: bool,
    ) -> T:
        limiter = self._account_limiter(account) if account and keys.personal else None
        turns: list[Spent] = []

        async def dress() -> Outgoing:
            if limiter is not None:
                try:
                    turn = await limiter.acquire(
                        urgency(request.priority), longest_pause=LONGEST_WAIT
                    )
                except PausedError as pause:
                    raise _pause(pause.seconds) from pause
                turns.append(turn)
            stamp = round(self._clock.now().timestamp() - self._correction)
            if exact is not None:
                return signing.exact(keys, request.path(), stamp, exact)
            return signing.outgoing(keys, request, stamp, body, with_user=with_user)

        try:
            return await self._http.send(
                method,
                request,
                dress=dress,
                decode=lambda answer: decode(answer.body),
                explain=lambda answer: self._explain(answer, limiter, keys),
                repeat=repeat,
                login=keys.client_id,
            )
        finally:
            if limiter is not None and turns:
                limiter.settle(turns[-1])

    def _account_limiter(self, account: str) -> RateLimiter:
        """The limit of one account, kept a little below for what the user asks for."""
        limit = SPEC.capabilities.account_requests_per_minute
        assert limit is not None
        bucket = shared_limiter(
            self._clock, f"{self._base}/accounts/{account}", limit, reserve=2, book=self._book
        )
        self._asked[account] = bucket
        return bucket

    def _explain(
        self, answer: Answer, account: RateLimiter | None, keys: Keys
    ) -> BrokerError | None:
        if answer.status != 429:
            return problems.refusal(answer)
        seconds = answers.retry_after(answer, self._clock.now())
        of_account = answer.allowance.get("x-ratelimit-account-remaining") == "0"
        if seconds is None:
            name = "account-reset" if of_account else "reset"
            reset = answer.allowance.get(f"x-ratelimit-{name}", "")
            known = float(reset) if reset.isascii() and reset.isdigit() else None
            seconds = known if known is not None else problems.seconds_to_wait(answer)
        seconds = None if seconds is None else min(seconds, 3600.0)
        if seconds is not None:
            # The account's own limit says nothing about the others.
            whole = self._buckets.of(keys.client_id)
            (account if of_account and account is not None else whole).pause(seconds)
        return _pause(seconds)

    def _note_skew(self, seconds: float) -> None:
        self._skew = seconds
        if self._tell_skew is not None:
            self._tell_skew(seconds)

    def _correct_clock(self) -> bool:
        """Whether a request that was refused could pass with SnapTrade's own time."""
        skewed = abs(self._skew - self._correction) > SKEW_THAT_MATTERS
        if skewed:
            self._correction = self._skew
        return skewed


def _pause(seconds: float | None) -> RateLimitedError:
    return RateLimitedError(
        f"{TITLE} asks for a pause.",
        "Your figures stay as they were.",
        "BrokerDesk will ask again later.",
        retry_after=seconds,
        broker_id=BROKER_ID,
    )


def _nothing(_: bytes) -> None:
    return None
