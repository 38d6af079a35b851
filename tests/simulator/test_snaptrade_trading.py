"""Orders at the simulated SnapTrade beyond what its own client shows: age, keeping, the story's."""

from __future__ import annotations

from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import pytest
from support.drafts import draft, share
from support.rigs_snaptrade import SnapTradeRig, snaptrade_rig

from brokerdesk.brokers.snaptrade.session import SnapTradeSession
from brokerdesk.brokers.trading import Answered, Refused
from brokerdesk.domain.ids import AccountId
from brokerdesk.domain.kinds import OrderStatus, TimeInForce
from brokerdesk.simulator.snaptrade.dialect import OF_ACCOUNT, ORDERS

ACCOUNT = "917c8734-8470-4a3e-a18f-57c3f2ee6631"


async def mine(session: SnapTradeSession, name: str = "Robinhood Individual") -> AccountId:
    return next(one.id for one in (await session.accounts()).items if one.name == name)


async def placed(session: SnapTradeSession, account: AccountId) -> str:
    wish = draft(
        account, share("F"), limit_price=Decimal("5.5"), quantity=Decimal(1),
        time_in_force=TimeInForce.GTC,
    )  # fmt: skip
    outcome = await session.place(session.prepare(wish, "one"))
    assert isinstance(outcome, Answered), outcome
    return outcome.order_id


async def test_orders_outlive_the_simulator(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    async with snaptrade_rig(state_file=file) as rig, aclosing(rig.opened(rig.port())) as session:
        account = await mine(session)
        number = await placed(session, account)
        clock = rig.clock
        await clock.advance(5)
    async with (
        snaptrade_rig(state_file=file, clock=clock) as rig,
        aclosing(rig.opened(rig.port())) as session,
    ):
        found = await session.order(account, number)
        assert found is not None
        assert found.status is OrderStatus.WORKING
        assert (await session.cancel(account, number)) == Answered(order_id=number)
        await rig.clock.advance(5)
        again = await session.order(account, number)
        assert again is not None
        assert again.status is OrderStatus.CANCELLED


async def test_the_older_list_is_from_the_last_full_hour() -> None:
    async with snaptrade_rig() as rig, aclosing(rig.opened(rig.port())) as session:
        account = await mine(session)
        address = session._known[account].id
        await rig.clock.advance(600)
        number = await placed(session, account)
        assert number.encode() not in await session._client.orders(address, 30)
        assert number.encode() in await session._client.recent_orders(address)
        await rig.clock.advance(3000)
        assert number.encode() in await session._client.orders(address, 30)


async def test_an_order_of_the_story_is_cancelled_but_not_read_singly() -> None:
    async with snaptrade_rig() as rig, aclosing(rig.opened(rig.port())) as session:
        account, told = await mine(session), rig.state
        (held,) = [one for one in told.held("") if one.role.name == "Robinhood Individual"]
        number = await placed(session, account)  # from now on the account is the user's
        ours = {int(number)}
        others = [one for one in told.floor.open_tickets(held.account) if one.number not in ours]
        assert others, "the story leaves orders working"
        old = str(others[0].number)
        single = await session._client.order_detail(held.id, number)
        assert number.encode() in single
        with pytest.raises(Exception, match="does not know this"):
            await session._client.order_detail(held.id, old)
        assert await session.cancel(account, old) == Answered(order_id=old)
        await rig.clock.advance(3700)
        found = await session.order(account, old)
        assert found is not None
        assert found.status is OrderStatus.CANCELLED, "told by the list within the hour"


async def test_an_order_goes_to_nobody_elses_account(tmp_path: Path) -> None:
    async with snaptrade_rig() as rig:
        assert isinstance(rig, SnapTradeRig)
        async with aclosing(rig.opened(rig.port())) as session:
            account = await mine(session)
            number = await placed(session, account)
            other = await mine(session, "Questrade Margin")
            outcome = await session.cancel(other, number)
            await rig.clock.advance(5)
            assert isinstance(outcome, Refused)
            found = await session.order(account, number)
            assert found is not None
            assert found.status is OrderStatus.WORKING


@pytest.mark.parametrize(
    ("path", "changes", "counts"),
    [
        ("/trade/place", True, False),
        ("/api/v1/trade/place", True, False),
        ("/trade/impact", False, False),
        ("/trade/0f3c5a52-4a1e-4d0c-9a8e-5d1d7c1a2b3c", True, False),
        (f"/accounts/{ACCOUNT}/trading/options", True, False),
        (f"/accounts/{ACCOUNT}/trading/options/impact", False, False),
        (f"/accounts/{ACCOUNT}/trading/cancel", True, False),
        (f"/accounts/{ACCOUNT}/orders/details", False, True),
        (f"/accounts/{ACCOUNT}/recentOrders", False, True),
        (f"/accounts/{ACCOUNT}/symbols", False, False),
        (f"/accounts/{ACCOUNT}", False, True),
        ("/snapTrade/login", False, False),
    ],
)
def test_which_requests_change_orders_and_which_count_as_reads(
    path: str, changes: bool, counts: bool
) -> None:
    assert (ORDERS.fullmatch(path) is not None) is changes
    assert (OF_ACCOUNT.fullmatch(path) is not None) is counts
