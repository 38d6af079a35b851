"""A wall clock that is set hides no order of the last minute from a review, and lets none out."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.trading_bench import trading_bench

from brokerdesk.services.ledger_moments import AGAIN_AFTER
from brokerdesk.settings import Settings


@pytest.mark.parametrize("jump", [3600, -3600])
async def test_a_second_one_is_warned_of_and_the_limit_holds_whatever_the_clock_says(
    tmp_path: Path, jump: int
) -> None:
    settings = Settings(orders_per_minute=1)
    async with trading_bench(tmp_path, settings=settings) as bench:
        wish = bench.wish(limit_price=bench.price("0.5"))
        (sent,) = await bench.send(wish)
        assert sent.intent is not None
        bench.rig.clock.jump(jump)
        again = await bench.trading.review((wish,))
        codes = {one.code for order in again.orders for one in order.findings}
        assert {"duplicate", "pace"} <= codes
        await bench.pass_time(61)
        later = await bench.trading.review((wish,))
        codes = {one.code for order in later.orders for one in order.findings}
        assert codes.isdisjoint({"duplicate", "pace"})


async def test_a_clock_set_back_keeps_nobody_from_cancelling_again(tmp_path: Path) -> None:
    from brokerdesk.brokers.trading import Outcome, Unproven
    from brokerdesk.domain.ids import AccountId

    async with trading_bench(tmp_path) as bench:
        (sent,) = await bench.send(bench.wish(limit_price=bench.price("0.5")))
        assert sent.intent is not None
        await bench.rest()
        session = bench.services.pool.session(bench.connection)
        real = session.cancel  # type: ignore[attr-defined]

        async def lost(account: AccountId, order_id: str) -> Outcome:
            return Unproven(why="No answer came.")

        session.cancel = lost  # type: ignore[attr-defined]
        await bench.trading.cancel(bench.account, sent.intent.order_id, "one")
        session.cancel = real  # type: ignore[attr-defined]
        assert sent.intent.order_id not in {
            one.order for one in await bench.trading.cancel_all(None, None, "all")
        }
        bench.rig.clock.jump(-AGAIN_AFTER.total_seconds() * 30)
        asked = await bench.trading.cancel_all(None, None, "again")
        assert sent.intent.order_id in {one.order for one in asked}
