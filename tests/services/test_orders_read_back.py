"""What is read back is held against all that the broker tells of it, and nothing correct is odd.

Two halves: orders of all sorts go through the adapters to the simulated exchange and come back as
what was asked for; and of the answers about them, each value is altered alone, on the wire.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support.drafts import coin, draft, share
from support.order_desk import OrderDesk
from support.order_houses import HOUSES
from support.read_back import (
    Answers,
    all_sorts,
    contract_at,
    desk_at,
    leaves,
    placed,
    with_leaf,
)

from brokerdesk.domain.draft import Draft, DraftLeg, Link
from brokerdesk.domain.kinds import OrderSide, OrderType, TimeInForce, TradingSession
from brokerdesk.domain.order_match import differences
from brokerdesk.errors import InputError, NotSupportedError
from brokerdesk.simulator.ibkr.trouble import COLUMNS

T, S = OrderType, TradingSession


# -- nothing correct is odd ---------------------------------------------------------------------
class Rounds:
    """Sends drafts, reads them back at once and a while later, and takes them away again."""

    def __init__(self, desk: OrderDesk) -> None:
        self.desk = desk
        self.seen: Counter[str] = Counter()
        self.sent = 0

    async def try_one(self, wish: Draft) -> None:
        self.sent += 1
        try:
            order_id = await placed(self.desk, wish, f"n{self.sent}")
        except (InputError, NotSupportedError):
            self.seen["not offered"] += 1
            return
        if order_id is None:
            self.seen["refused"] += 1
            return
        assert differences(wish, await self.desk.order(order_id)) == ()
        await self.desk.after(8)
        later = await self.desk.order(order_id)
        assert differences(wish, later) == ()
        await self.desk.session.cancel(self.desk.account, order_id)
        await self.desk.after(8)
        assert differences(wish, await self.desk.order(order_id)) == ()
        self.seen["taken"] += 1
        self.seen[f"{wish.link} {wish.type} {len(wish.legs)}"] += 1
        for name in ("trail_amount", "trail_percent", "notional", "good_till"):
            self.seen[name] += getattr(wish, name) is not None
        self.seen["extended"] += wish.session is not S.REGULAR
        self.seen["ratios"] += any(leg.ratio != 1 for leg in wish.legs)


def through(folder: Path, broker: str, taken: int) -> Counter[str]:
    stack = AsyncExitStack()
    with asyncio.Runner() as runner:
        desk = runner.run(stack.enter_async_context(desk_at(folder, broker)))
        rounds = Rounds(desk)
        try:
            for _ in range(20):
                settings(
                    max_examples=max(50, taken),
                    deadline=None,
                    database=None,
                    suppress_health_check=[*HealthCheck],
                )(given(all_sorts(desk))(lambda one: runner.run(rounds.try_one(one))))()
                if rounds.seen["taken"] >= taken:
                    break
        finally:
            runner.run(stack.aclose())
    return rounds.seen


@pytest.mark.parametrize("broker", HOUSES)
def test_what_was_sent_is_what_comes_back(tmp_path: Path, broker: str) -> None:
    assert through(tmp_path, broker, 25)["taken"] >= 25


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("broker", HOUSES)
def test_what_was_sent_is_what_comes_back_of_200_orders(tmp_path: Path, broker: str) -> None:
    seen = through(tmp_path, broker, 200)
    sys.stdout.write(f"\n{broker}: {dict(seen)}\n")
    assert seen["taken"] >= 200
    told = {
        "alpaca": ("trail_amount", "trail_percent", "notional", "extended", "ratios"),
        "schwab": ("trail_amount", "trail_percent", "extended", "ratios"),
        "ibkr": ("trail_amount", "trail_percent", "good_till", "extended", "ratios"),
        "snaptrade": ("notional", "extended"),
    }[broker]
    assert all(seen[name] for name in told), seen


# -- each altered value is found ----------------------------------------------------------------
def kinds(desk: OrderDesk) -> dict[str, Draft]:
    """One order of each kind that tells something of its own."""
    broker, me, price = desk.rig.BROKER, desk.account, desk.price
    low, one = Decimal("0.05"), Decimal(1)
    few: dict[str, Any] = {"quantity": Decimal(3)}
    bare: dict[str, Any] = {"limit_price": None, **few}
    found = {
        "limit": desk.wish(time_in_force=TimeInForce.GTC, **few),
        "stop limit": desk.wish(kind=T.STOP_LIMIT, stop_price=price("1.1"), **few),
        "extended": desk.wish(session=S.EXTENDED, **few),
        "option": draft(me, contract_at(desk, 0), OrderSide.BUY_TO_OPEN, limit_price=low,
                        quantity=one),
    }  # fmt: skip
    if broker == "snaptrade":
        return found
    children = (
        desk.wish(side=OrderSide.SELL, limit_price=price("1.3"), **few),
        desk.wish(side=OrderSide.SELL, kind=T.STOP, stop_price=price("0.7"), **bare),
    )
    net = T.NET_DEBIT if broker == "schwab" else T.LIMIT
    legs = (
        DraftLeg(instrument=contract_at(desk, 0), side=OrderSide.BUY_TO_OPEN),
        DraftLeg(
            instrument=contract_at(desk, 5), side=OrderSide.SELL_TO_OPEN, ratio=Decimal(2)
        ),
    )  # fmt: skip
    found |= {
        "trail": desk.wish(kind=T.TRAILING_STOP, **bare),
        "percent": desk.wish(kind=T.TRAILING_STOP, trail_percent=Decimal("2.5"), **bare),
        "short": draft(me, share("F"), OrderSide.SELL_SHORT, limit_price=Decimal(99), **few),
        "bracket": replace(desk.wish(**few), link=Link.BRACKET, children=children),
        "spread": draft(me, legs=legs, kind=net, limit_price=low, quantity=Decimal(2)),
    }
    if broker == "alpaca":
        found["money"] = draft(me, kind=T.MARKET, quantity=None, notional=Decimal(50))
    if broker == "ibkr":
        day = (desk.rig.clock.now() + timedelta(days=5)).date()
        found["last day"] = desk.wish(time_in_force=TimeInForce.GTD, good_till=day, **few)
        found["money"] = draft(
            me, coin(), kind=T.MARKET, quantity=None, notional=Decimal(50),
            time_in_force=TimeInForce.IOC,
        )  # fmt: skip
    return found


SILENT = {
    "alpaca": {
        *("id", "client_order_id", "created_at", "updated_at", "submitted_at", "expires_at"),
        *("filled_qty", "status", "order_class", "order_type", "hwm", "asset_id"),
    },
    "schwab": {
        *("cancelable", "editable", "status", "enteredTime", "tag", "cancelTime"),
        *("filledQuantity", "remainingQuantity", "requestedDestination", "destinationLinkName"),
        *("complexOrderStrategyType", "orderStrategyType", "stopPriceLinkBasis", "legId"),
        *("orderLegType", "assetType", "instrumentId", "cusip", "description", "putCall"),
        *("underlyingSymbol", "orderId"),
    },
}
"""What an answer tells that no draft asks for, or that another value tells as well."""
OTHER = {
    "buy": "sell", "sell": "buy", "day": "gtc", "gtc": "day", "limit": "market",
    "stop_limit": "limit", "trailing_stop": "stop", "stop": "limit", "market": "limit",
    "buy_to_open": "buy_to_close", "sell_to_open": "sell_to_close",
    "BUY": "SELL", "SELL": "SELL_SHORT", "SELL_SHORT": "SELL", "BUY_TO_OPEN": "BUY_TO_CLOSE",
    "SELL_TO_OPEN": "SELL_TO_CLOSE", "NORMAL": "SEAMLESS", "SEAMLESS": "PM", "DAY": "FILL_OR_KILL",
    "GOOD_TILL_CANCEL": "DAY", "LIMIT": "MARKET", "STOP_LIMIT": "LIMIT", "STOP": "MARKET",
    "TRAILING_STOP": "STOP", "NET_DEBIT": "NET_CREDIT", "VALUE": "PERCENT", "PERCENT": "TICK",
    "OPENING": "CLOSING", "Limit": "Market", "StopLimit": "Limit", "GTC": "Day", "Day": "GTC",
    "BUY_OPEN": "BUY_CLOSE",
}  # fmt: skip
"""Another word of the same vocabulary."""
NEW = "SOMETHING_NEW"
EFFECTS = ("positionEffect", "position_intent")
"""A new word of these, as ``AUTOMATIC``, says neither opening nor closing."""
EITHER = ("asset_class",)
"""Makes another instrument of some and not of others."""
SNAPTRADE = {
    *(("universal_symbol", "symbol"), ("option_symbol", "ticker"), ("action",)),
    *(("total_quantity",), ("limit_price",), ("stop_price",), ("order_type",), ("time_in_force",)),
}


def others(name: str, value: Any) -> list[Any]:
    """What else could have stood there."""
    if name in EITHER:
        return []
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [value + 1]
    try:
        return [str(Decimal(value) + 1)]
    except ArithmeticError:
        known = [OTHER[value]] if value in OTHER else []
        return known if name in EFFECTS else [*known, NEW]


def matters(broker: str, kind: str, wish: Draft, place: tuple[Any, ...]) -> bool:
    """Whether a draft asks for what stands there."""
    name, inside = place[-1], len(place) > 1
    if broker == "snaptrade":
        return place in SNAPTRADE
    if name in SILENT[broker]:
        return False
    if broker == "alpaca":
        if kind == "spread" and inside:
            return name in ("symbol", "side", "position_intent", "qty", "ratio_qty")
        if name == "position_intent":  # else Alpaca makes it out of what is held
            return not inside and kind in ("short", "option")
    if name == "positionEffect":
        return kind in ("short", "option", "spread")
    return not (name == "stop_price" and wish.type is T.TRAILING_STOP)


def record_of(tree: Any, order_id: str) -> tuple[Any, ...]:
    """Where in an answer the order stands."""
    if not isinstance(tree, dict) or "orders" not in tree:
        return ()
    found = [place for place, value in leaves(tree) if value == order_id]
    return found[0][:2]


@pytest.mark.parametrize("broker", ["alpaca", "schwab", "snaptrade"])
async def test_each_value_that_is_told_otherwise_is_found_and_no_other(
    tmp_path: Path, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, silent = 0, 0
    async with desk_at(tmp_path, broker) as desk:
        answers = Answers(desk).install(monkeypatch)
        for number, (kind, wish) in enumerate(kinds(desk).items()):
            order_id = await placed(desk, wish, f"k{number}")
            assert order_id is not None, kind
            whole = await answers.read(order_id)
            assert whole is not None
            assert differences(wish, whole) == ()
            record = record_of(answers.seen, order_id)
            for place, value in [*leaves(answers.seen)]:
                if place[: len(record)] != record or value in (None, ""):
                    continue
                mine = place[len(record) :]
                for other in others(str(mine[-1]), value):
                    told = await answers.read(order_id, partial(with_leaf, place, other))
                    if matters(broker, kind, wish, mine):
                        assert told is None or differences(wish, told), (kind, mine, other)
                        found += 1
                    else:
                        assert told is None or not differences(wish, told), (kind, mine, other)
                        silent += 1
    sys.stdout.write(f"\n{broker}: {found} found, {silent} of no matter\n")
    assert found > 30
    assert silent > 30


# -- the same at Interactive Brokers, whose answers are rows ------------------------------------
RATIOS = {"conId of a leg": 71, "ratio of a leg": 72, "action of a leg": 73, "another ratio": 80}
FIVE = {**COLUMNS["5"], **RATIOS}
ALWAYS = {
    "action": "turn", "totalQuantity": "1234", "orderType": "STP", "outsideRth": "flip",
    "allOrNone": "1", "account": "DU0000000", "cashQty": "77", "tif": "FOK",
}  # fmt: skip
ROWS: dict[str, dict[str, str]] = {
    "limit": {"lmtPrice": "1.23", "symbol": "MSFT"},
    "stop limit": {"lmtPrice": "1.23", "auxPrice": "1.23"},
    "trail": {"auxPrice": "1.23", "trailingPercent": "1.5"},
    "percent": {"trailingPercent": "1.5"},
    "last day": {"goodTillDate": "20261231 23:59:59 US/Eastern"},
    "spread": {
        "conId of a leg": "299833267", "ratio of a leg": "3", "action of a leg": "SELL",
        "another ratio": "3",
    },
}  # fmt: skip
SAME: dict[str, dict[str, str]] = {
    "limit": {"auxPrice": "1.23", "trailingPercent": "1.5", "goodTillDate": "20261231"},
    "percent": {"auxPrice": "7.5"},
    "last day": {"goodTillDate": "20261126-04:59:59"},
    "money": {"totalQuantity": "0.5", "outsideRth": "1"},
}
"""What does not matter for an order of that kind, or says the same."""


def edited(row: tuple[str, ...], column: int, value: str) -> tuple[str, ...]:
    column %= len(row)
    if value == "flip":
        value = "0" if row[column] == "1" else "1"
    if value == "turn":
        value = "SELL" if row[column] == "BUY" else "BUY"
    return (*row[:column], value, *row[column + 1 :])


async def test_each_field_of_tws_that_is_told_otherwise_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_at(tmp_path, "ibkr") as desk:
        answers = Answers(desk).install(monkeypatch)
        for number, (kind, wish) in enumerate(kinds(desk).items()):
            own = f"k{number}"
            order_id = await placed(desk, wish, own)
            assert order_id is not None, kind

            async def told(
                name: str, value: str, order_id: str = order_id, own: str = own, wish: Draft = wish
            ) -> bool:
                """Whether the change was noticed."""

                def alter(rows: list[Any]) -> list[Any]:
                    mine = [one[0] == "5" and one[FIVE["orderRef"]] == own for one in rows]
                    assert sum(mine) == 1
                    return [
                        edited(one, FIVE[name], value) if here else one
                        for one, here in zip(rows, mine, strict=True)
                    ]

                order = await answers.read(order_id, alter)
                return order is None or bool(differences(wish, order))

            whole = await answers.read(order_id)
            assert whole is not None
            assert differences(wish, whole) == ()
            for name, value in {**ALWAYS, **ROWS.get(kind, {})}.items():
                if name in SAME.get(kind, {}):
                    continue
                assert await told(name, value), (kind, name)
            for name, value in SAME.get(kind, {}).items():
                assert not await told(name, value), (kind, name)


async def test_what_hangs_on_an_order_at_tws_is_looked_at_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_at(tmp_path, "ibkr") as desk:
        answers = Answers(desk).install(monkeypatch)
        wish = kinds(desk)["bracket"]
        order_id = await placed(desk, wish, "b")
        assert order_id is not None
        for name, value in (("lmtPrice", "1.23"), ("outsideRth", "1"), ("totalQuantity", "2")):

            def alter(rows: list[Any], name: str = name, value: str = value) -> list[Any]:
                return [
                    edited(one, FIVE[name], value)
                    if one[0] == "5" and one[FIVE["orderRef"]] == "b.1"
                    else one
                    for one in rows
                ]

            told = await answers.read(order_id, alter)
            assert told is not None
            assert differences(wish, told) == ("linked orders",), name
