"""Interactive Brokers' lines end to end: the adapter on the simulated TWS."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from support.ibkr_stream import APPLE, COIN, FUND, MICROSOFT, NOBODY, TwsLines, tws_lines
from support.schwab_stream import Listener

from brokerdesk.brokers.ibkr import SPEC, listening, stream
from brokerdesk.brokers.streaming import (
    AccountMoved,
    Line,
    NotTold,
    StreamsAccounts,
    StreamsQuotes,
    Told,
)
from brokerdesk.domain.ids import account_id
from brokerdesk.domain.kinds import AssetType, OrderStatus, PriceFeed
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import BrokerProtocolError, BrokerUnavailableError, RateLimitedError


def _told_at(listener: Listener, moment: datetime) -> bool:
    return listener.all(Told)[-1].quote.fetched_at == moment


WRITES = {"place", "cancel", "autobind"}


@pytest.fixture
async def tws() -> AsyncIterator[TwsLines]:
    async with tws_lines() as made:
        yield made


# -- what is carried --------------------------------------------------------------------------
def test_it_says_that_it_streams() -> None:
    assert SPEC.capabilities.streaming


async def test_what_it_carries_is_known_without_asking(tws: TwsLines) -> None:
    assert isinstance(tws.session, StreamsQuotes)
    assert isinstance(tws.session, StreamsAccounts)
    before = len(tws.rig.requests())
    line = tws.session.quote_stream()
    assert line.most == 100
    option = QuoteKey("SPY   261218C00600000", AssetType.OPTION, "USD")
    shares = QuoteKey("BRK.B", AssetType.EQUITY, "USD")
    assert all(line.carries(key) for key in (APPLE, FUND, COIN, option, shares))
    for foreign in (
        QuoteKey("AAPL", AssetType.EQUITY, "EUR"),
        QuoteKey("AAPL", AssetType.OPTION, "USD"),
        QuoteKey(option.symbol, AssetType.EQUITY, "USD"),
        QuoteKey("BTC", AssetType.CRYPTO, "USD"),
        QuoteKey("VTSAX", AssetType.MUTUAL_FUND, "USD"),
        QuoteKey("912810AB1", AssetType.FIXED_INCOME, "USD"),
        QuoteKey("", AssetType.EQUITY, "USD"),
        QuoteKey("A\0B", AssetType.EQUITY, "USD"),
    ):
        assert not line.carries(foreign), foreign
    assert len(tws.rig.requests()) == before


async def test_everything_that_is_held_and_traded_is_carried(tws: TwsLines) -> None:
    account = (await tws.session.accounts()).items[0].id
    held = (await tws.session.portfolio(account)).positions
    keys = [
        QuoteKey(one.instrument.symbol, one.instrument.asset_type, one.instrument.currency)
        for one in held
    ]
    listener = tws.prices(*keys)
    await listener.until(lambda: set(listener.quotes()) == set(keys))
    asked = {one.symbol: one for one in await tws.session.quotes([key.symbol for key in keys])}
    for key, quote in listener.quotes().items():
        same = asked[key.symbol]
        assert (quote.bid, quote.ask, quote.last) == (same.bid, same.ask, same.last)
        assert quote.previous_close == same.previous_close
        assert quote.name == same.name
        assert isinstance(quote.last, Decimal)


# -- prices -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "feed"), [("live", PriceFeed.REAL_TIME), ("delayed", PriceFeed.DELAYED)]
)
async def test_first_a_whole_quote_then_what_changed_on_top(
    tws: TwsLines, kind: str, feed: PriceFeed
) -> None:
    tws.rig.tws.switches.market_data = kind
    listener = tws.prices(APPLE, FUND)
    await listener.until(lambda: len(listener.quotes()) == 2)
    first = listener.quotes()
    assert listener.states == ["connecting", "live"]
    assert {quote.feed for quote in first.values()} == {feed}
    assert all(quote.as_of and quote.source == "ibkr" for quote in first.values())
    seen = len(listener.events)
    await tws.tick()
    await listener.until(lambda: len(listener.events) >= seen + 2)
    for key, quote in listener.quotes().items():
        assert quote.previous_close == first[key].previous_close, "it did not come again"
        assert quote.as_of
        assert quote.as_of - timedelta(seconds=60) == first[key].as_of
    assert listener.quotes() != first


async def test_many_ticks_at_once_are_one_quote(tws: TwsLines) -> None:
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    seen = len(listener.all(Told))
    number = tws.request("AAPL")
    await tws.say(*((1, 6, number, 68, f"{100 + step}.25", 1, 0) for step in range(500)))
    await listener.until(lambda: listener.quotes()[APPLE].last == Decimal("599.25"))
    assert len(listener.all(Told)) - seen < 10


async def test_tws_tells_by_itself_as_time_goes(tws: TwsLines) -> None:
    tws.rig.clock.auto = False
    tws.rig.tws.switches.stream_interval = 1.0
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    for _ in range(3):
        before = listener.quotes()[APPLE].as_of
        await tws.rig.clock.advance(30)
        await listener.until(
            lambda old=before: listener.quotes()[APPLE].as_of != old  # type: ignore[misc]
        )


async def test_wants_change_while_it_runs(tws: TwsLines) -> None:
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    listener.stream.want(frozenset({MICROSOFT}))
    await listener.until(lambda: MICROSOFT in listener.quotes())
    await tws.all_came()
    assert tws.subscribed() == {"MSFT"}
    listener.stream.want(frozenset())
    await tws.until(lambda: not tws.subscribed())
    seen = len(listener.all(Told))
    await tws.tick()
    await tws.all_came()
    assert len(listener.all(Told)) == seen
    await listener.stop()


async def test_a_line_that_ends_gives_its_subscriptions_back(tws: TwsLines) -> None:
    listener = tws.prices(APPLE, FUND)
    await listener.until(lambda: len(listener.quotes()) == 2)
    await listener.stop()
    await tws.all_came()
    assert not tws.subscribed()
    assert tws.rig.requests().count("start") == 2, "the socket is that of the questions"


async def test_what_tws_does_not_know_costs_the_others_nothing(tws: TwsLines) -> None:
    foreign = QuoteKey("AAPL", AssetType.EQUITY, "EUR")
    listener = tws.prices(APPLE, NOBODY, foreign)
    await listener.until(lambda: APPLE in listener.quotes() and len(listener.refusals) == 2)
    assert set(listener.refusals.values()) == {"TWS knows no such symbol."}
    before = tws.rig.requests().count("quotes")
    await tws.tick()
    await tws.all_came()
    assert tws.rig.requests().count("quotes") == before, "it is not asked for again and again"


@pytest.mark.parametrize(
    ("kind", "words"), [("none", "no market data subscription"), ("competing", "Another session")]
)
async def test_prices_that_are_not_told_are_said(tws: TwsLines, kind: str, words: str) -> None:
    tws.rig.tws.switches.market_data = kind
    listener = tws.prices(APPLE, FUND)
    await listener.until(lambda: set(listener.refusals) == {APPLE, FUND})
    assert all(words in why for why in listener.refusals.values())
    assert not listener.all(Told)
    assert "subscribed." not in str(listener.refusals), "TWS's own words are not shown"


async def test_a_session_elsewhere_takes_the_prices_and_they_can_be_wanted_again(
    tws: TwsLines,
) -> None:
    listener = tws.prices(APPLE, FUND)
    await listener.until(lambda: len(listener.quotes()) == 2)
    await tws.code(10197)
    await listener.until(lambda: set(listener.refusals) == {APPLE, FUND})
    listener.stream.want(frozenset())
    await tws.until(lambda: not tws.subscribed())
    seen = len(listener.all(Told))
    listener.stream.want(frozenset({APPLE}))
    await listener.until(lambda: len(listener.all(Told)) > seen)


async def test_a_hundred_lines_and_no_more(tws: TwsLines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_LINES", 2)
    keys = [APPLE, FUND, MICROSOFT, COIN]
    listener = tws.prices(*keys)
    await listener.until(lambda: len(listener.quotes()) == 2)
    assert set(listener.refusals) == set(keys) - set(listener.quotes())
    assert listener.stream.most == 2
    assert len(tws.subscribed()) == 2


async def test_tws_has_fewer_lines_left_than_said(tws: TwsLines) -> None:
    tws.rig.tws.switches.stream_lines = 1
    listener = tws.prices(APPLE, FUND)
    await listener.until(lambda: listener.quotes() and listener.refusals)
    assert set(listener.refusals.values()) == {"TWS gives no more prices at once."}
    found = await tws.session.quotes(["MSFT"])
    assert "no more prices" in found.unread[0].reason


async def test_a_price_that_is_gone_is_not_carried_on(tws: TwsLines) -> None:
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    number = tws.request("AAPL")
    await tws.say((1, 6, number, 66, "-1", 0, 0))
    await listener.until(lambda: listener.quotes()[APPLE].bid is None)
    assert listener.quotes()[APPLE].ask is not None
    await tws.say(*((1, 6, number, kind, "-1", 0, 0) for kind in (67, 68, 75)))
    await listener.until(lambda: listener.quotes()[APPLE].last is None)


async def test_an_old_live_price_is_never_shown_as_delayed(tws: TwsLines) -> None:
    tws.rig.tws.switches.market_data = "live"
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    number = tws.request("AAPL")
    live = listener.quotes()[APPLE]
    await tws.say((58, 1, number, 3), (1, 6, number, 68, "1.25", 1, 0))
    await listener.until(lambda: listener.quotes()[APPLE].last == Decimal("1.25"))
    quote = listener.quotes()[APPLE]
    assert (quote.feed, quote.bid, quote.ask) == (PriceFeed.DELAYED, None, None)
    assert quote.previous_close == live.previous_close


@pytest.mark.parametrize(
    "price",
    ["NaN", "Infinity", "-Infinity", "1.7976931348623157E308", "9" * 400, "-1.0", "abc", ""],
)
async def test_a_price_that_is_none_never_becomes_one(tws: TwsLines, price: str) -> None:
    listener = tws.prices(APPLE, FUND)
    await listener.until(lambda: len(listener.quotes()) == 2)
    good = listener.quotes()
    number = tws.request("AAPL")
    await tws.say(
        (1, 6, number, 68, price, 1, 0),
        (1, 6, 9_999_999, 68, "5.0", 1, 0),
        (1, 6, number, 4242, "5.0", 1, 0),
        (46, 6, number, 88, "99999999999999999999"),
        (1, 6, tws.request("SPY"), 68, "7.5", 1, 0),
    )
    await listener.until(lambda: listener.quotes()[FUND].last == Decimal("7.5"))
    quote = listener.quotes()[APPLE]
    assert quote.last in (None, good[APPLE].last)
    assert quote.bid == good[APPLE].bid


# -- how the line is --------------------------------------------------------------------------
async def test_connection_of_tws_lost_and_restored(tws: TwsLines) -> None:
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    for code in (1102, 1101):
        await tws.code(1100)
        await listener.until(lambda: listener.states[-1] == "silent")
        assert "lost its connection" in listener.all(Line)[-1].note
        await tws.code(code)
        await listener.until(lambda: listener.states[-1] == "live")
        assert listener.all(Line)[-1].note == ""
        await tws.all_came()
        await tws.tick()
        now = tws.rig.clock.now()
        await listener.until(partial(_told_at, listener, now))
    # One line of the beginning, one after “data lost”; “data maintained” needs none.
    assert tws.rig.requests().count("quotes") == 2


async def test_broken_farms_are_told_until_all_work(tws: TwsLines) -> None:
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    await tws.code(2103, text="Market data farm connection is broken:usfarm")
    await tws.code(2103, text="Market data farm connection is broken:eufarm")
    await listener.until(lambda: listener.states[-1] == "silent")
    assert "connection to its prices" in listener.all(Line)[-1].note
    await tws.code(2104, text="Market data farm connection is OK:usfarm")
    await tws.code(2108, text="Market data farm connection is inactive:usfuture")
    await tws.all_came()
    assert listener.states[-1] == "silent"
    await tws.code(2104, text="Market data farm connection is OK:eufarm")
    await listener.until(lambda: listener.states[-1] == "live")


@pytest.mark.parametrize("hard", [False, True])
async def test_a_lost_socket_ends_the_attempt_and_the_next_one_goes_on(
    tws: TwsLines, hard: bool
) -> None:
    listener, news = tws.prices(APPLE), tws.news()
    await listener.until(lambda: listener.quotes())
    await news.until(lambda: "live" in news.states)
    await tws.rig.lever(action="disconnect", hard=hard)
    for one in (listener, news):
        assert isinstance(await one.error(), BrokerUnavailableError)
    again = tws.prices(APPLE)
    await again.until(lambda: again.quotes())


async def test_pacing_that_tws_complains_about_ends_the_line(tws: TwsLines) -> None:
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    await tws.code(100)
    assert isinstance(await listener.error(), RateLimitedError)


async def test_garbage_ends_the_line_in_words(tws: TwsLines) -> None:
    listener = tws.prices(APPLE)
    await listener.until(lambda: listener.quotes())
    await tws.rig.lever(action="raw", hex="ff" * 64)
    error = await listener.error()
    assert isinstance(error, BrokerProtocolError | BrokerUnavailableError)
    assert error.title


async def test_silence_is_asked_about_and_a_dead_tws_is_noticed(
    tws: TwsLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "BEAT", 0.05)
    monkeypatch.setattr("brokerdesk.brokers.ibkr.gateway.PULSE_LIMIT", 0.2)
    listener, news = tws.prices(APPLE), tws.news()
    await listener.until(lambda: listener.quotes())
    before = tws.rig.requests().count("time")
    await tws.until(lambda: tws.rig.requests().count("time") >= before + 2)
    assert listener.task_error is None
    tws.rig.tws.switches.silent = [49]
    for one in (listener, news):
        found = await one.error()
        assert isinstance(found, BrokerUnavailableError)


async def test_nobody_there_is_an_error_and_no_line(tws: TwsLines) -> None:
    await tws.rig.lever(action="stop")
    listener = tws.prices(APPLE)
    error = await listener.error()
    assert isinstance(error, BrokerUnavailableError)
    assert listener.states == ["connecting"]


# -- accounts ---------------------------------------------------------------------------------
async def test_a_fill_is_told_with_its_order(tws: TwsLines) -> None:
    number, event = tws.next_trade()
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    await tws.tick((event.at - tws.rig.clock.now()).total_seconds() + 1)
    await listener.until(lambda: listener.all(AccountMoved))
    await tws.all_came()
    mine = account_id("ibkr", "practice", number)
    moved = [one for one in listener.all(AccountMoved) if one.account == mine]
    assert not [one for one in moved if one.recovered]
    (fill,) = [one for one in moved if one.filled]
    assert fill.at == event.at
    assert fill.order is not None
    assert fill.order.filled_quantity == event.quantity
    assert fill.order.average_price == event.price
    assert all(one.order is not None and one.order.account == mine for one in moved)


async def test_without_the_master_id_a_changed_holding_still_tells_of_the_fill(
    tws: TwsLines,
) -> None:
    tws.rig.tws.switches.master_client = False
    number, event = tws.next_trade()
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    await tws.tick((event.at - tws.rig.clock.now()).total_seconds() + 1)
    await listener.until(lambda: listener.all(AccountMoved))
    (moved, *_) = listener.all(AccountMoved)
    assert moved.account == account_id("ibkr", "practice", number)
    assert moved.filled
    assert moved.order is None


async def test_what_was_told_twice_is_news_once(tws: TwsLines) -> None:
    _, event = tws.next_trade()
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    await tws.tick((event.at - tws.rig.clock.now()).total_seconds() + 1)
    await listener.until(lambda: listener.all(AccountMoved))
    await tws.all_came()
    before = len(listener.all(AccountMoved))
    told = [
        one
        for connection in tws.rig.tws.connections
        for one in connection.told_last
        if one[0] in ("3", "5", "11", "59", "61")
    ]
    assert {one[0] for one in told} >= {"3", "5", "11", "61"}
    await tws.say(*told, *told)
    await tws.all_came()
    assert len(listener.all(AccountMoved)) == before


async def test_what_happened_while_nobody_listened_is_recovered(tws: TwsLines) -> None:
    tws.rig.tws.switches.execution_days = 7
    number, event = tws.next_trade()
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    assert not listener.all(AccountMoved)
    await tws.rig.lever(action="disconnect")
    await listener.error()
    await tws.rig.clock.advance((event.at - tws.rig.clock.now()).total_seconds() + 1)
    again = tws.news()
    await again.until(lambda: again.all(AccountMoved))
    await tws.all_came()
    mine = account_id("ibkr", "practice", number)
    moved = [one for one in again.all(AccountMoved) if one.account == mine]
    assert [(one.filled, one.recovered) for one in moved] == [(True, True)]
    assert moved[0].at == event.at
    third = tws.news()
    await third.until(lambda: "live" in third.states)
    await tws.all_came()
    assert not third.all(AccountMoved), "it is news once"


async def test_a_fill_older_than_what_tws_lists_is_seen_by_the_holdings(tws: TwsLines) -> None:
    number, event = tws.next_trade()
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    await tws.rig.lever(action="disconnect")
    await listener.error()
    await tws.rig.clock.advance((event.at - tws.rig.clock.now()).total_seconds() + 3 * 86400)
    tws.rig.tws.switches.execution_days = 0
    again = tws.news()
    mine = account_id("ibkr", "practice", number)
    await again.until(
        lambda: any(
            one.account == mine and one.recovered and one.filled for one in again.all(AccountMoved)
        )
    )


async def test_after_tws_had_lost_its_connection_what_was_missed_is_recovered(
    tws: TwsLines,
) -> None:
    tws.rig.tws.switches.execution_days = 7
    number, event = tws.next_trade()
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    await tws.code(1100)
    await listener.until(lambda: listener.states[-1] == "silent")
    await tws.rig.clock.advance((event.at - tws.rig.clock.now()).total_seconds() + 1)
    await tws.code(1101)
    await listener.until(lambda: listener.all(AccountMoved))
    mine = account_id("ibkr", "practice", number)
    moved = [one for one in listener.all(AccountMoved) if one.account == mine]
    assert moved[0].recovered
    assert moved[0].filled
    assert listener.states[-1] == "live"


async def test_read_only_api_hides_orders_and_tells_fills(tws: TwsLines) -> None:
    tws.rig.tws.switches.read_only = True
    tws.rig.tws.switches.master_client = False
    _, event = tws.next_trade()
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    await tws.tick((event.at - tws.rig.clock.now()).total_seconds() + 1)
    await listener.until(lambda: any(one.filled for one in listener.all(AccountMoved)))


@pytest.mark.parametrize(
    "messages",
    [
        [(61, 3, "{0}", 5, "X", "STK", "", "0", "", "", "N", "USD", "X", "X", "NaN", "1.0")],
        [(61, 3, "{0}", 5, "X")],
        [(3, 0, "Filled", "NaN", "Infinity", "x", 1, 0, "", 0, "", 0)],
        [(3, 77, "Cancelled", 0, 0, 0, 4242, 0, 0, 5, "", 0)],
        [(5, "rubbish")],
        [(11, -1, "rubbish")],
        [(11, -1, 0, 5, "X", "STK", "", "0", "", "", "N", "USD", "X", "X", "id.1", "yesterday")],
        [(61, 3, "U9999999", 5, "X", "STK", "", "0", "", "", "N", "USD", "X", "X", "5", "1.0")],
        [(4, 2, 12345, 201, "Order rejected - reason: no", "")],
        [(4, 2, -1, 99999, "something new", "")],
        [(202, "a number that nobody knows")],
        [("",)],
    ],
)
async def test_spoilt_news_cost_nothing(tws: TwsLines, messages: list[tuple[object, ...]]) -> None:
    """No crash, no account that is not ours, and what comes afterwards is told."""
    number, event = tws.next_trade()
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    filled = [tuple(str(part).replace("{0}", number) for part in message) for message in messages]
    await tws.say(*filled)
    await tws.rig.clock.advance(0)
    known = {account_id("ibkr", "practice", one) for one in tws.rig.numbers}
    await asyncio.sleep(0.02)
    if isinstance(listener.task_error, BrokerProtocolError | BrokerUnavailableError):
        listener = tws.news()
        await listener.until(lambda: "live" in listener.states)
        await tws.all_came()
    assert listener.task_error is None
    await tws.tick((event.at - tws.rig.clock.now()).total_seconds() + 1)
    mine = account_id("ibkr", "practice", number)
    await listener.until(
        lambda: any(one.filled and one.account == mine for one in listener.all(AccountMoved))
    )
    assert {one.account for one in listener.all(AccountMoved)} <= {*known, None}


async def test_a_code_about_an_order_never_tells_of_a_cancellation(tws: TwsLines) -> None:
    """The library shows an order as cancelled after any code that it does not list."""
    listener = tws.news()
    await listener.until(lambda: "live" in listener.states)
    await tws.all_came()
    for code in (10349, 399, 201, 202, 10147, 10148, 2109, 460):
        await tws.say((4, 2, 0, code, "about an order", ""))
    await tws.all_came()
    assert not listener.all(AccountMoved)
    assert listener.task_error is None
    now = tws.rig.clock.now()
    orders = [
        one
        for account in await tws.session.accounts()
        for one in await tws.session.orders(account.id, now - timedelta(days=90), now)
    ]
    assert any(one.status is OrderStatus.WORKING for one in orders)


async def test_no_line_ever_sends_an_order(tws: TwsLines) -> None:
    prices, news = tws.prices(APPLE, FUND), tws.news()
    await prices.until(lambda: len(prices.quotes()) == 2)
    await news.until(lambda: "live" in news.states)
    await tws.rig.lever(action="disconnect")
    await prices.error()
    again = tws.news()
    await again.until(lambda: "live" in again.states)
    await tws.all_came()
    assert not WRITES & set(tws.rig.requests())
    assert not any(isinstance(one, NotTold) for one in prices.events)
