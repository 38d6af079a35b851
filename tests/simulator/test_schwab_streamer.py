"""The simulated streamer against the facts, by a raw client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from support.sim import SimClient, sim_client

EQUITY_FIELDS = "0,1,2,3,12,15,33,34,35"
OPTION = "AAPL  261218C00190000"


@dataclass
class Raw:
    """A socket to the streamer, and what is needed to speak on it."""

    client: SimClient
    socket: aiohttp.ClientWebSocketResponse
    info: dict[str, Any]
    number: int = field(default=0)

    async def send(self, service: str, command: str, *, bare: bool = False, **more: str) -> None:
        request = {
            "requestid": self.number,
            "service": service,
            "command": command,
            "SchwabClientCustomerId": self.info["schwabClientCustomerId"],
            "SchwabClientCorrelId": self.info["schwabClientCorrelId"],
            "parameters": more,
        }
        self.number += 1
        await self.socket.send_json(request if bare else {"requests": [request]})

    async def ask(self, service: str, command: str, **more: Any) -> dict[str, Any]:
        """A command, and its answer's content."""
        await self.send(service, command, **more)
        while "response" not in (found := await self.hear()):
            assert "notify" in found
        (answer,) = found["response"]
        assert (answer["service"], answer["command"]) == (service, command)
        assert answer["requestid"] == str(self.number - 1)
        assert answer["SchwabClientCorrelId"] == self.info["schwabClientCorrelId"]
        content: dict[str, Any] = answer["content"]
        return content

    async def login(self, token: str | None = None, **more: Any) -> dict[str, Any]:
        return await self.ask(
            "ADMIN",
            "LOGIN",
            Authorization=token or self.client.tokens["access_token"],
            SchwabClientChannel="N9",
            SchwabClientFunctionId="APIAPP",
            **more,
        )

    async def hear(self) -> Any:
        async with asyncio.timeout(5):
            return json.loads(await self.socket.receive_str())

    async def data(self) -> dict[str, Any]:
        """The next price or account message."""
        while "data" not in (found := await self.hear()):
            assert "notify" in found
        (record,) = found["data"]
        return dict(record)

    async def ended(self) -> None:
        async with asyncio.timeout(5):
            message = await self.socket.receive()
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)

    async def act(self, action: str, **more: Any) -> Any:
        return await self.client.control("POST", "stream", {"action": action, **more})


@asynccontextmanager
async def raw(client: SimClient, *, login: bool = True) -> AsyncIterator[Raw]:
    body = (await client.get("/trader/v1/userPreference")).json()
    info = body["streamerInfo"][0]
    async with client.http.ws_connect(info["streamerSocketUrl"]) as socket:
        found = Raw(client, socket, info)
        if login:
            assert (await found.login())["code"] == 0
        yield found


@pytest.fixture
async def client() -> AsyncIterator[SimClient]:
    async with sim_client() as made:
        yield made


@pytest.fixture
async def line(client: SimClient) -> AsyncIterator[Raw]:
    async with raw(client) as made:
        yield made


async def test_a_login_is_answered_bare_or_wrapped(client: SimClient) -> None:
    for bare in (False, True):
        async with raw(client, login=False) as line:
            assert await line.login(bare=bare) == {"code": 0, "msg": "server=s0001sim-1;status=NP"}


async def test_a_wrong_token_is_denied_and_the_line_is_cut(client: SimClient) -> None:
    async with raw(client, login=False) as line:
        content = await line.login("nobody's token")
        assert content == {"code": 3, "msg": "Login Denied.: token is invalid or has expired."}
        await line.ended()
    await client.control("POST", "tokens/expire", {"kind": "access"})
    async with client.http.ws_connect(line.info["streamerSocketUrl"]) as socket:
        assert (await Raw(client, socket, line.info).login())["code"] == 3


async def test_nothing_works_before_the_login(client: SimClient) -> None:
    async with raw(client, login=False) as line:
        content = await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL", fields=EQUITY_FIELDS)
        assert content["code"] == 20
        assert (await line.login())["code"] == 0


async def test_the_first_message_is_whole_and_late_and_then_only_changes_come(line: Raw) -> None:
    client = line.client
    assert await line.ask(
        "LEVELONE_EQUITIES", "SUBS", keys="AAPL,MSFT,ZZZZ", fields=EQUITY_FIELDS
    ) == {"code": 0, "msg": "SUBS command succeeded"}
    await client.clock.advance(1)
    record = await line.data()
    assert (record["service"], record["command"]) == ("LEVELONE_EQUITIES", "SUBS")
    rest = (await client.get("/marketdata/v1/quotes", symbols="AAPL,MSFT")).json()
    first = {one["key"]: one for one in record["content"]}
    assert set(first) == {"AAPL", "MSFT"}  # of what it does not know, it says nothing
    for symbol, one in first.items():
        quote = rest[symbol]["quote"]
        assert set(one) == {
            "key", "delayed", "assetMainType", "assetSubType", "cusip",
            "1", "2", "3", "12", "15", "33", "34", "35",
        }  # fmt: skip
        assert one["delayed"] is False
        assert (one["1"], one["2"], one["3"]) == (
            quote["bidPrice"],
            quote["askPrice"],
            quote["lastPrice"],
        )
        assert one["15"] == rest[symbol]["reference"]["description"]
        assert one["34"] == int(client.clock.now().timestamp() * 1000)
    await client.clock.advance(1)
    for one in (await line.data())["content"]:
        assert "34" in one
        assert not {"delayed", "12", "15", "cusip"} & set(one)
        assert all(first[one["key"]][name] != one[name] for name in set(one) - {"key"})


async def test_options_are_a_service_of_their_own(line: Raw) -> None:
    assert (await line.ask("LEVELONE_OPTIONS", "SUBS", keys=f"{OPTION},AAPL"))["code"] == 0
    await line.act("tick")
    (one,) = (await line.data())["content"]
    assert (one["key"], one["assetMainType"]) == (OPTION, "OPTION")
    assert (one["20"], one["21"], one["22"], one["13"]) == (190.0, "C", "AAPL", 100.0)
    rest = (await line.client.get("/marketdata/v1/quotes", symbols=OPTION)).json()[OPTION]
    assert (one["2"], one["3"], one["4"]) == tuple(
        rest["quote"][name] for name in ("bidPrice", "askPrice", "lastPrice")
    )
    assert (await line.ask("LEVELONE_EQUITIES", "SUBS", keys=OPTION))["code"] == 0
    await line.client.clock.advance(1)
    assert (await line.data())["service"] == "LEVELONE_OPTIONS"


async def test_subs_replaces_add_extends_unsubs_takes_away_view_changes_fields(line: Raw) -> None:
    async def told() -> dict[str, set[str]]:
        await line.client.clock.advance(1)
        return {one["key"]: set(one) - {"key"} for one in (await line.data())["content"]}

    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL", fields="1,34")
    await line.ask("LEVELONE_EQUITIES", "ADD", keys="MSFT", fields="1,34")
    assert set(await told()) == {"AAPL", "MSFT"}
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="KO", fields="1,34")
    assert set(await told()) == {"KO"}
    await line.ask("LEVELONE_EQUITIES", "ADD", keys="SPY", fields="1,34")
    await line.ask("LEVELONE_EQUITIES", "UNSUBS", keys="KO")
    assert set(await told()) == {"SPY"}
    await line.ask("LEVELONE_EQUITIES", "VIEW", fields="10,34")
    assert (await told())["SPY"] == {"10", "34"}


async def test_too_many_symbols_and_what_is_not_there(line: Raw) -> None:
    await line.client.control("POST", "switches", {"stream_symbols": 2})
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL", fields="1")
    content = await line.ask("LEVELONE_OPTIONS", "SUBS", keys=f"{OPTION},{OPTION[:-4]}5000")
    assert content["code"] == 19
    assert (await line.ask("LEVELONE_OPTIONS", "SUBS", keys=OPTION))["code"] == 0
    assert (await line.ask("LEVELONE_FUTURES", "SUBS", keys="/ESZ26"))["code"] == 11
    assert (await line.ask("NOTHING", "SUBS", keys="A"))["code"] == 21
    assert (await line.ask("LEVELONE_EQUITIES", "DANCE", keys="A"))["code"] == 21
    await line.socket.send_str("not json")
    assert (await line.hear())["response"][0]["content"]["code"] == 21


async def test_success_codes_of_their_own_by_switch(line: Raw) -> None:
    await line.client.control("POST", "switches", {"stream_success": 1})
    codes = [
        (await line.ask("LEVELONE_EQUITIES", name, keys="AAPL", fields="1"))["code"]
        for name in ("SUBS", "UNSUBS", "ADD", "VIEW")
    ]
    assert codes == [26, 27, 28, 29]


async def test_heartbeats_are_texts_and_come_by_the_clock(line: Raw) -> None:
    await line.ask("ACCT_ACTIVITY", "SUBS", keys="k", fields="0,1,2,3")
    assert (await line.data())["content"][0]["2"] == "SUBSCRIBED"
    await line.client.clock.advance(10)
    while "notify" not in (found := await line.hear()):
        pass
    (beat,) = found["notify"]
    assert abs(int(beat["heartbeat"]) / 1000 - line.client.clock.now().timestamp()) <= 1


async def test_without_subscriptions_the_line_ends(line: Raw) -> None:
    await line.client.clock.advance(31)
    while "heartbeat" in (found := (await line.hear())["notify"][0]):
        pass
    assert found["content"]["code"] == 30
    await line.ended()


async def test_a_second_login_throws_out_the_first(client: SimClient) -> None:
    async with raw(client) as first, raw(client) as second:
        (told,) = (await first.hear())["notify"]
        assert told["content"]["code"] == 12
        await first.ended()
        assert (await second.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL"))["code"] == 0
        await client.control("POST", "switches", {"stream_second_login": "refused"})
        async with raw(client, login=False) as third:
            assert (await third.login())["code"] == 12
            await third.ended()
        assert (await second.ask("ADMIN", "LOGOUT")) == {"code": 0, "msg": "SUCCESS"}
        await second.ended()


async def test_account_news_follow_the_orders(client: SimClient) -> None:
    """What is said of the coming days is what the order list then shows."""
    async with raw(client) as line:
        await client.control("POST", "switches", {"stream_idle": 1e9, "stream_interval": 0})
        await line.ask("ACCT_ACTIVITY", "SUBS", keys="mine", fields="0,1,2,3")
        first = await line.data()
        assert first["content"][0] == {"seq": 1, "key": "mine", "1": "", "2": "SUBSCRIBED", "3": ""}
        began = client.clock.now()
        await client.control("POST", "clock", {"advance": 6 * 86400})
        await line.act("tick")
        content = (await line.data())["content"]
        assert [one["seq"] for one in content] == list(range(2, 2 + len(content)))
        until = client.sim.clock.now()
        for account in client.sim.exchange.accounts:
            number = account.profile.number
            mine = [json.loads(one["3"]) for one in content if one["1"] == number]
            fills = {
                one["SchwabOrderID"]
                for one in mine
                if one["BaseEvent"]["EventType"] == "OrderFillCompleted"
            }
            assert fills == {
                str(order.number)
                for order in account.orders(began, until)
                if order.outcome == "FILLED" and order.ends <= until
            }
        kinds = [one["2"] for one in content]
        assert kinds[:5] == [
            "OrderCreated",
            "OrderAccepted",
            "ExecutionRequested",
            "ExecutionRequestCreated",
            "ExecutionRequestCompleted",
        ]
        assert (await line.ask("ACCT_ACTIVITY", "ADD", keys="other"))["code"] == 0


async def test_news_by_control_arrive_as_given(line: Raw) -> None:
    await line.ask("ACCT_ACTIVITY", "SUBS", keys="k", fields="0,1,2,3")
    await line.data()
    await line.act("news", account="12345678", kind="OrderFill", data="<OrderFillMessage/>")
    (one,) = (await line.data())["content"]
    assert one == {"seq": 2, "key": "k", "1": "12345678", "2": "OrderFill",
                   "3": "<OrderFillMessage/>"}  # fmt: skip


@pytest.mark.parametrize("fault", ["duplicate", "old_times", "nan", "null", "slow"])
async def test_faults_of_single_messages(line: Raw, fault: str) -> None:
    client = line.client
    await client.control("POST", "switches", {"stream_fault": fault, "stream_interval": 0})
    await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL", fields="1,34")
    if fault == "slow":
        acting = asyncio.ensure_future(line.act("tick"))
        while not acting.done():
            await client.clock.advance(5)
        await acting
        assert (await line.data())["content"]
        return
    await line.act("tick")
    text = await line.socket.receive_str()
    now = int(client.clock.now().timestamp() * 1000)
    if fault == "nan":
        assert '"1":NaN' in text
    elif fault == "null":
        assert '"1":null' in text
    elif fault == "old_times":
        assert json.loads(text)["data"][0]["content"][0]["34"] == now - 3_600_000
    else:
        assert await line.socket.receive_str() == text


async def test_faults_of_the_whole_line(client: SimClient) -> None:
    async with raw(client) as line:
        await client.control("POST", "switches", {"stream_fault": "garbage"})
        await line.ask("LEVELONE_EQUITIES", "SUBS", keys="AAPL", fields="1")
        await line.act("tick")
        with pytest.raises(ValueError, match=r"."):
            json.loads(await line.socket.receive_str())
        await client.control("POST", "switches", {"stream_fault": "silence"})
        await line.act("tick")
        await client.clock.advance(60)
        await line.act("say", text='{"notify":[]}')
        assert await line.hear() == {"notify": []}
        await line.act("drop")
        async with asyncio.timeout(5):
            assert (await line.socket.receive()).type in (
                aiohttp.WSMsgType.CLOSED,
                aiohttp.WSMsgType.ERROR,
            )
    async with raw(client) as line:
        await client.control("POST", "switches", {"stream_fault": ""})
        await line.act("stop")
        assert (await line.hear())["notify"][0]["content"]["code"] == 30
        await line.ended()
    refused = await client.send(
        "POST", f"{client.sim.origin('schwab').control_url}/stream", json={"action": "sing"}
    )
    assert refused.status == 400
