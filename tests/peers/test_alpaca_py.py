"""alpaca-py 0.44.0, unchanged but for its base addresses, reads the simulated Alpaca.

The client validates what it parses, and refuses enum values and shapes that it does not know. Where
it hands back raw answers (activities), shapes are checked here.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.alpaca_shapes import ACCOUNT, ACTIVITY, LEGACY, ORDER, POSITION, unlike
from support.peers import RunningSim, running_sim

pytestmark = pytest.mark.peers

SINCE = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running_sim(brokers=("schwab", "alpaca")) as found:
        yield found


@pytest.fixture
def origin(sim: RunningSim) -> Any:
    return sim.sim.origin("alpaca")


@pytest.fixture
def trading(origin: Any) -> Iterator[Any]:
    from alpaca.trading.client import TradingClient

    client: Any = TradingClient(
        origin.secrets["live_key_id"],
        origin.secrets["live_secret_key"],
        url_override=f"{origin.base_url}/alpaca/live",
    )
    yield client
    client._session.close()


@pytest.fixture
def stocks(origin: Any) -> Iterator[Any]:
    from alpaca.data.historical import StockHistoricalDataClient

    client = StockHistoricalDataClient(
        origin.secrets["live_key_id"],
        origin.secrets["live_secret_key"],
        url_override=f"{origin.base_url}/alpaca/data",
    )
    yield client
    client._session.close()


def control(origin: Any, path: str, body: Any) -> Any:
    request = urllib.request.Request(  # noqa: S310
        f"{origin.control_url}/{path}", data=json.dumps(body).encode(), method="POST"
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def test_the_account_is_parsed_and_adds_up(trading: Any) -> None:
    account = trading.get_account()
    assert account.status.value == "ACTIVE"
    assert account.pattern_day_trader is None, "gone since July 2026"
    parts = (account.cash, account.long_market_value, account.short_market_value)
    assert sum(Decimal(part) for part in parts) == Decimal(account.equity)
    assert account.multiplier == "2"
    assert trading.get_account_configurations().fractional_trading


def test_the_account_has_exactly_the_known_fields(trading: Any, origin: Any) -> None:
    raw = trading.get("/account")
    assert unlike(raw, ACCOUNT) == []
    control(origin, "switches", {"legacy_account": True})
    try:
        assert unlike(trading.get("/account"), {**ACCOUNT, **LEGACY}) == []
        assert trading.get_account().daytrade_count == 1
    finally:
        control(origin, "switches", {"legacy_account": False})


def test_positions_of_every_kind_are_parsed(trading: Any) -> None:
    held = trading.get_all_positions()
    account = trading.get_account()
    assert {one.asset_class.value for one in held} == {"us_equity", "us_option", "crypto"}
    total = sum(Decimal(one.market_value) for one in held)
    assert total + Decimal(account.cash) == Decimal(account.equity)
    shorts = [one for one in held if one.side.value == "short"]
    assert shorts
    assert all(Decimal(one.qty) < 0 and Decimal(one.market_value) < 0 for one in shorts)
    assert any(Decimal(one.qty) % 1 for one in held)
    for raw in trading.get("/positions"):
        assert unlike(raw, POSITION) == []
        if raw["asset_class"] == "us_equity":
            share = Decimal(raw["unrealized_intraday_plpc"])
            assert abs(share) < Decimal("0.5"), "a factor, not a percentage"
    first = held[0]
    assert trading.get_open_position(first.symbol) == first
    assert trading.get_open_position(first.asset_id) == first


def test_what_is_not_there_is_told_as_the_client_expects(trading: Any) -> None:
    from alpaca.common.exceptions import APIError

    asked: list[tuple[Callable[[], Any], str]] = [
        (lambda: trading.get_open_position("ZZZZQX"), "position does not exist"),
        (lambda: trading.get_asset("ZZZZQX"), "asset not found for ZZZZQX"),
        (lambda: trading.get_order_by_client_id("nobody"), "order not found"),
    ]
    for ask, words in asked:
        with pytest.raises(APIError) as caught:
            ask()
        assert caught.value.code == 40410000
        assert caught.value.message == words
        assert caught.value.status_code == 404


def test_orders_are_parsed_with_their_legs(trading: Any) -> None:
    from alpaca.trading.enums import QueryOrderStatus
    from alpaca.trading.requests import GetOrderByIdRequest, GetOrdersRequest

    wanted = GetOrdersRequest(status=QueryOrderStatus.ALL, limit=500, after=SINCE, nested=True)
    orders = trading.get_orders(wanted)
    assert orders
    assert {one.status.value for one in orders} >= {"filled"}
    assert [one.submitted_at for one in orders] == sorted(
        (one.submitted_at for one in orders), reverse=True
    )
    long_ago = GetOrdersRequest(
        status=QueryOrderStatus.ALL, limit=500, after=SINCE - timedelta(days=200), nested=True
    )
    brackets = [one for one in trading.get_orders(long_ago) if one.legs]
    assert brackets
    for one in brackets:
        assert one.order_class.value == "bracket"
        assert {leg.type.value for leg in one.legs} == {"limit", "stop"}
    first = brackets[0]
    assert trading.get_order_by_client_id(first.client_order_id).id == first.id
    again = trading.get_order_by_id(first.id, GetOrderByIdRequest(nested=True))
    assert again == first
    flat = long_ago.model_copy(update={"nested": False})
    assert len(trading.get_orders(flat)) > len(trading.get_orders(long_ago))
    assert all(one.legs is None for one in trading.get_orders(flat))
    for raw in trading.get("/orders", {"status": "all", "limit": 100}):
        assert unlike(raw, ORDER) == []


def test_activities_are_paged_by_the_last_id(trading: Any) -> None:
    query = {"after": SINCE.isoformat(), "direction": "asc"}
    whole = trading.get("/account/activities", {**query, "page_size": 100})
    assert len(whole) > 7
    found: list[Any] = []
    token = ""
    while True:
        more = {"page_token": token} if token else {}
        page = trading.get("/account/activities", {**query, "page_size": 3, **more})
        found += page
        if len(page) < 3:
            break
        token = page[-1]["id"]
    assert found[: len(whole)] == whole
    for raw in found:
        assert unlike(raw, ACTIVITY[raw["activity_type"] == "FILL"]) == []
    fills = trading.get("/account/activities/FILL", query)
    assert {raw["activity_type"] for raw in fills} == {"FILL"}


def test_activities_fit_the_client_s_own_models(trading: Any) -> None:
    from alpaca.trading.models import NonTradeActivity, TradeActivity

    owner = {"account_id": str(trading.get_account().id)}
    for raw in trading.get("/account/activities", {"page_size": 100}):
        kind = TradeActivity if raw["activity_type"] == "FILL" else NonTradeActivity
        parsed = kind(**{**raw, **owner})
        assert parsed.id == raw["id"]


def test_a_short_sale_may_be_named_in_a_way_that_the_client_does_not_know(
    trading: Any, origin: Any
) -> None:
    query = {"page_size": 100, "activity_types": "FILL"}
    assert {raw["side"] for raw in trading.get("/account/activities", query)} == {"buy", "sell"}
    control(origin, "switches", {"short_sales_named": True})
    sides = {raw["side"] for raw in trading.get("/account/activities", query)}
    assert sides == {"buy", "sell", "sell_short"}


def test_portfolio_history_is_columns_of_numbers(trading: Any, origin: Any) -> None:
    from alpaca.trading.requests import GetPortfolioHistoryRequest

    wanted = GetPortfolioHistoryRequest(period="1M", timeframe="1D", cashflow_types="ALL")
    history = trading.get_portfolio_history(wanted)
    assert len(history.timestamp) == len(history.equity) == len(history.profit_loss) >= 18
    assert history.timeframe == "1D"
    assert {len(column) for column in history.cashflow.values()} == {len(history.equity)}
    # The client cannot read nulls, which Alpaca announced for July 2026.
    raw = trading.get("/account/portfolio/history", {"period": "1A", "timeframe": "1D"})
    assert None in raw["equity"]
    assert raw["equity"].index(None) == raw["profit_loss"].index(None)


def test_assets_clock_and_calendar(trading: Any) -> None:
    from alpaca.trading.enums import AssetClass
    from alpaca.trading.requests import GetAssetsRequest, GetCalendarRequest

    shares = trading.get_all_assets()
    coins = trading.get_all_assets(GetAssetsRequest(asset_class=AssetClass.CRYPTO))
    assert len(shares) > 500
    assert {one.symbol for one in coins} >= {"BTC/USD", "ETH/USD"}
    assert trading.get_asset("AAPL").name == "Apple Inc Common Stock"
    assert trading.get_asset("BTC%2FUSD") == trading.get_asset("BTCUSD")
    clock = trading.get_clock()
    assert clock.next_close > clock.timestamp
    days = trading.get_calendar(
        GetCalendarRequest(start=date(2026, 11, 23), end=date(2026, 11, 30))
    )
    assert [one.date.day for one in days] == [23, 24, 25, 27, 30]
    assert days[3].close.hour == 13, "the day after Thanksgiving is short"


def test_stock_snapshots_quotes_and_bars(stocks: Any) -> None:
    from alpaca.common.exceptions import APIError
    from alpaca.data.enums import Adjustment, DataFeed
    from alpaca.data.requests import StockBarsRequest, StockLatestQuoteRequest, StockSnapshotRequest
    from alpaca.data.timeframe import TimeFrame

    symbols = ["AAPL", "SPY", "ZZZZQX"]
    found = stocks.get_stock_snapshot(
        StockSnapshotRequest(symbol_or_symbols=symbols, feed=DataFeed.IEX)
    )
    assert set(found) == {"AAPL", "SPY"}, "unknown symbols are simply absent"
    assert found["AAPL"].latest_trade.price > 0
    assert found["AAPL"].previous_daily_bar.timestamp < found["AAPL"].daily_bar.timestamp
    latest = stocks.get_stock_latest_quote(
        StockLatestQuoteRequest(symbol_or_symbols="AAPL", feed=DataFeed.IEX)
    )
    assert latest["AAPL"].timestamp == found["AAPL"].latest_quote.timestamp
    bars = stocks.get_stock_bars(
        StockBarsRequest(
            symbol_or_symbols=["AAPL", "MSFT"],
            timeframe=TimeFrame.Day,
            start=datetime(2024, 1, 2, tzinfo=UTC),
            end=datetime(2026, 11, 1, tzinfo=UTC),
            adjustment=Adjustment.SPLIT,
        )
    )
    assert len(bars["AAPL"]) == len(bars["MSFT"]) > 700, "pages are followed"
    assert all(one.low <= one.close <= one.high for one in bars["AAPL"])
    assert all(one.volume > 0 for one in bars["AAPL"])
    with pytest.raises(APIError) as caught:
        stocks.get_stock_snapshot(StockSnapshotRequest(symbol_or_symbols="AAPL"))
    assert caught.value.status_code == 403
    assert "SIP" in str(caught.value)


def test_coins_and_options(origin: Any, trading: Any) -> None:
    from alpaca.data.historical import CryptoHistoricalDataClient, OptionHistoricalDataClient
    from alpaca.data.requests import (
        CryptoBarsRequest,
        CryptoSnapshotRequest,
        OptionSnapshotRequest,
    )
    from alpaca.data.timeframe import TimeFrame

    keys = (origin.secrets["live_key_id"], origin.secrets["live_secret_key"])
    base = f"{origin.base_url}/alpaca/data"
    coins: Any = CryptoHistoricalDataClient(*keys, url_override=base)
    found = coins.get_crypto_snapshot(CryptoSnapshotRequest(symbol_or_symbols=["BTC/USD"]))
    assert found["BTC/USD"].latest_quote.bid_price < found["BTC/USD"].latest_quote.ask_price
    bars = coins.get_crypto_bars(
        CryptoBarsRequest(
            symbol_or_symbols="ETH/USD",
            timeframe=TimeFrame.Day,
            start=datetime(2026, 10, 1, tzinfo=UTC),
            end=datetime(2026, 11, 1, tzinfo=UTC),
        )
    )
    assert len(bars["ETH/USD"]) >= 20
    held = [one.symbol for one in trading.get_all_positions() if len(one.symbol) > 12]
    options: Any = OptionHistoricalDataClient(*keys, url_override=base)
    snapshots = options.get_option_snapshot(OptionSnapshotRequest(symbol_or_symbols=held))
    assert set(snapshots) == set(held)
    assert all(one.greeks is not None for one in snapshots.values())
    coins._session.close()
    options._session.close()


def test_keys_are_for_their_own_account_only(origin: Any) -> None:
    from alpaca.common.exceptions import APIError
    from alpaca.trading.client import TradingClient

    secrets = origin.secrets
    paper: Any = TradingClient(
        secrets["paper_key_id"],
        secrets["paper_secret_key"],
        url_override=f"{origin.base_url}/alpaca/paper",
    )
    assert paper.get_account().account_number.startswith("PA")
    crossed: Any = TradingClient(
        secrets["paper_key_id"],
        secrets["paper_secret_key"],
        url_override=f"{origin.base_url}/alpaca/live",
    )
    with pytest.raises(APIError) as caught:
        crossed.get_account()
    assert caught.value.status_code == 401
    for client in (paper, crossed):
        client._session.close()


def test_a_browser_token_works_as_the_client_sends_it(origin: Any) -> None:
    from alpaca.trading.client import TradingClient

    secrets = origin.secrets
    query = {
        "response_type": "code",
        "client_id": secrets["client_id"],
        "redirect_uri": secrets["callback_url"],
        "state": "a-state",
        "scope": "data",
        "env": "paper",
    }
    url = f"{origin.base_url}/alpaca/app/oauth/authorize?{urllib.parse.urlencode(query)}"
    back = control(origin, "approve", {"url": url, "action": "allow"})["redirect"]
    returned = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
    assert returned["state"] == "a-state"
    form = {
        "grant_type": "authorization_code",
        "code": returned["code"],
        "client_id": secrets["client_id"],
        "client_secret": secrets["client_secret"],
        "redirect_uri": secrets["callback_url"],
    }
    token_url = f"{origin.base_url}/alpaca/live/oauth/token"
    body = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(token_url, data=body, timeout=10) as answer:  # noqa: S310
        token = json.load(answer)
    assert set(token) == {"access_token", "token_type", "scope"}, "no lifetime, nothing to renew"
    client: Any = TradingClient(
        oauth_token=token["access_token"], url_override=f"{origin.base_url}/alpaca/paper"
    )
    assert client.get_account().account_number.startswith("PA")
    client._session.close()
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(token_url, data=body, timeout=10)  # noqa: S310
    assert caught.value.code == 422, "a code is for one use"
    caught.value.close()


def test_the_throttle_is_one_that_the_client_waits_out(origin: Any, monkeypatch: Any) -> None:
    from alpaca.trading.client import TradingClient

    control(origin, "switches", {"throttle_per_minute": 2})
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        control(origin, "switches", {"throttle_per_minute": None})

    monkeypatch.setattr("alpaca.common.rest.time.sleep", sleep)
    client: Any = TradingClient(
        origin.secrets["live_key_id"],
        origin.secrets["live_secret_key"],
        url_override=f"{origin.base_url}/alpaca/live",
    )
    for _ in range(3):
        assert client.get_clock().timestamp
    assert waited == [3]
    client._session.close()
