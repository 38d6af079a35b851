"""Sign-ins and renewals that are remembered: by the day, thirty days, gone with the connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.services import Bench, bench

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.services import sign_in_log

ONE = ConnectionId("acme-1")


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


async def count(desk: Bench, connection: ConnectionId = ONE) -> int:
    now = desk.clock.now()
    return await desk.database.read(lambda uow: sign_in_log.renewals(uow, connection, now))


async def note(desk: Bench, number: int) -> None:
    now = desk.clock.now()
    await desk.database.run(lambda uow: sign_in_log.note_renewals(uow, ONE, now, number))


async def test_renewals_of_thirty_days_are_counted(desk: Bench) -> None:
    for _ in range(40):
        await note(desk, 2)
        await note(desk, 1)
        await desk.clock.advance(24 * 3600)
    assert await count(desk) == 29 * 3
    text = await desk.database.read(lambda uow: uow.meta.get(f"renewals:{ONE}"))
    assert text is not None
    assert len(text.splitlines()) == 30, "a line a day, and none for days without"
    desk.clock.jump(timedelta(days=60).total_seconds())
    assert await count(desk) == 0


@pytest.mark.parametrize("text", ["x", "2026-11-20", "2026-11-20 y\nz 3", "\n\n"])
async def test_a_note_of_another_version_is_no_obstacle(desk: Bench, text: str) -> None:
    await desk.database.run(lambda uow: uow.meta.set(f"renewals:{ONE}", text))
    assert await count(desk) == 0
    await note(desk, 4)
    assert await count(desk) == 4


async def test_what_a_session_renews_is_kept_with_the_round(desk: Bench) -> None:
    row = await desk.connected()
    await desk.services.refreshing.refresh(row.id)
    context: Any = desk.bank.contexts[-1]
    context.on_renewed()
    context.on_renewed()
    assert await count(desk, row.id) == 0
    await desk.services.refreshing.refresh(row.id)
    assert await count(desk, row.id) == 2
    care = await desk.services.care.look(row.id)
    assert care is not None
    assert care.renewals == 2
    await desk.services.refreshing.refresh(row.id)
    assert await count(desk, row.id) == 2
    await desk.services.connecting.remove(row.id, keep_history=True)
    assert await count(desk, row.id) == 0
