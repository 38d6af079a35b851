"""Schwab's line end to end: the adapter on the simulated streamer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, timedelta
from decimal import Decimal

import pytest
from support.schwab_stream import APPLE, CALL, FUND, NOBODY, StreamRig, stream_rig

from brokerdesk.brokers.schwab import SPEC, STREAM_HOSTS
from brokerdesk.brokers.schwab import streamer as streamer_module
from brokerdesk.brokers.streaming import (
    AccountMoved,
    StreamsAccounts,
    StreamsQuotes,
    Told,
)
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import AssetType, Environment, PriceFeed
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import (
    AuthExpiredError,
    BrokerProtocolError,
    BrokerUnavailableError,
    NotSupportedError,
    RateLimitedError,
)
from brokerdesk.simulator.market.listings import Kind, of_kind


@pytest.fixture
async def rig() -> AsyncIterator[StreamRig]:
    async with stream_rig() as made:
        yield made


def test_it_says_that_it_streams() -> None:
    assert SPEC.capabilities.streaming
    for environment, hosts in STREAM_HOSTS.items():
        assert set(hosts) <= set(SPEC.hosts[environment])


async def test_what_it_carries_is_known_without_asking(rig: StreamRig) -> None:
    assert isinstance(rig.session, StreamsQuotes)
    assert isinstance(rig.session, StreamsAccounts)
    stream = rig.session.quote_stream()
    assert stream.most == 500
    assert [stream.carries(key) for key in (APPLE, FUND, CALL)] == [True] * 3
    for foreign in (
        QuoteKey("AAPL", AssetType.EQUITY, "EUR"),
        QuoteKey("AAPL", AssetType.OPTION, "USD"),
        QuoteKey(CALL.symbol, AssetType.EQUITY, "USD"),
        QuoteKey("AAPL,MSFT", AssetType.EQUITY, "USD"),
        QuoteKey("", AssetType.EQUITY, "USD"),
        QuoteKey("BTC/USD", AssetType.CRYPTO, "USD"),
        QuoteKey("912810AB1", AssetType.FIXED_INCOME, "USD"),
    ):
        assert not stream.carries(foreign), foreign
    assert not [path for path in rig.rig.requests() if path == "/ws"]


async def test_first_a_whole_quote_and_then_what_changed_on_top_of_it(rig: StreamRig) -> None:
    listener = rig.prices(APPLE, FUND, CALL)
    first = await rig.told(listener, APPLE, FUND, CALL)
    assert listener.states == ["connecting", "live"]
    asked = {
        quote.symbol: quote for quote in await rig.session.quotes(["AAPL", "SPY", CALL.symbol])
    }
    assert first[APPLE].symbol == "AAPL"
    for key, quote in first.items():
        rest = asked[key.symbol]
        assert (quote.previous_close, quote.name) == (rest.previous_close, rest.name)
        assert quote.name
        assert quote.source == "schwab"
        assert quote.feed is PriceFeed.REAL_TIME
        assert quote.as_of is not None
        assert quote.as_of.tzinfo is UTC
    seen = len(listener.events)
    await rig.tick(1)
    await listener.until(lambda: len(listener.events) >= seen + 3)
    for key, quote in listener.quotes().items():
        # Neither the name nor the close came again: they are carried on.
        assert (quote.name, quote.previous_close) == (first[key].name, first[key].previous_close)
        assert quote.as_of == rig.rig.clock.now()
        assert quote.as_of != first[key].as_of
    newer = {
        quote.symbol: quote for quote in await rig.session.quotes(["AAPL", "SPY", CALL.symbol])
    }
    for key, quote in listener.quotes().items():
        now = newer[key.symbol]
        assert (quote.bid, quote.ask, quote.last, quote.mark) == (
            now.bid,
            now.ask,
            now.last,
            now.mark,
        )
        assert isinstance(quote.bid, Decimal)


async def test_both_streams_share_one_line(rig: StreamRig) -> None:
    prices = rig.prices(APPLE)
    news = rig.news()
    await rig.told(prices, APPLE)
    assert len(rig.lines) == 1
    assert [path for path in rig.rig.requests() if path == "/ws"] == ["/ws"]
    number = rig.rig.numbers[0]
    await rig.act("news", account=number, kind="OrderAccepted", data="{}")
    await news.until(lambda: news.all(AccountMoved))
    assert news.states == ["connecting", "live"]
    assert not news.all(Told)
    assert not prices.all(AccountMoved)
    await prices.stop()
    await rig.act("news", account=number, kind="OrderFillCompleted", data="{}")
    await news.until(lambda: len(news.all(AccountMoved)) == 2)
    assert len(rig.lines) == 1
    again = rig.prices(FUND)
    await rig.told(again, FUND)
    assert again.states == ["live"]
    assert len(rig.lines) == 1
    await again.stop()
    await news.stop()
    assert not rig.lines


async def test_account_news_name_the_account_and_the_fill(rig: StreamRig) -> None:
    news = rig.news()
    await news.until(lambda: "live" in news.states)
    await asyncio.sleep(0.05)
    number = rig.rig.numbers[0]
    mine = account_id("schwab", Environment.PRACTICE.value, number)
    said = [
        ("OrderAccepted", "{}", False),
        ("OrderFillCompleted", json.dumps({"SchwabOrderID": "1"}), True),
        ("OrderFill", '<OrderFillMessage xmlns="urn:xmlns:beb.ameritrade.com"/>', True),
        ("ExecutionCreated", '{"ExecutionTransType":"UROut"}', False),
        ("ExecutionCreated", '{"ExecutionTransType": "Fill"}', True),
        ("ExecutionCreated", "<ExecutionTransType>Fill</ExecutionTransType>", True),
        ("SomethingNew", None, False),
    ]
    for kind, data, _ in said:
        await rig.act("news", account=number, kind=kind, data=data)
    await rig.act("news", account="", kind="OrderExpired", data="not json")
    await rig.act("news", account=number, kind="ERROR", data="plain words")
    await rig.act("news", account=number, kind="OrderCreated", data="{}")
    await news.until(lambda: len(news.all(AccountMoved)) == len(said) + 2)
    moved = news.all(AccountMoved)
    assert [one.filled for one in moved[: len(said)]] == [filled for _, _, filled in said]
    assert {one.account for one in moved[: len(said)]} == {mine}
    assert moved[len(said)].account is None
    assert all(one.order is None and not one.recovered for one in moved)


async def test_the_orders_of_the_simulated_market_arrive(rig: StreamRig) -> None:
    news = rig.news()
    await news.until(lambda: "live" in news.states)
    await asyncio.sleep(0.05)
    await rig.rig.control("clock", {"advance": 6 * 86400})
    await rig.act("tick")
    await news.until(lambda: any(one.filled for one in news.all(AccountMoved)))
    accounts = {account.id for account in await rig.session.accounts()}
    assert {one.account for one in news.all(AccountMoved)} <= accounts


async def test_wants_change_while_it_runs(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    await rig.told(listener, APPLE)
    listener.stream.want(frozenset({FUND}))
    await rig.told(listener, FUND)
    seen = len(listener.all(Told))
    await rig.tick(1)
    await listener.until(lambda: len(listener.all(Told)) > seen)
    assert {told.key for told in listener.all(Told)[seen:]} == {FUND}
    listener.stream.want(frozenset({FUND, APPLE, CALL}))
    before = len(listener.events)
    async with asyncio.timeout(5):
        while {told.key for told in listener.all(Told)[seen:]} != {FUND, APPLE, CALL}:
            await rig.tick(0.5)
            await asyncio.sleep(0.005)
    assert len(listener.events) > before
    assert listener.quotes()[APPLE].previous_close is not None


async def test_two_spellings_of_one_option_are_both_told(rig: StreamRig) -> None:
    tight = QuoteKey(CALL.symbol.replace(" ", ""), AssetType.OPTION, "USD")
    listener = rig.prices(CALL, tight)
    quotes = await rig.told(listener, CALL, tight)
    assert (quotes[CALL].symbol, quotes[tight].symbol) == (CALL.symbol, tight.symbol)
    assert quotes[CALL].bid == quotes[tight].bid


async def test_a_key_of_a_known_symbol_is_told_at_once(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    await rig.told(listener, APPLE)
    same = QuoteKey("AAPL", AssetType.ETF, "USD")
    listener.stream.want(frozenset({APPLE, same}))
    assert listener.quotes()[same].bid == listener.quotes()[APPLE].bid


async def test_what_cannot_be_told_is_said_with_a_reason(rig: StreamRig) -> None:
    coin = QuoteKey("BTC/USD", AssetType.CRYPTO, "USD")
    listener = rig.prices(APPLE, NOBODY, coin)
    await rig.told(listener, APPLE)
    assert set(listener.refusals) == {coin}
    for _ in range(4):
        await rig.tick(10)
    await listener.until(lambda: NOBODY in listener.refusals)
    assert "says nothing" in listener.refusals[NOBODY]
    assert NOBODY not in listener.quotes()


async def test_more_than_it_carries_and_what_is_not_offered(rig: StreamRig) -> None:
    rig.switch(stream_symbols=3, stream_missing=["LEVELONE_OPTIONS"])
    shares = [
        QuoteKey(name, AssetType.EQUITY, "USD") for name in ("AAPL", "CVX", "KO", "MSFT", "T")
    ]
    listener = rig.prices(*shares, CALL)
    await rig.told(listener, *shares[:3])
    await listener.until(lambda: len(listener.refusals) == 3)
    assert set(listener.refusals) == {*shares[3:], CALL}
    assert "no more symbols" in listener.refusals[shares[3]]
    assert "does not offer" in listener.refusals[CALL]
    listener.stream.want(frozenset(shares[2:]))
    await rig.told(listener, *shares[2:])


async def test_hundreds_of_symbols_go_in_batches(rig: StreamRig) -> None:
    listed = [one.symbol for one in of_kind(Kind.EQUITY)][:260]
    keys = [QuoteKey(name, AssetType.EQUITY, "USD") for name in listed]
    listener = rig.prices(*keys)
    await rig.told(listener, *keys)
    assert not listener.refusals


async def test_other_success_codes_are_success(rig: StreamRig) -> None:
    rig.switch(stream_success=1)
    listener = rig.prices(APPLE, CALL)
    await rig.told(listener, APPLE, CALL)


async def test_delayed_prices_are_said_to_be_delayed(rig: StreamRig) -> None:
    rig.switch(stream_delayed=True)
    listener = rig.prices(APPLE)
    assert (await rig.told(listener, APPLE))[APPLE].feed is PriceFeed.DELAYED
    seen = len(listener.events)
    await rig.tick(1)
    await listener.until(lambda: len(listener.events) > seen)
    assert listener.quotes()[APPLE].feed is PriceFeed.DELAYED


async def test_a_token_that_has_ended_is_renewed_before_the_login(rig: StreamRig) -> None:
    await rig.rig.clock.advance(3600)
    listener = rig.prices(APPLE)
    await rig.told(listener, APPLE)
    assert len(rig.port.replaced) == 1


async def test_a_token_that_only_the_streamer_refuses_is_renewed_once(
    rig: StreamRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brokerdesk.simulator.schwab.tokens import Tokens

    check = Tokens.check_access
    refused: list[str] = []

    def once(self: Tokens, token: str, now: object) -> object:
        found = check(self, token, now)  # type: ignore[arg-type]
        if rig.rig.requests()[-1] == "/ws" and not refused:
            refused.append(token)
            return None
        return found

    monkeypatch.setattr(Tokens, "check_access", once)
    listener = rig.prices(APPLE)
    await rig.told(listener, APPLE)
    assert refused
    assert rig.port.credentials["access_token"] != refused[0]
    assert listener.states == ["connecting", "live"]


async def test_a_login_that_stays_refused_wants_a_new_sign_in(
    rig: StreamRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    from brokerdesk.simulator.schwab.tokens import Tokens

    check = Tokens.check_access
    monkeypatch.setattr(
        Tokens,
        "check_access",
        lambda self, token, now: (
            None if rig.rig.requests()[-1] == "/ws" else check(self, token, now)
        ),
    )
    listener = rig.prices(APPLE)
    assert isinstance(await listener.error(), AuthExpiredError)
    assert [path for path in rig.rig.requests() if path == "/ws"] == ["/ws"] * 2


async def test_an_ended_login_never_reaches_the_line(rig: StreamRig) -> None:
    await rig.rig.expire("access")
    await rig.rig.expire("refresh")
    assert isinstance(await rig.prices(APPLE).error(), AuthExpiredError)
    assert "/ws" not in rig.rig.requests()


@pytest.mark.parametrize(
    "url",
    [
        "wss://streamer-api.schwab.com.evil.example/ws",
        "wss://evil.example/ws",
        "wss://streamer-api.schwab.com@evil.example/ws",
        "https://127.0.0.1/ws",
        "wss://streamer-api.schwab.com/ws",
        "nothing at all",
    ],
)
async def test_the_token_goes_to_no_address_that_is_not_on_the_list(
    rig: StreamRig, url: str
) -> None:
    rig.switch(streamer_url=url)
    assert isinstance(await rig.prices(APPLE).error(), BrokerProtocolError)


async def test_no_streamer_named(rig: StreamRig) -> None:
    rig.switch(streamer_told=False)
    assert isinstance(await rig.prices(APPLE).error(), BrokerUnavailableError)


@pytest.mark.parametrize(
    ("kind", "args", "expected"),
    [
        ("status", {"status": 401}, AuthExpiredError),
        ("status", {"status": 503}, BrokerUnavailableError),
        ("status", {"status": 429, "retry_after": "7"}, RateLimitedError),
        ("html", {"page": "portal"}, BrokerUnavailableError),
        ("redirect", {"to": "other"}, BrokerUnavailableError),
        ("reset_before", {}, BrokerUnavailableError),
        ("garbage", {}, BrokerUnavailableError),
    ],
)
async def test_a_line_that_does_not_open(
    rig: StreamRig, kind: str, args: dict[str, object], expected: type[Exception]
) -> None:
    rig.sim.faults.add([{"kind": kind, "path": "^/ws$", "args": args}])
    prices, news = rig.prices(APPLE), rig.news()
    for listener in (prices, news):
        assert isinstance(await listener.error(), expected)
        assert listener.states == ["connecting"]
    rig.sim.faults.clear()
    await rig.told(rig.prices(APPLE), APPLE)


@pytest.mark.parametrize(
    "edit",
    [
        {"edit": "wrong_type", "field": "streamerSocketUrl"},
        {"edit": "null", "field": "streamerSocketUrl"},
        {"edit": "missing_field", "field": "schwabClientCustomerId"},
        {"edit": "null", "field": "streamerInfo"},
    ],
)
async def test_an_answer_that_does_not_say_where_the_line_is(
    rig: StreamRig, edit: dict[str, str]
) -> None:
    rig.sim.faults.add([{"kind": "edit", "path": "userPreference$", "args": edit}])
    error = await rig.prices(APPLE).error()
    assert isinstance(error, BrokerUnavailableError | BrokerProtocolError)
    assert "/ws" not in rig.rig.requests()


async def test_an_answer_about_the_line_that_is_a_list_is_read_as_well(rig: StreamRig) -> None:
    rig.switch(preference_as_array=True)
    await rig.told(rig.prices(APPLE), APPLE)


async def test_nothing_of_the_login_is_logged(
    rig: StreamRig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    listener, news = rig.prices(APPLE), rig.news()
    await rig.told(listener, APPLE)
    await rig.act("news", account=rig.rig.numbers[0], kind="OrderCreated", data="{}")
    await news.until(lambda: news.all(AccountMoved))
    rig.switch(stream_fault="garbage")
    await rig.tick(1)
    await listener.error()
    told = caplog.text
    secrets = (rig.port.credentials["access_token"], *rig.rig.numbers)
    assert [line for line in told.splitlines() if "LINE" in line or "/ws" in line]
    assert not [secret for secret in secrets if secret in told]


async def test_another_program_takes_the_line_and_is_left_in_peace(rig: StreamRig) -> None:
    prices, news = rig.prices(APPLE), rig.news()
    await rig.told(prices, APPLE)
    other = rig.rig.session(rig.port)
    try:
        stream = other.quote_stream()  # type: ignore[attr-defined]
        stream.want(frozenset({APPLE}))
        there = rig._listening(stream)
        for listener in (prices, news):
            error = await listener.error()
            assert isinstance(error, RateLimitedError)
            assert error.retry_after == 600
            assert "Another program" in error.title
        await rig.told(there, APPLE)
        error = await rig.prices(APPLE).error()
        assert isinstance(error, RateLimitedError)
        assert len(rig.lines) == 1
        await there.stop()
        await rig.rig.clock.advance(601)
        again = rig.prices(APPLE)
        await rig.told(again, APPLE)
    finally:
        await other.aclose()


async def test_a_login_that_is_refused_because_of_another_one(rig: StreamRig) -> None:
    rig.switch(stream_second_login="refused")
    await rig.told(rig.prices(APPLE), APPLE)
    other = rig.rig.session(rig.port)
    try:
        there = rig._listening(other.account_stream())  # type: ignore[attr-defined]
        assert isinstance(await there.error(), RateLimitedError)
    finally:
        await other.aclose()


async def test_no_account_news_ends_that_stream_alone(rig: StreamRig) -> None:
    rig.switch(stream_missing=["ACCT_ACTIVITY"])
    prices, news = rig.prices(APPLE), rig.news()
    error = await news.error()
    assert isinstance(error, NotSupportedError)
    await rig.told(prices, APPLE)


async def test_a_line_that_is_cut_ends_both_and_can_be_made_again(rig: StreamRig) -> None:
    for action in ("drop", "close", "stop"):
        prices, news = rig.prices(APPLE), rig.news()
        await rig.told(prices, APPLE)
        await rig.act(action)
        assert isinstance(await prices.error(), BrokerUnavailableError)
        assert isinstance(await news.error(), BrokerUnavailableError)
        seen = len(prices.events)
        await rig.tick(5)
        assert len(prices.events) == seen
    again = rig.prices(APPLE)
    await rig.told(again, APPLE)


async def test_a_silent_line_is_lost(rig: StreamRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streamer_module, "SILENCE", timedelta(seconds=0.3))
    listener = rig.prices(APPLE)
    await rig.told(listener, APPLE)
    rig.switch(stream_fault="silence")
    error = await listener.error()
    assert isinstance(error, BrokerUnavailableError)
    assert "silent" in error.title


async def test_garbage_ends_the_line_and_nothing_is_told(rig: StreamRig) -> None:
    rig.switch(stream_fault="garbage")
    listener = rig.prices(APPLE)
    async with asyncio.timeout(5):
        while not isinstance(listener.task_error, BrokerProtocolError):
            await rig.tick(1)
            await asyncio.sleep(0.005)
    assert not listener.all(Told)


async def test_nan_and_null_are_never_prices(rig: StreamRig) -> None:
    rig.switch(stream_fault="null")
    listener = rig.prices(APPLE)
    await listener.until(lambda: "live" in listener.states)
    for _ in range(5):
        await rig.tick(1)
        await asyncio.sleep(0.01)
    assert not listener.all(Told)
    rig.switch(stream_fault="nan")
    async with asyncio.timeout(5):
        while listener.task_error is None:
            await rig.tick(1)
            await asyncio.sleep(0.005)
    # NaN is no JSON: the message as a whole cannot be believed.
    assert isinstance(listener.task_error, BrokerProtocolError)
    assert not listener.all(Told)


async def test_what_comes_twice_is_told_once(rig: StreamRig) -> None:
    rig.switch(stream_fault="duplicate")
    listener = rig.prices(APPLE)
    await rig.told(listener, APPLE)
    await asyncio.sleep(0.02)
    seen = len(listener.all(Told))
    await rig.tick(1)
    await listener.until(lambda: len(listener.all(Told)) > seen)
    await asyncio.sleep(0.02)
    assert len(listener.all(Told)) == seen + 1


async def test_old_times_never_replace_newer_prices(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    before = (await rig.told(listener, APPLE))[APPLE]
    rig.switch(stream_fault="old_times")
    for _ in range(3):
        await rig.tick(1)
    await asyncio.sleep(0.02)
    assert listener.quotes()[APPLE] == before
    await listener.stop()
    late = rig.prices(APPLE)
    quote = (await rig.told(late, APPLE))[APPLE]
    assert quote.as_of is not None
    assert quote.fetched_at - quote.as_of > timedelta(minutes=59)


async def test_a_closed_session_ends_its_streams(rig: StreamRig) -> None:
    prices, news = rig.prices(APPLE), rig.news()
    await rig.told(prices, APPLE)
    await rig.session.aclose()
    for listener in (prices, news):
        assert isinstance(await listener.error(), BrokerUnavailableError)
    assert isinstance(await rig.prices(APPLE).error(), BrokerUnavailableError)


async def test_slow_messages_are_waited_for(rig: StreamRig) -> None:
    listener = rig.prices(APPLE)
    await rig.told(listener, APPLE)
    rig.switch(stream_fault="slow")
    seen = len(listener.all(Told))
    await rig.rig.clock.advance(1)
    acting = asyncio.ensure_future(rig.act("tick"))
    while not acting.done():
        await rig.rig.clock.advance(5)
    await listener.until(lambda: len(listener.all(Told)) > seen)
