"""The simulated Alpaca by itself: bytes, statuses, headers and the control of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp
import pytest
from support.alpaca_shapes import ACCOUNT, ACTIVITY, ORDER, POSITION, unlike
from support.clock import FakeClock
from support.sim import Answer

from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer

LIVE, PAPER, DATA = "/alpaca/live", "/alpaca/paper", "/alpaca/data"


@dataclass
class Client:
    sim: SimulatorServer
    clock: FakeClock
    http: aiohttp.ClientSession

    @property
    def secrets(self) -> dict[str, str]:
        return self.sim.origin("alpaca").secrets

    def keys(self, venue: str = "live") -> dict[str, str]:
        return {
            "APCA-API-KEY-ID": self.secrets[f"{venue}_key_id"],
            "APCA-API-SECRET-KEY": self.secrets[f"{venue}_secret_key"],
        }

    async def send(self, method: str, path: str, **more: Any) -> Answer:
        url = path if path.startswith("http") else self.sim.origin("alpaca").base_url + path
        async with self.http.request(method, url, allow_redirects=False, **more) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **query: str) -> Answer:
        venue = "paper" if path.startswith(PAPER) else "live"
        return await self.send("GET", path, params=query, headers=self.keys(venue))

    async def control(self, path: str, body: Any, method: str = "POST") -> Answer:
        url = f"{self.sim.origin('alpaca').control_url}/{path}"
        return await self.send(method, url, json=body)

    def authorize(self, **changes: str) -> str:
        query = {
            "response_type": "code",
            "client_id": self.secrets["client_id"],
            "redirect_uri": self.secrets["callback_url"],
            "state": "a-state",
            "scope": "data",
        }
        wanted = {name: text for name, text in {**query, **changes}.items() if text}
        base = self.sim.origin("alpaca").base_url
        return f"{base}/alpaca/app/oauth/authorize?{urlencode(wanted)}"

    async def token(self, code: str, **changes: str) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": self.secrets["client_id"],
            "client_secret": self.secrets["client_secret"],
            "redirect_uri": self.secrets["callback_url"],
        }
        return await self.send("POST", LIVE + "/oauth/token", data={**form, **changes})


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    clock = FakeClock()
    options = SimulatorOptions(clock=clock, throttle_per_minute=None)
    async with SimulatorServer(options) as sim, aiohttp.ClientSession() as http:
        yield Client(sim, clock, http)


def exactly(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


async def test_every_record_has_the_described_shape(client: Client) -> None:
    for venue in (LIVE, PAPER):
        account = (await client.get(venue + "/v2/account")).json()
        assert unlike(account, ACCOUNT) == []
        assert account["account_number"].startswith("PA") == (venue == PAPER)
        held = (await client.get(venue + "/v2/positions")).json()
        assert [fault for one in held for fault in unlike(one, POSITION)] == []
        total = sum(Decimal(one["market_value"]) for one in held)
        assert total + Decimal(account["cash"]) == Decimal(account["equity"])
        orders = (await client.get(venue + "/v2/orders", status="all", limit="500")).json()
        assert [fault for one in orders for fault in unlike(one, ORDER)] == []
        happened = (await client.get(venue + "/v2/account/activities")).json()
        assert len(happened) == 100
        for one in happened:
            assert unlike(one, ACTIVITY[one["activity_type"] == "FILL"]) == []


async def test_trading_amounts_are_texts_and_market_data_are_numbers(client: Client) -> None:
    assert b'"qty":"' in (await client.get(LIVE + "/v2/positions")).body
    bars = await client.get(
        DATA + "/v2/stocks/bars", symbols="AAPL", timeframe="1Day", start="2026-11-02"
    )
    assert all(isinstance(bar["c"], Decimal) for bar in exactly(bars.body)["bars"]["AAPL"])
    history = await client.get(LIVE + "/v2/account/portfolio/history", period="1W")
    assert isinstance(exactly(history.body)["equity"][0], Decimal)


async def test_keys_open_their_own_host_and_the_data_host(client: Client) -> None:
    snapshot = DATA + "/v2/stocks/snapshots?symbols=AAPL&feed=iex"
    for venue, other in (("live", PAPER), ("paper", LIVE)):
        headers = client.keys(venue)
        assert (await client.send("GET", snapshot, headers=headers)).status == 200
        crossed = await client.send("GET", other + "/v2/account", headers=headers)
        assert (crossed.status, crossed.json()) == (401, {"message": "unauthorized"})
    assert (await client.send("GET", LIVE + "/v2/account")).status == 401
    for how, status in (("code", 401), ("forbidden", 403)):
        await client.control("switches", {"unauthorized": how})
        assert (await client.send("GET", LIVE + "/v2/account")).status == status


async def test_a_person_agrees_in_the_browser(client: Client) -> None:
    page = await client.send("GET", client.authorize())
    assert page.status == 200
    attempt = page.body.decode().split('name=attempt value="')[1].split('"')[0]
    form = [("attempt", attempt), ("account", "paper"), ("choice", "allow")]
    back = await client.send("POST", "/alpaca/app/oauth/authorize", data=form)
    assert back.status == 303
    query = dict(parse_qsl(urlsplit(back.headers["Location"]).query))
    assert query["state"] == "a-state"
    wrong = await client.token(query["code"], redirect_uri="http://localhost:1/callback")
    assert wrong.status == 422, "and the code is spent"
    assert (await client.token(query["code"])).status == 422
    again = await client.send("POST", "/alpaca/app/oauth/authorize", data=form)
    assert again.status == 400, "an attempt is for one decision"


async def test_a_token_covers_what_was_agreed_to(client: Client) -> None:
    body = {"url": client.authorize(scope=""), "action": "allow", "accounts": ["paper"]}
    back = (await client.control("approve", body)).json()["redirect"]
    answer = await client.token(dict(parse_qsl(urlsplit(back).query))["code"])
    assert set(answer.json()) == {"access_token", "token_type", "scope"}
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await client.send("GET", PAPER + "/v2/account", headers=headers)).status == 200
    assert (await client.send("GET", LIVE + "/v2/account", headers=headers)).status == 401
    data = DATA + "/v2/stocks/snapshots?symbols=AAPL&feed=iex"
    assert (await client.send("GET", data, headers=headers)).status == 403, "without the scope"
    await client.control("tokens/expire", {"kind": "access"})
    assert (await client.send("GET", PAPER + "/v2/account", headers=headers)).status == 401
    assert (await client.get(PAPER + "/v2/account")).status == 200, "keys are another matter"
    await client.control("tokens/expire", {"kind": "keys"})
    assert (await client.get(PAPER + "/v2/account")).status == 401


async def test_a_token_outlives_a_restart(client: Client) -> None:
    body = {"url": client.authorize(), "action": "allow"}
    back = (await client.control("approve", body)).json()["redirect"]
    token = (await client.token(dict(parse_qsl(urlsplit(back).query))["code"])).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    options = SimulatorOptions(clock=client.clock, throttle_per_minute=None)
    async with SimulatorServer(options) as later:
        url = later.origin("alpaca").base_url
        for venue in (LIVE, PAPER):
            answer = await client.send("GET", url + venue + "/v2/account", headers=headers)
            assert answer.status == 200
    async with SimulatorServer(SimulatorOptions(clock=client.clock, seed=5)) as other:
        url = other.origin("alpaca").base_url
        answer = await client.send("GET", url + LIVE + "/v2/account", headers=headers)
        assert answer.status == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"response_type": "token"},
        {"client_id": "nobody"},
        {"redirect_uri": "http://localhost:1/callback"},
        {"scope": "everything"},
        {"env": "moon"},
    ],
)
async def test_the_page_refuses_what_it_was_not_made_for(
    client: Client, changes: dict[str, str]
) -> None:
    url = client.authorize(**changes)
    assert (await client.send("GET", url)).status == 400
    assert (await client.control("approve", {"url": url})).status == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_secret": "wrong"}, 401),
        ({"grant_type": "refresh_token"}, 422),
        ({"code": "unknown"}, 422),
    ],
)
async def test_the_token_endpoint_refuses(
    client: Client, changes: dict[str, str], status: int
) -> None:
    answer = await client.token(**{"code": "x", **changes})
    assert answer.status == status
    assert answer.json()["message"]


async def test_declining_comes_back_with_a_word(client: Client) -> None:
    body = {"url": client.authorize(), "action": "deny"}
    back = (await client.control("approve", body)).json()["redirect"]
    query = dict(parse_qsl(urlsplit(back).query))
    assert query["error"] == "access_denied"
    assert query["state"] == "a-state"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v2/orders", {"status": "some"}),
        ("/v2/orders", {"limit": "501"}),
        ("/v2/orders", {"after": "yesterday"}),
        ("/v2/account/activities", {"page_size": "101"}),
        ("/v2/account/activities", {"page_token": "nobody"}),
        ("/v2/account/activities", {"after": "x"}),
        ("/v2/account/portfolio/history", {"period": "1M", "start": "2026-01-02", "end": "x"}),
        ("/v2/account/portfolio/history", {"period": "year"}),
        ("/v2/account/portfolio/history", {"timeframe": "2D"}),
        ("/v2/calendar", {"start": "x"}),
    ],
)
async def test_bad_questions(client: Client, path: str, query: dict[str, str]) -> None:
    answer = await client.get(LIVE + path, **query)
    assert answer.status == 422
    assert answer.json()["code"] == 40010001


async def test_orders_are_filtered_and_both_ends_are_excluded(client: Client) -> None:
    path = LIVE + "/v2/orders"
    whole = (await client.get(path, status="all", limit="500", direction="asc")).json()
    one = whole[3]
    assert (await client.get(f"{path}/{one['id']}")).json() == one
    after = (await client.get(path, status="all", direction="asc", after="2026-01-01")).json()
    assert after[0]["submitted_at"] > "2026-01-01"
    states = {order["status"] for order in (await client.get(path, limit="500")).json()}
    assert states <= {"new", "partially_filled", "held"}
    closed = (await client.get(path, status="closed", limit="500", side="sell")).json()
    assert {order["side"] for order in closed} == {"sell"}
    chosen = (await client.get(path, status="all", symbols=one["symbol"])).json()
    assert {order["symbol"] for order in chosen} == {one["symbol"]}


async def test_daily_bars_are_paged_raw_or_adjusted(client: Client) -> None:
    query = {"symbols": "AAPL,MSFT", "timeframe": "1Day", "start": "2022-01-03"}
    path = DATA + "/v2/stocks/bars"
    whole = (await client.get(path, limit="10000", **query)).json()
    assert whole["next_page_token"] is None
    first = (await client.get(path, limit="100", **query)).json()
    token = first["next_page_token"]
    second = (await client.get(path, limit="100", page_token=token, **query)).json()
    pieces = first["bars"]["AAPL"] + second["bars"]["AAPL"]
    assert pieces == whole["bars"]["AAPL"][:200]
    backwards = (await client.get(path, limit="10000", sort="desc", **query)).json()
    assert backwards["bars"]["AAPL"] == whole["bars"]["AAPL"][::-1]
    hours = await client.get(path, symbols="AAPL", timeframe="1Hour", start="2026-11-19")
    assert hours.json()["bars"]["AAPL"]
    for bad in ({"timeframe": "1Year"}, {"limit": "0"}, {"start": "x"}, {"feed": "moon"}):
        assert (await client.get(path, **{**query, **bad})).status == 400
    assert (await client.get(path, timeframe="1Day")).status == 400


async def test_an_account_before_it_was_opened_is_empty() -> None:
    early = FakeClock(datetime(2021, 5, 3, 15, tzinfo=UTC))
    options = SimulatorOptions(clock=early, throttle_per_minute=None)
    async with SimulatorServer(options) as sim, aiohttp.ClientSession() as http:
        client = Client(sim, early, http)
        assert (await client.get(LIVE + "/v2/account")).json()["equity"] == "0"
        assert (await client.get(LIVE + "/v2/positions")).json() == []


async def test_the_throttle_counts_each_host_and_tells(client: Client) -> None:
    await client.control("switches", {"throttle_per_minute": 3, "retry_after": "17"})
    answers = [await client.get(LIVE + "/v2/clock") for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    left = [answer.headers["X-RateLimit-Remaining"] for answer in answers]
    assert left == ["2", "1", "0", "0"]
    assert answers[3].headers["Retry-After"] == "17"
    assert (await client.get(PAPER + "/v2/clock")).status == 200, "another host"
    await client.control("switches", {"retry_after": "", "rate_headers": False})
    silent = await client.get(LIVE + "/v2/clock")
    assert not [name for name in silent.headers if name.startswith(("Retry", "X-Rate"))]
    await client.clock.advance(60)
    assert (await client.get(LIVE + "/v2/clock")).status == 200


async def test_the_two_brokers_do_not_meet(client: Client) -> None:
    wrong = await client.control("switches", {"preference_as_array": True})
    assert wrong.status == 400, "that is the other broker's switch"
    assert (await client.control("tokens/expire", {"kind": "refreshing"})).status == 400
    lines = (await client.control("history?days=3", None, "GET")).body.splitlines()
    numbers = {json.loads(line)["account_number"] for line in lines}
    mine = client.sim.dialect("alpaca").exchange.accounts
    assert numbers == {account.profile.number for account in mine}
    lost = await client.get(LIVE + "/v2/nothing")
    assert (lost.status, lost.json()) == (404, {"message": "endpoint not found"})
    schwab = await client.send("GET", "/marketdata/v1/quotes?symbols=BTC/USD")
    assert schwab.status == 401, "answered by the other broker"
    packed = await client.send(
        "GET", LIVE + "/v2/account", headers={**client.keys(), "Accept-Encoding": "gzip"}
    )
    assert packed.headers["Content-Encoding"] == "gzip"
