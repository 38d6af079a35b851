"""The trading service in front of simulated brokers: reviewed, sent once, seen, told."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.trading_bench import Bench, trading_bench

from brokerdesk.domain.events import OrderMoved, TradingChanged
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.domain.kinds import OrderSide, OrderStatus
from brokerdesk.services.trading_desk import EARLIER, HALTED, TWICE
from brokerdesk.services.trading_facts import Sent
from brokerdesk.settings import Settings

S = IntentState
AFTER = {"answered", "accepted", "pending", "working", "partly_filled", "filled"}
BROKERS = ("alpaca", "schwab")
at_both = pytest.mark.parametrize("broker", BROKERS)


def accepted(sent: Sent) -> Intent:
    assert sent.failure == ""
    assert sent.intent is not None
    assert sent.intent.state is S.ACCEPTED, sent.intent.words
    return sent.intent


def arrived(bench: Bench, *methods: str) -> list[dict[str, Any]]:
    """Orders that reached the broker, previews left out."""
    return [
        one
        for one in bench.rig.sim.truth.entries
        if one["method"] in (methods or ("POST",)) and "/orders" in one["path"]
    ]


async def held(bench: Bench, symbol: str = "AAPL") -> Decimal:
    """Units in the cache, of the last reading that was stored."""
    last = await bench.services.database.read(lambda uow: uow.snapshots.latest(bench.account))
    assert last is not None
    assert last.reading is not None
    found = [one for one in last.reading.positions if one.instrument.symbol == symbol]
    return sum((one.quantity for one in found), Decimal(0))


@at_both
async def test_an_order_is_sent_its_fill_told_and_its_account_read(
    tmp_path: Path, broker: str
) -> None:
    async with trading_bench(tmp_path, broker) as bench:
        before = await held(bench)
        intent = accepted(await bench.one(limit_price=bench.price("1.02")))
        await bench.until(lambda: "filled" in bench.moved(intent.id))
        await bench.rest()
        told = bench.moved(intent.id)
        assert told[:2] == ["committed", "sending"]
        assert {"answered", "accepted", "filled"} <= set(told[2:]) <= AFTER
        assert await held(bench) == before + 2, "the figures follow the fill at once"
        row = await bench.row(intent.id)
        assert row.order is not None
        assert row.order.id == intent.order_id
        assert row.order.status is OrderStatus.FILLED
        states = [one.state for one in row.moments]
        assert {"committed", "sending", "answered", "accepted", "filled"} <= set(states)
        assert states.count("sending") == 1
        assert row.cannot_cancel
        rows = await bench.trading.ledger([bench.account], None)
        same = [one for one in rows if one.order is not None and one.order.id == intent.order_id]
        assert [one.key for one in same] == [intent.id], "one row, not two"
        texts = [
            one.text
            for one in bench.events
            if isinstance(one, OrderMoved) and one.intent == intent.id and one.text
        ]
        assert texts
        assert all("AAPL" in text and not any(map(str.isdigit, text)) for text in texts)


async def test_trading_is_off_until_it_is_turned_on(tmp_path: Path) -> None:
    async with trading_bench(tmp_path, on=False) as bench:
        assert bench.trading.state().ready
        assert bench.trading.state().on == frozenset()
        review = await bench.trading.review((bench.wish(),))
        assert review.blocked
        (sent,) = await bench.trading.send(review.id, frozenset())
        assert sent.failure
        state = await bench.trading.turn(bench.connection.id, True)
        assert state.on == {bench.connection.id}
        assert arrived(bench) == []
        accepted(await bench.one())


async def test_what_was_turned_off_or_halted_after_the_review_is_not_sent(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        review = await bench.review(bench.wish())
        read = frozenset(one.code for one in review.warnings)
        await bench.trading.halt(True)
        assert (await bench.trading.send(review.id, read))[0].failure == HALTED
        await bench.trading.halt(False)
        await bench.trading.turn(bench.connection.id, False)
        assert (await bench.trading.send(review.id, read))[0].failure
        assert arrived(bench) == []


async def test_a_switch_is_asked_in_the_journal_at_the_moment_of_sending(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        review = await bench.review(bench.wish())
        journal = bench.trading.journal()
        # As another program does, of which the window has not heard yet.
        await journal.turn(bench.connection.id, False, {})
        assert bench.trading.is_on(bench.connection.id)
        read = frozenset(one.code for one in review.warnings)
        (sent,) = await bench.trading.send(review.id, read)
        assert sent.failure.startswith("Trading is off for this connection.")
        assert arrived(bench) == []
        await bench.until(lambda: not bench.trading.is_on(bench.connection.id), 2)


async def test_the_pace_counts_at_the_moment_of_sending(tmp_path: Path) -> None:
    async with trading_bench(tmp_path, settings=Settings(orders_per_minute=1)) as bench:
        first, second = await bench.review(bench.wish()), await bench.review(bench.wish("MSFT"))
        for review, fails in ((first, False), (second, True)):
            read = frozenset(one.code for one in review.warnings)
            (sent,) = await bench.trading.send(review.id, read)
            assert bool(sent.failure) is fails, sent.failure
        assert "your limit is reached" in sent.failure
        assert len(arrived(bench)) == 1


async def test_five_clicks_send_once(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        review = await bench.review(bench.wish())
        read = frozenset(one.code for one in review.warnings)
        clicks = await asyncio.gather(*(bench.trading.send(review.id, read) for _ in range(5)))
        good = [one for (one,) in clicks if one.intent is not None]
        assert len(good) == 1
        assert len(arrived(bench)) == 1
        (again,) = await bench.trading.send(review.id, read)
        assert again.failure == TWICE


async def test_a_warning_that_was_not_ticked_keeps_it_here(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        review = await bench.review(bench.wish(limit_price=bench.price("0.9")))
        assert review.warnings
        (sent,) = await bench.trading.send(review.id, frozenset())
        assert sent.failure
        assert arrived(bench) == []


async def test_a_basket_stops_at_the_first_that_is_not_accepted(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        refused = {"kind": "status", "method": "POST", "path": r"^/alpaca/(live|paper)/v2/orders"}
        body = {"status": 422}
        bench.rig.sim.faults.add([{**refused, "times": 1, "after": 1, "args": body}])
        wishes = [bench.wish(), bench.wish("MSFT"), bench.wish("SPY")]
        sent = await bench.send(*wishes)
        states = [one.intent.state if one.intent else None for one in sent]
        assert states[0] is S.ACCEPTED
        assert states[1] in (S.REJECTED, S.UNKNOWN)
        assert (states[2], sent[2].failure) == (None, EARLIER)


@at_both
async def test_a_cancel_is_asked_once_and_told(tmp_path: Path, broker: str) -> None:
    async with trading_bench(tmp_path, broker) as bench:
        intent = accepted(await bench.one(limit_price=bench.price("0.9")))
        await bench.trading.halt(True)
        first, second = await asyncio.gather(
            *(bench.trading.cancel(bench.account, intent.order_id, "click-1") for _ in range(2))
        )
        assert first.intent is not None
        assert second.intent is not None
        assert first.intent.id == second.intent.id == "click-1"
        await bench.until(lambda: "cancelled" in bench.moved(intent.id))
        await bench.rest()
        assert len(arrived(bench, "DELETE")) == 1
        row = await bench.row(intent.id)
        assert row.order is not None
        assert row.order.status is OrderStatus.CANCELLED
        assert row.cancel is not None
        assert {"cancel_sending", "cancelled"} <= {one.state for one in row.moments}
        again = await bench.trading.cancel(bench.account, intent.order_id, "click-2")
        assert "cancelled already" in again.failure
        assert again.intent is None


async def test_an_order_that_the_broker_does_not_show_is_not_called_cancelled(
    tmp_path: Path,
) -> None:
    async with trading_bench(tmp_path) as bench:
        nobody = "00000000-0000-4000-8000-000000000000"
        sent = await bench.trading.cancel(bench.account, nobody, "click")
        assert "does not mean that it is cancelled" in sent.failure
        assert arrived(bench, "DELETE") == []


async def test_all_of_one_side_are_cancelled_and_no_others(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        low = accepted(await bench.one(limit_price=bench.price("0.9")))
        other = accepted((await bench.send(bench.wish("SPY", limit_price=Decimal(50))))[0])
        await bench.rest()
        sold = await bench.trading.cancel_all(bench.account, OrderSide.SELL, "a")
        await bench.rest()
        assert all(one.intent.order_id not in (low.order_id, other.order_id) for one in sold)
        bought = await bench.trading.cancel_all(bench.account, OrderSide.BUY, "b")
        asked = {one.intent.order_id for one in bought if one.intent is not None}
        assert {low.order_id, other.order_id} <= asked
        await bench.until(
            lambda: "cancelled" in bench.moved(low.id) and "cancelled" in bench.moved(other.id)
        )


@at_both
async def test_a_replaced_order_stands_in_a_chain(tmp_path: Path, broker: str) -> None:
    async with trading_bench(tmp_path, broker) as bench:
        first = accepted(await bench.one(limit_price=bench.price("0.9")))
        await bench.rest()
        wish = bench.wish(limit_price=bench.price("0.91"))
        (sent,) = await bench.send(wish, replaces=first.order_id)
        second = accepted(sent)
        await bench.until(lambda: "replaced" in bench.moved(first.id))
        await bench.rest()
        old, new = await bench.row(first.id), await bench.row(second.id)
        assert (old.replaced_by, new.replaces) == (second.id, first.id)
        assert old.order is not None
        assert old.order.status is OrderStatus.REPLACED
        assert old.cannot_replace == "Another order took its place."
        assert len(arrived(bench, "POST")) == 1


async def test_a_lost_answer_is_a_question_until_it_is_found(tmp_path: Path) -> None:
    async with trading_bench(tmp_path, "schwab") as bench:
        path = r"^/trader/v1/accounts/[0-9A-F]{64}/orders"
        rule = {"kind": "reset_after", "method": "POST", "path": path, "times": 1, "args": {}}
        bench.rig.sim.faults.add([rule])
        (sent,) = await bench.send(bench.wish(limit_price=bench.price("0.9")))
        assert sent.intent is not None
        assert sent.intent.state is S.UNKNOWN
        assert bench.trading.state().unknown == 1
        row = await bench.row(sent.intent.id)
        assert row.open_question
        assert row.search is not None
        assert row.order is None, "looking alike is not enough"
        assert row.cannot_cancel == "What became of it is not known yet."
        review = await bench.trading.review((bench.wish(limit_price=bench.price("0.9")),))
        read = frozenset(one.code for one in review.warnings)
        (twin,) = await bench.trading.send(review.id, read)
        assert twin.failure
        lost = sent.intent.id
        await bench.until(lambda: "proposed" in bench.moved(lost), 2)
        row = await bench.row(lost)
        assert row.search is not None
        assert row.search.proposed is not None
        assert row.order is None, "and being proposed is not enough"
        told = [one for one in bench.events if getattr(one, "what", "") == "proposed"]
        assert [getattr(one, "text", "") for one in told] == [
            "One at Charles Schwab is exactly your order to buy AAPL. Say whether it is yours."
        ], "told once, and without an amount"
        await bench.trading.set_aside(lost, row.search.refusable)
        row = await bench.row(lost)
        assert row.search is not None
        assert (row.search.proposed, len(row.search.aside)) == (None, 1)
        (ours,) = arrived(bench)[0]["orders"]
        await bench.trading.choose(lost, ours)
        await bench.until(lambda: "found" in bench.moved(lost), 2)
        await bench.rest()
        assert bench.trading.state().unknown == 0
        row = await bench.row(sent.intent.id)
        assert row.order is not None
        assert len(arrived(bench)) == 1
        assert any(isinstance(one, TradingChanged) for one in bench.events)


async def test_an_order_made_elsewhere_is_told_too(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        session: Any = bench.services.pool.session(bench.connection)
        prepared = session.prepare(bench.wish(limit_price=bench.price("0.9")), "elsewhere-1")
        answer = await bench.run(session.place(prepared))
        await bench.run(bench.services.refreshing.refresh(bench.connection.id))
        await bench.until(
            lambda: any(
                isinstance(one, OrderMoved) and one.order == answer.order_id for one in bench.events
            )
        )
        told = next(
            one
            for one in bench.events
            if isinstance(one, OrderMoved) and one.order == answer.order_id
        )
        assert told.intent == ""
        assert told.text
        row = await bench.row(f"{bench.account}/{answer.order_id}")
        assert row.intent is None
        assert row.cannot_cancel == ""


async def test_without_a_stream_it_is_asked_until_nothing_works(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        intent = accepted(await bench.one(limit_price=bench.price("0.8")))
        bench.trading.attend("ticket", True)
        await bench.rest()
        asked = len(bench.rig.requests())
        await bench.until(lambda: len(bench.rig.requests()) > asked + 2, 1)
        for again in range(10):  # what filled meanwhile may have set others going
            await bench.trading.cancel_all(None, None, f"all-{again}")
            await bench.pass_time(20)
            if "trading:poll" not in bench.services.supervisor.names:
                break
        assert "cancelled" in bench.moved(intent.id)
        assert "trading:poll" not in bench.services.supervisor.names
        await bench.rest()
        asked = len(bench.rig.requests())
        for _ in range(8):
            await bench.pass_time(30)
        assert len(bench.rig.requests()) == asked
