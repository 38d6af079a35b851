"""The simulated sockets of Alpaca: three for prices, one per account for orders."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

from brokerdesk.simulator.alpaca.order_line import OrderLine
from brokerdesk.simulator.alpaca.price_line import PriceLine
from brokerdesk.simulator.alpaca.price_records import ENDPOINTS
from brokerdesk.simulator.alpaca.state import TRADING, AlpacaState
from brokerdesk.simulator.wire import json_answer
from brokerdesk.tasks import Supervisor

STREAM = "/alpaca/stream"
LARGEST_COMMAND = 256 * 1024
BEAT = 0.02
"""Seconds between two frames under load."""
MOST_PER_SECOND = 10_000
_log = logging.getLogger(__name__)

AnyLine = PriceLine | OrderLine


def is_line(path: str) -> bool:
    """Whether a request is for a socket: those sign in by themselves."""
    return path.startswith(STREAM + "/") or path.endswith("/stream")


class Streamer:
    """All connections of one simulated Alpaca."""

    def __init__(self, state: AlpacaState) -> None:
        self._state = state
        self._supervisor = Supervisor(_note_bug)
        self._interval: float | None = None
        self._per_second = 0
        self._paced = asyncio.Event()
        self._levers: dict[object, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "tick": self._tick,
            "pace": self._pace,
            "drop": self._drop,
            "close": self._close_all,
            "say": self._say,
            "news": self._news,
        }
        self.lines: list[AnyLine] = []

    def add_routes(self, router: web.UrlDispatcher) -> None:
        for path in ENDPOINTS:
            router.add_get(STREAM + path, self.prices)
        router.add_get(TRADING + "/stream", self.orders)

    def control_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        """``POST stream {"action": …}`` under control."""
        router.add_post(prefix + "/stream", self.lever)

    async def close(self) -> None:
        """End all connections and what keeps them going."""
        await self._close_all({})
        await self._supervisor.aclose()

    async def prices(self, request: web.Request) -> web.StreamResponse:
        """One client of a market data socket, from its connection to its end."""
        socket = await self._opened(request)
        endpoint = ENDPOINTS[request.path.removeprefix(STREAM)]
        line = PriceLine(self._state, endpoint, socket, request, self._has_room)
        return await self._serve(line, socket)

    async def orders(self, request: web.Request) -> web.StreamResponse:
        """One client of an account's socket."""
        socket = await self._opened(request)
        line = OrderLine(self._state, request.match_info["venue"], socket, request)
        return await self._serve(line, socket)

    async def _opened(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=LARGEST_COMMAND, timeout=1.0)
        await socket.prepare(request)
        return socket

    async def _serve(self, line: AnyLine, socket: web.WebSocketResponse) -> web.StreamResponse:
        self.lines.append(line)
        tasks = [
            self._supervisor.spawn("late", self._watch_login(line)),
            self._supervisor.spawn("live", self._live(line)),
            self._supervisor.spawn("load", self._load(line)),
        ]
        try:
            with contextlib.suppress(ConnectionError):
                await line.begin()
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    with contextlib.suppress(ConnectionError):
                        await line.hear(message.data)
        finally:
            self.lines.remove(line)
            for task in tasks:
                if task is not None:
                    task.cancel()
        return socket

    def _has_room(self, line: PriceLine) -> bool:
        """A login has so many connections to each kind of endpoint, and no more."""
        same = [
            other
            for other in self.lines
            if isinstance(other, PriceLine)
            and other.owner == line.owner
            and other.endpoint.kind == line.endpoint.kind
        ]
        return len(same) <= self._state.switches.stream_connections

    async def _watch_login(self, line: AnyLine) -> None:
        # Real time: a client that never signs in must go, however the simulated clock stands.
        try:
            async with asyncio.timeout(self._state.switches.stream_login_seconds):
                await line.entrance.wait()
        except TimeoutError:
            with contextlib.suppress(ConnectionError):
                await line.late()

    async def _live(self, line: AnyLine) -> None:
        """Look at the market from time to time, for as long as the client is there."""
        with contextlib.suppress(ConnectionError):
            while True:
                pace = self._interval
                if pace is None:
                    pace = self._state.switches.stream_interval
                if not pace:
                    await self._paced.wait()
                    continue
                await self._state.clock.sleep(pace)
                if line.signed_in:
                    await line.tick()

    async def _load(self, line: AnyLine) -> None:
        """So many updates per second, when control wants to see how that goes."""
        clock, due, then = self._state.clock, 0.0, 0.0
        with contextlib.suppress(ConnectionError):
            while True:
                if not self._per_second:
                    await self._paced.wait()
                    due, then = 0.0, clock.monotonic()
                    continue
                await clock.sleep(BEAT)
                now = clock.monotonic()
                due += (now - then) * self._per_second
                then = now
                count, due = int(due), due - int(due)
                if count and line.signed_in:
                    await line.load(min(count, MOST_PER_SECOND))

    async def lever(self, request: web.Request) -> web.Response:
        """Do to all connections what happens to them at a real broker."""
        body = await request.json() if request.can_read_body else {}
        action = body.get("action") if isinstance(body, dict) else None
        if action not in self._levers:
            known = ", ".join(map(str, self._levers))
            return json_answer({"error": f"action must be one of {known}"}, 400)
        try:
            with contextlib.suppress(ConnectionError):
                await self._levers[action](body)
        except (ValueError, TypeError) as error:
            return json_answer({"error": str(error)}, 400)
        return json_answer({"lines": sum(line.signed_in for line in self.lines)})

    async def _tick(self, _: dict[str, Any]) -> None:
        for line in list(self.lines):
            if line.signed_in:
                await line.tick()

    async def _pace(self, body: dict[str, Any]) -> None:
        """``interval``: seconds between two looks (0: none); ``per_second``: updates as a load."""
        if "interval" in body:
            self._interval = max(0.0, float(body["interval"]))
        if "per_second" in body:
            self._per_second = min(MOST_PER_SECOND, max(0, int(body["per_second"])))
        if self._interval or self._per_second:
            self._paced.set()
            self._paced = asyncio.Event()

    async def _drop(self, _: dict[str, Any]) -> None:
        for line in list(self.lines):
            line.drop()

    async def _close_all(self, _: dict[str, Any]) -> None:
        for line in list(self.lines):
            await line.close()

    async def _say(self, body: dict[str, Any]) -> None:
        """``message`` as a message, or ``text`` as a frame."""
        for line in list(self.lines):
            await line.say(body["text"] if "text" in body else body.get("message"))

    async def _news(self, body: dict[str, Any]) -> None:
        """``update`` to those who listen to the account of ``venue``."""
        for line in list(self.lines):
            if isinstance(line, OrderLine) and line.venue == body.get("venue", line.venue):
                await line.news(body.get("update"))


def _note_bug(name: str, error: BaseException) -> None:
    _log.error("%s failed: %s: %s", name, type(error).__name__, error)
