"""schwab-py 1.5.1, unchanged but for where its requests go, reads the simulated Schwab."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from support import schwab_shapes as shapes
from support.peers import RunningSim, running_sim
from support.peers_schwab import Stored, schwab_py_auth
from support.peers_schwab import schwab_py_signed_in as signed_in

pytestmark = pytest.mark.peers


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running_sim() as found:
        yield found


@pytest.fixture
def auth(sim: RunningSim, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The client's own sign-in module, its requests sent to the simulator."""
    with schwab_py_auth(sim, monkeypatch) as found:
        yield found


@pytest.fixture
def client(sim: RunningSim, auth: Any) -> Any:
    return signed_in(sim, auth)[0]


def good(answer: Any, shape: Any) -> Any:
    assert answer.status_code == 200, answer.text
    assert shapes.problems(answer.json(), shape) == []
    return answer.json()


def test_the_code_exchange_gives_the_token_that_the_client_keeps(
    sim: RunningSim, auth: Any
) -> None:
    _, stored = signed_in(sim, auth)
    token = dict(stored.token["token"])
    assert token.pop("expires_at") == pytest.approx(time.time() + 1800, abs=30)
    assert shapes.problems(token, shapes.TOKENS) == []
    assert sim.paths("POST") == ["/v1/oauth/token"]


def test_a_wrong_state_is_the_client_s_to_refuse(sim: RunningSim, auth: Any) -> None:
    secrets = sim.secrets
    context = auth.get_auth_context(secrets["app_key"], secrets["callback_url"])
    callback = sim.approve(context.authorization_url).replace("state=", "state=x")
    with pytest.raises(Exception, match=r"(?i)state"):
        auth.client_from_received_url(
            secrets["app_key"], secrets["app_secret"], context, callback, Stored().write
        )


def test_an_old_access_token_is_refreshed_once_and_the_refresh_token_stays(
    sim: RunningSim, auth: Any
) -> None:
    _, stored = signed_in(sim, auth)
    before = stored.token["token"]
    stored.token["token"]["expires_at"] = int(time.time()) + 100
    sim.control("POST", "clock", {"advance": 1790})
    client = auth.client_from_access_functions(
        sim.secrets["app_key"], sim.secrets["app_secret"], lambda: stored.token, stored.write
    )
    for _ in range(3):
        good(client.get_account_numbers(), shapes.ACCOUNT_NUMBERS)
    after = stored.token["token"]
    assert after["refresh_token"] == before["refresh_token"]
    assert after["access_token"] != before["access_token"]
    assert sim.paths("POST") == ["/v1/oauth/token", "/v1/oauth/token"]


def test_a_dead_refresh_token_is_the_error_that_the_client_knows(
    sim: RunningSim, auth: Any
) -> None:
    from authlib.integrations.base_client import OAuthError

    _, stored = signed_in(sim, auth)
    stored.token["token"]["expires_at"] = 1
    sim.control("POST", "tokens/expire", {"kind": "refresh"})
    client = auth.client_from_access_functions(
        sim.secrets["app_key"], sim.secrets["app_secret"], lambda: stored.token, stored.write
    )
    with pytest.raises(OAuthError) as told:
        client.get_account_numbers()
    assert told.value.error == "unsupported_token_type"
    assert "refresh_token_authentication_error" in told.value.description


def test_five_calls_at_once_refresh_once(sim: RunningSim, auth: Any) -> None:
    import asyncio

    _, stored = signed_in(sim, auth)
    stored.token["token"]["expires_at"] = 1

    async def five() -> list[int]:
        client = auth.client_from_access_functions(
            sim.secrets["app_key"],
            sim.secrets["app_secret"],
            lambda: stored.token,
            stored.write,
            asyncio=True,
        )
        try:
            answers = await asyncio.gather(*(client.get_accounts() for _ in range(5)))
        finally:
            await client.close_async_session()
        return [answer.status_code for answer in answers]

    assert asyncio.run(five()) == [200] * 5
    assert sim.paths("POST") == ["/v1/oauth/token", "/v1/oauth/token"]


def test_accounts_and_positions(sim: RunningSim, client: Any) -> None:
    numbers = good(client.get_account_numbers(), shapes.ACCOUNT_NUMBERS)
    plain = client.get_accounts().json()
    assert [a["securitiesAccount"]["accountNumber"] for a in plain] == [
        pair["accountNumber"] for pair in numbers
    ]
    fields = client.Account.Fields.POSITIONS
    for pair in numbers:
        one = client.get_account(pair["hashValue"], fields=fields)
        kind = one.json()["securitiesAccount"]["type"]
        body = good(one, shapes.account_shape(kind))["securitiesAccount"]
        account = sim.sim.exchange.account(pair["accountNumber"])
        assert account is not None
        held = account.book_at(sim.sim.clock.now()).holdings
        assert {
            p["instrument"]["symbol"]: p["longQuantity"] - p["shortQuantity"]
            for p in body["positions"]
        } == {symbol: pytest.approx(float(holding.quantity)) for symbol, holding in held.items()}
    raw = client.get_account(numbers[0]["accountNumber"])
    assert (raw.status_code, raw.json()) == (400, {"message": "Invalid account number"})


def test_transactions(client: Any) -> None:
    hashed = client.get_account_numbers().json()[0]["hashValue"]
    found = good(client.get_transactions(hashed), shapes.Many(shapes.TRANSACTION, some=True))
    one = client.get_transaction(hashed, found[0]["activityId"])
    assert one.json() == [found[0]]
    wanted = client.Transactions.TransactionType.TRADE
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=300)
    trades = client.get_transactions(hashed, start_date=start, transaction_types=[wanted]).json()
    assert {trade["type"] for trade in trades} == {"TRADE"}


def test_orders(client: Any) -> None:
    hashed = client.get_account_numbers().json()[0]["hashValue"]
    found = good(client.get_orders_for_account(hashed), shapes.Many(shapes.ORDER, some=True))
    assert good(client.get_order(found[0]["orderId"], hashed), shapes.ORDER) == found[0]
    everywhere = good(
        client.get_orders_for_all_linked_accounts(), shapes.Many(shapes.ORDER, some=True)
    )
    assert {order["orderId"] for order in found} < {order["orderId"] for order in everywhere}
    status = client.Order.Status.FILLED
    filled = client.get_orders_for_account(hashed, status=status).json()
    assert {order["status"] for order in filled} == {"FILLED"}


def test_preferences(client: Any) -> None:
    body = good(client.get_user_preferences(), shapes.PREFERENCE)
    assert urlsplit(body["streamerInfo"][0]["streamerSocketUrl"]).hostname == "127.0.0.1"


def test_quotes(client: Any) -> None:
    one = client.get_quote("AAPL").json()
    assert shapes.problems(one["AAPL"], shapes.EQUITY_QUOTE) == []
    many = client.get_quotes(["MSFT", "$SPX", "ZZZZ"]).json()
    assert shapes.problems(many["MSFT"], shapes.EQUITY_QUOTE) == []
    assert shapes.problems(many["$SPX"], shapes.INDEX_QUOTE) == []
    assert many["errors"] == {"invalidSymbols": ["ZZZZ"]}
    fields = [client.Quote.Fields.QUOTE]
    assert "fundamental" not in client.get_quote("AAPL", fields=fields).json()["AAPL"]
    assert client.get_quote("ZZZZ").status_code == 404


def test_a_halt_and_the_usual_volume_in_a_quote(sim: RunningSim, client: Any) -> None:
    before = client.get_quote("AAPL").json()["AAPL"]
    assert before["quote"]["securityStatus"] == "Normal"
    assert before["fundamental"]["avg10DaysVolume"] > 0
    sim.control("POST", "switches", {"halted": ["AAPL"]})
    after = client.get_quotes(["AAPL", "MSFT"]).json()
    assert after["AAPL"]["quote"]["securityStatus"] == "Halted"
    assert after["MSFT"]["quote"]["securityStatus"] == "Normal"
    assert shapes.problems(after["AAPL"], shapes.EQUITY_QUOTE) == []


@pytest.mark.parametrize(
    "name",
    [
        "minute",
        "five_minutes",
        "ten_minutes",
        "fifteen_minutes",
        "thirty_minutes",
        "day",
        "week",
    ],
)
def test_price_history(client: Any, name: str) -> None:
    start = dt.datetime.now(dt.UTC) - dt.timedelta(days=20)
    call = getattr(client, f"get_price_history_every_{name}")
    body = good(call("AAPL", start_datetime=start), shapes.PRICE_HISTORY)
    assert len(body["candles"]) >= 3
    assert body["empty"] is False
    stamps = [candle["datetime"] for candle in body["candles"]]
    assert stamps == sorted(stamps)


def test_price_history_by_period(client: Any) -> None:
    kinds = client.PriceHistory
    answer = client.get_price_history(
        "AAPL",
        period_type=kinds.PeriodType.YEAR,
        period=kinds.Period.FIVE_YEARS,
        frequency_type=kinds.FrequencyType.MONTHLY,
        frequency=kinds.Frequency.MONTHLY,
        need_previous_close=True,
    )
    assert 59 <= len(good(answer, shapes.PRICE_HISTORY)["candles"]) <= 62


def test_markets_and_instruments(client: Any) -> None:
    markets = list(client.MarketHours.Market)
    body = good(client.get_market_hours(markets), shapes.MARKETS)
    assert body.keys() == {"equity", "option", "bond", "future", "forex"}
    for projection in client.Instrument.Projection:
        answer = client.get_instruments("AAPL", projection)
        found = good(answer, shapes.INSTRUMENTS)["instruments"]
        if projection.value in ("symbol-search", "search", "symbol-regex", "fundamental"):
            assert "AAPL" in [instrument["symbol"] for instrument in found]
    cusip = client.get_quote("AAPL").json()["AAPL"]["reference"]["cusip"]
    body = good(client.get_instrument_by_cusip(cusip), shapes.INSTRUMENTS)
    assert body["instruments"][0]["symbol"] == "AAPL"


def test_chains_expirations_and_movers(client: Any) -> None:
    days = good(client.get_option_expiration_chain("AAPL"), shapes.EXPIRATIONS)["expirationList"]
    assert days[0]["daysToExpiration"] >= 0
    kinds = client.Options
    body = good(
        client.get_option_chain(
            "AAPL",
            contract_type=kinds.ContractType.CALL,
            strike_count=3,
            include_underlying_quote=True,
            strategy=kinds.Strategy.SINGLE,
            strike_range=kinds.StrikeRange.ALL,
            to_date=dt.date.fromisoformat(days[-1]["expirationDate"]),
            exp_month=kinds.ExpirationMonth.ALL,
            option_type=kinds.Type.ALL,
        ),
        shapes.CHAIN,
    )
    assert body["putExpDateMap"] == {}
    assert [key.partition(":")[0] for key in body["callExpDateMap"]] == [
        day["expirationDate"] for day in days
    ]
    assert body["numberOfContracts"] == 3 * len(days)
    assert body["underlying"]["symbol"] == "AAPL"
    kinds = client.Movers
    answer = client.get_movers(
        kinds.Index.NASDAQ,
        sort_order=kinds.SortOrder.PERCENT_CHANGE_UP,
        frequency=kinds.Frequency.ZERO,
    )
    assert len(good(answer, shapes.MOVERS)["screeners"]) == 10
