"""Plaid in front of the contract suite: one login with three accounts, Hosted Link by the control
API in the person's place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import httpx
from support.brokers import Certificates, MemoryCredentials
from support.clock import FakeClock
from support.rigs import OverHttp, told_once

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Network, SessionContext
from brokerdesk.brokers.flow import BrowserStep, ConnectFlow, FlowContext, Step
from brokerdesk.brokers.plaid import SPEC
from brokerdesk.domain.kinds import Environment
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer

HOLDINGS = r"^/investments/holdings/get$"
ACCOUNTS = r"^/accounts/get$"
DEFAULT_SEED = 301


@dataclass
class PlaidRig(OverHttp):
    """Plaid, as our own simulator plays it. ``institution`` is what the person chooses."""

    sim: SimulatorServer
    clock: FakeClock
    institution: str
    spec: BrokerSpec = SPEC
    renews: bool = False
    tries_keys_at_once: bool = True

    _ROUTES = {  # noqa: RUF012
        "portfolio": HOLDINGS,
        "accounts": ACCOUNTS,
        "token": r"^/item/public_token/exchange$",
    }
    _FIELDS = {  # noqa: RUF012
        "liquidationValue": "current",
        "cashBalance": "current",
        "currentBalances": "balances",
        "longQuantity": "quantity",
        "marketValue": "institution_value",
        "symbol": "security_id",
        "assetType": "type",
    }
    """The suite's names of figures, as Plaid calls them."""

    @property
    def origin(self) -> Any:
        return self.sim.origin("plaid")

    @property
    def dialect(self) -> Any:
        return self.sim.dialect("plaid")

    @property
    def answers(self) -> dict[str, str]:
        return dict(self.origin.secrets)

    @property
    def wrong_answers(self) -> dict[str, str]:
        return {**self.answers, "secret": "not-the-secret"}

    @property
    def secrets(self) -> tuple[str, ...]:
        numbers = tuple(one.profile.number for one in self.dialect.exchange.accounts)
        return (self.answers["secret"], *numbers)

    def flow(self, **changes: Any) -> ConnectFlow:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "certificates": Certificates(),
            "practice_url": self.origin.base_url,
        }
        return self.spec.connect_flow(FlowContext(**{**given, **changes}))

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        url = f"{step.url}&institution={self.institution}"
        await self.control("approve", {"url": url, "action": "allow"})
        return await flow.wait()

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        await self.control("approve", {"url": step.url, "action": "deny"})
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
        if args.get("edit") == "bad_record":
            # The first list of the answer is that of accounts; a holding is what is meant.
            args = {"edit": "wrong_type", "field": "quantity", "first": True}
        elif args.get("field") in self._FIELDS:
            args["field"] = self._FIELDS[args["field"]]
        path = self._ROUTES.get(route, route)
        self.sim.faults.add([{"kind": kind, "path": path, "args": args}])

    async def heal(self) -> None:
        self.sim.faults.clear()

    async def expire(self, kind: str) -> None:
        await self.control("tokens/expire", {"kind": "login"})

    def requests(self) -> list[str]:
        return [entry["path"] for entry in self.sim.log]

    async def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.origin.control_url}/{path}", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def plaid_rig(seed: int = DEFAULT_SEED) -> AsyncIterator[PlaidRig]:
    """One simulated Plaid. Another seed stands for somebody at another institution."""
    clock = FakeClock(auto=True)
    options = SimulatorOptions(
        brokers=("schwab", "plaid"), clock=clock, seed=seed, throttle_per_minute=None
    )
    with mock.patch("brokerdesk.simulator.server.Exchange", told_once):
        sim = SimulatorServer(options)
    institution = "ins_109508" if seed == DEFAULT_SEED else "ins_109512"
    async with sim:
        yield PlaidRig(sim, clock, institution)
