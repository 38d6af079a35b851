"""ib_async 2.1.0, unchanged and as a whole, looks for symbols and options in the simulated TWS."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from support.rigs_ibkr import IbkrRig, ibkr_rig

from brokerdesk.simulator.market import series
from brokerdesk.simulator.market.options import option_symbol

pytestmark = pytest.mark.peers


@pytest.fixture
async def rig() -> AsyncIterator[IbkrRig]:
    async with ibkr_rig() as made:
        yield made


@pytest.fixture
async def ib(rig: IbkrRig) -> AsyncIterator[Any]:
    import ib_async

    client = ib_async.IB()
    await client.connectAsync("127.0.0.1", int(rig.answers["port"]), 7, raiseSyncErrors=True)
    yield client
    client.disconnect()


async def test_matching_symbols(ib: Any) -> None:
    found = await ib.reqMatchingSymbolsAsync("AAP")
    assert [one.contract.symbol for one in found] == ["AAPL"]
    assert found[0].contract.secType == "STK"
    assert found[0].contract.primaryExchange == "NASDAQ"
    assert "OPT" in found[0].derivativeSecTypes
    assert found[0].contract.description == "APPLE INC"
    assert len(await ib.reqMatchingSymbolsAsync("A")) <= 16
    assert await ib.reqMatchingSymbolsAsync("no such thing") == []


async def test_days_strikes_and_contracts_of_a_day(rig: IbkrRig, ib: Any) -> None:
    from ib_async import Contract, Stock

    (details,) = await ib.reqContractDetailsAsync(Stock("AAPL", "SMART", "USD"))
    under = details.contract
    chains = await ib.reqSecDefOptParamsAsync("AAPL", "", "STK", under.conId)
    assert {one.exchange for one in chains} == {"AMEX", "CBOE", "SMART"}
    (smart,) = [one for one in chains if one.exchange == "SMART"]
    assert (smart.tradingClass, smart.multiplier) == ("AAPL", "100")
    assert [date.fromisoformat(day) for day in smart.expirations] == list(
        series.expirations(rig.clock.now().date())
    )
    assert await ib.reqSecDefOptParamsAsync("X", "", "STK", 1) == []
    open_ended = Contract(
        secType="OPT", symbol="AAPL", lastTradeDateOrContractMonth="20270115",
        exchange="SMART", currency="USD",
    )  # fmt: skip
    found = await ib.reqContractDetailsAsync(open_ended)
    assert sorted({one.contract.strike for one in found}) == sorted(smart.strikes)
    assert len(found) == 2 * len(smart.strikes)
    open_ended.right = "C"
    calls = await ib.reqContractDetailsAsync(open_ended)
    assert {one.contract.right for one in calls} == {"C"}
    assert len(calls) == len(smart.strikes)


async def test_a_model_of_an_option(rig: IbkrRig, ib: Any) -> None:
    from ib_async import Option

    rig.tws.switches.market_data = "live"
    option = Option("AAPL", "20270115", 280, "C", "SMART", currency="USD")
    option.localSymbol = "AAPL  270115C00280000"
    (contract,) = await ib.qualifyContractsAsync(option)
    (ticker,) = await ib.reqTickersAsync(contract)
    market = rig.tws.exchange.market
    symbol = option_symbol("AAPL", date(2027, 1, 15), call=True, strike=Decimal(280))
    series_of = market.option(symbol)
    assert series_of is not None
    value = market.option_value(series_of, rig.clock.now())
    assert math.isclose(ticker.modelGreeks.delta, value.delta, abs_tol=1e-5)
    assert math.isclose(ticker.modelGreeks.impliedVol, market.volatility("AAPL"), abs_tol=1e-5)
