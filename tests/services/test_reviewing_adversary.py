"""A sale of more than is held blocks, in whatever words it comes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from support.ticket_desk import Desk, a_position, ticket_desk

from brokerdesk.domain.draft import Draft, Link
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import OrderSide, OrderType

D = Decimal
SELL, BUY = OrderSide.SELL, OrderSide.BUY


async def blocking(desk: Desk, draft: Draft) -> set[str]:
    return {one.code for one in (await desk.reviewing.review((draft,))).blocked}


async def test_a_sale_for_an_amount_of_money_is_held_against_what_is_held(tmp_path: Path) -> None:
    """Ten are held, each worth 100: for 1,500 fifteen would be sold."""
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(positions=[a_position()])
        for money, found in (("900", set()), ("1000", set()), ("1500", {"not held"})):
            draft = desk.draft(
                key, SELL, type=OrderType.MARKET, quantity=None, notional=D(money), limit_price=None
            )
            assert await blocking(desk, draft) == found, money


def followed(desk: Desk, key: AccountId, side: OrderSide, then: OrderSide, units: str) -> Draft:
    child = desk.draft(key, then, quantity=D(units))
    return desk.draft(key, side, quantity=D(units), link=Link.TRIGGERS, children=(child,))


async def test_two_sales_one_after_the_other_sell_twice(tmp_path: Path) -> None:
    async with ticket_desk(tmp_path) as desk:
        key = desk.account(positions=[a_position()])
        assert await blocking(desk, followed(desk, key, SELL, SELL, "10")) == {"not held"}
        assert await blocking(desk, followed(desk, key, SELL, SELL, "5")) == set()
        assert await blocking(desk, followed(desk, key, BUY, SELL, "30")) == set(), "an exit"
        pair = (desk.draft(key, SELL), desk.draft(key, SELL, limit_price=D(101)))
        either = desk.draft(
            key, legs=(), quantity=None, limit_price=None, link=Link.EITHER, children=pair
        )
        assert await blocking(desk, either) == set(), "one or the other"
