"""One connection to a trading host's ``/stream``: JSON in binary frames, one account."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

from aiohttp import web

from brokerdesk.simulator.alpaca.accounts import VENUES
from brokerdesk.simulator.alpaca.order_news import order_news, own_news
from brokerdesk.simulator.alpaca.state import AlpacaState
from brokerdesk.simulator.faults.resets import reset
from brokerdesk.simulator.wire import encode

UPDATES = "trade_updates"
GARBAGE = b'{"stream":"trade_updates","data":{"ev'


class OrderLine:
    """What one client is told of its account."""

    def __init__(
        self, state: AlpacaState, venue: str, socket: web.WebSocketResponse, request: web.Request
    ) -> None:
        self._state = state
        self._socket = socket
        self._transport = request.transport
        self._since: datetime | None = None
        self._told = 0
        """How many changes of own orders there were at the last look."""
        self._turn = asyncio.Lock()
        self.entrance = asyncio.Event()
        """Set when signed in."""
        self.venue = venue
        self.account = state.exchange.accounts[VENUES.index(venue)]
        self.signed_in = False

    async def begin(self) -> None:
        """Nothing is said before the login."""

    async def hear(self, message: str | bytes) -> None:
        """One message of the client."""
        try:
            body = json.loads(message)
            action, data = str(body["action"]), body.get("data") or {}
            streams = [str(name) for name in data.get("streams", ())]
        except (ValueError, TypeError, KeyError, AttributeError):
            await self._authorization("unauthorized", "")
            return
        async with self._turn:
            if action in ("authenticate", "auth"):
                await self._sign_in(action, data or body)
            elif not self.signed_in or action != "listen":
                await self._authorization("unauthorized", action)
            else:
                listening = UPDATES in streams
                if self._since is None:
                    self._state.floor.advance()
                    self._told = len(self._state.floor.changes)
                self._since = (self._since or self._state.clock.now()) if listening else None
                known = [UPDATES] if listening else []
                await self._send({"stream": "listening", "data": {"streams": known}})

    async def late(self) -> None:
        """The login did not come in time."""
        if not self.signed_in:
            await self.close()

    async def tick(self) -> None:
        """Tell what has happened since the last look."""
        async with self._turn:
            if self._since is None:
                return
            since, self._since = self._since, self._state.clock.now()
            told, floor = self._told, self._state.floor
            updates = order_news(self.account, since, self._since)
            updates += own_news(floor, self.account, told)
            self._told = len(floor.changes)
            for update in updates:
                await self._tell(update)

    async def load(self, count: int) -> None:
        """Orders do not come in thousands: no more than the market's own."""

    async def news(self, update: Any) -> None:
        """Tell one thing, if the client listens."""
        async with self._turn:
            if self._since is not None:
                await self._tell(update)

    async def say(self, value: Any) -> None:
        """Any message, or with a text any frame."""
        if isinstance(value, str):
            await self._socket.send_bytes(value.encode())
        else:
            await self._send(value)

    async def close(self) -> None:
        """Close in order."""
        await self._socket.close()

    def drop(self) -> None:
        """Reset the connection."""
        reset(self._transport)

    async def _sign_in(self, action: str, data: dict[str, Any]) -> None:
        tokens = self._state.tokens
        if "oauth_token" in data:
            grant = tokens.check_token(str(data["oauth_token"]))
        else:
            key, secret = data.get("key_id", data.get("key")), data.get("secret_key")
            grant = tokens.check_key(str(key), str(secret or data.get("secret")))
        self.signed_in = grant is not None and self.venue in grant.venues
        if self.signed_in:
            self.entrance.set()
        await self._authorization("authorized" if self.signed_in else "unauthorized", action)

    async def _authorization(self, status: str, action: str) -> None:
        await self._send({"stream": "authorization", "data": {"status": status, "action": action}})

    async def _tell(self, update: Any) -> None:
        """Send what was not asked for just now: here faults strike."""
        fault = self._state.switches.stream_fault
        if fault == "silence" or self._socket.closed:
            return
        if fault == "slow":
            await self._state.clock.sleep(self._state.switches.stream_slow_seconds)
        if fault == "garbage":
            await self._socket.send_bytes(GARBAGE)
            return
        for _ in range(2 if fault == "duplicate" else 1):
            await self._send({"stream": UPDATES, "data": update})

    async def _send(self, value: dict[str, Any]) -> None:
        await self._socket.send_bytes(encode(value))
