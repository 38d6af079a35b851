"""A simulated TWS as the server carries it: a port of its own, and levers under control.

Nothing of it is HTTP but the levers: the dialect owns no path of the common origin.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from brokerdesk.simulator.dialects import Handler
from brokerdesk.simulator.exchange.exchange import Account, Exchange
from brokerdesk.simulator.exchange.floor import Floor
from brokerdesk.simulator.faults.resets import reset
from brokerdesk.simulator.ibkr import portfolio
from brokerdesk.simulator.ibkr.connection import LOST, Connection, Faults, Log
from brokerdesk.simulator.ibkr.contracts import Directory, contract, details
from brokerdesk.simulator.ibkr.frames import Message
from brokerdesk.simulator.ibkr.requests import error
from brokerdesk.simulator.ibkr.state import IbkrState, IbkrSwitches
from brokerdesk.simulator.ibkr.trading import RULES
from brokerdesk.simulator.options import MovableClock, SimulatorOptions
from brokerdesk.simulator.wire import json_answer
from brokerdesk.tasks import Supervisor

_log = logging.getLogger(__name__)
HOST = "127.0.0.1"
CLIENT_ID = 71
WORDS = {
    1100: LOST,
    1101: "Connectivity between IB and TWS has been restored - data lost.",
    1102: "Connectivity between IB and TWS has been restored - data maintained.",
    1300: "TWS socket port has been reset and this connection is being dropped.",
    2103: "Market data farm connection is broken:usfarm",
    2110: "Connectivity between TWS and server is broken. It will be restored automatically.",
    502: "Couldn't connect to TWS.",
    326: "Unable to connect as the client id is already in use.",
    10197: "No market data during competing live session",
}


class IbkrDialect:
    """One simulated TWS with one login."""

    token_kinds: tuple[str, ...] = ("access", "refresh")

    def __init__(self, options: SimulatorOptions, exchange: Exchange, clock: MovableClock) -> None:
        self.exchange = exchange
        self.switches = IbkrSwitches()
        self.callback_urls: list[str] = []
        self.floor = Floor(exchange, clock.now, self.switches, RULES)
        self.state = IbkrState(
            exchange=exchange,
            floor=self.floor,
            clock=clock,
            switches=self.switches,
            directory=Directory(exchange.market),
        )
        self._connections: dict[Connection, asyncio.Task[Any]] = {}
        self._supervisor = Supervisor(_note_bug)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._faults: Faults = lambda method, path: None
        self._refuses: Callable[[], bool] = lambda: False
        self._log: Log = lambda entry: None

    @property
    def address(self) -> str:
        """Where clients connect."""
        return f"tcp://{HOST}:{self._port}"

    @property
    def connections(self) -> tuple[Connection, ...]:
        """Who is connected."""
        return tuple(self._connections)

    @property
    def secrets(self) -> dict[str, str]:
        """What the form asks for. None of it is secret."""
        return {"host": HOST, "port": str(self._port), "client_id": str(CLIENT_ID)}

    def owns(self, path: str) -> bool:
        return False

    def orders_path(self, method: str, path: str) -> bool:
        return False

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """No route: it is not spoken to over HTTP."""

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        return await handler(request)

    def started(self, base_url: str) -> None:
        """Nothing depends on the common origin."""

    def approve(self, query: dict[str, str], accounts: Sequence[str] | None, *, allow: bool) -> str:
        raise ValueError("signing in happens in TWS itself")

    def expire(self, kind: str) -> None:
        """``access``: every connection ends. ``refresh``: TWS logs off until it is restarted."""
        self._drop(hard=False)
        if kind == "refresh":
            self._shut()

    def recorded(self, account: Account, moment: datetime) -> dict[str, Any]:
        """The messages that a request for account updates would have brought, and the names."""
        number = self.state.number(account)
        valued = account.value_at(moment)
        rows = portfolio.account_messages(number, self.state.values(account, moment))
        rows += portfolio.portfolio_messages(number, valued, plain_options=False)
        named = [details("0", contract(held.symbol)) for held in valued.positions]
        closing = portfolio.closing(number, moment)
        return {"account": number, "messages": [list(one) for one in (*rows, *closing, *named)]}

    async def listen(self, faults: Faults, refuses: Callable[[], bool], log: Log) -> None:
        """Open the port. Faults and the log are the server's own."""
        self._faults, self._refuses, self._log = faults, refuses, log
        await self._open()

    async def close(self) -> None:
        """Close the port and every connection, and wait for their ends."""
        self._shut()
        tasks = list(self._connections.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._supervisor.aclose()

    def control_routes(self, router: web.UrlDispatcher, prefix: str) -> None:
        router.add_post(prefix + "/tws", self.lever)

    async def lever(self, request: web.Request) -> web.Response:
        """``{"action": …}``: ``error`` with ``code``, ``disconnect``, ``stop``, ``start``; ``tick``
        for a look at the market now, ``say`` with ``messages``, ``raw`` with ``hex``.
        """
        body = await request.json()
        action = body.get("action") if isinstance(body, dict) else None
        actions: dict[object, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "error": self._error,
            "disconnect": self._disconnect,
            "stop": self._stop,
            "start": self._start,
            "tick": self._tick,
            "say": self._say,
            "raw": self._raw,
        }
        if action not in actions:
            return json_answer(
                {"error": f"action must be one of {', '.join(map(str, actions))}"}, 400
            )
        await actions[action](body)
        return json_answer({"clients": sorted(self.state.clients), "address": self.address})

    async def _error(self, body: dict[str, Any]) -> None:
        """Tell every client a code; 1100 to 1102 change what new clients are told as well."""
        code = int(body.get("code", 1100))
        if code in (1100, 1101, 1102):
            self.switches.connected_to_broker = code != 1100
        told: Message = error("-1", code, str(body.get("text", WORDS.get(code, ""))))
        for one in list(self._connections):
            one.tell(told)
            if code == 1101:
                one.forget_lines()
        if body.get("drop"):
            self._drop(hard=False)

    async def _tick(self, body: dict[str, Any]) -> None:
        for one in list(self._connections):
            await one.round()

    async def _say(self, body: dict[str, Any]) -> None:
        """``messages``: lists of fields, which every client is told unasked."""
        told = [tuple(map(str, one)) for one in body.get("messages", [])]
        for one in list(self._connections):
            one.tell(*told)

    async def _raw(self, body: dict[str, Any]) -> None:
        """``hex``: bytes, which every client is sent; with ``drop`` the connections end then."""
        for one in list(self._connections):
            one.raw(bytes.fromhex(str(body.get("hex", ""))))
        if body.get("drop"):
            self._drop(hard=False)

    async def _disconnect(self, body: dict[str, Any]) -> None:
        self._drop(hard=bool(body.get("hard")))

    async def _stop(self, body: dict[str, Any]) -> None:
        """The daily restart begins, or the login window stands open: nobody listens."""
        self._shut()
        self._drop(hard=False)

    async def _start(self, body: dict[str, Any]) -> None:
        if self._server is None:
            await self._open()

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOST, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def _shut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _drop(self, *, hard: bool) -> None:
        for one in list(self._connections):
            one.drop(hard=hard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses():
            reset(writer.transport)
            return
        one = Connection(self.state, reader, writer, self._faults, self._log, self._supervisor)
        task = asyncio.current_task()
        assert task is not None
        self._connections[one] = task
        try:
            await one.serve()
        except asyncio.CancelledError:
            pass  # how a simulator ends; asyncio would log it as an error of this callback
        finally:
            self._connections.pop(one, None)
            writer.close()


def _note_bug(name: str, error: BaseException) -> None:
    _log.error("%s failed: %s: %s", name, type(error).__name__, error)
