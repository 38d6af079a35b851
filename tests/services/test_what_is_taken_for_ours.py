"""No other order is taken for ours, and what broke late is looked for like what broke early."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.trading import Room, a_draft, trading_room

from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.reading import Unread
from brokerdesk.errors import StorageError

S = IntentState
DEARER = Decimal("10.60")


async def state(room: Room, id_: str) -> IntentState:
    found = await room.journal.get(id_)
    assert found is not None
    return found.state


async def later(room: Room, seconds: int = 20) -> None:
    """Time goes on; journal and database work in threads of their own."""
    for _ in range(seconds):
        await room.clock.advance(1)
        await asyncio.sleep(0.01)


async def test_a_replacement_that_names_another_order_that_was_there_is_not_settled_by_it(
    tmp_path: Path,
) -> None:
    """Some brokers keep the id of the order that is replaced: that one and no other."""
    async with trading_room(tmp_path, auto=False) as room:
        twin = room.exchange.elsewhere(a_draft(limit_price=DEARER))
        first = await room.place(a_draft(), "one")
        assert first.state is S.ACCEPTED
        room.exchange.fate = "old id"  # the answer names the first of all orders: the twin
        wish = room.reviewed(a_draft(limit_price=DEARER), "two", first.order_id)
        sent = (await room.sending.replace(wish)).intent
        assert sent.state is S.UNKNOWN, "not what was there before"
        await later(room)
        found = await room.journal.get("two")
        assert found is not None
        assert found.state is S.FOUND
        assert found.order_id not in (twin.id, first.order_id)


async def test_a_bug_after_the_answer_was_noted_leaves_it_to_be_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading_room(tmp_path, auto=False) as room:

        async def breaks(*_: object) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(room.exchange, "order", breaks)
        with pytest.raises(RuntimeError):
            await room.place(a_draft(), "one")
        assert await state(room, "one") is S.UNKNOWN
        monkeypatch.undo()
        await later(room)
        assert await state(room, "one") is S.FOUND
        assert room.exchange.sends == ["one"]


async def test_an_outcome_that_cannot_be_written_down_is_looked_for_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading_room(tmp_path, auto=False) as room:
        real = room.journal.step
        failed: list[str] = []

        async def full(id_: str, into: IntentState, **more: Any) -> Any:
            if into is S.ANSWERED and not failed:
                failed.append(id_)
                raise StorageError("The disk is full.")
            return await real(id_, into, **more)

        monkeypatch.setattr(room.journal, "step", full)
        told = await room.place(a_draft(), "one")
        assert failed == ["one"]
        assert told.state is S.UNKNOWN
        await later(room)
        assert await state(room, "one") is S.FOUND
        assert room.exchange.sends == ["one"]


@pytest.mark.parametrize("state_", [S.ACCEPTED, S.FOUND])
async def test_an_order_that_is_known_to_be_another_intent_s_is_never_found_again(
    tmp_path: Path, state_: IntentState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twins of ours, without ids: what one of them was found to be, the other one is not."""
    async with trading_room(tmp_path, auto=False, keeps_ids=False) as room:
        if state_ is S.FOUND:
            room.exchange.fate = "lost"
        one = await room.place(a_draft(), "one")
        if state_ is S.FOUND:
            assert one.state is S.UNKNOWN
            await later(room, 60)
            (theirs,) = room.exchange.orders
            if await state(room, "one") is not S.FOUND:
                await room.settling.choose("one", theirs)
        assert await state(room, "one") is state_
        # The second is swallowed. It was written down before the first one's order was listed.
        room.exchange.fate = "swallowed"
        real = room.exchange.every_order

        async def nothing_yet(*_: Any) -> Any:
            monkeypatch.undo()
            return replace(await real(*_), items=())

        monkeypatch.setattr(room.exchange, "every_order", nothing_yet)
        assert (await room.place(a_draft(), "two")).state is S.UNKNOWN
        await later(room, 90)
        assert await state(room, "two") is S.UNKNOWN
        assert room.settling.looks["two"].candidates == ()


@pytest.mark.parametrize("point", ["sending", "answered", "noted", "read back"])
async def test_what_ends_with_the_program_at_any_step_is_found_after_the_next_start(
    tmp_path: Path, point: str
) -> None:
    async with trading_room(tmp_path, auto=False) as room:

        def ends(name: str) -> None:
            if name == point:
                room.journal.close()  # from here on nothing is written, as after a kill

        room.at = ends
        with contextlib.suppress(StorageError, RuntimeError):
            await room.place(a_draft(), "one")
        await room.crash()
        room.at = lambda _: None
        room.start()
        left = await state(room, "one")
        assert left is (S.SENDING if point in ("sending", "answered") else S.ANSWERED)
        (taken,) = await room.settling.begin()
        assert taken.state is S.UNKNOWN
        await later(room)
        assert await state(room, "one") is S.FOUND
        assert room.exchange.sends == ["one"]


async def test_what_the_user_said_is_absent_is_looked_for_after_a_restart_as_well(
    tmp_path: Path,
) -> None:
    async with trading_room(tmp_path, auto=False) as room:
        room.exchange.fate = "late"
        assert (await room.place(a_draft(), "one")).state is S.UNKNOWN
        await room.crash()
        room.start()
        await room.journal.step("one", S.ABSENT, words="Not at the broker, as the user saw.")
        await room.crash()
        room.start()
        assert await room.settling.begin() == ()
        await later(room, 320)
        assert await state(room, "one") is S.FOUND


async def test_the_user_may_say_absent_only_after_enough_whole_looks(tmp_path: Path) -> None:
    """Each condition by itself: none stands in for another."""
    async with trading_room(tmp_path, auto=False) as room:
        room.exchange.fate = "swallowed"
        await room.place(a_draft(), "one")
        await later(room, 10)
        seen = room.settling.looks["one"]
        enough = replace(
            seen, intent=replace(seen.intent, checks=5), spanned=timedelta(seconds=120)
        )
        assert enough.can_be_absent
        for less in (
            replace(enough, likely=True),
            replace(enough, failure="The broker does not answer."),
            replace(enough, intent=replace(seen.intent, checks=4)),
            replace(enough, spanned=timedelta(seconds=119.9)),
        ):
            assert not less.can_be_absent


async def test_a_list_that_cannot_be_read_whole_says_nothing_of_what_is_not_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading_room(tmp_path, auto=False, keeps_ids=False) as room:
        room.exchange.fate = "swallowed"
        await room.place(a_draft(), "one")
        real = room.exchange.every_order

        async def in_part(*asked: Any) -> Any:
            return replace(await real(*asked), unread=(Unread(where="orders[0]", reason="?"),))

        monkeypatch.setattr(room.exchange, "every_order", in_part)
        await later(room, 400)
        found = await room.journal.get("one")
        assert found is not None
        assert found.checks == 0, "it was never looked through"
        assert not room.settling.looks["one"].can_be_absent
        monkeypatch.undo()
        await later(room, 400)
        assert room.settling.looks["one"].can_be_absent
