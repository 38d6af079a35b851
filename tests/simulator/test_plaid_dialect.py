"""The simulated Plaid by raw requests: keys, pages, tokens, errors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from support.clock import FakeClock

from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer


class Raw:
    """A raw client with the simulated app's keys."""

    def __init__(self, sim: SimulatorServer, http: aiohttp.ClientSession) -> None:
        self.sim, self.http = sim, http
        self.origin = sim.origin("plaid")

    async def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        keys = self.origin.secrets
        given = {"PLAID-CLIENT-ID": keys["client_id"], "PLAID-SECRET": keys["secret"], **headers}
        url = self.origin.base_url + path
        async with self.http.post(url, json=body or {}, headers=given) as answer:
            return answer.status, json.loads(await answer.read())

    async def control(self, path: str, body: Any) -> tuple[int, Any]:
        async with self.http.post(f"{self.origin.control_url}/{path}", json=body) as answer:
            return answer.status, json.loads(await answer.read())

    async def link(self) -> dict[str, Any]:
        body = {
            "client_name": "BrokerDesk",
            "language": "en",
            "country_codes": ["US"],
            "user": {"client_user_id": "x"},
            "products": ["investments"],
            "hosted_link": {},
        }
        status, answer = await self.post("/link/token/create", body)
        assert status == 200
        found: dict[str, Any] = answer
        return found

    async def token(self) -> str:
        _, made = await self.post("/sandbox/public_token/create", {"institution_id": "ins_109508"})
        _, exchanged = await self.post(
            "/item/public_token/exchange", {"public_token": made["public_token"]}
        )
        return str(exchanged["access_token"])


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    options = SimulatorOptions(brokers=("schwab", "plaid"), clock=FakeClock())
    async with SimulatorServer(options) as sim, aiohttp.ClientSession() as http:
        yield Raw(sim, http)


async def test_keys_may_travel_in_headers_or_in_the_body(raw: Raw) -> None:
    token = await raw.token()
    keys = raw.origin.secrets
    url = raw.origin.base_url + "/item/get"
    async with raw.http.post(url, json={"access_token": token, **keys}) as answer:
        assert answer.status == 200
    status, refused = await raw.post("/item/get", {"access_token": token}, **{"PLAID-SECRET": "x"})
    assert (status, refused["error_code"]) == (400, "INVALID_API_KEYS")
    assert refused["request_id"]


async def test_a_browser_goes_through_the_page(raw: Raw) -> None:
    made = await raw.link()
    async with raw.http.get(made["hosted_link_url"]) as page:
        assert "BrokerDesk" in await page.text()
    form = {"action": "allow", "institution": "ins_109512"}
    async with raw.http.post(made["hosted_link_url"], data=form) as page:
        assert "You are done" in await page.text()
    _, told = await raw.post("/link/token/get", {"link_token": made["link_token"]})
    (added,) = told["link_sessions"][0]["results"]["item_add_results"]
    assert added["institution"]["name"] == "Houndstooth Bank"


async def test_pages_and_public_tokens_end(raw: Raw) -> None:
    made = await raw.link()
    _, offer = await raw.post("/sandbox/public_token/create", {"institution_id": "ins_109508"})
    await raw.control("clock", {"advance": 1801})
    status, _ = await raw.control("approve", {"url": made["hosted_link_url"], "action": "allow"})
    assert status == 400
    async with raw.http.get(made["hosted_link_url"]) as page:
        assert page.status == 410
    _, refused = await raw.post(
        "/item/public_token/exchange", {"public_token": offer["public_token"]}
    )
    assert refused["error_code"] == "INVALID_PUBLIC_TOKEN"


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("/link/token/create", {}, "MISSING_FIELDS"),
        ("/link/token/get", {"link_token": "x"}, "INVALID_LINK_TOKEN"),
        ("/item/get", {}, "MISSING_FIELDS"),
        ("/item/get", {"access_token": "x"}, "INVALID_ACCESS_TOKEN"),
        ("/accounts/get", {"options": {"account_ids": ["x"]}}, "INVALID_ACCOUNT_ID"),
        ("/investments/transactions/get", {}, "MISSING_FIELDS"),
        (
            "/investments/transactions/get",
            {"start_date": "2026-01-01", "end_date": "2026-02-01", "options": {"count": 501}},
            "INVALID_FIELD",
        ),
    ],
)
async def test_refusals(raw: Raw, path: str, body: dict[str, Any], code: str) -> None:
    if path.startswith(("/accounts", "/investments")):
        body = {"access_token": await raw.token(), **body}
    status, refused = await raw.post(path, body)
    assert (status, refused["error_code"]) == (400, code)


async def test_a_switch_makes_a_route_answer_with_a_code(raw: Raw) -> None:
    token = await raw.token()
    errors = {"/accounts/get": "INSTITUTION_DOWN"}
    assert (await raw.control("switches", {"errors": errors}))[0] == 200
    _, refused = await raw.post("/accounts/get", {"access_token": token})
    assert refused["error_type"] == "INSTITUTION_ERROR"


async def test_tokens_outlive_a_restart(raw: Raw) -> None:
    token = await raw.token()
    options = SimulatorOptions(brokers=("schwab", "plaid"), clock=FakeClock())
    async with SimulatorServer(options) as again:
        other = Raw(again, raw.http)
        status, _ = await other.post("/item/get", {"access_token": token})
        assert status == 200


async def test_history_is_recorded_holdings(raw: Raw) -> None:
    from brokerdesk.brokers.plaid import SPEC
    from brokerdesk.brokers.recordings import history
    from brokerdesk.domain.kinds import Environment

    assert SPEC.replay is not None
    readings = [
        SPEC.replay(one.answer, Environment.PRACTICE, one.at)
        async for one in history(raw.origin.control_url, 3)
    ]
    assert len(readings) == 9
    assert len({reading.account for reading in readings}) == 3
    assert not any(reading.unread for reading in readings)
    assert all(reading.balances[0].net_liquidation for reading in readings)
