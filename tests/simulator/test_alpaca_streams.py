"""The simulated Alpaca's sockets on the wire: what is said, in which order, in which frames."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
import pytest
from support.clock import FakeClock
from support.rigs_alpaca import AlpacaRig, alpaca_rig

PACKED = {"Content-Type": "application/msgpack"}
LISTS = ("trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds")


@dataclass
class Client:
    """One connection; ``packed`` for MessagePack."""

    socket: aiohttp.ClientWebSocketResponse
    packed: bool = False

    async def send(self, **body: Any) -> None:
        if self.packed:
            await self.socket.send_bytes(msgspec.msgpack.encode(body))
        else:
            await self.socket.send_str(json.dumps(body))

    async def hear(self) -> Any:
        message = await self.socket.receive(5)
        if message.type is aiohttp.WSMsgType.BINARY and self.packed:
            return msgspec.msgpack.decode(message.data)
        assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
        return json.loads(message.data, parse_float=Decimal)

    async def ask(self, **body: Any) -> Any:
        await self.send(**body)
        return await self.hear()

    async def ended(self) -> bool:
        message = await self.socket.receive(5)
        return message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)


@dataclass
class Wire:
    rig: AlpacaRig
    http: aiohttp.ClientSession

    @asynccontextmanager
    async def open(
        self, path: str = "/stream/v2/iex", headers: dict[str, str] | None = None
    ) -> AsyncIterator[Client]:
        url = f"{self.rig.origin.base_url}/alpaca{path}"
        async with self.http.ws_connect(url, headers=headers) as socket:
            yield Client(socket, bool(headers and headers.get("Content-Type")))

    @asynccontextmanager
    async def signed_in(
        self, path: str = "/stream/v2/iex", headers: dict[str, str] | None = None
    ) -> AsyncIterator[Client]:
        async with self.open(path, headers) as client:
            assert await client.hear() == [{"T": "success", "msg": "connected"}]
            assert await client.ask(**self.login()) == [{"T": "success", "msg": "authenticated"}]
            yield client

    def login(self, venue: str = "live") -> dict[str, str]:
        keys = self.rig.keys(venue)
        return {"action": "auth", "key": keys["key_id"], "secret": keys["secret_key"]}

    def switch(self, **values: object) -> None:
        for name, value in values.items():
            assert hasattr(self.rig.dialect.switches, name)
            setattr(self.rig.dialect.switches, name, value)

    async def tick(self, seconds: float) -> None:
        await self.rig.clock.advance(seconds)
        await self.rig.control("stream", {"action": "tick"})


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with alpaca_rig(clock=FakeClock()) as rig, aiohttp.ClientSession() as http:
        made = Wire(rig, http)
        made.switch(stream_interval=0)
        yield made


def error(code: int, words: str) -> list[dict[str, Any]]:
    return [{"T": "error", "code": code, "msg": words}]


async def test_the_answer_to_a_subscription_is_always_the_whole_list(wire: Wire) -> None:
    async with wire.signed_in() as client:
        (first,) = await client.ask(action="subscribe", trades=["AAPL"], bars=["SPY"])
        assert first["T"] == "subscription"
        assert {name: first[name] for name in LISTS} == {
            **{name: [] for name in LISTS},
            "trades": ["AAPL"],
            "bars": ["SPY"],
        }
        assert first["corrections"] == first["cancelErrors"] == ["AAPL"]
        (second,) = await client.ask(action="subscribe", trades=["AAPL", "MSFT"], quotes=["MSFT"])
        assert (second["trades"], second["quotes"]) == (["AAPL", "MSFT"], ["MSFT"])
        (third,) = await client.ask(action="unsubscribe", trades=["AAPL"], quotes=["NVDA"])
        assert (third["trades"], third["quotes"], third["bars"]) == (["MSFT"], ["MSFT"], ["SPY"])


async def test_what_is_told_is_what_rest_answers(wire: Wire) -> None:
    async with wire.signed_in() as client:
        await client.ask(action="subscribe", trades=["AAPL"], quotes=["AAPL"], bars=["AAPL"])
        await wire.tick(90)
        records = {one["T"]: one for one in await client.hear()}
        keys = wire.rig.keys()
        headers = {
            "APCA-API-KEY-ID": keys["key_id"],
            "APCA-API-SECRET-KEY": keys["secret_key"],
        }
        url = f"{wire.rig.origin.base_url}/alpaca/data/v2/stocks/snapshots?symbols=AAPL&feed=iex"
        async with wire.http.get(url, headers=headers) as answer:
            snapshot = json.loads(await answer.read(), parse_float=Decimal)["AAPL"]
        assert records["t"] == {"T": "t", "S": "AAPL", **snapshot["latestTrade"]}
        assert records["q"] == {"T": "q", "S": "AAPL", **snapshot["latestQuote"]}
        assert set(records["b"]) == {"T", "S", "t", "o", "h", "l", "c", "v", "n", "vw"}
        await wire.rig.control("stream", {"action": "tick"})
        await wire.tick(1)
        (again, *_) = await client.hear()
        assert again["t"] > records["t"]["t"], "what has not changed is not told again"


async def test_refusals_have_alpacas_codes(wire: Wire) -> None:
    async with wire.open() as client:
        await client.hear()
        unasked = await client.ask(action="subscribe", trades=["AAPL"])
        assert unasked == error(401, "not authenticated")
        await client.socket.send_str("{nonsense")
        assert await client.hear() == error(400, "invalid syntax")
        await client.ask(**wire.login())
        assert await client.ask(**wire.login()) == error(403, "already authenticated")
        assert await client.ask(action="dance") == error(400, "invalid syntax")
        assert await client.ask(action="subscribe", trades="AAPL") == error(400, "invalid syntax")
    async with wire.open() as client:
        await client.hear()
        refused = await client.ask(action="auth", key="PKNOBODY", secret="none")
        assert refused == error(402, "auth failed")
        assert await client.ended()
    async with wire.open("/stream/v2/sip") as client:
        await client.hear()
        assert await client.ask(**wire.login()) == error(409, "insufficient subscription")
        assert await client.ended()


async def test_a_login_that_does_not_come_ends_the_connection(wire: Wire) -> None:
    wire.switch(stream_login_seconds=0.05)
    async with wire.open() as client:
        await client.hear()
        assert await client.hear() == error(404, "auth timeout")
        assert await client.ended()


async def test_the_symbol_limit_leaves_the_subscription_as_it_was(wire: Wire) -> None:
    wire.switch(stream_symbols=3)
    async with wire.signed_in() as client:
        await client.ask(action="subscribe", trades=["AAPL"], quotes=["AAPL"], bars=["A", "B", "C"])
        too_many = await client.ask(action="subscribe", trades=["MSFT", "NVDA"])
        assert too_many == error(405, "symbol limit exceeded")
        (left,) = await client.ask(action="subscribe", trades=["MSFT"])
        assert (left["trades"], left["quotes"]) == (["AAPL", "MSFT"], ["AAPL"])


async def test_one_connection_to_each_kind_of_endpoint(wire: Wire) -> None:
    async with wire.signed_in(), wire.signed_in("/stream/v1beta3/crypto/us"), wire.open() as second:
        await second.hear()
        assert await second.ask(**wire.login()) == error(406, "connection limit exceeded")
        assert await second.ended()
        async with wire.open() as other:
            await other.hear()
            assert (await other.ask(**wire.login("paper")))[0]["msg"] == "authenticated"
    async with wire.signed_in():
        pass


async def test_the_login_may_come_in_the_headers(wire: Wire) -> None:
    keys = wire.rig.keys()
    headers = {"APCA-API-KEY-ID": keys["key_id"], "APCA-API-SECRET-KEY": keys["secret_key"]}
    async with wire.open(headers=headers) as client:
        assert (await client.hear())[0]["msg"] == "connected"
        assert (await client.hear())[0]["msg"] == "authenticated"


async def test_packed_frames_carry_floats_and_times_of_their_own(wire: Wire) -> None:
    async with wire.signed_in("/stream/v1beta1/indicative", PACKED) as client:
        name = "AAPL261218C00190000"
        (answer,) = await client.ask(action="subscribe", quotes=[name])
        assert answer == {"T": "subscription", "trades": [], "quotes": [name]}
        await wire.tick(30)
        (quote,) = await client.hear()
        assert isinstance(quote["bp"], float)
        assert (quote["S"], quote["T"]) == (name, "q")
        assert quote["t"].tzinfo is not None
    async with wire.open("/stream/v1beta1/indicative") as client:
        (refused,) = await client.hear()
        assert refused["code"] == 412


async def test_no_symbol_of_another_kind_is_told(wire: Wire) -> None:
    async with wire.signed_in() as client:
        await client.ask(
            action="subscribe", trades=["BTC/USD", "AAPL261218C00190000", "ZZZZ", "AAPL"]
        )
        await wire.tick(60)
        assert {one["S"] for one in await client.hear()} == {"AAPL"}
    async with wire.signed_in("/stream/v1beta3/crypto/us") as client:
        await client.ask(action="subscribe", trades=["AAPL", "BTCUSD", "BTC/USD"])
        await wire.tick(60)
        (coin,) = await client.hear()
        assert (coin["S"], coin["tks"]) == ("BTC/USD", "B")


async def test_late_prices_are_a_quarter_of_an_hour_late(wire: Wire) -> None:
    async with wire.signed_in("/stream/v2/delayed_sip") as late:
        await late.ask(action="subscribe", trades=["AAPL"])
        await wire.tick(1)
        (first,) = await late.hear()
    assert first["t"].startswith("2026-11-20T14:45:01")


async def test_updates_come_as_fast_as_control_wants(wire: Wire) -> None:
    async with wire.signed_in() as client:
        names = ["AAPL", "MSFT", "NVDA", "SPY"]
        await client.ask(action="subscribe", trades=names, quotes=names)
        await wire.rig.control("stream", {"action": "pace", "per_second": 1000})
        await wire.rig.clock.advance(0.01)
        told: list[Any] = []
        for _ in range(50):
            await wire.rig.clock.advance(0.02)
            told += await client.hear()
        assert 950 <= len(told) <= 1000
        assert {one["S"] for one in told} == set(names)
        assert {one["T"] for one in told} == {"t", "q"}
        await wire.rig.control("stream", {"action": "pace", "per_second": 0})


async def test_a_look_at_the_market_from_time_to_time(wire: Wire) -> None:
    async with wire.signed_in() as client:
        await client.ask(action="subscribe", trades=["AAPL"])
        await wire.rig.control("stream", {"action": "pace", "interval": 2})
        for _ in range(3):
            await wire.rig.clock.advance(2)
            (trade,) = await client.hear()
            assert trade["T"] == "t"


@pytest.mark.parametrize("body", [{"action": "dance"}, {"action": "pace", "interval": "soon"}, {}])
async def test_levers_that_make_no_sense_are_refused(wire: Wire, body: dict[str, Any]) -> None:
    url = f"{wire.rig.origin.control_url}/stream"
    async with wire.http.post(url, json=body) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("fault", ["silence", "garbage", "duplicate", "old_times", "bad_record"])
async def test_faults_strike_what_is_told_and_not_what_is_answered(wire: Wire, fault: str) -> None:
    wire.switch(stream_fault=fault)
    async with wire.signed_in() as client:
        (answer,) = await client.ask(action="subscribe", trades=["AAPL"])
        assert answer["trades"] == ["AAPL"]
        await wire.tick(60)
        if fault == "silence":
            (again,) = await client.ask(action="subscribe", trades=["AAPL"])
            assert again["T"] == "subscription"
        elif fault == "garbage":
            with pytest.raises(ValueError, match="Unterminated"):
                await client.hear()
        else:
            told = await client.hear()
            if fault == "duplicate":
                assert await client.hear() == told
            if fault == "old_times":
                assert told[0]["t"] < "2026-11-20T14:02"
            if fault == "bad_record":
                assert [one.get("p") for one in told[:2]] == ["many", None]


async def test_a_slow_line_tells_late(wire: Wire) -> None:
    wire.switch(stream_fault="slow", stream_slow_seconds=5.0)
    async with wire.signed_in() as client:
        await client.ask(action="subscribe", trades=["AAPL"])
        await wire.rig.control("stream", {"action": "pace", "interval": 1})
        await wire.rig.clock.advance(1)
        assert wire.rig.clock.sleepers
        await wire.rig.clock.advance(5)
        (trade,) = await client.hear()
        assert trade["t"].startswith("2026-11-20T15:00:01")


# --- an account's line --------------------------------------------------------------------------


async def test_an_accounts_line_speaks_json_in_binary_frames(wire: Wire) -> None:
    async with wire.open("/live/stream") as client:
        await client.send(action="listen", data={"streams": ["trade_updates"]})
        message = await client.socket.receive(5)
        assert message.type is aiohttp.WSMsgType.BINARY
        refused = {"status": "unauthorized", "action": "listen"}
        assert json.loads(message.data) == {"stream": "authorization", "data": refused}
        keys = wire.rig.keys()
        answer = await client.ask(action="authenticate", data=keys)
        assert answer["data"] == {"status": "authorized", "action": "authenticate"}
        answer = await client.ask(action="listen", data={"streams": ["trade_updates", "other"]})
        assert answer == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
        assert (await client.ask(action="listen", data={"streams": []}))["data"] == {"streams": []}


async def test_keys_of_the_other_account_are_not_taken(wire: Wire) -> None:
    async with wire.open("/live/stream") as client:
        answer = await client.ask(action="authenticate", data=wire.rig.keys("paper"))
        assert answer["data"]["status"] == "unauthorized"
        keys = wire.rig.keys()
        short = {"key": keys["key_id"], "secret": keys["secret_key"]}
        answer = await client.ask(action="auth", **short)
        assert answer["data"]["status"] == "authorized"


async def test_orders_are_told_from_entry_to_end_and_add_up(wire: Wire) -> None:
    async with wire.open("/live/stream") as client:
        await client.ask(action="authenticate", data=wire.rig.keys())
        await client.ask(action="listen", data={"streams": ["trade_updates"]})
        since = wire.rig.clock.now()
        await wire.tick(20 * 24 * 3600)
        account = wire.rig.dialect.exchange.accounts[0]
        known = account.orders(since, wire.rig.clock.now())
        expected = sum(1 + len(order.fills) for order in known if not order.reason)
        updates: list[Any] = []
        while len(updates) < expected:
            said = await client.hear()
            assert said["stream"] == "trade_updates"
            updates.append(said["data"])
    assert [one["timestamp"] for one in updates] == sorted(one["timestamp"] for one in updates)
    assert len({one["execution_id"] for one in updates}) == len(updates)
    fills = [one for one in updates if one["event"] in ("fill", "partial_fill")]
    assert fills
    by_order: dict[str, Decimal] = {}
    for one in fills:
        number = one["order"]["id"]
        by_order[number] = by_order.get(number, Decimal(0)) + Decimal(one["qty"])
        assert Decimal(one["order"]["filled_qty"]) == by_order[number]
        assert (one["order"]["status"] == "filled") == (one["event"] == "fill")
