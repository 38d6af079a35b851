"""Orders through SnapTrade: services, journal and adapter in front of the simulated one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.db import opened
from support.order_desk import SYMBOL, OrderDesk
from support.order_houses import BLIND, CANCEL, MAY, MAY_NOT, OPTIONS, PLACE, REPLACE, fund
from support.rigs_snaptrade import SnapTradeRig, snaptrade_rig
from support.trading import CONNECTION, Room

from brokerdesk.domain.ids import AccountId

__all__ = [
    "BLIND",
    "CANCEL",
    "MAY",
    "MAY_NOT",
    "OPTIONS",
    "PLACE",
    "REPLACE",
    "SnapTradeDesk",
    "fund",
    "snaptrade_desk",
]


@dataclass
class SnapTradeDesk(OrderDesk):
    """Every change is a POST: what went where tells them apart."""

    names: dict[str, AccountId]

    def fault(self, kind: str, method: str = PLACE, **args: Any) -> None:
        rule = {"kind": kind, "method": "POST", "path": method, "times": 1, "args": args}
        self.rig.sim.faults.add([rule])

    def truth(self, *endings: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.rig.sim.truth.entries
        if not endings:
            return found
        return [one for one in found if one["path"].partition("?")[0].endswith(endings)]


@asynccontextmanager
async def snaptrade_desk(folder: Path, **options: Any) -> AsyncIterator[SnapTradeDesk]:
    """A desk at the brokerage that can be traded at, while the market is open."""
    async with snaptrade_rig(**options) as rig:
        assert isinstance(rig, SnapTradeRig)
        session = rig.opened(rig.port())
        try:
            names = {one.name: one.id for one in (await session.accounts()).items}
            fund(rig)
            (quote,) = (await session.quotes([SYMBOL])).items
            with opened(folder, "portfolio.db") as database:
                database.run_sync(lambda uow: uow.connections.add(CONNECTION))
                exchange: Any = session
                room = Room(folder, rig.clock, exchange, database)
                try:
                    yield SnapTradeDesk(rig, room, session, names[MAY], quote, names)
                finally:
                    await room.aclose()
        finally:
            await session.aclose()
