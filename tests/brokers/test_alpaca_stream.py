"""Alpaca's lines end to end: the adapter on the simulated sockets."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.alpaca_stream import APPLE, CALL, COIN, FUND, NOBODY, StreamRig, stream_rig

from brokerdesk.brokers.alpaca import SPEC, stream_socket
from brokerdesk.brokers.streaming import (
    AccountMoved,
    LineState,
    NotTold,
    StreamsAccounts,
    StreamsQuotes,
    Told,
)
from brokerdesk.domain.kinds import AssetType, Environment, OrderStatus, PriceFeed
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerRefusedError,
    BrokerUnavailableError,
    RateLimitedError,
)

IEX, COINS, OPTIONS = (
    "/alpaca/stream/v2/iex",
    "/alpaca/stream/v1beta3/crypto/us",
    "/alpaca/stream/v1beta1/indicative",
)
SIP = "/alpaca/stream/v2/sip"


@pytest.fixture
async def rig() -> AsyncIterator[StreamRig]:
    async with stream_rig() as made:
        yield made


def shares(*symbols: str) -> list[QuoteKey]:
    return [QuoteKey(symbol, AssetType.EQUITY, "USD") for symbol in symbols]


def sockets(rig: StreamRig) -> list[str]:
    """The sockets that were opened, in order."""
    return [path for path in rig.rig.requests() if path.endswith("/stream") or "/stream/" in path]


# --- what it is ---------------------------------------------------------------------------------


def test_it_says_that_it_streams_and_where() -> None:
    assert SPEC.capabilities.streaming
    for environment in (Environment.LIVE, Environment.PAPER):
        assert "stream.data.alpaca.markets" in SPEC.hosts[environment]


async def test_what_it_carries_is_known_without_asking(rig: StreamRig) -> None:
    assert isinstance(rig.session, StreamsQuotes)
    assert isinstance(rig.session, StreamsAccounts)
    stream = rig.session.quote_stream()
    assert stream.most == 30
    carried = (APPLE, FUND, COIN, CALL, QuoteKey("BRK.B", AssetType.EQUITY, "USD"))
    assert [stream.carries(key) for key in carried] == [True] * 5
    assert stream.carries(QuoteKey("BTCUSD", AssetType.CRYPTO, "USD"))
    assert stream.carries(QuoteKey("AAPL261218C00190000", AssetType.OPTION, "USD"))
    for foreign in (
        QuoteKey("AAPL", AssetType.EQUITY, "EUR"),
        QuoteKey("AAPL", AssetType.OPTION, "USD"),
        QuoteKey("BTC/USD", AssetType.EQUITY, "USD"),
        QuoteKey("ETH/BTC", AssetType.CRYPTO, "USD"),
        QuoteKey("BTC", AssetType.CRYPTO, "USD"),
        QuoteKey(CALL.symbol, AssetType.EQUITY, "USD"),
        QuoteKey("AAPL,MSFT", AssetType.EQUITY, "USD"),
        QuoteKey("*", AssetType.EQUITY, "USD"),
        QuoteKey("", AssetType.EQUITY, "USD"),
        QuoteKey("VFIAX", AssetType.MUTUAL_FUND, "USD"),
        QuoteKey("912810AB1", AssetType.FIXED_INCOME, "USD"),
    ):
        assert not stream.carries(foreign), foreign
    assert not sockets(rig)


# --- prices -------------------------------------------------------------------------------------


async def test_a_quote_begins_whole_and_moves_as_rest_says(rig: StreamRig) -> None:
    keys = (APPLE, FUND, COIN, CALL)
    listener = rig.prices(*keys)
    await rig.subscribed(listener, *keys)
    assert listener.states == ["connecting", "live"]
    first = listener.quotes()
    asked = {one.symbol: one for one in await rig.session.quotes([key.symbol for key in keys])}
    for key, quote in first.items():
        rest = asked[key.symbol]
        assert (quote.symbol, quote.source) == (key.symbol, "alpaca")
        assert (quote.bid, quote.ask, quote.last) == (rest.bid, rest.ask, rest.last)
        assert quote.previous_close == rest.previous_close
        assert quote.as_of is not None
        assert quote.as_of.tzinfo is UTC
    seen = len(listener.all(Told))
    await rig.tick(60)
    await listener.until(lambda: len(listener.all(Told)) >= seen + 4)
    asked = {one.symbol: one for one in await rig.session.quotes([key.symbol for key in keys])}
    for key, quote in listener.quotes().items():
        rest = asked[key.symbol]
        assert (quote.bid, quote.ask, quote.last) == (rest.bid, rest.ask, rest.last)
        assert quote.previous_close == rest.previous_close
        assert quote.fetched_at == rig.rig.clock.now()
        assert quote.as_of is not None
        before = first[key].as_of
        assert before is not None
        assert quote.as_of - before > timedelta(seconds=50)
        assert all(isinstance(one, Decimal) for one in (quote.bid, quote.ask, quote.last))
    assert listener.quotes()[APPLE].last != first[APPLE].last


async def test_every_feed_is_named_as_fresh_as_it_is(rig: StreamRig) -> None:
    listener = rig.prices(APPLE, COIN, CALL)
    await rig.subscribed(listener, APPLE, COIN, CALL)
    feeds = {key: quote.feed for key, quote in listener.quotes().items()}
    assert feeds == {
        APPLE: PriceFeed.REAL_TIME,
        COIN: PriceFeed.REAL_TIME,
        CALL: PriceFeed.DELAYED,
    }
    assert sorted(sockets(rig)) == sorted([IEX, COINS, OPTIONS])


async def test_only_what_is_wanted_is_connected_to(rig: StreamRig) -> None:
    listener = rig.prices(COIN)
    await rig.subscribed(listener, COIN)
    assert sockets(rig) == [COINS]
    listener.stream.want(frozenset({COIN, APPLE}))
    await rig.subscribed(listener, APPLE)
    assert sockets(rig) == [COINS, IEX]
    assert listener.states == ["connecting", "live"]


async def test_nothing_wanted_is_nothing_opened(rig: StreamRig) -> None:
    listener = rig.prices()
    await listener.until(lambda: listener.states)
    listener.stream.want(frozenset({APPLE}))
    await rig.subscribed(listener, APPLE)
    assert sockets(rig) == [IEX]


async def test_what_is_wanted_may_change_at_any_time(rig: StreamRig) -> None:
    microsoft, nvidia = shares("MSFT", "NVDA")
    listener = rig.prices(APPLE, microsoft)
    await rig.subscribed(listener, APPLE, microsoft)
    listener.stream.want(frozenset({microsoft, nvidia}))
    await rig.subscribed(listener, nvidia)
    (line,) = rig.lines
    assert set(line._subscribed["trades"]) == {"MSFT", "NVDA"}
    assert set(line._subscribed["quotes"]) == {"MSFT", "NVDA"}
    listener.events.clear()
    await rig.tick(60)
    await listener.until(lambda: set(listener.quotes()) >= {microsoft, nvidia})
    assert APPLE not in listener.quotes()
    listener.stream.want(frozenset({APPLE}))
    await listener.until(lambda: APPLE in listener.quotes())
    assert listener.quotes()[APPLE].fetched_at == rig.rig.clock.now()


async def test_a_share_and_a_coin_of_the_same_letters_are_two_things(rig: StreamRig) -> None:
    """And what one broker calls a share and another a fund is one, told under both keys."""
    share = QuoteKey("SPY", AssetType.EQUITY, "USD")
    listener = rig.prices(FUND, share, COIN, QuoteKey("BTCUSD", AssetType.CRYPTO, "USD"))
    await listener.until(lambda: len(listener.quotes()) == 4)
    quotes = listener.quotes()
    assert quotes[FUND].last == quotes[share].last
    assert quotes[COIN].last == quotes[QuoteKey("BTCUSD", AssetType.CRYPTO, "USD")].last
    assert quotes[FUND].last != quotes[COIN].last
    assert {key.symbol: quote.symbol for key, quote in quotes.items()} == {
        "SPY": "SPY",
        "BTC/USD": "BTC/USD",
        "BTCUSD": "BTCUSD",
    }


async def test_unknown_symbols_are_not_told_and_cost_the_others_nothing(rig: StreamRig) -> None:
    foreign = QuoteKey("VFIAX", AssetType.MUTUAL_FUND, "USD")
    listener = rig.prices(NOBODY, APPLE, foreign)
    await rig.subscribed(listener, APPLE)
    await listener.until(lambda: len(listener.refusals) == 2)
    assert listener.refusals[NOBODY] == "Alpaca knows no such symbol."
    assert "from time to time" in listener.refusals[foreign]


# --- limits and subscriptions -------------------------------------------------------------------


async def test_trades_go_before_quotes_where_there_is_not_room_for_both(rig: StreamRig) -> None:
    symbols = [one.symbol for one in _listed(20)]
    listener = rig.prices(*shares(*symbols))
    await rig.subscribed(listener, *shares(*symbols))
    (line,) = rig.lines
    assert set(line._subscribed["trades"]) == set(symbols)
    assert len(line._subscribed["quotes"]) == 10
    assert not listener.all(NotTold)


async def test_more_than_the_line_takes_is_said_at_once(rig: StreamRig) -> None:
    keys = shares(*(one.symbol for one in _listed(40)))
    listener = rig.prices(*keys)
    await listener.until(lambda: len(listener.refusals) == 10)
    assert all("no more symbols" in why for why in listener.refusals.values())
    (line,) = rig.lines
    await rig.until(lambda: line.symbols == 30)


async def test_a_smaller_limit_than_known_is_found_out(rig: StreamRig) -> None:
    """405 leaves the subscription as it was: halves are tried until it is known what fits."""
    rig.switch(stream_symbols=5)
    keys = shares(*(one.symbol for one in _listed(12)))
    listener = rig.prices(*keys)
    await listener.until(lambda: len(listener.refusals) >= 7)
    (line,) = rig.lines
    await rig.until(lambda: len(line._subscribed["trades"]) == 5)
    assert len(listener.refusals) == 7
    told = {key for key in keys if key.symbol in line._subscribed["trades"]}
    assert told == set(keys) - set(listener.refusals)


def _listed(count: int) -> list[Any]:
    from brokerdesk.simulator.market.listings import Kind, of_kind

    return list(of_kind(Kind.EQUITY)[:count])


async def test_all_exchanges_for_those_who_subscribed_to_them(rig: StreamRig) -> None:
    rig.switch(free_data=False)
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)
    assert sockets(rig) == [SIP]
    assert listener.stream.most is None
    await listener.stop()
    again = rig.prices(FUND)
    await rig.subscribed(again, FUND)
    assert rig.session.quote_stream().most is None


async def test_a_subscription_that_ended_falls_back_to_one_exchange(rig: StreamRig) -> None:
    rig.switch(free_data=False)
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)
    await listener.stop()
    rig.switch(free_data=True)
    again = rig.prices(APPLE)
    await rig.subscribed(again, APPLE)
    assert sockets(rig) == [SIP, SIP, IEX]
    assert again.stream.most == 30


async def test_a_place_that_another_program_has_does_not_cost_the_others(rig: StreamRig) -> None:
    first = rig.prices(COIN)
    await rig.subscribed(first, COIN)
    second = rig.prices(COIN, APPLE)
    await rig.subscribed(second, APPLE)
    await second.until(lambda: COIN in second.refusals)
    assert "Another program" in second.refusals[COIN]
    assert APPLE not in second.refusals


async def test_when_all_are_taken_the_next_try_waits_a_minute_and_a_half(rig: StreamRig) -> None:
    rig.switch(stream_connections=0)
    listener = rig.prices(COIN, APPLE)
    error = await listener.error()
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == 90
    assert "live" not in listener.states


# --- signing in ---------------------------------------------------------------------------------


async def test_a_login_from_the_browser_opens_the_same_lines() -> None:
    async with stream_rig(oauth=True) as rig:
        listener = rig.prices(APPLE, CALL)
        await rig.subscribed(listener, APPLE, CALL)
        news = rig.news()
        await news.until(lambda: "live" in news.states)
        assert sorted(sockets(rig)[-2:]) == ["/alpaca/live/stream", "/alpaca/paper/stream"]


@pytest.mark.parametrize("kind", ["prices", "news"])
async def test_a_key_that_was_taken_back_ends_the_login(rig: StreamRig, kind: str) -> None:
    await rig.session.accounts()
    rig.session._lines()._entitled.every_exchange = False
    await rig.rig.expire("keys")
    listener = rig.prices(COIN) if kind == "prices" else rig.news()
    error = await listener.error()
    assert isinstance(error, AuthExpiredError)
    assert sockets(rig)  # the socket refused it first, and REST has confirmed it


@pytest.mark.parametrize("kind", ["prices", "news"])
async def test_a_line_that_refuses_a_good_login_does_not_end_it(
    rig: StreamRig, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brokerdesk.brokers.alpaca.streams import Streams

    async def wrong(_: object) -> Any:
        return ("PKWRONG", "wrong") if kind == "prices" else {"key_id": "x", "secret_key": "y"}

    name = "_key_pair" if kind == "prices" else "key_data"
    monkeypatch.setattr(Streams, name, wrong)
    listener = rig.prices(COIN) if kind == "prices" else rig.news()
    error = await listener.error()
    assert isinstance(error, BrokerRefusedError)
    assert not isinstance(error, AuthExpiredError)


async def test_keys_stored_meanwhile_are_used_for_the_next_attempt(rig: StreamRig) -> None:
    good = await rig.port.read()
    await rig.port.replace({**good, "secret_key": "old"})
    await rig.session._login.credentials()
    await rig.port.replace(good)
    first = rig.prices(COIN)
    assert isinstance(await first.error(), BrokerRefusedError)
    second = rig.prices(COIN)
    await rig.subscribed(second, COIN)


# --- trouble ------------------------------------------------------------------------------------


@pytest.mark.parametrize("lever", ["drop", "close"])
async def test_a_lost_line_ends_the_attempt_and_the_next_one_begins_anew(
    rig: StreamRig, lever: str
) -> None:
    listener = rig.prices(APPLE, COIN)
    await rig.subscribed(listener, APPLE, COIN)
    await rig.act(lever)
    assert isinstance(await listener.error(), BrokerUnavailableError)
    assert not rig.lines
    again = rig.prices(APPLE, COIN)
    await rig.subscribed(again, APPLE, COIN)
    assert again.quotes()[APPLE].last == listener.quotes()[APPLE].last


async def test_one_lost_socket_ends_all(rig: StreamRig) -> None:
    listener = rig.prices(APPLE, COIN)
    await rig.subscribed(listener, APPLE, COIN)
    next(line for line in rig.lines if line.endpoint.kind == "crypto").drop()
    assert isinstance(await listener.error(), BrokerUnavailableError)
    await rig.until(lambda: not rig.lines)


@pytest.mark.parametrize("code", [404, 407, 500, 599])
async def test_an_error_of_the_line_ends_it(rig: StreamRig, code: int) -> None:
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)
    await rig.act("say", message=[{"T": "error", "code": code, "msg": "<b>words</b>"}])
    error = await listener.error()
    assert isinstance(error, BrokerUnavailableError)
    assert "words" not in error.sentences()


async def test_garbage_ends_the_line_in_our_words(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)
    rig.switch(stream_fault="garbage")
    await rig.tick(60)
    error = await listener.error()
    assert isinstance(error, BrokerUnavailableError)
    assert "could not be understood" in error.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        '{"T":"t"}',
        "[" * 5000,
        '[{"T":"t","S":"AAPL","p":NaN,"t":"2026-11-20T15:00:00Z"}]',
        '[{"T":"t","S":"AAPL","p":1e9999999999,"t":"2026-11-20T15:00:00Z"}',
        "\ud800",
    ],
)
async def test_messages_that_are_no_lists_of_records_end_the_line(
    rig: StreamRig, text: str
) -> None:
    from brokerdesk.brokers.alpaca import stream_wire
    from brokerdesk.errors import BrokerProtocolError

    with pytest.raises(BrokerProtocolError):
        stream_wire.decode(text, packed=False)


async def test_records_that_are_bad_or_new_do_not_cost_the_others(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)
    before = listener.quotes()[APPLE]
    rig.switch(stream_fault="bad_record")
    await rig.tick(60)
    await listener.until(lambda: listener.quotes()[APPLE].last != before.last)
    seen = len(listener.all(Told))
    late = {"T": "t", "S": "AAPL", "t": "2030-01-01T00:00:00Z"}
    for price in ("-5", "1e300", "0", '"many"', "null"):
        text = json.dumps([{**late, "p": "?"}]).replace('"?"', price)
        await rig.act("say", text=text)
    good = json.dumps([{**late, "p": "?"}]).replace('"?"', "301.2500")
    await rig.act("say", text=good)
    await listener.until(lambda: listener.quotes()[APPLE].last == Decimal("301.2500"))
    assert len(listener.all(Told)) == seen + 1


async def test_what_comes_twice_is_told_once(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)
    rig.switch(stream_fault="duplicate")
    seen = len(listener.all(Told))
    await rig.tick(60)
    await listener.until(lambda: len(listener.all(Told)) > seen)
    await asyncio.sleep(0.05)
    assert len(listener.all(Told)) == seen + 1


async def test_what_is_older_changes_nothing(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)
    await rig.tick(60)
    seen = len(listener.all(Told))
    await listener.until(lambda: len(listener.all(Told)) > seen - 1)
    before = listener.quotes()[APPLE]
    rig.switch(stream_fault="old_times")
    await rig.tick(60)
    await asyncio.sleep(0.05)
    assert listener.quotes()[APPLE].as_of == before.as_of
    assert listener.quotes()[APPLE].last == before.last


async def test_trades_that_are_no_market_price_are_left_out(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)

    async def trade(price: float, number: int, conditions: list[str]) -> None:
        at = f"2026-11-20T15:30:{number:02}Z"
        record = {"T": "t", "S": "AAPL", "p": price, "t": at, "i": number, "c": conditions}
        await rig.act("say", message=[record])

    await trade(1.5, 1, ["@", "W"])
    await trade(290.25, 2, ["@", "I"])
    await listener.until(lambda: listener.quotes()[APPLE].last == Decimal("290.25"))
    await trade(2.5, 3, ["4"])
    await trade(291.5, 4, ["@", "T"])
    await listener.until(lambda: listener.quotes()[APPLE].last == Decimal("291.5"))
    correction = {"T": "c", "S": "AAPL", "oi": 4, "op": 291.5, "ci": 5, "cp": 289.75}
    await rig.act("say", message=[correction])
    await listener.until(lambda: listener.quotes()[APPLE].last == Decimal("289.75"))
    await rig.act("say", message=[{"T": "x", "S": "AAPL", "i": 5, "a": "C"}])
    await listener.until(lambda: listener.quotes()[APPLE].last == Decimal("290.25"))


async def test_a_line_that_says_nothing_is_asked_and_then_given_up(
    rig: StreamRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prices may rest; a line that does not even answer is dead."""
    from brokerdesk.brokers.alpaca import streams

    monkeypatch.setattr(stream_socket, "PROBE", timedelta(seconds=0.05))
    monkeypatch.setattr(streams, "SILENCE", timedelta(seconds=0.4))
    listener = rig.prices(APPLE)
    await rig.subscribed(listener, APPLE)
    await asyncio.sleep(0.6)
    assert listener.task_error is None
    (line,) = rig.lines
    line.hear = _deaf
    error = await listener.error()
    assert isinstance(error, BrokerUnavailableError)
    assert "silent" in error.title


async def _deaf(_: object) -> None:
    return


@pytest.mark.parametrize(
    ("fault", "args"),
    [
        ("status", {"status": 503}),
        ("status", {"status": 429}),
        ("html", {}),
        ("redirect", {"to": "other"}),
        ("redirect", {"to": "same"}),
        ("garbage", {}),
        ("reset_before", {}),
    ],
)
async def test_no_line_can_be_made(rig: StreamRig, fault: str, args: dict[str, Any]) -> None:
    await rig.rig.fault(fault, "^/alpaca/stream/", **args)
    listener = rig.prices(APPLE, COIN)
    assert isinstance(await listener.error(), BrokerUnavailableError)


async def test_without_beginnings_the_line_tells_what_it_has(rig: StreamRig) -> None:
    """REST has no prices just then: the line is better than nothing."""
    await rig.rig.fault("status", "^/alpaca/data/", status=400)
    listener = rig.prices(APPLE)
    await listener.until(lambda: "live" in listener.states)
    async with asyncio.timeout(5):
        while APPLE not in listener.quotes():
            await rig.tick(5)
            await asyncio.sleep(0.01)
    quote = listener.quotes()[APPLE]
    assert quote.last is not None
    assert quote.previous_close is None


async def test_cancelling_leaves_nothing_behind(rig: StreamRig) -> None:
    before = asyncio.all_tasks()
    listener = rig.prices(APPLE, COIN, CALL)
    await rig.subscribed(listener, APPLE, COIN, CALL)
    await listener.stop()
    assert not rig.lines
    left = {task for task in asyncio.all_tasks() - before if "Streams" in repr(task)}
    assert not left


# --- load ---------------------------------------------------------------------------------------


async def test_a_thousand_updates_keep_their_order_and_exact_figures(rig: StreamRig) -> None:
    keys = [APPLE, *shares("MSFT", "NVDA")]
    listener = rig.prices(*keys)
    await rig.subscribed(listener, *keys)
    (line,) = rig.lines
    for _ in range(20):
        await rig.rig.clock.advance(1)
        await line.load(50)
    last = rig.rig.clock.now()
    await listener.until(
        lambda: all(
            quote.as_of is not None and quote.as_of >= last for quote in listener.quotes().values()
        )
    )
    for key in keys:
        times = [told.quote.as_of for told in listener.all(Told) if told.key == key]
        assert times == sorted(times, key=lambda at: at or last)
        exponents = {
            told.quote.last.as_tuple().exponent
            for told in listener.all(Told)
            if told.quote.last is not None
        }
        assert exponents == {-2}


# --- accounts -----------------------------------------------------------------------------------


def update(**changes: Any) -> dict[str, Any]:
    order = {
        "id": "61e69015-8549-4bfd-b9c3-01e75843f47d",
        "client_order_id": "mine",
        "symbol": "AAPL",
        "asset_class": "us_equity",
        "qty": "10",
        "filled_qty": "10",
        "filled_avg_price": "277.35",
        "type": "market",
        "side": "buy",
        "time_in_force": "day",
        "status": "filled",
        "submitted_at": "2026-11-20T15:00:00.5Z",
        "filled_at": "2026-11-20T15:00:01.123456789Z",
    }
    return {
        "event": "fill",
        "execution_id": "e-1",
        "timestamp": "2026-11-20T15:00:01.123456789Z",
        "price": "277.35",
        "qty": "10",
        "position_qty": "25",
        "order": order,
        **changes,
    }


async def test_a_fill_is_told_with_its_order(rig: StreamRig) -> None:
    (account,) = await rig.session.accounts()
    news = rig.news()
    await news.until(lambda: "live" in news.states)
    assert sockets(rig) == ["/alpaca/live/stream"]
    await rig.act("news", update=update())
    await news.until(lambda: news.all(AccountMoved))
    (moved,) = news.all(AccountMoved)
    assert moved.account == account.id
    assert moved.filled
    assert not moved.recovered
    assert moved.at.isoformat() == "2026-11-20T15:00:01.123456+00:00"
    assert moved.order is not None
    assert moved.order.status is OrderStatus.FILLED
    assert moved.order.average_price == Decimal("277.35")
    assert moved.order.client_order_id == "mine"
    assert moved.order.account == account.id


async def test_the_markets_own_orders_are_told_as_they_happen(rig: StreamRig) -> None:
    """Both accounts of the simulated customer trade in the course of some weeks."""
    news = rig.news()
    await news.until(lambda: "live" in news.states)
    since = rig.rig.clock.now()
    await rig.tick(30 * 24 * 3600)
    account = (await rig.session.accounts()).items[0].id
    orders = await rig.session.orders(account, since, rig.rig.clock.now())
    filled = {one.id for one in orders if one.status is OrderStatus.FILLED}
    assert filled
    told = news.all(AccountMoved)
    await news.until(
        lambda: filled <= {m.order.id for m in news.all(AccountMoved) if m.filled and m.order}
    )
    told = news.all(AccountMoved)
    assert all(moved.account == account for moved in told)
    newest = {moved.order.id: moved.order for moved in told if moved.order}
    for order in orders:
        if order.id in filled and not order.children:
            assert newest[order.id].filled_quantity == order.filled_quantity
            assert newest[order.id].average_price == order.average_price


async def test_news_that_come_twice_are_told_once(rig: StreamRig) -> None:
    news = rig.news()
    await news.until(lambda: "live" in news.states)
    rig.switch(stream_fault="duplicate")
    await rig.act("news", update=update())
    await rig.act("news", update=update(execution_id="e-2"))
    await news.until(lambda: len(news.all(AccountMoved)) == 2)
    await asyncio.sleep(0.05)
    assert len(news.all(AccountMoved)) == 2


@pytest.mark.parametrize(
    "strange",
    [
        update(order=None),
        update(order={"id": 5}),
        update(order={"id": "x", "qty": "many"}),
        update(order={}),
        update(timestamp="yesterday", event="something_new"),
        {"event": 7},
        [],
        None,
    ],
)
async def test_news_that_cannot_be_understood_still_say_that_something_happened(
    rig: StreamRig, strange: Any
) -> None:
    news = rig.news()
    await news.until(lambda: "live" in news.states)
    await rig.act("news", update=strange)
    await news.until(lambda: news.all(AccountMoved))
    (moved,) = news.all(AccountMoved)
    assert moved.account is not None


async def test_what_happened_while_nobody_listened_is_told_as_recovered(rig: StreamRig) -> None:
    first = rig.news()
    await first.until(lambda: "live" in first.states)
    assert not first.all(AccountMoved)
    await rig.act("drop")
    await first.error()
    since = rig.rig.clock.now()
    await rig.rig.clock.advance(30 * 24 * 3600)
    second = rig.news()
    await second.until(lambda: second.all(AccountMoved))
    account = (await rig.session.accounts()).items[0].id
    orders = await rig.session.orders(account, since, rig.rig.clock.now())
    missed = {one.id for one in orders}
    assert missed
    await second.until(lambda: missed <= {m.order.id for m in second.all(AccountMoved) if m.order})
    assert all(moved.recovered for moved in second.all(AccountMoved))
    await rig.act("drop")
    await second.error()
    third = rig.news()
    await third.until(lambda: "live" in third.states)
    await asyncio.sleep(0.05)
    assert not third.all(AccountMoved)


async def test_both_accounts_of_a_browser_login_are_one_line() -> None:
    async with stream_rig(oauth=True) as rig:
        news = rig.news()
        await news.until(lambda: "live" in news.states)
        assert news.states == ["connecting", "live"]
        for number, venue in enumerate(("live", "paper")):
            await rig.act("news", venue=venue, update=update(execution_id=f"e-{number}"))
        await news.until(lambda: len(news.all(AccountMoved)) == 2)
        assert len({moved.account for moved in news.all(AccountMoved)}) == 2


@pytest.mark.parametrize("text", ['{"stream":', "[]", '"x"', "\x00"])
async def test_garbage_on_an_accounts_line_ends_it(rig: StreamRig, text: str) -> None:
    news = rig.news()
    await news.until(lambda: "live" in news.states)
    await rig.act("say", text=text)
    assert isinstance(await news.error(), BrokerUnavailableError)


async def test_an_unknown_stream_is_left_alone(rig: StreamRig) -> None:
    news = rig.news()
    await news.until(lambda: "live" in news.states)
    await rig.act("say", message={"stream": "account_updates", "data": {"x": 1}})
    await rig.act("news", update=update())
    await news.until(lambda: news.all(AccountMoved))
    assert len(news.all(AccountMoved)) == 1


async def test_the_log_knows_places_and_no_secret(
    rig: StreamRig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    listener, news = rig.prices(APPLE, CALL), rig.news()
    await rig.subscribed(listener, APPLE, CALL)
    await news.until(lambda: "live" in news.states)
    text = "\n".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("brokerdesk", "websockets"))
    )
    assert "LINE 127.0.0.1/alpaca/stream/v2/iex -> 101" in text
    for secret in (rig.rig.keys()["secret_key"], rig.rig.keys()["key_id"], "AAPL"):
        assert secret not in text
    assert LineState.LIVE.value in listener.states
