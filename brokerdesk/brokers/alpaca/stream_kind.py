"""One kind of thing on the line: its socket while any of it is wanted, and where its quotes begin.

A socket tells changes only, and no close of the day before, so a quote begins with what REST says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

from brokerdesk.brokers.alpaca import market
from brokerdesk.brokers.alpaca.client import DataClient
from brokerdesk.brokers.alpaca.instruments import Names
from brokerdesk.brokers.alpaca.problems import NotSubscribedError
from brokerdesk.brokers.alpaca.stream_board import Board
from brokerdesk.brokers.alpaca.stream_places import IEX, SIP, Place
from brokerdesk.brokers.alpaca.stream_problems import UNKNOWN, PlaceRefusedError
from brokerdesk.brokers.alpaca.stream_socket import Open, Socket
from brokerdesk.brokers.alpaca.stream_wire import Said, Status
from brokerdesk.brokers.streaming import NotTold, Tell, Told
from brokerdesk.brokers.together import together
from brokerdesk.clock import Clock
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import (
    AuthError,
    BrokerError,
    BrokerRefusedError,
    BrokerUnavailableError,
)

_HALTS = {"2": True, "3": False, "H": True, "P": True, "T": False}
"""Codes of the tapes A and B (figures) and C (letters; P is a pause because of volatility). Others,
such as the resumption of quotations, neither stop trading nor let it go on.
"""
Wanted = dict[str, frozenset[QuoteKey]]


@dataclass(slots=True)
class Entitled:
    """What a session has learned of its data subscription. ``every_exchange`` None: nothing yet."""

    every_exchange: bool | None = None
    statuses: bool = True
    """Whether halts are asked for: not again where they were refused."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What all kinds of one login share. ``login`` gives key and secret for a first message;
    ``halts`` is whether trading in a share was last said to be stopped.
    """

    open_at: Callable[[Place], Open]
    login: Callable[[], Awaitable[tuple[str, str]]]
    data: DataClient
    names: Names
    clock: Clock
    entitled: Entitled
    halts: dict[str, bool]


class KindOnLine:
    """Everything of one kind, from the first that is wanted to the end of the attempt."""

    def __init__(self, place: Place, tools: Tools, tell: Tell, moved: Callable[[], None]) -> None:
        self._usual = place
        self._tools = tools
        self._tell = tell
        self._moved = moved
        self._wanted: Wanted = {}
        self._news = asyncio.Event()
        self._board = Board(place.feed)
        self._begun: set[str] = set()
        self._socket: Socket | None = None
        self.up = False
        self.refusal: PlaceRefusedError | None = None

    @property
    def pending(self) -> bool:
        """Whether something is wanted that is neither told nor refused yet."""
        return bool(self._wanted) and not self.up and self.refusal is None

    @property
    def busy(self) -> bool:
        return bool(self._wanted)

    def want(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._board.keep(wanted)
        if self._socket is not None:
            self._socket.want(wanted)
        self._news.set()

    async def run(self) -> None:
        """Until cancelled.

        Raises:
            BrokerError: the line could not be made, or was lost.
        """
        while not self._wanted:
            await self._next_news()
        while self.refusal is None:
            place = await self._place()
            try:
                await self._serve(place)
            except PlaceRefusedError as refusal:
                if place is SIP and not refusal.taken:
                    self._tools.entitled.every_exchange = False
                else:
                    self.refusal = refusal
        while True:
            keys = frozenset[QuoteKey]().union(*self._wanted.values())
            if keys:
                self._tell(NotTold(keys=keys, why=self.refusal.why))
            self._moved()
            await self._next_news()

    async def _next_news(self) -> None:
        await self._news.wait()
        self._news.clear()

    async def _place(self) -> Place:
        """All exchanges for those who have subscribed to them. REST is asked, once, because a
        socket that was opened in vain would block the next one for a while.
        """
        if self._usual is not IEX:
            return self._usual
        if self._tools.entitled.every_exchange is None:
            try:
                await self._tools.data.snapshots(market.STOCK_SNAPSHOTS, [min(self._wanted)], "sip")
                self._tools.entitled.every_exchange = True
            except NotSubscribedError:
                self._tools.entitled.every_exchange = False
            except (BrokerUnavailableError, BrokerRefusedError):
                return IEX
        return SIP if self._tools.entitled.every_exchange else IEX

    async def _serve(self, place: Place) -> None:
        self._board, self._begun = Board(place.feed), set()
        self._board.keep(self._wanted)
        entered = asyncio.Event()
        self._socket = Socket(
            place,
            self._tools.open_at(place),
            await self._tools.login(),
            entered=entered.set,
            heard=self._heard,
            refused=self._refused,
            statuses=place.tells_halts and self._tools.entitled.statuses,
            no_statuses=self._no_statuses,
        )
        self._socket.want(self._wanted)
        try:
            await together(self._socket.run(), self._begin_all(entered))
        finally:
            self._socket, self.up = None, False
            if place.tells_halts:
                self._tools.halts.clear()  # nobody tells any more when they end

    async def _begin_all(self, entered: asyncio.Event) -> None:
        """Give every quote its beginning, as it becomes wanted."""
        await entered.wait()
        self.up = True
        self._moved()
        self._news.set()
        while True:
            await self._next_news()
            self._begun &= self._wanted.keys()
            fresh = [name for name in self._wanted if name not in self._begun]
            if fresh:
                self._begun.update(fresh)
                await self._begin(fresh)

    async def _begin(self, names: list[str]) -> None:
        try:
            batch = await market.quotes(
                self._tools.data, names, self._tools.names, self._tools.clock.now()
            )
        except AuthError:
            raise
        except BrokerError:
            for name in names:
                self._board.begin(name, None)
            return
        for quote in batch.items:
            self._board.begin(quote.symbol, quote)
        told = {quote.symbol for quote in batch.items}
        self._say(name for name in names if name in told)
        self._refused((name for name in names if name not in told), UNKNOWN)

    def _heard(self, said: list[Said]) -> None:
        moved = self._board.take(said)
        for one in said:
            halted = _HALTS.get(one.sc) if isinstance(one, Status) else None
            if isinstance(one, Status) and halted is not None:
                self._tools.halts[one.S] = halted
                moved[one.S] = None
        self._say(moved)

    def _no_statuses(self) -> None:
        self._tools.entitled.statuses = False

    def _say(self, names: Iterable[str]) -> None:
        """Tell the whole quotes of names, each to all who want it under their own symbol."""
        now = self._tools.clock.now()
        for name in names:
            for key in self._wanted.get(name, ()):
                quote = self._board.quote(name, key.symbol, now)
                if quote is not None:
                    if self._usual.tells_halts:
                        quote = replace(quote, halted=self._tools.halts.get(name))
                    self._tell(Told(key=key, quote=quote))

    def _refused(self, names: Iterable[str], why: str) -> None:
        keys = frozenset[QuoteKey]().union(*(self._wanted.get(name, ()) for name in names))
        if keys:
            self._tell(NotTold(keys=keys, why=why))
