"""The simulated SnapTrade by itself: signatures, users, portal, ages, limits, the old prefix."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from support.clock import FakeClock
from yarl import URL

from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.simulator.snaptrade.dialect import SnapTradeDialect


class Client:
    """Signs by hand, so that a test may do it wrong."""

    def __init__(self, sim: SimulatorServer, clock: FakeClock, http: aiohttp.ClientSession) -> None:
        self.sim, self.clock, self.http = sim, clock, http
        self.origin = sim.origin("snaptrade")
        self.client_id = self.origin.secrets["client_id"]
        self.key = self.origin.secrets["consumer_key"]

    @property
    def dialect(self) -> SnapTradeDialect:
        found = self.sim.dialect("snaptrade")
        assert isinstance(found, SnapTradeDialect)
        return found

    def commercial(self) -> Client:
        other = Client(self.sim, self.clock, self.http)
        other.client_id = self.origin.secrets["commercial_client_id"]
        other.key = self.origin.secrets["commercial_consumer_key"]
        return other

    async def ask(
        self,
        path: str,
        query: str = "",
        *,
        method: str = "GET",
        body: Any = None,
        off: float = 0,
        signed_path: str | None = None,
        signed_body: Any = ...,
    ) -> tuple[int, Any, dict[str, str]]:
        stamp = int(self.clock.now().timestamp() + off)
        whole = f"{query}{'&' if query else ''}clientId={self.client_id}&timestamp={stamp}"
        content = body if signed_body is ... else signed_body
        text = json.dumps(
            {"content": content or None, "path": signed_path or path, "query": whole},
            separators=(",", ":"),
            sort_keys=True,
        )
        digest = hmac.new(self.key.encode(), text.encode(), hashlib.sha256).digest()
        headers = {"Signature": base64.b64encode(digest).decode()}
        data = None if body is None else json.dumps(body).encode()
        url = URL(f"{self.origin.base_url}{path}?{whole}", encoded=True)
        async with self.http.request(method, url, data=data, headers=headers) as answer:
            return answer.status, await answer.json(), dict(answer.headers)

    async def accounts(self) -> dict[str, str]:
        _, listed, _ = await self.ask("/accounts")
        return {one["name"]: one["id"] for one in listed}

    async def control(self, path: str, body: Any) -> Any:
        async with self.http.post(f"{self.origin.control_url}/{path}", json=body) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    clock = FakeClock()
    options = SimulatorOptions(
        brokers=("schwab", "snaptrade"), clock=clock, throttle_per_minute=None
    )
    async with SimulatorServer(options) as sim, aiohttp.ClientSession() as http:
        yield Client(sim, clock, http)


# -- who asks --------------------------------------------------------------------------------
async def test_a_signature_covers_path_query_body_and_key(client: Client) -> None:
    assert (await client.ask("/authorizations"))[0] == 200
    for wrong in (
        await client.ask("/authorizations", signed_path="/accounts"),
        await client.ask("/authorizations", signed_path="/api/v1/authorizations"),
        await client.ask(
            "/snapTrade/login", method="POST", body={"locale": "en"}, signed_body={"locale": "fr"}
        ),
    ):
        assert wrong[0] == 401
        assert wrong[1] == {
            "detail": "Unable to verify signature sent",
            "status_code": 401,
            "code": "1076",
        }
    client.key = "another"
    assert (await client.ask("/authorizations"))[0] == 401


async def test_a_time_that_is_off_is_refused(client: Client) -> None:
    assert (await client.ask("/authorizations", off=290))[0] == 200
    status, body, headers = await client.ask("/authorizations", off=-310)
    assert (status, body["detail"]) == (401, "Invalid timestamp")
    assert headers["Date"] == "Fri, 20 Nov 2026 15:00:00 GMT", "by which a client can see it"
    client.dialect.switches.tolerance_seconds = 3600
    assert (await client.ask("/authorizations", off=-310))[0] == 200


async def test_some_routes_do_not_look_at_the_signature(client: Client) -> None:
    for path in ("/", "/brokerages"):
        async with client.http.get(client.origin.base_url + path) as answer:
            assert answer.status == 200


async def test_the_old_prefix_is_answered_and_says_that_it_is_old(client: Client) -> None:
    status, body, headers = await client.ask("/api/v1/accounts")
    assert status == 200
    assert headers["Deprecation"] == "@1781222400"
    assert body == (await client.ask("/accounts"))[1]
    assert "Deprecation" not in (await client.ask("/accounts"))[2]
    assert re.fullmatch(r"[0-9a-f-]{36}", headers["X-Request-ID"])


async def test_a_personal_key_has_no_users(client: Client) -> None:
    status, body, _ = await client.ask("/authorizations", "userId=x&userSecret=y")
    assert (status, body["code"]) == (401, "1083")
    client.dialect.switches.personal_user_refused = False
    assert (await client.ask("/authorizations", "userId=x&userSecret=y"))[0] == 200
    made = await client.ask("/snapTrade/registerUser", method="POST", body={"userId": "x"})
    assert made[0] == 400


async def test_a_commercial_key_sees_what_its_user_has_connected(client: Client) -> None:
    desk = client.commercial()
    assert (await desk.ask("/authorizations"))[1]["code"] == "1083"
    _, made, _ = await desk.ask("/snapTrade/registerUser", method="POST", body={"userId": "u"})
    again = await desk.ask("/snapTrade/registerUser", method="POST", body={"userId": "u"})
    assert again[0] == 400
    user = f"userId=u&userSecret={made['userSecret'].replace('+', '%2B').replace('/', '%2F')}"
    status, body, _ = await desk.ask("/authorizations", user)
    assert (status, body) == (200, [])
    assert len((await client.ask("/authorizations"))[1]) == 3


async def test_withdrawn_keys_are_refused(client: Client) -> None:
    assert (await client.control("tokens/expire", {"kind": "keys"}))[0] == 200
    assert (await client.ask("/authorizations"))[0] == 401


# -- the portal --------------------------------------------------------------------------------
async def opened(client: Client, **body: Any) -> str:
    status, answer, _ = await client.ask("/snapTrade/login", method="POST", body=body)
    assert status == 200, answer
    return str(answer["redirectURI"])


async def test_the_portals_address_lives_five_minutes_and_once(client: Client) -> None:
    url = await opened(client)
    await client.clock.advance(301)
    assert (await client.control("approve", {"url": url}))[0] == 400
    url = await opened(client)
    await client.clock.advance(299)
    status, answer = await client.control("approve", {"url": url})
    assert status == 200
    query = parse_qs(urlsplit(answer["redirect"]).query)
    assert query["status"] == ["SUCCESS"]
    assert (await client.control("approve", {"url": url}))[0] == 400, "used"
    ids = [one["id"] for one in (await client.ask("/authorizations"))[1]]
    assert ids[-1] == query["connection_id"][0]


async def test_a_person_chooses_on_the_page(client: Client) -> None:
    url = await opened(client, connectionType="trade")
    async with client.http.get(url) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert re.findall(r'value="([A-Z]+)"', page) == ["ROBINHOOD", "FIDELITY", "QUESTRADE"]
    token = parse_qs(urlsplit(url).query)["token"][0]
    form = {"token": token, "brokerage": "QUESTRADE"}
    async with client.http.post(client.origin.base_url + "/snapTrade/portal", data=form) as done:
        assert "Your brokerage is connected" in await done.text()
    last = (await client.ask("/authorizations"))[1][-1]
    assert (last["brokerage"]["slug"], last["type"]) == ("QUESTRADE", "trade")
    async with client.http.get(url) as answer:
        assert answer.status == 400


async def test_stopping_connects_nothing(client: Client) -> None:
    url = await opened(client)
    _, answer = await client.control("approve", {"url": url, "action": "deny"})
    assert answer["redirect"].endswith("?status=ABANDONED")
    assert len((await client.ask("/authorizations"))[1]) == 3


async def test_reconnecting_keeps_ids_and_connecting_anew_does_not(client: Client) -> None:
    before = await client.accounts()
    client.dialect.switches.disabled = ["FIDELITY"]
    broken = next(one for one in (await client.ask("/authorizations"))[1] if one["disabled"])
    await client.control("approve", {"url": await opened(client, reconnect=broken["id"])})
    assert not any(one["disabled"] for one in (await client.ask("/authorizations"))[1])
    assert await client.accounts() == before
    await client.control("approve", {"url": await opened(client), "accounts": ["FIDELITY"]})
    _, listed, _ = await client.ask("/accounts")
    assert len(listed) == 5
    assert len({one["id"] for one in listed}) == 5


@pytest.mark.parametrize(
    "body",
    [{"connectionType": "all"}, {"locale": "xx"}, {"connectionPortalVersion": "v3"}],
)
async def test_what_the_portal_does_not_know_is_refused(
    client: Client, body: dict[str, Any]
) -> None:
    assert (await client.ask("/snapTrade/login", method="POST", body=body))[0] == 400


async def test_ids_and_keys_are_the_same_after_a_restart(client: Client) -> None:
    before = await client.accounts()
    options = SimulatorOptions(
        brokers=("schwab", "snaptrade"), clock=client.clock, throttle_per_minute=None
    )
    async with SimulatorServer(options) as sim:
        again = Client(sim, client.clock, client.http)
        assert (again.client_id, again.key) == (client.client_id, client.key)
        assert await again.accounts() == before


# -- how old figures are -----------------------------------------------------------------------
async def test_a_disabled_connection_answers_with_old_data(client: Client) -> None:
    account = (await client.accounts())["Robinhood Individual"]
    path = f"/accounts/{account}/positions/all"
    _, fresh, _ = await client.ask(path)
    client.dialect.switches.disabled = ["ROBINHOOD"]
    status, old, _ = await client.ask(path)
    assert status == 200
    assert fresh["data_freshness"]["as_of"].startswith("2026-11-20T15:00:00")
    assert old["data_freshness"]["as_of"].startswith("2026-11-17T15:00:00")
    assert old["results"] != fresh["results"]
    await client.clock.advance(86400)
    assert (await client.ask(path))[1] == old, "nothing is renewed"
    one = (await client.ask("/authorizations"))[1][0]
    assert one["disabled_date"].startswith("2026-11-17")
    refresh = await client.ask(f"/authorizations/{one['id']}/refresh", method="POST", body={})
    assert (refresh[0], refresh[1]["code"]) == (402, "3003")


async def test_activities_are_a_day_late_and_newest_first(client: Client) -> None:
    account = (await client.accounts())["Robinhood Individual"]
    path = f"/accounts/{account}/activities"
    _, body, _ = await client.ask(path, "startDate=2026-06-01&endDate=2026-12-01")
    dates = [one["trade_date"] for one in body["data"]]
    assert dates == sorted(dates, reverse=True)
    assert dates[0] < "2026-11-20"
    for query in ("offset=-1", "limit=0", "startDate=yesterday", "limit=x"):
        assert (await client.ask(path, query))[0] == 400


async def test_the_list_of_orders_is_of_the_last_hour_and_the_recent_ones_of_now(
    client: Client,
) -> None:
    account = (await client.accounts())["Robinhood Individual"]
    held = next(h for h in client.dialect.state.held("") if h.id == account)
    since = datetime(2026, 9, 1, tzinfo=UTC)
    entered = [o.entered for o in held.account.orders(since, client.clock.now())][-1]
    for day in range(40):
        orders = held.account.orders(client.clock.now(), datetime(2027, 2, 1, tzinfo=UTC))
        if orders:
            entered = orders[0].entered
            break
        await client.clock.advance(86400 * (day + 1))
    wait = (entered - client.clock.now()).total_seconds() + 1
    await client.clock.advance(max(0, wait))
    number = str(
        next(o.number for o in held.account.orders(entered, entered) if o.entered == entered)
    )
    _, hourly, _ = await client.ask(f"/accounts/{account}/orders", "days=30")
    _, recent, _ = await client.ask(f"/accounts/{account}/recentOrders", "only_executed=false")
    assert number not in {one["brokerage_order_id"] for one in hourly}
    assert number in {one["brokerage_order_id"] for one in recent["orders"]}
    for query in ("state=odd", "days=0", "days=91", "days=x"):
        assert (await client.ask(f"/accounts/{account}/orders", query))[0] == 400


# -- figures and limits --------------------------------------------------------------------------
async def test_cash_and_holdings_make_the_total(client: Client) -> None:
    for name, account in (await client.accounts()).items():
        base = f"/accounts/{account}"
        text = json.dumps((await client.ask(base))[1])
        total = json.loads(text, parse_float=Decimal)["balance"]["total"]["amount"]
        rows = (await client.ask(base + "/balances"))[1]
        held = (await client.ask(base + "/positions/all"))[1]["results"]
        worth = Decimal(0)
        for one in held:
            if one.get("cash_equivalent"):
                continue
            factor = Decimal(one["instrument"].get("multiplier", "1"))
            value = Decimal(one["units"]) * Decimal(one["price"]) * factor
            worth += value if one["currency"] == "USD" else value * Decimal("0.71")
        worth += sum(
            Decimal(str(row["cash"])) * (1 if row["currency"]["code"] == "USD" else Decimal("0.71"))
            for row in rows
        )
        assert abs(worth - Decimal(str(total))) < Decimal("0.02"), name


async def test_limits_are_counted_and_told(client: Client) -> None:
    switches = client.dialect.switches
    switches.throttle_per_minute, switches.account_per_minute = 5, 2
    one, other, *_ = (await client.accounts()).values()
    _, _, headers = await client.ask(f"/accounts/{one}/balances")
    assert headers["X-RateLimit-Remaining"] == "3"
    assert headers["X-RateLimit-Account-Remaining"] == "1"
    assert (await client.ask(f"/accounts/{one}"))[0] == 200
    status, body, headers = await client.ask(f"/accounts/{one}")
    assert (status, headers["X-RateLimit-Account-Remaining"]) == (429, "0")
    assert "Expected available in 7 seconds" in body["detail"]
    assert (await client.ask(f"/accounts/{other}"))[0] == 200, "each account has its own"
    assert (await client.ask(f"/accounts/{other}"))[0] == 429, "but one key is one key"
    await client.clock.advance(60)
    assert (await client.ask(f"/accounts/{other}"))[0] == 200


async def test_what_is_gone_is_gone_and_the_unknown_is_not_found(client: Client) -> None:
    account = (await client.accounts())["Robinhood Individual"]
    for rest in ("/holdings", "/positions", "/options"):
        assert (await client.ask(f"/accounts/{account}{rest}"))[0] == 410
    nobody = "00000000-0000-4000-8000-000000000000"
    for path in (f"/accounts/{nobody}", f"/authorizations/{nobody}"):
        status, body, _ = await client.ask(path)
        assert (status, body["code"]) == (404, "1011")
    assert (await client.ask(f"/accounts/{account}/nothing"))[0] == 404
    assert (await client.ask(f"/accounts/{account}/quotes", "symbols="))[0] == 400
