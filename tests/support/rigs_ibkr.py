"""Interactive Brokers in front of the contract suite: our own simulator plays TWS on a socket, and
the person in front of it has nothing to do but to type where it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
from support.rigs import sign_in
from support.rigs_base import SEED, SimulatedRig, simulated

from brokerdesk.brokers.flow import BrowserStep, ConnectFlow, Step
from brokerdesk.simulator.ibkr.dialect import IbkrDialect

__all__ = ["IbkrRig", "ibkr_rig", "sign_in"]
TAKEN = 99
"""A client id that another program uses."""


class IbkrRig(SimulatedRig):
    """One simulated TWS."""

    BROKER = "ibkr"
    tries_keys_at_once = True
    NAMES: ClassVar = {
        "liquidationValue": "NetLiquidationByCurrency",
        "cashBalance": "CashBalance",
        "currentBalances": "CashBalance",
        "longQuantity": "position",
        "assetType": "secType",
    }
    """The suite's names of figures, as TWS calls them."""
    FAULTS: ClassVar[dict[str, tuple[str, dict[str, Any]]]] = {
        "half_frame": ("truncate", {"half": True}),
        "lost": ("status", {"code": 1100, "then": 1102}),
    }
    """The suite's names of a socket's faults, as the simulator makes them."""

    @property
    def tws(self) -> IbkrDialect:
        found = self.dialect
        assert isinstance(found, IbkrDialect)
        return found

    @property
    def wrong_answers(self) -> dict[str, str]:
        self.tws.state.clients[TAKEN] = object()
        return {**self.answers, "client_id": str(TAKEN)}

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.numbers

    async def go_through_browser(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        raise AssertionError("no browser has anything to do with it")

    async def decline(self, flow: ConnectFlow, step: BrowserStep) -> Step:
        raise AssertionError("no browser has anything to do with it")

    def shorten(self, patch: pytest.MonkeyPatch, seconds: float) -> None:
        patch.setattr("brokerdesk.brokers.ibkr.connecting.GREETING_LIMIT", seconds)
        for name in ("ANSWER", "PULSE", "SNAPSHOT"):
            patch.setattr(f"brokerdesk.brokers.ibkr.gateway.{name}_LIMIT", seconds)

    def unpaced(self, patch: pytest.MonkeyPatch) -> None:
        patch.setattr("brokerdesk.brokers.ibkr.link.Wire.RequestsInterval", 0.01)
        patch.setattr("brokerdesk.simulator.ibkr.connection.MOST_A_SECOND", 1_000_000)

    async def fault(self, kind: str, route: str, *, times: int | None = None, **args: Any) -> None:
        if kind == "wrong_clock":
            route = "time"
        kind, more = self.FAULTS.get(kind, (kind, {}))
        args = {**args, **more}
        args["field"] = self.NAMES.get(args.get("field", ""), args.get("field", ""))
        rule: dict[str, Any] = {"kind": kind, "path": f"^/ibkr/tws/{route}$", "args": args}
        if times is not None:
            rule["times"] = times
        self.sim.faults.add([rule])

    def requests(self) -> list[str]:
        """What TWS was asked, newest last."""
        return [entry["path"].removeprefix("/ibkr/tws/") for entry in self.sim.log]

    async def lever(self, **body: Any) -> dict[str, Any]:
        return await self.control("tws", body)


@asynccontextmanager
async def ibkr_rig(seed: int = SEED, **options: Any) -> AsyncIterator[IbkrRig]:
    """A clock that moves by itself would never rest beside who looks at it each second, so the
    market is looked at when a test says so.
    """
    async with simulated(IbkrRig, seed, **options) as rig:
        rig.tws.switches.stream_interval = 0
        yield rig
