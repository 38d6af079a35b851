"""The one way out to a broker.

Every request passes the same gates: the host is on the environment's list, redirects are never
followed, a total deadline and a size limit hold, answers that are not the broker's own (a captive
portal's page, an edge server's refusal) are told apart, reads are retried with back-off and writes
never. Foreign exceptions are translated here, once. Logs carry method, host, path template, status
and duration: no query, no header, no body.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

import httpx

from brokerdesk.brokers import answers
from brokerdesk.brokers.answers import Answer, Limits
from brokerdesk.brokers.asking import Authorizer, Outgoing, Request, carried, login_of
from brokerdesk.brokers.base import Network
from brokerdesk.brokers.decode import MalformedJsonError, check_keys
from brokerdesk.brokers.rate import (
    Buckets,
    PausedError,
    Priority,
    RateLimiter,
    RateState,
    urgency,
)
from brokerdesk.brokers.transport import Refusals, build_client, is_loopback
from brokerdesk.clock import Clock
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerError,
    BrokerUnavailableError,
    RateLimitedError,
)
from brokerdesk.log import log_http

if TYPE_CHECKING:
    from datetime import datetime

T = TypeVar("T")

TOLERATED_SKEW = 30.0


class BrokerHttp:
    """HTTP to one broker in one environment.

    Args:
        title: the broker's name as the user knows it, for sentences.
        base_url: scheme, host and port; paths of requests are appended.
        limiter: one for all, or one for each login.
        hosts: the only hosts that may be reached.
        plain_loopback: whether unencrypted http to this computer is allowed (practice only).
    """

    def __init__(
        self,
        *,
        broker_id: str,
        title: str,
        base_url: str,
        hosts: tuple[str, ...],
        network: Network,
        clock: Clock,
        limiter: RateLimiter | Buckets,
        on_clock_skew: Callable[[float], None] | None = None,
        limits: Limits | None = None,
        plain_loopback: bool = False,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._title = title
        self._refusals = Refusals(broker_id, title)
        self._base_url = base_url.rstrip("/")
        self._hosts = hosts
        self._network = network
        self._clock = clock
        self._buckets = limiter
        self._limiter: RateLimiter | None = None
        self._on_clock_skew = on_clock_skew
        self._limits = limits or Limits()
        self._plain_loopback = plain_loopback
        self._jitter = jitter
        self._client: httpx.AsyncClient | None = None
        self._skewed = False
        self._closed = False

    async def get(
        self,
        request: Request,
        *,
        authorizer: Authorizer,
        decode: Callable[[Answer], T],
    ) -> T:
        """Read something, trying up to four times.

        Args:
            decode: makes the result out of an answer below 500 that is JSON; may raise any
                ``BrokerError``. ``MalformedJsonError`` counts as a truncated answer and is retried.

        Raises:
            BrokerUnavailableError: no usable answer came.
            AuthExpiredError: refused again after the token had been renewed.
            BrokerError: whatever ``decode`` raises.
        """
        token = await authorizer.bearer()
        renewed = False
        started = self._clock.monotonic()
        attempt = 0
        while True:
            failure: BrokerError
            try:
                sent = carried(authorizer, token)
                answer = await self._attempt("GET", request, sent=sent, login=login_of(authorizer))
                if answer.status == 401:
                    if renewed:
                        raise self._refusals.login_refused()
                    renewed = True
                    token = await authorizer.bearer(refused=token)
                    continue
                self._raise_for_weather(answer)
                check_keys(answer.body)
                return decode(answer)
            except MalformedJsonError as error:
                failure = error
            except AuthExpiredError:
                raise
            except BrokerUnavailableError as error:
                failure = error
            await self._back_off(failure, attempt, started)
            attempt += 1

    async def post_form(
        self, request: Request, *, form: Mapping[str, str], basic: str = "", login: str = ""
    ) -> Answer:
        """Send a form once, never again, and hand back whatever JSON answer came.

        Args:
            login: whose requests the broker counts this among.

        Raises:
            BrokerUnavailableError: no usable answer came; whether it was received is unknown.
            BrokerProtocolError: it cannot be read, or says something twice.
        """
        sent = {"Authorization": f"Basic {basic}"} if basic else {}
        answer = await self._attempt("POST", request, form=form, sent=sent, login=login)
        if answer.status == 401 and "html" not in answer.content_type:
            return answer
        self._raise_for_weather(answer)
        check_keys(answer.body)
        return answer

    async def send(
        self,
        method: str,
        request: Request,
        *,
        dress: Callable[[], Awaitable[Outgoing]],
        decode: Callable[[Answer], T],
        explain: Callable[[Answer], BrokerError | None] = lambda _: None,
        repeat: bool = True,
        login: str = "",
    ) -> T:
        """Ask in a broker's own way: signed, with a body, by any method.

        Args:
            request: names the route and the priority; what is sent comes from ``dress``.
            dress: makes each attempt's bytes, after its turn has come.
            decode: as for ``get``.
            explain: what a JSON answer of 400 or more means in this broker's words, pauses
                included; None leaves it to the words that all brokers share.
            repeat: whether asking again is harmless. Not so for anything that changes something.
            login: whose requests the broker counts this among.

        Raises:
            BrokerUnavailableError: no usable answer came. Without ``repeat`` it is then unknown
                whether the request was received.
            BrokerError: whatever ``explain`` or ``decode`` says.
        """
        started = self._clock.monotonic()
        attempt = 0
        while True:
            failure: BrokerError
            try:
                answer = await self._attempt(method, request, dress=dress, login=login)
                error = explain(answer) if answer.status >= 400 and answer.is_json else None
                if error is not None:
                    raise error
                self._raise_for_weather(answer)
                check_keys(answer.body)
                return decode(answer)
            except (MalformedJsonError, BrokerUnavailableError) as problem:
                failure = problem
            if not repeat:
                raise failure
            await self._back_off(failure, attempt, started)
            attempt += 1

    async def turn(self, login: str, *, within: float) -> Callable[[], None]:
        """Wait for the turn of one request that goes out by another way, such as an order.

        Returns:
            What to call when it has been answered, or given up.

        Raises:
            RateLimitedError: its turn does not come within so many seconds.
        """
        limiter = self._buckets.of(login)
        try:
            async with asyncio.timeout(within):
                spent = await limiter.acquire(Priority.USER, longest_pause=within)
        except (PausedError, TimeoutError) as error:
            raise self._refusals.rate_limited(limiter.paused_for() or None) from error
        return lambda: limiter.settle(spent)

    def rate(self) -> RateState | None:
        """What is left for the login that asked last; None: nothing was asked yet."""
        return self._limiter.state() if self._limiter is not None else None

    async def aclose(self) -> None:
        """Close all connections. May be called twice."""
        self._closed = True
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _attempt(
        self,
        method: str,
        request: Request,
        *,
        sent: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        dress: Callable[[], Awaitable[Outgoing]] | None = None,
        login: str = "",
    ) -> Answer:
        """One request on the wire and its whole answer, or a ``BrokerUnavailableError``."""
        if self._network.offline:
            raise self._refusals.offline()
        if self._closed:
            raise self._refusals.closed()
        self._limiter = limiter = self._buckets.of(login)
        try:
            spent = await limiter.acquire(
                urgency(request.priority), longest_pause=self._limits.longest_wait
            )
        except PausedError as pause:
            raise self._refusals.rate_limited(pause.seconds) from pause
        try:
            return await self._exchange(method, request, sent=sent, form=form, dress=dress)
        finally:
            limiter.settle(spent)

    async def _exchange(
        self,
        method: str,
        request: Request,
        *,
        sent: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        dress: Callable[[], Awaitable[Outgoing]] | None,
    ) -> Answer:
        """The request itself, its turn having come."""
        url = httpx.URL(self._base_url + request.path(), params=dict(request.query) or None)
        self._check_host(url)
        content = None
        if dress is not None:
            outgoing = await dress()
            url, sent, content = self._whole(outgoing), outgoing.headers, outgoing.content
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", **(sent or {})}
        data = dict(form) if form is not None else None
        deadline = self._limits.slow_deadline if request.slow else self._limits.deadline
        started = self._clock.monotonic()
        status = 0
        try:
            async with (
                asyncio.timeout(deadline),
                self._open_client().stream(
                    method,
                    url,
                    headers=headers,
                    data=data,
                    content=content,
                    timeout=httpx.Timeout(deadline, connect=self._limits.connect),
                ) as response,
            ):
                status = response.status_code
                self._watch_clock(response)
                answer = await answers.read(response, self._limits, history=request.history)
        except answers.AnswerRefused as error:
            raise self._refusals.unreadable(error.reason) from error
        except TimeoutError as error:
            raise self._refusals.too_slow() from error
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise self._refusals.unreachable(error) from error
        finally:
            millis = (self._clock.monotonic() - started) * 1000
            log_http(method, url.host, request.template, status or "no answer", millis)
        return answer

    def _open_client(self) -> httpx.AsyncClient:
        """The client, built on first use: that alone takes some 20 ms and wants the I/O loop."""
        if self._client is None:
            self._client = build_client(self._network, self._limits)
        return self._client

    def _whole(self, outgoing: Outgoing) -> httpx.URL:
        """Where ``outgoing`` goes: this broker's origin with its target, unchanged to the byte."""
        url = httpx.URL(self._base_url + outgoing.target)
        self._check_host(url)
        if url.raw_path.decode() != outgoing.target:
            raise self._refusals.foreign_host()
        return url

    def _check_host(self, url: httpx.URL) -> None:
        """Credentials leave only for hosts on the list, encrypted unless it is this computer."""
        if url.host not in self._hosts:
            raise self._refusals.foreign_host()
        if url.scheme != "https" and not (
            url.scheme == "http" and self._plain_loopback and is_loopback(url.host)
        ):
            raise self._refusals.foreign_host()

    def _raise_for_weather(self, answer: Answer) -> None:
        """What has nothing to do with the request itself: redirects, pauses, failing servers."""
        if 300 <= answer.status < 400:
            raise self._refusals.redirected()
        if answer.status == 429:
            seconds = answers.retry_after(answer, self._clock.now())
            if seconds is not None and self._limiter is not None:
                self._limiter.pause(seconds)
            raise self._refusals.rate_limited(seconds)
        if answer.status >= 500 or answer.status in (408, 425):
            raise self._refusals.failing(answer.status)
        if not answer.is_json:
            raise self._refusals.other_language(answer)

    async def _back_off(self, failure: BrokerError, attempt: int, started: float) -> None:
        """Wait before the next try, or raise ``failure`` when there is none."""
        limits = self._limits
        if attempt >= limits.retries or getattr(failure, "final", False):
            raise failure
        wait = self._jitter() * min(limits.longest_wait, limits.first_wait * 2**attempt)
        if isinstance(failure, RateLimitedError) and failure.retry_after is not None:
            if failure.retry_after > limits.longest_wait:
                raise failure
            wait += failure.retry_after
        if self._clock.monotonic() - started + wait > limits.patience:
            raise failure
        await self._clock.sleep(wait)

    def _watch_clock(self, response: httpx.Response) -> None:
        """Tell when this computer's clock is off, and once when it is right again."""
        theirs: datetime | None = answers.http_date(response.headers.get("Date", ""))
        if theirs is None or self._on_clock_skew is None:
            return
        skew = (self._clock.now() - theirs).total_seconds()
        skewed = abs(skew) > TOLERATED_SKEW
        if skewed or self._skewed:
            self._on_clock_skew(skew)
        self._skewed = skewed
