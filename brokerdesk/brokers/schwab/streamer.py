"""The one line that a login may have at Schwab, shared by all that streams on it.

Both streams of a session share the line: the first that runs opens it, the last that leaves closes
it, and when it is lost both end with the same error. The account service is always subscribed,
because a line without any subscription is cut after half a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from datetime import timedelta

from brokerdesk.brokers.base import SessionContext
from brokerdesk.brokers.lines import WebLine, open_line
from brokerdesk.brokers.schwab import BROKER_ID, STREAM_HOSTS, TITLE
from brokerdesk.brokers.schwab.client import SchwabClient
from brokerdesk.brokers.schwab.stream_ends import LineTakenError, raise_if_over, taken
from brokerdesk.brokers.schwab.stream_login import log_in, log_out, send, streamer_info
from brokerdesk.brokers.schwab.stream_talk import Talk
from brokerdesk.brokers.schwab.stream_wire import LOGIN_DENIED, SUCCEEDED
from brokerdesk.brokers.schwab.tokens import Tokens
from brokerdesk.brokers.schwab.wire import StreamerInfo
from brokerdesk.brokers.streaming import AccountMoved, Line, LineState, StreamEvent, Tell
from brokerdesk.brokers.transport import Refusals
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import BrokerUnavailableError, NotSupportedError
from brokerdesk.tasks import Policy, Supervisor

_log = logging.getLogger(__name__)

QUOTES, NEWS = "prices", "account news"
SILENCE = timedelta(seconds=35)
"""Heartbeats come about every ten seconds; how often, Schwab does not say."""
_GOODBYE_WITHIN = 1.0
_REFUSALS = Refusals(BROKER_ID, TITLE)


@dataclass(eq=False, slots=True)
class _Side:
    """One of the two streams while it runs. ``ended`` is set when only this one cannot go on."""

    tell: Tell
    ended: asyncio.Future[None]


class Streamer:
    """The one line of a session."""

    def __init__(self, context: SessionContext, client: SchwabClient, tokens: Tokens) -> None:
        self._context = context
        self._client = client
        self._tokens = tokens
        self._supervisor = Supervisor(_note_bug)
        self._sides: dict[str, _Side] = {}
        self._wanted: frozenset[QuoteKey] = frozenset()
        self._attempt: asyncio.Task[None] | None = None
        self._live: tuple[WebLine, StreamerInfo, Talk] | None = None
        self._closed = False
        self._rest_until = 0.0
        """Until when the line is left to another program that took it."""

    async def run(self, name: str, tell: Tell) -> None:
        """Take part in the line until it is lost or the caller is cancelled."""
        if name in self._sides:
            raise RuntimeError(f"a stream of {name} runs already")
        if self._closed:
            raise _REFUSALS.closed()
        left = self._rest_until - self._context.clock.monotonic()
        if left > 0:
            raise taken(left)
        side = _Side(tell, asyncio.get_running_loop().create_future())
        self._sides[name] = side
        try:
            attempt = self._joined(side)
            await asyncio.wait({attempt, side.ended}, return_when=asyncio.FIRST_COMPLETED)
            if side.ended.done():
                side.ended.result()
            if attempt.cancelled():
                raise _REFUSALS.closed()
            attempt.result()
        finally:
            del self._sides[name]
            if not side.ended.cancel() and not side.ended.cancelled():
                side.ended.exception()  # looked at, also where the caller has gone meanwhile
            await self._left(name)

    def want(self, keys: frozenset[QuoteKey]) -> None:
        """What the price stream wants from now on."""
        self._wanted = keys
        if self._live is None or self._closed or QUOTES not in self._sides:
            return
        self._put_through()

    def _put_through(self) -> None:
        assert self._live is not None
        line, info, talk = self._live
        for event in talk.want(self._wanted):
            self._tell(event)
        self._supervisor.spawn("subscribe", self._push(line, info, talk), on_error=_told_by_line)

    async def aclose(self) -> None:
        """Close the line; whoever runs on it is told that it was closed."""
        self._closed = True
        await self._supervisor.aclose()

    def _joined(self, side: _Side) -> asyncio.Task[None]:
        """The attempt that is under way, or a new one."""
        state = LineState.CONNECTING if self._live is None else LineState.LIVE
        side.tell(Line(state=state, at=self._context.clock.now()))
        if self._attempt is not None and not self._attempt.done():
            if self._live is not None:
                self._put_through()
            return self._attempt
        self._attempt = self._supervisor.spawn(
            "line", self._one_attempt(), policy=Policy.NEWEST_WINS, on_error=_told_by_line
        )
        assert self._attempt is not None
        return self._attempt

    async def _left(self, name: str) -> None:
        if name == QUOTES:
            self._wanted = frozenset()
            if self._sides and self._live is not None and not self._closed:
                self._put_through()
        attempt = self._attempt
        if not self._sides and attempt is not None and not attempt.done():
            self._attempt = self._live = None
            attempt.cancel()
            await asyncio.wait({attempt})

    async def _one_attempt(self) -> None:
        """One attempt. A line that another program takes is left to it for a while."""
        try:
            await self._connected()
        except LineTakenError as error:
            self._rest_until = self._context.clock.monotonic() + (error.retry_after or 0.0)
            raise

    async def _connected(self) -> None:
        """Connect and stay, until the line is lost. A token that is refused is renewed once."""
        refused = ""
        for renewed in (False, True):
            info = await streamer_info(self._client)
            token = await self._tokens.bearer(refused=refused)
            async with open_line(
                info.streamer_socket_url or "",
                context=self._context,
                broker_id=BROKER_ID,
                title=TITLE,
                hosts=STREAM_HOSTS[self._context.environment],
                silence=SILENCE,
            ) as line:
                code = await log_in(line, info, token)
                if code in SUCCEEDED:
                    await self._stay(line, info)
                if code != LOGIN_DENIED or renewed:
                    raise_if_over(code)
                    raise _REFUSALS.unreadable("It did not take the login on its line.")
            refused = token

    async def _stay(self, line: WebLine, info: StreamerInfo) -> None:
        """Tell what comes until the line is lost."""
        talk = Talk(self._context.environment, self._context.clock)
        self._live = (line, info, talk)
        try:
            for side in list(self._sides.values()):
                side.tell(Line(state=LineState.LIVE, at=self._context.clock.now()))
            for event in talk.want(self._wanted):
                self._tell(event)
            while True:
                await self._push(line, info, talk)
                for event in talk.heard(await line.receive()):
                    self._tell(event)
                if talk.no_news:
                    self._end_news()
        except asyncio.CancelledError:
            with contextlib.suppress(BrokerUnavailableError, TimeoutError):
                async with asyncio.timeout(_GOODBYE_WITHIN):
                    await log_out(line, info)
            raise
        finally:
            self._live = None

    async def _push(self, line: WebLine, info: StreamerInfo, talk: Talk) -> None:
        following = talk.next()
        if following is not None:
            command, number = following
            await send(line, info, command, number)

    def _end_news(self) -> None:
        side = self._sides.get(NEWS)
        if side is not None and not side.ended.done():
            side.ended.set_exception(
                NotSupportedError(
                    f"{TITLE} does not tell this login what happens in its accounts.",
                    capability="account_stream",
                    broker_id=BROKER_ID,
                )
            )

    def _tell(self, event: StreamEvent) -> None:
        side = self._sides.get(NEWS if isinstance(event, AccountMoved) else QUOTES)
        if side is not None:
            side.tell(event)


def _told_by_line(error: BaseException) -> None:
    """Whoever runs on the line sees it end; nobody else needs to know."""


def _note_bug(name: str, error: BaseException) -> None:
    _log.error("%s failed: %s", name, type(error).__name__)
