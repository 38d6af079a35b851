"""ib_async 2.1.0, unchanged and as a whole, reads the simulated TWS.

The product uses its socket and its decoder; here its own store is filled as well, so that every
message passes through code that others wrote. Values are compared with the accounts themselves.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from support.rigs_ibkr import IbkrRig, ibkr_rig

from brokerdesk.simulator.market.candles import average_volume
from brokerdesk.simulator.market.listings import all_listings

pytestmark = pytest.mark.peers


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig() as made:
        yield made


@pytest.fixture
async def ib(rig: IbkrRig) -> AsyncIterator[Any]:
    import ib_async

    rig.tws.switches.execution_days = 30
    client = ib_async.IB()
    await client.connectAsync("127.0.0.1", int(rig.answers["port"]), 7, raiseSyncErrors=True)
    yield client
    gone = client.disconnectedEvent
    client.disconnect()
    del gone


async def test_positions_and_portfolio(rig: IbkrRig, ib: Any) -> None:
    for real in rig.tws.exchange.accounts:
        number = real.profile.number
        worth = {one.symbol: one for one in real.value_at(rig.clock.now()).positions}
        assert len(ib.positions(number)) == len(worth)
        await ib.reqAccountUpdatesAsync(number)
        shown = ib.portfolio(number)
        assert len(shown) == len(worth)
        assert sorted(one.marketValue for one in shown) == sorted(
            float(one.market_value) for one in worth.values()
        )
        assert sorted(one.position for one in shown) == sorted(
            float(one.quantity) for one in worth.values()
        )


async def test_account_values_and_summary(rig: IbkrRig, ib: Any) -> None:
    summary = await ib.accountSummaryAsync()
    for real in rig.tws.exchange.accounts:
        number = real.profile.number
        tags = {one.tag: one for one in summary if one.account == number}
        values = {(one.tag, one.currency): one for one in ib.accountValues(number)}
        assert tags["NetLiquidation"].currency == "USD"
        assert tags["NetLiquidation"].value == values["NetLiquidation", "USD"].value
        worth = real.value_at(rig.clock.now())
        assert values["CashBalance", "USD"].value == f"{worth.cash:.2f}"
        assert values["NetLiquidationByCurrency", "USD"].value == f"{worth.liquidation:.2f}"


async def test_executions_with_commissions(rig: IbkrRig, ib: Any) -> None:
    fills = ib.fills()
    assert fills
    for fill in fills:
        assert fill.execution.side in ("BOT", "SLD")
        assert fill.execution.time.tzinfo is not None
        assert fill.commissionReport.execId == fill.execution.execId
        assert fill.commissionReport.currency == "USD"


async def test_orders_open_and_completed(rig: IbkrRig, ib: Any) -> None:
    trades = await ib.reqAllOpenOrdersAsync()
    assert trades
    assert {one.orderStatus.status for one in trades} == {"Submitted"}
    assert all(one.order.permId for one in trades)
    assert all(one.order.account in rig.secrets for one in trades)
    done = await ib.reqCompletedOrdersAsync(False)
    assert done
    assert {one.orderStatus.status for one in done} <= {"Filled", "Cancelled", "Inactive"}


async def test_contract_details_and_qualification(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    (share,) = await ib.qualifyContractsAsync(ib_async.Stock("AAPL", "SMART", "USD"))
    (details,) = await ib.reqContractDetailsAsync(share)
    assert details.longName == "APPLE INC"
    assert details.stockType == "COMMON"
    assert details.secIdList[0].tag == "ISIN"
    await ib.reqAccountUpdatesAsync(rig.secrets[0])
    for item in ib.portfolio(rig.secrets[0]):
        (found,) = await ib.reqContractDetailsAsync(ib_async.Contract(conId=item.contract.conId))
        assert found.contract.localSymbol == item.contract.localSymbol


@pytest.mark.parametrize(("kind", "told"), [("live", 1), ("delayed", 3)])
async def test_market_data(rig: IbkrRig, ib: Any, kind: str, told: int) -> None:
    import ib_async

    rig.tws.switches.market_data = kind
    ib.reqMarketDataType(3)
    contracts = await ib.qualifyContractsAsync(ib_async.Stock("MSFT", "SMART", "USD"))
    (ticker,) = await ib.reqTickersAsync(*contracts)
    assert ticker.marketDataType == told
    assert ticker.bid < ticker.last < ticker.ask
    assert ticker.close > 0


async def test_a_halt_and_the_usual_volume_on_a_line(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    rig.tws.switches.market_data = "live"
    (share,) = await ib.qualifyContractsAsync(ib_async.Stock("MSFT", "SMART", "USD"))
    ticker = ib.reqMktData(share, "165")
    async with asyncio.timeout(10):
        while not ticker.avVolume > 0:
            await ib.updateEvent
    market, listing = rig.tws.exchange.market, all_listings()["MSFT"]
    assert ticker.avVolume == average_volume(market, listing) // 100
    assert not ticker.halted > 0
    ib.cancelMktData(share)
    rig.tws.floor.knobs.halted.append("MSFT")
    (snapshot,) = await ib.reqTickersAsync(share)
    assert snapshot.halted == 1


async def test_a_snapshot_with_generic_ticks_is_refused(rig: IbkrRig, ib: Any) -> None:
    import ib_async

    (share,) = await ib.qualifyContractsAsync(ib_async.Stock("MSFT", "SMART", "USD"))
    refused = asyncio.get_running_loop().create_future()
    ib.errorEvent += lambda _, code, *more: refused.set_result(code)
    ib.reqMktData(share, "165", snapshot=True)
    async with asyncio.timeout(10):
        assert await refused == 321


async def test_time_and_reconnecting(rig: IbkrRig, ib: Any) -> None:
    assert (await ib.reqCurrentTimeAsync()).timestamp() == int(rig.clock.now().timestamp())
    before = len(ib.fills())
    ib.disconnect()
    await ib.connectAsync("127.0.0.1", int(rig.answers["port"]), 7, raiseSyncErrors=True)
    assert len(ib.fills()) == before


async def test_asyncio_is_not_patched(ib: Any) -> None:
    assert "nest_asyncio" not in sys.modules
