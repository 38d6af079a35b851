"""Orders all the way through SnapTrade, which keeps no ids: held against what truly happened."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import order_ways
from support.drafts import draft, option, share
from support.order_checks import flat
from support.order_desk import SYMBOL
from support.order_ways import POINTS, clicked, killed_at
from support.snaptrade_desk import (
    BLIND,
    CANCEL,
    MAY_NOT,
    REPLACE,
    SnapTradeDesk,
    snaptrade_desk,
)

from brokerdesk.brokers.snaptrade import SPEC
from brokerdesk.domain.draft import Draft
from brokerdesk.domain.intent import Intent, IntentState
from brokerdesk.domain.kinds import (
    AssetType,
    OrderSide,
    OrderStatus,
    OrderType,
    TimeInForce,
    TradingSession,
)
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import NotSupportedError

S = IntentState
FEW = Decimal(3)


def wish(desk: SnapTradeDesk, **changes: Any) -> Draft:
    """A purchase that the account can pay for."""
    return desk.wish(**{"quantity": FEW, **changes})


settled = partial(order_ways.settled, each=45)


async def test_an_order_is_placed_and_filled(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        intent = await desk.place(wish(desk, limit_price=desk.price("1.05")), "one")
        assert intent.state is S.ACCEPTED, intent.words
        await desk.after(120)
        order = await desk.order(intent.order_id)
        assert order.status is OrderStatus.FILLED
        assert order.filled_quantity == FEW
        (entry,) = desk.truth()
        assert entry["orders"] == [intent.order_id]
        assert entry["executed"]
        held = (await desk.session.portfolio(desk.account)).positions
        (now,) = [one.quantity for one in held if one.instrument.symbol == SYMBOL]
        assert now == Decimal("24.58689") + FEW


async def test_an_order_is_cancelled(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        intent = await desk.place(wish(desk), "one")
        order = await desk.order(intent.order_id)
        assert (await desk.cancel(order, "two")).state is S.ACCEPTED
        await desk.after(30)
        assert (await desk.order(intent.order_id)).status is OrderStatus.CANCELLED
        again = await desk.cancel(order, "three")
        assert again.state is S.REJECTED
        assert again.words == "The order can no longer be cancelled"
        assert [one["outcome"] for one in desk.truth()][:2] == ["placed", "cancelling"]


async def test_an_order_is_replaced(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        first = await desk.place(wish(desk), "one")
        other = wish(desk, limit_price=desk.price("0.88"), quantity=Decimal(2))
        second = await desk.place(other, "two", replaces=first.order_id)
        assert second.state is S.ACCEPTED, second.words
        assert second.order_id != first.order_id
        await desk.after(30)
        old, new = await desk.order(first.order_id), await desk.order(second.order_id)
        assert old.status is OrderStatus.REPLACED
        assert (new.status, new.quantity) == (OrderStatus.WORKING, Decimal(2))
        assert len(desk.truth()) == 2


async def test_what_the_account_cannot_pay_is_refused_in_the_brokers_words(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        intent = await desk.place(wish(desk, quantity=Decimal(900)), "one")
        assert intent.state is S.REJECTED
        assert intent.words == "Not enough buying power for this order"
        assert not desk.truth()[0]["executed"]


def every_kind(desk: SnapTradeDesk) -> list[Draft]:
    """Orders of each kind that go through SnapTrade."""
    me, price, one = desk.account, desk.price, Decimal(1)
    near = (price("1") // 5) * 5
    put = option(str(near), "P", date(2027, 1, 15))
    low = Decimal("0.05")
    return [
        wish(desk, quantity=one, kind=OrderType.STOP, limit_price=None, stop_price=price("1.1")),
        wish(desk, quantity=one, kind=OrderType.STOP_LIMIT, stop_price=price("1.1")),
        *(
            wish(desk, quantity=one, time_in_force=lasts)
            for lasts in (TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC)
        ),
        wish(desk, quantity=one, session=TradingSession.EXTENDED),
        wish(desk, side=OrderSide.SELL, quantity=Decimal("0.25"), limit_price=price("1.4")),
        draft(me, share("SPY", AssetType.ETF), limit_price=Decimal(5), quantity=one),
        draft(me, share("F"), kind=OrderType.MARKET, quantity=None, notional=Decimal(50)),
        draft(me, put, OrderSide.BUY_TO_OPEN, limit_price=low, quantity=one),
    ]


async def test_each_kind_of_order_comes_back_as_what_was_asked_for(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        wishes, placed = every_kind(desk), []
        for number, one in enumerate(wishes):
            intent = await desk.place(one, f"n{number}")
            assert intent.state is S.ACCEPTED, (one, intent.words)
            placed.append(intent.order_id)
            listed = desk.session.prepare(one, f"n{number}").fields
            arrived = json.loads(desk.truth()[-1]["body"], parse_float=Decimal)
            assert flat(arrived) == {field.name: field.value for field in listed}
        await desk.after(120)
        for one, order_id in zip(wishes, placed, strict=True):
            assert differences(one, await desk.order(order_id)) == ()
        assert len(desk.truth()) == len(wishes)


FAULTS: list[tuple[str, dict[str, Any]]] = [
    ("reset_before", {}),
    ("reset_after", {}),
    ("reset_mid_body", {}),
    ("drip", {}),
    ("truncate", {}),
    ("garbage", {}),
    ("html", {}),
    ("redirect", {}),
    ("huge", {}),
    ("gzip_bomb", {}),
    *(("status", {"status": code}) for code in (408, 409, 425, 429, 500, 502, 503, 504)),
    *(("status", {"status": code, "executed": True}) for code in (408, 429, 500, 503, 504)),
    ("html", {"executed": True}),
    ("garbage", {"executed": True}),
    ("redirect", {"executed": True}),
]


@pytest.mark.parametrize(
    ("kind", "args"), FAULTS, ids=[f"{kind}-{args}".replace(" ", "") for kind, args in FAULTS]
)
async def test_whatever_happens_on_the_way_nothing_goes_twice_or_is_lost(
    tmp_path: Path, kind: str, args: dict[str, Any]
) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        desk.fault(kind, **args)
        intent = await settled(desk, await desk.place(wish(desk), "one"))
        entries = desk.truth()
        assert len(entries) <= 1, "nothing is ever sent again"
        executed = [one for one in entries if one["executed"]]
        if executed:
            assert intent.state in (S.ACCEPTED, S.FOUND), (intent.state, intent.words)
            assert intent.order_id == executed[0]["orders"][0]
        else:
            assert intent.state in (S.UNKNOWN, S.NOT_SENT), (intent.state, intent.words)


async def test_an_order_that_was_swallowed_is_absent_once_the_user_says_so(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        desk.fault("reset_before")
        intent = await desk.place(wish(desk), "one")
        assert intent.state is S.UNKNOWN
        with pytest.raises(NotSupportedError):
            await desk.room.settling.confirm_absent("one")
        intent = await settled(desk, intent)
        assert intent.checks >= 5
        assert (await desk.room.settling.confirm_absent("one")).state is S.ABSENT
        assert not any(one["executed"] for one in desk.truth())


async def test_a_twin_from_another_program_is_the_users_to_tell_apart(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        desk.fault("reset_after")
        wanted = wish(desk)
        intent = await desk.place(wanted, "one")
        assert intent.state is S.UNKNOWN
        twin = await desk.session.place(desk.session.prepare(wanted, "elsewhere"))
        await desk.after(30)
        intent = await settled(desk, intent, looks=3)
        assert intent.state is S.UNKNOWN, "nobody can know which of two equal orders is ours"
        look = desk.room.settling.looks["one"]
        ours = desk.truth()[0]["orders"][0]
        assert {one.id for one in look.candidates} == {ours, twin.order_id}
        chosen = await desk.room.settling.choose("one", ours)
        assert (chosen.state, chosen.order_id) == (S.FOUND, ours)


async def test_an_equal_order_that_was_there_before_is_not_taken_for_ours(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        before = await desk.place(wish(desk, quantity=Decimal(1)), "before")
        await desk.after(60)
        desk.fault("reset_before")
        intent = await desk.place(wish(desk, quantity=Decimal(1), side=OrderSide.BUY), "one")
        intent = await settled(desk, intent)
        assert intent.state is S.UNKNOWN
        assert before.state is S.ACCEPTED


async def test_a_late_order_is_found_when_it_is_listed(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        desk.rig.switches.listed_after = desk.rig.switches.found_after = 90
        desk.fault("reset_after")
        intent = await desk.place(wish(desk), "one")
        assert intent.state is S.UNKNOWN
        intent = await settled(desk, intent)
        assert intent.state is S.FOUND, intent.words
        assert intent.order_id == desk.truth()[0]["orders"][0]


async def test_a_cancel_whose_answer_is_lost_is_settled(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        placed = await desk.place(wish(desk), "one")
        order = await desk.order(placed.order_id)
        desk.fault("reset_after", CANCEL)
        intent = await desk.cancel(order, "two")
        assert intent.state is S.UNKNOWN
        assert (await settled(desk, intent)).state is S.FOUND
        assert len(desk.truth("/trading/cancel")) == 1


@pytest.mark.parametrize("kept", [False, True], ids=["another id", "the same id"])
async def test_a_replacement_whose_answer_is_lost_is_never_sent_again(
    tmp_path: Path, kept: bool
) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        first = await desk.place(wish(desk), "one")
        desk.rig.switches.replace_keeps_id = kept
        desk.fault("reset_after", REPLACE)
        other = wish(desk, limit_price=desk.price("0.85"))
        second = await settled(desk, await desk.place(other, "two", replaces=first.order_id))
        if kept:
            # An order that was there before is no proof, whatever it looks like now.
            assert second.state in (S.UNKNOWN, S.FOUND)
        else:
            assert second.state is S.FOUND, second.words
            assert second.order_id != first.order_id
        assert len(desk.truth("/trading/replace")) == 1


async def test_accounts_that_cannot_be_traded_in_send_nothing(tmp_path: Path) -> None:
    """One is connected for reading only, of another nobody tells the newest orders."""
    async with snaptrade_desk(tmp_path) as desk:
        accounts = {one.id: one for one in (await desk.session.accounts()).items}
        for name, known in ((MAY_NOT, True), (BLIND, False)):
            other = replace(wish(desk), account=desk.names[name])
            with pytest.raises(NotSupportedError):
                await desk.place(other, name)
            assert accounts[desk.names[name]].flags.read_only is known
        check = SPEC.check_draft
        assert check is not None
        check(wish(desk), accounts[desk.account])
        with pytest.raises(NotSupportedError) as caught:
            check(wish(desk), accounts[desk.names[MAY_NOT]])
        assert caught.value.title == "This brokerage is connected for reading only."
        assert desk.truth() == []


async def test_a_brokerage_that_wants_a_sign_in_takes_nothing(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        desk.rig.switches.disabled = ["ROBINHOOD"]
        with pytest.raises(Exception, match="wants a new sign-in"):
            await desk.place(wish(desk), "one")
        assert desk.truth() == []


async def test_orders_of_an_account_leave_a_second_apart(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        desk.rig.switches.trade_pause_seconds = 1.0
        for number in range(3):
            one = wish(desk, quantity=Decimal(1), limit_price=desk.price(f"0.8{number}"))
            intent = await desk.place(one, f"n{number}")
            assert intent.state is S.ACCEPTED, intent.words
        assert [one["status"] for one in desk.truth()] == [200] * 3


async def test_an_order_takes_three_of_an_accounts_ten_requests(tmp_path: Path) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        before = len(desk.rig.sim.log)
        intent = await desk.place(wish(desk), "one")
        assert intent.state is S.ACCEPTED
        asked = [one["path"] for one in list(desk.rig.sim.log)[before:]]
        counted = [one for one in asked if one.startswith("/accounts/") and "trading" not in one]
        assert [one.rpartition("/")[2] for one in counted] == [
            "orders",
            "recentOrders",
            "recentOrders",
        ]


async def test_two_clicks_send_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The later clicks wait for their turn to ask, and move the clock of all by minutes.
    monkeypatch.setattr("brokerdesk.brokers.hurry.WITHIN", timedelta(hours=1))
    monkeypatch.setattr("brokerdesk.db.journal.guarding.AT_ONCE", timedelta(hours=1))
    async with snaptrade_desk(tmp_path) as desk:
        results = await clicked(desk, wish(desk))
        assert len(desk.truth()) == 1
        assert sum(isinstance(one, Intent) for one in results) == 1


async def test_an_order_from_yesterday_is_read_one_by_one(tmp_path: Path) -> None:
    """After a day it is in the older list only, an hour late; read singly it is as of now."""
    async with snaptrade_desk(tmp_path) as desk:
        intent = await desk.place(wish(desk, time_in_force=TimeInForce.GTC), "one")
        await desk.after(timedelta(days=3).total_seconds())
        order = await desk.order(intent.order_id)
        assert order.status is OrderStatus.WORKING
        assert (await desk.cancel(order, "two")).state is S.ACCEPTED
        await desk.after(5)
        assert (await desk.order(intent.order_id)).status is OrderStatus.CANCELLED
        old = await desk.session.orders(
            desk.account, desk.rig.clock.now() - timedelta(days=9), desk.rig.clock.now()
        )
        (listed,) = [one for one in old.items if one.id == intent.order_id]
        assert listed.status is OrderStatus.WORKING, "the list is from the last full hour"


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_at_each_point_doubles_and_loses_nothing(tmp_path: Path, point: str) -> None:
    async with snaptrade_desk(tmp_path) as desk:
        found = await killed_at(desk, point, wish(desk))
        entries = desk.truth()
        if found is None:
            assert point == "before commit"
            assert entries == []
            return
        found = await settled(desk, found)
        assert len(entries) <= 1
        if any(one["executed"] for one in entries):
            assert found.state is S.FOUND
            assert found.order_id == entries[0]["orders"][0]
        else:
            assert found.state is (S.NOT_SENT if point == "committed" else S.UNKNOWN)
