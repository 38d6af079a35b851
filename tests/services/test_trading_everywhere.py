"""The trading service over the real adapters of Interactive Brokers and SnapTrade."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from support.order_houses import fund
from support.trading_bench import Bench, trading_bench

from brokerdesk.db.journal.store import Journal
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.services.trading_facts import Sent

S = IntentState
MAY = "Robinhood Individual"
QUESTION = "Order size exceeds your usual. Send it anyway?"
at_both = pytest.mark.parametrize("broker", ["ibkr", "snaptrade"])
PLACES = ("/place", "/replace")
LOST = {
    "ibkr": {"kind": "reset_before", "path": "^/ibkr/tws/place$", "args": {"executed": True}},
    "snaptrade": {"kind": "reset_after", "path": "^/trade/place$", "method": "POST", "args": {}},
}


def arrived(bench: Bench, *endings: str) -> list[dict[str, Any]]:
    """What reached the broker and could change an order."""
    return [
        one
        for one in bench.rig.sim.truth.entries
        if one["path"].partition("?")[0].endswith(endings or PLACES)
    ]


async def run(bench: Bench, work: Coroutine[Any, Any, Any]) -> Any:
    """Brokers with a limit for each account are waited for in larger steps."""
    task = asyncio.ensure_future(work)
    await bench.until(task.done, 0.1 if bench.rig.BROKER == "ibkr" else 0.5)
    return task.result()


async def choose(bench: Bench) -> None:
    """An account that can trade, and money in it."""
    if bench.rig.BROKER != "snaptrade":
        return
    fund(bench.rig)
    stored = await bench.services.database.read(lambda uow: uow.accounts.list())
    bench.account = next(one.account.id for one in stored if one.account.name == MAY)
    await run(bench, bench.services.refreshing.refresh(bench.connection.id))


async def send(
    bench: Bench, *, replaces: str = "", fault: dict[str, Any] | None = None, **changes: Any
) -> Sent:
    wish = bench.wish(**{"limit_price": bench.price("0.9"), **changes})
    review = await run(bench, bench.services.trading.review((wish,), replaces=replaces))
    assert not review.blocked, review.blocked
    if fault is not None:  # after the preview, which is a request of its own
        bench.rig.sim.faults.add([fault])
    read = frozenset(one.code for one in review.warnings)
    (sent,) = await run(bench, bench.services.trading.send(review.id, read))
    return sent  # type: ignore[no-any-return]


def accepted(sent: Sent) -> Intent:
    assert sent.failure == ""
    assert sent.intent is not None
    assert sent.intent.state is S.ACCEPTED, sent.intent.words
    return sent.intent


async def shown(bench: Bench, key: str, status: OrderStatus) -> Order:
    """The order of a row once the ledger has it so."""
    found: list[Order] = []

    async def look() -> bool:
        row = await bench.services.trading.detail(key)
        if row is not None and row.order is not None and row.order.status is status:
            found.append(row.order)
        return bool(found)

    for _ in range(60):
        if await run(bench, look()):
            return found[0]
        bench.services.trading.attend("orders", True)
        await bench.pass_time(10)
    raise AssertionError(await bench.services.trading.detail(key))


@at_both
async def test_from_the_review_to_the_ledger_and_the_cancel(tmp_path: Path, broker: str) -> None:
    async with trading_bench(tmp_path, broker) as bench:
        await choose(bench)
        intent = accepted(await send(bench))
        assert len(arrived(bench)) == 1
        order = await shown(bench, intent.id, OrderStatus.WORKING)
        assert order.id == intent.order_id
        assert order.limit_price == bench.price("0.9")
        sent = await run(bench, bench.services.trading.cancel(bench.account, order.id, "click"))
        assert accepted(sent).order_id == order.id
        assert (sent.account, sent.order) == (bench.account, order.id)
        assert (await shown(bench, intent.id, OrderStatus.CANCELLED)).id == order.id
        assert len(arrived(bench, "/cancel")) == 1


@at_both
async def test_an_order_is_replaced(tmp_path: Path, broker: str) -> None:
    async with trading_bench(tmp_path, broker) as bench:
        await choose(bench)
        first = accepted(await send(bench))
        await shown(bench, first.id, OrderStatus.WORKING)
        price = bench.price("0.91")
        second = accepted(await send(bench, replaces=first.order_id, limit_price=price))
        assert len(arrived(bench)) == 2
        rows = await run(bench, bench.services.trading.ledger([bench.account], None))
        mine = [one for one in rows if one.intent is not None]
        key = next(one.key for one in mine if one.intent.id == second.id)
        order = await shown(bench, key, OrderStatus.WORKING)
        assert order.limit_price == price
        # Interactive Brokers keeps the order, and with it the row.
        kept = second.order_id == first.order_id
        assert kept is (broker == "ibkr")
        assert len(mine) == (1 if kept else 2)


@at_both
async def test_a_lost_answer_is_unknown_and_then_found(tmp_path: Path, broker: str) -> None:
    async with trading_bench(tmp_path, broker) as bench:
        await choose(bench)
        sent = await send(bench, fault={"times": 1, **LOST[broker]})
        assert sent.intent is not None
        lost = sent.intent
        assert lost.state is S.UNKNOWN
        if broker == "snaptrade":  # no id of ours: the user is asked
            await bench.until(lambda: "proposed" in bench.moved(lost.id), 1)
            (ours,) = arrived(bench)[0]["orders"]
            await run(bench, bench.services.trading.choose(lost.id, ours))
        await bench.until(lambda: "found" in bench.moved(lost.id), 1)
        journal = bench.services.trading.journal()
        assert journal is not None
        settled = await run(bench, journal.get(lost.id))
        assert settled.state in (S.FOUND, S.ACCEPTED)
        assert "unknown" in bench.moved(lost.id)
        (entry,) = arrived(bench)
        assert entry["orders"] == [settled.order_id]


async def asked(bench: Bench) -> tuple[Sent, Intent]:
    bench.rig.tws.state.switches.question = QUESTION
    sent = await send(bench)
    assert sent.asked is not None, sent
    assert QUESTION in " ".join(sent.asked.questions)
    assert sent.intent is not None
    assert not [one for one in arrived(bench) if one["executed"]]
    row = await bench.row(sent.intent.id)
    assert row.asked == sent.asked
    assert bench.services.trading.in_flight == 1
    return sent, sent.intent


async def test_a_yes_to_the_brokers_question_sends_the_order_once(tmp_path: Path) -> None:
    async with trading_bench(tmp_path, "ibkr") as bench:
        _, intent = await asked(bench)
        done = await run(bench, bench.services.trading.answer(intent.id, agreed=True))
        assert accepted(done).id == intent.id
        again = await run(bench, bench.services.trading.answer(intent.id, agreed=True))
        assert again.failure
        assert len([one for one in arrived(bench) if one["executed"]]) == 1
        await shown(bench, intent.id, OrderStatus.WORKING)


async def test_a_no_to_the_brokers_question_sends_nothing(tmp_path: Path) -> None:
    async with trading_bench(tmp_path, "ibkr") as bench:
        _, intent = await asked(bench)
        done = await run(bench, bench.services.trading.answer(intent.id, agreed=False))
        assert done.intent.state is S.REJECTED
        assert not [one for one in arrived(bench) if one["executed"]]
        assert bench.services.trading.in_flight == 0
        assert (await bench.row(intent.id)).asked is None


async def test_a_question_that_is_never_answered_is_not_lost_with_the_program(
    tmp_path: Path,
) -> None:
    async with trading_bench(tmp_path, "ibkr") as bench:
        _, intent = await asked(bench)
        assert await run(bench, bench.services.trading.finish(5)) is False, "somebody is asked"
        bench.services.trading.go_on()
        journal = bench.services.trading.journal()
        assert journal is not None
        waiting = await run(bench, journal.get(intent.id))
        assert waiting.state is S.SENDING
        await run(bench, bench.services.trading.aclose())
        # The next start takes it up: what was asked about does not exist, which it cannot know.
        other = Journal(journal.path, bench.rig.clock)
        try:
            assert [one.id for one in await other.unsettled()] == [intent.id]
        finally:
            other.close()


@pytest.mark.parametrize("broker", ["alpaca", "schwab"])
@pytest.mark.parametrize(
    ("fill_after", "cancel_after", "ends"), [(5, 10, "filled"), (20, 2, "cancelled")]
)
async def test_a_fill_and_a_cancel_race(
    tmp_path: Path, broker: str, fill_after: float, cancel_after: float, ends: str
) -> None:
    async with trading_bench(tmp_path, broker) as bench:
        knobs = bench.rig.dialect.switches
        knobs.fill_after, knobs.cancel_after = fill_after, cancel_after
        intent = accepted(await send(bench, limit_price=bench.price("1.02")))
        assert "filled" not in bench.moved(intent.id)
        work = bench.services.trading.cancel(bench.account, intent.order_id, "click")
        sent = await run(bench, work)
        assert sent.failure == ""
        assert sent.intent.state is S.ACCEPTED, "asked for: what becomes of it is not known yet"
        bench.services.trading.attend("orders", True)
        await bench.until(lambda: {"filled", "cancelled"} & set(bench.moved(intent.id)), 1)
        assert ends in bench.moved(intent.id)
        order = await shown(bench, intent.id, OrderStatus(ends))
        assert order.filled_quantity == (2 if ends == "filled" else 0)
        row = await bench.row(intent.id)
        states = [one.state for one in row.moments]
        assert states.index("cancel_sending") < states.index(ends)
        assert states[-1] == ends
        again = await run(
            bench, bench.services.trading.cancel(bench.account, intent.order_id, "later")
        )
        assert ends in again.failure
        assert len(arrived(bench, intent.order_id)) == 1, "the cancel went out once"
