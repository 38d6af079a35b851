"""alpaca-py's three stream clients, unchanged but for where they go, on the simulated sockets.

They speak MessagePack to the market data sockets and JSON in binary frames to the account's.
"""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.clock import FakeClock
from support.peers import RunningSim, running_sim

from brokerdesk.simulator.alpaca.data import quote_answer, trade_answer

pytestmark = pytest.mark.peers

BEFORE_FILLS = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
OPTION = "AAPL261218C00190000"
PADDED = "AAPL  261218C00190000"


@pytest.fixture
def sim() -> Iterator[RunningSim]:
    with running_sim(brokers=("schwab", "alpaca"), clock=FakeClock(BEFORE_FILLS)) as found:
        control(found, "switches", {"stream_interval": 0})
        yield found


def control(sim: RunningSim, path: str, body: Any) -> Any:
    url = f"{sim.sim.origin('alpaca').control_url}/{path}"
    request = urllib.request.Request(url, data=json.dumps(body).encode(), method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return json.load(answer)


def where(sim: RunningSim, path: str) -> str:
    return sim.sim.origin("alpaca").base_url.replace("http:", "ws:") + path


def keys(sim: RunningSim, venue: str = "live") -> tuple[str, str]:
    secrets = sim.sim.origin("alpaca").secrets
    return secrets[f"{venue}_key_id"], secrets[f"{venue}_secret_key"]


class Heard:
    """What a client's handler was given; runs the client on a thread of its own."""

    def __init__(self, sim: RunningSim, stream: Any) -> None:
        self.sim = sim
        self.stream = stream
        self.found: list[Any] = []
        self._moved = threading.Event()
        self._thread = threading.Thread(target=stream.run, name="alpaca-py")

    async def hear(self, given: Any) -> None:
        self.found.append(given)
        self._moved.set()

    def __enter__(self) -> Heard:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.stop()
        # The client looks at its orders to stop once in five seconds, or when something comes.
        self.tick(1)
        self._thread.join(20)
        assert not self._thread.is_alive()

    def tick(self, seconds: float) -> None:
        control(self.sim, "clock", {"advance": seconds})
        control(self.sim, "stream", {"action": "tick"})

    def until(self, good: Callable[[], object], seconds: float = 1.0) -> None:
        """Let the market move until the client knows enough."""
        for _ in range(200):
            if good():
                return
            self._moved.clear()
            self.tick(seconds)
            self._moved.wait(0.1)
        raise AssertionError(f"after {len(self.found)} records")


def test_stocks_are_told_as_trades_quotes_and_bars(sim: RunningSim) -> None:
    from alpaca.data.live import StockDataStream
    from alpaca.data.models import Bar, Quote, Trade

    stream: Any = StockDataStream(*keys(sim), url_override=where(sim, "/alpaca/stream/v2/iex"))
    heard = Heard(sim, stream)
    stream.subscribe_trades(heard.hear, "AAPL")
    stream.subscribe_quotes(heard.hear, "AAPL", "SPY")
    stream.subscribe_bars(heard.hear, "AAPL")
    with heard:
        heard.until(lambda: {Trade, Quote, Bar} <= {type(one) for one in heard.found}, 20)
    market = sim.sim.dialect("alpaca").exchange.market
    assert {one.symbol for one in heard.found if isinstance(one, Quote)} == {"AAPL", "SPY"}
    for one in heard.found:
        if isinstance(one, Bar):
            assert one.low <= min(one.open, one.close) <= max(one.open, one.close) <= one.high
            continue
        second = one.timestamp.replace(microsecond=0)
        if isinstance(one, Trade):
            known = trade_answer(market, one.symbol, second)
            assert Decimal(repr(one.price)) == known["p"]
            assert one.conditions == ["@"]
        else:
            known = quote_answer(market, one.symbol, second)
            assert Decimal(repr(one.bid_price)) == known["bp"]
            assert Decimal(repr(one.ask_price)) == known["ap"]


def test_halts_are_told_in_the_words_of_either_tape(sim: RunningSim) -> None:
    from alpaca.data.live import StockDataStream
    from alpaca.data.models import TradingStatus

    stream: Any = StockDataStream(*keys(sim), url_override=where(sim, "/alpaca/stream/v2/iex"))
    heard = Heard(sim, stream)
    stream.subscribe_trading_statuses(heard.hear, "*")
    stream.subscribe_quotes(heard.hear, "MSFT")

    def statuses() -> dict[str, str]:
        return {
            one.symbol: f"{one.tape} {one.status_code} {one.status_message}"
            for one in heard.found if isinstance(one, TradingStatus)
        }  # fmt: skip

    with heard:
        heard.until(lambda: heard.found)
        control(sim, "switches", {"halted": ["AAPL", "SPY"]})
        heard.until(lambda: len(statuses()) == 2)
        assert statuses() == {"AAPL": "C H Trading Halt", "SPY": "B 2 Trading Halt"}
        control(sim, "switches", {"halted": []})
        heard.until(lambda: "Trading Halt" not in " ".join(statuses().values()))
        assert statuses() == {"AAPL": "C T Trading Resumption", "SPY": "B 3 Resume"}


def test_subscriptions_change_while_the_client_runs(sim: RunningSim) -> None:
    from alpaca.data.live import StockDataStream

    stream: Any = StockDataStream(*keys(sim), url_override=where(sim, "/alpaca/stream/v2/iex"))
    heard = Heard(sim, stream)
    stream.subscribe_quotes(heard.hear, "AAPL")
    with heard:
        heard.until(lambda: heard.found)
        stream.subscribe_quotes(heard.hear, "MSFT")
        heard.until(lambda: any(one.symbol == "MSFT" for one in heard.found))
        stream.unsubscribe_quotes("AAPL")
        heard.until(lambda: "AAPL" not in subscribed(sim))
        heard.found.clear()
        heard.until(lambda: len(heard.found) >= 3)
        assert {one.symbol for one in heard.found} == {"MSFT"}


def subscribed(sim: RunningSim) -> set[str]:
    lines = sim.sim.dialect("alpaca").streamer.lines  # type: ignore[attr-defined]
    return {name for line in lines for name in line._subscribed.get("quotes", ())}


def test_coins_and_options_have_sockets_of_their_own(sim: RunningSim) -> None:
    from alpaca.data.live import CryptoDataStream, OptionDataStream

    coins: Any = CryptoDataStream(
        *keys(sim), url_override=where(sim, "/alpaca/stream/v1beta3/crypto/us")
    )
    heard = Heard(sim, coins)
    coins.subscribe_quotes(heard.hear, "BTC/USD")
    coins.subscribe_trades(heard.hear, "BTC/USD")
    with heard:
        heard.until(lambda: len(heard.found) >= 4)
    market = sim.sim.dialect("alpaca").exchange.market
    for one in heard.found:
        if hasattr(one, "bid_price"):
            known = quote_answer(market, "BTC/USD", one.timestamp.replace(microsecond=0))
            assert Decimal(repr(one.bid_price)) == known["bp"]

    options: Any = OptionDataStream(
        *keys(sim), url_override=where(sim, "/alpaca/stream/v1beta1/indicative")
    )
    heard = Heard(sim, options)
    options.subscribe_quotes(heard.hear, OPTION)
    with heard:
        heard.until(lambda: heard.found, 30)
    (first, *_) = heard.found
    known = quote_answer(market, PADDED, first.timestamp.replace(microsecond=0))
    assert first.symbol == OPTION
    assert Decimal(repr(first.ask_price)) == known["ap"]


def test_refusals_are_those_that_the_client_knows(
    sim: RunningSim,
) -> None:
    from alpaca.data.live import StockDataStream

    url = where(sim, "/alpaca/stream/v2/iex")

    async def play() -> None:
        wrong: Any = StockDataStream("PKWRONG", "wrong", url_override=url)
        await wrong._connect()
        with pytest.raises(ValueError, match="auth failed"):
            await wrong._auth()
        await wrong.close()
        unpaid: Any = StockDataStream(*keys(sim), url_override=url.replace("iex", "sip"))
        await unpaid._connect()
        with pytest.raises(ValueError, match="insufficient subscription"):
            await unpaid._auth()
        await unpaid.close()
        first: Any = StockDataStream(*keys(sim), url_override=url)
        second: Any = StockDataStream(*keys(sim), url_override=url)
        await first._start_ws()
        await second._connect()
        with pytest.raises(ValueError, match="connection limit exceeded"):
            await second._auth()
        await second.close()
        await first.close()
        await second._start_ws()
        await second.close()

    asyncio.run(play())


def test_fills_of_the_customer_s_orders_are_parsed(sim: RunningSim) -> None:
    from alpaca.trading.enums import OrderStatus, TradeEvent
    from alpaca.trading.stream import TradingStream

    stream: Any = TradingStream(*keys(sim), url_override=where(sim, "/alpaca/live/stream"))
    heard = Heard(sim, stream)
    stream.subscribe_trade_updates(heard.hear)
    with heard:
        heard.until(
            lambda: any(one.event == TradeEvent.FILL for one in heard.found),
            timedelta(days=1).total_seconds(),
        )
    fill = next(one for one in heard.found if one.event == TradeEvent.FILL)
    account = sim.sim.dialect("alpaca").exchange.accounts[0]
    known = {
        order.fills[-1].at.replace(microsecond=0): order
        for order in account.orders(BEFORE_FILLS, sim.sim.clock.now())
        if order.fills
    }[fill.timestamp.replace(microsecond=0)]
    assert fill.order.status is OrderStatus.FILLED
    assert Decimal(repr(fill.qty)) == known.fills[-1].quantity
    assert Decimal(repr(fill.price)) == known.fills[-1].price
    assert Decimal(fill.order.filled_qty) == known.quantity
    assert fill.order.legs is None
    held = account.book_at(known.fills[-1].at).quantity(known.symbol)
    assert Decimal(repr(fill.position_qty)) == held


def test_wrong_keys_for_an_account_are_refused(sim: RunningSim) -> None:
    from alpaca.trading.stream import TradingStream

    async def play() -> None:
        stream: Any = TradingStream(
            *keys(sim, "paper"), url_override=where(sim, "/alpaca/live/stream")
        )
        await stream._connect()
        with pytest.raises(ValueError, match="failed to authenticate"):
            await stream._auth()
        await stream.close()

    asyncio.run(play())


def test_the_account_s_socket_tells_what_becomes_of_own_orders(sim: RunningSim) -> None:
    from alpaca.trading.client import TradingClient
    from alpaca.trading.enums import OrderSide, TimeInForce
    from alpaca.trading.requests import LimitOrderRequest, MarketOrderRequest
    from alpaca.trading.stream import TradingStream

    base = sim.sim.origin("alpaca").base_url + "/alpaca/live"
    client: Any = TradingClient(*keys(sim), url_override=base)
    heard = Heard(sim, TradingStream(*keys(sim), url_override=where(sim, "/alpaca/live/stream")))
    heard.stream.subscribe_trade_updates(heard.hear)
    usual = {"symbol": "AAPL", "side": OrderSide.BUY, "time_in_force": TimeInForce.DAY}

    def events(id_: Any) -> list[str]:
        mine = (one for one in heard.found if one.order.id == id_)
        return [str(getattr(one.event, "value", one.event)) for one in mine]

    with heard:
        lines = sim.sim.dialect("alpaca").streamer.lines  # type: ignore[attr-defined]
        heard.until(lambda: any(line._since is not None for line in lines))
        bought = client.submit_order(MarketOrderRequest(qty=2, **usual))
        waits = client.submit_order(LimitOrderRequest(qty=5, limit_price=100, **usual))
        heard.until(lambda: "fill" in events(bought.id) and events(waits.id))
        client.cancel_order_by_id(waits.id)
        heard.until(lambda: "canceled" in events(waits.id))
    client._session.close()
    assert events(bought.id) == ["new", "fill"]
    assert events(waits.id) == ["new", "pending_cancel", "canceled"]
    fill = next(one for one in heard.found if one.order.id == bought.id and one.qty)
    assert (fill.qty, fill.order.filled_qty) == (2, "2")
    assert len({one.execution_id for one in heard.found}) == len(heard.found)
