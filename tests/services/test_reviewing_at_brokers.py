"""Tickets and reviews all the way, with real adapters against the practice exchange."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.drafts import draft, share
from support.order_checks import flat
from support.product import connect, services_in
from support.rigs import RIGS
from support.schwab_stream import Listener

from brokerdesk.brokers.base import BrokerSpec
from brokerdesk.brokers.trading import KnowsObstacles
from brokerdesk.domain.account import Account
from brokerdesk.domain.connection import Connection
from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    Environment,
    OrderSide,
    OrderStatus,
    OrderType,
)
from brokerdesk.domain.order import Order
from brokerdesk.domain.quote import QuoteKey
from brokerdesk.errors import NotSupportedError
from brokerdesk.services.container import Services
from brokerdesk.services.routing import Obstacle, Wish
from brokerdesk.services.trading_facts import Found, Review, TicketQuote
from brokerdesk.simulator.market.candles import average_volume

P = Environment.PRACTICE


@dataclass
class Shop:
    """The product, signed in at one simulated broker and with trading turned on."""

    rig: Any
    services: Services
    connection: Connection
    account: AccountId

    @property
    def trading(self) -> Any:
        return self.services.trading

    async def price(self) -> TicketQuote:
        found: TicketQuote = await self.trading.quote(share(), P, self.account)
        return found

    async def wish(self, factor: str = "0.98", **changes: Any) -> Draft:
        told = (await self.price()).quote
        assert told is not None
        assert told.last is not None
        limit = (told.last * Decimal(factor)).quantize(Decimal("0.01"))
        return draft(self.account, share(), **{"limit_price": limit, **changes})

    async def orders(self) -> tuple[Order, ...]:
        """What the broker itself lists now."""
        session: Any = self.services.pool.session(self.connection)
        since = self.rig.clock.now() - timedelta(days=1)
        return tuple((await session.every_order(self.account, since)).items)


def _takes_shares(spec: BrokerSpec, account: Account) -> bool:
    assert spec.check_draft is not None
    try:
        spec.check_draft(draft(account.id, share()), account)
    except NotSupportedError:
        return False
    return True


@asynccontextmanager
async def shop(folder: Path, broker: str, *, auto: bool = False) -> AsyncIterator[Shop]:
    async with RIGS[broker]() as rig, services_in(folder, rig.clock) as services:
        connection = await connect(services, rig)
        await services.refreshing.refresh(connection.id)
        rig.clock.auto = auto  # whoever follows orders sleeps; time is not to run meanwhile
        await services.trading.begin()
        await services.trading.turn(connection.id, True)
        stored = await services.database.read(lambda uow: uow.accounts.list(connection.id))
        session: Any = services.pool.session(connection)
        against = session.cannot_send if isinstance(session, KnowsObstacles) else lambda _: ""
        able = [
            one
            for one in stored
            if not against(one.account.id) and _takes_shares(rig.spec, one.account)
        ]
        account = next((one for one in able if one.account.type is AccountType.MARGIN), able[0])
        yield Shop(rig, services, connection, account.account.id)


@pytest.mark.parametrize("broker", ["alpaca", "schwab", "ibkr"])
async def test_from_a_ticket_to_the_broker(tmp_path: Path, broker: str) -> None:
    async with shop(tmp_path, broker) as desk:
        trading = desk.trading
        assert await trading.environments() == (P,)
        told = await desk.price()
        assert told.source == desk.rig.spec.title
        assert told.failure == ""
        wish = await desk.wish(quantity=Decimal(3))
        asked = Wish(symbol="AAPL", side=OrderSide.BUY, environment=P, currency="USD",
                     quantity=Decimal(3))  # fmt: skip
        routed = await trading.route(asked, wish)
        assert routed.route.parts, routed.route.reason
        assert routed.accounts[0].account == routed.route.parts[0].account
        offered = await trading.offers(wish)
        assert offered.types[OrderType.LIMIT] == ""
        assert offered.tick == Decimal("0.01")
        review = await trading.review((wish,))
        (order,) = review.orders
        assert not review.blocked
        assert order.quote is not None
        assert wish.limit_price is not None
        assert order.estimate.value == wish.limit_price * 3
        assert order.estimate.exact
        assert order.estimate.power_before is not None
        assert order.estimate.power_after == order.estimate.power_before - order.estimate.value
        assert (order.preview is not None) == desk.rig.spec.capabilities.preview
        assert order.preview_failure == ""
        (sent,) = await trading.send(review.id, _codes(review))
        assert sent.failure == ""
        assert sent.intent.id == review.id
        assert sent.intent.state is IntentState.ACCEPTED, sent.intent.words
        arrived = json.loads(sent.intent.request, parse_float=Decimal)
        if broker != "ibkr":  # what goes to TWS is no text
            assert flat(arrived) == {one.name: one.value for one in order.fields}
        (again,) = await trading.send(review.id, frozenset())
        assert again.intent is None
        assert again.failure


@pytest.mark.parametrize("broker", ["alpaca", "schwab", "ibkr"])
async def test_a_working_order_is_reviewed_anew_before_it_is_replaced(
    tmp_path: Path, broker: str
) -> None:
    async with shop(tmp_path, broker) as desk:
        first = await desk.trading.review((await desk.wish("0.90", quantity=Decimal(2)),))
        (sent,) = await desk.trading.send(first.id, _codes(first))
        assert sent.intent.state is IntentState.ACCEPTED, sent.intent.words
        other = await desk.wish("0.91", quantity=Decimal(2))
        again = await desk.trading.review((other,), replaces=sent.intent.order_id)
        assert again.replaces == sent.intent.order_id
        assert not again.blocked
        assert "duplicate" not in _codes(again)
        (changed,) = await desk.trading.send(again.id, _codes(again))
        assert changed.intent.state is IntentState.ACCEPTED, changed.intent.words
        assert changed.intent.id == again.id
        await desk.rig.clock.advance(30)
        old, new = sent.intent.order_id, changed.intent.order_id
        orders = {one.id: one for one in await desk.orders()}
        assert orders[new].limit_price == other.limit_price
        assert orders[new].status in (OrderStatus.WORKING, OrderStatus.PENDING)
        if old != new:  # at TWS an order keeps its number
            assert orders[old].status not in (OrderStatus.WORKING, OrderStatus.PENDING)


async def test_several_accounts_are_routed_reviewed_and_sent_as_a_basket(tmp_path: Path) -> None:
    async with shop(tmp_path, "alpaca") as desk:
        seats = await desk.trading.tickets.accounts.look(P)
        holding = [
            (seat.id, one)
            for seat in seats
            for one in seat.positions
            if one.instrument.asset_type is AssetType.EQUITY and one.quantity >= 2
        ]
        both: dict[str, list[tuple[AccountId, Decimal]]] = {}
        for account, one in holding:
            both.setdefault(one.instrument.symbol, []).append((account, one.quantity))
        symbol, parts = max(both.items(), key=lambda pair: len(pair[1]))
        whole = sum(int(units) for _, units in parts)
        asked = Wish(symbol=symbol, side=OrderSide.SELL, environment=P, currency="USD",
                     quantity=Decimal(whole))  # fmt: skip
        routed = await desk.trading.route(asked)
        assert len(routed.route.parts) == len(parts)
        told = (await desk.trading.quote(share(symbol), P, parts[0][0])).quote
        limit = (told.bid * Decimal("1.01")).quantize(Decimal("0.01"))
        basket = tuple(
            draft(part.account, share(symbol), OrderSide.SELL, quantity=Decimal(1),
                  limit_price=limit)
            for part in routed.route.parts
        )  # fmt: skip
        review = await desk.trading.review(basket)
        assert not review.blocked, review.blocked
        sent = await desk.trading.send(review.id, _codes(review))
        assert [one.intent.state for one in sent] == [IntentState.ACCEPTED] * len(basket)


async def test_a_review_through_a_broker_that_gathers_others(tmp_path: Path) -> None:
    async with shop(tmp_path, "snaptrade", auto=True) as desk:
        wish = await desk.wish(quantity=Decimal(3))
        review = await desk.trading.review((wish,))
        (order,) = review.orders
        assert {one.name: one.value for one in order.fields}["units"] == "3"
        assert (order.preview is not None) == desk.rig.spec.capabilities.preview
        assert order.preview_failure == ""
        assert order.estimate.value is not None
        assert not {one.code for one in review.blocked} - {"stale quote"}
        offered = await desk.trading.offers(wish)
        assert offered.links[Link.BRACKET]


async def test_an_account_whose_newest_orders_are_not_told_is_refused_in_its_review(
    tmp_path: Path,
) -> None:
    async with shop(tmp_path, "snaptrade", auto=True) as desk:
        session: Any = desk.services.pool.session(desk.connection)
        stored = await desk.services.database.read(
            lambda uow: uow.accounts.list(desk.connection.id)
        )
        blind = [one.account.id for one in stored if session.cannot_send(one.account.id)]
        assert blind
        wish = replace(await desk.wish(quantity=Decimal(3)), account=blind[0])
        review = await desk.trading.review((wish,))
        assert "no orders" in {one.code for one in review.blocked}


async def test_what_is_held_is_found_and_a_stranger_is_not(tmp_path: Path) -> None:
    async with shop(tmp_path, "schwab") as desk:
        found = await desk.trading.find("", P)
        assert found
        assert {one.found for one in found} == {Found.HELD}
        name = found[0].instrument.symbol
        assert (await desk.trading.find(name.lower(), P))[0].instrument.symbol == name


async def test_a_market_order_that_the_account_cannot_pay_is_told_by_both(tmp_path: Path) -> None:
    """Our limits say so, and Schwab's own preview does, each in its own words."""
    async with shop(tmp_path, "schwab") as desk:
        desk.services.settings = replace(
            desk.services.settings,
            order_most_value=Decimal(999_999_999),
            order_most_quantity=Decimal(999_999_999),
        )
        review = await desk.trading.review((await desk.wish(quantity=Decimal(200_000)),))
        words = {one.code: one.words for one in review.orders[0].findings}
        assert "buying power" in words
        assert words["broker refuses"].startswith("Charles Schwab says: “")
        assert {one.code for one in review.blocked} == {"broker refuses"}
        account = next(
            one for one in (await desk.trading.tickets.accounts.look(P)) if one.id == desk.account
        )
        assert Obstacle.NO_POWER in {
            told.obstacle
            for told in (
                await desk.trading.route(
                    Wish(symbol="AAPL", side=OrderSide.BUY, environment=P, currency="USD",
                         value=Decimal(10**9))
                )
            ).accounts
            if told.account == account.id
        }  # fmt: skip


async def _words(desk: Shop, wish: Draft) -> dict[tuple[str, bool], str]:
    """What its review says, by code and whether it blocks."""
    review = await desk.trading.review((wish,))
    return {(one.code, one.blocks): one.words for one in review.orders[0].findings}


@pytest.mark.parametrize("broker", ["schwab", "ibkr"])
async def test_a_halt_blocks_an_order_at_market_and_warns_before_one_with_a_price(
    tmp_path: Path, broker: str
) -> None:
    async with shop(tmp_path, broker) as desk:
        if broker == "ibkr":
            desk.rig.dialect.switches.market_data = "live"  # a delayed price is none at market
        market = replace(await desk.wish(), type=OrderType.MARKET, limit_price=None)
        for wish in (await desk.wish(), market):
            assert "halted symbol" not in {code for code, _ in await _words(desk, wish)}
        desk.rig.dialect.floor.knobs.halted.append("AAPL")
        with_a_price = await _words(desk, await desk.wish())
        at_market = await _words(desk, market)
        assert with_a_price["halted symbol", False] == (
            "Trading in AAPL is halted. The broker may refuse the order."
        )
        assert at_market["halted symbol", True] == (
            "Trading in AAPL is halted. An order at market waits."
        )
        assert ("halted symbol", False) not in at_market
        desk.rig.dialect.floor.knobs.halted.clear()
        assert "halted symbol" not in {code for code, _ in await _words(desk, market)}


@pytest.mark.parametrize("broker", ["schwab", "alpaca", "ibkr"])
async def test_a_share_of_the_average_volume_is_warned_of(tmp_path: Path, broker: str) -> None:
    async with shop(tmp_path, broker) as desk:
        listing = desk.rig.dialect.exchange.market.listing("AAPL")
        usual = Decimal(average_volume(desk.rig.dialect.exchange.market, listing))
        desk.services.settings = replace(
            desk.services.settings, order_most_quantity=usual, order_volume_percent=Decimal(20)
        )
        if broker == "ibkr":  # told on the line for prices, which an open ticket asks for
            key = QuoteKey("AAPL", AssetType.EQUITY, "USD")
            assert ("volume", False) not in await _words(desk, await desk.wish(quantity=usual))
            await _live(desk, key)
        little = await _words(desk, await desk.wish(quantity=(usual / 10).quantize(Decimal(1))))
        assert "volume" not in {code for code, _ in little}
        wish = await desk.wish(quantity=(usual / 2).quantize(Decimal(1)))
        much = (await _words(desk, wish))["volume", False]
        share = Decimal(much.partition("%")[0])
        assert much == f"{share}% of the average volume of a day."
        # Alpaca tells days, of which the average is taken here; the others tell the average.
        assert abs(share - 50) < (10 if broker == "alpaca" else Decimal("0.1"))


async def _live(desk: Shop, key: QuoteKey) -> None:
    """The line for prices tells this one, as it does while a ticket shows it."""
    session: Any = desk.services.pool.session(desk.connection)
    line = Listener(session.quote_stream())
    line.stream.want(frozenset({key}))
    line.start()
    try:
        await line.until(lambda: key in line.quotes())
    finally:
        await line.stop()


async def test_a_broker_that_cannot_tell_its_volumes_holds_up_no_review(tmp_path: Path) -> None:
    async with shop(tmp_path, "alpaca") as desk:
        path = "/alpaca/data/v2/stocks/bars"
        desk.rig.sim.faults.add([{"kind": "status", "path": path, "args": {"status": 500}}])
        review = await desk.trading.review((await desk.wish(quantity=Decimal(3)),))
        (order,) = review.orders
        assert order.quote is not None
        assert order.quote.average_volume is None
        assert not review.blocked


def _codes(review: Review) -> frozenset[str]:
    return frozenset(one.code for one in review.warnings)
