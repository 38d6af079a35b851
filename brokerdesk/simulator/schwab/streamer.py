"""The simulated streamer: one socket per customer, told what the market and the accounts do."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

from brokerdesk.simulator.schwab.account_news import News
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.stream_line import StreamLine
from brokerdesk.simulator.schwab.trader import SOCKET
from brokerdesk.simulator.wire import json_answer
from brokerdesk.tasks import Supervisor

LARGEST_COMMAND = 256 * 1024
_log = logging.getLogger(__name__)


class Streamer:
    """All connections of one simulated Schwab."""

    def __init__(self, state: SchwabState) -> None:
        self._state = state
        self._lines: list[StreamLine] = []
        self._supervisor = Supervisor(_note_bug)
        self._levers: dict[object, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "tick": self._tick,
            "drop": self._drop,
            "close": self._close_all,
            "stop": self._stop,
            "say": self._say,
            "news": self._news,
        }

    @property
    def lines(self) -> tuple[StreamLine, ...]:
        """The connections that are logged in."""
        return tuple(line for line in self._lines if line.signed_in)

    def add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get(SOCKET, self.socket)

    def control_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        """``POST stream {"action": …}`` under control."""
        router.add_post(prefix + "/stream", self.lever)

    async def close(self) -> None:
        """End all connections and what keeps them going."""
        await self._close_all({})
        await self._supervisor.aclose()

    async def socket(self, request: web.Request) -> web.StreamResponse:
        """One client, from its connection to its end."""
        socket = web.WebSocketResponse(max_msg_size=LARGEST_COMMAND, timeout=1.0)
        await socket.prepare(request)
        line = StreamLine(self._state, socket, request.transport, self._entered)
        self._lines.append(line)
        ticking = self._supervisor.spawn("stream", self._live(line))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    with contextlib.suppress(ConnectionError):
                        await line.hear(message.data)
        finally:
            self._lines.remove(line)
            if ticking is not None:
                ticking.cancel()
        return socket

    async def _live(self, line: StreamLine) -> None:
        """Look at the market from time to time, for as long as the client is there."""
        with contextlib.suppress(ConnectionError):
            while pace := self._state.switches.stream_interval:
                await self._state.clock.sleep(pace)
                if line.signed_in:
                    await line.tick()

    async def _entered(self, line: StreamLine) -> bool:
        """A customer has one connection: the newer one, or by switch the older one, stays."""
        others = [other for other in self.lines if other is not line]
        if others and self._state.switches.stream_second_login == "refused":
            return False
        for other in others:
            with contextlib.suppress(ConnectionError):
                await other.thrown_out()
        return True

    async def lever(self, request: web.Request) -> web.Response:
        """Do to all connections what happens to them at a real broker."""
        body = await request.json() if request.can_read_body else {}
        action = body.get("action") if isinstance(body, dict) else None
        if action not in self._levers:
            known = ", ".join(map(str, self._levers))
            return json_answer({"error": f"action must be one of {known}"}, 400)
        with contextlib.suppress(ConnectionError):
            await self._levers[action](body)
        return json_answer({"lines": len(self.lines)})

    async def _tick(self, _: dict[str, Any]) -> None:
        for line in self.lines:
            await line.tick(at_once=True)

    async def _drop(self, _: dict[str, Any]) -> None:
        for line in list(self._lines):
            line.drop()

    async def _close_all(self, _: dict[str, Any]) -> None:
        for line in list(self._lines):
            await line.close()

    async def _stop(self, _: dict[str, Any]) -> None:
        for line in list(self._lines):
            await line.stopped()

    async def _say(self, body: dict[str, Any]) -> None:
        for line in list(self._lines):
            await line.say(str(body.get("text", "")))

    async def _news(self, body: dict[str, Any]) -> None:
        """``account`` (a number), ``kind`` and ``data`` (a text or null) as they shall arrive."""
        data = body.get("data")
        account, kind = str(body.get("account", "")), str(body.get("kind", "OrderAccepted"))
        news = News(self._state.clock.now(), account, kind, data if data is None else str(data))
        for line in list(self._lines):
            await line.say_news(news)


def _note_bug(name: str, error: BaseException) -> None:
    _log.error("%s failed: %s: %s", name, type(error).__name__, error)
