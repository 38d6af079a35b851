"""One market data socket: signs in, keeps its subscriptions as wanted, hands on what is told.

Alpaca answers every request in order, with the whole list or with an error; so the requests that
wait for their answer are a queue, and an error is about the first of them. What was asked for in
one request and refused is asked for again in halves, so that one bad symbol does not cost the
others, until it is known which are refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta

from brokerdesk.brokers.alpaca import BROKER_ID, TITLE
from brokerdesk.brokers.alpaca.stream_places import Place
from brokerdesk.brokers.alpaca.stream_problems import (
    BUSY,
    LIMIT,
    NOT_YOURS,
    REFUSED,
    SIGNED_IN_ALREADY,
    PlaceRefusedError,
    fatal,
)
from brokerdesk.brokers.alpaca.stream_wire import Problem, Said, Subscription, Success, decode
from brokerdesk.brokers.alpaca.stream_wire import encode as written
from brokerdesk.brokers.decode import MalformedJsonError, UnexpectedShapeError
from brokerdesk.brokers.lines import WebLine
from brokerdesk.brokers.together import together
from brokerdesk.brokers.transport import Refusals
from brokerdesk.errors import BrokerError

GREETING = timedelta(seconds=10)
PROBE = timedelta(seconds=30)
"""After so long without a word the list of subscriptions is asked for: prices may rest, but a line
that answers nothing is dead."""
SILENCE = timedelta(seconds=90)
_AT_ONCE = 400
_TRADES, _QUOTES, _STATUSES = "trades", "quotes", "statuses"
_ALL = frozenset({"*"})

Open = Callable[[], AbstractAsyncContextManager[WebLine]]


@dataclass(frozen=True, slots=True)
class _Request:
    """Waiting for its answer. ``action`` "" : only to hear whether anybody is there."""

    action: str
    channel: str
    names: tuple[str, ...]


class Socket:
    """One attempt at one place.

    Args:
        open_line: opens the line.
        login: key and secret, as the first message carries them.
        entered: called when signed in.
        heard: called with the records of each message, the socket's own affairs left out.
        refused: called with names that are not told here, and our sentence why.
        statuses: whether halts, of all symbols together, are asked for.
        no_statuses: called when they are not given.
    """

    def __init__(
        self,
        place: Place,
        open_line: Open,
        login: tuple[str, str],
        *,
        entered: Callable[[], None],
        heard: Callable[[list[Said]], None],
        refused: Callable[[Iterable[str], str], None],
        statuses: bool = False,
        no_statuses: Callable[[], object] = lambda: None,
    ) -> None:
        self._place = place
        self._open = open_line
        self._login = login
        self._entered = entered
        self._heard = heard
        self._refused = refused
        self._refusals = Refusals(BROKER_ID, TITLE)
        self._no_statuses = no_statuses
        channels = (_TRADES, _QUOTES, *([_STATUSES] if statuses else []))
        self._wanted: dict[str, frozenset[str]] = dict.fromkeys(channels, frozenset())
        self._asked: dict[str, set[str]] = {channel: set() for channel in channels}
        self._bad: dict[str, set[str]] = {channel: set() for channel in channels}
        self._waiting: deque[_Request] = deque()
        self._again: deque[_Request] = deque()
        self._left_out: list[str] = []
        self._full: set[str] = set()
        self._changed = asyncio.Event()

    def want(self, names: Iterable[str]) -> None:
        """What is to be told from now on. Trades go first where there is not room for all."""
        trades = quotes = sorted(names)
        room = self._place.most
        if room is not None:
            trades, self._left_out = trades[:room], trades[room:]
            quotes = trades[: room - len(trades)]
        self._wanted |= {_TRADES: frozenset(trades), _QUOTES: frozenset(quotes)}
        if _STATUSES in self._wanted:
            self._wanted[_STATUSES] = _ALL if trades else frozenset()
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled.

        Raises:
            PlaceRefusedError: this place is not for this login; others may be.
            BrokerError: the line could not be made, or was lost.
        """
        async with self._open() as line:
            await self._enter(line)
            self._entered()
            self._changed.set()
            await together(self._listen(line), self._ask(line))

    async def _enter(self, line: WebLine) -> None:
        await self._expect(line, "connected")
        key, secret = self._login
        await self._send(line, {"action": "auth", "key": key, "secret": secret})
        await self._expect(line, "authenticated")

    async def _expect(self, line: WebLine, word: str) -> None:
        """Wait for a word of success.

        Raises:
            BrokerError: another came, or none.
        """
        while True:
            message = await line.receive_within(GREETING)
            if message is None:
                raise self._refusals.too_slow()
            for said in self._read(message):
                if isinstance(said, Success) and said.msg == word:
                    return
                if isinstance(said, Problem) and said.code != SIGNED_IN_ALREADY:
                    raise fatal(said.code, said.msg)

    async def _listen(self, line: WebLine) -> None:
        while True:
            message = await line.receive_within(PROBE)
            if message is None:
                await self._request(line, _Request("", _TRADES, ()))
                continue
            told = [one for one in self._read(message) if not self._own(one)]
            if told:
                self._heard(told)

    def _own(self, said: Said) -> bool:
        """Deal with what is about the socket itself. False: it is about prices."""
        if isinstance(said, Subscription):
            if self._waiting:
                self._waiting.popleft()
        elif isinstance(said, Problem):
            self._problem(said)
        return isinstance(said, Subscription | Problem | Success)

    def _problem(self, said: Problem) -> None:
        request = self._waiting[0] if self._waiting else None
        if said.code not in REFUSED or request is None:
            raise fatal(said.code, said.msg)
        self._waiting.popleft()
        if request.action != "subscribe":
            return
        if request.channel == _STATUSES:
            self._give_up(request)  # a hint that is not given costs no price
            self._no_statuses()
        elif said.code in NOT_YOURS:
            raise PlaceRefusedError(said.code)
        elif said.code == LIMIT and request.channel == _QUOTES and self._place.most is None:
            self._give_up(request)  # the trades are told, and that is what matters most
        elif len(request.names) > 1:
            middle = len(request.names) // 2
            for part in (request.names[:middle], request.names[middle:]):
                self._again.append(_Request("subscribe", request.channel, part))
            self._changed.set()
        else:
            self._give_up(request, REFUSED[said.code])
            if said.code == LIMIT:
                self._full.add(request.channel)

    def _give_up(self, request: _Request, why: str = "") -> None:
        """Not to be asked for again. Without trades a name is not told; quotes may lack."""
        self._asked[request.channel].difference_update(request.names)
        self._bad[request.channel].update(request.names)
        if why and request.channel == _TRADES:
            self._refused(request.names, why)

    async def _ask(self, line: WebLine) -> None:
        """Bring the subscriptions to what is wanted, whenever that changes."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._left_out:
                self._refused(self._left_out, BUSY)
            for channel, wanted in self._wanted.items():
                asked = self._asked[channel]
                gone = asked - wanted
                asked -= gone
                await self._request_all(line, "unsubscribe", channel, gone)
            while self._again:
                await self._ask_again(line, self._again.popleft())
            for channel, wanted in self._wanted.items():
                fresh = wanted - self._asked[channel] - self._bad[channel]
                self._asked[channel] |= fresh
                await self._request_all(line, "subscribe", channel, fresh)

    async def _ask_again(self, line: WebLine, request: _Request) -> None:
        """Half of what was refused, as far as it is still wanted and there may be room for it."""
        names = tuple(name for name in request.names if name in self._asked[request.channel])
        request = _Request(request.action, request.channel, names)
        if request.channel in self._full:
            self._give_up(request, BUSY)
        elif names:
            await self._request(line, request)

    async def _request_all(
        self, line: WebLine, action: str, channel: str, names: Iterable[str]
    ) -> None:
        ordered = sorted(names)
        for start in range(0, len(ordered), _AT_ONCE):
            part = tuple(ordered[start : start + _AT_ONCE])
            await self._request(line, _Request(action, channel, part))

    async def _request(self, line: WebLine, request: _Request) -> None:
        self._waiting.append(request)
        action = request.action or "subscribe"
        names = list(request.names) or sorted(self._asked[request.channel])[:1]
        await self._send(line, {"action": action, request.channel: names})

    async def _send(self, line: WebLine, value: dict[str, object]) -> None:
        await line.send(written(value, packed=self._place.packed))

    def _read(self, message: str | bytes) -> list[Said]:
        try:
            return decode(message, packed=self._place.packed)
        except (MalformedJsonError, UnexpectedShapeError) as error:
            raise self._unreadable() from error

    def _unreadable(self) -> BrokerError:
        return self._refusals.unreadable("Its message could not be understood.")
