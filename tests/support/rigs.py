"""What the contract suite needs to know about each broker: how to simulate it and how to sign in.

One class per broker; everything else in the suite comes from the registry and the capabilities.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar, Protocol

import pytest
from support.brokers import free_port
from support.clock import FakeClock
from support.rigs_base import SEED, SimulatedRig, simulated

from brokerdesk.brokers.base import BrokerSession, BrokerSpec, CredentialPort
from brokerdesk.brokers.flow import BrowserStep, ConnectFlow, DoneStep, FormStep, NoticeStep, Step
from brokerdesk.simulator.server import Origin, SimulatorServer


class Rig(Protocol):
    """One simulated broker, and the moves of a person in front of it."""

    clock: FakeClock
    renews: bool
    """Whether a refused token is traded for a new one without the user."""
    tries_keys_at_once: bool
    """Whether the broker is asked, for nothing but the keys' sake, before the browser opens."""

    @property
    def spec(self) -> BrokerSpec: ...

    @property
    def sim(self) -> SimulatorServer: ...

    @property
    def origin(self) -> Origin: ...

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

    def session(self, port: CredentialPort, **changes: Any) -> BrokerSession: ...

    def shorten(self, patch: pytest.MonkeyPatch, seconds: float) -> None:
        """Make sessions that are opened from now on wait this long for an answer."""
        ...

    def unpaced(self, patch: pytest.MonkeyPatch) -> None:
        """Keep no pace that is the computer's own time."""
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


class SchwabRig(SimulatedRig):
    """Schwab, as our own simulator plays it."""

    BROKER = "schwab"
    renews = True
    ROUTES: ClassVar = {
        "portfolio": r"^/trader/v1/accounts/[0-9A-F]{64}$",
        "accounts": r"^/trader/v1/accounts$",
        "token": r"^/v1/oauth/token$",
    }

    @property
    def wrong_answers(self) -> dict[str, str]:
        return {**self.answers, "app_secret": "not-the-secret"}

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self.answers["app_secret"], *self.numbers)


def schwab_rig(seed: int = SEED, **options: Any) -> AbstractAsyncContextManager[SchwabRig]:
    callbacks = (f"https://127.0.0.1:{free_port()}",)
    return simulated(SchwabRig, seed, **{"callback_urls": callbacks, **options})


def _elsewhere(broker: str) -> Callable[..., AbstractAsyncContextManager[Any]]:
    """The rig of a module of its own, which is imported when it is wanted."""

    def made(seed: int = SEED, **options: Any) -> AbstractAsyncContextManager[Any]:
        module = importlib.import_module(f"support.rigs_{broker}")
        rig: AbstractAsyncContextManager[Any] = getattr(module, f"{broker}_rig")(seed, **options)
        return rig

    return made


RIGS: dict[str, Callable[..., AbstractAsyncContextManager[Any]]] = {
    "schwab": schwab_rig,
    **{name: _elsewhere(name) for name in ("alpaca", "ibkr", "snaptrade", "plaid")},
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
