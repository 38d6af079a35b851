"""SnapTrade in front of the contract suite: a personal key, and a brokerage more at the page."""

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
from brokerdesk.brokers.snaptrade import SPEC
from brokerdesk.brokers.snaptrade.session import SnapTradeSession
from brokerdesk.domain.kinds import Environment
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer
from brokerdesk.simulator.snaptrade.dialect import SnapTradeDialect
from brokerdesk.simulator.snaptrade.state import SnapTradeState, SnapTradeSwitches

ID = "[0-9a-f-]{36}"
POSITIONS = rf"^/accounts/{ID}/positions/all$"
BALANCES = rf"^/accounts/{ID}/balances$"
ACCOUNT = rf"^/accounts/{ID}$"


@dataclass
class SnapTradeRig(OverHttp):
    """SnapTrade, as our own simulator plays it."""

    sim: SimulatorServer
    clock: FakeClock
    spec: BrokerSpec = SPEC
    renews: bool = False
    tries_keys_at_once: bool = True

    _ROUTES = {  # noqa: RUF012
        "portfolio": POSITIONS,
        "accounts": "^/accounts$",
        "token": "^/authorizations$",
    }
    _FIELDS = {  # noqa: RUF012
        "liquidationValue": ("amount", ACCOUNT),
        "cashBalance": ("cash", BALANCES),
        "currentBalances": ("currency", BALANCES),
        "longQuantity": ("units", POSITIONS),
        "marketValue": ("price", POSITIONS),
        "assetType": ("kind", POSITIONS),
    }
    """The suite's names of figures, as SnapTrade calls them and where they are."""

    @property
    def origin(self) -> Any:
        return self.sim.origin("snaptrade")

    @property
    def dialect(self) -> SnapTradeDialect:
        found = self.sim.dialect("snaptrade")
        assert isinstance(found, SnapTradeDialect)
        return found

    @property
    def state(self) -> SnapTradeState:
        return self.dialect.state

    @property
    def switches(self) -> SnapTradeSwitches:
        return self.dialect.switches

    @property
    def answers(self) -> dict[str, str]:
        names = ("client_id", "consumer_key")
        return {**{name: self.origin.secrets[name] for name in names}, "next": "add"}

    @property
    def commercial(self) -> dict[str, str]:
        """Good answers for a commercial key whose user does not exist yet."""
        secrets = self.origin.secrets
        return {
            "client_id": secrets["commercial_client_id"],
            "consumer_key": secrets["commercial_consumer_key"],
            "user_id": "desk-7f3a",
            "next": "add",
        }

    @property
    def wrong_answers(self) -> dict[str, str]:
        return {**self.answers, "consumer_key": "not-the-key"}

    @property
    def secrets(self) -> tuple[str, ...]:
        accounts = self.dialect.exchange.accounts
        numbers = tuple(account.profile.number for account in accounts)
        return (self.answers["consumer_key"], *numbers)

    def flow(self, **changes: Any) -> ConnectFlow:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "certificates": Certificates(),
            "practice_url": self.origin.base_url,
        }
        return self.spec.connect_flow(FlowContext(**{**given, **changes}))

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        await self.control("approve", {"url": step.url, "action": "allow"})
        return await flow.wait()

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        redirect = await self.control("approve", {"url": step.url, "action": "deny"})
        await flow.paste(redirect["redirect"])
        return await flow.wait()

    def session(self, port: MemoryCredentials, **changes: Any) -> BrokerSession:
        return self.opened(port, **changes)

    def opened(self, port: MemoryCredentials, **changes: Any) -> SnapTradeSession:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "credentials": port,
            "network": Network(),
            "practice_url": self.origin.base_url,
        }
        return SnapTradeSession(SessionContext(**{**given, **changes}))

    def port(self, **changes: str) -> MemoryCredentials:
        """The personal key, as a sign-in would have stored it."""
        names = ("client_id", "consumer_key")
        keys = {name: self.origin.secrets[name] for name in names}
        stored = {**keys, "user_id": "", "user_secret": ""}
        return MemoryCredentials(
            {**stored, "signed_in_at": self.clock.now().isoformat(), **changes}
        )

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
async def snaptrade_rig(seed: int = 301, **options: Any) -> AsyncIterator[SnapTradeRig]:
    clock = FakeClock(auto=True)
    given = {"throttle_per_minute": None, **options}
    chosen = SimulatorOptions(brokers=("schwab", "snaptrade"), clock=clock, seed=seed, **given)
    with mock.patch("brokerdesk.simulator.server.Exchange", told_once):
        sim = SimulatorServer(chosen)
    async with sim:
        yield SnapTradeRig(sim, clock)
