"""Interactive Brokers, as our own simulator plays TWS, and the person in front of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from unittest import mock

import httpx
from support.brokers import Certificates, MemoryCredentials
from support.clock import FakeClock

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Network, SessionContext
from brokerdesk.brokers.flow import ConnectFlow, DoneStep, FlowContext, FormStep
from brokerdesk.brokers.ibkr import SPEC
from brokerdesk.domain.kinds import Environment
from brokerdesk.simulator.exchange.exchange import Exchange
from brokerdesk.simulator.ibkr.dialect import IbkrDialect
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import Origin, SimulatorServer


@dataclass
class IbkrRig:
    """One simulated TWS."""

    sim: SimulatorServer
    clock: FakeClock
    spec: BrokerSpec = field(default_factory=lambda: SPEC)

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

    def fault(self, kind: str, route: str, *, times: int | None = None, **args: Any) -> None:
        rule: dict[str, Any] = {"kind": kind, "path": f"^/ibkr/tws/{route}$", "args": args}
        if times is not None:
            rule["times"] = times
        self.sim.faults.add([rule])

    def heal(self) -> None:
        self.sim.faults.clear()

    def requests(self) -> list[str]:
        """What TWS was asked, newest last."""
        return [entry["path"].removeprefix("/ibkr/tws/") for entry in self.sim.log]

    async def lever(self, **body: Any) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.origin.control_url}/tws", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


_told_once = cache(Exchange)


@asynccontextmanager
async def ibkr_rig(seed: int = 301) -> AsyncIterator[IbkrRig]:
    clock = FakeClock(auto=True)
    options = SimulatorOptions(clock=clock, seed=seed, brokers=("ibkr",), throttle_per_minute=None)
    with mock.patch("brokerdesk.simulator.server.Exchange", _told_once):
        sim = SimulatorServer(options)
    async with sim:
        yield IbkrRig(sim, clock)


async def sign_in(rig: IbkrRig, **changes: Any) -> DoneStep:
    """A whole connect, as a person does it."""
    flow = rig.flow(**changes)
    try:
        step = await flow.start()
        if isinstance(step, FormStep):
            step = await flow.submit(rig.answers)
    finally:
        await flow.aclose()
    assert isinstance(step, DoneStep), step
    return step
