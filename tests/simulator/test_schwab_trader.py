"""The simulated ``/trader/v1``: shapes, amounts that add up, and refusals."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.clock import FakeClock
from support.schwab_shapes import (
    ACCOUNT_NUMBERS,
    ORDER,
    PREFERENCE,
    TRADER_ERROR,
    TRANSACTION,
    Many,
    account_shape,
    problems,
)
from support.sim import SimClient, sim_client

ALL_TYPES = (
    "TRADE,RECEIVE_AND_DELIVER,DIVIDEND_OR_INTEREST,ACH_RECEIPT,ACH_DISBURSEMENT,CASH_RECEIPT,"
    "CASH_DISBURSEMENT,ELECTRONIC_FUND,WIRE_OUT,WIRE_IN,JOURNAL,MEMORANDUM,MARGIN_CALL,"
    "MONEY_MARKET,SMA_ADJUSTMENT"
)
YEAR = {"startDate": "2025-11-25T00:00:00.000Z", "endDate": "2026-11-20T15:00:00Z"}
ENTERED = {
    "fromEnteredTime": "2025-11-25T00:00:00.000Z",
    "toEnteredTime": "2026-11-20T15:00:00.000Z",
}
ACCOUNTS = "/trader/v1/accounts"


@pytest.fixture
async def client() -> AsyncIterator[SimClient]:
    async with sim_client() as found:
        yield found


def exactly(body: bytes) -> Any:
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


async def test_account_numbers_are_hashed_in_urls(client: SimClient) -> None:
    answer = await client.get(ACCOUNTS + "/accountNumbers")
    assert problems(answer.json(), ACCOUNT_NUMBERS) == []
    for pair in answer.json():
        assert len(pair["hashValue"]) == 64
        assert pair["hashValue"] == pair["hashValue"].upper()
        plain = await client.get(f"{ACCOUNTS}/{pair['accountNumber']}")
        assert (plain.status, plain.json()) == (400, {"message": "Invalid account number"})
    assert (await client.get(f"{ACCOUNTS}/{'A' * 64}")).status == 404


async def test_every_account_has_the_observed_shape_and_its_sums(client: SimClient) -> None:
    kinds = set()
    for number, hashed in (await client.hashes()).items():
        plain = await client.get(f"{ACCOUNTS}/{hashed}")
        full = await client.get(f"{ACCOUNTS}/{hashed}", fields="positions")
        assert "positions" not in plain.json()["securitiesAccount"]
        account = full.json()["securitiesAccount"]
        assert account["accountNumber"] == number
        assert problems(full.json(), account_shape(account["type"])) == []
        assert problems(plain.json(), account_shape(account["type"])) == []
        kinds.add(account["type"])
        exact = exactly(full.body)["securitiesAccount"]
        now = exact["currentBalances"]
        cash = now["cashBalance"] + now.get("marginBalance", 0) + now.get("shortBalance", 0)
        worth = sum(p["marketValue"] for p in exact["positions"])
        assert cash + worth == now["liquidationValue"]
        by_kind = (
            "longMarketValue shortMarketValue longOptionMarketValue shortOptionMarketValue "
            "mutualFundValue bondValue moneyMarketFund"
        )
        assert sum(now[name] for name in by_kind.split()) == worth
        total = exactly(full.body)["aggregatedBalance"]
        assert total["liquidationValue"] == now["liquidationValue"]
        if account["type"] == "CASH":
            assert "buyingPower" not in now
    assert kinds == {"MARGIN", "CASH"}


async def test_positions_are_one_sided_and_explain_their_profit(client: SimClient) -> None:
    answer = await client.get(ACCOUNTS, fields="positions")
    types = set()
    for account in exactly(answer.body):
        for p in account["securitiesAccount"]["positions"]:
            kind = p["instrument"]["assetType"]
            types.add(kind)
            assert (p["longQuantity"] == 0) != (p["shortQuantity"] == 0)
            quantity = p["longQuantity"] - p["shortQuantity"]
            assert (quantity > 0) == (p["marketValue"] > 0)
            factor = {"OPTION": Decimal(100), "FIXED_INCOME": Decimal("0.01")}.get(kind, Decimal(1))
            profit = p.get("longOpenProfitLoss", p.get("shortOpenProfitLoss"))
            cost = p["averagePrice"] * quantity * factor
            assert abs(p["marketValue"] - cost - profit) < Decimal("0.02")
            side = "Long" if quantity > 0 else "Short"
            assert p[f"average{side}Price"] == p["averagePrice"]
    assert types == {
        "EQUITY",
        "COLLECTIVE_INVESTMENT",
        "MUTUAL_FUND",
        "OPTION",
        "FIXED_INCOME",
        "CASH_EQUIVALENT",
    }


async def test_numbers_are_written_in_full_and_never_as_text(client: SimClient) -> None:
    answer = await client.get(ACCOUNTS, fields="positions")
    fractions = [
        p["longQuantity"]
        for account in exactly(answer.body)
        for p in account["securitiesAccount"]["positions"]
        if p["longQuantity"] % 1
    ]
    assert fractions
    assert b'"longQuantity":"' not in answer.body
    assert b"NaN" not in answer.body
    assert b"E+" not in answer.body


async def test_transactions_have_the_shape_and_book_the_cash(client: SimClient) -> None:
    seen = set()
    for number, hashed in (await client.hashes()).items():
        path = f"{ACCOUNTS}/{hashed}/transactions"
        answer = await client.get(path, types=ALL_TYPES, **YEAR)
        found = exactly(answer.body)
        assert problems(answer.json(), Many(TRANSACTION, some=True)) == []
        account = client.sim.exchange.account(number)
        assert account is not None
        since, until = client.clock.now().replace(year=2025, month=11, day=25, hour=0), None
        until = client.clock.now()
        moved = account.book_at(until).cash - account.book_at(since).cash
        assert sum(t["netAmount"] for t in found) == moved
        for t in found:
            seen.add(t["type"])
            if t["type"] == "TRADE":
                assert sum(item["cost"] for item in t["transferItems"]) == t["netAmount"]
        one = await client.get(f"{path}/{found[0]['activityId']}")
        assert one.json()[0] == answer.json()[0]
    assert seen >= {"TRADE", "DIVIDEND_OR_INTEREST", "ACH_RECEIPT", "MONEY_MARKET"}


async def test_transaction_filters(client: SimClient) -> None:
    hashed = next(iter((await client.hashes()).values()))
    path = f"{ACCOUNTS}/{hashed}/transactions"
    trades = (await client.get(path, types="TRADE", **YEAR)).json()
    assert {t["type"] for t in trades} == {"TRADE"}
    symbol = trades[0]["transferItems"][-1]["instrument"]["symbol"]
    chosen = (await client.get(path, types="TRADE", symbol=symbol, **YEAR)).json()
    assert 0 < len(chosen) < len(trades)
    assert {t["transferItems"][-1]["instrument"]["symbol"] for t in chosen} == {symbol}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"startDate": YEAR["startDate"], "endDate": YEAR["endDate"]},
        {**YEAR, "types": "TRADE,NONSENSE"},
        {**YEAR, "types": "TRADE", "startDate": "yesterday"},
        {**YEAR, "types": "TRADE", "startDate": "2025-13-45T00:00:00Z"},
        {**YEAR, "types": "TRADE", "startDate": "2024-01-01T00:00:00.000Z"},
        {"types": "TRADE", "startDate": YEAR["endDate"], "endDate": YEAR["startDate"]},
    ],
)
async def test_bad_transaction_requests(client: SimClient, query: dict[str, str]) -> None:
    hashed = next(iter((await client.hashes()).values()))
    answer = await client.get(f"{ACCOUNTS}/{hashed}/transactions", **query)
    assert answer.status == 400
    assert problems(answer.json(), TRADER_ERROR) == []


async def test_orders_have_the_shape_and_the_states(client: SimClient) -> None:
    hashed = next(iter((await client.hashes()).values()))
    answer = await client.get(f"{ACCOUNTS}/{hashed}/orders", **ENTERED)
    orders = answer.json()
    assert problems(orders, Many(ORDER, some=True)) == []
    assert {o["status"] for o in orders} == {
        "FILLED",
        "CANCELED",
        "EXPIRED",
        "REJECTED",
        "WORKING",
    }
    for order in orders:
        assert order["enteredTime"].endswith("+0000")
        if order["status"] == "FILLED":
            fills = [x for x in order["orderActivityCollection"] if x["executionType"] == "FILL"]
            assert sum(x["quantity"] for x in fills) == order["quantity"] == order["filledQuantity"]
        if order["status"] == "REJECTED":
            assert order["statusDescription"]
    one = await client.get(f"{ACCOUNTS}/{hashed}/orders/{orders[0]['orderId']}")
    assert one.json() == orders[0]
    assert (await client.get(f"{ACCOUNTS}/{hashed}/orders/1")).status == 404
    filled = await client.get(f"{ACCOUNTS}/{hashed}/orders", status="FILLED", **ENTERED)
    assert {o["status"] for o in filled.json()} == {"FILLED"}
    few = await client.get(f"{ACCOUNTS}/{hashed}/orders", maxResults="3", **ENTERED)
    assert few.json() == orders[:3]


async def test_orders_of_all_accounts_reach_back_sixty_days(client: SimClient) -> None:
    query = {**ENTERED, "fromEnteredTime": "2026-09-25T00:00:00.000Z"}
    orders = (await client.get("/trader/v1/orders", **query)).json()
    assert len({o["accountNumber"] for o in orders}) == 4
    assert (await client.get("/trader/v1/orders", **ENTERED)).status == 400
    assert (await client.get("/trader/v1/orders")).status == 400
    bad = await client.get("/trader/v1/orders", **query, status="NONSENSE")
    assert bad.status == 400


async def test_preferences_are_one_object_or_an_array(client: SimClient) -> None:
    answer = await client.get("/trader/v1/userPreference")
    assert problems(answer.json(), PREFERENCE) == []
    assert answer.json()["accounts"][0]["nickName"] == "Individual"
    await client.control("POST", "switches", {"preference_as_array": True})
    assert (await client.get("/trader/v1/userPreference")).json() == [answer.json()]


async def test_headers_and_compression(client: SimClient) -> None:
    plain = await client.send(
        "GET", ACCOUNTS, headers={**client.bearer, "Accept-Encoding": "identity"}
    )
    assert plain.headers["Content-Type"].startswith("application/json")
    assert len(plain.headers["Schwab-Client-CorrelId"]) == 36
    assert "Content-Encoding" not in plain.headers
    packed = await client.send(
        "GET", ACCOUNTS, headers={**client.bearer, "Accept-Encoding": "gzip"}
    )
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.body == plain.body
    wrong = await client.send("GET", ACCOUNTS)
    assert "Schwab-Client-CorrelId" in wrong.headers


async def test_the_throttle_counts_a_minute(client: SimClient) -> None:
    await client.control("POST", "switches", {"throttle_per_minute": 3, "retry_after": "17"})
    path = ACCOUNTS + "/accountNumbers"
    assert [(await client.get(path)).status for _ in range(4)] == [200, 200, 200, 429]
    assert (await client.get(path)).headers["Retry-After"] == "17"
    await client.control("POST", "switches", {"retry_after": ""})
    assert "Retry-After" not in (await client.get(path)).headers
    await client.clock.advance(60)
    assert (await client.get(path)).status == 200


async def test_unknown_paths_and_methods_are_told_in_the_broker_s_way(client: SimClient) -> None:
    lost = await client.get("/trader/v1/nothing")
    assert (lost.status, problems(lost.json(), TRADER_ERROR)) == (404, [])
    wrong = await client.send("POST", ACCOUNTS, headers=client.bearer)
    assert wrong.status == 405
    assert (await client.get(ACCOUNTS, fields="everything")).status == 400


async def test_accounts_before_they_were_opened_are_empty_and_weekends_are_fridays() -> None:
    early = FakeClock(datetime(2021, 5, 3, 15, tzinfo=UTC))
    async with sim_client(clock=early) as client:
        account = (await client.get(ACCOUNTS, fields="positions")).json()[0]["securitiesAccount"]
        assert "positions" not in account
        assert account["currentBalances"]["liquidationValue"] == 0
    saturday = FakeClock(datetime(2026, 11, 21, 15, tzinfo=UTC))
    async with sim_client(clock=saturday) as client:
        before = (await client.get(ACCOUNTS, fields="positions")).body
        await client.clock.advance(1000)
        assert (await client.get(ACCOUNTS, fields="positions")).body == before
