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


async def bought(rig: IbkrRig, ib: Any, contract: Any) -> None:
    import ib_async

    trade = ib.placeOrder(contract, ib_async.MarketOrder("BUY", 10, account=number(rig)))
    await until(rig, lambda: trade.orderStatus.status == "Filled")


async def test_two_of_a_group_cancel_each_other(rig: IbkrRig, ib: Any) -> None:
    """Both are for all that is held: as a group they may be, one after the other they are not."""
    import ib_async

    contract = await stock(ib, "MSFT")
    await bought(rig, ib, contract)
    pair = [
        ib_async.LimitOrder("SELL", 10, 9000, account=number(rig)),
        ib_async.StopOrder("SELL", 10, 1, account=number(rig)),
    ]
    first, second = (ib.placeOrder(contract, one) for one in ib.oneCancelsAll(pair, "group", 1))
    await until(rig, lambda: first.orderStatus.status == "Submitted" and second.order.permId > 0)
    groups = [one.order.ocaGroup for one in await ib.reqAllOpenOrdersAsync()]
    assert groups.count("group") == 2
    first.order.lmtPrice = 1.5
    ib.placeOrder(contract, first.order)
    await until(rig, lambda: first.orderStatus.status == "Filled")
    await until(rig, lambda: second.orderStatus.status == "Cancelled")


async def test_a_combination_is_previewed_placed_and_changed(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    price = rig.tws.exchange.market.price("AAPL", rig.clock.now())
    near = int(price // 5) * 5
    options = [
        ib_async.Option("AAPL", "20270115", near + more, "C", "SMART", currency="USD")
        for more in (0, 5)
    ]
    for one in options:
        one.localSymbol = f"{'AAPL':<6}270115C{int(one.strike) * 1000:08d}"
    await ib.qualifyContractsAsync(*options)
    legs = [
        ib_async.ComboLeg(conId=one.conId, ratio=1, action=side, exchange="SMART")
        for one, side in zip(options, ("BUY", "SELL"), strict=True)
    ]
    combination = ib_async.Contract(
        secType="BAG", symbol="AAPL", exchange="SMART", currency="USD", comboLegs=legs
    )
    order = ib_async.LimitOrder("BUY", 2, 0.05, account=number(rig), orderRef="spread")
    state = await ib.whatIfOrderAsync(combination, order)
    assert float(state.initMarginChange) > 0
    trade = ib.placeOrder(combination, order)
    await until(rig, lambda: trade.orderStatus.status == "Submitted")
    order.lmtPrice = 0.1
    ib.placeOrder(combination, order)
    shown = [one for one in await ib.reqAllOpenOrdersAsync() if one.order.orderRef == "spread"]
    assert {one.order.lmtPrice for one in shown} == {0.1}
    assert [leg.conId for leg in shown[0].contract.comboLegs] == [one.conId for one in options]
    assert {one.contract.secType for one in shown} == {"BAG"}
    ib.cancelOrder(order)
    await until(rig, lambda: trade.orderStatus.status == "Cancelled")


async def test_a_question_is_a_refusal_until_it_is_answered(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    from brokerdesk.simulator.ibkr.trading import YES

    rig.tws.switches.question = "Sure?"
    contract = await stock(ib)
    asked = ib.placeOrder(contract, ib_async.LimitOrder("BUY", 1, 100, account=number(rig)))
    await until(rig, lambda: asked.advancedError)
    assert (asked.log[-1].errorCode, YES in asked.advancedError) == (201, True)
    assert not rig.tws.floor.by_number
    order = ib_async.LimitOrder("BUY", 1, 100, account=number(rig), advancedErrorOverride=YES)
    answered = ib.placeOrder(contract, order)
    await until(rig, lambda: answered.orderStatus.status == "Submitted")


async def test_an_order_that_is_good_till_a_day_ends_with_it(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    last = rig.clock.now().strftime("%Y%m%d") + " 23:59:59 US/Eastern"
    order = ib_async.LimitOrder("BUY", 1, 100, account=number(rig), tif="GTD", goodTillDate=last)
    trade = ib.placeOrder(await stock(ib), order)
    await until(rig, lambda: trade.orderStatus.status == "Submitted")
    rig.sim.clock.advance(86_400)
    await until(rig, lambda: trade.orderStatus.status == "Cancelled")


async def test_coins_are_bought_for_money_and_shares_are_not(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    (coin,) = await ib.qualifyContractsAsync(ib_async.Crypto("BTC", "PAXOS", "USD"))
    money: dict[str, Any] = {"cashQty": 50, "tif": "IOC", "account": number(rig)}
    trade = ib.placeOrder(coin, ib_async.MarketOrder("BUY", 0, **money))
    await until(rig, lambda: trade.orderStatus.status in ("Filled", "Submitted"))
    told: list[int] = []
    ib.errorEvent += lambda _id, code, _text, _contract: told.append(code)
    ib.placeOrder(await stock(ib), ib_async.MarketOrder("BUY", 0, **money))
    await until(rig, lambda: 10244 in told)
