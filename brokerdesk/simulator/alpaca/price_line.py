"""One connection to a market data socket: its login, its subscriptions, what it is told when."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from aiohttp import web

from brokerdesk.simulator.alpaca.price_records import (
    QUOTES,
    TRADES,
    Endpoint,
    Record,
    Records,
    aged,
    packable,
)
from brokerdesk.simulator.alpaca.state import AlpacaState
from brokerdesk.simulator.alpaca.tokens import Grant
from brokerdesk.simulator.faults.resets import reset
from brokerdesk.simulator.wire import encode

PACKED = "application/msgpack"
PACKER = msgspec.msgpack.Encoder(decimal_format="number")
WORDS = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    409: "insufficient subscription",
    410: "invalid subscribe action for this feed",
    412: "option messages are only available in MsgPack format",
    413: "star is not allowed here",
}
GARBAGE = '[{"T":"q","S":"AA'


class PriceLine:
    """What one client is told. ``entered`` says, before the answer, whether there is room."""

    def __init__(
        self,
        state: AlpacaState,
        endpoint: Endpoint,
        socket: web.WebSocketResponse,
        request: web.Request,
        entered: Callable[[PriceLine], bool],
    ) -> None:
        self._state = state
        self._socket = socket
        self._transport = request.transport
        self._headers = request.headers
        self._entered = entered
        self._packed = request.headers.get("Content-Type") == PACKED
        self._records = Records(state.exchange.market, endpoint, lambda: state.floor.knobs.halted)
        self._subscribed: dict[str, dict[str, None]] = {}
        self._turn = asyncio.Lock()
        self.entrance = asyncio.Event()
        """Set when signed in."""
        self.endpoint = endpoint
        self.owner = ""
        """Whose key or token it is; "" until signed in."""

    @property
    def signed_in(self) -> bool:
        return bool(self.owner)

    @property
    def symbols(self) -> int:
        """How many channels count against the limit: trades and quotes, bars not."""
        return sum(len(self._subscribed.get(channel, ())) for channel in (TRADES, QUOTES))

    async def begin(self) -> None:
        """The greeting, and the login out of the headers if they carry one."""
        if self.endpoint.packed and self._headers.get("Content-Type") != PACKED:
            await self._refuse(412, close=True)
            return
        await self._send([{"T": "success", "msg": "connected"}])
        key = self._headers.get("APCA-API-KEY-ID", "")
        scheme, _, token = self._headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            await self._sign_in("oauth", token.strip())
        elif key:
            await self._sign_in(key, self._headers.get("APCA-API-SECRET-KEY", ""))

    async def hear(self, message: str | bytes) -> None:
        """One message of the client."""
        try:
            raw = message if isinstance(message, bytes) else message.encode()
            body = msgspec.msgpack.decode(raw) if self._packed else json.loads(raw)
            action = body["action"]
        except (ValueError, TypeError, KeyError, msgspec.DecodeError):
            await self._refuse(400)
            return
        async with self._turn:
            if action in ("auth", "authenticate"):
                await self._sign_in(str(body.get("key", "")), str(body.get("secret", "")))
            elif not self.signed_in:
                await self._refuse(401)
            elif action in ("subscribe", "unsubscribe"):
                await self._change(action == "subscribe", body)
            else:
                await self._refuse(400)

    async def late(self) -> None:
        """The login did not come in time."""
        if not self.signed_in:
            await self._refuse(404, close=True)

    async def tick(self) -> None:
        """Tell what has changed since the last look."""
        async with self._turn:
            now = self._state.clock.now()
            await self._tell(list(self._records.news(self._subscribed, now)))

    async def load(self, count: int) -> None:
        """Tell so many updates, changed or not."""
        async with self._turn:
            now = self._state.clock.now()
            await self._tell(list(self._records.load(self._subscribed, now, count)))

    async def say(self, value: Any) -> None:
        """Any message, or with a text any frame."""
        if isinstance(value, str):
            await self._socket.send_str(value)
        else:
            await self._send(value)

    async def close(self) -> None:
        """Close in order."""
        await self._socket.close()

    def drop(self) -> None:
        """Reset the connection."""
        reset(self._transport)

    async def _sign_in(self, key: str, secret: str) -> None:
        if self.signed_in:
            await self._refuse(403)
            return
        tokens, switches = self._state.tokens, self._state.switches
        oauth = key == "oauth"
        grant = tokens.check_token(secret) if oauth else tokens.check_key(key, secret)
        if grant is None:
            await self._refuse(402, close=True)
        elif (self.endpoint.paid and switches.free_data) or not _may_have_data(grant):
            await self._refuse(409, close=True)
        else:
            self.owner = secret if oauth else key
            if not self._entered(self):
                self.owner = ""
                await self._refuse(406, close=True)
                return
            self.entrance.set()
            await self._send([{"T": "success", "msg": "authenticated"}])

    async def _change(self, add: bool, body: dict[str, Any]) -> None:
        wanted = {channel: body.get(channel) or [] for channel in self.endpoint.channels}
        if not all(isinstance(names, list) for names in wanted.values()):
            await self._refuse(400)
            return
        if set(body) - set(self.endpoint.channels) - {"action"}:
            await self._refuse(410)
            return
        before = {channel: dict(names) for channel, names in self._subscribed.items()}
        for channel, names in wanted.items():
            known = self._subscribed.setdefault(channel, {})
            for name in map(str, names):
                if add:
                    known[name] = None
                else:
                    known.pop(name, None)
        switches = self._state.switches
        most = switches.stream_symbols if switches.free_data else None
        if add and most is not None and self.symbols > most:
            self._subscribed = before
            await self._refuse(405)
            return
        for channel in ("corrections", "cancelErrors"):
            if channel in self.endpoint.channels:
                self._subscribed[channel] = dict(self._subscribed[TRADES])
        lists = {channel: list(self._subscribed[channel]) for channel in self.endpoint.channels}
        await self._send([{"T": "subscription", **lists}])

    async def _refuse(self, code: int, *, close: bool = False) -> None:
        await self._send([{"T": "error", "code": code, "msg": WORDS[code]}])
        if close:
            await self.close()

    async def _tell(self, records: list[Record]) -> None:
        """Send what was not asked for just now: here faults strike."""
        fault = self._state.switches.stream_fault
        if not records or fault == "silence" or self._socket.closed:
            return
        if fault == "slow":
            await self._state.clock.sleep(self._state.switches.stream_slow_seconds)
        if fault == "garbage":
            await self._socket.send_str(GARBAGE)
            return
        if fault == "old_times":
            records = [aged(record) for record in records]
        if fault == "bad_record":
            records = [{"T": "t", "S": records[0]["S"], "p": "many"}, {"T": "new"}, *records]
        await self._send(records)
        if fault == "duplicate":
            await self._send(records)

    async def _send(self, records: Sequence[Record]) -> None:
        if self._packed:
            await self._socket.send_bytes(PACKER.encode([packable(one) for one in records]))
        else:
            await self._socket.send_str(encode(records).decode())


def _may_have_data(grant: Grant) -> bool:
    return grant.scopes is None or "data" in grant.scopes
