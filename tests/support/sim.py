"""A simulated broker and a raw client to it, for tests of any room.

``sim_client`` signs in the way a person would (through the control API) and speaks plain HTTP, so
that a test sees bytes, statuses and headers and no client library's opinion of them.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
from support.clock import FakeClock

from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer


@dataclass(slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class SimClient:
    """A raw client of one simulated Schwab, with the tokens of its last sign-in."""

    sim: SimulatorServer
    clock: FakeClock
    http: aiohttp.ClientSession
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return self.sim.origin("schwab").base_url

    @property
    def secrets(self) -> dict[str, str]:
        return self.sim.origin("schwab").secrets

    @property
    def basic(self) -> dict[str, str]:
        key, secret = self.secrets["app_key"], self.secrets["app_secret"]
        return {"Authorization": aiohttp.encode_basic_auth(key, secret)}

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}

    def authorize_url(self, *, state: str = "a-state", redirect_uri: str | None = None) -> str:
        redirect = redirect_uri or self.secrets["callback_url"]
        return (
            f"{self.base}/v1/oauth/authorize?response_type=code&client_id={self.secrets['app_key']}"
            f"&redirect_uri={quote(redirect, safe='')}&state={state}"
        )

    async def send(self, method: str, path: str, **more: Any) -> Answer:
        """A request to a path of the origin (or a whole URL); redirects are not followed."""
        url = path if path.startswith("http") else self.base + path
        async with self.http.request(method, url, allow_redirects=False, **more) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **query: str) -> Answer:
        """A signed-in GET."""
        return await self.send("GET", path, params=query, headers=self.bearer)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.sim.origin('schwab').control_url}/{path}"
        answer = await self.send(method, url, json=body)
        assert answer.status == 200, answer.body
        return answer.json()

    async def approve(self, **more: Any) -> str:
        """The callback URL of a sign-in that a person allowed (or denied)."""
        body = {"url": self.authorize_url(), "action": "allow", **more}
        found = await self.control("POST", "approve", body)
        return str(found["redirect"])

    async def token(self, **form: str) -> Answer:
        return await self.send("POST", "/v1/oauth/token", data=form, headers=self.basic)

    async def exchange(self, redirect: str) -> Answer:
        return await self.token(
            grant_type="authorization_code",
            code=code_of(redirect),
            redirect_uri=self.secrets["callback_url"],
        )

    async def sign_in(self, **more: Any) -> None:
        answer = await self.exchange(await self.approve(**more))
        assert answer.status == 200, answer.body
        self.tokens = answer.json()

    async def hashes(self) -> dict[str, str]:
        """Account numbers to their names in URLs."""
        answer = await self.get("/trader/v1/accounts/accountNumbers")
        return {pair["accountNumber"]: pair["hashValue"] for pair in answer.json()}


def code_of(redirect: str) -> str:
    """The code in a callback URL, decoded once as a client must."""
    return parse_qs(urlsplit(redirect).query)["code"][0]


@asynccontextmanager
async def sim_client(
    *, clock: FakeClock | None = None, signed_in: bool = True, **options: Any
) -> AsyncIterator[SimClient]:
    """A running simulator with its clock in hand. Without a throttle unless asked for."""
    clock = clock or FakeClock()
    options.setdefault("throttle_per_minute", None)
    async with (
        SimulatorServer(SimulatorOptions(clock=clock, **options)) as sim,
        aiohttp.ClientSession() as http,
    ):
        client = SimClient(sim, clock, http)
        if signed_in:
            await client.sign_in()
        yield client
