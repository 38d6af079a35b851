"""The simulated ``/marketdata/v1``: shapes, the table of periods, and refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from support.schwab_shapes import (
    EQUITY_QUOTE,
    FUND_QUOTE,
    INDEX_QUOTE,
    INSTRUMENTS,
    MARKET_ERROR,
    MARKETS,
    OPTION_QUOTE,
    PRICE_HISTORY,
    problems,
)
from support.sim import SimClient, sim_client

BASE = "/marketdata/v1"
OPTION = "SPY   261218C00660000"


@pytest.fixture
async def client() -> AsyncIterator[SimClient]:
    async with sim_client() as found:
        yield found


async def test_quotes_of_every_kind_have_their_shape(client: SimClient) -> None:
    symbols = f"AAPL,SPY,$SPX,SWPPX,{OPTION},ZZZZ,/ESZ26"
    answer = (await client.get(BASE + "/quotes", symbols=symbols)).json()
    assert answer.pop("errors") == {"invalidSymbols": ["ZZZZ", "/ESZ26"]}
    shapes = {
        "AAPL": EQUITY_QUOTE,
        "SPY": EQUITY_QUOTE,
        "$SPX": INDEX_QUOTE,
        "SWPPX": FUND_QUOTE,
        OPTION: OPTION_QUOTE,
    }
    for symbol, shape in shapes.items():
        assert problems(answer[symbol], shape, symbol) == []
    quote = answer["AAPL"]["quote"]
    assert quote["bidPrice"] < quote["lastPrice"] < quote["askPrice"]
    assert quote["lowPrice"] <= quote["lastPrice"] <= quote["highPrice"]
    assert quote["52WeekLow"] <= quote["lastPrice"] <= quote["52WeekHigh"]
    assert quote["quoteTime"] == int(client.clock.now().timestamp() * 1000)


async def test_the_quote_is_the_position_s_price(client: SimClient) -> None:
    hashed = next(iter((await client.hashes()).values()))
    path = f"/trader/v1/accounts/{hashed}"
    account = (await client.get(path, fields="positions")).json()["securitiesAccount"]
    for position in account["positions"]:
        symbol = position["instrument"]["symbol"]
        body = (await client.get(BASE + "/quotes", symbols=symbol)).json()[symbol]["quote"]
        last = body.get("lastPrice", body.get("nAV"))
        factor = 100 if position["instrument"]["assetType"] == "OPTION" else 1
        quantity = position["longQuantity"] - position["shortQuantity"]
        assert position["marketValue"] == pytest.approx(quantity * last * factor, abs=0.006)


async def test_one_quote_and_its_blocks(client: SimClient) -> None:
    answer = (await client.get(BASE + "/AAPL/quotes", fields="quote,reference")).json()["AAPL"]
    assert {"quote", "reference"} <= answer.keys()
    assert not {"fundamental", "regular", "extended"} & answer.keys()
    missing = await client.get(BASE + "/ZZZZ/quotes")
    assert missing.status == 404
    assert missing.json()["errors"][0]["status"] == "404"
    assert problems(missing.json(), MARKET_ERROR) == []
    bad = await client.get(BASE + "/quotes", symbols="AAPL", fields="nonsense")
    assert bad.status == 400
    assert bad.json()["errors"][0]["source"] == {"parameter": "fields"}
    many = ",".join(["AAPL"] * 501)
    assert (await client.get(BASE + "/quotes", symbols=many)).status == 400
    assert (await client.get(BASE + "/quotes")).status == 400


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"periodType": "day", "period": "1"}, 30),
        ({"periodType": "day", "period": "2", "frequencyType": "minute", "frequency": "5"}, 84),
        ({"periodType": "month", "frequencyType": "daily"}, 23),
        ({"periodType": "year", "frequencyType": "daily"}, 252),
        ({"periodType": "year", "period": "5"}, 61),
        ({"periodType": "ytd"}, 47),
    ],
)
async def test_price_history_by_period(
    client: SimClient, query: dict[str, str], count: int
) -> None:
    body = (await client.get(BASE + "/pricehistory", symbol="AAPL", **query)).json()
    assert problems(body, PRICE_HISTORY) == []
    assert len(body["candles"]) == pytest.approx(count, abs=1)
    stamps = [candle["datetime"] for candle in body["candles"]]
    assert stamps == sorted(set(stamps))
    last = (await client.get(BASE + "/AAPL/quotes")).json()["AAPL"]["quote"]["lastPrice"]
    assert body["candles"][-1]["close"] == last
    for candle in body["candles"]:
        assert candle["low"] <= min(candle["open"], candle["close"])
        assert candle["high"] >= max(candle["open"], candle["close"])


async def test_daily_candles_are_stamped_at_midnight_central_time(client: SimClient) -> None:
    start = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp() * 1000)
    end = int(datetime(2026, 3, 13, 22, tzinfo=UTC).timestamp() * 1000)
    query = {"periodType": "year", "frequencyType": "daily", "needPreviousClose": "True"}
    body = (
        await client.get(
            BASE + "/pricehistory", symbol="KO", startDate=str(start), endDate=str(end), **query
        )
    ).json()
    hours = {datetime.fromtimestamp(c["datetime"] / 1000, UTC).hour for c in body["candles"]}
    assert hours == {5, 6}
    assert len(body["candles"]) == 10
    assert body["previousClose"] > 0


async def test_nothing_known_is_empty_and_nothing_lies_in_the_future(client: SimClient) -> None:
    unknown = (await client.get(BASE + "/pricehistory", symbol="ZZZZ")).json()
    assert unknown == {"candles": [], "symbol": "ZZZZ", "empty": True}
    future = str(int(client.clock.now().timestamp() * 1000) + 10**9)
    body = (await client.get(BASE + "/pricehistory", symbol="AAPL", endDate=future)).json()
    assert body["candles"][-1]["datetime"] < client.clock.now().timestamp() * 1000


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"symbol": "AAPL", "periodType": "week"},
        {"symbol": "AAPL", "periodType": "day", "period": "7"},
        {"symbol": "AAPL", "periodType": "day", "frequencyType": "daily"},
        {"symbol": "AAPL", "periodType": "day", "frequency": "7"},
        {"symbol": "AAPL", "startDate": "soon"},
        {"symbol": "AAPL", "startDate": "1795183265000", "endDate": "1700000000000"},
    ],
)
async def test_bad_price_history_requests(client: SimClient, query: dict[str, str]) -> None:
    answer = await client.get(BASE + "/pricehistory", **query)
    assert answer.status == 400
    assert problems(answer.json(), MARKET_ERROR) == []


async def test_markets_on_open_early_and_closed_days(client: SimClient) -> None:
    body = (await client.get(BASE + "/markets", markets="equity,option,bond,future,forex")).json()
    assert problems(body, MARKETS) == []
    regular = body["equity"]["EQ"]["sessionHours"]["regularMarket"][0]
    assert regular["end"] == "2026-11-20T16:00:00-05:00"
    early = (await client.get(BASE + "/markets/equity", date="2026-11-27")).json()
    hours = early["equity"]["EQ"]["sessionHours"]["regularMarket"][0]
    assert hours["end"] == "2026-11-27T13:00:00-05:00"
    closed = (await client.get(BASE + "/markets/equity", date="2026-11-26")).json()
    assert problems(closed, MARKETS) == []
    assert closed["equity"]["equity"]["isOpen"] is False
    assert "sessionHours" not in closed["equity"]["equity"]
    for bad in ({"date": "2026-11-19"}, {"date": "2028-01-01"}, {"date": "soon"}):
        assert (await client.get(BASE + "/markets/equity", **bad)).status == 400
    assert (await client.get(BASE + "/markets/casino")).status == 400


async def test_instruments_by_every_projection(client: SimClient) -> None:
    async def found(symbol: str, projection: str) -> list[str]:
        path = BASE + "/instruments"
        body = (await client.get(path, symbol=symbol, projection=projection)).json()
        assert problems(body, INSTRUMENTS) == []
        return [instrument["symbol"] for instrument in body["instruments"]]

    assert await found("AAPL,MSFT", "symbol-search") == ["AAPL", "MSFT"]
    assert await found("BRK.*", "symbol-regex") == ["BRK.B"]
    assert await found("apple", "desc-search") == ["AAPL"]
    assert await found("Apple.*", "desc-regex") == ["AAPL"]
    assert "AAPL" in await found("AAP", "search")
    assert await found("AAPL", "fundamental") == ["AAPL"]
    assert await found("ZZZZ", "symbol-search") == []
    path = BASE + "/instruments"
    assert (await client.get(path, symbol="A", projection="no")).status == 400
    assert (await client.get(path, symbol="(", projection="symbol-regex")).status == 400
    assert (await client.get(path, projection="search")).status == 400


async def test_an_instrument_by_its_cusip(client: SimClient) -> None:
    quote = (await client.get(BASE + "/AAPL/quotes")).json()["AAPL"]
    cusip = quote["reference"]["cusip"]
    body = (await client.get(f"{BASE}/instruments/{cusip}")).json()
    assert body["instruments"][0]["symbol"] == "AAPL"
    await client.control("POST", "switches", {"cusip_as_object": True})
    assert (await client.get(f"{BASE}/instruments/{cusip}")).json()["symbol"] == "AAPL"
    assert (await client.get(f"{BASE}/instruments/000000000")).status == 404
