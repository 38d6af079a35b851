"""One connection to the simulated streamer: its login, its commands, what it is told when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from brokerdesk.simulator.faults.resets import reset
from brokerdesk.simulator.schwab.account_news import News, account_news, own_news
from brokerdesk.simulator.schwab.level_one import EQUITIES, NUMBERS, OPTIONS
from brokerdesk.simulator.schwab.price_watch import PriceWatch
from brokerdesk.simulator.schwab.state import SchwabState
from brokerdesk.simulator.schwab.times import milliseconds
from brokerdesk.simulator.schwab.tokens import Grant
from brokerdesk.simulator.wire import encode

ACTIVITY = "ACCT_ACTIVITY"
OTHERS = frozenset(
    {
        "LEVELONE_FUTURES",
        "LEVELONE_FUTURES_OPTIONS",
        "LEVELONE_FOREX",
        "NYSE_BOOK",
        "NASDAQ_BOOK",
        "OPTIONS_BOOK",
        "SCREENER_EQUITY",
        "SCREENER_OPTION",
        "CHART_EQUITY",
        "CHART_FUTURES",
    }
)
LOGIN_DENIED, NOT_AVAILABLE, TOO_MANY_LINES, TOO_MANY_SYMBOLS = 3, 11, 12, 19
NO_LINE, BAD_COMMAND, STOPPED = 20, 21, 30
FAILED = {"SUBS": 22, "UNSUBS": 23, "ADD": 24, "VIEW": 25}
SLOW = 5.0
GARBAGE = '{"data":[{"service":"LEVELONE_'


class StreamLine:
    """What one client is told. ``entered`` is asked, before the answer, whether it may log in."""

    def __init__(
        self,
        state: SchwabState,
        socket: web.WebSocketResponse,
        transport: asyncio.BaseTransport | None,
        entered: Callable[[StreamLine], Awaitable[bool]],
    ) -> None:
        self._state = state
        self._socket = socket
        self._transport = transport
        self._entered = entered
        self._grant: Grant | None = None
        self._prices = PriceWatch(state)
        self._news_since: datetime | None = None
        self._news_told = 0
        self._news_key = ""
        self._seq = 0
        now = state.clock.monotonic()
        self._busy_at, self._beat_at = now, now
        self._turn = asyncio.Lock()

    @property
    def signed_in(self) -> bool:
        return self._grant is not None

    # -- commands -------------------------------------------------------------------------------
    async def hear(self, text: str) -> None:
        """One message of the client: a bare command, or several under ``requests``."""
        try:
            body = json.loads(text)
            commands = body.get("requests", [body])
            found = [(str(c["service"]).upper(), str(c["command"]).upper(), c) for c in commands]
        except (ValueError, KeyError, TypeError, AttributeError):
            await self._respond({}, BAD_COMMAND, "Bad command formatting")
            return
        for service, name, command in found:
            async with self._turn:
                await self._obey(service, name, command)

    async def _obey(self, service: str, name: str, command: dict[str, Any]) -> None:
        if service == "ADMIN":
            await self._admin(name, command)
        elif self._grant is None or command.get("SchwabClientCustomerId") != self._customer:
            await self._respond(command, NO_LINE, "Stream connection not found")
        elif service in OTHERS or service in self._state.switches.stream_missing:
            await self._respond(command, NOT_AVAILABLE, "Service not available or temporary down.")
        elif service == ACTIVITY and name in FAILED:
            await self._activity(name, command)
        elif service in NUMBERS and name in FAILED:
            await self._level_one(service, name, command)
        else:
            await self._respond(command, BAD_COMMAND, "Bad command formatting")

    @property
    def _customer(self) -> str:
        return self._state.hash_of("customer")

    async def _admin(self, name: str, command: dict[str, Any]) -> None:
        if name == "LOGOUT":
            await self._respond(command, 0, "SUCCESS")
            await self.close()
            return
        if name != "LOGIN":
            await self._respond(command, BAD_COMMAND, "Bad command formatting")
            return
        token = str(_parameter(command, "Authorization"))
        grant = self._state.tokens.check_access(token, self._state.clock.now())
        if grant is None or command.get("SchwabClientCustomerId") != self._customer:
            text = "Login Denied.: token is invalid or has expired."
            await self._respond(command, LOGIN_DENIED, text)
            await self.close()
        elif not await self._entered(self):
            await self._respond(command, TOO_MANY_LINES, "Maximum number of connections reached.")
            await self.close()
        else:
            self._grant = grant
            self._busy_at = self._state.clock.monotonic()
            await self._respond(command, 0, "server=s0001sim-1;status=NP")

    async def _activity(self, name: str, command: dict[str, Any]) -> None:
        await self._succeed(command, name)
        if name == "SUBS":
            self._state.floor.advance()
            self._news_since = self._state.clock.now()
            self._news_told = len(self._state.floor.changes)
            self._news_key = str(_parameter(command, "keys"))
            await self._tell_news([News(self._news_since, "", "SUBSCRIBED", "")])
        elif name == "UNSUBS":
            self._news_since = None

    async def _level_one(self, service: str, name: str, command: dict[str, Any]) -> None:
        keys = [key for key in str(_parameter(command, "keys")).split(",") if key]
        fields = str(_parameter(command, "fields"))
        if not keys and name != "VIEW":
            await self._respond(command, FAILED[name], f"{name} command failed")
            return
        if name == "UNSUBS":
            self._prices.drop(service, keys)
        elif name == "VIEW":
            self._prices.view(service, fields)
        elif not self._prices.take(service, keys, fields, instead=name == "SUBS"):
            await self._respond(command, TOO_MANY_SYMBOLS, "Reached symbol limit")
            return
        await self._succeed(command, name)

    async def _succeed(self, command: dict[str, Any], name: str) -> None:
        code = self._state.switches.stream_success and FAILED[name] + 4
        await self._respond(command, code, f"{name} command succeeded")

    # -- what is told ---------------------------------------------------------------------------
    async def tick(self, *, at_once: bool = False) -> None:
        """Look at the market and the accounts, and tell what is new; ``at_once``: what is late."""
        async with self._turn:
            now, moment = self._state.clock.monotonic(), self._state.clock.now()
            if self._prices.any or self._news_since:
                self._busy_at = now
            elif now - self._busy_at >= self._state.switches.stream_idle:
                await self._stop(STOPPED, "Stop streaming due to inactivity")
                return
            for service in (EQUITIES, OPTIONS):
                content = self._prices.news(service, moment, at_once=at_once)
                if content:
                    await self._tell(service, moment, content)
            await self._tell_account_news(moment)
            if now - self._beat_at >= self._state.switches.stream_heartbeat:
                self._beat_at = now
                await self._send({"notify": [{"heartbeat": str(milliseconds(moment))}]})

    async def _tell(self, service: str, moment: datetime, content: list[dict[str, Any]]) -> None:
        fault = self._state.switches.stream_fault
        if fault == "slow":
            await self._state.clock.sleep(SLOW)
        stamp = milliseconds(moment)
        record = {"service": service, "timestamp": stamp, "command": "SUBS", "content": content}
        for _ in range(2 if fault == "duplicate" else 1):
            await self._send({"data": [record]})

    async def _tell_account_news(self, moment: datetime) -> None:
        since = self._news_since
        if since is None or self._grant is None:
            return
        self._news_since = moment
        found: list[News] = []
        told, floor = self._news_told, self._state.floor
        floor.advance()
        self._news_told = len(floor.changes)
        for account in self._state.granted(self._grant):
            found += account_news(account, since, moment)
            found += own_news(floor, account, told, self._news_told)
            # The first look at an account tells its whole history: let others in between.
            await asyncio.sleep(0)
        await self._tell_news(sorted(found, key=lambda news: news.at))

    async def say_news(self, news: News) -> None:
        """Tell one thing about an account, if the client wants to know such."""
        async with self._turn:
            if self._news_since is not None:
                await self._tell_news([news])

    async def _tell_news(self, news: list[News]) -> None:
        content = []
        for one in news:
            self._seq += 1
            body = {"seq": self._seq, "key": self._news_key}
            content.append({**body, "1": one.account, "2": one.kind, "3": one.data})
        if content:
            await self._tell(ACTIVITY, self._state.clock.now(), content)

    # -- the end --------------------------------------------------------------------------------
    async def thrown_out(self) -> None:
        """Another one logged in as the same customer."""
        await self._stop(TOO_MANY_LINES, "Maximum number of connections reached.")

    async def stopped(self) -> None:
        """The streamer wants no more of this."""
        await self._stop(STOPPED, "Stop streaming")

    async def say(self, text: str) -> None:
        """Send any text as a frame of its own."""
        await self._socket.send_str(text)

    async def close(self) -> None:
        """Close in order."""
        await self._socket.close()

    def drop(self) -> None:
        """Reset the connection."""
        reset(self._transport)

    async def _stop(self, code: int, text: str) -> None:
        content = {"code": code, "msg": text}
        stamp = milliseconds(self._state.clock.now())
        await self._send({"notify": [{"service": "ADMIN", "timestamp": stamp, "content": content}]})
        await self.close()

    async def _respond(self, command: dict[str, Any], code: int, text: str) -> None:
        answer = {
            "service": str(command.get("service", "")),
            "command": str(command.get("command", "")),
            "requestid": str(command.get("requestid", "")),
            "SchwabClientCorrelId": str(command.get("SchwabClientCorrelId", "")),
            "timestamp": milliseconds(self._state.clock.now()),
            "content": {"code": code, "msg": text},
        }
        await self.say(encode({"response": [answer]}).decode())

    async def _send(self, frame: dict[str, Any]) -> None:
        """Send what was not asked for just now: here faults strike."""
        fault = self._state.switches.stream_fault
        if fault == "silence" or self._socket.closed:
            return
        spoilt = fault == "garbage" and "data" in frame
        await self.say(GARBAGE if spoilt else encode(frame).decode())


def _parameter(command: dict[str, Any], name: str) -> Any:
    parameters = command.get("parameters")
    return parameters.get(name, "") if isinstance(parameters, dict) else ""
