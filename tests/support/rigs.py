"""What the contract suite needs to know about each broker: how to simulate it and how to sign in.

One class per broker; everything else in the suite comes from the registry and the capabilities.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol
from unittest import mock

import httpx
import pytest
from support.brokers import Certificates, MemoryCredentials, free_port
from support.clock import FakeClock

from brokerdesk.brokers.answers import Limits
from brokerdesk.brokers.base import BrokerSession, BrokerSpec, Network, SessionContext
from brokerdesk.brokers.flow import (
    BrowserStep,
    ConnectFlow,
    DoneStep,
    FlowContext,
    FormStep,
    NoticeStep,
    Step,
)
from brokerdesk.brokers.registry import spec
from brokerdesk.domain.kinds import Environment
from brokerdesk.simulator.exchange.exchange import Exchange
from brokerdesk.simulator.options import SimulatorOptions
from brokerdesk.simulator.server import SimulatorServer


class Rig(Protocol):
    """One simulated broker, and the moves of a person in front of it."""

    spec: BrokerSpec
    clock: FakeClock
    renews: bool
    """Whether a refused token is traded for a new one without the user."""
    tries_keys_at_once: bool
    """Whether the broker is asked, for nothing but the keys' sake, before the browser opens."""

    @property
    def answers(self) -> dict[str, str]:
        """Good answers to the flow's form."""
        ...

    @property
    def wrong_answers(self) -> dict[str, str]:
        """Answers that look fine and that the broker refuses."""
        ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must never be seen: keys, account numbers, and such."""
        ...

    def flow(self, **changes: Any) -> ConnectFlow: ...

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step: ...

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step: ...

    def session(self, port: MemoryCredentials, **changes: Any) -> BrokerSession: ...

    def shorten(self, patch: pytest.MonkeyPatch, seconds: float) -> None:
        """Make sessions that are opened from now on wait this long for an answer."""
        ...

    async def fault(self, kind: str, route: str, **args: Any) -> None:
        """``route``: portfolio, accounts, or token."""
        ...

    async def heal(self) -> None: ...

    async def expire(self, kind: str) -> None:
        """End the ``access`` tokens (without any: the connections), or the login (``refresh``)."""
        ...

    def requests(self) -> list[str]:
        """Paths seen by the broker since the start, newest last."""
        ...


class OverHttp:
    """What rigs share whose broker is reached over HTTP."""

    def shorten(self, patch: pytest.MonkeyPatch, seconds: float) -> None:
        limits = Limits(deadline=seconds, slow_deadline=seconds)
        patch.setattr("brokerdesk.brokers.http.Limits", lambda: limits)


@dataclass
class SchwabRig(OverHttp):
    """Schwab, as our own simulator plays it."""

    sim: SimulatorServer
    clock: FakeClock
    spec: BrokerSpec = field(default_factory=lambda: spec("schwab"))
    renews: bool = True
    tries_keys_at_once: bool = False

    _ROUTES = {  # noqa: RUF012
        "portfolio": r"^/trader/v1/accounts/[0-9A-F]{64}$",
        "accounts": r"^/trader/v1/accounts$",
        "token": r"^/v1/oauth/token$",
    }

    @property
    def origin(self) -> Any:
        return self.sim.origin("schwab")

    @property
    def answers(self) -> dict[str, str]:
        return dict(self.origin.secrets)

    @property
    def wrong_answers(self) -> dict[str, str]:
        return {**self.answers, "app_secret": "not-the-secret"}

    @property
    def secrets(self) -> tuple[str, ...]:
        numbers = tuple(account.profile.number for account in self.sim.exchange.accounts)
        return (self.answers["app_secret"], *numbers)

    def flow(self, **changes: Any) -> ConnectFlow:
        given: dict[str, Any] = {
            "environment": Environment.PRACTICE,
            "clock": self.clock,
            "certificates": Certificates(),
            "practice_url": self.origin.base_url,
        }
        return self.spec.connect_flow(FlowContext(**{**given, **changes}))

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        redirect = await self._control("approve", {"url": step.url, "action": "allow"})
        await flow.paste(redirect["redirect"])
        return await flow.wait()

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        redirect = await self._control("approve", {"url": step.url, "action": "deny"})
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
        self.sim.faults.add([{"kind": kind, "path": self._ROUTES[route], "args": args}])

    async def heal(self) -> None:
        self.sim.faults.clear()

    async def expire(self, kind: str) -> None:
        await self._control("tokens/expire", {"kind": kind})

    def requests(self) -> list[str]:
        return [entry["path"] for entry in self.sim.log]

    async def _control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.post(f"{self.origin.control_url}/{path}", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


told_once = cache(Exchange)
"""Telling five years of an account takes longer than most tests; the story of a seed is fixed."""


@asynccontextmanager
async def schwab_rig(seed: int = 301) -> AsyncIterator[SchwabRig]:
    clock = FakeClock(auto=True)
    options = SimulatorOptions(
        clock=clock,
        seed=seed,
        throttle_per_minute=None,
        callback_urls=(f"https://127.0.0.1:{free_port()}",),
    )
    with mock.patch("brokerdesk.simulator.server.Exchange", told_once):
        sim = SimulatorServer(options)
    async with sim:
        yield SchwabRig(sim, clock)


def _alpaca(seed: int = 301) -> Any:
    from support.rigs_alpaca import alpaca_rig

    return alpaca_rig(seed)


def _snaptrade(seed: int = 301) -> Any:
    from support.rigs_snaptrade import snaptrade_rig

    return snaptrade_rig(seed)


def _plaid(seed: int = 301) -> Any:
    from support.rigs_plaid import plaid_rig

    return plaid_rig(seed)


def _ibkr(seed: int = 301) -> Any:
    from support.rigs_ibkr import ibkr_rig

    return ibkr_rig(seed)


RIGS = {
    "schwab": schwab_rig,
    "alpaca": _alpaca,
    "ibkr": _ibkr,
    "snaptrade": _snaptrade,
    "plaid": _plaid,
}


async def to_browser(
    rig: Rig, flow: ConnectFlow, answers: dict[str, str] | None = None
) -> BrowserStep:
    """From the start of a flow to its browser step."""
    step = await onward(rig, flow, await flow.start(), answers)
    assert isinstance(step, BrowserStep), step
    return step


async def onward(
    rig: Rig, flow: ConnectFlow, step: Step, answers: dict[str, str] | None = None
) -> Step:
    """From any step to the browser's, to the end, or to a form that finds fault with its answers.

    Some brokers try the keys as soon as they are typed, others only after the browser.
    """
    given = answers or rig.answers
    while isinstance(step, NoticeStep) or (isinstance(step, FormStep) and not step.problems):
        step = await flow.submit(given if isinstance(step, FormStep) else {})
    return step


async def through(rig: Rig, flow: ConnectFlow, answers: dict[str, str] | None = None) -> Step:
    """A whole sign-in with these answers, as far as it goes."""
    step = await onward(rig, flow, await flow.start(), answers)
    return await finished(rig, flow, step)


async def finished(rig: Rig, flow: ConnectFlow, step: Step) -> Step:
    """Through the browser, if that is where it goes next."""
    return await rig.go_through_browser(flow, step) if isinstance(step, BrowserStep) else step


async def sign_in(rig: Rig, **changes: Any) -> DoneStep:
    """A whole sign-in, as a person does it."""
    flow = rig.flow(**changes)
    try:
        done = await through(rig, flow)
    finally:
        await flow.aclose()
    assert isinstance(done, DoneStep), done
    return done
