"""ib_async 2.1.0, unchanged, places, changes and cancels orders at the simulated TWS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.rigs_ibkr import IbkrRig, ibkr_rig

pytestmark = [
    pytest.mark.peers,
    pytest.mark.allow_warnings("ib_async"),
]


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig() as made:
        yield made


@pytest.fixture
async def ib(rig: IbkrRig) -> AsyncIterator[Any]:
    import ib_async

    client = ib_async.IB()
    client.RaiseRequestErrors = True
    await client.connectAsync("127.0.0.1", int(rig.answers["port"]), 7, raiseSyncErrors=True)
    yield client
    gone = client.disconnectedEvent
    client.disconnect()
    del gone


def number(rig: IbkrRig) -> str:
    return rig.tws.exchange.accounts[0].profile.number


async def stock(ib: Any, name: str = "AAPL") -> Any:
    import ib_async

    (found,) = await ib.qualifyContractsAsync(ib_async.Stock(name, "SMART", "USD"))
    return found


async def until(rig: IbkrRig, good: Any) -> None:
    """Let time pass, and TWS say what has changed, until the client knows enough."""
    for _ in range(300):
        if good():
            return
        rig.sim.clock.advance(0.5)
        for one in rig.tws.connections:
            await one.round()
        await asyncio.sleep(0.02)
    raise AssertionError("nothing came of it")


async def test_a_market_order_fills_and_its_execution_comes(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    order = ib_async.MarketOrder("BUY", 3, account=number(rig), orderRef="mine-1")
    trade = ib.placeOrder(await stock(ib), order)
    await until(rig, lambda: trade.orderStatus.status == "Filled" and trade.fills)
    assert trade.order.permId > 0
    assert trade.orderStatus.filled == 3
    (fill,) = trade.fills
    assert (fill.execution.shares, fill.execution.orderRef) == (3, "mine-1")
    assert fill.execution.price == trade.orderStatus.avgFillPrice
    await until(rig, lambda: fill.commissionReport.execId == fill.execution.execId)


async def test_a_limit_order_is_changed_and_cancelled(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    order = ib_async.LimitOrder("BUY", 5, 100.5, account=number(rig), tif="GTC")
    contract = await stock(ib)
    trade = ib.placeOrder(contract, order)
    await until(rig, lambda: trade.orderStatus.status == "Submitted")
    perm = trade.order.permId
    order.lmtPrice, order.totalQuantity = 101.25, 6
    assert ib.placeOrder(contract, order) is trade
    rig.sim.clock.advance(2)
    shown = [one for one in await ib.reqAllOpenOrdersAsync() if one.order.permId == perm]
    assert {(one.order.lmtPrice, one.order.totalQuantity) for one in shown} == {(101.25, 6)}
    ib.cancelOrder(order)
    await until(rig, lambda: trade.orderStatus.status == "Cancelled")
    done = await ib.reqCompletedOrdersAsync(False)
    assert perm in [one.order.permId for one in done]


async def test_a_bracket_of_three(rig: IbkrRig, ib: Any) -> None:
    contract = await stock(ib)
    bracket = ib.bracketOrder("BUY", 10, limitPrice=900, takeProfitPrice=950, stopLossPrice=100)
    trades = []
    for order in bracket:
        order.account = number(rig)
        trades.append(ib.placeOrder(contract, order))
    entry, profit, loss = trades
    await until(rig, lambda: entry.orderStatus.status == "Filled")
    await until(rig, lambda: profit.orderStatus.status == "Submitted")
    assert loss.orderStatus.status == "PreSubmitted"
    assert {one.order.parentId for one in (profit, loss)} == {entry.order.orderId}
    ib.cancelOrder(profit.order)
    await until(rig, lambda: profit.orderStatus.status == "Cancelled")


async def test_what_an_order_would_need(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    order = ib_async.LimitOrder("BUY", 10, 200, account=number(rig))
    state = await ib.whatIfOrderAsync(await stock(ib), order)
    assert float(state.initMarginChange) == 1000
    assert state.commissionCurrency == "USD"
    huge = ib_async.LimitOrder("BUY", 1_000_000, 200, account=number(rig))
    contract = await stock(ib)
    with pytest.raises(ib_async.RequestError) as caught:
        await ib.whatIfOrderAsync(contract, huge)
    assert caught.value.code == 201
    assert not rig.tws.floor.by_number, "nothing was placed"


@pytest.mark.parametrize(
    ("kind", "code"), [("price", 110), ("size", 434), ("power", 201), ("gone", 10147)]
)
async def test_refusals_come_with_their_codes(rig: IbkrRig, ib: Any, kind: str, code: int) -> None:
    import ib_async

    told: list[int] = []
    ib.errorEvent += lambda _id, number, _text, _contract: told.append(number)
    contract = await stock(ib)
    quantity = {"size": 0, "power": 1_000_000}.get(kind, 1)
    price = 100.001 if kind == "price" else 100.0
    order = ib_async.LimitOrder("BUY", quantity, price, account=number(rig))
    if kind == "gone":
        ib.client.cancelOrder(4711)
    else:
        ib.placeOrder(contract, order)
    await until(rig, lambda: code in told)
    assert not rig.tws.floor.by_number
    assert [one["executed"] for one in rig.sim.truth.entries] == [False]


async def test_the_same_label_twice_makes_two_orders(rig: IbkrRig, ib: Any) -> None:
    """Why a label is no protection: nobody checks it."""
    import ib_async

    contract = await stock(ib)
    for _ in range(2):
        order = ib_async.LimitOrder("BUY", 1, 100, account=number(rig), orderRef="same")
        ib.placeOrder(contract, order)
    await until(rig, lambda: len(rig.tws.floor.by_number) >= 2)
    entries = rig.sim.truth.entries
    assert [(one["client_order_id"], one["executed"]) for one in entries] == [("same", True)] * 2
