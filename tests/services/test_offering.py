"""What an account can do, out of the rules by which its broker's orders are made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import START
from support.drafts import coin, draft, drafts, option, share
from support.services import an_account

from brokerdesk.brokers.base import BrokerSpec
from brokerdesk.brokers.registry import spec
from brokerdesk.domain.account import Account, AccountFlags
from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import (
    AccountType,
    AssetType,
    OrderSide,
    OrderType,
    PriceFeed,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.quote import Quote
from brokerdesk.errors import InputError, NotSupportedError
from brokerdesk.services.offering import (
    OPTION_SIDES,
    SHARE_SIDES,
    offers,
    rules_of,
    shape_of,
    takes,
    tick,
    why_not,
)
from brokerdesk.services.trading_facts import Offers

D = Decimal
ACCOUNT = AccountId("acme:0000000000000001")
UNTIL = date(2026, 12, 1)
BROKERS = ("alpaca", "schwab", "snaptrade", "ibkr")
S, T, F = OrderSide, OrderType, TimeInForce


def trader(broker: str) -> BrokerSpec:
    """The broker's record; one that is kept from trading for now is taken as if it were not."""
    found = spec(broker)
    return replace(found, capabilities=replace(found.capabilities, trading=True))


def account(**changes: Any) -> Account:
    return an_account(**changes)


def offered(broker: str, wish: Draft, **changes: Any) -> Offers:
    mine = account(**changes)
    return offers(rules_of(trader(broker), mine), wish, mine, UNTIL)


def wish(*args: Any, **changes: Any) -> Draft:
    return draft(ACCOUNT, *args, **changes)


def can(choices: Any) -> set[Any]:
    return {one for one, why in choices.items() if not why}


def test_an_ordinary_share_at_alpaca() -> None:
    found = offered("alpaca", wish())
    assert can(found.types) == {
        *(T.MARKET, T.LIMIT, T.STOP, T.STOP_LIMIT, T.TRAILING_STOP),
        *(T.MARKET_ON_OPEN, T.LIMIT_ON_OPEN, T.MARKET_ON_CLOSE, T.LIMIT_ON_CLOSE),
    }
    assert can(found.times) == {F.DAY, F.GTC, F.IOC, F.FOK}
    assert can(found.sessions) == {TradingSession.REGULAR, TradingSession.EXTENDED}
    assert can(found.sides) == set(SHARE_SIDES)
    assert can(found.links) == set(Link)
    assert found.dollars == "Alpaca takes an amount of money with market orders only."
    assert (found.fractions, found.trail_amount, found.trail_percent) == ("", "", "")
    assert found.times[F.GTD] == "Alpaca has no orders that are valid until a day."


def test_after_hours_only_what_trades_then_is_offered() -> None:
    found = offered("alpaca", wish(session=TradingSession.EXTENDED))
    assert can(found.types) == {T.LIMIT}
    assert found.types[T.MARKET] == "Outside regular hours, Alpaca takes limit orders only."
    assert can(found.times) == {F.DAY, F.GTC}
    at_market = offered("alpaca", wish(kind=T.MARKET))
    assert can(at_market.sessions) == {TradingSession.REGULAR}
    assert at_market.dollars == ""


def test_what_schwab_does_not_take_is_said_in_its_own_rules() -> None:
    found = offered("schwab", wish())
    assert found.fractions == "Schwab takes whole shares and contracts only."
    assert found.dollars == "Schwab takes no orders for an amount of money."
    assert can(found.sessions) == {
        *(TradingSession.REGULAR, TradingSession.EXTENDED),
        *(TradingSession.PRE_MARKET, TradingSession.POST_MARKET),
    }
    assert T.MARKET_ON_OPEN not in can(found.types)
    assert can(found.links) == set(Link)


def test_what_does_not_go_through_snaptrade() -> None:
    found = offered("snaptrade", wish())
    assert can(found.links) == {Link.SINGLE}
    assert can(found.sides) == {S.BUY, S.SELL}
    assert found.trail_amount == "SnapTrade has no such kind of order."
    assert can(found.types) == {T.MARKET, T.LIMIT, T.STOP, T.STOP_LIMIT}


def test_one_choice_in_the_way_of_all_others_does_not_dim_them() -> None:
    """A fraction at Schwab is refused whatever its type: the types are still to choose from."""
    found = offered("schwab", wish(quantity=D("1.5")))
    assert T.LIMIT in can(found.types)
    assert found.fractions
    coins = offered("alpaca", wish(coin(), kind=T.LIMIT, time_in_force=F.DAY))
    assert can(coins.types) == {T.MARKET, T.LIMIT, T.STOP_LIMIT}
    assert can(coins.times) == {F.GTC, F.IOC}
    assert can(coins.sides) == {S.BUY, S.SELL}


def test_figures_that_are_not_right_yet_dim_nothing() -> None:
    good = offered("alpaca", wish())
    for changes in (
        {"quantity": D(0)},
        {"quantity": D(-3)},
        {"limit_price": None},
        {"limit_price": D("1.23456789")},
        {"kind": T.STOP_LIMIT, "stop_price": None, "limit_price": None},
    ):
        found = offered("alpaca", wish(**changes))
        assert (found.types, found.times, found.sessions) == (
            good.types, good.times if "kind" not in changes else found.times, found.sessions,
        )  # fmt: skip
        assert T.LIMIT in can(found.types)


def test_options_are_opened_and_closed() -> None:
    found = offered("alpaca", wish(option(), S.BUY_TO_OPEN))
    assert can(found.sides) == set(OPTION_SIDES)
    assert found.sides[S.BUY] == "Options are opened or closed."
    assert found.fractions == "Options are ordered in whole contracts."
    assert can(found.times) == {F.DAY}
    shares = offered("alpaca", wish())
    assert shares.sides[S.BUY_TO_OPEN] == "Only options are opened or closed."


def test_what_the_account_itself_may_not_do() -> None:
    cash = offered("alpaca", wish(), type=AccountType.CASH)
    assert cash.sides[S.SELL_SHORT] == "A cash account sells nothing short."
    closing = offered("alpaca", wish(), flags=AccountFlags(closing_only=True))
    assert can(closing.sides) == {S.SELL, S.BUY_TO_COVER}
    reading = offered("alpaca", wish(), flags=AccountFlags(read_only=True))
    assert not can(reading.types) | can(reading.sides) | can(reading.links)
    assert reading.types[T.LIMIT] == "This connection can only read."


def test_several_legs() -> None:
    legs = (
        DraftLeg(instrument=option("150"), side=S.BUY_TO_OPEN),
        DraftLeg(instrument=option("155"), side=S.SELL_TO_OPEN),
    )
    net = wish(legs=legs, kind=T.NET_DEBIT, limit_price=D(1))
    assert {T.NET_DEBIT, T.NET_CREDIT, T.NET_ZERO} == can(offered("schwab", net).types)
    assert can(offered("alpaca", net).types) == {T.MARKET, T.LIMIT}
    assert not can(offered("snaptrade", net).types)


@pytest.mark.parametrize("broker", BROKERS)
@given(wish=drafts(ACCOUNT), data=st.data())
def test_what_is_offered_is_taken_and_what_is_not_is_refused_for_that_reason(
    broker: str, wish: Draft, data: st.DataObject
) -> None:
    """Each choice, put into the ticket, is told by the very rules that make the order."""
    own = trader(broker)
    check = rules_of(own, account())
    found = offers(check, wish, account(), UNTIL)
    shape = shape_of(wish, UNTIL)
    told: tuple[tuple[str, Any], ...] = (
        *(("type", found.types), ("time", found.times), ("session", found.sessions)),
        ("link", found.links),
    )
    for name, choices in told:
        tried = {}
        for one in choices:
            change: dict[str, Any] = {name: one}
            if name == "link" and one is not shape.link:
                change["exits"] = ()
            tried[one] = why_not(check, replace(shape, **change))
        if not all(tried.values()):
            assert choices == tried
        one = data.draw(st.sampled_from(sorted(choices)))
        assert tried[one] or not choices[one]
    assert own.check_draft is not None
    try:
        own.check_draft(wish, account())
    except (InputError, NotSupportedError):
        return
    assert wish.type not in found.types or not found.types[wish.type] or not wish.legs
    assert takes(check, wish, UNTIL) == ""


def quote(bid: str | None, ask: str | None) -> Quote:
    return Quote(
        symbol="AAPL",
        source="",
        feed=PriceFeed.REAL_TIME,
        fetched_at=START,
        bid=None if bid is None else D(bid),
        ask=None if ask is None else D(ask),
    )


@pytest.mark.parametrize(
    ("what", "bid", "ask", "step"),
    [
        (share(), "189.5", "189.52", "0.01"),
        (share(), "0.9", "0.91", "0.0001"),
        (option(), "2.50", "2.55", "0.05"),
        (option(), "2.51", "2.55", "0.01"),
        (option(), "5.10", "5.40", "0.10"),
        (option(), "5.15", "5.40", "0.05"),
        (option(), "5.11", "5.40", "0.01"),
    ],
)
def test_the_smallest_step_of_a_price(what: Any, bid: str, ask: str, step: str) -> None:
    side = S.BUY_TO_OPEN if what.asset_type is AssetType.OPTION else S.BUY
    assert tick(wish(what, side), quote(bid, ask)) == D(step)


def test_nobody_says_the_step_of_a_coin() -> None:
    assert tick(wish(coin()), quote("60000", "60010")) is None
    assert tick(wish(), None) == D("0.01")


def test_without_rules_of_its_own_a_broker_is_taken_at_its_record() -> None:
    bare = replace(trader("schwab"), check_draft=None)
    mine = account()
    found = offers(rules_of(bare, mine), wish(), mine, UNTIL)
    assert T.MARKET_ON_OPEN not in can(found.types)
    assert found.fractions == "Charles Schwab takes whole units only."
    assert can(found.links) == {Link.SINGLE}
