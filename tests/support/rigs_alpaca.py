"""Alpaca in front of the contract suite: signed in through the browser, both accounts at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import httpx
from support.brokers import Certificates, MemoryCredentials, free_port
from support.clock import FakeClock
from support.rigs import OverHttp, told_once

from brokerdesk.brokers.alpaca import SPEC
from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Network, SessionContext
from brokerdesk.brokers.flow import BrowserStep, ConnectFlow, FlowContext, Step
from brokerdesk.domain.kinds import Environment
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer

POSITIONS = r"^/alpaca/(live|paper)/v2/positions$"
ACCOUNT = r"^/alpaca/(live|paper)/v2/account$"


@dataclass
class AlpacaRig(OverHttp):
    """Alpaca, as our own simulator plays it."""

    sim: SimulatorServer
    clock: FakeClock
    spec: BrokerSpec = SPEC
    renews: bool = False
    tries_keys_at_once: bool = False

    _ROUTES = {  # noqa: RUF012
        "portfolio": POSITIONS,
        "accounts": ACCOUNT,
        "token": r"^/alpaca/live/oauth/token$",
    }
    _FIELDS = {  # noqa: RUF012
        "liquidationValue": ("equity", ACCOUNT),
        "cashBalance": ("cash", ACCOUNT),
        "currentBalances": ("cash", ACCOUNT),
        "longQuantity": ("qty", POSITIONS),
        "marketValue": ("market_value", POSITIONS),
        "assetType": ("asset_class", POSITIONS),
    }
    """The suite's names of figures, as Alpaca calls them and where they are."""

    @property
    def origin(self) -> Any:
        return self.sim.origin("alpaca")

    @property
    def answers(self) -> dict[str, str]:
        names = ("client_id", "client_secret", "callback_url")
        return {name: self.origin.secrets[name] for name in names}

    def keys(self, venue: str = "live") -> dict[str, str]:
        """Good answers to the key's form."""
        secrets = self.origin.secrets
        return {
            "key_id": secrets[f"{venue}_key_id"],
            "secret_key": secrets[f"{venue}_secret_key"],
        }

    @property
    def wrong_answers(self) -> dict[str, str]:
        return {**self.answers, "client_secret": "not-the-secret"}

    @property
    def secrets(self) -> tuple[str, ...]:
        accounts = self.sim.dialect("alpaca").exchange.accounts
        numbers = tuple(account.profile.number for account in accounts)
        return (self.answers["client_secret"], self.keys()["secret_key"], *numbers)

    def flow(self, **changes: Any) -> ConnectFlow:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "certificates": Certificates(),
            "practice_url": self.origin.base_url,
        }
        return self.spec.connect_flow(FlowContext(**{**given, **changes}))

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        return await self._decide(flow, step, "allow")

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        return await self._decide(flow, step, "deny")

    async def _decide(self, flow: ConnectFlow, step: BrowserStep, action: str) -> Step:
        redirect = await self.control("approve", {"url": step.url, "action": action})
        await flow.paste(redirect["redirect"])
        return await flow.wait()

    def session(self, port: MemoryCredentials, **changes: Any) -> BrokerSession:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "credentials": port,
            "network": Network(),
            "practice_url": self.origin.base_url,
        }
        return self.spec.open_session(SessionContext(**{**given, **changes}))

    async def fault(self, kind: str, route: str, **args: Any) -> None:
        path = self._ROUTES.get(route, route)
        if args.get("field") in self._FIELDS:
            args["field"], path = self._FIELDS[args["field"]]
        self.sim.faults.add([{"kind": kind, "path": path, "args": args}])

    async def heal(self) -> None:
        self.sim.faults.clear()

    async def expire(self, kind: str) -> None:
        await self.control("tokens/expire", {"kind": kind})

    def requests(self) -> list[str]:
        return [entry["path"] for entry in self.sim.log]

    async def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.origin.control_url}/{path}", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def alpaca_rig(seed: int = 301) -> AsyncIterator[AlpacaRig]:
    clock = FakeClock(auto=True)
    options = SimulatorOptions(
        brokers=("schwab", "alpaca"),
        clock=clock,
        seed=seed,
        throttle_per_minute=None,
        callback_urls=(f"https://127.0.0.1:{free_port()}",),
    )
    with mock.patch("brokerdesk.simulator.server.Exchange", told_once):
        sim = SimulatorServer(options)
    async with sim:
        yield AlpacaRig(sim, clock)
