"""An order is written down before it leaves, leaves once at most, and is told as proven."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from support.trading import CONNECTION, FATES, Room, a_draft, trading_room

from brokerdesk.db.journal.store import RefusedByJournalError
from brokerdesk.domain.intent import OPEN, IntentState
from brokerdesk.domain.kinds import Environment, OrderSide
from brokerdesk.errors import BrokerUnavailableError, NotSupportedError

S = IntentState
POINTS = ("before commit", "committed", "sending", "answered", "noted")


async def quiet(room: Room) -> None:
    """Stop looking for what is unknown, so that it stays so."""
    for name in room.supervisor.names:
        if name.startswith("settle:"):
            await room.supervisor.cancel(name)


@pytest.mark.parametrize(
    ("fate", "state", "arrived"),
    [
        ("ok", S.ACCEPTED, 1),
        ("refused", S.REJECTED, 0),
        ("not sent", S.NOT_SENT, 0),
        ("lost", S.UNKNOWN, 1),
        ("swallowed", S.UNKNOWN, 0),
        ("late", S.UNKNOWN, 1),
        ("wrong id", S.UNKNOWN, 1),
        ("no id", S.UNKNOWN, 1),
        ("other order", S.UNKNOWN, 1),
    ],
)
async def test_an_order_is_told_as_what_was_proven(
    tmp_path: Path, fate: str, state: IntentState, arrived: int
) -> None:
    async with trading_room(tmp_path) as room:
        room.exchange.fate = fate
        intent = await room.place(a_draft(), "one")
        await quiet(room)
        assert intent.state is state
        assert len(room.exchange.arrived) == arrived
        assert room.exchange.sends == ["one"]


async def test_it_is_in_the_journal_before_the_first_byte_leaves(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        seen: list[tuple[str, ...]] = []

        def look() -> None:
            from brokerdesk.db import driver

            raw = driver.connect(room.journal.path, read_only=True)
            rows = raw.execute("SELECT state FROM steps ORDER BY seq").fetchall()
            seen.append(tuple(row[0] for row in rows))
            raw.close()

        room.exchange.on_send = look
        await room.place(a_draft(), "one")
        assert seen == [("committed", "sending")]
        (intent,) = await room.journal.since(room.clock.now().replace(year=2000))
        assert intent.draft == a_draft()
        assert intent.request == room.exchange.prepare(a_draft(), "one").body


async def test_an_answer_that_names_an_order_from_before_is_not_believed(tmp_path: Path) -> None:
    async with trading_room(tmp_path, keeps_ids=False) as room:
        room.exchange.elsewhere(a_draft())
        room.exchange.fate = "old id"
        intent = await room.place(a_draft(), "one")
        assert intent.state is S.UNKNOWN
        assert "there before" in intent.words


async def test_a_bug_after_the_first_byte_leaves_the_order_unknown_and_it_is_found(
    tmp_path: Path,
) -> None:
    async with trading_room(tmp_path, auto=False) as room:
        room.exchange.fate = "bug"
        with pytest.raises(RuntimeError):
            await room.place(a_draft(), "one")
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is S.UNKNOWN
        await settled(room)
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is S.FOUND
        assert room.exchange.sends == ["one"]


async def settled(room: Room, seconds: int = 20) -> None:
    """Let time go on; journal and database work in threads of their own."""
    for _ in range(seconds):
        await room.clock.advance(1)
        await asyncio.sleep(0.01)


async def test_who_waits_for_it_may_go_and_the_order_is_still_settled(tmp_path: Path) -> None:
    async with trading_room(tmp_path, auto=False) as room:
        waiting = asyncio.ensure_future(room.place(a_draft(), "one"))
        room.exchange.on_send = waiting.cancel
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await settled(room, 3)
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is S.ACCEPTED


async def test_the_same_review_is_sent_once_however_often_it_is_clicked(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        clicks = [room.place(a_draft(), "one") for _ in range(8)]
        results = await asyncio.gather(*clicks, return_exceptions=True)
        assert room.exchange.sends == ["one"]
        assert sum(isinstance(one, RefusedByJournalError) for one in results) == 7


async def test_two_programs_with_the_same_review_send_it_once(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        other = Room(tmp_path, room.clock, room.exchange, room.database)
        try:
            results = await asyncio.gather(
                room.place(a_draft(), "one"), other.place(a_draft(), "one"), return_exceptions=True
            )
        finally:
            await other.aclose()
        assert room.exchange.sends == ["one"]
        assert sum(isinstance(one, BaseException) for one in results) == 1


async def test_an_unsettled_order_blocks_its_like_and_nothing_else(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        room.exchange.fate = "swallowed"
        await room.place(a_draft(), "one")
        await quiet(room)
        with pytest.raises(RefusedByJournalError):
            await room.place(a_draft(quantity="3"), "two")
        assert (await room.place(a_draft(side=OrderSide.SELL), "three")).state is S.ACCEPTED
        assert (await room.place(a_draft("XYZ"), "four")).state is S.ACCEPTED
        assert room.exchange.sends == ["one", "three", "four"]


async def test_a_halt_stops_orders_over_restarts_and_lets_cancels_pass(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        await room.place(a_draft(), "one")
        await room.journal.halt(True)
        await room.crash()
        room.start()
        assert await room.journal.halted()
        with pytest.raises(RefusedByJournalError):
            await room.place(a_draft("XYZ"), "two")
        (order,) = room.exchange.orders.values()
        result = await room.sending.cancel(CONNECTION, order, "cancel-1")
        assert result.intent.state is S.ACCEPTED
        assert room.exchange.sends == ["one"]


async def test_a_halt_between_commit_and_sending_still_stops_it(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        other = Room(tmp_path, room.clock, room.exchange, room.database)

        def halt(point: str) -> None:
            if point == "committed":
                other.journal._worker.submit(_halt_now, other).result()

        room.at = halt
        with pytest.raises(RefusedByJournalError):
            await room.place(a_draft(), "one")
        await other.aclose()
        assert room.exchange.sends == []
        await room.settling.begin()
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is S.NOT_SENT


def _halt_now(room: Room) -> None:
    raw = room.journal._raw
    raw.execute("BEGIN IMMEDIATE")
    room.journal._halt(raw, True)
    raw.execute("COMMIT")


async def test_nothing_is_sent_where_the_broker_cannot_be_reached_before(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        room.exchange.down = True
        with pytest.raises(BrokerUnavailableError):
            await room.place(a_draft(), "one")
        assert room.exchange.sends == []
        assert await room.journal.get("one") is None


class Killed(BaseException):
    """The program ends here."""


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("keeps_ids", [True, False])
async def test_a_crash_at_every_point_doubles_and_loses_nothing(
    tmp_path: Path, point: str, keeps_ids: bool
) -> None:
    async with trading_room(tmp_path, auto=False, keeps_ids=keeps_ids) as room:
        room.at = lambda name: _die() if name == point else None
        frozen = room.sending._lost

        async def nothing(intent: object) -> None:
            del intent  # a killed program notes nothing more

        room.sending._lost = nothing  # type: ignore[method-assign]
        with pytest.raises(Killed):
            await asyncio.wait_for(_place_and_die(room), 10)
        room.at = lambda _: None
        room.sending._lost = frozen  # type: ignore[method-assign]
        await room.crash()
        room.start()
        await room.settling.begin()
        await settled(room, 65)
        arrived = len(room.exchange.arrived)
        assert arrived <= 1
        found = await room.journal.get("one")
        if point == "before commit":
            assert found is None
            assert arrived == 0
            return
        assert found is not None
        if point in ("answered", "noted"):
            assert arrived == 1
            if not keeps_ids and point == "answered":  # no id of ours, and none that was answered
                assert found.state is S.UNKNOWN
                assert room.settling.looks["one"].proposed is not None
                found = await room.settling.choose("one", "o1")
            assert (found.state, found.order_id) == (S.FOUND, "o1")
        elif point == "committed":
            assert found.state is S.NOT_SENT
            assert arrived == 0
        else:  # it began to be sent, and nothing arrived: only the user can say so
            assert found.state is S.UNKNOWN
            assert arrived == 0


def _die() -> None:
    raise Killed


async def _place_and_die(room: Room) -> None:
    """As ``place``, in this task: an exit passes through no supervisor."""
    await room.sending._place(room.reviewed(a_draft(), "one"))


async def test_what_is_not_there_takes_time_reads_and_the_users_word(tmp_path: Path) -> None:
    async with trading_room(tmp_path, auto=False) as room:
        room.exchange.fate = "swallowed"
        await room.place(a_draft(), "one")
        with pytest.raises(NotSupportedError):
            await room.settling.confirm_absent("one")
        await settled(room, 110)
        with pytest.raises(NotSupportedError):
            await room.settling.confirm_absent("one")
        await settled(room, 60)
        assert (await room.settling.confirm_absent("one")).state is S.ABSENT
        assert (await room.place(a_draft(), "two")).state is S.ACCEPTED
        assert room.exchange.sends == ["one", "two"]


@pytest.mark.parametrize("keeps_ids", [True, False])
async def test_an_order_that_comes_late_is_found_though_it_was_looked_for_before(
    tmp_path: Path, keeps_ids: bool
) -> None:
    async with trading_room(tmp_path, auto=False, keeps_ids=keeps_ids) as room:
        room.exchange.fate = "late"
        await room.place(a_draft(), "one")
        await settled(room, 150)
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is S.UNKNOWN
        await settled(room, 130)
        if not keeps_ids:
            assert room.settling.looks["one"].proposed is not None
            await room.settling.choose("one", "o1")
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is S.FOUND


async def test_twins_are_the_users_to_tell_apart(tmp_path: Path) -> None:
    async with trading_room(tmp_path, auto=False, keeps_ids=False) as room:
        room.exchange.fate = "lost"
        await room.place(a_draft(), "one")
        room.exchange.elsewhere(a_draft())
        await settled(room, 10)
        found = await room.journal.get("one")
        assert found is not None
        assert found.state is S.UNKNOWN
        look = room.settling.looks["one"]
        assert {one.id for one in look.candidates} == {"o1", "o2"}
        with pytest.raises(NotSupportedError):
            await room.settling.confirm_absent("one")
        with pytest.raises(NotSupportedError):
            await room.settling.choose("one", "o9")
        assert (await room.settling.choose("one", "o1")).order_id == "o1"


async def test_a_cancel_whose_answer_is_lost_is_settled_by_what_the_order_is(
    tmp_path: Path,
) -> None:
    async with trading_room(tmp_path, auto=False) as room:
        await room.place(a_draft(), "one")
        (order,) = room.exchange.orders.values()
        room.exchange.fate = "lost"
        result = await room.sending.cancel(CONNECTION, order, "c1")
        assert result.intent.state is S.UNKNOWN
        await settled(room, 10)
        found = await room.journal.get("c1")
        assert found is not None
        assert found.state is S.FOUND


async def test_a_cancel_that_never_arrived_stays_unknown_while_the_order_works(
    tmp_path: Path,
) -> None:
    async with trading_room(tmp_path, auto=False) as room:
        await room.place(a_draft(), "one")
        (order,) = room.exchange.orders.values()
        room.exchange.fate = "swallowed"
        await room.sending.cancel(CONNECTION, order, "c1")
        await settled(room, 200)
        found = await room.journal.get("c1")
        assert found is not None
        assert found.state is S.UNKNOWN
        again = await room.sending.cancel(CONNECTION, order, "c2")
        assert again.intent.state is S.ACCEPTED


async def test_an_order_for_another_environment_is_refused(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        reviewed = room.reviewed(replace(a_draft(), environment=Environment.LIVE), "one")
        with pytest.raises(NotSupportedError):
            await room.sending.place(reviewed)
        assert room.exchange.sends == []


def test_every_fate_of_the_exchange_is_used() -> None:
    assert {"ok", "bug", "old id", "cancelled"} < set(FATES)
    assert S.UNKNOWN in OPEN
