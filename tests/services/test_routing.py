"""Where an order goes: always an account that can take it, and the sentence says why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import Environment, OrderSide
from brokerdesk.services.routing import Candidate, Obstacle, Wish, obstacle_of, route

D = Decimal
SIDES = (
    *(OrderSide.BUY, OrderSide.SELL, OrderSide.SELL_SHORT, OrderSide.BUY_TO_COVER),
    *(OrderSide.BUY_TO_OPEN, OrderSide.SELL_TO_CLOSE),
)


def account(name: str, **changes: Any) -> Candidate:
    values: dict[str, Any] = {
        "account": AccountId(f"acme:{name}"),
        "name": name,
        "environment": Environment.LIVE,
        "currencies": frozenset({"USD"}),
        "trades": True,
        "switched_on": True,
        "power": D(10_000),
    }
    return Candidate(**{**values, **changes})


def wish(side: OrderSide = OrderSide.BUY, quantity: str | None = "10", **changes: Any) -> Wish:
    values: dict[str, Any] = {
        "symbol": "ABC",
        "side": side,
        "environment": Environment.LIVE,
        "currency": "USD",
        "quantity": None if quantity is None else D(quantity),
        "value": D(1000),
    }
    return Wish(**{**values, **changes})


def test_a_purchase_goes_to_the_default_then_to_who_holds_it_then_to_the_most_power() -> None:
    a, b, c = account("A"), account("B", held=D(5)), account("C", power=D(50_000))
    assert route(wish(), [a, b, c]).parts[0].account == b.account
    assert route(wish(), [a, c]).parts[0].account == c.account
    chosen = route(wish(), [replace(a, is_default=True), b, c])
    assert chosen.parts[0].account == a.account
    assert chosen.reason == "A is your default account."


def test_a_default_account_without_the_money_is_passed_over() -> None:
    poor = account("A", is_default=True, power=D(5))
    chosen = route(wish(), [poor, account("B")])
    assert chosen.parts[0].account == "acme:B"
    assert (poor.account, Obstacle.NO_POWER) in chosen.against


def test_buying_power_that_nobody_told_is_not_enough() -> None:
    chosen = route(wish(), [account("A", power=None)])
    assert not chosen.parts
    assert chosen.reason == "No account has the buying power."


def test_a_sale_goes_to_who_holds_it_and_is_split_only_when_it_must() -> None:
    a, b = account("A", held=D(6)), account("B", held=D(8))
    assert route(wish(OrderSide.SELL, "7"), [a, b]).parts[0].account == b.account
    basket = route(wish(OrderSide.SELL, "12"), [a, b])
    assert [(part.account, part.quantity) for part in basket.parts] == [
        ("acme:B", D(8)),
        ("acme:A", D(4)),
    ]
    assert basket.reason == "No account holds enough: 2 accounts together do."
    none = route(wish(OrderSide.SELL, "15"), [a, b])
    assert not none.parts
    assert none.reason == "Your accounts together hold less ABC than that."


def test_what_working_sales_have_claimed_is_not_sold_again() -> None:
    a = account("A", held=D(10), reserved=D(10))
    assert not route(wish(OrderSide.SELL, "1"), [a]).parts


def test_a_short_position_is_covered_where_it_is() -> None:
    a, b = account("A", held=D(5)), account("B", held=D(-5))
    chosen = route(wish(OrderSide.BUY_TO_COVER, "5"), [a, b])
    assert chosen.parts[0].account == b.account


def test_what_no_account_alone_is_short_of_is_bought_back_in_several_and_never_more() -> None:
    a, b, c = account("A", held=D(-5)), account("B", held=D(-20)), account("C", held=D(9))
    both = route(wish(OrderSide.BUY_TO_COVER, "25"), [a, b, c])
    assert [(part.account, part.quantity) for part in both.parts] == [
        (b.account, D(20)), (a.account, D(5)),
    ]  # fmt: skip
    assert both.reason == "No account is short of so much: 2 accounts together are."
    alone = route(wish(OrderSide.BUY_TO_COVER, "20"), [a, b, c])
    assert [part.account for part in alone.parts] == [b.account]
    assert dict(alone.against)[a.account] is Obstacle.LESS_SHORT
    more = route(wish(OrderSide.BUY_TO_COVER, "26"), [a, b, c])
    assert not more.parts
    assert more.reason == "Your accounts together are short of less ABC than that."


def test_every_obstacle_keeps_an_order_away_whatever_else_speaks_for_the_account() -> None:
    """Each by itself: the default account, which holds and could pay, is passed over for another,
    and alone it is not chosen either.
    """
    obstacles: dict[Obstacle, dict[str, Any]] = {
        Obstacle.ENVIRONMENT: {"environment": Environment.PAPER},
        Obstacle.READ_ONLY: {"trades": False},
        Obstacle.COUNTED_ELSEWHERE: {"counted": False},
        Obstacle.SWITCHED_OFF: {"switched_on": False},
        Obstacle.SIGNED_OUT: {"signed_in": False},
        Obstacle.BLOCKED: {"blocked": True},
        Obstacle.KIND: {"takes_kind": False},
        Obstacle.CURRENCY: {"currencies": frozenset({"EUR"})},
        Obstacle.STALE: {"stale": True},
    }
    for side in SIDES:
        held = D(-50) if side is OrderSide.BUY_TO_COVER else D(50)
        good = account("B", held=held)
        for obstacle, why in obstacles.items():
            best = account("A", held=held * 2, power=D(10**6), is_default=True, **why)
            chosen = route(wish(side), [best, good])
            assert [part.account for part in chosen.parts] == [good.account], (side, obstacle)
            assert (best.account, obstacle) in chosen.against
            assert not route(wish(side), [best]).parts, (side, obstacle)


def test_without_an_account_it_says_what_would_make_it_possible() -> None:
    off = account("A", switched_on=False)
    said = route(wish(), [off, account("B", trades=False)])
    assert said.reason.startswith("Trading is off for the accounts that could take it.")
    assert route(wish(), []).reason == "There is no live account."
    paper = account("P", environment=Environment.PAPER)
    assert route(wish(), [paper]).reason == "There is no live account."


amounts = st.integers(-50, 50).map(Decimal)
candidates = st.builds(
    account,
    st.text("ABCDEFGH", min_size=1, max_size=4),
    environment=st.sampled_from(Environment),
    currencies=st.sampled_from([frozenset({"USD"}), frozenset({"EUR"}), frozenset({"USD", "EUR"})]),
    trades=st.booleans(),
    switched_on=st.booleans(),
    signed_in=st.booleans(),
    blocked=st.booleans(),
    stale=st.booleans(),
    counted=st.booleans(),
    takes_kind=st.booleans(),
    held=amounts,
    reserved=st.integers(0, 20).map(Decimal),
    power=st.none() | st.integers(0, 5000).map(Decimal),
    is_default=st.booleans(),
)
able = st.builds(
    account,
    st.text("ABCDEFGH", min_size=1, max_size=4),
    held=amounts,
    reserved=st.integers(0, 20).map(Decimal),
    power=st.none() | st.integers(0, 5000).map(Decimal),
    is_default=st.booleans(),
)
wishes = st.builds(
    wish,
    st.sampled_from(SIDES),
    st.none() | st.integers(1, 120).map(str),
    environment=st.sampled_from(Environment),
    value=st.none() | st.integers(1, 6000).map(Decimal),
)


@given(wishes, st.lists(candidates | able, max_size=6, unique_by=lambda one: one.account))
def test_a_route_never_leads_to_an_account_that_cannot_take_it(
    asked: Wish, given_: list[Candidate]
) -> None:
    by_id = {one.account: one for one in given_}
    found = route(asked, given_)
    assert found.reason
    assert len({part.account for part in found.parts}) == len(found.parts)
    for part in found.parts:
        one = by_id[part.account]
        assert obstacle_of(asked, one) is None
        if asked.side in (OrderSide.SELL, OrderSide.SELL_TO_CLOSE):
            assert one.held - one.reserved > 0
            assert part.quantity is None or part.quantity <= one.held - one.reserved
        elif asked.side is OrderSide.BUY_TO_COVER:
            assert one.held < 0
            assert part.quantity is None or part.quantity <= -one.held
        else:
            assert one.power is not None
            assert asked.value is None or one.power >= asked.value
    if found.parts and asked.quantity is not None:
        assert sum(part.quantity or 0 for part in found.parts) == asked.quantity
    assert not {part.account for part in found.parts} & {account_ for account_, _ in found.against}


@given(wishes, st.lists(candidates | able, max_size=6, unique_by=lambda one: one.account))
def test_the_order_in_which_accounts_are_listed_decides_nothing(
    asked: Wish, given_: list[Candidate]
) -> None:
    assert route(asked, given_).parts == route(asked, given_[::-1]).parts
