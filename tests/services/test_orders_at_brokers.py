"""Orders all the way, with the brokers' own adapters: held against what truly happened."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support import order_ways
from support.drafts import coin, draft, option, share
from support.order_checks import flat
from support.order_desk import OrderDesk, order_desk
from support.order_ways import POINTS, clicked, killed_at

from brokerdesk.domain.draft import Draft, DraftLeg, Link
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
from brokerdesk.errors import BrokerError

S = IntentState
BROKERS = ("alpaca", "schwab")
pytestmark = pytest.mark.parametrize("broker", BROKERS)


settled = partial(order_ways.settled, first=40)


async def test_an_order_is_placed_and_filled(tmp_path: Path, broker: str) -> None:
    async with order_desk(tmp_path, broker) as desk:
        intent = await desk.place(desk.wish(limit_price=desk.price("1.05")), "one")
        assert intent.state is S.ACCEPTED, intent.words
        await desk.after(120)
        order = await desk.order(intent.order_id)
        assert order.status is OrderStatus.FILLED
        assert order.filled_quantity == 10
        (entry,) = desk.truth()
        assert entry["executed"]
        assert entry["orders"] == [intent.order_id]
        assert entry["digest"]


async def test_an_order_is_cancelled(tmp_path: Path, broker: str) -> None:
    async with order_desk(tmp_path, broker) as desk:
        intent = await desk.place(desk.wish(), "one")
        assert intent.state is S.ACCEPTED, intent.words
        order = await desk.order(intent.order_id)
        assert (await desk.cancel(order, "two")).state is S.ACCEPTED
        await desk.after(30)
        assert (await desk.order(intent.order_id)).status is OrderStatus.CANCELLED
        again = await desk.cancel(order, "three")
        assert again.state is S.REJECTED
        assert again.words
        assert [one["outcome"] for one in desk.truth()][:2] == ["placed", "cancelling"]


async def test_an_order_is_replaced(tmp_path: Path, broker: str) -> None:
    async with order_desk(tmp_path, broker) as desk:
        first = await desk.place(desk.wish(), "one")
        assert first.state is S.ACCEPTED, first.words
        wish = desk.wish(limit_price=desk.price("0.88"), quantity=Decimal(7))
        second = await desk.place(wish, "two", replaces=first.order_id)
        assert second.state is S.ACCEPTED, second.words
        assert second.order_id != first.order_id
        await desk.after(30)
        old, new = await desk.order(first.order_id), await desk.order(second.order_id)
        assert old.status is OrderStatus.REPLACED
        assert (new.status, new.quantity) == (OrderStatus.WORKING, Decimal(7))
        assert len(desk.truth()) == 2


async def test_what_the_account_cannot_pay_is_refused_in_the_brokers_words(
    tmp_path: Path, broker: str
) -> None:
    async with order_desk(tmp_path, broker) as desk:
        intent = await desk.place(desk.wish(quantity=Decimal(900_000)), "one")
        if broker == "schwab":  # taken, and rejected a moment later
            assert intent.state is S.ACCEPTED, intent.words
            order = await desk.order(intent.order_id)
            assert order.status is OrderStatus.REJECTED
            assert order.status_text
        else:
            assert intent.state is S.REJECTED
            assert intent.words == "insufficient buying power"
            assert not desk.truth()[0]["executed"]


def exits(desk: OrderDesk) -> tuple[Any, Any]:
    gtc: dict[str, Any] = {"side": OrderSide.SELL, "time_in_force": TimeInForce.GTC}
    stop = {"kind": OrderType.STOP, "limit_price": None, "stop_price": desk.price("0.7")}
    return desk.wish(limit_price=desk.price("1.3"), **gtc), desk.wish(**stop, **gtc)


async def test_linked_orders_are_recognised_as_what_was_asked_for(
    tmp_path: Path, broker: str
) -> None:
    async with order_desk(tmp_path, broker) as desk:
        children = exits(desk)
        entry = desk.wish(time_in_force=TimeInForce.GTC)
        bracket = replace(entry, link=Link.BRACKET, children=children)
        triggers = replace(entry, link=Link.TRIGGERS, children=children[:1])
        for number, wish in enumerate((bracket, triggers)):
            intent = await desk.place(wish, f"n{number}")
            assert intent.state is S.ACCEPTED, (wish.link, intent.words)
        held = next(
            one
            for one in (await desk.session.portfolio(desk.account)).positions
            if one.instrument.asset_type == "equity" and one.quantity >= 10
        )
        pair = tuple(
            replace(
                one, legs=(replace(one.legs[0], instrument=held.instrument),), quantity=Decimal(1)
            )
            for one in children
        )
        assert held.mark is not None
        limit, stop = (held.mark * 2).quantize(Decimal("0.01")), held.mark / 2
        pair = (
            replace(pair[0], limit_price=limit),
            replace(pair[1], stop_price=stop.quantize(Decimal("0.01"))),
        )
        either = replace(entry, legs=(), link=Link.EITHER, children=pair, limit_price=None)
        intent = await desk.place(either, "either")
        assert intent.state is S.ACCEPTED, intent.words


def every_kind(desk: OrderDesk) -> list[Draft]:
    """Orders of each kind that the broker takes while the market is open."""
    me, price = desk.account, desk.price
    low: dict[str, Any] = {"limit_price": price("0.9")}
    near = (price("1") // 5) * 5
    day = date(2027, 1, 15)
    calls = [option(str(near + more), "C", day) for more in (0, 5)]
    spread = (
        DraftLeg(instrument=calls[0], side=OrderSide.BUY_TO_OPEN),
        DraftLeg(instrument=calls[1], side=OrderSide.SELL_TO_OPEN),
    )
    back = (
        DraftLeg(instrument=calls[0], side=OrderSide.SELL_TO_OPEN),
        DraftLeg(instrument=calls[1], side=OrderSide.BUY_TO_OPEN),
    )
    found = [
        desk.wish(kind=OrderType.MARKET, limit_price=None),
        desk.wish(kind=OrderType.STOP, limit_price=None, stop_price=price("1.1")),
        desk.wish(kind=OrderType.STOP_LIMIT, stop_price=price("1.1")),
        desk.wish(kind=OrderType.TRAILING_STOP, limit_price=None),
        desk.wish(kind=OrderType.TRAILING_STOP, limit_price=None, trail_percent=Decimal(5)),
        desk.wish(kind=OrderType.MARKET_ON_CLOSE, limit_price=None),
        desk.wish(kind=OrderType.LIMIT_ON_CLOSE),
        *(
            desk.wish(time_in_force=one)
            for one in (TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC)
        ),
        desk.wish(session=TradingSession.EXTENDED),
        draft(me, share("F"), OrderSide.SELL_SHORT, limit_price=Decimal(99)),
        draft(me, share("SPY", AssetType.ETF), limit_price=Decimal(5)),
        draft(me, option(str(near), "P", day), OrderSide.BUY_TO_OPEN, limit_price=Decimal("0.05")),
    ]
    if desk.rig.BROKER == "alpaca":
        half, gtc = Decimal("0.5"), TimeInForce.GTC
        return [
            *found,
            desk.wish(kind=OrderType.MARKET, limit_price=None, quantity=half),
            draft(me, kind=OrderType.MARKET, quantity=None, notional=Decimal(50)),
            draft(me, coin(), quantity=half, limit_price=Decimal(100), time_in_force=gtc),
            draft(me, legs=spread, limit_price=Decimal("0.05"), quantity=Decimal(2)),
            draft(me, legs=back, limit_price=Decimal("-4.9"), quantity=Decimal(1)),
        ]
    net: dict[str, Any] = {"quantity": Decimal(2)}
    return [
        *found,
        draft(me, legs=spread, kind=OrderType.NET_DEBIT, limit_price=Decimal("0.05"), **net),
        draft(me, legs=back, kind=OrderType.NET_CREDIT, limit_price=Decimal("-4.9"), **net),
        draft(me, session=TradingSession.POST_MARKET, **low),
    ]


async def test_each_kind_of_order_comes_back_as_what_was_asked_for(
    tmp_path: Path, broker: str
) -> None:
    async with order_desk(tmp_path, broker) as desk:
        wishes = every_kind(desk)
        placed = []
        for number, wish in enumerate(wishes):
            intent = await desk.place(wish, f"n{number}")
            assert intent.state is S.ACCEPTED, (wish, intent.words)
            placed.append(intent.order_id)
            listed = desk.session.prepare(wish, f"n{number}").fields
            arrived = json.loads(desk.truth("POST")[-1]["body"], parse_float=Decimal)
            assert flat(arrived) == {one.name: one.value for one in listed}
        await desk.after(120)
        for wish, order_id in zip(wishes, placed, strict=True):
            assert differences(wish, await desk.order(order_id)) == ()
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
    tmp_path: Path, broker: str, kind: str, args: dict[str, Any]
) -> None:
    async with order_desk(tmp_path, broker) as desk:
        desk.fault(kind, **args)
        intent = await desk.place(desk.wish(), "one")
        intent = await settled(desk, intent)
        entries = desk.truth("POST")
        assert len(entries) <= 1, "nothing is ever sent again"
        executed = [one for one in entries if one["executed"]]
        if executed:
            assert intent.state in (S.ACCEPTED, S.FOUND), (intent.state, intent.words)
            assert intent.order_id == executed[0]["orders"][0]
        else:
            assert intent.state in (S.UNKNOWN, S.NOT_SENT), (intent.state, intent.words)


@pytest.mark.parametrize(
    "place", ["missing", "other", "garbage", "twice", "host", "relative", "empty"]
)
async def test_whatever_address_comes_back_it_is_our_order_that_is_found(
    tmp_path: Path, broker: str, place: str
) -> None:
    async with order_desk(tmp_path, broker) as desk:
        await desk.place(desk.wish(limit_price=desk.price("0.8")), "before")
        desk.fault("location", **{"is": place})
        intent = await settled(desk, await desk.place(desk.wish(quantity=Decimal(3)), "one"))
        assert intent.state in (S.ACCEPTED, S.FOUND), intent.words
        entries = desk.truth("POST")
        assert len(entries) == 2
        assert [intent.order_id] == entries[1]["orders"]


async def test_a_late_order_is_found_when_it_is_listed(tmp_path: Path, broker: str) -> None:
    async with order_desk(tmp_path, broker) as desk:
        desk.rig.dialect.switches.listed_after = 90
        desk.rig.dialect.switches.found_after = 90
        desk.fault("reset_after")
        intent = await desk.place(desk.wish(), "one")
        assert intent.state is S.UNKNOWN
        for name in desk.room.supervisor.names:
            if name.startswith("settle:"):
                await desk.room.supervisor.cancel(name)
        await desk.after(200)
        intent = await settled(desk, intent, looks=1)
        assert intent.state is S.FOUND, intent.words


async def test_a_cancel_whose_answer_is_lost_is_settled(tmp_path: Path, broker: str) -> None:
    async with order_desk(tmp_path, broker) as desk:
        placed = await desk.place(desk.wish(), "one")
        order = await desk.order(placed.order_id)
        desk.fault("reset_after", method="DELETE")
        intent = await desk.cancel(order, "two")
        assert intent.state is S.UNKNOWN
        await desk.after(30)
        assert (await settled(desk, intent)).state is S.FOUND
        assert len(desk.truth("DELETE")) == 1


async def test_a_replacement_whose_answer_is_lost_is_found(tmp_path: Path, broker: str) -> None:
    async with order_desk(tmp_path, broker) as desk:
        first = await desk.place(desk.wish(), "one")
        method = "PATCH" if broker == "alpaca" else "PUT"
        desk.fault("reset_after", method=method)
        wish = desk.wish(limit_price=desk.price("0.85"))
        second = await desk.place(wish, "two", replaces=first.order_id)
        second = await settled(desk, second)
        assert second.state is S.FOUND, second.words
        assert second.order_id != first.order_id
        assert len(desk.truth(method)) == 1


async def test_two_clicks_send_once(tmp_path: Path, broker: str) -> None:
    async with order_desk(tmp_path, broker) as desk:
        results = await clicked(desk, desk.wish())
        assert len(desk.truth("POST")) == 1
        assert sum(isinstance(one, Intent) for one in results) == 1
        assert not any(isinstance(one, BrokerError) for one in results)


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_at_each_point_doubles_and_loses_nothing(
    tmp_path: Path, broker: str, point: str
) -> None:
    async with order_desk(tmp_path, broker) as desk:
        found = await killed_at(desk, point, desk.wish())
        entries = desk.truth("POST")
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
