"""An order of unknown fate is not lost from sight by a clock that is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.trading import Room, a_draft, trading_room

from brokerdesk.domain.intent import IntentState


async def pass_time(room: Room, seconds: float) -> None:
    for _ in range(int(seconds)):
        await room.clock.advance(1)


@pytest.mark.parametrize("minutes", [-45, -20, 20, 45])
async def test_an_order_by_another_clock_is_shown_and_never_called_absent_unseen(
    tmp_path: Path, minutes: int
) -> None:
    """The broker's clock and this computer's are far apart: the very order stands in its list."""
    async with trading_room(tmp_path, auto=False, keeps_ids=False) as room:
        room.exchange.fate = "lost"
        await room.place(a_draft(), "one")
        entered = room.clock.now() + timedelta(minutes=minutes)
        room.exchange.orders["o1"] = replace(room.exchange.orders["o1"], entered_at=entered)
        await pass_time(room, 200)
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is IntentState.UNKNOWN, "never taken for it unasked"
        assert [one.id for one in room.settling.looks["one"].candidates] == ["o1"]
        assert (await room.settling.choose("one", "o1")).order_id == "o1"


async def test_others_of_another_size_are_not_offered(tmp_path: Path) -> None:
    async with trading_room(tmp_path, auto=False, keeps_ids=False) as room:
        room.exchange.fate = "swallowed"
        await room.place(a_draft(), "one")
        await pass_time(room, 700)
        room.exchange.elsewhere(a_draft(quantity="11"))
        await pass_time(room, 70)
        assert room.settling.looks["one"].candidates == ()
