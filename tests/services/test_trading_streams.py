"""What a stream tells of orders is shown at once, and what it cannot tell is read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from support.trading_bench import Bench, trading_bench

from brokerdesk.brokers.streaming import AccountMoved
from brokerdesk.domain.events import OrderMoved
from brokerdesk.domain.intent import Intent
from brokerdesk.domain.kinds import OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.services.ledger_moments import RECOVERED


async def working(bench: Bench) -> tuple[Intent, Order]:
    """An order that works, and is in the cache."""
    sent = await bench.one(limit_price=bench.price("0.8"))
    assert sent.intent is not None
    await bench.rest()
    row = await bench.row(sent.intent.id)
    assert row.order is not None
    return sent.intent, row.order


def tell(bench: Bench, order: Order, **changes: Any) -> None:
    """As the listening does with what a line says."""
    moved = AccountMoved(account=bench.account, at=bench.rig.clock.now(), order=order, **changes)
    bench.services.listening.on_moved(bench.connection.id, moved)


async def test_a_told_order_shows_before_it_is_read(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        intent, order = await working(bench)
        part = replace(order, filled_quantity=order.quantity / 2)
        asked = len(bench.rig.requests())
        tell(bench, part, filled=True)
        assert bench.moved(intent.id)[-1] == "partly_filled"
        assert len(bench.rig.requests()) == asked
        row = await bench.row(intent.id)
        assert row.order == part
        tell(bench, order)  # an older word comes late
        assert bench.moved(intent.id)[-1] == "partly_filled"
        assert (await bench.row(intent.id)).order == part


async def test_what_happened_unheard_is_marked(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        intent, order = await working(bench)
        part = replace(order, filled_quantity=order.quantity / 2)
        tell(bench, part, filled=True, recovered=True)
        await bench.rest()
        row = await bench.row(intent.id)
        (moment,) = [one for one in row.moments if one.state == "partly_filled"]
        assert moment.words == RECOVERED
        assert moment.at is not None


async def test_the_same_news_are_told_once(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        intent, order = await working(bench)
        part = replace(order, filled_quantity=order.quantity / 2)
        for _ in range(3):
            tell(bench, part)
        assert bench.moved(intent.id).count("partly_filled") == 1


async def test_an_account_that_nobody_knows_is_left_alone(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        _, order = await working(bench)
        before = list(bench.events)
        moved = AccountMoved(account=None, at=bench.rig.clock.now(), order=order)
        bench.services.listening.on_moved(bench.connection.id, moved)
        assert bench.events == before


async def test_a_connection_that_is_heard_is_not_asked(tmp_path: Path) -> None:
    async with trading_bench(tmp_path) as bench:
        bench.services.listening.start()
        await bench.until(lambda: bench.services.listening.hears(bench.connection.id), 0.1)
        await bench.rest()
        intent, order = await working(bench)
        bench.trading.attend("ticket", True)
        await bench.until(lambda: not any(
            name.startswith(("trading:poll", "listen:read")) for name in
            bench.services.supervisor.names
        ), 1)  # fmt: skip
        asked = len(bench.rig.requests())
        for _ in range(10):
            await bench.pass_time(5)
        # One reading may still follow the line's own news; asking would have made ten at least.
        assert len(bench.rig.requests()) <= asked + 3
        await bench.trading.cancel(bench.account, intent.order_id, "click")
        await bench.until(lambda: "cancelled" in bench.moved(intent.id), 0.2)
        assert order.status in (OrderStatus.PENDING, OrderStatus.WORKING)
        told = [one for one in bench.events if isinstance(one, OrderMoved)]
        assert all(one.account for one in told)
