"""Interactive Brokers in front of the contract suite: our own simulator plays TWS on a socket, and
the person in front of it has nothing to do but to type where it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar
from unittest import mock

import httpx
import pytest
from support.brokers import Certificates, MemoryCredentials
from support.clock import FakeClock
from support.rigs import sign_in, told_once

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Network, SessionContext
from brokerdesk.brokers.flow import BrowserStep, ConnectFlow, FlowContext, Step
from brokerdesk.brokers.ibkr import SPEC
from brokerdesk.domain.kinds import Environment
from brokerdesk.simulator.ibkr.dialect import IbkrDialect
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import Origin, SimulatorServer

__all__ = ["IbkrRig", "ibkr_rig", "sign_in"]
TAKEN = 99
"""A client id that another program uses."""


@dataclass
class IbkrRig:
    """One simulated TWS."""

    sim: SimulatorServer
    clock: FakeClock
    spec: BrokerSpec = field(default_factory=lambda: SPEC)
    renews: bool = False
    tries_keys_at_once: bool = True

    _FIELDS: ClassVar[dict[str, str]] = {
        "liquidationValue": "NetLiquidationByCurrency",
        "cashBalance": "CashBalance",
        "currentBalances": "CashBalance",
        "longQuantity": "position",
        "assetType": "secType",
    }
    """The suite's names of figures, as TWS calls them."""
    _FAULTS: ClassVar[dict[str, tuple[str, dict[str, Any]]]] = {
        "half_frame": ("truncate", {"half": True}),
        "lost": ("status", {"code": 1100, "then": 1102}),
    }
    """The suite's names of a socket's faults, as the simulator makes them."""

    @property
    def origin(self) -> Origin:
        return self.sim.origin("ibkr")

    @property
    def tws(self) -> IbkrDialect:
        found = self.sim.dialect("ibkr")
        assert isinstance(found, IbkrDialect)
        return found

    @property
    def answers(self) -> dict[str, str]:
        return dict(self.origin.secrets)

    @property
    def wrong_answers(self) -> dict[str, str]:
        self.tws.state.clients[TAKEN] = object()
        return {**self.answers, "client_id": str(TAKEN)}

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(account.profile.number for account in self.tws.exchange.accounts)

    def flow(self, **changes: Any) -> ConnectFlow:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "certificates": Certificates(),
            "practice_url": self.origin.base_url,
        }
        return self.spec.connect_flow(FlowContext(**{**given, **changes}))

    def session(self, port: MemoryCredentials, **changes: Any) -> BrokerSession:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "credentials": port,
            "network": Network(),
            "practice_url": self.origin.base_url,
        }
        return self.spec.open_session(SessionContext(**{**given, **changes}))

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        raise AssertionError("no browser has anything to do with it")

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        raise AssertionError("no browser has anything to do with it")

    def shorten(self, patch: pytest.MonkeyPatch, seconds: float) -> None:
        patch.setattr("brokerdesk.brokers.ibkr.gateway.ANSWER_LIMIT", seconds)

    async def fault(self, kind: str, route: str, *, times: int | None = None, **args: Any) -> None:
        if kind == "wrong_clock":
            route = "time"
        kind, more = self._FAULTS.get(kind, (kind, {}))
        args = {**args, **more}
        args["field"] = self._FIELDS.get(args.get("field", ""), args.get("field", ""))
        rule: dict[str, Any] = {"kind": kind, "path": f"^/ibkr/tws/{route}$", "args": args}
        if times is not None:
            rule["times"] = times
        self.sim.faults.add([rule])

    async def heal(self) -> None:
        self.sim.faults.clear()

    async def expire(self, kind: str) -> None:
        await self.control("tokens/expire", {"kind": kind})

    def requests(self) -> list[str]:
        """What TWS was asked, newest last."""
        return [entry["path"].removeprefix("/ibkr/tws/") for entry in self.sim.log]

    async def lever(self, **body: Any) -> dict[str, Any]:
        return await self.control("tws", body)

    async def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.origin.control_url}/{path}", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def ibkr_rig(seed: int = 301) -> AsyncIterator[IbkrRig]:
    clock = FakeClock(auto=True)
    options = SimulatorOptions(
        clock=clock, seed=seed, brokers=("schwab", "ibkr"), throttle_per_minute=None
    )
    with mock.patch("brokerdesk.simulator.server.Exchange", told_once):
        sim = SimulatorServer(options)
    async with sim:
        yield IbkrRig(sim, clock)
