"""The adapter against the simulated Alpaca: figures that have to add up, and the recorded past."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from support.brokers import MemoryCredentials
from support.rigs import sign_in
from support.rigs_alpaca import AlpacaRig, alpaca_rig

from brokerdesk.brokers.alpaca.session import AlpacaSession
from brokerdesk.brokers.base import DailyPrices
from brokerdesk.domain.account import Account
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    Environment,
    OrderStatus,
    OrderType,
    PriceFeed,
    TransactionType,
)
from brokerdesk.errors import AuthExpiredError, BrokerRefusedError, RateLimitedError

MARCH = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
async def rig() -> AsyncIterator[AlpacaRig]:
    async with alpaca_rig() as made:
        yield made


@pytest.fixture
async def session(rig: AlpacaRig) -> AsyncIterator[AlpacaSession]:
    opened = rig.session(MemoryCredentials((await sign_in(rig)).credentials))
    assert isinstance(opened, AlpacaSession)
    yield opened
    await opened.aclose()


async def both(session: AlpacaSession) -> tuple[Account, Account]:
    live, paper = (await session.accounts()).items
    return live, paper


async def test_cash_and_holdings_make_the_total(session: AlpacaSession) -> None:
    for account in await both(session):
        reading = await session.portfolio(account.id)
        balance = reading.balances[0]
        values = [held.market_value for held in reading.positions]
        assert None not in values
        assert balance.cash is not None
        held = sum((value for value in values if value is not None), Decimal(0))
        assert balance.cash + held == balance.net_liquidation == balance.equity
        for one in reading.positions:
            if one.cost_basis is not None and one.market_value is not None:
                assert one.open_pl == one.market_value - one.cost_basis


async def test_every_kind_of_account_and_holding_is_recognised(session: AlpacaSession) -> None:
    live, paper = await both(session)
    assert (live.type, paper.type) == (AccountType.MARGIN, AccountType.CASH)
    assert live.environment is paper.environment is Environment.PRACTICE
    assert live.raw_type.startswith("ACTIVE; multiplier 2; shorting enabled; options level 3 of 3")
    assert live.flags.margin
    assert live.flags.day_trader is None, "left the API in July 2026"
    assert live.flags.trading_blocked is False
    reading = await session.portfolio(live.id)
    held = {one.instrument.asset_type: one for one in reading.positions}
    assert set(held) == {AssetType.EQUITY, AssetType.ETF, AssetType.OPTION, AssetType.CRYPTO}
    option = held[AssetType.OPTION].instrument
    assert option.multiplier == 100
    assert (option.underlying, len(option.symbol)) == ("SPY", 21)
    assert None not in (option.strike, option.expiry, option.right)
    assert option.name.startswith("SPY 1")
    assert "/USD" in held[AssetType.CRYPTO].instrument.symbol
    shorts = [one for one in reading.positions if one.quantity < 0]
    assert {one.instrument.asset_type for one in shorts} == {AssetType.EQUITY, AssetType.OPTION}
    assert all((one.market_value or 0) < 0 and (one.cost_basis or 0) < 0 for one in shorts)
    assert any(one.quantity % 1 for one in reading.positions)
    names = [one.instrument.name for one in reading.positions]
    assert all(names), "the asset list has them"
    assert dict(reading.balances[0].others)["last_equity"]
    assert dict(reading.balances[0].buying_power)["reg_t"]


async def test_names_are_asked_for_once(rig: AlpacaRig, session: AlpacaSession) -> None:
    live, _ = await both(session)
    await session.portfolio(live.id)
    before = len(rig.requests())
    await session.portfolio(live.id)
    assert [path.rsplit("/", 1)[1] for path in rig.requests()[before:]] == ["account", "positions"]


async def test_names_are_an_ornament(rig: AlpacaRig, session: AlpacaSession) -> None:
    live, _ = await both(session)
    await rig.fault("status", "/v2/assets", status=404)
    reading = await session.portfolio(live.id)
    assert not reading.unread
    assert not any(
        one.instrument.name
        for one in reading.positions
        if one.instrument.asset_type is AssetType.EQUITY
    )


async def test_a_failing_asset_list_is_left_alone_for_a_while(
    rig: AlpacaRig, session: AlpacaSession
) -> None:
    live, _ = await both(session)
    await rig.fault("html", "/v2/assets")
    assert not (await session.portfolio(live.id)).unread
    before = len(rig.requests())
    await session.portfolio(live.id)
    assert not [path for path in rig.requests()[before:] if "assets" in path]
    await rig.heal()
    await rig.clock.advance(700)
    assert all(one.instrument.name for one in (await session.portfolio(live.id)).positions)


async def test_transactions_are_paged_and_explain_the_cash(
    rig: AlpacaRig, session: AlpacaSession
) -> None:
    live, _ = await both(session)
    now = rig.clock.now()
    batch = await session.transactions(live.id, MARCH, now)
    assert not batch.unread
    assert len(batch) > 100, "more than a page"
    assert len({one.id for one in batch}) == len(batch)
    account = rig.sim.dialect("alpaca").exchange.accounts[0]
    moved = account.book_at(now).cash - account.book_at(MARCH).cash
    told = sum((one.amount for one in batch), Decimal(0))
    assert abs(told - moved) < Decimal("0.01") * len(batch), "fractions are booked in cents"
    kinds = {one.type for one in batch}
    assert kinds >= {
        TransactionType.TRADE,
        TransactionType.DIVIDEND_OR_INTEREST,
        TransactionType.DEPOSIT,
        TransactionType.CORPORATE_ACTION,
        TransactionType.FEE,
    }
    for one in batch:
        if one.type is TransactionType.TRADE:
            assert one.quantity
            assert one.instrument
            assert one.price
            assert (one.quantity > 0) == (one.amount < 0)
        if one.raw_type == "DIV":
            assert one.quantity is None, "what it was paid on moved nowhere"


async def test_a_span_is_kept_to_and_days_count_whole(
    rig: AlpacaRig, session: AlpacaSession
) -> None:
    live, _ = await both(session)
    whole = await session.transactions(live.id, MARCH, rig.clock.now())
    first = next(one for one in whole if one.type is TransactionType.TRADE)
    exactly = await session.transactions(live.id, first.time, first.time)
    assert first.id in {one.id for one in exactly}
    later = await session.transactions(live.id, first.time + timedelta(seconds=1), first.time)
    assert first.id not in {one.id for one in later}
    deposit = next(one for one in whole if one.raw_type == "CSD")
    noon = deposit.time + timedelta(hours=12)
    around = await session.transactions(live.id, noon, noon + timedelta(minutes=1))
    assert deposit.id in {one.id for one in around}, "it carries a day and no time"


async def test_orders_come_with_their_legs(rig: AlpacaRig, session: AlpacaSession) -> None:
    live, _ = await both(session)
    batch = await session.orders(live.id, MARCH, rig.clock.now())
    assert not batch.unread
    assert {one.status for one in batch} >= {
        OrderStatus.FILLED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
    }
    brackets = [one for one in batch if one.strategy == "bracket"]
    assert brackets
    for one in brackets:
        assert [leg.type for leg in one.children] == [OrderType.LIMIT, OrderType.STOP]
        assert one.children[1].stop_price
    for one in batch:
        assert one.client_order_id
        assert one.entered_at
        assert (one.closed_at is None) == (one.status in (OrderStatus.WORKING,))
        if one.status is OrderStatus.FILLED:
            assert one.filled_quantity == one.quantity
            assert one.average_price


async def test_many_orders_are_asked_for_in_halves_and_none_is_lost(
    rig: AlpacaRig, session: AlpacaSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, _ = await both(session)
    whole = {one.id for one in await session.orders(live.id, MARCH, rig.clock.now())}
    monkeypatch.setattr("brokerdesk.brokers.alpaca.session.MOST_ORDERS", 40)
    monkeypatch.setattr("brokerdesk.brokers.alpaca.client.MOST_ORDERS", 40)
    assert {one.id for one in await session.orders(live.id, MARCH, rig.clock.now())} == whole


async def test_quotes_of_every_kind_go_by_the_name_that_was_asked(
    session: AlpacaSession,
) -> None:
    live, _ = await both(session)
    reading = await session.portfolio(live.id)
    symbols = [one.instrument.symbol for one in reading.positions]
    batch = await session.quotes([*symbols, "ZZZZQX", "NOPE/USD", symbols[0]])
    assert sorted(one.symbol for one in batch) == sorted(symbols), "each once"
    assert {one.label for one in batch.unread} == {"ZZZZQX", "NOPE/USD"}
    marks = {one.instrument.symbol: one.mark for one in reading.positions}
    for quote in batch:
        assert quote.last == marks[quote.symbol]
        assert quote.as_of
        assert quote.source == "alpaca"
        option = len(quote.symbol) == 21
        assert quote.feed is (PriceFeed.DELAYED if option else PriceFeed.REAL_TIME)
        assert option or quote.previous_close


async def test_a_closed_market_has_no_bid(rig: AlpacaRig, session: AlpacaSession) -> None:
    await rig.clock.advance(12 * 3600)
    (quote,) = (await session.quotes(["AAPL"])).items
    assert quote.bid is None
    assert quote.ask is None
    assert quote.last


async def test_closing_prices_of_shares_and_coins(rig: AlpacaRig, session: AlpacaSession) -> None:
    assert isinstance(session, DailyPrices)
    since = date(2024, 1, 2)
    for symbol in ("AAPL", "BTC/USD"):
        batch = await session.daily_prices(symbol, since)
        days = [one.day for one in batch]
        assert days == sorted(days)
        assert days[0] == since
        assert len(days) > 700
        assert not batch.unread
    assert not (await session.daily_prices("ZZZZQX", since)).items
    assert not (await session.daily_prices("SPY   261218C00695000", since)).items


async def test_closing_prices_follow_pages_and_do_without_a_subscription(
    rig: AlpacaRig, session: AlpacaSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = await session.daily_prices("AAPL", date(2025, 1, 2))
    monkeypatch.setattr("brokerdesk.brokers.alpaca.client.MOST_BARS", 100)
    assert await session.daily_prices("AAPL", date(2025, 1, 2)) == whole
    monkeypatch.setattr("brokerdesk.brokers.alpaca.market._FREE_AFTER", timedelta(0))
    before = len(rig.requests())
    again = await session.daily_prices("AAPL", date(2026, 1, 2))
    assert again.items[-1].day >= whole.items[-1].day
    assert len(rig.requests()) - before >= 2, "refused once, then asked of one exchange"


async def test_portfolio_history_tells_what_the_recorded_past_tells(
    rig: AlpacaRig, session: AlpacaSession
) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        answer = await http.get(f"{rig.origin.control_url}/history?days=150")
    lines: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 300
    live, paper = await both(session)
    replay = rig.spec.replay
    assert replay is not None
    recorded: dict[str, dict[date, Decimal | None]] = {live.id: {}, paper.id: {}}
    for line in lines:
        at = datetime.fromisoformat(line["at"]).astimezone(UTC)
        reading = replay(json.dumps(line["answer"]).encode(), Environment.PRACTICE, at)
        assert reading.fetched_at == at
        assert not reading.unread
        assert all(held.instrument.name for held in reading.positions)
        recorded[reading.account][at.date()] = reading.balances[0].net_liquidation
    for midnight in (False, True):
        await rig.control("switches", {"history_midnight": midnight})
        for account in (live, paper):
            first = min(recorded[account.id])
            batch = await session.daily_values(account.id, first)
            assert not batch.unread
            assert len(batch) >= 148, "a null now and then is no value"
            for one in batch:
                assert one.value == recorded[account.id][one.day]


async def test_before_it_was_funded_an_account_has_no_values(session: AlpacaSession) -> None:
    live, _ = await both(session)
    batch = await session.daily_values(live.id, date(2021, 1, 4))
    assert batch.items[0].day >= date(2021, 6, 1)
    assert batch.items[0].value > 0


async def test_the_market_s_clock_and_calendar(rig: AlpacaRig, session: AlpacaSession) -> None:
    clock = await session.market_clock()
    assert abs(clock.now - rig.clock.now()) < timedelta(seconds=1)
    assert clock.is_open == (clock.next_close < clock.next_open)
    days = await session.market_days(date(2026, 11, 23), date(2026, 11, 30))
    assert [one.day.day for one in days] == [23, 24, 25, 27, 30]
    friday = days.items[3]
    assert friday.closes - friday.opens == timedelta(hours=3, minutes=30)


@pytest.mark.parametrize(
    "switches",
    [
        {"legacy_account": True},
        {"short_unsigned": True},
        {"short_sales_named": True},
        {"coins_as_pairs": True},
        {"unauthorized": "code"},
        {"unauthorized": "forbidden"},
        {"retry_after": ""},
        {"omit_fields": ["portfolio_value", "sma", "asset_id", "exchange", "lastday_price"]},
    ],
)
async def test_what_nobody_knows_for_sure_is_taken_either_way(
    rig: AlpacaRig, session: AlpacaSession, switches: dict[str, Any]
) -> None:
    live, _ = await both(session)
    usual = await session.portfolio(live.id)
    trades = await session.transactions(live.id, MARCH, rig.clock.now())
    await rig.control("switches", switches)
    reading = await session.portfolio(live.id)
    assert not reading.unread
    for one, before in zip(reading.positions, usual.positions, strict=True):
        assert one.instrument.symbol == before.instrument.symbol
        assert (one.quantity, one.market_value) == (before.quantity, before.market_value)
    again = await session.transactions(live.id, MARCH, rig.clock.now())
    assert [(one.id, one.amount) for one in again] == [(one.id, one.amount) for one in trades]
    if switches.get("legacy_account"):
        (account, _) = await both(session)
        assert account.flags.day_trader is False
        assert account.flags.day_trades == 1
        assert dict(reading.balances[0].buying_power)["day_trading"]
    await rig.expire("access")
    with pytest.raises(AuthExpiredError):
        await session.portfolio(live.id)


async def test_the_throttle_is_told_and_obeyed(rig: AlpacaRig, session: AlpacaSession) -> None:
    live, _ = await both(session)
    await rig.control("switches", {"throttle_per_minute": 1, "retry_after": "40"})
    await rig.clock.advance(61)
    with pytest.raises(RateLimitedError) as caught:
        await session.portfolio(live.id)
    assert caught.value.retry_after == 40
    before = len(rig.requests())
    with pytest.raises(RateLimitedError):
        await session.portfolio(live.id)
    assert len(rig.requests()) == before, "nobody is asked while the pause lasts"
    await rig.control("switches", {"throttle_per_minute": None})
    await rig.clock.advance(41)
    assert (await session.portfolio(live.id)).positions


async def test_market_data_without_its_scope_is_refused_in_words(
    rig: AlpacaRig, session: AlpacaSession
) -> None:
    await rig.fault("status", "/alpaca/data/", status=403)
    with pytest.raises(BrokerRefusedError) as caught:
        await session.quotes(["AAPL"])
    assert "market data" in caught.value.hint


async def test_a_trade_between_two_answers_is_read_once_more(
    rig: AlpacaRig, session: AlpacaSession
) -> None:
    live, _ = await both(session)
    await rig.fault("edit", "accounts", edit="value", field="cash", value="1")
    before = len(rig.requests())
    reading = await session.portfolio(live.id)
    asked = [path.rsplit("/", 1)[1] for path in rig.requests()[before:] if "assets" not in path]
    assert asked == ["account", "positions"] * 2
    assert reading.balances[0].cash == 1, "told as it is; the difference is shown elsewhere"


async def test_an_answer_for_somebody_else_is_thrown_away(
    rig: AlpacaRig, session: AlpacaSession
) -> None:
    live, _ = await both(session)
    await rig.fault("edit", "accounts", edit="value", field="id", value="somebody-else")
    with pytest.raises(Exception, match="another account"):
        await session.portfolio(live.id)


async def test_credentials_stored_meanwhile_are_used(rig: AlpacaRig) -> None:
    done = await sign_in(rig)
    port = MemoryCredentials(done.credentials)
    session = rig.session(port)
    (account, *_) = (await session.accounts()).items
    await rig.expire("access")
    port.credentials = dict((await sign_in(rig)).credentials)
    assert (await session.portfolio(account.id)).account == account.id
    assert port.replaced == [], "nothing is ever renewed by itself"
    await session.aclose()
