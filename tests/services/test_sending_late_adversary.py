"""A computer that slept between the click and the first byte sends nothing when it wakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.order_desk import order_desk
from support.trading import CONNECTION, a_draft, trading_room
from support.trading_bench import trading_bench

from brokerdesk.brokers import hurry
from brokerdesk.db.journal.store import Guard, RefusedByJournalError
from brokerdesk.domain.intent import IntentState
from brokerdesk.services.trading_desk import EARLIER

LATE = "Too much time has passed since you sent this."


@pytest.mark.parametrize("point", ["ready", "before commit", "committed"])
async def test_what_sleeps_before_the_first_byte_is_not_sent(tmp_path: Path, point: str) -> None:
    async with trading_room(tmp_path) as room:
        until = room.clock.now() + timedelta(seconds=60)
        reviewed = replace(room.reviewed(a_draft(), "one"), guard=Guard(until=until))
        room.at = lambda name: room.clock.jump(3 * 3600) if name == point else None
        with pytest.raises(RefusedByJournalError, match=LATE):
            await room.sending.place(reviewed)
        assert room.exchange.sends == []
        written = await room.journal.get("one")
        assert written is None or written.state is IntentState.NOT_SENT
        room.at = lambda _: None
        assert (await room.place(a_draft(), "two")).state is IntentState.ACCEPTED


@pytest.mark.parametrize("broker", ["alpaca", "schwab", "ibkr", "snaptrade"])
async def test_what_sleeps_right_before_the_broker_is_asked_is_proven_not_sent(
    tmp_path: Path, broker: str
) -> None:
    async with order_desk(tmp_path, broker) as desk:
        desk.room.at = lambda name: desk.rig.clock.jump(31) if name == "sending" else None
        before = len(desk.truth())
        made = await desk.place(desk.wish(), "one")
        assert made.state is IntentState.NOT_SENT, made.words
        assert made.words == hurry.LATE
        assert len(desk.truth()) == before
        desk.room.at = lambda _: None
        again = await desk.place(desk.wish(), "two")
        assert again.state is IntentState.ACCEPTED
        desk.room.at = lambda name: desk.rig.clock.jump(31) if name == "sending" else None
        order = await desk.order(again.order_id)
        assert (await desk.cancel(order, "three")).state is IntentState.ACCEPTED


async def test_a_cancel_is_as_good_later(tmp_path: Path) -> None:
    async with trading_room(tmp_path) as room:
        await room.place(a_draft(), "one")
        room.at = lambda name: room.clock.jump(3 * 3600) if name == "committed" else None
        (order,) = room.exchange.orders.values()
        result = await room.sending.cancel(CONNECTION, order, "click")
        assert result.intent.state is IntentState.ACCEPTED


async def test_the_rest_of_a_basket_stays_here_after_a_sleep(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        review = await bench.review(bench.wish(), bench.wish("MSFT", limit_price=bench.price("1")))
        sending = bench.services.trading._parts.standing.sender()
        sending._at = lambda name: bench.rig.clock.jump(8 * 3600) if name == "noted" else None
        read = frozenset(one.code for one in review.warnings)
        first, second = await bench.trading.send(review.id, read)
        assert first.intent is not None
        assert second.intent is None
        assert second.failure.startswith(LATE) or second.failure == EARLIER
        assert len([one for one in bench.rig.sim.truth.entries if one["method"] == "POST"]) == 1
