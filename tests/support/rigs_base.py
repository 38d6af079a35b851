"""What the rigs of all brokers share: sessions, sign-ins and levers of one simulated broker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, TypeVar
from unittest import mock

import httpx
import pytest
from support.brokers import Certificates
from support.clock import FakeClock

from brokerdesk.brokers.answers import Limits
from brokerdesk.brokers.base import (
    BrokerSession,
    BrokerSpec,
    CredentialPort,
    Network,
    SessionContext,
)
from brokerdesk.brokers.flow import BrowserStep, ConnectFlow, FlowContext, Step
from brokerdesk.brokers.registry import spec
from brokerdesk.domain.kinds import Environment
from brokerdesk.simulator.exchange.exchange import Exchange
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import Origin, SimulatorServer

SEED = 301
told_once = cache(Exchange)
"""Telling five years of an account takes longer than most tests; the story of a seed is fixed."""


@dataclass
class SimulatedRig:
    """One simulated broker over HTTP, and the moves of a person in front of it."""

    sim: SimulatorServer
    clock: FakeClock

    BROKER: ClassVar[str]
    ROUTES: ClassVar[dict[str, str]] = {}
    """Paths by the suite's names of routes; what is not here is a path itself."""
    FIELDS: ClassVar[dict[str, tuple[str, str | None]]] = {}
    """The suite's names of figures, as the broker calls them, and on which path they are if not
    on that of the route.
    """
    renews = False
    tries_keys_at_once = False

    @property
    def spec(self) -> BrokerSpec:
        return spec(self.BROKER)

    @property
    def origin(self) -> Origin:
        return self.sim.origin(self.BROKER)

    @property
    def dialect(self) -> Any:
        return self.sim.dialect(self.BROKER)

    @property
    def answers(self) -> dict[str, str]:
        return dict(self.origin.secrets)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Account numbers: texts that must never be seen."""
        return tuple(one.profile.number for one in self.dialect.exchange.accounts)

    def flow(self, **changes: Any) -> ConnectFlow:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "certificates": Certificates(),
            "practice_url": self.origin.base_url,
        }
        return self.spec.connect_flow(FlowContext(**{**given, **changes}))

    def context(self, port: CredentialPort, **changes: Any) -> SessionContext:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "credentials": port,
            "network": Network(),
            "practice_url": self.origin.base_url,
        }
        return SessionContext(**{**given, **changes})

    def session(self, port: CredentialPort, **changes: Any) -> BrokerSession:
        return self.spec.open_session(self.context(port, **changes))

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        return await self.decide(flow, step.url, "allow")

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        return await self.decide(flow, step.url, "deny")

    async def decide(self, flow: ConnectFlow, url: str, action: str, *, paste: bool = True) -> Step:
        """Answer the consent page at ``url``, and hand over where the browser ended."""
        redirect = await self.control("approve", {"url": url, "action": action})
        if paste:
            await flow.paste(redirect["redirect"])
        return await flow.wait()

    def shorten(self, patch: pytest.MonkeyPatch, seconds: float) -> None:
        limits = Limits(deadline=seconds, slow_deadline=seconds)
        patch.setattr("brokerdesk.brokers.http.Limits", lambda: limits)

    def unpaced(self, patch: pytest.MonkeyPatch) -> None:
        """Keep no pace that is the computer's own time. What keeps pace by the clock needs none."""

    async def fault(self, kind: str, route: str, **args: Any) -> None:
        path = self.ROUTES.get(route, route)
        if args.get("field") in self.FIELDS:
            args["field"], elsewhere = self.FIELDS[args["field"]]
            path = elsewhere or path
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


R = TypeVar("R", bound=SimulatedRig)


@asynccontextmanager
async def simulated(
    kind: type[R], seed: int = SEED, *, clock: FakeClock | None = None, **options: Any
) -> AsyncIterator[R]:
    """A rig whose simulator runs, with no limit of requests unless one is given."""
    clock = clock or FakeClock(auto=True)
    given: dict[str, Any] = {
        "clock": clock,
        "seed": seed,
        "brokers": tuple({"schwab", kind.BROKER}),
        "throttle_per_minute": None,
    }
    with mock.patch("brokerdesk.simulator.server.Exchange", told_once):
        sim = SimulatorServer(SimulatorOptions(**{**given, **options}))
    async with sim:
        yield kind(sim, clock)
