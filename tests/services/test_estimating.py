"""Our own reckoning: exact where it can be, and silent where it cannot."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.clock import START
from support.drafts import option
from support.ticket_desk import an_order
from support.trading import ACCOUNT, a_draft

from brokerdesk.domain.draft import DraftLeg, Link
from brokerdesk.domain.kinds import AccountType, OrderSide, OrderStatus, OrderType, PriceFeed
from brokerdesk.domain.quote import Quote
from brokerdesk.services.estimating import Backdrop, estimate, net_price, open_purchases

D = Decimal
S, T = OrderSide, OrderType


def quote(symbol: str = "ABC", bid: str | None = "9.90", ask: str | None = "10.10") -> Quote:
    return Quote(
        symbol=symbol,
        source="Acme",
        feed=PriceFeed.REAL_TIME,
        fetched_at=START,
        bid=None if bid is None else D(bid),
        ask=None if ask is None else D(ask),
    )


def around(**changes: Any) -> Backdrop:
    values: dict[str, Any] = {
        "quotes": {"ABC": quote()},
        "kind": AccountType.MARGIN,
        "power": D(1000),
        "held": D(5),
        "total": D(2000),
        "rate": D(1),
    }
    return Backdrop(**{**values, **changes})


def test_a_purchase_with_a_limit_is_exact() -> None:
    found = estimate(a_draft(), around(open_purchases=D(200)))
    assert found.value == D("105.00")
    assert found.exact
    assert found.power_after == D("895.00")
    assert found.power_if_open_fill == D("695.00")
    assert found.held_after == 15
    assert found.weight_after == D("7.575")  # 15 at the ask of 10.10, of 2,000


def test_a_purchase_at_market_leans_on_the_far_side() -> None:
    found = estimate(a_draft(type=T.MARKET, limit_price=None), around())
    assert found.value == D("101.00")
    assert not found.exact
    sale = estimate(a_draft(side=S.SELL, type=T.MARKET, limit_price=None), around())
    assert sale.value == D("99.00")
    assert sale.held_after == -5


def test_what_a_sale_frees_is_known_of_cash_accounts_alone() -> None:
    sale = a_draft(side=S.SELL)
    assert estimate(sale, around()).power_after is None
    assert estimate(sale, around(kind=AccountType.CASH)).power_after == D("1105.00")
    assert estimate(a_draft(side=S.SELL_SHORT), around(kind=AccountType.CASH)).power_after is None


@pytest.mark.parametrize("missing", ["quotes", "power", "held", "total", "rate"])
def test_what_is_not_known_is_not_guessed(missing: str) -> None:
    unknown: Any = {} if missing == "quotes" else None
    draft = a_draft(type=T.MARKET, limit_price=None)
    found = estimate(draft, around(**{missing: unknown}))
    if missing == "quotes":
        assert (found.value, found.power_after, found.weight_after) == (None, None, None)
        assert found.held_after == 15
    elif missing == "power":
        assert (found.power_before, found.power_after) == (None, None)
        assert found.value == D("101.00")
    elif missing == "held":
        assert (found.held_after, found.weight_after) == (None, None)
    else:
        assert found.weight_after is None
        assert found.held_after == 15


def test_open_purchases_of_unknown_price_leave_the_rest_unknown() -> None:
    assert estimate(a_draft(), around(open_purchases=None)).power_if_open_fill is None


def test_an_amount_of_money_is_its_own_value() -> None:
    found = estimate(a_draft(quantity="1", notional=None), around())
    assert found.value == D("10.50")
    money = replace(a_draft(type=T.MARKET, limit_price=None), quantity=None, notional=D("250.75"))
    told = estimate(money, around(quotes={}))
    assert (told.value, told.exact, told.held_after) == (D("250.75"), True, None)


def test_options_count_a_hundred_times() -> None:
    leg = DraftLeg(instrument=option(), side=S.BUY_TO_OPEN)
    found = estimate(a_draft(legs=(leg,), quantity="2", limit_price=D("1.25")), around())
    assert found.value == D("250.00")


def test_several_legs_have_one_net_price() -> None:
    near, far = option("150"), option("155")
    legs = (
        DraftLeg(instrument=near, side=S.BUY_TO_OPEN),
        DraftLeg(instrument=far, side=S.SELL_TO_OPEN, ratio=D(2)),
    )
    quotes = {
        near.symbol: quote(near.symbol, "4.90", "5.00"),
        far.symbol: quote(far.symbol, "1.50", "1.60"),
    }
    assert net_price(legs, quotes) == D("2.00")
    assert net_price(legs, {near.symbol: quotes[near.symbol]}) is None
    at_market = a_draft(legs=legs, quantity="3", type=T.MARKET, limit_price=None)
    assert estimate(at_market, around(quotes=quotes)).value == D("600.00")
    credit = a_draft(legs=legs, quantity="3", type=T.NET_CREDIT, limit_price=D("-0.40"))
    found = estimate(credit, around(quotes=quotes))
    assert found.value == D("120.00")
    assert found.power_after is None
    assert found.held_after is None


def test_two_orders_that_cancel_each_other_are_reckoned_by_the_first() -> None:
    exits = tuple(a_draft(side=S.SELL, limit_price=D(price)) for price in (12, 8))
    pair = a_draft(legs=(), link=Link.EITHER, children=exits)
    assert estimate(pair, around()).value == 120


def test_what_open_purchases_would_still_take() -> None:
    def order(side: OrderSide = S.BUY, **changes: Any) -> Any:
        return an_order(ACCOUNT, side, "10", at=START, **changes)

    def left(*orders: Any, drafts: Any = (), **more: Any) -> Decimal | None:
        return open_purchases(orders, drafts, "USD", {"ABC": quote()}, **more)

    assert left() == 0
    assert left(order(), order(filled_quantity=D(4))) == 1600
    assert left(order(S.SELL)) == 0
    assert left(order(status=OrderStatus.FILLED)) == 0
    assert left(order(type=T.MARKET, limit_price=None)) is None
    assert left(order(), leaving_out=order().id) == 0
    assert left(order(), drafts=[a_draft()]) == D("1105.00")
    assert left(order(), drafts=[a_draft(type=T.MARKET, limit_price=None)]) == D("1101.00")
    assert open_purchases([order()], [], "EUR", {}) == 0


@given(st.integers(1, 10**6), st.integers(1, 10**7), st.integers(0, 10**10), st.integers(0, 10**9))
def test_no_digit_is_lost(quantity: int, cents: int, power: int, open_: int) -> None:
    units, price = D(quantity) / 10**4, D(cents) / 100
    draft = a_draft(quantity=str(units), limit_price=price)
    found = estimate(draft, around(power=D(power), open_purchases=D(open_)))
    assert found.value == units * price
    assert found.power_after == D(power) - units * price
    assert found.power_if_open_fill == D(power) - units * price - D(open_)
