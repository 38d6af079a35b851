"""An order of unknown fate is not lost from sight by a clock that is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.services import an_account
from support.trading import ACCOUNT, CONNECTION, Room, a_draft, trading_room

from brokerdesk.domain.ids import ConnectionId
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import Environment
from brokerdesk.services.settling_looks import ENOUGH_TIME


async def pass_time(room: Room, seconds: float) -> None:
    """Step by step, with time for the threads of the files."""
    for _ in range(int(seconds)):
        await room.clock.advance(1)
        await asyncio.sleep(0.01)


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


@pytest.mark.parametrize("environment", [Environment.PRACTICE, Environment.PAPER])
async def test_it_is_looked_for_through_the_connection_that_took_the_place_of_a_removed_one(
    tmp_path: Path, environment: Environment
) -> None:
    """Removed and made again, a connection has another name; the account keeps its own. Without
    this an order would be unknown for ever, and its like blocked as long.
    """
    async with trading_room(tmp_path, auto=False) as room:
        room.exchange.fate = "lost"
        await room.place(a_draft(), "one")
        anew = replace(CONNECTION, id=ConnectionId("acme-00000002"), environment=environment)
        account = replace(an_account(), id=ACCOUNT, environment=Environment.PRACTICE)

        def swap(uow: Any) -> None:
            uow.connections.remove(CONNECTION.id, keep_history=True)
            uow.connections.add(anew)
            uow.accounts.save(anew.id, account, included=True)

        room.database.run_sync(swap)
        await pass_time(room, 10)
        found = await room.journal.get("one")
        assert found is not None
        same = environment is Environment.PRACTICE
        assert found.state is (IntentState.FOUND if same else IntentState.UNKNOWN)
        if not same:
            assert room.settling.looks["one"].failure.startswith("Its connection was removed")


async def test_others_of_another_size_are_not_offered(tmp_path: Path) -> None:
    async with trading_room(tmp_path, auto=False, keeps_ids=False) as room:
        room.exchange.fate = "swallowed"
        await room.place(a_draft(), "one")
        await pass_time(room, 700)
        room.exchange.elsewhere(a_draft(quantity="11"))
        await pass_time(room, 70)
        assert room.settling.looks["one"].candidates == ()


async def test_without_an_id_nothing_is_proposed_before_a_twin_had_time_to_show(
    tmp_path: Path,
) -> None:
    async with trading_room(tmp_path, auto=False, keeps_ids=False) as room:
        room.exchange.fate = "lost"
        await room.place(a_draft(), "one")
        await pass_time(room, 25)
        look = room.settling.looks["one"]
        assert (look.likely, look.proposed) == (True, None)
        await pass_time(room, 30)
        look = room.settling.looks["one"]
        assert look.proposed is not None
        assert look.proposed.id == "o1"


async def test_two_looks_that_found_nothing_are_not_enough_however_far_apart(
    tmp_path: Path,
) -> None:
    async with trading_room(tmp_path, auto=False) as room:
        room.exchange.fate = "swallowed"
        await room.place(a_draft(), "one")
        await pass_time(room, 3)
        room.exchange.down = True
        await pass_time(room, 150)
        room.exchange.down = False
        look = await room.settling.look_now("one")
        assert look is not None
        assert look.spanned >= ENOUGH_TIME
        assert look.intent.checks == 2
        assert not look.can_be_absent


async def test_the_order_of_a_later_intent_is_not_taken_for_one_that_was_said_to_be_absent(
    tmp_path: Path,
) -> None:
    """Where the broker tells no times, only the journal knows whose it is."""
    async with trading_room(tmp_path, auto=False, keeps_ids=False) as room:
        room.exchange.fate = "swallowed"
        await room.place(a_draft(), "one")
        await pass_time(room, 200)
        assert (await room.settling.confirm_absent("one")).state is IntentState.ABSENT
        placed = await room.place(a_draft(), "two")
        assert placed.state is IntentState.ACCEPTED
        order = room.exchange.orders[placed.order_id]
        room.exchange.orders[order.id] = replace(order, entered_at=None)
        await pass_time(room, 150)
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is IntentState.ABSENT
