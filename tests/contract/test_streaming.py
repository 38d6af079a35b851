"""What every broker's lines must keep to, whoever it is.

Connecting again is the caller's affair: a stream is one attempt. A broker takes part through
``support.stream_stands``; the cases run for all whose capabilities say ``streaming``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from support.schwab_stream import Listener
from support.stream_stands import STANDS, Stand, offline_session
from support.transports import TRAITS, Transport

from brokerdesk.brokers.base import Network
from brokerdesk.brokers.registry import all_specs
from brokerdesk.brokers.streaming import (
    AccountMoved,
    Line,
    LineState,
    StreamsAccounts,
    StreamsQuotes,
    Told,
)
from brokerdesk.domain.kinds import AssetType, PriceFeed
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import AuthError, BrokerUnavailableError

STREAMING = [one.id for one in all_specs() if one.capabilities.streaming]
_KNOWN = [name for name in STREAMING if name in TRAITS]  # who is missing fails by name below
WITH_TOKENS = [name for name in _KNOWN if TRAITS[name].tokens]
OVER_HTTP = [name for name in _KNOWN if TRAITS[name].transport is Transport.HTTP]


@pytest.fixture(params=STREAMING)
async def stand(request: pytest.FixtureRequest) -> AsyncIterator[Stand]:
    async with STANDS[request.param]() as made:
        yield made


def only(names: list[str]) -> pytest.MarkDecorator:
    """The stand of these brokers and no other."""
    return pytest.mark.parametrize("stand", names, indirect=True)


def prices(stand: Stand, *keys: QuoteKey) -> Listener:
    stream = stand.session.quote_stream()
    stream.want(frozenset(keys))
    return stand.listening(stream)


async def known(stand: Stand, listener: Listener, *keys: QuoteKey) -> None:
    """Let the market move until the listener has been told a price of each."""
    async with asyncio.timeout(10):
        while set(keys) - set(listener.quotes()):
            assert listener.task_error is None, listener.task_error
            await stand.tick()
            await asyncio.sleep(0.01)


async def failed(stand: Stand, listener: Listener) -> BaseException:
    """What a stream ends with, however long it waits between its tries."""
    async with asyncio.timeout(10):
        while listener.task_error is None:
            await stand.rig.clock.advance(5)
            await asyncio.sleep(0.01)
    return listener.task_error


async def gone(stand: Stand) -> None:
    """Until the broker keeps nothing up any more."""
    async with asyncio.timeout(5):
        while stand.standing():  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.01)


def test_whoever_streams_takes_part() -> None:
    assert set(STREAMING) <= set(STANDS), "give it a stand in support.stream_stands"


# -- prices ---------------------------------------------------------------------------------------
async def test_s1_connecting_live_told(stand: Stand) -> None:
    """First how the line is, then whole quotes: source, freshness, time and exact figures."""
    listener = prices(stand, *stand.keys)
    await known(stand, listener, *stand.keys)
    await listener.until(lambda: "live" in listener.states)
    assert listener.states == ["connecting", "live"]
    assert isinstance(listener.events[0], Line)
    for event in listener.all(Told):
        quote = event.quote
        assert event.key in stand.keys
        assert quote.symbol == event.key.symbol
        assert quote.source == stand.rig.spec.id
        assert quote.feed in (PriceFeed.REAL_TIME, PriceFeed.DELAYED)
        assert quote.fetched_at <= stand.rig.clock.now()
        figures = (quote.bid, quote.ask, quote.last, quote.mark, quote.previous_close)
        assert any(figure is not None for figure in figures)
        assert all(figure is None or type(figure) is Decimal for figure in figures)


async def test_s2_what_is_told_is_what_is_answered(stand: Stand) -> None:
    """A price on the line and one that is asked for are one price."""
    listener = prices(stand, *stand.keys)
    await known(stand, listener, *stand.keys)
    before = {key: quote.fetched_at for key, quote in listener.quotes().items()}
    await stand.tick()
    await listener.until(
        lambda: all(quote.fetched_at > before[key] for key, quote in listener.quotes().items())
    )
    asked = {one.symbol: one for one in await stand.session.quotes([k.symbol for k in stand.keys])}
    for key, quote in listener.quotes().items():
        assert (quote.bid, quote.ask) == (asked[key.symbol].bid, asked[key.symbol].ask), key


async def test_s3_a_message_that_leaves_something_out_takes_nothing_away(stand: Stand) -> None:
    """Once told, a close, a last price and a bid stay until another one comes."""
    listener = prices(stand, *stand.keys)
    await known(stand, listener, *stand.keys)
    for _ in range(3):
        await stand.tick()
    await asyncio.sleep(0.05)
    seen: dict[tuple[QuoteKey, str], bool] = {}
    for event in listener.all(Told):
        for name in ("last", "bid", "ask", "previous_close"):
            there = getattr(event.quote, name) is not None
            assert there or not seen.get((event.key, name)), (event.key, name)
            seen[event.key, name] = there


async def test_s4_what_is_carried_is_known_without_the_network(stand: Stand) -> None:
    session = stand.session
    assert isinstance(session, StreamsQuotes)
    assert isinstance(session, StreamsAccounts)
    before = len(stand.rig.requests())
    stream = session.quote_stream()
    assert all(stream.carries(key) for key in stand.keys)
    assert not stream.carries(QuoteKey("", AssetType.EQUITY, "USD"))
    assert not stream.carries(QuoteKey("912810AB1", AssetType.FIXED_INCOME, "USD"))
    assert stream.most is None or stream.most > 0
    stream.want(frozenset(stand.keys))
    assert len(stand.rig.requests()) == before


async def test_s5_what_is_wanted_changes_while_it_runs(stand: Stand) -> None:
    first, second, *_ = stand.keys
    listener = prices(stand, first)
    await known(stand, listener, first)
    listener.stream.want(frozenset({second}))
    await known(stand, listener, second)
    await stand.tick()
    await asyncio.sleep(0.05)
    seen = len(listener.events)
    await stand.tick()
    await listener.until(lambda: len(listener.events) > seen)
    assert {event.key for event in listener.all(Told)[-1:]} == {second}
    assert not [e for e in listener.events[seen:] if isinstance(e, Told) and e.key == first]
    listener.stream.want(frozenset())
    await asyncio.sleep(0.05)
    seen = len(listener.events)
    await stand.tick()
    await asyncio.sleep(0.05)
    assert not [event for event in listener.events[seen:] if isinstance(event, Told)]
    assert listener.task_error is None


async def test_s6_one_that_is_not_known_costs_the_others_nothing(stand: Stand) -> None:
    listener = prices(stand, stand.unknown, *stand.keys)
    await known(stand, listener, *stand.keys)
    assert stand.unknown not in listener.quotes()
    assert set(listener.refusals) <= {stand.unknown}
    assert all(why.endswith(".") for why in listener.refusals.values())


# -- the end of a line ----------------------------------------------------------------------------
async def test_s7_a_lost_line_ends_the_attempt_and_the_caller_makes_another(stand: Stand) -> None:
    listener = prices(stand, *stand.keys)
    await known(stand, listener, *stand.keys)
    await stand.drop()
    error = await listener.error()
    assert isinstance(error, BrokerUnavailableError)
    assert error.title
    again = prices(stand, *stand.keys)
    await known(stand, again, *stand.keys)
    assert again.states[0] == "connecting"
    assert "live" in again.states


async def test_s8_cancelling_leaves_no_task_and_nothing_at_the_broker(stand: Stand) -> None:
    await stand.session.accounts()
    before = asyncio.all_tasks()
    listener = prices(stand, *stand.keys)
    await known(stand, listener, *stand.keys)
    assert stand.standing()
    await listener.stop()
    await gone(stand)
    told = len(listener.events)
    await stand.tick()
    await asyncio.sleep(0.05)
    assert len(listener.events) == told
    left = [t for t in asyncio.all_tasks() - before if "brokerdesk/brokers" in repr(t.get_coro())]
    assert not left


async def test_s9_cancelling_at_once_is_fine(stand: Stand) -> None:
    for steps in (0, 1, 2, 5, 20):
        listener = prices(stand, *stand.keys)
        for _ in range(steps):
            await asyncio.sleep(0)
        await listener.stop()
    await gone(stand)
    again = prices(stand, *stand.keys)
    await known(stand, again, *stand.keys)


@only(WITH_TOKENS)
async def test_s10_a_login_that_ended_is_an_auth_error(stand: Stand) -> None:
    for kind in ("access", "refresh"):
        await stand.rig.expire(kind)
    listener = prices(stand, *stand.keys)
    assert isinstance(await listener.error(), AuthError)
    news = stand.listening(stand.session.account_stream())
    assert isinstance(await news.error(), AuthError)
    assert "live" not in listener.states + news.states


async def test_s11_offline_is_unavailable_and_asks_nobody(stand: Stand) -> None:
    session = await offline_session(stand, Network(offline=True))
    before = len(stand.rig.requests())
    assert isinstance(session, StreamsQuotes)
    assert isinstance(session, StreamsAccounts)
    stream = session.quote_stream()
    stream.want(frozenset(stand.keys))
    for one in (stream, session.account_stream()):
        error = await stand.listening(one).error()
        assert isinstance(error, BrokerUnavailableError)
        assert "offline" in error.title
    assert len(stand.rig.requests()) == before
    await session.aclose()


@only(OVER_HTTP)
@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("status", {"status": 503}),
        ("status", {"status": 500}),
        ("html", {}),
        ("redirect", {"to": "other", "status": 307}),
        ("garbage", {}),
        ("reset_before", {}),
        ("status", {"status": 408}),
    ],
)
async def test_s12_a_broker_in_trouble_is_unavailable(
    stand: Stand, kind: str, args: dict[str, object]
) -> None:
    await stand.rig.fault(kind, ".", **args)
    listener = prices(stand, *stand.keys)
    assert isinstance(await failed(stand, listener), BrokerUnavailableError)
    await stand.rig.heal()
    again = prices(stand, *stand.keys)
    await known(stand, again, *stand.keys)


# -- accounts -------------------------------------------------------------------------------------
async def test_s13_what_happens_in_an_account_is_told(stand: Stand) -> None:
    accounts = {account.id for account in await stand.session.accounts()}
    news = stand.listening(stand.session.account_stream())
    await news.until(lambda: "live" in news.states)
    assert news.states[0] == "connecting"
    await stand.happen()
    await news.until(lambda: any(moved.filled for moved in news.all(AccountMoved)))
    for moved in news.all(AccountMoved):
        assert moved.account in {*accounts, None}
        assert moved.order is None or moved.order.account == moved.account
    assert not news.all(Told)


async def test_s14_both_lines_stand_side_by_side(stand: Stand) -> None:
    listener = prices(stand, *stand.keys)
    news = stand.listening(stand.session.account_stream())
    await known(stand, listener, *stand.keys)
    await news.until(lambda: "live" in news.states)
    assert not listener.all(AccountMoved)
    await listener.stop()
    await stand.happen()
    await news.until(lambda: news.all(AccountMoved))
    assert news.task_error is None
    assert all(line.state in LineState for line in news.all(Line))


# -- what is written down -------------------------------------------------------------------------
async def test_s15_the_log_holds_no_secret(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    listener = prices(stand, *stand.keys)
    news = stand.listening(stand.session.account_stream())
    await known(stand, listener, *stand.keys)
    await news.until(lambda: "live" in news.states)
    text = "\n".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("brokerdesk", "websockets", "ib_async"))
    )
    for secret in stand.rig.secrets:
        assert secret not in text
