"""Which account a ticket goes to, out of the cache: what stands against each, and what it has."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.ticket_desk import LIVE, Desk, a_position, an_order, balance, ticket_desk

from brokerdesk.domain.account import AccountFlags
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.intent import IntentState
from brokerdesk.domain.kinds import (
    AccountType,
    ConnectionState,
    Environment,
    OrderSide,
    OrderStatus,
    OrderType,
)
from brokerdesk.domain.same_accounts import PairChoice, pair_of
from brokerdesk.errors import InputError
from brokerdesk.services.routing import WORDS, Obstacle, Wish
from brokerdesk.services.trading_facts import TicketAccount

D = Decimal


def wish(side: OrderSide = OrderSide.BUY, quantity: str | None = "10", **changes: Any) -> Wish:
    values: dict[str, Any] = {
        "symbol": "ABC",
        "side": side,
        "environment": LIVE,
        "currency": "USD",
        "quantity": None if quantity is None else D(quantity),
        "value": D(1000),
    }
    return Wish(**{**values, **changes})


async def only(desk: Desk, asked: Wish | None = None) -> TicketAccount:
    (found,) = (await desk.tickets.route(asked or wish())).accounts
    return found


async def test_an_account_that_can_take_it_is_chosen_and_named(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()
        routed = await desk.tickets.route(wish())
        assert [part.account for part in routed.route.parts] == [key]
        (told,) = routed.accounts
        assert told.obstacle is None
        assert told.why == ""
        assert told.name == "Acme …2222"
        assert told.power == 50_000
        assert told.power_at is not None
        assert routed.route.reason == "Acme …2222 is the only account that can pay for it."


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"on": False}, Obstacle.SWITCHED_OFF),
        ({"state": ConnectionState.NEEDS_SIGN_IN}, Obstacle.SIGNED_OUT),
        ({"flags": AccountFlags(trading_blocked=True)}, Obstacle.BLOCKED),
        ({"flags": AccountFlags(account_blocked=True)}, Obstacle.BLOCKED),
        ({"flags": AccountFlags(closing_only=True)}, Obstacle.BLOCKED),
        ({"flags": AccountFlags(read_only=True)}, Obstacle.READ_ONLY),
        ({"balances": (balance(currency="EUR"),)}, Obstacle.CURRENCY),
        ({"age": 3600.0}, Obstacle.STALE),
        ({"balances": (balance("10"),)}, Obstacle.NO_POWER),
        ({"balances": (balance(None),)}, Obstacle.NO_POWER),
    ],
)
async def test_what_stands_against_an_account(
    tmp_path: Path, changes: dict[str, Any], obstacle: Obstacle
) -> None:
    async with ticket_desk(tmp_path) as desk:
        desk.account(**changes)
        routed = await desk.tickets.route(wish())
        (told,) = routed.accounts
        assert told.obstacle is obstacle
        assert told.why == WORDS[obstacle]
        assert not routed.route.parts
        assert routed.route.reason


async def test_a_connection_that_can_only_read_says_so(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path, acme={"trading": False}) as desk:
        desk.account()
        assert (await only(desk)).obstacle is Obstacle.READ_ONLY


async def test_closing_only_lets_a_holding_go(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        desk.account(flags=AccountFlags(closing_only=True), positions=[a_position()])
        assert (await only(desk, wish(OrderSide.SELL))).obstacle is None


async def test_a_held_back_reading_makes_an_account_stale(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account()

        def hold(uow: Any) -> None:
            snapshot = uow.snapshots.latest(key)
            uow.snapshots.hold(snapshot.reading, "It fell.", desk.clock.now())

        desk.database.run_sync(hold)
        assert (await only(desk)).obstacle is Obstacle.STALE


async def test_an_account_that_is_counted_through_another_connection_is_not_chosen(
    tmp_path: Path,
) -> None:
    async with ticket_desk(tmp_path) as desk:
        one, two = desk.account(), desk.account(broker="beta")
        first, second = pair_of(one, two)
        choice = PairChoice(first=first, second=second, chosen=one, decided_at=desk.clock.now())
        desk.database.run_sync(lambda uow: uow.same_accounts.replace([choice]))
        routed = await desk.tickets.route(wish())
        against = {told.account: told.obstacle for told in routed.accounts}
        assert against == {one: None, two: Obstacle.COUNTED_ELSEWHERE}


async def test_environments_are_never_mixed(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        desk.account(environment=Environment.PAPER)
        live = desk.account("33334444")
        assert await desk.tickets.environments() == (LIVE, Environment.PAPER)
        assert [told.account for told in (await desk.tickets.route(wish())).accounts] == [live]


async def test_the_default_account_goes_first_in_its_own_environment(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        one = desk.account(balances=(balance("90000"),))
        two = desk.account(broker="beta")
        assert (await desk.tickets.route(wish())).accounts[0].account == one
        await desk.tickets.set_default(two)
        routed = await desk.tickets.route(wish())
        assert routed.accounts[0].account == two
        assert routed.accounts[0].is_default
        assert routed.route.reason == "Beta …2222 is your default account."
        await desk.tickets.set_default(None, Environment.PAPER)
        assert (await desk.tickets.route(wish())).accounts[0].account == two
        await desk.tickets.set_default(None)
        assert (await desk.tickets.route(wish())).accounts[0].account == one
        with pytest.raises(InputError):
            await desk.tickets.set_default(AccountId("acme:nobody"))


async def test_a_cash_account_without_buying_power_pays_from_its_cash(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        bare = balance(None)
        desk.account(
            balances=(type(bare)(currency="USD", cash=D(5000), net_liquidation=D(5000)),),
            kind=AccountType.CASH,
        )
        assert (await only(desk)).power == 5000


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, "6"),
        ({"filled_quantity": D(3)}, "9"),
        ({"status": OrderStatus.CANCELLED}, "10"),
        ({"symbol": "XYZ"}, "10"),
        ({"side": OrderSide.BUY}, "10"),
    ],
)
async def test_what_working_sales_have_claimed_cannot_be_sold_again(
    tmp_path: Path, changes: dict[str, Any], left: str
) -> None:
    async with ticket_desk(tmp_path) as desk:
        at = desk.clock.now()
        key = AccountId(desk.account(positions=[a_position()]))
        desk.shows(key, an_order(key, at=at, **changes))
        told = await only(desk, wish(OrderSide.SELL, "1"))
        assert (told.held, told.sellable) == (D(10), D(left))


async def test_two_exits_that_cancel_each_other_claim_a_holding_once(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        at = desk.clock.now()
        key = desk.account(positions=[a_position()])
        exits = tuple(an_order(key, quantity="4", at=at, id=f"x{n}") for n in (1, 2))
        pair = an_order(key, at=at, legs=(), children=exits)
        filled = an_order(
            key, OrderSide.BUY, at=at, id="entry", status=OrderStatus.FILLED, children=exits
        )
        waiting = an_order(key, OrderSide.BUY, at=at, id="entry", children=exits)
        for order, left in ((pair, "6"), (filled, "6"), (waiting, "10")):
            desk.shows(key, order)
            assert (await only(desk, wish(OrderSide.SELL, "1"))).sellable == D(left)
            desk.shows(key, an_order(key, at=at, id=order.id, status=OrderStatus.CANCELLED))


async def test_a_sale_of_unknown_fate_claims_what_it_would_sell(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(positions=[a_position()])
        await desk.sent(desk.draft(key, OrderSide.SELL, quantity=D(7)), IntentState.UNKNOWN)
        assert (await only(desk, wish(OrderSide.SELL, "1"))).sellable == 3
        desk.journal = None
        assert (await only(desk, wish(OrderSide.SELL, "1"))).sellable == 10


async def test_a_sale_of_more_than_one_account_holds_becomes_a_basket(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        one = desk.account(positions=[a_position(quantity="6")])
        two = desk.account(broker="beta", positions=[a_position(quantity="8")])
        routed = await desk.tickets.route(wish(OrderSide.SELL, "12"))
        assert [(p.account, p.quantity) for p in routed.route.parts] == [(two, D(8)), (one, D(4))]
        assert [told.account for told in routed.accounts] == [two, one]


async def test_an_account_whose_broker_cannot_do_it_says_so_in_the_brokers_words(
    tmp_path: Path,
) -> None:
    async with ticket_desk(tmp_path, beta={"notional": True}) as desk:
        one = desk.account()
        money = desk.draft(
            one, type=OrderType.MARKET, quantity=None, notional=D(500), limit_price=None
        )
        routed = await desk.tickets.route(wish(quantity=None, value=None), money)
        (told,) = routed.accounts
        assert told.obstacle is Obstacle.KIND
        assert told.why == "Acme takes no orders for an amount of money."
        assert routed.route.reason == told.why
        two = desk.account(broker="beta")
        routed = await desk.tickets.route(wish(quantity=None, value=None), money)
        assert [part.account for part in routed.route.parts] == [two]


async def test_a_drafts_own_price_says_what_has_to_be_paid(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(balances=(balance("900"),))
        routed = await desk.tickets.route(wish(value=None), desk.draft(key))
        assert routed.accounts[0].obstacle is Obstacle.NO_POWER
