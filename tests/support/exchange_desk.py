"""Hands at the practice exchange: orders over HTTP in a broker's own words, and the truth."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import aiohttp
from support.clock import FakeClock
from support.sim import Answer

from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer

CLOSED = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
"""A Friday evening after all sessions."""


@dataclass(slots=True)
class Desk:
    """One account of the simulated Alpaca."""

    sim: SimulatorServer
    clock: FakeClock
    http: aiohttp.ClientSession
    venue: str = "live"
    made: int = field(default=0)

    @property
    def keys(self) -> dict[str, str]:
        secrets = self.sim.origin("alpaca").secrets
        return {
            "APCA-API-KEY-ID": secrets[f"{self.venue}_key_id"],
            "APCA-API-SECRET-KEY": secrets[f"{self.venue}_secret_key"],
        }

    async def send(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        url = f"{self.sim.origin('alpaca').base_url}/alpaca/{self.venue}{path}"
        given = {"json": body} if body is not None else {}
        async with self.http.request(
            method, url, headers=self.keys, allow_redirects=False, **given, **more
        ) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str) -> Any:
        answer = await self.send("GET", path)
        assert answer.status == 200, answer.body
        return answer.json()

    async def order(self, id_: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.get(f"/v2/orders/{id_}?nested=true")
        return found

    def body(self, **fields: Any) -> dict[str, Any]:
        """An order: a purchase for the day unless told otherwise."""
        self.made += 1
        usual = {
            "side": "buy",
            "time_in_force": "day",
            "client_order_id": f"order-{self.made}",
        }
        whole = {**usual, **fields}
        return {name: value for name, value in whole.items() if value is not None}

    async def placed(self, **fields: Any) -> dict[str, Any]:
        answer = await self.send("POST", "/v2/orders", self.body(**fields))
        assert answer.status == 200, answer.body
        found: dict[str, Any] = answer.json()
        return found

    async def refused(self, **fields: Any) -> tuple[int, int | None, str]:
        """Status, code and message."""
        answer = await self.send("POST", "/v2/orders", self.body(**fields))
        assert answer.status >= 400, answer.body
        told = answer.json()
        return answer.status, told.get("code"), told["message"]

    async def position(self, symbol: str) -> Decimal:
        for held in await self.get("/v2/positions"):
            if held["symbol"] == symbol:
                return Decimal(held["qty"])
        return Decimal(0)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        url = f"{self.sim.origin('alpaca').control_url}/{path}"
        async with self.http.request(method, url, json=body) as answer:
            assert answer.status == 200, await answer.read()
            return await answer.json()

    async def switch(self, **values: Any) -> None:
        await self.control("POST", "switches", values)

    async def fault(self, kind: str, path: str = "/v2/orders", **more: Any) -> None:
        rule = {"kind": kind, "path": path, "method": "POST", "times": 1, **more}
        await self.control("POST", "faults", rule)

    async def truth(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.control("GET", "truth")
        return found

    def price(self, symbol: str) -> Decimal:
        """The market's last price now."""
        return self.sim.exchange.market.price(symbol, self.clock.now())


@asynccontextmanager
async def alpaca_desk(*, clock: FakeClock | None = None, **options: Any) -> AsyncIterator[Desk]:
    """A running exchange."""
    clock = clock or FakeClock()
    options.setdefault("throttle_per_minute", None)
    options.setdefault("brokers", ("schwab", "alpaca"))
    async with (
        SimulatorServer(SimulatorOptions(clock=clock, **options)) as sim,
        aiohttp.ClientSession() as http,
    ):
        yield Desk(sim, clock, http)
