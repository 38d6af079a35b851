"""Cancelling all: in time, once, and only what can be cancelled."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.trading import CONNECTION, a_draft, trading_room
from support.trading_bench import Bench, trading_bench

from brokerdesk.brokers.snaptrade.trading import NOT_TOLD
from brokerdesk.brokers.trading import Outcome, Unproven
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import Environment, OrderSide, OrderStatus
from brokerdesk.domain.order import Order
from brokerdesk.domain.same_accounts import PairChoice
from brokerdesk.errors import BrokerUnavailableError
from brokerdesk.services import sending, sending_before
from brokerdesk.services.routing import Obstacle, Wish

S = IntentState


def cancels(bench: Bench) -> list[dict[str, Any]]:
    """Cancels that reached the broker."""
    return [
        one
        for one in bench.rig.sim.truth.entries
        if one["method"] == "DELETE" or one["path"].partition("?")[0].endswith("/cancel")
    ]


async def accounts(bench: Bench) -> dict[str, AccountId]:
    stored = await bench.services.database.read(lambda uow: uow.accounts.list())
    return {one.account.name: one.account.id for one in stored}


async def working(bench: Bench) -> dict[tuple[AccountId, str], str]:
    """Orders that the ledger lists as open, with what speaks against cancelling them."""
    rows = await bench.trading.ledger((await accounts(bench)).values(), None)
    return {
        (row.account, row.order.id): row.cannot_cancel
        for row in rows
        if row.order is not None and row.order.status is OrderStatus.WORKING
    }


async def test_what_can_only_be_read_is_not_tried_and_each_answer_names_its_order(
    tmp_path: Path,
) -> None:
    async with trading_bench(tmp_path, "snaptrade") as bench:
        open_ones = await working(bench)
        able = {key for key, against in open_ones.items() if not against}
        assert able
        assert set(open_ones.values()) == {"", "This connection can only read."}
        sent = await cleared(bench, "all")
        assert {(one.account, one.order) for one in sent} == able
        assert all(one.intent is not None and one.intent.state is S.ACCEPTED for one in sent)
        assert len(cancels(bench)) == len(able)


async def cleared(bench: Bench, click: str) -> tuple[Any, ...]:
    """SnapTrade may be asked ten times a minute for an account: minutes pass in large steps."""
    work = asyncio.ensure_future(bench.services.trading.cancel_all(None, None, click))
    await bench.until(work.done, 1)
    return work.result()


async def test_an_account_whose_newest_orders_are_not_told_is_cancelled_in_honestly(
    tmp_path: Path,
) -> None:
    async with trading_bench(tmp_path, "snaptrade") as bench:
        blind = (await accounts(bench))["Questrade Margin"]
        (order_id,) = [key for account, key in await working(bench) if account == blind]
        sent = await bench.trading.cancel(blind, order_id, "click")
        assert len(cancels(bench)) == 1
        assert sent.failure == "", "something was sent"
        assert (sent.account, sent.order) == (blind, order_id)
        assert sent.intent.state is S.ACCEPTED, sent.intent.words


async def test_what_was_asked_for_already_is_not_asked_for_by_a_cancel_of_all(
    tmp_path: Path,
) -> None:
    async with trading_bench(tmp_path) as bench:
        for key in await working(bench):
            await bench.trading.cancel(*key, f"before-{key}")
        await bench.pass_time(30)
        order = await bench.one(limit_price=bench.price("0.8"))
        assert order.intent is not None
        await bench.rest()
        session: Any = bench.services.pool.session(bench.connection)

        async def lost(account: AccountId, order_id: str) -> Outcome:
            return Unproven(why="No answer came.")

        real, session.cancel = session.cancel, lost
        first = await bench.trading.cancel(bench.account, order.intent.order_id, "one")
        session.cancel = real
        assert first.intent.state is S.UNKNOWN
        before = len(cancels(bench))
        assert await bench.trading.cancel_all(None, None, "all") == ()
        assert len(cancels(bench)) == before
        for _ in range(13):
            await bench.pass_time(10)
        (again,) = await bench.trading.cancel_all(None, None, "again")
        assert again.order == order.intent.order_id, "it still works: asking twice does no harm"
        assert again.intent is not None
        assert len(cancels(bench)) == before + 1


async def test_one_account_through_two_connections_is_asked_through_one(tmp_path: Path) -> None:
    async with trading_bench(tmp_path, "schwab") as bench:
        sent = await bench.one(limit_price=bench.price("0.8"))
        assert sent.intent is not None
        await bench.rest()
        (order,) = [
            one
            for one in await bench.run(stored_orders(bench, bench.account))
            if one.id == sent.intent.order_id
        ]
        others = [one for one in (await accounts(bench)).values() if one != bench.account]
        twin = others[0]

        def copied(uow: Any) -> None:
            """The second source lists the same order, and is not the one that counts."""
            uow.orders.upsert(
                twin, [replace(order, account=twin)], fetched_at=bench.rig.clock.now()
            )
            choice = PairChoice(
                first=min(bench.account, twin),
                second=max(bench.account, twin),
                chosen=bench.account,
                decided_at=bench.rig.clock.now(),
            )
            uow.same_accounts.replace([choice])

        await bench.services.database.run(copied)
        asked = await bench.trading.cancel_all(None, None, "all")
        assert [one.account for one in asked if one.order == order.id] == [bench.account]


async def stored_orders(bench: Bench, account: AccountId) -> tuple[Order, ...]:
    return tuple(await bench.services.database.read(lambda uow: uow.orders.list(account)))


@pytest.mark.parametrize("kind", ["place", "cancel"])
async def test_a_broker_that_lets_us_wait_for_the_order_leaves_it_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    async with trading_room(tmp_path) as room:
        first = await room.place(a_draft("ABC"), "one")
        order = room.exchange.orders[first.order_id]
        monkeypatch.setattr(sending, "READ_WITHIN", 0.01)

        async def hangs(*_: Any) -> Order | None:
            await asyncio.Event().wait()
            raise AssertionError

        monkeypatch.setattr(room.exchange, "order", hangs)
        if kind == "place":
            intent = await room.place(a_draft("XYZ"), "two")
        else:
            intent = (await room.sending.cancel(CONNECTION, order, "two")).intent
        assert intent.state is S.UNKNOWN
        assert "does not show" in intent.words
        assert ("asked to cancel" in intent.words) is (kind == "cancel")


async def test_a_broker_that_lets_us_wait_before_gets_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with trading_room(tmp_path) as room:
        monkeypatch.setattr(sending_before, "READY_WITHIN", 0.01)

        async def hangs(*_: Any) -> Any:
            await asyncio.Event().wait()

        monkeypatch.setattr(room.exchange, "every_order", hangs)
        with pytest.raises(BrokerUnavailableError, match="did not answer"):
            await room.place(a_draft(), "one")
        assert room.exchange.sends == []
        assert await room.journal.get("one") is None


async def test_looking_at_orders_takes_a_third_of_what_an_account_allows_at_most(
    tmp_path: Path,
) -> None:
    async with trading_bench(tmp_path, "snaptrade") as bench:
        bench.trading.attend("ticket", True)
        session = bench.services.pool.session(bench.connection)
        account = (await accounts(bench))["Robinhood Individual"]
        bench.rig.sim.log.clear()
        now = bench.rig.clock.now()
        look = asyncio.ensure_future(session.orders(account, now - timedelta(days=7), now))
        await bench.until(look.done, 1)
        one_look = len({one.rpartition("/")[2] for one in bench.rig.requests()})
        assert one_look == 2, "the list, and the newest"
        readings = bench.services.trading._parts.after.readings
        every = await bench.run(readings._every(bench.connection.id, 4))
        assert one_look * (timedelta(minutes=1) / every) <= 10 / 3


async def test_an_account_whose_newest_orders_are_not_told_is_not_offered(tmp_path: Path) -> None:
    async with trading_bench(tmp_path, "snaptrade") as bench:
        names = await accounts(bench)
        blind = names["Questrade Margin"]
        draft = replace(bench.wish(), account=blind)
        wish = Wish(
            symbol="AAPL",
            side=OrderSide.BUY,
            environment=Environment.PRACTICE,
            currency="USD",
            quantity=Decimal(2),
        )
        routed = await bench.trading.route(wish, draft)
        told = {one.account: (one.obstacle, one.why) for one in routed.accounts}
        assert told[blind] == (Obstacle.KIND, NOT_TOLD)
        assert blind not in {part.account for part in routed.route.parts}
        assert told[names["Robinhood Individual"]][1] != NOT_TOLD
        offers = await bench.trading.offers(draft)
        assert set(offers.types.values()) == {NOT_TOLD}
        review = await bench.trading.review((draft,))
        assert NOT_TOLD in {one.words for one in review.blocked}
