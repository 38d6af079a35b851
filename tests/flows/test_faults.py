"""What a fault leaves behind in the product: whether it goes on asking, and by whose word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from support.clock import FakeClock
from support.product import connect, services_in
from support.rigs import schwab_rig

from brokerdesk.domain.kinds import ConnectionState


async def test_a_sign_in_that_is_refused_stops_the_polling_until_the_user_acts(
    tmp_path: Path, allow_warnings: Callable[..., None]
) -> None:
    allow_warnings()
    clock = FakeClock(auto=True)
    async with (
        schwab_rig(clock=clock, accounts=2, positions=5) as rig,
        services_in(tmp_path, clock) as services,
    ):
        row = await connect(services, rig)
        assert (await services.refreshing.refresh(row.id)).state is ConnectionState.OK
        await rig.expire("access")
        await rig.expire("refresh")
        outcome = await services.refreshing.refresh(row.id)
        assert outcome.state is ConnectionState.NEEDS_SIGN_IN
        asked = len(rig.requests())
        clock.auto = False
        services.schedule.start()
        for _ in range(24):
            await clock.advance(3600)
            await asyncio.sleep(0.01)
        assert len(rig.requests()) == asked
        await clock.advance(0)
