"""alpaca-py 0.44.0, unchanged but for its address, lists the options of the simulated Alpaca.

It parses contracts and snapshots into validated models and follows the pages itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from support.clock import FakeClock
from support.peers import RunningSim, running_sim

from brokerdesk.simulator.market import series

pytestmark = pytest.mark.peers
JANUARY = date(2027, 1, 15)


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running_sim(brokers=("schwab", "alpaca"), clock=FakeClock()) as found:
        yield found


def keys(sim: RunningSim) -> tuple[str, str]:
    secrets = sim.sim.origin("alpaca").secrets
    return secrets["live_key_id"], secrets["live_secret_key"]


@pytest.fixture
def trading(sim: RunningSim) -> Iterator[Any]:
    from alpaca.trading.client import TradingClient

    base = sim.sim.origin("alpaca").base_url
    client: Any = TradingClient(*keys(sim), url_override=f"{base}/alpaca/live")
    yield client
    client._session.close()


@pytest.fixture
def data(sim: RunningSim) -> Iterator[Any]:
    from alpaca.data.historical.option import OptionHistoricalDataClient

    base = sim.sim.origin("alpaca").base_url
    client: Any = OptionHistoricalDataClient(*keys(sim), url_override=f"{base}/alpaca/data")
    yield client
    client._session.close()


def wanted(**fields: Any) -> Any:
    from alpaca.trading.requests import GetOptionContractsRequest

    return GetOptionContractsRequest(underlying_symbols=["AAPL"], **fields)


def listed(sim: RunningSim) -> tuple[list[date], list[Decimal]]:
    now = FakeClock().now()
    price = sim.sim.exchange.market.price("AAPL", now)
    return list(series.expirations(now.date())), series.strikes(price)


def test_contracts_in_pages(sim: RunningSim, trading: Any) -> None:
    days, strikes = listed(sim)
    found: dict[str, Any] = {}
    token = None
    while True:
        answer = trading.get_option_contracts(
            wanted(expiration_date_gte=days[0], expiration_date_lte=days[-1], limit=500,
                   page_token=token)
        )  # fmt: skip
        assert len(answer.option_contracts) <= 500
        assert not found.keys() & {one.symbol for one in answer.option_contracts}
        found |= {one.symbol: one for one in answer.option_contracts}
        token = answer.next_page_token
        if not token:
            break
    assert len(found) == 2 * len(days) * len(strikes)
    assert sorted({one.expiration_date for one in found.values()}) == days
    assert {one.size for one in found.values()} == {"100"}


def test_without_days_only_this_week_is_listed(sim: RunningSim, trading: Any) -> None:
    days, _ = listed(sim)
    answer = trading.get_option_contracts(wanted(limit=10000))
    assert {one.expiration_date for one in answer.option_contracts} == {days[0]}


def test_contracts_by_side_strike_and_symbol(sim: RunningSim, trading: Any) -> None:
    from alpaca.trading.enums import ContractType

    answer = trading.get_option_contracts(
        wanted(expiration_date=JANUARY, type=ContractType.PUT, strike_price_gte="270",
               strike_price_lte="280", limit=100)
    )  # fmt: skip
    assert [one.strike_price for one in answer.option_contracts] == [270.0, 275.0, 280.0]
    one = trading.get_option_contract(answer.option_contracts[0].symbol)
    assert one == answer.option_contracts[0]
    from alpaca.common.exceptions import APIError

    with pytest.raises(APIError) as caught:
        trading.get_option_contract("NOPE")
    assert caught.value.status_code == 404


def test_a_chain_with_volatility_and_greeks(sim: RunningSim, data: Any) -> None:
    from alpaca.data.requests import OptionChainRequest

    _, strikes = listed(sim)
    found = data.get_option_chain(
        OptionChainRequest(underlying_symbol="AAPL", expiration_date=JANUARY)
    )
    assert len(found) == 2 * len(strikes)
    for symbol, one in found.items():
        assert one.implied_volatility == pytest.approx(0.2988, abs=1e-3)
        assert (one.greeks.delta >= 0) == ("C0" in symbol)
        assert one.latest_quote.bid_price <= one.latest_quote.ask_price


def test_consolidated_option_prices_need_a_subscription(sim: RunningSim, data: Any) -> None:
    from alpaca.common.exceptions import APIError
    from alpaca.data.enums import OptionsFeed
    from alpaca.data.requests import OptionChainRequest

    with pytest.raises(APIError) as caught:
        data.get_option_chain(OptionChainRequest(underlying_symbol="AAPL", feed=OptionsFeed.OPRA))
    assert caught.value.status_code == 403
