"""Prices of this moment, symbols and options: who is asked, and what happens when nobody tells."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from support.ticket_desk import LIVE, Knowing, a_position, price, stock, ticket_desk

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.instrument import Instrument
from brokerdesk.domain.kinds import AssetType, ConnectionState, Environment, OrderSide, PriceFeed
from brokerdesk.errors import (
    BrokerUnavailableError,
    InputError,
    NotSupportedError,
)
from brokerdesk.services import ticket_quotes
from brokerdesk.services.trading_facts import Found

D = Decimal
DOWN = BrokerUnavailableError("Acme cannot be reached.", "The figures stay.")
EXPIRY = date(2026, 12, 18)


async def test_the_chosen_accounts_own_broker_is_asked_first(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        one, two = desk.account(), desk.account(broker="beta")
        desk.brokers["beta"].told["ABC"] = price("101")
        for account, title, last in ((one, "Acme", 100), (two, "Beta", 101)):
            told = await desk.tickets.quote(stock(), LIVE, account)
            assert told.source == title
            assert told.quote is not None
            assert told.quote.last == last
            assert told.quote.fetched_at == desk.clock.now()
            assert told.failure == ""


async def test_another_broker_of_the_environment_tells_where_the_own_one_does_not(
    tmp_path: Path,
) -> None:
    async with ticket_desk(tmp_path) as desk:
        one = desk.account()
        desk.account(broker="beta")
        desk.brokers["acme"].fails["quotes"] = DOWN
        assert (await desk.tickets.quote(stock(), LIVE, one)).source == "Beta"
        del desk.brokers["acme"].fails["quotes"]
        desk.brokers["acme"].told["ABC"] = price("0")
        assert (await desk.tickets.quote(stock(), LIVE, one)).source == "Beta"


async def test_practice_and_paper_prices_stay_where_they_are(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        desk.account(broker="beta", environment=Environment.PAPER)
        told = await desk.tickets.quote(stock(), LIVE, None)
        assert told.quote is None
        assert told.failure == "No connection of this environment tells prices of ABC."
        assert desk.brokers["beta"].calls == []


async def test_what_only_its_holder_can_mean_is_asked_of_nobody_else(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        coin = Instrument(symbol="ABC", asset_type=AssetType.CRYPTO)
        one = desk.account(state=ConnectionState.NEEDS_SIGN_IN)
        desk.account(broker="beta")
        told = await desk.tickets.quote(coin, LIVE, one)
        assert told.quote is None
        assert desk.brokers["beta"].calls == []


async def test_why_there_is_no_price_is_said_in_words(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        one = desk.account()
        desk.brokers["acme"].fails["quotes"] = DOWN
        told = await desk.tickets.quote(stock(), LIVE, one)
        assert told.failure == "Acme cannot be reached. The figures stay."
        del desk.brokers["acme"].fails["quotes"]
        told = await desk.tickets.quote(stock("XYZ"), LIVE, one)
        assert told.failure == "Acme has no price for XYZ."


async def test_a_broker_that_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticket_quotes, "WITHIN_SECONDS", 0.01)
    async with ticket_desk(tmp_path) as desk:
        one = desk.account()

        async def hang(symbols: object) -> None:
            await asyncio.Event().wait()

        desk.brokers["acme"].quotes = hang  # type: ignore[assignment, method-assign]
        assert (await desk.tickets.quote(stock(), LIVE, one)).failure == (
            "Acme did not answer in time."
        )


async def test_real_time_goes_before_delayed_once_it_is_known(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path, brokers=("acme", "beta", "gamma")) as desk:
        desk.account(broker="beta")
        desk.account(broker="gamma")
        desk.brokers["beta"].told["ABC"] = price(feed=PriceFeed.DELAYED)
        told = [(await desk.tickets.quote(stock(), LIVE, None)).source for _ in range(3)]
        assert told == ["Beta", "Gamma", "Gamma"]


async def test_held_and_recent_things_are_found_without_asking_anybody(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path, Knowing) as desk:
        key = desk.account(positions=[a_position("ABC"), a_position("ABLE", price="500")])
        await desk.sent(desk.draft(key, symbol="ZED"))
        nothing = await desk.tickets.find("", LIVE)
        assert [(one.instrument.symbol, one.found) for one in nothing] == [
            ("ZED", Found.RECENT), ("ABLE", Found.HELD), ("ABC", Found.HELD),
        ]  # fmt: skip
        cached = await desk.tickets.find("ab", LIVE, ask=False)
        assert [one.instrument.symbol for one in cached] == ["ABC", "ABLE"]
        assert desk.brokers["acme"].calls == []
        assert await desk.tickets.find("", Environment.PAPER) == ()


async def test_brokers_add_what_they_know_and_say_who_told(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path, Knowing) as desk:
        desk.account(positions=[a_position("ABC")])
        desk.account(broker="beta")  # finds nothing by itself
        knowing = desk.brokers["acme"]
        assert isinstance(knowing, Knowing)
        knowing.knows = (stock("XAB"), stock("ABC"), stock("AB"))
        found = await desk.tickets.find(" ab ", LIVE)
        assert [(one.instrument.symbol, one.told_by) for one in found] == [
            ("ABC", ""), ("AB", "Acme"), ("XAB", "Acme"),
        ]  # fmt: skip
        knowing.fails["find"] = DOWN
        assert [one.instrument.symbol for one in await desk.tickets.find("ab", LIVE)] == ["ABC"]


async def test_options_are_listed_by_the_own_session_or_another_that_can(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path, Knowing, Knowing, brokers=("beta", "gamma", "acme")) as desk:
        one = desk.account()
        with pytest.raises(NotSupportedError):
            await desk.tickets.expiries(stock(), one)
        two = desk.account(broker="beta")
        three = desk.account(broker="gamma")
        assert await desk.tickets.expiries(stock(), one) == (EXPIRY,)
        assert desk.brokers["beta"].calls == ["expiries"]
        chain = await desk.tickets.chain(stock(), EXPIRY, three)
        assert (chain.underlying, chain.expiry) == ("ABC", EXPIRY)
        assert desk.brokers["gamma"].calls == ["chain"]
        desk.brokers["beta"].fails["expiries"] = DOWN
        assert await desk.tickets.expiries(stock(), two) == (EXPIRY,)
        desk.brokers["gamma"].fails["expiries"] = BrokerUnavailableError("Gamma is down.")
        with pytest.raises(BrokerUnavailableError, match="Acme cannot be reached"):
            await desk.tickets.expiries(stock(), two)
        with pytest.raises(InputError):
            await desk.tickets.expiries(stock(), AccountId("acme:nobody"))


async def test_offers_know_the_step_of_the_price_that_was_asked_for(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        draft = desk.draft(key, OrderSide.BUY, limit_price=None)
        assert (await desk.tickets.offers(draft)).tick == D("0.01")
        desk.brokers["acme"].told["ABC"] = price("0.5")
        await desk.tickets.quote(stock(), LIVE, key)
        found = await desk.tickets.offers(draft)
        assert found.tick == D("0.0001")
        assert found.account == key
        assert found.replaces == ""
        with pytest.raises(InputError):
            await desk.tickets.offers(desk.draft(AccountId("acme:nobody")))
