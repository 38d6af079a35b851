"""schwabdev 4.0.0, unchanged but for where its requests go, reads the simulated Schwab."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import schwab_shapes as shapes
from support.peers import RunningSim, running_sim
from support.peers_schwab import schwabdev_clients

# It logs a warning when it starts without stored tokens, which is how every test here starts.
pytestmark = [pytest.mark.peers, pytest.mark.allow_warnings("Schwabdev: ")]


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running_sim() as found:
        yield found


@pytest.fixture
def open_client(
    sim: RunningSim, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[[], Any]]:
    with schwabdev_clients(sim, monkeypatch, tmp_path) as make:
        yield make


@pytest.fixture
def client(open_client: Callable[[], Any]) -> Any:
    return open_client()


def good(answer: Any, shape: Any) -> Any:
    assert answer.status_code == 200, answer.text
    assert shapes.problems(answer.json(), shape) == []
    return answer.json()


def test_it_signs_in_keeps_its_tokens_and_refreshes(
    sim: RunningSim, open_client: Callable[[], Any]
) -> None:
    first = open_client()
    assert first.linked_accounts().status_code == 200
    access, refresh = first.tokens.access_token, first.tokens.refresh_token
    assert access.startswith("I0.")
    first.update_tokens(force_access_token=True)
    assert first.tokens.access_token != access
    assert first.tokens.refresh_token == refresh
    assert first.linked_accounts().status_code == 200
    again = open_client()
    assert again.linked_accounts().status_code == 200
    assert sim.paths("POST") == ["/v1/oauth/token"] * 2


def test_accounts_and_positions(sim: RunningSim, client: Any) -> None:
    numbers = good(client.linked_accounts(), shapes.ACCOUNT_NUMBERS)
    everything = client.account_details_all(fields="positions").json()
    assert len(everything) == len(numbers) == 4
    for pair, listed in zip(numbers, everything, strict=True):
        kind = listed["securitiesAccount"]["type"]
        body = good(client.account_details(pair["hashValue"]), shapes.account_shape(kind))
        assert body["securitiesAccount"]["accountNumber"] == pair["accountNumber"]
        assert shapes.problems(listed, shapes.account_shape(kind)) == []
        account = sim.sim.exchange.account(pair["accountNumber"])
        assert account is not None
        held = account.book_at(sim.sim.clock.now()).holdings
        shown = {p["instrument"]["symbol"] for p in listed["securitiesAccount"]["positions"]}
        assert shown == set(held)


def test_transactions_and_orders(client: Any) -> None:
    hashed = client.linked_accounts().json()[0]["hashValue"]
    now = dt.datetime.now(dt.UTC)
    start = now - dt.timedelta(days=300)
    found = good(
        client.transactions(hashed, start, now, "TRADE"),
        shapes.Many(shapes.TRANSACTION, some=True),
    )
    assert client.transaction_details(hashed, found[0]["activityId"]).json() == [found[0]]
    orders = good(client.account_orders(hashed, start, now), shapes.Many(shapes.ORDER, some=True))
    assert good(client.order_details(hashed, orders[0]["orderId"]), shapes.ORDER) == orders[0]
    recent = client.account_orders_all(now - dt.timedelta(days=30), now, status="FILLED")
    assert {o["status"] for o in good(recent, shapes.Many(shapes.ORDER))} <= {"FILLED"}


def test_preferences(client: Any) -> None:
    good(client.preferences(), shapes.PREFERENCE)


def test_market_data(client: Any) -> None:
    many = client.quotes(["AAPL", "SWPPX", "ZZZZ"]).json()
    assert shapes.problems(many["AAPL"], shapes.EQUITY_QUOTE) == []
    assert shapes.problems(many["SWPPX"], shapes.FUND_QUOTE) == []
    assert many["errors"] == {"invalidSymbols": ["ZZZZ"]}
    assert client.quote("AAPL").json()["AAPL"]["symbol"] == "AAPL"
    history = client.price_history("AAPL", periodType="year", period=1, frequencyType="daily")
    assert len(good(history, shapes.PRICE_HISTORY)["candles"]) > 240
    good(client.market_hours(["equity", "option"]), shapes.MARKETS)
    good(client.market_hour("equity"), shapes.MARKETS)
    found = good(client.instruments("AAPL,MSFT", "fundamental"), shapes.INSTRUMENTS)
    cusip = found["instruments"][0]["cusip"]
    assert good(client.instrument_cusip(cusip), shapes.INSTRUMENTS)


def test_chains_expirations_and_movers(client: Any) -> None:
    days = good(client.option_expiration_chain("SPY"), shapes.EXPIRATIONS)["expirationList"]
    body = good(
        client.option_chains(
            "SPY", contractType="PUT", strikeCount=2, includeUnderlyingQuote=False, range="ALL"
        ),
        shapes.CHAIN,
    )
    assert body["callExpDateMap"] == {}
    assert len(body["putExpDateMap"]) == len(days)
    assert "underlying" not in body
    assert len(good(client.movers("$SPX", sort="VOLUME"), shapes.MOVERS)["screeners"]) == 10
