"""Chains, expirations and movers of the simulated Schwab."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support import schwab_shapes as shapes
from support.sim import SimClient, sim_client

from brokerdesk.simulator.market import calendar, series
from brokerdesk.simulator.market.options import parse_option


@pytest.fixture
async def client() -> AsyncIterator[SimClient]:
    async with sim_client() as made:
        yield made


async def good(client: SimClient, path: str, shape: Any, **query: str) -> Any:
    answer = await client.get(f"/marketdata/v1/{path}", **query)
    assert answer.status == 200, answer.body
    assert shapes.problems(answer.json(), shape) == []
    return answer.json()


async def chain(client: SimClient, **query: str) -> list[dict[str, Any]]:
    """All series of a chain."""
    body = await good(client, "chains", shapes.CHAIN, **{"symbol": "AAPL", **query})
    found = [
        one
        for side in ("callExpDateMap", "putExpDateMap")
        for strikes in body[side].values()
        for several in strikes.values()
        for one in several
    ]
    assert body["numberOfContracts"] == len(found)
    return found


async def test_expirations_are_the_chain_s(client: SimClient) -> None:
    body = await good(client, "expirationchain", shapes.EXPIRATIONS, symbol="AAPL")
    days = [one["expirationDate"] for one in body["expirationList"]]
    assert days == sorted(set(days))
    assert "2026-12-18" in days
    assert {one["expirationDate"] for one in body["expirationList"]} == {
        one["expirationDate"][:10] for one in await chain(client)
    }


async def test_a_series_costs_what_its_quote_says(client: SimClient) -> None:
    found = await chain(client, strikeCount="4", toDate="2026-12-31")
    assert {one["putCall"] for one in found} == {"CALL", "PUT"}
    symbols = [one["symbol"] for one in found]
    rest = (await client.get("/marketdata/v1/quotes", symbols=",".join(symbols))).json()
    for one in found:
        quote = rest[one["symbol"]]["quote"]
        assert (one["bid"], one["ask"], one["last"], one["mark"], one["delta"]) == tuple(
            quote[name] for name in ("bidPrice", "askPrice", "lastPrice", "mark", "delta")
        )
        contract = parse_option(one["symbol"])
        assert contract is not None
        assert contract.strike == Decimal(repr(one["strikePrice"]))
        assert contract.call is (one["putCall"] == "CALL")
        assert one["inTheMoney"] is (one["intrinsicValue"] > 0)


async def test_what_is_asked_for_is_what_comes(client: SimClient) -> None:
    everything = await chain(client)
    assert len(everything) > 400
    assert {one["putCall"] for one in await chain(client, contractType="PUT")} == {"PUT"}
    one = await chain(client, strike="190", contractType="CALL", expMonth="DEC", optionType="S")
    assert one
    assert {(x["strikePrice"], x["expirationDate"][5:7]) for x in one} == {(190.0, "12")}
    assert await chain(client, optionType="NS") == []
    body = await good(client, "chains", shapes.CHAIN, symbol="SPY", strikeCount="1",
                      includeUnderlyingQuote="True")  # fmt: skip
    assert body["underlying"]["last"] == body["underlyingPrice"]
    for name, inside in (("ITM", True), ("OTM", False)):
        assert {x["inTheMoney"] for x in await chain(client, range=name)} == {inside}
    price = body["underlyingPrice"]
    spy = [x["strikePrice"] for x in await chain(client, symbol="SPY", range="SAK")]
    assert min(spy) > price


@pytest.mark.parametrize(
    "query",
    [
        {"contractType": "BOTH"},
        {"strikeCount": "few"},
        {"strikeCount": "0"},
        {"strike": "x"},
        {"fromDate": "2026-11-01"},
        {"toDate": "soon"},
        {"expMonth": "13"},
        {"range": "FAR"},
        {"strategy": "CONDOR"},
    ],
)
async def test_bad_questions(client: SimClient, query: dict[str, str]) -> None:
    answer = await client.get("/marketdata/v1/chains", symbol="AAPL", **query)
    assert answer.status == 400
    assert shapes.problems(answer.json(), shapes.MARKET_ERROR) == []


async def test_what_has_no_options(client: SimClient) -> None:
    for route in ("chains", "expirationchain"):
        assert (await client.get(f"/marketdata/v1/{route}", symbol="ZZZZ")).status == 404
        assert (await client.get(f"/marketdata/v1/{route}", symbol="SWPPX")).status == 404
        assert (await client.get(f"/marketdata/v1/{route}")).status == 400


def test_series_expire_on_trading_days() -> None:
    for today in (date(2026, 11, 20), date(2026, 11, 21), date(2027, 3, 20), date(2026, 1, 1)):
        found = series.expirations(today)
        assert all(calendar.is_trading_day(day) and day >= today for day in found)
        assert list(found) == sorted(found)
        assert sum(found.values()) >= series.MONTHS
    # Good Friday is no trading day: that month's series end the day before.
    assert series.expirations(date(2019, 4, 1))[date(2019, 4, 18)]


def test_strikes_surround_the_price() -> None:
    for text in ("0.35", "7.20", "48.10", "191.50", "690.00", "5012.25"):
        found = series.strikes(Decimal(text))
        assert found == sorted(set(found))
        assert found[0] > 0
        assert any(one > Decimal(text) for one in found)
        assert len(found) < 120


async def test_movers(client: SimClient) -> None:
    body = await good(client, "movers/$SPX", shapes.MOVERS)
    volumes = [one["volume"] for one in body["screeners"]]
    assert len(volumes) == 10
    assert volumes == sorted(volumes, reverse=True)
    falling = await good(client, "movers/NASDAQ", shapes.MOVERS, sort="PERCENT_CHANGE_DOWN")
    changes = [one["netPercentChange"] for one in falling["screeners"]]
    assert changes == sorted(changes)
    first = falling["screeners"][0]
    quote = (await client.get("/marketdata/v1/quotes", symbols=first["symbol"])).json()
    figures = quote[first["symbol"]]["quote"]
    assert (first["lastPrice"], first["netChange"]) == (figures["lastPrice"], figures["netChange"])
    assert (await good(client, "movers/OTCBB", shapes.MOVERS))["screeners"] == []
    assert (await client.get("/marketdata/v1/movers/ELSEWHERE")).status == 404
    assert (await client.get("/marketdata/v1/movers/NYSE", sort="UP")).status == 400


async def test_prices_are_written_with_all_their_digits(client: SimClient) -> None:
    raw = (await client.get("/marketdata/v1/chains", symbol="AAPL", strikeCount="2")).body
    body = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    assert Decimal(bytes(body["underlyingPrice"]).decode()) == client.sim.exchange.market.price(
        "AAPL", client.clock.now()
    )
